//! Functions of dates and timestamps over expressions of any fitting types.
//!
//! Parts and dates are read off a wall clock, which stands in the value itself if there is no zone
//! or that is UTC; elsewhere [`TimeFunction::WallClock`] comes first, once for all parts.

use super::{BinaryOperator, BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::op::{CastMode, Fold, Gap, Op, Overflow, Period, TimeFunction, TimePart};
use crate::types::{ScalarType, TimeUnit, Zone};

impl GraphBuilder {
    /// What the wall clock shows at a timestamp, without its zone.
    ///
    /// # Errors
    /// If the value is no timestamp.
    pub fn wall_clock(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        match self.scalar_type(value) {
            ScalarType::Timestamp(_, None) => Ok(value),
            ScalarType::Timestamp(unit, Some(zone)) if zone.is_utc() => {
                self.cast(value, ScalarType::Timestamp(unit, None), CastMode::Raise)
            }
            _ => self.add(Op::Time(TimeFunction::WallClock), vec![value]),
        }
    }

    /// The value with its clock in it: a timestamp in a zone other than UTC without it.
    fn readable(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        match self.scalar_type(value) {
            scalar @ ScalarType::Timestamp(..) if !scalar.is_wall_clock() => self.wall_clock(value),
            _ => Ok(value),
        }
    }

    /// The date of a timestamp, in its zone if it has one.
    ///
    /// # Errors
    /// If the value is neither a date nor a timestamp.
    pub fn date_of(&mut self, value: ExprId, mode: CastMode) -> Result<ExprId, BuildError> {
        let value = self.readable(value)?;
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
            self.readable(value)?
        };
        self.add(Op::Time(TimeFunction::Part(part)), vec![value])
    }

    /// A date or timestamp rounded down on its wall clock; in a finer unit, if the period is no whole
    /// number of its own.
    ///
    /// # Errors
    /// If the value is neither, or a date and the period no whole number of days.
    pub fn truncate(&mut self, value: ExprId, period: Period) -> Result<ExprId, BuildError> {
        let value = match (self.scalar_type(value), period) {
            (ScalarType::Timestamp(unit, zone), Period::Length(_, finer))
                if period.units(unit.per_second()).is_none() =>
            {
                let to = ScalarType::Timestamp(unit.max(finer), zone);
                self.cast(value, to, CastMode::Raise)?
            }
            _ => value,
        };
        self.add(Op::Time(TimeFunction::Truncate(period)), vec![value])
    }

    /// A date or timestamp so many months later.
    ///
    /// # Errors
    /// If the value is neither, or the number no integer.
    pub fn add_months(
        &mut self,
        value: ExprId,
        months: ExprId,
        mode: Overflow,
    ) -> Result<ExprId, BuildError> {
        let months = self.cast(months, ScalarType::I64, CastMode::Raise)?;
        self.add(Op::Time(TimeFunction::AddMonths(mode)), vec![value, months])
    }

    /// The instant at which the wall clock of a zone shows a timestamp without a zone.
    ///
    /// # Errors
    /// If the value is no such timestamp.
    pub fn at_zone(
        &mut self,
        value: ExprId,
        zone: Zone,
        fold: Fold,
        gap: Gap,
    ) -> Result<ExprId, BuildError> {
        match self.scalar_type(value) {
            // Every reading is one instant.
            ScalarType::Timestamp(unit, None) if zone.is_utc() => {
                let to = ScalarType::Timestamp(unit, Some(zone));
                self.cast(value, to, CastMode::Raise)
            }
            _ => {
                let function = TimeFunction::AtZone { zone, fold, gap };
                self.add(Op::Time(function), vec![value])
            }
        }
    }

    /// The days from one date to another, an i64.
    ///
    /// # Errors
    /// If the values are no dates.
    pub fn days_between(&mut self, from: ExprId, to: ExprId) -> Result<ExprId, BuildError> {
        let mut count = |date: ExprId| {
            let days = self.cast(date, ScalarType::I32, CastMode::Raise)?;
            self.cast(days, ScalarType::I64, CastMode::Raise)
        };
        let (from, to) = (count(from)?, count(to)?);
        self.binary(BinaryOperator::Sub, to, from)
    }

    /// A date's or timestamp's count of units since 1970-01-01, rounded down.
    ///
    /// # Errors
    /// If the value is neither.
    pub fn epoch(&mut self, value: ExprId, unit: TimeUnit) -> Result<ExprId, BuildError> {
        let zone = match self.scalar_type(value) {
            ScalarType::Timestamp(_, zone) => zone,
            _ => None,
        };
        let timestamp = ScalarType::Timestamp(unit, zone);
        let value = self.cast(value, timestamp, CastMode::Raise)?;
        self.cast(value, ScalarType::I64, CastMode::Raise)
    }
}
