//! What the functions of text compute on one row.
//!
//! A [`TextCall`] is a function with what can be made ready for all rows: its patterns compiled. The
//! interpreter and the columnar routines apply the same calls, so they can't differ.
//!
//! Characters are Unicode scalar values: `é` written as `e` and a combining accent is two of them.
//! Letters change case as Unicode says, without regard to any language, one letter into several
//! where it must be so (`ß` into `SS`).
//!
//! A result is either a part of an argument or made in a buffer that the caller lends and empties, so
//! that no row allocates.

mod cut;
mod distance;
mod pattern;
pub mod read;
pub mod show;
mod times;
mod title;

#[cfg(test)]
mod tests;

pub use pattern::{PatternError, check_pattern, group_named};

use crate::op::{TextArgument, TextFunction};
use pattern::Compiled;
use times::TimeText;

/// The longest text, in bytes, that a function may give: an error beyond.
pub const MAX_BYTES: usize = 1 << 24;

/// The most pairs of characters that `levenshtein` may have to compare in one row: an error beyond.
pub const MAX_PAIRS: u64 = 1 << 28;

/// An argument in a row, which is not null.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
}

impl<'a> Argument<'a> {
    fn text(self) -> &'a str {
        match self {
            Argument::Text(text) => text,
            Argument::Whole(_) => panic!("a number where text was verified"),
        }
    }

    fn whole(self) -> i64 {
        match self {
            Argument::Whole(number) => number,
            Argument::Text(_) => panic!("text where a number was verified"),
        }
    }
}

/// What a function gave in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given<'a> {
    /// Nothing: the part, match or position is not there.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A count or position.
    Whole(i64),
    /// An argument or a part of one.
    Part(&'a str),
    /// What stands in the buffer lent.
    Made,
}

/// Why a row has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TextError {
    /// The text would be longer than [`MAX_BYTES`].
    TooLong {
        /// How long, in bytes.
        bytes: u64,
    },
    /// More than [`MAX_PAIRS`] pairs of characters.
    TooManyPairs {
        /// How many.
        pairs: u64,
    },
    /// The text is not as the pattern, or names no time that the type can hold.
    Misread,
    /// The pattern given for this run is none.
    Pattern(PatternError),
}

/// A function made ready for many rows.
#[derive(Clone, Debug)]
pub struct TextCall {
    function: TextFunction,
    compiled: Option<Result<Compiled, PatternError>>,
    times: Option<Result<TimeText, PatternError>>,
}

impl TextCall {
    /// Makes a function ready. `scalar` gives the argument at a position where it is one text for all
    /// rows; it is asked for patterns and templates only.
    pub fn new<'a>(function: TextFunction, scalar: impl Fn(usize) -> Option<&'a str>) -> TextCall {
        let known = |wanted: TextArgument| {
            let (arguments, _) = function.arguments();
            let position = arguments.iter().position(|argument| *argument == wanted)?;
            scalar(position)
        };
        let times =
            known(TextArgument::TimePattern).map(|pattern| times::compiled(function, pattern));
        let compiled = if let Some(pattern) = known(TextArgument::Like) {
            Some(Compiled::like(pattern))
        } else if function == TextFunction::Title {
            Some(Compiled::regex(title::WORDS, 0))
        } else if function == TextFunction::RegexReplace {
            match (known(TextArgument::Regex), known(TextArgument::Template)) {
                (Some(pattern), Some(template)) => Some(Compiled::with_template(pattern, template)),
                // One of them is null, and so is every row.
                _ => None,
            }
        } else {
            let group = match function {
                TextFunction::Extract { group } => group,
                _ => 0,
            };
            known(TextArgument::Regex).map(|pattern| Compiled::regex(pattern, group))
        };
        TextCall {
            function,
            compiled,
            times,
        }
    }

    /// The function of one row, over arguments of which none is null. `made` is overwritten.
    ///
    /// # Errors
    /// If the result would be too long or too costly, or a pattern is none.
    ///
    /// # Panics
    /// If the function does not take such arguments.
    pub fn apply<'a>(
        &self,
        arguments: &[Argument<'a>],
        made: &mut String,
    ) -> Result<Given<'a>, TextError> {
        made.clear();
        if let Some(times) = &self.times {
            let times = times
                .as_ref()
                .map_err(|error| TextError::Pattern(error.clone()))?;
            return times.apply(arguments[0], made);
        }
        let text = arguments[0].text();
        let second = || arguments[1].text();
        let count = |count: usize| Ok(Given::Whole(count as i64));
        let given = match self.function {
            TextFunction::Length => return count(text.chars().count()),
            TextFunction::ByteLength => return count(text.len()),
            TextFunction::Contains => return Ok(Given::Bool(text.contains(second()))),
            TextFunction::StartsWith => return Ok(Given::Bool(text.starts_with(second()))),
            TextFunction::EndsWith => return Ok(Given::Bool(text.ends_with(second()))),
            TextFunction::Find => {
                return match text.find(second()) {
                    Some(byte) => count(text[..byte].chars().count()),
                    None => Ok(Given::Null),
                };
            }
            TextFunction::SplitCount => return count(cut::count_parts(text, second())),
            TextFunction::Levenshtein => {
                return distance::levenshtein(text, second()).map(Given::Whole);
            }
            TextFunction::Slice => {
                let length = arguments.get(2).map(|length| length.whole());
                Given::Part(cut::slice(text, arguments[1].whole(), length))
            }
            TextFunction::Concat => {
                let bytes = arguments.iter().map(|part| part.text().len() as u64).sum();
                at_most(bytes)?;
                arguments.iter().for_each(|part| made.push_str(part.text()));
                Given::Made
            }
            TextFunction::Upper => {
                if text.is_ascii() {
                    at_most(text.len() as u64)?;
                    made.push_str(text);
                    made.make_ascii_uppercase();
                } else {
                    made.push_str(&text.to_uppercase());
                }
                Given::Made
            }
            TextFunction::Lower => {
                if text.is_ascii() {
                    at_most(text.len() as u64)?;
                    made.push_str(text);
                    made.make_ascii_lowercase();
                } else {
                    // Not character by character: a sigma at the end of a word has its own form.
                    made.push_str(&text.to_lowercase());
                }
                Given::Made
            }
            TextFunction::Trim | TextFunction::TrimStart | TextFunction::TrimEnd => {
                let characters = arguments.get(1).map(|characters| characters.text());
                Given::Part(cut::trim(self.function, text, characters))
            }
            TextFunction::PadStart | TextFunction::PadEnd => {
                let fill = arguments.get(2).map_or(" ", |fill| fill.text());
                let length = arguments[1].whole();
                cut::pad(self.function, text, length, fill, made)?
            }
            TextFunction::Replace => cut::replace(text, second(), arguments[2].text(), made)?,
            TextFunction::SplitPart => match cut::part(text, second(), arguments[2].whole()) {
                Some(part) => Given::Part(part),
                None => return Ok(Given::Null),
            },
            TextFunction::Reverse => {
                at_most(text.len() as u64)?;
                made.extend(text.chars().rev());
                Given::Made
            }
            TextFunction::Repeat => {
                let times = u64::try_from(arguments[1].whole()).unwrap_or(0);
                at_most(times.saturating_mul(text.len() as u64))?;
                if !text.is_empty() {
                    (0..times).for_each(|_| made.push_str(text));
                }
                Given::Made
            }
            TextFunction::Title
            | TextFunction::Matches
            | TextFunction::Extract { .. }
            | TextFunction::RegexReplace
            | TextFunction::RegexCount
            | TextFunction::Like
            | TextFunction::ParseDate { .. }
            | TextFunction::ParseTimestamp { .. }
            | TextFunction::FormatTime { .. } => match &self.compiled {
                None => panic!("a null pattern reached a row"),
                Some(Err(error)) => return Err(TextError::Pattern(error.clone())),
                Some(Ok(compiled)) => compiled.apply(self.function, text, made)?,
            },
        };
        let bytes = match given {
            Given::Part(part) => part.len(),
            Given::Made => made.len(),
            Given::Null | Given::Bool(_) | Given::Whole(_) => 0,
        };
        at_most(bytes as u64)?;
        Ok(given)
    }
}

/// That a result of so many bytes is not too long.
fn at_most(bytes: u64) -> Result<(), TextError> {
    if bytes > MAX_BYTES as u64 {
        return Err(TextError::TooLong { bytes });
    }
    Ok(())
}
