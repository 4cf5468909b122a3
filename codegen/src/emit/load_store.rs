//! Memory to registers and back: inputs, parameters, outputs, and the block loop's addresses.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use icosian_ir::id::ColumnId;
use icosian_ir::types::Lane;

use super::values::{Data, Emitted, Mask, Vectors, Width, vector_type};
use super::{Emitter, Hoisted};
use crate::error::CompileError;

/// Memory that is there, with no promise about alignment.
pub(crate) fn memory() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

/// The pointers of an input or output.
#[derive(Clone, Copy)]
pub(crate) struct Pointers {
    pub(crate) lane: Lane,
    pub(crate) values: Value,
    pub(crate) validity: Option<Value>,
}

/// Bits of a group: what is read once for all of its rows, or stored once they are gathered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BitsOf {
    /// The values of an output of bools, by position.
    Values(usize),
    /// The validity of an output, by position.
    Validity(usize),
    /// The values of an input of bools, by position.
    InputValues(usize),
    /// The validity of an input, by position.
    InputValidity(usize),
    /// The value of a parameter that is a bool, by position.
    ParamValue(usize),
    /// Whether a parameter is not null, by position.
    ParamValidity(usize),
}

impl Emitter<'_, '_> {
    /// The address of the present chunk's first row in a buffer, and an offset from it.
    fn address(&mut self, base: Value, lane: Lane) -> (Value, i32) {
        let bytes = lane.bits() / 8;
        let scaled = match bytes.trailing_zeros() {
            0 => self.row,
            shift => {
                let amount = self.builder.ins().iconst(types::I32, i64::from(shift));
                self.builder.ins().ishl(self.row, amount)
            }
        };
        let address = self.builder.ins().iadd(base, scaled);
        (address, (self.chunk * self.rows * bytes) as i32)
    }

    /// An input's rows of the present chunk.
    pub(crate) fn load_input(&mut self, position: usize) -> Result<Emitted, CompileError> {
        let pointers = self.inputs[position];
        let data = match pointers.lane {
            Lane::Bool => {
                Data::Bool(self.load_bits(BitsOf::InputValues(position), pointers.values))
            }
            lane => Data::Lanes(self.load_lanes(pointers.values, lane)),
        };
        let valid = match pointers.validity {
            Some(validity) => self.load_bits(BitsOf::InputValidity(position), validity),
            None => Mask::Always,
        };
        Ok(Emitted {
            data,
            valid,
            error: Mask::Never,
        })
    }

    fn load_bits(&mut self, of: BitsOf, base: Value) -> Mask {
        if let Some(mask) = self.group_masks.get(&of) {
            return *mask;
        }
        let address = self.builder.ins().iadd(base, self.group);
        let bits = self.builder.ins().uload8(types::I32, memory(), address, 0);
        let mask = self.mask_of_group(bits);
        self.group_masks.insert(of, mask);
        mask
    }

    fn load_lanes(&mut self, base: Value, lane: Lane) -> Vectors {
        let (address, start) = self.address(base, lane);
        let count = Width::of(lane).map_or(1, |width| width.vectors(self.rows));
        let vector = vector_type(lane).unwrap_or(types::I32X4);
        let bytes_each = (self.rows / count * lane.bits() / 8) as i32;
        match lane.bits() {
            64 => Vectors::from_fn(count, |position| {
                let offset = start + 16 * position as i32;
                self.builder.ins().load(vector, memory(), address, offset)
            }),
            32 if self.rows >= 4 => Vectors::from_fn(count, |position| {
                let offset = start + 16 * position as i32;
                self.builder.ins().load(vector, memory(), address, offset)
            }),
            32 => {
                let low = self.load_low(address, start, bytes_each);
                Vectors::all(self.cast_vector(low, vector), 1)
            }
            16 => {
                let signed = lane == Lane::I16;
                Vectors::from_fn(count, |position| {
                    let low =
                        self.load_low(address, start + bytes_each * position as i32, bytes_each);
                    let halves = self.cast_vector(low, types::I16X8);
                    self.extend_low(halves, signed)
                })
            }
            _ => {
                let signed = lane == Lane::I8;
                Vectors::from_fn(count, |position| {
                    let low =
                        self.load_low(address, start + bytes_each * position as i32, bytes_each);
                    let bytes = self.cast_vector(low, types::I8X16);
                    let halves = self.extend_low(bytes, signed);
                    self.extend_low(halves, signed)
                })
            }
        }
    }

    fn extend_low(&mut self, vector: Value, signed: bool) -> Value {
        if signed {
            self.builder.ins().swiden_low(vector)
        } else {
            self.builder.ins().uwiden_low(vector)
        }
    }

    /// 2, 4 or 8 bytes in the low end of a vector of any type.
    fn load_low(&mut self, address: Value, offset: i32, bytes: i32) -> Value {
        match bytes {
            8 => {
                let low = self
                    .builder
                    .ins()
                    .load(types::F64, memory(), address, offset);
                self.builder.ins().scalar_to_vector(types::F64X2, low)
            }
            4 => {
                let low = self
                    .builder
                    .ins()
                    .load(types::F32, memory(), address, offset);
                self.builder.ins().scalar_to_vector(types::F32X4, low)
            }
            _ => {
                let low = self
                    .builder
                    .ins()
                    .uload16(types::I32, memory(), address, offset);
                self.builder.ins().scalar_to_vector(types::I32X4, low)
            }
        }
    }

    /// A parameter in every row. Loaded before the loop while registers last, else where wanted.
    pub(crate) fn load_param(
        &mut self,
        position: usize,
        lane: Lane,
    ) -> Result<Emitted, CompileError> {
        let data = match vector_type(lane) {
            None => Data::Bool(self.param_flag(BitsOf::ParamValue(position), position, 0)),
            Some(vector) => {
                let splat = self.hoisted(Hoisted::Param(position, vector));
                let count = Width::of(lane).map_or(1, |width| width.vectors(self.rows));
                Data::Lanes(Vectors::all(splat, count))
            }
        };
        let valid = if self.param_nullable[position] {
            self.param_flag(BitsOf::ParamValidity(position), position, 8)
        } else {
            Mask::Always
        };
        Ok(Emitted {
            data,
            valid,
            error: Mask::Never,
        })
    }

    /// A 0 or 1 in memory as a mask of all rows or none.
    fn param_flag(&mut self, of: BitsOf, position: usize, within: i32) -> Mask {
        if let Some(mask) = self.group_masks.get(&of) {
            return *mask;
        }
        let offset = 16 * position as i32 + within;
        let flag = (self.builder.ins()).load(types::I32, memory(), self.params, offset);
        let bits = self.builder.ins().ineg(flag);
        let mask = self.mask_of_group(bits);
        self.group_masks.insert(of, mask);
        mask
    }

    /// Stores a column's rows of the present chunk.
    pub(crate) fn store_output(
        &mut self,
        position: usize,
        column: ColumnId,
        emitted: Emitted,
    ) -> Result<(), CompileError> {
        let pointers = self.outputs[position];
        match (pointers.lane, emitted.data) {
            (Lane::Bool, Data::Bool(mask)) => {
                self.store_bits(BitsOf::Values(position), pointers.values, mask);
            }
            (lane, Data::Lanes(vectors)) if lane != Lane::Bool => {
                self.store_lanes(pointers.values, lane, vectors);
            }
            (_, Data::Bool(_) | Data::Lanes(_)) => {
                return Err(CompileError::Malformed {
                    column,
                    reason: "its values don't have its type",
                });
            }
        }
        let nullable = emitted.valid != Mask::Always;
        self.output_nullable[position] = nullable;
        if nullable && let Some(validity) = pointers.validity {
            self.store_bits(BitsOf::Validity(position), validity, emitted.valid);
        }
        self.note_errors(emitted.error);
        Ok(())
    }

    fn store_bits(&mut self, of: BitsOf, base: Value, mask: Mask) {
        let whole = self.group_bits(mask);
        let mut bits = match whole {
            Some(bits) => bits,
            None => self.bits(mask),
        };
        if self.rows < 8 && whole.is_none() {
            let wanted = self.builder.ins().iconst(types::I32, (1 << self.rows) - 1);
            bits = self.builder.ins().band(bits, wanted);
            let shift = self.chunk * self.rows;
            if shift > 0 {
                let amount = self.builder.ins().iconst(types::I32, shift as i64);
                bits = self.builder.ins().ishl(bits, amount);
            }
            if let Some(before) = self.gathered.get(&of) {
                bits = self.builder.ins().bor(*before, bits);
            }
            self.gathered.insert(of, bits);
        }
        if (self.chunk + 1) * self.rows == 8 {
            let address = self.builder.ins().iadd(base, self.group);
            self.builder.ins().istore8(memory(), bits, address, 0);
        }
    }

    fn store_lanes(&mut self, base: Value, lane: Lane, vectors: Vectors) {
        let (address, start) = self.address(base, lane);
        let packed = match lane.bits() {
            32 | 64 => vectors,
            bits => {
                let first = vectors[0];
                let second = vectors[vectors.len() - 1];
                let unsigned = matches!(lane, Lane::U8 | Lane::U16);
                // Saturating changes nothing: lanes that count are in range.
                let halves = if unsigned {
                    self.builder.ins().unarrow(first, second)
                } else {
                    self.builder.ins().snarrow(first, second)
                };
                let packed = match (bits, unsigned) {
                    (16, _) => halves,
                    (_, true) => self.builder.ins().unarrow(halves, halves),
                    (_, false) => self.builder.ins().snarrow(halves, halves),
                };
                Vectors::all(packed, 1)
            }
        };
        let bytes_each = self.rows * lane.bits() / 8 / packed.len();
        for (position, vector) in packed.as_slice().iter().enumerate() {
            let offset = start + (bytes_each * position) as i32;
            let stored = match bytes_each {
                8 => self.low_scalar(*vector, types::F64X2),
                4 => self.low_scalar(*vector, types::F32X4),
                2 => self.low_scalar(*vector, types::I16X8),
                _ => *vector,
            };
            self.builder.ins().store(memory(), stored, address, offset);
        }
    }

    fn low_scalar(&mut self, vector: Value, of: Type) -> Value {
        let vector = self.cast_vector(vector, of);
        self.builder.ins().extractlane(vector, 0)
    }
}
