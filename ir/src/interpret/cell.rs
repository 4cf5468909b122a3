//! Cells: a value or an error in its place.

use std::sync::Arc;

use crate::interpret::error::RowError;
use crate::value::Value;

/// What stands in one row of a column: a value (null is one), or the error that its op met there.
///
/// An error stays where it arose and in what was computed from it until something needs the value;
/// a row that nothing needs raises nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A value; null included.
    Value(Value),
    /// The error that stands for the value.
    Error(Arc<RowError>),
}

impl Cell {
    /// The null cell.
    pub const NULL: Cell = Cell::Value(Value::Null);

    /// The value, unless this is an error.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Cell::Value(value) => Some(value),
            Cell::Error(_) => None,
        }
    }

    /// The error, if this is one.
    pub fn error(&self) -> Option<&Arc<RowError>> {
        match self {
            Cell::Value(_) => None,
            Cell::Error(error) => Some(error),
        }
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Cell {
        Cell::Value(value)
    }
}

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// One value; where rows are wanted it stands in each of them.
    Scalar(Cell),
    /// One cell per row of the column's table.
    Rows(Vec<Cell>),
}

impl ColumnValues {
    /// The cell at a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn cell(&self, row: usize) -> &Cell {
        match self {
            ColumnValues::Scalar(cell) => cell,
            ColumnValues::Rows(cells) => &cells[row],
        }
    }

    /// The number of rows; none for a scalar.
    pub fn rows(&self) -> Option<usize> {
        match self {
            ColumnValues::Scalar(_) => None,
            ColumnValues::Rows(cells) => Some(cells.len()),
        }
    }

    /// Every cell in order; of a scalar the one.
    pub fn cells(&self) -> &[Cell] {
        match self {
            ColumnValues::Scalar(cell) => std::slice::from_ref(cell),
            ColumnValues::Rows(cells) => cells,
        }
    }
}

impl FromIterator<Value> for ColumnValues {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> ColumnValues {
        ColumnValues::Rows(values.into_iter().map(Cell::Value).collect())
    }
}
