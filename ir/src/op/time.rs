//! The operations on dates and timestamps.
//!
//! What takes a zone's rules is said here once: parts read the clock as it stands, so that of a
//! timestamp in a zone [`TimeFunction::WallClock`] is taken first; truncation and added months look
//! at the wall clock and come back to instants by themselves.

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

/// An operation on dates and timestamps. Nulls give null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimeFunction {
    /// A part of a date, or of the time of day of a timestamp without a zone or in UTC.
    Part(TimePart),
}

impl TimeFunction {
    /// Its name in the language and in stage texts.
    pub fn name(self) -> &'static str {
        match self {
            TimeFunction::Part(part) => part.name(),
        }
    }
}
