//! The keys of some rows as words, column by column.

use std::ops::Range;

use icosian_ir::meaning::key::{canonical_f32, canonical_f64};
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use super::spans::{WordRange, join};
use super::{KeyColumn, NO_KEY};
use crate::bytes::{bit, typed};
use crate::error::{RunError, internal};
use crate::execute::view::{View, with_lane};

/// Keys of rows: integers, times and bools as they are, floats with one zero and one NaN, text by its
/// number in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyWords {
    pub(super) rows: usize,
    columns: usize,
    /// The words of the first column, then those of the second, ...; where null, 0.
    words: Vec<u64>,
    /// Of each row: which columns are null, bit 0 the first; empty if no column is anywhere.
    masks: Vec<u64>,
    /// Where keys stand in a table that finds them by their places.
    pub(super) positions: Vec<u64>,
}

impl KeyWords {
    /// The words of a column.
    #[inline(always)]
    pub(crate) fn column(&self, column: usize) -> &[u64] {
        &self.words[column * self.rows..(column + 1) * self.rows]
    }

    /// Which columns are null, by row; empty if none is anywhere.
    #[inline(always)]
    pub(super) fn masks(&self) -> &[u64] {
        &self.masks
    }

    /// Whether some column of a row is null.
    #[inline(always)]
    pub(crate) fn has_null(&self, row: usize) -> bool {
        self.masks.get(row).is_some_and(|mask| *mask != 0)
    }

    /// The word of a column in a row.
    #[inline(always)]
    pub(super) fn word(&self, column: usize, row: usize) -> u64 {
        self.words[column * self.rows + row]
    }

    /// Appends the mask of a row, then its words.
    #[inline(always)]
    pub(super) fn push_key(&self, row: usize, key: &mut Vec<u64>) {
        key.push(self.mask(row));
        key.extend((0..self.columns).map(|column| self.word(column, row)));
    }

    /// The mask of a row, then its words, of which there are `N - 1`.
    #[inline(always)]
    pub(super) fn key<const N: usize>(&self, row: usize) -> [u64; N] {
        let mut key = [self.mask(row); N];
        for (column, word) in key[1..].iter_mut().enumerate() {
            *word = self.word(column, row);
        }
        key
    }

    /// Which columns of a row are null.
    #[inline(always)]
    pub(super) fn mask(&self, row: usize) -> u64 {
        self.masks.get(row).copied().unwrap_or(0)
    }

    /// The least and the greatest word of a column.
    pub(super) fn range(&self, column: usize) -> WordRange {
        let mut range = None;
        for (row, word) in self.column(column).iter().enumerate() {
            if self.mask(row) >> column & 1 == 0 {
                let word = *word as i64;
                range = join(range, Some((word, word)));
            }
        }
        range
    }

    /// Reads rows of one column of fixed width, of no decimals.
    pub(crate) fn read(
        &mut self,
        view: View<'_>,
        scalar: ScalarType,
        rows: Range<usize>,
    ) -> Result<(), RunError> {
        self.reset(rows.len(), 1);
        let mut number = |_: &str| Err(internal("text where numbers are read"));
        self.fill(0, &KeyColumn::Lanes(view), scalar, rows, &mut number)
    }

    /// Leaves the rows without nulls.
    pub(crate) fn drop_nulls(&mut self) {
        if self.masks.iter().all(|mask| *mask == 0) {
            self.masks.clear();
            return;
        }
        let masks = std::mem::take(&mut self.masks);
        let mut row = 0..masks.len();
        self.words.retain(|_| {
            let at = row.next().unwrap_or_else(|| {
                row = 1..masks.len();
                0
            });
            masks[at] == 0
        });
        self.rows = masks.iter().filter(|mask| **mask == 0).count();
    }

    /// Leaves these rows, ascending.
    pub(super) fn keep(&mut self, kept: &[u32]) {
        for column in 0..self.columns {
            let (from, to) = (column * self.rows, column * kept.len());
            for (position, row) in kept.iter().enumerate() {
                self.words[to + position] = self.words[from + *row as usize];
            }
        }
        self.words.truncate(self.columns * kept.len());
        if !self.masks.is_empty() {
            for (position, row) in kept.iter().enumerate() {
                self.masks[position] = self.masks[*row as usize];
            }
            self.masks.truncate(kept.len());
        }
        self.rows = kept.len();
    }

    /// Room for keys of so many columns.
    pub(super) fn reset(&mut self, rows: usize, columns: usize) {
        self.rows = rows;
        self.columns = columns;
        self.words.clear();
        self.words.resize(rows * columns, 0);
        self.masks.clear();
    }

    /// Reads keys that stand one after the other, each behind its mask, in `width` words.
    pub(super) fn transpose(&mut self, keys: &[u64], width: usize) {
        self.reset(keys.len() / width, width - 1);
        for (row, key) in keys.chunks_exact(width).enumerate() {
            if key[0] != 0 {
                self.null_masks()[row] = key[0];
            }
            for (column, word) in key[1..].iter().enumerate() {
                self.words[column * self.rows + row] = *word;
            }
        }
    }

    /// Replaces the words of a column by those at their places in a list.
    pub(super) fn renumber(&mut self, column: usize, numbers: &[u32]) {
        let words = &mut self.words[column * self.rows..(column + 1) * self.rows];
        for (row, word) in words.iter_mut().enumerate() {
            if self
                .masks
                .get(row)
                .is_none_or(|mask| mask >> column & 1 == 0)
            {
                *word = u64::from(numbers[*word as usize]);
            }
        }
    }

    /// Replaces each word of a column by another.
    pub(crate) fn map(&mut self, column: usize, mut word: impl FnMut(u64) -> u64) {
        let words = &mut self.words[column * self.rows..(column + 1) * self.rows];
        words.iter_mut().for_each(|old| *old = word(*old));
    }

    fn null_masks(&mut self) -> &mut [u64] {
        self.masks.resize(self.rows, 0);
        &mut self.masks
    }

    /// Reads a column; `number` numbers texts.
    pub(super) fn fill(
        &mut self,
        position: usize,
        column: &KeyColumn<'_, '_>,
        scalar: ScalarType,
        rows: Range<usize>,
        number: &mut impl FnMut(&str) -> Result<u64, RunError>,
    ) -> Result<(), RunError> {
        let null = 1 << position;
        let count = self.rows;
        if scalar.is_decimal() {
            return self.fill_wide(position, column, rows);
        }
        let words = &mut self.words[position * count..(position + 1) * count];
        match column {
            KeyColumn::Lanes(view) => {
                lane_words(*view, scalar.lane(), rows.clone(), words)?;
                if let Some(validity) = view.validity {
                    self.masks.resize(count, 0);
                    for ((row, word), mask) in rows.zip(words).zip(&mut self.masks) {
                        if !bit(validity, row) {
                            *mask |= null;
                            *word = 0;
                        }
                    }
                }
            }
            KeyColumn::Text(cells) => {
                for (row, cell) in cells[rows].iter().enumerate() {
                    match cell {
                        Some(text) => words[row] = number(text)?,
                        None => {
                            self.masks.resize(count, 0);
                            self.masks[row] |= null;
                        }
                    }
                }
            }
            KeyColumn::Numbers(numbers) => {
                for (word, number) in words.iter_mut().zip(*numbers) {
                    *word = u64::from(*number);
                }
                if numbers.contains(&NO_KEY) {
                    for (mask, number) in self.null_masks().iter_mut().zip(*numbers) {
                        *mask |= if *number == NO_KEY { null } else { 0 };
                    }
                }
            }
            KeyColumn::Words(from) => words.copy_from_slice(&from[..count]),
            KeyColumn::Constant(value) => {
                let word = match value {
                    Value::Null => {
                        self.null_masks().iter_mut().for_each(|mask| *mask |= null);
                        return Ok(());
                    }
                    Value::Bool(value) => u64::from(*value),
                    Value::Integer(value) => *value as u64,
                    Value::F32(value) => u64::from(canonical_f32(*value).to_bits()),
                    Value::F64(value) => canonical_f64(*value).to_bits(),
                    Value::Str(text) => number(text)?,
                };
                words.fill(word);
            }
        }
        Ok(())
    }
}

impl KeyWords {
    /// Reads a column of decimals, of two words each.
    fn fill_wide(
        &mut self,
        position: usize,
        column: &KeyColumn<'_, '_>,
        rows: Range<usize>,
    ) -> Result<(), RunError> {
        let count = self.rows;
        let mut put = |row: usize, value: Option<i128>| {
            let value = value.unwrap_or_else(|| {
                self.masks.resize(count, 0);
                self.masks[row] |= 1 << position;
                0
            });
            self.words[position * count + row] = value as u64;
            self.words[(position + 1) * count + row] = (value >> 64) as u64;
        };
        match column {
            KeyColumn::Lanes(view) => {
                let values = &typed::<i128>(view.values)[rows.clone()];
                for ((row, from), value) in rows.enumerate().zip(values) {
                    put(row, view.is_valid(from).then_some(*value));
                }
            }
            KeyColumn::Constant(Value::Integer(value)) => {
                (0..count).for_each(|row| put(row, Some(*value)));
            }
            KeyColumn::Constant(_) => (0..count).for_each(|row| put(row, None)),
            KeyColumn::Words(from) => {
                for row in 0..count {
                    let bits = u128::from(from[row]) | u128::from(from[count + row]) << 64;
                    put(row, Some(bits.cast_signed()));
                }
            }
            KeyColumn::Text(_) | KeyColumn::Numbers(_) => {
                return Err(internal("a decimal of one word"));
            }
        }
        Ok(())
    }
}

/// The words of a column of fixed width.
fn lane_words(
    view: View<'_>,
    lane: Option<Lane>,
    rows: Range<usize>,
    words: &mut [u64],
) -> Result<(), RunError> {
    let lane = lane.ok_or_else(|| internal("text without cells"))?;
    let words = words.iter_mut();
    match lane {
        Lane::Bool => words
            .zip(rows)
            .for_each(|(word, row)| *word = u64::from(bit(view.values, row))),
        Lane::F32 => words
            .zip(&typed::<f32>(view.values)[rows])
            .for_each(|(word, value)| *word = u64::from(canonical_f32(*value).to_bits())),
        Lane::F64 => words
            .zip(&typed::<f64>(view.values)[rows])
            .for_each(|(word, value)| *word = canonical_f64(*value).to_bits()),
        Lane::I128 => return Err(internal("a decimal is two words")),
        Lane::I8
        | Lane::I16
        | Lane::I32
        | Lane::I64
        | Lane::U8
        | Lane::U16
        | Lane::U32
        | Lane::U64 => {
            with_lane!(integers lane, view.values, values => words
                .zip(&values[rows])
                .for_each(|(word, value)| *word = i128::from(*value) as u64))
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept() {
        let mut words = KeyWords::default();
        words.transpose(&[0, 1, 2, 1, 0, 3, 0, 4, 5, 2, 6, 0], 3);
        words.keep(&[1, 3]);
        assert_eq!(words.column(0), [0, 6]);
        assert_eq!(words.column(1), [3, 0]);
        assert_eq!(words.masks(), [1, 2]);
    }

    #[test]
    fn rows_with_nulls_are_dropped() {
        let mut words = KeyWords::default();
        words.transpose(&[0, 1, 2, 1, 0, 3, 0, 4, 5, 2, 6, 0], 3);
        assert!(words.has_null(1) && !words.has_null(2));
        words.drop_nulls();
        assert_eq!(words.column(0), [1, 4]);
        assert_eq!(words.column(1), [2, 5]);
        assert!(!words.has_null(0));
    }
}
