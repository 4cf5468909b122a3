//! Division of floats, and the mathematical functions that one or two instructions compute.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, types};
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::op::Math;
use icosian_ir::types::Lane;

use super::values::{Data, Emitted, Width, vector_type};
use super::{Emitter, lane_of, unsupported};
use crate::error::CompileError;

impl Emitter<'_, '_> {
    /// `Div`.
    pub(crate) fn float_division(&mut self, column: &Column) -> Result<Emitted, CompileError> {
        let first = self.operand(column.args[0])?;
        let second = self.operand(column.args[1])?;
        let a = self.lanes_of(column.args[0], &first)?;
        let b = self.lanes_of(column.args[1], &second)?;
        let (valid, error) = self.common(&first, &second);
        let vectors = self.zip(a, b, |this, a, b| this.builder.ins().fdiv(a, b));
        Ok(Emitted {
            data: Data::Lanes(vectors),
            valid,
            error,
        })
    }

    /// `Math`, as far as it is fused.
    pub(crate) fn math(
        &mut self,
        id: ColumnId,
        column: &Column,
        math: Math,
    ) -> Result<Emitted, CompileError> {
        let lane = lane_of(self.columns, id)?;
        let operand = self.operand(column.args[0])?;
        let a = self.lanes_of(column.args[0], &operand)?;
        let floats = matches!(lane, Lane::F32 | Lane::F64);
        let vectors = match math {
            Math::Sqrt => self.map(a, |this, a| this.builder.ins().sqrt(a)),
            Math::Floor => self.map(a, |this, a| this.builder.ins().floor(a)),
            Math::Ceil => self.map(a, |this, a| this.builder.ins().ceil(a)),
            Math::Round => self.map(a, |this, a| this.builder.ins().nearest(a)),
            Math::Trunc => self.map(a, |this, a| this.builder.ins().trunc(a)),
            Math::Abs if floats => self.map(a, |this, a| this.builder.ins().fabs(a)),
            Math::Abs => return Ok(self.integer_magnitude(lane, operand, a)),
            Math::Sign if floats => {
                let ty = vector_type(lane).unwrap_or(types::F64X2);
                let integers = Width::of(lane).unwrap_or(Width::Wide).integers();
                let zero = self.zero(ty);
                let minus_zero = self.float(ty, -0.0);
                let minus_zero = self.cast_vector(minus_zero, integers);
                let one = self.float(ty, 1.0);
                let one = self.cast_vector(one, integers);
                self.map(a, |this, a| {
                    let bits = this.cast_vector(a, integers);
                    let sign = this.builder.ins().band(bits, minus_zero);
                    let unit = this.builder.ins().bor(sign, one);
                    let unit = this.cast_vector(unit, ty);
                    // Zeros and NaN give themselves.
                    let size = this.builder.ins().fabs(a);
                    let other = this.builder.ins().fcmp(FloatCC::GreaterThan, size, zero);
                    this.select(other, unit, a)
                })
            }
            Math::Sign => self.integer_sign(lane, a),
            Math::Exp
            | Math::Expm1
            | Math::Ln
            | Math::Log1p
            | Math::Log2
            | Math::Log10
            | Math::Sin
            | Math::Cos
            | Math::Tan
            | Math::Erf
            | Math::Pow
            | Math::Atan2
            | Math::Degrees
            | Math::Radians
            | Math::Exp2
            | Math::LogBase
            | Math::Cbrt
            | Math::Hypot
            | Math::Asin
            | Math::Acos
            | Math::Atan
            | Math::Sinh
            | Math::Cosh
            | Math::Tanh
            | Math::Asinh
            | Math::Acosh
            | Math::Atanh
            | Math::Gamma
            | Math::LnGamma => return Err(unsupported(id, column)),
        };
        Ok(Emitted {
            data: Data::Lanes(vectors),
            ..operand
        })
    }
}
