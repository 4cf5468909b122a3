//! The interpreter: what every op of the columnar IR means.
//!
//! It runs [`Columns`] directly, one column after the other over whole tables, a cell at a time:
//! simple, slow and complete. Machine code follows it and is tested against it; where a kernel says
//! that a block may have raised, the runtime replays the block here, and this decides whether a row
//! failed and in which words.
//!
//! Errors are values (LANGUAGE, "whose error"): an op that fails leaves an error in its row, which
//! goes wherever that value would have gone. It is raised where something needs the value: in an
//! output, a reduction, a key of a group table or of a table that is looked up in, a filter's
//! predicate. A column that depends on a raised error has no values at all, and everything else is
//! still evaluated, so that the error reported (the lowest row, in it the first node) depends
//! on the program and its data only.

mod cell;
mod decimals;
mod error;
mod evaluate;
mod find;
mod host;
mod needs;
mod reduce;
mod rolling;
mod row;
mod selection;
mod tables;
mod text;
mod time;
mod window;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

pub use cell::{Cell, ColumnValues};
pub use error::{RowError, RowErrorKind, first_error, raise};
pub use row::{fold, is_row_local, may_raise};
pub use selection::{SAMPLE, not_a_row_count, row_count};

use crate::columns::Columns;
use crate::id::{ColumnId, TableId};
use error::Reported;
use evaluate::Interpreter;

/// Evaluates `wanted` and raises the errors that reach it.
///
/// Columns in `bound` are taken as given and nothing above them is evaluated: inputs and parameters
/// must be there, any other column may be. `table_rows` has the row counts of source tables (a
/// table of which a column is bound may be left out) and of those derived tables whose columns
/// are bound.
///
/// # Errors
/// The error to report, if one reached a wanted column or was raised on the way.
///
/// # Panics
/// If the columns would not pass [`Columns::verify`], if an input or parameter needed is not bound,
/// or if bound columns of one table differ in length.
pub fn interpret(
    columns: &Columns,
    wanted: &[ColumnId],
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: &HashMap<TableId, usize>,
) -> Result<HashMap<ColumnId, ColumnValues>, Box<RowError>> {
    let values = interpret_until(columns, wanted, bound, table_rows, &NEVER)?;
    // It was not stopped, so there are values.
    Ok(values.unwrap_or_default())
}

/// As [`interpret`], but gives nothing, and that soon, once `stop` is set.
///
/// # Errors
/// As [`interpret`].
///
/// # Panics
/// As [`interpret`].
pub fn interpret_until(
    columns: &Columns,
    wanted: &[ColumnId],
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: &HashMap<TableId, usize>,
    stop: &AtomicBool,
) -> Result<Option<HashMap<ColumnId, ColumnValues>>, Box<RowError>> {
    let Some((values, mut reported)) = run(columns, wanted, bound, table_rows, stop) else {
        return Ok(None);
    };
    for values in values.values() {
        reported.note_cells(values, 0..values.rows().unwrap_or(0));
    }
    match reported.into_error() {
        Some(error) => Err(error),
        None => Ok(Some(values)),
    }
}

/// For walks that nobody stops.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Evaluates `wanted` and leaves its errors as cells; otherwise as [`interpret`].
///
/// # Errors
/// The error to report, if one was raised on the way: by a reduction, a key or a predicate that a
/// wanted column needs.
///
/// # Panics
/// As [`interpret`].
pub fn interpret_cells(
    columns: &Columns,
    wanted: &[ColumnId],
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: &HashMap<TableId, usize>,
) -> Result<HashMap<ColumnId, ColumnValues>, Box<RowError>> {
    match run(columns, wanted, bound, table_rows, &NEVER) {
        Some((values, reported)) => reported.into_error().map_or(Ok(values), Err),
        None => Ok(HashMap::new()),
    }
}

/// The wanted columns that have values, and what was raised on the way; nothing if it was stopped.
fn run(
    columns: &Columns,
    wanted: &[ColumnId],
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: &HashMap<TableId, usize>,
    stop: &AtomicBool,
) -> Option<(HashMap<ColumnId, ColumnValues>, Reported)> {
    let mut interpreter = Interpreter::new(columns, wanted, bound, table_rows, stop);
    interpreter.run()?;
    Some(interpreter.finish(wanted))
}
