//! Lookups of rows in other tables, and the columns gathered from them.

use icosian_ir::graph::TableRows;
use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::{Comparison, Pick};
use icosian_ir::types::ScalarType;

use super::declarations::{Checker, DeclarationId, State, UnitId};
use super::expressions::{Context, Operand, Task};
use super::names::Member;
use crate::diagnostic::Span;
use crate::syntax::ast::{
    self, ExprId, ExprKind, LookupCondition, LookupOperator, LookupPick, Name,
};

/// What a lookup asks for.
pub(crate) struct Conditions {
    /// The table looked up in.
    pub(crate) table: TableId,
    /// Each column over there, how it compares, and the value here.
    pub(crate) sides: Vec<(Expression, Comparison, Expression)>,
}

impl Conditions {
    /// Whether an inequality is among them.
    fn is_as_of(&self) -> bool {
        let mut sides = self.sides.iter();
        sides.any(|(_, comparison, _)| *comparison != Comparison::Equal)
    }
}

/// Which of several rows a word picks.
pub(crate) fn pick_of(word: LookupPick) -> Pick {
    match word {
        LookupPick::First => Pick::First,
        LookupPick::Last => Pick::Last,
    }
}

fn comparison(operator: LookupOperator) -> Comparison {
    match operator {
        LookupOperator::Equal => Comparison::Equal,
        LookupOperator::Less => Comparison::Less,
        LookupOperator::LessOrEqual => Comparison::LessOrEqual,
        LookupOperator::Greater => Comparison::Greater,
        LookupOperator::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}

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
        operands: &[Operand],
        context: Context,
    ) -> Option<Expression> {
        let place = self.place_of(context);
        let ExprKind::Lookup {
            pick,
            table,
            conditions,
        } = &self.program(place).exprs[id].kind
        else {
            return None;
        };
        let found = self.lookup_conditions(*table, conditions, operands, context)?;
        let span = self.span_of(id, context);
        self.key_values("a lookup", found.sides.len(), span)?;
        let pick = match pick {
            Some(pick) => Some(pick_of(*pick)),
            None => found.is_as_of().then_some(Pick::Nearest),
        };
        let values: Vec<_> = found
            .sides
            .iter()
            .map(|(_, _, value)| (*value, span))
            .collect();
        self.built(
            |builder| match pick {
                Some(pick) => builder.find(found.table, pick, &found.sides),
                None => {
                    let (keys, values): (Vec<_>, Vec<_>) = found
                        .sides
                        .iter()
                        .map(|(key, _, value)| (*key, *value))
                        .unzip();
                    builder.lookup(found.table, &keys, &values)
                }
            },
            "lookup",
            &values,
            span,
        )
    }

    /// The conditions of a lookup, whose values here are `operands`.
    pub(crate) fn lookup_conditions(
        &mut self,
        table: ExprId,
        conditions: &[LookupCondition],
        operands: &[Operand],
        context: Context,
    ) -> Option<Conditions> {
        if operands.contains(&Operand::Poison) {
            return None;
        }
        let declaration = self.lookup_table(table, context)?;
        let table = self.declarations[declaration].table?;
        let mut sides = Vec::with_capacity(conditions.len());
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
            sides.push((key, comparison(condition.operator), value));
        }
        Some(Conditions { table, sides })
    }

    /// The rows of a join of `parent` on the conditions of a lookup.
    pub(crate) fn join_rows(
        &mut self,
        parent: TableId,
        lookup: Expression,
        pick: Option<Pick>,
        left: bool,
        span: Span,
    ) -> Option<TableRows> {
        let ScalarType::Row(other) = self.builder.scalar_type(lookup) else {
            return None;
        };
        match self.builder.join_conditions(parent, lookup, pick, left) {
            Ok(on) => Some(TableRows::Join { parent, other, on }),
            Err(error) => {
                self.refused(&error, "join", &[(lookup, span)], span);
                None
            }
        }
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
