//! Texts read as a pattern has them, from left to right: what a directive takes is taken, nothing is
//! tried twice.

use super::{Field, Fraction, MONTHS, Padding, Piece, TimePattern, WEEKDAYS};
use crate::meaning::time::civil::{days_in_month, is_leap_year};
use crate::meaning::time::{SECONDS_PER_DAY, days_of_civil};
use crate::types::TimeUnit;

/// What was read so far; what stays unset is as at the beginning of the year or day.
struct Fields {
    year: i64,
    month: u32,
    day: u32,
    day_of_year: Option<u32>,
    weekday: Option<u32>,
    iso: Option<(i64, u32)>,
    hour: i64,
    half: i64,
    minute: i64,
    second: i64,
    nanoseconds: i64,
    offset: i64,
}

impl TimePattern {
    /// Days since 1970-01-01; none if the text is not as the pattern, or names no day.
    pub fn date(&self, text: &str) -> Option<i64> {
        let days = self.fields(text)?.days()?;
        i32::try_from(days).ok().map(i64::from)
    }

    /// Units since 1970-01-01T00:00:00; none likewise, or if the fraction is finer than the unit or
    /// the count beyond 64 bits.
    pub fn timestamp(&self, text: &str, unit: TimeUnit) -> Option<i64> {
        let fields = self.fields(text)?;
        let seconds = fields.days()? * SECONDS_PER_DAY
            + (fields.hour + fields.half) * 3_600
            + fields.minute * 60
            + fields.second
            - fields.offset;
        let per_second = unit.per_second();
        let per_unit = 1_000_000_000 / per_second;
        if fields.nanoseconds % per_unit != 0 {
            return None;
        }
        let count = i128::from(seconds) * i128::from(per_second);
        i64::try_from(count + i128::from(fields.nanoseconds / per_unit)).ok()
    }

    fn fields(&self, text: &str) -> Option<Fields> {
        let mut fields = Fields {
            year: 1970,
            month: 1,
            day: 1,
            day_of_year: None,
            weekday: None,
            iso: None,
            hour: 0,
            half: 0,
            minute: 0,
            second: 0,
            nanoseconds: 0,
            offset: 0,
        };
        let mut rest = text;
        for piece in &self.pieces {
            rest = match piece {
                Piece::Text(expected) => rest.strip_prefix(&**expected)?,
                Piece::Field(field, padding) => {
                    // What is written with spaces before it may be read with them.
                    let trimmed = match padding {
                        Padding::Spaces => rest.strip_prefix(' ').unwrap_or(rest),
                        Padding::Zeros | Padding::Nothing => rest,
                    };
                    fields.read(*field, trimmed)?
                }
            };
        }
        rest.is_empty().then_some(fields)
    }
}

impl Fields {
    /// Reads a field at the beginning of a text, and gives what follows.
    fn read<'a>(&mut self, field: Field, text: &'a str) -> Option<&'a str> {
        let two = |least: i64, greatest: i64| {
            let (number, rest) = digits(text, 1, 2)?;
            (least <= number && number <= greatest).then_some((number, rest))
        };
        let rest;
        match field {
            Field::Year => (self.year, rest) = year(text)?,
            Field::IsoYear => {
                let (year, after) = year(text)?;
                self.iso = Some((year, self.iso.map_or(1, |(_, week)| week)));
                rest = after;
            }
            Field::YearOfCentury => {
                let (number, after) = digits(text, 2, 2)?;
                self.year = number + if number < 69 { 2000 } else { 1900 };
                rest = after;
            }
            Field::Month => {
                let (number, after) = two(1, 12)?;
                (self.month, rest) = (number as u32, after);
            }
            Field::MonthName { full } => {
                let (position, after) = name(text, &MONTHS, full)?;
                (self.month, rest) = (position + 1, after);
            }
            Field::Day => {
                let (number, after) = two(1, 31)?;
                (self.day, rest) = (number as u32, after);
            }
            Field::DayOfYear => {
                let (number, after) = digits(text, 1, 3)?;
                (self.day_of_year, rest) = (Some(number as u32), after);
            }
            Field::Hour => (self.hour, rest) = two(0, 23)?,
            Field::Hour12 => {
                let (number, after) = two(1, 12)?;
                (self.hour, rest) = (number % 12, after);
            }
            Field::HalfDay => {
                let half = text.get(..2)?;
                self.half = match half {
                    _ if half.eq_ignore_ascii_case("am") => 0,
                    _ if half.eq_ignore_ascii_case("pm") => 12,
                    _ => return None,
                };
                rest = &text[2..];
            }
            Field::Minute => (self.minute, rest) = two(0, 59)?,
            Field::Second => (self.second, rest) = two(0, 59)?,
            Field::Fraction(form) => (self.nanoseconds, rest) = fraction(text, form)?,
            Field::Offset { .. } => (self.offset, rest) = offset(text)?,
            Field::WeekdayName { full } => {
                let (position, after) = name(text, &WEEKDAYS, full)?;
                (self.weekday, rest) = (Some(position + 1), after);
            }
            Field::Weekday => {
                let (number, after) = digits(text, 1, 1)?;
                (self.weekday, rest) = (Some(number as u32), after);
            }
            Field::WeekdayFromSunday => {
                let (number, after) = digits(text, 1, 1)?;
                let number = if number == 0 { 7 } else { number };
                (self.weekday, rest) = (Some(number as u32), after);
            }
            Field::IsoWeek => {
                let (number, after) = two(1, 53)?;
                self.iso = Some((self.iso.map_or(1970, |(year, _)| year), number as u32));
                rest = after;
            }
            // Refused when the pattern was compiled.
            Field::Week { .. } => return None,
        }
        Some(rest)
    }

    /// The day, if there is one and its weekday is the one that was read.
    fn days(&self) -> Option<i64> {
        if let Some((year, week)) = self.iso {
            let weekday = self.weekday.filter(|day| (1..=7).contains(day))?;
            let first = first_of_iso_year(year);
            let days = first + 7 * (i64::from(week) - 1) + i64::from(weekday) - 1;
            return (days < first_of_iso_year(year + 1)).then_some(days);
        }
        let days = match self.day_of_year {
            Some(day) => {
                let length = 365 + u32::from(is_leap_year(self.year));
                (1..=length).contains(&day).then_some(())?;
                days_of_civil(self.year, 1, 1) + i64::from(day) - 1
            }
            None => {
                (self.day <= days_in_month(self.year, self.month)).then_some(())?;
                days_of_civil(self.year, self.month, self.day)
            }
        };
        let fits = |weekday: u32| weekday_of(days) == i64::from(weekday);
        self.weekday.is_none_or(fits).then_some(days)
    }
}

/// Monday is 1, Sunday 7: 1970-01-01 was a Thursday.
pub(super) fn weekday_of(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// The Monday of the week that holds 4 January.
pub(super) fn first_of_iso_year(year: i64) -> i64 {
    let fourth = days_of_civil(year, 1, 4);
    fourth - (weekday_of(fourth) - 1)
}

/// As many digits as there are at the beginning of a text, up to the most.
fn digits(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let bytes = text.bytes().take(most);
    let count = bytes.take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let number = digits
        .bytes()
        .fold(0, |n, digit| 10 * n + i64::from(digit - b'0'));
    Some((number, rest))
}

/// Four digits, or a sign and four to six.
fn year(text: &str) -> Option<(i64, &str)> {
    match text.as_bytes().first()? {
        b'-' => {
            let (year, rest) = digits(&text[1..], 4, 6)?;
            Some((-year, rest))
        }
        b'+' => digits(&text[1..], 4, 6),
        _ => digits(text, 4, 4),
    }
}

/// Which of names a text begins with, in capitals or not: whole, or its first three letters.
fn name<'a>(text: &'a str, names: &[&str], full: bool) -> Option<(u32, &'a str)> {
    for (position, name) in names.iter().enumerate() {
        let wanted = if full { name } else { &name[..3] };
        if let Some(found) = text.get(..wanted.len())
            && found.eq_ignore_ascii_case(wanted)
        {
            return Some((position as u32, &text[wanted.len()..]));
        }
    }
    None
}

/// Nanoseconds.
fn fraction(text: &str, form: Fraction) -> Option<(i64, &str)> {
    let (text, least, most) = match form {
        Fraction::Digits => (text, 1, 9),
        Fraction::Exactly(count) => (text, count.into(), count.into()),
        Fraction::Point(count) => (text.strip_prefix('.')?, count.into(), count.into()),
        Fraction::AsNeeded => match text.strip_prefix('.') {
            None => return Some((0, text)),
            Some(text) => (text, 1, 9),
        },
    };
    let (number, rest) = digits(text, least, most)?;
    let count = text.len() - rest.len();
    Some((number * 10_i64.pow(9 - count as u32), rest))
}

/// Seconds east of UTC: `Z`, or a sign, hours and minutes, with seconds or not, with colons or not.
fn offset(text: &str) -> Option<(i64, &str)> {
    let sign = match text.as_bytes().first()? {
        b'Z' | b'z' => return Some((0, &text[1..])),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = digits(&text[1..], 2, 2)?;
    let colon = rest.starts_with(':');
    let after = |rest: &'_ str| usize::from(colon && rest.starts_with(':'));
    let (minutes, mut rest) = digits(&rest[after(rest)..], 2, 2)?;
    let mut seconds = 0;
    let has_seconds = !colon || rest.starts_with(':');
    if has_seconds && let Some((number, after)) = digits(&rest[after(rest)..], 2, 2) {
        (seconds, rest) = (number, after);
    }
    let valid = hours < 24 && minutes < 60 && seconds < 60;
    valid.then_some((sign * (3_600 * hours + 60 * minutes + seconds), rest))
}
