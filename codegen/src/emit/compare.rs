//! Comparisons, and the lesser or greater of two values.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Comparison, Op};
use icosian_ir::types::Lane;
use icosian_ir::value::Value as Literal;

use super::arithmetic::is_signed;
use super::values::{Data, Emitted, Mask, Vectors, Width, vector_type};
use super::{Emitter, lane_of};
use crate::error::CompileError;

impl Emitter<'_, '_> {
    /// `Compare`.
    pub(crate) fn compare(
        &mut self,
        column: &Column,
        comparison: Comparison,
    ) -> Result<Emitted, CompileError> {
        let (left, right) = (column.args[0], column.args[1]);
        let lane = lane_of(self.columns, left)?;
        let first = self.operand(left)?;
        let second = self.operand(right)?;
        let (valid, error) = self.common(&first, &second);
        let mask = match (first.data, second.data) {
            (Data::Bool(a), Data::Bool(b)) => self.compare_bools(comparison, a, b),
            (Data::Lanes(a), Data::Lanes(b)) => {
                let width = Width::of(lane).unwrap_or(Width::Wide);
                let vectors = self.zip(a, b, |this, a, b| {
                    this.compare_vectors(comparison, lane, a, b)
                });
                self.mask_of_lanes(width, vectors)
            }
            (Data::Bool(_), Data::Lanes(_)) | (Data::Lanes(_), Data::Bool(_)) => {
                return Err(CompileError::Malformed {
                    column: left,
                    reason: "it is compared with another type",
                });
            }
        };
        Ok(Emitted {
            data: Data::Bool(mask),
            valid,
            error,
        })
    }

    /// False is below true.
    fn compare_bools(&mut self, comparison: Comparison, a: Mask, b: Mask) -> Mask {
        match comparison {
            Comparison::Equal => {
                let differ = self.xor(a, b);
                self.not(differ)
            }
            Comparison::NotEqual => self.xor(a, b),
            Comparison::Less => self.and_not(b, a),
            Comparison::Greater => self.and_not(a, b),
            Comparison::LessOrEqual => {
                let greater = self.and_not(a, b);
                self.not(greater)
            }
            Comparison::GreaterOrEqual => {
                let less = self.and_not(b, a);
                self.not(less)
            }
        }
    }

    fn compare_vectors(&mut self, comparison: Comparison, lane: Lane, a: Value, b: Value) -> Value {
        if matches!(lane, Lane::F32 | Lane::F64) {
            let condition = match comparison {
                Comparison::Equal => FloatCC::Equal,
                Comparison::NotEqual => FloatCC::NotEqual,
                Comparison::Less => FloatCC::LessThan,
                Comparison::LessOrEqual => FloatCC::LessThanOrEqual,
                Comparison::Greater => FloatCC::GreaterThan,
                Comparison::GreaterOrEqual => FloatCC::GreaterThanOrEqual,
            };
            return self.builder.ins().fcmp(condition, a, b);
        }
        // 8- and 16-bit lanes stand widened, so that signed comparisons do for all of them.
        let unsigned = matches!(lane, Lane::U32 | Lane::U64);
        let condition = match comparison {
            Comparison::Equal => IntCC::Equal,
            Comparison::NotEqual => IntCC::NotEqual,
            Comparison::Less => IntCC::SignedLessThan,
            Comparison::LessOrEqual => IntCC::SignedLessThanOrEqual,
            Comparison::Greater => IntCC::SignedGreaterThan,
            Comparison::GreaterOrEqual => IntCC::SignedGreaterThanOrEqual,
        };
        let condition = if unsigned {
            condition.unsigned()
        } else {
            condition
        };
        self.builder.ins().icmp(condition, a, b)
    }

    /// `Minimum` and `Maximum`.
    pub(crate) fn extremum(
        &mut self,
        id: ColumnId,
        column: &Column,
    ) -> Result<Emitted, CompileError> {
        let least = matches!(column.op, Op::Minimum);
        let lane = lane_of(self.columns, id)?;
        let first = self.operand(column.args[0])?;
        let second = self.operand(column.args[1])?;
        let (valid, error) = self.common(&first, &second);
        let data = match (first.data, second.data) {
            (Data::Bool(a), Data::Bool(b)) => {
                Data::Bool(if least { self.and(a, b) } else { self.or(a, b) })
            }
            (Data::Lanes(a), Data::Lanes(b)) => Data::Lanes(
                match (
                    lane,
                    self.ordinary(column.args[0]),
                    self.ordinary(column.args[1]),
                ) {
                    (Lane::F32 | Lane::F64, _, true) => self.against_ordinary(least, a, b),
                    (Lane::F32 | Lane::F64, true, _) => self.against_ordinary(least, b, a),
                    (Lane::F32 | Lane::F64, _, _) => self.float_extremum(lane, least, a, b),
                    (_, _, _) => self.integer_extremum(lane, least, a, b),
                },
            ),
            (Data::Bool(_), Data::Lanes(_)) | (Data::Lanes(_), Data::Bool(_)) => {
                return Err(CompileError::Malformed {
                    column: id,
                    reason: "it is the extremum of two types",
                });
            }
        };
        Ok(Emitted { data, valid, error })
    }

    /// Whether a column is a constant float that is neither zero nor NaN.
    fn ordinary(&self, id: ColumnId) -> bool {
        match self.literal_of(id) {
            Some(Literal::F64(value)) => *value != 0.0 && !value.is_nan(),
            Some(Literal::F32(value)) => *value != 0.0 && !value.is_nan(),
            _ => false,
        }
    }

    /// With a bound that is neither zero nor NaN one comparison decides.
    fn against_ordinary(&mut self, least: bool, a: Vectors, bound: Vectors) -> Vectors {
        self.zip(a, bound, |this, a, bound| {
            // NaN compares false: it is above every bound.
            let (condition, yes, no) = if least {
                (FloatCC::LessThan, a, bound)
            } else {
                (FloatCC::LessThanOrEqual, bound, a)
            };
            let mask = this.builder.ins().fcmp(condition, a, bound);
            this.select(mask, yes, no)
        })
    }

    fn float_extremum(&mut self, lane: Lane, least: bool, a: Vectors, b: Vectors) -> Vectors {
        let floats = vector_type(lane).unwrap_or(cranelift_codegen::ir::types::F64X2);
        let integers = Width::of(lane).unwrap_or(Width::Wide).integers();
        self.zip(a, b, |this, a, b| {
            let order = if least {
                FloatCC::LessThan
            } else {
                FloatCC::GreaterThan
            };
            // Either way round: they differ where one is NaN, or both are zeros.
            let mask = this.builder.ins().fcmp(order, a, b);
            let one = this.select(mask, a, b);
            let mask = this.builder.ins().fcmp(order, b, a);
            let other = this.select(mask, b, a);
            if least {
                this.least(one, other, floats, integers)
            } else {
                this.greatest(one, other, floats, integers)
            }
        })
    }

    /// −0 if one of two zeros is; the number where one is NaN.
    fn least(&mut self, one: Value, other: Value, floats: Type, integers: Type) -> Value {
        let unordered = self.builder.ins().fcmp(FloatCC::Unordered, one, other);
        let one_is_nan = self.builder.ins().fcmp(FloatCC::Unordered, one, one);
        let number = self.select(one_is_nan, other, one);
        let (one, other) = (
            self.cast_vector(one, integers),
            self.cast_vector(other, integers),
        );
        let merged = self.builder.ins().bor(one, other);
        let merged = self.cast_vector(merged, floats);
        self.select(unordered, number, merged)
    }

    /// +0 if one of two zeros is; NaN where one is.
    fn greatest(&mut self, one: Value, other: Value, floats: Type, integers: Type) -> Value {
        let unordered = self.builder.ins().fcmp(FloatCC::Unordered, one, other);
        let (one, other) = (
            self.cast_vector(one, integers),
            self.cast_vector(other, integers),
        );
        let merged = self.builder.ins().band(one, other);
        // All ones are a NaN.
        let merged = self.builder.ins().bor(merged, unordered);
        self.cast_vector(merged, floats)
    }

    fn integer_extremum(&mut self, lane: Lane, least: bool, a: Vectors, b: Vectors) -> Vectors {
        let signed = is_signed(lane) || lane.bits() < 32;
        self.zip(a, b, |this, a, b| {
            if lane.bits() == 64 {
                let condition = match (signed, least) {
                    (true, true) => IntCC::SignedLessThan,
                    (true, false) => IntCC::SignedGreaterThan,
                    (false, true) => IntCC::UnsignedLessThan,
                    (false, false) => IntCC::UnsignedGreaterThan,
                };
                let mask = this.builder.ins().icmp(condition, a, b);
                return this.builder.ins().bitselect(mask, a, b);
            }
            match (signed, least) {
                (true, true) => this.builder.ins().smin(a, b),
                (true, false) => this.builder.ins().smax(a, b),
                (false, true) => this.builder.ins().umin(a, b),
                (false, false) => this.builder.ins().umax(a, b),
            }
        })
    }

    /// Lanes of `yes` where the full mask is set, else of `no`.
    pub(crate) fn select(&mut self, mask: Value, yes: Value, no: Value) -> Value {
        let ty = self.builder.func.dfg.value_type(yes);
        let mask = self.cast_vector(mask, ty);
        self.builder.ins().bitselect(mask, yes, no)
    }
}
