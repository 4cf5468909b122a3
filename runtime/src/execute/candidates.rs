//! The rows of a build side of which several may have one key, and which of them meet conditions.
//!
//! The rows of a key stand together, in row order or in the order of the column that as-of lookups
//! compare. Those are found by binary search; further conditions are tried row by row from there,
//! passing over blocks of rows none of which can meet them.

use std::ops::Range;

use icosian_ir::id::ColumnId;
use icosian_ir::op::Comparison;
use icosian_ir::types::Lane;
use rayon::slice::ParallelSliceMut;

use crate::bytes::put_bit;
use crate::error::{RunError, internal};
use crate::execute::built::BuiltTable;
use crate::execute::keys::{KeyColumn, KeyWords, NO_KEY};
use crate::execute::nearest;
use crate::execute::order_words::{Ranks, order_words};

/// Rows by key, and what is compared of them.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// Of key `k`: positions `starts[k]..starts[k + 1]`.
    starts: Vec<u32>,
    /// The row at each position.
    rows: Vec<u32>,
    /// Whether the rows of a key are in the order of the first column compared.
    sorted: bool,
    compared: Vec<Compared>,
}

/// A column that is compared.
#[derive(Debug)]
pub(crate) struct Compared {
    /// The words of its values, by row until they are put in order, then by position.
    pub(crate) words: Vec<u64>,
    /// Of text: the ranks that the words are.
    pub(crate) ranks: Option<Ranks>,
    /// Of what is no text.
    pub(crate) lane: Option<Lane>,
    /// The least and the greatest word of each block of positions, for each length of blocks.
    bounds: [Vec<(u64, u64)>; BLOCKS.len()],
}

impl Compared {
    /// A column of these words, by row.
    pub(crate) fn new(words: Vec<u64>, ranks: Option<Ranks>, lane: Option<Lane>) -> Compared {
        Compared {
            words,
            ranks,
            lane,
            bounds: BLOCKS.map(|_| Vec::new()),
        }
    }

    /// Takes in the order of positions.
    fn put_in_order(&mut self, rows: &[u32]) {
        let in_place = rows.len() == self.words.len() && rows.is_sorted();
        if !in_place {
            self.words = rows.iter().map(|row| self.words[*row as usize]).collect();
        }
    }

    /// Notes the bounds of blocks.
    fn bound_blocks(&mut self) {
        for (length, bounds) in BLOCKS.into_iter().zip(&mut self.bounds) {
            let of_block = |words: &[u64]| {
                let (mut least, mut greatest) = (u64::MAX, 0);
                for word in words {
                    (least, greatest) = (least.min(*word), greatest.max(*word));
                }
                (least, greatest)
            };
            *bounds = self.words.chunks(length).map(of_block).collect();
        }
    }
}

/// Lengths of the blocks of positions that are passed over at once.
const BLOCKS: [usize; 3] = [1 << 6, 1 << 11, 1 << 16];

/// A condition on a compared column: which, and how it compares with the value here.
pub(crate) type Condition = (Comparison, usize);

fn holds(comparison: Comparison, there: u64, here: u64) -> bool {
    match comparison {
        Comparison::Equal => there == here,
        Comparison::NotEqual => there != here,
        Comparison::Less => there < here,
        Comparison::LessOrEqual => there <= here,
        Comparison::Greater => there > here,
        Comparison::GreaterOrEqual => there >= here,
    }
}

impl Candidates {
    /// Puts rows together by the numbers of their keys, of which there are `keys`.
    pub(crate) fn new(
        keys: usize,
        numbers: &[u32],
        compared: Vec<Compared>,
        sorted: bool,
    ) -> Result<Candidates, RunError> {
        let mut starts = vec![0u32; keys + 1];
        for number in numbers.iter().filter(|number| **number != NO_KEY) {
            starts[*number as usize + 1] += 1;
        }
        let mut sum = 0u32;
        for start in &mut starts {
            sum = sum
                .checked_add(*start)
                .ok_or_else(|| internal("more than 2^32 rows to look up"))?;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; sum as usize];
        for (row, number) in numbers.iter().enumerate() {
            if *number != NO_KEY {
                let at = &mut next[*number as usize];
                rows[*at as usize] = row as u32;
                *at += 1;
            }
        }
        if sorted && let Some(first) = compared.first() {
            let word = |row: &u32| first.words[*row as usize];
            for bounds in starts.windows(2) {
                let of_key = &mut rows[bounds[0] as usize..bounds[1] as usize];
                // Data often comes in the order of time.
                if !of_key.is_sorted_by_key(word) {
                    of_key.sort_unstable_by_key(|row| (word(row), *row));
                }
            }
        }
        Ok(Candidates::of(starts, rows, compared, sorted))
    }

    /// All rows that can be `found`, of no key.
    pub(crate) fn without_keys(
        found: &[bool],
        compared: Vec<Compared>,
        sorted: bool,
    ) -> Result<Candidates, RunError> {
        if u32::try_from(found.len()).is_err() {
            return Err(internal("more than 2^32 rows to look up"));
        }
        let numbered = (0..).zip(found).filter(|(_, found)| **found);
        let mut rows: Vec<u32> = numbered.map(|(row, _)| row).collect();
        if sorted && let Some(first) = compared.first() {
            let word = |row: &u32| first.words[*row as usize];
            // Data often comes in the order of time.
            if !rows.is_sorted_by_key(word) {
                if rayon::current_thread_index().is_some() {
                    rows.par_sort_unstable_by_key(|row| (word(row), *row));
                } else {
                    rows.sort_unstable_by_key(|row| (word(row), *row));
                }
            }
        }
        let starts = vec![0, rows.len() as u32];
        Ok(Candidates::of(starts, rows, compared, sorted))
    }

    fn of(
        starts: Vec<u32>,
        rows: Vec<u32>,
        mut compared: Vec<Compared>,
        sorted: bool,
    ) -> Candidates {
        // Blocks are passed over only where some column is not the one that gives the order.
        let has_blocks = !sorted || compared.len() > 1;
        for column in &mut compared {
            column.put_in_order(&rows);
            if has_blocks {
                column.bound_blocks();
            }
        }
        Candidates {
            starts,
            rows,
            sorted,
            compared,
        }
    }

    /// A column that is compared.
    pub(crate) fn compared(&self, position: usize) -> &Compared {
        &self.compared[position]
    }

    /// How many rows a key has.
    fn count(&self, key: usize) -> usize {
        (self.starts[key + 1] - self.starts[key]) as usize
    }

    /// The positions of a key, cut by the conditions on the column in whose order they are.
    fn positions(&self, key: usize, conditions: &[Condition], here: &[u64]) -> Range<usize> {
        let mut range = self.starts[key] as usize..self.starts[key + 1] as usize;
        if !self.sorted {
            return range;
        }
        for ((comparison, column), here) in conditions.iter().zip(here) {
            if *column != 0 {
                continue;
            }
            let words = &self.compared[0].words[range.clone()];
            let before = |limit: &dyn Fn(u64) -> bool| words.partition_point(|word| limit(*word));
            match comparison {
                Comparison::Less => range.end = range.start + before(&|word| word < *here),
                Comparison::LessOrEqual => range.end = range.start + before(&|word| word <= *here),
                Comparison::Greater => range.start += before(&|word| word <= *here),
                Comparison::GreaterOrEqual => range.start += before(&|word| word < *here),
                Comparison::Equal | Comparison::NotEqual => {}
            }
        }
        range
    }

    /// The rows of a key that meet all conditions, in their order.
    pub(crate) fn matches<'c>(
        &'c self,
        key: usize,
        conditions: &'c [Condition],
        here: &'c [u64],
    ) -> impl DoubleEndedIterator<Item = u32> + 'c {
        let left: &[Condition] = match self.sorted && conditions.iter().all(|(_, at)| *at == 0) {
            // The positions were cut by all of them.
            true => &[],
            false => conditions,
        };
        let met = Met {
            compared: &self.compared,
            conditions: left,
            here,
            range: self.positions(key, conditions, here),
        };
        met.map(|position| self.rows[position])
    }
}

/// The positions of a range at which all conditions are met. Where a whole block can't meet them,
/// none of it is looked at.
struct Met<'c> {
    compared: &'c [Compared],
    conditions: &'c [Condition],
    here: &'c [u64],
    range: Range<usize>,
}

impl Met<'_> {
    fn is_met(&self, position: usize) -> bool {
        let mut sides = self.conditions.iter().zip(self.here);
        sides.all(|((comparison, column), here)| {
            holds(*comparison, self.compared[*column].words[position], *here)
        })
    }

    /// Whether some position of a block may meet all conditions.
    fn may_be_met(&self, level: usize, block: usize) -> bool {
        let mut sides = self.conditions.iter().zip(self.here);
        sides.all(|((comparison, column), here)| {
            let (least, greatest) = self.compared[*column].bounds[level][block];
            match comparison {
                Comparison::Less | Comparison::LessOrEqual => holds(*comparison, least, *here),
                _ => holds(*comparison, greatest, *here),
            }
        })
    }

    /// How many positions from `border` on, or before it if `back`, meet nothing for certain.
    fn skipped(&self, border: usize, back: bool) -> usize {
        let mut skipped = 0;
        if self.conditions.is_empty() {
            return skipped;
        }
        for (level, length) in BLOCKS.into_iter().enumerate() {
            let fits = border.is_multiple_of(length) && self.range.len() >= length;
            let block = (border / length).wrapping_sub(usize::from(back));
            if !fits || self.may_be_met(level, block) {
                break;
            }
            skipped = length;
        }
        skipped
    }
}

impl Iterator for Met<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while !self.range.is_empty() {
            let skipped = self.skipped(self.range.start, false);
            self.range.start += skipped.max(1);
            if skipped == 0 && self.is_met(self.range.start - 1) {
                return Some(self.range.start - 1);
            }
        }
        None
    }
}

impl DoubleEndedIterator for Met<'_> {
    fn next_back(&mut self) -> Option<usize> {
        while !self.range.is_empty() {
            let skipped = self.skipped(self.range.end, true);
            self.range.end -= skipped.max(1);
            if skipped == 0 && self.is_met(self.range.end) {
                return Some(self.range.end);
            }
        }
        None
    }
}

/// The conditions of a lookup over a block of rows.
pub(crate) struct Probe<'b> {
    built: &'b BuiltTable,
    candidates: &'b Candidates,
    conditions: Vec<Condition>,
    words: KeyWords,
    /// Per row: the number of its key, [`NO_KEY`] where nothing can match.
    numbers: Vec<u32>,
    /// Per row: a word per condition.
    here: Vec<u64>,
}

impl<'b> Probe<'b> {
    /// A probe by conditions on the columns `there`: keys first, the others compared.
    pub(crate) fn new(
        built: &'b BuiltTable,
        there: &[ColumnId],
        comparisons: &[Comparison],
    ) -> Result<Probe<'b>, RunError> {
        let candidates = built.candidates.as_ref();
        let compared = &there[there.len() - comparisons.len()..];
        let conditions = comparisons
            .iter()
            .zip(compared)
            .map(|(comparison, column)| {
                let position = built.compared(*column)?;
                Ok((*comparison, position))
            });
        Ok(Probe {
            built,
            candidates: candidates.ok_or_else(|| internal("a table of unique keys"))?,
            conditions: conditions.collect::<Result<_, RunError>>()?,
            words: KeyWords::default(),
            numbers: Vec::new(),
            here: Vec::new(),
        })
    }

    /// Reads the values of `rows` rows: keys first, then what is compared.
    pub(crate) fn read(
        &mut self,
        values: &[KeyColumn<'_, '_>],
        rows: usize,
    ) -> Result<(), RunError> {
        let (keys, compared) = values.split_at(values.len() - self.conditions.len());
        let count = self.conditions.len();
        let mut comparable = vec![true; rows];
        let mut words = Vec::with_capacity(rows);
        self.here.clear();
        self.here.resize(rows * count, 0);
        for (position, (value, (_, column))) in compared.iter().zip(&self.conditions).enumerate() {
            let over_there = &self.candidates.compared[*column];
            let (lane, ranks) = (over_there.lane, over_there.ranks.as_ref());
            order_words(value, lane, ranks, 0..rows, &mut words, &mut comparable)?;
            let here = self.here[position..].iter_mut().step_by(count);
            here.zip(&words).for_each(|(here, word)| *here = *word);
        }
        let table = &self.built.keys;
        if keys.is_empty() {
            let number = if table.len() > 0 { 0 } else { NO_KEY };
            let numbers = comparable
                .iter()
                .map(|some| if *some { number } else { NO_KEY });
            self.numbers.clear();
            self.numbers.extend(numbers);
            return Ok(());
        }
        table.words_to_find(keys, 0..rows, &mut self.words)?;
        table.find_all(&mut self.words, &mut self.numbers);
        for (row, (number, comparable)) in self.numbers.iter_mut().zip(comparable).enumerate() {
            if !comparable || self.words.has_null(row) {
                *number = NO_KEY;
            }
        }
        Ok(())
    }

    /// How many rows over there meet all conditions in a row.
    pub(crate) fn count(&self, row: usize) -> usize {
        match self.numbers[row] {
            NO_KEY => 0,
            key if self.conditions.is_empty() => self.candidates.count(key as usize),
            _ => self.matches(row).count(),
        }
    }

    /// The rows over there that meet all conditions in a row, in their order.
    pub(crate) fn matches(&self, row: usize) -> impl DoubleEndedIterator<Item = u32> + '_ {
        let count = self.conditions.len();
        let here = &self.here[row * count..(row + 1) * count];
        let number = self.numbers[row];
        let key = (number != NO_KEY).then_some(number as usize);
        let of_key = key.map(|key| self.candidates.matches(key, &self.conditions, here));
        of_key.into_iter().flatten()
    }

    /// Puts into `found` a row over there for every row that has one: the last that meets all conditions, or the
    /// first. Their bits in `validity`, which is zero, are set.
    pub(crate) fn find(&self, last: bool, found: &mut [u32], validity: &mut [u8]) {
        let by_order = |(_, column): &Condition| *column == 0;
        if self.candidates.sorted
            && !self.conditions.is_empty()
            && self.conditions.iter().all(by_order)
        {
            return self.find_by_order(last, found, validity);
        }
        for (row, found) in found.iter_mut().enumerate().take(self.numbers.len()) {
            let mut matches = self.matches(row);
            let matched = if last {
                matches.next_back()
            } else {
                matches.next()
            };
            if let Some(matched) = matched {
                *found = matched;
                put_bit(validity, row, true);
            }
        }
    }

    /// As [`Probe::find`], where every condition cuts the positions of a key.
    fn find_by_order(&self, last: bool, found: &mut [u32], validity: &mut [u8]) {
        let Candidates {
            starts,
            rows,
            compared,
            ..
        } = self.candidates;
        let count = self.conditions.len();
        let (mut here, mut positions) = (Vec::new(), Vec::new());
        let (mut first, mut end) = (Vec::new(), Vec::new());
        let mut row = 0;
        for of_key in self.numbers.chunk_by(|one, other| one == other) {
            let at = row..row + of_key.len();
            row = at.end;
            let key = of_key[0];
            if key == NO_KEY {
                continue;
            }
            let range = starts[key as usize]..starts[key as usize + 1];
            let words = &compared[0].words[range.start as usize..range.end as usize];
            first.clear();
            first.resize(at.len(), 0);
            end.clear();
            end.resize(at.len(), words.len() as u32);
            for (condition, (comparison, _)) in self.conditions.iter().enumerate() {
                here.clear();
                let of_rows = &self.here[at.start * count..at.end * count];
                here.extend(of_rows.iter().skip(condition).step_by(count));
                positions.resize(at.len(), 0);
                match comparison {
                    Comparison::Less | Comparison::GreaterOrEqual => {
                        nearest::positions(words, &here, |word, here| word < here, &mut positions);
                    }
                    Comparison::LessOrEqual | Comparison::Greater => {
                        nearest::positions(words, &here, |word, here| word <= here, &mut positions);
                    }
                    // These cut nothing.
                    Comparison::Equal | Comparison::NotEqual => continue,
                }
                let cut = positions.iter();
                match comparison {
                    Comparison::Less | Comparison::LessOrEqual => {
                        end.iter_mut()
                            .zip(cut)
                            .for_each(|(end, cut)| *end = (*end).min(*cut));
                    }
                    Comparison::Greater
                    | Comparison::GreaterOrEqual
                    | Comparison::Equal
                    | Comparison::NotEqual => first
                        .iter_mut()
                        .zip(cut)
                        .for_each(|(first, cut)| *first = (*first).max(*cut)),
                }
            }
            let rows = &rows[range.start as usize..range.end as usize];
            for (row, (first, end)) in at.zip(first.iter().zip(&end)) {
                if first < end {
                    let position = if last { end - 1 } else { *first };
                    found[row] = rows[position as usize];
                    put_bit(validity, row, true);
                }
            }
        }
    }
}
