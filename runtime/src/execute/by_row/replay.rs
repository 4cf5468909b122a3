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
use crate::execute::by_row::run::Machine;
use crate::execute::by_row::step::{Step, Target};
use crate::execute::by_row::windows::CarryStep;
use crate::execute::by_row::{Place, RowProgram};

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
    // What a window looks at is kept, and so must be a value.
    let mut looked_at: Vec<ColumnId> = Vec::new();
    let mut places: Vec<ColumnId> = Vec::new();
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
            Step::Carry(CarryStep::Window(group, window)) => {
                let shape = &program.windows.groups[*group].windows[*window];
                let of_args = replay.interpret(&shape.args)?;
                let first = of_args
                    .values()
                    .filter_map(|values| (0..rows).find(|row| is_error(values, *row)))
                    .min();
                let cell = |row: usize| {
                    // A value that looks at this row's own is this row's error.
                    let own = shape.args.iter().filter(|_| shape.looks_at_own_row());
                    let mut own = own.filter_map(|arg| of_args.get(arg)?.cell(row).error());
                    match (
                        own.next(),
                        machine.windows.fault(columns, shape.column, row),
                    ) {
                        (Some(error), _) => Cell::Error(Arc::clone(error)),
                        (None, Some(error)) if first.is_none_or(|first| row < first) => {
                            Cell::Error(Arc::new(error))
                        }
                        (None, _) => Cell::Value(given(program, machine, shape.output, row)),
                    }
                };
                let cells = (0..rows).map(cell).collect();
                replay.bound.insert(shape.column, ColumnValues::Rows(cells));
                looked_at.extend(&shape.args);
                places.extend(&shape.args[shape.window.values()..]);
            }
            Step::Carry(CarryStep::Keys(_) | CarryStep::Order(..) | CarryStep::Track(..))
            | Step::Fused(_)
            | Step::Wide { .. }
            | Step::Text { .. }
            | Step::Choose { .. }
            | Step::Time { .. }
            | Step::Calendar { .. }
            | Step::Decimal { .. }
            | Step::OneOf { .. } => {}
        }
    }
    // What comes of a row that has no place here is not told.
    if machine.windows.is_wrong()
        && first_error(replay.interpret(&places)?.values(), 0..rows, 0).is_none()
    {
        return Ok(());
    }
    let outputs = columns.outputs.iter().map(|output| output.column);
    looked_at.extend(outputs);
    let values = replay.interpret(&looked_at)?;
    match first_error(values.values(), 0..rows, 0) {
        Some(error) => Err(row_error(columns, error)),
        None => Ok(()),
    }
}

fn is_error(values: &ColumnValues, row: usize) -> bool {
    values.cell(row).error().is_some()
}

impl Replay<'_> {
    fn interpret(&self, wanted: &[ColumnId]) -> Result<HashMap<ColumnId, ColumnValues>, RunError> {
        interpret_cells(self.columns, wanted, self.bound.clone(), &self.table_rows)
            .map_err(|error| row_error(self.columns, error))
    }
}

/// What a step has stored.
fn given(program: &RowProgram, machine: &Machine, target: Target, row: usize) -> Value {
    let slot = match target {
        Target::Lane(slot) => Some(slot),
        Target::Text(text) => {
            let is_text = |place: &Place| place.lane.is_none() && place.text == text;
            program.places.iter().position(is_text)
        }
    };
    slot.map_or(Value::Null, |slot| value(program, machine, slot, row))
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
