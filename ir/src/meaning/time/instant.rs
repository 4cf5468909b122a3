//! Instants split into days and seconds, many at a time.
//!
//! Processors have no division of wide integers by a constant, and multiplying 64-bit words in full is
//! slow in wide registers. But a day is 2ᵏ·m units with an odd m, so dividing by it is a shift, and then
//! a division of at most 51 bits by m, for which doubles do: with v = m·q + r and m = 2h + 1,
//! (v − h) / m = q + (r − h) / m is at least ½/m away from the middle between two integers, and two
//! roundings of a quotient below 2⁵¹/m move it by less. So adding and taking away 1.5·2⁵² rounds
//! it to q, whatever the instant.

use super::SECONDS_PER_DAY;
use super::parts::{clock_part, date_part};
use crate::op::TimePart;

/// What is computed of a moment, a date or an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Datum {
    /// The date, as days since 1970-01-01.
    Date,
    /// A part of the date or of the time of day.
    Part(TimePart),
}

impl Datum {
    /// What it is of a moment: a day since 1970-01-01, or an instant counted in units of which so many
    /// make a second. None of an instant whose date has more than 32 bits.
    ///
    /// ```
    /// use icosian_ir::meaning::time::instant::Datum;
    /// use icosian_ir::op::TimePart;
    /// assert_eq!(Datum::Part(TimePart::Year).of(-1, Some(1_000)), Some(1969));
    /// assert_eq!(Datum::Date.of(i64::MAX, Some(1_000)), None);
    /// ```
    pub fn of(self, value: i64, per_second: Option<i64>) -> Option<i32> {
        let date = match per_second {
            Some(per_second) => i32::try_from(day(value, per_second)).ok(),
            None => i32::try_from(value).ok(),
        };
        match (self, per_second) {
            (Datum::Date, _) => date,
            (Datum::Part(part), Some(per_second)) if !part.is_of_date() => {
                Some(clock_part(part, value, per_second))
            }
            (Datum::Part(part), _) => date.map(|date| date_part(part, date)),
        }
    }
}

/// The day of an instant, counted in units of which `per_second` make a second.
///
/// ```
/// use icosian_ir::meaning::time::instant::day;
/// assert_eq!(day(-1, 1_000), -1);
/// ```
#[inline(always)]
pub fn day(value: i64, per_second: i64) -> i64 {
    value.div_euclid(SECONDS_PER_DAY * per_second)
}

/// The second of the day of an instant.
#[inline(always)]
pub fn second(value: i64, per_second: i64) -> i32 {
    (value.rem_euclid(SECONDS_PER_DAY * per_second) / per_second) as i32
}

/// The bits of 2⁵²: a smaller integer or-ed into them reads as 2⁵² + that integer.
const UNIT: f64 = 4_503_599_627_370_496.0;

/// Adding this rounds to an integer, in two's complement in the low bits.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// The arithmetic for instants counted in units of which so many make a second: 1, 10³, 10⁶ or 10⁹.
#[derive(Clone, Copy, Debug)]
pub struct Split<const PER_SECOND: i64>;

impl<const PER_SECOND: i64> Split<PER_SECOND> {
    const DAY: i64 = SECONDS_PER_DAY * PER_SECOND;
    const DAY_SHIFT: u32 = Self::DAY.trailing_zeros();
    const DAY_ODD: i64 = Self::DAY >> Self::DAY_SHIFT;
    const SECOND_SHIFT: u32 = PER_SECOND.trailing_zeros();
    const SECOND_ODD: i64 = PER_SECOND >> Self::SECOND_SHIFT;

    /// Instants from −2 to the power of this up to it have days of 32 bits; 63 is all of them.
    const REACH: u32 = match PER_SECOND {
        1 => 47,
        1_000 => 57,
        _ => 63,
    };

    /// What makes those instants positive.
    const BIAS: u64 = 1 << Self::REACH;
    /// What the shifted sum has too much, less half of the odd factor.
    const DAY_ZERO: f64 =
        UNIT + ((Self::BIAS >> Self::DAY_SHIFT) as i64 + Self::DAY_ODD / 2) as f64;
    const SECOND_ZERO: f64 = UNIT + (Self::SECOND_ODD / 2) as f64;

    /// Whether [`Split::near_day`] and [`Split::near_second`] are wrong about an instant.
    #[inline(always)]
    pub fn is_far(value: i64) -> bool {
        let biased = (value as u64).wrapping_add(Self::BIAS);
        Self::REACH < 63 && biased >> ((Self::REACH + 1) % 64) != 0
    }

    /// The day of an instant that is not far.
    #[inline(always)]
    pub fn near_day(value: i64) -> i32 {
        let shifted = (value as u64).wrapping_add(Self::BIAS) >> Self::DAY_SHIFT;
        let above_half = f64::from_bits(UNIT.to_bits() | shifted) - Self::DAY_ZERO;
        (above_half * (1.0 / Self::DAY_ODD as f64) + ROUNDING).to_bits() as i32
    }

    /// The second of the day of an instant that is not far, whose day this is.
    #[inline(always)]
    pub fn near_second(value: i64, day: i32) -> i32 {
        let midnight = i64::from(day).wrapping_mul(Self::DAY_ODD) << Self::DAY_SHIFT;
        let rest = value.wrapping_sub(midnight) as u64 >> Self::SECOND_SHIFT;
        if PER_SECOND == 1 {
            return rest as i32;
        }
        let above_half = f64::from_bits(UNIT.to_bits() | rest) - Self::SECOND_ZERO;
        (above_half * (1.0 / Self::SECOND_ODD as f64) + ROUNDING).to_bits() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const PER_SECOND: i64>() {
        type At<const PER_SECOND: i64> = Split<PER_SECOND>;
        let unit = At::<PER_SECOND>::DAY;
        let mut word = 1u64;
        let mut random = move || {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (word ^ word >> 31) as i64
        };
        let reach = 1i128 << At::<PER_SECOND>::REACH;
        let ends = [i64::MIN, i64::MAX, 0, reach as i64, -reach as i64];
        let mut values: Vec<i64> = Vec::new();
        for end in ends {
            values.extend((-3..=3).map(|by| end.wrapping_add(by)));
            // The days on both sides of the end, and their first and last units.
            let last = end.wrapping_sub(end.rem_euclid(unit));
            values.extend([-1, 0, 1].map(|by| last.wrapping_add(by)));
        }
        for step in 0..200_000u32 {
            let any = random();
            let near = any >> (step % 64);
            let midnight = near.wrapping_sub(near.rem_euclid(unit));
            let second = near.wrapping_sub(near.rem_euclid(PER_SECOND));
            values.extend([any, near]);
            values.extend([-1, 0].map(|by| midnight.wrapping_add(by)));
            values.extend([-1, 0].map(|by| second.wrapping_add(by)));
        }
        for value in values {
            if At::<PER_SECOND>::is_far(value) {
                let magnitude = i128::from(value).abs();
                assert!(magnitude >= reach, "{value}");
                continue;
            }
            let day = At::<PER_SECOND>::near_day(value);
            assert_eq!(i64::from(day), self::day(value, PER_SECOND), "{value}");
            let second = At::<PER_SECOND>::near_second(value, day);
            assert_eq!(second, self::second(value, PER_SECOND), "{value}");
        }
    }

    #[test]
    fn near_instants_of_every_unit() {
        check::<1>();
        check::<1_000>();
        check::<1_000_000>();
        check::<1_000_000_000>();
    }
}
