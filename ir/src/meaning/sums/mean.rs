//! The mean of an exact pair: `(hi + lo) / n`, the exact quotient, rounded once.
//!
//! The usual case takes a dozen operations and no division. With `s + r = hi + lo` (TwoSum),
//! `i = RN(1/n)` and `q = RN(s·i)`:
//!
//! * `q` is within 2 units in the last place of `s/n`, so `s − n·q` is a multiple of `ulp(q)` below
//!   `2n·ulp(q)`, hence representable, and the fused multiply-add gives it exactly.
//! * The quotient is `q + d` with `d = ((s − n·q) + r) / n`. The computed `c` suffers three
//!   roundings (the addition, `i`, the product), so `d` lies between `c·(1 − 2⁻⁵⁰)` and
//!   `c·(1 + 2⁻⁵⁰)`. (Should `c` be subnormal, `d` is far below `ulp(q)/4` and both ends give `q`.)
//! * Rounding is monotonic. If both ends of that interval, added to `q` with one rounding, give the
//!   same number, it is the answer.
//! * Otherwise the ends give neighbours `a < b`, and the sign of `s + r − n·(a + b)/2` decides; zero
//!   is a tie. `s − n·a` and `n·(b − a)/2` are multiples of `(b − a)/2` below `2⁵³·(b − a)/2` and so
//!   exact; adding `r` last rounds, but a rounded sum has the exact sum's sign.
//!
//! All this holds for `n` below 2⁴⁰ and `s` away from the ends of the exponent range; for others
//! the caller divides integers.

use super::error_free::two_sum;

/// A count to divide by, with what can be prepared once for many divisions by it.
#[derive(Clone, Copy, Debug)]
pub struct MeanDivisor {
    count: f64,
    inverse: f64,
}

const LARGEST_COUNT: u64 = 1 << 40;
const SMALLEST_SUM: f64 = f64::from_bits((1023 - 800) << 52);
const LARGEST_SUM: f64 = f64::from_bits((1023 + 1000) << 52);
const BELOW_ONE: f64 = 1.0 - 4.0 * f64::EPSILON;
const ABOVE_ONE: f64 = 1.0 + 4.0 * f64::EPSILON;

impl MeanDivisor {
    /// Prepares division by `count`. A count of zero, or above 2⁴⁰, is allowed and makes every
    /// [`mean`](Self::mean) `None`.
    #[inline(always)]
    #[must_use]
    pub fn new(count: u64) -> Self {
        let usable = count != 0 && count < LARGEST_COUNT;
        let count = if usable { count as f64 } else { f64::NAN };
        Self {
            count,
            inverse: 1.0 / count,
        }
    }

    /// The exact `(hi + lo) / count`, rounded once; `None` where the fast proof does not reach and
    /// the exact quotient must be formed ([`ExactSum::mean`](super::ExactSum::mean)).
    #[inline(always)]
    #[must_use]
    pub fn mean(self, hi: f64, lo: f64) -> Option<f64> {
        let (sum, rest, one, other) = self.neighbours(hi, lo);
        let size = sum.abs();
        // An unusable count made everything NaN, which equals nothing.
        if one == other && (size == 0.0 || (SMALLEST_SUM..LARGEST_SUM).contains(&size)) {
            return Some(one);
        }
        self.mean_close_to_a_tie(sum, rest, one, other)
    }

    /// [`mean`](Self::mean) for many sums, each zero or of a size between 2⁻⁸⁰⁰ and 2¹⁰⁰⁰.
    #[inline(always)]
    pub(super) fn means<const N: usize>(self, hi: &[f64; N], lo: &[f64; N]) -> [f64; N] {
        let mut means = [0.0; N];
        let mut doubt = 0;
        for lane in 0..N {
            let (_, _, one, other) = self.neighbours(hi[lane], lo[lane]);
            means[lane] = one;
            doubt |= one.to_bits() ^ other.to_bits();
        }
        if doubt != 0 {
            for lane in 0..N {
                let (sum, rest, one, other) = self.neighbours(hi[lane], lo[lane]);
                means[lane] = self.beside_middle(sum, rest, one, other);
            }
        }
        means
    }

    /// [`means`](Self::means) with a count for each, which is not 0.
    #[inline(always)]
    pub(super) fn means_of<const N: usize>(
        hi: &[f64; N],
        lo: &[f64; N],
        counts: &[u32; N],
    ) -> [f64; N] {
        let mut means = [0.0; N];
        let mut doubt = 0;
        for lane in 0..N {
            let divisor = MeanDivisor::of(counts[lane]);
            let (_, _, one, other) = divisor.neighbours(hi[lane], lo[lane]);
            means[lane] = one;
            doubt |= one.to_bits() ^ other.to_bits();
        }
        if doubt != 0 {
            for lane in 0..N {
                let divisor = MeanDivisor::of(counts[lane]);
                let (sum, rest, one, other) = divisor.neighbours(hi[lane], lo[lane]);
                means[lane] = divisor.beside_middle(sum, rest, one, other);
            }
        }
        means
    }

    /// As [`new`](Self::new), of a count above 0.
    #[inline(always)]
    fn of(count: u32) -> MeanDivisor {
        let count = f64::from(count);
        MeanDivisor {
            count,
            inverse: 1.0 / count,
        }
    }

    /// The sum as a pair, and both ends of the interval that its mean lies in, rounded.
    #[inline(always)]
    fn neighbours(self, hi: f64, lo: f64) -> (f64, f64, f64, f64) {
        let (sum, rest) = two_sum(hi, lo);
        let quotient = sum * self.inverse;
        let correction = ((-quotient).mul_add(self.count, sum) + rest) * self.inverse;
        let one = correction.mul_add(BELOW_ONE, quotient);
        let other = correction.mul_add(ABOVE_ONE, quotient);
        (sum, rest, one, other)
    }

    #[cold]
    #[inline(never)]
    fn mean_close_to_a_tie(self, sum: f64, rest: f64, one: f64, other: f64) -> Option<f64> {
        if self.count.is_nan() || !(SMALLEST_SUM..LARGEST_SUM).contains(&sum.abs()) {
            return None;
        }
        Some(self.beside_middle(sum, rest, one, other))
    }

    /// Of two neighbours, or one number twice, the one that `(sum + rest) / count` is nearer to; the
    /// even one from the middle.
    #[inline(always)]
    fn beside_middle(self, sum: f64, rest: f64, one: f64, other: f64) -> f64 {
        let below = if one < other { one } else { other };
        let above = if one < other { other } else { one };
        let half_gap = (above - below) * 0.5;
        let beyond_middle = ((-below).mul_add(self.count, sum) - half_gap * self.count) + rest;
        let odd = below.to_bits() & 1 == 1;
        let take_above = (beyond_middle > 0.0) | ((beyond_middle == 0.0) & odd);
        if take_above { above } else { below }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_even() {
        let two = MeanDivisor::new(2);
        // (1 + (1 + ε)) / 2 lies between 1, which is even, and 1 + ε.
        assert_eq!(two.mean(2.0, f64::EPSILON), Some(1.0));
        assert_eq!(
            two.mean(2.0, 3.0 * f64::EPSILON),
            Some(1.0 + 2.0 * f64::EPSILON)
        );
        assert_eq!(
            two.mean(-2.0, -3.0 * f64::EPSILON),
            Some(-1.0 - 2.0 * f64::EPSILON)
        );
        // A hair beyond the tie.
        assert_eq!(
            MeanDivisor::new(1).mean(1.0 + f64::EPSILON, 0.0),
            Some(1.0 + f64::EPSILON)
        );
        let six = MeanDivisor::new(6);
        assert_eq!(six.mean(6.0, 3.0 * f64::EPSILON), Some(1.0));
        assert_eq!(
            six.mean(6.0, 3.0 * f64::EPSILON + 1e-30),
            Some(1.0 + f64::EPSILON)
        );
    }

    #[test]
    fn declines_what_it_cannot_prove() {
        assert_eq!(MeanDivisor::new(0).mean(1.0, 0.0), None);
        assert_eq!(MeanDivisor::new(u64::MAX).mean(1.0, 0.0), None);
        assert_eq!(MeanDivisor::new(3).mean(5e-324, 0.0), None);
        assert_eq!(MeanDivisor::new(3).mean(f64::MAX, f64::MAX), None);
        assert_eq!(MeanDivisor::new(3).mean(0.0, 0.0), Some(0.0));
    }
}
