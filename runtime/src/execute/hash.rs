//! Hashes of text over a block. What has lanes is hashed by kernels.

use icosian_ir::meaning::hash;
use icosian_ir::types::Lane;
use icosian_ir::value::Value;

use crate::bytes::{put_bit, typed, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::morsel::Worker;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::sink::BlockColumns;
use crate::execute::view::span;

impl Worker<'_> {
    /// The state after the text of each row: arguments are the text and the state before.
    pub(crate) fn run_hash(&mut self, segment: &SegmentPlan) -> Result<(), RunError> {
        let output = segment.outputs[0];
        let (start, rows, padded) = (self.start(output), self.block.rows, self.block.padded);
        let nullable = self.run.program.slots[output].ty.nullable;
        let mut store = std::mem::take(&mut self.stores[output]);
        let text = self.text(segment, 0)?;
        let (states, constant) = match segment.operands.get(1) {
            Some(Operand::Slot(slot)) => (Some(self.view(*slot)?), None),
            Some(Operand::Scalar(column)) => match &self.run.scalars[column] {
                Value::Integer(value) => (None, Some(*value as u64)),
                Value::Null => (None, None),
                _ => return Err(internal("a state that is no integer")),
            },
            None => return Err(internal("a hash without a state")),
        };
        let values = typed_mut::<u64>(&mut store.values.get_mut()[span(Lane::U64, start, padded)]);
        let mut valid = [0u8; icosian_ir::plan::BLOCK_ROWS / 8];
        for (row, to) in values[..rows].iter_mut().enumerate() {
            let state = match &states {
                Some(view) => view.is_valid(row).then(|| typed::<u64>(view.values)[row]),
                None => constant,
            };
            *to = match (state, text.get(row)) {
                (None, _) => continue,
                (Some(state), None) => hash::step(state, hash::NULL),
                (Some(state), Some(text)) => hash::text(state, text),
            };
            put_bit(&mut valid, row, true);
        }
        if nullable {
            let bits = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
            bits.copy_from_slice(&valid[..padded / 8]);
        }
        self.stores[output] = store;
        Ok(())
    }
}
