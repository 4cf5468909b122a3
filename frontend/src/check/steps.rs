//! The rows of derived tables, step by step.

use icosian_ir::columns::End;
use icosian_ir::graph::{SortKey, TableRows};
use icosian_ir::id::ExprId as Expression;
use icosian_ir::types::{Domain, ScalarType};
use icosian_ir::value::Value;

use super::declarations::{Checker, DeclarationId, Rows, State, UnitId};
use super::expressions::{Context, Operand, Task};
use super::lookup::pick_of;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{ExprKind, StepKind};

impl Checker<'_> {
    /// Begins to work out a derived table's rows: first those of the table before.
    pub(crate) fn start_rows(&mut self, unit: UnitId, table: DeclarationId, context: Context) {
        let parent = self.parent(table);
        let (Some(parent), Some((step, _))) = (parent, self.step(table)) else {
            self.operands.push(Operand::Poison);
            return self.tasks.push(Task::Finish(unit, 1));
        };
        let rows = Rows::Table(parent);
        let inner = Context {
            rows,
            home: rows,
            ..context
        };
        let mut tasks: Vec<Task> = Vec::new();
        match &step.kind {
            StepKind::Where(condition) => tasks.push(Task::Enter(*condition, inner)),
            StepKind::GroupBy { keys, .. } => {
                tasks.extend(keys.iter().map(|key| Task::Enter(key.value, inner)));
            }
            StepKind::OrderBy(keys) => {
                tasks.extend(keys.iter().map(|key| Task::Enter(key.value, inner)));
            }
            StepKind::Limit { count, .. } => tasks.push(Task::Enter(*count, context)),
            StepKind::Sample { count, seed } => {
                tasks.push(Task::Enter(*count, context));
                tasks.extend(seed.map(|seed| Task::Enter(seed, context)));
            }
            StepKind::Distinct(names) => {
                tasks.extend(names.iter().map(|name| Task::Member(parent, *name, inner)));
            }
            StepKind::Unpivot { .. } => {
                tasks.extend(self.enter_unpivoted(table, parent, step.span));
            }
            StepKind::Join { lookup, .. } => tasks.push(Task::Enter(*lookup, inner)),
            StepKind::Union(_) => {}
        }
        self.tasks.push(Task::Finish(unit, tasks.len()));
        self.tasks.extend(tasks.into_iter().rev());
        if let StepKind::Union(path) = &step.kind {
            let place = self.declarations[table].place;
            if let Some(other) = self.table_at(place, path) {
                self.need_rows(other);
            }
        }
        self.need_rows(parent);
    }

    /// Makes the derived table, now that its predicate or keys are known.
    pub(crate) fn finish_rows(
        &mut self,
        table: DeclarationId,
        operands: &[Operand],
    ) -> Option<State> {
        let declared_parent = self.parent(table)?;
        let parent = self.declarations[declared_parent].table?;
        let (step, place) = self.step(table)?;
        let span = step.span;
        let program = self.program(place);
        let mut values: Vec<Expression> = Vec::with_capacity(operands.len());
        for operand in operands {
            values.push(self.value(operand, span)?);
        }
        let rows = match &step.kind {
            StepKind::Where(condition) => {
                let span = program.exprs[*condition].span;
                self.condition(values[0], span)?;
                let predicate = self.on_rows(values[0], parent, "where", span)?;
                TableRows::Filter { parent, predicate }
            }
            StepKind::GroupBy { keys, .. } => {
                self.key_values("`group by`", keys.len(), span)?;
                let mut on_rows = Vec::with_capacity(keys.len());
                for (value, key) in values.iter().zip(keys) {
                    let span = program.exprs[key.value].span;
                    on_rows.push(self.on_rows(*value, parent, "group by", span)?);
                }
                TableRows::Group {
                    parent,
                    keys: on_rows,
                }
            }
            StepKind::OrderBy(sorts) => {
                let mut keys = Vec::with_capacity(sorts.len());
                for (value, sort) in values.iter().zip(sorts) {
                    let span = program.exprs[sort.value].span;
                    keys.push(SortKey {
                        expression: self.on_rows(*value, parent, "order by", span)?,
                        direction: sort.direction(),
                    });
                }
                TableRows::Order { parent, keys }
            }
            StepKind::Limit { from_end, count } => {
                let span = program.exprs[*count].span;
                let end = if *from_end { End::Last } else { End::First };
                self.row_count(end.step(), values[0], span)?;
                TableRows::Limit {
                    parent,
                    end,
                    rows: values[0],
                }
            }
            StepKind::Sample { count, seed } => {
                let rows = values[0];
                self.row_count("sample", rows, program.exprs[*count].span)?;
                let (seed, span) = match (seed, values.get(1)) {
                    (Some(seed), Some(value)) => (*value, program.exprs[*seed].span),
                    _ => (self.builder.literal(Value::Integer(0)), span),
                };
                let key = self.built(
                    |builder| builder.random(parent, seed),
                    "sample",
                    &[(seed, span)],
                    span,
                )?;
                TableRows::Sample {
                    parent,
                    rows,
                    seed,
                    key,
                }
            }
            StepKind::Distinct(_) => {
                self.key_values("`distinct`", values.len(), span)?;
                TableRows::Distinct {
                    parent,
                    columns: values,
                }
            }
            StepKind::Union(path) => {
                let other = self.table_at(place, path)?;
                self.check_union(table, [declared_parent, other], span)?;
                TableRows::Union {
                    parent,
                    other: self.declarations[other].table?,
                }
            }
            StepKind::Join {
                keep_unmatched,
                lookup,
                ..
            } => {
                let expr = &program.exprs[*lookup];
                let pick = match expr.kind {
                    ExprKind::Lookup { pick, .. } => pick.map(pick_of),
                    _ => return None,
                };
                self.join_rows(parent, values[0], pick, *keep_unmatched, expr.span)?
            }
            StepKind::Unpivot { .. } => self.unpivot_rows(table, parent, values)?,
        };
        let name = self.declarations[table].name.clone();
        self.make_table(table, &name, rows);
        self.declarations[table].table.map(State::Rows)
    }

    /// Whether a value can say how many rows stay; a diagnostic if not.
    fn row_count(&mut self, step: &str, count: Expression, span: Span) -> Option<()> {
        if !self.builder.scalar_type(count).is_integer() {
            self.wrong_argument(step, "one integer", (count, span), span);
            return None;
        }
        if let Domain::Rows(table) = self.builder.domain(count) {
            let table = &self.builder.graph().tables[table].name;
            let message = format!("`{step}` takes one integer, this is a column of `{table}`");
            self.report(
                Diagnostic::error(Code::DomainClash, message)
                    .at(span)
                    .help("reduce it: `max(…)`"),
            );
            return None;
        }
        if let Some(Value::Integer(count)) = self.builder.constant(count)
            && *count < 0
        {
            let message = format!("`{step}` takes 0 rows or more");
            let mut diagnostic = Diagnostic::error(Code::BadArguments, message).at(span);
            if step == End::First.step() {
                diagnostic = diagnostic.help(format!("the last rows are `tail {}`", -count));
            }
            self.report(diagnostic);
            return None;
        }
        Some(())
    }

    /// A value on the rows of a table; a diagnostic if it has other rows.
    fn on_rows(
        &mut self,
        value: Expression,
        table: icosian_ir::id::TableId,
        operation: &str,
        span: Span,
    ) -> Option<Expression> {
        self.built(
            |builder| builder.broadcast(value, table),
            operation,
            &[(value, span)],
            span,
        )
    }

    /// Whether a value can be a condition; a diagnostic if not.
    pub(crate) fn condition(&mut self, value: Expression, span: Span) -> Option<()> {
        let ty = self.builder.ty(value);
        if ty.scalar == ScalarType::Bool {
            return Some(());
        }
        let message = format!("a condition must be bool, this is {}", self.type_text(ty));
        let mut diagnostic = Diagnostic::error(Code::TypeMismatch, message).at(span);
        if ty.scalar.is_number() {
            diagnostic = diagnostic.help("compare it: … != 0");
        }
        self.report(diagnostic);
        None
    }
}
