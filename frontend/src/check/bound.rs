//! The inputs of instances: whose rows a bound table stands on, the values of its columns, and how
//! nodes are called there.

use std::rc::Rc;

use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::types::Domain;

use super::declarations::{
    BoundValue, Checker, DeclarationId, DeclarationKind, Parent, Rows, State, UnitId, UnitKind,
};
use super::expressions::{Context, Operand, Task};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::TypeId;

impl Checker<'_> {
    /// Begins to work out whose rows a bound table stands on: the values bound to it.
    pub(crate) fn start_bound_rows(&mut self, unit: UnitId, table: DeclarationId) {
        let mut values = Vec::new();
        let mut place = self.units[unit].place;
        if let DeclarationKind::Bound(Some(host)) = self.declarations[table].kind {
            self.enter_frame(place);
            self.tasks.push(Task::Finish(unit, 0));
            return self.need_rows(host);
        }
        for member in &self.declarations[table].order {
            if let UnitKind::Bound {
                value: BoundValue::Written(value),
                outer,
                ..
            } = self.units[*member].kind
            {
                place = outer;
                values.push(value);
            }
        }
        let context = self.enter_frame(place);
        self.tasks.push(Task::Finish(unit, values.len()));
        let values = values.into_iter().rev();
        self.tasks
            .extend(values.map(|value| Task::Enter(value, context)));
        self.need_rows_of(place.rows);
    }

    /// The rows that a bound table stands on.
    pub(crate) fn finish_bound_rows(
        &mut self,
        table: DeclarationId,
        operands: &[Operand],
    ) -> Option<State> {
        let module = self.declarations[table].place.module;
        let instance = self.instances.get(&module)?;
        let (outer, span) = (instance.outer, instance.span);
        if let DeclarationKind::Bound(Some(host)) = self.declarations[table].kind {
            let rows = self.declarations[host].table?;
            self.declarations[table].table = Some(rows);
            return Some(State::Rows(rows));
        }
        let mut found: Option<(TableId, Expression)> = None;
        for operand in operands {
            let value = self.value(operand, span)?;
            match (self.builder.domain(value), found) {
                (Domain::Scalar, _) => {}
                (Domain::Rows(rows), None) => found = Some((rows, value)),
                (Domain::Rows(rows), Some((first, _))) if rows == first => {}
                (Domain::Rows(rows), Some((first, _))) => {
                    let graph = self.builder.graph();
                    let (first, second) = (&graph.tables[first].name, &graph.tables[rows].name);
                    let name = &self.declarations[table].name;
                    let message = format!(
                        "`{name}` is bound to rows of two tables, `{first}` and `{second}`"
                    );
                    let help = "look the columns of one up in the other first";
                    let diagnostic = Diagnostic::error(Code::DomainClash, message).at(span);
                    self.report(diagnostic.help(help));
                    return None;
                }
            }
        }
        let around = match outer.rows {
            Rows::Table(around) => self.declarations[around].table,
            Rows::Top | Rows::Groups(_) | Rows::Grouped(_) => None,
        };
        let Some(rows) = found.map(|(rows, _)| rows).or(around) else {
            let name = &self.declarations[table].name;
            let message =
                format!("`{name}` needs rows: one of its columns must be bound to a column");
            self.report(Diagnostic::error(Code::NeedsRows, message).at(span));
            return None;
        };
        self.declarations[table].table = Some(rows);
        Some(State::Rows(rows))
    }

    /// The value of an input of an instance, as its declared type has it.
    pub(crate) fn finish_bound(
        &mut self,
        unit: UnitId,
        ty: Option<TypeId>,
        table: Option<DeclarationId>,
        operand: &Operand,
    ) -> Option<State> {
        let place = self.units[unit].place;
        let name = Rc::clone(&self.units[unit].name);
        let argument = self.instances.get(&place.module)?.argument_span(&name);
        let span = argument.unwrap_or(self.units[unit].span);
        let mut value = self.value(operand, span)?;
        if let Some(ty) = ty {
            let wanted = self.written_type(place, ty)?;
            value = self.convert_for(&format!("`{name}`"), value, wanted, span)?;
        }
        if table.is_none() && self.builder.domain(value) != Domain::Scalar {
            let message = format!("`{name}` is one value for the whole run, and this is a column");
            self.report(Diagnostic::error(Code::BadArguments, message).at(span));
            return None;
        }
        let node = self.define(unit, table, value)?;
        Some(State::Done(node))
    }

    /// The name of a node within its table: an instance's node on rows from outside carries the
    /// instance's name.
    pub(crate) fn name_on(&self, unit: UnitId, table: TableId) -> String {
        let unit = &self.units[unit];
        let module = unit.place.module;
        let host = self.declaration_of.get(&table);
        let host = host.map_or(module, |host| self.declarations[*host].place.module);
        let own = &self.modules[module].prefix;
        match own.strip_prefix(&self.modules[host].prefix) {
            Some(rest) => format!("{rest}{}", unit.name),
            None => unit.name.to_string(),
        }
    }

    /// The bound tables, and those on whose rows they stand.
    pub(crate) fn hosts(&self) -> Vec<(DeclarationId, DeclarationId)> {
        let bound = self.instances.values();
        let bound = bound.flat_map(|instance| instance.bound_tables());
        let host = |table: DeclarationId| {
            let rows = self.declarations[table].table?;
            Some((table, *self.declaration_of.get(&rows)?))
        };
        bound.filter_map(host).collect()
    }

    /// The names under which a table derived from `parent` carries a member of it: its name on
    /// those rows, and in the module of a bound table its name there.
    pub(crate) fn carried_names(&self, unit: UnitId, parent: DeclarationId) -> Vec<Rc<str>> {
        let entry = &self.units[unit];
        let mut names: Vec<Rc<str>> = vec![Rc::clone(&entry.name)];
        if let State::Done(node) = entry.state {
            let short: Rc<str> = self.builder.graph().nodes[node].short_name().into();
            let parent = &self.declarations[parent];
            let own = matches!(parent.kind, DeclarationKind::Bound(_))
                && entry.place.module == parent.place.module;
            if !own {
                names.clear();
            }
            if !names.contains(&short) {
                names.push(short);
            }
        }
        names
    }

    /// The name under which a derived table carries a member of the one before.
    pub(crate) fn carried_name(&self, from: UnitId, table: DeclarationId) -> Rc<str> {
        match self.units[from].state {
            State::Done(node) if !self.carries_bound(table) => {
                self.builder.graph().nodes[node].short_name().into()
            }
            _ => Rc::clone(&self.units[from].name),
        }
    }

    /// Whether a table is derived from a bound one.
    pub(crate) fn carries_bound(&self, table: DeclarationId) -> bool {
        let DeclarationKind::Step {
            parent: Parent::Table(parent),
            ..
        } = &self.declarations[table].kind
        else {
            return false;
        };
        matches!(self.declarations[*parent].kind, DeclarationKind::Bound(_))
    }
}

/// The step that gives the value of a bound input.
pub(crate) fn bound_task(value: BoundValue, context: Context) -> Task {
    match value {
        BoundValue::Written(value) => Task::Enter(value, context),
        BoundValue::Column(table, name) => Task::Member(table, name, context),
    }
}
