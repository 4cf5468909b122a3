//! Keys of groups and lookups as machine words, and the table that finds them.
//!
//! A key becomes a mask of its nulls and one word per column: integers, times and bools as they
//! are, floats with one zero and one NaN, text by the number that an interner gave it. So keys of
//! any types compare and hash as short slices of words.

use std::hash::{BuildHasher, Hasher};

use foldhash::{fast, quality::RandomState};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use icosian_ir::meaning::key::{canonical_f32, canonical_f64};
use icosian_ir::meaning::text::show::show;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::bytes::{bit, typed};
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::view::{View, with_lane};
use crate::memory::Region;
use crate::text::Cell;

/// One key column of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyColumn<'v, 'a> {
    /// Fixed width.
    Lanes(View<'v>),
    /// Text.
    Text(&'v [Cell<'a>]),
    /// Numbers that are no column of the block, from the first row on.
    Numbers(&'v [u32]),
    /// The same value in every row.
    Constant(&'v Value),
}

/// Texts, each with a number.
#[derive(Clone, Debug, Default)]
struct Interner {
    bytes: String,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Interner {
    fn text(&self, number: u64) -> &str {
        let number = number as usize;
        let start = if number == 0 {
            0
        } else {
            self.ends[number - 1]
        };
        &self.bytes[start..self.ends[number]]
    }

    fn find(&self, text: &str) -> Option<u64> {
        let hash = self.hasher.hash_one(text);
        self.numbers
            .find(hash, |number| self.text(u64::from(*number)) == text)
            .map(|number| u64::from(*number))
    }

    fn intern(&mut self, text: &str) -> Result<u64, RunError> {
        if let Some(number) = self.find(text) {
            return Ok(number);
        }
        let number = u32::try_from(self.ends.len()).map_err(|_| internal("too many texts"))?;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        let Interner {
            bytes,
            ends,
            numbers,
            hasher,
        } = self;
        let hash = hasher.hash_one(text);
        numbers.insert_unique(hash, number, |number| {
            let number = *number as usize;
            let start = if number == 0 { 0 } else { ends[number - 1] };
            hasher.hash_one(&bytes[start..ends[number]])
        });
        Ok(u64::from(number))
    }
}

/// Distinct keys, numbered by first appearance.
#[derive(Clone, Debug)]
pub(crate) struct KeyTable {
    types: Vec<ScalarType>,
    /// Where the words of each column begin in a key, then how many words it has.
    places: Vec<usize>,
    /// Per key: the mask of its nulls (bit 0 the first column), then a word per column, two of a
    /// decimal.
    words: Vec<u64>,
    numbers: HashTable<u32>,
    hasher: fast::RandomState,
    texts: Interner,
    /// The key seen last for each of some bits of the hash: with few keys it is usually the one.
    recent: Vec<u32>,
}

/// How many bits of a hash choose among the recent keys.
const RECENT_BITS: u32 = 10;

/// From so many keys on, the recent ones are asked in vain too often.
const FEW_KEYS: usize = 4096;

/// The hash of a key: of fixed width it is a few multiplications.
#[inline(always)]
fn hash(hasher: &fast::RandomState, key: &[u64]) -> u64 {
    let mut state = hasher.build_hasher();
    key.iter().for_each(|word| state.write_u64(*word));
    state.finish()
}

/// The word of a text that no key has.
const UNKNOWN_TEXT: u64 = u64::MAX;

impl KeyTable {
    pub(crate) fn new(types: Vec<ScalarType>) -> Result<KeyTable, RunError> {
        if types.len() > 64 {
            return Err(internal("a key of more than 64 columns"));
        }
        let mut places = vec![1];
        for (before, scalar) in types.iter().enumerate() {
            places.push(places[before] + if scalar.is_decimal() { 2 } else { 1 });
        }
        Ok(KeyTable {
            types,
            places,
            words: Vec::new(),
            numbers: HashTable::new(),
            hasher: fast::RandomState::default(),
            texts: Interner::default(),
            recent: Vec::new(),
        })
    }

    /// Columns per key.
    pub(crate) fn columns(&self) -> usize {
        self.types.len()
    }

    /// Words per key.
    pub(crate) fn width(&self) -> usize {
        self.places[self.types.len()]
    }

    /// How many keys.
    pub(crate) fn len(&self) -> usize {
        self.words.len() / self.width()
    }

    /// About how many bytes it holds.
    pub(crate) fn byte_len(&self) -> usize {
        8 * self.words.len()
            + 8 * self.numbers.capacity()
            + self.texts.bytes.len()
            + 16 * self.texts.ends.len()
    }

    /// The words of a key.
    pub(crate) fn key(&self, number: usize) -> &[u64] {
        &self.words[number * self.width()..(number + 1) * self.width()]
    }

    /// The words of the keys of `rows`, for [`KeyTable::insert`].
    pub(crate) fn words_to_insert(
        &mut self,
        columns: &[KeyColumn<'_, '_>],
        rows: std::ops::Range<usize>,
        words: &mut Vec<u64>,
    ) -> Result<(), RunError> {
        let mut texts = std::mem::take(&mut self.texts);
        let done = self.fill(columns, rows, words, &mut |text| texts.intern(text));
        self.texts = texts;
        done
    }

    /// The words of the keys of `rows`, for [`KeyTable::find`].
    pub(crate) fn words_to_find(
        &self,
        columns: &[KeyColumn<'_, '_>],
        rows: std::ops::Range<usize>,
        words: &mut Vec<u64>,
    ) -> Result<(), RunError> {
        self.fill(columns, rows, words, &mut |text| Ok(self.text_word(text)))
    }

    /// The word of a text as part of a key to find.
    pub(crate) fn text_word(&self, text: &str) -> u64 {
        self.texts.find(text).unwrap_or(UNKNOWN_TEXT)
    }

    fn fill(
        &self,
        columns: &[KeyColumn<'_, '_>],
        rows: std::ops::Range<usize>,
        words: &mut Vec<u64>,
        number: &mut dyn FnMut(&str) -> Result<u64, RunError>,
    ) -> Result<(), RunError> {
        let width = self.width();
        words.clear();
        words.resize(rows.len() * width, 0);
        let first = rows.start;
        for (position, (column, scalar)) in columns.iter().zip(&self.types).enumerate() {
            let null = 1 << position;
            let cell = self.places[position];
            let wide = scalar.is_decimal();
            match column {
                KeyColumn::Lanes(view) if wide => {
                    let values = &typed::<i128>(view.values)[rows.clone()];
                    for ((row, key), value) in words.chunks_exact_mut(width).enumerate().zip(values)
                    {
                        if view.is_valid(first + row) {
                            put_wide(&mut key[cell..], *value);
                        } else {
                            key[0] |= null;
                        }
                    }
                }
                KeyColumn::Constant(Value::Integer(value)) if wide => {
                    for key in words.chunks_exact_mut(width) {
                        put_wide(&mut key[cell..], *value);
                    }
                }
                KeyColumn::Lanes(view) => {
                    lane_words(
                        *view,
                        scalar.lane(),
                        rows.clone(),
                        &mut words[cell..],
                        width,
                    )?;
                    if let Some(validity) = view.validity {
                        for (row, key) in words.chunks_exact_mut(width).enumerate() {
                            if !bit(validity, first + row) {
                                key[0] |= null;
                                key[cell] = 0;
                            }
                        }
                    }
                }
                KeyColumn::Text(cells) => {
                    for (row, key) in words.chunks_exact_mut(width).enumerate() {
                        match cells[first + row] {
                            Some(text) => key[cell] = number(text)?,
                            None => key[0] |= null,
                        }
                    }
                }
                KeyColumn::Numbers(numbers) => {
                    for (number, key) in numbers.iter().zip(words.chunks_exact_mut(width)) {
                        key[cell] = u64::from(*number);
                    }
                }
                KeyColumn::Constant(value) => {
                    let word = match value {
                        Value::Null => None,
                        Value::Bool(value) => Some(u64::from(*value)),
                        Value::Integer(value) => Some(*value as u64),
                        Value::F32(value) => Some(u64::from(canonical_f32(*value).to_bits())),
                        Value::F64(value) => Some(canonical_f64(*value).to_bits()),
                        Value::Str(text) => Some(number(text)?),
                    };
                    for key in words.chunks_exact_mut(width) {
                        match word {
                            Some(word) => key[cell] = word,
                            None => key[0] |= null,
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The number of a key.
    pub(crate) fn find(&self, key: &[u64]) -> Option<usize> {
        self.numbers
            .find(hash(&self.hasher, key), |number| {
                self.key(*number as usize) == key
            })
            .map(|number| *number as usize)
    }

    /// The number of a key, and whether it is new.
    pub(crate) fn insert(&mut self, key: &[u64]) -> Result<(usize, bool), RunError> {
        let width = self.width();
        let KeyTable {
            words,
            numbers,
            hasher,
            ..
        } = self;
        let at = |number: &u32| &words[*number as usize * width..(*number as usize + 1) * width];
        match numbers.entry(
            hash(hasher, key),
            |number| at(number) == key,
            |number| hash(hasher, at(number)),
        ) {
            Entry::Occupied(entry) => Ok((*entry.get() as usize, false)),
            Entry::Vacant(entry) => {
                let number = words.len() / width;
                entry.insert(u32::try_from(number).map_err(|_| too_many_keys())?);
                words.extend_from_slice(key);
                Ok((number, true))
            }
        }
    }

    /// The numbers of many keys, one after the other in `keys`; new ones are added in their order.
    pub(crate) fn insert_all(
        &mut self,
        keys: &[u64],
        numbers: &mut Vec<u32>,
    ) -> Result<(), RunError> {
        numbers.clear();
        match self.width() {
            2 => self.insert_each::<2>(keys, numbers),
            3 => self.insert_each::<3>(keys, numbers),
            4 => self.insert_each::<4>(keys, numbers),
            width => {
                for key in keys.chunks_exact(width) {
                    numbers.push(self.insert(key)?.0 as u32);
                }
                Ok(())
            }
        }
    }

    /// [`KeyTable::insert_all`] for keys of `N` words.
    fn insert_each<const N: usize>(
        &mut self,
        keys: &[u64],
        found: &mut Vec<u32>,
    ) -> Result<(), RunError> {
        let KeyTable {
            words,
            numbers,
            hasher,
            recent,
            ..
        } = self;
        let (keys, _) = keys.as_chunks::<N>();
        if words.len() / N + keys.len() > u32::MAX as usize {
            return Err(too_many_keys());
        }
        let few = words.len() / N <= FEW_KEYS;
        if few && recent.is_empty() {
            recent.resize(1 << RECENT_BITS, u32::MAX);
        }
        for key in keys {
            let hash_of_key = hash(hasher, key);
            let slot = (hash_of_key >> (64 - RECENT_BITS)) as usize;
            let (known, _) = words.as_chunks::<N>();
            if few
                && let Some(number) = recent.get(slot)
                && known.get(*number as usize) == Some(key)
            {
                found.push(*number);
                continue;
            }
            let entry = numbers.entry(
                hash_of_key,
                |number| known[*number as usize] == *key,
                |number| hash(hasher, &known[*number as usize]),
            );
            let number = match entry {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let number = known.len() as u32;
                    entry.insert(number);
                    words.extend_from_slice(key);
                    number
                }
            };
            if few {
                recent[slot] = number;
            }
            found.push(number);
        }
        Ok(())
    }

    /// Adds a key given as values; false if it was there.
    pub(crate) fn insert_values(&mut self, values: &[&Value]) -> Result<bool, RunError> {
        let columns: Vec<KeyColumn<'_, '_>> = values
            .iter()
            .map(|value| KeyColumn::Constant(value))
            .collect();
        let mut words = Vec::new();
        self.words_to_insert(&columns, 0..1, &mut words)?;
        Ok(self.insert(&words)?.1)
    }

    /// A key of another table of the same types, as this one would have it.
    pub(crate) fn adopt(
        &mut self,
        other: &KeyTable,
        number: usize,
        key: &mut Vec<u64>,
    ) -> Result<(), RunError> {
        key.clear();
        key.extend_from_slice(other.key(number));
        for (position, scalar) in self.types.iter().enumerate() {
            if *scalar == ScalarType::Str && key[0] >> position & 1 == 0 {
                let cell = self.places[position];
                key[cell] = self.texts.intern(other.texts.text(key[cell]))?;
            }
        }
        Ok(())
    }

    /// A column of a key as a value.
    pub(crate) fn value(&self, number: usize, column: usize) -> Value {
        let key = self.key(number);
        if key[0] >> column & 1 != 0 {
            return Value::Null;
        }
        let cell = self.places[column];
        let word = key[cell];
        let scalar = self.types[column];
        match scalar.lane() {
            None => Value::Str(self.texts.text(word).into()),
            Some(Lane::I128) => {
                let bits = u128::from(word) | u128::from(key[cell + 1]) << 64;
                Value::Integer(bits.cast_signed())
            }
            Some(Lane::Bool) => Value::Bool(word != 0),
            Some(Lane::F32) => Value::F32(f32::from_bits(word as u32)),
            Some(Lane::F64) => Value::F64(f64::from_bits(word)),
            Some(Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64) => Value::Integer(word.into()),
            Some(Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64) => {
                Value::Integer((word as i64).into())
            }
        }
    }

    /// A key as text, for messages.
    pub(crate) fn describe(&self, number: usize) -> String {
        let values: Vec<String> = (0..self.types.len())
            .map(
                |column| match (self.value(number, column), self.types[column]) {
                    (Value::Integer(value), scalar @ ScalarType::Decimal(..)) => {
                        let mut made = String::new();
                        show(&Value::Integer(value), scalar, &mut made);
                        made
                    }
                    (value, _) => value.to_string(),
                },
            )
            .collect();
        values.join(", ")
    }
}

/// Inserts the keys of all rows into a table of keys, and tells for each its number, its row and
/// whether it is new.
pub(crate) fn each_key(
    keys: &mut KeyTable,
    columns: &[&ChunkedColumn],
    rows: usize,
    mut tell: impl FnMut(&KeyTable, usize, usize, bool) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let mut words = Vec::new();
    each_block(columns, 0..rows, |block, columns| {
        keys.words_to_insert(columns, 0..block.len(), &mut words)?;
        let width = keys.width();
        for (row, key) in block.zip(words.chunks_exact(width)) {
            let (number, new) = keys.insert(key)?;
            tell(keys, number, row, new)?;
        }
        Ok(())
    })
}

/// Reads rows of columns block by block; `take` gets the rows of each, and the columns from its
/// first row on.
pub(crate) fn each_block(
    columns: &[&ChunkedColumn],
    rows: std::ops::Range<usize>,
    mut take: impl FnMut(std::ops::Range<usize>, &[KeyColumn<'_, '_>]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    const ROWS: usize = 1024;
    let mut lanes: Vec<(Region, Region)> = columns
        .iter()
        .map(|_| (Region::zeroed(16 * ROWS), Region::zeroed(ROWS / 8)))
        .collect();
    for start in rows.clone().step_by(ROWS) {
        let block = start..rows.end.min(start + ROWS);
        let mut texts = Vec::with_capacity(columns.len());
        for (column, (values, validity)) in columns.iter().zip(&mut lanes) {
            let mut cells = Vec::new();
            column.read_text(block.clone(), &mut cells);
            let (values, validity) = (values.bytes_mut(), validity.bytes_mut());
            texts.push((cells, column.copy(block.clone(), ROWS, values, validity)));
        }
        let block_columns: Vec<KeyColumn<'_, '_>> = columns
            .iter()
            .zip(texts.iter().zip(&lanes))
            .map(
                |(column, ((cells, nulls), (values, validity)))| match column.lane() {
                    None => KeyColumn::Text(cells),
                    Some(_) => KeyColumn::Lanes(View {
                        values: values.bytes(),
                        validity: nulls.then(|| validity.bytes()),
                    }),
                },
            )
            .collect();
        take(block, &block_columns)?;
    }
    Ok(())
}

/// Puts a value of two words at the front of a key's.
fn put_wide(words: &mut [u64], value: i128) {
    words[0] = value as u64;
    words[1] = (value >> 64) as u64;
}

fn too_many_keys() -> RunError {
    internal("more than 2^32 keys")
}

/// The words of a column of fixed width: `words[0]`, `words[width]`, ...
fn lane_words(
    view: View<'_>,
    lane: Option<Lane>,
    rows: std::ops::Range<usize>,
    words: &mut [u64],
    width: usize,
) -> Result<(), RunError> {
    let lane = lane.ok_or_else(|| internal("text without cells"))?;
    let words = words.iter_mut().step_by(width);
    match lane {
        Lane::Bool => words
            .zip(rows)
            .for_each(|(word, row)| *word = u64::from(bit(view.values, row))),
        Lane::F32 => words
            .zip(&typed::<f32>(view.values)[rows])
            .for_each(|(word, value)| *word = u64::from(canonical_f32(*value).to_bits())),
        Lane::F64 => words
            .zip(&typed::<f64>(view.values)[rows])
            .for_each(|(word, value)| *word = canonical_f64(*value).to_bits()),
        Lane::I128 => return Err(internal("a decimal is two words")),
        Lane::I8
        | Lane::I16
        | Lane::I32
        | Lane::I64
        | Lane::U8
        | Lane::U16
        | Lane::U32
        | Lane::U64 => {
            with_lane!(integers lane, view.values, values => words
                .zip(&values[rows])
                .for_each(|(word, value)| *word = i128::from(*value) as u64))
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_width_keep_their_numbers() {
        for columns in 1..=5 {
            let mut table = KeyTable::new(vec![ScalarType::I64; columns]).expect("a table");
            let mut one_by_one = table.clone();
            let width = columns + 1;
            let mut numbers = Vec::new();
            // More keys than are looked for among the recent ones, most of them several times.
            for round in 0..12u64 {
                let mut keys = Vec::new();
                for row in 0..1024u64 {
                    let value = (row * 7 + round * 500) % 6000;
                    keys.extend((0..width as u64).map(|word| value >> word));
                }
                table.insert_all(&keys, &mut numbers).expect("few keys");
                let expected: Vec<u32> = keys
                    .chunks_exact(width)
                    .map(|key| one_by_one.insert(key).expect("few keys").0 as u32)
                    .collect();
                assert_eq!(numbers, expected);
                for (key, number) in keys.chunks_exact(width).zip(&numbers) {
                    assert_eq!(table.find(key), Some(*number as usize));
                }
            }
            assert_eq!(table.len(), one_by_one.len());
        }
    }
}
