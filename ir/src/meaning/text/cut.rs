//! Parts of texts, and texts put together from parts.

use super::{Given, TextError, at_most};
use crate::op::TextFunction;

/// The byte at which the character at a position begins, or the end.
fn byte_of(text: &str, position: u64) -> usize {
    // A text has fewer characters than bytes, so a position that is no usize is past the end.
    let position = usize::try_from(position).unwrap_or(usize::MAX);
    if text.is_ascii() {
        return position.min(text.len());
    }
    text.char_indices()
        .nth(position)
        .map_or(text.len(), |(byte, _)| byte)
}

/// The byte at which the last `count` characters begin, and how many characters there are fewer.
fn byte_from_end(text: &str, count: u64) -> (usize, u64) {
    if count == 0 {
        return (text.len(), 0);
    }
    let mut left = count;
    for (byte, _) in text.char_indices().rev() {
        left -= 1;
        if left == 0 {
            return (byte, 0);
        }
    }
    (0, left)
}

/// The characters at `start`, `start + 1`, … below `start + length`, as far as there are any.
pub(super) fn slice(text: &str, start: i64, length: Option<i64>) -> &str {
    let length = length.map(|length| u64::try_from(length).unwrap_or(0));
    let (begin, missing) = if start < 0 {
        byte_from_end(text, start.unsigned_abs())
    } else {
        (byte_of(text, start.unsigned_abs()), 0)
    };
    let rest = &text[begin..];
    match length {
        None => rest,
        // Positions before the first character count, but hold nothing.
        Some(length) => &rest[..byte_of(rest, length.saturating_sub(missing))],
    }
}

/// Without characters at the ends: white space, or those given.
pub(super) fn trim<'a>(function: TextFunction, text: &'a str, characters: Option<&str>) -> &'a str {
    let is_cut = |character: char| match characters {
        None => character.is_whitespace(),
        Some(characters) => characters.contains(character),
    };
    match function {
        TextFunction::TrimStart => text.trim_start_matches(is_cut),
        TextFunction::TrimEnd => text.trim_end_matches(is_cut),
        _ => text.trim_matches(is_cut),
    }
}

/// Filled up to a length in characters; a longer text stays, and so does any with an empty fill. A
/// fill of several characters is repeated and cut off.
pub(super) fn pad<'a>(
    function: TextFunction,
    text: &'a str,
    length: i64,
    fill: &str,
    made: &mut String,
) -> Result<Given<'a>, TextError> {
    let wanted = u64::try_from(length).unwrap_or(0);
    let missing = wanted.saturating_sub(text.chars().count() as u64);
    if missing == 0 || fill.is_empty() {
        return Ok(Given::Part(text));
    }
    let characters = fill.chars().count() as u64;
    let (times, rest) = (missing / characters, missing % characters);
    let rest = &fill[..byte_of(fill, rest)];
    let bytes = times
        .saturating_mul(fill.len() as u64)
        .saturating_add((rest.len() + text.len()) as u64);
    at_most(bytes)?;
    if function == TextFunction::PadEnd {
        made.push_str(text);
    }
    (0..times).for_each(|_| made.push_str(fill));
    made.push_str(rest);
    if function == TextFunction::PadStart {
        made.push_str(text);
    }
    Ok(Given::Made)
}

/// Every `old`, from left to right, made `new`. An empty `old` stands before each character and at
/// the end.
pub(super) fn replace<'a>(
    text: &'a str,
    old: &str,
    new: &str,
    made: &mut String,
) -> Result<Given<'a>, TextError> {
    let mut copied = 0;
    for (start, found) in text.match_indices(old) {
        made.push_str(&text[copied..start]);
        made.push_str(new);
        copied = start + found.len();
        at_most(made.len() as u64)?;
    }
    if copied == 0 && made.is_empty() {
        return Ok(Given::Part(text));
    }
    made.push_str(&text[copied..]);
    Ok(Given::Made)
}

/// How many parts the separator makes: one more than there are separators. An empty separator
/// makes a part of each character.
pub(super) fn count_parts(text: &str, separator: &str) -> usize {
    if separator.is_empty() {
        return text.chars().count();
    }
    text.matches(separator).count() + 1
}

/// The part at a position, from the end if negative.
pub(super) fn part<'a>(text: &'a str, separator: &str, position: i64) -> Option<&'a str> {
    let place = usize::try_from(if position < 0 {
        position.unsigned_abs() - 1
    } else {
        position.unsigned_abs()
    })
    .ok()?;
    if separator.is_empty() {
        let mut characters = text.char_indices();
        let (byte, character) = if position < 0 {
            characters.rev().nth(place)?
        } else {
            characters.nth(place)?
        };
        return Some(&text[byte..byte + character.len_utf8()]);
    }
    if position >= 0 {
        return text.split(separator).nth(place);
    }
    // Separators are found from the left: those found from the right may overlap them.
    let count = count_parts(text, separator);
    text.split(separator).nth(count.checked_sub(place + 1)?)
}
