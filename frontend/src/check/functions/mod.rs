//! The functions that flows can call, one entry each: name, parameters, what it does, an example.
//!
//! The checker types calls by their `Meaning`; completion, `.help` and the hints for unknown names
//! read the rest. Adding a function is adding an entry to the file of its subject and, for a new
//! meaning, a variant here and an arm in `calls`.

/// Writes a subject's list from rows of name, parameters, meaning, documentation, example.
macro_rules! functions {
    ($($name:literal $parameters:expr, $meaning:expr, $documentation:literal, $example:literal;)*) => {
        /// The functions of this subject.
        pub(super) const FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            parameters: $parameters,
            documentation: $documentation,
            example: $example,
            meaning: $meaning,
        }),*];
    };
}

mod choice;
mod conversions;
mod numbers;
mod other_names;
mod parameters;
mod reductions;
mod rows;
mod text;
mod time;
mod windows;

use icosian_ir::graph::BinaryOperator;
use icosian_ir::op::{BitFunction, CastMode, Math, Overflow, TextFunction};
use icosian_ir::types::ScalarType;

pub(crate) use other_names::known_elsewhere;

use super::bins::Bins;
use super::choice::Choice;
use super::random::Random;
use super::time::TimeCall;
use super::windows::WindowKind;

/// A parameter of a built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name; arguments may be given by it.
    pub name: &'static str,
    /// Whether a call may leave it out.
    pub optional: bool,
    /// Whether it takes any number of arguments; parameters after it are given by name.
    pub repeated: bool,
}

/// What a built-in function means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// A mathematical function of each row.
    Math(Math),
    /// A function of the bits of integers.
    Bits(BitFunction),
    /// Null, NaN and choice: what is built of other operations.
    Choice(Choice),
    /// Bins, maps and curves of constants.
    Bins(Bins),
    /// A conversion.
    Cast(ScalarType, CastMode),
    /// `+`, `-`, `*`, `//` or `**` with a chosen overflow.
    Arithmetic(BinaryOperator, Overflow),
    /// `-x` with a chosen overflow.
    Negate(Overflow),
    /// The magnitude with a chosen overflow.
    Magnitude(Overflow),
    /// A reduction, or of two values the lesser.
    Min,
    /// A reduction, or of two values the greater.
    Max,
    /// Between two bounds.
    Clip,
    /// A reduction; `min` and `max` are apart.
    Reduction(ReductionKind),
    /// The number of rows.
    Len,
    /// A value from a row and its neighbours, or the rows that a moving reduction looks at.
    Window(WindowKind),
    /// `date("2013-01-01")`, or the date of a timestamp.
    Date(CastMode),
    /// `timestamp("2013-01-01T00:00:00Z")`.
    Timestamp(CastMode),
    /// `duration(x, unit="ms")`.
    Duration(CastMode),
    /// `decimal(x, 12, 2)`.
    Decimal(CastMode),
    /// `round(x)`, or `round(x, 2)` of a decimal.
    Round(Math),
    /// A function of dates and timestamps.
    Time(TimeCall),
    /// A deterministic random number per row.
    Random(Random),
    /// A specified hash of values.
    Hash,
    /// The number of each row.
    RowIndex,
    /// A function of text.
    Text(TextFunction),
}

/// The reductions, before their options are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReductionKind {
    Sum,
    Mean,
    Product,
    Var,
    Std,
    Skew,
    Kurtosis,
    Median,
    Quantile,
    Count,
    NUnique,
    ApproxNUnique,
    Any,
    All,
    First,
    Last,
    Mode,
    AtMax,
    AtMin,
    Cov,
    Corr,
    WeightedMean,
}

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [Parameter],
    /// What it gives, in one line.
    pub documentation: &'static str,
    /// A call.
    pub example: &'static str,
    pub(crate) meaning: Meaning,
}

impl Function {
    /// How it is called, such as `std(x, ddof=)`.
    pub fn signature(&self) -> String {
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|parameter| {
                let mark = match (parameter.repeated, parameter.optional) {
                    (true, _) => ", ...",
                    (false, true) => "=",
                    (false, false) => "",
                };
                format!("{}{mark}", parameter.name)
            })
            .collect();
        format!("{}({})", self.name, parameters.join(", "))
    }
}

/// The function of this name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The lists of the subjects, in the order in which completion and `.help` show them.
const SUBJECTS: &[&[Function]] = &[
    reductions::FUNCTIONS,
    windows::FUNCTIONS,
    numbers::FUNCTIONS,
    choice::FUNCTIONS,
    conversions::FUNCTIONS,
    text::FUNCTIONS,
    time::FUNCTIONS,
    rows::FUNCTIONS,
];

/// How many functions there are.
const COUNT: usize = {
    let (mut count, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        count += SUBJECTS[subject].len();
        subject += 1;
    }
    count
};

/// Every built-in function, by subject.
pub const FUNCTIONS: &[Function] = &{
    let mut all = [SUBJECTS[0][0]; COUNT];
    let (mut count, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut position = 0;
        while position < SUBJECTS[subject].len() {
            all[count] = SUBJECTS[subject][position];
            count += 1;
            position += 1;
        }
        subject += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, function, known_elsewhere};

    #[test]
    fn names_are_unique_and_hints_name_no_existing_function() {
        for (position, entry) in FUNCTIONS.iter().enumerate() {
            assert!(
                FUNCTIONS[..position]
                    .iter()
                    .all(|other| other.name != entry.name),
                "{}",
                entry.name
            );
            assert!(known_elsewhere(entry.name).is_none(), "{}", entry.name);
        }
        assert!(function("mean").is_some());
        assert!(function("average").is_none());
    }

    #[test]
    fn signatures_mark_what_may_be_left_out() {
        assert_eq!(function("std").unwrap().signature(), "std(x, ddof=)");
        assert_eq!(function("len").unwrap().signature(), "len()");
        assert_eq!(
            function("coalesce").unwrap().signature(),
            "coalesce(a, b, ...)"
        );
    }
}
