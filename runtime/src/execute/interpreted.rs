//! The other engine: the whole program by the interpreter, from the same inputs to the same result.

use std::collections::HashMap;

use icosian_ir::columns::Rows;
use icosian_ir::id::{ColumnId, Id, TableId};
use icosian_ir::interpret::{ColumnValues, interpret_until};
use icosian_ir::op::Op;
use icosian_ir::types::Domain;
use icosian_ir::value::Value;

use crate::convert::{column_values, values_to_arrays};
use crate::error::{RunError, internal, row_error};
use crate::execute::pass::OutputPart;
use crate::execute::run::Run;
use crate::result::RunResult;

/// Values of columns, and how many rows tables have.
type Given = (HashMap<ColumnId, ColumnValues>, HashMap<TableId, usize>);

impl Run<'_> {
    /// Runs the program by the interpreter.
    ///
    /// # Errors
    /// The error that reaches an output; that an input or parameter is missing; or that the run was
    /// cancelled.
    pub fn interpret(&self) -> Result<RunResult, RunError> {
        let columns = self.prepared().columns();
        let (bound, table_rows) = self.given_values(None)?;
        let mut wanted: Vec<ColumnId> = columns.delivered().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let values = interpret_until(columns, &wanted, bound, &table_rows, self.cancel())
            .map_err(|error| row_error(columns, error))?
            .ok_or(RunError::Cancelled)?;
        let mut result = RunResult::new(self);
        for (table, _) in columns.tables.iter() {
            let mut rows = 0;
            let mut delivered = Vec::new();
            for id in wanted
                .iter()
                .filter(|id| columns.table_of(**id) == Some(table))
            {
                let cells = values_of(&values, *id)?;
                rows = cells.len();
                delivered.push((*id, values_to_arrays(columns.scalar_type(*id), &cells)?));
            }
            if !delivered.is_empty() {
                result.add(OutputPart {
                    table,
                    rows: 0..rows,
                    columns: delivered,
                });
            }
        }
        for id in wanted.iter().filter(|id| columns.table_of(**id).is_none()) {
            let value = values_of(&values, *id)?.pop();
            result.set_scalar(*id, value.unwrap_or(Value::Null));
        }
        Ok(result)
    }

    /// The values of what the outputs need and the run was given, `left` left out, and how many rows its
    /// tables have.
    pub(crate) fn given_values(&self, left: Option<TableId>) -> Result<Given, RunError> {
        let columns = self.prepared().columns();
        let params = self.start();
        let mut bound = HashMap::new();
        for id in self.needed() {
            match columns.column(id).op {
                Op::Input(input) if Some(columns.inputs[input].table) == left => {}
                Op::Input(input) => {
                    let column = self.column(columns.inputs[input].table, id, &params)?;
                    let values = column_values(&column, columns.scalar_type(id), 0..column.rows());
                    bound.insert(id, values.into_iter().collect());
                }
                Op::Param(param) => {
                    let cell = params.scalar(columns, id).ok_or_else(|| {
                        RunError::MissingParam(columns.params[param].name.clone())
                    })?;
                    bound.insert(id, ColumnValues::Scalar(cell));
                }
                _ => {}
            }
        }
        let mut table_rows = HashMap::new();
        for (table, shape) in columns.tables.iter() {
            if let (Rows::Source, Ok(rows)) = (&shape.rows, self.table_rows(table, &params)) {
                table_rows.insert(table, rows);
            }
        }
        Ok((bound, table_rows))
    }

    /// Every column above the outputs, the rows of their tables included.
    fn needed(&self) -> Vec<ColumnId> {
        let columns = self.prepared().columns();
        let mut needed = vec![false; columns.columns.len()];
        let mut stack: Vec<ColumnId> = columns.delivered().collect();
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut needed[id.index()], true) {
                continue;
            }
            let column = columns.column(id);
            stack.extend(&column.args);
            // How many rows there are depends on what makes them alone.
            if let Op::Reduce { from, .. } = column.op {
                stack.extend(columns.tables[from].rows.makers());
            }
            if let Domain::Rows(table) = column.domain {
                stack.extend(columns.tables[table].rows.makers());
            }
        }
        columns
            .columns
            .ids()
            .filter(|id| needed[id.index()])
            .collect()
    }
}

fn values_of(
    values: &HashMap<ColumnId, ColumnValues>,
    id: ColumnId,
) -> Result<Vec<Value>, RunError> {
    let values = values
        .get(&id)
        .ok_or_else(|| internal("an output without values"))?;
    let cells = values.cells().iter().map(|cell| {
        let value = cell.value().cloned();
        value.ok_or_else(|| internal("an error that was not raised"))
    });
    cells.collect()
}
