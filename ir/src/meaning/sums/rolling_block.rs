//! Sums over full windows of many rows at once: the part of a rolling sum that wants vector registers.
//!
//! [`RollingSum`] takes one row after the other, and each waits for the one before. Here values of like
//! size are first cut in two, at one place for all of a chunk: with `q` a power of 2,
//! `v = h + l`, where `h` is the multiple of `q` next to `v`, and `|l| ≤ q/2`. A sum of `n` of them has the
//! parts `Σh`, a multiple of `q`, and `Σl`, a multiple of the last bit `u` of any value of the chunk. Where
//! `n·max|h| ≤ 2⁵³·q` and `n·q/2 ≤ 2⁵³·u`, both fit an f64, and plain additions give them exactly, in
//! any order. For values of sizes `2^least..2^(most + 1)` (zeros don't count), `u ≥ 2^(least - 52)`, and
//! such a `q` exists if `most - least + 2·log₂ n ≤ 54`.
//!
//! * Short windows: sums of 1, 2, 4, … rows from every row on, each two of the one before; a window is
//!   made of those that its length is made of.
//! * Longer ones move on by 16 rows at once, side by side: what that changes is a sum of 16 differences
//!   between rows that enter and rows that leave, made in the same way.
//!
//! Chunks whose values differ too much in size, or are not all finite, are summed one by one.

use super::mean::MeanDivisor;
use super::rolling::RollingSum;

/// Windows up to this long are made of shorter ones.
const SHORT_WINDOW: usize = 32;

/// Rows by which longer ones move on at once.
const STRIDE: usize = 16;

/// Rows of a tile: what is made of them stays in the nearest cache. With those behind it they fill a page, so
/// that no load has the low bits of the address of a store just before it.
const TILE: usize = 512 - SHORT_WINDOW;

/// Rows of a tile and behind it.
type Tile = [f64; TILE + SHORT_WINDOW];

/// Tiles at borders of cache lines: elsewhere each access to a vector register's width takes two.
#[repr(align(64))]
struct Tiles([Tile; 4]);

impl Tiles {
    fn new() -> Tiles {
        Tiles([[0.0; TILE + SHORT_WINDOW]; 4])
    }
}

/// Rows of a chunk, at least.
const CHUNK: usize = 16 * TILE;

/// Rows of a chunk for each row of the window: each begins with a window summed on its own.
const CHUNK_WINDOWS: usize = 16;

/// The least and the greatest binary exponent for which means need no other care.
const EXPONENTS: std::ops::RangeInclusive<i64> = -700..=900;

/// What is made of the sum of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RollingResult<'c> {
    /// The sum itself.
    Sum,
    /// The sum over the number of rows.
    Mean,
    /// The sum over how many rows of each window count; the others hold zeros. As many as there are rows, of
    /// which those before the first full window are not read. Where it is 0 the result is unspecified.
    MeanOf(&'c [u32]),
}

/// Puts into `results[row]`, for each row from `window - 1` on, the sum or mean of the `window` values
/// up to and including that row; the results of the rows before are left alone. All values count:
/// nulls are not for this. The same bits as [`RollingSum`] gives.
///
/// # Panics
/// If `window` is 0, or the slices differ in length.
#[inline(always)]
pub fn roll_full_windows(
    values: &[f64],
    window: usize,
    result: RollingResult<'_>,
    results: &mut [f64],
) {
    assert!(window > 0 && values.len() == results.len());
    if values.len() < window {
        return;
    }
    if let RollingResult::MeanOf(counts) = result {
        assert!(counts.len() == values.len());
    }
    // From here on, row `r` of `results` is the window `values[r..r + window]`.
    let results = &mut results[window - 1..];
    let chunk = CHUNK
        .max(window.saturating_mul(CHUNK_WINDOWS))
        .next_multiple_of(TILE);
    for start in (0..results.len()).step_by(chunk) {
        let end = results.len().min(start + chunk);
        let values = &values[start..end + window - 1];
        let results = &mut results[start..end];
        let finish = Finish::new(window, result, start);
        let at_once = window.max(SHORT_WINDOW);
        match Cut::new(values, at_once).filter(|_| results.len() > STRIDE) {
            Some(cut) if window <= SHORT_WINDOW => short(values, window, cut, &finish, results),
            Some(cut) => long(values, window, cut, &finish, results),
            None => one_by_one(values, window, &finish, results),
        }
    }
}

/// Where values are cut in two.
#[derive(Clone, Copy)]
struct Cut {
    /// Three halves of `2⁵²·q`: a sum with it is a multiple of `q`.
    shift: f64,
}

impl Cut {
    /// A cut after which sums of so many values are exact, if there is one.
    #[inline(always)]
    fn new(values: &[f64], terms: usize) -> Option<Cut> {
        let (mut least, mut greatest) = (u64::MAX, 0);
        for value in values {
            // As integers, sizes order alike; a zero, less one, is the greatest.
            let size = value.to_bits() << 1 >> 1;
            greatest = greatest.max(size);
            least = least.min(size.wrapping_sub(1));
        }
        if greatest == 0 {
            return Some(Cut { shift: 1.5 });
        }
        let exponent = |size: u64| (size >> 52) as i64 - 1023;
        let (least, most) = (exponent(least + 1), exponent(greatest));
        let bits = i64::from(terms.checked_next_power_of_two()?.trailing_zeros());
        let fits = EXPONENTS.contains(&least)
            && EXPONENTS.contains(&most)
            && most - least + 2 * bits <= 54;
        // `q` is `2^(most + bits - 52)`.
        fits.then(|| Cut {
            shift: 1.5 * f64::from_bits(((most + bits + 1023) as u64) << 52),
        })
    }

    /// The two parts of a value.
    #[inline(always)]
    fn parts(self, value: f64) -> (f64, f64) {
        let high = (value + self.shift) - self.shift;
        (high, value - high)
    }

    /// The two parts of the first values; behind the last, zeros.
    #[inline(always)]
    fn apply(self, values: &[f64], high: &mut Tile, low: &mut Tile) {
        let count = values.len().min(high.len());
        for ((value, high), low) in values.iter().zip(high.iter_mut()).zip(low.iter_mut()) {
            (*high, *low) = self.parts(*value);
        }
        high[count..].fill(0.0);
        low[count..].fill(0.0);
    }

    /// As [`apply`](Self::apply), of what values entering are more than values leaving.
    #[inline(always)]
    fn changes(self, entering: &[f64], leaving: &[f64], high: &mut Tile, low: &mut Tile) {
        let count = entering.len().min(high.len());
        let values = entering.iter().zip(leaving);
        for ((high, low), (entering, leaving)) in high.iter_mut().zip(low.iter_mut()).zip(values) {
            let (entering, leaving) = (self.parts(*entering), self.parts(*leaving));
            *high = entering.0 - leaving.0;
            *low = entering.1 - leaving.1;
        }
        high[count..].fill(0.0);
        low[count..].fill(0.0);
    }
}

/// Puts into `sums[row]`, for the rows of a tile, the sum of `window` values from `row` on; the values
/// are used up.
#[inline(always)]
fn sum_windows(values: &mut [f64], window: usize, sums: &mut [f64]) {
    add_length::<1>(values, window, sums);
    add_length::<2>(values, window, sums);
    add_length::<4>(values, window, sums);
    add_length::<8>(values, window, sums);
    add_length::<16>(values, window, sums);
    add_length::<32>(values, window, sums);
}

/// `values` are sums of `LENGTH` rows. If the window's length has that part, they go before the sums of the
/// lesser parts, if there are any; then they become sums of twice as many rows.
#[inline(always)]
fn add_length<const LENGTH: usize>(values: &mut [f64], window: usize, sums: &mut [f64]) {
    if window < LENGTH {
        return;
    }
    if window & LENGTH != 0 {
        if window.is_multiple_of(LENGTH) {
            sums.copy_from_slice(values);
        } else {
            for row in 0..sums.len().saturating_sub(LENGTH) {
                sums[row] = values[row] + sums[row + LENGTH];
            }
        }
    }
    if window >= 2 * LENGTH {
        for row in 0..values.len().saturating_sub(LENGTH) {
            values[row] += values[row + LENGTH];
        }
    }
}

#[inline(always)]
fn short(values: &[f64], window: usize, cut: Cut, finish: &Finish<'_>, results: &mut [f64]) {
    let Tiles([high, low, hi, lo]) = &mut Tiles::new();
    for (tile, results) in results.chunks_mut(TILE).enumerate() {
        cut.apply(&values[tile * TILE..], high, low);
        let rows = results.len() + SHORT_WINDOW;
        sum_windows(&mut high[..rows], window, &mut hi[..rows]);
        sum_windows(&mut low[..rows], window, &mut lo[..rows]);
        finish.tile(hi, lo, tile * TILE, results);
    }
}

#[inline(always)]
fn long(values: &[f64], window: usize, cut: Cut, finish: &Finish<'_>, results: &mut [f64]) {
    let Tiles([high, low, hi, lo]) = &mut Tiles::new();
    let (mut high_sum, mut low_sum) = ([0.0; STRIDE], [0.0; STRIDE]);
    // There are more results than one stride, so these rows are all there.
    for rows in values.windows(STRIDE).take(window) {
        for lane in 0..STRIDE {
            let (high, low) = cut.parts(rows[lane]);
            high_sum[lane] += high;
            low_sum[lane] += low;
        }
    }
    for (tile, results) in results.chunks_mut(TILE).enumerate() {
        let leaving = &values[tile * TILE..];
        let entering = leaving.get(window..).unwrap_or_default();
        cut.changes(entering, leaving, high, low);
        let rows = results.len() + SHORT_WINDOW;
        sum_windows(&mut high[..rows], STRIDE, &mut hi[..rows]);
        sum_windows(&mut low[..rows], STRIDE, &mut lo[..rows]);
        move_on(&mut high_sum, hi);
        move_on(&mut low_sum, lo);
        finish.tile(hi, lo, tile * TILE, results);
    }
}

/// Puts the sums of windows in the place of what each 16 rows change of them.
#[inline(always)]
fn move_on(sum: &mut [f64; STRIDE], changes: &mut Tile) {
    for changes in changes[..TILE].as_chunks_mut::<STRIDE>().0 {
        for (sum, change) in sum.iter_mut().zip(changes) {
            let before = *sum;
            *sum += *change;
            *change = before;
        }
    }
}

/// `results[r]` from `values[r..r + window]`, by a window that slides along.
#[inline(never)]
fn one_by_one(values: &[f64], window: usize, finish: &Finish<'_>, results: &mut [f64]) {
    let mut sum = RollingSum::new();
    for (row, value) in values.iter().enumerate() {
        match row.checked_sub(window) {
            Some(leaving) => sum.slide(values[leaving], *value),
            None => sum.push(*value),
        }
        let full = (row + 1).checked_sub(window);
        if let Some(full) = full
            && let Some(result) = results.get_mut(full)
        {
            // A full window is not empty, and of one in which nothing counts nobody asks for the mean.
            *result = match finish.result {
                RollingResult::Sum => sum.value(),
                RollingResult::Mean => sum.mean().unwrap_or(f64::NAN),
                RollingResult::MeanOf(counts) => {
                    let count = counts[finish.start + full + window - 1];
                    sum.sum().mean(count.into()).unwrap_or(f64::NAN)
                }
            };
        }
    }
}

/// From sums in two parts to results.
struct Finish<'c> {
    result: RollingResult<'c>,
    divisor: MeanDivisor,
    window: usize,
    /// The first window's first row.
    start: usize,
}

impl<'c> Finish<'c> {
    fn new(window: usize, result: RollingResult<'c>, start: usize) -> Finish<'c> {
        Finish {
            result,
            divisor: MeanDivisor::new(window as u64),
            window,
            start,
        }
    }

    /// Results of a tile's rows from one on, as many as are wanted.
    #[inline(always)]
    fn tile(&self, hi: &Tile, lo: &Tile, row: usize, results: &mut [f64]) {
        match self.result {
            RollingResult::Sum => {
                for (result, (hi, lo)) in results.iter_mut().zip(hi.iter().zip(lo)) {
                    *result = hi + lo;
                }
            }
            RollingResult::Mean => {
                let sums = hi.as_chunks::<STRIDE>().0.iter().zip(lo.as_chunks().0);
                for (results, (hi, lo)) in results.chunks_mut(STRIDE).zip(sums) {
                    let means = self.divisor.means(hi, lo);
                    match results.first_chunk_mut::<STRIDE>() {
                        Some(results) => *results = means,
                        None => results.copy_from_slice(&means[..results.len()]),
                    }
                }
            }
            RollingResult::MeanOf(counts) => {
                let counts = &counts[self.start + row + self.window - 1..][..results.len()];
                let sums = hi.as_chunks::<STRIDE>().0.iter().zip(lo.as_chunks().0);
                let rows = results.chunks_mut(STRIDE).zip(counts.chunks(STRIDE));
                for ((results, counts), (hi, lo)) in rows.zip(sums) {
                    let mut divisors = [1; STRIDE];
                    for (divisor, count) in divisors.iter_mut().zip(counts) {
                        *divisor = (*count).max(1);
                    }
                    let means = MeanDivisor::means_of(hi, lo, &divisors);
                    results.copy_from_slice(&means[..results.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows by [`RollingSum`], and their means.
    fn expected(values: &[f64], window: usize, result: RollingResult<'_>) -> Vec<f64> {
        let windows = values.windows(window).map(|window| {
            let mut sum = RollingSum::new();
            window.iter().for_each(|value| sum.push(*value));
            match result {
                RollingResult::Sum => sum.value(),
                RollingResult::Mean | RollingResult::MeanOf(_) => sum.mean().unwrap(),
            }
        });
        windows.collect()
    }

    fn check(values: &[f64], window: usize) {
        for result in [RollingResult::Sum, RollingResult::Mean] {
            let wanted = expected(values, window, result);
            let mut found = vec![-7.0; values.len()];
            roll_full_windows(values, window, result, &mut found);
            let (before, full) = found.split_at((window - 1).min(found.len()));
            assert!(before.iter().all(|value| *value == -7.0));
            for (row, (found, wanted)) in full.iter().zip(&wanted).enumerate() {
                let same = found.to_bits() == wanted.to_bits() || found.is_nan() && wanted.is_nan();
                assert!(same, "window {window}, row {row}: {found:e}, {wanted:e}");
            }
            assert_eq!(full.len(), wanted.len());
        }
    }

    /// As [`check`], where some rows don't count.
    fn check_some(values: &[f64], window: usize, counts: impl Fn(usize) -> bool) {
        let some: Vec<f64> = (values.iter().enumerate())
            .map(|(row, value)| if counts(row) { *value } else { 0.0 })
            .collect();
        let first = |row: usize| (row + 1).saturating_sub(window);
        let held = |row: usize| (first(row)..=row).filter(|row| counts(*row));
        let counted: Vec<u32> = (0..values.len())
            .map(|row| held(row).count() as u32)
            .collect();
        let mut found = vec![-7.0; values.len()];
        roll_full_windows(&some, window, RollingResult::MeanOf(&counted), &mut found);
        for row in window - 1..values.len() {
            let mut sum = RollingSum::new();
            held(row).for_each(|row| sum.push(values[row]));
            if let Some(wanted) = sum.mean() {
                let found = found[row];
                let same = found.to_bits() == wanted.to_bits() || found.is_nan() && wanted.is_nan();
                assert!(same, "window {window}, row {row}: {found:e}, {wanted:e}");
            }
        }
    }

    #[test]
    fn means_of_rows_that_count() {
        let values = numbers(3_000, 9, |bits| bits as f64 * 1e-9 - 4e6);
        let mut odd = numbers(3_000, 10, |bits| (bits % 8) as f64 * 0.25);
        odd[2_000] = f64::NAN;
        odd[2_500] = 1e-300;
        for window in [1, 2, 3, 7, 32, 33, 50, 1_000] {
            for values in [&values, &odd] {
                check_some(values, window, |row| row % 3 > 0);
                check_some(values, window, |row| row * 7919 % 11 == 0);
                check_some(values, window, |row| !(500..600).contains(&row));
            }
        }
    }

    /// Numbers of many sizes, from a generator with its own seed.
    fn numbers(rows: usize, seed: u64, make: impl Fn(u64) -> f64) -> Vec<f64> {
        let mut state = seed;
        let next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            make(state >> 11)
        };
        std::iter::repeat_with(next).take(rows).collect()
    }

    const WINDOWS: [usize; 13] = [1, 2, 3, 4, 7, 12, 13, 31, 32, 33, 50, 200, 1_000];

    #[test]
    fn windows_of_ordinary_numbers() {
        let values = numbers(6_000, 1, |bits| bits as f64 * 1e-9 - 4e6);
        let cents = numbers(6_000, 2, |bits| (bits % 100_000) as f64 / 100.0);
        for window in WINDOWS {
            check(&values, window);
            check(&cents, window);
        }
    }

    #[test]
    fn what_no_pair_holds_and_what_is_no_number() {
        let sizes = numbers(4_000, 3, |bits| {
            f64::from_bits((bits % 2_046) << 52 | bits & 0xf_ffff)
        });
        check(&sizes, 3);
        check(&sizes, 20);
        for (row, odd) in [
            (0, f64::NAN),
            (700, f64::INFINITY),
            (2_999, f64::MAX),
            (1_500, 5e-324),
        ] {
            let mut values = numbers(3_000, 4, |bits| bits as f64);
            values[row] = odd;
            for window in WINDOWS {
                check(&values, window);
            }
        }
        check(&vec![f64::MAX; 1_000], 5);
        check(&vec![-0.0; 1_000], 5);
        check(&vec![5e-324; 1_000], 30);
    }

    #[test]
    fn sizes_at_the_border_of_what_a_cut_holds() {
        // 54 less twice the bits of the number of rows, a bit more and a bit less.
        for (window, spread) in [(7, 44), (32, 44), (33, 42), (600, 34)] {
            for spread in spread - 2..spread + 3 {
                for full in [0, 0xf_ffff_ffff_ffff] {
                    let size = |exponent: u64| f64::from_bits(exponent << 52 | full);
                    let values = numbers(1_500, spread, |bits| {
                        size(if bits & 2 == 0 { 1023 - spread } else { 1023 })
                    });
                    check(&values, window);
                }
            }
        }
    }

    #[test]
    fn means_between_two_numbers() {
        // Sums of halves of last bits: many windows of even length lie right in the middle.
        let values = numbers(9_000, 6, |bits| 1.0 + (bits % 8) as f64 * f64::EPSILON);
        [2, 4, 6, 16, 64]
            .into_iter()
            .for_each(|window| check(&values, window));
        let values = numbers(20_000, 7, |bits| (bits % 3) as f64 - 1.0);
        [2, 3, 100]
            .into_iter()
            .for_each(|window| check(&values, window));
    }

    #[test]
    fn chunks_of_their_own_kinds() {
        let mut values = numbers(40_000, 8, |bits| bits as f64 * 1e-9);
        values[9_000] = f64::NAN;
        values[25_000] = 1e-200;
        values[30_000..39_000].fill(0.0);
        [3, 7, 40, 600]
            .into_iter()
            .for_each(|window| check(&values, window));
    }

    #[test]
    fn few_rows() {
        for rows in 0..40 {
            let values = numbers(rows, 5, |bits| bits as f64 / 3.0);
            for window in 1..=rows + 2 {
                check(&values, window);
            }
        }
    }
}
