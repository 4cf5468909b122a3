//! The suffix `over`: its keys come first, then what it governs.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::meaning::order::Direction;

use super::declarations::{Checker, DeclarationId, Entity, Rows, State, UnitId};
use super::expressions::{Context, Operand, Task};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{ExprId, ExprKind, OverClause};

/// How many values a key may have; the machine finds keys by a word per value and one word that says
/// which are null.
const MOST_KEYS: usize = 64;

/// An interned `over` suffix; [`OverId::NONE`] is its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OverId(pub u32);

impl OverId {
    pub(crate) const NONE: OverId = OverId(0);
}

/// What an `over` suffix says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct OverSpec {
    pub keys: Vec<Expression>,
    pub order: Vec<(Expression, Direction)>,
}

/// Whose rows an `over` suffix governs.
enum Governed {
    Table(DeclarationId),
    /// None or several, or it doesn't matter.
    Unclear,
    /// Known once these are evaluated.
    Wait(Vec<UnitId>),
}

impl Checker<'_> {
    pub(crate) fn intern_over(&mut self, spec: OverSpec) -> OverId {
        if let Some(id) = self.over_ids.get(&spec) {
            return *id;
        }
        let id = OverId(self.overs.len() as u32);
        self.overs.push(spec.clone());
        self.over_used.push(false);
        self.over_ids.insert(spec, id);
        id
    }

    /// Enters the keys of an `over` suffix, before what it governs.
    pub(crate) fn enter_over(
        &mut self,
        id: ExprId,
        value: ExprId,
        over: &OverClause,
        context: Context,
    ) {
        let mut keys = context;
        if context.rows == Rows::Top {
            match self.governed_table(value, over, context) {
                Governed::Table(table) => keys.rows = Rows::Table(table),
                Governed::Unclear => {}
                Governed::Wait(units) => {
                    self.tasks.push(Task::Enter(id, context));
                    return self.tasks.extend(units.into_iter().map(Task::Need));
                }
            }
        }
        self.tasks.push(Task::OverKeys(id, context));
        for key in over.order.iter().rev() {
            self.tasks.push(Task::Enter(key.value, keys));
        }
        for key in over.keys.iter().rev() {
            self.tasks.push(Task::Enter(*key, keys));
        }
    }

    /// The one table whose rows the names under an `over` have. It decides what a key means that
    /// several tables have; so it is asked for only if there is such a key.
    fn governed_table(&mut self, value: ExprId, over: &OverClause, context: Context) -> Governed {
        let place = self.place_of(context);
        let program = self.program(place);
        let sorts = over.order.iter().map(|key| key.value);
        let several = over.keys.iter().copied().chain(sorts).any(|key| {
            let ExprKind::Name(name) = &program.exprs[key].kind else {
                return false;
            };
            let module = &self.modules[place.module];
            let text = program.name(*name);
            module
                .source_members
                .get(text)
                .is_some_and(|units| units.len() > 1)
                && !module.names.contains_key(text)
        });
        if !several {
            return Governed::Unclear;
        }
        let mut waiting = Vec::new();
        let mut table = None;
        for id in program.subtree(value) {
            let ExprKind::Name(name) = &program.exprs[id].kind else {
                continue;
            };
            let text = self.expand(place, *name);
            let module = &self.modules[place.module];
            let unit = match module.names.get(&text) {
                Some(Entity::Unit(unit)) => *unit,
                Some(_) => continue,
                None => match module.source_members.get(&text).map(Vec::as_slice) {
                    Some([unit]) => *unit,
                    _ => continue,
                },
            };
            match self.units[unit].state {
                State::Done(node) => {
                    let found = self.builder.graph().table_of(node);
                    if found.is_some() && table.is_some() && found != table {
                        return Governed::Unclear;
                    }
                    table = table.or(found);
                }
                State::Waiting => waiting.push(unit),
                State::Running | State::Rows(_) | State::Poisoned => {}
            }
        }
        if !waiting.is_empty() {
            return Governed::Wait(waiting);
        }
        match table.and_then(|table| self.declaration_of.get(&table)) {
            Some(table) => Governed::Table(*table),
            None => Governed::Unclear,
        }
    }

    /// Takes the keys of an `over` suffix off the stack; none if one is poisoned.
    /// Whether a key of so many values can be found again; a diagnostic if not.
    pub(crate) fn key_values(&mut self, what: &str, count: usize, span: Span) -> Option<()> {
        if count <= MOST_KEYS {
            return Some(());
        }
        let message = format!("{what} takes at most {MOST_KEYS} keys, these are {count}");
        let help = "one text can stand for several of them: key = concat(str(a), \"/\", str(b))";
        let diagnostic = Diagnostic::error(Code::BadArguments, message);
        self.report(diagnostic.at(span).help(help));
        None
    }

    pub(crate) fn pop_over(&mut self, clause: &OverClause) -> Option<OverId> {
        let count = clause.keys.len() + clause.order.len();
        let operands = self.operands.split_off(self.operands.len() - count);
        let mut values = Vec::with_capacity(count);
        for operand in &operands {
            values.push(self.value(operand, clause.span)?);
        }
        self.key_values("`over`", clause.keys.len(), clause.span)?;
        let order = values
            .split_off(clause.keys.len())
            .into_iter()
            .zip(&clause.order)
            .map(|(value, key)| (value, key.direction()))
            .collect();
        Some(self.intern_over(OverSpec {
            keys: values,
            order,
        }))
    }

    pub(crate) fn over_keys(&mut self, id: ExprId, context: Context) {
        let program = self.program(self.frames[context.frame].place);
        let ExprKind::Over { value, over } = &program.exprs[id].kind else {
            return;
        };
        let Some(interned) = self.pop_over(over) else {
            return self.operands.push(Operand::Poison);
        };
        let used = std::mem::replace(&mut self.over_used[interned.0 as usize], false);
        self.tasks.push(Task::OverEnd(id, context, interned, used));
        self.tasks.push(Task::Enter(
            *value,
            Context {
                over: interned,
                ..context
            },
        ));
    }

    pub(crate) fn over_end(&mut self, id: ExprId, context: Context, over: OverId, before: bool) {
        let governed = self.over_used[over.0 as usize];
        self.over_used[over.0 as usize] |= before;
        if governed || self.operands.last() == Some(&Operand::Poison) {
            return;
        }
        let program = self.program(self.frames[context.frame].place);
        if let ExprKind::Over { over, .. } = &program.exprs[id].kind {
            self.unused_over(over.span);
        }
    }
}
