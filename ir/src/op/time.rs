//! The operations on dates and timestamps.
//!
//! What takes a zone's rules is said here once: parts read the clock as it stands, so that of a
//! timestamp in a zone [`TimeFunction::WallClock`] is taken first; truncation and added months look
//! at the wall clock and come back to instants by themselves.

use std::fmt;

use super::Overflow;
use crate::types::{TimeUnit, Zone};

/// A part of a date or of the time of day. All are i32, but [`TimePart::IsLeapYear`] is a bool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum TimePart {
    /// The year; 0 is 1 BC.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// Of the month, from 1.
    Day,
    /// Of the year, from 1.
    DayOfYear,
    /// Monday is 1, Sunday 7.
    Weekday,
    /// The year that the ISO 8601 week belongs to.
    IsoYear,
    /// The ISO 8601 week, 1 to 53.
    IsoWeek,
    /// How many days the month has.
    DaysInMonth,
    /// Whether the year has 366 days.
    IsLeapYear,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// 0 to 59.
    Second,
    /// Within the second, rounded down: 0 to 999.
    Millisecond,
    /// Within the second, rounded down: 0 to 999 999.
    Microsecond,
    /// Within the second: 0 to 999 999 999.
    Nanosecond,
}

impl TimePart {
    /// Every part.
    pub const ALL: [TimePart; 16] = [
        TimePart::Year,
        TimePart::Quarter,
        TimePart::Month,
        TimePart::Day,
        TimePart::DayOfYear,
        TimePart::Weekday,
        TimePart::IsoYear,
        TimePart::IsoWeek,
        TimePart::DaysInMonth,
        TimePart::IsLeapYear,
        TimePart::Hour,
        TimePart::Minute,
        TimePart::Second,
        TimePart::Millisecond,
        TimePart::Microsecond,
        TimePart::Nanosecond,
    ];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            TimePart::Year => "year",
            TimePart::Quarter => "quarter",
            TimePart::Month => "month",
            TimePart::Day => "day",
            TimePart::DayOfYear => "day_of_year",
            TimePart::Weekday => "weekday",
            TimePart::IsoYear => "iso_year",
            TimePart::IsoWeek => "iso_week",
            TimePart::DaysInMonth => "days_in_month",
            TimePart::IsLeapYear => "is_leap_year",
            TimePart::Hour => "hour",
            TimePart::Minute => "minute",
            TimePart::Second => "second",
            TimePart::Millisecond => "millisecond",
            TimePart::Microsecond => "microsecond",
            TimePart::Nanosecond => "nanosecond",
        }
    }

    /// Whether it is a part of a date; the others are parts of the time of day.
    pub fn is_of_date(self) -> bool {
        match self {
            TimePart::Year
            | TimePart::Quarter
            | TimePart::Month
            | TimePart::Day
            | TimePart::DayOfYear
            | TimePart::Weekday
            | TimePart::IsoYear
            | TimePart::IsoWeek
            | TimePart::DaysInMonth
            | TimePart::IsLeapYear => true,
            TimePart::Hour
            | TimePart::Minute
            | TimePart::Second
            | TimePart::Millisecond
            | TimePart::Microsecond
            | TimePart::Nanosecond => false,
        }
    }
}

/// What times are rounded down to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Period {
    /// So many units, at least 1, counted from 1970-01-01T00:00:00 on the wall clock; if they are whole
    /// weeks, from the Monday of that week.
    Length(i64, TimeUnit),
    /// So many months, at least 1, counted from the beginning of year 0.
    Months(i64),
}

impl Period {
    /// Its length in units of which `per_second` make a second; none if that is no whole number of 64
    /// bits, or if it is in months.
    pub fn units(self, per_second: i64) -> Option<i64> {
        match self {
            Period::Length(count, unit) => {
                let units = i128::from(count) * i128::from(per_second);
                let whole = units % i128::from(unit.per_second()) == 0;
                let units = i64::try_from(units / i128::from(unit.per_second())).ok();
                units.filter(|_| whole)
            }
            Period::Months(_) => None,
        }
    }

    /// Its length in days, if that is a whole number.
    pub fn days(self) -> Option<i64> {
        match self {
            Period::Length(count, unit) => {
                let day = unit.per_second() * 86_400;
                (count % day == 0).then_some(count / day)
            }
            Period::Months(_) => None,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Length(count, unit) => write!(f, "{count}{unit}"),
            Period::Months(count) => write!(f, "{count}mo"),
        }
    }
}

/// Which instant a reading means that a wall clock showed twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fold {
    /// The first.
    Earlier,
    /// The second.
    Later,
    /// None: the row is an error.
    Raise,
    /// None: the row is null.
    Null,
}

impl Fold {
    /// Every choice.
    pub const ALL: [Fold; 4] = [Fold::Earlier, Fold::Later, Fold::Raise, Fold::Null];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Fold::Earlier => "earlier",
            Fold::Later => "later",
            Fold::Raise => "raise",
            Fold::Null => "null",
        }
    }
}

/// Which instant a reading means that a wall clock skipped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Gap {
    /// That at which it was put forward: the first after the gap.
    Forward,
    /// None: the row is an error.
    Raise,
    /// None: the row is null.
    Null,
}

impl Gap {
    /// Every choice.
    pub const ALL: [Gap; 3] = [Gap::Forward, Gap::Raise, Gap::Null];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Gap::Forward => "forward",
            Gap::Raise => "raise",
            Gap::Null => "null",
        }
    }
}

/// An operation on dates and timestamps. Nulls give null.
///
/// Where a wall clock is read back as an instant without a choice of its own, a reading that was
/// skipped is the first instant after the gap, and one shown twice the one that the doc says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimeFunction {
    /// A part of a date, or of the time of day of a timestamp without a zone or in UTC.
    Part(TimePart),
    /// A date, or a timestamp on the wall clock of its zone, rounded down to a period. Shown twice: for
    /// periods below a day the last such instant not after the argument, else the first.
    Truncate(Period),
    /// A date or timestamp so many months later (i64; earlier, if negative) on the wall clock of its
    /// zone; past the end of a month its last day. Shown twice: with the offset that it had, else the
    /// first.
    AddMonths(Overflow),
    /// The so-manieth (i64) Monday to Friday after a date, before it if negative; of 0 the date itself.
    AddBusinessDays(Overflow),
    /// How many Mondays to Fridays are from the first date on and before the second, an i64; if the
    /// second is earlier, the negative count from there to the first.
    BusinessDaysBetween,
    /// What the wall clock of its zone shows at a timestamp: one without a zone.
    WallClock,
    /// The instant at which the wall clock of a zone shows a timestamp without a zone.
    AtZone {
        /// Where the clock is.
        zone: Zone,
        /// If it showed that twice.
        fold: Fold,
        /// If it never showed that.
        gap: Gap,
    },
}

impl TimeFunction {
    /// Its name in the language and in stage texts.
    pub fn name(self) -> &'static str {
        match self {
            TimeFunction::Part(part) => part.name(),
            TimeFunction::Truncate(_) => "truncate",
            TimeFunction::AddMonths(_) => "add_months",
            TimeFunction::AddBusinessDays(_) => "add_business_days",
            TimeFunction::BusinessDaysBetween => "business_days_between",
            TimeFunction::WallClock => "wall_clock",
            TimeFunction::AtZone { .. } => "at_zone",
        }
    }
}

/// What it carries besides its name, as in stage texts.
impl fmt::Display for TimeFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeFunction::Part(_) | TimeFunction::BusinessDaysBetween | TimeFunction::WallClock => {
                Ok(())
            }
            TimeFunction::Truncate(period) => write!(f, " {period}"),
            TimeFunction::AddMonths(mode) | TimeFunction::AddBusinessDays(mode) => {
                f.write_str(mode.suffix())
            }
            TimeFunction::AtZone { zone, fold, gap } => {
                write!(
                    f,
                    " {:?} fold={} gap={}",
                    zone.name(),
                    fold.name(),
                    gap.name()
                )
            }
        }
    }
}
