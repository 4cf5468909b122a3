//! Operators with a chosen overflow that are built of others: `//`, `**` and `abs` of integers.

use super::{BinaryOperator, BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::op::{Comparison, Math, Op, Overflow};
use crate::value::Value;

impl GraphBuilder {
    /// `left // right`: of integers the one quotient that does not fit, of the least one by −1, as
    /// chosen.
    pub(super) fn floor_divide(
        &mut self,
        overflow: Overflow,
        left: ExprId,
        right: ExprId,
    ) -> Result<ExprId, BuildError> {
        let divided = self.binary(BinaryOperator::FloorDiv, left, right)?;
        let scalar = self.scalar_type(divided);
        if overflow == Overflow::Raise || !scalar.is_signed() {
            return Ok(divided);
        }
        let (left, right) = self.meet("//", left, right)?;
        let minus_one = self.literal_of(Value::Integer(-1), scalar);
        let turns = self.compare(Comparison::Equal, right, minus_one)?;
        let turned = self.add(Op::Neg(overflow), vec![left])?;
        self.if_else(turns, turned, divided)
    }

    /// The magnitude of a number, that of the least integer as chosen.
    ///
    /// # Errors
    /// If the value is no number.
    pub fn magnitude(&mut self, overflow: Overflow, value: ExprId) -> Result<ExprId, BuildError> {
        let scalar = self.scalar_type(value);
        if overflow == Overflow::Raise || !scalar.is_signed() {
            return self.math(Math::Abs, &[value]);
        }
        let zero = self.literal_of(Value::Integer(0), scalar);
        let negative = self.compare(Comparison::Less, value, zero)?;
        let turned = self.add(Op::Neg(overflow), vec![value])?;
        self.if_else(negative, turned, value)
    }

    /// Binary powering from the top bit, so that no intermediate value is larger than the result.
    pub(super) fn integer_power(
        &mut self,
        overflow: Overflow,
        base: ExprId,
        count: u32,
    ) -> Result<ExprId, BuildError> {
        if count == 0 {
            let zero = self.arithmetic(BinaryOperator::Sub, Overflow::Raise, base, base)?;
            let one = self.literal(Value::Integer(1));
            return self.arithmetic(BinaryOperator::Add, Overflow::Raise, zero, one);
        }
        let mut result = base;
        for bit in (0..count.ilog2()).rev() {
            result = self.arithmetic(BinaryOperator::Mul, overflow, result, result)?;
            if count >> bit & 1 == 1 {
                result = self.arithmetic(BinaryOperator::Mul, overflow, result, base)?;
            }
        }
        Ok(result)
    }
}
