//! Mistakes of types and calls, and how they are told.

use super::{checked, one_mistake};
use crate::diagnostic::Code;

const T: &str =
    "table t { x: f64, z: f64?, n: i64, u: u64, s: str, d: date, at: timestamp[s], flag: bool }\n";

#[track_caller]
fn wrong(expression: &str, code: Code, at: &str, words: &[&str]) {
    one_mistake(&format!("{T}y = {expression}"), code, at, words);
}

#[test]
fn types_that_do_not_meet() {
    wrong("x + s", Code::NoCommonType, "x + s", &["`+`", "f64", "str"]);
    wrong("n + u", Code::NoCommonType, "n + u", &["cast one side"]);
    wrong("flag + 1", Code::NoCommonType, "flag + 1", &["i8(…)"]);
    wrong("x and flag", Code::NoCommonType, "x and flag", &["compare"]);
    wrong("not x", Code::TypeMismatch, "not x", &["a bool", "f64"]);
    wrong("-s", Code::TypeMismatch, "-s", &["signed number"]);
    wrong("1 if x else 2", Code::TypeMismatch, "x", &["must be bool"]);
    wrong("s in [1]", Code::NoCommonType, "s in [1]", &["str", "i64"]);
    wrong("s in 1", Code::TypeMismatch, "1", &["list"]);
    wrong("match s { 1: 2 }", Code::NoCommonType, "1", &["str"]);
}

#[test]
fn operands_are_labelled_with_their_types() {
    let checked = checked(&format!("{T}y = x + s"));
    let labels: Vec<&str> = checked.diagnostics[0]
        .labels
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(labels, ["this is f64", "this is str"]);
}

#[test]
fn texts_that_were_meant_as_dates() {
    wrong(
        "d > \"2013-01-01\"",
        Code::NoCommonType,
        "d > \"2013-01-01\"",
        &["date(\"2013-01-01\")"],
    );
    wrong(
        "\"2013-01-01\" < at",
        Code::NoCommonType,
        "\"2013-01-01\" < at",
        &["timestamp(\"2013-01-01\")"],
    );
    wrong(
        "d > date(\"2013-13-01\")",
        Code::BadConstantText,
        "\"2013-13-01\"",
        &["2013-01-31"],
    );
}

#[test]
fn declared_types_are_kept() {
    one_mistake(
        &format!("{T}y: f64 = z + 1"),
        Code::NullableValue,
        "y",
        &["`y` is declared f64, but may be null (f64?)", "f64?", "??"],
    );
    one_mistake(
        &format!("{T}y: i32 = x"),
        Code::TypeMismatch,
        "y",
        &["declared i32, found f64", "try_i32"],
    );
    one_mistake(
        &format!("{T}y: i8 = 300"),
        Code::LiteralOutOfRange,
        "y",
        &["300", "i8"],
    );
    one_mistake(
        &format!("{T}y: int = 3"),
        Code::UnknownType,
        "int",
        &["`i64`"],
    );
    one_mistake(
        "table t { a: timestamp[s, \"Mars/Olympus\"] }",
        Code::UnknownType,
        "\"Mars/Olympus\"",
        &["no time zone"],
    );
}

#[test]
fn calls_with_wrong_arguments() {
    wrong(
        "clip(x, 0)",
        Code::BadArguments,
        "clip(x, 0)",
        &["needs `high`", "clip(x, low, high)"],
    );
    wrong(
        "sqrt(x, 2)",
        Code::BadArguments,
        "2",
        &["at most 1 argument"],
    );
    wrong(
        "std(x, dof=1)",
        Code::BadArguments,
        "dof",
        &["no parameter `dof`"],
    );
    wrong(
        "x.rolling(n).mean()",
        Code::BadArguments,
        "n",
        &["whole number"],
    );
    wrong(
        "x.rolling(0).mean()",
        Code::BadArguments,
        "0",
        &["at least 1"],
    );
    wrong(
        "x.rolling(2, min=3).mean()",
        Code::BadArguments,
        "3",
        &["2 rows"],
    );
    wrong(
        "x.rolling(3).approx_n_unique()",
        Code::BadArguments,
        "x.rolling(3).approx_n_unique()",
        &["does not move along the rows", "n_unique"],
    );
    wrong(
        "x.rolling(3).sqrt()",
        Code::BadArguments,
        "x.rolling(3).sqrt()",
        &["no reduction"],
    );
    wrong(
        "x.rolling(3, closed=\"left\").sum()",
        Code::BadArguments,
        "\"left\"",
        &["span of time"],
    );
    wrong(
        "x.rolling(3h).sum()",
        Code::BadArguments,
        "x.rolling(3h)",
        &["measured along a column", "order by time", "on=time"],
    );
    wrong(
        "x.rolling(3h, on=n).sum()",
        Code::BadArguments,
        "n",
        &["a timestamp, date or duration"],
    );
    wrong(
        "rank(x, method=\"first\")",
        Code::BadArguments,
        "\"first\"",
        &["\"ordinal\""],
    );
    wrong(
        "x.ewm_mean()",
        Code::BadArguments,
        "x.ewm_mean()",
        &["`alpha`, `span`, `com` and `half_life`", "span=20"],
    );
    wrong(
        "x.ewm_mean(alpha=1.5)",
        Code::BadArguments,
        "1.5",
        &["above 0 and at most 1"],
    );
    wrong(
        "row_number()",
        Code::NeedsRows,
        "row_number()",
        &["`extend"],
    );
    wrong(
        "interpolate(s)",
        Code::TypeMismatch,
        "interpolate(s)",
        &["str"],
    );
    wrong(
        "x.rolling(3)",
        Code::NotAValue,
        "x.rolling(3)",
        &["reduce it"],
    );
    wrong("sqrt(s)", Code::TypeMismatch, "sqrt(s)", &["floats", "str"]);
    wrong("mean(s)", Code::TypeMismatch, "mean(s)", &["str"]);
    wrong("t + 1", Code::NotAValue, "t", &["is a table"]);
    wrong("mean(3)", Code::NeedsRows, "3", &["needs a column"]);
    wrong("len()", Code::NeedsRows, "len()", &["flights.len()"]);
}

#[test]
fn over_must_govern_something() {
    wrong("x over s", Code::UnusedOver, "over s", &["governs nothing"]);
    wrong("(mean(x) over s) over n", Code::UnusedOver, "over n", &[]);
    let fine = checked(&format!(
        "{T}y = f(x) over s\nz2 = f(x) over s\nfn f(a) = a - mean(a)"
    ));
    assert_eq!(fine.diagnostics, []);
}

#[test]
fn mistakes_in_functions_show_the_call() {
    let text = format!("{T}y = f(s)\nw = f(x)\nfn f(a) = a - 1");
    let checked = checked(&text);
    assert_eq!(checked.diagnostics.len(), 1);
    let diagnostic = &checked.diagnostics[0];
    assert_eq!(&text[diagnostic.primary.unwrap().range()], "a - 1");
    let (span, label) = diagnostic.labels.last().unwrap();
    assert_eq!((&text[span.range()], &**label), ("f(s)", "in this call"));
}

#[test]
fn lookups_that_do_not_fit() {
    let tables = "table areas { key: str, v: f64 }\ntable t { k: i64 }\n";
    one_mistake(
        &format!("{tables}y = areas[key=t.k]"),
        Code::NoCommonType,
        "key=t.k",
        &["str", "i64"],
    );
    one_mistake(
        &format!("{tables}y = areas[keys=t.k]"),
        Code::UnknownMember,
        "keys",
        &["`key`"],
    );
    one_mistake(
        &format!("{tables}y = arreas[key=t.k]"),
        Code::UnknownTable,
        "arreas",
        &["`areas`"],
    );
}

#[test]
fn large_integers_and_calendar_durations() {
    one_mistake(
        "a = 340282366920938463463374607431768211455",
        Code::LiteralOutOfRange,
        "340282366920938463463374607431768211455",
        &[],
    );
    wrong("x + 1mo", Code::TypeMismatch, "x", &["date or timestamp"]);
    wrong("at * 1mo", Code::NotAValue, "1mo", &["no fixed length"]);
}

#[test]
fn items_that_stand_where_they_cannot() {
    one_mistake(
        "table t { x: f64\n param k: f64 = 1.0 }",
        Code::MisplacedItem,
        "param k: f64 = 1.0",
        &[],
    );
    one_mistake(
        "table t { x: f64 }\nd = t where x > 0\nextend d { y: f64 }",
        Code::MisplacedItem,
        "y: f64",
        &[],
    );
}
