//! Errors of rows: what failed, where, with which operands, and which of several is reported.

use std::fmt;
use std::sync::Arc;

use crate::columns::Columns;
use crate::id::{ColumnId, NodeId};
use crate::interpret::cell::ColumnValues;
use crate::meaning::decimal;
use crate::meaning::text::{MAX_BYTES, MAX_PAIRS, TextError};
use crate::meaning::time::{Civil, civil_of_days};
use crate::op::{Cumulative, Op, Window};
use crate::types::{ScalarType, Zone};
use crate::value::Value;

/// What went wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowErrorKind {
    /// An integer result that its type can't hold.
    Overflow {
        /// The exact result, where it is known.
        exact: Option<i128>,
        /// The type of the result.
        to: ScalarType,
    },
    /// A cast of a value that the target can't hold.
    CastOutOfRange {
        /// The type wanted.
        to: ScalarType,
    },
    /// A wall clock reading that is no instant, or two.
    WallClock {
        /// Where the clock is.
        zone: Zone,
        /// What it should show, in seconds since 1970-01-01 on that clock.
        seconds: i64,
        /// Whether it showed that twice; else it never did.
        repeated: bool,
    },
    /// A function of text has no result.
    Text(TextError),
    /// A function of the host has no result for the rows it was given.
    Host {
        /// Why, in its words or ours.
        message: String,
    },
    /// A null in a column that has none by its type.
    NullInRequired,
    /// Two rows of a table looked up by key have the same key: the error's row and an earlier one.
    DuplicateKey {
        /// The name of the table.
        table: String,
        /// The earlier row.
        first_row: u64,
    },
    /// A table is cut to a number of rows that is null or negative: the one operand.
    NotARowCount {
        /// The name of the table.
        table: String,
        /// The step that cuts it, as written.
        step: &'static str,
    },
}

/// An error of one row.
///
/// Rows count from 0 in the table of the column that failed; a scalar has none.
#[derive(Clone, Debug, PartialEq)]
pub struct RowError {
    /// The column whose op failed.
    pub column: ColumnId,
    /// The first node in canonical order whose expression contains that column.
    pub node: Option<NodeId>,
    /// That node's full name; empty if no node is known.
    pub name: String,
    /// The row.
    pub row: Option<u64>,
    /// What went wrong.
    pub kind: RowErrorKind,
    /// The op that failed.
    pub op: Op,
    /// Its operands (for a key found twice: the key).
    pub operands: Vec<Value>,
    /// The types of the operands, where they are its arguments'.
    pub types: Vec<ScalarType>,
}

impl RowError {
    /// An error of a column's op, with the names it goes by.
    pub fn new(
        columns: &Columns,
        column: ColumnId,
        row: Option<u64>,
        kind: RowErrorKind,
        operands: Vec<Value>,
    ) -> RowError {
        let definition = columns.column(column);
        let node = definition.nodes.first().copied();
        let name = node.and_then(|node| columns.node_names.get(&node).cloned());
        let of_check = || Some(format!("check {}", columns.check_of(column)?.text));
        RowError {
            column,
            node,
            name: name.or_else(of_check).unwrap_or_default(),
            row,
            kind,
            op: definition.op.clone(),
            types: match operands.len() == definition.args.len() {
                true => columns.scalar_types(&definition.args),
                false => Vec::new(),
            },
            operands,
        }
    }

    /// Orders the errors of one row: by node, then by column.
    pub fn order(&self) -> (bool, Option<NodeId>, ColumnId) {
        (self.node.is_none(), self.node, self.column)
    }

    /// The same error such that [`RowError::counted_from`] gives it as it is: an error that has its row
    /// already, among others that have not.
    #[must_use]
    pub fn counted_before(self, first_row: u64) -> RowError {
        self.counted_from(first_row.wrapping_neg())
    }

    /// The same error with its row counted from `first_row` on.
    #[must_use]
    pub fn counted_from(mut self, first_row: u64) -> RowError {
        self.row = self.row.map(|row| row.wrapping_add(first_row));
        if let RowErrorKind::DuplicateKey {
            first_row: earlier, ..
        } = &mut self.kind
        {
            *earlier = earlier.wrapping_add(first_row);
        }
        self
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let RowErrorKind::NotARowCount { table, step } = &self.kind {
            let count = self.operands.first().unwrap_or(&Value::Null);
            return write!(f, "{table}: `{step}` takes 0 rows or more, not {count}");
        }
        if self.name.is_empty() {
            write!(f, "{}: ", self.column)?;
        } else {
            write!(f, "{}: ", self.name)?;
        }
        match &self.kind {
            RowErrorKind::Overflow { exact, to } => {
                match (exact, self.operands.is_empty()) {
                    (Some(exact), false) => write!(f, "{}", number(*exact, *to))?,
                    (Some(exact), true) => {
                        write!(f, "the {} {}", self.noun(), number(*exact, *to))?;
                    }
                    (None, _) => write!(f, "the {}", self.noun())?,
                }
                write!(f, " does not fit {to}")?;
            }
            RowErrorKind::CastOutOfRange { to } => {
                match self.operands.first() {
                    Some(Value::Str(text)) => return self.misread(f, text, *to, ""),
                    Some(_) => write!(f, "{}", self.operand(0))?,
                    None => f.write_str("the value")?,
                }
                write!(f, " does not fit {to}")?;
            }
            RowErrorKind::Text(TextError::TooLong { bytes }) => write!(
                f,
                "{} would give a text of {bytes} bytes, more than the {MAX_BYTES} allowed",
                self.op.name()
            )?,
            RowErrorKind::Text(TextError::TooManyPairs { pairs }) => write!(
                f,
                "{} would compare {pairs} pairs of characters, more than the {MAX_PAIRS} allowed",
                self.op.name()
            )?,
            RowErrorKind::Text(TextError::Misread) => {
                let (Some(Value::Str(text)), Some(pattern), Op::Text(function)) =
                    (self.operands.first(), self.operands.get(1), &self.op)
                else {
                    return f.write_str("the text is not as the pattern");
                };
                let pattern = format!(" as {pattern}");
                return self.misread(f, text, function.result(), &pattern);
            }
            RowErrorKind::Text(TextError::Pattern(error)) => write!(f, "{error}")?,
            RowErrorKind::Host { message } => {
                let name = match &self.op {
                    Op::Extern(signature) => &signature.name,
                    _ => "",
                };
                write!(f, "the host's function `{name}` failed: {message}")?;
            }
            RowErrorKind::NotARowCount { .. } => {}
            RowErrorKind::WallClock {
                zone,
                seconds,
                repeated,
            } => {
                let times = if *repeated { "showed" } else { "never showed" };
                let twice = if *repeated { " twice" } else { "" };
                let zone = zone.name();
                write!(f, "the clocks of {zone} {times} {}{twice}", Shown(*seconds))?;
            }
            RowErrorKind::NullInRequired => f.write_str("null where the type has none")?,
            RowErrorKind::DuplicateKey { table, first_row } => {
                write!(f, "two rows of {table} have the key ")?;
                for (position, operand) in self.operands.iter().enumerate() {
                    write!(f, "{}{operand}", if position == 0 { "" } else { ", " })?;
                }
                if let Some(row) = self.row {
                    write!(f, " (rows {first_row} and {row})")?;
                }
                return f.write_str("; `first` or `last` before the lookup takes one of them");
            }
        }
        if let Some(row) = self.row {
            write!(f, " (row {row})")?;
        }
        match (&self.kind, &self.operands[..]) {
            (RowErrorKind::Overflow { .. }, [_, _]) => {
                let (a, b) = (self.operand(0), self.operand(1));
                write!(f, ": {a} {} {b}", self.symbol())
            }
            (RowErrorKind::Overflow { .. }, [_]) => {
                write!(f, ": {}({})", self.symbol(), self.operand(0))
            }
            _ => Ok(()),
        }
    }
}

/// Seconds of a wall clock as a date and a time of day.
struct Shown(i64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let Civil { year, month, day } = civil_of_days(days);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )
    }
}

/// A whole number as a value of a type: of a decimal with its places.
fn number(value: i128, scalar: ScalarType) -> String {
    let mut made = String::new();
    // Writing to a string can't fail.
    let _ = decimal::show(value, decimal::places(scalar), &mut made);
    made
}

impl RowError {
    /// An operand as its type has it.
    fn operand(&self, position: usize) -> String {
        match (&self.operands[position], self.types.get(position)) {
            (Value::Integer(value), Some(scalar)) => number(*value, *scalar),
            (value, _) => value.to_string(),
        }
    }

    /// A text that says no value of a type; of a long one its beginning.
    fn misread(
        &self,
        f: &mut fmt::Formatter<'_>,
        text: &str,
        to: ScalarType,
        pattern: &str,
    ) -> fmt::Result {
        const SHOWN: usize = 40;
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        write!(f, "{shown:?}{more} is no {to}{pattern}")?;
        match self.row {
            Some(row) => write!(f, " (row {row})"),
            None => Ok(()),
        }
    }

    /// The op as it is written.
    fn symbol(&self) -> &'static str {
        let symbols = [
            (matches!(self.op, Op::Add(_)), "+"),
            (matches!(self.op, Op::Sub(_) | Op::Neg(_)), "-"),
            (matches!(self.op, Op::Mul(_)), "*"),
            (matches!(self.op, Op::FloorDiv), "//"),
        ];
        let found = symbols.into_iter().find(|(matches, _)| *matches);
        found.map_or(self.op.name(), |(_, symbol)| symbol)
    }

    /// What the op's result is called.
    fn noun(&self) -> &'static str {
        if let Op::Window(window) = &self.op
            && window.window == Window::Cumulative(Cumulative::Product)
        {
            "product"
        } else if matches!(self.op, Op::Reduce { .. } | Op::Window(_)) {
            "sum"
        } else {
            "result"
        }
    }
}

impl std::error::Error for RowError {}

/// The error to report among those that reached sinks: the lowest row of a sink, and in that row
/// the first in canonical order of nodes. A scalar comes before all rows.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    found: Option<(Option<u64>, Arc<RowError>)>,
}

impl Reported {
    /// Notes an error that reached a row of a sink.
    pub(crate) fn note(&mut self, row: Option<u64>, error: &Arc<RowError>) {
        let rank = |row: Option<u64>, error: &RowError| (row, error.order(), error.row);
        let better = self
            .found
            .as_ref()
            .is_none_or(|(best_row, best)| rank(row, error) < rank(*best_row, best));
        if better {
            self.found = Some((row, error.clone()));
        }
    }

    /// Notes every error among the cells of a sink's column, in these rows.
    pub(crate) fn note_cells(&mut self, values: &ColumnValues, rows: std::ops::Range<usize>) {
        match values {
            ColumnValues::Scalar(cell) => {
                if let Some(error) = cell.error() {
                    self.note(None, error);
                }
            }
            ColumnValues::Rows(cells) => {
                // Later rows of this column can't win over its first.
                let first = cells[rows.clone()]
                    .iter()
                    .zip(rows)
                    .find_map(|(cell, row)| Some((row, cell.error()?)));
                if let Some((row, error)) = first {
                    self.note(Some(row as u64), error);
                }
            }
        }
    }

    /// The error to report, if any.
    pub(crate) fn into_error(self) -> Option<Box<RowError>> {
        self.found.map(|(_, error)| Box::new((*error).clone()))
    }
}

/// The error to report if these columns are delivered or otherwise needed, looking only at `rows` of
/// those that have rows; none if no cell there is an error.
///
/// `first_row` is the number of the columns' row 0 in their table: rows in the answer count from the
/// start of the table.
///
/// # Panics
/// If a column has fewer rows.
pub fn first_error<'a>(
    values: impl IntoIterator<Item = &'a ColumnValues>,
    rows: std::ops::Range<usize>,
    first_row: u64,
) -> Option<Box<RowError>> {
    let mut reported = Reported::default();
    for values in values {
        reported.note_cells(values, rows.clone());
    }
    reported
        .into_error()
        .map(|error| Box::new(error.counted_from(first_row)))
}

/// Raises the error to report among the cells of one column, if there is any; rows count from
/// `first_row`.
///
/// # Errors
/// The error in the lowest row.
pub fn raise(values: &ColumnValues, first_row: u64) -> Result<(), Box<RowError>> {
    match first_error([values], 0..values.rows().unwrap_or(0), first_row) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}
