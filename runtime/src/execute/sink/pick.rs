//! The value of one row of each group, for `first`, `last`, `at_max` and `at_min`.
//!
//! Each group knows the row it chose, by its number in the table, so states merge in any order.

use std::cmp::Ordering;
use std::ops::Range;

use icosian_ir::op::Reduction;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::cells::{CellReader, put};
use super::lanes::{Argument, value_of_wide_word};
use crate::error::{RunError, internal};
use crate::execute::keys::NO_KEY;

/// The row that a group with none has.
const NO_ROW: u64 = u64::MAX;

/// Which row is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    First,
    Last,
    /// The one whose other value compares so to those of all others; of several the first.
    Extreme(Ordering),
}

/// A value per group: a word that compares as it does, or text.
#[derive(Clone, Debug)]
struct Cells {
    scalar: ScalarType,
    words: Vec<u128>,
    texts: Vec<String>,
    valid: Vec<bool>,
}

/// A value taken in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Item<'a> {
    Null,
    Word(u128),
    Text(&'a str),
}

impl Cells {
    fn new(scalar: ScalarType) -> Cells {
        Cells {
            scalar,
            words: Vec::new(),
            texts: Vec::new(),
            valid: Vec::new(),
        }
    }

    fn resize(&mut self, groups: usize) {
        if self.scalar == ScalarType::Str {
            self.texts.resize_with(groups, String::new);
        } else {
            self.words.resize(groups, 0);
        }
        self.valid.resize(groups, false);
    }

    fn byte_len(&self) -> usize {
        let texts: usize = self.texts.iter().map(|text| 24 + text.capacity()).sum();
        17 * self.words.len() + texts
    }

    fn get(&self, group: usize) -> Item<'_> {
        if !self.valid[group] {
            Item::Null
        } else if self.scalar == ScalarType::Str {
            Item::Text(&self.texts[group])
        } else {
            Item::Word(self.words[group])
        }
    }

    fn set(&mut self, group: usize, item: Item<'_>) {
        self.valid[group] = item != Item::Null;
        match item {
            Item::Null => {}
            Item::Word(word) => self.words[group] = word,
            // The text that stood there leaves its place.
            Item::Text(text) => text.clone_into(&mut self.texts[group]),
        }
    }

    fn value(&self, group: usize) -> Value {
        match self.get(group) {
            Item::Null => Value::Null,
            Item::Word(word) => value_of_wide_word(word, self.scalar),
            Item::Text(text) => Value::Str(text.into()),
        }
    }

    fn write(&self, group: usize, cell: &mut Vec<u8>) {
        match self.get(group) {
            Item::Null => put(cell, 0),
            Item::Word(word) => {
                put(cell, 1);
                put(cell, word as u64);
                if self.scalar.is_decimal() {
                    put(cell, (word >> 64) as u64);
                }
            }
            Item::Text(text) => {
                put(cell, 1);
                put(cell, text.len() as u64);
                cell.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn read(&mut self, group: usize, reader: &mut CellReader<'_>) -> Result<(), RunError> {
        if reader.word()? == 0 {
            self.set(group, Item::Null);
        } else if self.scalar == ScalarType::Str {
            self.set(group, Item::Text(reader.text()?));
        } else {
            let low = u128::from(reader.word()?);
            let high = match self.scalar.is_decimal() {
                true => u128::from(reader.word()?),
                false => 0,
            };
            self.set(group, Item::Word(high << 64 | low));
        }
        Ok(())
    }
}

/// The rows chosen, with their values.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    rule: Rule,
    skip_null: bool,
    rows: Vec<u64>,
    values: Cells,
    /// What rows are chosen by, besides their numbers.
    by: Option<Cells>,
    scratch: [Vec<u128>; 2],
}

impl Picked {
    pub(crate) fn new(reduction: Reduction, types: &[ScalarType]) -> Result<Picked, RunError> {
        let rule = match reduction {
            Reduction::First { .. } => Rule::First,
            Reduction::Last { .. } => Rule::Last,
            Reduction::AtMax => Rule::Extreme(Ordering::Greater),
            Reduction::AtMin => Rule::Extreme(Ordering::Less),
            other => return Err(internal(format!("{} chooses no row", other.name()))),
        };
        let [value, by @ ..] = types else {
            return Err(internal("a row chosen without a value"));
        };
        Ok(Picked {
            rule,
            skip_null: reduction.skips_null(0),
            rows: Vec::new(),
            values: Cells::new(*value),
            by: by.first().map(|by| Cells::new(*by)),
            scratch: [Vec::new(), Vec::new()],
        })
    }

    pub(crate) fn groups(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn resize(&mut self, groups: usize) {
        self.rows.resize(groups, NO_ROW);
        self.values.resize(groups);
        if let Some(by) = &mut self.by {
            by.resize(groups);
        }
    }

    pub(crate) fn byte_len(&self) -> usize {
        let by = self.by.as_ref().map_or(0, Cells::byte_len);
        8 * self.rows.len() + self.values.byte_len() + by
    }

    /// Takes in `rows` of the arguments, of which row 0 is the table's row `first_row`, but those whose
    /// group is [`NO_KEY`].
    pub(crate) fn update(
        &mut self,
        arguments: &[Argument<'_, '_>],
        rows: Range<usize>,
        first_row: usize,
        groups: &[u32],
    ) -> Result<(), RunError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        for (argument, words) in arguments.iter().zip(&mut scratch) {
            if matches!(argument, Argument::Lanes(..)) {
                argument.order_words(rows.clone(), words)?;
            }
        }
        for (position, (row, group)) in rows.clone().zip(groups).enumerate() {
            if *group == NO_KEY {
                continue;
            }
            let item = |place: usize| match arguments.get(place) {
                Some(argument) if !argument.is_valid(row) => Item::Null,
                Some(Argument::Text(cells)) => cells[row].map_or(Item::Null, Item::Text),
                Some(Argument::Lanes(..)) => Item::Word(scratch[place][position]),
                None => Item::Null,
            };
            self.offer(*group as usize, (first_row + row) as u64, item(0), item(1));
        }
        self.scratch = scratch;
        Ok(())
    }

    /// A row of a group, if it wins.
    fn offer(&mut self, group: usize, row: u64, value: Item<'_>, by: Item<'_>) {
        let known = self.rows[group];
        let wins = match self.rule {
            Rule::First => row < known,
            Rule::Last => known == NO_ROW || row > known,
            Rule::Extreme(wanted) => match &self.by {
                _ if by == Item::Null => false,
                _ if known == NO_ROW => true,
                None => false,
                Some(best) => {
                    let order = by.cmp(&best.get(group));
                    order == wanted || order == Ordering::Equal && row < known
                }
            },
        };
        if !wins || self.skip_null && value == Item::Null {
            return;
        }
        self.rows[group] = row;
        self.values.set(group, value);
        if let Some(best) = &mut self.by {
            best.set(group, by);
        }
    }

    pub(crate) fn merge(&mut self, other: &Picked, groups: &[u32]) {
        for (from, to) in groups.iter().enumerate() {
            if other.rows[from] != NO_ROW {
                let by = other.by.as_ref().map_or(Item::Null, |by| by.get(from));
                let value = other.values.get(from);
                self.offer(*to as usize, other.rows[from], value, by);
            }
        }
    }

    pub(crate) fn value(&self, group: usize) -> Value {
        self.values.value(group)
    }

    /// Of each group: the row, its value and what it was chosen by.
    pub(crate) fn to_cells(&self) -> Vec<Vec<u8>> {
        let cells = (0..self.rows.len()).map(|group| {
            let mut cell = Vec::new();
            put(&mut cell, self.rows[group]);
            self.values.write(group, &mut cell);
            if let Some(by) = &self.by {
                by.write(group, &mut cell);
            }
            cell
        });
        cells.collect()
    }

    pub(crate) fn read_cell(&mut self, group: usize, cell: &[u8]) -> Result<(), RunError> {
        let mut reader = CellReader::new(cell);
        self.rows[group] = reader.word()?;
        self.values.read(group, &mut reader)?;
        if let Some(by) = &mut self.by {
            by.read(group, &mut reader)?;
        }
        reader.finish()
    }
}
