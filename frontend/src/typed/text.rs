//! Functions of text on symbols. Positions count characters, from 0; patterns and lengths are
//! constants here.

use icosian_ir::op::TextFunction;

use super::types::{Element, Nulls, Number, Text};
use super::value::{Operand, Shape, Symbol};
use crate::operators::Value;

/// A base type with the nulls of an element.
type Like<T, Out> = <<T as Element>::Nulls as Nulls>::Of<Out>;
/// What a text and an operand give together: rows if one has them, nulls if one may be null.
type With<'flow, S, T, O, Out> = Symbol<
    'flow,
    <S as Shape>::With<<O as Operand<'flow, Text>>::Shape>,
    <<<T as Element>::Nulls as Nulls>::Or<<O as Operand<'flow, Text>>::Nulls> as Nulls>::Of<Out>,
>;

macro_rules! of_one {
    ($($(#[$doc:meta])* $name:ident $function:ident $out:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(self) -> Symbol<'flow, S, Like<T, $out>> {
            self.text(TextFunction::$function, &[])
        }
    )*};
}

macro_rules! of_two {
    ($($(#[$doc:meta])* $name:ident $function:ident $out:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name<O: Operand<'flow, Text>>(self, other: O) -> With<'flow, S, T, O, $out> {
            let other = other.operand(self.flow);
            self.text(TextFunction::$function, &[&other])
        }
    )*};
}

impl<'flow, S: Shape, T: Element<Base = Text>> Symbol<'flow, S, T> {
    of_one! {
        /// How many characters.
        length Length i64;
        /// How many bytes of UTF-8.
        byte_length ByteLength i64;
        /// In capital letters.
        upper Upper Text;
        /// In small letters.
        lower Lower Text;
        /// Without white space at both ends.
        trim Trim Text;
        /// The characters from last to first.
        reverse Reverse Text;
    }

    of_two! {
        /// This text, then the other.
        concat Concat Text;
        /// Whether the other is somewhere in this.
        contains Contains bool;
        /// Whether this begins with the other.
        starts_with StartsWith bool;
        /// Whether this ends with the other.
        ends_with EndsWith bool;
        /// The fewest characters to insert, delete or exchange to make one of the other.
        levenshtein Levenshtein i64;
    }

    /// So many characters from `start` on, which counts from the end if negative.
    pub fn slice(self, start: i64, length: i64) -> Symbol<'flow, S, Like<T, Text>> {
        let (start, length) = (self.flow.constant(start), self.flow.constant(length));
        self.text(TextFunction::Slice, &[&start, &length])
    }

    /// Every `old` made `new`.
    pub fn replace(self, old: &str, new: &str) -> Symbol<'flow, S, Like<T, Text>> {
        let (old, new) = (self.flow.constant(old), self.flow.constant(new));
        self.text(TextFunction::Replace, &[&old, &new])
    }

    /// The part at position `n` of the text cut at separators, from the end if negative; null if
    /// there is none.
    pub fn split_part(self, separator: &str, n: i64) -> Symbol<'flow, S, Option<Text>> {
        let (separator, n) = (self.flow.constant(separator), self.flow.constant(n));
        self.text(TextFunction::SplitPart, &[&separator, &n])
    }

    /// Whether a regular expression matches somewhere. One that can't be read is a mistake of the
    /// flow.
    pub fn matches(self, pattern: &str) -> Symbol<'flow, S, Like<T, bool>> {
        let pattern = self.flow.constant(pattern);
        self.text(TextFunction::Matches, &[&pattern])
    }

    /// What a group of the first match of a regular expression holds (0 is all of the match); null if
    /// there is none.
    pub fn extract(self, pattern: &str, group: u32) -> Symbol<'flow, S, Option<Text>> {
        let pattern = self.flow.constant(pattern);
        self.text(TextFunction::Extract { group }, &[&pattern])
    }

    /// Every match of a regular expression made `new`, in which `$1` and `${name}` are its groups.
    pub fn regex_replace(self, pattern: &str, new: &str) -> Symbol<'flow, S, Like<T, Text>> {
        let (pattern, new) = (self.flow.constant(pattern), self.flow.constant(new));
        self.text(TextFunction::RegexReplace, &[&pattern, &new])
    }

    /// The number that the whole text says; null if it says none.
    pub fn try_number<B: Number>(self) -> Symbol<'flow, S, Option<B>> {
        let value = self.untyped().try_cast(B::SCALAR);
        Symbol::new(self.flow, value.expression)
    }

    fn text<S2, T2>(self, function: TextFunction, others: &[&Value]) -> Symbol<'flow, S2, T2> {
        let value = self.untyped().text(function, others);
        Symbol::new(self.flow, value.expression)
    }
}
