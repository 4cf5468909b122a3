//! Lookups: probing a built table, and fetching values from it.

use icosian_codegen::wide::Routine;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Find, Op};
use icosian_ir::types::Lane;

use crate::bytes::{Plain, bit, blit_bits, fill_bits, put_bit, typed, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::built::BuiltTable;
use crate::execute::candidates::Probe;
use crate::execute::keys::{KeyColumn, NO_KEY};
use crate::execute::morsel::Worker;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::sink::BlockColumns;
use crate::execute::view::span;
use crate::execute::wide::level;
use crate::memory::ahead;
use crate::text::TextArray;

impl<'r> Worker<'r> {
    /// Finds the row over there of every row of the block at hand.
    pub(crate) fn run_probe(
        &mut self,
        position: usize,
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let run = self.run;
        let built = run.built[position]
            .as_ref()
            .ok_or_else(|| internal("nothing to probe"))?;
        let null_matches = match &run.prepared.columns().column(column).op {
            Op::Lookup { null_matches, .. } => *null_matches,
            Op::Find(find) => return self.run_find(built, column, find, segment),
            _ => return Err(internal("a probe that is no lookup")),
        };
        let rows = self.block.rows;
        let output = segment.outputs[0];
        let start = self.start(output);
        let span_values = span(Lane::U32, start, self.block.padded);
        let span_validity = span(Lane::Bool, start, self.block.padded);
        let mut keys_here = std::mem::take(&mut self.keys);
        {
            let keys: Vec<KeyColumn<'_, 'r>> = segment
                .operands
                .iter()
                .map(|operand| match operand {
                    Operand::Slot(slot) => self.key(*slot),
                    Operand::Scalar(column) => Ok(KeyColumn::Constant(&run.scalars[column])),
                })
                .collect::<Result<_, _>>()?;
            let (words, numbers) = &mut keys_here;
            let at_once = (built.keys).known_at_once(&keys, 0..rows, null_matches, numbers);
            if at_once.is_none() {
                built.keys.words_to_find(&keys, 0..rows, words)?;
                built.keys.find_all(words, numbers);
                if !null_matches {
                    for (row, number) in numbers.iter_mut().enumerate() {
                        if words.has_null(row) {
                            *number = NO_KEY;
                        }
                    }
                }
            }
        }
        let store = &mut self.stores[output];
        let found = &mut typed_mut::<u32>(&mut store.values.get_mut()[span_values])[..rows];
        let validity = &mut store.validity.get_mut()[span_validity];
        let (_, numbers) = &mut keys_here;
        let all_found = match &built.rows {
            None => {
                found.copy_from_slice(numbers);
                !numbers.contains(&NO_KEY)
            }
            Some(there) => {
                ahead::fetch(there, numbers.iter().map(|number| *number as usize));
                level().run(RowsOf {
                    numbers,
                    rows: there,
                    found,
                })
            }
        };
        for (byte, found) in found.chunks_mut(8).enumerate() {
            validity[byte] = 0xff >> (8 - found.len());
            if !all_found {
                for (place, row) in found.iter_mut().enumerate() {
                    if *row == NO_KEY {
                        *row = 0;
                        validity[byte] &= !(1 << place);
                    }
                }
            }
        }
        self.keys = keys_here;
        Ok(())
    }

    /// Finds, by conditions, the row over there of every row of the block at hand.
    fn run_find(
        &mut self,
        built: &BuiltTable,
        column: ColumnId,
        find: &Find,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let run = self.run;
        let there = &run.prepared.columns().column(column).args[..find.conditions()];
        let mut probe = Probe::new(built, there, &find.comparisons)?;
        let values: Vec<KeyColumn<'_, 'r>> = segment
            .operands
            .iter()
            .map(|operand| match operand {
                Operand::Slot(slot) => self.key(*slot),
                Operand::Scalar(column) => Ok(KeyColumn::Constant(&run.scalars[column])),
            })
            .collect::<Result<_, _>>()?;
        let rows = self.block.rows;
        probe.read(&values, rows)?;
        let output = segment.outputs[0];
        let start = self.start(output);
        let span_values = span(Lane::U32, start, self.block.padded);
        let span_validity = span(Lane::Bool, start, self.block.padded);
        let store = &mut self.stores[output];
        let found = typed_mut::<u32>(&mut store.values.get_mut()[span_values]);
        let validity = &mut store.validity.get_mut()[span_validity];
        validity.fill(0);
        let last = find.pick.takes_last(&find.comparisons);
        probe.find(last, found, validity);
        Ok(())
    }

    /// Fetches a value over there for every row of the block at hand.
    pub(crate) fn run_gather(
        &mut self,
        position: usize,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let run = self.run;
        let built = run.built[position]
            .as_ref()
            .ok_or_else(|| internal("nothing to gather"))?;
        let output = segment.outputs[0];
        let column = run.program.slots[output].column;
        let from = run.prepared.columns().column(column).args[1];
        let from = built
            .data
            .column(from)
            .ok_or_else(|| internal(format!("{from} was not kept for its lookups")))?;
        let Some(Operand::Slot(rows_slot)) = segment.operands.first() else {
            return Err(internal("a gather by a row that is no column"));
        };
        let rows = self.block.rows;
        let all = 0..from.rows();
        let single = from.single(all);
        let taken = std::mem::take(&mut self.stores[output]);
        let view = self.view(*rows_slot)?;
        let there = |row: usize| {
            let found = view.is_valid(row);
            found.then(|| typed::<u32>(view.values)[row] as usize)
        };
        let Some(lane) = run.program.slots[output].lane else {
            let text = single.and_then(|(array, _)| TextArray::new(array));
            let found = (0..rows)
                .map(|row| there(row).and_then(|row| text.and_then(|text| text.cell(row))))
                .collect();
            self.stores[output] = taken;
            self.put_cells(output, found);
            return Ok(());
        };
        let start = self.start(output);
        let mut store = taken;
        let nullable = run.program.slots[output].ty.nullable;
        let values = &mut store.values.get_mut()[span(lane, start, self.block.padded)];
        let mut ignored = [0; 128];
        let validity = if nullable {
            &mut store.validity.get_mut()[span(Lane::Bool, start, self.block.padded)]
        } else {
            &mut ignored[..]
        };
        validity.fill(0);
        let Some((payload, bit_offset, nulls)) = from.payload() else {
            // The table over there is empty: nothing matched.
            self.stores[output] = store;
            return Ok(());
        };
        let there = &typed::<u32>(view.values)[..rows];
        macro_rules! fetch {
            ($lane:ty) => {{
                let from = typed::<$lane>(payload);
                ahead::fetch(from, there.iter().map(|there| *there as usize));
                level().run(Fetch {
                    from,
                    there,
                    values: typed_mut::<$lane>(values),
                });
            }};
        }
        match lane.bits() {
            1 => {
                for (row, there) in there.iter().enumerate() {
                    if view.is_valid(row) {
                        put_bit(values, row, bit(payload, bit_offset + *there as usize));
                    }
                }
            }
            8 => fetch!(u8),
            16 => fetch!(u16),
            32 => fetch!(u32),
            128 => fetch!(i128),
            _ => fetch!(u64),
        }
        match nulls {
            _ if !nullable => {}
            None => match view.validity {
                Some(bits) => blit_bits(bits, 0, rows, validity, 0),
                None => fill_bits(validity, 0, rows, true),
            },
            Some(nulls) => {
                for (row, there) in there.iter().enumerate() {
                    let valid = view.is_valid(row) && nulls.is_valid(*there as usize);
                    put_bit(validity, row, valid);
                }
            }
        }
        self.stores[output] = store;
        Ok(())
    }
}

/// The rows of keys, [`NO_KEY`] where there is none, by their numbers; true if there are all.
struct RowsOf<'v> {
    numbers: &'v [u32],
    /// The last is that of no key.
    rows: &'v [u32],
    found: &'v mut [u32],
}

impl Routine for RowsOf<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Some(last) = self.rows.len().checked_sub(1) else {
            self.found.fill(NO_KEY);
            return false;
        };
        let mut absent = false;
        for (number, found) in self.numbers.iter().zip(self.found) {
            let row = self.rows[(*number as usize).min(last)];
            absent |= row == NO_KEY;
            *found = row;
        }
        !absent
    }
}

/// The values at some places of a list; of places that it does not have, any.
struct Fetch<'v, T> {
    from: &'v [T],
    there: &'v [u32],
    values: &'v mut [T],
}

impl<T: Plain> Routine for Fetch<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Some(last) = self.from.len().checked_sub(1) else {
            return self.values.fill(T::default());
        };
        for (value, there) in self.values.iter_mut().zip(self.there) {
            *value = self.from[(*there as usize).min(last)];
        }
    }
}
