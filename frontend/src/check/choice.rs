//! Null, NaN and choice: functions that are built of comparisons, `if` and `??`.

use icosian_ir::graph::{BinaryOperator, BuildError, GraphBuilder};
use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::{Comparison, Math, Reduction};
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::expressions::Context;
use super::functions::Function;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What one of these functions means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Choice {
    /// `x != x`
    IsNan,
    /// Neither NaN nor infinite.
    IsFinite,
    /// Either infinity.
    IsInfinite,
    /// `null if x != x else x`
    NanToNull,
    /// `null if x == value else x`
    NullIf,
    /// `a ?? b ?? …`
    Coalesce,
    /// `x ?? mean(x)`
    FillMean,
    /// `low <= x and x <= high`, either end open if wanted.
    Between,
}

/// An argument and where it is written; none if it was left out.
type Argument = Option<(Expression, Span)>;

impl Checker<'_> {
    /// A call of one of these functions.
    pub(crate) fn choice(
        &mut self,
        choice: Choice,
        function: &Function,
        arguments: &[Argument],
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let name = function.name;
        let first = arguments.first().copied().flatten()?;
        let (x, _) = first;
        let number = matches!(
            choice,
            Choice::IsNan | Choice::IsFinite | Choice::IsInfinite | Choice::NanToNull
        );
        if number && !self.builder.scalar_type(x).is_number() {
            self.wrong_argument(name, "a number", first, span);
            return None;
        }
        let float = self.builder.scalar_type(x).is_float();
        let second = arguments.get(1).copied().flatten();
        let present: Vec<(Expression, Span)> = arguments.iter().copied().flatten().collect();
        match choice {
            Choice::IsNan => {
                let different =
                    |builder: &mut GraphBuilder| builder.compare(Comparison::NotEqual, x, x);
                self.built(different, name, &present, span)
            }
            Choice::IsFinite | Choice::IsInfinite => self.built(
                |builder| {
                    let size = builder.math(Math::Abs, &[x]);
                    let (value, comparison) = match (choice, float) {
                        // An integer is never infinite.
                        (Choice::IsFinite, false) => {
                            return builder.compare(Comparison::Equal, x, x);
                        }
                        (_, false) => return builder.compare(Comparison::NotEqual, x, x),
                        (Choice::IsFinite, true) => (size?, Comparison::Less),
                        (_, true) => (size?, Comparison::Equal),
                    };
                    let infinity = builder.literal(Value::F64(f64::INFINITY));
                    builder.compare(comparison, value, infinity)
                },
                name,
                &present,
                span,
            ),
            Choice::NanToNull if !float => Some(x),
            Choice::NanToNull => self.built(
                |builder| null_where(builder, x, Comparison::NotEqual, x),
                name,
                &present,
                span,
            ),
            Choice::NullIf => {
                let (value, _) = second?;
                self.built(
                    |builder| null_where(builder, x, Comparison::Equal, value),
                    name,
                    &present,
                    span,
                )
            }
            Choice::Coalesce => {
                let mut result = first;
                for (value, value_span) in present.into_iter().skip(1) {
                    let operands = [result, (value, value_span)];
                    let joined = self.built(
                        |builder| builder.binary(BinaryOperator::Coalesce, result.0, value),
                        name,
                        &operands,
                        span,
                    )?;
                    result = (joined, span);
                }
                Some(result.0)
            }
            Choice::FillMean => {
                let mean = self.reduce(Reduction::Mean, &[first], context, span)?;
                self.built(
                    |builder| builder.binary(BinaryOperator::Coalesce, x, mean),
                    name,
                    &[first, (mean, span)],
                    span,
                )
            }
            Choice::Between => self.between(name, arguments, span),
        }
    }

    /// `between(x, low, high, closed=)`.
    fn between(&mut self, name: &str, arguments: &[Argument], span: Span) -> Option<Expression> {
        let [Some(x), Some(low), Some(high), closed] = *arguments else {
            return None;
        };
        let (left, right) = match closed {
            None => (true, true),
            Some(closed) => self.closed_ends(closed)?,
        };
        let from = if left {
            Comparison::GreaterOrEqual
        } else {
            Comparison::Greater
        };
        let to = if right {
            Comparison::LessOrEqual
        } else {
            Comparison::Less
        };
        let above = self.built(
            |builder| builder.compare(from, x.0, low.0),
            name,
            &[x, low],
            span,
        )?;
        let below = self.built(
            |builder| builder.compare(to, x.0, high.0),
            name,
            &[x, high],
            span,
        )?;
        self.built(
            |builder| builder.binary(BinaryOperator::And, above, below),
            name,
            &[(above, span), (below, span)],
            span,
        )
    }

    /// Whether the left and the right end of an interval belong to it.
    pub(crate) fn closed_ends(
        &mut self,
        (closed, span): (Expression, Span),
    ) -> Option<(bool, bool)> {
        let ends = match self.builder.constant(closed) {
            Some(Value::Str(text)) => match &**text {
                "both" => Some((true, true)),
                "left" => Some((true, false)),
                "right" => Some((false, true)),
                "none" | "neither" => Some((false, false)),
                _ => None,
            },
            _ => None,
        };
        if ends.is_none() {
            let message = "`closed` must be \"both\", \"left\", \"right\" or \"none\"";
            self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        }
        ends
    }
}

/// `null if x … other else x`.
fn null_where(
    builder: &mut GraphBuilder,
    x: Expression,
    comparison: Comparison,
    other: Expression,
) -> Result<Expression, BuildError> {
    let condition = builder.compare(comparison, x, other)?;
    let null = builder.null_of(builder.scalar_type(x));
    builder.if_else(condition, null, x)
}
