//! The least or greatest of the values so far, and how many there are, 64 rows at a time.
//!
//! Values become integers that order as they do. As a new extreme is rare, the least of 64 rows is found
//! first, in vector registers: if it is none, all of them get the one before.

use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::types::Lane;

use super::extremes::Ordered;
use super::{Argument, Written};
use crate::bytes::{bit_word, blit_bits, fill_bits, low_bits, typed, typed_mut};
use crate::execute::view::View;
use crate::execute::wide::level;

/// Rows that are looked at together.
const WORD: usize = 64;

/// The extreme of no values, as a word.
pub(crate) const NO_VALUE: i64 = i64::MAX;

/// Whether the values of a lane become words.
pub(crate) fn has_words(lane: Lane) -> bool {
    !matches!(lane, Lane::Bool | Lane::I128)
}

macro_rules! with_ordered {
    ($lane:expr, $ty:ident => $body:expr, else $other:expr) => {
        match $lane {
            Lane::Bool | Lane::I128 => $other,
            Lane::I8 => {
                type $ty = i8;
                $body
            }
            Lane::I16 => {
                type $ty = i16;
                $body
            }
            Lane::I32 => {
                type $ty = i32;
                $body
            }
            Lane::I64 => {
                type $ty = i64;
                $body
            }
            Lane::U8 => {
                type $ty = u8;
                $body
            }
            Lane::U16 => {
                type $ty = u16;
                $body
            }
            Lane::U32 => {
                type $ty = u32;
                $body
            }
            Lane::U64 => {
                type $ty = u64;
                $body
            }
            Lane::F32 => {
                type $ty = f32;
                $body
            }
            Lane::F64 => {
                type $ty = f64;
                $body
            }
        }
    };
}
pub(crate) use with_ordered;

/// The word of the least (greatest) of `rows`, which begin at a multiple of 64; [`NO_VALUE`] if none has
/// a value. Only for lanes that [`has_words`] tells of.
pub(crate) fn extreme_of(argument: Argument<'_>, rows: Range<usize>, greatest: bool) -> i64 {
    with_ordered!(argument.lane, Value => level().run(Least {
        words: Words::<Value>::new(argument, greatest),
        rows,
    }), else NO_VALUE)
}

/// Writes the least (greatest) values so far of `rows`, which begin at a multiple of 64, with that of the
/// rows before as a word; gives that of all. Only for lanes that [`has_words`] tells of.
pub(crate) fn extremes(
    argument: Argument<'_>,
    rows: Range<usize>,
    before: i64,
    greatest: bool,
    written: &mut Written<'_>,
) -> i64 {
    copy_validity(argument.view, rows.clone(), written);
    with_ordered!(argument.lane, Value => level().run(SoFar {
        words: Words::<Value>::new(argument, greatest),
        results: &mut typed_mut::<Value>(written.values)[..rows.len()],
        rows,
        before,
    }), else before)
}

/// Writes which rows have values: those of a column that do.
pub(crate) fn copy_validity(view: View<'_>, rows: Range<usize>, written: &mut Written<'_>) {
    if let Some(to) = &mut written.validity {
        match view.validity {
            Some(bits) => blit_bits(bits, rows.start, rows.len(), to, 0),
            None => fill_bits(to, 0, rows.len(), true),
        }
    }
}

/// Values as words of which the least is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Words<'v, T> {
    values: &'v [T],
    validity: Option<&'v [u8]>,
    /// Turns words so that the least is wanted.
    turn: i64,
}

impl<'v, T: Ordered> Words<'v, T> {
    pub(crate) fn new(argument: Argument<'v>, greatest: bool) -> Words<'v, T> {
        Words {
            values: typed(argument.view.values),
            validity: argument.view.validity,
            turn: if greatest { -1 } else { 0 },
        }
    }

    /// The words of up to 64 rows from a multiple of 64 on, [`NO_VALUE`] behind them and for nulls.
    #[inline(always)]
    fn read(self, start: usize, end: usize, words: &mut [i64; WORD]) {
        let count = WORD.min(end - start);
        if let Some(values) = self.values[start..end].first_chunk::<WORD>() {
            for (word, value) in words.iter_mut().zip(values) {
                *word = value.word() ^ self.turn;
            }
        } else {
            *words = [NO_VALUE; WORD];
            for (word, value) in words.iter_mut().zip(&self.values[start..end]) {
                *word = value.word() ^ self.turn;
            }
        }
        if let Some(bits) = self.validity {
            let valid = bit_word(bits, start);
            if valid & low_bits(count) != low_bits(count) {
                for (place, word) in words.iter_mut().enumerate() {
                    *word = if valid >> place & 1 != 0 {
                        *word
                    } else {
                        NO_VALUE
                    };
                }
            }
        }
    }

    #[inline(always)]
    fn value(self, word: i64) -> T {
        T::value(word ^ self.turn)
    }
}

#[inline(always)]
fn least(words: &[i64; WORD]) -> i64 {
    words.iter().fold(NO_VALUE, |least, word| least.min(*word))
}

struct Least<'v, T> {
    words: Words<'v, T>,
    rows: Range<usize>,
}

impl<T: Ordered> Routine for Least<'_, T> {
    type Output = i64;

    #[inline(always)]
    fn run(self) -> i64 {
        let mut lanes = [NO_VALUE; WORD];
        let mut block = [NO_VALUE; WORD];
        for start in self.rows.clone().step_by(WORD) {
            self.words.read(start, self.rows.end, &mut block);
            for (lane, word) in lanes.iter_mut().zip(&block) {
                *lane = (*lane).min(*word);
            }
        }
        least(&lanes)
    }
}

struct SoFar<'v, T> {
    words: Words<'v, T>,
    rows: Range<usize>,
    before: i64,
    results: &'v mut [T],
}

impl<T: Ordered> Routine for SoFar<'_, T> {
    type Output = i64;

    #[inline(always)]
    fn run(self) -> i64 {
        let SoFar {
            words,
            rows,
            before,
            results,
        } = self;
        let mut best = before;
        let mut block = [NO_VALUE; WORD];
        for (start, results) in rows.clone().step_by(WORD).zip(results.chunks_mut(WORD)) {
            words.read(start, rows.end, &mut block);
            if least(&block) >= best {
                results.fill(words.value(best));
                continue;
            }
            for word in &mut block {
                best = best.min(*word);
                *word = best;
            }
            for (result, word) in results.iter_mut().zip(&block) {
                *result = words.value(*word);
            }
        }
        best
    }
}

/// Writes how many of the rows so far have values, of which `before` stand before these `rows`, which begin
/// at a multiple of 64; gives how many there are in all.
pub(crate) fn counts(
    view: View<'_>,
    rows: Range<usize>,
    before: u64,
    written: &mut Written<'_>,
) -> u64 {
    if let Some(validity) = &mut written.validity {
        fill_bits(validity, 0, rows.len(), true);
    }
    let results = &mut typed_mut::<u64>(written.values)[..rows.len()];
    let mut count = before;
    for (start, results) in rows.step_by(WORD).zip(results.chunks_mut(WORD)) {
        let valid = view.validity.map_or(u64::MAX, |bits| bit_word(bits, start));
        for (place, result) in results.iter_mut().enumerate() {
            count += valid >> place & 1;
            *result = count;
        }
    }
    count
}
