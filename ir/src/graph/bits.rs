//! The bit functions over expressions of any fitting types.

use super::{BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::op::{BitFunction, CastMode, Op};
use crate::types::ScalarType;

impl GraphBuilder {
    /// A function of the bits of integers. Two integers meet in one type; the count of a shift is
    /// cast to u8, which a negative one does not fit.
    ///
    /// # Errors
    /// If an argument is no integer, there is no common type, or a constant count is no u8.
    pub fn bits(&mut self, function: BitFunction, args: &[ExprId]) -> Result<ExprId, BuildError> {
        let args = match *args {
            [value, count] if function.is_shift() => {
                let counts = self.scalar_type(count).is_integer();
                let count = if counts {
                    self.cast(count, ScalarType::U8, CastMode::Raise)?
                } else {
                    count
                };
                vec![value, count]
            }
            [left, right] => {
                let (left, right) = self.meet(function.name(), left, right)?;
                vec![left, right]
            }
            _ => args.to_vec(),
        };
        self.add(Op::Bits(function), args)
    }
}
