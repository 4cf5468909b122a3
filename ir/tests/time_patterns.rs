//! Time patterns and business days against Python's datetime and numpy (`oracle/time_reference.py`).

use icosian_ir::meaning::time::calendar::add_business_days;
use icosian_ir::meaning::time::pattern::{PatternUse, TimePattern};
use icosian_ir::types::TimeUnit;

const REFERENCE: &str = include_str!("oracle/time_reference.txt");

fn fields(kind: &str) -> Vec<Vec<&'static str>> {
    let lines = REFERENCE
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let found: Vec<Vec<&str>> = lines.filter(|fields| fields[0] == kind).collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

fn number(text: &str) -> i64 {
    text.parse().expect(text)
}

fn pattern(pattern: &str, purpose: PatternUse) -> TimePattern {
    TimePattern::new(pattern, purpose).expect(pattern)
}

#[test]
fn dates_are_read_and_written_as_by_python() {
    for line in fields("date") {
        let (text, days) = (line[2], number(line[3]));
        let found = pattern(line[1], PatternUse::ReadDate).date(text);
        assert_eq!(found, Some(days), "{line:?}");
        let mut made = String::new();
        pattern(line[1], PatternUse::WriteDate).write_date(days, &mut made);
        assert_eq!(made, text, "{line:?}");
    }
    for line in fields("written") {
        let mut made = String::new();
        pattern(line[1], PatternUse::WriteDate).write_date(number(line[3]), &mut made);
        assert_eq!(made, line[2], "{line:?}");
    }
}

#[test]
fn times_are_read_and_written_as_by_python() {
    for line in fields("time") {
        let (text, count) = (line[2], number(line[3]));
        let read = pattern(line[1], PatternUse::ReadTimestamp { offset: false });
        let found = read.timestamp(text, TimeUnit::Microsecond);
        assert_eq!(found, Some(count), "{line:?}");
        let mut made = String::new();
        let write = pattern(line[1], PatternUse::WriteTimestamp { zone: false });
        write.write_timestamp(count, TimeUnit::Microsecond, 0, &mut made);
        assert_eq!(made, text, "{line:?}");
    }
    for line in fields("offset") {
        let (text, count, offset) = (line[2], number(line[3]), number(line[4]));
        let read = pattern(line[1], PatternUse::ReadTimestamp { offset: true });
        assert_eq!(
            read.timestamp(text, TimeUnit::Second),
            Some(count),
            "{line:?}"
        );
        let mut made = String::new();
        let write = pattern(line[1], PatternUse::WriteTimestamp { zone: true });
        write.write_timestamp(count, TimeUnit::Second, offset as i32, &mut made);
        assert_eq!(made, text, "{line:?}");
    }
}

#[test]
fn what_python_refuses_is_refused() {
    for line in fields("wrong") {
        let read = pattern(line[1], PatternUse::ReadTimestamp { offset: false });
        assert_eq!(read.timestamp(line[2], TimeUnit::Second), None, "{line:?}");
    }
}

#[test]
fn business_days_are_those_of_numpy() {
    for line in fields("business") {
        let found = add_business_days(number(line[1]), number(line[2]));
        assert_eq!(found, i128::from(number(line[3])), "{line:?}");
    }
}
