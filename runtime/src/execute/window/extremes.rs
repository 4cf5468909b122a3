//! Rolling least and greatest values over rows that end with a window's own.
//!
//! Values become integers that order as they do. Short windows are made of ones half as long, in
//! vector registers; for longer ones the rows are cut into blocks as long as the window, and each
//! window is the end of one block and the beginning of the next, whatever its length.

use icosian_codegen::wide::Routine;
use icosian_ir::types::Lane;

use super::present::{mark_enough, mark_full};
use super::{Argument, Written};
use crate::bytes::{Plain, bit_word, low_bits, typed, typed_mut};
use crate::execute::wide::level;

/// Windows up to this long are made of shorter ones.
const SHORT: usize = 32;

/// Rows of short windows that are computed at a time.
const TILE: usize = 1024;

/// A type whose values become integers that order as they do: −0 below +0, NaN one value above all.
pub(crate) trait Ordered: Plain {
    fn word(self) -> i64;
    fn value(word: i64) -> Self;
}

macro_rules! ordered_integers {
    ($($ty:ty)*) => { $(impl Ordered for $ty {
        #[inline(always)]
        fn word(self) -> i64 {
            self as i64
        }
        #[inline(always)]
        fn value(word: i64) -> $ty {
            word as $ty
        }
    })* };
}
ordered_integers!(i8 i16 i32 i64 u8 u16 u32);

impl Ordered for u64 {
    #[inline(always)]
    fn word(self) -> i64 {
        (self ^ 1 << 63) as i64
    }
    #[inline(always)]
    fn value(word: i64) -> u64 {
        word as u64 ^ 1 << 63
    }
}

impl Ordered for f64 {
    #[inline(always)]
    fn word(self) -> i64 {
        let value = if self.is_nan() { f64::NAN } else { self };
        let bits = value.to_bits() as i64;
        bits ^ ((bits >> 63) as u64 >> 1) as i64
    }
    #[inline(always)]
    fn value(word: i64) -> f64 {
        f64::from_bits((word ^ ((word >> 63) as u64 >> 1) as i64) as u64)
    }
}

impl Ordered for f32 {
    #[inline(always)]
    fn word(self) -> i64 {
        let value = if self.is_nan() { f32::NAN } else { self };
        let bits = value.to_bits() as i32;
        i64::from(bits ^ ((bits >> 31) as u32 >> 1) as i32)
    }
    #[inline(always)]
    fn value(word: i64) -> f32 {
        let word = word as i32;
        f32::from_bits((word ^ ((word >> 31) as u32 >> 1) as i32) as u32)
    }
}

/// Writes the least or greatest value of windows of `window` rows; false if that has to be done
/// another way.
pub(super) fn roll(
    argument: Argument<'_>,
    window: usize,
    (greatest, min_count): (bool, u64),
    length: usize,
    written: &mut Written<'_>,
) -> bool {
    if window == 0 {
        return false;
    }
    let validity = argument.view.validity;
    let from = argument.view.values;
    macro_rules! run {
        ($lane:ty) => {{
            level().run(Roll {
                values: &typed::<$lane>(from)[..length],
                validity,
                window,
                turn: if greatest { -1 } else { 0 },
                results: &mut typed_mut::<$lane>(written.values)[..length],
            });
        }};
    }
    match argument.lane {
        Lane::Bool | Lane::I128 => return false,
        Lane::I8 => run!(i8),
        Lane::I16 => run!(i16),
        Lane::I32 => run!(i32),
        Lane::I64 => run!(i64),
        Lane::U8 => run!(u8),
        Lane::U16 => run!(u16),
        Lane::U32 => run!(u32),
        Lane::U64 => run!(u64),
        Lane::F32 => run!(f32),
        Lane::F64 => run!(f64),
    }
    if let Some(marked) = &mut written.validity {
        match validity {
            // Of no values there is no extreme.
            Some(bits) => mark_enough(bits, window, min_count.max(1), length, marked),
            None => mark_full(window, min_count, length, marked),
        }
    }
    true
}

struct Roll<'v, T> {
    values: &'v [T],
    validity: Option<&'v [u8]>,
    window: usize,
    /// Turns words so that the least is wanted.
    turn: i64,
    results: &'v mut [T],
}

impl<T: Ordered> Routine for Roll<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.window <= SHORT {
            self.short();
        } else {
            self.long();
        }
    }
}

/// Puts the greatest word, which is least only where there is no other, in the place of nulls; of the words of
/// rows from one on.
#[inline(always)]
fn leave_nulls(validity: Option<&[u8]>, row: usize, words: &mut [i64]) {
    let Some(bits) = validity else { return };
    for (chunk, words) in words.chunks_mut(64).enumerate() {
        let valid = bit_word(bits, row + 64 * chunk);
        if valid | !low_bits(words.len()) == u64::MAX {
            continue;
        }
        for (place, word) in words.iter_mut().enumerate() {
            *word = if valid >> place & 1 != 0 {
                *word
            } else {
                i64::MAX
            };
        }
    }
}

impl<T: Ordered> Roll<'_, T> {
    #[inline(always)]
    fn short(self) {
        let Roll {
            values,
            validity,
            window,
            turn,
            results,
        } = self;
        let (mut now, mut next) = ([0i64; TILE + SHORT], [0i64; TILE + SHORT]);
        for start in (0..values.len()).step_by(TILE) {
            let end = values.len().min(start + TILE);
            // The rows before that windows look at; at the beginning there are none.
            let first = start.saturating_sub(window - 1);
            let rows = end - first;
            for (word, value) in now.iter_mut().zip(&values[first..end]) {
                *word = value.word() ^ turn;
            }
            leave_nulls(validity, first, &mut now[..rows]);
            let mut made = 1;
            while made < window {
                // Of a row before which fewer stand, the shorter window is the longer one.
                let step = made.min(window - made);
                next[..step].copy_from_slice(&now[..step]);
                let pairs = now[step..rows.max(step)].iter().zip(&now);
                for (word, (late, early)) in next[step..].iter_mut().zip(pairs) {
                    *word = (*late).min(*early);
                }
                std::mem::swap(&mut now, &mut next);
                made += step;
            }
            let words = &now[start - first..rows];
            for (result, word) in results[start..end].iter_mut().zip(words) {
                *result = T::value(word ^ turn);
            }
        }
    }

    #[inline(always)]
    fn long(self) {
        let Roll {
            values,
            validity,
            window,
            turn,
            results,
        } = self;
        let length = window.min(values.len());
        // Of each row of the block before, the least from there to the block's end.
        let mut before = vec![i64::MAX; length + 1];
        let mut words = vec![0; length];
        let blocks = values.chunks(window).zip(results.chunks_mut(window));
        for (block, (values, results)) in blocks.enumerate() {
            for (word, value) in words.iter_mut().zip(values) {
                *word = value.word() ^ turn;
            }
            leave_nulls(validity, block * window, &mut words[..values.len()]);
            let mut least = i64::MAX;
            for ((result, word), before) in results.iter_mut().zip(&words).zip(&before[1..]) {
                least = least.min(*word);
                *result = T::value(least.min(*before) ^ turn);
            }
            let mut least = i64::MAX;
            for (before, word) in before[..length].iter_mut().zip(&words).rev() {
                least = least.min(*word);
                *before = least;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare<T: Ordered + std::fmt::Debug>(values: &[T]) {
        for window in [1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 40, 100, 1000, 5000] {
            for turn in [0, -1] {
                let mut results = vec![T::default(); values.len()];
                level().run(Roll {
                    values,
                    validity: None,
                    window,
                    turn,
                    results: &mut results,
                });
                for (row, result) in results.iter().enumerate() {
                    let rows = &values[(row + 1).saturating_sub(window)..=row];
                    let least = rows.iter().map(|value| value.word() ^ turn).min();
                    assert_eq!(Some(result.word() ^ turn), least, "row {row} of {window}");
                }
            }
        }
    }

    #[test]
    fn extremes_are_those_of_the_rows() {
        let mut state = 3u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 20
        };
        for rows in [0, 1, 6, 33, 1024, 2500] {
            let words: Vec<u64> = (0..rows).map(|_| next()).collect();
            let special = [
                f64::NAN,
                -f64::NAN,
                0.0,
                -0.0,
                f64::INFINITY,
                f64::NEG_INFINITY,
            ];
            let float = |word: &u64| match word % 7 {
                6 => (word % 1000) as f64 - 500.0,
                at => special[at as usize],
            };
            compare(&words.iter().map(float).collect::<Vec<f64>>());
            compare(
                &words
                    .iter()
                    .map(|word| float(word) as f32)
                    .collect::<Vec<f32>>(),
            );
            compare(
                &words
                    .iter()
                    .map(|word| (word << 20) as i64)
                    .collect::<Vec<i64>>(),
            );
            compare(&words.iter().map(|word| word << 20).collect::<Vec<u64>>());
            compare(&words.iter().map(|word| *word as i8).collect::<Vec<i8>>());
        }
    }

    #[test]
    fn values_come_back() {
        for value in [
            0.0,
            -0.0,
            1.5,
            -1.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN,
        ] {
            assert_eq!(f64::value(value.word()).to_bits(), value.to_bits());
            assert_eq!(
                f32::value((value as f32).word()).to_bits(),
                (value as f32).to_bits()
            );
        }
        assert!(f64::value((-f64::NAN).word()).is_nan());
        assert!((-f64::NAN).word() > f64::INFINITY.word() && (-0.0f64).word() < 0.0f64.word());
    }
}
