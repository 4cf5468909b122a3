//! The operations, one list for the graph and the columnar IR.
//!
//! An op carries its whole meaning (overflow behaviour, ddof, window length), so that nothing is
//! guessed later. A few ops are legal at one level only: [`Op::level`] says which.
//!
//! What an op does with nulls, NaN and errors is defined once, in [`crate::interpret`] and
//! [`crate::meaning`]; what types it takes, in [`crate::typing`].

mod bits;
mod time;

use crate::id::{InputId, NodeId, ParamId, TableId};
pub use crate::meaning::math::Math;
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;
pub use bits::BitFunction;
pub use time::{Fold, Gap, Period, TimeFunction, TimePart};

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

/// Values of many rows made one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reduction {
    /// The exact sum, rounded once; 0 of nothing. Integers: 64-bit, checked on delivery.
    Sum,
    /// The exact sum over the count, rounded once.
    Mean,
    /// The least value; −0 below +0, NaN greatest.
    Min,
    /// The greatest value; −0 below +0, NaN greatest.
    Max,
    /// Variance with `ddof` degrees of freedom taken off, from exact moments.
    Var {
        /// What is taken off the count in the divisor.
        ddof: u8,
    },
    /// The square root of the variance.
    Std {
        /// What is taken off the count in the divisor.
        ddof: u8,
    },
    /// How many values are not null.
    Count,
    /// How many rows; takes no value.
    Len,
    /// Whether some value is true; nulls skipped, null of nothing.
    Any,
    /// Whether every value is true; nulls skipped, null of nothing.
    All,
}

/// A value per row from that row and its neighbours in row order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Window {
    /// The value `rows` rows before (after, if negative); null beyond the ends.
    Shift {
        /// How far back.
        rows: i64,
    },
    /// The sum of the non-null values up to and including this row; null where this row is null.
    CumulativeSum,
    /// Sum over this row and the `rows - 1` before; null below `min_rows` non-null values.
    RollingSum {
        /// The window's length in rows, at least 1.
        rows: u64,
        /// The least number of non-null values, at most `rows`.
        min_rows: u64,
    },
    /// Mean over the same window.
    RollingMean {
        /// The window's length in rows, at least 1.
        rows: u64,
        /// The least number of non-null values, at most `rows`.
        min_rows: u64,
    },
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

    /// `a + b`, both of one number type; also timestamp + duration, duration + duration, date + i32 days.
    Add(Overflow),
    /// `a - b`; as [`Op::Add`], also timestamp − timestamp and date − date (i32 days).
    Sub(Overflow),
    /// `a * b`, both of one number type; also duration * i64.
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
    /// A comparison of two values of one type.
    Compare(Comparison),
    /// Three-valued `a and b`; `b` is not evaluated where `a` is false.
    And,
    /// Three-valued `a or b`; `b` is not evaluated where `a` is true.
    Or,
    /// Three-valued `not a`.
    Not,
    /// Whether `a` is null; never null.
    IsNull,
    /// `then if condition else otherwise`, arguments in the order condition, then, otherwise; a null
    /// condition takes `otherwise`; only the branch taken is evaluated.
    IfElse,
    /// `a ?? b`: `b` where `a` is null.
    Coalesce,
    /// The value in another type.
    Cast(ScalarType, CastMode),
    /// A mathematical function over floats; `Abs` and `Sign` over integers too (`Abs` raises on MIN).
    Math(Math),
    /// A function of the bits of integers; of a shift the second argument is a u8.
    Bits(BitFunction),
    /// A function of dates and timestamps.
    Time(TimeFunction),
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
    /// Arguments: a row reference (from [`Op::Lookup`]) and a column over there. The value of that
    /// row; null where there is none.
    Gather,
    /// Arguments: a column of the parent table. The values on the rows that the table took of it.
    Take,

    /// Many rows made one value. Arguments: the value (none for `Len`), then `keys` key columns.
    /// Without keys the result is a scalar; or, in the columnar IR, it has the rows of a group table
    /// of `from`. With keys (graph only) the result of its group stands in each row of `from`.
    Reduce {
        /// Which.
        reduction: Reduction,
        /// The table whose rows are reduced.
        from: TableId,
        /// How many key columns follow the value.
        keys: u32,
    },
    /// Columnar IR only: the key column at this position of a group table. Argument: the key in the
    /// parent table.
    Key(u32),
    /// A window over the rows of the argument's table, in its order.
    Window(Window),
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
    /// A window segment, over a whole morsel.
    Window,
    /// A lookup's probe or gather.
    Probe,
    /// Ends a pass: its value is known only when all rows were seen.
    Barrier,
}

impl Op {
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
            | Op::IfElse
            | Op::Coalesce
            | Op::Cast(..)
            | Op::Math(_)
            | Op::Bits(_)
            | Op::Time(_)
            | Op::Minimum
            | Op::Maximum
            | Op::Lookup { .. }
            | Op::Gather
            | Op::Take
            | Op::Reduce { .. }
            | Op::Window(_) => Level::Both,
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
            Op::IfElse => "if_else",
            Op::Coalesce => "coalesce",
            Op::Cast(_, CastMode::Raise) => "cast",
            Op::Cast(_, CastMode::Null) => "try_cast",
            Op::Cast(_, CastMode::Wrap) => "wrapping_cast",
            Op::Math(math) => math.name(),
            Op::Bits(function) => function.name(),
            Op::Time(function) => function.name(),
            Op::Minimum => "minimum",
            Op::Maximum => "maximum",
            Op::Lookup { .. } => "lookup",
            Op::Gather => "gather",
            Op::Take => "take",
            Op::Reduce { reduction, .. } => reduction.name(),
            Op::Key(_) => "key",
            Op::Window(window) => window.name(),
        }
    }
}

impl Reduction {
    /// The function's name in flow text.
    pub fn name(self) -> &'static str {
        match self {
            Reduction::Sum => "sum",
            Reduction::Mean => "mean",
            Reduction::Min => "min",
            Reduction::Max => "max",
            Reduction::Var { .. } => "var",
            Reduction::Std { .. } => "std",
            Reduction::Count => "count",
            Reduction::Len => "len",
            Reduction::Any => "any",
            Reduction::All => "all",
        }
    }
}

impl Window {
    /// The op's name in stage texts.
    pub fn name(self) -> &'static str {
        match self {
            Window::Shift { .. } => "shift",
            Window::CumulativeSum => "cumulative_sum",
            Window::RollingSum { .. } => "rolling_sum",
            Window::RollingMean { .. } => "rolling_mean",
        }
    }

    /// Rows before and after a row that its value depends on; none for cumulative windows, which
    /// depend on all rows before.
    pub fn halo(self) -> Option<(u64, u64)> {
        match self {
            Window::Shift { rows } if rows >= 0 => Some((rows.unsigned_abs(), 0)),
            Window::Shift { rows } => Some((0, rows.unsigned_abs())),
            Window::CumulativeSum => None,
            Window::RollingSum { rows, .. } | Window::RollingMean { rows, .. } => {
                Some((rows.saturating_sub(1), 0))
            }
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
            Op::Broadcast(table) => write!(f, " {table}"),
            Op::Add(mode) | Op::Sub(mode) | Op::Mul(mode) | Op::Neg(mode) => {
                f.write_str(mode.suffix())
            }
            Op::Cast(to, _) => write!(f, " {to}"),
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
            Op::Reduce {
                reduction,
                from,
                keys,
            } => {
                match reduction {
                    Reduction::Var { ddof } | Reduction::Std { ddof } => write!(f, " ddof={ddof}")?,
                    Reduction::Sum
                    | Reduction::Mean
                    | Reduction::Min
                    | Reduction::Max
                    | Reduction::Count
                    | Reduction::Len
                    | Reduction::Any
                    | Reduction::All => {}
                }
                write!(f, " of {from}")?;
                if *keys > 0 {
                    write!(f, " keys={keys}")
                } else {
                    Ok(())
                }
            }
            Op::Key(position) => write!(f, " {position}"),
            Op::Window(Window::Shift { rows }) => write!(f, " {rows}"),
            Op::Window(
                Window::RollingSum { rows, min_rows } | Window::RollingMean { rows, min_rows },
            ) => write!(f, " rows={rows} min={min_rows}"),
            Op::Window(Window::CumulativeSum)
            | Op::Div
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
            | Op::Bits(_)
            | Op::Minimum
            | Op::Maximum
            | Op::Gather
            | Op::Take => Ok(()),
            Op::Time(function) => write!(f, "{function}"),
        }
    }
}

/// How many units of `fine` make one of `coarse`, if that is a whole number.
pub fn units_per(coarse: TimeUnit, fine: TimeUnit) -> Option<i64> {
    let (coarse, fine) = (coarse.per_second(), fine.per_second());
    (fine % coarse == 0).then_some(fine / coarse)
}
