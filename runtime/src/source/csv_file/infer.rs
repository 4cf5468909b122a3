//! The type of a column from all of its cells.
//!
//! Each cell that isn't null is of one class; the type follows from the set of classes seen:
//!
//! | Seen | Type |
//! |---|---|
//! | nothing but nulls | `str?` |
//! | `true`, `false` in any of their spellings | bool |
//! | whole numbers that i64 holds | i64 |
//! | those and numbers with a point, an exponent, or called nan or inf | f64 |
//! | dates | date |
//! | timestamps with an offset | timestamp of UTC, of the coarsest unit that holds every cell |
//! | timestamps without, and dates | timestamp without zone, likewise |
//! | anything else | str |
//!
//! Whole numbers beyond i64 are most likely names of things, and f64 would lose digits: among
//! whole numbers alone they make the column str. A column is nullable if a null was seen.

use arrow::array::{Array, AsArray, StringArray};
use icosian_ir::meaning::text::read;
use icosian_ir::types::{ScalarType, Type, Zone};

use super::pieces::{Decoder, Fault};
use crate::source::times::SeenTimes;

const BOOL: u8 = 1;
const WHOLE: u8 = 1 << 1;
const BEYOND_I64: u8 = 1 << 2;
const FLOAT: u8 = 1 << 3;
const DATE: u8 = 1 << 4;
const LOCAL: u8 = 1 << 5;
const ZONED: u8 = 1 << 6;
const OTHER: u8 = 1 << 7;

/// What was seen in a column.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct SeenColumn {
    classes: u8,
    null: bool,
    times: SeenTimes,
}

impl SeenColumn {
    /// Takes in what was seen elsewhere in the column.
    pub(super) fn add(&mut self, other: SeenColumn) {
        self.classes |= other.classes;
        self.null |= other.null;
        self.times.add(other.times);
    }

    /// The type that holds all of it.
    pub(super) fn ty(self) -> Type {
        let only = |classes: u8| self.classes & !classes == 0;
        let scalar = if self.classes == 0 {
            ScalarType::Str
        } else if only(BOOL) {
            ScalarType::Bool
        } else if only(WHOLE) {
            ScalarType::I64
        } else if only(WHOLE | BEYOND_I64 | FLOAT) && self.classes & FLOAT != 0 {
            ScalarType::F64
        } else if only(DATE) {
            ScalarType::Date
        } else {
            let zone = if only(ZONED) { Zone::new("UTC") } else { None };
            match self.times.unit() {
                Some(unit) if only(ZONED) || only(DATE | LOCAL) => {
                    ScalarType::Timestamp(unit, zone)
                }
                _ => ScalarType::Str,
            }
        };
        Type {
            scalar,
            nullable: self.null || self.classes == 0,
        }
    }

    fn look(&mut self, cells: &StringArray, null_texts: &[String]) {
        for row in 0..cells.len() {
            let text = cells.value(row);
            if text.is_empty() || null_texts.iter().any(|null| null == text) {
                self.null = true;
            } else if self.classes & OTHER == 0 {
                // Once it is text, no cell can make it anything else.
                self.look_at(text);
            }
        }
    }

    fn look_at(&mut self, text: &str) {
        self.classes |= if text.parse::<i64>().is_ok() {
            WHOLE
        } else if read::float64(text).is_some() {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            if digits.bytes().all(|byte| byte.is_ascii_digit()) {
                BEYOND_I64
            } else {
                FLOAT
            }
        } else if read::boolean(text).is_some() {
            BOOL
        } else if read::date(text).is_some() {
            DATE
        } else if let Some(moment) = read::moment(text) {
            self.times.look_at(&moment);
            if moment.offset.is_some() {
                ZONED
            } else {
                LOCAL
            }
        } else {
            OTHER
        };
    }
}

/// What the columns of a piece hold.
pub(super) fn look(
    decoder: &mut Decoder<'_>,
    null_texts: &[String],
) -> Result<Vec<SeenColumn>, Fault> {
    let mut seen: Vec<SeenColumn> = Vec::new();
    while let Some(batch) = decoder.next_batch()? {
        seen.resize(batch.num_columns(), SeenColumn::default());
        for (column, cells) in seen.iter_mut().zip(batch.columns()) {
            column.look(cells.as_string::<i32>(), null_texts);
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(cells: &[&str]) -> String {
        let mut column = SeenColumn::default();
        column.look(&StringArray::from_iter_values(cells), &["NA".to_owned()]);
        column.ty().to_string()
    }

    #[test]
    fn one_class_each() {
        assert_eq!(inferred(&["true", "False"]), "bool");
        assert_eq!(inferred(&["1", "-2", "+3"]), "i64");
        assert_eq!(inferred(&["1.5", "1e3", "nan"]), "f64");
        assert_eq!(inferred(&["2013-01-01"]), "date");
        assert_eq!(inferred(&["2013-01-01T05:00:00"]), "timestamp[s]");
        assert_eq!(
            inferred(&["2013-01-01T05:00:00Z", "2013-01-01T05:00:00+01:00"]),
            "timestamp[s, \"UTC\"]"
        );
        assert_eq!(inferred(&["x"]), "str");
    }

    #[test]
    fn nulls() {
        assert_eq!(inferred(&["", "NA"]), "str?");
        assert_eq!(inferred(&[]), "str?");
        assert_eq!(inferred(&["1", ""]), "i64?");
        assert_eq!(inferred(&["x", "NA"]), "str?");
    }

    #[test]
    fn mixtures() {
        assert_eq!(inferred(&["1", "2.5"]), "f64");
        assert_eq!(inferred(&["1", "true"]), "str");
        assert_eq!(inferred(&["99999999999999999999", "1"]), "str");
        assert_eq!(inferred(&["99999999999999999999", "1.0"]), "f64");
        assert_eq!(
            inferred(&["2013-01-01", "2013-01-01 05:00"]),
            "timestamp[s]"
        );
        assert_eq!(inferred(&["2013-01-01", "2013-01-01T05:00Z"]), "str");
        assert_eq!(
            inferred(&["2013-01-01T05:00:00.25", "2013-01-01T05:00:00.1234"]),
            "timestamp[us]"
        );
    }

    #[test]
    fn one_and_zero_are_numbers() {
        assert_eq!(inferred(&["1", "0"]), "i64");
    }
}
