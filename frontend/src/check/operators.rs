//! Operators, `match`, `in` and conditionals over evaluated operands.

use icosian_ir::graph::{BinaryOperator as Operator, BuildError};
use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::Comparison;
use icosian_ir::types::Domain;
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::expressions::{Operand, arms_with_operands};
use crate::diagnostic::Span;
use crate::syntax::ast::{BinaryOperator, CompareOperator, ExprKind, MatchArm, UnaryOperator};

impl Checker<'_> {
    /// The value of an operator; none after a diagnostic.
    pub(crate) fn operator(
        &mut self,
        kind: &ExprKind,
        operands: &[Operand],
        spans: &[Span],
        span: Span,
    ) -> Option<Expression> {
        match kind {
            ExprKind::Match { arms, .. } => {
                let subject = self.value(&operands[0], spans[0])?;
                return self.choose(subject, spans[0], arms, &operands[1..], &spans[1..]);
            }
            ExprKind::In { negated, .. } => {
                let value = self.value(&operands[0], spans[0])?;
                let found = self.is_in(value, spans[0], &operands[1], spans[1])?;
                return if *negated {
                    self.built(|builder| builder.not(found), "not", &[(found, span)], span)
                } else {
                    Some(found)
                };
            }
            ExprKind::Binary { operator, .. }
                if operands
                    .iter()
                    .any(|side| matches!(side, Operand::Months(_))) =>
            {
                return self.months_arithmetic(*operator, operands, spans, span);
            }
            _ => {}
        }
        let mut values = Vec::with_capacity(operands.len());
        for (operand, span) in operands.iter().zip(spans) {
            values.push((self.value(operand, *span)?, *span));
        }
        match kind {
            ExprKind::Unary { operator, .. } => {
                let (value, _) = values[0];
                match operator {
                    UnaryOperator::Negate => {
                        self.built(|builder| builder.negate(value), "-", &values, span)
                    }
                    UnaryOperator::Plus => {
                        if self.builder.scalar_type(value).is_number() {
                            return Some(value);
                        }
                        self.built(|builder| builder.negate(value), "+", &values, span)
                    }
                    UnaryOperator::Not => {
                        self.built(|builder| builder.not(value), "not", &values, span)
                    }
                }
            }
            ExprKind::Binary { operator, .. } => self.binary(*operator, &values, span),
            ExprKind::Compare { operators, .. } => {
                let mut all = None;
                for (operator, pair) in operators.iter().zip(values.windows(2)) {
                    let pair_span = pair[0].1.to(pair[1].1);
                    let (left, right) = (pair[0].0, pair[1].0);
                    let comparison = comparison(*operator);
                    let is_null = |value| self.builder.constant(value) == Some(&Value::Null);
                    if is_null(left) || is_null(right) {
                        self.compared_with_null(*operator, pair_span);
                    }
                    let holds = self.built(
                        |builder| builder.compare(comparison, left, right),
                        operator.as_str(),
                        pair,
                        pair_span,
                    )?;
                    all = Some(match all {
                        None => holds,
                        Some(before) => self.built(
                            |builder| builder.binary(Operator::And, before, holds),
                            "and",
                            &[(before, span), (holds, pair_span)],
                            span,
                        )?,
                    });
                }
                all
            }
            ExprKind::IsNull { negated, .. } => {
                let (value, _) = values[0];
                let test =
                    self.built(|builder| builder.is_null(value), "is null", &values, span)?;
                if *negated {
                    return self.built(|builder| builder.not(test), "not", &values, span);
                }
                Some(test)
            }
            ExprKind::Conditional { .. } => {
                let (then, condition, otherwise) = (values[0].0, values[1].0, values[2].0);
                self.condition(condition, values[1].1)?;
                self.built(
                    |builder| builder.if_else(condition, then, otherwise),
                    "if else",
                    &[values[0], values[2]],
                    span,
                )
            }
            _ => None,
        }
    }

    pub(crate) fn binary(
        &mut self,
        operator: BinaryOperator,
        values: &[(Expression, Span)],
        span: Span,
    ) -> Option<Expression> {
        let (left, right) = (values[0].0, values[1].0);
        let built = match operator {
            BinaryOperator::Or => Operator::Or,
            BinaryOperator::And => Operator::And,
            BinaryOperator::Coalesce => Operator::Coalesce,
            BinaryOperator::Add => Operator::Add,
            BinaryOperator::Subtract => Operator::Sub,
            BinaryOperator::Multiply => Operator::Mul,
            BinaryOperator::Divide => Operator::Div,
            BinaryOperator::FloorDivide => Operator::FloorDiv,
            BinaryOperator::Remainder => Operator::Rem,
            BinaryOperator::Power => Operator::Pow,
        };
        self.built(
            |builder| builder.binary(built, left, right),
            operator.as_str(),
            values,
            span,
        )
    }

    /// Whether a value is in a list, a range or a column of a table.
    fn is_in(
        &mut self,
        value: Expression,
        value_span: Span,
        set: &Operand,
        set_span: Span,
    ) -> Option<Expression> {
        match set {
            Operand::List(elements) => {
                let mut members = Vec::with_capacity(elements.len());
                for element in elements.iter() {
                    let member = self.value(element, set_span)?;
                    // Each by itself, so that the one that doesn't fit is named.
                    self.built(
                        |builder| match builder.meet("in", value, member) {
                            Ok((_, met)) => Ok(met),
                            Err(_) => builder.compare(Comparison::Equal, value, member),
                        },
                        "in",
                        &[
                            (value, value_span),
                            (member, self.span_or(member, set_span)),
                        ],
                        value_span.to(set_span),
                    )?;
                    members.push(member);
                }
                self.built(
                    |builder| builder.in_list(value, &members),
                    "in",
                    &[(value, value_span)],
                    value_span.to(set_span),
                )
            }
            Operand::Range {
                start,
                end,
                inclusive,
            } => {
                let upper = if *inclusive {
                    Comparison::LessOrEqual
                } else {
                    Comparison::Less
                };
                let bounds = [(*start, Comparison::GreaterOrEqual), (*end, upper)];
                let span = value_span.to(set_span);
                let mut all = None;
                for (bound, comparison) in bounds {
                    let Some(bound) = bound else { continue };
                    let holds = self.built(
                        |builder| builder.compare(comparison, value, bound),
                        "in",
                        &[(value, value_span), (bound, set_span)],
                        span,
                    )?;
                    all = Some(match all {
                        None => holds,
                        Some(before) => self.built(
                            |builder| builder.binary(Operator::And, before, holds),
                            "and",
                            &[(before, span), (holds, span)],
                            span,
                        )?,
                    });
                }
                match all {
                    Some(all) => Some(all),
                    None => Some(self.builder.literal(Value::Bool(true))),
                }
            }
            Operand::Poison => None,
            Operand::Value(column) if self.builder.domain(*column) != Domain::Scalar => {
                let column = *column;
                self.built(
                    |builder| builder.in_column(value, column),
                    "in",
                    &[(value, value_span), (column, set_span)],
                    value_span.to(set_span),
                )
            }
            Operand::Value(_)
            | Operand::Table(_)
            | Operand::Module(_)
            | Operand::Rolling(_)
            | Operand::Months(_)
            | Operand::Map(_) => {
                self.not_a_list(set, set_span);
                None
            }
        }
    }

    fn span_or(&self, expression: Expression, other: Span) -> Span {
        self.spans
            .expressions
            .get(&expression)
            .copied()
            .unwrap_or(other)
    }

    /// `match`: from the last arm to the first, so that the first that fits wins.
    fn choose(
        &mut self,
        subject: Expression,
        subject_span: Span,
        arms: &[MatchArm],
        operands: &[Operand],
        spans: &[Span],
    ) -> Option<Expression> {
        let null = self.builder.literal(Value::Null);
        let mut result = (null, subject_span);
        let arms = arms_with_operands(arms, operands, spans);
        for (pattern, (value, span)) in arms.into_iter().rev() {
            let value = self.value(value, span)?;
            let Some((pattern, pattern_span)) = pattern else {
                result = (value, span);
                continue;
            };
            let fits = match pattern {
                Operand::Value(literal)
                    if self.builder.constant(*literal).is_some_and(Value::is_null) =>
                {
                    self.built(
                        |builder| builder.is_null(subject),
                        "match",
                        &[(subject, subject_span)],
                        pattern_span,
                    )?
                }
                Operand::Value(wanted) => {
                    let wanted = *wanted;
                    self.built(
                        |builder| builder.compare(Comparison::Equal, subject, wanted),
                        "match",
                        &[(subject, subject_span), (wanted, pattern_span)],
                        pattern_span,
                    )?
                }
                other => self.is_in(subject, subject_span, other, pattern_span)?,
            };
            let otherwise = result.0;
            let chosen = self.built(
                |builder| builder.if_else(fits, value, otherwise),
                "match",
                &[(value, span), result],
                span,
            )?;
            result = (chosen, span);
        }
        Some(result.0)
    }

    /// What the builder makes, or a diagnostic in words about these operands.
    pub(crate) fn built(
        &mut self,
        build: impl FnOnce(&mut icosian_ir::graph::GraphBuilder) -> Result<Expression, BuildError>,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) -> Option<Expression> {
        match build(&mut self.builder) {
            Ok(value) => {
                self.spans.expressions.entry(value).or_insert(span);
                Some(value)
            }
            Err(error) => {
                self.refused(&error, operation, operands, span);
                None
            }
        }
    }
}

pub(crate) fn comparison(operator: CompareOperator) -> Comparison {
    match operator {
        CompareOperator::Equal => Comparison::Equal,
        CompareOperator::NotEqual => Comparison::NotEqual,
        CompareOperator::Less => Comparison::Less,
        CompareOperator::LessOrEqual => Comparison::LessOrEqual,
        CompareOperator::Greater => Comparison::Greater,
        CompareOperator::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}
