//! Mistakes in calls of functions of text, and how they are told.

use super::{checked, one_mistake};
use crate::diagnostic::Code;

#[track_caller]
fn wrong(expression: &str, code: Code, at: &str, words: &[&str]) {
    let table =
        "table t { s: str?, p: str, n: i64, x: f64, home: timestamp[s, \"Europe/Berlin\"] }";
    one_mistake(&format!("{table}\ny = {expression}"), code, at, words);
}

#[test]
fn patterns_are_read_when_the_flow_is() {
    wrong(
        "s.matches(\"é(b\")",
        Code::BadPattern,
        "\"é(b\"",
        &["unclosed group", "character 2"],
    );
    wrong(
        "s.like(\"a\\\\b\")",
        Code::BadPattern,
        "\"a\\\\b\"",
        &["backslash"],
    );
    wrong(
        "s.extract(\"(a)\", 2)",
        Code::BadPattern,
        "\"(a)\"",
        &["no group 2"],
    );
    wrong(
        "s.extract(\"(a)\", \"y\")",
        Code::BadPattern,
        "\"y\"",
        &["no group \"y\""],
    );
    wrong(
        "s.regex_replace(\"a\", \"$1\")",
        Code::BadPattern,
        "\"$1\"",
        &["no replacement", "no group 1"],
    );
    wrong(
        "s.regex_count(\"(\\\\w{500}){500}\")",
        Code::BadPattern,
        "\"(\\\\w{500}){500}\"",
        &["more than"],
    );
}

#[test]
fn a_pattern_is_one_for_all_rows() {
    wrong(
        "s.matches(p)",
        Code::BadArguments,
        "p",
        &["one pattern for all rows", "contains"],
    );
    wrong(
        "p.regex_replace(\"a\", s)",
        Code::BadArguments,
        "s",
        &["all rows"],
    );
}

#[test]
fn arguments_of_other_types() {
    wrong(
        "length(n)",
        Code::TypeMismatch,
        "n",
        &["text as `x`", "i64", "str(…)"],
    );
    wrong(
        "s.slice(x)",
        Code::TypeMismatch,
        "x",
        &["whole number as `start`", "i64(…)"],
    );
    wrong(
        "s.pad_start(5, 0)",
        Code::TypeMismatch,
        "0",
        &["text as `fill`"],
    );
    wrong("concat(s, p, n)", Code::TypeMismatch, "n", &["text as `b`"]);
    wrong("s + n", Code::NoCommonType, "s + n", &["str(…)"]);
    wrong("s * 3", Code::NoCommonType, "s * 3", &["repeat(x, n)"]);
    wrong(
        "str(home)",
        Code::TypeMismatch,
        "home",
        &["which clock", "UTC"],
    );
    wrong("s.strip()", Code::UnknownFunction, "strip", &["trim(x)"]);
}

#[test]
fn nulls_take_the_type_wanted() {
    for expression in [
        "concat(null, p)",
        "p + null",
        "p.slice(null)",
        "p.matches(null)",
    ] {
        let checked = checked(&format!("table t {{ p: str }}\ny = {expression}"));
        assert!(
            checked.diagnostics.is_empty(),
            "{expression}: {:?}",
            checked.diagnostics
        );
    }
}
