//! How often each distinct value was seen in each group, for `n_unique` and `mode`.
//!
//! One table holds the values of all groups, keyed by group and value. Of one group, which values there
//! are is known in another way, as long as nobody asks how often.

use std::cmp::Ordering;
use std::ops::Range;

use icosian_ir::meaning::compare::total_order;
use icosian_ir::plan::BLOCK_ROWS;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::cells::{CellReader, put};
use super::distinct::DistinctValues;
use super::lanes::Argument;
use crate::error::{RunError, internal};
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, NO_KEY};
use crate::text::Cell;

/// The distinct values of every group.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    scalar: ScalarType,
    groups: usize,
    /// Keys of a group and a value.
    values: KeyTable,
    /// How many rows have each of them, where that is asked.
    counts: Vec<u64>,
    is_counted: bool,
    /// The values of the first group, as long as it is the only one and they are not counted; then
    /// `values` holds nothing.
    alone: Option<Box<DistinctValues>>,
    words: KeyWords,
    numbers: Vec<u32>,
}

impl Tally {
    /// No values yet; `is_counted` says whether it matters how often each is there.
    pub(crate) fn new(scalar: ScalarType, is_counted: bool) -> Result<Tally, RunError> {
        let alone = match is_counted {
            true => None,
            false => DistinctValues::new(scalar)?.map(Box::new),
        };
        Ok(Tally {
            scalar,
            groups: 0,
            values: KeyTable::new(vec![ScalarType::U32, scalar])?,
            counts: Vec::new(),
            is_counted,
            alone,
            words: KeyWords::default(),
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
        let alone = self.alone.as_ref().map_or(0, |alone| alone.byte_len());
        self.values.byte_len() + 8 * self.counts.len() + alone
    }

    /// Keys the values of the first group as those of others are.
    fn leave_alone(&mut self) -> Result<(), RunError> {
        let Some(alone) = self.alone.take() else {
            return Ok(());
        };
        let groups = [0; BLOCK_ROWS];
        let words = alone.words();
        for block in words.chunks(BLOCK_ROWS) {
            self.insert(
                &groups[..block.len()],
                KeyColumn::Words(block),
                0..block.len(),
            )?;
        }
        let texts = alone.texts();
        for block in texts.chunks(BLOCK_ROWS) {
            let cells: Vec<Cell<'_>> = block.iter().map(|text| Some(text.as_str())).collect();
            self.insert(
                &groups[..block.len()],
                KeyColumn::Text(&cells),
                0..block.len(),
            )?;
        }
        Ok(())
    }

    /// Numbers the values of some rows with their groups.
    fn insert(
        &mut self,
        groups: &[u32],
        value: KeyColumn<'_, '_>,
        rows: Range<usize>,
    ) -> Result<(), RunError> {
        let columns = [KeyColumn::Numbers(groups), value];
        self.values
            .words_to_insert(&columns, rows, &mut self.words)?;
        self.words.drop_nulls();
        self.values.insert_all(&mut self.words, &mut self.numbers)
    }

    pub(crate) fn update(
        &mut self,
        argument: Argument<'_, '_>,
        rows: Range<usize>,
        groups: &[u32],
    ) -> Result<(), RunError> {
        // Rows left out by a filter are in no group.
        if self.groups > 1 || groups.contains(&NO_KEY) {
            self.leave_alone()?;
        }
        if let Some(alone) = &mut self.alone {
            return alone.update(argument, rows);
        }
        let value = match argument {
            Argument::Lanes(_, view) => KeyColumn::Lanes(view),
            Argument::Text(cells) => KeyColumn::Text(cells),
        };
        self.insert(groups, value, rows)?;
        if !self.is_counted {
            return Ok(());
        }
        self.counts.resize(self.values.len(), 0);
        for number in &self.numbers {
            self.counts[*number as usize] += 1;
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: &Tally, groups: &[u32]) -> Result<(), RunError> {
        if self.groups <= 1
            && let (Some(alone), Some(other)) = (&mut self.alone, &other.alone)
        {
            return alone.merge(other);
        }
        self.leave_alone()?;
        if other.alone.is_some() {
            let mut other = other.clone();
            other.leave_alone()?;
            return self.merge(&other, groups);
        }
        let is_counted = self.is_counted;
        let Tally { values, counts, .. } = self;
        let group = |group: u64| u64::from(groups[group as usize]);
        values.insert_table(&other.values, Some((0, &group)), |from, number| {
            if is_counted {
                add(counts, number, other.counts[from]);
            }
        })
    }

    fn group(&self, number: usize) -> usize {
        self.values.key(number)[1] as usize
    }

    /// How many distinct values each group has.
    pub(crate) fn distinct(&self) -> Vec<u64> {
        let mut distinct = vec![0; self.groups];
        if let (Some(alone), Some(first)) = (&self.alone, distinct.first_mut()) {
            *first = alone.count() as u64;
        }
        (0..self.values.len()).for_each(|number| distinct[self.group(number)] += 1);
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

    /// Of each group: the count of each of its values (1 where that is not asked), and the value.
    pub(crate) fn to_cells(&self) -> Vec<Vec<u8>> {
        let mut cells = vec![Vec::new(); self.groups];
        if let (Some(alone), Some(first)) = (&self.alone, cells.first_mut()) {
            for word in alone.words() {
                put(first, 1);
                put(first, word);
            }
            for text in alone.texts() {
                put(first, 1);
                put(first, text.len() as u64);
                first.extend_from_slice(text.as_bytes());
            }
        }
        for number in 0..self.values.len() {
            let cell = &mut cells[self.group(number)];
            put(cell, self.counts.get(number).copied().unwrap_or(1));
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
        if self.groups > 1 || group > 0 {
            self.leave_alone()?;
        }
        let mut reader = CellReader::new(cell);
        let group = u32::try_from(group).map_err(|_| internal("more than 2^32 groups"))?;
        let group = [group];
        while !reader.is_done() {
            let count = reader.word()?;
            if let Some(alone) = &mut self.alone {
                match self.scalar {
                    ScalarType::Str => alone.add_text(reader.text()?)?,
                    _ => alone.add_word(reader.word()?),
                }
                continue;
            }
            let (text, word);
            let columns = if self.scalar == ScalarType::Str {
                text = [Some(reader.text()?)];
                [KeyColumn::Numbers(&group), KeyColumn::Text(&text)]
            } else {
                let mut words = vec![reader.word()?];
                if self.scalar.is_decimal() {
                    words.push(reader.word()?);
                }
                word = words;
                [KeyColumn::Numbers(&group), KeyColumn::Words(&word)]
            };
            self.values
                .words_to_insert(&columns, 0..1, &mut self.words)?;
            self.values.insert_all(&mut self.words, &mut self.numbers)?;
            if self.is_counted {
                add(&mut self.counts, self.numbers[0] as usize, count);
            }
        }
        Ok(())
    }
}

/// Adds to the count of a value, perhaps a new one.
fn add(counts: &mut Vec<u64>, number: usize, count: u64) {
    match counts.get_mut(number) {
        Some(known) => *known = known.saturating_add(count),
        None => counts.push(count),
    }
}
