//! The groups seen, with the states of their reductions.

use std::ops::Range;

use icosian_ir::plan::BLOCK_ROWS;
use rayon::iter::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};

use super::accumulate::Accumulators;
use super::codes::{CodeGroups, Coded};
use super::float_sums::Grouped;
use super::lanes::Argument;
use crate::bytes::bit;
use crate::error::RunError;
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, NO_KEY, Places, Spans};
use crate::execute::view::View;
use crate::memory::ahead;

/// The groups seen.
#[derive(Clone, Debug)]
pub(crate) struct GroupState {
    pub(crate) keys: KeyTable,
    /// The first row of each group.
    pub(crate) first_rows: Vec<u64>,
    /// All rows seen so far are before this one.
    pub(crate) end: u64,
    pub(crate) values: Vec<Accumulators>,
    /// The keys, where groups are numbered by their places; then `keys` and `first_rows` hold nothing.
    pub(crate) places: Option<Places>,
    /// Whether the order of groups is seen; if not, they stand in any, and may be followed by groups of no
    /// rows that nobody looks for.
    pub(crate) ordered: bool,
    pub(super) codes: CodeGroups,
}

/// The keys of a block.
pub(crate) enum BlockKeys<'v, 'a> {
    Columns(Vec<KeyColumn<'v, 'a>>),
    /// All of small dictionaries.
    Coded(Vec<Coded<'v>>),
}

/// Groups in the order of their first rows, and of each group where it is in it.
pub(crate) struct GroupOrder {
    pub(crate) groups: Vec<u32>,
    /// Beyond all rows where there is no such group; none where every group stands at its number.
    pub(crate) rows: Option<Vec<u32>>,
}

impl GroupOrder {
    /// Every group at its number.
    pub(crate) fn as_numbered(count: usize) -> GroupOrder {
        GroupOrder {
            groups: (0..count as u32).collect(),
            rows: None,
        }
    }
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
        keys: &BlockKeys<'v, 'a>,
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
        let from = (first_row + rows.start) as u64;
        let all = match (keys, filter) {
            (BlockKeys::Coded(_), _) | (_, None) => true,
            (BlockKeys::Columns(_), Some(filter)) => {
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
        let all = match keys {
            BlockKeys::Coded(columns) => {
                self.leave_places()?;
                let keys = &mut self.keys;
                (self.codes).find(keys, columns, filter, rows.clone(), groups)?;
                self.note_first_rows(groups, from);
                filter.is_none() || !groups.contains(&NO_KEY)
            }
            BlockKeys::Columns(columns)
                if all && self.find_at_once(columns, &rows, from, groups) =>
            {
                true
            }
            BlockKeys::Columns(columns) if all => {
                self.keys.words_to_insert(columns, rows.clone(), words)?;
                let placed =
                    (self.places.as_mut()).map(|places| places.insert(words, from, groups));
                if placed == Some(false) {
                    self.leave_places()?;
                }
                if placed != Some(true) {
                    self.keys.insert_all(words, groups)?;
                    self.note_first_rows(groups, from);
                }
                true
            }
            BlockKeys::Columns(columns) => {
                self.leave_places()?;
                self.keys.kept_words(columns, rows.clone(), kept, words)?;
                self.keys.insert_all(words, numbers)?;
                groups.clear();
                groups.resize(rows.len(), NO_KEY);
                for (row, number) in kept.iter().zip(&*numbers) {
                    groups[*row as usize] = *number;
                }
                self.note_first_rows(groups, from);
                false
            }
        };
        let count = self.count();
        let together = grouped.put_together(groups, count);
        for (position, state) in self.values.iter_mut().enumerate() {
            state.resize(count);
            let arguments = arguments(position)?;
            state.fetch(groups);
            let is_done = together && state.update_together(&arguments, rows.clone(), grouped)
                || all && state.update_scattered(&arguments, rows.clone(), groups);
            if !is_done {
                state.update(&arguments, rows.clone(), first_row, groups, all)?;
            }
        }
        Ok(())
    }

    /// Finds the groups of `rows`, the first of which is the table's row `from`, in one pass over their
    /// keys; false, and nothing is noted, if that can't be or there are new ones.
    fn find_at_once(
        &mut self,
        columns: &[KeyColumn<'_, '_>],
        rows: &Range<usize>,
        from: u64,
        groups: &mut Vec<u32>,
    ) -> bool {
        if let Some(places) = &mut self.places {
            let spans = places.spans();
            return (self.keys).places_at_once(spans, columns, rows.clone(), groups)
                && places.note(from, groups);
        }
        let found = (self.keys).known_at_once(columns, rows.clone(), true, groups);
        if found == Some(true) {
            self.note_first_rows(groups, from);
        }
        found == Some(true)
    }

    /// Numbers groups by the places of their keys, before any row, where their states allow it.
    pub(crate) fn expect(&mut self, spans: &Spans) {
        let small = |state: &Accumulators| state.emptied().is_some();
        if self.keys.len() == 0 && self.values.iter().all(small) {
            self.places = Some(Places::new(spans, self.ordered));
        }
    }

    /// How many groups, or places of groups.
    fn count(&self) -> usize {
        let places = self.places.as_ref().map(Places::count);
        places.unwrap_or_else(|| self.keys.len())
    }

    /// Numbers groups as others are.
    #[cold]
    pub(crate) fn leave_places(&mut self) -> Result<(), RunError> {
        let Some(places) = self.places.take() else {
            return Ok(());
        };
        let (mut words, mut numbers) = (KeyWords::default(), Vec::new());
        // States of places without a key are empty, so they may go anywhere.
        let mut group_of = vec![0; places.count()];
        let seen: Vec<(u32, u64)> = places.first_rows().collect();
        for block in seen.chunks(BLOCK_ROWS) {
            let keys = block.iter().map(|(place, _)| *place);
            places.words(keys, self.keys.columns(), &mut words);
            self.keys.insert_all(&mut words, &mut numbers)?;
            for ((place, row), number) in block.iter().zip(&numbers) {
                group_of[*place as usize] = *number;
                self.first_rows.push(*row);
            }
        }
        // Rows of known groups may have come later than all first rows.
        self.end = u64::MAX;
        let count = self.keys.len();
        for state in &mut self.values {
            if let Some(mut numbered) = state.emptied() {
                numbered.resize(count);
                if count > 0 {
                    numbered.merge(state, &group_of)?;
                }
                *state = numbered;
            }
        }
        Ok(())
    }

    /// The groups of another state, where they line up with these.
    fn merge_places(&mut self, other: &GroupState) -> Option<Vec<u32>> {
        let (places, others) = (self.places.as_mut()?, other.places.as_ref()?);
        if places.spans() != others.spans() {
            return None;
        }
        places.merge(others);
        Some((0..places.count() as u32).collect())
    }

    /// Notes the first rows of groups that rows from `first_row` on are in.
    fn note_first_rows(&mut self, groups: &[u32], first_row: u64) {
        let known = self.first_rows.len();
        let in_order = first_row >= self.end;
        self.end = self.end.max(first_row + groups.len() as u64);
        // Of few groups it is soon seen that all began before.
        let few = known <= groups.len() / 4;
        let is_begun = || self.first_rows.iter().all(|first| *first <= first_row);
        if known == self.keys.len() && (in_order || few && is_begun()) {
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
        if let Some(groups) = self.merge_places(other) {
            return self.merge_values(other, &groups);
        }
        self.leave_places()?;
        if other.places.is_some() {
            let mut numbered = other.clone();
            numbered.leave_places()?;
            return self.merge(&numbered);
        }
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
        self.merge_values(other, &groups)
    }

    /// Takes in the states of other groups; `groups` says to which each goes.
    fn merge_values(&mut self, other: &GroupState, groups: &[u32]) -> Result<(), RunError> {
        let count = self.count();
        let merge = |(state, other): (&mut Accumulators, &Accumulators)| {
            state.resize(count);
            state.merge(other, groups)
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
    pub(crate) fn order(&self) -> GroupOrder {
        if let Some(places) = &self.places {
            return places.order();
        }
        if !self.ordered || self.first_rows.is_sorted() {
            return GroupOrder::as_numbered(self.first_rows.len());
        }
        let groups = self.numbers_in_order();
        let mut rows = ahead::list_for(groups.len() + 1);
        rows.resize(groups.len(), 0);
        for (row, group) in groups.iter().enumerate() {
            rows[*group as usize] = row as u32;
        }
        GroupOrder {
            groups,
            rows: Some(rows),
        }
    }

    fn numbers_in_order(&self) -> Vec<u32> {
        let count = self.first_rows.len();
        let mut order: Vec<u32> = (0..count as u32).collect();
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
                places: None,
                ordered: true,
                codes: CodeGroups::default(),
            };
            let order = state.order().groups;
            let rows: Vec<u64> = order
                .iter()
                .map(|group| first_rows[*group as usize])
                .collect();
            assert_eq!(rows.len(), 1000);
            assert!(rows.is_sorted_by(|a, b| a < b));
        }
    }
}
