//! Segments that call functions of the host, over Arrow arrays.
//!
//! A function gets the rows of a block as arrays of its declared parameter types and gives one array
//! of its declared type. What it gives is checked, and a panic in it becomes an error: both end the
//! run, naming node and function. One that needs all rows is called once, when a pass has kept its
//! arguments.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, UInt32Array, make_array};
use arrow::buffer::Buffer;
use arrow::compute::take;
use icosian_ir::columns::Columns;
use icosian_ir::host::{HostFunction, HostSignature};
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::{Cell as Evaluated, ColumnValues, RowError, RowErrorKind};
use icosian_ir::op::Op;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::arrow_types::arrow_type;
use crate::convert::{column_values, values_to_arrays};
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal, row_error};
use crate::execute::keyed_window::{interpret_stored, kept};
use crate::execute::morsel::Worker;
use crate::execute::params::Params;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::run::Run;
use crate::execute::sink::BlockColumns;
use crate::execute::view::span;
use crate::text::{Cell, TextBuilder};

/// Why a function of the host has no result.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

type ArrayClosure = dyn Fn(&[ArrayRef]) -> Result<ArrayRef, HostError> + Send + Sync;

/// A function of the host over Arrow arrays of one length. Each row of what it gives depends on
/// that row of its arguments alone.
pub struct ArrowFunction {
    function: Box<ArrayClosure>,
}

impl fmt::Debug for ArrowFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrowFunction").finish_non_exhaustive()
    }
}

impl ArrowFunction {
    /// A function that calls a closure.
    pub fn new(
        function: impl Fn(&[ArrayRef]) -> Result<ArrayRef, HostError> + Send + Sync + 'static,
    ) -> ArrowFunction {
        ArrowFunction {
            function: Box::new(function),
        }
    }

    /// Calls it and checks what it gives.
    fn call_arrays(
        &self,
        signature: &HostSignature,
        arguments: &[ArrayRef],
        rows: usize,
    ) -> Result<ChunkedColumn, String> {
        let result = catch_unwind(AssertUnwindSafe(|| (self.function)(arguments)));
        let array = match result {
            Ok(Ok(array)) => array,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(panic) => {
                let message = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("no message");
                return Err(format!("it panicked: {message}"));
            }
        };
        if array.len() != rows {
            return Err(format!("it gave {} values for {rows} rows", array.len()));
        }
        let returns = signature.returns;
        if array.logical_null_count() > 0 && !returns.nullable {
            return Err(format!("it gave a null, and is declared {returns}"));
        }
        let found = array.data_type().clone();
        ChunkedColumn::try_new(returns.scalar, vec![array])
            .map_err(|_| format!("it gave {found}, and is declared {returns}"))
    }
}

impl HostFunction for ArrowFunction {
    fn call(
        &self,
        signature: &HostSignature,
        arguments: &[Vec<Value>],
        rows: usize,
    ) -> Result<Vec<Value>, String> {
        let arrays = arguments.iter().zip(&signature.parameters);
        let arrays = arrays.map(|(values, (_, ty))| one_array(ty.scalar, values));
        let arrays: Vec<ArrayRef> = arrays
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let column = self.call_arrays(signature, &arrays, rows)?;
        Ok(column_values(&column, signature.returns.scalar, 0..rows))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn one_array(scalar: ScalarType, values: &[Value]) -> Result<ArrayRef, RunError> {
    let mut arrays = values_to_arrays(scalar, values)?.into_iter();
    match (arrays.next(), arrays.next()) {
        (Some(array), None) => Ok(array),
        (None, _) => Ok(arrow::array::new_empty_array(&arrow_type(scalar))),
        (Some(_), Some(_)) => Err(internal("a block of text that takes several arrays")),
    }
}

/// Calls the function of a column, whatever kind of function it is.
fn call(
    columns: &Columns,
    column: ColumnId,
    signature: &HostSignature,
    arguments: &[ArrayRef],
    rows: usize,
) -> Result<ChunkedColumn, RunError> {
    let function = columns.host.get(&signature.name);
    let arrow = function.and_then(|function| function.as_any().downcast_ref());
    let result = match (function, arrow) {
        (_, Some(arrow)) => ArrowFunction::call_arrays(arrow, signature, arguments, rows),
        // What knows no arrays is called over values.
        (Some(function), None) => called_over_values(&**function, signature, arguments, rows),
        (None, None) => Err("it is not registered".to_owned()),
    };
    result.map_err(|message| {
        let kind = RowErrorKind::Host { message };
        let error = RowError::new(columns, column, None, kind, Vec::new());
        row_error(columns, Box::new(error))
    })
}

/// The column of a function that needs all rows of its table, of which `data` holds the arguments.
/// Where one of those is an error, the interpreter says what that makes of the result.
///
/// # Errors
/// If the function fails, or the memory budget is used up.
pub(crate) fn call_over_table(
    run: &Run<'_>,
    id: ColumnId,
    data: &BoundTable,
    params: &Params,
) -> Result<ChunkedColumn, RunError> {
    let columns = run.prepared().columns();
    let Op::Extern(signature) = &columns.column(id).op else {
        return Err(internal("a call of no function"));
    };
    let rows = data.rows();
    let mut arrays = Vec::with_capacity(signature.parameters.len());
    let mut bound = HashMap::new();
    let mut errors = false;
    for (argument, (_, ty)) in columns.column(id).args.iter().zip(&signature.parameters) {
        if columns.table_of(*argument).is_some() {
            let column = kept(data, *argument)?;
            errors |= !column.errors().is_empty();
            arrays.push(all_rows(column, ty.scalar)?);
            continue;
        }
        let value = params
            .scalar(columns, *argument)
            .ok_or_else(|| internal(format!("{argument} is not known before its call")))?;
        match &value {
            Evaluated::Value(value) => {
                let one = one_array(ty.scalar, std::slice::from_ref(value))?;
                arrays.push(take(&one, &UInt32Array::from(vec![0; rows]), None)?);
            }
            Evaluated::Error(_) => errors = true,
        }
        bound.insert(*argument, ColumnValues::Scalar(value));
    }
    let bytes = arrays.iter().map(|array| array.get_array_memory_size());
    let _reservation = run.budget().try_grow(bytes.sum())?;
    if !errors {
        return call(columns, id, signature, &arrays, rows);
    }
    let mut computed = BoundTable::new(rows);
    let table = columns.table_of(id);
    let table = table.ok_or_else(|| internal("a call over the rows of no table"))?;
    interpret_stored(run, table, &[id], data, bound, &mut computed)?;
    kept(&computed, id).map(|column| ChunkedColumn::clone(column))
}

/// All rows of a column as one array of the type that functions get.
fn all_rows(column: &ChunkedColumn, scalar: ScalarType) -> Result<ArrayRef, RunError> {
    let Some((array, rows)) = column.single(0..column.rows()) else {
        return Ok(arrow::array::new_empty_array(&arrow_type(scalar)));
    };
    let array = array.slice(rows.start, rows.len());
    Ok(match *array.data_type() == arrow_type(scalar) {
        true => array,
        false => arrow::compute::cast(&array, &arrow_type(scalar))?,
    })
}

impl Worker<'_> {
    /// Calls a function of the host over the block at hand.
    pub(crate) fn run_host(
        &mut self,
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let columns = self.run.prepared.columns();
        let Op::Extern(signature) = &columns.column(column).op else {
            return Err(internal("a call of no function"));
        };
        let rows = self.block.rows;
        let mut arguments = Vec::with_capacity(segment.operands.len());
        for (operand, (_, ty)) in segment.operands.iter().zip(&signature.parameters) {
            arguments.push(match operand {
                Operand::Scalar(column) => {
                    one_array(ty.scalar, &vec![self.run.scalars[column].clone(); rows])?
                }
                Operand::Slot(slot) => self.slot_array(*slot, ty.scalar)?,
            });
        }
        let result = call(columns, column, signature, &arguments, rows)?;
        self.put_column(segment.outputs[0], &result)
    }

    /// The rows of the block at hand of a slot.
    fn slot_array(&self, slot: usize, scalar: ScalarType) -> Result<ArrayRef, RunError> {
        let rows = self.block.rows;
        let Some(lane) = scalar.lane() else {
            let mut text = TextBuilder::default();
            for cell in self.cells(slot)? {
                text.push(*cell)?;
            }
            let mut arrays = text.finish()?.into_iter();
            return Ok(match arrays.next() {
                Some(array) => array,
                None => arrow::array::new_empty_array(&arrow_type(scalar)),
            });
        };
        let view = self.view(slot)?;
        let mut data = ArrayData::builder(arrow_type(scalar))
            .len(rows)
            .add_buffer(Buffer::from_slice_ref(&view.values[..lane.bytes(rows)]));
        if let Some(validity) = view.validity {
            let bits = Buffer::from_slice_ref(&validity[..rows.div_ceil(8)]);
            data = data.null_bit_buffer(Some(bits));
        }
        Ok(make_array(data.build()?))
    }

    /// Stores the values of the block at hand.
    fn put_column(&mut self, slot: usize, column: &ChunkedColumn) -> Result<(), RunError> {
        let rows = self.block.rows;
        let Ok(lane) = self.lane(slot) else {
            let mut cells = Vec::with_capacity(rows);
            column.read_text(0..rows, &mut cells);
            let mut kept: Vec<Cell<'_>> = Vec::with_capacity(rows);
            for cell in cells {
                kept.push(match cell {
                    Some(text) => Some(self.arena.keep(text)?),
                    None => None,
                });
            }
            self.put_cells(slot, kept);
            return Ok(());
        };
        let start = self.start(slot);
        let padded = self.block.padded;
        let mut values = vec![0; lane.bytes(padded)];
        let mut validity = vec![0; padded / 8];
        column.copy(0..rows, padded, &mut values, &mut validity);
        let nullable = self.run.program.slots[slot].ty.nullable;
        let store = &mut self.stores[slot];
        store.values.get_mut()[span(lane, start, padded)].copy_from_slice(&values);
        if nullable {
            let bits = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
            bits.copy_from_slice(&validity);
        }
        Ok(())
    }
}

fn called_over_values(
    function: &dyn HostFunction,
    signature: &HostSignature,
    arguments: &[ArrayRef],
    rows: usize,
) -> Result<ChunkedColumn, String> {
    let told = |error: RunError| error.to_string();
    let mut values = Vec::with_capacity(arguments.len());
    for (array, (_, ty)) in arguments.iter().zip(&signature.parameters) {
        let column = ChunkedColumn::try_new(ty.scalar, vec![Arc::clone(array)]).map_err(told)?;
        values.push(column_values(&column, ty.scalar, 0..rows));
    }
    let found = function.call(signature, &values, rows)?;
    if found.len() != rows {
        return Err(format!("it gave {} values for {rows} rows", found.len()));
    }
    let scalar = signature.returns.scalar;
    let array = one_array(scalar, &found).map_err(told)?;
    ChunkedColumn::try_new(scalar, vec![array]).map_err(told)
}
