//! Where machine code says that rows may have raised, the interpreter decides.
//!
//! It computes the sinks' columns over the morsel's rows and what its windows look at, from the same
//! inputs. An error among the morsel's own rows is the run's; if there is none, what the kernels
//! wrote stands.

use std::collections::HashMap;
use std::ops::Range;

use icosian_ir::id::ColumnId;
use icosian_ir::interpret::{Cell, ColumnValues, first_error, interpret_cells};
use icosian_ir::plan::Sink;
use icosian_ir::value::Value;

use crate::convert::column_values;
use crate::error::{RunError, row_error};
use crate::execute::pass::PassRun;

/// Raises the first error that reaches a sink in the rows `core`.
pub(crate) fn replay(run: &PassRun<'_>, core: Range<usize>) -> Result<(), RunError> {
    let columns = run.prepared.columns();
    let mut bound = HashMap::new();
    let mut table_rows = HashMap::new();
    let built_tables: Vec<_> = run.built.iter().flatten().collect();
    if !built_tables.is_empty() {
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
    for (slot, column) in run.program.reads.iter().zip(&run.reads) {
        let slot = &run.program.slots[*slot];
        let values = column_values(column, slot.ty.scalar, start..end);
        bound.insert(slot.column, values.into_iter().collect());
    }
    for (id, cell) in &run.params.scalars {
        bound.insert(*id, ColumnValues::Scalar(cell.clone()));
    }
    let args = |column: &ColumnId| columns.column(*column).args.clone();
    let mut wanted = Vec::new();
    let mut filtered = Vec::new();
    for sink in &run.pass.sinks {
        match sink {
            Sink::Output { columns } => wanted.extend(columns.iter().copied()),
            Sink::Reduce { reductions } => wanted.extend(reductions.iter().flat_map(args)),
            Sink::Group { keys, columns, .. } => {
                wanted.extend(keys.iter().copied().chain(columns.iter().flat_map(args)));
            }
            Sink::Build { keys, payload } => {
                wanted.extend(keys.iter().chain(payload).copied());
            }
            Sink::Spool {
                predicate, columns, ..
            } => {
                wanted.push(*predicate);
                filtered.push((
                    *predicate,
                    columns.iter().flat_map(args).collect::<Vec<_>>(),
                ));
            }
            Sink::Carry { windows } => wanted.extend(windows.iter().flat_map(args)),
        }
    }
    let mut all: Vec<ColumnId> = wanted.clone();
    all.extend(
        filtered
            .iter()
            .flat_map(|filtered| filtered.1.iter().copied()),
    );
    all.sort_unstable();
    all.dedup();
    let raised = |error| Err(row_error(columns, error));
    let values = match interpret_cells(columns, &all, bound, &table_rows) {
        Ok(values) => values,
        Err(error) => return raised(Box::new(error.counted_from(start as u64))),
    };
    let mut reached: Vec<ColumnValues> = wanted.iter().map(|id| values[id].clone()).collect();
    for (predicate, kept) in &filtered {
        let predicate = &values[predicate];
        let is_kept = |row: usize| *predicate.cell(row) == Cell::Value(Value::Bool(true));
        for column in kept {
            let cells = (0..end - start).map(|row| {
                if is_kept(row) {
                    values[column].cell(row).clone()
                } else {
                    Cell::NULL
                }
            });
            reached.push(ColumnValues::Rows(cells.collect()));
        }
    }
    match first_error(&reached, own, start as u64) {
        Some(error) => raised(error),
        None => Ok(()),
    }
}
