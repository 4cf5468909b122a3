//! The functions of text, each of one row: what they are called, what they take, what they give.
//!
//! Positions and lengths count characters, which are Unicode scalar values; `byte_length` alone
//! counts bytes. What each computes is [`crate::meaning::text`].

use crate::types::{ScalarType, TimeUnit, Zone};

/// A function of text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TextFunction {
    /// `length(x)`: how many characters.
    Length,
    /// `byte_length(x)`: how many bytes of UTF-8.
    ByteLength,
    /// `slice(x, start, length)`: characters from `start` on, counted from the end if negative.
    Slice,
    /// `concat(a, b, …)`: one after the other; also `a + b`.
    Concat,
    /// `upper(x)`: in capital letters.
    Upper,
    /// `lower(x)`: in small letters.
    Lower,
    /// `title(x)`: each word with one capital letter, its first.
    Title,
    /// `trim(x, characters)`: without white space (or these characters) at both ends.
    Trim,
    /// `trim_start(x, characters)`: the same at the beginning only.
    TrimStart,
    /// `trim_end(x, characters)`: the same at the end only.
    TrimEnd,
    /// `pad_start(x, length, fill)`: filled up at the beginning.
    PadStart,
    /// `pad_end(x, length, fill)`: filled up at the end.
    PadEnd,
    /// `contains(x, y)`: whether `y` is somewhere in `x`.
    Contains,
    /// `starts_with(x, y)`: whether `x` begins with `y`.
    StartsWith,
    /// `ends_with(x, y)`: whether `x` ends with `y`.
    EndsWith,
    /// `find(x, y)`: the position of the first `y`, from 0; null if there is none.
    Find,
    /// `replace(x, old, new)`: every `old` from left to right made `new`.
    Replace,
    /// `split_part(x, separator, n)`: the part at position `n`, from the end if negative; else null.
    SplitPart,
    /// `split_count(x, separator)`: how many parts.
    SplitCount,
    /// `reverse(x)`: the characters from last to first.
    Reverse,
    /// `repeat(x, n)`: `n` times; none below 1.
    Repeat,
    /// `levenshtein(a, b)`: the fewest characters to insert, delete or exchange.
    Levenshtein,
    /// `matches(x, pattern)`: whether a regular expression matches somewhere.
    Matches,
    /// `extract(x, pattern, group)`: what a group of the first match holds; null if it took no part.
    Extract {
        /// The group; 0 is the whole match.
        group: u32,
    },
    /// `regex_replace(x, pattern, template)`: every match replaced.
    RegexReplace,
    /// `regex_count(x, pattern)`: how many matches that don't overlap.
    RegexCount,
    /// `like(x, pattern)`: whether all of `x` is as an SQL pattern says.
    Like,
    /// `parse_date(x, pattern)`: the date that a text says, which is as a time pattern has it.
    ParseDate {
        /// Whether another text is an error; else it is null.
        strict: bool,
    },
    /// `parse_timestamp(x, pattern, unit)`: the same of a timestamp: an instant in a zone, if the
    /// pattern has an offset, else without a zone.
    ParseTimestamp {
        /// What it counts.
        unit: TimeUnit,
        /// The zone, if the pattern has an offset.
        zone: Option<Zone>,
        /// Whether another text is an error; else it is null.
        strict: bool,
    },
    /// `format(x, pattern)`: a date or timestamp written as a time pattern has it.
    FormatTime {
        /// The type of what is written.
        from: ScalarType,
    },
}

/// What a function takes at a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextArgument {
    /// Text of each row.
    Text,
    /// A whole number (i64) of each row.
    Whole,
    /// A regular expression: a scalar, compiled once per run.
    Regex,
    /// An SQL pattern: a scalar.
    Like,
    /// What replaces a match, with references to groups: a scalar.
    Template,
    /// A date or timestamp of each row, of the type that the function says.
    Time,
    /// A time pattern: a scalar.
    TimePattern,
}

impl TextArgument {
    /// Whether the argument is one for all rows.
    pub fn is_scalar(self) -> bool {
        match self {
            TextArgument::Text | TextArgument::Whole | TextArgument::Time => false,
            TextArgument::Regex
            | TextArgument::Like
            | TextArgument::Template
            | TextArgument::TimePattern => true,
        }
    }
}

impl TextFunction {
    /// Every function of text alone; `extract` with its whole match.
    pub const ALL: [TextFunction; 27] = [
        TextFunction::Length,
        TextFunction::ByteLength,
        TextFunction::Slice,
        TextFunction::Concat,
        TextFunction::Upper,
        TextFunction::Lower,
        TextFunction::Title,
        TextFunction::Trim,
        TextFunction::TrimStart,
        TextFunction::TrimEnd,
        TextFunction::PadStart,
        TextFunction::PadEnd,
        TextFunction::Contains,
        TextFunction::StartsWith,
        TextFunction::EndsWith,
        TextFunction::Find,
        TextFunction::Replace,
        TextFunction::SplitPart,
        TextFunction::SplitCount,
        TextFunction::Reverse,
        TextFunction::Repeat,
        TextFunction::Levenshtein,
        TextFunction::Matches,
        TextFunction::Extract { group: 0 },
        TextFunction::RegexReplace,
        TextFunction::RegexCount,
        TextFunction::Like,
    ];

    /// The function's name in flow text.
    pub fn name(self) -> &'static str {
        match self {
            TextFunction::Length => "length",
            TextFunction::ByteLength => "byte_length",
            TextFunction::Slice => "slice",
            TextFunction::Concat => "concat",
            TextFunction::Upper => "upper",
            TextFunction::Lower => "lower",
            TextFunction::Title => "title",
            TextFunction::Trim => "trim",
            TextFunction::TrimStart => "trim_start",
            TextFunction::TrimEnd => "trim_end",
            TextFunction::PadStart => "pad_start",
            TextFunction::PadEnd => "pad_end",
            TextFunction::Contains => "contains",
            TextFunction::StartsWith => "starts_with",
            TextFunction::EndsWith => "ends_with",
            TextFunction::Find => "find",
            TextFunction::Replace => "replace",
            TextFunction::SplitPart => "split_part",
            TextFunction::SplitCount => "split_count",
            TextFunction::Reverse => "reverse",
            TextFunction::Repeat => "repeat",
            TextFunction::Levenshtein => "levenshtein",
            TextFunction::Matches => "matches",
            TextFunction::Extract { .. } => "extract",
            TextFunction::RegexReplace => "regex_replace",
            TextFunction::RegexCount => "regex_count",
            TextFunction::Like => "like",
            TextFunction::ParseDate { strict: true } => "parse_date",
            TextFunction::ParseDate { strict: false } => "try_parse_date",
            TextFunction::ParseTimestamp { strict: true, .. } => "parse_timestamp",
            TextFunction::ParseTimestamp { strict: false, .. } => "try_parse_timestamp",
            TextFunction::FormatTime { .. } => "format",
        }
    }

    /// What it takes at each position, and how many of these it needs. `concat` takes any number of
    /// texts from two on.
    pub fn arguments(self) -> (&'static [TextArgument], usize) {
        use TextArgument::{Like, Regex, Template, Text, Time, TimePattern, Whole};
        match self {
            TextFunction::Length
            | TextFunction::ByteLength
            | TextFunction::Upper
            | TextFunction::Lower
            | TextFunction::Title
            | TextFunction::Reverse => (&[Text], 1),
            TextFunction::Slice => (&[Text, Whole, Whole], 2),
            TextFunction::Trim | TextFunction::TrimStart | TextFunction::TrimEnd => {
                (&[Text, Text], 1)
            }
            TextFunction::PadStart | TextFunction::PadEnd => (&[Text, Whole, Text], 2),
            TextFunction::Concat
            | TextFunction::Contains
            | TextFunction::StartsWith
            | TextFunction::EndsWith
            | TextFunction::Find
            | TextFunction::SplitCount
            | TextFunction::Levenshtein => (&[Text, Text], 2),
            TextFunction::Replace => (&[Text, Text, Text], 3),
            TextFunction::SplitPart => (&[Text, Text, Whole], 3),
            TextFunction::Repeat => (&[Text, Whole], 2),
            TextFunction::Matches | TextFunction::Extract { .. } | TextFunction::RegexCount => {
                (&[Text, Regex], 2)
            }
            TextFunction::RegexReplace => (&[Text, Regex, Template], 3),
            TextFunction::Like => (&[Text, Like], 2),
            TextFunction::ParseDate { .. } | TextFunction::ParseTimestamp { .. } => {
                (&[Text, TimePattern], 2)
            }
            TextFunction::FormatTime { .. } => (&[Time, TimePattern], 2),
        }
    }

    /// What it takes at a position; none if it takes nothing there.
    pub fn argument(self, position: usize) -> Option<TextArgument> {
        if self == TextFunction::Concat {
            return Some(TextArgument::Text);
        }
        self.arguments().0.get(position).copied()
    }

    /// The type of what it takes at a position.
    pub fn argument_type(self, position: usize) -> Option<ScalarType> {
        Some(match (self.argument(position)?, self) {
            (TextArgument::Whole, _) => ScalarType::I64,
            (TextArgument::Time, TextFunction::FormatTime { from }) => from,
            _ => ScalarType::Str,
        })
    }

    /// What it takes, in words.
    pub fn takes(self) -> &'static str {
        match self {
            TextFunction::Slice => "text and whole numbers",
            TextFunction::PadStart | TextFunction::PadEnd => "text, a whole number and text",
            TextFunction::SplitPart => "two texts and a whole number",
            TextFunction::Repeat => "text and a whole number",
            TextFunction::Concat
            | TextFunction::Contains
            | TextFunction::StartsWith
            | TextFunction::EndsWith
            | TextFunction::Find
            | TextFunction::SplitCount
            | TextFunction::Levenshtein => "two texts",
            TextFunction::Replace => "three texts",
            TextFunction::Matches
            | TextFunction::Extract { .. }
            | TextFunction::RegexCount
            | TextFunction::Like
            | TextFunction::ParseDate { .. }
            | TextFunction::ParseTimestamp { .. } => "text and a pattern",
            TextFunction::FormatTime { .. } => "a date or timestamp and a pattern",
            TextFunction::RegexReplace => "text, a pattern and a replacement",
            TextFunction::Length
            | TextFunction::ByteLength
            | TextFunction::Upper
            | TextFunction::Lower
            | TextFunction::Title
            | TextFunction::Trim
            | TextFunction::TrimStart
            | TextFunction::TrimEnd
            | TextFunction::Reverse => "text",
        }
    }

    /// The type of its result.
    pub fn result(self) -> ScalarType {
        match self {
            TextFunction::Length
            | TextFunction::ByteLength
            | TextFunction::Find
            | TextFunction::SplitCount
            | TextFunction::Levenshtein
            | TextFunction::RegexCount => ScalarType::I64,
            TextFunction::ParseDate { .. } => ScalarType::Date,
            TextFunction::ParseTimestamp { unit, zone, .. } => ScalarType::Timestamp(unit, zone),
            TextFunction::Contains
            | TextFunction::StartsWith
            | TextFunction::EndsWith
            | TextFunction::Matches
            | TextFunction::Like => ScalarType::Bool,
            TextFunction::Slice
            | TextFunction::Concat
            | TextFunction::Upper
            | TextFunction::Lower
            | TextFunction::Title
            | TextFunction::Trim
            | TextFunction::TrimStart
            | TextFunction::TrimEnd
            | TextFunction::PadStart
            | TextFunction::PadEnd
            | TextFunction::Replace
            | TextFunction::SplitPart
            | TextFunction::Reverse
            | TextFunction::Repeat
            | TextFunction::Extract { .. }
            | TextFunction::RegexReplace
            | TextFunction::FormatTime { .. } => ScalarType::Str,
        }
    }

    /// Whether it may give null where no argument is.
    pub fn may_find_nothing(self) -> bool {
        matches!(
            self,
            TextFunction::Find
                | TextFunction::SplitPart
                | TextFunction::Extract { .. }
                | TextFunction::ParseDate { strict: false }
                | TextFunction::ParseTimestamp { strict: false, .. }
        )
    }
}
