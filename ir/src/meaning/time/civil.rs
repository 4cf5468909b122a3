//! Days since 1970-01-01 as year, month and day, and back.
//!
//! Both ways are by C. Neri and L. Schneider, "Euclidean affine functions and their application to
//! calendar algorithms", Software: Practice and Experience 53 (2023), 937–970. Years begin in March
//! there, so that the leap day is the last of its year; divisions are multiplications and shifts.
//! Their algorithms are right over eras of 400 years; the era is split off first, so that here they
//! are right over all of i64 whose years and days fit.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Days in 400 years.
const DAYS_PER_ERA: i64 = 146_097;

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// From 1.
    pub day: u32,
}

/// The day so many days after 1970-01-01; `days` at least 719 468 below `i64::MAX`.
///
/// ```
/// use icosian_ir::meaning::time::{Civil, civil_of_days};
/// let leap = Civil { year: 2000, month: 2, day: 29 };
/// assert_eq!(civil_of_days(11_016), leap);
/// ```
#[inline(always)]
pub fn civil_of_days(days: i64) -> Civil {
    let shifted = days.wrapping_add(EPOCH);
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA) as u32;
    // Centuries of 36 524 days, the last with one more; then years; then months.
    let n1 = 4 * day_of_era + 3;
    let century = n1 / 146_097;
    let n2 = (n1 % 146_097) | 3;
    let scaled = 2_939_745 * u64::from(n2);
    let year_of_century = (scaled >> 32) as u32;
    let day_of_year = scaled as u32 / 2_939_745 / 4;
    let n3 = 2_141 * day_of_year + 197_913;
    let (month, day) = (n3 >> 16, (n3 & 0xffff) / 2_141);
    let next_year = u32::from(day_of_year >= 306);
    let year = 100 * century + year_of_century + next_year;
    Civil {
        year: 400 * era + i64::from(year),
        month: month - 12 * next_year,
        day: day + 1,
    }
}

/// Days since 1970-01-01 of a day; `month` from 1 to 12. A day past the end of its month is one of
/// the next. Years to 10¹⁶ in magnitude.
///
/// ```
/// use icosian_ir::meaning::time::days_of_civil;
/// assert_eq!(days_of_civil(1970, 1, 1), 0);
/// assert_eq!(days_of_civil(2000, 2, 29), 11_016);
/// ```
#[inline(always)]
pub fn days_of_civil(year: i64, month: u32, day: u32) -> i64 {
    let before_march = month <= 2;
    let year = year - i64::from(before_march);
    let month = month + 12 * u32::from(before_march);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400) as u32);
    let century = year / 100;
    let to_year = 1_461 * year / 4 - century + century / 4;
    let to_month = (979 * month - 2_919) / 32;
    era * DAYS_PER_ERA + i64::from(to_year + to_month + day - 1) - EPOCH
}

/// Whether a year has 366 days.
#[inline(always)]
pub fn is_leap_year(year: i64) -> bool {
    // Of the centuries those divisible by 16 are divisible by 400.
    if year % 100 == 0 {
        year % 16 == 0
    } else {
        year % 4 == 0
    }
}

/// How many days a month has; `month` from 1 to 12.
#[inline(always)]
pub fn days_in_month(year: i64, month: u32) -> u32 {
    if month == 2 {
        28 + u32::from(is_leap_year(year))
    } else {
        // Odd months are the long ones up to July, even ones from August on.
        30 | (month ^ (month >> 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, NaiveDate};

    fn chrono_days(date: NaiveDate) -> i64 {
        date.signed_duration_since(NaiveDate::default()).num_days()
    }

    #[test]
    fn every_day_of_two_eras_is_that_of_chrono() {
        let first = chrono_days(NaiveDate::from_ymd_opt(-400, 1, 1).expect("a date"));
        let mut date = NaiveDate::from_ymd_opt(-400, 1, 1).expect("a date");
        for days in first..first + 3 * DAYS_PER_ERA {
            let civil = civil_of_days(days);
            let expected = Civil {
                year: date.year().into(),
                month: date.month(),
                day: date.day(),
            };
            assert_eq!(civil, expected);
            assert_eq!(days_of_civil(civil.year, civil.month, civil.day), days);
            assert_eq!(is_leap_year(civil.year), date.leap_year());
            date = date.succ_opt().expect("a next day");
        }
    }

    #[test]
    fn months_have_their_lengths() {
        for year in [1900, 1999, 2000, 2024, -4, -1, 0] {
            for month in 1..=12 {
                let next = days_of_civil(year, month, 32);
                let next = civil_of_days(next);
                let length =
                    days_of_civil(next.year, next.month, 1) - days_of_civil(year, month, 1);
                assert_eq!(
                    i64::from(days_in_month(year, month)),
                    length,
                    "{year}-{month}"
                );
            }
        }
    }

    #[test]
    fn far_days_come_back() {
        // From ± 1 400 eras and the ends of i32, where no calendar library reaches.
        let day = |year, month, day| Civil { year, month, day };
        assert_eq!(civil_of_days(i64::from(i32::MAX)), day(5_881_580, 7, 11));
        assert_eq!(civil_of_days(i64::from(i32::MIN)), day(-5_877_641, 6, 23));
        for days in [
            i64::from(i32::MIN),
            i64::from(i32::MAX),
            -(1 << 57),
            1 << 57,
        ] {
            for days in days - 800..days + 800 {
                let Civil { year, month, day } = civil_of_days(days);
                assert_eq!(days_of_civil(year, month, day), days);
                assert!((1..=12).contains(&month) && (1..=31).contains(&day));
            }
        }
    }
}
