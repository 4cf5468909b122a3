//! A pass made ready to run: where every column stands, and which segments run in which phase.
//!
//! Windows look at rows around a row, so what they read must be complete first. A pass is cut into
//! phases at its windows: all blocks of a morsel go through a phase, then the windows at its end
//! run over the whole morsel. A segment runs in the latest phase that its users allow, because what
//! the last phase computes can stay in a block's scratch or go straight to its destination.

use std::collections::HashMap;

use icosian_ir::columns::{Columns, Join, Selection};
use icosian_ir::id::{ColumnId, PassId, TableId};
use icosian_ir::meaning::time::instant::Datum;
use icosian_ir::op::Op;
use icosian_ir::plan::{FusedSegment, Pass, Segment, Sink, parts_of};
use icosian_ir::types::{Domain, Lane, Type};

use crate::error::{RunError, internal};
use crate::execute::join::JoinPlan;
use crate::execute::selection::{SelectionPlan, spooled};
use crate::execute::sink::rows::{kept_by_build, kept_by_windows};
use crate::execute::sink::{UnseenOrders, shared_states};
pub(crate) use crate::execute::sink_plan::SinkPlan;
use crate::execute::thin::FilterPlan;

/// A stored column of a pass.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) column: ColumnId,
    pub(crate) ty: Type,
    pub(crate) lane: Option<Lane>,
    pub(crate) place: Place,
}

/// Where a slot's values stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In the table scanned; scratch only takes what can't be read in place.
    Table,
    /// In scratch of one block.
    Block,
    /// In scratch of one morsel with its halo.
    Morsel,
    /// In the delivered column of this position.
    Target(usize),
}

/// What a segment reads besides constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    /// A stored column.
    Slot(usize),
    /// A scalar.
    Scalar(ColumnId),
}

/// A segment with its columns found.
#[derive(Clone, Debug)]
pub(crate) struct SegmentPlan {
    pub(crate) kind: SegmentKind,
    pub(crate) operands: Vec<Operand>,
    pub(crate) outputs: Vec<usize>,
    pub(crate) phase: usize,
}

/// What a segment does.
#[derive(Clone, Debug)]
pub(crate) enum SegmentKind {
    /// A kernel; its position among the pass's fused segments.
    Fused(usize),
    /// A mathematical routine.
    Wide(ColumnId),
    /// An op over text.
    Columnar(ColumnId),
    /// Dates and parts of moments, of each output.
    Calendar(Vec<Datum>),
    /// A call of the host.
    Extern(ColumnId),
    /// A probe.
    Probe(ColumnId),
    /// A value fetched from a built table.
    Gather(ColumnId),
    /// A window, at the end of its phase.
    Window(ColumnId),
}

impl SegmentKind {
    pub(crate) fn is_window(&self) -> bool {
        matches!(self, SegmentKind::Window(_))
    }
}

/// A delivered column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivered {
    pub(crate) column: ColumnId,
    pub(crate) slot: usize,
}

/// A pass made ready to run.
#[derive(Clone, Debug)]
pub(crate) struct PassProgram {
    pub(crate) pass: PassId,
    pub(crate) slots: Vec<Slot>,
    /// The slots that stand in the table scanned.
    pub(crate) reads: Vec<usize>,
    /// In the order of the plan.
    pub(crate) segments: Vec<SegmentPlan>,
    pub(crate) fused: Vec<FusedSegment>,
    /// The number of phases, at least 1.
    pub(crate) phases: usize,
    /// For each phase, the read slots that its segments (in the last phase also sinks) use.
    pub(crate) phase_reads: Vec<Vec<usize>>,
    pub(crate) delivered: Vec<Delivered>,
    pub(crate) sinks: Vec<SinkPlan>,
    /// Windows that sum from the first row on.
    pub(crate) cumulative: Vec<ColumnId>,
    pub(crate) filter: Option<FilterPlan>,
}

impl PassProgram {
    /// Finds the columns and phases of a pass.
    pub(crate) fn new(
        columns: &Columns,
        unseen: &UnseenOrders,
        id: PassId,
        pass: &Pass,
    ) -> Result<PassProgram, RunError> {
        let mut builder = Builder {
            columns,
            unseen,
            slots: Vec::new(),
            slot_of: HashMap::new(),
            level: Vec::new(),
        };
        for column in &pass.reads {
            builder.slot(*column, Place::Table, 0);
        }
        let reads = (0..builder.slots.len()).collect();
        let mut fused = Vec::new();
        let mut segments = Vec::with_capacity(pass.segments.len());
        for segment in &pass.segments {
            segments.push(builder.segment(segment, &mut fused)?);
        }
        let phases = builder.level.iter().max().map_or(1, |level| level + 1);
        let sinks = pass
            .sinks
            .iter()
            .map(|sink| builder.sink(pass, sink))
            .collect::<Result<Vec<_>, _>>()?;
        let delivered = builder.delivered(pass)?;
        let mut program = PassProgram {
            pass: id,
            slots: builder.slots,
            reads,
            segments,
            fused,
            phases,
            phase_reads: vec![Vec::new(); phases],
            delivered,
            sinks,
            cumulative: Vec::new(),
            filter: None,
        };
        for segment in &pass.segments {
            if let Segment::Window { column } = segment
                && columns.is_carried(columns.column(*column))
            {
                program.cumulative.push(*column);
            }
        }
        program.delay_segments();
        program.place_slots();
        program.filter = FilterPlan::new(columns, pass, &program);
        Ok(program)
    }

    /// The slots that a sink reads.
    pub(crate) fn sink_slots(&self, sink: &SinkPlan) -> Vec<usize> {
        match sink {
            // What stands in the table is passed through.
            SinkPlan::Output => self
                .delivered
                .iter()
                .map(|delivered| delivered.slot)
                .filter(|slot| self.slots[*slot].place != Place::Table)
                .collect(),
            SinkPlan::Reduce { states, .. } => {
                states.iter().flat_map(|state| state.1.clone()).collect()
            }
            SinkPlan::Group {
                keys,
                filter,
                states,
                ..
            } => keys
                .iter()
                .chain(filter)
                .copied()
                .chain(states.iter().flat_map(|state| state.1.clone()))
                .collect(),
            SinkPlan::Build { columns }
            | SinkPlan::Stack { columns, .. }
            | SinkPlan::Window { columns } => self.copied(sink, columns).collect(),
            SinkPlan::Spool {
                selection, columns, ..
            } => {
                let mut slots = selection.slots();
                slots.extend(self.copied(sink, columns));
                slots
            }
            SinkPlan::Carry { windows } => windows.iter().map(|window| window.1).collect(),
        }
    }

    /// Moves each segment to the last phase in which its users still find its values.
    fn delay_segments(&mut self) {
        let last = self.phases - 1;
        let mut latest = vec![last; self.slots.len()];
        for segment in self.segments.iter_mut().rev() {
            if !segment.kind.is_window() {
                let allowed = segment.outputs.iter().map(|slot| latest[*slot]).min();
                segment.phase = allowed.unwrap_or(last);
            }
            for operand in &segment.operands {
                if let Operand::Slot(slot) = operand {
                    latest[*slot] = latest[*slot].min(segment.phase);
                }
            }
        }
    }

    /// Chooses where computed columns stand, once phases are known.
    fn place_slots(&mut self) {
        let last = self.phases - 1;
        let mut produced = vec![None; self.slots.len()];
        let mut outlives_block = vec![false; self.slots.len()];
        for segment in &self.segments {
            for slot in &segment.outputs {
                produced[*slot] = Some(segment.phase);
                outlives_block[*slot] = segment.kind.is_window();
            }
        }
        let mut reads = vec![Vec::new(); self.phases];
        for segment in &self.segments {
            for operand in &segment.operands {
                let Operand::Slot(slot) = operand else {
                    continue;
                };
                let whole = segment.kind.is_window()
                    || produced[*slot].is_some_and(|phase| phase != segment.phase);
                outlives_block[*slot] |= whole;
                if self.slots[*slot].place == Place::Table && !segment.kind.is_window() {
                    reads[segment.phase].push(*slot);
                }
            }
        }
        for sink in &self.sinks {
            for slot in self.sink_slots(sink) {
                outlives_block[slot] |= produced[slot].is_some_and(|phase| phase != last);
                if self.slots[slot].place == Place::Table {
                    reads[last].push(slot);
                }
            }
        }
        for slots in &mut reads {
            slots.sort_unstable();
            slots.dedup();
        }
        self.phase_reads = reads;
        for (position, slot) in self.slots.iter_mut().enumerate() {
            if produced[position].is_some() {
                slot.place = if outlives_block[position] {
                    Place::Morsel
                } else {
                    Place::Block
                };
            }
        }
        for (position, delivered) in self.delivered.iter().enumerate() {
            let slot = &mut self.slots[delivered.slot];
            if slot.place == Place::Block && slot.lane.is_some() {
                slot.place = Place::Target(position);
            }
        }
    }
}

struct Builder<'a> {
    columns: &'a Columns,
    unseen: &'a UnseenOrders,
    slots: Vec<Slot>,
    slot_of: HashMap<ColumnId, usize>,
    /// The first phase in which a slot has its values.
    level: Vec<usize>,
}

impl Builder<'_> {
    fn slot(&mut self, column: ColumnId, place: Place, level: usize) -> usize {
        if let Some(slot) = self.slot_of.get(&column) {
            return *slot;
        }
        let ty = self.columns.ty(column);
        self.slots.push(Slot {
            column,
            ty,
            lane: ty.scalar.lane(),
            place,
        });
        self.level.push(level);
        self.slot_of.insert(column, self.slots.len() - 1);
        self.slots.len() - 1
    }

    fn find(&self, column: ColumnId) -> Result<usize, RunError> {
        self.slot_of
            .get(&column)
            .copied()
            .ok_or_else(|| internal(format!("{column} is used before it is computed")))
    }

    fn operand(&self, column: ColumnId) -> Result<Operand, RunError> {
        match self.columns.column(column).domain {
            Domain::Scalar => Ok(Operand::Scalar(column)),
            Domain::Rows(_) => self.find(column).map(Operand::Slot),
        }
    }

    fn segment(
        &mut self,
        segment: &Segment,
        fused: &mut Vec<FusedSegment>,
    ) -> Result<SegmentPlan, RunError> {
        let args = |column: &ColumnId| self.columns.column(*column).args.clone();
        let (kind, inputs, outputs) = match segment {
            Segment::Fused(segment) => {
                fused.push(segment.clone());
                (
                    SegmentKind::Fused(fused.len() - 1),
                    segment.inputs.clone(),
                    segment.outputs.clone(),
                )
            }
            Segment::Wide { column } => (SegmentKind::Wide(*column), args(column), vec![*column]),
            Segment::Columnar { column } => {
                (SegmentKind::Columnar(*column), args(column), vec![*column])
            }
            Segment::Calendar { moments, columns } => {
                let (columns, data) = columns.iter().copied().unzip();
                (SegmentKind::Calendar(data), vec![*moments], columns)
            }
            Segment::Extern { column } => {
                (SegmentKind::Extern(*column), args(column), vec![*column])
            }
            Segment::Window { column } => {
                (SegmentKind::Window(*column), args(column), vec![*column])
            }
            Segment::Probe { column } => {
                // The first half of the arguments are columns over there.
                let args = args(column);
                let here = args[args.len() / 2..].to_vec();
                (SegmentKind::Probe(*column), here, vec![*column])
            }
            Segment::Gather { column } => {
                let row = args(column)[0];
                (SegmentKind::Gather(*column), vec![row], vec![*column])
            }
        };
        let operands = inputs
            .iter()
            .map(|input| self.operand(*input))
            .collect::<Result<Vec<_>, _>>()?;
        let phase = operands
            .iter()
            .filter_map(|operand| match operand {
                Operand::Slot(slot) => Some(self.level[*slot]),
                Operand::Scalar(_) => None,
            })
            .max()
            .unwrap_or(0);
        let level = phase + usize::from(kind.is_window());
        let outputs = outputs
            .iter()
            .map(|column| self.slot(*column, Place::Block, level))
            .collect();
        Ok(SegmentPlan {
            kind,
            operands,
            outputs,
            phase,
        })
    }

    /// The slots of what a reduction, filter or window reads.
    fn arguments(&self, column: ColumnId) -> Result<Vec<usize>, RunError> {
        let arguments = self.columns.column(column).args.iter();
        arguments.map(|argument| self.find(*argument)).collect()
    }

    fn with_arguments(&self, columns: &[ColumnId]) -> Result<Vec<(ColumnId, usize)>, RunError> {
        let found = columns.iter().map(|column| {
            let slots = self.arguments(*column)?;
            let slot = slots.first();
            slot.map(|slot| (*column, *slot))
                .ok_or_else(|| internal(format!("{column} has no argument")))
        });
        found.collect()
    }

    fn sink(&self, pass: &Pass, sink: &Sink) -> Result<SinkPlan, RunError> {
        let reductions = |columns: &[ColumnId]| {
            let reductions = columns
                .iter()
                .filter(|column| matches!(self.columns.column(**column).op, Op::Reduce { .. }));
            let found = reductions.map(|column| Ok((*column, self.arguments(*column)?)));
            found.collect::<Result<Vec<_>, RunError>>()
        };
        Ok(match sink {
            Sink::Output { .. } => SinkPlan::Output,
            Sink::Reduce {
                reductions: columns,
            } => {
                let (values, states) = shared_states(self.columns, reductions(columns)?);
                SinkPlan::Reduce { values, states }
            }
            Sink::Group {
                table,
                keys,
                filter,
                columns,
            } => {
                let (values, states) = shared_states(self.columns, reductions(columns)?);
                SinkPlan::Group {
                    keys: keys
                        .iter()
                        .map(|key| self.find(*key))
                        .collect::<Result<_, _>>()?,
                    filter: filter.map(|filter| self.find(filter)).transpose()?,
                    values,
                    states,
                    ordered: self.unseen.is_seen(*table, columns.len()),
                }
            }
            Sink::Build { side, payload } => SinkPlan::Build {
                columns: kept_by_build(side, payload)
                    .into_iter()
                    .map(|column| Ok((column, self.find(column)?)))
                    .collect::<Result<_, RunError>>()?,
            },
            Sink::Spool {
                table,
                selection,
                columns,
            } => self.spool(*table, selection, columns)?,
            Sink::Stack {
                columns: stacked, ..
            } => {
                let mut columns = Vec::new();
                let mut through = Vec::new();
                for column in parts_of(self.columns, pass.table, stacked) {
                    let slot = self.find(column)?;
                    if self.slots[slot].place == Place::Table {
                        through.push(column);
                    } else {
                        columns.push((column, slot));
                    }
                }
                SinkPlan::Stack { columns, through }
            }
            Sink::Window { windows, .. } => SinkPlan::Window {
                columns: kept_by_windows(self.columns, windows)
                    .into_iter()
                    .map(|column| Ok((column, self.find(column)?)))
                    .collect::<Result<_, RunError>>()?,
            },
            Sink::Carry { windows } => SinkPlan::Carry {
                windows: self.with_arguments(windows)?,
            },
        })
    }

    fn spool(
        &self,
        table: TableId,
        selection: &Selection,
        taken: &[ColumnId],
    ) -> Result<SinkPlan, RunError> {
        let kept = spooled(self.columns, selection, taken);
        let position = |column: &ColumnId| {
            let found = kept.iter().position(|kept| kept == column);
            found.ok_or_else(|| internal(format!("{column} is not kept")))
        };
        let plan = match selection {
            Selection::Where(predicate) => SelectionPlan::Where(self.find(*predicate)?),
            Selection::First { predicate, count } => SelectionPlan::First {
                predicate: self.find(*predicate)?,
                count: *count,
            },
            Selection::Order(keys) => SelectionPlan::Order(
                keys.iter()
                    .map(|key| Ok((position(&key.column)?, key.direction)))
                    .collect::<Result<_, RunError>>()?,
            ),
            Selection::Sample { key, count } => SelectionPlan::Sample {
                table,
                key: position(key)?,
                count: *count,
            },
            Selection::Limit { end, count, .. } => SelectionPlan::Limit {
                table,
                end: *end,
                count: *count,
            },
            Selection::Join(join) => SelectionPlan::Join(Box::new(JoinPlan {
                join: Join::clone(join),
                here: join.here.iter().map(position).collect::<Result<_, _>>()?,
            })),
            Selection::Distinct(keys) => SelectionPlan::Distinct {
                slots: keys
                    .iter()
                    .map(|key| self.find(*key))
                    .collect::<Result<_, _>>()?,
                kept: keys.iter().map(position).collect::<Result<_, _>>()?,
                types: keys
                    .iter()
                    .map(|key| self.columns.scalar_type(*key))
                    .collect(),
            },
        };
        let columns = kept
            .iter()
            .map(|column| Ok((*column, self.find(*column)?)))
            .collect::<Result<_, RunError>>()?;
        let (joined, taken): (Vec<ColumnId>, Vec<ColumnId>) =
            (taken.iter()).partition(|column| self.columns.column(**column).op == Op::Joined);
        let taken = taken
            .iter()
            .map(|column| {
                let args = &self.columns.column(*column).args;
                let argument = args.first().map(position);
                Ok((
                    *column,
                    argument.ok_or_else(|| internal(format!("{column} has no argument")))??,
                ))
            })
            .collect::<Result<_, RunError>>()?;
        Ok(SinkPlan::Spool {
            selection: plan,
            columns,
            taken,
            joined: joined.first().copied(),
        })
    }

    fn delivered(&self, pass: &Pass) -> Result<Vec<Delivered>, RunError> {
        let mut delivered = Vec::new();
        for sink in &pass.sinks {
            if let Sink::Output { columns } = sink {
                for column in columns {
                    delivered.push(Delivered {
                        column: *column,
                        slot: self.find(*column)?,
                    });
                }
            }
        }
        Ok(delivered)
    }
}
