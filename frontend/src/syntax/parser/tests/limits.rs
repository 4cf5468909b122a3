//! Deep, long, large and random texts: each ends with a tree or diagnostics, on the small stack
//! of a test's thread.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::{assert_postorder, show};
use crate::diagnostic::{Code, FileId};
use crate::syntax::ast::Value;
use crate::syntax::{MAX_DIAGNOSTICS, MAX_FILE_BYTES, Parsed, parse, parse_expression};

fn parsed(text: &str) -> Parsed {
    let parsed = parse(FileId(0), text);
    assert_postorder(&parsed.program);
    parsed
}

#[test]
fn nesting_is_limited_everywhere() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("f(", ")"),
        ("x.f(", ")"),
        ("{a: ", "}"),
        ("match (", ") { _: 1 }"),
        ("match a { 1: ", "}"),
        ("w[a=", "]"),
        ("-(", ")"),
        ("not (", ")"),
        ("a or b and not c == d ?? 1..2 + 3 * -(", ")"),
        ("a over (", ")"),
        ("a if b else (", ")"),
    ] {
        let depth = 100_000;
        let text = format!(
            "x = {}1{}\ny = 1 +\n",
            open.repeat(depth),
            close.repeat(depth)
        );
        let found = parsed(&text);
        let codes: Vec<Code> = found.diagnostics.iter().map(|one| one.code).collect();
        assert!(codes.contains(&Code::NestedTooDeep), "{open} {codes:?}");
        assert!(
            codes.contains(&Code::ExpectedExpression),
            "{open} {codes:?}"
        );
        // Without the closing ones.
        let found = parsed(&format!("x = {}", open.repeat(depth)));
        assert!(!found.diagnostics.is_empty());
    }
}

#[test]
fn a_little_nesting_is_allowed() {
    let text = format!("x = {}1{}", "(".repeat(256), ")".repeat(256));
    assert_eq!(parsed(&text).diagnostics, []);
}

#[test]
fn blocks_and_types_are_limited() {
    for open in [
        "table t {",
        "for x in y {",
        "over k {",
        "when a {",
        "table t = u group by k {",
    ] {
        let text = format!("{}{}", open.repeat(100_000), "}".repeat(100_000));
        let found = parsed(&text);
        assert_eq!(found.diagnostics[0].code, Code::NestedTooDeep, "{open}");
    }
    let found = parsed(&format!(
        "x: {}f64{}",
        "list[".repeat(100_000),
        "]".repeat(100_000)
    ));
    assert_eq!(found.diagnostics[0].code, Code::NestedTooDeep);
    let found = parsed(&"when a { } else ".repeat(100_000));
    assert_eq!(found.diagnostics.len(), 1);
}

#[test]
fn chains_cost_no_depth() {
    let length = 100_000;
    for (first, next) in [
        ("a", " + b"),
        ("a", " ** b"),
        ("a", " and b"),
        ("a", " < b"),
        ("a", " ?? b"),
        ("a", ".f()"),
        ("a", ".f"),
        ("a", " over k"),
        ("a", " if c else a"),
        ("a", " is null and b"),
        ("a", " in b or c"),
    ] {
        let text = format!("{first}{}", next.repeat(length));
        let parsed = parse_expression(FileId(0), &text);
        assert_eq!(parsed.diagnostics, [], "{next}");
        assert_postorder(&parsed.program);
        let Value::Expr(root) = parsed.value else {
            panic!("a query")
        };
        assert_eq!(
            parsed.program.subtree(root).len(),
            parsed.program.exprs.len()
        );
    }
    for prefix in ["-", "not ", "+ "] {
        let parsed = parse_expression(FileId(0), &format!("{}a", prefix.repeat(length)));
        assert_eq!(parsed.diagnostics, []);
        assert_eq!(parsed.program.exprs.len(), length + 1);
    }
    let text = format!("f({})", "a, ".repeat(length));
    assert_eq!(
        parse_expression(FileId(0), &text).program.exprs.len(),
        length + 1
    );
}

#[test]
fn a_left_chain_leans_left() {
    let parsed = parse_expression(FileId(0), "a - b + c - d");
    let Value::Expr(root) = parsed.value else {
        panic!("a query")
    };
    assert_eq!(show(&parsed.program, root), "(((a - b) + c) - d)");
}

#[test]
fn a_megabyte_of_each_kind_of_garbage() {
    for piece in [
        "a ",
        "(",
        ")",
        "{",
        "}",
        "\"",
        "'\n",
        "`",
        "\u{0}",
        "$",
        "\n",
        "@",
        "= ",
        "a = ",
        "a = (\n",
        "x: ",
        "table t {\n",
        "match ",
        "[a=",
        "\\",
        "1e",
        "\"\"\"",
        "{a",
        "é",
        ". ",
        "over ",
        "for ",
        "} else {",
        ",",
        "# c\n",
        "..",
        "is ",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        let found = parse(FileId(0), &text);
        assert!(found.diagnostics.len() <= MAX_DIAGNOSTICS);
    }
}

#[test]
fn ten_megabytes_of_garbage() {
    // A linear congruential generator; the bytes are read as a lossy reader would.
    let mut state = 1u32;
    let bytes: Vec<u8> = (0..10 << 20)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let found = parse(FileId(0), &String::from_utf8_lossy(&bytes));
    assert_eq!(found.diagnostics.len(), MAX_DIAGNOSTICS);
    assert!(found.dropped_diagnostics > 0);
}

#[test]
fn a_file_that_is_too_large() {
    let found = parsed(&" ".repeat(MAX_FILE_BYTES + 1));
    assert_eq!(found.diagnostics[0].code, Code::FileTooLarge);
}

#[test]
fn many_mistakes_are_counted() {
    let found = parsed(&"x = 1 +\n".repeat(1000));
    assert_eq!(found.diagnostics.len(), MAX_DIAGNOSTICS);
    assert_eq!(found.dropped_diagnostics, 1000 - MAX_DIAGNOSTICS);
}

/// Texts of tokens that the grammar knows, in any order.
fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "b",
        "x_{n}",
        "{n}",
        "`q r`",
        "1",
        "2.5",
        "3h",
        "'t'",
        "\"\"\"d\"\"\"",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ";",
        "@",
        "?",
        ".",
        "..",
        "..=",
        "->",
        "=",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "**",
        "/",
        "//",
        "%",
        "??",
        "&",
        "|",
        "^",
        "!",
        "<>",
        "\n",
        "\n",
        "\n",
        "# c\n",
        "$",
        "table",
        "from",
        "group by",
        "order by",
        "where",
        "limit",
        "distinct",
        "union",
        "left join",
        "join",
        "unpivot",
        "into",
        "import",
        "as",
        "use",
        "config",
        "param",
        "extend",
        "fit",
        "fn",
        "extern",
        "over",
        "for",
        "in",
        "when",
        "else",
        "check",
        "warn",
        "output",
        "test",
        "given",
        "expect",
        "is",
        "not",
        "null",
        "and",
        "or",
        "if",
        "match",
        "_",
        "true",
        "desc",
    ]);
    let glue = prop::sample::select(vec![" ", " ", " ", ""]);
    prop::collection::vec((token, glue), 0..60).prop_map(|tokens| {
        tokens
            .into_iter()
            .map(|(token, glue)| format!("{token}{glue}"))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_text_is_parsed(text in prop_oneof![3 => soup(), 1 => any::<String>()]) {
        let found = parsed(&text);
        for (_, expr) in found.program.exprs.iter() {
            // Spans lie in the text, on boundaries of characters.
            let _ = &text[expr.span.range()];
        }
        for (_, item) in found.program.items.iter() {
            let _ = &text[item.span.range()];
        }
        for diagnostic in &found.diagnostics {
            let span = diagnostic.primary.expect("a place");
            let _ = &text[span.range()];
        }
        let _ = parse_expression(FileId(0), &text);
    }
}
