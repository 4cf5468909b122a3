//! The catalogue of diagnostics: every page's example is run, and tells what the page shows.

use icosian::diagnostic::Code;

use crate::{Sandbox, holds};

/// Codes without an example: it would fill the page, or nothing leads to it today.
const WITHOUT_EXAMPLE: [Code; 4] = [
    Code::FileTooLarge,
    Code::CannotRunYet,
    Code::NotByRow,
    Code::StateOfAnotherFlow,
];

/// The fenced blocks of a page: the word behind the fence, and the text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(kind) if !open => blocks.push((kind, String::new())),
            Some(_) => {}
            None if open => {
                let (_, text) = blocks.last_mut().expect("an open block");
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
        open ^= line.starts_with("```");
    }
    blocks
}

#[test]
fn every_code_has_a_page_whose_example_tells_it() {
    for code in Code::ALL {
        let page = code.explanation();
        let heading = format!("# {code}: {}\n\n", code.title());
        assert!(page.starts_with(&heading), "{code}: {page}");
        let blocks = blocks(page);
        let Some(console) = blocks.iter().position(|(kind, _)| *kind == "console") else {
            assert!(WITHOUT_EXAMPLE.contains(code), "{code} has no example");
            continue;
        };
        let sandbox = Sandbox::new(&[]);
        for (kind, text) in &blocks[..console] {
            let name = if *kind == "csv" {
                "data.csv"
            } else {
                "example.flow"
            };
            std::fs::write(sandbox.path(name), text).unwrap();
        }
        let (command, told) = blocks[console].1.split_once('\n').expect("a command");
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[..2], ["$", "icosian"], "{code}");
        let ended = sandbox.run(&words[2..]);
        let warns = told.contains(&format!("warning[{code}]"));
        assert_eq!(ended.code == Some(0), warns, "{code}");
        assert_eq!(ended.err.trim_end(), told.trim_end(), "{code}");
        assert!(warns || told.contains(&format!("error[{code}]")), "{code}");

        for (_, better) in &blocks[console + 1..] {
            std::fs::write(sandbox.path("example.flow"), better).unwrap();
            let ended = sandbox.run(&["check", "example.flow"]);
            assert_eq!(ended.code, Some(0), "{code}: {}", ended.err);
        }
    }
}

#[test]
fn explain_error_prints_the_page() {
    let sandbox = Sandbox::new(&[]);
    for text in ["E0401", "e0401", "0401"] {
        let page = sandbox.run(&["explain-error", text]).ok();
        assert_eq!(page, Code::DomainClash.explanation());
    }
    let list = sandbox.run(&["explain-error"]).ok();
    assert_eq!(list.lines().count(), Code::ALL.len());
    holds(&list, &["E0401  rows of two tables combined"]);
    let err = sandbox.run(&["explain-error", "E9999"]).fails(2);
    holds(&err, &["no error code \"E9999\""]);
}
