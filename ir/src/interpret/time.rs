//! Functions of dates and timestamps, by [`crate::meaning::time`].

use super::error::RowErrorKind;
use super::row::ill_typed;
use crate::meaning::time::clock::TimeError;
use crate::meaning::time::evaluate::{Evaluation, zone_of};
use crate::meaning::time::zone::rules;
use crate::op::{Op, TimeFunction};
use crate::types::ScalarType;
use crate::value::Value;

/// The result over values that are not null; `from` is the type of the first, `to` that of the
/// result.
pub(super) fn apply(
    op: &Op,
    function: TimeFunction,
    from: ScalarType,
    to: ScalarType,
    values: &[&Value],
) -> Result<Value, RowErrorKind> {
    let (first, second) = match values {
        [Value::Integer(first)] => (*first, 0),
        [Value::Integer(first), Value::Integer(second)] => (*first, *second),
        _ => ill_typed(op),
    };
    let zone = zone_of(function, from);
    let evaluation = Evaluation::new(function, from, zone.and_then(rules));
    let clock = |seconds: i64, repeated: bool| match zone {
        Some(zone) => RowErrorKind::WallClock {
            zone,
            seconds,
            repeated,
        },
        None => ill_typed(op),
    };
    match evaluation.row(first as i64, second as i64) {
        Ok(None) => Ok(Value::Null),
        Ok(Some(found)) if to == ScalarType::Bool => Ok(Value::Bool(found == 1)),
        Ok(Some(found)) => Ok(Value::Integer(found.into())),
        Err(TimeError::OutOfRange(exact)) => Err(RowErrorKind::Overflow { exact, to }),
        Err(TimeError::Repeated(seconds)) => Err(clock(seconds, true)),
        Err(TimeError::Skipped(seconds)) => Err(clock(seconds, false)),
    }
}
