//! The type of a key from all of its values.
//!
//! | Seen | Type |
//! |---|---|
//! | nothing but nulls | `str?` |
//! | true and false | bool |
//! | whole numbers that i64 holds | i64 |
//! | whole numbers that u64 holds, some beyond i64 | u64 |
//! | whole numbers and numbers with a point or an exponent, or the texts `NaN`, `inf`, `-inf` among numbers | f64 |
//! | texts that are all dates | date |
//! | texts that are all timestamps with an offset | timestamp of UTC, of the coarsest unit that holds every one |
//! | texts that are all timestamps without, or dates | timestamp without zone, likewise |
//! | other texts | str |
//!
//! A key whose values are of several kinds, lists, objects, or whole numbers that no type holds is
//! told and left out. A key is nullable if it is null or missing on some line.

use std::collections::HashMap;

use icosian_ir::meaning::text::read;
use icosian_ir::types::{ScalarType, Type, Zone};

use super::lines::{Fault, lines};
use super::records::{Cell, each_value};
use crate::source::times::SeenTimes;

const BOOL: u16 = 1;
const WHOLE: u16 = 1 << 1;
const NEGATIVE: u16 = 1 << 2;
const BEYOND_I64: u16 = 1 << 3;
const BEYOND_U64: u16 = 1 << 4;
const FLOAT: u16 = 1 << 5;
const NUMBER: u16 = WHOLE | NEGATIVE | BEYOND_I64 | BEYOND_U64 | FLOAT;
const NON_FINITE: u16 = 1 << 6;
const DATE: u16 = 1 << 7;
const LOCAL: u16 = 1 << 8;
const ZONED: u16 = 1 << 9;
const OTHER: u16 = 1 << 10;
const TEXT: u16 = NON_FINITE | DATE | LOCAL | ZONED | OTHER;
const NESTED: u16 = 1 << 11;

/// What was seen of a key.
#[derive(Clone, Default, Debug)]
struct SeenKey {
    name: String,
    classes: u16,
    null: bool,
    times: SeenTimes,
    /// On how many lines it stands.
    present: u64,
    /// The last line of its piece that it was seen on.
    line: Option<u64>,
}

impl SeenKey {
    fn look_at(&mut self, cell: &Cell<'_>, null_texts: &[String]) {
        self.present += 1;
        self.classes |= match cell {
            Cell::Missing | Cell::Null => {
                self.null = true;
                0
            }
            Cell::Text(text) if null_texts.iter().any(|null| null == text) => {
                self.null = true;
                0
            }
            Cell::Bool(_) => BOOL,
            Cell::Number(text) => number(text),
            Cell::Text(text) => self.text(text),
            Cell::Nested(_) => NESTED,
        };
    }

    fn text(&mut self, text: &str) -> u16 {
        if self.classes & OTHER != 0 {
            // No text can make it anything else.
            OTHER
        } else if read::float64(text).is_some_and(|value| !value.is_finite()) {
            NON_FINITE
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
        }
    }

    fn ty(&self, rows: u64) -> Result<Type, String> {
        let has = |classes: u16| self.classes & classes != 0;
        let only = |classes: u16| self.classes & !classes == 0;
        let scalar = if self.classes == 0 {
            ScalarType::Str
        } else if only(BOOL) {
            ScalarType::Bool
        } else if only(WHOLE | NEGATIVE) {
            ScalarType::I64
        } else if only(WHOLE | BEYOND_I64) {
            ScalarType::U64
        } else if only(NUMBER | NON_FINITE) && has(FLOAT | NON_FINITE) && has(NUMBER) {
            ScalarType::F64
        } else if only(NUMBER) {
            let reason = "it holds whole numbers beyond 64 bits; an f64 would round them";
            return Err(reason.to_owned());
        } else if only(DATE) {
            ScalarType::Date
        } else if only(TEXT) {
            let zone = if only(ZONED) { Zone::new("UTC") } else { None };
            match self.times.unit() {
                Some(unit) if only(ZONED) || only(DATE | LOCAL) => {
                    ScalarType::Timestamp(unit, zone)
                }
                _ => ScalarType::Str,
            }
        } else {
            let kinds = [
                (BOOL, "bools"),
                (NUMBER, "numbers"),
                (TEXT, "texts"),
                (NESTED, "lists or objects"),
            ];
            let kinds: Vec<&str> = kinds
                .into_iter()
                .filter_map(|(classes, kind)| has(classes).then_some(kind))
                .collect();
            return Err(format!("it holds {}", kinds.join(" and ")));
        };
        let nullable = self.null || self.classes == 0 || self.present < rows;
        Ok(Type { scalar, nullable })
    }
}

fn number(text: &str) -> u16 {
    let digits = text.strip_prefix('-');
    if !digits
        .unwrap_or(text)
        .bytes()
        .all(|byte| byte.is_ascii_digit())
    {
        FLOAT
    } else if text.parse::<i64>().is_ok() {
        if digits.is_some() { NEGATIVE } else { WHOLE }
    } else if text.parse::<u64>().is_ok() {
        BEYOND_I64
    } else {
        BEYOND_U64
    }
}

/// The keys seen so far, in the order of first appearance.
#[derive(Default, Debug)]
pub(super) struct SeenKeys {
    keys: Vec<SeenKey>,
    places: HashMap<String, usize>,
    rows: u64,
}

impl SeenKeys {
    fn of(&mut self, name: &str) -> &mut SeenKey {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                self.places.insert(name.to_owned(), self.keys.len());
                self.keys.push(SeenKey {
                    name: name.to_owned(),
                    ..SeenKey::default()
                });
                self.keys.len() - 1
            }
        };
        &mut self.keys[place]
    }

    /// Takes in what was seen after it.
    pub(super) fn add(&mut self, later: SeenKeys) {
        self.rows += later.rows;
        for key in later.keys {
            let all = self.of(&key.name);
            all.classes |= key.classes;
            all.null |= key.null;
            all.times.add(key.times);
            all.present += key.present;
        }
    }

    /// Each key and its type, or why it has none.
    pub(super) fn columns(self) -> impl Iterator<Item = (String, Result<Type, String>)> {
        let rows = self.rows;
        self.keys.into_iter().map(move |key| {
            let ty = key.ty(rows);
            (key.name, ty)
        })
    }
}

/// What the keys of a piece hold.
pub(super) fn look(piece: &[u8], null_texts: &[String]) -> Result<SeenKeys, Fault> {
    let mut seen = SeenKeys::default();
    for (number, line) in lines(piece) {
        each_value(line, |key, cell| {
            let column = seen.of(&key);
            if column.line.replace(number) == Some(number) {
                return Err(format!("the key {key:?} stands in the object twice"));
            }
            column.look_at(&cell, null_texts);
            Ok(())
        })
        .map_err(|kind| Fault::on_line(kind, number))?;
        seen.rows += 1;
    }
    Ok(seen)
}
