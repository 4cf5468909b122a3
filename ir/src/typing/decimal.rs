//! The decimal types that arithmetic of decimals takes and gives.

use crate::op::{Op, Overflow, Rounding, RoundingMode};
use crate::types::{MAX_DIGITS, ScalarType};

/// What `a + b`, `a - b` or `a * b` of decimals is; none if it would need more than 38 places, or
/// should wrap around, which digits don't.
///
/// Sums have the places of the finer side and one digit more before the point, products the digits and
/// the places of both; of more than 38 digits the last 38 stay, and what they don't hold overflows.
pub(super) fn arithmetic(op: &Op, a: ScalarType, b: ScalarType) -> Option<ScalarType> {
    let (ScalarType::Decimal(digits, places), ScalarType::Decimal(others, other_places)) = (a, b)
    else {
        return None;
    };
    let (wanted, places) = match op {
        Op::Add(Overflow::Raise | Overflow::Null) | Op::Sub(Overflow::Raise | Overflow::Null) => {
            let whole = (digits - places).max(others - other_places);
            let places = places.max(other_places);
            (whole + 1 + places, places)
        }
        Op::Mul(Overflow::Raise | Overflow::Null) => (digits + others, places + other_places),
        _ => return None,
    };
    (places <= MAX_DIGITS).then_some(ScalarType::Decimal(wanted.min(MAX_DIGITS), places))
}

/// What `a // b` or `a % b` of decimals of one type is: a quotient is whole, and of as many digits at
/// most.
pub(super) fn division(op: &Op, of: ScalarType) -> ScalarType {
    match (op, of) {
        (Op::FloorDiv, ScalarType::Decimal(digits, _)) => ScalarType::Decimal(digits, 0),
        _ => of,
    }
}

/// The type of a decimal rounded to fewer places; a carry may add a digit.
pub(super) fn rounded(rounding: Rounding, from: ScalarType) -> Option<ScalarType> {
    let ScalarType::Decimal(digits, places) = from else {
        return None;
    };
    if rounding.places >= places {
        return None;
    }
    let carry = u8::from(rounding.mode != RoundingMode::TowardsZero);
    ScalarType::decimal_of(digits - places + carry, rounding.places)
}

/// Whether a cast between a decimal and another number type (or bool) may fail; none if neither is a
/// decimal or there is no such cast.
pub(super) fn cast_may_fail(from: ScalarType, to: ScalarType) -> Option<bool> {
    match (from, to) {
        (ScalarType::Decimal(..), to) if to.is_float() => Some(false),
        (from, ScalarType::Decimal(..)) if from.is_float() => Some(true),
        (ScalarType::Bool, ScalarType::Decimal(digits, places)) => Some(digits == places),
        (ScalarType::Decimal(digits, places), to) if to.is_integer() => {
            let (least, greatest) = to.integer_range()?;
            let most = 10i128.pow(u32::from(digits - places)) - 1;
            Some(most > greatest || -most < least)
        }
        (from, ScalarType::Decimal(digits, places)) => {
            let (others, other_places) = from.as_decimal()?;
            let carry = u8::from(places < other_places);
            Some(others - other_places + carry > digits - places)
        }
        _ => None,
    }
}
