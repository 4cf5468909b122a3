//! Where machine code says that rows may have raised, the interpreter decides.
//!
//! It computes the sinks' columns over the morsel's rows and what its windows look at, from the same
//! inputs. An error among the morsel's own rows is the run's; if there is none, what the kernels
//! wrote stands.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use icosian_ir::columns::{Columns, Selection};
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::{Cell, ColumnValues, RowError, first_error, interpret_cells};
use icosian_ir::op::Op;
use icosian_ir::plan::Sink;
use icosian_ir::value::Value;

use crate::convert::column_cells;
use crate::error::{RunError, internal, row_error};
use crate::execute::pass::PassRun;
use crate::execute::program::{PassProgram, SinkPlan};
use crate::execute::reading::ReadRows;
use crate::execute::selection::kept_rows;
use crate::execute::sink::rows::DeferredError;

/// Raises the first error that a sink of the rows `core` needs. Errors in values that a sink only
/// keeps are given back, each with its sink's position: whoever needs them later raises them.
pub(crate) fn replay(
    run: &PassRun<'_>,
    reads: &ReadRows<'_>,
    core: Range<usize>,
) -> Result<Vec<(usize, DeferredError)>, RunError> {
    let columns = run.prepared.columns();
    let mut bound = HashMap::new();
    let mut table_rows = HashMap::new();
    if run.built.iter().any(Option::is_some) {
        run.run.bind_built(run.params, &mut bound, &mut table_rows);
    }
    // Sums from the first row on, and lookups into the table itself, need all of its rows.
    let whole = !run.program.cumulative.is_empty() || table_rows.contains_key(&run.pass.table);
    let (start, end) = if whole {
        (0, run.table_rows)
    } else {
        run.extent(&core)
    };
    let own = core.start - start..core.end - start;
    table_rows.insert(run.pass.table, end - start);
    let rows_read = (start.checked_sub(reads.first_row))
        .map(|first| first..first + end - start)
        .ok_or_else(|| internal("rows that were not read"))?;
    for (slot, column) in run.program.reads.iter().zip(&*reads.columns) {
        let slot = &run.program.slots[*slot];
        bound.insert(
            slot.column,
            column_cells(column, slot.ty.scalar, rows_read.clone()),
        );
    }
    // Rows are numbered from the table's first, of which this may be a part.
    for (id, column) in columns.columns.iter() {
        if column.op == Op::RowNumber(run.pass.table) {
            let numbers = (start..end).map(|row| Value::Integer(row as i128));
            bound.insert(id, numbers.collect());
        }
    }
    for (id, cell) in &run.params.scalars {
        bound.insert(*id, ColumnValues::Scalar(cell.clone()));
    }
    // Errors of earlier passes have their rows; those found here are counted from the first row here.
    if start > 0 {
        let cells = bound.values_mut().flat_map(|values| match values {
            ColumnValues::Scalar(cell) => std::slice::from_mut(cell),
            ColumnValues::Rows(cells) => cells,
        });
        for cell in cells {
            if let Cell::Error(error) = cell {
                let placed = RowError::clone(error).counted_before(start as u64);
                *error = Arc::new(placed);
            }
        }
    }
    let Wanted { needed, kept } = wanted(columns, &run.pass.sinks, run.program);
    let mut all = needed.clone();
    all.extend(kept.iter().flat_map(|kept| kept.columns.iter().flatten()));
    all.sort_unstable();
    all.dedup();
    let values = interpret_cells(columns, &all, bound, &table_rows)
        .map_err(|error| row_error(columns, Box::new(error.counted_from(start as u64))))?;
    let reached = needed.iter().map(|id| &values[id]);
    if let Some(error) = first_error(reached, own.clone(), start as u64) {
        return Err(row_error(columns, error));
    }
    let mut deferred = Vec::new();
    for kept in &kept {
        let rows = match kept.selection {
            None => own.clone().collect(),
            Some(selection) => {
                let range = &run.ranges[kept.sink];
                kept_rows(selection, |id| &values[&id], own.clone(), start, range)
            }
        };
        for (row, from) in rows.into_iter().enumerate() {
            for (column, id) in kept.columns.iter().enumerate() {
                let Some(id) = id else { continue };
                if let Some(error) = values[id].cell(from).error() {
                    let error = RowError::clone(error).counted_from(start as u64);
                    let error = Arc::new(error);
                    deferred.push((kept.sink, DeferredError { column, row, error }));
                }
            }
        }
    }
    Ok(deferred)
}

/// What the sinks of a pass read.
struct Wanted<'a> {
    /// Columns whose errors are raised.
    needed: Vec<ColumnId>,
    /// Columns whose errors are kept.
    kept: Vec<Kept<'a>>,
}

/// The columns that a sink keeps, of the rows it selects; none: of all.
struct Kept<'a> {
    sink: usize,
    selection: Option<&'a Selection>,
    /// None where a column stands in the table, with its errors.
    columns: Vec<Option<ColumnId>>,
}

fn wanted<'a>(columns: &Columns, sinks: &'a [Sink], program: &PassProgram) -> Wanted<'a> {
    let args = |column: &ColumnId| columns.column(*column).args.clone();
    let mut needed = Vec::new();
    let mut kept = Vec::new();
    let mut keep = |sink: usize, selection: Option<&'a Selection>, plan: &SinkPlan| {
        if let SinkPlan::Build { columns }
        | SinkPlan::Spool { columns, .. }
        | SinkPlan::Stack { columns, .. }
        | SinkPlan::Window { columns } = plan
        {
            let copied = |(column, slot): &(ColumnId, usize)| {
                (!program.stands(plan, *slot)).then_some(*column)
            };
            let columns = columns.iter().map(copied).collect();
            kept.push(Kept {
                sink,
                selection,
                columns,
            });
        }
    };
    for (position, (sink, plan)) in sinks.iter().zip(&program.sinks).enumerate() {
        match sink {
            Sink::Output { columns } => needed.extend(columns),
            Sink::Reduce { reductions } => needed.extend(reductions.iter().flat_map(args)),
            // Where there is a filter, nothing that it or a row it leaves out gives can be an error.
            Sink::Group { keys, columns, .. } => {
                needed.extend(keys.iter().copied().chain(columns.iter().flat_map(args)));
            }
            Sink::Build { side, .. } => {
                needed.extend(side.columns());
                keep(position, None, plan);
            }
            Sink::Spool { selection, .. } => {
                needed.extend(selection.keys());
                keep(position, Some(selection), plan);
            }
            Sink::Stack { .. } => keep(position, None, plan),
            Sink::Window { keys, order, .. } => {
                needed.extend(keys.iter().chain(order));
                keep(position, None, plan);
            }
            Sink::Carry { windows } => needed.extend(windows.iter().flat_map(args)),
        }
    }
    Wanted { needed, kept }
}
