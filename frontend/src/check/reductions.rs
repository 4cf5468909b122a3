//! Reductions: their options, and the rows they are of.

use icosian_ir::graph::Partition;
use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::{Fraction, Interpolation, Reduction};
use icosian_ir::types::Domain;
use icosian_ir::typing::{reduced_values, reduction_type};
use icosian_ir::value::Value;

use super::declarations::{Checker, Rows};
use super::expressions::Context;
use super::functions::{Function, ReductionKind};
use super::over::OverId;
use crate::diagnostic::{Code, Diagnostic, Span};

/// A value given, and where.
type Given = (Expression, Span);

impl Checker<'_> {
    /// A call of a reduction, each argument at its parameter's place.
    pub(crate) fn reduction(
        &mut self,
        function: &Function,
        kind: ReductionKind,
        arguments: &[Option<Given>],
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let reduction = self.with_options(function, kind, arguments)?;
        let values: Vec<Given> = arguments.iter().copied().flatten().collect();
        self.reduce(reduction, &values[..reduction.arity()], context, span)
    }

    /// The reduction with the options that a call gives.
    pub(crate) fn with_options(
        &mut self,
        function: &Function,
        kind: ReductionKind,
        arguments: &[Option<Given>],
    ) -> Option<Reduction> {
        let given = |name: &str| {
            let place = function
                .parameters
                .iter()
                .position(|parameter| parameter.name == name)?;
            arguments.get(place).copied().flatten()
        };
        Some(match kind {
            ReductionKind::Sum => Reduction::Sum,
            ReductionKind::Mean => Reduction::Mean,
            ReductionKind::Product => Reduction::Product,
            ReductionKind::Var => Reduction::Var {
                ddof: self.ddof(given("ddof"))?,
            },
            ReductionKind::Std => Reduction::Std {
                ddof: self.ddof(given("ddof"))?,
            },
            ReductionKind::Cov => Reduction::Cov {
                ddof: self.ddof(given("ddof"))?,
            },
            ReductionKind::Skew => Reduction::Skew {
                bias: self.flag("bias", given("bias"), false)?,
            },
            ReductionKind::Kurtosis => Reduction::Kurtosis {
                bias: self.flag("bias", given("bias"), false)?,
            },
            ReductionKind::Median => Reduction::MEDIAN,
            ReductionKind::Quantile => Reduction::Quantile {
                q: self.fraction(given("q")?)?,
                interpolation: self.interpolation(given("interpolation"))?,
            },
            ReductionKind::Count => Reduction::Count,
            ReductionKind::NUnique => Reduction::NUnique,
            ReductionKind::ApproxNUnique => Reduction::ApproxNUnique,
            ReductionKind::Any => Reduction::Any,
            ReductionKind::All => Reduction::All,
            ReductionKind::First => Reduction::First {
                skip_null: self.flag("skip_null", given("skip_null"), true)?,
            },
            ReductionKind::Last => Reduction::Last {
                skip_null: self.flag("skip_null", given("skip_null"), true)?,
            },
            ReductionKind::Mode => Reduction::Mode,
            ReductionKind::AtMax => Reduction::AtMax,
            ReductionKind::AtMin => Reduction::AtMin,
            ReductionKind::Corr => Reduction::Corr,
            ReductionKind::WeightedMean => Reduction::WeightedMean,
        })
    }

    fn ddof(&mut self, given: Option<Given>) -> Option<u8> {
        let Some((ddof, span)) = given else {
            return Some(1);
        };
        let ddof = self.whole_constant("ddof", ddof, span, 0)?;
        Some(u8::try_from(ddof).unwrap_or(u8::MAX))
    }

    /// A constant bool.
    pub(super) fn flag(&mut self, name: &str, given: Option<Given>, default: bool) -> Option<bool> {
        let Some((value, span)) = given else {
            return Some(default);
        };
        if let Some(Value::Bool(flag)) = self.builder.constant(value) {
            return Some(*flag);
        }
        let message = format!("`{name}` must be true or false, written as a literal or config");
        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        None
    }

    /// A constant from 0 to 1.
    fn fraction(&mut self, (value, span): Given) -> Option<Fraction> {
        let is_integer = self.builder.scalar_type(value).is_integer();
        let fraction = match self.builder.constant(value) {
            Some(Value::F64(value)) => Fraction::new(*value),
            Some(Value::F32(value)) => Fraction::new(f64::from(*value)),
            Some(Value::Integer(value)) if is_integer => Fraction::new(*value as f64),
            _ => None,
        };
        if fraction.is_none() {
            let message = "`q` must be a number from 0 to 1 written as a literal or config";
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(span)
                    .help("the 90th percentile is quantile(x, 0.9)"),
            );
        }
        fraction
    }

    fn interpolation(&mut self, given: Option<Given>) -> Option<Interpolation> {
        let Some((value, span)) = given else {
            return Some(Interpolation::Linear);
        };
        if let Some(Value::Str(name)) = self.builder.constant(value)
            && let Some(found) = Interpolation::ALL
                .into_iter()
                .find(|known| known.name() == &**name)
        {
            return Some(found);
        }
        let names = Interpolation::ALL.map(|known| format!("\"{}\"", known.name()));
        let message = format!(
            "`interpolation` must be one of {}, written as a literal or config",
            names.join(", ")
        );
        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        None
    }

    /// A reduction of values over their table, their group, or the groups that `over` gives.
    pub(crate) fn reduce(
        &mut self,
        reduction: Reduction,
        values: &[Given],
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        if !self.can_be_reduced(reduction, values) {
            self.wrong_values(reduction, values, span);
            return None;
        }
        let name = reduction.name();
        let domains = values.iter().map(|(value, _)| self.builder.domain(*value));
        let rows = domains.clone().find(|domain| *domain != Domain::Scalar);
        if let Rows::Groups(group) = context.home
            && context.over == OverId::NONE
        {
            let parent = self.parent(group)?;
            let (group, from) = (
                self.declarations[group].table?,
                self.declarations[parent].table?,
            );
            if rows.is_none_or(|rows| rows == Domain::Rows(from)) {
                let all: Vec<Expression> = values.iter().map(|(value, _)| *value).collect();
                return self.built(
                    |builder| builder.reduce_in_group(reduction, group, from, all),
                    name,
                    values,
                    span,
                );
            }
        }
        let table = match rows {
            Some(Domain::Rows(table)) => table,
            Some(Domain::Scalar) | None => match self.home_table(context.home) {
                Some(table) => table,
                None => {
                    let at = values.first().map_or(span, |(_, span)| *span);
                    let message = format!("`{name}` needs a column, this is a single value");
                    self.report(Diagnostic::error(Code::NeedsRows, message).at(at));
                    return None;
                }
            },
        };
        self.reduce_rows(reduction, table, values, context, name, span)
    }

    fn can_be_reduced(&self, reduction: Reduction, values: &[Given]) -> bool {
        let types = values.iter().map(|(value, _)| {
            let ty = self.builder.ty(*value);
            let scalar = reduction.takes(ty.scalar);
            scalar.required().nullable_if(ty.nullable)
        });
        reduction_type(reduction, types, true).is_some()
    }

    fn wrong_values(&mut self, reduction: Reduction, values: &[Given], span: Span) {
        let types: Vec<String> = values
            .iter()
            .map(|(value, _)| self.type_text(self.builder.ty(*value)))
            .collect();
        let message = format!(
            "`{}` takes {}, found {}",
            reduction.name(),
            reduced_values(reduction),
            types.join(" and ")
        );
        let mut diagnostic = Diagnostic::error(Code::TypeMismatch, message).at(span);
        for ((_, at), ty) in values.iter().zip(types) {
            diagnostic = diagnostic.label(*at, format!("this is {ty}"));
        }
        if let Reduction::Quantile { q, .. } = reduction {
            let element = Reduction::Quantile {
                q,
                interpolation: Interpolation::Lower,
            };
            if self.can_be_reduced(element, values) {
                diagnostic = diagnostic.help(format!(
                    "one of the values is found by quantile(…, {:?}, interpolation=\"lower\")",
                    q.value()
                ));
            }
        }
        self.report(diagnostic);
    }

    pub(crate) fn reduce_rows(
        &mut self,
        reduction: Reduction,
        table: TableId,
        values: &[Given],
        context: Context,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let over = &mut self.over_used[context.over.0 as usize];
        *over = true;
        let over = self.overs[context.over.0 as usize].clone();
        let partition = Partition {
            keys: over.keys,
            order: over.order,
        };
        let mut operands = values.to_vec();
        let order = partition.order.iter().map(|key| key.0);
        for column in partition.keys.iter().copied().chain(order) {
            let column_span = self.spans.expressions.get(&column).copied();
            operands.push((column, column_span.unwrap_or(span)));
        }
        let all: Vec<Expression> = values.iter().map(|(value, _)| *value).collect();
        self.built(
            |builder| builder.reduce_over(reduction, table, &all, &partition),
            name,
            &operands,
            span,
        )
    }
}
