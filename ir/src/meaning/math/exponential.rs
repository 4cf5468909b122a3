//! exp and expm1.
//!
//! x = k·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite's two-part constant; the rounding error of
//! r is kept), exp(r) = 1 + r + r²·Q(r) with a minimax Q, then a scaling by 2ᵏ. Table-free, as
//! lookups would cost more than the few coefficients they save once eight lanes run at a time.

use super::arithmetic::{Rounded, fast_two_sum, polynomial, two_product};
use super::coefficients::{EXPONENTIAL, EXPONENTIAL_TAIL, LN_2_HIGH, LN_2_LOW, LOG2_E_HIGH};
use super::{Unary, evaluate};

/// k and r, as a pair, of x + x_low = k·ln 2 + r. |x| < 2¹⁰, |x_low| ≤ ulp(x).
#[inline(always)]
fn reduced(x: f64, x_low: f64) -> (Rounded, f64, f64) {
    let k = Rounded::product(x, LOG2_E_HIGH);
    let near = k.value.mul_add(-LN_2_HIGH, x);
    // Not above 2⁻³⁴, so that its own rounding is lost in the last one.
    let rest = k.value.mul_add(-LN_2_LOW, x_low);
    let (r, r_low) = fast_two_sum(near, rest);
    (k, r, r_low)
}

/// e to the power of x + x_low and k, still to be scaled by 2ᵏ: between √½ and √2.
#[inline(always)]
fn unscaled(x: f64, x_low: f64) -> (Rounded, f64) {
    let (k, r, r_low) = reduced(x, x_low);
    // exp(r + r_low) − exp(r) is r_low·exp(r); taking r_low for it costs less than 0.1 ULP.
    let tail = (r * r).mul_add(polynomial(r, &EXPONENTIAL), r_low);
    let (one, error) = fast_two_sum(1.0, r);
    (k, one + (error + tail))
}

/// e to the power of x + x_low, for |x| ≤ [`LIMIT`] and |x_low| ≤ ulp(x).
#[inline(always)]
pub(super) fn exponential_of_pair(x: f64, x_low: f64) -> f64 {
    let (k, result) = unscaled(x, x_low);
    k.scale_normal(result)
}

/// The same for |x| ≤ 746: underflow and overflow included.
#[inline(always)]
pub(super) fn exponential_to_the_ends(x: f64, x_low: f64) -> f64 {
    let (k, result) = unscaled(x, x_low);
    k.scale(result)
}

/// e to the power of x, halved, for x up to 1000.
#[inline(always)]
pub(super) fn half_exponential(x: f64) -> f64 {
    let (k, result) = unscaled(x, 0.0);
    Rounded::integer(k.value - 1.0).scale(result)
}

/// e to the power of x, minus 1, as a pair with a relative error near 2⁻⁵⁷; x from 0 to [`LIMIT`].
#[inline(always)]
pub(super) fn exponential_less_one_pair(x: f64) -> (f64, f64) {
    let (k, high, low) = reduced_less_one(x);
    let (step, step_low) = fast_two_sum(1.0, -k.inverse_power_of_two());
    let (sum, error) = fast_two_sum(step, high);
    let (sum, error) = fast_two_sum(sum, error + (low + step_low));
    let power = k.power_of_two();
    (sum * power, error * power)
}

/// e to the power of x, minus 1, as a pair with a relative error near 2⁻⁵⁷, for |x| below ½·ln 2.
#[inline(always)]
pub(super) fn exponential_near_zero_less_one(x: f64) -> (f64, f64) {
    let (_, high, low) = reduced_less_one(x);
    (high, low)
}

/// k, and exp(r) − 1 as a pair, of x = k·ln 2 + r.
#[inline(always)]
fn reduced_less_one(x: f64) -> (Rounded, f64, f64) {
    let (k, r, r_low) = reduced(x, 0.0);
    // exp(r) − 1 = r + r²/2 + r³·T(r): the square is kept as a pair too, since a result near
    // −½ or ½ has less room for its rounding than exp(r) has; and r_low·exp(r) is
    // r_low·(1 + r) closely enough.
    let (square, square_low) = two_product(0.5 * r, r);
    let from_low = r_low.mul_add(r, r_low);
    let cubic = (r * square).mul_add(2.0 * polynomial(r, &EXPONENTIAL_TAIL), from_low);
    let (high, error) = fast_two_sum(r, square);
    (k, high, error + (square_low + cubic))
}

/// Up to this magnitude the exponential is a normal number.
const LIMIT: f64 = 708.0;

/// e to the power of x.
#[derive(Clone, Copy, Debug)]
pub struct Exp;

impl Unary for Exp {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        exponential_of_pair(x, 0.0)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x.abs() <= LIMIT)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_nan() {
            f64::NAN
        } else {
            // Beyond these the result is zero or infinity already.
            exponential_to_the_ends(x.clamp(-746.0, 710.0), 0.0)
        }
    }
}

/// e to the power of x.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    evaluate::<Exp>(x)
}

/// 2 to the power of x.
#[derive(Clone, Copy, Debug)]
pub struct Exp2;

/// 2 to the power of x and k, still to be scaled by 2ᵏ. |x| < 2⁵⁰.
#[inline(always)]
fn unscaled_power_of_two(x: f64) -> (Rounded, f64) {
    let k = Rounded::product(x, 1.0);
    // 2 to the power of the rest is e to the power of r, a product with ln 2.
    let rest = x - k.value;
    let (r, r_low) = two_product(rest, LN_2_HIGH);
    let (r, r_low) = fast_two_sum(r, rest.mul_add(LN_2_LOW, r_low));
    let tail = (r * r).mul_add(polynomial(r, &EXPONENTIAL), r_low.mul_add(r, r_low));
    let (one, error) = fast_two_sum(1.0, r);
    (k, one + (error + tail))
}

impl Unary for Exp2 {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let (k, result) = unscaled_power_of_two(x);
        k.scale_normal(result)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x.abs() <= 1021.0)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_nan() {
            f64::NAN
        } else {
            // Beyond these the result is zero or infinity already.
            let (k, result) = unscaled_power_of_two(x.clamp(-1100.0, 1025.0));
            k.scale(result)
        }
    }
}

/// 2 to the power of x; exact for whole x.
#[inline(always)]
pub fn exp2(x: f64) -> f64 {
    evaluate::<Exp2>(x)
}

/// e to the power of x, minus 1.
#[derive(Clone, Copy, Debug)]
pub struct Expm1;

impl Unary for Expm1 {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        // Below, the result is −1 already.
        let bounded = if x < -38.0 { -38.0 } else { x };
        let (k, high, low) = reduced_less_one(bounded);
        // 2ᵏ·exp(r) − 1 = 2ᵏ·((exp(r) − 1) + (1 − 2⁻ᵏ)). The step is 0 or larger than exp(r) − 1.
        // Its own rounding counts for k from 53 on; for negative k it never does, there 2⁻ᵏ is
        // the larger and the result −1 by the time the step is not exact.
        let (step, step_low) = fast_two_sum(1.0, -k.inverse_power_of_two());
        let (sum, error) = fast_two_sum(step, high);
        let result = k.scale_normal(sum + (error + (low + step_low)));
        // The sum turned −0 into +0; nothing else changes sign here.
        result.copysign(x)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x <= LIMIT)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        // Too large for the 1 to show, or NaN.
        exp(x)
    }
}

/// e to the power of x, minus 1, accurate near zero.
#[inline(always)]
pub fn expm1(x: f64) -> f64 {
    evaluate::<Expm1>(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-0.0), 1.0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(-1e9).to_bits(), 0);
        assert_eq!(exp(1e9), f64::INFINITY);
        assert_eq!(expm1(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(expm1(0.0).to_bits(), 0);
        assert_eq!(expm1(f64::NEG_INFINITY), -1.0);
        assert_eq!(expm1(f64::INFINITY), f64::INFINITY);
        assert_eq!(expm1(5e-324), 5e-324);
        let odd = f64::from_bits(0xfff4_0000_0000_0001);
        assert_eq!(exp(odd).to_bits(), f64::NAN.to_bits());
        assert_eq!(expm1(odd).to_bits(), f64::NAN.to_bits());
    }

    #[test]
    fn whole_powers_of_two_are_exact() {
        for power in -1074..=1023 {
            let exact = if power < -1022 {
                f64::from_bits(1 << (power + 1074))
            } else {
                f64::from_bits(((power + 1023) as u64) << 52)
            };
            assert_eq!(exp2(f64::from(power)), exact);
        }
        assert_eq!(exp2(1024.0), f64::INFINITY);
        assert_eq!(exp2(-1076.0).to_bits(), 0);
        assert_eq!(exp2(f64::NEG_INFINITY).to_bits(), 0);
        assert_eq!(exp2(1e300), f64::INFINITY);
        assert_eq!(exp2(-f64::NAN).to_bits(), f64::NAN.to_bits());
    }

    #[test]
    fn overflow_border() {
        // The largest argument with a finite result, and its successor.
        let last = 709.782712893384;
        assert!(exp(last) < f64::INFINITY);
        assert_eq!(exp(last.next_up()), f64::INFINITY);
        assert_eq!(expm1(last.next_up()), f64::INFINITY);
        // exp(−745.13…) is the smallest subnormal, a little further nothing is left.
        assert_eq!(exp(-745.0), 5e-324);
        assert_eq!(exp(-745.2), 0.0);
        assert_eq!(expm1(-37.0), -1.0 + 1.1102230246251565e-16);
        assert_eq!(expm1(-38.0), -1.0);
        assert_eq!(expm1(-1e300), -1.0);
    }
}
