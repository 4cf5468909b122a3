//! Where machine code says that rows may have raised, the interpreter decides.
//!
//! It computes the outputs of the same rows. What was looked up is not looked up again: tables may be
//! large. It is taken as found, except in rows whose key is an error.

use std::collections::HashMap;
use std::sync::Arc;

use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, first_error, interpret_cells};
use icosian_ir::value::Value;

use crate::data::ChunkedColumn;
use crate::error::{RunError, row_error};
use crate::execute::by_row::RowProgram;
use crate::execute::by_row::run::Machine;
use crate::execute::by_row::step::Step;

/// What the interpreter is given.
struct Replay<'a> {
    columns: &'a Columns,
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: HashMap<TableId, usize>,
}

/// Raises the error of the lowest row, if an output has one.
#[cold]
pub(crate) fn replay(program: &RowProgram, machine: &Machine, rows: usize) -> Result<(), RunError> {
    let columns = &*program.columns;
    let mut replay = Replay {
        columns,
        bound: HashMap::new(),
        table_rows: HashMap::from([(program.table, rows)]),
    };
    for (id, cell) in &program.params.scalars {
        let values = ColumnValues::Scalar(cell.clone());
        replay.bound.insert(*id, values);
    }
    for input in &program.inputs {
        if let Some(column) = program.places[input.slot].column {
            let values = (0..rows).map(|row| value(program, machine, input.slot, row));
            replay.bound.insert(column, values.collect());
        }
    }
    for step in &program.steps {
        match step {
            Step::Lookup { column, output, .. } | Step::Find { column, output, .. } => {
                let args = &columns.column(*column).args;
                let keys = replay.interpret(&args[args.len() / 2..])?;
                let cell = |row: usize| match first_error(keys.values(), row..row + 1, 0) {
                    Some(error) => Cell::Error(Arc::from(error)),
                    None => Cell::Value(value(program, machine, *output, row)),
                };
                let cells = (0..rows).map(cell).collect();
                replay.bound.insert(*column, ColumnValues::Rows(cells));
            }
            Step::Gather { column, from, .. } | Step::GatherText { column, from, .. } => {
                let row_of = columns.column(*column).args[0];
                let of = replay.interpret(&[row_of])?;
                let cell = |row: usize| gathered(&of[&row_of], from, columns, *column, row);
                let cells = (0..rows).map(cell).collect();
                replay.bound.insert(*column, ColumnValues::Rows(cells));
            }
            Step::Fused(_)
            | Step::Wide { .. }
            | Step::Text { .. }
            | Step::Choose { .. }
            | Step::Time { .. }
            | Step::Calendar { .. }
            | Step::Decimal { .. }
            | Step::OneOf { .. } => {}
        }
    }
    let outputs: Vec<ColumnId> = columns.outputs.iter().map(|output| output.column).collect();
    let values = replay.interpret(&outputs)?;
    match first_error(values.values(), 0..rows, 0) {
        Some(error) => Err(row_error(columns, error)),
        None => Ok(()),
    }
}

impl Replay<'_> {
    fn interpret(&self, wanted: &[ColumnId]) -> Result<HashMap<ColumnId, ColumnValues>, RunError> {
        interpret_cells(self.columns, wanted, self.bound.clone(), &self.table_rows)
            .map_err(|error| row_error(self.columns, error))
    }
}

/// A value that stands in the buffers.
pub(super) fn value(program: &RowProgram, machine: &Machine, slot: usize, row: usize) -> Value {
    let place = &program.places[slot];
    match place.lane {
        Some(_) => machine.buffers.get_value(slot, row),
        None => {
            let text = machine.texts.text(machine.texts.cell(place.text, row));
            text.map_or(Value::Null, |text| Value::Str(text.into()))
        }
    }
}

/// What stands over there in the row that one here refers to.
fn gathered(
    row_of: &ColumnValues,
    from: &ChunkedColumn,
    columns: &Columns,
    column: ColumnId,
    row: usize,
) -> Cell {
    let there = match row_of.cell(row) {
        Cell::Error(error) => return Cell::Error(Arc::clone(error)),
        Cell::Value(Value::Integer(there)) => *there as usize,
        Cell::Value(_) => return Cell::NULL,
    };
    let cells = crate::convert::column_cells(from, columns.scalar_type(column), there..there + 1);
    cells.cell(0).clone()
}
