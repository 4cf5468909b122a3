//! Keys of groups and lookups as machine words, and the table that finds them.
//!
//! A key becomes a mask of its nulls and one word per column: integers, times and bools as they
//! are, floats with one zero and one NaN, text by the number that an interner gave it. So keys of
//! any types compare and hash as short slices of words. Keys that lie close together, as numbers and
//! numbered texts mostly do, are found by their place among all that could be, others by their hash.

mod blocks;
mod direct;
mod hashed;
mod interner;
mod one_pass;
mod place_set;
mod places;
mod spans;
mod words;

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use arrow::array::ArrayRef;
use foldhash::fast;
use icosian_ir::meaning::text::show::show;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::error::{RunError, internal};
use crate::execute::sink::words_to_array;
use crate::execute::state::one_array;
use crate::execute::view::View;
use crate::text::{Cell, TextBuilder};
pub(crate) use blocks::{each_block, each_key};
use direct::Direct;
use hashed::Hashed;
use interner::Interner;
pub(crate) use interner::{ShortText, short_text, text_of_short};
use one_pass::OneColumn;
pub(crate) use place_set::PlaceSet;
pub(crate) use places::Places;
pub(crate) use spans::Spans;
use spans::{OUTSIDE, join};
pub(crate) use words::KeyWords;

/// One key column of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyColumn<'v, 'a> {
    /// Fixed width.
    Lanes(View<'v>),
    /// Text.
    Text(&'v [Cell<'a>]),
    /// Numbers that are no column of the block, from the first row on; null where [`NO_KEY`].
    Numbers(&'v [u32]),
    /// Words of keys as they are, from the first row on; of decimals the lower ones, then the others.
    Words(&'v [u64]),
    /// The same value in every row.
    Constant(&'v Value),
}

/// Distinct keys, numbered by first appearance.
#[derive(Clone, Debug)]
pub(crate) struct KeyTable {
    types: Vec<ScalarType>,
    /// Where the words of each column begin in a key, then how many words it has.
    places: Vec<usize>,
    /// Per key: the mask of its nulls (bit 0 the first word), then a word per column, two of a
    /// decimal.
    words: Vec<u64>,
    index: Index,
    hasher: fast::RandomState,
    texts: Interner,
    /// With so many hashed keys it is seen whether they lie close together.
    reconsider: usize,
}

/// What finds the number of a key.
#[derive(Clone, Debug)]
enum Index {
    /// Its place among all keys that could be.
    Direct(Direct),
    Hashed(Hashed),
    /// Its place is its number; such a table is only looked into.
    Places(Spans),
}

/// Slots that are made for keys however few they are.
const FEW_SLOTS: u64 = 1 << 14;

/// Rows read at a time.
const BLOCK: usize = 1024;

/// The hash of a key: of fixed width it is a few multiplications.
#[inline(always)]
pub(crate) fn hash(hasher: &fast::RandomState, key: &[u64]) -> u64 {
    let mut state = hasher.build_hasher();
    key.iter().for_each(|word| state.write_u64(*word));
    state.finish()
}

/// The word of a text that no key has.
const UNKNOWN_TEXT: u64 = u64::MAX;

/// The number of a row whose key is not in the table.
pub(crate) const NO_KEY: u32 = u32::MAX;

impl KeyTable {
    pub(crate) fn new(types: Vec<ScalarType>) -> Result<KeyTable, RunError> {
        let mut places = vec![1];
        for (before, scalar) in types.iter().enumerate() {
            places.push(places[before] + if scalar.is_decimal() { 2 } else { 1 });
        }
        let width = places[types.len()];
        if width > 65 {
            return Err(internal("a key of more than 64 words"));
        }
        let mut table = KeyTable {
            types,
            places,
            words: Vec::new(),
            index: Index::Hashed(Hashed::new(width)),
            hasher: fast::RandomState::default(),
            texts: Interner::default(),
            reconsider: 4 * BLOCK,
        };
        table.bring_together(FEW_SLOTS);
        Ok(table)
    }

    /// An empty table made one to find keys in, whose numbers are their places.
    pub(crate) fn with_places(mut self, spans: &Spans) -> KeyTable {
        self.index = Index::Places(spans.clone());
        self
    }

    /// Columns per key.
    pub(crate) fn columns(&self) -> usize {
        self.types.len()
    }

    /// Words per key, with the mask.
    pub(crate) fn width(&self) -> usize {
        self.places[self.types.len()]
    }

    /// How many keys.
    pub(crate) fn len(&self) -> usize {
        self.words.len() / self.width()
    }

    /// About how many bytes it holds.
    pub(crate) fn byte_len(&self) -> usize {
        let index = match &self.index {
            Index::Direct(direct) => direct.byte_len(),
            Index::Hashed(hashed) => hashed.byte_len(),
            Index::Places(_) => 0,
        };
        8 * self.words.len() + index + self.texts.byte_len()
    }

    /// The words of a key, behind the mask of its nulls.
    pub(crate) fn key(&self, number: usize) -> &[u64] {
        &self.words[number * self.width()..(number + 1) * self.width()]
    }

    /// The words of the keys of `rows`, for [`KeyTable::insert_all`].
    pub(crate) fn words_to_insert(
        &mut self,
        columns: &[KeyColumn<'_, '_>],
        rows: Range<usize>,
        words: &mut KeyWords,
    ) -> Result<(), RunError> {
        words.reset(rows.len(), self.width() - 1);
        let texts = &mut self.texts;
        let mut number = |text: &str| texts.intern(text).map(u64::from);
        for ((place, column), scalar) in self.places.iter().zip(columns).zip(&self.types) {
            words.fill(place - 1, column, *scalar, rows.clone(), &mut number)?;
        }
        Ok(())
    }

    /// As [`KeyTable::words_to_insert`], only of the rows `kept` among `rows`, counted from the first
    /// and ascending; the texts of others are not held.
    pub(crate) fn kept_words(
        &mut self,
        columns: &[KeyColumn<'_, '_>],
        rows: Range<usize>,
        kept: &[u32],
        words: &mut KeyWords,
    ) -> Result<(), RunError> {
        let mut texts: Vec<Vec<Cell<'_>>> = Vec::new();
        for column in columns {
            let mut cells = Vec::new();
            if let KeyColumn::Text(all) = column {
                cells.resize(rows.len(), None);
                for row in kept {
                    cells[*row as usize] = all[rows.start + *row as usize];
                }
            }
            texts.push(cells);
        }
        words.reset(rows.len(), self.width() - 1);
        let interner = &mut self.texts;
        let mut number = |text: &str| interner.intern(text).map(u64::from);
        for (position, (column, scalar)) in columns.iter().zip(&self.types).enumerate() {
            let (column, rows) = match column {
                KeyColumn::Text(_) => (KeyColumn::Text(&texts[position]), 0..rows.len()),
                column => (*column, rows.clone()),
            };
            let place = self.places[position] - 1;
            words.fill(place, &column, *scalar, rows, &mut number)?;
        }
        words.keep(kept);
        Ok(())
    }

    /// The words of the keys of `rows`, for [`KeyTable::find_all`].
    pub(crate) fn words_to_find(
        &self,
        columns: &[KeyColumn<'_, '_>],
        rows: Range<usize>,
        words: &mut KeyWords,
    ) -> Result<(), RunError> {
        words.reset(rows.len(), self.width() - 1);
        let mut number = |text: &str| Ok(self.text_word(text));
        for ((place, column), scalar) in self.places.iter().zip(columns).zip(&self.types) {
            words.fill(place - 1, column, *scalar, rows.clone(), &mut number)?;
        }
        Ok(())
    }

    /// The word of a text as part of a key to find.
    pub(crate) fn text_word(&self, text: &str) -> u64 {
        self.texts.find(text).map_or(UNKNOWN_TEXT, u64::from)
    }

    /// The number of a key, given as the mask of its nulls and its words.
    pub(crate) fn find(&self, key: &[u64]) -> Option<usize> {
        let number = match &self.index {
            Index::Direct(direct) => direct.get(direct.position(key)),
            Index::Hashed(hashed) => hashed.find(&self.hasher, &self.words, key),
            Index::Places(spans) => {
                let place = spans.position(key);
                (place < OUTSIDE).then_some(place as u32)
            }
        };
        number.map(|number| number as usize)
    }

    /// The numbers of keys, [`NO_KEY`] where the table has none.
    pub(crate) fn find_all(&self, keys: &mut KeyWords, numbers: &mut Vec<u32>) {
        numbers.clear();
        match &self.index {
            Index::Direct(direct) => {
                let mut positions = std::mem::take(&mut keys.positions);
                direct.positions(keys, &mut positions);
                direct.fetch(&positions);
                let found = positions.iter().map(|position| direct.get(*position));
                numbers.extend(found.map(|number| number.unwrap_or(NO_KEY)));
                keys.positions = positions;
            }
            Index::Hashed(hashed) => {
                hashed.find_all(&self.hasher, &self.words, self.width(), keys, numbers);
            }
            Index::Places(spans) => {
                let mut positions = std::mem::take(&mut keys.positions);
                spans.positions(keys, &mut positions);
                numbers.extend(positions.iter().map(|position| match *position {
                    OUTSIDE.. => NO_KEY,
                    place => place as u32,
                }));
                keys.positions = positions;
            }
        }
    }

    /// The numbers of the keys of `rows`, as [`KeyTable::find_all`] tells, and whether the table has all of
    /// them; none if that takes the usual way. Nulls are not found if they are no keys.
    pub(crate) fn known_at_once(
        &self,
        columns: &[KeyColumn<'_, '_>],
        rows: Range<usize>,
        null_is_key: bool,
        numbers: &mut Vec<u32>,
    ) -> Option<bool> {
        let keys = OneColumn::of(columns, &self.types, rows)?;
        match &self.index {
            Index::Direct(direct) => direct.numbers(&keys, null_is_key, numbers),
            Index::Places(spans) if null_is_key => Some(keys.places(spans.origin()?, numbers)),
            Index::Places(_) | Index::Hashed(_) => None,
        }
    }

    /// The places of the keys of `rows`; false if some have none, or if that takes the usual way.
    pub(crate) fn places_at_once(
        &self,
        spans: &Spans,
        columns: &[KeyColumn<'_, '_>],
        rows: Range<usize>,
        places: &mut Vec<u32>,
    ) -> bool {
        let keys = OneColumn::of(columns, &self.types, rows);
        (keys.zip(spans.origin())).is_some_and(|(keys, origin)| keys.places(origin, places))
    }

    /// The numbers of many keys; new ones are added in their order.
    pub(crate) fn insert_all(
        &mut self,
        keys: &mut KeyWords,
        numbers: &mut Vec<u32>,
    ) -> Result<(), RunError> {
        numbers.clear();
        if self.len() + keys.rows >= NO_KEY as usize {
            return Err(too_many_keys());
        }
        let mut positions = std::mem::take(&mut keys.positions);
        if let Index::Direct(direct) = &self.index
            && !direct.positions(keys, &mut positions)
        {
            self.widen(keys);
            if let Index::Direct(direct) = &self.index {
                direct.positions(keys, &mut positions);
            }
        }
        let width = self.width();
        keys.positions = positions;
        match &mut self.index {
            Index::Direct(direct) => {
                direct.fetch(&keys.positions);
                let mut count = (self.words.len() / width) as u32;
                for (row, position) in keys.positions.iter().enumerate() {
                    let slot = direct.slot(*position);
                    if *slot == 0 {
                        count += 1;
                        *slot = count;
                        keys.push_key(row, &mut self.words);
                    }
                    numbers.push(*slot - 1);
                }
            }
            Index::Hashed(hashed) => {
                hashed.insert_all(&self.hasher, &mut self.words, width, keys, numbers);
                if self.len() >= self.reconsider {
                    self.reconsider = 2 * self.len();
                    self.bring_together(8 * self.len() as u64);
                }
            }
            Index::Places(_) => return Err(internal("a key added to a table of places")),
        }
        Ok(())
    }

    /// Makes slots for more keys, or hashes from now on.
    #[cold]
    fn widen(&mut self, keys: &KeyWords) {
        let Index::Direct(direct) = &self.index else {
            return;
        };
        let mut ranges = direct.ranges();
        for (column, range) in ranges.iter_mut().enumerate() {
            *range = join(*range, keys.range(column));
        }
        match Direct::covering(&ranges, FEW_SLOTS.max(16 * self.len() as u64)) {
            Some(direct) => self.put_in_slots(direct),
            None => {
                self.reconsider = self.reconsider.max(2 * self.len());
                let hashed = Hashed::of(&self.hasher, &self.words, self.width());
                self.index = Index::Hashed(hashed);
            }
        }
    }

    /// Finds keys by their places if they lie so close together that at most `limit` slots do.
    #[cold]
    fn bring_together(&mut self, limit: u64) {
        if self.types.iter().any(|scalar| scalar.is_float()) {
            return;
        }
        let mut ranges = vec![None; self.width() - 1];
        for key in self.words.chunks_exact(self.width()) {
            for (column, range) in ranges.iter_mut().enumerate() {
                if key[0] >> column & 1 == 0 {
                    let word = key[column + 1] as i64;
                    *range = join(*range, Some((word, word)));
                }
            }
        }
        if let Some(direct) = Direct::covering(&ranges, limit) {
            self.put_in_slots(direct);
        }
    }

    fn put_in_slots(&mut self, mut direct: Direct) {
        for (number, key) in self.words.chunks_exact(self.width()).enumerate() {
            let position = direct.position(key);
            *direct.slot(position) = number as u32 + 1;
        }
        self.index = Index::Direct(direct);
    }

    /// Adds the keys of another table of the same types, those of `replaced` with other words in a
    /// column, and tells the number that each has there and here.
    pub(crate) fn insert_table(
        &mut self,
        other: &KeyTable,
        replaced: Option<(usize, &dyn Fn(u64) -> u64)>,
        mut take: impl FnMut(usize, usize),
    ) -> Result<(), RunError> {
        let mut texts = Vec::with_capacity(other.texts.len());
        for number in 0..other.texts.len() {
            texts.push(self.texts.intern(other.texts.text(number as u64))?);
        }
        let width = self.width();
        let mut words = KeyWords::default();
        let mut numbers = Vec::new();
        let mut first = 0;
        for block in other.words.chunks(BLOCK * width) {
            words.transpose(block, width);
            for (column, scalar) in self.types.iter().enumerate() {
                if *scalar == ScalarType::Str {
                    words.renumber(self.places[column] - 1, &texts);
                }
            }
            if let Some((column, word)) = replaced {
                words.map(column, word);
            }
            self.insert_all(&mut words, &mut numbers)?;
            for number in &numbers {
                take(first, *number as usize);
                first += 1;
            }
        }
        Ok(())
    }

    /// Adds a key given as values; false if it was there.
    pub(crate) fn insert_values(&mut self, values: &[&Value]) -> Result<bool, RunError> {
        let columns: Vec<KeyColumn<'_, '_>> = values
            .iter()
            .map(|value| KeyColumn::Constant(value))
            .collect();
        let known = self.len();
        let mut words = KeyWords::default();
        self.words_to_insert(&columns, 0..1, &mut words)?;
        self.insert_all(&mut words, &mut Vec::new())?;
        Ok(self.len() > known)
    }

    /// A column of a key as a value.
    pub(crate) fn value(&self, number: usize, column: usize) -> Value {
        let key = self.key(number);
        let cell = self.places[column];
        if key[0] >> (cell - 1) & 1 != 0 {
            return Value::Null;
        }
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

    /// A text of a key; none if it is null there.
    pub(crate) fn text(&self, number: usize, column: usize) -> Option<&str> {
        let key = self.key(number);
        let cell = self.places[column];
        (key[0] >> (cell - 1) & 1 == 0).then(|| self.texts.text(key[cell]))
    }

    /// A column of keys in an order as an array; none of bools and decimals.
    pub(crate) fn array(&self, column: usize, order: &[u32]) -> Result<Option<ArrayRef>, RunError> {
        let scalar = self.types[column];
        let keys = order.iter().map(|number| self.key(*number as usize));
        let place = self.places[column];
        let is_null = |key: &[u64]| key[0] >> (place - 1) & 1 != 0;
        if scalar == ScalarType::Str {
            let mut builder = TextBuilder::default();
            for key in keys {
                let text = (!is_null(key)).then(|| self.texts.text(key[place]));
                builder.push(text)?;
            }
            return one_array(builder.finish()?);
        }
        let words = keys.clone().map(|key| key[place]).collect();
        let valid = keys
            .clone()
            .any(is_null)
            .then(|| keys.map(|key| !is_null(key)).collect());
        words_to_array(scalar, words, valid)
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

fn too_many_keys() -> RunError {
    internal("more than 2^32 keys")
}

#[cfg(test)]
mod tests;
