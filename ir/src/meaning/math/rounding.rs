//! Functions that IEEE 754 rounds correctly, and those that only move bits.

use super::arithmetic::canonical;
use super::{Unary, evaluate};

/// `result`, or the canonical NaN if it is any NaN, told by its bits: the compiler takes a
/// comparison that guards a square root's NaN for needless and drops it.
#[inline(always)]
fn by_bits(result: f64) -> f64 {
    let size = result.to_bits() & (u64::MAX >> 1);
    if size as i64 > f64::INFINITY.to_bits() as i64 {
        f64::NAN
    } else {
        result
    }
}

/// Defines a function whose fast body is right everywhere.
macro_rules! exact {
    ($(#[$doc:meta])* $name:ident, $function:ident, $x:ident => $body:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Unary for $name {
            #[inline(always)]
            fn fast($x: f64) -> f64 {
                canonical($body)
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

        $(#[$doc])*
        #[inline(always)]
        pub fn $function(x: f64) -> f64 {
            evaluate::<$name>(x)
        }
    };
}

exact! {
    /// Square root; NaN below zero, −0 of −0.
    Sqrt, sqrt, x => by_bits(x.sqrt())
}
exact! {
    /// Largest integral value not above the argument.
    Floor, floor, x => x.floor()
}
exact! {
    /// Smallest integral value not below the argument.
    Ceil, ceil, x => x.ceil()
}
exact! {
    /// Nearest integral value, ties to even.
    Round, round, x => x.round_ties_even()
}
exact! {
    /// Integral value nearest the argument towards zero.
    Trunc, trunc, x => x.trunc()
}
exact! {
    /// Magnitude.
    Abs, abs, x => x.abs()
}
exact! {
    /// −1 or 1 by the argument's sign; zeros and NaN give themselves.
    Sign, sign, x => {
        let zero_or_nan = !(x.abs() > 0.0);
        if zero_or_nan { x } else { 1f64.copysign(x) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_the_sign_of_zero() {
        for function in [floor, round, trunc, sqrt, sign] {
            assert_eq!(function(-0.0).to_bits(), (-0.0f64).to_bits());
        }
        assert_eq!(ceil(-0.5).to_bits(), (-0.0f64).to_bits());
        assert_eq!(round(-0.5).to_bits(), (-0.0f64).to_bits());
        assert_eq!(abs(-0.0).to_bits(), 0);
    }

    #[test]
    fn ties_go_to_even() {
        let got = [0.5, 1.5, 2.5, -1.5, 4_503_599_627_370_495.5].map(round);
        assert_eq!(got, [0.0, 2.0, 2.0, -2.0, 4_503_599_627_370_496.0]);
    }

    #[test]
    fn nan_is_canonical() {
        let odd = f64::from_bits(0xfff4_0000_0000_0001);
        for function in [sqrt, floor, ceil, round, trunc, abs, sign] {
            assert_eq!(function(odd).to_bits(), f64::NAN.to_bits());
        }
        assert_eq!(sqrt(-1.0).to_bits(), f64::NAN.to_bits());
    }

    #[test]
    fn signs() {
        let got = [f64::NEG_INFINITY, -3.0, 5e-324, 7.0].map(sign);
        assert_eq!(got, [-1.0, -1.0, 1.0, 1.0]);
    }
}
