//! Comparison as IEEE 754 has it, and the total order of min and max.
//!
//! The comparison operators know three answers for floats: NaN is unordered, −0 equals +0. Min
//! and max need every value in its place: −0 below +0, NaN above all.

use std::cmp::Ordering;

use crate::op::Comparison;
use crate::value::Value;

/// How two non-null values of one type stand to each other; `None` if one is NaN.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::F32(a), Value::F32(b)) => a.partial_cmp(b),
        (Value::F64(a), Value::F64(b)) => a.partial_cmp(b),
        (Value::Str(a), Value::Str(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => None,
    }
}

/// Whether a comparison of two non-null values of one type holds.
pub fn compare(comparison: Comparison, a: &Value, b: &Value) -> bool {
    let order = order(a, b);
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// The total order of f64: −0 below +0, every NaN one value above all others.
pub fn total_order_f64(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => a.total_cmp(&b),
    }
}

/// The total order of two non-null values of one type.
pub fn total_order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        // Widening keeps order, zeros' signs and NaN.
        (Value::F32(a), Value::F32(b)) => total_order_f64(f64::from(*a), f64::from(*b)),
        (Value::F64(a), Value::F64(b)) => total_order_f64(*a, *b),
        (a, b) => order(a, b).unwrap_or(Ordering::Equal),
    }
}

/// The lesser of two non-null values of one type.
pub fn minimum<'a>(a: &'a Value, b: &'a Value) -> &'a Value {
    if total_order(b, a) == Ordering::Less {
        b
    } else {
        a
    }
}

/// The greater of two non-null values of one type.
pub fn maximum<'a>(a: &'a Value, b: &'a Value) -> &'a Value {
    if total_order(b, a) == Ordering::Greater {
        b
    } else {
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_unordered() {
        let (nan, one) = (Value::F64(f64::NAN), Value::F64(1.0));
        for (a, b) in [(&nan, &one), (&one, &nan), (&nan, &nan)] {
            assert!(compare(Comparison::NotEqual, a, b));
            for comparison in [
                Comparison::Equal,
                Comparison::Less,
                Comparison::LessOrEqual,
                Comparison::Greater,
                Comparison::GreaterOrEqual,
            ] {
                assert!(!compare(comparison, a, b));
            }
        }
    }

    #[test]
    fn zeros_are_equal_but_ordered_for_min_and_max() {
        let (minus, plus) = (Value::F32(-0.0), Value::F32(0.0));
        assert!(compare(Comparison::Equal, &minus, &plus));
        assert!(!compare(Comparison::Less, &minus, &plus));
        assert_eq!(minimum(&plus, &minus), &minus);
        assert_eq!(maximum(&minus, &plus), &plus);
    }

    #[test]
    fn nan_is_the_greatest() {
        let (nan, inf) = (Value::F64(-f64::NAN), Value::F64(f64::INFINITY));
        assert_eq!(maximum(&inf, &nan), &nan);
        assert_eq!(minimum(&nan, &inf), &inf);
        assert_eq!(total_order(&nan, &Value::F64(f64::NAN)), Ordering::Equal);
    }

    #[test]
    fn text_by_bytes_and_false_below_true() {
        let text = |text: &str| Value::Str(text.into());
        assert!(compare(Comparison::Less, &text("Z"), &text("a")));
        assert!(compare(Comparison::Less, &text("z"), &text("é")));
        assert!(compare(Comparison::Less, &text(""), &text("\0")));
        assert!(compare(
            Comparison::Less,
            &Value::Bool(false),
            &Value::Bool(true)
        ));
        assert!(compare(
            Comparison::GreaterOrEqual,
            &Value::Integer(3),
            &Value::Integer(3)
        ));
    }
}
