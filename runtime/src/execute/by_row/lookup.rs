//! What rows look up: keys and what is compared beside them, and the values of the rows found.

use icosian_ir::meaning::key::{canonical_f32, canonical_f64};
use icosian_ir::types::Lane;

use crate::bytes::typed;
use crate::data::ChunkedColumn;
use crate::execute::built::BuiltTable;
use crate::execute::by_row::run::Machine;
use crate::execute::by_row::step::Part;
use crate::execute::candidates::Condition;
use crate::execute::keys::KeyTable;
use crate::execute::order_words::order_word;
use crate::execute::row_text::word;

/// A value's bits as a part of a key.
#[inline]
pub(super) fn key_word(lane: Lane, word: u64) -> u64 {
    match lane {
        Lane::F32 => canonical_f32(f32::from_bits(word as u32)).to_bits().into(),
        Lane::F64 => canonical_f64(f64::from_bits(word)).to_bits(),
        Lane::Bool
        | Lane::I8
        | Lane::I16
        | Lane::I32
        | Lane::I64
        | Lane::U8
        | Lane::U16
        | Lane::U32
        | Lane::U64
        | Lane::I128 => word,
    }
}

impl Machine {
    pub(super) fn one_of(
        &mut self,
        set: &KeyTable,
        has_null: bool,
        part: Part,
        output: usize,
        rows: usize,
    ) {
        for row in 0..rows {
            let found = self.find_key(set, &[part], false, row);
            let is_null = self.words[0] != 0;
            let found = match found {
                Some(_) => Some(1),
                None if is_null || has_null => None,
                None => Some(0),
            };
            self.buffers.put_word(output, row, found);
        }
    }

    /// The number of the key that its parts make.
    #[inline]
    pub(super) fn find_key(
        &mut self,
        keys: &KeyTable,
        parts: &[Part],
        null_matches: bool,
        row: usize,
    ) -> Option<usize> {
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        words.push(0);
        for (operand, lane) in parts {
            let (mut high, place) = (None, words.len() - 1);
            let found = match lane {
                Some(Lane::I128) => self.units(*operand, row).map(|units| {
                    high = Some((units >> 64) as u64);
                    units as u64
                }),
                Some(lane) => self.word(*operand, row).map(|word| key_word(*lane, word)),
                None => self.text(*operand, row).map(|text| keys.text_word(text)),
            };
            if found.is_none() {
                words[0] |= 1 << place;
            }
            words.push(found.unwrap_or(0));
            if *lane == Some(Lane::I128) {
                words.push(high.unwrap_or(0));
            }
        }
        let found = (words[0] == 0 || null_matches).then(|| keys.find(&words));
        self.words = words;
        found.flatten()
    }

    /// The row that meets conditions.
    pub(super) fn find(
        &mut self,
        built: &BuiltTable,
        keys: &[Part],
        (conditions, parts): (&[Condition], &[Part]),
        takes_last: bool,
        row: usize,
    ) -> Option<u64> {
        let candidates = built.candidates.as_ref()?;
        let number = self.find_key(&built.keys, keys, false, row)?;
        let mut compared = std::mem::take(&mut self.compared);
        compared.clear();
        for ((_, column), (operand, lane)) in conditions.iter().zip(parts) {
            let there = candidates.compared(*column);
            compared.extend(match lane {
                Some(Lane::I128) => {
                    let units = self.units(*operand, row);
                    (units.zip(there.ranks.as_ref()))
                        .map(|(units, ranks)| ranks.decimal_word(units))
                }
                Some(lane) => (self.word(*operand, row)).and_then(|word| order_word(*lane, word)),
                None => {
                    let text = self.text(*operand, row);
                    text.zip(there.ranks.as_ref())
                        .map(|(text, ranks)| ranks.word(text))
                }
            });
        }
        let mut found = None;
        // A word is missing where a value compares with nothing.
        if compared.len() == conditions.len() {
            let mut matches = candidates.matches(number, conditions, &compared);
            found = if takes_last {
                matches.next_back()
            } else {
                matches.next()
            };
        }
        self.compared = compared;
        found.map(u64::from)
    }

    pub(super) fn gather(
        &mut self,
        from: &ChunkedColumn,
        there: usize,
        output: usize,
        rows: usize,
    ) -> bool {
        let mut raised = false;
        let payload = from.payload();
        for row in 0..rows {
            let found = self.buffers.word(there, row).zip(payload);
            let found = found.and_then(|(there, (values, bit_offset, nulls))| {
                let there = there as usize;
                raised |= is_error(from, there);
                let is_null = nulls.is_some_and(|nulls| nulls.is_null(there));
                (!is_null).then_some((values, bit_offset, there))
            });
            if from.lane() == Some(Lane::I128) {
                let units = found.map(|(values, _, there)| typed::<i128>(values)[there]);
                self.buffers.put_units(output, row, units);
                continue;
            }
            let found = found.map(|(values, bit_offset, there)| match from.lane() {
                Some(Lane::Bool) => word(Lane::Bool, values, bit_offset + there),
                Some(lane) => word(lane, values, there),
                None => 0,
            });
            self.buffers.put_word(output, row, found);
        }
        raised
    }
}

/// Whether a row over there is an error.
#[inline]
pub(super) fn is_error(from: &ChunkedColumn, row: usize) -> bool {
    let errors = from.errors();
    !errors.is_empty() && errors.binary_search_by_key(&row, |error| error.0).is_ok()
}
