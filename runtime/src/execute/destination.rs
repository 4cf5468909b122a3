//! Where delivered columns are written: one buffer per column for all rows of a partition.
//!
//! Every morsel writes its own slice, so the result is one contiguous array per column that nobody
//! had to copy together. Morsels may be written by different threads; each can be claimed once.
#![allow(unsafe_code)] // Hands out disjoint mutable slices of one buffer.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayData, ArrayRef, make_array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use icosian_ir::types::{Lane, Type};

use crate::arrow_types::arrow_type;
use crate::error::{RunError, internal};
use crate::memory::{BufferPool, MemoryBudget, PooledRegion};

/// Buffers that start alike compete for the same cache sets; each starts this much further.
const STAGGER: usize = 192;

/// Outputs of so many bytes in all are streamed: they don't stay in caches anyway.
const STREAMED_FROM: usize = 16 << 20;

/// The text arrays of each morsel, by its number.
type TextParts = Vec<(usize, Vec<ArrayRef>)>;

/// One delivered column.
pub(crate) enum DestinationColumn {
    /// Taken from the table scanned, nothing is written.
    Passed,
    /// Fixed width.
    Lanes(LaneBuffers),
    /// Text arrays of each morsel.
    Text(Mutex<TextParts>),
}

/// The buffers of a column of fixed width.
pub(crate) struct LaneBuffers {
    ty: Type,
    lane: Lane,
    start: usize,
    values: PooledRegion,
    validity: Option<PooledRegion>,
    nulls: AtomicUsize,
}

/// The delivered columns of one partition.
pub(crate) struct Destination {
    columns: Vec<DestinationColumn>,
    /// The partition's rows.
    rows: Range<usize>,
    /// The row of the first value in the buffers: `rows.start` rounded down to 64.
    first: usize,
    /// The first row of each morsel.
    starts: Vec<usize>,
    claims: Vec<AtomicBool>,
    is_streamed: bool,
}

/// The part of a column that one morsel writes.
#[derive(Debug, Default)]
pub(crate) struct Target<'a> {
    pub(crate) values: &'a mut [u8],
    pub(crate) validity: Option<&'a mut [u8]>,
}

impl Destination {
    /// Buffers for the rows of a partition, worked on in morsels that start at these rows:
    /// the first at the partition's start, the others at rising multiples of 64.
    pub(crate) fn new(
        kinds: impl IntoIterator<Item = Option<Type>>,
        rows: Range<usize>,
        starts: Vec<usize>,
        pool: &Arc<BufferPool>,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Destination, RunError> {
        let first = rows.start / 64 * 64;
        let rising = starts
            .windows(2)
            .all(|pair| pair[0] < pair[1] && pair[1] % 64 == 0);
        let inside = starts.first().is_none_or(|start| *start == rows.start)
            && starts.last().is_none_or(|start| *start < rows.end);
        if !rising || !inside {
            return Err(internal("morsels that do not follow each other"));
        }
        let padded = (rows.end - first).next_multiple_of(64);
        let mut columns = Vec::new();
        let mut written: usize = 0;
        for (position, kind) in kinds.into_iter().enumerate() {
            columns.push(match kind.map(|ty| (ty, ty.scalar.lane())) {
                None => DestinationColumn::Passed,
                Some((_, None)) => DestinationColumn::Text(Mutex::new(Vec::new())),
                Some((ty, Some(lane))) => {
                    let start = position % 16 * STAGGER;
                    written = written.saturating_add(lane.bytes(padded));
                    let take = |bytes: usize| {
                        let bytes = start + bytes + 64;
                        Ok::<_, RunError>(pool.take(bytes, Some(budget.try_grow(bytes)?)))
                    };
                    DestinationColumn::Lanes(LaneBuffers {
                        ty,
                        lane,
                        start,
                        values: take(lane.bytes(padded))?,
                        validity: ty.nullable.then(|| take(padded / 8)).transpose()?,
                        nulls: AtomicUsize::new(0),
                    })
                }
            });
        }
        Ok(Destination {
            columns,
            rows,
            first,
            claims: starts.iter().map(|_| AtomicBool::new(false)).collect(),
            starts,
            is_streamed: written >= STREAMED_FROM,
        })
    }

    /// Whether blocks are made in scratch and then copied past the caches.
    pub(crate) fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// The morsels' first rows.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The rows of a morsel.
    pub(crate) fn morsel(&self, morsel: usize) -> Range<usize> {
        let end = self
            .starts
            .get(morsel + 1)
            .copied()
            .unwrap_or(self.rows.end);
        self.starts[morsel]..end
    }

    /// The part of every column (empty where nothing is written) for the rows of a morsel.
    ///
    /// # Errors
    /// If the morsel was claimed before.
    pub(crate) fn claim(&self, morsel: usize) -> Result<Vec<Target<'_>>, RunError> {
        let claimed = self
            .claims
            .get(morsel)
            .map(|claim| claim.swap(true, Ordering::AcqRel));
        if claimed != Some(false) {
            return Err(internal(format!("morsel {morsel} was claimed twice")));
        }
        let Range { start, end } = self.morsel(morsel);
        let begin = self.first_row(morsel, start);
        let (begin, end) = (begin - self.first, (end - self.first).next_multiple_of(64));
        let mut targets = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            targets.push(match column {
                DestinationColumn::Passed | DestinationColumn::Text(_) => Target::default(),
                DestinationColumn::Lanes(buffers) => {
                    // SAFETY: each morsel is claimed once and the rows `begin..end` of different
                    // morsels are disjoint and start at whole bytes (both checked by `new`), so no two
                    // of these slices overlap; nobody else touches the buffers until `finish` takes
                    // the destination by value, when no slice is left.
                    unsafe {
                        Target {
                            values: part(
                                &buffers.values,
                                buffers.start,
                                buffers.lane.bytes(begin)..buffers.lane.bytes(end),
                            ),
                            validity: buffers
                                .validity
                                .as_ref()
                                .map(|validity| part(validity, buffers.start, begin / 8..end / 8)),
                        }
                    }
                }
            });
        }
        Ok(targets)
    }

    /// The row of the first value that a morsel starting at `start` writes.
    pub(crate) fn first_row(&self, morsel: usize, start: usize) -> usize {
        if morsel == 0 { self.first } else { start }
    }

    /// Notes nulls among the rows of a column.
    pub(crate) fn add_nulls(&self, column: usize, nulls: usize) {
        if let DestinationColumn::Lanes(buffers) = &self.columns[column] {
            buffers.nulls.fetch_add(nulls, Ordering::Relaxed);
        }
    }

    /// Adds the text of a morsel.
    pub(crate) fn add_text(&self, column: usize, morsel: usize, arrays: Vec<ArrayRef>) {
        if let DestinationColumn::Text(parts) = &self.columns[column] {
            let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.push((morsel, arrays));
        }
    }

    /// The arrays of every column; none where a column is passed through.
    pub(crate) fn finish(self) -> Result<Vec<Option<Vec<ArrayRef>>>, RunError> {
        let lead = self.rows.start - self.first;
        let rows = self.rows.len();
        self.columns
            .into_iter()
            .map(|column| match column {
                DestinationColumn::Passed => Ok(None),
                DestinationColumn::Text(parts) => {
                    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
                    parts.sort_by_key(|part| part.0);
                    Ok(Some(parts.into_iter().flat_map(|part| part.1).collect()))
                }
                DestinationColumn::Lanes(buffers) => buffers.finish(lead, rows).map(Some),
            })
            .collect()
    }
}

impl LaneBuffers {
    fn finish(self, lead: usize, rows: usize) -> Result<Vec<ArrayRef>, RunError> {
        let padded = (lead + rows).next_multiple_of(64);
        let values = self.values.into_buffer(self.start, self.lane.bytes(padded));
        let nulls = self
            .validity
            .filter(|_| self.nulls.into_inner() > 0)
            .map(|validity| {
                let bits = validity.into_buffer(self.start, padded / 8);
                NullBuffer::new(BooleanBuffer::new(bits, lead, rows))
            });
        let data = ArrayData::builder(arrow_type(self.ty.scalar))
            .offset(lead)
            .len(rows)
            .add_buffer(values)
            .nulls(nulls)
            .build()?;
        Ok(vec![make_array(data)])
    }
}

/// The bytes `range` after `start` of a region.
///
/// # Safety
/// While the slice lives nobody else may touch these bytes.
#[allow(clippy::mut_from_ref)] // The region is shared out by parts, as the caller promises.
unsafe fn part(region: &PooledRegion, start: usize, range: Range<usize>) -> &mut [u8] {
    assert!(start + range.end <= region.len(), "within the region");
    // SAFETY: within the region as checked; exclusive as the caller promises; bytes of a region are
    // initialized.
    unsafe {
        let first = region.pointer().as_ptr().add(start + range.start);
        std::slice::from_raw_parts_mut(first, range.len())
    }
}
