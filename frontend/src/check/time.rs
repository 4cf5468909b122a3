//! Calls of the functions of dates and timestamps.

use icosian_ir::graph::BinaryOperator;
use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::{CastMode, Fold, Gap, Op, Overflow, Period, TimeFunction, TimePart};
use icosian_ir::types::{ScalarType, TimeUnit, Zone};
use icosian_ir::value::Value;

use super::calls::Bound;
use super::declarations::Checker;
use super::expressions::Operand;
use super::functions::Function;
use super::literals;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator as Operator, Duration, DurationUnit};
use crate::syntax::literal;

/// What a call of a function of dates and timestamps means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TimeCall {
    /// A part.
    Part(TimePart),
    /// `truncate(x, period)`.
    Truncate,
    /// `add_months(x, n)`.
    AddMonths(Overflow),
    /// `add_business_days(x, n)`.
    AddBusinessDays(Overflow),
    /// `business_days_between(a, b)`.
    BusinessDaysBetween,
    /// `days_between(a, b)`.
    DaysBetween,
    /// `wall_clock(t)`.
    WallClock,
    /// `to_zone(t, zone)`.
    ToZone,
    /// `at_zone(t, zone, fold=, gap=)`.
    AtZone,
    /// `parse_date(x, pattern)`: strictly or not.
    ParseDate(bool),
    /// `parse_timestamp(x, pattern, unit=, zone=, fold=, gap=)`.
    ParseTimestamp(bool),
    /// `format(x, pattern)`.
    Format,
    /// `epoch(t, unit=)`.
    Epoch,
    /// `total_seconds(d)` and its like: the duration over so many of a unit.
    Total(i64, TimeUnit),
}

/// An argument and where it is written.
pub(super) type Argument = (Expression, Span);

/// The months in a length of calendar time; none if it is a length of fixed time or too long.
pub(crate) fn months(duration: Duration) -> Option<i64> {
    let count = i64::try_from(duration.count).ok()?;
    match duration.unit {
        DurationUnit::Month => Some(count),
        DurationUnit::Quarter => count.checked_mul(3),
        DurationUnit::Year => count.checked_mul(12),
        _ => None,
    }
}

impl Checker<'_> {
    /// A call of a function of times.
    pub(crate) fn time_call(
        &mut self,
        call: TimeCall,
        function: &Function,
        bound: &[Bound],
        span: Span,
    ) -> Option<Expression> {
        let name = function.name;
        let argument = |this: &mut Self, position: usize| -> Option<Option<Argument>> {
            match bound.get(position) {
                Some(Some((operand, span))) => Some(Some((this.value(operand, *span)?, *span))),
                Some(None) | None => Some(None),
            }
        };
        let first = argument(self, 0)??;
        if call == TimeCall::Truncate {
            let (operand, period_span) = bound.get(1)?.as_ref()?;
            let period = self.period(operand, *period_span)?;
            self.expect_time(name, first, true, span)?;
            return self.built(|b| b.truncate(first.0, period), name, &[first], span);
        }
        let second = argument(self, 1)?;
        match (call, second) {
            (TimeCall::Part(part), _) => {
                self.expect_time(name, first, part.is_of_date(), span)?;
                self.built(|b| b.time_part(part, first.0), name, &[first], span)
            }
            (TimeCall::AddMonths(mode), Some(second)) => {
                self.expect_time(name, first, true, span)?;
                let second = self.count(name, second, span)?;
                let both = [first, second];
                self.built(|b| b.add_months(first.0, second.0, mode), name, &both, span)
            }
            (TimeCall::AddBusinessDays(mode), Some(second)) => {
                let first = self.as_date(name, first, span)?;
                let second = self.count(name, second, span)?;
                let op = Op::Time(TimeFunction::AddBusinessDays(mode));
                let both = [first, second];
                self.built(|b| b.add(op, vec![first.0, second.0]), name, &both, span)
            }
            (TimeCall::BusinessDaysBetween, Some(second)) => {
                let first = self.as_date(name, first, span)?;
                let second = self.as_date(name, second, span)?;
                let op = Op::Time(TimeFunction::BusinessDaysBetween);
                let both = [first, second];
                self.built(|b| b.add(op, vec![first.0, second.0]), name, &both, span)
            }
            (TimeCall::DaysBetween, Some(second)) => {
                let first = self.as_date(name, first, span)?;
                let second = self.as_date(name, second, span)?;
                let both = [first, second];
                self.built(|b| b.days_between(first.0, second.0), name, &both, span)
            }
            (TimeCall::WallClock, _) => {
                self.expect_time(name, first, false, span)?;
                self.built(|b| b.wall_clock(first.0), name, &[first], span)
            }
            (TimeCall::ToZone, Some(zone)) => {
                let zone = self.zone(zone)?;
                match self.builder.scalar_type(first.0) {
                    ScalarType::Timestamp(unit, Some(_)) => {
                        let to = ScalarType::Timestamp(unit, Some(zone));
                        self.built(
                            |b| b.cast(first.0, to, CastMode::Raise),
                            name,
                            &[first],
                            span,
                        )
                    }
                    _ => {
                        self.wrong_zone(name, "with a zone", "at_zone", first);
                        None
                    }
                }
            }
            (TimeCall::AtZone, Some(zone)) => {
                let zone = self.zone(zone)?;
                let fold = match argument(self, 2)? {
                    None => Fold::Raise,
                    Some(fold) => self.choice_of("fold", &Fold::ALL, Fold::name, fold)?,
                };
                let gap = match argument(self, 3)? {
                    None => Gap::Raise,
                    Some(gap) => self.choice_of("gap", &Gap::ALL, Gap::name, gap)?,
                };
                match self.builder.scalar_type(first.0) {
                    ScalarType::Timestamp(_, None) => self.built(
                        |b| b.at_zone(first.0, zone, fold, gap),
                        name,
                        &[first],
                        span,
                    ),
                    _ => {
                        self.wrong_zone(name, "without a zone", "to_zone", first);
                        None
                    }
                }
            }
            (
                TimeCall::ParseDate(_) | TimeCall::ParseTimestamp(_) | TimeCall::Format,
                Some(pattern),
            ) => {
                let mut options = [None; 4];
                for (position, option) in options.iter_mut().enumerate() {
                    *option = argument(self, position + 2)?;
                }
                self.pattern_call(call, name, first, pattern, options, span)
            }
            (TimeCall::Epoch, unit) => {
                self.expect_time(name, first, true, span)?;
                let unit = match unit {
                    Some(unit) => self.unit(unit)?,
                    None => TimeUnit::Second,
                };
                self.built(|b| b.epoch(first.0, unit), name, &[first], span)
            }
            (TimeCall::Total(count, unit), _) => {
                if !matches!(self.builder.scalar_type(first.0), ScalarType::Duration(_)) {
                    self.wrong_argument(name, "a duration", first, span);
                    return None;
                }
                let one = Value::Integer(count.into());
                let one = self.builder.literal_of(one, ScalarType::Duration(unit));
                self.built(
                    |b| b.binary(BinaryOperator::Div, first.0, one),
                    name,
                    &[first],
                    span,
                )
            }
            (_, None) | (TimeCall::Truncate, _) => None,
        }
    }

    /// `time + 1mo`, `1mo + time`, `time - 1y`.
    pub(crate) fn months_arithmetic(
        &mut self,
        operator: Operator,
        operands: &[Operand],
        spans: &[Span],
        span: Span,
    ) -> Option<Expression> {
        let (value, value_span, months) = match (operator, operands) {
            (
                Operator::Add | Operator::Subtract,
                [value @ Operand::Value(_), Operand::Months(n)],
            ) => {
                let months = if operator == Operator::Add { *n } else { -*n };
                (value, spans[0], months)
            }
            (Operator::Add, [Operand::Months(months), value @ Operand::Value(_)]) => {
                (value, spans[1], *months)
            }
            _ => {
                let months = operands
                    .iter()
                    .position(|operand| matches!(operand, Operand::Months(_)))?;
                self.not_a_value(&operands[months], spans[months]);
                return None;
            }
        };
        let value = (self.value(value, value_span)?, value_span);
        self.expect_time(operator.as_str(), value, true, span)?;
        let months = Value::Integer(months.into());
        let months = self.builder.literal_of(months, ScalarType::I64);
        self.built(
            |b| b.add_months(value.0, months, Overflow::Raise),
            "add_months",
            &[value],
            span,
        )
    }

    /// That a value is a timestamp, or a date where that will do.
    pub(super) fn expect_time(
        &mut self,
        name: &str,
        value: Argument,
        dates: bool,
        span: Span,
    ) -> Option<()> {
        match self.builder.scalar_type(value.0) {
            ScalarType::Timestamp(..) => Some(()),
            ScalarType::Date if dates => Some(()),
            _ => {
                let wanted = if dates {
                    "a date or timestamp"
                } else {
                    "a timestamp"
                };
                self.wrong_argument(name, wanted, value, span);
                None
            }
        }
    }

    /// The date of a date or timestamp.
    fn as_date(&mut self, name: &str, value: Argument, span: Span) -> Option<Argument> {
        self.expect_time(name, value, true, span)?;
        let date = self.built(
            |b| b.date_of(value.0, CastMode::Raise),
            name,
            &[value],
            span,
        )?;
        Some((date, value.1))
    }

    /// A whole number, as i64.
    fn count(&mut self, name: &str, value: Argument, span: Span) -> Option<Argument> {
        if self.builder.constant(value.0).is_some_and(Value::is_null) {
            return Some((self.builder.null_of(ScalarType::I64), value.1));
        }
        if !self.builder.scalar_type(value.0).is_integer() {
            self.wrong_argument(name, "a whole number", value, span);
            return None;
        }
        let count = self.cast(value, ScalarType::I64, CastMode::Raise, name, span)?;
        Some((count, value.1))
    }

    /// The zone of a constant name.
    pub(super) fn zone(&mut self, (zone, span): Argument) -> Option<Zone> {
        let Some(Value::Str(text)) = self.builder.constant(zone).cloned() else {
            let message = "`zone` takes the name of a time zone";
            self.report(Diagnostic::error(Code::BadArguments, message).at(span));
            return None;
        };
        let zone = literals::zone(&text);
        if zone.is_none() {
            self.bad_constant(&text, "a time zone such as America/New_York", span);
        }
        zone
    }

    /// One of the words that an option takes.
    pub(super) fn choice_of<T: Copy>(
        &mut self,
        option: &str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
        (word, span): Argument,
    ) -> Option<T> {
        if let Some(Value::Str(text)) = self.builder.constant(word)
            && let Some(found) = all.iter().find(|choice| name(**choice) == &**text)
        {
            return Some(*found);
        }
        let names: Vec<String> = all
            .iter()
            .map(|choice| format!("{:?}", name(*choice)))
            .collect();
        let message = format!("`{option}` must be one of {}", names.join(", "));
        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        None
    }

    fn wrong_zone(&mut self, name: &str, wanted: &str, other: &str, (value, span): Argument) {
        let found = self.type_text(self.builder.ty(value));
        let message = format!("`{name}` takes a timestamp {wanted}, found {found}");
        let help = format!("`{other}` takes the other kind");
        self.report(
            Diagnostic::error(Code::TypeMismatch, message)
                .at(span)
                .help(help),
        );
    }

    /// What `truncate` rounds down to: `1mo`, `15m`, or such a text.
    fn period(&mut self, operand: &Operand, span: Span) -> Option<Period> {
        let written = match operand {
            Operand::Poison => return None,
            Operand::Months(months) => Some(Period::Months(*months)),
            Operand::Value(value) => {
                match (
                    self.builder.constant(*value),
                    self.builder.scalar_type(*value),
                ) {
                    (Some(Value::Integer(count)), ScalarType::Duration(unit)) => {
                        i64::try_from(*count)
                            .ok()
                            .map(|count| Period::Length(count, unit))
                    }
                    (Some(Value::Str(text)), _) => literal::duration(text).ok().and_then(period_of),
                    _ => None,
                }
            }
            _ => None,
        };
        match written {
            Some(period @ (Period::Length(1.., _) | Period::Months(1..))) => Some(period),
            _ => {
                let message = "`period` must be a length of time such as 15m, 1d, 1w, 1mo or 1q";
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                None
            }
        }
    }
}

fn period_of(duration: Duration) -> Option<Period> {
    if let Some(months) = months(duration) {
        return Some(Period::Months(months));
    }
    match literals::duration(duration)? {
        (Value::Integer(count), ScalarType::Duration(unit)) => {
            Some(Period::Length(i64::try_from(count).ok()?, unit))
        }
        _ => None,
    }
}
