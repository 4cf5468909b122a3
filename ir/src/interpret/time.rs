//! Functions of dates and timestamps, by [`crate::meaning::time`].

use super::error::RowErrorKind;
use super::row::ill_typed;
use crate::meaning::time::parts::{clock_part, date_part};
use crate::op::{Op, TimeFunction, TimePart};
use crate::types::ScalarType;
use crate::value::Value;

/// The result over values that are not null; `from` is the type of the first.
pub(super) fn apply(
    op: &Op,
    function: TimeFunction,
    from: ScalarType,
    values: &[&Value],
) -> Result<Value, RowErrorKind> {
    match (function, from, values) {
        (TimeFunction::Part(part), ScalarType::Date, [Value::Integer(days)]) => {
            let found = date_part(part, *days as i32);
            Ok(match part {
                TimePart::IsLeapYear => Value::Bool(found == 1),
                _ => Value::Integer(found.into()),
            })
        }
        (TimeFunction::Part(part), ScalarType::Timestamp(unit, _), [Value::Integer(value)]) => {
            let found = clock_part(part, *value as i64, unit.per_second());
            Ok(Value::Integer(found.into()))
        }
        _ => ill_typed(op),
    }
}
