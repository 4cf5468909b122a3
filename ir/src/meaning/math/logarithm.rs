//! ln, log1p, log2 and log10.
//!
//! x = 2ᵏ·(1 + f) with 1 + f from √½ to √2, and with s = f/(2 + f)
//!
//! > ln(1 + f) = f − f²/2 + s·(f²/2 + s²·L(s²)),
//!
//! an identity of the series of 2·atanh(s) with a minimax L. The form is Ng's (from the
//! FDLIBM report): the quotient enters only in the third term, so its rounding hardly shows. f − f²/2 is
//! summed as a pair, which leaves the logarithm of 1 + f with a relative error near 2⁻⁵⁷.

use super::arithmetic::{fast_two_sum, polynomial, split_exponent, two_product, two_sum};
use super::coefficients::{
    LN_2_HIGH, LN_2_LOW, LOG2_E_HIGH, LOG2_E_LOW, LOG10_2_HIGH, LOG10_2_LOW, LOG10_E_HIGH,
    LOG10_E_LOW, LOGARITHM, RECIPROCAL,
};
use super::{Unary, evaluate};

/// ln(1 + f) as a pair, for 1 + f from √½ to √2.
#[inline(always)]
fn of_one_plus(f: f64) -> (f64, f64) {
    let half = 0.5 * f;
    let (square, square_low) = two_product(half, f);
    let s = f / (2.0 + f);
    let z = s * s;
    let third = s * z.mul_add(polynomial(z, &LOGARITHM), square);
    let (high, error) = fast_two_sum(f, -square);
    fast_two_sum(high, third + (error - square_low))
}

/// Whether `x` is anything but a positive normal number.
#[inline(always)]
fn not_positive_normal(x: f64) -> bool {
    !(x >= f64::MIN_POSITIVE && x <= f64::MAX)
}

/// The common part of the logarithms' slow paths: subnormals go to `scaled`, times 2⁵⁴.
#[inline(always)]
fn of_special(x: f64, scaled: impl Fn(f64) -> f64) -> f64 {
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x == f64::INFINITY {
        x
    } else if x > 0.0 {
        scaled(x * 18_014_398_509_481_984.0)
    } else {
        f64::NAN
    }
}

/// Defines a logarithm from its body over (normal argument, power of two to add).
macro_rules! logarithm {
    ($(#[$doc:meta])* $name:ident, $function:ident, $body:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Unary for $name {
            #[inline(always)]
            fn fast(x: f64) -> f64 {
                $body(x, 0.0)
            }
            #[inline(always)]
            fn needs_repair(x: f64) -> bool {
                not_positive_normal(x)
            }
            #[inline(always)]
            fn slow(x: f64) -> f64 {
                of_special(x, |scaled| $body(scaled, -54.0))
            }
        }

        $(#[$doc])*
        #[inline(always)]
        pub fn $function(x: f64) -> f64 {
            evaluate::<$name>(x)
        }
    };
}

logarithm! {
    /// Natural logarithm.
    Ln, ln, natural
}
logarithm! {
    /// Logarithm to base 2; exact for powers of two.
    Log2, log2, binary
}
logarithm! {
    /// Logarithm to base 10; exact for powers of ten.
    Log10, log10, decimal
}

#[inline(always)]
fn natural(x: f64, scale: f64) -> f64 {
    let (mantissa, exponent) = split_exponent(x);
    let k = exponent + scale;
    let (high, low) = of_one_plus(mantissa - 1.0);
    let (sum, error) = fast_two_sum(k * LN_2_HIGH, high);
    sum + (error + k.mul_add(LN_2_LOW, low))
}

#[inline(always)]
fn binary(x: f64, scale: f64) -> f64 {
    let (mantissa, exponent) = split_exponent(x);
    let (high, low) = of_one_plus(mantissa - 1.0);
    let (product, product_low) = two_product(high, LOG2_E_HIGH);
    let tail = high.mul_add(LOG2_E_LOW, low.mul_add(LOG2_E_HIGH, product_low));
    let (sum, error) = fast_two_sum(exponent + scale, product);
    sum + (error + tail)
}

#[inline(always)]
fn decimal(x: f64, scale: f64) -> f64 {
    let (mantissa, exponent) = split_exponent(x);
    let k = exponent + scale;
    let (high, low) = of_one_plus(mantissa - 1.0);
    let (product, product_low) = two_product(high, LOG10_E_HIGH);
    let tail = high.mul_add(LOG10_E_LOW, low.mul_add(LOG10_E_HIGH, product_low));
    let (sum, error) = fast_two_sum(k * LOG10_2_HIGH, product);
    sum + (error + k.mul_add(LOG10_2_LOW, tail))
}

/// The natural logarithm of 1 + x + x_low, for sums above 0 and below [`LOG1P_LIMIT`], and
/// |x_low| ≤ ulp(x).
#[inline(always)]
pub(super) fn logarithm_of_one_plus(x: f64, x_low: f64) -> f64 {
    let (sum, error) = two_sum(1.0, x);
    let (mantissa, k) = split_exponent(sum);
    let shrink = super::arithmetic::Rounded::integer(k).inverse_power_of_two();
    // 1 + x = 2ᵏ·(1 + f + f_low): for k = 0 this f is x itself.
    let (f, f_low) = two_sum(mantissa - 1.0, error * shrink);
    let f_low = x_low.mul_add(shrink, f_low);
    let (high, low) = of_one_plus(f);
    let low = f_low.mul_add(polynomial(f, &RECIPROCAL), low);
    let (sum, error) = fast_two_sum(k * LN_2_HIGH, high);
    sum + (error + k.mul_add(LN_2_LOW, low))
}

/// The natural logarithm of 2x, for a positive normal x.
#[inline(always)]
pub(super) fn logarithm_of_double(x: f64) -> f64 {
    natural(x, 1.0)
}

/// Natural logarithm of 1 + x.
#[derive(Clone, Copy, Debug)]
pub struct Log1p;

/// Where 1 + x is as good as x, and 2 to minus its exponent is still normal.
const LOG1P_LIMIT: f64 = 1e300;

impl Unary for Log1p {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        // The sums turned −0 into +0; nothing else changes sign here.
        logarithm_of_one_plus(x, 0.0).copysign(x)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !(x > -1.0 && x < LOG1P_LIMIT)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x >= LOG1P_LIMIT {
            ln(x)
        } else if x == -1.0 {
            f64::NEG_INFINITY
        } else {
            f64::NAN
        }
    }
}

/// Natural logarithm of 1 + x, accurate near zero.
#[inline(always)]
pub fn log1p(x: f64) -> f64 {
    evaluate::<Log1p>(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values() {
        for function in [ln, log2, log10] {
            assert_eq!(function(1.0).to_bits(), 0);
            assert_eq!(function(0.0), f64::NEG_INFINITY);
            assert_eq!(function(-0.0), f64::NEG_INFINITY);
            assert_eq!(function(f64::INFINITY), f64::INFINITY);
            for bad in [-1.0, -5e-324, f64::NEG_INFINITY, f64::NAN] {
                assert_eq!(function(bad).to_bits(), f64::NAN.to_bits());
            }
        }
        assert_eq!(log1p(-1.0), f64::NEG_INFINITY);
        assert_eq!(log1p(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(log1p(0.0).to_bits(), 0);
        assert_eq!(log1p(f64::INFINITY), f64::INFINITY);
        assert_eq!(log1p(-5e-324), -5e-324);
        for bad in [-1.5, f64::NEG_INFINITY, -f64::NAN] {
            assert_eq!(log1p(bad).to_bits(), f64::NAN.to_bits());
        }
    }

    #[test]
    fn powers_of_the_base_are_exact() {
        for power in -1074..=1023 {
            let x = if power < -1022 {
                f64::from_bits(1 << (power + 1074))
            } else {
                f64::from_bits(((power + 1023) as u64) << 52)
            };
            assert_eq!(log2(x), f64::from(power));
        }
        // Powers of ten up to 22 are doubles exactly.
        for (power, x) in [
            (1, 1e1),
            (2, 1e2),
            (3, 1e3),
            (7, 1e7),
            (15, 1e15),
            (22, 1e22),
        ] {
            assert_eq!(log10(x), f64::from(power));
        }
    }
}
