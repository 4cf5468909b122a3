//! Hashes, the numbers of rows, and random numbers made of both.

use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::Op;

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

    /// `random(seed)`, `random_normal(seed)`: for each row of the table around it.
    pub(crate) fn random(
        &mut self,
        kind: Random,
        function: &Function,
        seed: (Expression, Span),
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let table = self.rows_around(function.name, context, span)?;
        self.built(
            |builder| match kind {
                Random::Uniform => builder.random(table, seed.0),
                Random::Normal => builder.random_normal(table, seed.0),
            },
            function.name,
            &[seed],
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
