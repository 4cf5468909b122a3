//! What functions of dates and timestamps take and give.

use crate::op::{TimeFunction, TimePart};
use crate::types::{ScalarType, Type};

/// How many arguments a function takes.
pub(super) fn arity(function: TimeFunction) -> usize {
    match function {
        TimeFunction::Part(_) => 1,
    }
}

/// The scalar type of the result.
///
/// # Errors
/// What the function takes, in words, if it isn't these types.
pub(super) fn result(function: TimeFunction, types: &[Type]) -> Result<ScalarType, &'static str> {
    let first = types[0].scalar;
    match function {
        TimeFunction::Part(TimePart::IsLeapYear) if first == ScalarType::Date => {
            Ok(ScalarType::Bool)
        }
        TimeFunction::Part(part) if part.is_of_date() => match first {
            ScalarType::Date => Ok(ScalarType::I32),
            _ => Err("a date"),
        },
        TimeFunction::Part(_) if first.is_wall_clock() => Ok(ScalarType::I32),
        TimeFunction::Part(_) => Err("a timestamp without a zone or in UTC"),
    }
}
