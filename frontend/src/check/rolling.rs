//! Rolling windows: `x.rolling(n)`, `x.rolling(3h)`, `x.expanding()`, and the reduction after.

use std::rc::Rc;

use icosian_ir::graph::Partition;
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{Frame, Reduction, Window};
use icosian_ir::types::{Domain, ScalarType, TimeUnit};
use icosian_ir::typing::can_roll;
use icosian_ir::value::Value;

use super::calls::Bound;
use super::declarations::Checker;
use super::expressions::{Context, Operand};
use super::functions::{Function, Meaning};
use super::windows::Given;
use crate::diagnostic::{Code, Diagnostic, Span};

/// `x.rolling(n, min=m)`, before the reduction that follows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rolling {
    value: Given,
    extent: Extent,
    /// The least number of values; none where none is told.
    min_count: Option<u64>,
}

/// What a rolling window covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Extent {
    Rows {
        rows: u64,
        center: bool,
    },
    Expanding,
    /// A span of time; measured along a column if one is named.
    Span {
        length: i64,
        unit: TimeUnit,
        closed: Closed,
        on: Option<Given>,
        at: Span,
    },
}

/// Which ends of a span of time belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Closed {
    Right,
    Left,
    Both,
    Neither,
}

const ENDS: [(&str, Closed); 4] = [
    ("right", Closed::Right),
    ("left", Closed::Left),
    ("both", Closed::Both),
    ("neither", Closed::Neither),
];

/// A day and a second in nanoseconds.
const DAY: i128 = 86_400 * SECOND;
const SECOND: i128 = 1_000_000_000;

impl Checker<'_> {
    /// `rolling(x, n, min=, closed=, on=, center=)`.
    pub(super) fn rolling(
        &mut self,
        value: Given,
        given: &dyn Fn(&str) -> Option<Given>,
        span: Span,
    ) -> Option<Operand> {
        let (length, length_span) = given("n")?;
        let min_count = self.least_count(given("min"))?;
        let (closed, on, center) = (given("closed"), given("on"), given("center"));
        let only = |checker: &mut Self, given: Option<Given>, message: &str| match given {
            None => Some(()),
            Some((_, span)) => {
                checker.report(Diagnostic::error(Code::BadArguments, message).at(span));
                None
            }
        };
        let extent = if let ScalarType::Duration(unit) = self.builder.scalar_type(length) {
            only(
                self,
                center,
                "`center` belongs to windows over rows, such as rolling(7)",
            )?;
            let length = match self.builder.constant(length) {
                Some(Value::Integer(length)) if *length > 0 => i64::try_from(*length).ok(),
                _ => None,
            };
            let Some(length) = length else {
                let message = "a span of time must be a positive constant, such as 3h";
                self.report(Diagnostic::error(Code::BadArguments, message).at(length_span));
                return None;
            };
            let closed = match closed {
                None => Closed::Right,
                Some(closed) => {
                    let place = self.one_of("closed", closed, &ENDS.map(|end| end.0))?;
                    ENDS[place].1
                }
            };
            Extent::Span {
                length,
                unit,
                closed,
                on,
                at: span,
            }
        } else {
            let rows = self.whole_constant("n", length, length_span, 1)? as u64;
            if let (Some(min), Some((_, span))) = (min_count, given("min"))
                && min > rows
            {
                let message = format!("`min` is {min}, but the window has only {rows} rows");
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            }
            let of_time =
                "`closed` and `on` belong to windows over a span of time, such as rolling(3h)";
            only(self, closed.or(on), of_time)?;
            let center = self.flag("center", center, false)?;
            Extent::Rows { rows, center }
        };
        self.frame(value, extent, min_count)
    }

    /// `expanding(x, min=)`.
    pub(super) fn expanding(
        &mut self,
        value: Given,
        given: &dyn Fn(&str) -> Option<Given>,
    ) -> Option<Operand> {
        let min_count = self.least_count(given("min"))?;
        self.frame(value, Extent::Expanding, min_count)
    }

    fn frame(&mut self, value: Given, extent: Extent, min_count: Option<u64>) -> Option<Operand> {
        if matches!(self.builder.domain(value.0), Domain::Scalar) {
            let message = "`rolling` needs a column, this is a single value";
            self.report(Diagnostic::error(Code::NeedsRows, message).at(value.1));
            return None;
        }
        Some(Operand::Rolling(Rc::new(Rolling {
            value,
            extent,
            min_count,
        })))
    }

    fn least_count(&mut self, given: Option<Given>) -> Option<Option<u64>> {
        match given {
            None => Some(None),
            Some((min, span)) => Some(Some(self.whole_constant("min", min, span, 0)? as u64)),
        }
    }

    /// The reduction that follows `rolling`, with its other arguments.
    pub(crate) fn reduce_rolling(
        &mut self,
        function: &Function,
        rolling: &Rolling,
        others: &[Bound],
        context: Context,
        span: Span,
    ) -> Option<Operand> {
        let mut arguments = vec![Some(rolling.value)];
        for argument in others {
            arguments.push(match argument {
                None => None,
                Some((operand, span)) => Some((self.value(operand, *span)?, *span)),
            });
        }
        let reduction = self.rolling_reduction(function, &arguments, span)?;
        let values: Vec<Given> = arguments
            .into_iter()
            .flatten()
            .take(reduction.arity())
            .collect();
        let mut partition = self.partition(context);
        let frame = self.frame_along(rolling.extent, &mut partition)?;
        // A count needs no value to be one.
        let least = match (reduction, rolling.extent) {
            (Reduction::Count, _) => 0,
            (_, Extent::Rows { rows, .. }) => rows,
            (_, Extent::Expanding | Extent::Span { .. }) => 1,
        };
        let window = Window::Rolling {
            reduction,
            frame,
            min_count: rolling.min_count.unwrap_or(least),
        };
        let name = format!("rolling {}", function.name);
        let built = self.windowed(window, &values, partition, &name, span)?;
        Some(Operand::Value(built))
    }

    fn rolling_reduction(
        &mut self,
        function: &Function,
        arguments: &[Option<Given>],
        span: Span,
    ) -> Option<Reduction> {
        let name = function.name;
        let reduction = match function.meaning {
            Meaning::Min | Meaning::Max if arguments.get(1).copied().flatten().is_some() => {
                let message = format!("`{name}` of a rolling window takes nothing else");
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            }
            Meaning::Min => Reduction::Min,
            Meaning::Max => Reduction::Max,
            Meaning::Reduction(kind) => self.with_options(function, kind, arguments)?,
            _ => {
                let message = format!("`{name}` is no reduction, so it can't follow `rolling`");
                self.report(
                    Diagnostic::error(Code::BadArguments, message)
                        .at(span)
                        .help("write x.rolling(3).mean() or x.rolling(3).sum()"),
                );
                return None;
            }
        };
        // Of bools, true is the greater.
        let bool_value = arguments
            .first()
            .copied()
            .flatten()
            .is_some_and(|(value, _)| self.builder.scalar_type(value) == ScalarType::Bool);
        let reduction = match reduction {
            Reduction::Any if bool_value => Reduction::Max,
            Reduction::All if bool_value => Reduction::Min,
            other => other,
        };
        if !can_roll(reduction) {
            let message = format!("`{name}` does not move along the rows");
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(span)
                    .help("every other reduction does, such as n_unique; any and all of bools"),
            );
            return None;
        }
        Some(reduction)
    }

    /// The rows of a window; a span of time is measured along the order, or makes one.
    fn frame_along(&mut self, extent: Extent, partition: &mut Partition) -> Option<Frame> {
        let (length, unit, closed, on, at) = match extent {
            Extent::Rows { rows, center } => return Some(Frame::Rows { rows, center }),
            Extent::Expanding => return Some(Frame::Expanding),
            Extent::Span {
                length,
                unit,
                closed,
                on,
                at,
            } => (length, unit, closed, on, at),
        };
        match (on, partition.order.is_empty()) {
            (Some((on, _)), true) => partition.order.push((on, Direction::default())),
            (Some((_, span)), false) => {
                let message = "the window is measured along `order by`; leave out `on`";
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            }
            (None, _) => {}
        }
        let Some((axis, _)) = partition.order.first().copied() else {
            let message = "a window over a span of time is measured along a column";
            self.report(Diagnostic::error(Code::BadArguments, message).at(at).help(
                "write x.rolling(3h).mean() over (carrier order by time), or \
                     x.rolling(3h, on=time).mean()",
            ));
            return None;
        };
        let tick = match self.builder.scalar_type(axis) {
            ScalarType::Timestamp(unit, _) | ScalarType::Duration(unit) => {
                SECOND / i128::from(unit.per_second())
            }
            ScalarType::Date => DAY,
            other => {
                let message = format!(
                    "a span of time is measured along a timestamp, date or duration, this is {other}"
                );
                let span = self.spans.expressions.get(&axis).copied();
                self.report(Diagnostic::error(Code::BadArguments, message).at(span.unwrap_or(at)));
                return None;
            }
        };
        // In whole ticks: rows stand nowhere else.
        let length = i128::from(length) * (SECOND / i128::from(unit.per_second()));
        let (down, up) = (length / tick, (length + tick - 1) / tick);
        let (nearest, farthest) = match closed {
            Closed::Right => (0, up - 1),
            Closed::Both => (0, down),
            Closed::Left => (1, down),
            Closed::Neither => (1, up - 1),
        };
        Some(Frame::Span {
            nearest,
            farthest: i64::try_from(farthest).unwrap_or(i64::MAX),
        })
    }
}
