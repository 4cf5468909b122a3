//! The reference has every function that flows can call, and the examples that completion and `.help`
//! show can be read.

use std::path::Path;

use icosian::check::functions::{FUNCTIONS, function};
use icosian::diagnostic::FileId;
use icosian::syntax::parse_expression;

fn reference() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference.md");
    std::fs::read_to_string(path).unwrap()
}

/// Casts that the reference names by their first and last: `try_i8(x)` … `try_u64(x)`.
fn is_in_a_family(name: &str) -> bool {
    let cast = ["try_", "wrapping_"]
        .iter()
        .find_map(|family| name.strip_prefix(family));
    cast.is_some_and(|cast| function(cast).is_some())
}

#[test]
fn every_function_has_its_line() {
    let reference = reference();
    let lines: Vec<&str> = reference.lines().collect();
    let is_told = |name: &str| {
        let (call, bare) = (format!("{name}("), format!("`{name}`"));
        lines.iter().any(|line| {
            let mut calls = line.match_indices(&call);
            // Not the end of a longer name.
            let whole = calls.any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
            });
            whole || line.contains(&bare)
        })
    };
    let missing: Vec<&str> = FUNCTIONS
        .iter()
        .map(|function| function.name)
        .filter(|name| !is_told(name) && !is_in_a_family(name))
        .collect();
    assert_eq!(missing, [] as [&str; 0]);
    assert!(FUNCTIONS.len() > 200);
}

#[test]
fn examples_of_functions_can_be_read() {
    for function in FUNCTIONS {
        let parsed = parse_expression(FileId(0), function.example);
        assert_eq!(
            parsed.diagnostics,
            [],
            "{}: {}",
            function.name,
            function.example
        );
    }
}
