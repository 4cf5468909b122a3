//! Constants whose text has a meaning of its own: dates, timestamps, durations.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use icosian_ir::types::{ScalarType, TimeUnit, Zone};
use icosian_ir::value::Value;

use crate::syntax::ast::{Duration, DurationUnit};

/// A duration in the coarsest unit that holds it exactly; none for calendar units, which have no
/// fixed length, and for lengths beyond 64 bits.
pub(crate) fn duration(duration: Duration) -> Option<(Value, ScalarType)> {
    const HOUR: i128 = 3600;
    let (factor, unit) = match duration.unit {
        DurationUnit::Nanosecond => (1, TimeUnit::Nanosecond),
        DurationUnit::Microsecond => (1, TimeUnit::Microsecond),
        DurationUnit::Millisecond => (1, TimeUnit::Millisecond),
        DurationUnit::Second => (1, TimeUnit::Second),
        DurationUnit::Minute => (60, TimeUnit::Second),
        DurationUnit::Hour => (HOUR, TimeUnit::Second),
        DurationUnit::Day => (24 * HOUR, TimeUnit::Second),
        DurationUnit::Week => (7 * 24 * HOUR, TimeUnit::Second),
        DurationUnit::Month | DurationUnit::Quarter | DurationUnit::Year => return None,
    };
    let mut length = i128::from(duration.count) * factor;
    let mut unit = unit;
    let coarser = [
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ];
    for candidate in coarser {
        let per_unit =
            i128::from(unit.per_second() / candidate.per_second().min(unit.per_second()));
        if length % per_unit == 0 {
            length /= per_unit;
            unit = candidate.min(unit);
            break;
        }
    }
    i64::try_from(length).ok()?;
    Some((Value::Integer(length), ScalarType::Duration(unit)))
}

/// Days since 1970-01-01 of a date as `2013-01-31`.
pub(crate) fn date(text: &str) -> Option<Value> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    Some(Value::Integer(days.into()))
}

/// An instant as `2013-01-31T05:00:00`, a space instead of the `T` and fractions of a second
/// allowed. With `Z` or an offset it has the zone UTC. The unit is the coarsest that holds the
/// fraction as written.
pub(crate) fn timestamp(text: &str) -> Option<(Value, ScalarType)> {
    let fraction = text.split_once('.').map_or(0, |(_, rest)| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    let unit = match fraction {
        0 => TimeUnit::Second,
        1..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        7..=9 => TimeUnit::Nanosecond,
        // No unit holds it.
        _ => return None,
    };
    let (instant, zone) = if let Some(instant) = with_offset(text) {
        (instant.naive_utc(), Zone::new("UTC"))
    } else {
        (without_offset(text)?, None)
    };
    let instant = instant.and_utc();
    let per_second = i128::from(unit.per_second());
    let value = i128::from(instant.timestamp()) * per_second
        + i128::from(instant.timestamp_subsec_nanos()) / (1_000_000_000 / per_second);
    i64::try_from(value).ok()?;
    Some((Value::Integer(value), ScalarType::Timestamp(unit, zone)))
}

fn with_offset(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn without_offset(text: &str) -> Option<NaiveDateTime> {
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ];
    formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_hms_opt(0, 0, 0)
        })
}

/// Whether the time-zone database has a zone of this name.
pub(crate) fn zone(name: &str) -> Option<Zone> {
    name.parse::<chrono_tz::Tz>().ok()?;
    Zone::new(name)
}

#[cfg(test)]
mod tests {
    use super::{date, duration, timestamp, zone};
    use crate::syntax::ast::{Duration, DurationUnit};
    use icosian_ir::types::{ScalarType, TimeUnit, Zone};
    use icosian_ir::value::Value;

    #[test]
    fn durations_take_the_coarsest_exact_unit() {
        let length = |count, unit| duration(Duration { count, unit });
        let seconds = ScalarType::Duration(TimeUnit::Second);
        assert_eq!(
            length(3, DurationUnit::Hour),
            Some((Value::Integer(10_800), seconds))
        );
        assert_eq!(
            length(2_000, DurationUnit::Millisecond),
            Some((Value::Integer(2), seconds))
        );
        assert_eq!(
            length(1_500, DurationUnit::Microsecond),
            Some((
                Value::Integer(1_500),
                ScalarType::Duration(TimeUnit::Microsecond)
            ))
        );
        assert_eq!(length(1, DurationUnit::Month), None);
        assert_eq!(length(u64::MAX, DurationUnit::Week), None);
    }

    #[test]
    fn dates_and_timestamps() {
        assert_eq!(date("1970-01-02"), Some(Value::Integer(1)));
        assert_eq!(date("1969-12-31"), Some(Value::Integer(-1)));
        assert_eq!(date("2013-01-01"), Some(Value::Integer(15_706)));
        assert_eq!(date("2013-02-29"), None);
        let utc = Zone::new("UTC");
        assert_eq!(
            timestamp("2013-01-01T05:00:00Z"),
            Some((
                Value::Integer(1_357_016_400),
                ScalarType::Timestamp(TimeUnit::Second, utc)
            ))
        );
        assert_eq!(
            timestamp("1970-01-01 00:00:00.250"),
            Some((
                Value::Integer(250),
                ScalarType::Timestamp(TimeUnit::Millisecond, None)
            ))
        );
        assert_eq!(timestamp("yesterday"), None);
    }

    #[test]
    fn zones() {
        assert!(zone("America/New_York").is_some());
        assert!(zone("Mars/Olympus").is_none());
    }
}
