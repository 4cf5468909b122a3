//! Windows: values from a row and its neighbours, along the rows that `over` says.

use icosian_ir::graph::{BuildError, GraphBuilder, Partition};
use icosian_ir::id::ExprId as Expression;
use icosian_ir::meaning::math::{Math, apply1};
use icosian_ir::op::{Alpha, Cumulative, Decay, ExponentialMoment, RankMethod, Window};
use icosian_ir::types::Domain;
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::expressions::{Context, Operand};
use super::functions::Function;
use crate::diagnostic::{Code, Diagnostic, Span};

/// A value given, and where.
pub(super) type Given = (Expression, Span);

/// What a window computes, before its options are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WindowKind {
    Shift,
    Difference,
    RelativeDifference,
    Cumulative(Cumulative),
    RowNumber,
    Rank,
    Fill {
        backward: bool,
    },
    Interpolate,
    Exponential(ExponentialMoment),
    /// The rows that a reduction after it looks at.
    Rolling,
    /// All rows so far, likewise.
    Expanding,
}

impl Checker<'_> {
    /// A call of a window, each argument at its parameter's place.
    pub(crate) fn window(
        &mut self,
        function: &Function,
        kind: WindowKind,
        arguments: &[Option<Given>],
        context: Context,
        span: Span,
    ) -> Option<Operand> {
        let given = |name: &str| {
            let mut parameters = function.parameters.iter();
            let place = parameters.position(|parameter| parameter.name == name)?;
            arguments.get(place).copied().flatten()
        };
        let name = function.name;
        let value = arguments.first().copied().flatten()?;
        let window = match kind {
            WindowKind::Rolling => return self.rolling(value, &given, span),
            WindowKind::Expanding => return self.expanding(value, &given),
            WindowKind::RowNumber => return self.row_number(context, span).map(Operand::Value),
            WindowKind::Difference | WindowKind::RelativeDifference => {
                let rows = self.rows_back(given("n"))?;
                let build = |builder: &mut GraphBuilder, partition: &Partition| match kind {
                    WindowKind::Difference => builder.difference_over(value.0, rows, partition),
                    _ => builder.relative_difference_over(value.0, rows, partition),
                };
                let partition = self.partition(context);
                let built = self.along(build, &[value], partition, name, span)?;
                return Some(Operand::Value(built));
            }
            WindowKind::Shift => {
                let rows = self.rows_back(given("n"))?;
                Window::Shift { rows }
            }
            WindowKind::Cumulative(cumulative) => Window::Cumulative(cumulative),
            WindowKind::Fill { backward } => {
                let limit = match given("limit") {
                    None => u64::MAX,
                    Some((limit, span)) => self.whole_constant("limit", limit, span, 0)? as u64,
                };
                Window::Fill { backward, limit }
            }
            WindowKind::Interpolate => Window::Interpolate,
            WindowKind::Rank => Window::Rank {
                method: self.rank_method(given("method"))?,
                descending: self.flag("descending", given("descending"), false)?,
                fraction: self.flag("pct", given("pct"), false)?,
            },
            WindowKind::Exponential(moment) => Window::Exponential {
                moment,
                decay: Decay {
                    alpha: self.alpha(&given, span)?,
                    adjust: self.flag("adjust", given("adjust"), true)?,
                    skip_null: self.flag("skip_null", given("skip_null"), false)?,
                    bias: self.flag("bias", given("bias"), false)?,
                },
                min_count: match given("min") {
                    None => 1,
                    Some((min, span)) => self.whole_constant("min", min, span, 0)? as u64,
                },
            },
        };
        let partition = self.partition(context);
        let built = self.windowed(window, &[value], partition, name, span)?;
        Some(Operand::Value(built))
    }

    pub(super) fn windowed(
        &mut self,
        window: Window,
        values: &[Given],
        partition: Partition,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let all: Vec<Expression> = values.iter().map(|(value, _)| *value).collect();
        let build = |builder: &mut GraphBuilder, partition: &Partition| {
            builder.window_over(window, &all, partition)
        };
        self.along(build, values, partition, name, span)
    }

    /// The rows that the `over` around a window says, if there is one.
    pub(super) fn partition(&mut self, context: Context) -> Partition {
        self.over_used[context.over.0 as usize] = true;
        let over = self.overs[context.over.0 as usize].clone();
        Partition {
            keys: over.keys,
            order: over.order,
        }
    }

    fn along(
        &mut self,
        build: impl FnOnce(&mut GraphBuilder, &Partition) -> Result<Expression, BuildError>,
        values: &[Given],
        partition: Partition,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let scalars = values
            .iter()
            .all(|(value, _)| self.builder.domain(*value) == Domain::Scalar);
        if let (true, Some((_, span))) = (scalars, values.first()) {
            let message = format!("`{name}` needs a column, this is a single value");
            self.report(Diagnostic::error(Code::NeedsRows, message).at(*span));
            return None;
        }
        let mut operands = values.to_vec();
        let order = partition.order.iter().map(|key| key.0);
        for column in partition.keys.iter().copied().chain(order) {
            let column_span = self.spans.expressions.get(&column).copied();
            operands.push((column, column_span.unwrap_or(span)));
        }
        self.built(|builder| build(builder, &partition), name, &operands, span)
    }

    /// `row_number()`: of the table around it.
    pub(crate) fn row_number(&mut self, context: Context, span: Span) -> Option<Expression> {
        let table = self.rows_around("row_number", context, span)?;
        let partition = self.partition(context);
        let build = |builder: &mut GraphBuilder, partition: &Partition| {
            builder.row_number(table, partition)
        };
        self.along(build, &[], partition, "row_number", span)
    }

    fn rows_back(&mut self, rows: Option<Given>) -> Option<i64> {
        match rows {
            None => Some(1),
            Some((rows, span)) => {
                let rows = self.whole_constant("n", rows, span, i128::from(i64::MIN))?;
                i64::try_from(rows).ok()
            }
        }
    }

    fn rank_method(&mut self, given: Option<Given>) -> Option<RankMethod> {
        let names = RankMethod::ALL.map(RankMethod::name);
        match given {
            None => Some(RankMethod::Average),
            Some(given) => Some(RankMethod::ALL[self.one_of("method", given, &names)?]),
        }
    }

    /// Which of some words a constant is.
    pub(super) fn one_of(
        &mut self,
        name: &str,
        (value, span): Given,
        words: &[&str],
    ) -> Option<usize> {
        if let Some(Value::Str(word)) = self.builder.constant(value)
            && let Some(found) = words.iter().position(|known| **known == **word)
        {
            return Some(found);
        }
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let message = format!(
            "`{name}` must be one of {}, written as a literal or config",
            words.join(", ")
        );
        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        None
    }

    /// What part of its weight a value loses per row: told as that, as a span, a center of mass or a
    /// half-life.
    fn alpha(&mut self, given: &dyn Fn(&str) -> Option<Given>, span: Span) -> Option<Alpha> {
        let told: Vec<(&str, Given)> = ["alpha", "span", "com", "half_life"]
            .into_iter()
            .filter_map(|name| Some((name, given(name)?)))
            .collect();
        let [(name, (value, at))] = told[..] else {
            let message =
                "one of `alpha`, `span`, `com` and `half_life` says how fast weights fall";
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(span)
                    .help("write x.ewm_mean(span=20), or half_life=5, or alpha=0.1"),
            );
            return None;
        };
        let number = match self.builder.constant(value) {
            Some(Value::F64(number)) => Some(*number),
            Some(Value::F32(number)) => Some(f64::from(*number)),
            Some(Value::Integer(number)) if self.builder.scalar_type(value).is_integer() => {
                Some(*number as f64)
            }
            _ => None,
        };
        let (wanted, alpha) = match name {
            "alpha" => ("above 0 and at most 1", number),
            "span" => {
                let span = number.filter(|span| *span >= 1.0);
                ("of at least 1", span.map(|span| 2.0 / (span + 1.0)))
            }
            "com" => {
                let center = number.filter(|center| *center >= 0.0);
                ("of at least 0", center.map(|center| 1.0 / (1.0 + center)))
            }
            _ => {
                let half_life = number.filter(|rows| *rows > 0.0);
                let alpha = |rows: f64| {
                    let kept = -std::f64::consts::LN_2 / rows;
                    -apply1(Math::Expm1, kept)
                };
                ("above 0", half_life.map(alpha))
            }
        };
        let alpha = alpha.and_then(Alpha::new);
        if alpha.is_none() {
            let message =
                format!("`{name}` must be a number {wanted}, written as a literal or config");
            self.report(Diagnostic::error(Code::BadArguments, message).at(at));
        }
        alpha
    }
}
