//! Windows: values from a row and its neighbours.

use std::rc::Rc;

use icosian_ir::graph::{BuildError, GraphBuilder, Partition};
use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::{Reduction, Window};
use icosian_ir::types::{Domain, ScalarType};
use icosian_ir::typing::reduction_type;

use super::declarations::Checker;
use super::expressions::{Context, Operand};
use super::functions::{Function, Meaning, ReductionKind};
use crate::diagnostic::{Code, Diagnostic, Span};

/// `x.rolling(n, min=m)`, before the reduction that follows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rolling {
    pub value: Expression,
    pub value_span: Span,
    pub extent: Extent,
}

/// What a rolling window covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Extent {
    Rows { rows: u64, min_rows: u64 },
    Time,
}

impl Checker<'_> {
    /// `shift`, `diff` and `cumulative_sum`.
    pub(crate) fn window(
        &mut self,
        function: &Function,
        (value, value_span): (Expression, Span),
        rows: Option<(Expression, Span)>,
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let rows = match rows {
            None => 1,
            Some((rows, span)) => {
                self.whole_constant("n", rows, span, i128::from(i64::MIN))? as i64
            }
        };
        let window = if function.meaning == Meaning::CumulativeSum {
            Window::CumulativeSum
        } else {
            Window::Shift { rows }
        };
        let value = (value, value_span);
        if function.meaning == Meaning::Difference {
            let difference = |builder: &mut GraphBuilder, partition: &Partition| {
                builder.difference_over(value.0, rows, partition)
            };
            return self.along(difference, value, function.name, context, span);
        }
        self.windowed(window, value, function.name, context, span)
    }

    fn windowed(
        &mut self,
        window: Window,
        value: (Expression, Span),
        name: &str,
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let build = |builder: &mut GraphBuilder, partition: &Partition| {
            builder.window_over(window, value.0, partition)
        };
        self.along(build, value, name, context, span)
    }

    /// Builds a window along the rows that the `over` around it says, if there is one.
    fn along(
        &mut self,
        build: impl FnOnce(&mut GraphBuilder, &Partition) -> Result<Expression, BuildError>,
        value: (Expression, Span),
        name: &str,
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        self.over_used[context.over.0 as usize] = true;
        let over = self.overs[context.over.0 as usize].clone();
        let partition = Partition {
            keys: over.keys,
            order: over.order,
        };
        let mut operands = vec![value];
        let order = partition.order.iter().map(|key| key.0);
        for column in partition.keys.iter().copied().chain(order) {
            let column_span = self.spans.expressions.get(&column).copied();
            operands.push((column, column_span.unwrap_or(span)));
        }
        self.built(|builder| build(builder, &partition), name, &operands, span)
    }

    /// `rolling(x, n, min=, closed=, on=)`.
    pub(crate) fn rolling(
        &mut self,
        arguments: &[Option<(Expression, Span)>],
        span: Span,
    ) -> Option<Operand> {
        let [
            Some((value, value_span)),
            Some((length, length_span)),
            min,
            closed,
            on,
        ] = *arguments
        else {
            return None;
        };
        if matches!(self.builder.domain(value), Domain::Scalar) {
            let message = "`rolling` needs a column, this is a single value";
            self.report(Diagnostic::error(Code::NeedsRows, message).at(value_span));
            return None;
        }
        let extent = if matches!(self.builder.scalar_type(length), ScalarType::Duration(_)) {
            self.cannot_run("a rolling window over a span of time", span);
            Extent::Time
        } else {
            let rows = self.whole_constant("n", length, length_span, 1)? as u64;
            let min_rows = match min {
                None => rows,
                Some((min, span)) => {
                    let min_rows = self.whole_constant("min", min, span, 0)? as u64;
                    if min_rows > rows {
                        let message =
                            format!("`min` is {min_rows}, but the window has only {rows} rows");
                        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                        return None;
                    }
                    min_rows
                }
            };
            if let Some((_, span)) = closed.or(on) {
                let message =
                    "`closed` and `on` belong to windows over a span of time, such as rolling(3h)";
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            }
            Extent::Rows { rows, min_rows }
        };
        Some(Operand::Rolling(Rc::new(Rolling {
            value,
            value_span,
            extent,
        })))
    }

    /// The reduction that follows `rolling`.
    pub(crate) fn reduce_rolling(
        &mut self,
        function: &Function,
        rolling: &Rolling,
        context: Context,
        span: Span,
    ) -> Option<Operand> {
        let reduction = match function.meaning {
            Meaning::Reduction(ReductionKind::Sum) => Reduction::Sum,
            Meaning::Reduction(ReductionKind::Mean) => Reduction::Mean,
            Meaning::Reduction(ReductionKind::Var) => Reduction::Var { ddof: 1 },
            Meaning::Reduction(ReductionKind::Std) => Reduction::Std { ddof: 1 },
            Meaning::Reduction(ReductionKind::Count) => Reduction::Count,
            Meaning::Reduction(ReductionKind::Any) => Reduction::Any,
            Meaning::Reduction(ReductionKind::All) => Reduction::All,
            Meaning::Min => Reduction::Min,
            Meaning::Max => Reduction::Max,
            Meaning::Reduction(_) => {
                self.cannot_run(&format!("a rolling `{}`", function.name), span);
                return None;
            }
            _ => {
                let message = format!(
                    "`{}` is no reduction, so it can't follow `rolling`",
                    function.name
                );
                self.report(
                    Diagnostic::error(Code::BadArguments, message)
                        .at(span)
                        .help("write x.rolling(3).mean() or x.rolling(3).sum()"),
                );
                return None;
            }
        };
        let Rolling {
            value,
            value_span,
            extent,
        } = *rolling;
        let value = match (reduction, extent) {
            (Reduction::Sum, Extent::Rows { rows, min_rows }) => {
                let window = Window::RollingSum { rows, min_rows };
                self.windowed(window, (value, value_span), "rolling sum", context, span)?
            }
            (Reduction::Mean, Extent::Rows { rows, min_rows }) => {
                let window = Window::RollingMean { rows, min_rows };
                self.windowed(window, (value, value_span), "rolling mean", context, span)?
            }
            (reduction, extent) => {
                if matches!(extent, Extent::Rows { .. }) {
                    self.cannot_run(&format!("a rolling `{}`", reduction.name()), span);
                }
                let ty = self.builder.ty(value);
                let Some(ty) = reduction_type(reduction, Some(ty), true) else {
                    self.wrong_argument(
                        reduction.name(),
                        "a column that can be reduced so",
                        (value, value_span),
                        span,
                    );
                    return None;
                };
                let domain = self.builder.domain(value);
                self.stand_in(ty.scalar.nullable(), domain)
            }
        };
        self.over_used[context.over.0 as usize] = true;
        Some(Operand::Value(value))
    }
}
