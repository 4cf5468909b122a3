//! What can go wrong while a plan runs: typed, so that callers can tell the data's faults from
//! their own and from ours.

use std::fmt;

use icosian_ir::columns::Columns;
use icosian_ir::interpret::RowError;
use icosian_ir::types::Domain;

use crate::source::SourceError;

/// Why a run failed.
#[derive(Debug)]
pub enum RunError {
    /// A row's value is an error (overflow, a cast out of range) and something asked for needs it.
    Row {
        /// What happened, in which row, with which operands.
        error: Box<RowError>,
        /// The table of the row; none for scalars.
        table: Option<String>,
    },
    /// Two rows of the build side of a lookup have one key.
    DuplicateKey {
        /// The table looked up.
        table: String,
        /// The key, as text.
        key: String,
        /// The first row that has it, and another, from 0.
        rows: (u64, u64),
    },
    /// The rows of a table could not be read.
    Source {
        /// The table.
        table: String,
        /// What is wrong with its source.
        error: Box<SourceError>,
    },
    /// The data bound to a table is not what the plan reads.
    Data {
        /// The column or table.
        what: String,
        /// What the plan reads.
        expected: String,
        /// What was given.
        found: String,
    },
    /// No data was given for a table.
    MissingTable(String),
    /// No data was given for a column.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A parameter without a default was not given.
    MissingParam(String),
    /// The memory budget is used up.
    Memory {
        /// What was asked for, in bytes.
        wanted: usize,
        /// The budget, in bytes.
        limit: usize,
    },
    /// A join has more rows than can be numbered.
    TooManyRows {
        /// How many it would have.
        rows: usize,
        /// How many can be numbered.
        limit: usize,
    },
    /// The run was cancelled.
    Cancelled,
    /// Arrow refused; by our fault or by the size of the data.
    Arrow(arrow::error::ArrowError),
    /// A broken plan or a broken promise between stages: our bug.
    Internal(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Row { error, table } => {
                error.fmt(f)?;
                match table {
                    Some(table) if error.row.is_some() => write!(f, " in {table}"),
                    Some(_) | None => Ok(()),
                }
            }
            RunError::DuplicateKey {
                table,
                key,
                rows: (first, other),
            } => write!(
                f,
                "two rows of {table} have the key {key} (rows {first} and {other}); `first` or `last` \
                 before the lookup takes one of them"
            ),
            RunError::Source { table, error } => write!(f, "table `{table}`: {error}"),
            RunError::Data {
                what,
                expected,
                found,
            } => write!(f, "{what}: expected {expected}, found {found}"),
            RunError::MissingTable(table) => write!(f, "no data was given for table {table}"),
            RunError::MissingColumn { table, column } => {
                write!(f, "no data was given for column {column} of table {table}")
            }
            RunError::MissingParam(name) => write!(f, "parameter {name} was not given"),
            RunError::Memory { wanted, limit } => write!(
                f,
                "the memory budget of {limit} bytes does not leave room for {wanted} more"
            ),
            RunError::TooManyRows { rows, limit } => write!(
                f,
                "a join would have {rows} rows; at most {limit} can be numbered"
            ),
            RunError::Cancelled => f.write_str("the run was cancelled"),
            RunError::Arrow(error) => error.fmt(f),
            RunError::Internal(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RunError::Source { error, .. } => Some(error.as_ref()),
            RunError::Arrow(error) => Some(error),
            RunError::Row { .. }
            | RunError::DuplicateKey { .. }
            | RunError::Data { .. }
            | RunError::MissingTable(_)
            | RunError::MissingColumn { .. }
            | RunError::MissingParam(_)
            | RunError::Memory { .. }
            | RunError::TooManyRows { .. }
            | RunError::Cancelled
            | RunError::Internal(_) => None,
        }
    }
}

impl From<arrow::error::ArrowError> for RunError {
    fn from(error: arrow::error::ArrowError) -> RunError {
        RunError::Arrow(error)
    }
}

/// A broken promise between stages.
pub(crate) fn internal(message: impl Into<String>) -> RunError {
    RunError::Internal(message.into())
}

/// An error of a row, with the table that the row is of.
pub(crate) fn row_error(columns: &Columns, error: Box<RowError>) -> RunError {
    let table = match columns.column(error.column).domain {
        Domain::Rows(table) => Some(columns.tables[table].name.clone()),
        Domain::Scalar => None,
    };
    RunError::Row { error, table }
}
