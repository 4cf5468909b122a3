//! erf.
//!
//! Below 1: x·(2/√π + x²·P(x²)), the bracket as a pair. From 1 on: 1 − exp(ln erfc(x)), where
//! −ln erfc is as smooth as a parabola, so that one polynomial over u = x − 1 reaches as far as
//! erfc shows in a double at all (x = 6), and its precision need only follow erfc's decay. Both are
//! computed, and the magnitude picks.

use super::arithmetic::{canonical, fast_two_sum, polynomial, two_product, two_sum};
use super::coefficients::{
    ERROR_FUNCTION_FAR, ERROR_FUNCTION_NEAR, ERROR_FUNCTION_ONE_HIGH, ERROR_FUNCTION_ONE_LOW,
    TWO_OVER_ROOT_PI_HIGH, TWO_OVER_ROOT_PI_LOW,
};
use super::exponential::exponential_of_pair;
use super::{Unary, evaluate};

/// The error function.
#[derive(Clone, Copy, Debug)]
pub struct Erf;

#[inline(always)]
fn near(x: f64) -> f64 {
    let (z, z_low) = two_product(x, x);
    let p = polynomial(z, &ERROR_FUNCTION_NEAR);
    let (product, product_low) = two_product(z, p);
    let (factor, error) = fast_two_sum(TWO_OVER_ROOT_PI_HIGH, product);
    let factor_low = error + (z_low.mul_add(p, product_low) + TWO_OVER_ROOT_PI_LOW);
    let (high, low) = two_product(x, factor);
    high + x.mul_add(factor_low, low)
}

#[inline(always)]
fn far(x: f64) -> f64 {
    let bounded = if x > 6.0 { 6.0 } else { x };
    let u = bounded - 1.0;
    let (product, product_low) = two_product(u, polynomial(u, &ERROR_FUNCTION_FAR));
    let (high, error) = two_sum(ERROR_FUNCTION_ONE_HIGH, product);
    let low = error + (product_low + ERROR_FUNCTION_ONE_LOW);
    1.0 - exponential_of_pair(-high, -low)
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
