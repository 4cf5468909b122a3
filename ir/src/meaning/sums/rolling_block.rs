//! Sums over full windows of many rows at once: the part of a rolling sum that wants vector registers.
//!
//! [`RollingSum`] takes one row after the other, and each waits for the one before. Two ways around
//! that give the same bits, since the sums are exact:
//!
//! * Short windows are summed afresh for every row, `N` neighbouring rows side by side.
//! * For longer ones the rows are cut into `N` stretches, and `N` windows slide along them side by
//!   side. Their rows are copied together a tile at a time, so that the loops read neighbours.
//!
//! Either way a pair `(hi, lo)` comes out for each row, exact unless something was left over: then
//! the rows of that tile, and what follows it in its stretches, are summed one by one.

use super::exact_sum::ExactSum;
use super::lanes::{SumLanes, nothing_left};
use super::mean::MeanDivisor;
use super::rolling::RollingSum;

/// Windows up to this long are summed afresh: so many steps cost less than sliding in tiles.
const FRESH_WINDOW: usize = 12;

/// Steps of a tile: its rows of every stretch, with what belongs to them, stay in the nearest cache.
const TILE_STEPS: usize = 32;

/// What is made of the sum of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RollingResult {
    /// The sum itself.
    Sum,
    /// The sum over the number of rows.
    Mean,
}

/// Puts into `results[row]`, for each row from `window - 1` on, the sum or mean of the `window` values
/// up to and including that row; the results of the rows before are left alone. All values count:
/// nulls are not for this. The same bits as [`RollingSum`] gives, at any `N`: 8 suits 128- and 256-bit
/// registers, 16 suits 512-bit ones.
///
/// # Panics
/// If `window` is 0, or the slices differ in length.
#[inline(always)]
pub fn roll_full_windows<const N: usize>(
    values: &[f64],
    window: usize,
    result: RollingResult,
    results: &mut [f64],
) {
    assert!(window > 0 && values.len() == results.len());
    let Some(rows) = (values.len() + 1)
        .checked_sub(window)
        .filter(|rows| *rows > 0)
    else {
        return;
    };
    let finish = Finish::new(window, result);
    // From here on, row `r` of `results` is the window `values[r..r + window]`.
    let results = &mut results[window - 1..];
    if window <= FRESH_WINDOW {
        fresh::<N>(values, window, &finish, results);
    } else if rows / N > window {
        slide::<N>(values, window, &finish, results);
    } else {
        one_by_one(values, window, &finish, results);
    }
}

/// Pairs of a tile, `N` rows at a time.
type Tile<const N: usize> = [[f64; N]; TILE_STEPS];

#[inline(always)]
fn zeros<const N: usize>() -> Tile<N> {
    [[0.0; N]; TILE_STEPS]
}

#[inline(always)]
fn fresh<const N: usize>(values: &[f64], window: usize, finish: &Finish, results: &mut [f64]) {
    let (mut hi, mut lo, mut out) = (zeros::<N>(), zeros::<N>(), zeros::<N>());
    let tile_rows = N * TILE_STEPS;
    let whole = results.len() - results.len() % tile_rows;
    for start in (0..whole).step_by(tile_rows) {
        let mut left = [0; N];
        let mut finite = true;
        for step in 0..TILE_STEPS {
            let at = start + step * N;
            let mut sums = SumLanes::<N>::default();
            for offset in 0..window {
                sums.step(lanes(values, at + offset), &mut left);
            }
            finite &= sums.all_finite();
            (hi[step], lo[step]) = sums.into_parts();
        }
        let results = &mut results[start..start + tile_rows];
        if finite && nothing_left(&left) {
            finish.tile(&hi, &lo, &mut out);
            results.copy_from_slice(out.as_flattened());
        } else {
            one_by_one(
                &values[start..start + tile_rows + window - 1],
                window,
                finish,
                results,
            );
        }
    }
    one_by_one(&values[whole..], window, finish, &mut results[whole..]);
}

#[inline(always)]
fn slide<const N: usize>(values: &[f64], window: usize, finish: &Finish, results: &mut [f64]) {
    let (mut hi, mut lo, mut out) = (zeros::<N>(), zeros::<N>(), zeros::<N>());
    let (mut leaving, mut entering) = (zeros::<N>(), zeros::<N>());
    // Each stretch has whole tiles; the rows behind the last stretch are taken one by one.
    let stretch = results.len() / N / TILE_STEPS * TILE_STEPS;
    let mut sums = SumLanes::<N>::default();
    let mut left = [0; N];
    for offset in 0..window - 1 {
        let mut first = [0.0; N];
        for (lane, value) in first.iter_mut().enumerate() {
            *value = values[lane * stretch + offset];
        }
        sums.step(&first, &mut left);
    }
    // What leaves the window before its first row is nothing.
    let mut exact_steps = 0;
    for start in (0..stretch).step_by(TILE_STEPS) {
        for lane in 0..N {
            let at = lane * stretch + start;
            let new = &values[at + window - 1..at + window - 1 + TILE_STEPS];
            for (step, value) in new.iter().enumerate() {
                entering[step][lane] = *value;
            }
            if at == lane * stretch {
                leaving[0][lane] = 0.0;
                for step in 1..TILE_STEPS {
                    leaving[step][lane] = -values[at + step - 1];
                }
            } else {
                let old = &values[at - 1..at - 1 + TILE_STEPS];
                for (step, value) in old.iter().enumerate() {
                    leaving[step][lane] = -value;
                }
            }
        }
        for step in 0..TILE_STEPS {
            sums.step(&leaving[step], &mut left);
            sums.step(&entering[step], &mut left);
            (hi[step], lo[step]) = sums.into_parts();
        }
        // Infinities and NaN stay in a pair once they are in it, so the last step tells.
        if !(sums.all_finite() && nothing_left(&left)) {
            break;
        }
        finish.tile(&hi, &lo, &mut out);
        for lane in 0..N {
            let at = lane * stretch + start;
            for (result, row) in results[at..at + TILE_STEPS].iter_mut().zip(&out) {
                *result = row[lane];
            }
        }
        exact_steps = start + TILE_STEPS;
    }
    if exact_steps < stretch {
        for lane in 0..N {
            let (from, to) = (lane * stretch + exact_steps, (lane + 1) * stretch);
            one_by_one(
                &values[from..to + window - 1],
                window,
                finish,
                &mut results[from..to],
            );
        }
    }
    let rest = N * stretch;
    one_by_one(&values[rest..], window, finish, &mut results[rest..]);
}

/// `results[r]` from `values[r..r + window]`, by a window that slides along.
#[inline(never)]
fn one_by_one(values: &[f64], window: usize, finish: &Finish, results: &mut [f64]) {
    let mut sum = RollingSum::new();
    for (row, value) in values.iter().enumerate() {
        match row.checked_sub(window) {
            Some(leaving) => sum.slide(values[leaving], *value),
            None => sum.push(*value),
        }
        let full = (row + 1).checked_sub(window);
        if let Some(result) = full.and_then(|row| results.get_mut(row)) {
            *result = match finish.result {
                RollingResult::Sum => sum.value(),
                // A full window is not empty.
                RollingResult::Mean => sum.mean().unwrap_or(f64::NAN),
            };
        }
    }
}

#[inline(always)]
fn lanes<const N: usize>(values: &[f64], at: usize) -> &[f64; N] {
    values[at..at + N]
        .first_chunk()
        .expect("a slice of N values")
}

/// From pairs to results.
struct Finish {
    result: RollingResult,
    count: u64,
    divisor: MeanDivisor,
}

impl Finish {
    fn new(window: usize, result: RollingResult) -> Finish {
        let count = window as u64;
        Finish {
            result,
            count,
            divisor: MeanDivisor::new(count),
        }
    }

    #[inline(always)]
    fn tile<const N: usize>(&self, hi: &Tile<N>, lo: &Tile<N>, out: &mut Tile<N>) {
        if self.result == RollingResult::Sum {
            for step in 0..TILE_STEPS {
                for lane in 0..N {
                    out[step][lane] = hi[step][lane] + lo[step][lane];
                }
            }
            return;
        }
        for step in 0..TILE_STEPS {
            let mut unsure = 0;
            for lane in 0..N {
                let (mean, out_of_range) =
                    self.divisor.mean_in_range(hi[step][lane], lo[step][lane]);
                out[step][lane] = mean;
                unsure |= out_of_range;
            }
            if unsure != 0 {
                self.surely(&hi[step], &lo[step], &mut out[step]);
            }
        }
    }

    /// Means of tiny or huge sums.
    #[cold]
    #[inline(never)]
    fn surely<const N: usize>(&self, hi: &[f64; N], lo: &[f64; N], out: &mut [f64; N]) {
        for lane in 0..N {
            let (hi, lo) = (hi[lane], lo[lane]);
            let mean = self.divisor.mean(hi, lo);
            let mean = mean.or_else(|| ExactSum::from_pair(hi, lo).mean(self.count));
            // Sums of finite values over a count that is not 0 have a mean.
            out[lane] = mean.unwrap_or(f64::NAN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows by [`RollingSum`], and their means.
    fn expected(values: &[f64], window: usize, result: RollingResult) -> Vec<f64> {
        let windows = values.windows(window).map(|window| {
            let mut sum = RollingSum::new();
            window.iter().for_each(|value| sum.push(*value));
            match result {
                RollingResult::Sum => sum.value(),
                RollingResult::Mean => sum.mean().unwrap(),
            }
        });
        windows.collect()
    }

    fn check(values: &[f64], window: usize) {
        for result in [RollingResult::Sum, RollingResult::Mean] {
            let wanted = expected(values, window, result);
            let mut eight = vec![-7.0; values.len()];
            let mut sixteen = eight.clone();
            roll_full_windows::<8>(values, window, result, &mut eight);
            roll_full_windows::<16>(values, window, result, &mut sixteen);
            for found in [eight, sixteen] {
                let (before, full) = found.split_at((window - 1).min(found.len()));
                assert!(before.iter().all(|value| *value == -7.0));
                for (row, (found, wanted)) in full.iter().zip(&wanted).enumerate() {
                    let same =
                        found.to_bits() == wanted.to_bits() || found.is_nan() && wanted.is_nan();
                    assert!(same, "window {window}, row {row}: {found:e}, {wanted:e}");
                }
                assert_eq!(full.len(), wanted.len());
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

    const WINDOWS: [usize; 10] = [1, 2, 3, 4, 7, 12, 13, 50, 200, 1_000];

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
    fn few_rows() {
        for rows in 0..40 {
            let values = numbers(rows, 5, |bits| bits as f64 / 3.0);
            for window in 1..=rows + 2 {
                check(&values, window);
            }
        }
    }
}
