//! In which order a segment's columns are computed, and how many rows at a time.
//!
//! Before → after: a body in any topological order → the same columns, each as soon as its
//! consumer wants it, so that few values are live at once; columns that no output needs are gone.
//! With few live values 8 rows are computed at a time (four interleaved streams of 64-bit
//! vectors, which hides latencies), with more 4 or 2, so that they stay in the 16 vector
//! registers.

use std::collections::{HashMap, HashSet};

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::Op;
use icosian_ir::plan::FusedSegment;

use crate::emit::Width;
use crate::error::CompileError;

/// The most columns a kernel may have, inputs included: register allocation is near quadratic in
/// live values.
const MOST_COLUMNS: usize = 2048;

/// Vector registers that live values may take; the others hold constants and intermediates.
const LIVE_VECTORS: usize = 12;

/// What to emit in which order.
pub(crate) struct Schedule {
    /// The columns of the body that some output needs, arguments before users.
    pub(crate) order: Vec<ColumnId>,
    /// Rows computed at a time: 8, 4 or 2.
    pub(crate) rows: usize,
}

/// Orders the body and chooses the number of rows.
pub(crate) fn schedule(
    columns: &Columns,
    segment: &FusedSegment,
) -> Result<Schedule, CompileError> {
    let count = segment.inputs.len() + segment.body.len() + segment.params.len();
    if count > MOST_COLUMNS {
        return Err(CompileError::TooLarge {
            columns: count,
            limit: MOST_COLUMNS,
        });
    }
    let order = depth_first(columns, segment);
    let peak = peak_of_live_vectors(columns, segment, &order)?;
    let rows = if peak <= LIVE_VECTORS {
        8
    } else if peak <= 2 * LIVE_VECTORS {
        4
    } else {
        2
    };
    Ok(Schedule { order, rows })
}

/// Post-order from the outputs, each argument just before its first user; of several the one that
/// takes the longest chain of ops first, so that the others need not wait for it in registers.
fn depth_first(columns: &Columns, segment: &FusedSegment) -> Vec<ColumnId> {
    let mut depths: HashMap<ColumnId, usize> = HashMap::with_capacity(segment.body.len());
    for column in &segment.body {
        let arguments = &columns.column(*column).args;
        let deepest = arguments.iter().filter_map(|of| depths.get(of)).max();
        depths.insert(*column, deepest.map_or(0, |depth| depth + 1));
    }
    let mut done = HashSet::new();
    let mut order = Vec::with_capacity(segment.body.len());
    let mut stack = Vec::new();
    for output in &segment.outputs {
        stack.push((*output, false));
        while let Some((column, arguments_done)) = stack.pop() {
            if arguments_done {
                if done.insert(column) {
                    order.push(column);
                }
            } else if depths.contains_key(&column) && !done.contains(&column) {
                stack.push((column, true));
                let mut arguments = columns.column(column).args.to_vec();
                // The last pushed is the first visited.
                arguments.reverse();
                arguments.sort_by_key(|argument| depths.get(argument));
                stack.extend(arguments.into_iter().map(|argument| (argument, false)));
            }
        }
    }
    order
}

/// The most vectors live at once if 8 rows are computed at a time.
fn peak_of_live_vectors(
    columns: &Columns,
    segment: &FusedSegment,
    order: &[ColumnId],
) -> Result<usize, CompileError> {
    let inputs: HashSet<ColumnId> = segment.inputs.iter().copied().collect();
    let body: HashSet<ColumnId> = order.iter().copied().collect();
    let mut last_use = HashMap::new();
    for (time, column) in order.iter().enumerate() {
        for argument in &columns.column(*column).args {
            last_use.insert(*argument, time);
        }
    }
    let mut live = HashMap::new();
    let mut size = 0;
    let mut peak = 0;
    for (time, column) in order.iter().enumerate() {
        let arguments = &columns.column(*column).args;
        for argument in arguments {
            if inputs.contains(argument) || body.contains(argument) {
                let vectors = vectors_of(columns, *argument)?;
                if live.insert(*argument, vectors).is_none() {
                    size += vectors;
                }
            }
        }
        peak = peak.max(size);
        for argument in arguments {
            if last_use.get(argument) == Some(&time)
                && let Some(vectors) = live.remove(argument)
            {
                size -= vectors;
            }
        }
        if last_use.contains_key(column) {
            let vectors = vectors_of(columns, *column)?;
            if live.insert(*column, vectors).is_none() {
                size += vectors;
            }
        }
        peak = peak.max(size);
    }
    Ok(peak)
}

/// How many vectors 8 rows of a column take; of a comparison, as many as of what is compared.
fn vectors_of(columns: &Columns, column: ColumnId) -> Result<usize, CompileError> {
    let measured = match (
        &columns.column(column).op,
        columns.column(column).args.first(),
    ) {
        // Text is compared elsewhere; here it is an input, a bool.
        (Op::Compare(_), Some(compared)) if columns.scalar_type(*compared).lane().is_some() => {
            *compared
        }
        _ => column,
    };
    let Some(lane) = columns.scalar_type(measured).lane() else {
        return Err(CompileError::Malformed {
            column,
            reason: "text can't be part of a fused segment",
        });
    };
    Ok(Width::of(lane).unwrap_or(Width::Narrow).vectors(8))
}
