//! Windows without keys: along all rows, as they stand or in an order.

use arrow::buffer::Buffer;
use icosian_ir::types::ScalarType;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::aligned::Aligned;
use super::{Part, TASK_ROWS, Task, gather};
use crate::error::RunError;
use crate::execute::run::Run;
use crate::execute::view::View;
use crate::execute::window::frames::Axis;
use crate::execute::window::{Argument, Written, run_whole};
use crate::memory::{PooledRegion, Region};

/// The values of a window, and which there are; none if some row may have raised.
pub(super) fn compute(
    run: &Run<'_>,
    task: &Task<'_>,
    columns: &[(ScalarType, &Aligned<'_>)],
) -> Result<Option<(Buffer, Option<Buffer>)>, RunError> {
    let rows = task.partitions.starts[1];
    let in_order = task.partitions.rows.is_some();
    let gathered: Vec<Option<(Region, Region)>> = (columns.iter())
        .map(|(_, column)| in_order.then(|| gather_all(task, column, rows)))
        .collect();
    let mut arguments: Vec<Argument<'_>> = (columns.iter().zip(&gathered))
        .map(|((scalar, column), gathered)| Argument {
            scalar: *scalar,
            lane: column.lane,
            view: match gathered {
                None => column.view(),
                Some((values, validity)) => View {
                    values: values.bytes(),
                    validity: column.has_nulls().then(|| validity.bytes()),
                },
            },
        })
        .collect();
    let axis = match task.axis {
        Some(descending) => arguments.pop().map(|column| Axis { column, descending }),
        None => None,
    };
    let padded = rows.next_multiple_of(64);
    let take = |bytes: usize| {
        let reservation = run.budget().try_grow(bytes)?;
        Ok::<PooledRegion, RunError>(run.pool().take(bytes, Some(reservation)))
    };
    let mut values = take(task.lane.bytes(padded))?;
    let mut validity = task.nullable.then(|| take(padded / 8)).transpose()?;
    // Values in their own order go to where their rows stand afterwards.
    let mut ordered = in_order.then(|| {
        (
            Region::zeroed(task.lane.bytes(padded)),
            Region::zeroed(padded / 8),
        )
    });
    let mut written = match &mut ordered {
        Some((values, validity)) => Written {
            values: values.bytes_mut(),
            validity: task.nullable.then(|| validity.bytes_mut()),
            scalar: task.scalar,
            flagged: false,
        },
        None => Written {
            values: values.bytes_mut(),
            validity: validity.as_mut().map(PooledRegion::bytes_mut),
            scalar: task.scalar,
            flagged: false,
        },
    };
    run_whole(task.window, &arguments, axis, rows, &mut written)?;
    if written.flagged {
        return Ok(None);
    }
    if let Some((from, some)) = ordered {
        let part = Part {
            validity: some,
            flagged: false,
        };
        let validity = validity
            .as_mut()
            .map_or(&mut [][..], PooledRegion::bytes_mut);
        validity.fill(0);
        let from = (task.lane, Some(from.bytes()));
        part.put_back(from, task.partitions, 0..rows, values.bytes_mut(), validity);
    }
    let validity = validity.map(|validity| validity.into_buffer(0, padded / 8));
    let values = values.into_buffer(0, task.lane.bytes(padded));
    Ok(Some((values, validity)))
}

/// The rows of a column in the order of the task.
fn gather_all(task: &Task<'_>, column: &Aligned<'_>, rows: usize) -> (Region, Region) {
    let padded = rows.next_multiple_of(64);
    let mut values = Region::zeroed(column.lane.bytes(padded));
    let mut validity = Region::zeroed(padded / 8);
    let view = column.view();
    let piece = |(piece, (values, validity)): (usize, (&mut [u8], &mut [u8]))| {
        let start = piece * TASK_ROWS;
        let range = start..rows.min(start + TASK_ROWS);
        gather(
            column.lane,
            view,
            task.partitions,
            range,
            (values, validity),
        );
    };
    let bytes = (column.lane.bytes(TASK_ROWS), TASK_ROWS / 8);
    let pieces = rows.div_ceil(TASK_ROWS);
    if rayon::current_thread_index().is_some() {
        let values = values.bytes_mut().par_chunks_mut(bytes.0).take(pieces);
        let validity = validity.bytes_mut().par_chunks_mut(bytes.1).take(pieces);
        values.zip(validity).enumerate().for_each(piece);
    } else {
        let values = values.bytes_mut().chunks_mut(bytes.0).take(pieces);
        let validity = validity.bytes_mut().chunks_mut(bytes.1).take(pieces);
        values.zip(validity).enumerate().for_each(piece);
    }
    (values, validity)
}
