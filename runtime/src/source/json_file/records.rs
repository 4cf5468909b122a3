//! One line as keys and values.
//!
//! A value is kept as the text that stands in the file: what it means is for the column's type,
//! and a whole number keeps all its digits.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::lines::FaultKind;
use crate::source::error::quoted;

/// A value of an object.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    /// The object lacks the key.
    Missing,
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// A list or an object, as it is written.
    Nested(&'a str),
}

impl<'a> Cell<'a> {
    fn new(raw: &'a RawValue) -> Result<Cell<'a>, serde_json::Error> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'"') => {
                if text.contains('\\') {
                    Cell::Text(Cow::Owned(serde_json::from_str(text)?))
                } else {
                    // Without escapes there are no quotes inside.
                    Cell::Text(Cow::Borrowed(text.trim_matches('"')))
                }
            }
            Some(b'{' | b'[') => Cell::Nested(text),
            Some(b'n') => Cell::Null,
            Some(b't') => Cell::Bool(true),
            Some(b'f') => Cell::Bool(false),
            _ => Cell::Number(text),
        })
    }

    /// The value as messages show it.
    pub(super) fn shown(&self) -> String {
        match self {
            Cell::Missing => "nothing".to_owned(),
            Cell::Null => "null".to_owned(),
            Cell::Bool(value) => value.to_string(),
            Cell::Text(text) => quoted(text),
            Cell::Number(text) | Cell::Nested(text) => {
                const SHOWN: usize = 80;
                match text.char_indices().nth(SHOWN) {
                    Some((cut, _)) => format!("{}…", &text[..cut]),
                    None => (*text).to_owned(),
                }
            }
        }
    }
}

/// Hands each key and value of the object on a line to `each`, which may refuse one in words.
pub(super) fn each_value<'a>(
    line: &'a [u8],
    each: impl FnMut(Cow<'a, str>, Cell<'a>) -> Result<(), String>,
) -> Result<(), FaultKind> {
    let text = std::str::from_utf8(line).map_err(|_| FaultKind::Encoding)?;
    if !text.starts_with('{') {
        return Err(FaultKind::NoObject(text.to_owned()));
    }
    let mut deserializer = Deserializer::from_str(text);
    deserializer
        .deserialize_map(Object(each))
        .and_then(|()| deserializer.end())
        .map_err(|error| FaultKind::Syntax(words(&error)))
}

/// What the parser says, with the place as one finds it on a line of its own.
fn words(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the line ends inside the object; one object stands on one line".to_owned();
    }
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match message.strip_suffix(&place) {
        Some(message) if error.column() > 0 => {
            format!(
                "the line is no JSON object: {message}, at byte {}",
                error.column()
            )
        }
        Some(message) => message.to_owned(),
        None => message,
    }
}

struct Object<F>(F);

impl<'a, F: FnMut(Cow<'a, str>, Cell<'a>) -> Result<(), String>> Visitor<'a> for Object<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let raw: &'a RawValue = map.next_value()?;
            let cell = Cell::new(raw).map_err(A::Error::custom)?;
            (self.0)(key, cell).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// A key, borrowed from the line where it has no escapes.
struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<Cow<'a, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: &str) -> Result<Vec<String>, String> {
        let mut seen = Vec::new();
        let result = each_value(line.as_bytes(), |key, cell| {
            seen.push(format!("{key}={}", cell.shown()));
            Ok(())
        });
        match result {
            Ok(()) => Ok(seen),
            Err(FaultKind::Syntax(message)) => Err(message),
            Err(other) => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn values_keep_their_text() {
        let line = r#"{"a": 18446744073709551616, "b\u0041": "x\ny", "c": [1, {}], "d": null, "e": -1.50, "": ""}"#;
        assert_eq!(
            seen(line).unwrap(),
            [
                "a=18446744073709551616",
                "bA=\"x\\ny\"",
                "c=[1, {}]",
                "d=null",
                "e=-1.50",
                "=\"\""
            ]
        );
    }

    #[test]
    fn a_text_of_quotes_alone() {
        assert_eq!(seen(r#"{"a": "\""}"#).unwrap(), ["a=\"\\\"\""]);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(seen("[1]").unwrap_err().starts_with("NoObject"));
        assert!(seen("{\"a\": 1").unwrap_err().contains("line ends inside"));
        assert!(seen("{\"a\": NaN}").unwrap_err().ends_with("at byte 7"));
        assert!(seen("{\"a\": 1} {}").unwrap_err().contains("trailing"));
        assert!(seen("{\"a\": \"\\ud800\"}").is_err());
        let deep = format!("{{\"a\": {}", "[".repeat(200_000));
        assert!(seen(&deep).is_err());
    }
}
