//! Keys of groups and lookups: −0 and +0 are one key, so are all NaN, null is a key of its own.

use smallvec::SmallVec;

use crate::value::Value;

/// A key: canonical values whose equality and hash (by bits) are the language's.
pub type Key = SmallVec<[Value; 2]>;

/// The one value that stands for all values of the same key.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::F32(float) => Value::F32(canonical_f32(*float)),
        Value::F64(float) => Value::F64(canonical_f64(*float)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Str(_) => value.clone(),
    }
}

/// The float that stands for all of the same key: +0 for zeros, the positive quiet NaN for NaN.
pub fn canonical_f64(value: f64) -> f64 {
    if value.is_nan() {
        f64::NAN
    } else {
        value + 0.0
    }
}

/// As [`canonical_f64`].
pub fn canonical_f32(value: f32) -> f32 {
    if value.is_nan() {
        f32::NAN
    } else {
        value + 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_nans_are_one_key() {
        assert_eq!(canonical(&Value::F64(-0.0)), Value::F64(0.0));
        assert_eq!(canonical(&Value::F32(-0.0)), Value::F32(0.0));
        assert_eq!(canonical_f64(-f64::NAN).to_bits(), f64::NAN.to_bits());
        assert_eq!(canonical_f32(-f32::NAN).to_bits(), f32::NAN.to_bits());
        assert_eq!(canonical_f64(-1.5), -1.5);
        assert_eq!(canonical_f64(-5e-324), -5e-324);
    }

    #[test]
    fn null_and_text_are_themselves() {
        assert_eq!(canonical(&Value::Null), Value::Null);
        assert_eq!(canonical(&Value::Str("a".into())), Value::Str("a".into()));
        assert_ne!(canonical(&Value::Null), canonical(&Value::F64(0.0)));
    }
}
