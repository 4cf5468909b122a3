//! The parts of a date and of the time of day.

use super::SECONDS_PER_DAY;
use super::civil::{DateParts, date_parts, is_leap, near_date_parts};
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
    date_part_by(part, days, date_parts)
}

/// [`date_part`] of a day that is not [far](super::civil::is_far), without a branch.
#[inline(always)]
pub fn near_date_part(part: TimePart, days: i32) -> i32 {
    date_part_by(part, days, near_date_parts)
}

#[inline(always)]
fn date_part_by(part: TimePart, days: i32, date_parts: impl Fn(i32) -> DateParts) -> i32 {
    let parts = date_parts(days);
    match part {
        TimePart::Year => parts.year,
        TimePart::Quarter => quarter(parts.month as i32),
        TimePart::Month => parts.month as i32,
        TimePart::Day => parts.day as i32,
        TimePart::DayOfYear => parts.day_of_year as i32,
        TimePart::Weekday => weekday(days),
        TimePart::IsoYear => date_parts(iso_thursday(days)).year,
        TimePart::IsoWeek => {
            let thursday = date_parts(iso_thursday(days));
            ((thursday.day_of_year - 1) / 7 + 1) as i32
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

/// The quarter of a month.
#[inline(always)]
pub fn quarter(month: i32) -> i32 {
    // Divides 14 at most by 3.
    ((month + 2) * 21_846) >> 16
}

/// 1 on Mondays to 7 on Sundays.
#[inline(always)]
pub fn weekday(days: i32) -> i32 {
    // The first of all days, 2³¹ before 1970, is a Tuesday.
    let since_tuesday = (days as u32 ^ (1 << 31)) % 7;
    if since_tuesday == 6 {
        1
    } else {
        since_tuesday as i32 + 2
    }
}

/// The Thursday of the same week, in whose year the ISO week is (ISO 8601, 3.1.1.23). The weeks of
/// the first and the last day have theirs.
#[inline(always)]
fn iso_thursday(days: i32) -> i32 {
    days.wrapping_sub(weekday(days)).wrapping_add(4)
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
    let second = || value.div_euclid(per_second).rem_euclid(SECONDS_PER_DAY) as i32;
    let nanosecond = || value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let part = match part {
        TimePart::Hour => return hour(second()),
        TimePart::Minute => return minute(second()),
        TimePart::Second => return second_of_minute(second()),
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

/// The hour of a second of the day.
#[inline(always)]
pub fn hour(second: i32) -> i32 {
    // Divides by 16, then 5 400 at most by 225.
    (((second as u32) >> 4).wrapping_mul(37_283) >> 23) as i32
}

/// The minute of the day of a second of the day.
#[inline(always)]
fn minute_of_day(second: i32) -> i32 {
    // Divides by 4, then 21 600 at most by 15.
    (((second as u32) >> 2).wrapping_mul(139_811) >> 21) as i32
}

/// The minute of its hour of a second of the day.
#[inline(always)]
pub fn minute(second: i32) -> i32 {
    minute_of_day(second) - 60 * hour(second)
}

/// The second of its minute of a second of the day.
#[inline(always)]
pub fn second_of_minute(second: i32) -> i32 {
    second - 60 * minute_of_day(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_of_a_day() {
        for at in 0..86_400 {
            assert_eq!(hour(at), at / 3_600);
            assert_eq!(minute(at), at / 60 % 60);
            assert_eq!(second_of_minute(at), at % 60);
        }
    }
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
