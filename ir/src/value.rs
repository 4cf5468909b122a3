//! Single values: literals, parameters, scalar results, the cells of the interpreter.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One value, whose type is known from where it stands.
///
/// Equality and hashing are by bits (so that literals can be hash-consed): `-0.0` and `0.0`
/// differ, every NaN is the same. Use the comparisons of [`crate::meaning`] for the language's.
#[derive(Clone, Debug)]
pub enum Value {
    /// No value.
    Null,
    /// A bool.
    Bool(bool),
    /// A value of any integer, date, timestamp, duration or row type; of a decimal type, how many units
    /// of its last place.
    Integer(i128),
    /// An f32.
    F32(f32),
    /// An f64.
    F64(f64),
    /// Text.
    Str(Arc<str>),
}

impl Value {
    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The bits of the float with every NaN made one, and a discriminant.
    fn key(&self) -> (u8, u128) {
        match self {
            Value::Null => (0, 0),
            Value::Bool(value) => (1, u128::from(*value)),
            Value::Integer(value) => (2, *value as u128),
            Value::F32(value) if value.is_nan() => (3, u128::from(f32::NAN.to_bits())),
            Value::F32(value) => (3, u128::from(value.to_bits())),
            Value::F64(value) if value.is_nan() => (4, u128::from(f64::NAN.to_bits())),
            Value::F64(value) => (4, u128::from(value.to_bits())),
            Value::Str(_) => (5, 0),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Str(a), Value::Str(b)) => a == b,
            _ => self.key() == other.key(),
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
        if let Value::Str(text) = self {
            text.hash(state);
        }
    }
}

/// As in canonical text: floats always show that they are floats, text is quoted.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::F32(value) if value.is_nan() => f.write_str("nan"),
            Value::F64(value) if value.is_nan() => f.write_str("nan"),
            Value::F32(value) => write!(f, "{value:?}"),
            Value::F64(value) => write!(f, "{value:?}"),
            Value::Str(text) => write!(f, "{text:?}"),
        }
    }
}
