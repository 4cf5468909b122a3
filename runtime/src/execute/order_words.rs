//! Values as words in the order in which they compare, so that conditions of any type are decided
//! by comparing integers: numbers and times flipped into unsigned order, floats by their bits, text and
//! decimals by their rank among those over there.

use std::ops::Range;

use icosian_ir::types::Lane;
use icosian_ir::value::Value;

use crate::bytes::{bit, typed};
use crate::error::{RunError, internal};
use crate::execute::keys::KeyColumn;
use crate::execute::view::{View, with_lane};

const SIGN: u64 = 1 << 63;

/// Distinct texts or decimals in order.
#[derive(Debug)]
pub(crate) struct Ranks {
    bytes: String,
    ends: Vec<usize>,
    decimals: Vec<i128>,
}

impl Ranks {
    /// The ranks of these texts.
    pub(crate) fn new(mut texts: Vec<&str>) -> Ranks {
        texts.sort_unstable();
        texts.dedup();
        let mut ranks = Ranks {
            bytes: String::new(),
            ends: Vec::with_capacity(texts.len()),
            decimals: Vec::new(),
        };
        for text in texts {
            ranks.bytes.push_str(text);
            ranks.ends.push(ranks.bytes.len());
        }
        ranks
    }

    /// The ranks of these decimals.
    pub(crate) fn of_decimals(mut decimals: Vec<i128>) -> Ranks {
        decimals.sort_unstable();
        decimals.dedup();
        Ranks {
            bytes: String::new(),
            ends: Vec::new(),
            decimals,
        }
    }

    /// As [`Ranks::word`].
    pub(crate) fn decimal_word(&self, value: i128) -> u64 {
        match self.decimals.binary_search(&value) {
            Ok(rank) => 2 * rank as u64 + 1,
            Err(rank) => 2 * rank as u64,
        }
    }

    fn text(&self, rank: usize) -> &str {
        let start = rank.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[rank]]
    }

    /// Odd for a text that is among them, even between two of them.
    pub(crate) fn word(&self, text: &str) -> u64 {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.text(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return 2 * middle as u64 + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        2 * low as u64
    }
}

fn float_word(value: f64) -> Option<u64> {
    // Both zeros compare equal.
    let bits = (value + 0.0).to_bits();
    let word = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    (!value.is_nan()).then_some(word)
}

/// The word of a value, given its bits, signed ones extended to 64; none of NaN.
pub(crate) fn order_word(lane: Lane, word: u64) -> Option<u64> {
    match lane {
        Lane::F32 => float_word(f64::from(f32::from_bits(word as u32))),
        Lane::F64 => float_word(f64::from_bits(word)),
        Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64 => Some(word ^ SIGN),
        Lane::Bool | Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64 => Some(word),
        // Decimals are compared by rank.
        Lane::I128 => None,
    }
}

/// The words of `rows` of a column. `comparable` turns false where a value is null or NaN, which
/// compares with nothing. `ranks` are those of the texts over there, or decimals, where the column is of such.
pub(crate) fn order_words(
    column: &KeyColumn<'_, '_>,
    lane: Option<Lane>,
    ranks: Option<&Ranks>,
    rows: Range<usize>,
    words: &mut Vec<u64>,
    comparable: &mut [bool],
) -> Result<(), RunError> {
    words.clear();
    let rank = |text: &str| {
        let ranks = ranks.ok_or_else(|| internal("text compared without its ranks"))?;
        Ok::<u64, RunError>(ranks.word(text))
    };
    match column {
        KeyColumn::Lanes(view) => {
            let lane = lane.ok_or_else(|| internal("text without cells"))?;
            if lane == Lane::I128 {
                let ranks = ranks.ok_or_else(|| internal("decimals without their ranks"))?;
                let values = &typed::<i128>(view.values)[rows.clone()];
                words.extend(values.iter().map(|value| ranks.decimal_word(*value)));
            } else {
                lane_words(*view, lane, rows.clone(), words, comparable)?;
            }
            if let Some(validity) = view.validity {
                for (row, comparable) in rows.zip(comparable) {
                    *comparable &= bit(validity, row);
                }
            }
        }
        KeyColumn::Text(cells) => {
            for (cell, comparable) in cells[rows].iter().zip(comparable) {
                *comparable &= cell.is_some();
                words.push(cell.map_or(Ok(0), rank)?);
            }
        }
        KeyColumn::Numbers(numbers) => {
            words.extend(numbers.iter().map(|number| u64::from(*number)));
        }
        KeyColumn::Words(from) => words.extend_from_slice(from),
        KeyColumn::Constant(value) => {
            let word = match value {
                Value::Null => None,
                Value::Bool(value) => Some(u64::from(*value)),
                Value::Integer(value) => match lane {
                    Some(Lane::I128) => Some(match ranks {
                        Some(ranks) => ranks.decimal_word(*value),
                        None => return Err(internal("decimals without their ranks")),
                    }),
                    Some(Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64) => Some(*value as u64),
                    _ => Some(*value as u64 ^ SIGN),
                },
                Value::F32(value) => float_word(f64::from(*value)),
                Value::F64(value) => float_word(*value),
                Value::Str(text) => Some(rank(text)?),
            };
            words.resize(rows.len(), word.unwrap_or(0));
            if word.is_none() {
                comparable.fill(false);
            }
        }
    }
    Ok(())
}

fn lane_words(
    view: View<'_>,
    lane: Lane,
    rows: Range<usize>,
    words: &mut Vec<u64>,
    comparable: &mut [bool],
) -> Result<(), RunError> {
    let floats = |values: &mut dyn Iterator<Item = f64>| {
        for (value, comparable) in values.zip(comparable) {
            let word = float_word(value);
            *comparable &= word.is_some();
            words.push(word.unwrap_or(0));
        }
    };
    match lane {
        Lane::I128 => return Err(internal("a decimal is compared by its rank")),
        Lane::Bool => words.extend(rows.map(|row| u64::from(bit(view.values, row)))),
        Lane::F32 => {
            let values = &typed::<f32>(view.values)[rows];
            floats(&mut values.iter().map(|value| f64::from(*value)));
        }
        Lane::F64 => floats(&mut typed::<f64>(view.values)[rows].iter().copied()),
        Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64 => {
            with_lane!(integers lane, view.values, values => words
                .extend(values[rows].iter().map(|value| i128::from(*value) as u64 ^ SIGN)));
        }
        Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64 => {
            with_lane!(integers lane, view.values, values => words
                .extend(values[rows].iter().map(|value| i128::from(*value) as u64)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_the_order_of_floats() {
        let ordered = [
            f64::NEG_INFINITY,
            -2.5,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            f64::INFINITY,
        ];
        let words: Vec<u64> = ordered
            .iter()
            .filter_map(|value| float_word(*value))
            .collect();
        assert_eq!(words.len(), ordered.len());
        assert!(words.is_sorted_by(|a, b| a < b));
        assert_eq!(float_word(-0.0), float_word(0.0));
        assert_eq!(float_word(f64::NAN), None);
    }

    #[test]
    fn texts_between_others_compare_with_both() {
        let ranks = Ranks::new(vec!["b", "é", "", "b"]);
        let ordered = ["", "a", "b", "ba", "é", "ﬀ"];
        let words: Vec<u64> = ordered.iter().map(|text| ranks.word(text)).collect();
        assert_eq!(words, [1, 2, 3, 4, 5, 6]);
    }
}
