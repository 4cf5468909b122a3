//! The groups seen, with the states of their reductions.

use std::ops::Range;

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Op, Reduction};
use rayon::iter::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};

use super::accumulate::Accumulators;
use super::float_sums::Grouped;
use super::lanes::Argument;
use crate::bytes::bit;
use crate::error::RunError;
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, NO_KEY};
use crate::execute::view::View;

/// The groups seen.
#[derive(Clone, Debug)]
pub(crate) struct GroupState {
    pub(crate) keys: KeyTable,
    /// The first row of each group.
    pub(crate) first_rows: Vec<u64>,
    /// All rows seen so far are before this one.
    pub(crate) end: u64,
    pub(crate) values: Vec<Accumulators>,
}

/// What taking in a block needs.
#[derive(Debug, Default)]
pub(crate) struct GroupScratch {
    words: KeyWords,
    /// The group of each row, [`NO_KEY`] where it is in none.
    groups: Vec<u32>,
    /// The rows that a filter lets through, counted from the first, and their groups.
    kept: Vec<u32>,
    numbers: Vec<u32>,
    grouped: Grouped,
}

impl GroupState {
    /// Takes in `rows` of a block, of which row 0 is the table's row `first_row`, those where `filter`
    /// is true if there is one; `arguments` gives those of each state.
    pub(crate) fn update<'v, 'a: 'v>(
        &mut self,
        keys: &[KeyColumn<'v, 'a>],
        filter: Option<View<'v>>,
        arguments: impl Fn(usize) -> Result<Vec<Argument<'v, 'a>>, RunError>,
        rows: Range<usize>,
        first_row: usize,
        scratch: &mut GroupScratch,
    ) -> Result<(), RunError> {
        let GroupScratch {
            words,
            groups,
            kept,
            numbers,
            grouped,
        } = scratch;
        let all = match filter {
            None => true,
            Some(filter) => {
                kept.clear();
                let passes = |row: &usize| bit(filter.values, *row) && filter.is_valid(*row);
                let passed = rows.clone().filter(passes);
                kept.extend(passed.map(|row| (row - rows.start) as u32));
                if kept.is_empty() {
                    return Ok(());
                }
                kept.len() == rows.len()
            }
        };
        if all {
            self.keys.words_to_insert(keys, rows.clone(), words)?;
            self.keys.insert_all(words, groups)?;
        } else {
            self.keys.kept_words(keys, rows.clone(), kept, words)?;
            self.keys.insert_all(words, numbers)?;
            groups.clear();
            groups.resize(rows.len(), NO_KEY);
            for (row, number) in kept.iter().zip(&*numbers) {
                groups[*row as usize] = *number;
            }
        }
        self.note_first_rows(groups, (first_row + rows.start) as u64);
        let count = self.keys.len();
        let together = grouped.put_together(groups, count);
        for (position, state) in self.values.iter_mut().enumerate() {
            state.resize(count);
            let arguments = arguments(position)?;
            if !(together && state.update_together(&arguments, rows.clone(), grouped)) {
                state.update(&arguments, rows.clone(), first_row, groups, all)?;
            }
        }
        Ok(())
    }

    /// Notes the first rows of groups that rows from `first_row` on are in.
    fn note_first_rows(&mut self, groups: &[u32], first_row: u64) {
        let known = self.first_rows.len();
        let in_order = first_row >= self.end;
        self.end = self.end.max(first_row + groups.len() as u64);
        if in_order && known == self.keys.len() {
            return;
        }
        for (group, row) in groups.iter().zip(first_row..) {
            if *group == NO_KEY {
                continue;
            }
            let group = *group as usize;
            // New groups are numbered in the order of their rows.
            if group == self.first_rows.len() {
                self.first_rows.push(row);
            } else if !in_order && row < self.first_rows[group] {
                self.first_rows[group] = row;
            }
        }
    }

    /// Takes in the groups of other rows.
    pub(crate) fn merge(&mut self, other: &GroupState) -> Result<(), RunError> {
        self.end = self.end.max(other.end);
        let mut groups = Vec::with_capacity(other.keys.len());
        let first_rows = &mut self.first_rows;
        self.keys.insert_table(&other.keys, None, |from, group| {
            let row = other.first_rows[from];
            match first_rows.get_mut(group) {
                Some(first) => *first = row.min(*first),
                None => first_rows.push(row),
            }
            groups.push(group as u32);
        })?;
        let count = self.keys.len();
        let merge = |(state, other): (&mut Accumulators, &Accumulators)| {
            state.resize(count);
            state.merge(other, &groups)
        };
        if rayon::current_thread_index().is_some() {
            let pairs = self.values.par_iter_mut().zip(other.values.par_iter());
            pairs.try_for_each(merge)
        } else {
            self.values
                .iter_mut()
                .zip(&other.values)
                .try_for_each(merge)
        }
    }

    /// The groups in the order of their first rows.
    pub(crate) fn order(&self) -> Vec<u32> {
        let count = self.first_rows.len();
        let mut order: Vec<u32> = (0..count as u32).collect();
        if self.first_rows.is_sorted() {
            return order;
        }
        let last = self.first_rows.iter().copied().max().unwrap_or(0);
        if last / 64 > count as u64 {
            order.sort_unstable_by_key(|group| self.first_rows[*group as usize]);
            return order;
        }
        // A group's place is how many first rows are before its own: bits of rows are counted.
        let mut bits = vec![0u64; last as usize / 64 + 1];
        for row in &self.first_rows {
            bits[*row as usize / 64] |= 1 << (row % 64);
        }
        let mut before = Vec::with_capacity(bits.len());
        let mut sum = 0;
        for word in &bits {
            before.push(sum);
            sum += word.count_ones();
        }
        for (group, row) in self.first_rows.iter().enumerate() {
            let word = *row as usize / 64;
            let within = bits[word] & ((1 << (row % 64)) - 1);
            order[(before[word] + within.count_ones()) as usize] = group as u32;
        }
        order
    }
}

/// Reductions, each with the position of its state, and the states: those that several share once.
type Shared = (Vec<(ColumnId, usize)>, Vec<(Reduction, Vec<usize>)>);

/// The states of reductions, given with the slots that they read.
pub(crate) fn shared_states(columns: &Columns, reductions: Vec<(ColumnId, Vec<usize>)>) -> Shared {
    let mut states: Vec<(Reduction, Vec<usize>)> = Vec::new();
    let mut values = Vec::with_capacity(reductions.len());
    for (column, slots) in reductions {
        let Op::Reduce { reduction, .. } = columns.column(column).op else {
            continue;
        };
        let shared = states.iter().enumerate().find_map(|(position, state)| {
            let both = one_state(state.0, reduction).filter(|_| state.1 == slots)?;
            Some((position, both))
        });
        match shared {
            Some((position, both)) => {
                states[position].0 = both;
                values.push((column, position));
            }
            None => {
                values.push((column, states.len()));
                states.push((reduction, slots));
            }
        }
    }
    (values, states)
}

/// The reduction whose state gives two reductions of the same arguments, if there is one.
fn one_state(one: Reduction, other: Reduction) -> Option<Reduction> {
    use Reduction::{Mean, Mode, NUnique, Quantile, Std, Sum, Var};
    match (one, other) {
        (Sum, Mean) | (Mean, Sum) => Some(Mean),
        (Var { .. } | Std { .. }, Var { .. } | Std { .. })
        | (Quantile { .. }, Quantile { .. })
        | (NUnique | Mode, NUnique | Mode) => Some(one),
        (one, other) => (one == other).then_some(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_in_the_order_of_their_first_rows() {
        for last in [10_000, 10_000_000] {
            let mut first_rows: Vec<u64> = (0..1000).map(|group| group * 7919 % 10_007).collect();
            first_rows[3] = last;
            let state = GroupState {
                keys: KeyTable::new(Vec::new()).expect("a table"),
                first_rows: first_rows.clone(),
                end: 0,
                values: Vec::new(),
            };
            let order = state.order();
            let rows: Vec<u64> = order
                .iter()
                .map(|group| first_rows[*group as usize])
                .collect();
            assert_eq!(rows.len(), 1000);
            assert!(rows.is_sorted_by(|a, b| a < b));
        }
    }
}
