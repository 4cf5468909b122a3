//! Reductions: their types, and how wrong options are told.

use super::{graph, one_mistake, type_of};
use crate::diagnostic::Code;

const T: &str = "table t { x: f64, z: f64?, n: i32, s: str, d: date, flag: bool, k: str }\n";

#[track_caller]
fn wrong(expression: &str, at: &str, words: &[&str]) {
    one_mistake(
        &format!("{T}y = {expression}"),
        Code::BadArguments,
        at,
        words,
    );
}

#[test]
fn options_are_constants_of_their_kind() {
    wrong(
        "quantile(t.x, 90)",
        "90",
        &["from 0 to 1", "quantile(x, 0.9)"],
    );
    wrong("quantile(t.x, -0.1)", "-0.1", &["from 0 to 1"]);
    wrong(
        "quantile(t.x, max(t.x))",
        "max(t.x)",
        &["literal or config"],
    );
    wrong(
        "quantile(t.x, 0.5, interpolation=\"cubic\")",
        "\"cubic\"",
        &["\"linear\"", "\"midpoint\""],
    );
    wrong("skew(t.x, bias=1)", "1", &["true or false"]);
    wrong("first(t.x, skip_null=t.flag)", "t.flag", &["`skip_null`"]);
    wrong("cov(t.x, t.z, ddof=-1)", "-1", &["whole number"]);
    wrong("quantile(t.x)", "quantile(t.x)", &["needs `q`"]);
    wrong("corr(t.x)", "corr(t.x)", &["needs `y`"]);
}

#[test]
fn values_that_are_not_reduced_so() {
    let told = |expression: &str, at: &str, words: &[&str]| {
        let text = format!("{T}y = {expression}");
        one_mistake(&text, Code::TypeMismatch, at, words);
    };
    told(
        "median(t.s)",
        "median(t.s)",
        &["`median`", "a number", "str"],
    );
    told("median(t.d)", "median(t.d)", &["a number", "date"]);
    told("product(t.d)", "product(t.d)", &["a number", "date"]);
    told(
        "quantile(t.s, 0.5, interpolation=\"lower\")",
        "quantile(t.s, 0.5, interpolation=\"lower\")",
        &["date, timestamp or duration"],
    );
    told(
        "corr(t.x, t.s)",
        "corr(t.x, t.s)",
        &["two numbers", "f64 and str"],
    );
    told("median(t.d)", "median(t.d)", &["interpolation=\"lower\""]);
    told("mean(t.s) over t.n", "mean(t.s)", &["a number, found str"]);
}

#[test]
fn values_of_two_tables() {
    let text = format!("{T}table o {{ y: f64 }}\nr = corr(t.x, o.y)");
    one_mistake(&text, Code::DomainClash, "corr(t.x, o.y)", &["t", "o"]);
}

#[test]
fn groups_are_never_empty_but_may_be_too_small() {
    let text = format!(
        "{T}table g = t group by k {{
            median = median(x), lower = quantile(n, 0.5, interpolation=\"lower\")
            kinds = n_unique(z), first = first(x), row = first(z, skip_null=false)
            usual = mode(s), highest = s.at_max(x), unsure = s.at_max(z)
            skew = skew(x), own = skew(x, bias=true), corr = corr(x, n), cov = cov(x, n, ddof=0)
            weighted = weighted_mean(x, n), all = product(n)
        }}
        alone = median(t.x)"
    );
    let graph = graph(&text);
    for (name, ty) in [
        ("g.median", "f64"),
        ("g.lower", "i32"),
        ("g.kinds", "i64"),
        ("g.first", "f64"),
        ("g.row", "f64?"),
        ("g.usual", "str"),
        ("g.highest", "str"),
        ("g.unsure", "str?"),
        ("g.skew", "f64?"),
        ("g.own", "f64"),
        ("g.corr", "f64?"),
        ("g.cov", "f64"),
        ("g.weighted", "f64"),
        ("g.all", "i64"),
        ("alone", "f64?"),
    ] {
        assert_eq!(type_of(&graph, name), ty, "{name}");
    }
}
