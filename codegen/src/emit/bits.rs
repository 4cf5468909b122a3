//! Functions of the bits of integers.
//!
//! 128-bit vectors shift all lanes by one count only, so counts that differ by row are taken lane by
//! lane. Numbers of bits are summed from the bytes' numbers of bits, for which there is an instruction.
//! 8- and 16-bit integers stand extended in 32 bits, and results are extended again.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::op::BitFunction;
use icosian_ir::types::Lane;
use icosian_ir::value::Value as Literal;

use super::arithmetic::is_signed;
use super::values::{Data, Emitted, Vectors, Width};
use super::{Emitter, lane_of};
use crate::error::CompileError;

impl Emitter<'_, '_> {
    /// `Bits`.
    pub(crate) fn bit_function(
        &mut self,
        id: ColumnId,
        column: &Column,
        function: BitFunction,
    ) -> Result<Emitted, CompileError> {
        let lane = lane_of(self.columns, column.args[0])?;
        let first = self.operand(column.args[0])?;
        let a = self.lanes_of(id, &first)?;
        if function.arity() == 1 {
            let vectors = match function {
                BitFunction::CountOnes => self.count_ones(lane, a),
                BitFunction::LeadingZeros => self.leading_zeros(lane, a),
                BitFunction::TrailingZeros => self.trailing_zeros(lane, a),
                BitFunction::And
                | BitFunction::Or
                | BitFunction::Xor
                | BitFunction::Not
                | BitFunction::ShiftLeft
                | BitFunction::ShiftRight => {
                    let flipped = self.map(a, |this, a| this.builder.ins().bnot(a));
                    self.extended(lane, flipped)
                }
            };
            return Ok(Emitted {
                data: Data::Lanes(vectors),
                ..first
            });
        }
        let second = self.operand(column.args[1])?;
        let b = self.lanes_of(id, &second)?;
        let vectors = if function.is_shift() {
            let left = function == BitFunction::ShiftLeft;
            match self.literal_of(column.args[1]) {
                Some(Literal::Integer(count)) => {
                    let count = i64::try_from(*count).unwrap_or(i64::MAX);
                    self.shift_by_constant(lane, a, count, left)
                }
                _ => self.shift_by_lanes(lane, a, b, left),
            }
        } else {
            self.zip(a, b, |this, a, b| match function {
                BitFunction::And => this.builder.ins().band(a, b),
                BitFunction::Or => this.builder.ins().bor(a, b),
                _ => this.builder.ins().bxor(a, b),
            })
        };
        let (valid, error) = self.common(&first, &second);
        Ok(Emitted {
            data: Data::Lanes(vectors),
            valid,
            error,
        })
    }

    /// The low bits of 32-bit lanes that hold 8- or 16-bit integers, extended; other lanes as they are.
    fn extended(&mut self, lane: Lane, vectors: Vectors) -> Vectors {
        if lane.bits() < 32 {
            self.wrap_narrow(lane, vectors)
        } else {
            vectors
        }
    }

    fn shift_by_constant(&mut self, lane: Lane, a: Vectors, count: i64, left: bool) -> Vectors {
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let register_bits = if width == Width::Narrow { 32 } else { 64 };
        let arithmetic = !left && is_signed(lane);
        if count >= register_bits && !arithmetic {
            let zero = self.zero(width.integers());
            return Vectors::all(zero, a.len());
        }
        let amount = (self.builder.ins()).iconst(types::I32, count.min(register_bits - 1));
        let shifted = self.map(a, |this, a| {
            if left {
                this.builder.ins().ishl(a, amount)
            } else if arithmetic {
                this.builder.ins().sshr(a, amount)
            } else {
                this.builder.ins().ushr(a, amount)
            }
        });
        if left {
            self.extended(lane, shifted)
        } else {
            shifted
        }
    }

    /// Shifts by counts from 0 to 255 that stand in 32-bit lanes.
    fn shift_by_lanes(&mut self, lane: Lane, a: Vectors, counts: Vectors, left: bool) -> Vectors {
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let greatest = if width == Width::Narrow { 31 } else { 63 };
        let greatest = self.integer(Width::Narrow, greatest);
        let arithmetic = !left && is_signed(lane);
        // A shift of one place more than the register has takes none: it has to be seen to.
        let counts_within = self.map(counts, |this, counts| {
            this.builder.ins().smin(counts, greatest)
        });
        let lanes = if width == Width::Narrow { 4 } else { 2 };
        let shifted = Vectors::from_fn(a.len(), |position| {
            let mut result = a[position];
            for place in 0..lanes {
                let row = position * lanes + place;
                let amount = counts_within[row / 4];
                let amount = (self.builder.ins()).extractlane(amount, (row % 4) as u8);
                let value = (self.builder.ins()).extractlane(a[position], place as u8);
                let value = if left {
                    self.builder.ins().ishl(value, amount)
                } else if arithmetic {
                    self.builder.ins().sshr(value, amount)
                } else {
                    self.builder.ins().ushr(value, amount)
                };
                result = (self.builder.ins()).insertlane(result, value, place as u8);
            }
            result
        });
        if arithmetic {
            return shifted;
        }
        let beyond = self.map(counts, |this, counts| {
            (this.builder.ins()).icmp(IntCC::SignedGreaterThan, counts, greatest)
        });
        let beyond = self.mask_of_lanes(Width::Narrow, beyond);
        let beyond = self.lanes(beyond, width);
        let shifted = self.zip(shifted, beyond, |this, shifted, beyond| {
            this.builder.ins().band_not(shifted, beyond)
        });
        if left {
            self.extended(lane, shifted)
        } else {
            shifted
        }
    }

    /// The bits of a lane with none set above its width.
    fn pattern(&mut self, lane: Lane, a: Vectors) -> Vectors {
        if lane.bits() < 32 && is_signed(lane) {
            let low = self.integer(Width::Narrow, (1 << lane.bits()) - 1);
            self.map(a, |this, a| this.builder.ins().band(a, low))
        } else {
            a
        }
    }

    /// The number of bits set, in 32-bit lanes.
    fn count_ones(&mut self, lane: Lane, a: Vectors) -> Vectors {
        let a = self.pattern(lane, a);
        self.sum_of_bits(lane, a)
    }

    fn leading_zeros(&mut self, lane: Lane, a: Vectors) -> Vectors {
        let mut filled = self.pattern(lane, a);
        // Every bit below the highest gets set.
        let mut places = 1;
        while places < lane.bits() as i64 {
            let amount = self.builder.ins().iconst(types::I32, places);
            filled = self.map(filled, |this, a| {
                let lower = this.builder.ins().ushr(a, amount);
                this.builder.ins().bor(a, lower)
            });
            places *= 2;
        }
        let ones = self.sum_of_bits(lane, filled);
        let bits = self.integer(Width::Narrow, lane.bits() as i64);
        self.map(ones, |this, ones| this.builder.ins().isub(bits, ones))
    }

    fn trailing_zeros(&mut self, lane: Lane, a: Vectors) -> Vectors {
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let one = self.integer(width, 1);
        // The zeros below the lowest bit are the ones that borrowing from it leaves.
        let below = self.map(a, |this, a| {
            let less = this.builder.ins().isub(a, one);
            this.builder.ins().band_not(less, a)
        });
        let below = if lane.bits() < 32 {
            let low = self.integer(Width::Narrow, (1 << lane.bits()) - 1);
            self.map(below, |this, below| this.builder.ins().band(below, low))
        } else {
            below
        };
        self.sum_of_bits(lane, below)
    }

    /// The numbers of bits of whole registers' lanes, in 32-bit lanes.
    fn sum_of_bits(&mut self, lane: Lane, a: Vectors) -> Vectors {
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let shifts: &[i64] = match width {
            Width::Narrow => &[8, 16],
            Width::Wide => &[8, 16, 32],
        };
        let low = self.integer(width, 0x7f);
        let sums = self.map(a, |this, a| {
            let bytes = this.cast_vector(a, types::I8X16);
            let counts = this.builder.ins().popcnt(bytes);
            let mut sum: Value = this.cast_vector(counts, width.integers());
            for places in shifts {
                let amount = this.builder.ins().iconst(types::I32, *places);
                let upper = this.builder.ins().ushr(sum, amount);
                sum = this.builder.ins().iadd(sum, upper);
            }
            this.builder.ins().band(sum, low)
        });
        match width {
            Width::Narrow => sums,
            Width::Wide => self.even_halves(sums),
        }
    }
}
