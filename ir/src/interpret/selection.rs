//! Which rows of its parent a table takes, and in which order.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::columns::{End, Selection, SortKey};
use crate::id::{ColumnId, TableId};
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::evaluate::Interpreter;
use crate::interpret::row::first_of;
use crate::interpret::tables::{Groups, Stopped};
use crate::meaning::order::Direction;
use crate::value::Value;

/// The step of a query that takes a sample.
pub const SAMPLE: &str = "sample";

/// The rows that a selection takes, in the order in which it takes them.
pub(super) fn select(
    interpreter: &Interpreter<'_>,
    table: TableId,
    selection: &Selection,
) -> Result<Vec<usize>, Stopped> {
    match selection {
        Selection::Where(predicate) => keep(interpreter.values(*predicate)?),
        Selection::First { predicate, count } => {
            let mut rows = keep(interpreter.values(*predicate)?)?;
            rows.truncate(*count);
            Ok(rows)
        }
        Selection::Order(keys) => order(interpreter, keys),
        Selection::Limit {
            end,
            count,
            parent_rows,
        } => {
            let rows = interpreter.values(*parent_rows)?.rows().unwrap_or(0);
            let cell = interpreter.values(*count)?.cell(0);
            let limit = limit_of(interpreter, table, end.step(), *count, cell)
                .map_err(|error| Stopped::At(None, error))?;
            Ok(match end {
                End::First => (0..rows.min(limit)).collect(),
                End::Last => (rows.saturating_sub(limit)..rows).collect(),
            })
        }
        Selection::Sample { key, count } => {
            let cell = interpreter.values(*count)?.cell(0);
            let limit = limit_of(interpreter, table, SAMPLE, *count, cell)
                .map_err(|error| Stopped::At(None, error))?;
            let key = SortKey {
                column: *key,
                direction: Direction::default(),
            };
            let mut rows = order(interpreter, &[key])?;
            rows.truncate(limit);
            rows.sort_unstable();
            Ok(rows)
        }
        // Its rows stand in pairs with those of another table.
        Selection::Join(_) => unreachable!("a join is made of pairs"),
        Selection::Distinct(keys) => {
            Ok(Groups::new(&interpreter.arguments(keys)?, None)?.first_rows)
        }
    }
}

/// The rows on which a predicate is true; null and false drop.
fn keep(predicate: &ColumnValues) -> Result<Vec<usize>, Stopped> {
    let mut kept = Vec::new();
    for (row, cell) in predicate.cells().iter().enumerate() {
        match cell {
            Cell::Value(Value::Bool(true)) => kept.push(row),
            Cell::Value(_) => {}
            Cell::Error(error) => return Err(Stopped::At(Some(row), error.clone())),
        }
    }
    Ok(kept)
}

/// All rows by their keys; ties stay as they are.
fn order(interpreter: &Interpreter<'_>, keys: &[SortKey]) -> Result<Vec<usize>, Stopped> {
    let ids: Vec<ColumnId> = keys.iter().map(|key| key.column).collect();
    let columns = interpreter.arguments(&ids)?;
    let rows = columns.iter().find_map(|values| values.rows());
    let mut values: Vec<Vec<&Value>> = Vec::new();
    for row in 0..rows.unwrap_or(0) {
        if let Some(error) = first_of(columns.iter().map(|values| values.cell(row))) {
            return Err(Stopped::At(Some(row), error));
        }
        let cells = columns.iter().map(|values| values.cell(row).value());
        values.push(cells.map(|value| value.unwrap_or(&Value::Null)).collect());
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| {
        keys.iter()
            .zip(values[*a].iter().zip(&values[*b]))
            .map(|(key, (a, b))| key.direction.compare(a, b))
            .fold(Ordering::Equal, Ordering::then)
    });
    Ok(order)
}

/// How many rows a limit lets through.
fn limit_of(
    interpreter: &Interpreter<'_>,
    table: TableId,
    step: &'static str,
    count: ColumnId,
    cell: &Cell,
) -> Result<usize, Arc<RowError>> {
    let value = match cell {
        Cell::Error(error) => return Err(error.clone()),
        Cell::Value(value) => value,
    };
    row_count(value).ok_or_else(|| {
        let columns = interpreter.columns;
        Arc::new(not_a_row_count(columns, table, step, count, value))
    })
}

/// How many rows a value stands for; none if it is null or negative.
pub fn row_count(value: &Value) -> Option<usize> {
    match value {
        Value::Integer(count) if *count >= 0 => Some(usize::try_from(*count).unwrap_or(usize::MAX)),
        _ => None,
    }
}

/// The error of a table that is cut to a number of rows that is none.
pub fn not_a_row_count(
    columns: &crate::columns::Columns,
    table: TableId,
    step: &'static str,
    count: ColumnId,
    value: &Value,
) -> RowError {
    let kind = RowErrorKind::NotARowCount {
        table: columns.tables[table].name.clone(),
        step,
    };
    RowError::new(columns, count, None, kind, vec![value.clone()])
}
