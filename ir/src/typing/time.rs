//! What functions of dates and timestamps take and give.

use crate::op::{Fold, Gap, Overflow, Period, TimeFunction, TimePart};
use crate::types::{ScalarType, Type};

/// How many arguments a function takes.
pub(super) fn arity(function: TimeFunction) -> usize {
    match function {
        TimeFunction::Part(_)
        | TimeFunction::Truncate(_)
        | TimeFunction::WallClock
        | TimeFunction::AtZone { .. } => 1,
        TimeFunction::AddMonths(_)
        | TimeFunction::AddBusinessDays(_)
        | TimeFunction::BusinessDaysBetween => 2,
    }
}

/// The type of the result, nullable where the function itself may give null.
///
/// # Errors
/// What the function takes, in words, if it isn't these types.
pub(super) fn result(function: TimeFunction, types: &[Type]) -> Result<Type, &'static str> {
    use ScalarType::{Bool, Date, I32, I64, Timestamp};
    let scalars: Vec<ScalarType> = types.iter().map(|ty| ty.scalar).collect();
    let first = scalars[0];
    match (function, &scalars[..]) {
        (TimeFunction::Part(TimePart::IsLeapYear), [Date]) => Ok(Bool.required()),
        (TimeFunction::Part(part), [Date]) if part.is_of_date() => Ok(I32.required()),
        (TimeFunction::Part(part), _) if part.is_of_date() => Err("a date"),
        (TimeFunction::Part(_), [first]) if first.is_wall_clock() => Ok(I32.required()),
        (TimeFunction::Part(_), _) => Err("a timestamp without a zone or in UTC"),

        (TimeFunction::Truncate(period), [Date]) => match (period, period.days()) {
            (Period::Months(1..), _) | (_, Some(1..)) => Ok(first.required()),
            _ => Err("a period of whole days for a date"),
        },
        (TimeFunction::Truncate(period), [Timestamp(unit, _)]) => {
            match (period, period.units(unit.per_second())) {
                (Period::Months(1..), _) | (_, Some(1..)) => Ok(first.required()),
                _ => Err("a period of whole units of the timestamp"),
            }
        }
        (TimeFunction::Truncate(_), _) => Err("a date or timestamp"),

        (TimeFunction::AddMonths(mode), [Date | Timestamp(..), I64]) => Ok(or_null(first, mode)),
        (TimeFunction::AddMonths(_), _) => Err("a date or timestamp and a number of months"),
        (TimeFunction::AddBusinessDays(mode), [Date, I64]) => Ok(or_null(first, mode)),
        (TimeFunction::AddBusinessDays(_), _) => Err("a date and a number of days"),
        (TimeFunction::BusinessDaysBetween, [Date, Date]) => Ok(I64.required()),
        (TimeFunction::BusinessDaysBetween, _) => Err("two dates"),

        (TimeFunction::WallClock, [Timestamp(unit, Some(_))]) => {
            Ok(Timestamp(*unit, None).required())
        }
        (TimeFunction::WallClock, _) => Err("a timestamp with a zone"),
        (TimeFunction::AtZone { zone, fold, gap }, [Timestamp(unit, None)]) => {
            let ty = Timestamp(*unit, Some(zone)).required();
            Ok(ty.nullable_if(fold == Fold::Null || gap == Gap::Null))
        }
        (TimeFunction::AtZone { .. }, _) => Err("a timestamp without a zone"),
    }
}

fn or_null(scalar: ScalarType, mode: Overflow) -> Type {
    scalar.required().nullable_if(mode == Overflow::Null)
}
