//! Casts among fixed-width types.

use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{CastMode, Overflow};
use icosian_ir::types::{Lane, ScalarType, TimeUnit};

use super::arithmetic::is_signed;
use super::values::{Data, Emitted, Mask, Vectors, Width, vector_type};
use super::{Emitter, lane_of, unsupported};
use crate::error::CompileError;

const SECONDS_PER_DAY: i64 = 86_400;

impl Emitter<'_, '_> {
    /// `Cast`.
    pub(crate) fn cast(
        &mut self,
        id: ColumnId,
        column: &Column,
        mode: CastMode,
    ) -> Result<Emitted, CompileError> {
        let source = column.args[0];
        let (from, to) = (self.columns.scalar_type(source), column.ty.scalar);
        let (from_lane, to_lane) = (lane_of(self.columns, source)?, lane_of(self.columns, id)?);
        let operand = self.operand(source)?;
        if from == to {
            return Ok(operand);
        }
        let a = match operand.data {
            Data::Bool(mask) => {
                let ones = self
                    .one_where(mask, to_lane)
                    .ok_or_else(|| unsupported(id, column))?;
                return Ok(Emitted {
                    data: Data::Lanes(ones),
                    ..operand
                });
            }
            Data::Lanes(vectors) => vectors,
        };
        let (vectors, overflow) = match (from, to) {
            (ScalarType::Timestamp(from, _), ScalarType::Timestamp(to, _))
            | (ScalarType::Duration(from), ScalarType::Duration(to)) => {
                self.change_unit(a, from, to)
            }
            (ScalarType::Timestamp(unit, _), ScalarType::Date) => {
                let days = self.divide_units(a, SECONDS_PER_DAY * unit.per_second());
                self.integer_to_integer(days, from_lane, to_lane, false)
            }
            (ScalarType::Date, ScalarType::Timestamp(unit, _)) => {
                let days = self.widen(a, true);
                self.multiply_by_constant(days, SECONDS_PER_DAY * unit.per_second())
            }
            (_, _) => match (is_float(from_lane), is_float(to_lane)) {
                (true, true) => (self.float_to_float(a, to_lane), Mask::Never),
                (true, false) => self.float_to_integer(a, from_lane, to_lane),
                (false, true) => (self.integer_to_float(a, from_lane, to_lane), Mask::Never),
                (false, false) => {
                    self.integer_to_integer(a, from_lane, to_lane, mode == CastMode::Wrap)
                }
            },
        };
        let overflow_mode = match mode {
            CastMode::Raise => Overflow::Raise,
            CastMode::Null => Overflow::Null,
            CastMode::Wrap => Overflow::Wrap,
        };
        let data = Data::Lanes(vectors);
        Ok(self.checked(data, operand.valid, operand.error, overflow, overflow_mode))
    }

    /// 1 in the rows of a mask, 0 in the others; none if the target is bool.
    fn one_where(&mut self, mask: Mask, lane: Lane) -> Option<Vectors> {
        let width = Width::of(lane)?;
        let ty = vector_type(lane)?;
        let one = if is_float(lane) {
            let one = self.float(ty, 1.0);
            self.cast_vector(one, width.integers())
        } else {
            self.integer(width, 1)
        };
        let lanes = self.lanes(mask, width);
        Some(self.map(lanes, |this, lanes| {
            let ones = this.builder.ins().band(lanes, one);
            this.cast_vector(ones, ty)
        }))
    }

    fn integer_to_integer(
        &mut self,
        a: Vectors,
        from: Lane,
        to: Lane,
        wrap: bool,
    ) -> (Vectors, Mask) {
        let signed = is_signed(from);
        match (from.bits() == 64, to.bits() == 64) {
            (true, true) => {
                // Between signed and unsigned: what has the top bit set is only in one of them.
                let changed = signed != is_signed(to);
                let overflow = if changed {
                    self.mask_of_signs(Width::Wide, a)
                } else {
                    Mask::Never
                };
                (a, overflow)
            }
            (false, true) => {
                let overflow = if signed && !is_signed(to) {
                    self.mask_of_signs(Width::Narrow, a)
                } else {
                    Mask::Never
                };
                (self.widen(a, signed), overflow)
            }
            (true, false) => {
                let words = self.even_halves(a);
                if wrap {
                    return (self.wrap_to(to, words), Mask::Never);
                }
                // As words the number is read with the target's sign if it can be negative.
                let word_signed = signed && is_signed(to);
                let beyond = self.outside_words(a, words, word_signed);
                let outside = match to {
                    Lane::U32 => Mask::Never,
                    Lane::I32 if word_signed => Mask::Never,
                    Lane::I32 => self.mask_of_signs(Width::Narrow, words),
                    narrow => self.outside_narrow(narrow, words, word_signed),
                };
                (words, self.or(beyond, outside))
            }
            (false, false) => {
                if wrap {
                    return (self.wrap_to(to, a), Mask::Never);
                }
                let contained = from.bits() < to.bits() && (is_signed(to) || !signed)
                    || from.bits() == to.bits() && signed == is_signed(to);
                let overflow = match to {
                    _ if contained => Mask::Never,
                    Lane::U32 | Lane::I32 => self.mask_of_signs(Width::Narrow, a),
                    narrow => self.outside_narrow(narrow, a, signed),
                };
                (a, overflow)
            }
        }
    }

    fn wrap_to(&mut self, to: Lane, words: Vectors) -> Vectors {
        if to.bits() < 32 {
            self.wrap_narrow(to, words)
        } else {
            words
        }
    }
    /// Times in another unit.
    fn change_unit(&mut self, a: Vectors, from: TimeUnit, to: TimeUnit) -> (Vectors, Mask) {
        let (from, to) = (from.per_second(), to.per_second());
        if from == to {
            (a, Mask::Never)
        } else if from > to {
            (self.divide_units(a, from / to), Mask::Never)
        } else {
            self.multiply_by_constant(a, to / from)
        }
    }

    /// 64-bit integers times a positive constant, and where that overflows.
    fn multiply_by_constant(&mut self, a: Vectors, factor: i64) -> (Vectors, Mask) {
        let by = self.integer(Width::Wide, factor);
        let least = self.integer(Width::Wide, i64::MIN / factor);
        let greatest = self.integer(Width::Wide, i64::MAX / factor);
        let products = self.map(a, |this, a| this.builder.ins().imul(a, by));
        let outside = self.map(a, |this, a| {
            let below = (this.builder.ins()).icmp(IntCC::SignedLessThan, a, least);
            let above = (this.builder.ins()).icmp(IntCC::SignedGreaterThan, a, greatest);
            this.builder.ins().bor(below, above)
        });
        (products, self.mask_of_lanes(Width::Wide, outside))
    }
}

fn is_float(lane: Lane) -> bool {
    matches!(lane, Lane::F32 | Lane::F64)
}
