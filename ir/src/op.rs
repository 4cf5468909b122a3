//! The operations, one list for the graph and the columnar IR.
//!
//! An op carries its whole meaning (overflow behaviour, ddof, window length), so that nothing is
//! guessed later. A few ops are legal at one level only: [`Op::level`] says which.
//!
//! What an op does with nulls, NaN and errors is defined once, in [`crate::interpret`] and
//! [`crate::meaning`]; what types it takes, in [`crate::typing`].

mod bits;
mod decimal;
mod find;
mod members;
mod reduction;
mod text;
mod time;
mod window;

pub use find::{Find, Pick};
pub use members::Members;

use std::sync::Arc;

use crate::host::HostSignature;
use crate::id::{InputId, NodeId, ParamId, TableId};
pub use crate::meaning::math::Math;
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;
pub use bits::BitFunction;
pub use decimal::{Rounding, RoundingMode};
pub use reduction::{Fraction, Interpolation, Reduction, ReductionOption};
pub use text::{TextArgument, TextFunction};
pub use time::{Fold, Gap, Period, TimeFunction, TimePart};
pub use window::{
    Alpha, Cumulative, Decay, ExponentialMoment, Frame, Over, RankMethod, Window, WindowOver,
};

/// What integer arithmetic does with a result that its type can't hold. Floats ignore it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Overflow {
    /// The row is an error.
    Raise,
    /// Two's complement wrap-around.
    Wrap,
    /// The row is null.
    Null,
}

impl Overflow {
    /// What stage texts add to an op's name.
    fn suffix(self) -> &'static str {
        match self {
            Overflow::Raise => "",
            Overflow::Wrap => ".wrap",
            Overflow::Null => ".try",
        }
    }
}

/// The comparisons. Floats compare as IEEE says, bools with false below true, text by bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it holds of two values that compare so.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What a cast does with a value that the target can't hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CastMode {
    /// The row is an error.
    Raise,
    /// The row is null.
    Null,
    /// Integers wrap around; between integer types only.
    Wrap,
}

/// An operation; its arguments stand beside it in the graph or the columnar IR.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// A constant. No arguments; a scalar.
    Literal(Value),
    /// Graph only: the value of a node. No arguments.
    Node(NodeId),
    /// Columnar IR only: a column read from a source. No arguments.
    Input(InputId),
    /// Columnar IR only: a scalar given per run. No arguments.
    Param(ParamId),
    /// A scalar made a value of every row of a table.
    Broadcast(TableId),

    /// `a + b`, both of one number type, or decimals of any; also timestamp + duration, duration + duration, date + i32 days.
    Add(Overflow),
    /// `a - b`; as [`Op::Add`], also timestamp − timestamp and date − date (i32 days).
    Sub(Overflow),
    /// `a * b`, both of one number type, or decimals of any; also duration * i64.
    Mul(Overflow),
    /// `a / b`, both f64 or both f32.
    Div,
    /// `a // b` rounded down; null by integer zero; of floats as Python defines it.
    FloorDiv,
    /// `a % b` with the divisor's sign; null by integer zero; of floats exact, from `fmod`, as in
    /// Python.
    Rem,
    /// `-a`.
    Neg(Overflow),
    /// A comparison of two values of one type, or of decimals of any.
    Compare(Comparison),
    /// Three-valued `a and b`; `b` is not evaluated where `a` is false.
    And,
    /// Three-valued `a or b`; `b` is not evaluated where `a` is true.
    Or,
    /// Three-valued `not a`.
    Not,
    /// Whether `a` is null; never null.
    IsNull,
    /// Whether `a` equals one of many constants, as a chain of `==` and `or` would say.
    OneOf(Members),
    /// `then if condition else otherwise`, arguments in the order condition, then, otherwise; a null
    /// condition takes `otherwise`; only the branch taken is evaluated.
    IfElse,
    /// `a ?? b`: `b` where `a` is null.
    Coalesce,
    /// The value in another type.
    Cast(ScalarType, CastMode),
    /// A decimal at fewer places.
    Round(Rounding),
    /// A mathematical function over floats; `Abs` and `Sign` over integers too (`Abs` raises on MIN),
    /// `Abs` over decimals.
    Math(Math),
    /// The hash of a value, a u64 ([`crate::meaning::hash`]). Arguments: the value, the state to start
    /// from (a u64). Null is a value like any other.
    Hash,
    /// The number of each row of a table in its order, counted from 0, an i64. No arguments.
    RowNumber(TableId),
    /// A function of text; null if an argument is. Arguments as [`TextFunction::arguments`] says.
    Text(TextFunction),
    /// A function of the bits of integers; of a shift the second argument is a u8.
    Bits(BitFunction),
    /// A function of dates and timestamps.
    Time(TimeFunction),
    /// A function of the host, by its declaration; its arguments are of exactly the declared types,
    /// or not null where nulls are allowed. It runs over all rows, whatever becomes of them.
    Extern(Arc<HostSignature>),
    /// The lesser of two values of one type; −0 below +0, NaN greatest; null if either is null.
    Minimum,
    /// The greater of two values of one type; −0 below +0, NaN greatest; null if either is null.
    Maximum,

    /// The row of `table` whose key equals. Arguments: the key columns over there (rows of `table`),
    /// then as many values here. At most one row may match; two are an error that names the key.
    Lookup {
        /// Where to look.
        table: TableId,
        /// How many columns make the key.
        keys: u32,
        /// Whether a null key finds a null key (groups) or nothing (lookups).
        null_matches: bool,
    },
    /// The row of a table for which all conditions hold, the one picked of several; null where there
    /// is none. Arguments: the columns over there, then as many values here. A null on either side
    /// meets no condition, NaN no comparison; keys know one NaN, and comparisons are IEEE.
    Find(Find),
    /// Arguments: a row reference (from [`Op::Lookup`] or [`Op::Find`]) and a column over there. The value of that
    /// row; null where there is none.
    Gather,
    /// Arguments: a column of the parent table. The values on the rows that the table took of it.
    Take,
    /// No arguments: the row of the other table that stands in each row of a join.
    Joined,

    /// Arguments: a column of each table whose rows a table has one after the other, all of one type.
    /// Their values, one column's after the other's.
    Stack,

    /// Many rows made one value. Arguments: the values, as many as [`Reduction::arity`] says, then
    /// `keys` key columns. Without keys the result is a scalar; or, in the columnar IR, it has the
    /// rows of a group table of `from`. With keys (graph only) the result of its group stands in each
    /// row of `from`.
    Reduce {
        /// Which.
        reduction: Reduction,
        /// The table whose rows are reduced.
        from: TableId,
        /// How many key columns follow the values.
        keys: u32,
    },
    /// Columnar IR only: the key column at this position of a group table. Argument: the key in the
    /// parent table.
    Key(u32),
    /// A window over the rows of its arguments' table.
    Window(WindowOver),
}

/// Where an op may stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// In graphs only.
    Graph,
    /// In the columnar IR only.
    Columns,
    /// In both.
    Both,
}

/// How an op is executed inside a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Execution {
    /// No work: constants, inputs, parameters.
    Leaf,
    /// Compiled into the block loop of a fused segment.
    Fused,
    /// A Rust routine over a block of floats, instantiated per CPU level.
    Wide,
    /// A routine over a block of text.
    Columnar,
    /// A call of the host over a block.
    Extern,
    /// A window segment, over a whole morsel.
    Window,
    /// A lookup's probe or gather.
    Probe,
    /// Ends a pass: its value is known only when all rows were seen.
    Barrier,
}

impl Op {
    /// Whether it gives the same for the same arguments, so that one value may stand for several.
    pub fn is_deterministic(&self) -> bool {
        !matches!(self, Op::Extern(signature) if !signature.deterministic)
    }

    /// At which level the op is legal.
    pub fn level(&self) -> Level {
        match self {
            Op::Node(_) => Level::Graph,
            Op::Input(_) | Op::Param(_) | Op::Key(_) => Level::Columns,
            Op::Reduce { keys, .. } if *keys > 0 => Level::Graph,
            Op::Literal(_)
            | Op::Broadcast(_)
            | Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div
            | Op::FloorDiv
            | Op::Rem
            | Op::Neg(_)
            | Op::Compare(_)
            | Op::And
            | Op::Or
            | Op::Not
            | Op::IsNull
            | Op::OneOf(_)
            | Op::IfElse
            | Op::Coalesce
            | Op::Cast(..)
            | Op::Round(_)
            | Op::Math(_)
            | Op::Text(_)
            | Op::Bits(_)
            | Op::Hash
            | Op::RowNumber(_)
            | Op::Time(_)
            | Op::Extern(_)
            | Op::Minimum
            | Op::Maximum
            | Op::Lookup { .. }
            | Op::Find(_)
            | Op::Gather
            | Op::Take
            | Op::Stack
            | Op::Joined
            | Op::Reduce { .. }
            | Op::Window(_) => Level::Both,
        }
    }

    /// The table that a lookup looks in, and how many conditions it has: as many columns over there
    /// come first among its arguments, then the values here.
    pub fn conditions(&self) -> Option<(TableId, usize)> {
        match self {
            Op::Lookup { table, keys, .. } => Some((*table, *keys as usize)),
            Op::Find(find) => Some((find.table, find.conditions())),
            _ => None,
        }
    }

    /// The op's name in stage texts; what it carries besides is printed by `Display`.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Literal(_) => "literal",
            Op::Node(_) => "node",
            Op::Input(_) => "input",
            Op::Param(_) => "param",
            Op::Broadcast(_) => "broadcast",
            Op::Add(_) => "add",
            Op::Sub(_) => "sub",
            Op::Mul(_) => "mul",
            Op::Div => "div",
            Op::FloorDiv => "floor_div",
            Op::Rem => "rem",
            Op::Neg(_) => "neg",
            Op::Compare(Comparison::Equal) => "eq",
            Op::Compare(Comparison::NotEqual) => "ne",
            Op::Compare(Comparison::Less) => "lt",
            Op::Compare(Comparison::LessOrEqual) => "le",
            Op::Compare(Comparison::Greater) => "gt",
            Op::Compare(Comparison::GreaterOrEqual) => "ge",
            Op::And => "and",
            Op::Or => "or",
            Op::Not => "not",
            Op::IsNull => "is_null",
            Op::OneOf(_) => "one_of",
            Op::IfElse => "if_else",
            Op::Coalesce => "coalesce",
            Op::Cast(_, CastMode::Raise) => "cast",
            Op::Cast(_, CastMode::Null) => "try_cast",
            Op::Cast(_, CastMode::Wrap) => "wrapping_cast",
            Op::Round(rounding) => rounding.name(),
            Op::Math(math) => math.name(),
            Op::Text(function) => function.name(),
            Op::Bits(function) => function.name(),
            Op::Hash => "hash",
            Op::RowNumber(_) => "row_number",
            Op::Time(function) => function.name(),
            Op::Extern(_) => "extern",
            Op::Minimum => "minimum",
            Op::Maximum => "maximum",
            Op::Lookup { .. } => "lookup",
            Op::Find(_) => "find",
            Op::Gather => "gather",
            Op::Take => "take",
            Op::Stack => "stack",
            Op::Joined => "joined",
            Op::Reduce { reduction, .. } => reduction.name(),
            Op::Key(_) => "key",
            Op::Window(window) => window.window.name(),
        }
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())?;
        match self {
            Op::Literal(value) => write!(f, " {value}"),
            Op::Node(node) => write!(f, " {node}"),
            Op::Input(input) => write!(f, " {input}"),
            Op::Param(param) => write!(f, " {param}"),
            Op::Broadcast(table) | Op::RowNumber(table) => write!(f, " {table}"),
            Op::Add(mode) | Op::Sub(mode) | Op::Mul(mode) | Op::Neg(mode) => {
                f.write_str(mode.suffix())
            }
            Op::Cast(to, _) => write!(f, " {to}"),
            Op::Round(rounding) => write!(f, "{rounding}"),
            Op::Time(function) => write!(f, "{function}"),
            Op::Text(TextFunction::Extract { group }) => write!(f, " group={group}"),
            Op::Text(TextFunction::ParseTimestamp { unit, zone, .. }) => {
                write!(f, " {}", ScalarType::Timestamp(*unit, *zone))
            }
            Op::Lookup {
                table,
                keys,
                null_matches,
            } => {
                write!(f, " {table} keys={keys}")?;
                if *null_matches {
                    f.write_str(" null_matches")
                } else {
                    Ok(())
                }
            }
            Op::Find(find) => write!(f, " {find}"),
            Op::OneOf(members) => write!(f, " {members}"),
            Op::Reduce {
                reduction,
                from,
                keys,
            } => {
                for option in reduction.options() {
                    write!(f, " {}={}", option.name, option.value)?;
                }
                write!(f, " of {from}")?;
                if *keys > 0 {
                    write!(f, " keys={keys}")
                } else {
                    Ok(())
                }
            }
            Op::Key(position) => write!(f, " {position}"),
            Op::Extern(signature) => write!(f, " {}", signature.name),
            Op::Window(window) => window.fmt(f),
            Op::Div
            | Op::FloorDiv
            | Op::Rem
            | Op::Compare(_)
            | Op::And
            | Op::Or
            | Op::Not
            | Op::IsNull
            | Op::IfElse
            | Op::Coalesce
            | Op::Math(_)
            | Op::Text(_)
            | Op::Bits(_)
            | Op::Hash
            | Op::Minimum
            | Op::Maximum
            | Op::Gather
            | Op::Take
            | Op::Joined
            | Op::Stack => Ok(()),
        }
    }
}

/// How many units of `fine` make one of `coarse`, if that is a whole number.
pub fn units_per(coarse: TimeUnit, fine: TimeUnit) -> Option<i64> {
    let (coarse, fine) = (coarse.per_second(), fine.per_second());
    (fine % coarse == 0).then_some(fine / coarse)
}
