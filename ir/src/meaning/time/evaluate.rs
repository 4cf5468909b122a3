//! A function of dates and timestamps over the integers of a row: what the interpreter and the
//! columnar routine call, each with its own table of zones.

use super::calendar::{
    MONDAY, add_business_days, add_months, business_days_between, floor_to, floor_to_months,
};
use super::clock::{TimeError, add_months_to, at_zone, truncate, wall_clock};
use super::parts::{clock_part, date_part};
use super::zone::Offsets;
use crate::op::{Overflow, Period, TimeFunction};
use crate::types::{ScalarType, Zone};

/// A function with what it needs to know of its argument.
#[derive(Clone, Debug)]
pub struct Evaluation<Z> {
    /// Which.
    pub function: TimeFunction,
    /// Units per second of the first argument; none if it is a date.
    pub per_second: Option<i64>,
    /// The zone whose clock is read, if any.
    pub zone: Option<Z>,
}

/// The zone whose clock a function reads, given the type of its first argument.
pub fn zone_of(function: TimeFunction, from: ScalarType) -> Option<Zone> {
    match function {
        TimeFunction::AtZone { zone, .. } => Some(zone),
        TimeFunction::Truncate(_) | TimeFunction::AddMonths(_) | TimeFunction::WallClock => {
            match from {
                ScalarType::Timestamp(_, zone) => zone,
                _ => None,
            }
        }
        TimeFunction::Part(_)
        | TimeFunction::AddBusinessDays(_)
        | TimeFunction::BusinessDaysBetween => None,
    }
}

fn day(exact: i128) -> Result<Option<i64>, TimeError> {
    match i32::try_from(exact) {
        Ok(days) => Ok(Some(days.into())),
        Err(_) => Err(TimeError::OutOfRange(Some(exact))),
    }
}

fn unless_null(
    mode: Overflow,
    result: Result<Option<i64>, TimeError>,
) -> Result<Option<i64>, TimeError> {
    match (mode, result) {
        (Overflow::Null, Err(TimeError::OutOfRange(_))) => Ok(None),
        (_, result) => result,
    }
}

impl<Z: Offsets> Evaluation<Z> {
    /// A function over an argument of a type, with the rules of the zone that [`zone_of`] names.
    pub fn new(function: TimeFunction, from: ScalarType, zone: Option<Z>) -> Self {
        let per_second = match from {
            ScalarType::Timestamp(unit, _) => Some(unit.per_second()),
            _ => None,
        };
        Evaluation {
            function,
            per_second,
            zone,
        }
    }

    /// The result of a row; none for null. A function of one argument ignores the second; a bool is
    /// 0 or 1.
    ///
    /// # Errors
    /// If the row has no result.
    #[inline(always)]
    pub fn row(&self, first: i64, second: i64) -> Result<Option<i64>, TimeError> {
        let zone = self.zone.as_ref();
        match (self.function, self.per_second) {
            (TimeFunction::Part(part), None) => Ok(Some(date_part(part, first as i32).into())),
            (TimeFunction::Part(part), Some(unit)) => {
                Ok(Some(clock_part(part, first, unit).into()))
            }
            (TimeFunction::Truncate(Period::Months(months)), None) => {
                day(floor_to_months(first, months).into())
            }
            (TimeFunction::Truncate(period), None) => {
                let length = period.days().ok_or(TimeError::OutOfRange(None))?;
                let anchor = if length % 7 == 0 { MONDAY } else { 0 };
                day(floor_to(first.into(), length, anchor.into()))
            }
            (TimeFunction::Truncate(period), Some(unit)) => {
                truncate(first, unit, zone, period).map(Some)
            }
            (TimeFunction::AddMonths(mode), None) => {
                let days = add_months(first, second).ok_or(TimeError::OutOfRange(None));
                unless_null(mode, days.and_then(|days| day(days.into())))
            }
            (TimeFunction::AddMonths(mode), Some(unit)) => {
                unless_null(mode, add_months_to(first, unit, zone, second).map(Some))
            }
            (TimeFunction::AddBusinessDays(mode), _) => {
                unless_null(mode, day(add_business_days(first, second)))
            }
            (TimeFunction::BusinessDaysBetween, _) => {
                Ok(Some(business_days_between(first, second)))
            }
            (TimeFunction::WallClock, unit) => match zone {
                Some(zone) => wall_clock(first, unit.unwrap_or(1), zone).map(Some),
                None => Ok(Some(first)),
            },
            (TimeFunction::AtZone { fold, gap, .. }, unit) => match zone {
                Some(zone) => at_zone(first, unit.unwrap_or(1), zone, fold, gap),
                None => Ok(Some(first)),
            },
        }
    }
}
