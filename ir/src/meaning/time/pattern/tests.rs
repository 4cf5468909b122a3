//! Patterns over many days and instants: what is written is read back.

use super::{PatternUse, TimePattern};
use crate::types::TimeUnit;

fn read(pattern: &str) -> TimePattern {
    let offset = TimePattern::has_offset(pattern);
    TimePattern::new(pattern, PatternUse::ReadTimestamp { offset }).expect(pattern)
}

fn write(pattern: &str) -> TimePattern {
    TimePattern::new(pattern, PatternUse::WriteTimestamp { zone: true }).expect(pattern)
}

/// Every day of four hundred years and some, by every way to say a day.
#[test]
fn what_is_written_is_read_back() {
    let patterns = [
        "%Y-%m-%d",
        "%d %b %Y",
        "%A %B %-d %Y",
        "%Y-%j",
        "%G-W%V-%u",
        "%G %V%a",
        "%e/%m/%Y %w",
    ];
    let mut made = String::new();
    for pattern in patterns {
        let (reader, writer) = (read(pattern), write(pattern));
        for days in (-800_000..800_000).step_by(37).chain(10_000..11_500) {
            made.clear();
            writer.write_date(days, &mut made);
            assert_eq!(reader.date(&made), Some(days), "{pattern} {made}");
        }
    }
    let patterns = [
        "%FT%T%.f%z",
        "%d/%b/%Y:%H:%M:%S.%f %:z",
        "%Y-%m-%d %I:%M:%S.%9f %p %z",
    ];
    for pattern in patterns {
        let (reader, writer) = (read(pattern), write(pattern));
        let mut count = i64::MIN / 3;
        while count < i64::MAX / 3 {
            made.clear();
            let offset = (count % 50_000) as i32;
            writer.write_timestamp(count, TimeUnit::Nanosecond, offset, &mut made);
            let found = reader.timestamp(&made, TimeUnit::Nanosecond);
            assert_eq!(found, Some(count), "{pattern} {made}");
            count += 1_234_567_890_123_457;
        }
    }
}

#[test]
fn extremes_are_written() {
    let mut made = String::new();
    for (count, unit) in [
        (i64::MIN, TimeUnit::Second),
        (i64::MAX, TimeUnit::Second),
        (i64::MIN, TimeUnit::Nanosecond),
        (i64::MAX, TimeUnit::Millisecond),
    ] {
        for offset in [-86_399, 0, 86_399] {
            made.clear();
            write("%Y-%m-%d %j %G-%V %U %W %H:%M:%S%.f %z")
                .write_timestamp(count, unit, offset, &mut made);
            assert!(made.len() > 30, "{made}");
        }
    }
    made.clear();
    write("%F %T%.9f").write_timestamp(i64::MIN, TimeUnit::Nanosecond, 0, &mut made);
    assert_eq!(made, "1677-09-21 00:12:43.145224192");
}
