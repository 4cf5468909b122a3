//! sinh, cosh and tanh, and their inverses.
//!
//! With E = exp(|x|) − 1 as a pair, sinh |x| = (E + E/(E + 1))/2, cosh x = (E + 1 + 1/(E + 1))/2, and
//! with E of 2|x|, tanh |x| = E/(E + 2): nothing cancels, and sums and quotients of pairs leave one
//! rounding to speak of. The inverses are logarithms of 1 + u with u as a pair:
//!
//! > asinh |x| = ln(1 + |x| + x²/(1 + √(x² + 1))),
//! > acosh x = ln(1 + (x − 1) + √(x² − 1)),
//! > atanh |x| = ln(1 + 2|x|/(1 − |x|))/2.

use super::arithmetic::{divide, fast_two_sum, square_root, two_product, two_sum};
use super::exponential::{exponential_less_one_pair, half_exponential};
use super::logarithm::{logarithm_of_double, logarithm_of_one_plus};
use super::{Unary, evaluate};

/// Up to this magnitude the exponential is a normal number.
const LIMIT: f64 = 708.0;

/// From here on a square may leave the range of doubles.
const SQUARE_LIMIT: f64 = f64::from_bits((1023 + 500) << 52);

/// e to the power of a large magnitude, halved.
#[inline(always)]
fn half_of_large(size: f64) -> f64 {
    half_exponential(if size > 712.0 { 712.0 } else { size })
}

/// A pair plus a double of any magnitude, as a pair.
#[inline(always)]
fn plus((high, low): (f64, f64), x: f64) -> (f64, f64) {
    let (sum, error) = two_sum(high, x);
    fast_two_sum(sum, error + low)
}

/// Hyperbolic sine.
#[derive(Clone, Copy, Debug)]
pub struct Sinh;

impl Unary for Sinh {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let e = exponential_less_one_pair(x.abs());
        let q = divide(e, plus(e, 1.0));
        let (sum, error) = fast_two_sum(e.0, q.0);
        (0.5 * (sum + (error + (e.1 + q.1)))).copysign(x)
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
            half_of_large(x.abs()).copysign(x)
        }
    }
}

/// Hyperbolic cosine.
#[derive(Clone, Copy, Debug)]
pub struct Cosh;

impl Unary for Cosh {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let power = plus(exponential_less_one_pair(x.abs()), 1.0);
        let inverse = divide((1.0, 0.0), power);
        let (sum, error) = fast_two_sum(power.0, inverse.0);
        0.5 * (sum + (error + (power.1 + inverse.1)))
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
            half_of_large(x.abs())
        }
    }
}

/// Hyperbolic tangent.
#[derive(Clone, Copy, Debug)]
pub struct Tanh;

impl Unary for Tanh {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        // Beyond, the result is 1 already.
        let size = x.abs();
        let bounded = if size > 22.0 { 22.0 } else { size };
        let e = exponential_less_one_pair(2.0 * bounded);
        let (high, low) = divide(e, plus(e, 2.0));
        (high + low).copysign(x)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        x.is_nan()
    }
    #[inline(always)]
    fn slow(_: f64) -> f64 {
        f64::NAN
    }
}

/// Inverse hyperbolic sine.
#[derive(Clone, Copy, Debug)]
pub struct Asinh;

impl Unary for Asinh {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let size = x.abs();
        let square = two_product(size, size);
        let root = square_root(plus(square, 1.0));
        let (high, low) = divide(square, plus(root, 1.0));
        let (sum, error) = two_sum(size, high);
        logarithm_of_one_plus(sum, error + low).copysign(x)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x.abs() <= SQUARE_LIMIT)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_nan() {
            f64::NAN
        } else if x.is_infinite() {
            x
        } else {
            logarithm_of_double(x.abs()).copysign(x)
        }
    }
}

/// Inverse hyperbolic cosine, from 0 on.
#[derive(Clone, Copy, Debug)]
pub struct Acosh;

impl Unary for Acosh {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let (root, root_low) = square_root(plus(two_product(x, x), -1.0));
        let (less, less_low) = two_sum(x, -1.0);
        let (sum, error) = two_sum(less, root);
        logarithm_of_one_plus(sum, error + (less_low + root_low))
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x >= 1.0 && x <= SQUARE_LIMIT)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x == f64::INFINITY {
            x
        } else if x > 1.0 {
            logarithm_of_double(x)
        } else {
            f64::NAN
        }
    }
}

/// Inverse hyperbolic tangent.
#[derive(Clone, Copy, Debug)]
pub struct Atanh;

impl Unary for Atanh {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let size = x.abs();
        let (high, low) = divide((2.0 * size, 0.0), two_sum(1.0, -size));
        (0.5 * logarithm_of_one_plus(high, low)).copysign(x)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x.abs() < 1.0)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.abs() == 1.0 {
            f64::INFINITY.copysign(x)
        } else {
            f64::NAN
        }
    }
}

/// Hyperbolic sine.
#[inline(always)]
pub fn sinh(x: f64) -> f64 {
    evaluate::<Sinh>(x)
}

/// Hyperbolic cosine.
#[inline(always)]
pub fn cosh(x: f64) -> f64 {
    evaluate::<Cosh>(x)
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    evaluate::<Tanh>(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values() {
        let infinity = f64::INFINITY;
        let odd = [
            ("sinh", sinh as fn(f64) -> f64, infinity),
            ("tanh", tanh, 1.0),
            ("asinh", evaluate::<Asinh>, infinity),
            ("atanh", evaluate::<Atanh>, f64::NAN),
        ];
        for (name, function, at_infinity) in odd {
            assert_eq!(function(0.0).to_bits(), 0, "{name}");
            assert_eq!(function(-0.0).to_bits(), (-0.0f64).to_bits(), "{name}");
            assert_eq!(function(5e-324), 5e-324, "{name}");
            assert_eq!(function(-f64::NAN).to_bits(), f64::NAN.to_bits(), "{name}");
            let found = function(infinity);
            assert_eq!(found.to_bits(), at_infinity.to_bits(), "{name}");
        }
        assert_eq!(cosh(0.0), 1.0);
        assert_eq!(cosh(-infinity), infinity);
        assert_eq!(cosh(-f64::NAN).to_bits(), f64::NAN.to_bits());
        assert_eq!(tanh(-1e300), -1.0);
        assert_eq!(evaluate::<Acosh>(1.0).to_bits(), 0);
        assert_eq!(evaluate::<Acosh>(infinity), infinity);
        assert_eq!(evaluate::<Atanh>(-1.0), -infinity);
        for (function, bad) in [
            (evaluate::<Acosh> as fn(f64) -> f64, 1.0f64.next_down()),
            (evaluate::<Acosh>, -infinity),
            (evaluate::<Acosh>, -f64::NAN),
            (evaluate::<Atanh>, 1.0f64.next_up()),
            (evaluate::<Atanh>, -infinity),
        ] {
            assert_eq!(function(bad).to_bits(), f64::NAN.to_bits());
        }
    }

    #[test]
    fn overflow_border() {
        // The largest argument with a finite result, and its successor.
        let last = 710.4758600739439;
        assert!(cosh(last) < f64::INFINITY);
        assert!(sinh(-last) > f64::NEG_INFINITY);
        assert_eq!(cosh(last.next_up()), f64::INFINITY);
        assert_eq!(sinh(1e300), f64::INFINITY);
    }
}
