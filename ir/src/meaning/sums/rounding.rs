//! The one rounding: from an exact value to the nearest f64, ties to even.

/// Rounds `± (significand + fraction) · 2^exponent`, where the fraction is zero or, if `sticky`,
/// somewhere strictly between 0 and 1. With `sticky` the significand must be at least 2⁶⁴, so that
/// the fraction lies below the rounding bit. Too large gives an infinity; a zero keeps the sign.
pub(super) fn round_scaled(negative: bool, significand: u128, exponent: i32, sticky: bool) -> f64 {
    debug_assert!(!sticky || significand >> 64 != 0);
    let sign = u64::from(negative) << 63;
    if significand == 0 {
        return f64::from_bits(sign);
    }
    let width = 128 - significand.leading_zeros() as i32;
    // The exponent of the result's last place: 53 bits below the top, or the subnormal floor.
    let last_place = (exponent + width - 53).max(-1074);
    if last_place > 971 {
        return f64::from_bits(sign | f64::INFINITY.to_bits());
    }
    let shift = last_place - exponent;
    let rounded = if shift <= 0 {
        (significand << -shift) as u64
    } else if shift > 128 {
        0
    } else {
        let kept = significand.checked_shr(shift as u32).unwrap_or(0) as u64;
        let half = 1u128 << (shift - 1);
        let rest = significand & (half | (half - 1));
        let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
        kept + u64::from(up)
    };
    // Adding the leading bit into the exponent field covers subnormals, and the carries into the
    // next binade and into infinity.
    let biased = (last_place + 1074) as u64;
    f64::from_bits(sign | ((biased << 52) + rounded))
}

/// Splits a finite number into `(negative, significand, exponent)`, with the value
/// `± significand · 2^exponent`, the significand below 2⁵³ and the exponent at least −1074.
#[inline(always)]
pub(super) fn decompose(value: f64) -> (bool, u64, i32) {
    let bits = value.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let negative = bits >> 63 == 1;
    if biased == 0 {
        (negative, fraction, -1074)
    } else {
        (negative, fraction | 1 << 52, biased - 1075)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_nearest_even() {
        let one = 1u128 << 100;
        assert_eq!(round_scaled(false, one, -100, false), 1.0);
        let half_unit = 1u128 << 47;
        assert_eq!(round_scaled(false, one + half_unit, -100, false), 1.0);
        assert_eq!(
            round_scaled(false, one + half_unit, -100, true),
            1.0 + f64::EPSILON
        );
        assert_eq!(
            round_scaled(true, one + 3 * half_unit, -100, false),
            -1.0 - 2.0 * f64::EPSILON
        );
    }

    #[test]
    fn reaches_both_ends_of_the_range() {
        assert_eq!(round_scaled(false, 1, -1074, false), f64::from_bits(1));
        assert_eq!(round_scaled(false, 1, -1075, false), 0.0);
        assert_eq!(round_scaled(false, 3, -1075, false), f64::from_bits(2));
        assert_eq!(round_scaled(false, 1 << 64, -1139, true), f64::from_bits(1));
        assert_eq!(
            round_scaled(true, 1, -1300, false).to_bits(),
            (-0.0f64).to_bits()
        );
        assert_eq!(round_scaled(false, (1 << 53) - 1, 971, false), f64::MAX);
        assert_eq!(
            round_scaled(false, (1 << 54) - 1, 970, false),
            f64::INFINITY
        );
        assert_eq!(round_scaled(true, 1, 1024, false), f64::NEG_INFINITY);
    }

    #[test]
    fn decomposing_is_undone_by_rounding() {
        for value in [1.0, -1.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0, 0.1] {
            let (negative, significand, exponent) = decompose(value);
            let back = round_scaled(negative, u128::from(significand), exponent, false);
            assert_eq!(back.to_bits(), value.to_bits());
        }
    }
}
