//! One morsel through a pass: phases, blocks, segments, sinks.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;
use icosian_codegen::Nulls;
use icosian_ir::op::Op;
use icosian_ir::plan::BLOCK_ROWS;
use icosian_ir::types::{Lane, Type};

use crate::bytes::count_bits;
use crate::data::Validity;
use crate::error::{RunError, internal};
use crate::execute::analysis::{Part, Watch};
use crate::execute::arena::TextArena;
use crate::execute::destination::Target;
use crate::execute::fused::{CallBuffers, KernelCall};
use crate::execute::keys::KeyWords;
use crate::execute::pass::PassRun;
use crate::execute::program::{Operand, Place, SegmentKind, SegmentPlan};
use crate::execute::reading::ReadRows;
use crate::execute::sink::{BlockColumns, Coded, MorselSink, SinkState};
use crate::execute::thin::{Passing, Thin};
use crate::execute::view::{Block, View, span};
use crate::memory::{MemoryBudget, Region, streaming};
use crate::text::{Cell, TextBuilder};

/// Scratch buffers start this much apart within the first cache sets.
const STAGGER: usize = 192;

/// Bytes of a slot.
#[derive(Debug, Default)]
pub(crate) enum Bytes<'r> {
    /// Nothing yet.
    #[default]
    None,
    /// Scratch, from this byte on.
    Owned(Region, usize),
    /// A part of a delivered column.
    Target(&'r mut [u8]),
}

impl Bytes<'_> {
    pub(crate) fn get(&self) -> &[u8] {
        match self {
            Bytes::None => &[],
            Bytes::Owned(region, start) => &region.bytes()[*start..],
            Bytes::Target(bytes) => bytes,
        }
    }

    pub(crate) fn get_mut(&mut self) -> &mut [u8] {
        match self {
            Bytes::None => &mut [],
            Bytes::Owned(region, start) => &mut region.bytes_mut()[*start..],
            Bytes::Target(bytes) => bytes,
        }
    }

    /// The scratch, if it is that.
    fn into_owned(self) -> Bytes<'static> {
        match self {
            Bytes::Owned(region, start) => Bytes::Owned(region, start),
            Bytes::None | Bytes::Target(_) => Bytes::None,
        }
    }

    /// Makes scratch of at least so many bytes.
    pub(crate) fn ensure(&mut self, bytes: usize, slot: usize) {
        if self.get().len() < bytes {
            let start = slot % 16 * STAGGER;
            *self = Bytes::Owned(Region::zeroed(start + bytes), start);
        }
    }
}

/// What a slot holds in a worker.
#[derive(Debug, Default)]
pub(crate) struct Store<'r> {
    pub(crate) values: Bytes<'r>,
    pub(crate) validity: Bytes<'r>,
    pub(crate) cells: Vec<Cell<'r>>,
    /// Of a key column of groups: the codes of the block at hand, and the distinct values, if all of
    /// its rows are of one dictionary.
    pub(crate) codes: Vec<u32>,
    pub(crate) dictionary: Option<&'r ArrayRef>,
    /// Of a slot in the table: values read in place; none if they were copied.
    direct: Option<&'r [u8]>,
    /// Of a slot in the table: validity read in place.
    direct_validity: Option<Validity<'r>>,
}

/// What a thread keeps from morsel to morsel of a pass.
#[derive(Debug)]
pub(crate) struct Scratch {
    arena: TextArena,
    buffers: Buffers,
}

/// Memory that the next morsel takes over.
#[derive(Debug, Default)]
struct Buffers {
    /// Of each slot: its values and validity.
    slots: Vec<[Bytes<'static>; 2]>,
    call: CallBuffers,
    words: Vec<u64>,
    keys: (KeyWords, Vec<u32>),
    thin: Vec<Thin>,
}

impl Scratch {
    pub(crate) fn new(budget: &Arc<MemoryBudget>) -> Scratch {
        Scratch {
            arena: TextArena::new(budget),
            buffers: Buffers::default(),
        }
    }

    /// Runs one morsel into the states of the sinks; true if some row may have raised.
    pub(crate) fn run_morsel(
        &mut self,
        run: &PassRun<'_>,
        reads: &ReadRows<'_>,
        morsel: usize,
        states: &mut [SinkState],
    ) -> Result<bool, RunError> {
        self.arena.reset();
        let mut worker = Worker::new(run, reads, &self.arena, std::mem::take(&mut self.buffers));
        let flagged = worker.run_morsel(morsel, states)?;
        self.buffers = worker.into_buffers();
        Ok(flagged)
    }
}

/// Runs one morsel of a pass.
pub(crate) struct Worker<'r> {
    pub(crate) run: &'r PassRun<'r>,
    /// The columns of the table, of the rows that the morsel looks at and perhaps more.
    pub(crate) reads: &'r ReadRows<'r>,
    /// Where text that is made stands.
    pub(crate) arena: &'r TextArena,
    pub(crate) stores: Vec<Store<'r>>,
    pub(crate) block: Block,
    /// Of delivered columns that are copied: where to.
    targets: Vec<Target<'r>>,
    /// The row of the first value in the targets.
    target_row: usize,
    taken: Vec<Store<'r>>,
    call: CallBuffers,
    pub(crate) words: Vec<u64>,
    /// The keys of a probe, and their numbers.
    pub(crate) keys: (KeyWords, Vec<u32>),
    /// Of each slot, where the pass has a filter: rows of the block brought together.
    pub(crate) thin: Vec<Thin>,
}

impl<'r> Worker<'r> {
    fn new(
        run: &'r PassRun<'r>,
        reads: &'r ReadRows<'r>,
        arena: &'r TextArena,
        mut buffers: Buffers,
    ) -> Worker<'r> {
        if run.program.filter.is_some() {
            let slots = run.program.slots.len();
            buffers.thin.resize_with(slots, Default::default);
        }
        let mut slots = buffers.slots;
        slots.resize_with(run.program.slots.len(), Default::default);
        let stores = slots.into_iter().map(|[values, validity]| Store {
            values,
            validity,
            ..Store::default()
        });
        Worker {
            run,
            reads,
            arena,
            stores: stores.collect(),
            block: Block::new(0, 0, 0),
            targets: Vec::new(),
            target_row: 0,
            taken: Vec::new(),
            call: buffers.call,
            words: buffers.words,
            keys: buffers.keys,
            thin: buffers.thin,
        }
    }

    fn into_buffers(self) -> Buffers {
        let slots = self.stores.into_iter();
        Buffers {
            slots: slots
                .map(|store| [store.values.into_owned(), store.validity.into_owned()])
                .collect(),
            call: self.call,
            words: self.words,
            keys: self.keys,
            thin: self.thin,
        }
    }

    /// Runs one morsel into the states of the sinks; true if some row may have raised.
    fn run_morsel(&mut self, morsel: usize, states: &mut [SinkState]) -> Result<bool, RunError> {
        let run = self.run;
        let program = run.program;
        let mut watch = Watch::new(run.run.analysis(), program);
        let core = run.destination.morsel(morsel);
        let (origin, end) = run.extent(&core);
        self.target_row = run.destination.first_row(morsel, core.start);
        self.targets = run.destination.claim(morsel)?;
        self.prepare_stores(end - origin);
        let mut sinks: Vec<MorselSink> = program
            .sinks
            .iter()
            .zip(run.ranges.iter().zip(&run.places))
            .map(|(sink, (range, places))| {
                MorselSink::new(program, sink, range.clone(), places.as_ref())
            })
            .collect::<Result<_, _>>()?;
        let mut texts: Vec<TextBuilder> = Vec::new();
        texts.resize_with(program.delivered.len(), TextBuilder::default);
        let mut nulls = vec![0; program.delivered.len()];
        let mut flagged = false;
        let mut chosen = Vec::new();
        for phase in 0..program.phases {
            let last = phase + 1 == program.phases;
            let rows = if last {
                self.target_row..core.end
            } else {
                origin..end
            };
            for start in rows.clone().step_by(BLOCK_ROWS) {
                let block_end = rows.end.min(start + BLOCK_ROWS);
                self.block = Block::new(start, block_end - start, origin);
                let inside = core.start.saturating_sub(start)..block_end - start;
                let reads = match &program.filter {
                    Some(filter) => &filter.before,
                    None => &program.phase_reads[phase],
                };
                for slot in reads {
                    self.bind(*slot);
                }
                if last && program.filter.is_none() {
                    self.settle_codes();
                }
                watch.lap(Part::Bind);
                let mut passing = Passing::Many;
                for (position, segment) in program.segments.iter().enumerate() {
                    if let Some(filter) = &program.filter
                        && filter.segments == position
                    {
                        passing = self.thin(filter, &inside, &mut chosen)?;
                        watch.lap(Part::Bind);
                        if passing == Passing::None {
                            break;
                        }
                    }
                    if segment.phase == phase && !segment.kind.is_window() {
                        flagged |= self.run_segment(position, segment)?;
                        watch.lap(Part::Segment(position));
                    }
                }
                if passing == Passing::None {
                    sinks.iter_mut().for_each(|sink| sink.skip(chosen.len()));
                } else if last {
                    self.deliver(inside.clone(), &mut texts, &mut nulls)?;
                    watch.lap(Part::Deliver);
                    let with_plans = program.sinks.iter().zip(&mut sinks).zip(&mut *states);
                    // Rows brought together are numbered from the first that is the partition's own.
                    let (rows, first, thinned) = match passing {
                        Passing::Few => {
                            let first = start + inside.start;
                            (0..self.block.rows, first, Some(&chosen[..]))
                        }
                        Passing::None | Passing::Many => (inside, start, None),
                    };
                    for (position, ((plan, sink), state)) in with_plans.enumerate() {
                        sink.update(plan, state, &*self, rows.clone(), first, thinned)?;
                        watch.lap(Part::Sink(position));
                    }
                    if passing == Passing::Few {
                        self.leave_thin();
                    }
                }
            }
            // Windows see the whole morsel.
            self.block = Block::new(origin, end - origin, origin);
            for (position, segment) in program.segments.iter().enumerate() {
                if segment.phase == phase && segment.kind.is_window() {
                    for operand in &segment.operands {
                        if let Operand::Slot(slot) = operand
                            && program.slots[*slot].place == Place::Table
                        {
                            self.bind(*slot);
                        }
                    }
                    flagged |= self.run_window(segment, core.start)?;
                    watch.lap(Part::Segment(position));
                }
            }
        }
        watch.lap(Part::Bind);
        for (position, (sink, state)) in sinks.into_iter().zip(&mut *states).enumerate() {
            let standing = program.standing(&program.sinks[position], &self.reads.columns);
            let first = self.target_row - self.reads.first_row;
            sink.finish(state, core.clone(), standing, first)?;
            if run.reading.is_some() {
                // What was decoded for this morsel does not stay.
                state.settle()?;
            }
            watch.lap(Part::Sink(position));
        }
        for (position, (text, nulls)) in texts.into_iter().zip(nulls).enumerate() {
            run.destination.add_nulls(position, nulls);
            run.destination.add_text(position, morsel, text.finish()?);
        }
        if run.destination.is_streamed() {
            streaming::fence();
        }
        Ok(flagged)
    }

    /// Scratch for a morsel of so many rows, and targets for what is written in place.
    fn prepare_stores(&mut self, rows: usize) {
        let program = self.run.program;
        let rows = rows.next_multiple_of(64);
        for (position, (slot, store)) in program.slots.iter().zip(&mut self.stores).enumerate() {
            let Some(lane) = slot.lane else { continue };
            let rows = match slot.place {
                Place::Table => continue,
                Place::Block => BLOCK_ROWS,
                Place::Target(_) if self.run.destination.is_streamed() => BLOCK_ROWS,
                Place::Morsel => rows,
                Place::Target(delivered) => {
                    let target = std::mem::take(&mut self.targets[delivered]);
                    store.values = Bytes::Target(target.values);
                    store.validity = target.validity.map_or(Bytes::None, Bytes::Target);
                    continue;
                }
            };
            store.values.ensure(lane.bytes(rows), position);
            store.validity.ensure(rows / 8, position + 8);
        }
    }

    /// Makes the rows of the block at hand of a slot of the table readable.
    pub(crate) fn bind(&mut self, slot: usize) {
        let run = self.run;
        let reads = self.reads;
        let column = &*reads.columns[slot];
        let block = self.block;
        let rows = self.rows_read();
        let store = &mut self.stores[slot];
        let Some(lane) = run.program.slots[slot].lane else {
            if run.distinct.coded[slot] {
                self.bind_codes(slot);
            }
            let store = &mut self.stores[slot];
            if !run.distinct.unread[slot] {
                column.read_text(rows, &mut store.cells);
            }
            return;
        };
        let direct = column.direct(rows.clone());
        store.direct = direct.values;
        store.direct_validity = Some(direct.validity);
        if direct.values.is_none() || matches!(direct.validity, Validity::Copied) {
            store.values.ensure(lane.bytes(block.padded), slot);
            store.validity.ensure(block.padded / 8, slot + 8);
            let nulls = column.copy(
                rows,
                block.padded,
                store.values.get_mut(),
                store.validity.get_mut(),
            );
            store.direct_validity = Some(if nulls {
                Validity::Copied
            } else {
                Validity::Absent
            });
        }
    }

    /// The rows of the block at hand, counted from the first in the columns of the table.
    pub(crate) fn rows_read(&self) -> Range<usize> {
        let start = self.block.row - self.reads.first_row;
        start..start + self.block.rows
    }

    /// Where the block at hand begins in a slot's buffers, in rows.
    pub(crate) fn start(&self, slot: usize) -> usize {
        match self.run.program.slots[slot].place {
            Place::Table | Place::Block => 0,
            Place::Morsel => self.block.offset,
            Place::Target(_) if self.run.destination.is_streamed() => 0,
            Place::Target(_) => self.block.row - self.target_row,
        }
    }

    pub(crate) fn lane(&self, slot: usize) -> Result<Lane, RunError> {
        self.run.program.slots[slot]
            .lane
            .ok_or_else(|| internal("text where a lane was expected"))
    }

    fn run_segment(&mut self, position: usize, segment: &SegmentPlan) -> Result<bool, RunError> {
        match &segment.kind {
            SegmentKind::Fused(fused) => self.run_fused(*fused, segment),
            SegmentKind::Wide(_) => self.run_wide(position, segment).map(|()| false),
            SegmentKind::Columnar(column) => {
                match &self.run.prepared.columns().column(*column).op {
                    Op::Time(function) => self.run_time(*function, *column, segment),
                    Op::OneOf(members) if self.run.sets[position].is_some() => {
                        self.run_one_of(position, members, segment).map(|()| false)
                    }
                    _ if self.run.prepared.columns().has_decimals(*column) => {
                        self.run_decimal(*column, segment)
                    }
                    _ => self.run_columnar(position, *column, segment),
                }
            }
            SegmentKind::Calendar(data) => self.run_calendar(data, segment),
            SegmentKind::Extern(column) => self.run_host(*column, segment).map(|()| false),
            SegmentKind::Probe(column) => {
                self.run_probe(position, *column, segment).map(|()| false)
            }
            SegmentKind::Gather(_) => self.run_gather(position, segment).map(|()| false),
            SegmentKind::Window(_) => Err(internal("a window inside a phase")),
        }
    }

    fn run_fused(&mut self, fused: usize, segment: &SegmentPlan) -> Result<bool, RunError> {
        let run = self.run;
        let block = self.block;
        let mut nulls = Nulls::Absent;
        for operand in &segment.operands {
            if let Operand::Slot(slot) = operand
                && let Some(validity) = self.view(*slot)?.validity
                && count_bits(validity, 0, block.rows) < block.rows
            {
                nulls = Nulls::General;
                break;
            }
        }
        let kernel = run.prepared.kernel(run.program.pass, fused, nulls)?;
        let mut outputs = std::mem::take(&mut self.taken);
        for slot in &segment.outputs {
            outputs.push(std::mem::take(&mut self.stores[*slot]));
        }
        let mut buffers = std::mem::take(&mut self.call);
        let mut call = KernelCall::new(kernel, &mut buffers, block.padded);
        for operand in &segment.operands {
            if let Operand::Slot(slot) = operand {
                let view = self.view(*slot)?;
                call.input(self.lane(*slot)?, view.values, view.validity)?;
            }
        }
        for (slot, store) in segment.outputs.iter().zip(&mut outputs) {
            let start = self.start(*slot);
            let lane = self.lane(*slot)?;
            let nullable = run.program.slots[*slot].ty.nullable;
            call.output(
                lane,
                &mut store.values.get_mut()[span(lane, start, block.padded)],
                nullable
                    .then(|| &mut store.validity.get_mut()[span(Lane::Bool, start, block.padded)]),
            )?;
        }
        let flagged = call.run(&run.fused_params[fused], block.row as u64)?;
        for (slot, store) in segment.outputs.iter().zip(outputs.drain(..)) {
            self.stores[*slot] = store;
        }
        self.taken = outputs;
        self.call = buffers;
        Ok(flagged)
    }

    /// Copies what is delivered but not written in place, and counts nulls.
    fn deliver(
        &mut self,
        rows: Range<usize>,
        texts: &mut [TextBuilder],
        nulls: &mut [usize],
    ) -> Result<(), RunError> {
        let run = self.run;
        let block = self.block;
        for (position, delivered) in run.program.delivered.iter().enumerate() {
            let slot = &run.program.slots[delivered.slot];
            if slot.place == Place::Table {
                continue;
            }
            let Some(lane) = slot.lane else {
                for cell in &self.cells(delivered.slot)?[rows.clone()] {
                    texts[position].push(*cell)?;
                }
                continue;
            };
            if slot.ty.nullable {
                let view = self.view(delivered.slot)?;
                if let Some(validity) = view.validity {
                    nulls[position] += rows.len() - count_bits(validity, rows.start, rows.len());
                }
            }
            let is_streamed = run.destination.is_streamed();
            if matches!(slot.place, Place::Target(_)) && !is_streamed {
                continue;
            }
            let mut target = std::mem::take(&mut self.targets[position]);
            let view = self.view(delivered.slot)?;
            let start = block.row - self.target_row;
            let to = &mut target.values[span(lane, start, block.padded)];
            let from = &view.values[..lane.bytes(block.padded)];
            if is_streamed {
                streaming::copy(from, to);
            } else {
                to.copy_from_slice(from);
            }
            if let (Some(to), Some(from)) = (&mut target.validity, view.validity) {
                to[span(Lane::Bool, start, block.padded)]
                    .copy_from_slice(&from[..block.padded / 8]);
            }
            self.targets[position] = target;
        }
        Ok(())
    }
}

impl<'r> BlockColumns<'r> for Worker<'r> {
    fn view(&self, slot: usize) -> Result<View<'_>, RunError> {
        if let Some(thin) = self.thin_view(slot) {
            return Ok(thin);
        }
        let plan = &self.run.program.slots[slot];
        let lane = self.lane(slot)?;
        let store = &self.stores[slot];
        if plan.place == Place::Table {
            let validity = match store.direct_validity {
                Some(Validity::Bits(bits)) => Some(bits),
                Some(Validity::Copied) => Some(store.validity.get()),
                Some(Validity::Absent) => None,
                None => return Err(internal("a column of the table that was not bound")),
            };
            return Ok(View {
                values: store.direct.unwrap_or_else(|| store.values.get()),
                validity,
            });
        }
        let start = self.start(slot);
        let padded = self.block.padded;
        Ok(View {
            values: &store.values.get()[span(lane, start, padded)],
            validity: plan
                .ty
                .nullable
                .then(|| &store.validity.get()[span(Lane::Bool, start, padded)]),
        })
    }

    fn cells(&self, slot: usize) -> Result<&[Cell<'r>], RunError> {
        let start = self.start(slot);
        self.stores[slot]
            .cells
            .get(start..start + self.block.rows)
            .ok_or_else(|| internal("text that was not computed"))
    }

    fn ty(&self, slot: usize) -> Type {
        self.run.program.slots[slot].ty
    }

    fn coded(&self, slot: usize) -> Option<Coded<'_>> {
        let store = &self.stores[slot];
        Some(Coded {
            codes: &store.codes,
            values: store.dictionary?,
        })
    }
}
