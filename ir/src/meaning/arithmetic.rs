//! Arithmetic: integers exact or said to be out of range, floats as IEEE 754 and Python have it.
//!
//! Integers of every type (dates, timestamps and durations are integers here) are computed in 128
//! bits, where nothing but the product of two u64 can overflow, and then fitted into the type of
//! the result.

use crate::meaning::OutOfRange;
use crate::op::Overflow;
use crate::types::ScalarType;

/// Whether a whole number is a value of this type.
pub fn fits(value: i128, to: ScalarType) -> bool {
    to.lane_range()
        .is_some_and(|(least, greatest)| least <= value && value <= greatest)
}

/// The value of the type that equals `value` modulo 2 to the type's width.
pub fn wrap(value: i128, to: ScalarType) -> i128 {
    let Some((least, greatest)) = to.lane_range() else {
        return value;
    };
    // The difference from `least`, modulo the number of values, taken upwards from `least`.
    least + value.wrapping_sub(least).rem_euclid(greatest - least + 1)
}

/// A result fitted into its type: `exact` where it is known, its low 128 bits in any case.
fn fit(
    exact: Option<i128>,
    low_bits: i128,
    to: ScalarType,
    overflow: Overflow,
) -> Result<Option<i128>, OutOfRange> {
    match exact {
        Some(value) if fits(value, to) => Ok(Some(value)),
        exact => match overflow {
            Overflow::Raise => Err(OutOfRange { exact }),
            Overflow::Wrap => Ok(Some(wrap(low_bits, to))),
            Overflow::Null => Ok(None),
        },
    }
}

/// `a + b` in the type `to`; `None` is null.
///
/// # Errors
/// If `to` can't hold it and overflow raises.
pub fn add(
    a: i128,
    b: i128,
    to: ScalarType,
    overflow: Overflow,
) -> Result<Option<i128>, OutOfRange> {
    fit(a.checked_add(b), a.wrapping_add(b), to, overflow)
}

/// `a - b` in the type `to`; `None` is null.
///
/// # Errors
/// If `to` can't hold it and overflow raises.
pub fn subtract(
    a: i128,
    b: i128,
    to: ScalarType,
    overflow: Overflow,
) -> Result<Option<i128>, OutOfRange> {
    fit(a.checked_sub(b), a.wrapping_sub(b), to, overflow)
}

/// `a * b` in the type `to`; `None` is null.
///
/// # Errors
/// If `to` can't hold it and overflow raises.
pub fn multiply(
    a: i128,
    b: i128,
    to: ScalarType,
    overflow: Overflow,
) -> Result<Option<i128>, OutOfRange> {
    fit(a.checked_mul(b), a.wrapping_mul(b), to, overflow)
}

/// `-a` in the type `to`; `None` is null.
///
/// # Errors
/// If `to` can't hold it and overflow raises.
pub fn negate(a: i128, to: ScalarType, overflow: Overflow) -> Result<Option<i128>, OutOfRange> {
    subtract(0, a, to, overflow)
}

/// `|a|` in the type `to`.
///
/// # Errors
/// If `to` can't hold it: the magnitude of a signed type's least value.
pub fn absolute(a: i128, to: ScalarType) -> Result<i128, OutOfRange> {
    let exact = a.abs();
    if fits(exact, to) {
        Ok(exact)
    } else {
        Err(OutOfRange { exact: Some(exact) })
    }
}

/// `a // b` rounded towards minus infinity; null (`None`) by zero.
///
/// # Errors
/// If `to` can't hold it: the least value by −1.
pub fn floor_divide(a: i128, b: i128, to: ScalarType) -> Result<Option<i128>, OutOfRange> {
    if b == 0 {
        return Ok(None);
    }
    // Truncation is one above the floor where the signs differ and something remains.
    let floor = a / b - i128::from(a % b != 0 && (a < 0) != (b < 0));
    fit(Some(floor), floor, to, Overflow::Raise)
}

/// `a % b` with the sign of `b`; null (`None`) by zero.
pub fn remainder(a: i128, b: i128) -> Option<i128> {
    if b == 0 {
        return None;
    }
    let truncated = a % b;
    let opposite = truncated != 0 && (truncated < 0) != (b < 0);
    Some(if opposite { truncated + b } else { truncated })
}

macro_rules! float_division {
    ($(($float:ident, $floor_divide:ident, $remainder:ident)),*) => {$(
        /// `a // b` of floats as Python defines it, from `fmod`; by zero `a / b`, as numpy has it.
        ///
        /// The quotient of what `fmod` leaves is whole but for its rounding, which the half takes
        /// back. Every operation rounds to the type of the operands, as in numpy.
        pub fn $floor_divide(a: $float, b: $float) -> $float {
            if b == 0.0 {
                return a / b;
            }
            let left = a % b;
            let mut quotient = (a - left) / b;
            if left != 0.0 && (b < 0.0) != (left < 0.0) {
                quotient -= 1.0;
            }
            if quotient == 0.0 {
                return (0.0 as $float).copysign(a / b);
            }
            let floor = quotient.floor();
            if quotient - floor > 0.5 {
                floor + 1.0
            } else {
                floor
            }
        }

        /// `a % b` of floats as Python defines it: `fmod` brought to the sign of `b`, a zero with
        /// that sign where nothing is left; NaN by zero.
        pub fn $remainder(a: $float, b: $float) -> $float {
            let left = a % b;
            if left == 0.0 {
                (0.0 as $float).copysign(b)
            } else if (b < 0.0) != (left < 0.0) {
                // A NaN stays one whichever way this goes.
                left + b
            } else {
                left
            }
        }
    )*};
}

float_division!(
    (f64, floor_divide_f64, remainder_f64),
    (f32, floor_divide_f32, remainder_f32)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TimeUnit;
    use ScalarType::{Date, Duration, I8, I32, I64, U8, U64};

    #[test]
    fn wrapping_keeps_the_low_bits() {
        assert_eq!(wrap(128, I8), -128);
        assert_eq!(wrap(-129, I8), 127);
        assert_eq!(wrap(300, U8), 44);
        assert_eq!(wrap(-1, U64), i128::from(u64::MAX));
        assert_eq!(wrap(i128::from(i64::MAX) + 1, I64), i128::from(i64::MIN));
        assert_eq!(wrap(1 << 31, Date), -(1 << 31));
        assert_eq!(wrap(5, I8), 5);
    }

    #[test]
    fn overflow_has_three_meanings() {
        let exact = Some(128);
        assert_eq!(add(100, 28, I8, Overflow::Raise), Err(OutOfRange { exact }));
        assert_eq!(add(100, 28, I8, Overflow::Wrap), Ok(Some(-128)));
        assert_eq!(add(100, 28, I8, Overflow::Null), Ok(None));
        assert_eq!(add(100, 27, I8, Overflow::Raise), Ok(Some(127)));
        assert_eq!(
            subtract(0, 1, U8, Overflow::Raise),
            Err(OutOfRange { exact: Some(-1) })
        );
        assert_eq!(subtract(0, 1, U8, Overflow::Wrap), Ok(Some(255)));
        assert_eq!(
            negate(i128::from(i64::MIN), I64, Overflow::Wrap),
            Ok(Some(i128::from(i64::MIN)))
        );
        assert_eq!(negate(i128::from(i64::MIN), I64, Overflow::Null), Ok(None));
        assert_eq!(
            multiply(
                i128::from(i64::MAX),
                2,
                Duration(TimeUnit::Second),
                Overflow::Null
            ),
            Ok(None)
        );
    }

    #[test]
    fn the_product_of_two_u64_may_leave_128_bits() {
        let most = i128::from(u64::MAX);
        assert_eq!(
            multiply(most, most, U64, Overflow::Raise),
            Err(OutOfRange { exact: None })
        );
        // (2⁶⁴ − 1)² = 2¹²⁸ − 2·2⁶⁴ + 1.
        assert_eq!(multiply(most, most, U64, Overflow::Wrap), Ok(Some(1)));
    }

    #[test]
    fn integer_division_rounds_down() {
        for (a, b, quotient, rest) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -2, -3, 0),
            (0, -5, 0, 0),
        ] {
            assert_eq!(floor_divide(a, b, I32), Ok(Some(quotient)), "{a} // {b}");
            assert_eq!(remainder(a, b), Some(rest), "{a} % {b}");
        }
        assert_eq!(floor_divide(1, 0, I32), Ok(None));
        assert_eq!(remainder(1, 0), None);
        assert_eq!(
            floor_divide(-128, -1, I8),
            Err(OutOfRange { exact: Some(128) })
        );
        assert_eq!(remainder(-128, -1), Some(0));
    }

    #[test]
    fn magnitudes() {
        assert_eq!(absolute(-127, I8), Ok(127));
        assert_eq!(absolute(-128, I8), Err(OutOfRange { exact: Some(128) }));
    }

    /// Expectations from CPython 3 (`divmod`) and, by zero, from numpy.
    #[test]
    fn float_division_is_pythons() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        for (a, b, quotient, rest) in [
            (7.5, 2.0, 3.0, 1.5),
            (-7.5, 2.0, -4.0, 0.5),
            (7.5, -2.0, -4.0, -0.5),
            (-7.5, -2.0, 3.0, -1.5),
            (1.0, 0.1, 9.0, 0.09999999999999995),
            (0.0, 3.0, 0.0, 0.0),
            (-0.0, 3.0, -0.0, 0.0),
            (0.0, -3.0, -0.0, -0.0),
            (-4.0, 2.0, -2.0, 0.0),
            (4.0, -2.0, -2.0, -0.0),
            (1.0, inf, 0.0, 1.0),
            (-1.0, inf, -1.0, inf),
            (1.0, -inf, -1.0, -inf),
            (-1.0, -inf, 0.0, -1.0),
            (inf, 2.0, nan, nan),
            (inf, inf, nan, nan),
            (nan, 1.0, nan, nan),
            (1.0, nan, nan, nan),
            (1.0, 0.0, inf, nan),
            (-1.0, 0.0, -inf, nan),
            (1.0, -0.0, -inf, nan),
            (0.0, 0.0, nan, nan),
            (-1e-300, 3.0, -1.0, 3.0),
        ] {
            let same = |x: f64, y: f64| x.is_nan() && y.is_nan() || x.to_bits() == y.to_bits();
            let found = floor_divide_f64(a, b);
            assert!(same(found, quotient), "{a} // {b} = {found}");
            let found = remainder_f64(a, b);
            assert!(same(found, rest), "{a} % {b} = {found}");
        }
    }

    #[test]
    fn a_quotient_beyond_the_range_is_infinite() {
        assert_eq!(floor_divide_f64(1e300, 1e-300), f64::INFINITY);
    }

    #[test]
    fn f32_division_rounds_in_f32() {
        assert_eq!(floor_divide_f32(7.5, -2.0), -4.0);
        assert_eq!(remainder_f32(7.5, -2.0), -0.5);
        // numpy.float32(1) // numpy.float32(0.1): 0.1f32 is above a tenth.
        assert_eq!(floor_divide_f32(1.0, 0.1), 9.0);
        assert_eq!(remainder_f32(-0.0, 1.0).to_bits(), 0);
    }
}
