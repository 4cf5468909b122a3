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

mod aligned;
mod whole;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayData, ArrayRef, UInt32Array, make_array, new_empty_array};
use arrow::buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer};
use arrow::compute::take;
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, RowError, interpret_cells};
use icosian_ir::op::{Frame, Op, Window, WindowOver};
use icosian_ir::types::{Lane, ScalarType};
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
use crate::execute::window::frames::Axis;
use crate::execute::window::{Argument, Written, run_along};
use crate::memory::Region;
use aligned::{Aligned, Text};

/// Rows that one thread takes at a time, at least.
const TASK_ROWS: usize = 1 << 16;

/// A column that the sink kept.
pub(crate) fn kept(data: &BoundTable, column: ColumnId) -> Result<&Arc<ChunkedColumn>, RunError> {
    data.column(column)
        .ok_or_else(|| internal(format!("{column} was not kept for its windows")))
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
    let mut lanes: HashMap<(ColumnId, Text), Aligned<'_>> = HashMap::new();
    let mut bytes = 8 * data.rows();
    for window in windows {
        let text = Text::of(window_of(columns, *window)?.window);
        for value in arguments(columns, *window)?
            .iter()
            .chain(axis(columns, *window)?)
        {
            if let Entry::Vacant(entry) = lanes.entry((*value, text)) {
                let column = kept(data, *value)?;
                let bits = 8 + column.lane().map_or(32, Lane::bits);
                bytes += bits / 8 * data.rows();
                entry.insert(Aligned::new(column, text, run.budget())?);
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
        match compute(run, *window, values, data, &lanes, &partitions) {
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
    interpret_stored(run, table, &doubtful, data, HashMap::new(), &mut computed)?;
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

/// The column that a window measures distances along, if it does.
fn axis(columns: &Columns, id: ColumnId) -> Result<Option<&ColumnId>, RunError> {
    let window = window_of(columns, id)?;
    let at = window.window.values() + window.over.keys as usize;
    Ok(match window.window {
        Window::Rolling {
            frame: Frame::Span { .. },
            ..
        } => columns.column(id).args.get(at),
        _ => None,
    })
}

/// The interpreter's answer for columns that need all rows, some of which may be errors.
pub(crate) fn interpret_stored(
    run: &Run<'_>,
    table: TableId,
    windows: &[ColumnId],
    data: &BoundTable,
    scalars: HashMap<ColumnId, ColumnValues>,
    computed: &mut BoundTable,
) -> Result<(), RunError> {
    if windows.is_empty() {
        return Ok(());
    }
    let columns = run.prepared().columns();
    let kept = data.columns().map(|(id, column)| {
        let cells = column_cells(column, columns.scalar_type(id), 0..column.rows());
        (id, cells)
    });
    let bound = scalars.into_iter().chain(kept).collect();
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
    run: &Run<'_>,
    id: ColumnId,
    values: &[ColumnId],
    data: &BoundTable,
    lanes: &HashMap<(ColumnId, Text), Aligned<'_>>,
    partitions: &Partitions,
) -> Result<Option<ArrayRef>, RunError> {
    let columns = run.prepared().columns();
    let over = window_of(columns, id)?;
    let ty = columns.ty(id);
    let lane = ty.scalar.lane().unwrap_or(Lane::U32);
    let text = Text::of(over.window);
    let axis = axis(columns, id)?;
    let descending = over
        .over
        .order
        .first()
        .is_some_and(|first| first.descending);
    let gathered = values
        .iter()
        .chain(axis)
        .map(|value| {
            let aligned = lanes.get(&(*value, text));
            let aligned = aligned.ok_or_else(|| internal("a window's column that is not there"))?;
            Ok((columns.scalar_type(*value), aligned))
        })
        .collect::<Result<Vec<_>, RunError>>()?;
    let task = Task {
        partitions,
        window: over.window,
        nullable: ty.nullable,
        scalar: ty.scalar,
        lane,
        axis: axis.is_some().then_some(descending),
    };
    let computed = if partitions.starts.len() == 2 {
        whole::compute(run, &task, &gathered)?
    } else {
        by_key(&task, &gathered)?
    };
    let Some((buffer, validity)) = computed else {
        return Ok(None);
    };
    let rows = data.rows();
    let nulls = validity.map(|validity| NullBuffer::new(BooleanBuffer::new(validity, 0, rows)));
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
    if ty.scalar.lane().is_none() {
        let column = kept(data, values[0])?;
        let texts = &gathered[0].1.texts;
        let numbers = typed::<u32>(buffer.as_slice());
        let chosen = (0..rows).map(|row| {
            let some = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
            let number = some.then(|| numbers[row])?;
            Some(texts.get(number as usize).copied().unwrap_or(number))
        });
        let Some((array, _)) = column.single(0..rows) else {
            return Ok(Some(new_empty_array(column.data_type())));
        };
        return Ok(Some(take(array, &UInt32Array::from_iter(chosen), None)?));
    }
    let array = ArrayData::builder(arrow_type(ty.scalar))
        .len(rows)
        .add_buffer(buffer)
        .nulls(nulls)
        .build()?;
    Ok(Some(make_array(array)))
}

/// The values of a window along the rows of several keys, and which there are; none if some row may have
/// raised.
fn by_key(
    task: &Task<'_>,
    columns: &[(ScalarType, &Aligned<'_>)],
) -> Result<Option<(Buffer, Option<Buffer>)>, RunError> {
    let Task {
        partitions, lane, ..
    } = *task;
    let tasks = partitions.tasks(TASK_ROWS);
    let rows = partitions.starts[partitions.starts.len() - 1];
    let mut buffer = MutableBuffer::from_len_zeroed(lane.bytes(rows));
    let mut validity = vec![0u8; if task.nullable { rows.div_ceil(8) } else { 0 }];
    let rows_of = |keys: &Range<usize>| partitions.starts[keys.start]..partitions.starts[keys.end];
    // Where rows stand together in the table, their values are written to where they belong.
    let in_place = partitions.rows.is_none() && lane != Lane::Bool;
    let mut regions: Vec<Region> = Vec::new();
    let targets: Vec<&mut [u8]> = if in_place {
        let mut left = buffer.as_slice_mut();
        let pieces = tasks.iter().map(|keys| {
            let (piece, rest) =
                std::mem::take(&mut left).split_at_mut(lane.bytes(rows_of(keys).len()));
            left = rest;
            piece
        });
        pieces.collect()
    } else {
        regions.extend(
            tasks
                .iter()
                .map(|keys| Region::zeroed(lane.bytes(rows_of(keys).len()))),
        );
        regions.iter_mut().map(Region::bytes_mut).collect()
    };
    let run = |(keys, values): (&Range<usize>, &mut [u8])| task.run(keys.clone(), columns, values);
    let parts = if rayon::current_thread_index().is_some() {
        let tasks = tasks.par_iter().zip(targets).with_max_len(1);
        let parts: Vec<_> = tasks.map(run).collect();
        parts.into_iter().collect::<Result<Vec<_>, _>>()?
    } else {
        let tasks = tasks.iter().zip(targets);
        tasks.map(run).collect::<Result<Vec<_>, _>>()?
    };
    if parts.iter().any(|part| part.flagged) {
        return Ok(None);
    }
    for (at, (part, keys)) in parts.iter().zip(&tasks).enumerate() {
        let from = regions.get(at).map(Region::bytes);
        part.put_back(
            (lane, from),
            partitions,
            rows_of(keys),
            buffer.as_slice_mut(),
            &mut validity,
        );
    }
    let validity = task.nullable.then(|| Buffer::from_vec(validity));
    Ok(Some((buffer.into(), validity)))
}

/// A window along some keys' rows.
struct Task<'p> {
    partitions: &'p Partitions,
    window: Window,
    scalar: ScalarType,
    nullable: bool,
    lane: Lane,
    /// Whether the last column gathered is one to measure along, and that descends.
    axis: Option<bool>,
}

/// Which values of a window there are, in the order of the partitions.
struct Part {
    validity: Region,
    flagged: bool,
}

impl Task<'_> {
    /// Writes the values of some keys' rows, which are as many as `target` holds.
    fn run(
        &self,
        keys: Range<usize>,
        columns: &[(ScalarType, &Aligned<'_>)],
        target: &mut [u8],
    ) -> Result<Part, RunError> {
        let starts = &self.partitions.starts;
        let first = starts[keys.start];
        let rows = starts[keys.end] - first;
        let longest = keys.clone().map(|key| starts[key + 1] - starts[key]).max();
        let longest = longest.unwrap_or(0).next_multiple_of(64);
        let stands = |column: &Aligned<'_>| {
            let whole = self.partitions.rows.is_none();
            whole && column.lane != Lane::Bool && !column.has_nulls()
        };
        let scratch = |(_, column): &(ScalarType, &Aligned<'_>)| {
            let rows = if stands(column) { 0 } else { longest };
            let values = Region::zeroed(column.lane.bytes(rows));
            (values, Region::zeroed(rows / 8))
        };
        let mut gathered: Vec<(Region, Region)> = columns.iter().map(scratch).collect();
        let mut bits = Region::zeroed(if self.lane == Lane::Bool {
            longest / 8
        } else {
            0
        });
        let mut validity = Region::zeroed(if self.nullable { longest / 8 } else { 0 });
        let mut part = Part {
            validity: Region::zeroed(if self.nullable { rows.div_ceil(8) } else { 0 }),
            flagged: false,
        };
        for key in keys {
            let range = starts[key]..starts[key + 1];
            for ((_, column), (values, validity)) in columns.iter().zip(&mut gathered) {
                if !stands(column) {
                    let to = (values.bytes_mut(), validity.bytes_mut());
                    let view = column.view();
                    gather(column.lane, view, self.partitions, range.clone(), to);
                }
            }
            let arguments: Vec<Argument<'_>> = columns
                .iter()
                .zip(&gathered)
                .map(|((scalar, column), (values, validity))| Argument {
                    scalar: *scalar,
                    lane: column.lane,
                    view: View {
                        values: if stands(column) {
                            let bytes =
                                column.lane.bytes(range.start)..column.lane.bytes(range.end);
                            &column.view().values[bytes]
                        } else {
                            values.bytes()
                        },
                        validity: column.has_nulls().then(|| validity.bytes()),
                    },
                })
                .collect();
            let at = range.start - first;
            let mut written = Written {
                values: if self.lane == Lane::Bool {
                    bits.bytes_mut()
                } else {
                    &mut target[self.lane.bytes(at)..self.lane.bytes(at + range.len())]
                },
                validity: self.nullable.then(|| validity.bytes_mut()),
                scalar: self.scalar,
                flagged: false,
            };
            let (arguments, axis) = match (self.axis, &arguments[..]) {
                (Some(descending), [arguments @ .., column]) => {
                    let column = *column;
                    (arguments, Some(Axis { column, descending }))
                }
                (_, arguments) => (arguments, None),
            };
            run_along(self.window, arguments, axis, range.len(), &mut written)?;
            part.flagged |= written.flagged;
            if self.lane == Lane::Bool {
                blit_bits(bits.bytes(), 0, range.len(), target, at);
            }
            if self.nullable {
                let to = part.validity.bytes_mut();
                blit_bits(validity.bytes(), 0, range.len(), to, at);
            }
        }
        Ok(part)
    }
}

impl Part {
    /// Puts values to where their rows stand in the table; those that are not yet there.
    fn put_back(
        &self,
        (lane, from): (Lane, Option<&[u8]>),
        partitions: &Partitions,
        range: Range<usize>,
        values: &mut [u8],
        validity: &mut [u8],
    ) {
        let nullable = !validity.is_empty();
        let Some(rows) = &partitions.rows else {
            if let Some(from) = from {
                blit_bits(from, 0, range.len(), values, range.start);
            }
            if nullable {
                blit_bits(self.validity.bytes(), 0, range.len(), validity, range.start);
            }
            return;
        };
        let rows = &rows[range];
        let from = from.unwrap_or_default();
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
            128 => put!(i128),
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
        128 => take!(i128),
        _ => take!(u64),
    }
    if let Some(from) = column.validity {
        rows.iter()
            .enumerate()
            .for_each(|(at, row)| put_bit(validity, at, bit(from, *row as usize)));
    }
}
