//! Taking multiples of π/2 off an angle, exactly enough for results within 1 ULP.
//!
//! Up to [`NEAR_LIMIT`] a three-part constant does it (Cody and Waite, with fused multiply-adds
//! as Boldo, Daumas and Li showed). Beyond, only the binary places of 2/π that matter are
//! multiplied with the argument's 53-bit integer (Payne and Hanek).

use super::arithmetic::{Rounded, fast_two_sum, multiply, two_product, two_sum};
use super::coefficients::{HALF_PI_HIGH, HALF_PI_LOW, HALF_PI_MIDDLE, TWO_OVER_PI};

/// An angle as quadrant·π/2 + high + low, with |high + low| not much above π/4.
#[derive(Clone, Copy)]
pub(super) struct Reduced {
    pub(super) quadrant: Rounded,
    pub(super) high: f64,
    pub(super) low: f64,
}

/// Largest magnitude [`near`] takes: 2³⁰. A double below that is no closer to a multiple of π/2
/// than about 2⁻⁶², while the three parts leave an error below 2⁻¹²⁵.
pub(super) const NEAR_LIMIT: f64 = 1_073_741_824.0;

/// Reduction of an angle up to [`NEAR_LIMIT`]. Free of branches.
#[inline(always)]
pub(super) fn near(x: f64) -> Reduced {
    let quadrant = Rounded::product(x, std::f64::consts::FRAC_2_PI);
    let k = quadrant.value;
    // Exact: both terms are multiples of 2⁻⁵³ and their difference is below 1.
    let first = k.mul_add(-HALF_PI_HIGH, x);
    let (product, product_low) = two_product(k, HALF_PI_MIDDLE);
    let (sum, error) = two_sum(first, -product);
    let rest = k.mul_add(-HALF_PI_LOW, error - product_low);
    let (high, low) = fast_two_sum(sum, rest);
    Reduced {
        quadrant,
        high,
        low,
    }
}

/// Reduction of a finite angle above [`NEAR_LIMIT`].
#[inline]
pub(super) fn far(x: f64) -> Reduced {
    let bits = x.to_bits();
    let integer = (bits & ((1 << 52) - 1)) | (1 << 52);
    // |x| = integer·2^exponent. Binary places of 2/π above 2^(2 − exponent) only contribute whole
    // turns; 192 places from there on leave an error below 2⁻¹³⁷ quarter turns.
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1075;
    let place = (exponent - 2 + 64) as usize;
    let places = [place, place + 64, place + 128].map(binary_places);
    let low = u128::from(integer) * u128::from(places[2]);
    let middle = u128::from(integer) * u128::from(places[1]) + (low >> 64);
    let top = integer
        .wrapping_mul(places[0])
        .wrapping_add((middle >> 64) as u64);
    // (top, middle, low) now holds quarter turns modulo 4 with 190 places after the point.
    let (middle, low) = (middle as u64, low as u64);
    let whole = top >> 62;
    let fraction = (u128::from(top) << 66) | (u128::from(middle) << 2) | u128::from(low >> 62);
    let last = low << 2;
    // To the nearest quarter: a fraction of a half or more becomes the next quarter less its
    // complement.
    let upper = fraction >> 127 == 1;
    let (fraction, last) = if upper {
        let carry = u128::from(last == 0);
        ((!fraction).wrapping_add(carry), last.wrapping_neg())
    } else {
        (fraction, last)
    };
    let zeros = fraction.leading_zeros();
    let mut digits = fraction << zeros;
    if zeros > 0 && zeros < 64 {
        digits |= u128::from(last >> (64 - zeros));
    }
    let unit = f64::from_bits(u64::from(1023 - 53 - zeros) << 52);
    let leading = (digits >> 75) as f64 * unit;
    let trailing = (digits << 53 >> 75) as f64 * (unit * (f64::EPSILON / 2.0));
    let (high, low) = multiply((leading, trailing), (HALF_PI_HIGH, HALF_PI_MIDDLE));

    let quarters = (whole + u64::from(upper)) as f64;
    let turn = 1f64.copysign(x);
    let side = if upper { -turn } else { turn };
    Reduced {
        quadrant: Rounded::integer(turn * quarters),
        high: side * high,
        low: side * low,
    }
}

/// 64 binary places of 2/π from `place` on, counted with the 64 zeros before the first.
#[inline]
fn binary_places(place: usize) -> u64 {
    let (word, shift) = (place / 64, place % 64);
    let pair = (u128::from(TWO_OVER_PI[word]) << 64) | u128::from(TWO_OVER_PI[word + 1]);
    (pair << shift >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_agree() {
        for x in [
            1e8,
            123_456_789.0,
            -987_654_321.5,
            1_073_741_823.0,
            5e6 + 0.125,
        ] {
            let (a, b) = (near(x), far(x));
            assert!(
                (a.high - b.high).abs() <= 1e-16 && (a.low - b.low).abs() < 1e-26,
                "{x}"
            );
            assert_eq!(a.quadrant.bit(0), b.quadrant.bit(0), "{x}");
            assert_eq!(a.quadrant.bit(1), b.quadrant.bit(1), "{x}");
        }
    }

    #[test]
    fn worst_case_of_double_precision() {
        // 6381956970095103·2⁷⁹⁷ comes closest to a multiple of π/2 of all doubles: 4.687166e-19
        // (Muller et al., Handbook of Floating-Point Arithmetic).
        let x = 6_381_956_970_095_103.0 * 2f64.powi(797);
        let reduced = far(x);
        assert!((reduced.high.abs() - 4.687_166e-19).abs() < 1e-24);
    }
}
