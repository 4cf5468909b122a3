//! How often each distinct value was seen in each group, for `n_unique` and `mode`.
//!
//! One table holds the values of all groups, keyed by group and value.

use std::cmp::Ordering;
use std::ops::Range;

use icosian_ir::meaning::compare::total_order;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::cells::{CellReader, put};
use super::lanes::Argument;
use crate::error::{RunError, internal};
use crate::execute::keys::{KeyColumn, KeyTable};

/// The distinct values of every group.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    scalar: ScalarType,
    groups: usize,
    /// Keys of a group and a value.
    values: KeyTable,
    /// How many rows have each of them.
    counts: Vec<u64>,
    words: Vec<u64>,
    numbers: Vec<u32>,
}

impl Tally {
    pub(crate) fn new(scalar: ScalarType) -> Result<Tally, RunError> {
        Ok(Tally {
            scalar,
            groups: 0,
            values: KeyTable::new(vec![ScalarType::U32, scalar])?,
            counts: Vec::new(),
            words: Vec::new(),
            numbers: Vec::new(),
        })
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    pub(crate) fn resize(&mut self, groups: usize) {
        self.groups = groups;
    }

    pub(crate) fn byte_len(&self) -> usize {
        self.values.byte_len() + 8 * self.counts.len()
    }

    pub(crate) fn update(
        &mut self,
        argument: Argument<'_, '_>,
        rows: Range<usize>,
        groups: &[u32],
    ) -> Result<(), RunError> {
        let value = match argument {
            Argument::Lanes(_, view) => KeyColumn::Lanes(view),
            Argument::Text(cells) => KeyColumn::Text(cells),
        };
        let columns = [KeyColumn::Numbers(groups), value];
        self.values
            .words_to_insert(&columns, rows, &mut self.words)?;
        // A mask that is not zero says that the value is null.
        let width = self.values.width();
        let mut kept = 0;
        for start in (0..self.words.len()).step_by(width) {
            if self.words[start] == 0 {
                self.words.copy_within(start..start + width, kept);
                kept += width;
            }
        }
        self.values
            .insert_all(&self.words[..kept], &mut self.numbers)?;
        self.counts.resize(self.values.len(), 0);
        for number in &self.numbers {
            self.counts[*number as usize] += 1;
        }
        Ok(())
    }

    fn add(&mut self, key: &[u64], count: u64) -> Result<(), RunError> {
        let (number, new) = self.values.insert(key)?;
        if new {
            self.counts.push(count);
        } else {
            self.counts[number] = self.counts[number].saturating_add(count);
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: &Tally, groups: &[u32]) -> Result<(), RunError> {
        let mut key = Vec::new();
        for (number, count) in other.counts.iter().enumerate() {
            self.values.adopt(&other.values, number, &mut key)?;
            key[1] = u64::from(groups[key[1] as usize]);
            self.add(&key, *count)?;
        }
        Ok(())
    }

    fn group(&self, number: usize) -> usize {
        self.values.key(number)[1] as usize
    }

    /// How many distinct values each group has.
    pub(crate) fn distinct(&self) -> Vec<u64> {
        let mut distinct = vec![0; self.groups];
        (0..self.counts.len()).for_each(|number| distinct[self.group(number)] += 1);
        distinct
    }

    /// The value seen most often in each group, of several the least.
    pub(crate) fn modes(&self) -> Vec<Value> {
        let mut best: Vec<Option<usize>> = vec![None; self.groups];
        for (number, count) in self.counts.iter().enumerate() {
            let best = &mut best[self.group(number)];
            let wins = best.is_none_or(|best| match count.cmp(&self.counts[best]) {
                Ordering::Greater => true,
                Ordering::Less => false,
                Ordering::Equal => {
                    let (value, best) = (self.values.value(number, 1), self.values.value(best, 1));
                    total_order(&value, &best) == Ordering::Less
                }
            });
            if wins {
                *best = Some(number);
            }
        }
        best.into_iter()
            .map(|best| best.map_or(Value::Null, |number| self.values.value(number, 1)))
            .collect()
    }

    /// Of each group: the count of each of its values, and the value.
    pub(crate) fn to_cells(&self) -> Vec<Vec<u8>> {
        let mut cells = vec![Vec::new(); self.groups];
        for (number, count) in self.counts.iter().enumerate() {
            let cell = &mut cells[self.group(number)];
            put(cell, *count);
            if let Value::Str(text) = self.values.value(number, 1) {
                put(cell, text.len() as u64);
                cell.extend_from_slice(text.as_bytes());
            } else {
                let words = &self.values.key(number)[2..];
                words.iter().for_each(|word| put(cell, *word));
            }
        }
        cells
    }

    pub(crate) fn read_cell(&mut self, group: usize, cell: &[u8]) -> Result<(), RunError> {
        let mut reader = CellReader::new(cell);
        let group = u32::try_from(group).map_err(|_| internal("more than 2^32 groups"))?;
        while !reader.is_done() {
            let count = reader.word()?;
            if self.scalar == ScalarType::Str {
                let text = reader.text()?;
                let columns = [
                    KeyColumn::Numbers(&[group]),
                    KeyColumn::Constant(&Value::Str(text.into())),
                ];
                let mut words = Vec::new();
                self.values.words_to_insert(&columns, 0..1, &mut words)?;
                self.add(&words, count)?;
            } else {
                let mut key = vec![0, group.into()];
                while key.len() < self.values.width() {
                    key.push(reader.word()?);
                }
                self.add(&key, count)?;
            }
        }
        Ok(())
    }
}
