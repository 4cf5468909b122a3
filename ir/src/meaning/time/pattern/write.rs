//! Dates and timestamps written as a pattern has them.

use std::fmt::{Result, Write};

use super::read::{first_of_iso_year, weekday_of};
use super::{Field, Fraction, MONTHS, Padding, Piece, TimePattern, WEEKDAYS};
use crate::meaning::time::{Civil, SECONDS_PER_DAY, civil_of_days, days_of_civil};
use crate::types::TimeUnit;

/// What a clock and a calendar show.
struct Shown {
    days: i64,
    civil: Civil,
    second_of_day: i64,
    nanoseconds: i64,
    offset: i32,
    unit: TimeUnit,
}

impl TimePattern {
    /// Writes a date, as days since 1970-01-01, behind what the buffer holds.
    pub fn write_date(&self, days: i64, made: &mut String) {
        self.write(
            &Shown {
                days,
                civil: civil_of_days(days),
                second_of_day: 0,
                nanoseconds: 0,
                offset: 0,
                unit: TimeUnit::Second,
            },
            made,
        );
    }

    /// Writes a timestamp, as units since 1970-01-01T00:00:00, on a clock so many seconds ahead.
    pub fn write_timestamp(&self, count: i64, unit: TimeUnit, offset: i32, made: &mut String) {
        let per_second = unit.per_second();
        let (seconds, rest) = (count.div_euclid(per_second), count.rem_euclid(per_second));
        // In two parts: their sum may be beyond 64 bits.
        let (days, second) = (
            seconds.div_euclid(SECONDS_PER_DAY),
            seconds.rem_euclid(SECONDS_PER_DAY) + i64::from(offset),
        );
        let days = days + second.div_euclid(SECONDS_PER_DAY);
        self.write(
            &Shown {
                days,
                civil: civil_of_days(days),
                second_of_day: second.rem_euclid(SECONDS_PER_DAY),
                nanoseconds: rest * (1_000_000_000 / per_second),
                offset,
                unit,
            },
            made,
        );
    }

    fn write(&self, shown: &Shown, made: &mut String) {
        for piece in &self.pieces {
            // Writing to a string can't fail.
            let _ = match piece {
                Piece::Text(text) => made.write_str(text),
                Piece::Field(field, padding) => shown.write(*field, *padding, made),
            };
        }
    }
}

impl Shown {
    fn write(&self, field: Field, padding: Padding, made: &mut String) -> Result {
        let Civil { year, month, day } = self.civil;
        let hour = self.second_of_day / 3_600;
        let day_of_year = self.days - days_of_civil(year, 1, 1);
        let weekday = weekday_of(self.days);
        let mut padded = |number: i64, width: usize| match padding {
            Padding::Zeros => write!(made, "{number:0width$}"),
            Padding::Spaces => write!(made, "{number:width$}"),
            Padding::Nothing => write!(made, "{number}"),
        };
        match field {
            Field::Year => write_year(year, made),
            Field::YearOfCentury => padded(year.rem_euclid(100), 2),
            Field::Month => padded(month.into(), 2),
            Field::MonthName { full } => made.write_str(short(MONTHS[month as usize - 1], full)),
            Field::Day => padded(day.into(), 2),
            Field::DayOfYear => padded(day_of_year + 1, 3),
            Field::Hour => padded(hour, 2),
            Field::Hour12 => padded((hour + 11) % 12 + 1, 2),
            Field::HalfDay => made.write_str(if hour < 12 { "AM" } else { "PM" }),
            Field::Minute => padded(self.second_of_day / 60 % 60, 2),
            Field::Second => padded(self.second_of_day % 60, 2),
            Field::Fraction(form) => self.write_fraction(form, made),
            Field::Offset { colon } => self.write_offset(colon, made),
            Field::WeekdayName { full } => {
                made.write_str(short(WEEKDAYS[weekday as usize - 1], full))
            }
            Field::Weekday => padded(weekday, 1),
            Field::WeekdayFromSunday => padded(weekday % 7, 1),
            Field::IsoYear => write_year(self.iso_year(), made),
            Field::IsoWeek => padded((self.days - first_of_iso_year(self.iso_year())) / 7 + 1, 2),
            Field::Week { monday } => {
                let since = if monday { weekday - 1 } else { weekday % 7 };
                padded((day_of_year + 7 - since) / 7, 2)
            }
        }
    }

    fn iso_year(&self) -> i64 {
        // Its Thursday's.
        civil_of_days(self.days - weekday_of(self.days) + 4).year
    }

    fn write_fraction(&self, form: Fraction, made: &mut String) -> Result {
        let (point, digits) = match form {
            Fraction::Digits if self.unit == TimeUnit::Nanosecond => ("", 9),
            Fraction::Digits => ("", 6),
            Fraction::Exactly(digits) => ("", digits),
            Fraction::Point(digits) => (".", digits),
            Fraction::AsNeeded => match self.nanoseconds {
                0 => return Ok(()),
                n if n % 1_000_000 == 0 => (".", 3),
                n if n % 1_000 == 0 => (".", 6),
                _ => (".", 9),
            },
        };
        // What is finer is cut off, as by every part of a time.
        let number = self.nanoseconds / 10_i64.pow(9 - u32::from(digits));
        write!(made, "{point}{number:0width$}", width = usize::from(digits))
    }

    fn write_offset(&self, colon: bool, made: &mut String) -> Result {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let seconds = self.offset.unsigned_abs();
        let colon = if colon { ":" } else { "" };
        write!(
            made,
            "{sign}{:02}{colon}{:02}",
            seconds / 3_600,
            seconds / 60 % 60
        )?;
        match seconds % 60 {
            0 => Ok(()),
            seconds => write!(made, "{colon}{seconds:02}"),
        }
    }
}

fn short(name: &str, full: bool) -> &str {
    if full { name } else { &name[..3] }
}

/// Four digits; beyond them a sign, as ISO 8601 asks.
fn write_year(year: i64, made: &mut String) -> Result {
    let sign = match year {
        ..0 => "-",
        0..=9999 => "",
        _ => "+",
    };
    write!(made, "{sign}{:04}", year.unsigned_abs())
}
