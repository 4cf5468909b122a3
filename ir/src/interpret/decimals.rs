//! Row-local ops over decimals, whose types say what a value's digits are.

use crate::interpret::error::RowErrorKind;
use crate::interpret::row::in_range;
use crate::meaning::arithmetic::fits;
use crate::meaning::decimal::{self, places};
use crate::meaning::{OutOfRange, arithmetic};
use crate::op::{Op, Overflow};
use crate::types::ScalarType;
use crate::value::Value;

/// The result of an op over decimals that is more than that of their units; none of ops for which
/// decimals are whole numbers as others are.
pub(super) fn apply(
    op: &Op,
    types: [ScalarType; 2],
    to: ScalarType,
    values: &[&Value],
) -> Option<Result<Value, RowErrorKind>> {
    let [a_places, b_places] = types.map(places);
    match (op, values) {
        (Op::Add(mode), [Value::Integer(a), Value::Integer(b)]) => {
            Some(fitted(decimal::add(*a, a_places, *b, b_places), to, *mode))
        }
        (Op::Sub(mode), [Value::Integer(a), Value::Integer(b)]) => {
            let exact = decimal::subtract(*a, a_places, *b, b_places);
            Some(fitted(exact, to, *mode))
        }
        (Op::Mul(mode), [Value::Integer(a), Value::Integer(b)]) => {
            Some(fitted(a.checked_mul(*b), to, *mode))
        }
        (Op::Compare(comparison), [Value::Integer(a), Value::Integer(b)]) => {
            let order = decimal::order(*a, a_places, *b, b_places);
            Some(Ok(Value::Bool(comparison.holds(order))))
        }
        (Op::Round(rounding), [Value::Integer(a)]) => {
            let exact = decimal::rescale(*a, a_places, rounding.places, rounding.mode);
            Some(fitted(exact, to, Overflow::Raise))
        }
        (Op::Rem, [Value::Integer(a), Value::Integer(b)]) => {
            Some(in_range(to, Ok(arithmetic::remainder(*a, *b))))
        }
        _ => None,
    }
}

fn fitted(exact: Option<i128>, to: ScalarType, mode: Overflow) -> Result<Value, RowErrorKind> {
    let result = match exact {
        Some(exact) if fits(exact, to) => Ok(Some(exact)),
        _ if mode == Overflow::Null => Ok(None),
        exact => Err(OutOfRange { exact }),
    };
    in_range(to, result)
}
