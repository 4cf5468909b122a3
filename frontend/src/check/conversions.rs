//! Casts, and what makes dates, timestamps and durations of other values.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::CastMode;
use icosian_ir::types::{ScalarType, TimeUnit};
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::literals;
use crate::diagnostic::{Code, Diagnostic, Span};

/// An argument and where it is written.
type Argument = (Expression, Span);

impl Checker<'_> {
    pub(crate) fn cast(
        &mut self,
        (value, value_span): (Expression, Span),
        to: ScalarType,
        mode: CastMode,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        // A null without a type takes the one wanted.
        if self.builder.constant(value).is_some_and(Value::is_null) {
            return Some(self.builder.null_of(to));
        }
        let from = self.builder.scalar_type(value);
        if to == ScalarType::Str
            && matches!(from, ScalarType::Timestamp(..))
            && !from.is_wall_clock()
        {
            let message = format!("`{name}` of {from} would not say which clock it shows");
            self.report(
                Diagnostic::error(Code::TypeMismatch, message)
                    .at(value_span)
                    .help("take it to UTC first: timestamp(x, zone=\"UTC\")"),
            );
            return None;
        }
        self.built(
            |builder| builder.cast(value, to, mode),
            name,
            &[(value, value_span)],
            span,
        )
    }

    /// `date("2013-01-01")`, the date of a timestamp, or that many days after 1970-01-01.
    pub(crate) fn date(
        &mut self,
        (value, value_span): Argument,
        mode: CastMode,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        if let Some(Value::Str(text)) = self.builder.constant(value).cloned() {
            let Some(date) = literals::date(&text) else {
                self.bad_constant(&text, "a date such as 2013-01-31", value_span);
                return None;
            };
            return Some(self.builder.literal_of(date, ScalarType::Date));
        }
        if self.is_plain_constant(value) {
            return self.time_constant(value, ScalarType::Date, value_span);
        }
        let ty = self.builder.ty(value);
        match ty.scalar {
            ScalarType::Date => Some(value),
            ScalarType::Timestamp(..) => self.built(
                |builder| builder.date_of(value, mode),
                name,
                &[(value, value_span)],
                span,
            ),
            ScalarType::Str => {
                let argument = (value, value_span);
                self.cast(argument, ScalarType::Date, mode, name, span)
            }
            scalar if scalar.is_integer() => {
                let argument = (value, value_span);
                let days = self.cast(argument, ScalarType::I32, mode, name, span)?;
                self.cast((days, value_span), ScalarType::Date, mode, name, span)
            }
            _ => {
                let wanted = "a text, a timestamp or a number of days";
                self.wrong_argument(name, wanted, (value, value_span), span);
                None
            }
        }
    }

    /// `timestamp("2013-01-01T05:00:00Z")`; or so many units since 1970-01-01, a date's midnight,
    /// a timestamp in another unit or zone.
    pub(crate) fn timestamp(
        &mut self,
        (value, value_span): Argument,
        unit: Option<Argument>,
        zone: Option<Argument>,
        mode: CastMode,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        if let Some(Value::Str(text)) = self.builder.constant(value).cloned() {
            if let Some((_, span)) = unit.or(zone) {
                let message = "a timestamp's text says its unit and zone itself";
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            }
            let Some((instant, scalar)) = literals::timestamp(&text) else {
                self.bad_constant(&text, "an instant such as 2013-01-31T05:00:00Z", value_span);
                return None;
            };
            return Some(self.builder.literal_of(instant, scalar));
        }
        let from = self.builder.scalar_type(value);
        let (own_unit, own_zone) = match from {
            ScalarType::Timestamp(unit, zone) => (unit, zone),
            _ => (TimeUnit::Second, None),
        };
        let unit = match unit {
            Some(unit) => self.unit(unit)?,
            None => own_unit,
        };
        let zone = match zone {
            None => own_zone,
            Some((zone, span)) => match self.builder.constant(zone).cloned() {
                Some(Value::Null) => None,
                Some(Value::Str(text)) => match literals::zone(&text) {
                    Some(zone) => Some(zone),
                    None => {
                        self.bad_constant(&text, "a time zone such as UTC", span);
                        return None;
                    }
                },
                _ => {
                    let message = "`zone` takes the name of a time zone or null";
                    self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                    return None;
                }
            },
        };
        let to = ScalarType::Timestamp(unit, zone);
        if self.is_plain_constant(value) {
            return self.time_constant(value, to, value_span);
        }
        let fits = matches!(
            from,
            ScalarType::Timestamp(..) | ScalarType::Date | ScalarType::Str
        );
        if !from.is_integer() && !fits {
            let wanted = "a text, a date, a timestamp or a count of units";
            self.wrong_argument(name, wanted, (value, value_span), span);
            return None;
        }
        self.counted((value, value_span), to, mode, name, span)
    }

    /// `duration(x, unit="ms")`: so many units, or a duration in another unit.
    pub(crate) fn duration(
        &mut self,
        (value, value_span): Argument,
        unit: Option<Argument>,
        mode: CastMode,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let from = self.builder.scalar_type(value);
        let unit = match (unit, from) {
            (Some(unit), _) => self.unit(unit)?,
            (None, ScalarType::Duration(unit)) => unit,
            (None, _) => TimeUnit::Second,
        };
        let to = ScalarType::Duration(unit);
        if self.is_plain_constant(value) {
            return self.time_constant(value, to, value_span);
        }
        if !from.is_integer() && !matches!(from, ScalarType::Duration(_) | ScalarType::Str) {
            let wanted = "a text, a duration or a count of units";
            self.wrong_argument(name, wanted, (value, value_span), span);
            return None;
        }
        self.counted((value, value_span), to, mode, name, span)
    }

    /// A cast to a time of 64 bits; integers are counts of its units.
    fn counted(
        &mut self,
        (value, value_span): Argument,
        to: ScalarType,
        mode: CastMode,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let mut value = value;
        if self.builder.scalar_type(value).is_integer() {
            value = self.cast((value, value_span), ScalarType::I64, mode, name, span)?;
        }
        self.cast((value, value_span), to, mode, name, span)
    }

    /// Whether a value is null or an integer known now.
    fn is_plain_constant(&self, value: Expression) -> bool {
        match self.builder.constant(value) {
            Some(Value::Null) => true,
            Some(Value::Integer(_)) => self.builder.scalar_type(value).is_integer(),
            _ => false,
        }
    }

    /// A null or a count of units as a constant of a time type.
    fn time_constant(
        &mut self,
        value: Expression,
        to: ScalarType,
        span: Span,
    ) -> Option<Expression> {
        let constant = self.builder.constant(value).cloned()?;
        if let (Value::Integer(count), Some((least, greatest))) = (&constant, to.lane_range())
            && !(least..=greatest).contains(count)
        {
            let message = format!("{count} does not fit {to}");
            self.report(Diagnostic::error(Code::LiteralOutOfRange, message).at(span));
            return None;
        }
        if constant.is_null() {
            return Some(self.builder.null_of(to));
        }
        Some(self.builder.literal_of(constant, to))
    }

    pub(crate) fn unit(&mut self, (unit, span): Argument) -> Option<TimeUnit> {
        let unit = match self.builder.constant(unit) {
            Some(Value::Str(text)) => match &**text {
                "s" => Some(TimeUnit::Second),
                "ms" => Some(TimeUnit::Millisecond),
                "us" => Some(TimeUnit::Microsecond),
                "ns" => Some(TimeUnit::Nanosecond),
                _ => None,
            },
            _ => None,
        };
        if unit.is_none() {
            let message = "`unit` must be \"s\", \"ms\", \"us\" or \"ns\"";
            self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        }
        unit
    }
}
