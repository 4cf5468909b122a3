//! Block loops over independent pairs: the part of a sum that wants vector registers.
//!
//! A pair takes one addend after the other, so a single one would wait for itself. `N` pairs side by
//! side fill the vectors and hide the waiting; which addend goes to which pair cannot show in an
//! exact sum. The bodies are generic and always inlined, so that a caller compiled for a CPU level
//! gets loops for that level: 8 lanes suit 128- and 256-bit registers, 16 lanes 512-bit ones.
//!
//! The second TwoSum is needed only to see whether something is left over. `lo + e` is exact just
//! when `(lo + e) − lo` is `e` and `(lo + e) − e` is `lo`, because the difference with the larger of
//! the two is exact (Dekker 1971). Comparing bits, and only up to the sign (`−0.0` against `0.0`; the
//! difference cannot have the opposite sign of what was added), takes half the floating-point
//! operations. NaN compares equal this way, but stays in the pair, which is looked at in the end.

use super::error_free::{PRODUCT_FLOOR, two_product, two_sum};

/// `N` pairs `(hi, lo)`, summed side by side.
#[derive(Clone, Copy, Debug)]
pub struct SumLanes<const N: usize> {
    hi: [f64; N],
    lo: [f64; N],
}

impl<const N: usize> Default for SumLanes<N> {
    fn default() -> Self {
        Self {
            hi: [0.0; N],
            lo: [0.0; N],
        }
    }
}

/// What was left over so far, one word per lane; anything but the sign bit counts.
pub(super) type Left<const N: usize> = [u64; N];

impl<const N: usize> SumLanes<N> {
    /// The pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.hi.into_iter().zip(self.lo)
    }

    /// The one pair with the sum of all, if nothing is left over on the way to it: half of the pairs are
    /// added to the others, again and again, so that few steps wait for one another.
    #[inline(always)]
    pub(super) fn together(&self) -> Option<(f64, f64)> {
        const { assert!(N <= 16, "more lanes take another step") };
        let mut all = SumLanes::<16>::default();
        all.hi[..N].copy_from_slice(&self.hi);
        all.lo[..N].copy_from_slice(&self.lo);
        let mut exact = true;
        let eight = if N > 8 {
            all.halved::<8>(&mut exact)
        } else {
            SumLanes {
                hi: std::array::from_fn(|lane| all.hi[lane]),
                lo: std::array::from_fn(|lane| all.lo[lane]),
            }
        };
        let four = eight.halved::<4>(&mut exact);
        let two = four.halved::<2>(&mut exact);
        let one = two.halved::<1>(&mut exact);
        (exact && one.all_finite()).then_some((one.hi[0], one.lo[0]))
    }

    /// Half as many pairs with the same sum, unless something is left over, which is told.
    #[inline(always)]
    fn halved<const HALF: usize>(&self, exact: &mut bool) -> SumLanes<HALF> {
        const { assert!(2 * HALF == N, "half of them") };
        let half = |parts: &[f64; N], first: usize| std::array::from_fn(|lane| parts[first + lane]);
        let mut sums = SumLanes::<HALF> {
            hi: half(&self.hi, 0),
            lo: half(&self.lo, 0),
        };
        let mut left = [0; HALF];
        sums.step(&half(&self.hi, HALF), &mut left);
        sums.step(&half(&self.lo, HALF), &mut left);
        *exact &= nothing_left(&left);
        sums
    }

    #[inline(always)]
    pub(super) fn step(&mut self, addends: &[f64; N], left: &mut Left<N>) {
        step_lanes(&mut self.hi, &mut self.lo, addends, left);
    }

    #[inline(always)]
    pub(super) fn all_finite(&self) -> bool {
        self.hi
            .iter()
            .chain(&self.lo)
            .fold(true, |finite, part| finite & part.is_finite())
    }
}

/// Adds to each pair, given as `hi` and `lo`, an addend. What is left over shows in `left`, but for its
/// sign bits; a NaN, and with it every overflow, only in `lo`.
#[inline(always)]
pub fn step_lanes<const N: usize>(
    hi: &mut [f64; N],
    lo: &mut [f64; N],
    addends: &[f64; N],
    left: &mut [u64; N],
) {
    for lane in 0..N {
        let (sum, error) = two_sum(hi[lane], addends[lane]);
        let errors = lo[lane] + error;
        let by_lo = (errors - lo[lane]).to_bits() ^ error.to_bits();
        let by_error = (errors - error).to_bits() ^ lo[lane].to_bits();
        left[lane] |= by_lo | by_error;
        hi[lane] = sum;
        lo[lane] = errors;
    }
}

#[inline(always)]
pub(super) fn nothing_left<const N: usize>(left: &Left<N>) -> bool {
    left.iter().fold(0, |all, &word| all | word) << 1 == 0
}

/// Calls `visit` with `N` values at a time; behind the end, and where `validity` has a zero bit,
/// they are zero. `validity(i)` is the word with the bits of rows `64·i..64·i + 64`.
#[inline(always)]
fn for_each_chunk<const N: usize>(
    values: &[f64],
    validity: Option<impl Fn(usize) -> u64>,
    mut visit: impl FnMut(&[f64; N]),
) {
    const {
        assert!(
            N > 0 && 64 % N == 0,
            "a chunk must lie within one validity word"
        )
    };
    let masked = |chunk: &[f64; N], row: usize| -> [f64; N] {
        let Some(validity) = &validity else {
            return *chunk;
        };
        let bits = validity(row / 64) >> (row % 64);
        let mut kept = [0.0; N];
        for lane in 0..N {
            let mask = 0u64.wrapping_sub(bits >> lane & 1);
            kept[lane] = f64::from_bits(chunk[lane].to_bits() & mask);
        }
        kept
    };
    let (chunks, tail) = values.as_chunks::<N>();
    for (index, chunk) in chunks.iter().enumerate() {
        visit(&masked(chunk, index * N));
    }
    if !tail.is_empty() {
        let mut padded = [0.0; N];
        padded[..tail.len()].copy_from_slice(tail);
        visit(&masked(&padded, chunks.len() * N));
    }
}

/// No validity: every row counts.
pub(super) const ALL_VALID: Option<fn(usize) -> u64> = None;

/// Adds the values whose validity bit is set (all, without validity). `false` means that something
/// was left over: then the lanes are worthless, and the block must be summed another way, starting
/// from the lanes as they were before. Some hundreds to thousands of values make a good block.
#[inline(always)]
#[must_use]
pub fn add_block<const N: usize>(
    values: &[f64],
    validity: Option<impl Fn(usize) -> u64>,
    lanes: &mut SumLanes<N>,
) -> bool {
    let mut sums = *lanes;
    let mut left = [0; N];
    for_each_chunk(values, validity, |chunk| sums.step(chunk, &mut left));
    *lanes = sums;
    nothing_left(&left) && sums.all_finite()
}

/// Lanes for a sum and a sum of squares. A square is a rounded product and its error, which are
/// summed apart: together they would span too many bits for one pair.
#[derive(Clone, Copy, Debug)]
pub struct MomentLanes<const N: usize> {
    pub(super) values: SumLanes<N>,
    pub(super) squares: SumLanes<N>,
    pub(super) square_errors: SumLanes<N>,
}

impl<const N: usize> Default for MomentLanes<N> {
    fn default() -> Self {
        let zero = SumLanes::default();
        Self {
            values: zero,
            squares: zero,
            square_errors: zero,
        }
    }
}

/// [`add_block`] for values and their squares. Fast only where the CPU has fused multiply-add and
/// the caller is compiled for it.
#[inline(always)]
#[must_use]
pub fn add_moments_block<const N: usize>(
    values: &[f64],
    validity: Option<impl Fn(usize) -> u64>,
    lanes: &mut MomentLanes<N>,
) -> bool {
    // One pass for each of the three: a loop over all of their lanes at once is too much for the
    // compiler to keep in registers, and the block stays in the nearest cache anyway.
    let exact = add_block(values, validity.as_ref(), &mut lanes.values);
    let mut squares = lanes.squares;
    let mut left = [0; N];
    for_each_chunk(values, validity.as_ref(), |chunk: &[f64; N]| {
        squares.step(&chunk.map(|value| value * value), &mut left);
    });
    lanes.squares = squares;
    let mut errors = lanes.square_errors;
    for_each_chunk(values, validity.as_ref(), |chunk: &[f64; N]| {
        let mut chunk_errors = [0.0; N];
        for lane in 0..N {
            let value = chunk[lane];
            let (square, error) = two_product(value, value);
            chunk_errors[lane] = error;
            // Below the floor the error is not exact, unless the value is zero. (Too large shows as
            // infinite.) In integers, because comparisons keep the loop from being vectorized.
            let below_floor = square.to_bits().wrapping_sub(PRODUCT_FLOOR.to_bits());
            let magnitude = value.to_bits() << 1;
            let not_zero = magnitude | magnitude.wrapping_neg();
            left[lane] |= (below_floor & not_zero) >> 63;
        }
        errors.step(&chunk_errors, &mut left);
    });
    lanes.square_errors = errors;
    exact & nothing_left(&left) & squares.all_finite() & errors.all_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total<const N: usize>(lanes: &SumLanes<N>) -> f64 {
        lanes.pairs().map(|(hi, lo)| hi + lo).sum()
    }

    #[test]
    fn tails_and_masks() {
        let values: Vec<f64> = (1..=75).map(f64::from).collect();
        let mut lanes = SumLanes::<8>::default();
        assert!(add_block(&values, ALL_VALID, &mut lanes));
        assert_eq!(total(&lanes), 2850.0);
        let mut lanes = SumLanes::<8>::default();
        // Every other row of the first word, and rows 65 and 74 (values 66 and 75).
        let words = [0x5555_5555_5555_5555, 0b100_0000_0010];
        assert!(add_block(
            &values,
            Some(|index: usize| words[index]),
            &mut lanes
        ));
        assert_eq!(total(&lanes), 32.0 * 32.0 + 66.0 + 75.0);
    }

    #[test]
    fn leftovers_are_seen() {
        let sees = |values: &[f64]| {
            let mut lanes = SumLanes::<1>::default();
            !add_block(values, ALL_VALID, &mut lanes)
        };
        assert!(!sees(&[1.0, -1.0, 0.0, -0.0, 1e300, 1e-300]));
        assert!(sees(&[1e300, 1.0, 1e-300]));
        assert!(sees(&[1e-300, 1.0, 1e300]));
        assert!(sees(&[f64::MAX, f64::MAX]));
        assert!(sees(&[f64::NAN]));
        assert!(sees(&[f64::INFINITY, 1.0]));
    }

    #[test]
    fn pairs_come_together_or_say_that_they_do_not() {
        fn check<const N: usize>(values: &[f64], expected: Option<f64>) {
            let mut lanes = SumLanes::<N>::default();
            assert!(add_block(values, ALL_VALID, &mut lanes));
            let together = lanes.together().map(|(hi, lo)| hi + lo);
            assert_eq!(together, expected, "{N} {values:?}");
        }
        let values: Vec<f64> = (1..=75).map(f64::from).collect();
        check::<1>(&values, Some(2850.0));
        check::<8>(&values, Some(2850.0));
        check::<16>(&values, Some(2850.0));
        check::<16>(&[1e16, 1.0, -1e16], Some(1.0));
        check::<16>(&[1e300, 1.0, 1e-300], None);
        check::<8>(&[f64::MAX, f64::MAX], None);
        check::<16>(&[], Some(0.0));
    }

    #[test]
    fn products_out_of_range_are_seen() {
        let sees =
            |value| !add_moments_block(&[value], ALL_VALID, &mut MomentLanes::<1>::default());
        assert!(!sees(3.0));
        assert!(!sees(0.0));
        assert!(!sees(-0.0));
        assert!(sees(1e-200));
        assert!(sees(1e-150));
        assert!(sees(1e200));
    }
}
