//! sin, cos and tan.
//!
//! After the reduction to |r| ≤ π/4 (`reduction.rs`), r a pair: sine r + r³·S(r²) and cosine
//! 1 − r²/2 + r⁴·C(r²) with minimax S and C. Both are computed, and the quadrant picks.

use super::arithmetic::{fast_two_sum, polynomial, two_product};
use super::coefficients::{COSINE, SINE};
use super::reduction::{NEAR_LIMIT, Reduced, far, near};
use super::{Unary, evaluate};

/// Sine of the reduced angle as a leading part and a small tail.
#[inline(always)]
fn sine_parts(angle: Reduced) -> (f64, f64) {
    let (r, r_low) = (angle.high, angle.low);
    let z = r * r;
    // sin(r + r_low) = sin r + r_low·cos r, and cos r ≈ 1 − r²/2 is enough of it.
    let from_low = r_low * z.mul_add(-0.5, 1.0);
    (r, (r * z).mul_add(polynomial(z, &SINE), from_low))
}

/// Cosine of the reduced angle as a leading part and a small tail.
#[inline(always)]
fn cosine_parts(angle: Reduced) -> (f64, f64) {
    let (r, r_low) = (angle.high, angle.low);
    let (z, z_low) = two_product(r, r);
    let (lead, error) = fast_two_sum(1.0, -0.5 * z);
    let small = z_low.mul_add(-0.5, error);
    // cos(r + r_low) = cos r − r_low·sin r, and sin r ≈ r is enough of it.
    let from_low = r.mul_add(-r_low, small);
    (lead, (z * z).mul_add(polynomial(z, &COSINE), from_low))
}

/// Sine of the angle plus `quarters` (0 or 1) quarter turns: 1 makes it the cosine.
#[inline(always)]
fn sine_of(angle: Reduced, quarters: u32) -> f64 {
    let (sine, sine_tail) = sine_parts(angle);
    let (cosine, cosine_tail) = cosine_parts(angle);
    let odd = angle.quadrant.bit(0) != (quarters == 1);
    let value = if odd {
        cosine + cosine_tail
    } else {
        sine + sine_tail
    };
    // sin is negative in quadrants 2 and 3, cos in 1 and 2.
    let sign = angle.quadrant.plus(quarters).second_bit_as_sign();
    f64::from_bits(value.to_bits() ^ sign)
}

#[inline(always)]
fn tangent_of(angle: Reduced) -> f64 {
    let (sine, sine_tail) = sine_parts(angle);
    let (cosine, cosine_tail) = cosine_parts(angle);
    let sine = fast_two_sum(sine, sine_tail);
    let cosine = fast_two_sum(cosine, cosine_tail);
    let odd = angle.quadrant.bit(0);
    let (over, over_low) = if odd { cosine } else { sine };
    let (under, under_low) = if odd { sine } else { cosine };
    // The quotient of two pairs: a first quotient, and its remainder once more divided.
    let inverse = 1.0 / under;
    let quotient = over * inverse;
    let remainder = quotient.mul_add(-under, over) + quotient.mul_add(-under_low, over_low);
    let value = remainder.mul_add(inverse, quotient);
    if odd { -value } else { value }
}

#[inline(always)]
fn too_large(x: f64) -> bool {
    !(x.abs() <= NEAR_LIMIT)
}

/// Sine of an angle in radians.
#[derive(Clone, Copy, Debug)]
pub struct Sin;

impl Unary for Sin {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        // The reduction's sums turn −0 into +0.
        let value = sine_of(near(x), 0);
        if x == 0.0 { x } else { value }
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        too_large(x)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_finite() {
            sine_of(far(x), 0)
        } else {
            f64::NAN
        }
    }
}

/// Sine of an angle in radians.
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    evaluate::<Sin>(x)
}

/// Cosine of an angle in radians.
#[derive(Clone, Copy, Debug)]
pub struct Cos;

impl Unary for Cos {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        sine_of(near(x), 1)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        too_large(x)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_finite() {
            sine_of(far(x), 1)
        } else {
            f64::NAN
        }
    }
}

/// Cosine of an angle in radians.
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    evaluate::<Cos>(x)
}

/// Tangent of an angle in radians.
#[derive(Clone, Copy, Debug)]
pub struct Tan;

impl Unary for Tan {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let value = tangent_of(near(x));
        if x == 0.0 { x } else { value }
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        too_large(x)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_finite() {
            tangent_of(far(x))
        } else {
            f64::NAN
        }
    }
}

/// Tangent of an angle in radians.
#[inline(always)]
pub fn tan(x: f64) -> f64 {
    evaluate::<Tan>(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values() {
        for function in [sin, tan] {
            assert_eq!(function(-0.0).to_bits(), (-0.0f64).to_bits());
            assert_eq!(function(0.0).to_bits(), 0);
            assert_eq!(function(5e-324), 5e-324);
        }
        assert_eq!(cos(0.0), 1.0);
        for bad in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            for function in [sin, cos, tan] {
                assert_eq!(function(bad).to_bits(), f64::NAN.to_bits());
            }
        }
    }

    #[test]
    fn odd_and_even() {
        for x in [0.1, 1.0, 2.0, 3.0, 5.0, 1e6, 1e10, 1e300] {
            assert_eq!(sin(-x), -sin(x));
            assert_eq!(cos(-x), cos(x));
            assert_eq!(tan(-x), -tan(x));
        }
    }
}
