//! Hashes of values, and the numbers of rows.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::meaning::hash;
use icosian_ir::types::Lane;

use super::arithmetic::is_signed;
use super::values::{Data, Emitted, Mask, Vectors, Width};
use super::{Emitter, lane_of};
use crate::error::CompileError;

impl Emitter<'_, '_> {
    /// `Hash`: the state after the value's word.
    pub(crate) fn hash(&mut self, id: ColumnId, column: &Column) -> Result<Emitted, CompileError> {
        let value = self.operand(column.args[0])?;
        let state = self.operand(column.args[1])?;
        let states = self.lanes_of(id, &state)?;
        let words = self.words_of(column.args[0], &value)?;
        let words = match value.valid {
            Mask::Always => words,
            valid => {
                let null = self.integer(Width::Wide, hash::NULL as i64);
                let valid = self.lanes(valid, Width::Wide);
                self.zip(words, valid, |this, word, valid| {
                    this.select(valid, word, null)
                })
            }
        };
        let one = self.integer(Width::Wide, 1);
        let gamma = self.integer(Width::Wide, hash::GAMMA as i64);
        let vectors = self.zip(words, states, |this, word, state| {
            let next = this.builder.ins().iadd(word, one);
            let grown = this.builder.ins().imul(next, gamma);
            let mut mixed = this.builder.ins().iadd(state, grown);
            for (shift, factor) in hash::STEPS {
                mixed = this.fold_bits(mixed, shift);
                let factor = this.integer(Width::Wide, factor as i64);
                mixed = this.builder.ins().imul(mixed, factor);
            }
            this.fold_bits(mixed, hash::LAST_SHIFT)
        });
        Ok(Emitted {
            data: Data::Lanes(vectors),
            valid: state.valid,
            error: self.or(value.error, state.error),
        })
    }

    /// `a ^ (a >> shift)`
    fn fold_bits(&mut self, a: Value, shift: u32) -> Value {
        let amount = self.builder.ins().iconst(types::I32, i64::from(shift));
        let upper = self.builder.ins().ushr(a, amount);
        self.builder.ins().bxor(a, upper)
    }

    /// The word that each value is hashed as.
    fn words_of(&mut self, id: ColumnId, value: &Emitted) -> Result<Vectors, CompileError> {
        let lanes = match value.data {
            Data::Bool(mask) => {
                let one = self.integer(Width::Wide, 1);
                let lanes = self.lanes(mask, Width::Wide);
                return Ok(self.map(lanes, |this, lane| this.builder.ins().band(lane, one)));
            }
            Data::Lanes(lanes) => lanes,
        };
        let lane = lane_of(self.columns, id)?;
        if matches!(lane, Lane::F32 | Lane::F64) {
            let lanes = if lane == Lane::F32 {
                self.float_to_float(lanes, Lane::F64)
            } else {
                lanes
            };
            let zero = self.zero(types::F64X2);
            let nan = self.integer(Width::Wide, f64::NAN.to_bits() as i64);
            return Ok(self.map(lanes, |this, lane| {
                // −0 becomes +0.
                let sum = this.builder.ins().fadd(lane, zero);
                let bits = this.cast_vector(sum, types::I64X2);
                let known = this.builder.ins().fcmp(FloatCC::Ordered, lane, lane);
                let known = this.cast_vector(known, types::I64X2);
                this.select(known, bits, nan)
            }));
        }
        let words = match Width::of(lane) {
            Some(Width::Narrow) => self.widen(lanes, is_signed(lane)),
            _ => lanes,
        };
        let scale = hash::scale(self.columns.scalar_type(id));
        if scale == 1 {
            return Ok(words);
        }
        let scale = self.integer(Width::Wide, scale as i64);
        Ok(self.map(words, |this, word| this.builder.ins().imul(word, scale)))
    }

    /// `RowNumber`.
    pub(crate) fn row_number(&mut self) -> Emitted {
        let first = self.builder.ins().iadd(self.first_row, self.row);
        let first = self.builder.ins().splat(types::I64X2, first);
        let chunk = (self.chunk * self.rows) as i64;
        let vectors = Vectors::from_fn(Width::Wide.vectors(self.rows), |position| {
            let row = chunk + 2 * position as i64;
            let mut places = [0; 16];
            places[..8].copy_from_slice(&row.to_le_bytes());
            places[8..].copy_from_slice(&(row + 1).to_le_bytes());
            let places = self.constant(types::I64X2, places);
            self.builder.ins().iadd(first, places)
        });
        Emitted {
            data: Data::Lanes(vectors),
            valid: Mask::Always,
            error: Mask::Never,
        }
    }
}
