//! Hashes, the numbers of rows, and random numbers made of both.

use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::Op;
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::expressions::Context;
use super::functions::Function;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What one of these functions gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Random {
    /// Evenly distributed from 0 to below 1.
    Uniform,
    /// Normally distributed.
    Normal,
    /// Exponentially distributed.
    Exponential,
    /// True with some probability.
    Bool,
    /// A whole number of a range.
    Integer,
}

/// An argument and where it is written; none if it was left out.
type Argument = Option<(Expression, Span)>;

impl Checker<'_> {
    /// `hash(x, ..., seed=)`; values beyond the first follow the seed.
    pub(crate) fn hash(
        &mut self,
        function: &Function,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Expression> {
        let seed = arguments.get(1).copied().flatten();
        let values = arguments.iter().enumerate();
        let values: Vec<Expression> = values
            .filter(|(place, _)| *place != 1)
            .filter_map(|(_, argument)| argument.map(|(value, _)| value))
            .collect();
        let present: Vec<(Expression, Span)> = arguments.iter().copied().flatten().collect();
        self.built(
            |builder| builder.hash(&values, seed.map(|(seed, _)| seed)),
            function.name,
            &present,
            span,
        )
    }

    /// The number of each row of a table.
    pub(crate) fn row_index(&mut self, table: TableId, span: Span) -> Option<Expression> {
        self.built(
            |builder| builder.add(Op::RowNumber(table), Vec::new()),
            "row_index",
            &[],
            span,
        )
    }

    /// `random(seed)` and its like: for each row of the table around it.
    pub(crate) fn random(
        &mut self,
        kind: Random,
        function: &Function,
        arguments: &[Argument],
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let table = self.rows_around(function.name, context, span)?;
        let given: Vec<(Expression, Span)> = arguments.iter().copied().flatten().collect();
        if let (Random::Integer, [_, low, high]) = (kind, &given[..]) {
            let known = |value: &(Expression, Span)| self.builder.constant(value.0).cloned();
            if let (Some(Value::Integer(from)), Some(Value::Integer(to))) =
                (known(low), known(high))
                && from >= to
            {
                let message = format!("there is no whole number from {from} to below {to}");
                self.report(Diagnostic::error(Code::BadArguments, message).at(high.1));
                return None;
            }
        }
        let values: Vec<Expression> = given.iter().map(|(value, _)| *value).collect();
        self.built(
            |builder| match (kind, &values[..]) {
                (Random::Normal, [seed]) => builder.random_normal(table, *seed),
                (Random::Exponential, [seed]) => builder.random_exponential(table, *seed),
                (Random::Bool, [seed, share]) => builder.random_bool(table, *seed, *share),
                (Random::Integer, [seed, low, high]) => {
                    builder.random_integer(table, *seed, *low, *high)
                }
                _ => builder.random(table, values[0]),
            },
            function.name,
            &given,
            span,
        )
    }

    /// The table around a call that gives a value for each of its rows.
    pub(crate) fn rows_around(
        &mut self,
        name: &str,
        context: Context,
        span: Span,
    ) -> Option<TableId> {
        let table = self.home_table(context.home);
        if table.is_none() {
            let message = format!(
                "`{name}` gives a value for each row of the table around it; there is none here"
            );
            self.report(
                Diagnostic::error(Code::NeedsRows, message)
                    .at(span)
                    .help("write it in a table's block, or in `extend flights { ... }`"),
            );
        }
        table
    }
}
