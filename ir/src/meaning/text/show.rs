//! Values as text, the one that [`super::read`] reads back to the same value.
//!
//! | Type | Text |
//! |---|---|
//! | bool | `true`, `false` |
//! | integers | decimal digits, `-` before negative ones |
//! | floats | the fewest digits that read back; a point or an exponent always: `1.0`, `1e16`, `-0.0`, `nan`, `inf` |
//! | decimals | digits, a point before as many as the type has places: `-0.50` |
//! | date | `YYYY-MM-DD`; years beyond four digits with a sign |
//! | timestamp | date, `T`, `HH:MM:SS`, as many digits as the unit has; `Z` if it has a zone |
//! | duration | ISO 8601 in seconds: `PT90S`, `-PT1.5S` |

use std::fmt::Write;

use crate::meaning::decimal;
use crate::meaning::time::{SECONDS_PER_DAY, civil_of_days};
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;

/// Writes a value that is not null, of a type that has such texts, into an empty buffer.
pub fn show(value: &Value, from: ScalarType, made: &mut String) {
    made.clear();
    // Writing to a string can't fail.
    let _ = match (value, from) {
        (Value::Str(text), _) => {
            made.push_str(text);
            Ok(())
        }
        (Value::Integer(days), ScalarType::Date) => date(*days as i64, made),
        (Value::Integer(count), ScalarType::Timestamp(unit, zone)) => {
            let count = *count as i64;
            let written = timestamp(count, unit, made);
            if zone.is_some() {
                made.push('Z');
            }
            written
        }
        (Value::Integer(count), ScalarType::Duration(unit)) => duration(*count as i64, unit, made),
        (Value::Integer(value), ScalarType::Decimal(_, places)) => {
            decimal::show(*value, places, made)
        }
        // As literals are: floats always show that they are floats.
        _ => write!(made, "{value}"),
    };
}

fn date(days: i64, made: &mut String) -> std::fmt::Result {
    let civil = civil_of_days(days);
    let sign = match civil.year {
        ..0 => "-",
        0..=9999 => "",
        _ => "+",
    };
    let year = civil.year.unsigned_abs();
    write!(made, "{sign}{year:04}-{:02}-{:02}", civil.month, civil.day)
}

fn timestamp(count: i64, unit: TimeUnit, made: &mut String) -> std::fmt::Result {
    let per_second = unit.per_second();
    let (seconds, rest) = (count.div_euclid(per_second), count.rem_euclid(per_second));
    let (days, second) = (
        seconds.div_euclid(SECONDS_PER_DAY),
        seconds.rem_euclid(SECONDS_PER_DAY),
    );
    date(days, made)?;
    let (hour, minute) = (second / 3600, second / 60 % 60);
    write!(made, "T{hour:02}:{minute:02}:{:02}", second % 60)?;
    match unit {
        TimeUnit::Second => Ok(()),
        TimeUnit::Millisecond => write!(made, ".{rest:03}"),
        TimeUnit::Microsecond => write!(made, ".{rest:06}"),
        TimeUnit::Nanosecond => write!(made, ".{rest:09}"),
    }
}

fn duration(count: i64, unit: TimeUnit, made: &mut String) -> std::fmt::Result {
    let (length, per_second) = (count.unsigned_abs(), unit.per_second().unsigned_abs());
    let sign = if count < 0 { "-" } else { "" };
    write!(made, "{sign}PT{}", length / per_second)?;
    let rest = length % per_second;
    if rest > 0 {
        let nanoseconds = rest * (1_000_000_000 / per_second);
        let digits = format!("{nanoseconds:09}");
        write!(made, ".{}", digits.trim_end_matches('0'))?;
    }
    made.push('S');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::show;
    use crate::meaning::text::read;
    use crate::types::{ScalarType, TimeUnit, Zone};
    use crate::value::Value;

    fn shown(value: &Value, from: ScalarType) -> String {
        let mut made = "before".to_owned();
        show(value, from, &mut made);
        made
    }

    #[test]
    fn floats_are_short_and_read_back() {
        for (value, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e16"),
            (1.5e300, "1.5e300"),
            (1e-5, "1e-5"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            let value = Value::F64(value);
            assert_eq!(shown(&value, ScalarType::F64), expected);
            assert_eq!(read::value(expected, ScalarType::F64), Some(value));
        }
        assert_eq!(shown(&Value::F32(0.1), ScalarType::F32), "0.1");
    }

    #[test]
    fn times_read_back() {
        let utc = Zone::new("UTC");
        for (count, from, expected) in [
            (0, ScalarType::Date, "1970-01-01"),
            (-719_529, ScalarType::Date, "-0001-12-31"),
            (-719_528, ScalarType::Date, "0000-01-01"),
            (2_932_897, ScalarType::Date, "+10000-01-01"),
            (
                -1,
                ScalarType::Timestamp(TimeUnit::Millisecond, None),
                "1969-12-31T23:59:59.999",
            ),
            (
                1_357_016_400,
                ScalarType::Timestamp(TimeUnit::Second, utc),
                "2013-01-01T05:00:00Z",
            ),
            (
                i64::MIN.into(),
                ScalarType::Timestamp(TimeUnit::Nanosecond, None),
                "1677-09-21T00:12:43.145224192",
            ),
            (90, ScalarType::Duration(TimeUnit::Second), "PT90S"),
            (
                -1_500,
                ScalarType::Duration(TimeUnit::Millisecond),
                "-PT1.5S",
            ),
            (
                7,
                ScalarType::Duration(TimeUnit::Nanosecond),
                "PT0.000000007S",
            ),
            (0, ScalarType::Duration(TimeUnit::Second), "PT0S"),
        ] {
            let value = Value::Integer(count);
            assert_eq!(shown(&value, from), expected);
            assert_eq!(read::value(expected, from), Some(value), "{expected}");
        }
    }

    #[test]
    fn integers_are_read_strictly() {
        let i8 = |text| read::value(text, ScalarType::I8);
        assert_eq!(i8("-128"), Some(Value::Integer(-128)));
        assert_eq!(i8("+007"), Some(Value::Integer(7)));
        for text in ["", "128", "1.0", " 1", "1_0", "0x1", "one", "--1", "١"] {
            assert_eq!(i8(text), None, "{text:?}");
        }
        assert_eq!(read::value("-0", ScalarType::U8), None);
        let greatest = Value::Integer(u64::MAX.into());
        assert_eq!(shown(&greatest, ScalarType::U64), "18446744073709551615");
        assert_eq!(
            read::value("18446744073709551615", ScalarType::U64),
            Some(greatest)
        );
    }
}
