//! Functions of dates and timestamps over blocks of integers.

use icosian_codegen::wide::{Calendar, Moments};
use icosian_ir::id::ColumnId;
use icosian_ir::meaning::time::clock::TimeError;
use icosian_ir::meaning::time::evaluate::{Evaluation, zone_of};
use icosian_ir::meaning::time::instant::Datum;
use icosian_ir::meaning::time::zone::ZoneSpans;
use icosian_ir::op::TimeFunction;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;
use smallvec::SmallVec;

use crate::bytes::{put_bit, typed, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::morsel::{Store, Worker};
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::sink::BlockColumns;
use crate::execute::view::{View, span};
use crate::execute::wide::level;

/// An integer operand of a block.
#[derive(Clone, Copy)]
enum Integers<'v> {
    Narrow(&'v [i32], Option<&'v [u8]>),
    Wide(&'v [i64], Option<&'v [u8]>),
    Scalar(Option<i64>),
}

impl<'v> Integers<'v> {
    fn of_view(lane: Lane, View { values, validity }: View<'v>) -> Result<Self, RunError> {
        match lane {
            Lane::I32 => Ok(Integers::Narrow(typed(values), validity)),
            Lane::I64 => Ok(Integers::Wide(typed(values), validity)),
            _ => Err(internal("a time is an integer of 32 or 64 bits")),
        }
    }

    #[inline(always)]
    fn get(self, row: usize) -> Option<i64> {
        let (value, validity) = match self {
            Integers::Narrow(values, validity) => (i64::from(values[row]), validity),
            Integers::Wide(values, validity) => (values[row], validity),
            Integers::Scalar(value) => return value,
        };
        validity
            .is_none_or(|bits| crate::bytes::bit(bits, row))
            .then_some(value)
    }
}

impl Worker<'_> {
    /// Runs a function of dates and timestamps over the block at hand; true if some row may have
    /// raised.
    pub(crate) fn run_time(
        &mut self,
        function: TimeFunction,
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<bool, RunError> {
        let columns = self.run.prepared.columns();
        let from = columns.scalar_type(columns.column(column).args[0]);
        let zone = zone_of(function, from).and_then(ZoneSpans::of);
        let evaluation = Evaluation::new(function, from, zone.as_deref());
        self.run_integers(segment, |first, second| evaluation.row(first, second))
    }

    /// Runs dates and parts over a column of moments, nulls included: what they give is not read.
    /// True if some date may have more than 32 bits.
    pub(crate) fn run_calendar(
        &mut self,
        data: &[Datum],
        segment: &SegmentPlan,
    ) -> Result<bool, RunError> {
        let [Operand::Slot(slot)] = segment.operands[..] else {
            return Err(internal("moments that are no column"));
        };
        let padded = self.block.padded;
        let taken = segment.outputs.iter();
        let mut stores: SmallVec<[Store<'_>; 8]> = taken
            .map(|output| std::mem::take(&mut self.stores[*output]))
            .collect();
        let View { values, validity } = self.view(slot)?;
        let moments = match self.run.program.slots[slot].ty.scalar {
            ScalarType::Timestamp(unit, _) => Moments::Instants(unit, &typed(values)[..padded]),
            _ => Moments::Dates(&typed(values)[..padded]),
        };
        let mut outputs: SmallVec<[(Datum, &mut [i32]); 8]> = SmallVec::new();
        for ((datum, output), store) in data.iter().zip(&segment.outputs).zip(&mut stores) {
            let start = self.start(*output);
            if self.run.program.slots[*output].ty.nullable {
                let bits = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
                match validity {
                    Some(validity) => bits.copy_from_slice(&validity[..padded / 8]),
                    None => bits.fill(0xff),
                }
            }
            let values = &mut store.values.get_mut()[span(Lane::I32, start, padded)];
            outputs.push((*datum, typed_mut(values)));
        }
        let overflow = level().run(Calendar {
            moments,
            outputs: &mut outputs,
        });
        drop(outputs);
        for (output, store) in segment.outputs.iter().zip(stores) {
            self.stores[*output] = store;
        }
        Ok(overflow)
    }

    /// Runs a body over the rows in which every operand has a value.
    fn run_integers(
        &mut self,
        segment: &SegmentPlan,
        body: impl Fn(i64, i64) -> Result<Option<i64>, TimeError>,
    ) -> Result<bool, RunError> {
        let output = segment.outputs[0];
        let lane = self.lane(output)?;
        let (start, rows, padded) = (self.start(output), self.block.rows, self.block.padded);
        let nullable = self.run.program.slots[output].ty.nullable;
        let mut store = std::mem::take(&mut self.stores[output]);
        let first = self.integers(segment, 0)?;
        let second = match segment.operands.len() {
            1 => Integers::Scalar(Some(0)),
            _ => self.integers(segment, 1)?,
        };
        let values = &mut store.values.get_mut()[span(lane, start, padded)];
        let mut raised = false;
        let mut valid = [0u8; icosian_ir::plan::BLOCK_ROWS / 8];
        let mut compute = |row: usize| {
            let (first, second) = (first.get(row)?, second.get(row)?);
            let found = match body(first, second) {
                Ok(found) => found?,
                Err(_) => {
                    raised = true;
                    0
                }
            };
            put_bit(&mut valid, row, true);
            Some(found)
        };
        match lane {
            Lane::I32 => {
                for (row, to) in typed_mut::<i32>(values)[..rows].iter_mut().enumerate() {
                    *to = compute(row).unwrap_or_default() as i32;
                }
            }
            Lane::I64 => {
                for (row, to) in typed_mut::<i64>(values)[..rows].iter_mut().enumerate() {
                    *to = compute(row).unwrap_or_default();
                }
            }
            Lane::Bool => {
                values.fill(0);
                for row in 0..rows {
                    put_bit(values, row, compute(row) == Some(1));
                }
            }
            _ => return Err(internal("a function of times gives integers")),
        }
        if nullable {
            let bits = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
            bits.copy_from_slice(&valid[..padded / 8]);
        }
        self.stores[output] = store;
        Ok(raised)
    }

    fn integers(&self, segment: &SegmentPlan, operand: usize) -> Result<Integers<'_>, RunError> {
        match segment.operands.get(operand) {
            Some(Operand::Slot(slot)) => Integers::of_view(self.lane(*slot)?, self.view(*slot)?),
            Some(Operand::Scalar(column)) => match &self.run.scalars[column] {
                Value::Null => Ok(Integers::Scalar(None)),
                Value::Integer(value) => Ok(Integers::Scalar(i64::try_from(*value).ok())),
                _ => Err(internal("a time is an integer")),
            },
            None => Err(internal("a function of times without its operand")),
        }
    }
}
