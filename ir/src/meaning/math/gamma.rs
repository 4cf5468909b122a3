//! gamma and ln_gamma.
//!
//! From 1 to 2, ln Γ(1+f) = f·(f−1)·R(f−½), where R has neither zeros nor poles; its value in the middle
//! is kept as a pair, so that R is right to some 2⁻⁵⁵. Up to 24, Γ(x+1) = x·Γ(x) leads there; the
//! product of the factors is a pair, so that factorials are exact. From 24 on Stirling's series takes
//! six terms, and the logarithm is the one of `power.rs`.
//!
//! All else is rare, and has its loops and branches in the slow paths: from 0 to 1 and below 0 the
//! recurrence is followed upwards, and below −24 ln|Γ| is found by Γ(x)·Γ(−x) = −π / (x·sin πx).

use super::arithmetic::{
    canonical, divide, fast_two_sum, multiply, polynomial, two_product, two_sum,
};
use super::coefficients::{
    GAMMA_MIDDLE_HIGH, GAMMA_MIDDLE_LOW, GAMMA_QUOTIENT, HALF_LN_TWO_PI_HIGH, HALF_LN_TWO_PI_LOW,
    LN_PI_HIGH, LN_PI_LOW, STIRLING,
};
use super::exponential::{exponential_near_zero_less_one, exponential_to_the_ends};
use super::logarithm::ln;
use super::power::logarithm_pair;
use super::trigonometric::sin;
use super::{Unary, evaluate};

type Pair = (f64, f64);

/// From here on Stirling's series is right.
const LARGE: f64 = 24.0;

/// Beyond this the result overflows.
const GAMMA_END: f64 = 171.7;
const LN_GAMMA_END: f64 = 2.5599833278516383e305;

/// Γ is zero below this, rounded.
const GAMMA_VANISHES: f64 = -190.0;

/// ln Γ(1+f) for f from 0 to 1, from f and f − 1.
#[inline(always)]
fn between_one_and_two(f: Pair, less_one: Pair) -> Pair {
    let u = f.0 - 0.5;
    let (high, error) = fast_two_sum(GAMMA_MIDDLE_HIGH, u * polynomial(u, &GAMMA_QUOTIENT));
    multiply(multiply(f, less_one), (high, error + GAMMA_MIDDLE_LOW))
}

/// e to the power of a pair from −0.13 to 0.
#[inline(always)]
fn exponential(x: Pair) -> Pair {
    let (high, low) = exponential_near_zero_less_one(x.0);
    let (one, error) = fast_two_sum(1.0, high);
    fast_two_sum(one, error + (low + x.1))
}

/// For x from 1 to 24: the product of x − 1, x − 2, … down to the last that is at least 1, and what is
/// then ln Γ of the factor after.
#[inline(always)]
fn taken_down(x: f64) -> (Pair, Pair) {
    let mut rest = x;
    let mut product: Pair = (1.0, 0.0);
    for _ in 0..22 {
        let more = rest >= 2.0;
        let next = rest - 1.0;
        let factor = if more { next } else { 1.0 };
        let (high, error) = two_product(product.0, factor);
        product = fast_two_sum(high, product.1.mul_add(factor, error));
        rest = if more { next } else { rest };
    }
    let f = rest - 1.0;
    (product, between_one_and_two((f, 0.0), (f - 1.0, 0.0)))
}

/// ln Γ(x) by Stirling's series, for x from 24 on.
#[inline(always)]
fn stirling(x: f64) -> Pair {
    let (log, log_low) = logarithm_pair(x, 0.0);
    // x·(ln x − 1) − ½·ln x + ½·ln 2π + S(1/x²)/x
    let (less, error) = fast_two_sum(log, -1.0);
    let (product, product_low) = two_product(x, less);
    let low = x.mul_add(error + log_low, product_low);
    let (sum, error) = fast_two_sum(product, -0.5 * log);
    let low = low + (error - 0.5 * log_low);
    let (sum, error) = fast_two_sum(sum, HALF_LN_TWO_PI_HIGH);
    let inverse = 1.0 / x;
    let series = inverse * polynomial(inverse * inverse, &STIRLING);
    fast_two_sum(sum, low + (error + (HALF_LN_TWO_PI_LOW + series)))
}

/// Sum of two pairs, rounded.
#[inline(always)]
fn sum(a: Pair, b: Pair) -> f64 {
    let (high, error) = two_sum(a.0, b.0);
    high + (error + (a.1 + b.1))
}

/// The logarithm of a positive pair.
#[inline(always)]
fn logarithm(x: Pair) -> Pair {
    let (high, low) = logarithm_pair(x.0, 0.0);
    (high, low + x.1 / x.0)
}

/// The gamma function.
#[derive(Clone, Copy, Debug)]
pub struct Gamma;

impl Unary for Gamma {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let (product, log) = taken_down(x);
        let (high, low) = multiply(product, exponential(log));
        let (exponent, exponent_low) = stirling(x);
        let large = exponential_to_the_ends(exponent, exponent_low);
        if x < LARGE { high + low } else { large }
    }

    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !((x >= 1.0) & (x <= GAMMA_END))
    }

    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x == 0.0 {
            f64::INFINITY.copysign(x)
        } else if x > 1.0 {
            f64::INFINITY
        } else if x > 0.0 {
            let one = exponential(between_one_and_two((x, 0.0), two_sum(x, -1.0)));
            quotient(one, (x, 0.0))
        } else if x.is_nan() || x == x.floor() {
            f64::NAN
        } else {
            below_zero(x)
        }
    }
}

/// A quotient rounded; of what is too large, infinite.
#[inline(always)]
fn quotient(a: Pair, b: Pair) -> f64 {
    let (high, low) = divide(a, b);
    if high.is_finite() { high + low } else { high }
}

/// Γ of a negative number that is no integer: Γ(1+f) / (x·(x+1)···f).
fn below_zero(x: f64) -> f64 {
    // Small results are kept large until the end.
    const SCALE: f64 = 1.3407807929942597e154;
    let steps = -x.floor();
    if x < GAMMA_VANISHES {
        let odd = 0.5 * steps != (0.5 * steps).floor();
        return if odd { -0.0 } else { 0.0 };
    }
    let f = two_sum(x, steps);
    let (one, one_low) = exponential(between_one_and_two(f, two_sum(x, steps - 1.0)));
    if x > -LARGE {
        return quotient((one, one_low), product_up(x, 0.0, steps));
    }
    let mut result = (one * SCALE, one_low * SCALE);
    let mut from = 0.0;
    while from <= steps {
        let to = if from + 19.0 < steps {
            from + 19.0
        } else {
            steps
        };
        result = divide(result, product_up(x, from, to));
        result = fast_two_sum(result.0, result.1);
        from = to + 1.0;
    }
    (result.0 + result.1) / SCALE
}

/// The product of x + j for j from one whole number to another.
fn product_up(x: f64, from: f64, to: f64) -> Pair {
    let mut product = (1.0, 0.0);
    let mut step = from;
    while step <= to {
        product = multiply(product, two_sum(x, step));
        step += 1.0;
    }
    product
}

/// The gamma function.
#[inline(always)]
pub fn gamma(x: f64) -> f64 {
    evaluate::<Gamma>(x)
}

/// The natural logarithm of the gamma function's magnitude.
#[derive(Clone, Copy, Debug)]
pub struct LnGamma;

impl Unary for LnGamma {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        let (product, log) = taken_down(x);
        let small = sum(logarithm(product), log);
        let (high, low) = stirling(x);
        if x < LARGE { small } else { high + low }
    }

    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        !((x >= 1.0) & (x <= LN_GAMMA_END))
    }

    #[inline(always)]
    fn slow(x: f64) -> f64 {
        let size = x.abs();
        if size > LN_GAMMA_END || x < 0.0 && x == x.floor() {
            f64::INFINITY
        } else if x.is_nan() {
            f64::NAN
        } else if size < 1e-20 {
            // ln Γ(x) = −ln x − γ·x + …
            -ln(size)
        } else if x > 0.0 {
            let (log, log_low) = logarithm_pair(x, 0.0);
            let above = between_one_and_two((x, 0.0), two_sum(x, -1.0));
            sum(above, (-log, -log_low))
        } else if x > -LARGE {
            let steps = -x.floor();
            let above = between_one_and_two(two_sum(x, steps), two_sum(x, steps - 1.0));
            let (high, low) = product_up(x, 0.0, steps);
            let sign = if high < 0.0 { -1.0 } else { 1.0 };
            let (log, log_low) = logarithm((sign * high, sign * low));
            sum(above, (-log, -log_low))
        } else {
            let f = x - x.floor();
            let near = if f > 0.5 { 1.0 - f } else { f };
            let log = ln(size) + ln(sin(std::f64::consts::PI * near));
            let (high, low) = stirling(size);
            canonical(sum((LN_PI_HIGH - log, LN_PI_LOW), (-high, -low)))
        }
    }
}

/// The natural logarithm of the gamma function's magnitude.
#[inline(always)]
pub fn ln_gamma(x: f64) -> f64 {
    evaluate::<LnGamma>(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factorials_are_exact() {
        let mut factorial = 1u128;
        for n in 1..=24u32 {
            assert_eq!(gamma(f64::from(n)), factorial as f64, "{n}");
            factorial *= u128::from(n);
        }
        assert_eq!(ln_gamma(1.0), 0.0);
        assert_eq!(ln_gamma(2.0), 0.0);
    }

    #[test]
    fn special_values() {
        let infinity = f64::INFINITY;
        for (x, expected) in [
            (0.0, infinity),
            (-0.0, -infinity),
            (5e-324, infinity),
            (-5e-324, -infinity),
            (infinity, infinity),
            (171.7, infinity),
            (172.0, infinity),
            (-200.5, -0.0),
            (-201.5, 0.0),
            (0.5, 1.772453850905516),
            (-0.5, -3.544907701811032),
            (-1.5, 2.363271801207355),
        ] {
            assert_eq!(gamma(x).to_bits(), f64::to_bits(expected), "{x}");
        }
        for x in [-1.0, -2.0, -1e17, -infinity, -f64::NAN] {
            assert_eq!(gamma(x).to_bits(), f64::NAN.to_bits(), "{x}");
        }
        for (x, expected) in [
            (0.0, infinity),
            (-0.0, infinity),
            (-1.0, infinity),
            (-1e300, infinity),
            (infinity, infinity),
            (-infinity, infinity),
            (2.6e305, infinity),
            (-0.5, 1.2655121234846454),
            (5e-324, 744.4400719213812),
        ] {
            assert_eq!(ln_gamma(x), expected, "{x}");
        }
        assert_eq!(ln_gamma(-f64::NAN).to_bits(), f64::NAN.to_bits());
    }

    /// By mpmath, next to zeros of ln |Γ| on the negative side: there the error is one of the
    /// logarithms' magnitude, not of the result's.
    #[test]
    fn near_the_zeros_below_zero() {
        for (x, expected) in [
            (-2.457024738220801, -6.168712140884665e-16),
            (-2.747682646727413, 1.0234931857070284e-15),
            (-3.955294284858598, -4.14382750757705e-16),
        ] {
            assert!(
                (ln_gamma(x) - expected).abs() < 1e-17,
                "{x}: {:e}",
                ln_gamma(x)
            );
        }
    }
}
