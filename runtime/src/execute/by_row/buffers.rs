//! The values of a row program's columns, and its kernels with the pointers to them.
//!
//! Each column has a region that stays where it is, so a kernel's pointers are made and checked once,
//! not at every call.
#![allow(unsafe_code)] // Runs machine code on pointers into regions owned beside them, checked when made.

use std::sync::Arc;

use icosian_codegen::abi::{Args, In, Out};
use icosian_codegen::{CompiledKernel, Slot};
use icosian_ir::types::Lane;
use icosian_ir::value::Value;

use crate::bytes::{bit, put_bit, typed, typed_mut};
use crate::convert::{lane_value, param_bits};
use crate::error::{RunError, internal};
use crate::execute::by_row::LaneValue;
use crate::execute::row_text::word;
use crate::memory::Region;

/// A fused segment: its kernel and where its columns stand.
#[derive(Clone, Debug)]
pub(crate) struct FusedStep {
    pub(crate) kernel: Arc<CompiledKernel>,
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
    pub(crate) params: Vec<[u64; 2]>,
}

/// Some rows of one column: their values, and behind them their validity.
#[derive(Debug)]
struct Buffer {
    lane: Lane,
    region: Region,
    validity_at: usize,
}

impl Buffer {
    /// Room for `rows` rows, a multiple of 8, all zero and valid.
    fn new(lane: Lane, rows: usize) -> Buffer {
        let validity_at = lane.bytes(rows).next_multiple_of(64);
        let mut region = Region::zeroed(validity_at + rows / 8);
        region.bytes_mut()[validity_at..].fill(0xff);
        Buffer {
            lane,
            region,
            validity_at,
        }
    }
}

/// A kernel with the pointers that it is called with.
#[derive(Debug)]
struct Call {
    kernel: Arc<CompiledKernel>,
    inputs: Vec<In>,
    outputs: Vec<Out>,
    params: Vec<[u64; 2]>,
    scratch: Region,
}

/// The values of all columns of fixed width, and the kernels that compute some of them.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// None for text.
    slots: Vec<Option<Buffer>>,
    calls: Vec<Call>,
    capacity: usize,
}

// SAFETY: the pointers in `calls` lead into regions that `slots` owns and that are never replaced; who
// has the buffers has all of it, and `&Buffers` runs nothing.
unsafe impl Send for Buffers {}
// SAFETY: as above: nothing is written through `&Buffers`.
unsafe impl Sync for Buffers {}

impl Buffers {
    /// Room for `capacity` rows, a multiple of 8, of columns of these lanes.
    pub(crate) fn new(
        lanes: impl Iterator<Item = Option<Lane>>,
        fused: &[FusedStep],
        capacity: usize,
    ) -> Result<Buffers, RunError> {
        let capacity = capacity.next_multiple_of(8);
        let slots = lanes.map(|lane| lane.map(|lane| Buffer::new(lane, capacity)));
        let mut buffers = Buffers {
            slots: slots.collect(),
            calls: Vec::with_capacity(fused.len()),
            capacity,
        };
        for step in fused {
            let call = buffers.call(step)?;
            buffers.calls.push(call);
        }
        Ok(buffers)
    }

    /// A step's kernel with pointers to its columns, which are checked against its signature.
    fn call(&self, step: &FusedStep) -> Result<Call, RunError> {
        let signature = step.kernel.signature();
        if signature.inputs.len() != step.inputs.len()
            || signature.outputs.len() != step.outputs.len()
            || signature.params != step.params.len()
        {
            return Err(internal("a kernel was not given what its signature says"));
        }
        let pointers = |column: &usize, slot: &Slot| {
            let buffer = self.slots.get(*column).and_then(Option::as_ref);
            let buffer = buffer.filter(|buffer| buffer.lane == slot.lane);
            let buffer = buffer.ok_or_else(|| internal("a kernel wants another lane"))?;
            let start = buffer.region.pointer().as_ptr();
            // SAFETY: validity begins within the region.
            let validity = unsafe { start.add(buffer.validity_at) };
            let validity = if slot.nullable {
                validity
            } else {
                std::ptr::null_mut()
            };
            Ok::<_, RunError>((start, validity))
        };
        let mut inputs = Vec::with_capacity(step.inputs.len());
        for (column, slot) in step.inputs.iter().zip(&signature.inputs) {
            let (values, validity) = pointers(column, slot)?;
            inputs.push(In { values, validity });
        }
        let mut outputs = Vec::with_capacity(step.outputs.len());
        for (position, (column, slot)) in step.outputs.iter().zip(&signature.outputs).enumerate() {
            if step.inputs.contains(column) || step.outputs[..position].contains(column) {
                return Err(internal("a kernel writes a column twice, or one it reads"));
            }
            let (values, validity) = pointers(column, slot)?;
            outputs.push(Out { values, validity });
        }
        Ok(Call {
            kernel: Arc::clone(&step.kernel),
            inputs,
            outputs,
            params: step.params.clone(),
            scratch: Region::zeroed(signature.scratch_bytes),
        })
    }

    /// Runs a kernel over the first `rows` rows, rounded up to 8; true if some row may have raised.
    pub(crate) fn run(&mut self, call: usize, rows: usize) -> bool {
        let rows = rows.next_multiple_of(8);
        assert!(rows <= self.capacity, "rows that there is room for");
        let call = &mut self.calls[call];
        let args = Args {
            inputs: call.inputs.as_ptr(),
            outputs: call.outputs.as_ptr(),
            params: call.params.as_ptr(),
            scratch: call.scratch.pointer().as_ptr(),
            rows: rows as u64,
            first_row: 0,
        };
        // SAFETY: counts and lanes were checked against the signature when the pointers were made. They
        // lead into regions of `self.slots`, which are never replaced, are 128-byte aligned and hold
        // `capacity` rows of values and validity; a kernel's outputs are none of its inputs and differ
        // from each other; `&mut self` is exclusive.
        unsafe { call.kernel.run(&args) }
    }

    fn slot(&self, slot: usize) -> &Buffer {
        self.slots[slot].as_ref().expect("a column of fixed width")
    }

    fn slot_mut(&mut self, slot: usize) -> &mut Buffer {
        self.slots[slot].as_mut().expect("a column of fixed width")
    }

    /// The values of a column, and their validity.
    pub(crate) fn get(&self, slot: usize) -> (&[u8], &[u8]) {
        let buffer = self.slot(slot);
        buffer.region.bytes().split_at(buffer.validity_at)
    }

    /// As [`Buffers::get`], to write.
    pub(crate) fn get_mut(&mut self, slot: usize) -> (&mut [u8], &mut [u8]) {
        let buffer = self.slot_mut(slot);
        buffer.region.bytes_mut().split_at_mut(buffer.validity_at)
    }

    /// The values of columns that are read, and of another that is written.
    pub(crate) fn split<const N: usize>(
        &mut self,
        read: [usize; N],
        written: usize,
    ) -> ([&[u8]; N], &mut [u8]) {
        let (before, rest) = self.slots.split_at_mut(written);
        let (output, after) = rest.split_first_mut().expect("a column");
        let output = output.as_mut().expect("a column of fixed width");
        let reads = read.map(|slot| {
            let buffer = match slot.checked_sub(written + 1) {
                Some(position) => &after[position],
                None => &before[slot],
            };
            let buffer = buffer.as_ref().expect("a column of fixed width");
            &buffer.region.bytes()[..buffer.validity_at]
        });
        let at = output.validity_at;
        (reads, &mut output.region.bytes_mut()[..at])
    }

    /// A value's bits, signed ones extended to 64; none if it is null.
    #[inline]
    pub(crate) fn word(&self, slot: usize, row: usize) -> Option<u64> {
        let lane = self.slot(slot).lane;
        let (values, validity) = self.get(slot);
        bit(validity, row).then(|| word(lane, values, row))
    }

    /// Stores a value by its bits.
    #[inline]
    pub(crate) fn put_word(&mut self, slot: usize, row: usize, found: Option<u64>) {
        let lane = self.slot(slot).lane;
        let (values, validity) = self.get_mut(slot);
        put_bit(validity, row, found.is_some());
        let word = found.unwrap_or(0);
        match lane {
            Lane::Bool => put_bit(values, row, word & 1 != 0),
            Lane::I8 | Lane::U8 => values[row] = word as u8,
            Lane::I16 | Lane::U16 => typed_mut::<u16>(values)[row] = word as u16,
            Lane::I32 | Lane::U32 | Lane::F32 => typed_mut::<u32>(values)[row] = word as u32,
            Lane::I64 | Lane::U64 | Lane::F64 => typed_mut::<u64>(values)[row] = word,
            // A decimal goes by its units: here it is null.
            Lane::I128 => typed_mut::<i128>(values)[row] = word.into(),
        }
    }

    /// A value.
    pub(crate) fn get_value(&self, slot: usize, row: usize) -> Value {
        let lane = self.slot(slot).lane;
        let (values, validity) = self.get(slot);
        match bit(validity, row) {
            true => lane_value(lane, values, row),
            false => Value::Null,
        }
    }

    /// Stores a value.
    pub(crate) fn put(&mut self, slot: usize, row: usize, value: &Value) {
        match (self.slot(slot).lane, value) {
            (Lane::I128, Value::Integer(units)) => self.put_units(slot, row, Some(*units)),
            (_, value) => {
                let [word, valid] = param_bits(value);
                self.put_word(slot, row, (valid == 1).then_some(word));
            }
        }
    }

    /// Stores a decimal, in units of its last place.
    pub(crate) fn put_units(&mut self, slot: usize, row: usize, found: Option<i128>) {
        let (values, validity) = self.get_mut(slot);
        put_bit(validity, row, found.is_some());
        typed_mut::<i128>(values)[row] = found.unwrap_or(0);
    }

    /// A value; none if it is null.
    #[inline]
    pub(crate) fn value<T: LaneValue>(&self, slot: usize, row: usize) -> Option<T> {
        let (values, validity) = self.get(slot);
        bit(validity, row).then(|| typed::<T>(values)[row])
    }

    /// Stores a value.
    #[inline]
    pub(crate) fn put_value<T: LaneValue>(&mut self, slot: usize, row: usize, value: T) {
        let (values, validity) = self.get_mut(slot);
        put_bit(validity, row, true);
        typed_mut::<T>(values)[row] = value;
    }

    /// Repeats the last of `rows` rows up to a multiple of 8: kernels compute so many, and what is
    /// behind the last row must not raise if that does not.
    #[inline]
    pub(crate) fn pad(&mut self, slot: usize, rows: usize) {
        let end = rows.next_multiple_of(8);
        let Some(last) = rows.checked_sub(1).filter(|_| rows < end) else {
            return;
        };
        let lane = self.slot(slot).lane;
        let (values, validity) = self.get_mut(slot);
        pad_bits(validity, rows);
        match lane {
            Lane::Bool => pad_bits(values, rows),
            Lane::I8 | Lane::U8 => {
                let value = values[last];
                values[rows..end].fill(value);
            }
            Lane::I16 | Lane::U16 => pad_values(typed_mut::<u16>(values), rows, end),
            Lane::I32 | Lane::U32 | Lane::F32 => pad_values(typed_mut::<u32>(values), rows, end),
            Lane::I64 | Lane::U64 | Lane::F64 => pad_values(typed_mut::<u64>(values), rows, end),
            Lane::I128 => pad_values(typed_mut::<i128>(values), rows, end),
        }
    }
}

#[inline]
fn pad_values<T: Copy>(values: &mut [T], rows: usize, end: usize) {
    let value = values[rows - 1];
    match values[rows..end].as_mut_array::<7>() {
        // One row of eight, as usual.
        Some(rest) => *rest = [value; 7],
        None => values[rows..end].fill(value),
    }
}

/// The bits of the last byte from `rows` on become that before.
#[inline]
fn pad_bits(bits: &mut [u8], rows: usize) {
    let last = (rows - 1) / 8;
    let keep = (1u16 << ((rows - 1) % 8 + 1)) - 1;
    let repeated = if bit(bits, rows - 1) { 0xff } else { 0 };
    bits[last] = bits[last] & keep as u8 | repeated & !(keep as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_is_repeated() {
        for rows in 1..=16 {
            let lanes = [Some(Lane::Bool), None, Some(Lane::I16)];
            let mut buffers = Buffers::new(lanes.into_iter(), &[], 16).unwrap();
            for row in 0..rows {
                buffers.put_word(0, row, (row % 3 != 0).then_some((row % 2) as u64));
                buffers.put_word(2, row, Some(row as u64));
            }
            let before: Vec<_> = (0..rows).map(|row| buffers.word(0, row)).collect();
            buffers.pad(0, rows);
            buffers.pad(2, rows);
            for row in 0..rows.next_multiple_of(8) {
                let of = row.min(rows - 1);
                assert_eq!(buffers.word(0, row).is_some(), before[of].is_some());
                assert_eq!(buffers.word(0, row).or(before[of]), before[of]);
                assert_eq!(buffers.word(2, row), Some(of as u64));
            }
        }
    }
}
