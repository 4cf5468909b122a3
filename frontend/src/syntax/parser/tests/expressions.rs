//! Operators, operands and literals.

use super::{mistakes, pointed, shown};
use crate::diagnostic::{Code, FileId};
use crate::syntax::ast::{StepKind, Value};
use crate::syntax::{is_incomplete, parse_expression, starts_item};

#[test]
fn precedence_is_pythons() {
    for (text, expected) in [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b // c % d", "(((a / b) // c) % d)"),
        ("-x ** 2", "(- (x ** 2))"),
        ("2 ** -x ** y", "(2 ** (- (x ** y)))"),
        ("2 ** 3 ** 2", "(2 ** (3 ** 2))"),
        ("2 ** -x * 3", "((2 ** (- x)) * 3)"),
        ("- - x", "(- (- x))"),
        ("-x + +y", "((- x) + (+ y))"),
        ("-x.abs()", "(- x.abs())"),
        ("a < b <= c != d", "(a < b <= c != d)"),
        ("(a < b) < c", "((a < b) < c)"),
        ("not a == b", "(not (a == b))"),
        ("not not a and b", "((not (not a)) and b)"),
        ("a and not b or c", "((a and (not b)) or c)"),
        ("a or b and c", "(a or (b and c))"),
        ("a ?? b + 1 > c", "((a ?? (b + 1)) > c)"),
        ("a ?? b ?? c", "((a ?? b) ?? c)"),
        ("a + b is null and c", "(((a + b) is null) and c)"),
        ("not a is not null", "(not (a is not null))"),
        (
            "a not in [1, 2] or b in 0..n + 1",
            "((a not in [1, 2]) or (b in (0..(n + 1))))",
        ),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        (
            "a or b if c and d else e or f",
            "((a or b) if (c and d) else (e or f))",
        ),
        ("(a if b else c) + 1", "((a if b else c) + 1)"),
        ("a if b == c else d", "(a if (b == c) else d)"),
        ("a * (b + c) ** 2", "(a * ((b + c) ** 2))"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn suffixes_bind_tightest() {
    for (text, expected) in [
        ("x.f(1).g(y, n=2).h", "x.f(1).g(y, n=2).h"),
        ("f(x) + g()", "(f(x) + g())"),
        (
            "a - mean(a) over carrier",
            "(a - <mean(a) over carrier order by >)",
        ),
        (
            "(a - mean(a)) over (b, c.d order by t desc, u asc, v)",
            "<(a - mean(a)) over b, c.d order by t desc, u, v>",
        ),
        ("sum(x) over (order by t)", "<sum(x) over  order by t>"),
        ("sum(x) over ()", "<sum(x) over  order by >"),
        (
            "mean(x) over w.key.shift(1)",
            "<mean(x) over w.key order by >.shift(1)",
        ),
        ("-x over k", "(- <x over k order by >)"),
        ("w[a=b].c", "w[a=b].c"),
        (
            "geo.weather[origin=origin, t<=t, t>=t - 2h, u<u, v>v]",
            "geo.weather[origin=origin, t<=t, t>=(t - 2h), u<u, v>v]",
        ),
        ("first w[a=b].c + last", "(first w[a=b].c + last)"),
        ("last geo.w[a=first, b<last]", "last geo.w[a=first, b<last]"),
        ("first in [1]", "(first in [1])"),
        ("x\n  .f()\n  .g()", "x.f().g()"),
        ("delay_{n} + w.temp_{n}", "(delay_{n} + w.temp_{n})"),
        ("`a b`.`if`", "a b.if"),
        ("`True`", "True"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn atoms() {
    for (text, expected) in [
        ("null", "null"),
        ("[true, false,]", "[true, false]"),
        ("nan", "NaN"),
        ("-inf", "(- inf)"),
        ("inf(x)", "inf(x)"),
        ("0x10 + 1_000", "(16 + 1000)"),
        ("1.5e3", "1500.0"),
        ("'it' + \"a\\n\"", "(\"it\" + \"a\\n\")"),
        ("1mo", "1mo"),
        ("[]", "[]"),
        ("{}", "{}"),
        (
            "{newark: \"EWR\", 'x': 1, -2: 3}",
            "{\"newark\": \"EWR\", \"x\": 1, (- 2): 3}",
        ),
        ("1..5", "(1..5)"),
        ("..=5", "(..=5)"),
        ("[1.., ..2]", "[(1..), (..2)]"),
        (
            "match d { ..0: \"a\", 0..=5: \"b\", [6, 7]: \"c\", null: \"d\", -1: \"e\", _: \"f\" }",
            "match d {(..0): \"a\", (0..=5): \"b\", [6, 7]: \"c\", null: \"d\", (- 1): \"e\", _: \"f\"}",
        ),
        ("match + 1", "(match + 1)"),
        ("match.x", "match.x"),
        ("over", "over"),
        ("date(\"2013-01-01\")", "date(\"2013-01-01\")"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn operands_have_the_place_they_take() {
    let text = "(a + b) * c";
    let parsed = parse_expression(FileId(0), text);
    let Value::Expr(root) = parsed.value else {
        panic!("a query")
    };
    let texts: Vec<&str> = parsed
        .program
        .subtree(root)
        .map(|id| &text[parsed.program.exprs[id].span.range()])
        .collect();
    assert_eq!(texts, ["a", "b", "a + b", "c", "(a + b) * c"]);
}

#[test]
fn an_expression_may_be_a_query() {
    let parsed = parse_expression(FileId(0), "geo.flights where a > 1\norder by b");
    assert_eq!(parsed.diagnostics, []);
    let Value::Query(query) = parsed.value else {
        panic!("an expression")
    };
    assert_eq!(parsed.program.path(&query.source), "geo.flights");
    assert!(matches!(query.steps[0].kind, StepKind::Where(_)));
    assert!(matches!(query.steps[1].kind, StepKind::OrderBy(_)));
}

#[test]
fn habits_from_other_languages() {
    for (text, code, place) in [
        ("x = a & b", Code::ForeignOperator, "&"),
        ("x = a && b", Code::ForeignOperator, "&&"),
        ("x = a | b", Code::ForeignOperator, "|"),
        ("x = a || b", Code::ForeignOperator, "||"),
        ("x = a ^ 2", Code::ForeignOperator, "^"),
        ("x = !a", Code::ForeignOperator, "!"),
        ("x = ~a", Code::ForeignOperator, "~"),
        ("x = a <> b", Code::ForeignOperator, "<>"),
        ("check a = b", Code::AssignmentInExpression, "="),
        ("x = True", Code::ForeignLiteral, "True"),
        ("x = [FALSE]", Code::ForeignLiteral, "FALSE"),
        ("x = a is None", Code::ForeignLiteral, "None"),
        ("x = a is not NULL", Code::ForeignLiteral, "NULL"),
        ("x = a is b", Code::ExpectedEndOfItem, "is"),
        ("x = a == not b", Code::MixedComparison, "not"),
        ("x = a < b is null", Code::MixedComparison, "is"),
        ("x = a is null == b", Code::MixedComparison, "=="),
        ("x = a in b in c", Code::MixedComparison, "in"),
        ("x = a if b if c else d else e", Code::MixedComparison, "if"),
        ("x = 1 if a", Code::MissingElse, "1 if a"),
        ("x = f[\"a\"]", Code::BadLookup, "\"a\""),
        ("x = f[0].g", Code::BadLookup, "0"),
        ("x = f[a == b]", Code::BadLookup, "=="),
        ("x = f(1)[a=b]", Code::BadLookup, "["),
        ("x = (f)(1)(2)", Code::NotCallable, "(f)"),
        ("x = f(a=1, b)", Code::PositionalAfterNamed, "b"),
        ("x = 3hours", Code::BadDuration, "3hours"),
        ("x = 017", Code::BadNumber, "017"),
        ("x = 1.5h", Code::BadNumber, "1.5h"),
        ("x = 'a\\q'", Code::BadEscape, "\\q"),
        (
            "x = case when a then b end",
            Code::ExpectedEndOfItem,
            "when",
        ),
        ("a == 1", Code::ExpectedToken, "=="),
    ] {
        assert_eq!(mistakes(text).first(), Some(&(code, place)), "{text}");
    }
}

#[test]
fn missing_operands() {
    for (text, place) in [
        ("1 +", ""),
        ("* 2", "*"),
        ("f(, 1)", ","),
        ("a and", ""),
        ("a if", ""),
        ("a if b else", ""),
        ("(", ""),
        ("", ""),
        ("..", ""),
        ("1..=", ""),
        ("not", ""),
    ] {
        let parsed = parse_expression(FileId(0), text);
        let found = pointed(text, &parsed.diagnostics);
        assert_eq!(
            found.first(),
            Some(&(Code::ExpectedExpression, place)),
            "{text}"
        );
    }
}

#[test]
fn open_brackets_ask_for_more_lines() {
    for text in ["f(", "table t {", "x = [1,\n2", "\"\"\"doc", "({[("] {
        assert!(is_incomplete(text), "{text}");
    }
    for text in [
        "",
        "x = 1",
        "f(1)",
        "x = )(",
        "'(",
        "# (",
        "\"\"\"doc\"\"\"",
    ] {
        assert!(!is_incomplete(text), "{text}");
    }
}

#[test]
fn items_are_told_from_expressions() {
    for text in [
        "x = 1",
        "x: f64",
        "`a b` = 2",
        "@tag x = 1",
        "\"\"\"d\"\"\" x = 1",
        "table t",
        "fit m = 1",
        "import \"x\"",
        "for n in [1] {",
        "over (a) {",
        "check x > 1",
        "over = 2",
    ] {
        assert!(starts_item(text), "{text}");
    }
    for text in [
        "x",
        "x + 1",
        "x == 1",
        "mean(x) over y",
        "table",
        "test + 1",
        "\"a\"",
        "fit",
        "",
    ] {
        assert!(!starts_item(text), "{text}");
    }
}
