//! Keys found by their hash.

use foldhash::fast;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::words::KeyWords;
use super::{NO_KEY, hash};

/// Numbers of keys by hash; the keys themselves stand in a list beside it, one after the other.
#[derive(Clone, Debug)]
pub(super) enum Hashed {
    /// Keys of one column: each word with its number, so that the list is not looked at; and the
    /// number of null.
    One(HashTable<(u64, u32)>, u32),
    /// Others.
    Several(HashTable<u32>),
}

/// Calls a function for keys of so many words.
macro_rules! with_width {
    ($width:expr, $call:ident :: < N > $arguments:tt, $general:expr) => {
        match $width {
            3 => $call::<3> $arguments,
            4 => $call::<4> $arguments,
            5 => $call::<5> $arguments,
            _ => $general,
        }
    };
}

impl Hashed {
    /// No keys yet, of so many words.
    pub(super) fn new(width: usize) -> Hashed {
        match width {
            2 => Hashed::One(HashTable::new(), NO_KEY),
            _ => Hashed::Several(HashTable::new()),
        }
    }

    /// These keys, which differ.
    pub(super) fn of(hasher: &fast::RandomState, known: &[u64], width: usize) -> Hashed {
        let count = known.len() / width;
        let keys = known.chunks_exact(width).zip(0u32..);
        if width == 2 {
            let mut numbers = HashTable::with_capacity(count);
            let mut null = NO_KEY;
            for (key, number) in keys {
                if key[0] != 0 {
                    null = number;
                } else {
                    let again = |entry: &(u64, u32)| hash(hasher, &[entry.0]);
                    numbers.insert_unique(hash(hasher, &key[1..]), (key[1], number), again);
                }
            }
            return Hashed::One(numbers, null);
        }
        let mut numbers = HashTable::with_capacity(count);
        for (key, number) in keys {
            let again = |number: &u32| hash(hasher, at(known, width, *number));
            numbers.insert_unique(hash(hasher, key), number, again);
        }
        Hashed::Several(numbers)
    }

    /// About how many bytes it takes.
    pub(super) fn byte_len(&self) -> usize {
        match self {
            Hashed::One(numbers, _) => 17 * numbers.capacity(),
            Hashed::Several(numbers) => 5 * numbers.capacity(),
        }
    }

    /// The number of a key.
    pub(super) fn find(
        &self,
        hasher: &fast::RandomState,
        known: &[u64],
        key: &[u64],
    ) -> Option<u32> {
        match self {
            Hashed::One(_, null) if key[0] != 0 => (*null != NO_KEY).then_some(*null),
            Hashed::One(numbers, _) => {
                let hash = hash(hasher, &key[1..]);
                let entry = numbers.find(hash, |entry| entry.0 == key[1]);
                entry.map(|entry| entry.1)
            }
            Hashed::Several(numbers) => {
                let same = |number: &u32| at(known, key.len(), *number) == key;
                numbers.find(hash(hasher, key), same).copied()
            }
        }
    }

    /// The numbers of keys.
    pub(super) fn find_all(
        &self,
        hasher: &fast::RandomState,
        known: &[u64],
        width: usize,
        keys: &KeyWords,
        found: &mut Vec<u32>,
    ) {
        match self {
            Hashed::One(numbers, null) => {
                let find = |(row, word): (usize, &u64)| {
                    if keys.has_null(row) {
                        return *null;
                    }
                    let entry = numbers.find(hash(hasher, &[*word]), |entry| entry.0 == *word);
                    entry.map_or(NO_KEY, |entry| entry.1)
                };
                found.extend(keys.column(0).iter().enumerate().map(find));
            }
            Hashed::Several(numbers) => {
                with_width!(
                    width,
                    find_each::<N>(hasher, numbers, known, keys, found),
                    {
                        let mut key = Vec::new();
                        for row in 0..keys.rows {
                            key.clear();
                            keys.push_key(row, &mut key);
                            let same = |number: &u32| at(known, width, *number) == key;
                            let number = numbers.find(hash(hasher, &key), same);
                            found.push(number.copied().unwrap_or(NO_KEY));
                        }
                    }
                );
            }
        }
    }

    /// The numbers of keys; new ones are added in their order.
    pub(super) fn insert_all(
        &mut self,
        hasher: &fast::RandomState,
        known: &mut Vec<u64>,
        width: usize,
        keys: &KeyWords,
        found: &mut Vec<u32>,
    ) {
        match self {
            Hashed::One(numbers, null) => {
                let mut count = (known.len() / 2) as u32;
                for (row, word) in keys.column(0).iter().enumerate() {
                    if keys.has_null(row) {
                        if *null == NO_KEY {
                            *null = count;
                            count += 1;
                            keys.push_key(row, known);
                        }
                        found.push(*null);
                        continue;
                    }
                    let entry = numbers.entry(
                        hash(hasher, &[*word]),
                        |entry| entry.0 == *word,
                        |entry| hash(hasher, &[entry.0]),
                    );
                    found.push(match entry {
                        Entry::Occupied(entry) => entry.get().1,
                        Entry::Vacant(entry) => {
                            entry.insert((*word, count));
                            known.extend_from_slice(&[0, *word]);
                            count += 1;
                            count - 1
                        }
                    });
                }
            }
            Hashed::Several(numbers) => {
                with_width!(
                    width,
                    insert_each::<N>(hasher, numbers, known, keys, found),
                    {
                        let mut key = Vec::new();
                        for row in 0..keys.rows {
                            key.clear();
                            keys.push_key(row, &mut key);
                            let entry = numbers.entry(
                                hash(hasher, &key),
                                |number| at(known, width, *number) == key,
                                |number| hash(hasher, at(known, width, *number)),
                            );
                            found.push(match entry {
                                Entry::Occupied(entry) => *entry.get(),
                                Entry::Vacant(entry) => {
                                    let number = (known.len() / width) as u32;
                                    entry.insert(number);
                                    known.extend_from_slice(&key);
                                    number
                                }
                            });
                        }
                    }
                );
            }
        }
    }
}

fn at(known: &[u64], width: usize, number: u32) -> &[u64] {
    &known[number as usize * width..(number as usize + 1) * width]
}

fn find_each<const N: usize>(
    hasher: &fast::RandomState,
    numbers: &HashTable<u32>,
    known: &[u64],
    keys: &KeyWords,
    found: &mut Vec<u32>,
) {
    let (known, _) = known.as_chunks::<N>();
    found.extend((0..keys.rows).map(|row| {
        let key = keys.key::<N>(row);
        let number = numbers.find(hash(hasher, &key), |number| known[*number as usize] == key);
        number.copied().unwrap_or(NO_KEY)
    }));
}

fn insert_each<const N: usize>(
    hasher: &fast::RandomState,
    numbers: &mut HashTable<u32>,
    words: &mut Vec<u64>,
    keys: &KeyWords,
    found: &mut Vec<u32>,
) {
    for row in 0..keys.rows {
        let key = keys.key::<N>(row);
        let (known, _) = words.as_chunks::<N>();
        let entry = numbers.entry(
            hash(hasher, &key),
            |number| known[*number as usize] == key,
            |number| hash(hasher, &known[*number as usize]),
        );
        found.push(match entry {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let number = known.len() as u32;
                entry.insert(number);
                words.extend_from_slice(&key);
                number
            }
        });
    }
}
