//! Timestamps on wall clocks: what a zone's clock shows, when it shows something, and what is
//! computed on it.
//!
//! Counts are 64-bit integers, computed here in 128 bits, so that only results can be out of range.

use super::SECONDS_PER_DAY;
use super::calendar::{MONDAY, add_months, floor_to, floor_to_months};
use super::zone::{Offsets, Reading};
use crate::op::{Fold, Gap, Period};

/// Why a row has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    /// It does not fit; the exact result, where it is known.
    OutOfRange(Option<i128>),
    /// The wall clock showed these seconds twice.
    Repeated(i64),
    /// The wall clock never showed these seconds.
    Skipped(i64),
}

fn fit(exact: i128) -> Result<i64, TimeError> {
    i64::try_from(exact).map_err(|_| TimeError::OutOfRange(Some(exact)))
}

/// Whole seconds of a count of units.
#[inline(always)]
fn seconds(value: i128, per_second: i64) -> i64 {
    // A count of 64 bits and less than a day.
    let seconds = value.div_euclid(i128::from(per_second));
    seconds.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// What the wall clock shows at an instant, as a count of units.
#[inline(always)]
fn wall<Z: Offsets>(value: i64, per_second: i64, zone: Option<&Z>) -> i128 {
    match zone {
        None => value.into(),
        Some(zone) => {
            let offset = zone.at(value.div_euclid(per_second));
            i128::from(value) + i128::from(offset) * i128::from(per_second)
        }
    }
}

/// What the wall clock shows at an instant.
///
/// # Errors
/// If that is beyond 64 bits.
#[inline(always)]
pub fn wall_clock<Z: Offsets>(value: i64, per_second: i64, zone: &Z) -> Result<i64, TimeError> {
    fit(wall(value, per_second, Some(zone)))
}

/// The instant at which a wall clock shows a count of units; none for null.
///
/// # Errors
/// If the choice is to raise, or the instant is beyond 64 bits.
#[inline(always)]
pub fn at_zone<Z: Offsets>(
    value: i64,
    per_second: i64,
    zone: &Z,
    fold: Fold,
    gap: Gap,
) -> Result<Option<i64>, TimeError> {
    let shown = value.div_euclid(per_second);
    let with = |offset: i32| i128::from(value) - i128::from(offset) * i128::from(per_second);
    let instant = match (zone.reading(shown), fold, gap) {
        (Reading::Once(offset), ..) => with(offset),
        (Reading::Twice(offset, _), Fold::Earlier, _)
        | (Reading::Twice(_, offset), Fold::Later, _) => with(offset),
        (Reading::Twice(..), Fold::Raise, _) => return Err(TimeError::Repeated(shown)),
        (Reading::Never(after), _, Gap::Forward) => i128::from(after) * i128::from(per_second),
        (Reading::Never(_), _, Gap::Raise) => return Err(TimeError::Skipped(shown)),
        (Reading::Twice(..), Fold::Null, _) | (Reading::Never(_), _, Gap::Null) => return Ok(None),
    };
    fit(instant).map(Some)
}

/// The instant at which a wall clock shows a count of units; of two, whether `later` holds of the
/// later one decides.
#[inline(always)]
fn instant<Z: Offsets>(
    wall: i128,
    per_second: i64,
    zone: Option<&Z>,
    later: impl Fn(i128, i32) -> bool,
) -> Result<i64, TimeError> {
    let Some(zone) = zone else {
        return fit(wall);
    };
    let with = |offset: i32| wall - i128::from(offset) * i128::from(per_second);
    fit(match zone.reading(seconds(wall, per_second)) {
        Reading::Once(offset) => with(offset),
        Reading::Twice(_, offset) if later(with(offset), offset) => with(offset),
        Reading::Twice(offset, _) => with(offset),
        Reading::Never(after) => i128::from(after) * i128::from(per_second),
    })
}

/// The days of a wall clock and the units since midnight.
#[inline(always)]
fn days_and_rest(wall: i128, per_second: i64) -> (i64, i128) {
    let day = i128::from(SECONDS_PER_DAY) * i128::from(per_second);
    (wall.div_euclid(day) as i64, wall.rem_euclid(day))
}

/// A timestamp rounded down to a period on its wall clock. The period is a whole number of its units.
///
/// # Errors
/// If that is beyond 64 bits.
#[inline(always)]
pub fn truncate<Z: Offsets>(
    value: i64,
    per_second: i64,
    zone: Option<&Z>,
    period: Period,
) -> Result<i64, TimeError> {
    let shown = wall(value, per_second, zone);
    let day = SECONDS_PER_DAY * per_second;
    match period.units(per_second) {
        Some(length) => {
            let weeks = length % (7 * day) == 0;
            let anchor = if weeks { MONDAY * day } else { 0 };
            let floor = floor_to(shown, length, anchor.into());
            let below_a_day = length < day;
            instant(floor, per_second, zone, |later, _| {
                below_a_day && later <= i128::from(value)
            })
        }
        None => {
            let Period::Months(months) = period else {
                return Err(TimeError::OutOfRange(None));
            };
            let (days, _) = days_and_rest(shown, per_second);
            let floor = i128::from(floor_to_months(days, months)) * i128::from(day);
            instant(floor, per_second, zone, |_, _| false)
        }
    }
}

/// A timestamp so many months later on its wall clock.
///
/// # Errors
/// If that is beyond 64 bits.
#[inline(always)]
pub fn add_months_to<Z: Offsets>(
    value: i64,
    per_second: i64,
    zone: Option<&Z>,
    months: i64,
) -> Result<i64, TimeError> {
    let shown = wall(value, per_second, zone);
    let (days, rest) = days_and_rest(shown, per_second);
    let days = add_months(days, months).ok_or(TimeError::OutOfRange(None))?;
    let shown = i128::from(days) * i128::from(SECONDS_PER_DAY * per_second) + rest;
    instant(shown, per_second, zone, |_, offset| {
        zone.is_some_and(|zone| zone.at(value.div_euclid(per_second)) == offset)
    })
}
