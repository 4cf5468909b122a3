//! pow.
//!
//! xʸ = exp(y·ln x). The exponential magnifies the logarithm's relative error up to 745 times, so
//! the logarithm is computed to about 2⁻⁶⁵: with s = f/(2 + f) as in `logarithm.rs`, but all of
//! 2s + s³·(2/3 + s²·T(s²)) except T summed and multiplied as pairs. A negative base takes its
//! sign, or NaN, from whether y is odd, even or no integer.

use super::arithmetic::{
    canonical, divide, fast_two_sum, multiply, polynomial, split_exponent, two_product,
};
use super::coefficients::{LN_2_HIGH, LN_2_LOW, LOGARITHM_TAIL, TWO_THIRDS_HIGH, TWO_THIRDS_LOW};
use super::exponential::exponential_to_the_ends;
use super::logarithm::ln;
use super::{Binary, evaluate2};

/// ln(x·2^scale) as a pair, for a positive normal x.
#[inline(always)]
pub(super) fn logarithm_pair(x: f64, scale: f64) -> (f64, f64) {
    let (mantissa, exponent) = split_exponent(x);
    let k = exponent + scale;
    let f = mantissa - 1.0;
    let (under, under_low) = fast_two_sum(2.0, f);
    let inverse = 1.0 / under;
    let s = f * inverse;
    let remainder = s.mul_add(-under_low, s.mul_add(-under, f));
    let s = fast_two_sum(s, remainder * inverse);

    let z = multiply(s, s);
    let tail = polynomial(z.0, &LOGARITHM_TAIL);
    let (product, product_low) = two_product(z.0, tail);
    let (factor, error) = fast_two_sum(TWO_THIRDS_HIGH, product);
    let factor = (factor, error + (product_low + TWO_THIRDS_LOW));
    let cubic = multiply(multiply(s, z), factor);
    let (high, error) = fast_two_sum(2.0 * s.0, cubic.0);
    let low = error + 2.0f64.mul_add(s.1, cubic.1);

    let (sum, error) = fast_two_sum(k * LN_2_HIGH, high);
    fast_two_sum(sum, error + k.mul_add(LN_2_LOW, low))
}

/// |x·2^scale| to the power of y, for a normal x and a finite y; then the sign.
#[inline(always)]
fn power(x: f64, scale: f64, y: f64) -> f64 {
    let (log, log_low) = logarithm_pair(x.abs(), scale);
    let (exponent, error) = two_product(y, log);
    let low = y.mul_add(log_low, error);
    // Beyond these the result is zero or infinity already. The product may have overflown, and
    // what it left behind is then no number.
    let outside = !(exponent.abs() <= 746.0);
    let exponent = if exponent > 746.0 { 746.0 } else { exponent };
    let exponent = if exponent < -746.0 { -746.0 } else { exponent };
    let low = if outside { 0.0 } else { low };
    let magnitude = exponential_to_the_ends(exponent, low);

    let half = 0.5 * y;
    let odd = half != half.trunc();
    let integer = y == y.trunc();
    let signed = if odd { -magnitude } else { magnitude };
    let of_negative = if integer { signed } else { f64::NAN };
    canonical(if x < 0.0 { of_negative } else { magnitude })
}

/// The logarithm of the first argument to the base of the second.
#[derive(Clone, Copy, Debug)]
pub struct LogBase;

impl Binary for LogBase {
    #[inline(always)]
    fn fast(x: f64, base: f64) -> f64 {
        let (high, low) = divide(logarithm_pair(x, 0.0), logarithm_pair(base, 0.0));
        high + low
    }

    #[inline(always)]
    fn needs_repair(x: f64, base: f64) -> bool {
        let normal = |x: f64| (x >= f64::MIN_POSITIVE) & (x <= f64::MAX);
        !(normal(x) & normal(base) & (base != 1.0))
    }

    #[inline(always)]
    fn slow(x: f64, base: f64) -> f64 {
        let finite = |x: f64| x > 0.0 && x <= f64::MAX;
        if finite(x) && finite(base) && base != 1.0 {
            // Subnormals times 2⁵⁴ are none.
            let pair = |x: f64| {
                if x < f64::MIN_POSITIVE {
                    logarithm_pair(x * 18_014_398_509_481_984.0, -54.0)
                } else {
                    logarithm_pair(x, 0.0)
                }
            };
            let (high, low) = divide(pair(x), pair(base));
            return high + low;
        }
        // Zeros, infinities, NaN, no logarithm, or the base 1: as the quotient has it.
        canonical(ln(x) / ln(base))
    }
}

/// The logarithm of `x` to a base.
#[inline(always)]
pub fn log_base(x: f64, base: f64) -> f64 {
    evaluate2::<LogBase>(x, base)
}

/// First argument to the power of the second, as IEEE 754 defines `pow`.
#[derive(Clone, Copy, Debug)]
pub struct Pow;

impl Binary for Pow {
    #[inline(always)]
    fn fast(x: f64, y: f64) -> f64 {
        power(x, 0.0, y)
    }

    #[inline(always)]
    fn needs_repair(x: f64, y: f64) -> bool {
        let size = x.abs();
        !((size >= f64::MIN_POSITIVE) & (size <= f64::MAX) & (y.abs() <= f64::MAX))
    }

    #[inline(always)]
    fn slow(x: f64, y: f64) -> f64 {
        if y == 0.0 || x == 1.0 {
            // Even of NaN.
            1.0
        } else if x.is_nan() || y.is_nan() {
            f64::NAN
        } else if y.is_infinite() {
            if x == -1.0 {
                1.0
            } else if (x.abs() > 1.0) == (y > 0.0) {
                f64::INFINITY
            } else {
                0.0
            }
        } else if x == 0.0 || x.is_infinite() {
            let grows = (x == 0.0) == (y < 0.0);
            let magnitude = if grows { f64::INFINITY } else { 0.0 };
            let odd = y == y.trunc() && 0.5 * y != (0.5 * y).trunc();
            if odd {
                magnitude.copysign(x)
            } else {
                magnitude
            }
        } else {
            power(x * 18_014_398_509_481_984.0, -54.0, y)
        }
    }
}

/// `x` to the power of `y`.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    evaluate2::<Pow>(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values() {
        let infinity = f64::INFINITY;
        for (x, y, expected) in [
            (f64::NAN, 0.0, 1.0),
            (f64::NAN, -0.0, 1.0),
            (1.0, f64::NAN, 1.0),
            (1.0, -infinity, 1.0),
            (-1.0, infinity, 1.0),
            (-1.0, -infinity, 1.0),
            (2.0, infinity, infinity),
            (2.0, -infinity, 0.0),
            (-0.5, infinity, 0.0),
            (0.5, -infinity, infinity),
            (0.0, 3.0, 0.0),
            (-0.0, 3.0, -0.0),
            (-0.0, 2.0, 0.0),
            (-0.0, 2.5, 0.0),
            (0.0, -3.0, infinity),
            (-0.0, -3.0, -infinity),
            (-0.0, -2.0, infinity),
            (0.0, infinity, 0.0),
            (0.0, -infinity, infinity),
            (infinity, 2.0, infinity),
            (infinity, -2.0, 0.0),
            (-infinity, 3.0, -infinity),
            (-infinity, 2.0, infinity),
            (-infinity, -3.0, -0.0),
            (-infinity, -2.5, 0.0),
            (-2.0, 3.0, -8.0),
            (-2.0, 4.0, 16.0),
            (-1.0, 9_007_199_254_740_991.0, -1.0),
            (-1.0, 9_007_199_254_740_992.0, 1.0),
            (-2.0, 1e308, infinity),
            (0.5, 1e308, 0.0),
            (10.0, 308.0, 1e308),
            (2.0, -1074.0, 5e-324),
            (5e-324, 1.0, 5e-324),
            (5e-324, -1.0, infinity),
            (-5e-324, 3.0, -0.0),
        ] {
            assert_eq!(pow(x, y).to_bits(), expected.to_bits(), "{x} {y}");
        }
        for (x, y) in [
            (-2.0, 0.5),
            (-5e-324, 0.5),
            (f64::NAN, 1.0),
            (2.0, -f64::NAN),
        ] {
            assert_eq!(pow(x, y).to_bits(), f64::NAN.to_bits(), "{x} {y}");
        }
    }

    #[test]
    fn logarithms_of_powers_are_exact() {
        for base in 2..=40u64 {
            let mut power = 1u64;
            for exponent in 0..=9 {
                if power < 1 << 53 {
                    assert_eq!(log_base(power as f64, base as f64), f64::from(exponent));
                }
                power = power.saturating_mul(base);
            }
        }
        let infinity = f64::INFINITY;
        for (x, base, expected) in [
            (8.0, 0.5, -3.0),
            (5e-324, 2.0, -1074.0),
            (0.0, 10.0, -infinity),
            (infinity, 10.0, infinity),
            (2.0, 1.0, infinity),
            (2.0, infinity, 0.0),
        ] {
            assert_eq!(log_base(x, base), expected, "{x} {base}");
        }
        for (x, base) in [(-1.0, 2.0), (2.0, -2.0), (1.0, 1.0), (-f64::NAN, 2.0)] {
            assert_eq!(log_base(x, base).to_bits(), f64::NAN.to_bits());
        }
    }

    #[test]
    fn small_integer_powers_are_exact() {
        for base in 1..=40u64 {
            let mut product = 1u64;
            for power in 0..=9 {
                if product < 1 << 53 {
                    assert_eq!(pow(base as f64, f64::from(power)), product as f64);
                }
                product = product.saturating_mul(base);
            }
        }
    }
}
