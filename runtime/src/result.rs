//! What a run delivers, and builders that shape it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_empty_array};
use arrow::datatypes::{Field, Schema};
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::Cell;
use icosian_ir::types::Type;
use icosian_ir::value::Value;

use crate::arrow_types::arrow_type;
use crate::convert::value_to_array;
use crate::error::{RunError, internal, row_error};
use crate::execute::{OutputPart, Params, Run};

/// A delivered node.
#[derive(Clone, Debug)]
pub struct ResultColumn {
    /// The node's full name.
    pub name: String,
    /// The table whose rows it has; none for a scalar.
    pub table: Option<TableId>,
    /// Its type.
    pub ty: Type,
    /// The column of the program.
    pub column: ColumnId,
}

/// What a run delivers: a value per scalar, arrays per column.
#[derive(Clone, Debug, Default)]
pub struct RunResult {
    columns: Vec<ResultColumn>,
    checks: Vec<ResultColumn>,
    parts: BTreeMap<TableId, Vec<OutputPart>>,
    scalars: BTreeMap<ColumnId, Value>,
}

impl RunResult {
    /// Nothing yet of what a run delivers.
    pub fn new(run: &Run<'_>) -> RunResult {
        let columns = run.prepared().columns();
        let delivered = |name: &str, column: ColumnId| ResultColumn {
            name: name.to_owned(),
            table: columns.table_of(column),
            ty: columns.ty(column),
            column,
        };
        let outputs = columns.outputs.iter();
        let of_checks = columns.checks.iter().flat_map(|check| {
            let needed = check.evaluation.columns().into_iter();
            needed.map(|column| delivered(&check.text, column))
        });
        RunResult {
            columns: outputs
                .map(|output| delivered(&output.name, output.column))
                .collect(),
            checks: of_checks.collect(),
            parts: BTreeMap::new(),
            scalars: BTreeMap::new(),
        }
    }

    /// Adds what a pass delivered for one partition; partitions may come in any order.
    pub fn add(&mut self, part: OutputPart) {
        let parts = self.parts.entry(part.table).or_default();
        let position = parts.partition_point(|known| known.rows.start <= part.rows.start);
        parts.insert(position, part);
    }

    /// Adds the scalars, once every step has run.
    ///
    /// # Errors
    /// If a scalar asked for is an error, or a parameter is missing.
    pub fn finish(&mut self, run: &Run<'_>, params: &Params) -> Result<(), RunError> {
        let columns = run.prepared().columns();
        let delivered = self.columns.iter().chain(&self.checks);
        for output in delivered.filter(|output| output.table.is_none()) {
            match params.scalar(columns, output.column) {
                Some(Cell::Value(value)) => {
                    self.scalars.insert(output.column, value);
                }
                Some(Cell::Error(error)) => {
                    return Err(row_error(columns, Box::new((*error).clone())));
                }
                None => {
                    return Err(match columns.column(output.column).op {
                        icosian_ir::op::Op::Param(param) => {
                            RunError::MissingParam(columns.params[param].name.clone())
                        }
                        _ => internal(format!("{} was not computed", output.name)),
                    });
                }
            }
        }
        Ok(())
    }

    pub(crate) fn set_scalar(&mut self, column: ColumnId, value: Value) {
        self.scalars.insert(column, value);
    }

    /// What was asked for, in that order.
    pub fn columns(&self) -> &[ResultColumn] {
        &self.columns
    }

    /// A column that a check needs, as it was delivered.
    pub fn check_column(&self, column: ColumnId) -> Option<&ResultColumn> {
        self.checks.iter().find(|found| found.column == column)
    }

    /// The value of a scalar.
    pub fn scalar(&self, column: ColumnId) -> Option<&Value> {
        self.scalars.get(&column)
    }

    /// How many rows a delivered table has.
    pub fn rows(&self, table: TableId) -> usize {
        self.parts
            .get(&table)
            .map_or(0, |parts| parts.iter().map(|part| part.rows.len()).sum())
    }

    /// The arrays of a column in the order of rows; a scalar is one row.
    ///
    /// # Errors
    /// If the column was not asked for.
    pub fn arrays(&self, column: &ResultColumn) -> Result<Vec<ArrayRef>, RunError> {
        let Some(table) = column.table else {
            let value = self.scalar(column.column).unwrap_or(&Value::Null);
            return Ok(vec![value_to_array(column.ty.scalar, value)?]);
        };
        let mut arrays = Vec::new();
        for part in self.parts.get(&table).into_iter().flatten() {
            let found = part.columns.iter().find(|(id, _)| *id == column.column);
            let (_, found) = found.ok_or_else(|| internal("a column that was not delivered"))?;
            arrays.extend(found.iter().filter(|array| !array.is_empty()).cloned());
        }
        Ok(arrays)
    }

    /// A column as one array.
    ///
    /// # Errors
    /// If the column was not asked for.
    pub fn array(&self, column: &ResultColumn) -> Result<ArrayRef, RunError> {
        let arrays = self.arrays(column)?;
        let mut arrays = crate::execute::together(arrays)?;
        Ok(arrays
            .pop()
            .unwrap_or_else(|| new_empty_array(&arrow_type(column.ty.scalar))))
    }
}

/// Makes of what a run delivers what the caller wants.
pub trait ResultBuilder {
    /// What is made.
    type Output;

    /// Makes it.
    ///
    /// # Errors
    /// If the result can't be shaped so.
    fn build(&self, result: &RunResult) -> Result<Self::Output, RunError>;
}

/// One record batch of everything delivered: of one table, or scalars only (one row).
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordBatchBuilder {
    /// The table whose columns are wanted; none for the scalars.
    pub table: Option<TableId>,
}

impl ResultBuilder for RecordBatchBuilder {
    type Output = RecordBatch;

    fn build(&self, result: &RunResult) -> Result<RecordBatch, RunError> {
        let columns = result
            .columns()
            .iter()
            .filter(|column| column.table == self.table);
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns
            .map(|column| {
                let array = result.array(column)?;
                let field = Field::new(&column.name, array.data_type().clone(), column.ty.nullable);
                Ok((field, array))
            })
            .collect::<Result<Vec<_>, RunError>>()?
            .into_iter()
            .unzip();
        let rows = self.table.map_or(1, |table| result.rows(table));
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::new(Schema::new(fields));
        Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
    }
}

/// An array per delivered node, by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArrayMapBuilder;

impl ResultBuilder for ArrayMapBuilder {
    type Output = BTreeMap<String, ArrayRef>;

    fn build(&self, result: &RunResult) -> Result<Self::Output, RunError> {
        let columns = result.columns().iter();
        columns
            .map(|column| Ok((column.name.clone(), result.array(column)?)))
            .collect()
    }
}

/// The delivered scalars, by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScalarsBuilder;

impl ResultBuilder for ScalarsBuilder {
    type Output = BTreeMap<String, Value>;

    fn build(&self, result: &RunResult) -> Result<Self::Output, RunError> {
        let scalars = result
            .columns()
            .iter()
            .filter(|column| column.table.is_none());
        Ok(scalars
            .filter_map(|column| Some((column.name.clone(), result.scalar(column.column)?.clone())))
            .collect())
    }
}
