//! Patterns of dates and times: `%d.%m.%Y %H:%M`, compiled once, applied to every row.
//!
//! A pattern is text with directives, each a percent sign and a letter. Everything else stands for
//! itself. What a pattern lacks or has twice is found when it is compiled, so that a pattern that
//! compiles reads every text that it writes (where digits follow a year, of the years 0 to 9999).

mod read;
mod write;

#[cfg(test)]
mod tests;

use crate::meaning::text::PatternError;

/// What a pattern is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatternUse {
    /// To read dates.
    ReadDate,
    /// To read timestamps; instants, if it must have an offset, else wall clocks, which have none.
    ReadTimestamp {
        /// Whether it has an offset.
        offset: bool,
    },
    /// To write dates.
    WriteDate,
    /// To write timestamps.
    WriteTimestamp {
        /// Whether they have a zone.
        zone: bool,
    },
}

/// Part of a date or time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Field {
    Year,
    YearOfCentury,
    Month,
    MonthName {
        full: bool,
    },
    Day,
    DayOfYear,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    Fraction(Fraction),
    Offset {
        colon: bool,
    },
    WeekdayName {
        full: bool,
    },
    /// Monday is 1, Sunday 7.
    Weekday,
    /// Sunday is 0, Saturday 6.
    WeekdayFromSunday,
    IsoYear,
    IsoWeek,
    /// Week of the year; the first Sunday, or Monday, begins week 1.
    Week {
        monday: bool,
    },
}

/// How a fraction of a second is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Fraction {
    /// `%f`: six digits, nine of nanoseconds; one to nine are read.
    Digits,
    /// `%3f`: so many digits.
    Exactly(u8),
    /// `%.3f`: a point and so many digits.
    Point(u8),
    /// `%.f`: nothing, or a point and as many digits as it takes: three, six or nine.
    AsNeeded,
}

/// How a number is filled up to its width when it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Padding {
    Zeros,
    Spaces,
    Nothing,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    Text(Box<str>),
    Field(Field, Padding),
}

/// A pattern made ready for one use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimePattern {
    pieces: Vec<Piece>,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From Monday on.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl TimePattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// If it is none, or of no use.
    pub fn new(pattern: &str, purpose: PatternUse) -> Result<TimePattern, PatternError> {
        let error = |reason: String, position: Option<usize>| PatternError {
            what: "time pattern",
            pattern: pattern.to_owned(),
            reason,
            position,
        };
        let (pieces, places) =
            pieces(pattern).map_err(|(reason, position)| error(reason, Some(position)))?;
        let fields: Vec<(Field, usize)> = pieces
            .iter()
            .zip(&places)
            .filter_map(|(piece, place)| match piece {
                Piece::Field(field, _) => Some((*field, *place)),
                Piece::Text(_) => None,
            })
            .collect();
        let checked = match purpose {
            PatternUse::ReadDate => readable(&fields, None),
            PatternUse::ReadTimestamp { offset } => readable(&fields, Some(offset)),
            PatternUse::WriteDate => writable(&fields, true, true),
            PatternUse::WriteTimestamp { zone } => writable(&fields, false, !zone),
        };
        checked.map_err(|(reason, position)| error(reason.to_owned(), position))?;
        Ok(TimePattern { pieces })
    }

    /// Whether a pattern, if it is one, has an offset from UTC.
    pub fn has_offset(pattern: &str) -> bool {
        let is_offset = |piece: &Piece| matches!(piece, Piece::Field(Field::Offset { .. }, _));
        pieces(pattern).is_ok_and(|(pieces, _)| pieces.iter().any(is_offset))
    }
}

/// The pieces of a pattern and where they stand, in characters.
fn pieces(pattern: &str) -> Result<(Vec<Piece>, Vec<usize>), (String, usize)> {
    let characters: Vec<char> = pattern.chars().collect();
    let (mut pieces, mut places) = (Vec::new(), Vec::new());
    let mut text = String::new();
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        at += 1;
        if characters[start] != '%' {
            text.push(characters[start]);
            continue;
        }
        let rest: String = characters[at..].iter().take(3).collect();
        let (length, found) = directive(&rest).map_err(|reason| (reason, start))?;
        at += length;
        let found = match found {
            Directive::Percent => {
                text.push('%');
                continue;
            }
            Directive::Fields(found) => found,
        };
        if !text.is_empty() {
            places.push(start);
            pieces.push(Piece::Text(std::mem::take(&mut text).into()));
        }
        for piece in found {
            places.push(start);
            pieces.push(piece);
        }
    }
    if !text.is_empty() {
        places.push(characters.len());
        pieces.push(Piece::Text(text.into()));
    }
    Ok((pieces, places))
}

enum Directive {
    Percent,
    Fields(Vec<Piece>),
}

/// The directive that begins after a percent sign, and how many characters it has.
fn directive(rest: &str) -> Result<(usize, Directive), String> {
    let padded = |field, padding| Directive::Fields(vec![Piece::Field(field, padding)]);
    let field = |field| padded(field, Padding::Zeros);
    let several = |fields: &[(&str, Field)]| {
        let pieces = fields.iter().flat_map(|(before, field)| {
            let text = (!before.is_empty()).then(|| Piece::Text((*before).into()));
            text.into_iter()
                .chain([Piece::Field(*field, Padding::Zeros)])
        });
        Directive::Fields(pieces.collect())
    };
    let mut characters = rest.chars();
    let Some(letter) = characters.next() else {
        return Err("a percent sign stands before a letter, or doubled".to_owned());
    };
    let after: String = characters.collect();
    let found = match letter {
        '%' => Directive::Percent,
        'Y' => field(Field::Year),
        'y' => field(Field::YearOfCentury),
        'm' => field(Field::Month),
        'b' | 'h' => field(Field::MonthName { full: false }),
        'B' => field(Field::MonthName { full: true }),
        'd' => field(Field::Day),
        'e' => padded(Field::Day, Padding::Spaces),
        'j' => field(Field::DayOfYear),
        'H' => field(Field::Hour),
        'k' => padded(Field::Hour, Padding::Spaces),
        'I' => field(Field::Hour12),
        'l' => padded(Field::Hour12, Padding::Spaces),
        'p' => field(Field::HalfDay),
        'M' => field(Field::Minute),
        'S' => field(Field::Second),
        'f' => field(Field::Fraction(Fraction::Digits)),
        'z' => field(Field::Offset { colon: false }),
        'a' => field(Field::WeekdayName { full: false }),
        'A' => field(Field::WeekdayName { full: true }),
        'u' => field(Field::Weekday),
        'w' => field(Field::WeekdayFromSunday),
        'G' => field(Field::IsoYear),
        'V' => field(Field::IsoWeek),
        'U' => field(Field::Week { monday: false }),
        'W' => field(Field::Week { monday: true }),
        'F' => several(&[("", Field::Year), ("-", Field::Month), ("-", Field::Day)]),
        'D' => several(&[
            ("", Field::Month),
            ("/", Field::Day),
            ("/", Field::YearOfCentury),
        ]),
        'T' => several(&[
            ("", Field::Hour),
            (":", Field::Minute),
            (":", Field::Second),
        ]),
        'R' => several(&[("", Field::Hour), (":", Field::Minute)]),
        ':' if after.starts_with('z') => {
            return Ok((2, field(Field::Offset { colon: true })));
        }
        '.' if after.starts_with('f') => {
            return Ok((2, field(Field::Fraction(Fraction::AsNeeded))));
        }
        '.' if matches!(after.as_str(), "3f" | "6f" | "9f") => {
            let digits = after.as_bytes()[0] - b'0';
            return Ok((3, field(Field::Fraction(Fraction::Point(digits)))));
        }
        '3' | '6' | '9' if after.starts_with('f') => {
            let digits = letter as u8 - b'0';
            return Ok((2, field(Field::Fraction(Fraction::Exactly(digits)))));
        }
        '-' => {
            let (_, number) = match after.chars().next() {
                Some(number @ ('m' | 'd' | 'j' | 'H' | 'I' | 'M' | 'S')) => {
                    directive(&number.to_string())?
                }
                _ => return Err("%- stands before one of the letters dHIjmMS".to_owned()),
            };
            return Ok((
                2,
                match number {
                    Directive::Fields(pieces) => Directive::Fields(
                        pieces
                            .into_iter()
                            .map(|piece| match piece {
                                Piece::Field(field, _) => Piece::Field(field, Padding::Nothing),
                                Piece::Text(text) => Piece::Text(text),
                            })
                            .collect(),
                    ),
                    Directive::Percent => Directive::Percent,
                },
            ));
        }
        'Z' => {
            return Err(
                "the letters of a zone, %Z, don't say which it is; %z is its offset".to_owned(),
            );
        }
        's' => {
            return Err("seconds since 1970 are numbers: timestamp(i64(x)), epoch(t)".to_owned());
        }
        'c' | 'x' | 'X' => {
            return Err(format!(
                "%{letter} differs from place to place; write it out"
            ));
        }
        letter => return Err(format!("%{letter} means nothing")),
    };
    Ok((1, found))
}

type Wrong = (&'static str, Option<usize>);

/// That fields make one date, and one time of day if `offset` says whether they have an offset.
fn readable(fields: &[(Field, usize)], offset: Option<bool>) -> Result<(), Wrong> {
    // What each field says; two that say the same might disagree.
    let mut said: Vec<&'static str> = Vec::new();
    for (field, position) in fields {
        let says = match field {
            Field::Year | Field::YearOfCentury => "the year",
            Field::Month | Field::MonthName { .. } => "the month",
            Field::Day => "the day",
            Field::DayOfYear => "the day of the year",
            Field::Hour | Field::Hour12 => "the hour",
            Field::HalfDay => "the half of the day",
            Field::Minute => "the minute",
            Field::Second => "the second",
            Field::Fraction(_) => "the fraction",
            Field::Offset { .. } => "the offset",
            Field::WeekdayName { .. } | Field::Weekday | Field::WeekdayFromSunday => "the weekday",
            Field::IsoYear => "the year of weeks",
            Field::IsoWeek => "the ISO week",
            Field::Week { .. } => {
                return Err((
                    "%U and %W are only written; %G-W%V-%u is read",
                    Some(*position),
                ));
            }
        };
        if said.contains(&says) {
            return Err(("it says the same twice", Some(*position)));
        }
        said.push(says);
    }
    let has = |what: &str| said.contains(&what);
    let by_weeks = has("the year of weeks") || has("the ISO week");
    let wrong = if by_weeks {
        let whole = has("the year of weeks") && has("the ISO week") && has("the weekday");
        let other = has("the year") || has("the month") || has("the day");
        match (whole, other || has("the day of the year")) {
            (false, _) => Some("a date by weeks takes %G, %V and the weekday"),
            (true, true) => Some("a date is either by weeks or by months"),
            (true, false) => None,
        }
    } else if !has("the year") {
        Some("it has no year")
    } else if has("the day of the year") && (has("the month") || has("the day")) {
        Some("%j takes no month or day beside it")
    } else if has("the day") && !has("the month") {
        Some("it has a day, and no month")
    } else if has("the weekday") && !has("the day") && !has("the day of the year") {
        Some("it has a weekday, and no day")
    } else {
        None
    };
    if let Some(wrong) = wrong {
        return Err((wrong, None));
    }
    let twelve = fields.iter().any(|(field, _)| *field == Field::Hour12);
    if twelve != has("the half of the day") {
        let wrong = match twelve {
            true => "%I takes %p beside it",
            false => "%p takes %I beside it",
        };
        return Err((wrong, None));
    }
    let (hour, minute, second) = (has("the hour"), has("the minute"), has("the second"));
    if minute && !hour || second && !minute || has("the fraction") && !second {
        return Err(("it has a time of day without its beginning", None));
    }
    match offset {
        None if has("the offset") => Err((
            "a date has no offset; parse_timestamp reads an instant",
            None,
        )),
        Some(true) if !has("the offset") => Err(("it has no offset", None)),
        Some(false) if has("the offset") => Err(("it has an offset, so it reads instants", None)),
        _ => Ok(()),
    }
}

/// That what is written has the fields.
fn writable(fields: &[(Field, usize)], is_date: bool, no_zone: bool) -> Result<(), Wrong> {
    for (field, position) in fields {
        match field {
            Field::Hour
            | Field::Hour12
            | Field::HalfDay
            | Field::Minute
            | Field::Second
            | Field::Fraction(_)
                if is_date =>
            {
                return Err(("a date has no time of day", Some(*position)));
            }
            Field::Offset { .. } if no_zone => {
                return Err(("without a zone there is no offset", Some(*position)));
            }
            _ => {}
        }
    }
    Ok(())
}
