//! Points between two numbers, exact and rounded once.

use super::{dyadic::Dyadic, near::Near};

/// 2⁻¹⁰⁰⁰: halves of numbers above are exact.
const SMALLEST: f64 = f64::from_bits(23 << 52);

/// A number of any of the language's number types.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Number {
    /// An integer.
    Integer(i128),
    /// A float, an f32 widened.
    Float(f64),
}

impl Number {
    /// The nearest f64.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Integer(integer) => integer as f64,
            Number::Float(float) => float,
        }
    }

    /// Whether [`Number::to_f64`] rounds nothing.
    #[inline]
    fn is_exact(self) -> bool {
        match self {
            Number::Integer(integer) => integer.unsigned_abs() <= 1 << 53,
            Number::Float(_) => true,
        }
    }

    fn to_dyadic(self) -> Dyadic {
        match self {
            Number::Integer(integer) => Dyadic::from_i128(integer),
            Number::Float(float) => Dyadic::from_f64(float),
        }
    }
}

/// `(1 − fraction) · low + fraction · high` for a fraction from 0 to below 1, exact and rounded once.
///
/// A fraction of 0 gives `low`, whatever `high` is. Else a NaN, or infinities of both signs, give NaN,
/// an infinity itself; and two floats that are the same give that.
///
/// ```
/// use icosian_ir::meaning::sums::{Number, between};
/// let middle = |low, high| between(Number::Integer(low), Number::Integer(high), 0.5);
/// assert_eq!(middle(i128::from(i64::MAX) - 2, i64::MAX.into()), 9223372036854775807.0);
/// ```
#[must_use]
pub fn between(low: Number, high: Number, fraction: f64) -> f64 {
    let (from, to) = (low.to_f64(), high.to_f64());
    if fraction == 0.0 || low == high && from.to_bits() == to.to_bits() {
        return from;
    }
    if !(from.is_finite() && to.is_finite()) {
        // Of a finite number and an infinity, the infinity; of two of one sign, that; else NaN.
        return from + to;
    }
    if low.is_exact() && high.is_exact() {
        // Half of a sum that was rounded once, unless that is rounded, too.
        let sum = from + to;
        if fraction == 0.5 && sum.is_finite() && sum.abs() > SMALLEST {
            return sum * 0.5;
        }
        let way = Near::sum(to, -from).times(Near::sum(fraction, 0.0));
        if let Some(value) = Near::sum(from, 0.0).plus(way).value() {
            return value;
        }
    }
    exactly_between(low, high, fraction)
}

#[cold]
fn exactly_between(low: Number, high: Number, fraction: f64) -> f64 {
    let step = high.to_dyadic().minus(&low.to_dyadic());
    let way = step.times(&Dyadic::from_f64(fraction));
    low.to_dyadic().plus(&way).round_quotient(&[1])
}

/// What lies `part` of `of` equal steps (at least one) from `low` to `high`, exact and rounded once.
/// What is not finite is as in [`between`].
///
/// ```
/// use icosian_ir::meaning::sums::{Number, steps_between};
/// assert_eq!(steps_between(Number::Integer(1), Number::Integer(2), 2, 3), 5.0 / 3.0);
/// ```
#[must_use]
pub fn steps_between(low: Number, high: Number, part: u64, of: u64) -> f64 {
    let (from, to) = (low.to_f64(), high.to_f64());
    if part == 0 || low == high && from.to_bits() == to.to_bits() {
        return from;
    }
    if !(from.is_finite() && to.is_finite()) {
        return from + to;
    }
    let low = low
        .to_dyadic()
        .times(&Dyadic::from_u64(of.saturating_sub(part)));
    let high = high.to_dyadic().times(&Dyadic::from_u64(part));
    low.plus(&high).round_quotient(&[of.max(1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_rounded_once() {
        let of = |low, high, part| steps_between(Number::Float(low), Number::Float(high), part, 3);
        assert_eq!(of(0.1, 0.1, 1), 0.1);
        assert_eq!(of(1.0, 2.0, 1), 4.0 / 3.0);
        assert_eq!(of(-f64::MAX, f64::MAX, 2), f64::MAX / 3.0);
        assert_eq!(of(f64::INFINITY, 1.0, 2), f64::INFINITY);
        assert!(of(f64::NAN, 1.0, 2).is_nan());
    }

    #[test]
    fn between_floats() {
        let of = |low, high, fraction| between(Number::Float(low), Number::Float(high), fraction);
        assert_eq!(of(1.0, 2.0, 0.25), 1.25);
        assert_eq!(of(f64::MAX, f64::MAX, 0.5), f64::MAX);
        assert_eq!(of(-f64::MAX, f64::MAX, 0.5).to_bits(), 0);
        assert_eq!(of(-0.0, -0.0, 0.5).to_bits(), (-0.0f64).to_bits());
        assert_eq!(of(-0.0, 0.0, 0.0).to_bits(), (-0.0f64).to_bits());
        let infinity = f64::INFINITY;
        assert_eq!(of(-infinity, 0.0, 0.25), -infinity);
        assert_eq!(of(1.0, infinity, 0.0), 1.0);
        assert_eq!(of(infinity, infinity, 0.5), infinity);
        assert!(of(-infinity, infinity, 0.5).is_nan());
        assert!(of(1.0, f64::NAN, 0.5).is_nan());
        assert_eq!(of(1.0, f64::NAN, 0.0), 1.0);
    }

    #[test]
    fn quick_ways_are_exact() {
        let mut state = 3u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 11
        };
        for round in 0..3000 {
            let mut number = || {
                let sign = if next() % 2 == 0 { 1.0 } else { -1.0 };
                sign * next() as f64 * 2f64.powi((next() % 12) as i32 - 53)
            };
            let (low, high) = (Number::Float(number()), Number::Float(number()));
            let fraction = [0.5, 0.25, 0.1, 0.9, 0.7][round % 5];
            let exact = exactly_between(low, high, fraction);
            assert_eq!(between(low, high, fraction).to_bits(), exact.to_bits());
        }
        let edges = [
            5e-324,
            -5e-324,
            1e-310,
            3e-308,
            f64::MAX,
            f64::MIN,
            0.0,
            -0.0,
            1.0,
        ];
        for low in edges {
            for high in edges {
                let (low, high) = (Number::Float(low), Number::Float(high));
                if low == high {
                    continue;
                }
                for fraction in [0.5, 0.3] {
                    let exact = exactly_between(low, high, fraction);
                    assert_eq!(between(low, high, fraction).to_bits(), exact.to_bits());
                }
            }
        }
    }
}
