//! The parts of a date and of the time of day.

use super::SECONDS_PER_DAY;
use super::civil::{civil_of_days, date_parts, days_of_civil, is_leap};
use crate::op::TimePart;

/// A part of the date so many days after 1970-01-01; of the time of day, that of midnight.
/// `IsLeapYear` is 0 or 1.
///
/// ```
/// use icosian_ir::meaning::time::parts::date_part;
/// use icosian_ir::op::TimePart;
/// // 1970-01-01 was a Thursday.
/// assert_eq!(date_part(TimePart::Weekday, 0), 4);
/// // The Tuesday 1968-12-31 is in the first week of 1969.
/// assert_eq!(date_part(TimePart::IsoYear, -366), 1969);
/// ```
#[inline(always)]
pub fn date_part(part: TimePart, days: i32) -> i32 {
    let parts = date_parts(days);
    match part {
        TimePart::Year => parts.year,
        TimePart::Quarter => (parts.month + 2) as i32 / 3,
        TimePart::Month => parts.month as i32,
        TimePart::Day => parts.day as i32,
        TimePart::DayOfYear => parts.day_of_year as i32,
        TimePart::Weekday => (days % 7 + 10) % 7 + 1,
        // The years of i32 days have 7 digits.
        TimePart::IsoYear => civil_of_days(iso_thursday(days.into())).year as i32,
        TimePart::IsoWeek => {
            let thursday = iso_thursday(days.into());
            let year = civil_of_days(thursday).year;
            ((thursday - days_of_civil(year, 1, 1)) / 7 + 1) as i32
        }
        TimePart::DaysInMonth => {
            let february = 28 + i32::from(is_leap(parts.year));
            // Odd months are the long ones up to July, even ones from August on.
            let other = 30 | (parts.month ^ (parts.month >> 3)) as i32;
            if parts.month == 2 { february } else { other }
        }
        TimePart::IsLeapYear => i32::from(is_leap(parts.year)),
        TimePart::Hour
        | TimePart::Minute
        | TimePart::Second
        | TimePart::Millisecond
        | TimePart::Microsecond
        | TimePart::Nanosecond => 0,
    }
}

/// 1 on Mondays to 7 on Sundays.
#[inline(always)]
pub fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// The Thursday of the same week, in whose year the ISO week is (ISO 8601, 3.1.1.23).
#[inline(always)]
fn iso_thursday(days: i64) -> i64 {
    days - weekday(days) + 4
}

/// A part of the time of day of an instant, counted in units of which `per_second` make a second;
/// of the date, 0.
///
/// ```
/// use icosian_ir::meaning::time::parts::clock_part;
/// use icosian_ir::op::TimePart;
/// // 1969-12-31T23:59:59.999
/// assert_eq!(clock_part(TimePart::Second, -1, 1_000), 59);
/// assert_eq!(clock_part(TimePart::Microsecond, -1, 1_000), 999_000);
/// ```
#[inline(always)]
pub fn clock_part(part: TimePart, value: i64, per_second: i64) -> i32 {
    let second = || value.div_euclid(per_second).rem_euclid(SECONDS_PER_DAY);
    let nanosecond = || value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let part = match part {
        TimePart::Hour => second() / 3_600,
        TimePart::Minute => second() / 60 % 60,
        TimePart::Second => second() % 60,
        TimePart::Millisecond => nanosecond() / 1_000_000,
        TimePart::Microsecond => nanosecond() / 1_000,
        TimePart::Nanosecond => nanosecond(),
        TimePart::Year
        | TimePart::Quarter
        | TimePart::Month
        | TimePart::Day
        | TimePart::DayOfYear
        | TimePart::Weekday
        | TimePart::IsoYear
        | TimePart::IsoWeek
        | TimePart::DaysInMonth
        | TimePart::IsLeapYear => 0,
    };
    part as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, NaiveDate};

    #[test]
    fn every_day_of_an_era_has_the_parts_of_chrono() {
        let mut date = NaiveDate::from_ymd_opt(1799, 12, 25).expect("a date");
        let epoch = NaiveDate::default();
        let first = date.signed_duration_since(epoch).num_days() as i32;
        for days in first..first + 146_097 + 20 {
            let part = |part| date_part(part, days);
            assert_eq!(part(TimePart::Year), date.year());
            assert_eq!(part(TimePart::Quarter), date.month0() as i32 / 3 + 1);
            assert_eq!(part(TimePart::Month), date.month() as i32);
            assert_eq!(part(TimePart::Day), date.day() as i32);
            assert_eq!(part(TimePart::DayOfYear), date.ordinal() as i32);
            let weekday = date.weekday().number_from_monday() as i32;
            assert_eq!(part(TimePart::Weekday), weekday);
            assert_eq!(part(TimePart::IsoYear), date.iso_week().year());
            assert_eq!(part(TimePart::IsoWeek), date.iso_week().week() as i32);
            assert_eq!(part(TimePart::IsLeapYear), i32::from(date.leap_year()));
            date = date.succ_opt().expect("a next day");
        }
    }

    #[test]
    fn parts_at_the_ends_of_days() {
        for (part, first, last) in [
            (TimePart::Year, -5_877_641, 5_881_580),
            (TimePart::Month, 6, 7),
            (TimePart::Day, 23, 11),
            (TimePart::DayOfYear, 174, 193),
            // 2³² days are 4 weekdays more, less the one from MIN to MAX.
            (TimePart::Weekday, 2, 5),
            (TimePart::IsoYear, -5_877_641, 5_881_580),
        ] {
            assert_eq!(date_part(part, i32::MIN), first, "{}", part.name());
            assert_eq!(date_part(part, i32::MAX), last, "{}", part.name());
        }
    }

    #[test]
    fn parts_of_the_ends_of_instants() {
        // 9 223 372 036 854 775 807 seconds end at 15:30:07, at MIN it is 08:29:52.
        let parts = [TimePart::Hour, TimePart::Minute, TimePart::Second];
        let clock = |value, per_second| parts.map(|part| clock_part(part, value, per_second));
        assert_eq!(clock(i64::MAX, 1), [15, 30, 7]);
        assert_eq!(clock(i64::MIN, 1), [8, 29, 52]);
        // 2262-04-11T23:47:16.854775807 and 1677-09-21T00:12:43.145224192.
        assert_eq!(clock(i64::MAX, 1_000_000_000), [23, 47, 16]);
        assert_eq!(clock(i64::MIN, 1_000_000_000), [0, 12, 43]);
        assert_eq!(
            clock_part(TimePart::Nanosecond, i64::MIN, 1_000_000_000),
            145_224_192
        );
        assert_eq!(
            clock_part(TimePart::Millisecond, i64::MAX, 1_000_000_000),
            854
        );
    }
}
