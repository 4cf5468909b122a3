//! Decimals: whole numbers of units of their last place, exact in 128 bits.
//!
//! Two decimals of different places are brought to the places of the finer. No value has more than
//! 38 digits, so a value that 128 bits can't hold at the finer places is beyond every value there.

use std::cmp::Ordering;

use crate::op::RoundingMode;
use crate::types::{MAX_DIGITS, ScalarType};

/// `10 ** power` for a power of at most 38.
pub fn power_of_ten(power: u8) -> i128 {
    10i128.pow(u32::from(power.min(MAX_DIGITS)))
}

/// The places of a decimal type; 0 of others.
pub fn places(scalar: ScalarType) -> u8 {
    match scalar {
        ScalarType::Decimal(_, places) => places,
        _ => 0,
    }
}

/// A value at more places; none if 128 bits can't hold it.
pub fn finer(value: i128, from: u8, to: u8) -> Option<i128> {
    value.checked_mul(power_of_ten(to - from))
}

/// Both values at the places of the finer.
fn aligned(a: i128, a_places: u8, b: i128, b_places: u8) -> Option<(i128, i128)> {
    let places = a_places.max(b_places);
    Some((finer(a, a_places, places)?, finer(b, b_places, places)?))
}

/// `a + b` at the places of the finer; none if 128 bits can't hold it.
pub fn add(a: i128, a_places: u8, b: i128, b_places: u8) -> Option<i128> {
    let (a, b) = aligned(a, a_places, b, b_places)?;
    a.checked_add(b)
}

/// `a - b` at the places of the finer; none if 128 bits can't hold it.
pub fn subtract(a: i128, a_places: u8, b: i128, b_places: u8) -> Option<i128> {
    add(a, a_places, -b, b_places)
}

/// How two decimals compare.
pub fn order(a: i128, a_places: u8, b: i128, b_places: u8) -> Ordering {
    let places = a_places.max(b_places);
    match (finer(a, a_places, places), finer(b, b_places, places)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // Beyond all values, on the side of its sign.
        (None, _) => a.cmp(&0),
        (_, None) => 0.cmp(&b),
    }
}

/// A value at fewer places, or at more if 128 bits hold it.
pub fn rescale(value: i128, from: u8, to: u8, mode: RoundingMode) -> Option<i128> {
    if to >= from {
        return finer(value, from, to);
    }
    let unit = power_of_ten(from - to);
    let (below, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    let up = match mode {
        RoundingMode::Floor => false,
        RoundingMode::Ceil => rest > 0,
        RoundingMode::TowardsZero => rest > 0 && value < 0,
        // A unit is even, so half of it is whole.
        RoundingMode::Nearest => match rest.cmp(&(unit / 2)) {
            Ordering::Less => false,
            Ordering::Equal => below % 2 != 0,
            Ordering::Greater => true,
        },
    };
    Some(below + i128::from(up))
}

/// The nearest f64, ties to even.
pub fn to_f64(value: i128, places: u8) -> f64 {
    const EXACT: u128 = 1 << 53;
    // Powers of ten up to 22 are exact, and so the quotient is rounded once.
    if value.unsigned_abs() <= EXACT && places <= 22 {
        return value as f64 / power_of_ten(places) as f64;
    }
    format!("{value}e-{places}").parse().unwrap_or(f64::NAN)
}

/// The nearest f32, ties to even.
pub fn to_f32(value: i128, places: u8) -> f32 {
    format!("{value}e-{places}").parse().unwrap_or(f32::NAN)
}

/// The decimal of so many places nearest to a float, ties to even; none of NaN and what 128 bits
/// can't hold.
pub fn from_f64(value: f64, places: u8) -> Option<i128> {
    if !value.is_finite() || value.abs() >= 1e39 {
        return None;
    }
    let bits = value.to_bits();
    let (biased, low) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let (significand, exponent) = match biased {
        0 => (low, -1074),
        _ => (low | 1 << 52, biased as i32 - 1075),
    };
    // The product has up to 53 + 127 bits: a high and a low half.
    let scale = power_of_ten(places).unsigned_abs();
    let factor = u128::from(significand);
    let (low_product, high_product) = (
        factor * (scale & u128::from(u64::MAX)),
        factor * (scale >> 64),
    );
    let (low, carry) = low_product.overflowing_add(high_product << 64);
    let high = (high_product >> 64) + u128::from(carry);
    let magnitude = if exponent >= 0 {
        let shifted = low.checked_mul(1u128.checked_shl(exponent.unsigned_abs())?)?;
        (high == 0).then_some(shifted)?
    } else {
        shifted_right(high, low, exponent.unsigned_abs())?
    };
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(if value < 0.0 { -magnitude } else { magnitude })
}

/// A number of 256 bits over a power of two, to nearest, ties to even; none beyond 128 bits.
fn shifted_right(high: u128, low: u128, by: u32) -> Option<u128> {
    let bit = |at: u32| match at {
        0..128 => low >> at & 1 == 1,
        128..256 => high >> (at - 128) & 1 == 1,
        _ => false,
    };
    let any_below = |at: u32| match at {
        0..128 => low & ((1 << at) - 1) != 0,
        128..256 => low != 0 || high & ((1 << (at - 128)) - 1) != 0,
        _ => low != 0 || high != 0,
    };
    let whole = match by {
        0 => (high == 0).then_some(low)?,
        1..128 => (high >> by == 0).then_some(low >> by | high << (128 - by))?,
        128..256 => high >> (by - 128),
        _ => 0,
    };
    let half = by > 0 && bit(by - 1);
    let up = half && (any_below(by - 1) || whole & 1 == 1);
    whole.checked_add(u128::from(up))
}

/// The shortest decimal that a float literal says: its digits and places; none if it takes more
/// than 38 of either.
pub fn of_literal(value: f64) -> Option<(i128, u8)> {
    if !value.is_finite() || value.abs() >= 1e38 {
        return None;
    }
    // `Display` writes no exponent, and the fewest digits that read back.
    let text = value.to_string();
    let places = text.split_once('.').map_or(0, |(_, places)| places.len());
    let places = u8::try_from(places)
        .ok()
        .filter(|places| *places <= MAX_DIGITS)?;
    Some((read(&text, places)?, places))
}

/// How many digits a whole number has, at least one.
pub fn digits(value: i128) -> u8 {
    value.unsigned_abs().checked_ilog10().unwrap_or(0) as u8 + 1
}

/// The value of so many places that a text says, an optional sign, digits, and a point with digits;
/// none if it says none, or one of more places.
pub fn read(text: &str, places: u8) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(places) {
        return None;
    }
    let mut value = 0i128;
    for byte in whole.bytes().chain(fraction.bytes()) {
        value = value
            .checked_mul(10)?
            .checked_add(i128::from(byte - b'0'))?;
    }
    let value = finer(value, fraction.len() as u8, places)?;
    Some(if negative { -value } else { value })
}

/// Writes a value of so many places as [`read`] reads it: `-17.30`.
pub fn show(value: i128, places: u8, made: &mut impl std::fmt::Write) -> std::fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    if places == 0 {
        return write!(made, "{sign}{size}");
    }
    let unit = power_of_ten(places).unsigned_abs();
    let width = usize::from(places);
    write!(made, "{sign}{}.{:0width$}", size / unit, size % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

    #[test]
    fn sums_are_at_the_finer_places() {
        assert_eq!(add(150, 2, 5, 0), Some(650));
        assert_eq!(subtract(5, 1, 125, 2), Some(-75));
        assert_eq!(add(MOST, 0, 1, 0), Some(MOST + 1));
        assert_eq!(add(MOST, 0, 1, 1), None);
    }

    #[test]
    fn comparison_is_exact_at_every_place() {
        assert_eq!(order(150, 2, 15, 1), Ordering::Equal);
        assert_eq!(order(MOST, 0, MOST, 38), Ordering::Greater);
        assert_eq!(order(-MOST, 0, -MOST, 38), Ordering::Less);
        assert_eq!(order(MOST, 38, 1, 0), Ordering::Less);
        assert_eq!(order(1, 38, -MOST, 0), Ordering::Greater);
    }

    /// Expectations from Python's `decimal` with ROUND_HALF_EVEN, ROUND_FLOOR, ROUND_CEILING,
    /// ROUND_DOWN.
    #[test]
    fn rounding_goes_four_ways() {
        use RoundingMode::{Ceil, Floor, Nearest, TowardsZero};
        for (value, expected) in [
            (125, [12, 12, 13, 12]),
            (135, [14, 13, 14, 13]),
            (126, [13, 12, 13, 12]),
            (-125, [-12, -13, -12, -12]),
            (-135, [-14, -14, -13, -13]),
            (-121, [-12, -13, -12, -12]),
            (120, [12, 12, 12, 12]),
            (0, [0, 0, 0, 0]),
        ] {
            for (direction, expected) in [Nearest, Floor, Ceil, TowardsZero]
                .into_iter()
                .zip(expected)
            {
                assert_eq!(rescale(value, 2, 1, direction), Some(expected), "{value}");
            }
        }
        assert_eq!(rescale(MOST, 38, 0, Nearest), Some(1));
        assert_eq!(rescale(5, 0, 2, Nearest), Some(500));
    }

    #[test]
    fn floats_are_the_nearest() {
        assert_eq!(to_f64(1730, 2), 17.3);
        assert_eq!(to_f64(MOST, 38), 1.0);
        assert_eq!(to_f64(-MOST, 0), -1e38);
        assert_eq!(to_f64(9_007_199_254_740_993, 0), 9_007_199_254_740_992.0);
        assert_eq!(to_f32(16_777_217_000_000_001, 9), 16_777_218.0);
        // 2.675 is 2.67499999999999982236431605997495353221893310546875.
        assert_eq!(from_f64(2.675, 2), Some(267));
        assert_eq!(from_f64(0.125, 2), Some(12));
        assert_eq!(from_f64(0.375, 2), Some(38));
        assert_eq!(from_f64(-0.5, 0), Some(0));
        assert_eq!(from_f64(-1.5, 0), Some(-2));
        assert_eq!(from_f64(0.1, 20), Some(10_000_000_000_000_000_555));
        assert_eq!(from_f64(5e-324, 38), Some(0));
        assert_eq!(
            from_f64(1e38, 0),
            Some(99_999_999_999_999_997_748_809_823_456_034_029_568)
        );
        assert_eq!(from_f64(1e38, 1), None);
        assert_eq!(from_f64(f64::NAN, 0), None);
        assert_eq!(from_f64(f64::NEG_INFINITY, 0), None);
        assert_eq!(
            from_f64(9_007_199_254_740_992.0, 3),
            Some(9_007_199_254_740_992_000)
        );
    }

    #[test]
    fn literals_are_what_they_say() {
        assert_eq!(of_literal(0.1), Some((1, 1)));
        assert_eq!(of_literal(-12.5), Some((-125, 1)));
        assert_eq!(of_literal(3.0), Some((3, 0)));
        assert_eq!(of_literal(1e-30), Some((1, 30)));
        assert_eq!(of_literal(1e-300), None);
        assert_eq!(of_literal(1e300), None);
        assert_eq!(of_literal(f64::NAN), None);
    }

    #[test]
    fn texts_are_read_strictly_and_shown_alike() {
        for (text, places, expected) in [
            ("17.30", 2, Some(1730)),
            ("17.3", 2, Some(1730)),
            ("+17", 2, Some(1700)),
            ("-0.05", 2, Some(-5)),
            ("0.0500", 2, Some(5)),
            ("007", 0, Some(7)),
            ("0.001", 2, None),
            ("1.", 2, None),
            (".5", 2, None),
            ("", 2, None),
            ("-", 2, None),
            ("1e2", 2, None),
            (" 1", 2, None),
            ("1_0", 2, None),
            ("--1", 2, None),
            ("999999999999999999999999999999999999999", 0, None),
        ] {
            assert_eq!(read(text, places), expected, "{text:?}");
        }
        let shown = |value: i128, places: u8| {
            let mut made = String::new();
            show(value, places, &mut made).expect("a string takes all");
            assert_eq!(read(&made, places), Some(value));
            made
        };
        assert_eq!(shown(-5, 2), "-0.05");
        assert_eq!(shown(1730, 2), "17.30");
        assert_eq!(shown(-7, 0), "-7");
        assert_eq!(shown(MOST, 38), format!("0.{MOST}"));
        assert_eq!(digits(0), 1);
        assert_eq!(digits(-MOST), 38);
    }
}
