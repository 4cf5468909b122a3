//! Blocks of which few rows pass their pass's filter.
//!
//! Once the predicate of a block is known, so is how much of what comes after is for nothing. Where no
//! row passes, the block is done. Where few do, what the rest of the pass reads of them is brought
//! together in scratch, and the block goes on with these rows alone. Where many do, all rows are
//! computed and the sinks leave out those that don't pass: bringing rows together costs more than a
//! little arithmetic.

use std::ops::Range;

use icosian_ir::columns::Columns;
use icosian_ir::op::Op;
use icosian_ir::plan::{BLOCK_ROWS, Pass, Segment};
use icosian_ir::types::Lane;

use crate::compact::{Chosen, PackedBits, bits_at, bits_inside, compact};
use crate::error::RunError;
use crate::execute::morsel::{Bytes, Worker};
use crate::execute::program::{Operand, PassProgram, Place, SinkPlan};
use crate::execute::selection::SelectionPlan;
use crate::execute::sink::BlockColumns;
use crate::execute::view::{Block, View};

/// Rows are brought together where at most so many of a block pass: what comes after is worth it.
const FEW: usize = BLOCK_ROWS / 8 * 7;

/// What the filter of a pass spares.
#[derive(Clone, Debug)]
pub(crate) struct FilterPlan {
    /// The predicate.
    slot: usize,
    /// It is known after so many segments.
    pub(crate) segments: usize,
    /// The columns of the table read before it is known, and after.
    pub(crate) before: Vec<usize>,
    pub(crate) after: Vec<usize>,
    /// What is read afterwards and known by then, if rows can be brought together at all.
    gathered: Option<Vec<usize>>,
}

/// What of a block is to be computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passing {
    None,
    Few,
    Many,
}

/// Rows brought together of a slot.
#[derive(Debug, Default)]
pub(crate) struct Thin {
    values: Bytes<'static>,
    validity: Bytes<'static>,
    /// Whether these are the rows at hand, and whether one may be null.
    is_used: bool,
    is_nullable: bool,
}

impl FilterPlan {
    /// What a pass's filter spares, if it has one.
    pub(crate) fn new(columns: &Columns, pass: &Pass, program: &PassProgram) -> Option<FilterPlan> {
        let filter = pass.filter?;
        if program.phases != 1 {
            return None;
        }
        let found = program.slots.iter();
        let slot = found
            .map(|slot| slot.column)
            .position(|id| id == filter.predicate)?;
        let reads = |segments: Range<usize>| {
            let operands = program.segments[segments]
                .iter()
                .flat_map(|of| &of.operands);
            let slots = operands.filter_map(|operand| match operand {
                Operand::Slot(slot) => Some(*slot),
                Operand::Scalar(_) => None,
            });
            slots.collect::<Vec<usize>>()
        };
        let is_read = |slot: &usize| program.slots[*slot].place == Place::Table;
        let distinct = |mut slots: Vec<usize>| {
            slots.sort_unstable();
            slots.dedup();
            slots
        };
        let mut before = reads(0..filter.segments);
        before.push(slot);
        before.retain(is_read);
        let before = distinct(before);
        let mut used = reads(filter.segments..program.segments.len());
        used.extend(
            program
                .sinks
                .iter()
                .flat_map(|sink| program.sink_slots(sink)),
        );
        let computed = program.segments[filter.segments..]
            .iter()
            .flat_map(|of| &of.outputs);
        let computed: Vec<usize> = computed.copied().collect();
        used.retain(|slot| !computed.contains(slot));
        let used = distinct(used);
        let after = used.iter().copied();
        let after = after
            .filter(|slot| is_read(slot) && !before.contains(slot))
            .collect();
        let by_block = pass.segments[filter.segments..]
            .iter()
            .all(|segment| match segment {
                Segment::Fused(fused) => {
                    let by_row = |id| matches!(columns.column(id).op, Op::RowNumber(_));
                    !fused.body.iter().any(|id| by_row(*id))
                }
                Segment::Wide { .. } | Segment::Calendar { .. } => true,
                Segment::Columnar { .. }
                | Segment::Extern { .. }
                | Segment::Window { .. }
                | Segment::Probe { .. }
                | Segment::Gather { .. } => false,
            });
        // What else a spool would leave out can't be told of rows brought together.
        let agrees = program.sinks.iter().all(|sink| match sink {
            SinkPlan::Spool { selection, .. } => {
                matches!(selection, SelectionPlan::Where(predicate) if *predicate == slot)
            }
            _ => true,
        });
        let lanes = used.iter().all(|slot| program.slots[*slot].lane.is_some());
        Some(FilterPlan {
            slot,
            segments: filter.segments,
            before,
            after,
            gathered: (by_block && agrees && lanes).then_some(used),
        })
    }
}

impl Worker<'_> {
    /// Looks at how many of `rows` of the block at hand pass the filter, and brings them together where
    /// they are few; `chosen` takes a bit for each row.
    pub(crate) fn thin(
        &mut self,
        filter: &FilterPlan,
        rows: &Range<usize>,
        chosen: &mut Vec<u64>,
    ) -> Result<Passing, RunError> {
        let predicate = self.view(filter.slot)?;
        chosen.clear();
        chosen.extend((0..rows.end).step_by(64).map(|first| {
            let valid = (predicate.validity).map_or(u64::MAX, |validity| bits_at(validity, first));
            bits_at(predicate.values, first) & valid & bits_inside(first, rows)
        }));
        let passing = Chosen::new(chosen, 0);
        let count = passing.count(rows.end);
        if count == 0 {
            return Ok(Passing::None);
        }
        for slot in &filter.after {
            self.bind(*slot);
        }
        self.settle_codes();
        match &filter.gathered {
            Some(gathered) if count <= FEW && count < rows.len() => {
                for slot in gathered {
                    self.gather(*slot, rows.end, passing, count)?;
                }
                self.block = Block {
                    rows: count,
                    padded: count.next_multiple_of(8),
                    ..self.block
                };
                Ok(Passing::Few)
            }
            _ => Ok(Passing::Many),
        }
    }

    /// Brings the rows of a slot together that are chosen of the first `rows`.
    fn gather(
        &mut self,
        slot: usize,
        rows: usize,
        chosen: Chosen<'_>,
        count: usize,
    ) -> Result<(), RunError> {
        let lane = self.lane(slot)?;
        let mut thin = std::mem::take(&mut self.thin[slot]);
        thin.values.ensure(lane.bytes(BLOCK_ROWS), slot);
        thin.validity.ensure(BLOCK_ROWS / 8, slot + 8);
        let view = self.view(slot)?;
        let padded = count.next_multiple_of(8);
        let values = &mut thin.values.get_mut()[..lane.bytes(padded)];
        match lane {
            Lane::Bool => put_bits(view.values, rows, chosen, values),
            _ => {
                let (to, rest) = values.split_at_mut(lane.bytes(count));
                compact(lane, &view.values[..lane.bytes(rows)], chosen, to);
                rest.fill(0);
            }
        }
        thin.is_nullable = view.validity.is_some() || count < padded;
        if thin.is_nullable {
            let validity = &mut thin.validity.get_mut()[..padded / 8];
            match view.validity {
                Some(from) => put_bits(from, rows, chosen, validity),
                None => crate::bytes::fill_bits(validity, 0, count, true),
            }
            // What stands behind the last row is no value.
            crate::bytes::fill_bits(validity, count, padded - count, false);
        }
        thin.is_used = true;
        self.thin[slot] = thin;
        Ok(())
    }

    /// The rows of a slot that were brought together of the block at hand.
    #[inline(always)]
    pub(crate) fn thin_view(&self, slot: usize) -> Option<View<'_>> {
        let thin = self.thin.get(slot).filter(|thin| thin.is_used)?;
        Some(View {
            values: thin.values.get(),
            validity: thin.is_nullable.then(|| thin.validity.get()),
        })
    }

    /// Goes back to rows as they stand.
    pub(crate) fn leave_thin(&mut self) {
        for thin in &mut self.thin {
            thin.is_used = false;
        }
    }
}

/// The bits that are chosen of the first `rows`, to the front of `to`; those behind them are not set.
fn put_bits(from: &[u8], rows: usize, chosen: Chosen<'_>, to: &mut [u8]) {
    let mut packed = PackedBits::with_room(rows);
    packed.push_chosen(from, 0, rows, chosen);
    let bytes = packed.into_buffer();
    to.copy_from_slice(&bytes[..to.len()]);
}
