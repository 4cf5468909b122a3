//! Which values there are, when nothing else is asked of them.
//!
//! A table of many values would be missed in the caches with every row. So rows are only put apart by
//! a hash, each part at the end of its list, and a part loses what stands in it twice when it has grown
//! long: then its table is small. Parts of two states go together, and are counted on all threads.

use foldhash::fast;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::iter::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};

use crate::execute::keys::hash;

/// A value as words.
pub(super) trait Words: Copy + Eq + Send + Sync {
    fn words(&self) -> &[u64];
}

impl Words for u64 {
    fn words(&self) -> &[u64] {
        std::slice::from_ref(self)
    }
}

impl Words for [u64; 2] {
    fn words(&self) -> &[u64] {
        self
    }
}

/// Distinct values.
#[derive(Clone, Debug)]
pub(super) struct ValueSet<V> {
    parts: Vec<Part<V>>,
    /// Some values that were added, found without a look at the parts.
    recent: Vec<V>,
}

/// Values whose hash begins alike.
#[derive(Clone, Debug)]
struct Part<V> {
    values: Vec<V>,
    /// So many of the first values differ.
    distinct: usize,
}

/// How many parts, a power of two.
const PARTS: usize = 256;

/// How many values are kept as recent, a power of two.
const RECENT: usize = 1024;

/// A part of so many bytes is looked through.
const LONG: usize = 32 << 10;

impl<V: Words> ValueSet<V> {
    /// No values.
    pub(super) fn new() -> ValueSet<V> {
        ValueSet {
            parts: Vec::new(),
            recent: Vec::new(),
        }
    }

    /// About how many bytes it takes.
    pub(super) fn byte_len(&self) -> usize {
        let parts = self.parts.iter().map(|part| part.values.capacity());
        (parts.sum::<usize>() + self.recent.capacity()) * size_of::<V>()
    }

    /// Adds a value.
    #[inline(always)]
    pub(super) fn add(&mut self, value: V) {
        // Which part is no secret, and parts need not be of one length: a product is enough.
        let mixed = value.words().iter().fold(0u64, |mixed, word| {
            (mixed.rotate_left(32) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let slot = (mixed >> 32) as usize % RECENT;
        match self.recent.get_mut(slot) {
            Some(recent) if *recent == value => return,
            Some(recent) => *recent = value,
            None => {
                // The first value: it is what every slot may say was added.
                self.recent = vec![value; RECENT];
                self.parts.resize_with(PARTS, Part::default);
            }
        }
        let part = &mut self.parts[(mixed >> 56) as usize % PARTS];
        if part.values.len() == part.values.capacity() {
            part.make_room();
        }
        part.values.push(value);
    }

    /// Takes in other values.
    pub(super) fn merge(&mut self, other: &ValueSet<V>) {
        if self.parts.is_empty() {
            self.clone_from(other);
            return;
        }
        let merge = |(part, other): (&mut Part<V>, &Part<V>)| {
            part.values.extend_from_slice(&other.values);
            part.thin();
        };
        if rayon::current_thread_index().is_some() {
            let parts = self.parts.par_iter_mut().zip(other.parts.par_iter());
            parts.for_each(merge);
        } else {
            self.parts.iter_mut().zip(&other.parts).for_each(merge);
        }
    }

    /// How many values there are.
    pub(super) fn count(&self) -> usize {
        let count = |part: &Part<V>| match part.distinct == part.values.len() {
            true => part.distinct,
            false => distinct(&part.values, 0, |_| {}),
        };
        if rayon::current_thread_index().is_some() {
            self.parts.par_iter().map(count).sum()
        } else {
            self.parts.iter().map(count).sum()
        }
    }

    /// The values, each once.
    pub(super) fn values(&self) -> Vec<V> {
        let mut values = Vec::new();
        for part in &self.parts {
            distinct(&part.values, 0, |value| values.push(value));
        }
        values
    }
}

impl<V> Default for Part<V> {
    fn default() -> Part<V> {
        Part {
            values: Vec::new(),
            distinct: 0,
        }
    }
}

impl<V: Words> Part<V> {
    /// Makes room for one more value.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        if self.values.len() * size_of::<V>() >= LONG {
            self.thin();
        }
        // Looking through it again pays once it is twice as long.
        self.values.reserve(self.values.len().max(64));
    }

    /// Leaves each value once.
    fn thin(&mut self) {
        let mut kept = Vec::with_capacity(self.distinct);
        distinct(&self.values, self.distinct, |value| kept.push(value));
        self.distinct = kept.len();
        self.values = kept;
    }
}

/// How many values differ; tells of each that it is there. The first `known` differ surely.
fn distinct<V: Words>(values: &[V], known: usize, mut take: impl FnMut(V)) -> usize {
    let hasher = fast::RandomState::default();
    let mut seen: HashTable<V> = HashTable::with_capacity(known);
    let rehash = |value: &V| hash(&hasher, value.words());
    for value in values {
        let of = hash(&hasher, value.words());
        if let Entry::Vacant(entry) = seen.entry(of, |other| other == value, rehash) {
            entry.insert(*value);
            take(*value);
        }
    }
    seen.len()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn values_are_counted_once() {
        for (count, spread) in [(0, 1), (3000, 7), (200_000, 90_001), (5_000_000, 5000)] {
            let word = |row: u64| (row % spread).wrapping_mul(0x1234_5678_9abc_def1);
            let rows = 0..count;
            let expected: HashSet<u64> = rows.clone().map(word).collect();
            let (mut narrow, mut other) = (ValueSet::new(), ValueSet::new());
            let mut wide = ValueSet::new();
            for row in rows {
                let to = if row % 3 == 0 {
                    &mut other
                } else {
                    &mut narrow
                };
                to.add(word(row));
                wide.add([word(row) & 0xff, word(row)]);
            }
            other.merge(&ValueSet::new());
            narrow.merge(&other);
            assert_eq!(narrow.count(), expected.len());
            assert_eq!(
                narrow.values().into_iter().collect::<HashSet<_>>(),
                expected
            );
            assert_eq!(narrow.values().len(), expected.len());
            assert_eq!(wide.count(), expected.len());
            // However many rows, what is held is bounded by the values.
            assert!(narrow.byte_len() <= 2 * PARTS * LONG + 32 * expected.len());
        }
    }
}
