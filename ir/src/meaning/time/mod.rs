//! Dates and times of day: the proleptic Gregorian calendar as integer arithmetic.
//!
//! A date is a count of days, an instant a count of units, both since 1970-01-01; there are no
//! calendar objects. Every function here is total over its integers: what leaves a range says so.

pub mod calendar;
pub mod civil;
pub mod clock;
pub mod evaluate;
pub mod instant;
pub mod parts;
pub mod pattern;
pub mod zone;

pub use civil::{Civil, civil_of_days, days_of_civil};

/// Seconds in a day.
pub const SECONDS_PER_DAY: i64 = 86_400;
