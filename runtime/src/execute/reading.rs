//! Row groups that a pass decodes as it comes to them.
//!
//! A morsel asks for the rows it looks at; the thread of the first that looks at a row group decodes it, and
//! who is done with it last drops it. So reading and computing are one loop, and about as many row
//! groups are in memory as there are threads. Decoding runs no tasks of the pool: a thread that waits for a
//! row group waits for one that is at work on it, and for nothing else.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use arrow::array::ArrayRef;
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::types::ScalarType;

use crate::data::{BoundScan, BoundTable, ChunkedColumn};
use crate::error::{RunError, internal};
use crate::execute::keys::Spans;
use crate::execute::pass::{MORSEL_ROWS, keys_of};
use crate::execute::prepared::{Backend, Prepared};
use crate::execute::program::{PassProgram, Place, SinkPlan, Slot};
use crate::execute::run::Run;
use crate::source::Scan;

/// The columns of some rows of a table, by slot.
#[derive(Debug)]
pub(crate) struct ReadRows<'a> {
    pub(crate) columns: Cow<'a, [Arc<ChunkedColumn>]>,
    /// The row of the table that is the first in these columns.
    pub(crate) first_row: usize,
}

/// The row groups of a table, in one pass over it.
#[derive(Debug)]
pub(crate) struct Reading {
    bound: Arc<BoundScan>,
    table: String,
    /// Of each slot that stands in the table: its place among the columns decoded, and its type.
    slots: Vec<(usize, ScalarType)>,
    /// The slots that are delivered as they are.
    delivered: Vec<usize>,
    groups: Vec<RowGroup>,
}

/// A row group: decoded from its first use to its last.
#[derive(Debug, Default)]
struct RowGroup {
    /// How many morsels that look at it are not done.
    users: AtomicUsize,
    decoded: Mutex<Decoded>,
}

/// What is in memory of a row group.
#[derive(Debug, Default)]
struct Decoded {
    columns: Option<Vec<Arc<ChunkedColumn>>>,
    /// The delivered columns, which stay.
    delivered: Vec<Arc<ChunkedColumn>>,
}

impl Reading {
    /// What the slots of a pass are in the files of its table, if the pass is to decode these.
    pub(crate) fn new(
        columns: &Columns,
        table: TableId,
        program: &PassProgram,
        data: Option<&Arc<BoundTable>>,
    ) -> Result<Option<Reading>, RunError> {
        let Some(bound) = data.and_then(|data| data.scan()) else {
            return Ok(None);
        };
        let name = &columns.tables[table].name;
        let slots = program.reads.iter().map(|slot| {
            let slot = &program.slots[*slot];
            let place = (bound.columns.iter()).position(|id| *id == Some(slot.column));
            place
                .map(|place| (place, slot.ty.scalar))
                .ok_or_else(|| RunError::MissingColumn {
                    table: name.clone(),
                    column: slot.column.to_string(),
                })
        });
        let delivered = program.delivered.iter().map(|delivered| delivered.slot);
        let mut groups = Vec::new();
        groups.resize_with(bound.scan.row_groups(), RowGroup::default);
        Ok(Some(Reading {
            slots: slots.collect::<Result<_, _>>()?,
            delivered: delivered
                .filter(|slot| program.slots[*slot].place == Place::Table)
                .collect(),
            bound: Arc::clone(bound),
            table: name.clone(),
            groups,
        }))
    }

    /// Columns without rows: what is known of all rows before any is read.
    pub(crate) fn unread_columns(&self) -> Result<Vec<Arc<ChunkedColumn>>, RunError> {
        let slots = self.slots.iter();
        slots
            .map(|(_, scalar)| ChunkedColumn::try_new(*scalar, Vec::new()).map(Arc::new))
            .collect()
    }

    /// Whether some column read may have nulls.
    pub(crate) fn may_have_nulls(&self) -> bool {
        let mut slots = self.slots.iter();
        slots.any(|(place, _)| self.bound.scan.may_have_nulls(*place))
    }

    /// Notes that a morsel will look at some rows.
    pub(crate) fn expect(&self, rows: Range<usize>) {
        for group in self.bound.scan.groups_of(rows) {
            self.groups[group].users.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that a morsel is done with the rows that it was expected to look at.
    pub(crate) fn release(&self, rows: Range<usize>) {
        for group in self.bound.scan.groups_of(rows) {
            let group = &self.groups[group];
            if group.users.fetch_sub(1, Ordering::AcqRel) == 1 {
                group.lock().columns = None;
            }
        }
    }

    /// A delivered column of the table, of some rows.
    pub(crate) fn delivered(
        &self,
        slot: usize,
        rows: Range<usize>,
    ) -> Result<Vec<ArrayRef>, RunError> {
        let place = self
            .delivered
            .iter()
            .position(|delivered| *delivered == slot);
        let mut arrays = Vec::new();
        for group in self.bound.scan.groups_of(rows.clone()) {
            let of_group = self.bound.scan.rows_of(group);
            let start = rows.start.max(of_group.start) - of_group.start;
            let end = rows.end.min(of_group.end) - of_group.start;
            let decoded = self.groups[group].lock();
            let column = place.and_then(|place| decoded.delivered.get(place));
            let column = column.ok_or_else(|| internal("a row group that was not decoded"))?;
            arrays.extend(column.arrays(start..end));
        }
        // Files may differ in their layouts of text.
        let column = ChunkedColumn::try_new(self.slots[slot].1, arrays)?;
        Ok(column.arrays(0..rows.len()))
    }

    /// The columns of row groups that hold some rows.
    ///
    /// # Errors
    /// That of the lowest row group that can't be decoded.
    pub(crate) fn columns(
        &self,
        run: &Run<'_>,
        program: &PassProgram,
        rows: Range<usize>,
    ) -> Result<ReadRows<'static>, RunError> {
        let groups = self.bound.scan.groups_of(rows);
        let first_row = self.bound.scan.rows_of(groups.start).start;
        let mut parts = groups.map(|group| self.group(run, program, group));
        let first = parts
            .next()
            .unwrap_or_else(|| Err(internal("rows of no row group")))?;
        let others = parts.collect::<Result<Vec<_>, _>>()?;
        if others.is_empty() {
            return Ok(ReadRows {
                columns: Cow::Owned(first),
                first_row,
            });
        }
        let columns = self.slots.iter().enumerate().map(|(slot, (_, scalar))| {
            let parts = std::iter::once(&first).chain(&others);
            let arrays: Vec<ArrayRef> = parts
                .flat_map(|part| part[slot].chunk_arrays().cloned())
                .collect();
            ChunkedColumn::try_new(*scalar, arrays).map(Arc::new)
        });
        Ok(ReadRows {
            columns: Cow::Owned(columns.collect::<Result<_, _>>()?),
            first_row,
        })
    }

    /// The columns of a row group, decoded now if they are not at hand.
    fn group(
        &self,
        run: &Run<'_>,
        program: &PassProgram,
        group: usize,
    ) -> Result<Vec<Arc<ChunkedColumn>>, RunError> {
        let mut decoded = self.groups[group].lock();
        if let Some(columns) = &decoded.columns {
            return Ok(columns.clone());
        }
        let started = Instant::now();
        let batches = self.bound.scan.decode(group);
        let batches = batches.map_err(|error| RunError::Source {
            table: self.table.clone(),
            error: Box::new(error),
        })?;
        let columns = self.slots.iter().map(|(place, scalar)| {
            let arrays = batches.iter().map(|batch| Arc::clone(batch.column(*place)));
            ChunkedColumn::try_new(*scalar, arrays.collect()).map(Arc::new)
        });
        let columns: Vec<Arc<ChunkedColumn>> = columns.collect::<Result<_, _>>()?;
        if let Some(analysis) = run.analysis() {
            let arrays = columns.iter().flat_map(|column| column.chunk_arrays());
            analysis.decoded(program.pass, arrays, started.elapsed());
        }
        let delivered = self
            .delivered
            .iter()
            .map(|slot| Arc::clone(&columns[*slot]));
        decoded.delivered = delivered.collect();
        Ok(decoded.columns.insert(columns).clone())
    }
}

impl RowGroup {
    fn lock(&self) -> MutexGuard<'_, Decoded> {
        self.decoded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prepared {
    /// Whether the pass over a table is to decode the row groups of a scan, whose columns are these of the
    /// table, on so many threads, where so many rows are asked for at once: if no other pass or later step
    /// looks at the table, nothing needs to be known of all rows before the first is computed, and there
    /// are row groups and morsels enough for all threads.
    pub fn decodes(
        &self,
        table: TableId,
        scan: &Scan,
        columns: &[Option<ColumnId>],
        threads: usize,
        at_once: usize,
    ) -> bool {
        let passes = self.plan().passes.iter();
        let mut over = passes.filter(|(_, pass)| pass.table == table);
        let (Some((id, pass)), None, Backend::Jit) = (over.next(), over.next(), self.backend())
        else {
            return false;
        };
        let Ok(program) = self.program(id) else {
            return false;
        };
        // A pass of one morsel is run by one thread.
        let halo = usize::try_from(pass.halo.0.saturating_add(pass.halo.1)).unwrap_or(usize::MAX);
        let is_worth_it = scan.rows() > MORSEL_ROWS && scan.keeps_busy(threads, at_once, halo);
        let has_dictionaries = || (0..columns.len()).any(|column| scan.has_dictionaries(column));
        let looks_around = |sink: &SinkPlan| {
            keeps_columns(program, sink) || may_have_places(program, sink, scan, columns)
        };
        is_worth_it
            && scan.has_likely_rows()
            && !columns.is_empty()
            && program.cumulative.is_empty()
            && !program.sinks.iter().any(looks_around)
            && !has_dictionaries()
    }
}

/// Whether a later step looks at columns of the table that a sink leaves as they stand there.
fn keeps_columns(program: &PassProgram, sink: &SinkPlan) -> bool {
    match sink {
        SinkPlan::Stack { through, .. } => !through.is_empty(),
        SinkPlan::Build { columns }
        | SinkPlan::Spool { columns, .. }
        | SinkPlan::Window { columns } => {
            (columns.iter()).any(|(_, slot)| program.stands_whole(sink, *slot))
        }
        // Delivered columns stay in memory whoever decodes them.
        SinkPlan::Output
        | SinkPlan::Reduce { .. }
        | SinkPlan::Group { .. }
        | SinkPlan::Carry { .. } => false,
    }
}

/// Whether a look at rows all over the table might find places for the keys of a sink.
fn may_have_places(
    program: &PassProgram,
    sink: &SinkPlan,
    scan: &Scan,
    columns: &[Option<ColumnId>],
) -> bool {
    let Some(keys) = keys_of(sink) else {
        return false;
    };
    let slots = || keys.iter().map(|key| &program.slots[*key]);
    let most_values = |slot: &Slot| {
        let column = (columns.iter()).position(|id| *id == Some(slot.column));
        scan.most_values(column?)
    };
    let most = slots().try_fold(1_u128, |keys, slot| keys.checked_mul(most_values(slot)?));
    slots().all(|slot| slot.place == Place::Table)
        && Spans::may_cover(slots().map(|slot| slot.ty.scalar))
        && !most.is_some_and(Spans::are_few)
}
