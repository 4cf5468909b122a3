//! Mistakes: what is said, and that the rest of the text is still read.

use super::mistakes;
use crate::diagnostic::{Code, FileId};
use crate::syntax::ast::ItemKind;
use crate::syntax::parse;

/// The top-level definitions that were read.
fn definitions(text: &str) -> Vec<String> {
    let program = parse(FileId(0), text).program;
    program
        .roots
        .iter()
        .filter_map(|item| match &program.items[*item].kind {
            ItemKind::Definition { name, .. } => Some(program.name(*name).to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn each_broken_line_is_reported_once() {
    let text = "a = 1 +\nb = (2\nc = f(3, ]\nd = 4 5\n6 = e\nf = [1, 2\ng = 7\n";
    assert_eq!(
        mistakes(text),
        [
            (Code::ExpectedExpression, ""),
            (Code::UnclosedBracket, "("),
            (Code::ExpectedExpression, "]"),
            (Code::ExpectedEndOfItem, "5"),
            (Code::ExpectedItem, "6"),
            (Code::UnclosedBracket, "["),
        ]
    );
    assert_eq!(definitions(text), ["a", "b", "c", "d", "f", "g"]);
}

#[test]
fn a_broken_header_keeps_its_block() {
    let text = "table t frm \"x\" {\n  a: f64\n  b = 1 +\n  c: 5\n  d = 2\n}\ne = 1";
    assert_eq!(
        mistakes(text),
        [
            (Code::ExpectedToken, "frm"),
            (Code::ExpectedExpression, ""),
            (Code::ExpectedType, "5"),
        ]
    );
    assert_eq!(definitions(text), ["e"]);
}

#[test]
fn one_mistake_of_each_kind() {
    for (text, code, place) in [
        ("x = 1; y = 2", Code::ExpectedEndOfItem, ";"),
        ("}", Code::ExpectedItem, "}"),
        ("x = 1 }", Code::ExpectedEndOfItem, "}"),
        ("table t {", Code::UnclosedBracket, "{"),
        ("table 5", Code::ExpectedName, "5"),
        ("tabel t", Code::ExpectedItem, "tabel"),
        ("def f(x): x", Code::ExpectedItem, "def"),
        ("f(x)", Code::ExpectedItem, "f"),
        ("import geo", Code::ExpectedToken, "geo"),
        ("import \"a\" as", Code::ExpectedName, ""),
        ("param", Code::ExpectedName, ""),
        ("param x:", Code::ExpectedType, ""),
        ("fit x", Code::ExpectedToken, ""),
        ("fn f = 1", Code::ExpectedToken, "="),
        ("fn f(x)", Code::ExpectedToken, ""),
        ("fn f({n}) = 1", Code::MisplacedTemplate, "{n}"),
        ("extern fn f(x: f64)", Code::ExpectedToken, ""),
        ("extern f(x: f64) -> f64", Code::ExpectedToken, "f"),
        ("for x [1] { }", Code::ExpectedToken, "["),
        ("over (a)", Code::ExpectedToken, ""),
        ("when a\n{ }", Code::ExpectedToken, ""),
        ("check a else ignore", Code::ExpectedToken, "ignore"),
        ("output [a]", Code::ExpectedName, "["),
        ("output o = [1]", Code::ExpectedName, "1"),
        ("test { }", Code::ExpectedToken, "{"),
        ("test \"a\" { gives x }", Code::ExpectedItem, "gives"),
        ("test \"a\" { given x }", Code::ExpectedToken, "}"),
        ("x = a + b where c", Code::BadQuery, "a + b"),
        ("table t = s join v = 3", Code::BadQuery, "3"),
        ("table t = s group by a", Code::ExpectedToken, ""),
        ("table t = s unpivot a", Code::ExpectedToken, ""),
        ("table t = s sort by a", Code::ExpectedToken, "sort"),
        (
            "\"\"\"a\"\"\"\n\"\"\"b\"\"\"",
            Code::DanglingDocumentation,
            "\"\"\"b\"\"\"",
        ),
        ("@tag", Code::DanglingDocumentation, "@tag"),
        ("x = {a 1}", Code::ExpectedToken, "1"),
        ("x = match a b: 1", Code::ExpectedToken, "b"),
        ("x = match a { 1 }", Code::ExpectedToken, "}"),
        ("x = a.1", Code::ExpectedEndOfItem, ".1"),
        ("x = a.", Code::ExpectedName, ""),
        ("x: timestamp[s", Code::UnclosedBracket, "["),
        (
            "x: decimal(99999999999999999999)",
            Code::BadNumber,
            "99999999999999999999",
        ),
        ("x = $", Code::UnexpectedCharacter, "$"),
        ("x = 'abc", Code::UnterminatedText, "'abc"),
    ] {
        assert_eq!(mistakes(text).first(), Some(&(code, place)), "{text}");
    }
}

#[test]
fn messages_say_expected_and_found() {
    for (text, message) in [
        ("x = f(a b)", "expected `,` or `)`, found `b`"),
        ("x = 1 2", "expected a new line, found `2`"),
        (
            "x =\ny = 1",
            "expected an expression, found the end of the line",
        ),
        ("x =", "expected an expression, found the end of the text"),
        (
            "table t = s sort by a",
            "expected a step such as `where`, `{` or a new line, found `sort`",
        ),
        ("x = 1 \"a\"", "expected a new line, found the text \"a\""),
    ] {
        let parsed = parse(FileId(0), text);
        assert_eq!(parsed.diagnostics[0].message, message, "{text}");
    }
}

#[test]
fn a_missing_brace_does_not_swallow_the_mistakes_after_it() {
    let text = "table t {\n  a = 1 +\n\nb = 2 +\n";
    assert_eq!(
        mistakes(text),
        [
            (Code::UnclosedBracket, "{"),
            (Code::ExpectedExpression, ""),
            (Code::ExpectedExpression, ""),
        ]
    );
}
