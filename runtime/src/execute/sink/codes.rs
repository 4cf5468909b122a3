//! Groups by columns that are small dictionaries: a group is found by the codes of its row.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use icosian_codegen::wide::Routine;

use crate::error::RunError;
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, NO_KEY};
use crate::execute::view::View;
use crate::execute::wide::level;
use crate::text::{Cell, TextArray};

/// No more combinations of codes than this are worth a list.
pub(crate) const MOST_CODES: usize = 1 << 14;

/// A combination of codes that was not seen.
const UNSEEN: u32 = NO_KEY - 1;

/// A key column of a block whose rows are all of one dictionary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coded<'v> {
    /// Of each row its value, as a position among the distinct ones; their number where null.
    pub(crate) codes: &'v [u32],
    /// The distinct values.
    pub(crate) values: &'v ArrayRef,
}

/// Whether the combinations of the codes of some columns are worth a list.
pub(super) fn are_few(columns: &[Coded<'_>]) -> bool {
    let count = columns.iter().try_fold(1usize, |count, column| {
        count.checked_mul(column.values.len() + 1)
    });
    count.is_some_and(|count| count <= MOST_CODES)
}

/// The group of each combination of codes.
#[derive(Clone, Debug, Default)]
pub(super) struct CodeGroups {
    /// The distinct values of each column.
    dictionaries: Vec<ArrayRef>,
    /// The group of each combination, [`UNSEEN`] if there is none; behind them, that of rows left
    /// out.
    groups: Vec<u32>,
}

impl CodeGroups {
    /// Begins anew if the dictionaries are others.
    fn prepare(&mut self, columns: &[Coded<'_>]) {
        let same = self.dictionaries.len() == columns.len()
            && (self.dictionaries.iter().zip(columns))
                .all(|(known, column)| Arc::ptr_eq(known, column.values));
        if !same {
            let values = columns.iter().map(|column| Arc::clone(column.values));
            self.dictionaries = values.collect();
            let counts = columns.iter().map(|column| column.values.len() + 1);
            self.groups.clear();
            self.groups.resize(counts.product(), UNSEEN);
            self.groups.push(NO_KEY);
        }
    }

    /// The groups of `rows` of a block, [`NO_KEY`] where `filter` is not true; new ones are added to
    /// the keys in the order of their rows.
    pub(super) fn find(
        &mut self,
        keys: &mut KeyTable,
        columns: &[Coded<'_>],
        filter: Option<View<'_>>,
        rows: Range<usize>,
        groups: &mut Vec<u32>,
    ) -> Result<(), RunError> {
        self.prepare(columns);
        groups.resize(rows.len(), 0);
        let all_seen = level().run(Look {
            columns,
            filter,
            rows: rows.clone(),
            known: &self.groups,
            groups,
        });
        if all_seen {
            return Ok(());
        }
        for (group, row) in groups.iter_mut().zip(rows) {
            if *group == UNSEEN {
                let place = place_of(columns, row);
                *group = self.groups[place];
                if *group == UNSEEN {
                    *group = add(keys, columns, place)?;
                    self.groups[place] = *group;
                }
            }
        }
        Ok(())
    }
}

/// The place of a row's combination of codes.
fn place_of(columns: &[Coded<'_>], row: usize) -> usize {
    let (mut place, mut stride) = (0, 1);
    for column in columns {
        place += column.codes[row] as usize * stride;
        stride *= column.values.len() + 1;
    }
    place
}

/// The groups of rows by the places of their combinations, compiled for each CPU level; false if some were
/// not seen.
struct Look<'l, 'v> {
    columns: &'l [Coded<'v>],
    filter: Option<View<'v>>,
    rows: Range<usize>,
    /// As [`CodeGroups`] has them.
    known: &'l [u32],
    groups: &'l mut [u32],
}

/// Rows that share a word of a filter.
const WORD: usize = 64;

impl Routine for Look<'_, '_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Look {
            columns,
            filter,
            rows,
            known,
            groups,
        } = self;
        groups.fill(0);
        let mut stride = 1;
        for column in columns {
            let codes = &column.codes[rows.clone()];
            for (place, code) in groups.iter_mut().zip(codes) {
                *place += code * stride;
            }
            stride *= column.values.len() as u32 + 1;
        }
        if let Some(filter) = filter {
            // Behind all combinations stands what rows left out have.
            let left_out = stride;
            for (places, row) in groups.chunks_mut(WORD).zip(rows.step_by(WORD)) {
                let valid = filter
                    .validity
                    .map_or(u64::MAX, |bits| bits_from(bits, row));
                let passes = bits_from(filter.values, row) & valid;
                for (row, place) in places.iter_mut().enumerate() {
                    let kept = passes >> row & 1 != 0;
                    *place = if kept { *place } else { left_out };
                }
            }
        }
        let mut unseen = false;
        let last = known.len() - 1;
        for group in groups {
            let found = known[(*group as usize).min(last)];
            unseen |= found == UNSEEN;
            *group = found;
        }
        !unseen
    }
}

/// The 64 bits from a position on; behind the end they are 0.
#[inline(always)]
fn bits_from(bytes: &[u8], position: usize) -> u64 {
    let rest = &bytes[(position / 8).min(bytes.len())..];
    let mut word = [0; 16];
    let length = rest.len().min(9);
    word[..length].copy_from_slice(&rest[..length]);
    (u128::from_le_bytes(word) >> (position % 8)) as u64
}

/// Adds the key of a combination of codes.
#[cold]
fn add(keys: &mut KeyTable, columns: &[Coded<'_>], mut place: usize) -> Result<u32, RunError> {
    let mut cells: Vec<Cell<'_>> = Vec::with_capacity(columns.len());
    for column in columns {
        let count = column.values.len();
        let code = place % (count + 1);
        place /= count + 1;
        let text = TextArray::new(column.values).filter(|_| code < count);
        cells.push(text.and_then(|text| text.cell(code)));
    }
    let columns: Vec<KeyColumn<'_, '_>> = cells
        .iter()
        .map(|cell| KeyColumn::Text(std::slice::from_ref(cell)))
        .collect();
    let (mut words, mut numbers) = (KeyWords::default(), Vec::new());
    keys.words_to_insert(&columns, 0..1, &mut words)?;
    keys.insert_all(&mut words, &mut numbers)?;
    Ok(numbers[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_bits_begin_anywhere() {
        let bytes: Vec<u8> = (0..20u8).map(|byte| byte.wrapping_mul(73) ^ 0x2b).collect();
        for position in 0..=170 {
            let word = bits_from(&bytes, position);
            for place in 0..64 {
                let at = position + place;
                let expected = at < 160 && bytes[at / 8] >> (at % 8) & 1 != 0;
                assert_eq!(word >> place & 1 != 0, expected, "{position} {place}");
            }
        }
    }
}
