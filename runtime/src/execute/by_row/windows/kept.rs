//! A value that is kept from one row to a later one.

use std::cmp::Ordering;

use icosian_ir::meaning::order::Direction;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use crate::convert::{param_bits, word_value};

/// A value by its bits, or a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
    #[default]
    Null,
    Word(u64),
    Text(String),
}

impl Kept {
    /// The one that stands for a value.
    pub(crate) fn of(value: &Value) -> Kept {
        match value {
            Value::Null => Kept::Null,
            Value::Str(text) => Kept::Text(text.to_string()),
            value => Kept::Word(param_bits(value)[0]),
        }
    }

    /// The value of a type that it stands for.
    pub(crate) fn value(&self, scalar: ScalarType) -> Value {
        match (self, scalar.lane()) {
            (Kept::Word(word), Some(lane)) => word_value(lane, *word),
            (Kept::Text(text), _) => Value::Str(text.as_str().into()),
            (Kept::Null | Kept::Word(_), _) => Value::Null,
        }
    }

    pub(crate) fn set_word(&mut self, word: Option<u64>) {
        *self = word.map_or(Kept::Null, Kept::Word);
    }

    pub(crate) fn set_text(&mut self, text: Option<&str>) {
        match (self, text) {
            (Kept::Text(kept), Some(text)) => {
                kept.clear();
                kept.push_str(text);
            }
            (kept, Some(text)) => *kept = Kept::Text(text.to_owned()),
            (kept, None) => *kept = Kept::Null,
        }
    }

    pub(crate) fn word(&self) -> Option<u64> {
        match self {
            Kept::Word(word) => Some(*word),
            Kept::Null | Kept::Text(_) => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Kept::Text(text) => Some(text),
            Kept::Null | Kept::Word(_) => None,
        }
    }
}

/// As [`Direction::compare`], of what orders as the values do.
pub(crate) fn compare<T: Ord>(direction: Direction, a: Option<T>, b: Option<T>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if direction.descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => {
            let nulls = a.is_none().cmp(&b.is_none());
            if direction.nulls_first {
                nulls.reverse()
            } else {
                nulls
            }
        }
    }
}
