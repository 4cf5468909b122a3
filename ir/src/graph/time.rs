//! Functions of dates and timestamps over expressions of any fitting types.

use super::{BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::op::{CastMode, Op, TimeFunction, TimePart};
use crate::types::ScalarType;

impl GraphBuilder {
    /// The date of a timestamp, in its zone if it has one.
    ///
    /// # Errors
    /// If the value is neither a date nor a timestamp.
    pub fn date_of(&mut self, value: ExprId, mode: CastMode) -> Result<ExprId, BuildError> {
        self.cast(value, ScalarType::Date, mode)
    }

    /// A part of a date or timestamp, in its zone if it has one.
    ///
    /// # Errors
    /// If the value is neither a date nor a timestamp, or a date asked for the time of day.
    pub fn time_part(&mut self, part: TimePart, value: ExprId) -> Result<ExprId, BuildError> {
        let is_timestamp = matches!(self.scalar_type(value), ScalarType::Timestamp(..));
        let value = if part.is_of_date() && is_timestamp {
            self.date_of(value, CastMode::Raise)?
        } else {
            value
        };
        self.add(Op::Time(TimeFunction::Part(part)), vec![value])
    }
}
