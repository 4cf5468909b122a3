//! Groups numbered by the places of their keys among all that could be.
//!
//! Where a look at a few rows says that keys are many and lie close together, a group needs no number
//! of its own: nothing is looked up, and the states of two threads line up, so that merging them is a
//! walk over both.

use std::collections::HashSet;
use std::ops::Range;

use arrow::array::ArrayRef;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::spans::{Spans, WordRange, join};
use super::{KeyWords, NO_KEY};
use crate::convert::column_values;
use crate::data::ChunkedColumn;
use crate::error::RunError;
use crate::execute::sink::{GroupOrder, words_to_array};
use crate::memory::ahead;

/// The keys seen, by their places.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    spans: Spans,
    /// Of each place: the first row of its key, counted down from the greatest; 0 where no key is.
    /// Nothing where nobody asks for order: then a key may stand at every place.
    first: Vec<u32>,
}

/// Rows looked at to guess what keys there are.
const SAMPLE: usize = 4096;

/// So many keys among the rows looked at are many.
const MANY_KEYS: usize = SAMPLE * 3 / 4;

/// Fewer rows than this are not worth a guess.
const MANY_ROWS: usize = 1 << 17;

/// No more places than so many for each key that there may be: each thread has its own.
const EMPTY: usize = 8;

/// Room around the range of the keys looked at, as a part of it on each side.
const ROOM: u64 = 64;

/// The first row of a place where no key is.
const ABSENT: u32 = 0;

impl Spans {
    /// Whether keys of such types can have places.
    pub(crate) fn may_cover(mut types: impl Iterator<Item = ScalarType>) -> bool {
        types.all(|scalar| scalar.lane().is_some() && !scalar.is_float() && !scalar.is_decimal())
    }

    /// Whether a guess is spared where there are no more keys than so many.
    pub(crate) fn are_few(keys: u128) -> bool {
        keys < MANY_KEYS as u128
    }

    /// Places for the keys of some rows of columns, if keys are likely to be many and to lie close
    /// together; a key outside of them may still come.
    pub(crate) fn guess(
        types: &[ScalarType],
        columns: &[&ChunkedColumn],
        rows: Range<usize>,
    ) -> Option<Spans> {
        let is_numbered = rows.len() >= MANY_ROWS && rows.end < u32::MAX as usize;
        if !is_numbered || !Spans::may_cover(types.iter().copied()) {
            return None;
        }
        let is_whole = |key: &Vec<Option<i64>>| key.iter().all(Option::is_some);
        let mut ranges: Vec<WordRange> = vec![None; types.len()];
        let (mut seen, mut whole) = (HashSet::new(), 0);
        for sample in 0..SAMPLE {
            // The first row and the last are among them.
            let row = rows.start + (rows.len() - 1) * sample / (SAMPLE - 1);
            let mut key = Vec::with_capacity(types.len());
            for ((column, scalar), range) in columns.iter().zip(types).zip(&mut ranges) {
                let word = match column_values(column, *scalar, row..row + 1).first() {
                    Some(Value::Integer(value)) => Some(*value as i64),
                    Some(Value::Bool(value)) => Some(i64::from(*value)),
                    _ => None,
                };
                *range = join(*range, word.map(|word| (word, word)));
                key.push(word);
            }
            whole += usize::from(is_whole(&key));
            seen.insert(key);
        }
        if seen.len() < MANY_KEYS {
            return None;
        }
        // Of n keys drawn at random, so many of the pairs of a sample are alike as there are pairs for
        // each of the n.
        let alike = whole - seen.iter().filter(|key| is_whole(key)).count();
        let keys = SAMPLE * SAMPLE / 2 / alike.max(1);
        // As many places as rows, and the room around them.
        let limit = (rows.len() + rows.len() / 16).min(keys.saturating_mul(EMPTY));
        Spans::covering(&ranges, ROOM, limit as u64)
    }
}

impl Places {
    /// No keys yet.
    pub(crate) fn new(spans: &Spans, ordered: bool) -> Places {
        let count = if ordered { spans.count() } else { 0 };
        let mut first = ahead::list_for(count);
        first.resize(count, ABSENT);
        Places {
            spans: spans.clone(),
            first,
        }
    }

    /// How many places there are.
    pub(crate) fn count(&self) -> usize {
        self.spans.count()
    }

    /// Whether first rows are noted.
    fn is_ordered(&self) -> bool {
        !self.first.is_empty()
    }

    /// About how many bytes they take.
    pub(crate) fn byte_len(&self) -> usize {
        4 * self.first.len()
    }

    /// What keys have places.
    pub(crate) fn spans(&self) -> &Spans {
        &self.spans
    }

    /// Takes in the keys of rows from `first_row` on, and gives their places; false, and nothing is
    /// taken in, if one has none.
    pub(crate) fn insert(
        &mut self,
        keys: &mut KeyWords,
        first_row: u64,
        places: &mut Vec<u32>,
    ) -> bool {
        let mut positions = std::mem::take(&mut keys.positions);
        let inside = self.spans.positions(keys, &mut positions);
        places.clear();
        places.extend(positions.iter().map(|position| *position as u32));
        keys.positions = positions;
        inside && self.note(first_row, places)
    }

    /// Takes in the keys of rows from `first_row` on, given by their places; false, and nothing is taken
    /// in, if there are rows that can't be numbered.
    pub(crate) fn note(&mut self, first_row: u64, places: &[u32]) -> bool {
        if !self.is_ordered() {
            return true;
        }
        let last = first_row.saturating_add(places.len() as u64);
        if last >= u64::from(u32::MAX) {
            return false;
        }
        ahead::fetch(&self.first, places.iter().map(|place| *place as usize));
        let from_end = u32::MAX - first_row as u32;
        for (place, from_end) in places.iter().zip((0..=from_end).rev()) {
            let first = &mut self.first[*place as usize];
            *first = from_end.max(*first);
        }
        true
    }

    /// Takes in the keys of other rows, which have the same places.
    pub(crate) fn merge(&mut self, other: &Places) {
        for (first, other) in self.first.iter_mut().zip(&other.first) {
            *first = (*first).max(*other);
        }
    }

    /// The places of keys in the order of their first rows, and of each place where it is in it,
    /// [`NO_KEY`] where no key is.
    pub(crate) fn order(&self) -> GroupOrder {
        if !self.is_ordered() {
            return GroupOrder::as_numbered(self.count());
        }
        let row_of = |first: u32| (u32::MAX - first) as usize;
        let seen = self.first.iter().filter(|first| **first != ABSENT);
        let end = (seen.clone().min()).map_or(0, |first| row_of(*first) + 1);
        // A key's place in the order is how many first rows are before its own: bits are counted.
        let mut bits = vec![0u64; end / 64 + 1];
        for first in seen {
            let row = row_of(*first);
            bits[row / 64] |= 1 << (row % 64);
        }
        let mut before = Vec::with_capacity(bits.len());
        let mut count = 0;
        for word in &bits {
            before.push(count);
            count += word.count_ones();
        }
        let rank = |first: u32| {
            if first == ABSENT {
                return NO_KEY;
            }
            let row = row_of(first);
            let within = bits[row / 64] & ((1 << (row % 64)) - 1);
            before[row / 64] + within.count_ones()
        };
        let mut rows = ahead::list_for(self.first.len() + 1);
        rows.resize(self.first.len(), NO_KEY);
        let fill = |(rows, first): (&mut [u32], &[u32])| {
            for (row, first) in rows.iter_mut().zip(first) {
                *row = rank(*first);
            }
        };
        const PART: usize = 1 << 14;
        if rayon::current_thread_index().is_some() {
            use rayon::slice::ParallelSlice;
            let parts = rows.par_chunks_mut(PART).zip(self.first.par_chunks(PART));
            parts.for_each(fill);
        } else {
            fill((&mut rows, &self.first));
        }
        let mut places = ahead::list_for(count as usize);
        places.resize(count as usize, 0);
        for (place, row) in rows.iter().enumerate() {
            if let Some(found) = places.get_mut(*row as usize) {
                *found = place as u32;
            }
        }
        GroupOrder {
            groups: places,
            rows: Some(rows),
        }
    }

    /// The places where keys are, each with its first row; without order all places, as if they were rows.
    pub(crate) fn first_rows(&self) -> impl Iterator<Item = (u32, u64)> {
        (0..self.count() as u32).filter_map(|place| match self.first.get(place as usize) {
            None => Some((place, place.into())),
            Some(&ABSENT) => None,
            Some(first) => Some((place, (u32::MAX - first).into())),
        })
    }

    /// The words of the keys at some places, of so many columns.
    pub(crate) fn words(
        &self,
        places: impl Iterator<Item = u32>,
        columns: usize,
        words: &mut KeyWords,
    ) {
        let mut keys = Vec::new();
        for place in places {
            let mask_at = keys.len();
            keys.push(0);
            for column in 0..columns {
                let word = self.spans.word(place.into(), column);
                keys[mask_at] |= u64::from(word.is_none()) << column;
                keys.push(word.unwrap_or(0));
            }
        }
        words.transpose(&keys, columns + 1);
    }

    /// A column of the keys at some places; none of bools.
    pub(crate) fn array(
        &self,
        column: usize,
        scalar: ScalarType,
        places: &[u32],
    ) -> Result<Option<ArrayRef>, RunError> {
        let word = |place: &u32| self.spans.word((*place).into(), column);
        let word_or_0 = |place: &u32| word(place).unwrap_or(0);
        let words = if rayon::current_thread_index().is_some() {
            let places = places.par_iter().with_min_len(1 << 14);
            places.map(word_or_0).collect()
        } else {
            places.iter().map(word_or_0).collect()
        };
        let has_null = places.iter().any(|place| word(place).is_none());
        let valid = has_null.then(|| places.iter().map(|place| word(place).is_some()).collect());
        words_to_array(scalar, words, valid)
    }

    /// A column of the key at a place as a value.
    pub(crate) fn value(&self, column: usize, scalar: ScalarType, place: u32) -> Value {
        match self.spans.word(place.into(), column) {
            None => Value::Null,
            Some(word) => match scalar.lane() {
                Some(Lane::Bool) => Value::Bool(word != 0),
                Some(Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64) => Value::Integer(word.into()),
                _ => Value::Integer((word as i64).into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::*;

    fn column(values: impl Iterator<Item = Option<i64>>) -> ChunkedColumn {
        let array: Int64Array = values.collect();
        ChunkedColumn::try_new(ScalarType::I64, vec![Arc::new(array)]).expect("a column")
    }

    #[test]
    fn keys_that_are_many_and_close_are_guessed() {
        let rows = 200_000;
        let guess = |key: &dyn Fn(i64) -> Option<i64>| {
            let column = column((0..rows as i64).map(key));
            Spans::guess(&[ScalarType::I64], &[&column], 0..rows)
        };
        assert!(guess(&|row| Some(row * 7919 % 100_003 - 50_000)).is_some());
        assert!(guess(&|row| Some(row / 4)).is_some());
        assert!(guess(&|row| (row % 5 != 0).then_some(row)).is_some());
        // Few keys, far ones, none.
        assert!(guess(&|row| Some(row % 100)).is_none());
        assert!(guess(&|row| Some(row << 20)).is_none());
        assert!(guess(&|row| Some(if row == 0 { i64::MIN } else { i64::MAX - row })).is_none());
        assert!(guess(&|_| None).is_none());
    }

    #[test]
    fn keys_stand_in_the_order_of_their_first_rows() {
        let spans = Spans::covering(&[Some((-500, 500))], ROOM, 10_000).expect("few places");
        let key = |row: u64| row.wrapping_mul(7919) % 613;
        let (mut all, mut other) = (Places::new(&spans, true), Places::new(&spans, true));
        let (mut words, mut places) = (KeyWords::default(), Vec::new());
        for start in [400u64, 0, 200, 600] {
            let rows = start..start + 200;
            let keys = rows.map(|row| match key(row) {
                0 => [1, 0],
                key => [0, key.wrapping_sub(300)],
            });
            words.transpose(&keys.flatten().collect::<Vec<_>>(), 2);
            let to = if start % 400 == 0 {
                &mut all
            } else {
                &mut other
            };
            assert!(to.insert(&mut words, start, &mut places));
        }
        all.merge(&other);
        let mut expected: Vec<u64> = Vec::new();
        for row in 0..800 {
            if !expected.contains(&key(row)) {
                expected.push(key(row));
            }
        }
        let order = all.order();
        let rows = order.rows.expect("an order");
        let keys = |place: &u32| match all.value(0, ScalarType::I64, *place) {
            Value::Integer(value) => (value + 300) as u64,
            _ => 0,
        };
        assert_eq!(order.groups.iter().map(keys).collect::<Vec<_>>(), expected);
        for (row, place) in order.groups.iter().enumerate() {
            assert_eq!(rows[*place as usize], row as u32);
        }
        words.transpose(&[0, 7000], 2);
        assert!(!all.insert(&mut words, 800, &mut places));
    }
}
