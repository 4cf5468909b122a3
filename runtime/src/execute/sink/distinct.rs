//! The distinct values of all rows, for `n_unique` without groups.

use std::ops::Range;

use icosian_ir::types::ScalarType;

use super::lanes::Argument;
use super::value_set::ValueSet;
use crate::error::RunError;
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, ShortText, short_text, text_of_short};

/// Distinct values, by how they are told apart.
#[derive(Clone, Debug)]
pub(super) struct DistinctValues {
    scalar: ScalarType,
    /// Values of fixed width.
    words: ValueSet<u64>,
    /// Texts that two words hold.
    short: ValueSet<ShortText>,
    /// Other texts.
    long: KeyTable,
    scratch: KeyWords,
    numbers: Vec<u32>,
}

impl DistinctValues {
    /// No values; none for types whose values are of several words.
    pub(super) fn new(scalar: ScalarType) -> Result<Option<DistinctValues>, RunError> {
        if scalar.is_decimal() {
            return Ok(None);
        }
        Ok(Some(DistinctValues {
            scalar,
            words: ValueSet::new(),
            short: ValueSet::new(),
            long: KeyTable::new(vec![ScalarType::Str])?,
            scratch: KeyWords::default(),
            numbers: Vec::new(),
        }))
    }

    /// About how many bytes they take.
    pub(super) fn byte_len(&self) -> usize {
        self.words.byte_len() + self.short.byte_len() + self.long.byte_len()
    }

    /// Takes in rows of a column.
    pub(super) fn update(
        &mut self,
        argument: Argument<'_, '_>,
        rows: Range<usize>,
    ) -> Result<(), RunError> {
        match argument {
            Argument::Lanes(_, view) => {
                self.scratch.read(view, self.scalar, rows)?;
                self.scratch.drop_nulls();
                for word in self.scratch.column(0) {
                    self.words.add(*word);
                }
                Ok(())
            }
            Argument::Text(cells) => self.add_texts(cells[rows].iter().copied().flatten()),
        }
    }

    fn add_texts<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Result<(), RunError> {
        let mut others = Vec::new();
        for text in texts {
            match short_text(text) {
                Some(short) => self.short.add(short),
                None => others.push(Some(text)),
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        let columns = [KeyColumn::Text(&others)];
        let rows = 0..others.len();
        (self.long).words_to_insert(&columns, rows, &mut self.scratch)?;
        self.long.insert_all(&mut self.scratch, &mut self.numbers)
    }

    /// Adds a value of fixed width by its word.
    pub(super) fn add_word(&mut self, word: u64) {
        self.words.add(word);
    }

    /// Adds a text.
    pub(super) fn add_text(&mut self, text: &str) -> Result<(), RunError> {
        self.add_texts(std::iter::once(text))
    }

    /// Takes in other values.
    pub(super) fn merge(&mut self, other: &DistinctValues) -> Result<(), RunError> {
        self.words.merge(&other.words);
        self.short.merge(&other.short);
        self.long.insert_table(&other.long, None, |_, _| {})
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.words.count() + self.short.count() + self.long.len()
    }

    /// The words of the values of fixed width.
    pub(super) fn words(&self) -> Vec<u64> {
        self.words.values()
    }

    /// The texts.
    pub(super) fn texts(&self) -> Vec<String> {
        let short = self.short.values();
        let mut texts: Vec<String> = short.iter().map(text_of_short).collect();
        for number in 0..self.long.len() {
            texts.extend(self.long.text(number, 0).map(str::to_owned));
        }
        texts
    }
}
