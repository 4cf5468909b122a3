//! Windows along the rows of each key, or in an order of their own: once all rows are there.
//!
//! The rows are put in order once for all windows of a sink: by key, in a key by the columns of the
//! order, else as they stand in the table. Then each window runs along one key's rows after the other
//! by the same routines that run along morsels, and its values are put back to where their rows
//! stand. Keys are independent of each other, so they run on all threads of the pool that this is
//! called in, if there is one.
//!
//! Where a value is an error, or does not fit, the interpreter computes the column: it decides
//! which rows are errors.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayData, ArrayRef, UInt32Array, make_array, new_empty_array};
use arrow::buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer};
use arrow::compute::take;
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, RowError, interpret_cells};
use icosian_ir::op::{Op, Window, WindowOver};
use icosian_ir::types::{Lane, Type};
use icosian_ir::value::Value;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::arrow_types::arrow_type;
use crate::bytes::{bit, blit_bits, fill_bits, put_bit, typed, typed_mut};
use crate::convert::{column_cells, values_to_arrays};
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal, row_error};
use crate::execute::partition::Partitions;
use crate::execute::run::Run;
use crate::execute::view::View;
use crate::execute::window::{Argument, Written, run_along, shifted_row};
use crate::memory::Region;

/// Rows that one thread takes at a time, at least.
const TASK_ROWS: usize = 1 << 16;

/// A column that the sink kept.
pub(crate) fn kept(data: &BoundTable, column: ColumnId) -> Result<&Arc<ChunkedColumn>, RunError> {
    data.column(column)
        .ok_or_else(|| internal(format!("{column} was not kept for its windows")))
}

/// A column of fixed width in one aligned piece.
struct Aligned {
    lane: Lane,
    values: Region,
    validity: Option<Region>,
}

impl Aligned {
    fn new(column: &ChunkedColumn) -> Option<Aligned> {
        let lane = column.lane()?;
        let rows = column.rows();
        let mut values = Region::zeroed(lane.bytes(rows));
        let mut validity = Region::zeroed(rows.div_ceil(8));
        let nulls = column.copy(0..rows, rows, values.bytes_mut(), validity.bytes_mut());
        Some(Aligned {
            lane,
            values,
            validity: nulls.then_some(validity),
        })
    }

    fn view(&self) -> View<'_> {
        View {
            values: self.values.bytes(),
            validity: self.validity.as_ref().map(Region::bytes),
        }
    }
}

/// Computes the windows of a sink from the columns that it kept of all rows.
///
/// # Errors
/// If the memory budget is used up, or there are more rows than 32 bits number.
pub(crate) fn finish_windows(
    run: &Run<'_>,
    table: TableId,
    (keys, order): (&[ColumnId], &[ColumnId]),
    windows: &[ColumnId],
    data: &BoundTable,
) -> Result<BoundTable, RunError> {
    let columns = run.prepared().columns();
    let mut computed = BoundTable::new(data.rows());
    let Some(first) = windows.first() else {
        return Ok(computed);
    };
    let mut lanes: HashMap<ColumnId, Aligned> = HashMap::new();
    let mut bytes = 8 * data.rows();
    for window in windows {
        for value in arguments(columns, *window)? {
            if !lanes.contains_key(value)
                && let Some(aligned) = Aligned::new(kept(data, *value)?)
            {
                bytes += 9 * data.rows();
                lanes.insert(*value, aligned);
            }
        }
    }
    let _reservation = run.budget().try_grow(bytes)?;
    let partitions = Partitions::new(run, data, keys, window_of(columns, *first)?, order)?;
    let mut doubtful = Vec::new();
    for window in windows {
        let values = arguments(columns, *window)?;
        let mut errors = false;
        for value in values {
            errors |= !kept(data, *value)?.errors().is_empty();
        }
        match compute(columns, *window, values, data, &lanes, &partitions) {
            _ if errors => doubtful.push(*window),
            Ok(Some(array)) => {
                let scalar = columns.scalar_type(*window);
                computed.insert(*window, ChunkedColumn::try_new(scalar, vec![array])?)?;
            }
            Ok(None) => doubtful.push(*window),
            Err(error) => return Err(error),
        }
    }
    drop(lanes);
    interpret_windows(run, table, &doubtful, data, &mut computed)?;
    Ok(computed)
}

fn window_of(columns: &Columns, window: ColumnId) -> Result<&WindowOver, RunError> {
    match &columns.column(window).op {
        Op::Window(window) => Ok(window),
        other => Err(internal(format!("{other} is no window"))),
    }
}

/// The columns that a window looks at, without those that say along which rows.
fn arguments(columns: &Columns, window: ColumnId) -> Result<&[ColumnId], RunError> {
    let values = window_of(columns, window)?.window.values();
    Ok(&columns.column(window).args[..values])
}

/// The interpreter's answer for windows some of whose rows may be errors.
fn interpret_windows(
    run: &Run<'_>,
    table: TableId,
    windows: &[ColumnId],
    data: &BoundTable,
    computed: &mut BoundTable,
) -> Result<(), RunError> {
    if windows.is_empty() {
        return Ok(());
    }
    let columns = run.prepared().columns();
    let bound = data
        .columns()
        .map(|(id, column)| {
            let cells = column_cells(column, columns.scalar_type(id), 0..column.rows());
            (id, cells)
        })
        .collect();
    let table_rows = HashMap::from([(table, data.rows())]);
    let found = interpret_cells(columns, windows, bound, &table_rows)
        .map_err(|error| row_error(columns, error))?;
    for (window, values) in found {
        let scalar = columns.scalar_type(window);
        let mut errors: Vec<(usize, Arc<RowError>)> = Vec::new();
        let ColumnValues::Rows(cells) = values else {
            return Err(internal("a window that is a scalar"));
        };
        let values: Vec<Value> = cells
            .into_iter()
            .enumerate()
            .map(|(row, cell)| match cell {
                Cell::Value(value) => value,
                Cell::Error(error) => {
                    errors.push((row, error));
                    Value::Null
                }
            })
            .collect();
        let column = ChunkedColumn::try_new(scalar, values_to_arrays(scalar, &values)?)?;
        computed.insert(window, column.with_errors(errors))?;
    }
    Ok(())
}

/// A window's column, unless some row may have raised.
fn compute(
    columns: &Columns,
    id: ColumnId,
    values: &[ColumnId],
    data: &BoundTable,
    lanes: &HashMap<ColumnId, Aligned>,
    partitions: &Partitions,
) -> Result<Option<ArrayRef>, RunError> {
    let window = window_of(columns, id)?.window;
    let ty = columns.ty(id);
    let Some(lane) = ty.scalar.lane() else {
        let column = kept(data, values[0])?;
        return Ok(Some(text(window, column, partitions)?));
    };
    let columns = values
        .iter()
        .map(|value| Ok((columns.ty(*value), lanes.get(value).ok_or_else(no_lanes)?)))
        .collect::<Result<Vec<_>, RunError>>()?;
    let run = |keys: &Range<usize>| {
        Task {
            partitions,
            window,
            ty,
            lane,
        }
        .run(keys.clone(), &columns)
    };
    let tasks = partitions.tasks(TASK_ROWS);
    let parts = if rayon::current_thread_index().is_some() {
        let parts: Vec<_> = tasks.par_iter().with_max_len(1).map(run).collect();
        parts.into_iter().collect::<Result<Vec<_>, _>>()?
    } else {
        tasks.iter().map(run).collect::<Result<Vec<_>, _>>()?
    };
    if parts.iter().any(|part| part.flagged) {
        return Ok(None);
    }
    let rows = data.rows();
    let mut buffer = MutableBuffer::from_len_zeroed(lane.bytes(rows));
    let mut validity = vec![0u8; if ty.nullable { rows.div_ceil(8) } else { 0 }];
    for (part, keys) in parts.iter().zip(&tasks) {
        let range = partitions.starts[keys.start]..partitions.starts[keys.end];
        part.put_back(
            lane,
            partitions,
            range,
            buffer.as_slice_mut(),
            &mut validity,
        );
    }
    let nulls = ty
        .nullable
        .then(|| NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(validity), 0, rows)));
    let array = ArrayData::builder(arrow_type(ty.scalar))
        .len(rows)
        .add_buffer(buffer.into())
        .nulls(nulls.filter(|nulls| nulls.null_count() > 0))
        .build()?;
    Ok(Some(make_array(array)))
}

fn no_lanes() -> RunError {
    internal("a window of numbers over something else")
}

/// A window along some keys' rows.
struct Task<'p> {
    partitions: &'p Partitions,
    window: Window,
    ty: Type,
    lane: Lane,
}

/// The values of a window in the order of the partitions.
struct Part {
    values: Region,
    validity: Region,
    flagged: bool,
}

impl Task<'_> {
    fn run(&self, keys: Range<usize>, columns: &[(Type, &Aligned)]) -> Result<Part, RunError> {
        let starts = &self.partitions.starts;
        let first = starts[keys.start];
        let rows = starts[keys.end] - first;
        let longest = keys.clone().map(|key| starts[key + 1] - starts[key]).max();
        let longest = longest.unwrap_or(0).next_multiple_of(64);
        let scratch = |lane: Lane| {
            (
                Region::zeroed(lane.bytes(longest)),
                Region::zeroed(longest / 8),
            )
        };
        let mut gathered: Vec<(Region, Region)> = columns
            .iter()
            .map(|(_, column)| scratch(column.lane))
            .collect();
        let (mut values, mut validity) = scratch(self.lane);
        let mut part = Part {
            values: Region::zeroed(self.lane.bytes(rows)),
            validity: Region::zeroed(rows.div_ceil(8)),
            flagged: false,
        };
        for key in keys {
            let range = starts[key]..starts[key + 1];
            for ((_, column), (values, validity)) in columns.iter().zip(&mut gathered) {
                gather(
                    column.lane,
                    column.view(),
                    self.partitions,
                    range.clone(),
                    (values.bytes_mut(), validity.bytes_mut()),
                );
            }
            let arguments: Vec<Argument<'_>> = columns
                .iter()
                .zip(&gathered)
                .map(|((ty, column), (values, validity))| Argument {
                    scalar: ty.scalar,
                    lane: column.lane,
                    view: View {
                        values: values.bytes(),
                        validity: column.validity.is_some().then(|| validity.bytes()),
                    },
                })
                .collect();
            let mut written = Written {
                values: values.bytes_mut(),
                validity: self.ty.nullable.then(|| validity.bytes_mut()),
                scalar: self.ty.scalar,
                flagged: false,
            };
            run_along(self.window, &arguments, range.len(), &mut written)?;
            part.flagged |= written.flagged;
            let at = range.start - first;
            let (from, to) = (values.bytes(), part.values.bytes_mut());
            if self.lane == Lane::Bool {
                blit_bits(from, 0, range.len(), to, at);
            } else {
                to[self.lane.bytes(at)..self.lane.bytes(at + range.len())]
                    .copy_from_slice(&from[..self.lane.bytes(range.len())]);
            }
            if self.ty.nullable {
                let to = part.validity.bytes_mut();
                blit_bits(validity.bytes(), 0, range.len(), to, at);
            }
        }
        Ok(part)
    }
}

impl Part {
    /// Puts values to where their rows stand in the table.
    fn put_back(
        &self,
        lane: Lane,
        partitions: &Partitions,
        range: Range<usize>,
        values: &mut [u8],
        validity: &mut [u8],
    ) {
        let from = self.values.bytes();
        let nullable = !validity.is_empty();
        let Some(rows) = &partitions.rows else {
            if lane == Lane::Bool {
                blit_bits(from, 0, range.len(), values, range.start);
            } else {
                values[lane.bytes(range.start)..lane.bytes(range.end)]
                    .copy_from_slice(&from[..lane.bytes(range.len())]);
            }
            if nullable {
                blit_bits(self.validity.bytes(), 0, range.len(), validity, range.start);
            }
            return;
        };
        let rows = &rows[range];
        macro_rules! put {
            ($lane:ty) => {{
                let (from, to) = (typed::<$lane>(from), typed_mut::<$lane>(values));
                rows.iter()
                    .zip(from)
                    .for_each(|(row, value)| to[*row as usize] = *value);
            }};
        }
        match lane.bits() {
            1 => rows
                .iter()
                .enumerate()
                .for_each(|(at, row)| put_bit(values, *row as usize, bit(from, at))),
            8 => put!(u8),
            16 => put!(u16),
            32 => put!(u32),
            _ => put!(u64),
        }
        if nullable {
            let from = self.validity.bytes();
            for (at, row) in rows.iter().enumerate() {
                validity[*row as usize / 8] |= u8::from(bit(from, at)) << (row % 8);
            }
        }
    }
}

/// Brings the values of one key's rows together.
fn gather(
    lane: Lane,
    column: View<'_>,
    partitions: &Partitions,
    range: Range<usize>,
    (values, validity): (&mut [u8], &mut [u8]),
) {
    let count = range.len();
    let Some(rows) = &partitions.rows else {
        if lane == Lane::Bool {
            blit_bits(column.values, range.start, count, values, 0);
        } else {
            values[..lane.bytes(count)]
                .copy_from_slice(&column.values[lane.bytes(range.start)..lane.bytes(range.end)]);
        }
        match column.validity {
            Some(from) => blit_bits(from, range.start, count, validity, 0),
            None => fill_bits(validity, 0, count, true),
        }
        return;
    };
    let rows = &rows[range];
    macro_rules! take {
        ($lane:ty) => {{
            let (from, to) = (typed::<$lane>(column.values), typed_mut::<$lane>(values));
            to.iter_mut()
                .zip(rows)
                .for_each(|(value, row)| *value = from[*row as usize]);
        }};
    }
    match lane.bits() {
        1 => rows
            .iter()
            .enumerate()
            .for_each(|(at, row)| put_bit(values, at, bit(column.values, *row as usize))),
        8 => take!(u8),
        16 => take!(u16),
        32 => take!(u32),
        _ => take!(u64),
    }
    if let Some(from) = column.validity {
        rows.iter()
            .enumerate()
            .for_each(|(at, row)| put_bit(validity, at, bit(from, *row as usize)));
    }
}

/// A window that only chooses rows, over text.
fn text(
    window: Window,
    column: &ChunkedColumn,
    partitions: &Partitions,
) -> Result<ArrayRef, RunError> {
    let Window::Shift { rows: by } = window else {
        return Err(internal("a window of numbers over text"));
    };
    let rows = column.rows();
    let mut chosen: Vec<Option<u32>> = vec![None; rows];
    for range in partitions.starts.windows(2) {
        let length = range[1] - range[0];
        for position in 0..length {
            chosen[partitions.row(range[0] + position)] = shifted_row(position, by, length)
                .map(|from| partitions.row(range[0] + from) as u32);
        }
    }
    let Some((array, _)) = column.single(0..rows) else {
        return Ok(new_empty_array(column.data_type()));
    };
    Ok(take(array, &UInt32Array::from(chosen), None)?)
}
