//! Hashes of several values, and random numbers made of them.

use super::{BuildError, GraphBuilder};
use crate::graph::BinaryOperator;
use crate::id::{ExprId, TableId};
use crate::meaning::hash;
use crate::op::{BitFunction, CastMode, Comparison, Math, Op};
use crate::types::ScalarType;
use crate::value::Value;

/// 2⁻⁵³, the distance of neighbouring random numbers.
const STEP: f64 = f64::EPSILON / 2.0;

impl GraphBuilder {
    /// The hash of values, one after the other, from a state (a u64), or from the usual one.
    ///
    /// # Errors
    /// If a value is a row, or the state no u64.
    pub fn hash(&mut self, values: &[ExprId], state: Option<ExprId>) -> Result<ExprId, BuildError> {
        let mut state = match state {
            Some(state) if self.scalar_type(state).is_integer() => {
                self.cast(state, ScalarType::U64, CastMode::Raise)?
            }
            Some(state) => state,
            None => {
                let start = Value::Integer(i128::from(hash::START));
                self.literal_of(start, ScalarType::U64)
            }
        };
        for value in values {
            state = self.add(Op::Hash, vec![*value, state])?;
        }
        Ok(state)
    }

    /// A number in [0, 1) for each row of a table, a multiple of 2⁻⁵³: the high 53 bits of the hash
    /// of the row's number, from the hash of the seed.
    ///
    /// # Errors
    /// If the seed has no hash, or the rows of another table.
    pub fn random(&mut self, table: TableId, seed: ExprId) -> Result<ExprId, BuildError> {
        let state = self.hash(&[seed], None)?;
        let row = self.add(Op::RowNumber(table), Vec::new())?;
        let high = self.high_bits(row, state)?;
        let step = self.literal(Value::F64(STEP));
        self.binary(BinaryOperator::Mul, high, step)
    }

    /// A normally distributed number of mean 0 and variance 1 for each row of a table: Box and
    /// Muller's √(−2·ln u)·cos(2π·v), where u and v are random numbers of the same seed and two
    /// streams, u in (0, 1] and v in [0, 1).
    ///
    /// # Errors
    /// As [`GraphBuilder::random`].
    pub fn random_normal(&mut self, table: TableId, seed: ExprId) -> Result<ExprId, BuildError> {
        let first = self.hash(&[seed], None)?;
        let second = self.hash(&[seed], Some(first))?;
        let row = self.add(Op::RowNumber(table), Vec::new())?;
        let one = self.literal(Value::F64(1.0));
        let step = self.literal(Value::F64(STEP));
        let u = self.high_bits(row, first)?;
        let u = self.binary(BinaryOperator::Add, u, one)?;
        let u = self.binary(BinaryOperator::Mul, u, step)?;
        let logarithm = self.math(Math::Ln, &[u])?;
        let factor = self.literal(Value::F64(-2.0));
        let square = self.binary(BinaryOperator::Mul, factor, logarithm)?;
        let radius = self.math(Math::Sqrt, &[square])?;
        let v = self.high_bits(row, second)?;
        let turn = self.literal(Value::F64(std::f64::consts::TAU * STEP));
        let angle = self.binary(BinaryOperator::Mul, v, turn)?;
        let cosine = self.math(Math::Cos, &[angle])?;
        self.binary(BinaryOperator::Mul, radius, cosine)
    }

    /// An exponentially distributed number of mean 1 for each row of a table: −ln u, u being a random
    /// number in (0, 1].
    ///
    /// # Errors
    /// As [`GraphBuilder::random`].
    pub fn random_exponential(
        &mut self,
        table: TableId,
        seed: ExprId,
    ) -> Result<ExprId, BuildError> {
        let state = self.hash(&[seed], None)?;
        let row = self.add(Op::RowNumber(table), Vec::new())?;
        let one = self.literal(Value::F64(1.0));
        let step = self.literal(Value::F64(STEP));
        let u = self.high_bits(row, state)?;
        let u = self.binary(BinaryOperator::Add, u, one)?;
        let u = self.binary(BinaryOperator::Mul, u, step)?;
        let logarithm = self.math(Math::Ln, &[u])?;
        // Not its negative, which would be −0 of ln 1.
        let zero = self.literal(Value::F64(0.0));
        self.binary(BinaryOperator::Sub, zero, logarithm)
    }

    /// Whether a random number is below a share, for each row of a table.
    ///
    /// # Errors
    /// As [`GraphBuilder::random`]; or if the share is no number.
    pub fn random_bool(
        &mut self,
        table: TableId,
        seed: ExprId,
        share: ExprId,
    ) -> Result<ExprId, BuildError> {
        let number = self.random(table, seed)?;
        self.compare(Comparison::Less, number, share)
    }

    /// A whole number from `low` to below `high` for each row of a table: `low` and a random number
    /// times `high − low`, rounded down. Null where there is none.
    ///
    /// # Errors
    /// As [`GraphBuilder::random`]; or if the bounds are no integers that fit an i64.
    pub fn random_integer(
        &mut self,
        table: TableId,
        seed: ExprId,
        low: ExprId,
        high: ExprId,
    ) -> Result<ExprId, BuildError> {
        let low = self.cast(low, ScalarType::I64, CastMode::Raise)?;
        let high = self.cast(high, ScalarType::I64, CastMode::Raise)?;
        let number = self.random(table, seed)?;
        let count = self.binary(BinaryOperator::Sub, high, low)?;
        let scale = self.cast(count, ScalarType::F64, CastMode::Raise)?;
        let place = self.binary(BinaryOperator::Mul, number, scale)?;
        let place = self.math(Math::Floor, &[place])?;
        let place = self.cast(place, ScalarType::I64, CastMode::Raise)?;
        // A count beyond 2⁵³ may have been rounded up.
        let one = self.literal_of(Value::Integer(1), ScalarType::I64);
        let greatest = self.binary(BinaryOperator::Sub, count, one)?;
        let place = self.extremum(Op::Minimum, place, greatest)?;
        let drawn = self.binary(BinaryOperator::Add, low, place)?;
        if let (Some(Value::Integer(from)), Some(Value::Integer(to))) =
            (self.constant(low), self.constant(high))
            && from < to
        {
            return Ok(drawn);
        }
        let some = self.compare(Comparison::Less, low, high)?;
        let null = self.null_of(ScalarType::I64);
        self.if_else(some, drawn, null)
    }

    /// The high 53 bits of a row's hash, as a float.
    fn high_bits(&mut self, row: ExprId, state: ExprId) -> Result<ExprId, BuildError> {
        let bits = self.add(Op::Hash, vec![row, state])?;
        let places = self.literal_of(Value::Integer(11), ScalarType::U8);
        let high = self.bits(BitFunction::ShiftRight, &[bits, places])?;
        self.cast(high, ScalarType::F64, CastMode::Raise)
    }
}
