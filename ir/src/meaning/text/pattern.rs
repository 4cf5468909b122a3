//! Patterns: regular expressions, SQL's `like`, and replacements that refer to groups.
//!
//! Regular expressions are those of the `regex` crate: Unicode, without look-around and references
//! back, so that a match takes time linear in the text. Patterns that would compile to more than a
//! megabyte are refused.
//!
//! In a replacement `$1`, `${1}` and `${name}` stand for what a group holds (nothing if it took no
//! part) and `$$` for a dollar sign; a dollar sign before anything else is an error.

use std::fmt;

use regex::{Captures, Regex, RegexBuilder};

use super::{Given, TextError, at_most, times, title};
use crate::op::{TextArgument, TextFunction};

/// The most bytes that a compiled pattern may take.
const MAX_COMPILED: usize = 1 << 20;

/// A text that is no pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternError {
    /// What it should be: a pattern or a replacement.
    pub what: &'static str,
    /// The text.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where, in characters from 0.
    pub position: Option<usize>,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no {}: {}", self.pattern, self.what, self.reason)?;
        match self.position {
            Some(position) => write!(f, " (at character {})", position + 1),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PatternError {}

/// A piece of a replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Group(usize),
}

/// A pattern made ready.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    regex: Regex,
    group: usize,
    template: Vec<Piece>,
}

impl Compiled {
    pub(super) fn regex(pattern: &str, group: u32) -> Result<Compiled, PatternError> {
        let regex = compile(pattern, pattern)?;
        let group = group as usize;
        if group >= regex.captures_len() {
            return Err(PatternError {
                what: "pattern",
                pattern: pattern.to_owned(),
                reason: format!("it has no group {group}"),
                position: None,
            });
        }
        Ok(Compiled {
            regex,
            group,
            template: Vec::new(),
        })
    }

    pub(super) fn with_template(pattern: &str, template: &str) -> Result<Compiled, PatternError> {
        let mut compiled = Compiled::regex(pattern, 0)?;
        compiled.template = pieces(template, &compiled.regex)?;
        Ok(compiled)
    }

    /// `%` is any text, `_` any character, and a backslash takes either as it is.
    pub(super) fn like(pattern: &str) -> Result<Compiled, PatternError> {
        let mut regex = String::from(r"(?s)\A");
        let mut literal = String::new();
        let mut characters = pattern.chars().enumerate();
        let flush = |regex: &mut String, literal: &mut String| {
            regex.push_str(&regex::escape(literal));
            literal.clear();
        };
        while let Some((position, character)) = characters.next() {
            match character {
                '%' => {
                    flush(&mut regex, &mut literal);
                    regex.push_str(".*");
                }
                '_' => {
                    flush(&mut regex, &mut literal);
                    regex.push('.');
                }
                '\\' => match characters.next() {
                    Some((_, next @ ('%' | '_' | '\\'))) => literal.push(next),
                    Some(_) | None => {
                        return Err(PatternError {
                            what: "pattern",
                            pattern: pattern.to_owned(),
                            reason: "a backslash stands before %, _ or another backslash"
                                .to_owned(),
                            position: Some(position),
                        });
                    }
                },
                other => literal.push(other),
            }
        }
        flush(&mut regex, &mut literal);
        regex.push_str(r"\z");
        Ok(Compiled {
            regex: compile(&regex, pattern)?,
            group: 0,
            template: Vec::new(),
        })
    }

    pub(super) fn apply<'a>(
        &self,
        function: TextFunction,
        text: &'a str,
        made: &mut String,
    ) -> Result<Given<'a>, TextError> {
        Ok(match function {
            TextFunction::Extract { .. } if self.group == 0 => match self.regex.find(text) {
                Some(found) => Given::Part(found.as_str()),
                None => Given::Null,
            },
            TextFunction::Extract { .. } => {
                let found = self.regex.captures(text);
                match found.and_then(|found| found.get(self.group)) {
                    Some(found) => Given::Part(found.as_str()),
                    None => Given::Null,
                }
            }
            TextFunction::RegexCount => Given::Whole(self.regex.find_iter(text).count() as i64),
            TextFunction::RegexReplace => self.replace(text, made)?,
            TextFunction::Title => {
                title::write(text, &self.regex, made);
                Given::Made
            }
            _ => Given::Bool(self.regex.is_match(text)),
        })
    }

    fn replace<'a>(&self, text: &'a str, made: &mut String) -> Result<Given<'a>, TextError> {
        let mut copied = 0;
        let mut any = false;
        let plain = !self
            .template
            .iter()
            .any(|piece| matches!(piece, Piece::Group(group) if *group > 0));
        let mut push = |start: usize, end: usize, groups: Option<&Captures<'_>>| {
            any = true;
            made.push_str(&text[copied..start]);
            for piece in &self.template {
                made.push_str(match piece {
                    Piece::Text(piece) => piece,
                    Piece::Group(0) => &text[start..end],
                    Piece::Group(group) => groups
                        .and_then(|groups| groups.get(*group))
                        .map_or("", |group| group.as_str()),
                });
            }
            copied = end;
            at_most(made.len() as u64)
        };
        if plain {
            for found in self.regex.find_iter(text) {
                push(found.start(), found.end(), None)?;
            }
        } else {
            for groups in self.regex.captures_iter(text) {
                let whole = groups.get_match();
                push(whole.start(), whole.end(), Some(&groups))?;
            }
        }
        if !any {
            return Ok(Given::Part(text));
        }
        made.push_str(&text[copied..]);
        Ok(Given::Made)
    }
}

/// The regular expression, or what is wrong with `shown`, the pattern as written.
fn compile(pattern: &str, shown: &str) -> Result<Regex, PatternError> {
    let error = |reason: String, position: Option<usize>| PatternError {
        what: "pattern",
        pattern: shown.to_owned(),
        reason,
        position,
    };
    let built = RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(2 * MAX_COMPILED)
        .build();
    built.map_err(|refused| {
        if let regex::Error::CompiledTooBig(_) = refused {
            return error(
                format!("it compiles to more than {MAX_COMPILED} bytes"),
                None,
            );
        }
        let at = |byte: usize| pattern.get(..byte).map(|before| before.chars().count());
        match regex_syntax::Parser::new().parse(pattern) {
            Err(regex_syntax::Error::Parse(syntax)) => {
                error(syntax.kind().to_string(), at(syntax.span().start.offset))
            }
            Err(regex_syntax::Error::Translate(syntax)) => {
                error(syntax.kind().to_string(), at(syntax.span().start.offset))
            }
            _ => error("it can't be read".to_owned(), None),
        }
    })
}

/// The pieces of a replacement.
fn pieces(template: &str, regex: &Regex) -> Result<Vec<Piece>, PatternError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        if dollar > 0 {
            pieces.push(Piece::Text(rest[..dollar].to_owned()));
        }
        let at = template.len() - rest.len() + dollar;
        let error = |reason: String| PatternError {
            what: "replacement",
            pattern: template.to_owned(),
            reason,
            position: Some(template[..at].chars().count()),
        };
        let after = &rest[dollar + 1..];
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (name, length) = if let Some(after) = after.strip_prefix('$') {
            pieces.push(Piece::Text("$".to_owned()));
            rest = after;
            continue;
        } else if digits > 0 {
            (&after[..digits], digits)
        } else if let Some((name, _)) = after
            .strip_prefix('{')
            .and_then(|name| name.split_once('}'))
        {
            (name, name.len() + 2)
        } else {
            let reason = "a dollar sign stands before a group ($1, ${name}) or another one ($$)";
            return Err(error(reason.to_owned()));
        };
        let group = match name.parse::<usize>() {
            Ok(group) => Some(group).filter(|group| *group < regex.captures_len()),
            Err(_) => group_position(regex, name),
        };
        let group = group.ok_or_else(|| error(format!("the pattern has no group {name}")))?;
        pieces.push(Piece::Group(group));
        rest = &after[length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

fn group_position(regex: &Regex, name: &str) -> Option<usize> {
    regex.capture_names().position(|known| known == Some(name))
}

/// The number of the group of this name.
///
/// # Errors
/// If the pattern is none or has no such group.
pub fn group_named(pattern: &str, name: &str) -> Result<u32, PatternError> {
    let compiled = Compiled::regex(pattern, 0)?;
    let found = group_position(&compiled.regex, name);
    found.map(|group| group as u32).ok_or_else(|| PatternError {
        what: "pattern",
        pattern: pattern.to_owned(),
        reason: format!("it has no group {name:?}"),
        position: None,
    })
}

/// That the patterns and templates known of a function's arguments are ones; else which argument is
/// not.
///
/// # Errors
/// What is wrong with it.
pub fn check_pattern<'a>(
    function: TextFunction,
    known: impl Fn(usize) -> Option<&'a str>,
) -> Result<(), (usize, PatternError)> {
    let (arguments, _) = function.arguments();
    let mut pattern = None;
    for (position, argument) in arguments.iter().enumerate() {
        let Some(text) = known(position) else {
            continue;
        };
        let checked = match argument {
            TextArgument::Text | TextArgument::Whole | TextArgument::Time => continue,
            TextArgument::TimePattern => {
                times::compiled(function, text).map_err(|error| (position, error))?;
                continue;
            }
            TextArgument::Like => Compiled::like(text),
            TextArgument::Regex => {
                pattern = Some(text);
                let group = match function {
                    TextFunction::Extract { group } => group,
                    _ => 0,
                };
                Compiled::regex(text, group)
            }
            TextArgument::Template => match pattern {
                Some(pattern) => Compiled::with_template(pattern, text),
                None => continue,
            },
        };
        checked.map_err(|error| (position, error))?;
    }
    Ok(())
}
