//! Text as a value of another type: strict, the whole text or nothing, correctly rounded. Casts from
//! text and the cells of CSV files are read alike.
//!
//! | Type | Texts |
//! |---|---|
//! | bool | `true` `false` `True` `False` `TRUE` `FALSE` `1` `0` |
//! | integers | an optional sign and digits |
//! | floats | decimal or scientific notation, `nan`, `inf`, `infinity` in any case, signs |
//! | decimals | an optional sign and digits, perhaps a point and digits, all that count within the places |
//! | date | `YYYY-MM-DD` |
//! | timestamp | a date, or date, `T` or space, `HH:MM[:SS[.fraction]]`, then `Z`, `±HH:MM`, `±HHMM`, `±HH` or nothing |
//! | duration | a whole count of the unit, or ISO 8601 `[-]P[nD]T[nH][nM][n[.fraction]S]` |
//!
//! Years of more than four digits carry a sign, as ISO 8601 asks. A fraction finer than the unit,
//! or a finite number beyond the greatest float, doesn't fit. Texts aren't trimmed.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::meaning::decimal;
use crate::types::{ScalarType, TimeUnit, Zone};
use crate::value::Value;

/// The value of a type that a text says; none if it says none, or one that the type can't hold.
pub fn value(text: &str, to: ScalarType) -> Option<Value> {
    let whole = |count: i64| Value::Integer(count.into());
    match to {
        ScalarType::Bool => boolean(text).map(Value::Bool),
        ScalarType::F32 => float32(text).map(Value::F32),
        ScalarType::F64 => float64(text).map(Value::F64),
        ScalarType::Str => Some(Value::Str(text.into())),
        ScalarType::Decimal(digits, places) => decimal::read(text, places)
            .filter(|value| decimal::digits(*value) <= digits)
            .map(Value::Integer),
        ScalarType::Date => date(text).map(|days| whole(days.into())),
        ScalarType::Timestamp(unit, zone) => timestamp(text, unit, zone).map(whole),
        ScalarType::Duration(unit) => duration(text, unit).map(whole),
        integer => {
            let (least, greatest) = integer.integer_range()?;
            // As for a column of the type: no sign where it has none.
            if least == 0 && text.starts_with('-') {
                return None;
            }
            let number: i128 = text.parse().ok()?;
            (least <= number && number <= greatest).then_some(Value::Integer(number))
        }
    }
}

/// A bool.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "1" => Some(true),
        "false" | "False" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

/// An f64.
pub fn float64(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    (value.is_finite() || names_non_finite(text)).then_some(value)
}

/// An f32.
pub fn float32(text: &str) -> Option<f32> {
    let value: f32 = text.parse().ok()?;
    (value.is_finite() || names_non_finite(text)).then_some(value)
}

/// Whether a text that parsed as a float has no digits, so that it names inf or NaN.
fn names_non_finite(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Days since 1970-01-01.
pub fn date(text: &str) -> Option<i32> {
    let (date, rest) = leading_date(text)?;
    rest.is_empty().then(|| date.to_epoch_days())
}

/// A date at the beginning of a text, and what follows.
fn leading_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let year_length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if year_length < 4 || year_length > if signed { 6 } else { 4 } {
        return None;
    }
    let year: i32 = digits[..year_length].parse().ok()?;
    let rest = digits[year_length..].strip_prefix('-')?;
    let (month, rest) = two_digits(rest)?;
    let (day, rest) = two_digits(rest.strip_prefix('-')?)?;
    let year = if negative { -year } else { year };
    Some((NaiveDate::from_ymd_opt(year, month, day)?, rest))
}

fn two_digits(text: &str) -> Option<(u32, &str)> {
    let [tens, ones, ..] = text.as_bytes() else {
        return None;
    };
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    let value = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    Some((value, &text[2..]))
}

/// A point in time as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Date and time of day on the writer's clock.
    pub clock: NaiveDateTime,
    /// How many digits of a fraction of a second there were, zeros at its end left out.
    pub fraction_digits: u32,
    /// Seconds that the writer's clock is ahead of UTC, if told.
    pub offset: Option<i32>,
}

/// A date, with or without a time of day.
pub fn moment(text: &str) -> Option<Moment> {
    let (date, rest) = leading_date(text)?;
    if rest.is_empty() {
        return Some(Moment {
            clock: date.and_time(NaiveTime::MIN),
            fraction_digits: 0,
            offset: None,
        });
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = two_digits(rest)?;
    let (minute, mut rest) = two_digits(rest.strip_prefix(':')?)?;
    let (mut second, mut nanoseconds, mut fraction_digits) = (0, 0, 0);
    if let Some(seconds) = rest.strip_prefix(':') {
        (second, rest) = two_digits(seconds)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            (nanoseconds, fraction_digits, rest) = leading_fraction(fraction)?;
        }
    }
    Some(Moment {
        clock: date.and_hms_nano_opt(hour, minute, second, nanoseconds)?,
        fraction_digits,
        offset: offset(rest)?,
    })
}

/// The digits of a fraction at the beginning of a text as nanoseconds, how many of them matter,
/// and what follows.
fn leading_fraction(text: &str) -> Option<(u32, u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let digits = text[..length].trim_end_matches('0');
    if digits.len() > 9 {
        return None;
    }
    let mut nanoseconds = 0;
    for place in 0..9 {
        let digit = digits.as_bytes().get(place).map_or(0, |byte| byte - b'0');
        nanoseconds = nanoseconds * 10 + u32::from(digit);
    }
    Some((nanoseconds, digits.len() as u32, &text[length..]))
}

/// The offset from UTC that is a whole text, in seconds.
#[allow(clippy::option_option)]
fn offset(text: &str) -> Option<Option<i32>> {
    let (sign, rest) = match text.as_bytes().first() {
        None => return Some(None),
        Some(b'Z' | b'z') => return (text.len() == 1).then_some(Some(0)),
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        Some(_) => return None,
    };
    let (hours, rest) = two_digits(rest)?;
    let (minutes, rest) = if rest.is_empty() {
        (0, rest)
    } else {
        two_digits(rest.strip_prefix(':').unwrap_or(rest))?
    };
    let valid = rest.is_empty() && hours < 24 && minutes < 60;
    valid.then_some(Some(sign * (hours * 3600 + minutes * 60) as i32))
}

/// Units since 1970-01-01T00:00:00.
///
/// A text with an offset means an instant and fits only a column with a zone; a text without one
/// fits a column without zone, or of UTC. (Wall-clock time of another zone needs rules for gaps
/// and folds, which reading doesn't choose.)
pub fn timestamp(text: &str, unit: TimeUnit, zone: Option<Zone>) -> Option<i64> {
    let moment = moment(text)?;
    let offset = match (moment.offset, zone) {
        (Some(offset), Some(_)) => offset,
        (None, None) => 0,
        (None, Some(zone)) if zone.name() == "UTC" => 0,
        (Some(_), None) | (None, Some(_)) => return None,
    };
    let clock = moment.clock.and_utc();
    let seconds = clock.timestamp() - i64::from(offset);
    in_unit(
        i128::from(seconds) * 1_000_000_000 + i128::from(clock.timestamp_subsec_nanos()),
        unit,
    )
}

/// Units of a duration.
pub fn duration(text: &str, unit: TimeUnit) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let Some(rest) = rest.strip_prefix('P') else {
        return text.parse().ok();
    };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let mut nanoseconds = 0_i128;
    if !days.is_empty() {
        let days: u32 = days.strip_suffix('D')?.parse().ok()?;
        nanoseconds += i128::from(days) * 86_400_000_000_000;
    }
    let mut rest = time.unwrap_or_default();
    if rest.is_empty() && (time.is_some() || days.is_empty()) {
        return None;
    }
    for (letter, seconds) in [('H', 3600), ('M', 60), ('S', 1)] {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = rest.split_at(length);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(fraction) if letter == 'S' => {
                let (fraction, _, after) = leading_fraction(fraction)?;
                (fraction, after)
            }
            _ => (0, after),
        };
        if let Some(after) = after.strip_prefix(letter) {
            let count: u64 = digits.parse().ok()?;
            nanoseconds += i128::from(count) * seconds * 1_000_000_000 + i128::from(fraction);
            rest = after;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    in_unit(if negative { -nanoseconds } else { nanoseconds }, unit)
}

/// Nanoseconds as units, if they are whole ones.
fn in_unit(nanoseconds: i128, unit: TimeUnit) -> Option<i64> {
    let per_unit = 1_000_000_000 / i128::from(unit.per_second());
    (nanoseconds % per_unit == 0)
        .then(|| i64::try_from(nanoseconds / per_unit).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTC: fn() -> Option<Zone> = || Zone::new("UTC");

    #[test]
    fn floats_are_whole_texts_and_finite_unless_named() {
        assert_eq!(float64("0.1"), Some(0.1));
        assert_eq!(float64("-1e-3"), Some(-0.001));
        // Halfway between two floats; the even one is right.
        assert_eq!(float64("9007199254740993"), Some(9007199254740992.0));
        assert_eq!(float64("-inf"), Some(f64::NEG_INFINITY));
        assert!(float64("NaN").is_some_and(f64::is_nan));
        for text in ["", " 1", "1 ", "1,5", "0x1", "1e999", "one"] {
            assert_eq!(float64(text), None, "{text:?}");
        }
        assert_eq!(float32("3.4e38"), Some(3.4e38));
        assert_eq!(float32("3.5e38"), None);
    }

    #[test]
    fn dates() {
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("2013-01-01"), Some(15_706));
        assert_eq!(date("1969-12-31"), Some(-1));
        assert_eq!(date("2000-02-29"), Some(11_016));
        assert_eq!(date("+10000-01-01"), Some(2_932_897));
        for text in [
            "2013-02-29",
            "2013-1-1",
            "13-01-01",
            "2013-01-01 ",
            "10000-01-01",
            "20130101",
            "",
        ] {
            assert_eq!(date(text), None, "{text:?}");
        }
    }

    #[test]
    fn timestamps() {
        let second = |text| timestamp(text, TimeUnit::Second, UTC());
        assert_eq!(second("2013-01-01T05:00:00Z"), Some(1_357_016_400));
        assert_eq!(second("2013-01-01 05:00:00"), Some(1_357_016_400));
        assert_eq!(second("2013-01-01T00:00-05:00"), Some(1_357_016_400));
        assert_eq!(second("2013-01-01T00:00:00.000-0500"), Some(1_357_016_400));
        assert_eq!(second("2013-01-01T05+00"), None);
        assert_eq!(second("2013-01-01"), Some(1_356_998_400));
        assert_eq!(second("2013-01-01T05:00:00.5Z"), None);
        assert_eq!(second("2013-01-01T24:00:00Z"), None);
        assert_eq!(second("2013-01-01T23:59:60Z"), None);
        assert_eq!(second("2013-01-01T05:00:00Zulu"), None);
        assert_eq!(
            timestamp("1969-12-31T23:59:59.5Z", TimeUnit::Millisecond, UTC()),
            Some(-500)
        );
        assert_eq!(
            timestamp("2013-01-01T05:00:00Z", TimeUnit::Second, None),
            None
        );
        let berlin = Zone::new("Europe/Berlin");
        assert_eq!(
            timestamp("2013-01-01T05:00:00", TimeUnit::Second, berlin),
            None
        );
        assert_eq!(
            timestamp("2013-01-01T06:00:00+01:00", TimeUnit::Second, berlin),
            Some(1_357_016_400)
        );
        assert_eq!(
            timestamp("3000-01-01T00:00:00", TimeUnit::Nanosecond, None),
            None
        );
    }

    #[test]
    fn durations() {
        let millisecond = |text| duration(text, TimeUnit::Millisecond);
        assert_eq!(millisecond("1500"), Some(1500));
        assert_eq!(millisecond("-3"), Some(-3));
        assert_eq!(millisecond("PT3600S"), Some(3_600_000));
        assert_eq!(millisecond("-PT1.5S"), Some(-1500));
        assert_eq!(millisecond("P1DT2H3M4S"), Some(93_784_000));
        assert_eq!(millisecond("P1D"), Some(86_400_000));
        for text in ["", "P", "PT", "P1DT", "PT1S2M", "PT1.0001S", "1.5", "1h"] {
            assert_eq!(millisecond(text), None, "{text:?}");
        }
    }
}
