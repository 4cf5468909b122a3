//! Lookups of rows in other tables, and the columns gathered from them.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::types::{Domain, ScalarType};

use super::declarations::{Checker, DeclarationId, State, UnitId};
use super::expressions::{Context, Operand, Task};
use super::names::Member;
use crate::diagnostic::Span;
use crate::syntax::ast::{self, ExprId, ExprKind, LookupCondition, LookupOperator, Name};

impl Checker<'_> {
    /// Enters a lookup: the key columns over there must be known, then the values here.
    pub(crate) fn enter_lookup(
        &mut self,
        id: ExprId,
        table: ExprId,
        conditions: &[LookupCondition],
        context: Context,
    ) {
        let Some(declaration) = self.lookup_table(table, context) else {
            return self.operands.push(Operand::Poison);
        };
        let mut needed: Vec<UnitId> = Vec::with_capacity(conditions.len());
        for condition in conditions {
            let text = self.expand(self.place_of(context), condition.column);
            match self.full_member(declaration, &text) {
                Member::Found(unit) => needed.push(unit),
                Member::Wait(unit) => {
                    self.tasks.push(Task::Enter(id, context));
                    return self.tasks.push(Task::Need(unit));
                }
                Member::Missing => {
                    self.unknown_member(declaration, &text, condition.column.span);
                    return self.operands.push(Operand::Poison);
                }
                Member::Poison => return self.operands.push(Operand::Poison),
            }
        }
        self.tasks.push(Task::Exit(id, context, conditions.len()));
        for condition in conditions.iter().rev() {
            self.tasks.push(Task::Enter(condition.value, context));
        }
        for unit in needed.into_iter().rev() {
            self.tasks.push(Task::Need(unit));
        }
        self.need_rows(declaration);
    }

    /// The table of a lookup: a name, or names joined by dots.
    fn lookup_table(&mut self, table: ExprId, context: Context) -> Option<DeclarationId> {
        let place = self.place_of(context);
        let program = self.program(place);
        let mut names: Vec<Name> = Vec::new();
        let mut at = table;
        loop {
            match &program.exprs[at].kind {
                ExprKind::Name(name) => {
                    names.push(*name);
                    break;
                }
                ExprKind::Member { base, name } => {
                    names.push(*name);
                    at = *base;
                }
                ExprKind::Error => return None,
                _ => {
                    let span = program.exprs[table].span;
                    self.not_a_table(span);
                    return None;
                }
            }
        }
        names.reverse();
        let span = program.exprs[table].span;
        self.table_at(place, &ast::Path { names, span })
    }

    /// The row that a lookup finds.
    pub(crate) fn exit_lookup(
        &mut self,
        id: ExprId,
        table: ExprId,
        conditions: &[LookupCondition],
        operands: &[Operand],
        context: Context,
    ) -> Option<Expression> {
        if operands.contains(&Operand::Poison) {
            return None;
        }
        let declaration = self.lookup_table(table, context)?;
        let rows = self.declarations[declaration].table?;
        let span = self.span_of(id, context);
        let mut keys = Vec::with_capacity(conditions.len());
        let mut values = Vec::with_capacity(conditions.len());
        let mut domain = Domain::Scalar;
        for (condition, operand) in conditions.iter().zip(operands) {
            let text = self.expand(self.place_of(context), condition.column);
            let Member::Found(unit) = self.full_member(declaration, &text) else {
                return None;
            };
            let State::Done(node) = self.units[unit].state else {
                return None;
            };
            let value_span = self.span_of(condition.value, context);
            let value = self.value(operand, value_span)?;
            let key = self.builder.use_node(node);
            // Each condition by itself, so that the one that doesn't fit is named.
            self.built(
                |builder| builder.meet("lookup", key, value).map(|(key, _)| key),
                condition.operator.as_str(),
                &[(key, condition.column.span), (value, value_span)],
                condition.column.span.to(value_span),
            )?;
            if let Domain::Rows(_) = self.builder.domain(value) {
                domain = self.builder.domain(value);
            }
            keys.push(key);
            values.push(value);
        }
        let as_of = conditions
            .iter()
            .any(|condition| condition.operator != LookupOperator::Equal);
        if as_of {
            self.cannot_run("an as-of lookup (one with an inequality)", span);
            return Some(self.stand_in(ScalarType::Row(rows).nullable(), domain));
        }
        self.built(
            |builder| builder.lookup(rows, &keys, &values),
            "lookup",
            &values
                .iter()
                .map(|value| (*value, span))
                .collect::<Vec<_>>(),
            span,
        )
    }

    /// A column over there, by the row reference here.
    pub(crate) fn gather(
        &mut self,
        row: Expression,
        column: Expression,
        span: Span,
    ) -> Option<Expression> {
        // One value for all rows over there: nothing to gather, but null where there is no row.
        self.built(
            |builder| {
                let ScalarType::Row(table) = builder.scalar_type(row) else {
                    return builder.gather(row, column);
                };
                let column = builder.broadcast(column, table)?;
                builder.gather(row, column)
            },
            "lookup",
            &[(row, span), (column, span)],
            span,
        )
    }
}
