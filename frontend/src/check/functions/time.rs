//! Functions of dates, timestamps and durations.

use icosian_ir::op::{Overflow, TimePart};
use icosian_ir::types::TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};

use super::Meaning::Time;
use super::parameters::{A_B, X, X_COUNT, X_PATTERN, X_UNIT, optional, required};
use super::{Function, Parameter};
use crate::check::time::TimeCall::{self, Part, Total};

const PARSED: &[Parameter] = &[
    required("x"),
    required("pattern"),
    optional("unit"),
    optional("zone"),
    optional("fold"),
    optional("gap"),
];

functions! {
    "year" X, Time(Part(TimePart::Year)), "the year of a date or timestamp", "time_hour.year()";
    "quarter" X, Time(Part(TimePart::Quarter)), "the quarter of the year, 1 to 4", "time_hour.quarter()";
    "month" X, Time(Part(TimePart::Month)), "the month, 1 to 12", "time_hour.month()";
    "day" X, Time(Part(TimePart::Day)), "the day of the month, from 1", "time_hour.day()";
    "day_of_year" X, Time(Part(TimePart::DayOfYear)), "the day of the year, from 1", "time_hour.day_of_year()";
    "weekday" X, Time(Part(TimePart::Weekday)), "the day of the week: Monday is 1, Sunday 7", "time_hour.weekday()";
    "iso_year" X, Time(Part(TimePart::IsoYear)), "the year that the ISO 8601 week belongs to", "time_hour.iso_year()";
    "iso_week" X, Time(Part(TimePart::IsoWeek)), "the ISO 8601 week, 1 to 53", "time_hour.iso_week()";
    "days_in_month" X, Time(Part(TimePart::DaysInMonth)), "how many days the month has", "day.days_in_month()";
    "is_leap_year" X, Time(Part(TimePart::IsLeapYear)), "whether the year has 366 days", "day.is_leap_year()";
    "hour" X, Time(Part(TimePart::Hour)), "the hour, 0 to 23", "time_hour.hour()";
    "minute" X, Time(Part(TimePart::Minute)), "the minute, 0 to 59", "time_hour.minute()";
    "second" X, Time(Part(TimePart::Second)), "the second, 0 to 59", "time_hour.second()";
    "millisecond" X, Time(Part(TimePart::Millisecond)), "milliseconds within the second, 0 to 999", "at.millisecond()";
    "microsecond" X, Time(Part(TimePart::Microsecond)), "microseconds within the second, 0 to 999999", "at.microsecond()";
    "nanosecond" X, Time(Part(TimePart::Nanosecond)), "nanoseconds within the second, 0 to 999999999", "at.nanosecond()";
    "truncate" &[required("x"), required("period")], Time(TimeCall::Truncate), "a date or timestamp rounded down to a period on its wall clock; weeks begin on Monday", "time_hour.truncate(1mo)";
    "add_months" X_COUNT, Time(TimeCall::AddMonths(Overflow::Raise)), "so many months later, at most the last day of that month; also x + 1mo", "day.add_months(n)";
    "try_add_months" X_COUNT, Time(TimeCall::AddMonths(Overflow::Null)), "as add_months; null where it overflows", "day.try_add_months(n)";
    "add_business_days" X_COUNT, Time(TimeCall::AddBusinessDays(Overflow::Raise)), "the n-th Monday to Friday after a date, before it if n is negative", "day.add_business_days(3)";
    "try_add_business_days" X_COUNT, Time(TimeCall::AddBusinessDays(Overflow::Null)), "as add_business_days; null where it overflows", "day.try_add_business_days(n)";
    "business_days_between" A_B, Time(TimeCall::BusinessDaysBetween), "how many Mondays to Fridays from a on and before b", "business_days_between(ordered, shipped)";
    "days_between" A_B, Time(TimeCall::DaysBetween), "how many days from the date of a to that of b", "days_between(ordered, shipped)";
    "wall_clock" X, Time(TimeCall::WallClock), "what the wall clock of its zone shows at a timestamp, without the zone", "time_hour.wall_clock()";
    "to_zone" &[required("x"), required("zone")], Time(TimeCall::ToZone), "the same instant in another zone", "time_hour.to_zone(\"Europe/Berlin\")";
    "at_zone" &[required("x"), required("zone"), optional("fold"), optional("gap")], Time(TimeCall::AtZone), "the instant at which a zone's wall clock shows it; fold= if twice, gap= if never", "local.at_zone(\"Europe/Berlin\", fold=\"earlier\")";
    "parse_date" X_PATTERN, Time(TimeCall::ParseDate(true)), "the date that a text says, which is as a pattern of %Y, %m, %d and their like has it", "parse_date(born, \"%d.%m.%Y\")";
    "try_parse_date" X_PATTERN, Time(TimeCall::ParseDate(false)), "as parse_date; null where the text is not so", "try_parse_date(born, \"%m/%d/%y\")";
    "parse_timestamp" PARSED, Time(TimeCall::ParseTimestamp(true)), "the timestamp that a text says: an instant if the pattern has an offset, %z, else what the clock of zone= shows", "parse_timestamp(at, \"%d/%b/%Y:%H:%M:%S %z\")";
    "try_parse_timestamp" PARSED, Time(TimeCall::ParseTimestamp(false)), "as parse_timestamp; null where the text is not so, or the clock shows it twice or never", "try_parse_timestamp(at, \"%Y-%m-%d %H:%M\", zone=\"Europe/Berlin\")";
    "format" X_PATTERN, Time(TimeCall::Format), "a date or timestamp as text, on the clock of its zone", "format(time_hour, \"%d.%m.%Y %H:%M\")";
    "epoch" X_UNIT, Time(TimeCall::Epoch), "units since 1970-01-01, seconds unless given, rounded down", "time_hour.epoch(unit=\"ms\")";
    "total_days" X, Time(Total(86_400, Second)), "a duration in days of 24 hours, as f64", "waited.total_days()";
    "total_hours" X, Time(Total(3_600, Second)), "a duration in hours, as f64", "waited.total_hours()";
    "total_minutes" X, Time(Total(60, Second)), "a duration in minutes, as f64", "waited.total_minutes()";
    "total_seconds" X, Time(Total(1, Second)), "a duration in seconds, as f64", "waited.total_seconds()";
    "total_milliseconds" X, Time(Total(1, Millisecond)), "a duration in milliseconds, as f64", "waited.total_milliseconds()";
    "total_microseconds" X, Time(Total(1, Microsecond)), "a duration in microseconds, as f64", "waited.total_microseconds()";
    "total_nanoseconds" X, Time(Total(1, Nanosecond)), "a duration in nanoseconds, as f64", "waited.total_nanoseconds()";
}
