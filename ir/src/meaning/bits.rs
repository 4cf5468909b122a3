//! Operations on the bits of integers, which are computed as exact integers.

use crate::meaning::arithmetic::wrap;
use crate::op::BitFunction;
use crate::types::ScalarType;

/// How many bits an integer type has.
fn width(scalar: ScalarType) -> u32 {
    scalar.lane().map_or(64, |lane| lane.bits() as u32)
}

/// The bits of an integer of a type, the lowest first; none above its width.
fn pattern(value: i128, scalar: ScalarType) -> u64 {
    let bits = width(scalar);
    value as u64 & (u64::MAX >> (64 - bits))
}

/// A function of an integer of type `from`; `b` is the second argument, if there is one.
///
/// ```
/// use icosian_ir::meaning::bits::apply;
/// use icosian_ir::op::BitFunction;
/// use icosian_ir::types::ScalarType;
/// assert_eq!(apply(BitFunction::ShiftLeft, -1, 7, ScalarType::I8), -128);
/// assert_eq!(apply(BitFunction::CountOnes, -1, 0, ScalarType::I8), 8);
/// ```
pub fn apply(function: BitFunction, a: i128, b: i128, from: ScalarType) -> i128 {
    let bits = width(from);
    // From 64 places on nothing changes any more, and a shift of 128 bits allows that many.
    let places = b.clamp(0, 64) as u32;
    match function {
        BitFunction::And => a & b,
        BitFunction::Or => a | b,
        BitFunction::Xor => a ^ b,
        BitFunction::Not => wrap(!a, from),
        BitFunction::ShiftLeft => wrap(a << places, from),
        BitFunction::ShiftRight => a >> places,
        BitFunction::CountOnes => i128::from(pattern(a, from).count_ones()),
        BitFunction::LeadingZeros => {
            i128::from(pattern(a, from).leading_zeros()) - i128::from(64 - bits)
        }
        BitFunction::TrailingZeros => i128::from(pattern(a, from).trailing_zeros().min(bits)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ScalarType::{I8, I64, U8, U64};

    #[test]
    fn shifts_beyond_the_width() {
        let shift = |function, a, count, from| apply(function, a, count, from);
        for count in [8, 63, 64, 65, 200, 255] {
            assert_eq!(shift(BitFunction::ShiftLeft, 5, count, I8), 0);
            assert_eq!(shift(BitFunction::ShiftRight, 127, count, I8), 0);
            assert_eq!(shift(BitFunction::ShiftRight, -5, count, I8), -1);
            assert_eq!(shift(BitFunction::ShiftRight, 255, count, U8), 0);
        }
        let greatest = i128::from(u64::MAX);
        assert_eq!(shift(BitFunction::ShiftLeft, greatest, 63, U64), 1 << 63);
        assert_eq!(shift(BitFunction::ShiftLeft, greatest, 64, U64), 0);
        assert_eq!(shift(BitFunction::ShiftRight, greatest, 63, U64), 1);
        let least = i128::from(i64::MIN);
        assert_eq!(shift(BitFunction::ShiftRight, least, 63, I64), -1);
        assert_eq!(shift(BitFunction::ShiftLeft, 1, 63, I64), least);
    }

    #[test]
    fn counts() {
        assert_eq!(apply(BitFunction::LeadingZeros, 0, 0, I8), 8);
        assert_eq!(apply(BitFunction::TrailingZeros, 0, 0, I8), 8);
        assert_eq!(apply(BitFunction::LeadingZeros, -1, 0, I64), 0);
        assert_eq!(apply(BitFunction::LeadingZeros, 1, 0, U8), 7);
        assert_eq!(apply(BitFunction::TrailingZeros, -128, 0, I8), 7);
        assert_eq!(apply(BitFunction::TrailingZeros, 0, 0, U64), 64);
        assert_eq!(apply(BitFunction::CountOnes, -2, 0, I8), 7);
    }

    #[test]
    fn not_stays_in_the_type() {
        assert_eq!(apply(BitFunction::Not, 0, 0, U8), 255);
        assert_eq!(apply(BitFunction::Not, 0, 0, I8), -1);
        assert_eq!(apply(BitFunction::Not, i128::from(u64::MAX), 0, U64), 0);
    }
}
