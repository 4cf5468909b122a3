//! Names, constants and texts as the language reads them.

use std::fmt::{self, Write};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};

use crate::meaning::decimal;
use crate::op::{Overflow, TimeFunction};
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;

/// Words that are no plain names somewhere in the grammar.
const KEYWORDS: &[&str] = &[
    "FALSE", "False", "NULL", "None", "TRUE", "True", "and", "as", "asc", "by", "check", "config",
    "def", "desc", "distinct", "else", "expect", "extend", "extern", "false", "fit", "fn", "for",
    "from", "given", "group", "if", "import", "in", "inf", "into", "is", "join", "left", "limit",
    "match", "nan", "not", "null", "or", "order", "output", "over", "param", "table", "test",
    "true", "union", "unpivot", "use", "when", "where",
];

/// A name as written: with backticks where it would not read as one.
pub(super) fn quoted(name: &str) -> String {
    let mut characters = name.chars();
    let plain = characters
        .next()
        .is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && characters.all(|next| next == '_' || next.is_ascii_alphanumeric())
        && !KEYWORDS.contains(&name);
    if plain {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// Text in double quotes, with the escapes that the language reads.
pub(super) fn text_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    escape(&mut literal, text, false);
    literal.push('"');
    literal
}

fn escape(to: &mut String, text: &str, keep_lines: bool) {
    for character in text.chars() {
        match character {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' if keep_lines => to.push('\n'),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            other if (other as u32) < 0x20 || other == '\u{7f}' => {
                // Writing to a string can't fail.
                let _ = write!(to, "\\x{:02x}", other as u32);
            }
            other => to.push(other),
        }
    }
}

/// Documentation before what it documents.
pub(super) fn write_doc(f: &mut impl fmt::Write, indent: &str, doc: &str) -> fmt::Result {
    if doc.is_empty() {
        return Ok(());
    }
    let mut escaped = String::with_capacity(doc.len());
    escape(&mut escaped, doc, true);
    writeln!(f, "{indent}\"\"\"{escaped}\"\"\"")
}

/// A constant that reads back as one of exactly this type.
pub(super) fn constant(value: &Value, scalar: ScalarType) -> String {
    match (value, scalar) {
        (Value::Null, ScalarType::Bool) => "null".to_owned(),
        (Value::Null, _) => cast_call("", "null", scalar),
        (Value::Str(text), _) => text_literal(text),
        (Value::F64(_) | Value::Bool(_), _) | (Value::Integer(_), ScalarType::I64) => {
            value.to_string()
        }
        (Value::F32(number), _) => format!("f32({})", short_or_exact(*number)),
        (Value::Integer(length), ScalarType::Duration(unit)) => match duration(*length, unit) {
            Some(text) if is_coarsest(*length, unit) => text,
            _ => cast_call("", &length.to_string(), scalar),
        },
        (Value::Integer(days), ScalarType::Date) => match date(*days) {
            Some(text) => format!("date(\"{text}\")"),
            None => format!("date({days})"),
        },
        (Value::Integer(count), ScalarType::Timestamp(unit, zone)) => {
            let suffix = match zone.as_ref().map(|zone| zone.name()) {
                None => Some(""),
                Some("UTC") => Some("Z"),
                Some(_) => None,
            };
            match suffix.zip(instant(*count, unit)) {
                Some((suffix, text)) => format!("timestamp(\"{text}{suffix}\")"),
                None => cast_call("", &count.to_string(), scalar),
            }
        }
        (Value::Integer(value), ScalarType::Decimal(_, places)) => {
            let mut text = "\"".to_owned();
            // Writing to a string can't fail.
            let _ = decimal::show(*value, places, &mut text);
            text.push('"');
            cast_call("", &text, scalar)
        }
        (Value::Integer(_), _) => cast_call("", &value.to_string(), scalar),
    }
}

/// A constant where the other side's type says what it is: there a plain `2` is enough.
pub(super) fn untyped_constant(value: &Value, scalar: ScalarType) -> String {
    match (value, scalar) {
        (Value::Null, _) => "null".to_owned(),
        (Value::F32(number), _) => short_or_exact(*number),
        (Value::Integer(length), ScalarType::Duration(unit)) => {
            duration(*length, unit).unwrap_or_else(|| constant(value, scalar))
        }
        (Value::Integer(number), _) if scalar.is_integer() => number.to_string(),
        _ => constant(value, scalar),
    }
}

/// An f32 as the shortest decimal that reads back to it by way of an f64.
fn short_or_exact(number: f32) -> String {
    let short = Value::F32(number).to_string();
    let read = short.parse::<f64>().map(|read| read as f32);
    match read {
        Ok(read) if read.to_bits() == number.to_bits() || number.is_nan() => short,
        _ => Value::F64(f64::from(number)).to_string(),
    }
}

/// A duration literal. The least length has none, as its magnitude fits no 64 bits.
fn duration(length: i128, unit: TimeUnit) -> Option<String> {
    (length != i128::from(i64::MIN)).then(|| format!("{length}{unit}"))
}

/// Whether a literal of this length keeps its unit: it takes the coarsest that holds it.
fn is_coarsest(length: i128, unit: TimeUnit) -> bool {
    unit == TimeUnit::Second || length % 1_000 != 0
}

/// A date as text, if its year has four digits.
fn date(days: i128) -> Option<String> {
    let days = TimeDelta::try_days(i64::try_from(days).ok()?)?;
    let date = NaiveDate::default().checked_add_signed(days)?;
    (0..=9999)
        .contains(&date.year())
        .then(|| date.format("%Y-%m-%d").to_string())
}

/// A point in time as text, with as many digits as its unit has, if its year has four.
fn instant(count: i128, unit: TimeUnit) -> Option<String> {
    let count = i64::try_from(count).ok()?;
    let (seconds, rest) = (
        count.div_euclid(unit.per_second()),
        count.rem_euclid(unit.per_second()),
    );
    let nanoseconds = rest * (1_000_000_000 / unit.per_second());
    let instant = DateTime::from_timestamp(seconds, u32::try_from(nanoseconds).ok()?)?;
    let format = match unit {
        TimeUnit::Second => "%Y-%m-%dT%H:%M:%S",
        TimeUnit::Millisecond => "%Y-%m-%dT%H:%M:%S%.3f",
        TimeUnit::Microsecond => "%Y-%m-%dT%H:%M:%S%.6f",
        TimeUnit::Nanosecond => "%Y-%m-%dT%H:%M:%S%.9f",
    };
    (0..=9999)
        .contains(&instant.year())
        .then(|| instant.format(format).to_string())
}

/// A cast to a type, written as a call: `try_timestamp(x, unit="ms", zone="UTC")`.
pub(super) fn cast_call(prefix: &str, value: &str, to: ScalarType) -> String {
    let (name, options) = cast_parts(to);
    format!("{prefix}{name}({value}{options})")
}

/// The function that casts to a type, and what it is told besides the value.
pub(super) fn cast_parts(to: ScalarType) -> (String, String) {
    match to {
        ScalarType::Timestamp(unit, zone) => {
            let zone = match zone {
                Some(zone) => text_literal(zone.name()),
                None => "null".to_owned(),
            };
            (
                "timestamp".to_owned(),
                format!(", unit=\"{unit}\", zone={zone}"),
            )
        }
        ScalarType::Duration(unit) => ("duration".to_owned(), format!(", unit=\"{unit}\"")),
        ScalarType::Decimal(digits, places) => (
            "decimal".to_owned(),
            format!(", precision={digits}, scale={places}"),
        ),
        other => (other.to_string(), String::new()),
    }
}

/// What stands before the name of a function of times, and after its arguments.
pub(super) fn time_parts(function: TimeFunction) -> (&'static str, String) {
    match function {
        TimeFunction::Truncate(period) => ("", format!(", {period}")),
        TimeFunction::AddMonths(Overflow::Null) | TimeFunction::AddBusinessDays(Overflow::Null) => {
            ("try_", String::new())
        }
        TimeFunction::AtZone { zone, fold, gap } => {
            let zone = text_literal(zone.name());
            let (fold, gap) = (fold.name(), gap.name());
            ("", format!(", {zone}, fold=\"{fold}\", gap=\"{gap}\""))
        }
        TimeFunction::Part(_)
        | TimeFunction::AddMonths(_)
        | TimeFunction::AddBusinessDays(_)
        | TimeFunction::BusinessDaysBetween
        | TimeFunction::WallClock => ("", String::new()),
    }
}
