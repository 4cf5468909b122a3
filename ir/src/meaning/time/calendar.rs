//! Periods, months and business days of dates: days since 1970-01-01 to days.

use super::civil::{Civil, civil_of_days, days_in_month, days_of_civil};

/// The Monday of the week of 1970-01-01, from which whole weeks are counted.
pub(super) const MONDAY: i64 = -3;

/// Months that no date or timestamp reaches: beyond the years of 2⁶³ seconds.
const MANY_MONTHS: i128 = 12 << 39;

/// The last multiple of `length` units after `anchor` that is not after a count of units.
#[inline(always)]
pub(super) fn floor_to(value: i128, length: i64, anchor: i128) -> i128 {
    value - (value - anchor).rem_euclid(i128::from(length))
}

/// The first day of the period of so many months, counted from year 0, that holds a day.
#[inline(always)]
pub fn floor_to_months(days: i64, months: i64) -> i64 {
    let Civil { year, month, .. } = civil_of_days(days);
    let count = 12 * year + i64::from(month) - 1;
    let first = count - count.rem_euclid(months);
    days_of_civil(first.div_euclid(12), first.rem_euclid(12) as u32 + 1, 1)
}

/// The day so many months later, or the last of that month; none far beyond every date.
///
/// ```
/// use icosian_ir::meaning::time::{calendar::add_months, days_of_civil};
/// let january = days_of_civil(2024, 1, 31);
/// assert_eq!(add_months(january, 1), Some(days_of_civil(2024, 2, 29)));
/// ```
#[inline(always)]
pub fn add_months(days: i64, months: i64) -> Option<i64> {
    let Civil { year, month, day } = civil_of_days(days);
    let count = 12 * i128::from(year) + i128::from(month) - 1 + i128::from(months);
    if count.abs() > MANY_MONTHS {
        return None;
    }
    let count = count as i64;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) as u32 + 1);
    Some(days_of_civil(
        year,
        month,
        day.min(days_in_month(year, month)),
    ))
}

/// The week of a day, counted from that of 1970-01-01, and the day in it: Monday is 0.
#[inline(always)]
fn week_and_day(days: i64) -> (i64, i64) {
    let days = days - MONDAY;
    (days.div_euclid(7), days.rem_euclid(7))
}

/// How many Mondays to Fridays are from a day on and before another; negative if that is earlier.
///
/// ```
/// use icosian_ir::meaning::time::calendar::business_days_between;
/// // From Thursday to the Thursday after, and from Saturday to Sunday.
/// assert_eq!(business_days_between(0, 7), 5);
/// assert_eq!(business_days_between(2, 3), 0);
/// ```
#[inline(always)]
pub fn business_days_between(from: i64, to: i64) -> i64 {
    let before = |days: i64| {
        let (week, day) = week_and_day(days);
        5 * week + day.min(5)
    };
    before(to) - before(from)
}

/// The so-manieth Monday to Friday after a day, before it if negative; of 0 the day itself.
#[inline(always)]
pub fn add_business_days(days: i64, count: i64) -> i128 {
    let (week, day) = week_and_day(days);
    // A weekend stands behind its Friday, or before the Monday after it.
    let from = match count.signum() {
        0 => return i128::from(days),
        1 => 5 * week + day.min(4),
        _ => 5 * week + day.min(5),
    };
    let to = i128::from(from) + i128::from(count);
    7 * to.div_euclid(5) + to.rem_euclid(5) + i128::from(MONDAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_days_are_those_counted_one_by_one() {
        let is_business = |days: i64| week_and_day(days).1 < 5;
        for from in -20..20i64 {
            for to in from..30 {
                let count = (from..to).filter(|day| is_business(*day)).count() as i64;
                assert_eq!(business_days_between(from, to), count);
                assert_eq!(business_days_between(to, from), -count);
            }
            let mut after = (from + 1..).filter(|day| is_business(*day));
            let mut before = (1..).map(|by| from - by).filter(|day| is_business(*day));
            assert_eq!(add_business_days(from, 0), i128::from(from));
            for count in 1..15 {
                assert_eq!(add_business_days(from, count), after.next().unwrap().into());
                assert_eq!(
                    add_business_days(from, -count),
                    before.next().unwrap().into()
                );
            }
        }
    }

    #[test]
    fn months_end_where_they_end() {
        let day = days_of_civil;
        for (from, months, expected) in [
            (day(2023, 1, 31), 1, day(2023, 2, 28)),
            (day(2024, 3, 31), -1, day(2024, 2, 29)),
            (day(2024, 2, 29), 12, day(2025, 2, 28)),
            (day(2024, 2, 29), 48, day(2028, 2, 29)),
            (day(2023, 12, 1), 1, day(2024, 1, 1)),
            (day(1, 1, 1), -1, day(0, 12, 1)),
            (day(2024, 5, 17), 0, day(2024, 5, 17)),
        ] {
            assert_eq!(add_months(from, months), Some(expected));
        }
        assert_eq!(add_months(0, i64::MAX), None);
        assert_eq!(add_months(0, i64::MIN), None);
    }

    #[test]
    fn periods_of_months_begin_in_january() {
        let day = days_of_civil;
        for (from, months, expected) in [
            (day(2024, 5, 17), 1, day(2024, 5, 1)),
            (day(2024, 5, 17), 3, day(2024, 4, 1)),
            (day(2024, 5, 17), 12, day(2024, 1, 1)),
            (day(2024, 5, 17), 1200, day(2000, 1, 1)),
            (day(-1, 12, 31), 12, day(-1, 1, 1)),
            (day(-1, 12, 31), 24, day(-2, 1, 1)),
        ] {
            assert_eq!(floor_to_months(from, months), expected);
        }
    }
}
