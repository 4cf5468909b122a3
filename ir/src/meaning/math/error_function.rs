//! erf.
//!
//! Below 1: x + x·S(x² − ½), where S = erf(x)/x − 1 is small, so that its rounding hardly shows; it is
//! expanded about the middle of the squares, as it is the largest results that have the least room.
//! From 1 on: 1 − erfc(1)·2^(−u·L(u)) with u = x − 1, where −log₂ erfc is as smooth as a parabola, so that
//! one polynomial reaches as far as erfc shows in a double at all, and its precision need only follow
//! erfc's decay. The power's exponent is never rounded as a whole: its integer part goes to the scale,
//! the rest, a fused difference, to a polynomial. Both are computed, and the magnitude picks.

use super::arithmetic::{Rounded, canonical, polynomial, polynomial_in_halves};
use super::coefficients::{
    ERROR_FUNCTION_FAR, ERROR_FUNCTION_MIDDLE, ERROR_FUNCTION_NEAR, ERROR_FUNCTION_POWER,
    ERROR_FUNCTION_REST,
};
use super::{Unary, evaluate};

/// The error function.
#[derive(Clone, Copy, Debug)]
pub struct Erf;

/// Beyond, erfc is less than half of what separates 1 from the double below.
const LIMIT: f64 = 5.9375;

#[inline(always)]
fn near(x: f64) -> f64 {
    let v = x.mul_add(x, -0.5);
    let slope = v.mul_add(polynomial(v, &ERROR_FUNCTION_NEAR), ERROR_FUNCTION_MIDDLE);
    x.mul_add(slope, x)
}

#[inline(always)]
fn far(x: f64) -> f64 {
    let u = (if x > LIMIT { LIMIT } else { x }) - 1.0;
    let slope = polynomial_in_halves(u, &ERROR_FUNCTION_FAR);
    let whole = Rounded::product(u, slope);
    let rest = u.mul_add(-slope, whole.value);
    let power = polynomial_in_halves(rest, &ERROR_FUNCTION_POWER);
    let unscaled = rest.mul_add(power, ERROR_FUNCTION_REST);
    whole.inverse_power_of_two().mul_add(-unscaled, 1.0)
}

impl Unary for Erf {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let size = x.abs();
        let (near, far) = (near(size), far(size));
        canonical((if size < 1.0 { near } else { far }).copysign(x))
    }
    #[inline(always)]
    fn needs_repair(_: f64) -> bool {
        false
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        Self::fast(x)
    }
}

/// The error function, 2/√π times the integral of exp(−t²) from 0 to x.
#[inline(always)]
pub fn erf(x: f64) -> f64 {
    evaluate::<Erf>(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values() {
        assert_eq!(erf(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(erf(0.0).to_bits(), 0);
        assert_eq!(erf(f64::INFINITY), 1.0);
        assert_eq!(erf(f64::NEG_INFINITY), -1.0);
        assert_eq!(erf(6.0), 1.0);
        assert_eq!(erf(1e300), 1.0);
        assert_eq!(erf(-f64::NAN).to_bits(), f64::NAN.to_bits());
        // 2/√π times the smallest double rounds back to it.
        assert_eq!(erf(5e-324), 5e-324);
    }
}
