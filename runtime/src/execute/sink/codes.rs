//! Groups by columns that are small dictionaries: a group is found by the codes of its row.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};

use crate::bytes::bit;
use crate::error::RunError;
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, NO_KEY};
use crate::execute::view::View;
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
        groups.clear();
        groups.resize(rows.len(), 0);
        let mut stride = 1;
        for column in columns {
            let codes = &column.codes[rows.clone()];
            for (group, code) in groups.iter_mut().zip(codes) {
                *group += code * stride;
            }
            stride *= column.values.len() as u32 + 1;
        }
        if let Some(filter) = filter {
            let left_out = stride;
            match filter.validity {
                None => {
                    for (group, row) in groups.iter_mut().zip(rows) {
                        *group = if bit(filter.values, row) {
                            *group
                        } else {
                            left_out
                        };
                    }
                }
                Some(validity) => {
                    for (group, row) in groups.iter_mut().zip(rows) {
                        let passes = bit(filter.values, row) & bit(validity, row);
                        *group = if passes { *group } else { left_out };
                    }
                }
            }
        }
        for group in groups {
            let place = *group as usize;
            *group = self.groups[place];
            if *group == UNSEEN {
                *group = add(keys, columns, place)?;
                self.groups[place] = *group;
            }
        }
        Ok(())
    }
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
