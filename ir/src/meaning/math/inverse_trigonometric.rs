//! asin, acos and atan.
//!
//! Up to ½, asin x = x + x³·A(x²). Beyond, with z = (1 − |x|)/2, which is exact, and s = √z kept as a
//! pair, asin |x| = π/2 − 2·(s + s³·A(z)): the same polynomial over the same range. acos takes the
//! complement of the one and twice the bracket of the other. atan is a case of atan2.

use super::arctangent::Atan2;
use super::arithmetic::{fast_two_sum, polynomial, rough_inverse_root};
use super::coefficients::{ARCSINE, HALF_PI_HIGH, HALF_PI_MIDDLE};
use super::{Binary, Unary, evaluate};

/// What both functions are made of: whether |x| is at most ½; s as a pair (|x| itself up to ½);
/// and s³·A(s²).
#[inline(always)]
fn parts(size: f64) -> (bool, (f64, f64), f64) {
    let near = size <= 0.5;
    let far = 0.5 * (1.0 - size);
    let root = far.sqrt();
    // Of the root's error a few bits are enough, which dividing by it would get no sooner.
    let root_low = root.mul_add(-root, far) * (0.5 * rough_inverse_root(far));
    let z = if near { size * size } else { far };
    let s = if near { size } else { root };
    let s_low = if near { 0.0 } else { root_low };
    (near, (s, s_low), s * z * polynomial(z, &ARCSINE))
}

/// The angle between −π/2 and π/2 whose sine is x.
#[derive(Clone, Copy, Debug)]
pub struct Asin;

impl Unary for Asin {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let (near, (s, s_low), tail) = parts(x.abs());
        let (high, error) = fast_two_sum(HALF_PI_HIGH, -2.0 * s);
        let far = high + (error + (HALF_PI_MIDDLE - 2.0 * (s_low + tail)));
        (if near { s + tail } else { far }).copysign(x)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x.abs() <= 1.0)
    }
    #[inline(always)]
    fn slow(_: f64) -> f64 {
        f64::NAN
    }
}

/// The angle between −π/2 and π/2 whose sine is `x`.
#[inline(always)]
pub fn asin(x: f64) -> f64 {
    evaluate::<Asin>(x)
}

/// The angle between 0 and π whose cosine is x.
#[derive(Clone, Copy, Debug)]
pub struct Acos;

impl Unary for Acos {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let (near, (s, s_low), tail) = parts(x.abs());
        let (high, error) = fast_two_sum(HALF_PI_HIGH, -x);
        let middle = high + (error + (HALF_PI_MIDDLE - tail.copysign(x)));
        let right = 2.0 * (s + (s_low + tail));
        let (high, error) = fast_two_sum(2.0 * HALF_PI_HIGH, -2.0 * s);
        let left = high + (error + 2.0 * (HALF_PI_MIDDLE - (s_low + tail)));
        let far = if x < 0.0 { left } else { right };
        if near { middle } else { far }
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x.abs() <= 1.0)
    }
    #[inline(always)]
    fn slow(_: f64) -> f64 {
        f64::NAN
    }
}

/// The angle between 0 and π whose cosine is `x`.
#[inline(always)]
pub fn acos(x: f64) -> f64 {
    evaluate::<Acos>(x)
}

/// The angle between −π/2 and π/2 whose tangent is x.
#[derive(Clone, Copy, Debug)]
pub struct Atan;

impl Unary for Atan {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        Atan2::fast(x, 1.0)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        Atan2::needs_repair(x, 1.0)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        Atan2::slow(x, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_3, FRAC_PI_6, PI};

    #[test]
    fn special_values() {
        assert_eq!(asin(1.0), FRAC_PI_2);
        assert_eq!(asin(-1.0), -FRAC_PI_2);
        assert_eq!(asin(0.5), FRAC_PI_6);
        assert_eq!(asin(0.0).to_bits(), 0);
        assert_eq!(asin(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(asin(5e-324), 5e-324);
        assert_eq!(acos(1.0).to_bits(), 0);
        assert_eq!(acos(-1.0), PI);
        assert_eq!(acos(0.0), FRAC_PI_2);
        assert_eq!(acos(-0.0), FRAC_PI_2);
        assert!((acos(0.5) - FRAC_PI_3).abs() <= f64::EPSILON);
        assert_eq!(evaluate::<Atan>(f64::NEG_INFINITY), -FRAC_PI_2);
        for bad in [1.0f64.next_up(), -1.5, f64::INFINITY, -f64::NAN] {
            assert_eq!(asin(bad).to_bits(), f64::NAN.to_bits());
            assert_eq!(acos(bad).to_bits(), f64::NAN.to_bits());
        }
    }
}
