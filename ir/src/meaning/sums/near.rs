//! Real numbers within known bounds, to round most quotients and roots without exact arithmetic.
//!
//! A number is a pair of f64 and a bound of how far off that is; every operation adds what it may lose
//! itself. A result counts only if both ends of its interval round to the same f64: then so does the
//! real number. Otherwise whoever asked takes the exact way, so that nothing depends on this but time.
//!
//! Bounds of one operation: in a sum, two roundings of the small parts, each at most 2⁻⁵³ of what is
//! rounded. In a product, three of the small parts, and the product of the low parts, which is left
//! out. What underflows is off by far less than [`PRODUCT_FLOOR`], which products add; infinities and
//! NaN make bounds that nothing passes.

use super::error_free::{PRODUCT_FLOOR, two_product, two_sum};

/// A little more than the roundings in a bound itself may lose.
const SLACK: f64 = 1.0 + 64.0 * f64::EPSILON;

/// Results below are left to the exact way.
const SMALLEST: f64 = f64::from_bits((1023 - 500) << 52);

/// Divisors may be off by so much of themselves.
const DIVISOR: f64 = f64::from_bits((1023 - 60) << 52);

/// Some real number that differs from `hi + lo` by at most `off`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    hi: f64,
    lo: f64,
    off: f64,
}

impl Near {
    /// The sum of two numbers.
    #[inline(always)]
    pub(super) fn sum(left: f64, right: f64) -> Near {
        let (hi, lo) = two_sum(left, right);
        Near { hi, lo, off: 0.0 }
    }

    /// A whole number.
    #[inline(always)]
    pub(super) fn integer(value: i64) -> Near {
        let (high, low) = (value >> 32, value & 0xffff_ffff);
        Near::sum(high as f64 * 4_294_967_296.0, low as f64)
    }

    /// A number that differs from this one by at most `off`.
    #[inline(always)]
    pub(super) fn off_by(self, off: f64) -> Near {
        Near {
            off: (self.off + off) * SLACK,
            ..self
        }
    }

    #[inline(always)]
    pub(super) fn plus(self, other: Near) -> Near {
        let (sum, rest) = two_sum(self.hi, other.hi);
        let (hi, lo) = two_sum(sum, rest + (self.lo + other.lo));
        let small = rest.abs() + self.lo.abs() + other.lo.abs();
        Near {
            hi,
            lo,
            off: (self.off + other.off + small * f64::EPSILON) * SLACK,
        }
    }

    #[inline(always)]
    pub(super) fn minus(self, other: Near) -> Near {
        self.plus(Near {
            hi: -other.hi,
            lo: -other.lo,
            off: other.off,
        })
    }

    #[inline(always)]
    pub(super) fn times(self, other: Near) -> Near {
        let (product, rest) = two_product(self.hi, other.hi);
        let (left, right) = (self.hi * other.lo, self.lo * other.hi);
        let (hi, lo) = two_sum(product, rest + (left + right));
        let small = rest.abs() + left.abs() + right.abs();
        let inherited =
            self.hi.abs() * other.off + self.off * other.hi.abs() + self.off * other.off;
        let own = (self.lo * other.lo).abs() + small * (2.0 * f64::EPSILON);
        Near {
            hi,
            lo,
            // Twice, because the low parts count in the magnitudes as well.
            off: (inherited * SLACK + own) * SLACK + PRODUCT_FLOOR,
        }
    }

    /// The product with a number that is a power of two, which leaves nothing behind.
    #[inline(always)]
    pub(super) fn scaled(self, power: f64) -> Near {
        Near {
            hi: self.hi * power,
            lo: self.lo * power,
            off: self.off * power,
        }
    }

    /// Whether it is negative, unless it may be zero.
    #[inline(always)]
    pub(super) fn sign(self) -> Option<bool> {
        (self.hi.abs() > 2.0 * self.off).then_some(self.hi < 0.0)
    }

    /// The number, rounded once, if it is beyond doubt.
    #[inline(always)]
    pub(super) fn value(self) -> Option<f64> {
        Near::sum(1.0, 0.0).rounded(self.hi, self.lo, self.off)
    }

    /// The quotient, rounded once, if it is beyond doubt.
    #[inline(always)]
    pub(super) fn quotient(self, divisor: Near) -> Option<f64> {
        let first = self.hi / divisor.hi;
        let rest = self.minus(divisor.times(Near::sum(first, 0.0)));
        let second = rest.hi / divisor.hi;
        let off = second.abs() * (16.0 * f64::EPSILON) + 2.0 * rest.off / divisor.hi.abs();
        divisor.rounded(first, second, off)
    }

    /// The square root of the quotient of two numbers that are not negative, likewise.
    #[inline(always)]
    pub(super) fn root_of_quotient(self, divisor: Near) -> Option<f64> {
        // √(a/b) = s·√(1 + d) with d = (a − s²b) / s²b, which is s + s·d/2 but for s·d²/8.
        let first = (self.hi / divisor.hi).sqrt();
        let root = Near::sum(first, 0.0);
        let rest = self.minus(root.times(root).times(divisor));
        let slope = 2.0 * first * divisor.hi;
        if !slope.is_finite() {
            return None;
        }
        let second = rest.hi / slope;
        let off = second.abs() * (16.0 * f64::EPSILON)
            + second * second / first
            + 2.0 * rest.off / slope.abs();
        divisor.rounded(first, second, off)
    }

    /// The sum of a result and its correction, which is off by so much, if both ends round alike and
    /// this divisor is known well enough.
    #[inline(always)]
    fn rounded(self, first: f64, second: f64, off: f64) -> Option<f64> {
        let (below, above) = (first + (second - off), first + (second + off));
        let sound =
            self.off <= self.hi.abs() * DIVISOR && second.abs() <= first.abs() * DIVISOR.sqrt();
        (sound && below == above && below.is_finite() && below.abs() >= SMALLEST).then_some(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::sums::CoMoments;
    use crate::meaning::sums::dyadic::Dyadic;
    use crate::meaning::sums::ratio::{round_ratio, round_root_of_ratio};

    fn exact(number: Near) -> Dyadic {
        Dyadic::sum(&[number.hi, number.lo])
    }

    fn check_holds(number: Near, real: &Dyadic) {
        let difference = exact(number).minus(real);
        let off = Dyadic::from_f64(number.off);
        assert!(difference.compare_magnitude(&off).is_le(), "{number:?}");
    }

    #[test]
    fn the_real_number_is_within_the_bounds_and_results_are_those_of_exact_arithmetic() {
        let mut state = 7u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 11
        };
        let mut number = move || {
            let magnitude = next() as f64 * 2f64.powi((next() % 80) as i32 - 90);
            let low = next() as f64 * magnitude * 2f64.powi(-107);
            let sign = if next() % 2 == 0 { 1.0 } else { -1.0 };
            Near::sum(sign * magnitude, low)
        };
        let mut decided = 0;
        for round in 0..3000 {
            let (a, b, c) = (number(), number(), number());
            let c = if round % 3 == 0 { a.minus(c) } else { c };
            let (real_a, real_b) = (exact(a), exact(b));
            let real_c = exact(c);
            let ab = a.times(b);
            let real_ab = real_a.times(&real_b);
            check_holds(ab, &real_ab);
            let c = Near { off: 0.0, ..c };
            let above = ab.plus(c.scaled(0.25));
            let quarter = Dyadic::from_f64(0.25);
            let real_above = real_ab.plus(&real_c.times(&quarter));
            if let Some(found) = above.value() {
                assert_eq!(found, real_above.round_quotient(&[1]));
            }
            check_holds(above, &real_above);
            let (above, below) = (above.times(above), b.times(b));
            let (real_above, real_below) = (real_above.times(&real_above), real_b.times(&real_b));
            check_holds(above, &real_above);
            if let Some(found) = above.quotient(below) {
                assert_eq!(found, round_ratio(&real_above, &real_below));
                decided += 1;
            }
            if let Some(found) = above.root_of_quotient(below) {
                assert_eq!(found, round_root_of_ratio(&real_above, &real_below));
                decided += 1;
            }
        }
        assert!(decided > 5000, "{decided} of 6000");
    }

    #[test]
    fn what_is_in_doubt_is_declined() {
        let number = |value: f64| Near::sum(value, 0.0);
        assert_eq!(number(1.0).quotient(number(3.0)), Some(1.0 / 3.0));
        assert_eq!(number(2.0).root_of_quotient(number(1.0)), Some(2f64.sqrt()));
        // Half way between two numbers.
        let tie = Near::sum(9_007_199_254_740_992.0, 1.0);
        assert_eq!(tie.quotient(number(1.0)), None);
        assert_eq!(number(1.0).quotient(number(0.0)), None);
        assert_eq!(number(0.0).quotient(number(1.0)), None);
        assert_eq!(
            number(f64::MAX).times(number(8.0)).quotient(number(1.0)),
            None
        );
        assert_eq!(number(f64::NAN).root_of_quotient(number(1.0)), None);
        assert_eq!(number(1e-200).times(number(1e-200)).sign(), None);
        assert_eq!(number(-1.0).sign(), Some(true));
        assert_eq!(number(1.0).off_by(1e-10).quotient(number(3.0)), None);
        for value in [0, -1, i64::MIN, i64::MAX, 1 << 40, -(1 << 33) + 5] {
            let real = Dyadic::from_i128(value.into());
            assert_eq!(exact(Near::integer(value)), real);
        }
    }

    /// By mpmath: as of the same numbers without their powers.
    #[test]
    fn correlations_of_large_numbers() {
        let pairs = [
            (
                [3.0, 12.0, 40.0],
                251,
                [13.0, 8.0, 16.0],
                252,
                0.6197883029095583,
            ),
            (
                [6.0, 35.0, 11.0],
                250,
                [39.0, 5.0, 14.0],
                251,
                -0.8098385651129067,
            ),
        ];
        for (x, power_x, y, power_y, expected) in pairs {
            for (power_x, power_y) in [(power_x, power_y), (0, 0)] {
                let mut moments = CoMoments::new();
                for (x, y) in x.iter().zip(y) {
                    moments.add(x * 2f64.powi(power_x), y * 2f64.powi(power_y));
                }
                assert_eq!(moments.correlation(), Some(expected));
            }
        }
    }
}
