//! degrees and radians.
//!
//! The factor is a pair, so that only the product is rounded: the result is within 0.51 ULP, where
//! a product with the nearest double of 180/π would be off by up to 1.

use super::coefficients::{DEGREE_HIGH, DEGREE_LOW, RADIAN_HIGH, RADIAN_LOW};
use super::{Unary, evaluate};

/// From where on the product of the low part could leave the range with the wrong sign.
const LARGE: f64 = 1e300;

/// Defines a conversion by a factor kept as a pair.
macro_rules! conversion {
    ($(#[$doc:meta])* $name:ident, $function:ident, $high:ident, $low:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Unary for $name {
            #[inline(always)]
            fn fast(x: f64) -> f64 {
                // Of −0 the sum may have lost the sign.
                x.mul_add($high, x * $low).copysign(x)
            }
            #[inline(always)]
            fn needs_repair(x: f64) -> bool {
                !(x.abs() <= LARGE)
            }
            #[inline(always)]
            fn slow(x: f64) -> f64 {
                if x.is_nan() {
                    f64::NAN
                } else if x.is_infinite() {
                    x
                } else {
                    // Two to the power of −60 and back.
                    const DOWN: f64 = f64::from_bits((1023 - 60) << 52);
                    const UP: f64 = f64::from_bits((1023 + 60) << 52);
                    Self::fast(x * DOWN) * UP
                }
            }
        }

        $(#[$doc])*
        #[inline(always)]
        pub fn $function(x: f64) -> f64 {
            evaluate::<$name>(x)
        }
    };
}

conversion! {
    /// An angle of radians in degrees.
    Degrees, degrees, DEGREE_HIGH, DEGREE_LOW
}
conversion! {
    /// An angle of degrees in radians.
    Radians, radians, RADIAN_HIGH, RADIAN_LOW
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, PI};

    #[test]
    fn special_values() {
        assert_eq!(radians(180.0), PI);
        assert_eq!(radians(-90.0), -FRAC_PI_2);
        assert_eq!(degrees(PI), 180.0);
        for function in [degrees, radians] {
            assert_eq!(function(0.0).to_bits(), 0);
            assert_eq!(function(-0.0).to_bits(), (-0.0f64).to_bits());
            assert_eq!(function(f64::INFINITY), f64::INFINITY);
            assert_eq!(function(f64::NEG_INFINITY), f64::NEG_INFINITY);
            assert_eq!(function(-f64::NAN).to_bits(), f64::NAN.to_bits());
        }
        assert_eq!(degrees(f64::MAX), f64::INFINITY);
        assert_eq!(degrees(1e306), 5.729577951308232e307);
        assert_eq!(degrees(5e-324), 2.83e-322);
        assert_eq!(radians(5e-324), 0.0);
    }
}
