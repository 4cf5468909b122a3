//! Rows computed by the interpreter: what the machine code of a row program is checked against.
//!
//! It is simple and slow: every run computes all that its rows need, whatever they share.

use std::collections::HashMap;

use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, first_error, interpret_cells};

use crate::error::{RunError, internal, row_error};
use crate::execute::by_row::RowProgram;
use crate::execute::by_row::replay::value;
use crate::execute::by_row::run::Machine;
use crate::execute::by_row::step::Target;
use crate::execute::by_row::windows::{Given, WindowState};
use crate::execute::params::Params;
use crate::execute::run::Run;

/// What rows are computed from besides their own values.
#[derive(Debug)]
pub(super) struct Interpreted {
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: HashMap<TableId, usize>,
}

impl Interpreted {
    /// Binds what a run has been given, `table` left out.
    pub(super) fn new(run: &Run<'_>, table: TableId) -> Result<Interpreted, RunError> {
        let (bound, table_rows) = run.given_values(Some(table))?;
        Ok(Interpreted { bound, table_rows })
    }

    /// Makes the outputs known that are the same for all rows.
    pub(super) fn scalars(&self, run: &Run<'_>, params: &mut Params) -> Result<(), RunError> {
        let columns = run.prepared().columns();
        let outputs = columns.outputs.iter().map(|output| output.column);
        let scalars: Vec<ColumnId> = outputs
            .filter(|id| columns.table_of(*id).is_none())
            .collect();
        let found = interpret_cells(columns, &scalars, self.bound.clone(), &self.table_rows)
            .map_err(|error| row_error(columns, error))?;
        for (id, values) in found {
            if let ColumnValues::Scalar(cell) = values {
                params.scalars.insert(id, cell);
            }
        }
        Ok(())
    }

    /// Computes the outputs of the first `rows` rows.
    pub(super) fn run(
        &self,
        program: &RowProgram,
        machine: &mut Machine,
        rows: usize,
        states: &mut [&mut WindowState],
    ) -> Result<(), RunError> {
        let columns = &*program.columns;
        let mut bound = self.bound.clone();
        for input in &program.inputs {
            if let Some(column) = program.places[input.slot].column {
                let values = (0..rows).map(|row| value(program, machine, input.slot, row));
                bound.insert(column, values.collect());
            }
        }
        let given = Given {
            columns,
            table: program.table,
            bound: &self.bound,
            table_rows: &self.table_rows,
        };
        (program.windows).interpret(&given, &mut machine.windows, states, rows, &mut bound)?;
        let mut table_rows = self.table_rows.clone();
        table_rows.insert(program.table, rows);
        let is_given = |slot: usize| program.inputs.iter().any(|input| input.slot == slot);
        let computed: Vec<(usize, ColumnId)> = (program.outputs.iter())
            .filter(|output| !is_given(output.slot))
            .filter_map(|output| Some((output.slot, program.places[output.slot].column?)))
            .collect();
        let mut wanted: Vec<ColumnId> = computed.iter().map(|(_, column)| *column).collect();
        // What a window looks at is kept, and so must be a value.
        let groups = program.windows.groups.iter();
        let windows = groups.flat_map(|group| &group.windows);
        wanted.extend(windows.flat_map(|window| &window.args));
        let values = interpret_cells(columns, &wanted, bound, &table_rows)
            .map_err(|error| row_error(columns, error))?;
        if let Some(error) = first_error(values.values(), 0..rows, 0) {
            return Err(row_error(columns, error));
        }
        for (slot, column) in computed {
            let of_column = values.get(&column);
            let of_column = of_column.ok_or_else(|| internal(format!("{column} has no values")))?;
            for row in 0..rows {
                let Cell::Value(value) = of_column.cell(row) else {
                    continue;
                };
                let place = &program.places[slot];
                let target = match place.lane {
                    Some(_) => Target::Lane(slot),
                    None => Target::Text(place.text),
                };
                machine.put(target, row, value)?;
            }
        }
        Ok(())
    }
}
