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

/// A day of the proleptic Gregorian calendar whose count has 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateParts {
    /// The year; 0 is 1 BC.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// Of the month, from 1.
    pub day: u32,
    /// Of the year, from 1.
    pub day_of_year: u32,
}

/// Of a day within its era of 400 years, which begins in March: the year in the era (from January),
/// month, day, and the day of the year that begins in March, from 0.
#[inline(always)]
fn of_era(day_of_era: u32) -> (u32, u32, u32, u32) {
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
    (year, month - 12 * next_year, day + 1, day_of_year)
}

/// Days from the beginning of an era to 1970-01-01, so many that the days before it that
/// [`near_date_parts`] takes stay positive.
const NEAR_EPOCH: u32 = EPOCH as u32 + NEAR_ERAS * DAYS_PER_ERA as u32;

/// Whole eras in [`NEAR_EPOCH`].
const NEAR_ERAS: u32 = 1_832;

/// Whether a day is more than some 734 000 years away, so that [`near_date_parts`] is wrong about it or
/// about a day of its week.
#[inline(always)]
pub fn is_far(days: i32) -> bool {
    (days as u32).wrapping_add(NEAR_EPOCH - 8) >> 29 != 0
}

/// [`date_parts`] of a day that is not [far](is_far): without a branch and in words of 32 bits, so that
/// a loop over it computes many days at once.
///
/// Gregorian days become Julian ones by the leap days that three of four centuries left out; Julian
/// years are all of 365¼ days.
#[inline(always)]
pub fn near_date_parts(days: i32) -> DateParts {
    let shifted = (days as u32).wrapping_add(NEAR_EPOCH);
    // Of quarters of days, so that a century has a whole number of them.
    let century = shifted.wrapping_mul(4).wrapping_add(3) / 146_097;
    let julian = shifted.wrapping_add(century).wrapping_sub(century >> 2);
    let quarters = julian.wrapping_mul(4).wrapping_add(3);
    let year = quarters / 1_461;
    let since_march = quarters.wrapping_sub(year.wrapping_mul(1_461)) >> 2;
    let n = since_march.wrapping_mul(2_141).wrapping_add(197_913);
    // Divides 16 bits by 2 141.
    let day = (n & 0xffff).wrapping_mul(31_345) >> 26;
    let next_year = u32::from(since_march >= 306);
    let year = year.wrapping_add(next_year) as i32;
    parts_of(
        year.wrapping_sub((NEAR_ERAS * 400) as i32),
        (n >> 16).wrapping_sub(12 * next_year),
        day + 1,
        since_march,
    )
}

#[inline(always)]
fn parts_of(year: i32, month: u32, day: u32, since_march: u32) -> DateParts {
    let leap = u32::from(is_leap(year));
    let before_march = if since_march >= 306 {
        0u32.wrapping_sub(306)
    } else {
        59 + leap
    };
    DateParts {
        year,
        month,
        day,
        day_of_year: since_march.wrapping_add(before_march).wrapping_add(1),
    }
}

/// The parts of the day so many days after 1970-01-01.
///
/// ```
/// use icosian_ir::meaning::time::civil::date_parts;
/// assert_eq!(date_parts(11_016).day_of_year, 60);
/// ```
#[inline(always)]
pub fn date_parts(days: i32) -> DateParts {
    if is_far(days) {
        let shifted = i64::from(days) + EPOCH;
        let (year, month, day, since_march) = of_era(shifted.rem_euclid(DAYS_PER_ERA) as u32);
        let year = 400 * shifted.div_euclid(DAYS_PER_ERA) as i32 + year as i32;
        parts_of(year, month, day, since_march)
    } else {
        near_date_parts(days)
    }
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
    let (year, month, day, _) = of_era(day_of_era);
    Civil {
        year: 400 * era + i64::from(year),
        month,
        day,
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

/// Whether a year has 366 days, in 32 bits.
#[inline(always)]
pub(super) fn is_leap(year: i32) -> bool {
    let mask = if year % 100 == 0 { 15 } else { 3 };
    year & mask == 0
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
    fn parts_in_32_bits_are_those_in_64() {
        let ends = [i32::MIN, i32::MAX, 0, -(1 << 30), 1 << 30];
        let near = ends
            .into_iter()
            .flat_map(|day| (-3_000..3_000).map(move |by| day.wrapping_add(by)));
        let spread =
            (0..1_000_000).map(|step: i32| step.wrapping_mul(4_294_967).wrapping_add(step));
        let borders =
            (-14_690..14_690).flat_map(|era| [-1, 0, 1].map(|by| era * 146_097 - 719_468 + by));
        let first = (NEAR_EPOCH - 8).wrapping_neg() as i32;
        let ends = [first, first + (1 << 29)].into_iter();
        let ends = ends.flat_map(|end| (-3_000..3_000).map(move |by| end + by));
        assert!(is_far(first - 1) && !is_far(first));
        for days in near.chain(spread).chain(borders).chain(ends) {
            let civil = civil_of_days(days.into());
            let parts = date_parts(days);
            assert_eq!(
                (i64::from(parts.year), parts.month, parts.day),
                (civil.year, civil.month, civil.day),
                "{days}"
            );
            let first = days_of_civil(civil.year, 1, 1);
            assert_eq!(i64::from(parts.day_of_year), i64::from(days) - first + 1);
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
