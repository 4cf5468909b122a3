//! Mistakes in patterns of dates and times, all found before data is read.

use super::one_mistake;
use crate::diagnostic::Code;

const T: &str = "table t { s: str, d: date, at: timestamp[s], utc: timestamp[s, \"UTC\"] }\n";

#[track_caller]
fn wrong(expression: &str, code: Code, at: &str, words: &[&str]) {
    one_mistake(&format!("{T}y = {expression}"), code, at, words);
}

#[test]
fn patterns_that_are_none() {
    for (pattern, words) in [
        ("%Y-%m-%Q", "%Q means nothing (at character 7)"),
        ("%", "before a letter, or doubled"),
        ("%-Y", "%- stands before one of the letters"),
        ("%Y %Z", "%z is its offset"),
        ("%s", "timestamp(i64(x))"),
        ("%x", "differs from place to place"),
        ("%d.%m.", "it has no year"),
        ("%Y %d", "a day, and no month"),
        ("%Y-%m-%b", "the same twice (at character 7)"),
        ("%Y %y", "the same twice"),
        ("%F %I:%M", "%I takes %p"),
        ("%F %H:%M %p", "%p takes %I"),
        ("%F %M", "a time of day without its beginning"),
        ("%F %H:%M.%f", "a time of day without its beginning"),
        ("%Y %j %d", "%j takes no month or day"),
        ("%G-W%V", "takes %G, %V and the weekday"),
        ("%G-W%V-%u %m", "either by weeks or by months"),
        ("%Y %a", "a weekday, and no day"),
        ("%Y %U", "%U and %W are only written"),
        ("%F %z", "a date has no offset"),
    ] {
        let text = format!("\"{pattern}\"");
        let call = format!("parse_date(t.s, {text})");
        wrong(&call, Code::BadPattern, &text, &["time pattern", words]);
    }
    let pattern = "\"%d.%m.%Y %H:%M\"";
    let call = format!("format(t.d, {pattern})");
    wrong(&call, Code::BadPattern, pattern, &["no time of day"]);
    wrong(
        "format(t.at, \"%F %z\")",
        Code::BadPattern,
        "\"%F %z\"",
        &["no offset"],
    );
}

#[test]
fn arguments_that_do_not_fit() {
    wrong(
        "parse_date(t.s, t.s)",
        Code::NotConstant,
        "t.s",
        &["before data is read"],
    );
    wrong(
        "parse_date(t.d, \"%F\")",
        Code::TypeMismatch,
        "t.d",
        &["a text", "date"],
    );
    wrong(
        "format(t.s, \"%F\")",
        Code::TypeMismatch,
        "t.s",
        &["date or timestamp"],
    );
    wrong(
        "parse_timestamp(t.s, \"%F\", zone=\"Mars\")",
        Code::BadConstantText,
        "\"Mars\"",
        &["time zone"],
    );
    wrong(
        "parse_timestamp(t.s, \"%F\", fold=\"later\")",
        Code::BadArguments,
        "\"later\"",
        &["the clock of `zone`"],
    );
    wrong(
        "parse_timestamp(t.s, \"%F %T%z\", zone=\"UTC\", gap=\"null\")",
        Code::BadArguments,
        "\"null\"",
        &["the clock of `zone`"],
    );
    wrong(
        "parse_timestamp(t.s, \"%F %T%z\", zone=null)",
        Code::BadArguments,
        "\"%F %T%z\"",
        &["an instant"],
    );
    wrong(
        "parse_timestamp(t.s, \"%F\", unit=\"m\")",
        Code::BadArguments,
        "\"m\"",
        &["`unit`"],
    );
}

#[test]
fn habits_of_others_lead_here() {
    for (name, words) in [
        ("strptime", "parse_timestamp"),
        ("to_datetime", "parse_timestamp"),
        ("to_date", "parse_date"),
        ("strftime", "format(x"),
        ("to_char", "format(x"),
        ("month_name", "%B"),
    ] {
        let call = format!("{name}(t.s)");
        wrong(&call, Code::UnknownFunction, name, &[words]);
    }
}
