//! Single values as Arrow arrays and back: for scalars, groups and the interpreter.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::BooleanBufferBuilder;
use arrow::array::{ArrayData, ArrayRef, make_array};
use arrow::buffer::{MutableBuffer, NullBuffer};
use icosian_ir::interpret::{Cell, ColumnValues};
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::arrow_types::arrow_type;
use crate::bytes::{bit, typed};
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::text::TextBuilder;

/// The bits of a value as a kernel's parameter: sign- or zero-extended, and 1 if it is valid.
pub(crate) fn param_bits(value: &Value) -> [u64; 2] {
    match value {
        Value::Null | Value::Str(_) => [0, 0],
        Value::Bool(value) => [u64::from(*value), 1],
        Value::Integer(value) => [*value as u64, 1],
        Value::F32(value) => [u64::from(value.to_bits()), 1],
        Value::F64(value) => [value.to_bits(), 1],
    }
}

/// The bytes of a value in its lane; zeros for null.
fn push_lane(lane: Lane, value: &Value, buffer: &mut MutableBuffer) {
    let bits = param_bits(value)[0];
    match lane {
        Lane::Bool => {}
        Lane::I8 | Lane::U8 => buffer.push(bits as u8),
        Lane::I16 | Lane::U16 => buffer.push(bits as u16),
        Lane::I32 | Lane::U32 | Lane::F32 => buffer.push(bits as u32),
        Lane::I64 | Lane::U64 | Lane::F64 => buffer.push(bits),
        Lane::I128 => buffer.push(match value {
            Value::Integer(value) => *value,
            _ => 0,
        }),
    }
}

/// An array of values of one type (text may take several arrays).
pub fn values_to_arrays(scalar: ScalarType, values: &[Value]) -> Result<Vec<ArrayRef>, RunError> {
    let Some(lane) = scalar.lane() else {
        let mut builder = TextBuilder::default();
        for value in values {
            builder.push(match value {
                Value::Str(text) => Some(text),
                _ => None,
            })?;
        }
        return builder.finish();
    };
    let nulls: NullBuffer = values
        .iter()
        .map(|value| !value.is_null())
        .collect::<Vec<_>>()
        .into();
    let buffer = if lane == Lane::Bool {
        let mut bits = BooleanBufferBuilder::new(values.len());
        values
            .iter()
            .for_each(|value| bits.append(matches!(value, Value::Bool(true))));
        bits.finish().into_inner()
    } else {
        let mut buffer = MutableBuffer::new(lane.bytes(values.len()));
        values
            .iter()
            .for_each(|value| push_lane(lane, value, &mut buffer));
        buffer.into()
    };
    let data = ArrayData::builder(arrow_type(scalar))
        .len(values.len())
        .add_buffer(buffer)
        .nulls((nulls.null_count() > 0).then_some(nulls))
        .build()?;
    Ok(vec![make_array(data)])
}

/// One array of one value.
pub fn value_to_array(scalar: ScalarType, value: &Value) -> Result<ArrayRef, RunError> {
    let arrays = values_to_arrays(scalar, std::slice::from_ref(value))?;
    arrays
        .into_iter()
        .next()
        .ok_or_else(|| internal("an array of one value"))
}

/// The value of a lane.
pub(crate) fn lane_value(lane: Lane, bytes: &[u8], row: usize) -> Value {
    match lane {
        Lane::Bool => Value::Bool(bit(bytes, row)),
        Lane::I8 => Value::Integer(typed::<i8>(bytes)[row].into()),
        Lane::I16 => Value::Integer(typed::<i16>(bytes)[row].into()),
        Lane::I32 => Value::Integer(typed::<i32>(bytes)[row].into()),
        Lane::I64 => Value::Integer(typed::<i64>(bytes)[row].into()),
        Lane::U8 => Value::Integer(typed::<u8>(bytes)[row].into()),
        Lane::U16 => Value::Integer(typed::<u16>(bytes)[row].into()),
        Lane::U32 => Value::Integer(typed::<u32>(bytes)[row].into()),
        Lane::U64 => Value::Integer(typed::<u64>(bytes)[row].into()),
        Lane::I128 => Value::Integer(typed::<i128>(bytes)[row]),
        Lane::F32 => Value::F32(typed::<f32>(bytes)[row]),
        Lane::F64 => Value::F64(typed::<f64>(bytes)[row]),
    }
}

/// A value by its bits, those of integers extended to 64.
pub(crate) fn word_value(lane: Lane, word: u64) -> Value {
    match lane {
        Lane::Bool => Value::Bool(word & 1 != 0),
        Lane::F32 => Value::F32(f32::from_bits(word as u32)),
        Lane::F64 => Value::F64(f64::from_bits(word)),
        Lane::U64 => Value::Integer(word.into()),
        Lane::I8
        | Lane::I16
        | Lane::I32
        | Lane::I64
        | Lane::U8
        | Lane::U16
        | Lane::U32
        | Lane::I128 => Value::Integer((word as i64).into()),
    }
}

/// The values of `rows` of a column.
pub fn column_values(column: &ChunkedColumn, scalar: ScalarType, rows: Range<usize>) -> Vec<Value> {
    let Some(lane) = scalar.lane() else {
        let mut cells = Vec::new();
        column.read_text(rows, &mut cells);
        let value = |cell: Option<&str>| cell.map_or(Value::Null, |text| Value::Str(text.into()));
        return cells.into_iter().map(value).collect();
    };
    let padded = rows.len().next_multiple_of(64);
    let mut values = MutableBuffer::from_len_zeroed(lane.bytes(padded));
    let mut validity = vec![0; padded / 8];
    column.copy(rows.clone(), padded, values.as_slice_mut(), &mut validity);
    (0..rows.len())
        .map(|row| {
            if bit(&validity, row) {
                lane_value(lane, values.as_slice(), row)
            } else {
                Value::Null
            }
        })
        .collect()
}

/// The cells of `rows` of a column, errors included.
pub(crate) fn column_cells(
    column: &ChunkedColumn,
    scalar: ScalarType,
    rows: Range<usize>,
) -> ColumnValues {
    let values = column_values(column, scalar, rows.clone());
    let mut cells: Vec<Cell> = values.into_iter().map(Cell::Value).collect();
    for (row, error) in column.errors() {
        if rows.contains(row) {
            cells[row - rows.start] = Cell::Error(Arc::clone(error));
        }
    }
    ColumnValues::Rows(cells)
}
