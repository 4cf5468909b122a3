//! After everything is evaluated: carried columns, checks, outputs, tests.

use icosian_ir::id::NodeId;
use icosian_ir::types::Domain;

use super::Checked;
use super::declarations::{Checker, DeclarationId, Entity, Place, State, UnitId, UnitKind};
use super::expressions::Operand;
use super::names::Member;
use super::select::Pattern;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::syntax::ast::{self, ItemKind, Selector, SelectorKind};

impl Checker<'_> {
    /// Finishes the graph.
    pub(crate) fn finish(mut self) -> Checked {
        let modules = &self.modules;
        let is_part = |place: Place| !modules[place.module].template;
        self.checks.retain(|check| is_part(check.place));
        self.outputs.retain(|(place, _)| is_part(*place));
        self.tests.retain(|(place, _)| is_part(*place));
        self.carry_all();
        self.check_all();
        for (place, item) in std::mem::take(&mut self.outputs) {
            self.declare_output(place, item);
        }
        let mut tests = Vec::new();
        for (place, item) in std::mem::take(&mut self.tests) {
            tests.extend(self.test_block(place, item));
        }
        if !self.options.tests {
            tests.clear();
        }
        for name in self.options.configs.keys() {
            if !self.used_configs.contains(name) {
                let known: Vec<&str> = self
                    .modules
                    .values()
                    .flat_map(|module| module.names.iter())
                    .filter(|(_, entity)| matches!(entity, Entity::Config(_)))
                    .map(|(name, _)| &**name)
                    .collect();
                let mut diagnostic =
                    Diagnostic::error(Code::BadConfig, format!("the flow has no config `{name}`"));
                if let Some(hint) = nearest(name, known) {
                    diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
                }
                self.diagnostics.push(diagnostic);
            }
        }
        if let Some(documentation) = &self.programs[0].documentation {
            self.builder.set_doc(&documentation.value);
        }
        self.diagnostics
            .sort_by_key(|diagnostic| diagnostic.primary.map(|span| (span.file, span.start)));
        Checked {
            graph: self.builder.finish(),
            spans: self.spans,
            tests,
            diagnostics: self.diagnostics,
        }
    }

    /// Gives derived tables all columns of the table before, those included that live there
    /// without being declared in it.
    fn carry_all(&mut self) {
        let mut living: Vec<(DeclarationId, UnitId)> = Vec::new();
        for unit in self.units.ids() {
            if let State::Done(node) = self.units[unit].state
                && let Some(table) = self.builder.graph().table_of(node)
                && let Some(&declaration) = self.declaration_of.get(&table)
            {
                living.push((declaration, unit));
            }
        }
        let mut members: Vec<Vec<UnitId>> = vec![Vec::new(); self.declarations.len()];
        for (declaration, unit) in living {
            members[icosian_ir::id::Id::index(declaration)].push(unit);
        }
        // A bound table has all that lives on the rows it stands on.
        for (declaration, host) in self.hosts() {
            let living = members[icosian_ir::id::Id::index(host)].clone();
            members[icosian_ir::id::Id::index(declaration)] = living;
        }
        // A table's rows are made before those of tables derived from it.
        let mut derived: Vec<DeclarationId> = self
            .declarations
            .iter()
            .filter(|(_, declaration)| declaration.rows.is_some() && declaration.table.is_some())
            .map(|(id, _)| id)
            .collect();
        derived.sort_by_key(|id| self.declarations[*id].table);
        // Hidden steps are filled too, as the tables after them take their columns from there.
        for table in derived {
            if !self.carries(table) {
                continue;
            }
            let Some(parent) = self.parent(table) else {
                continue;
            };
            for unit in members[icosian_ir::id::Id::index(parent)].clone() {
                for name in self.carried_names(unit, parent) {
                    if let Some(&known) = self.declarations[table].members.get(&name) {
                        // Someone may have asked whether it is there, and no more.
                        if matches!(self.units[known].kind, UnitKind::Carried { .. })
                            && self.units[known].state == State::Waiting
                        {
                            self.evaluate(known);
                            members[icosian_ir::id::Id::index(table)].push(known);
                        }
                        continue;
                    }
                    // What one side of a union alone defines is no column of the union.
                    let is_missing = match self.other_of_union(table) {
                        Some(other) => matches!(self.full_member(other, &name), Member::Missing),
                        None => self.is_unpivoted(table, &name),
                    };
                    if is_missing {
                        continue;
                    }
                    let carried = self.carried(table, unit, name);
                    self.evaluate(carried);
                    members[icosian_ir::id::Id::index(table)].push(carried);
                }
            }
        }
    }

    fn declare_output(&mut self, place: Place, item: ast::ItemId) {
        let program = self.program(place);
        let ItemKind::Output { name, selectors } = &program.items[item].kind else {
            return;
        };
        let mut nodes: Vec<NodeId> = Vec::new();
        for selector in selectors {
            for node in self.selected(place, selector) {
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        let name = self.expand(place, *name);
        self.builder.output(&name, nodes);
    }

    fn selected(&mut self, place: Place, selector: &Selector) -> Vec<NodeId> {
        let span = selector.span;
        match &selector.kind {
            SelectorKind::Path(path) => self.selected_path(place, path).into_iter().collect(),
            SelectorKind::Tag(tag) => {
                let name = self.expand(place, *tag);
                let graph = self.builder.graph();
                let mut found: Vec<NodeId> = graph
                    .nodes
                    .iter()
                    .filter(|(_, node)| !node.hidden)
                    .filter(|(_, node)| node.tags.iter().any(|tag| tag.name == *name))
                    .map(|(id, _)| id)
                    .collect();
                graph.sort_by_place(&mut found);
                self.nothing_if_empty(&found, &format!("@{name}"), span);
                found
            }
            SelectorKind::Glob { scope, pattern } => {
                let scope: Vec<String> = scope
                    .iter()
                    .map(|name| self.expand(place, *name).to_string())
                    .collect();
                let prefix = &self.modules[place.module].prefix;
                let pattern = Pattern {
                    scope: if scope.is_empty() {
                        None
                    } else {
                        Some(format!("{prefix}{}", scope.join(".")))
                    },
                    name: self.program(place).text(*pattern).to_owned(),
                };
                let home = match place.rows {
                    super::declarations::Rows::Table(table) => self.declarations[table].table,
                    _ => None,
                };
                let graph = self.builder.graph();
                let mut found: Vec<NodeId> = graph
                    .nodes
                    .iter()
                    .filter(|(_, node)| {
                        home.is_none() || node.domain == home.map_or(Domain::Scalar, Domain::Rows)
                    })
                    .filter(|(_, node)| pattern.takes(graph, node))
                    .map(|(id, _)| id)
                    .collect();
                graph.sort_by_place(&mut found);
                let text = pattern.text();
                self.nothing_if_empty(&found, &text, span);
                found
            }
        }
    }

    fn nothing_if_empty(&mut self, found: &[NodeId], text: &str, span: Span) {
        // What was meant may be what is wrong.
        if found.is_empty()
            && !self
                .diagnostics
                .iter()
                .any(|d| d.code != Code::CannotRunYet)
        {
            let message = format!("`{text}` selects nothing");
            self.report(Diagnostic::error(Code::BadSelector, message).at(span));
        }
    }

    /// The node of a path such as `rel`, `flights.rel` or, through a row reference, `w.temp`.
    fn selected_path(&mut self, place: Place, path: &ast::Path) -> Option<NodeId> {
        let operand = self.path_operand(place, path)?;
        let value = self.value(&operand, path.span)?;
        let graph = self.builder.graph();
        if let icosian_ir::op::Op::Node(node) = graph.expressions[value].op {
            if graph.nodes[node].is_row_reference() {
                let name = graph.nodes[node].name.clone();
                let message = format!("`{name}` is a row of another table, which is no output");
                self.report(
                    Diagnostic::error(Code::BadSelector, message)
                        .at(path.span)
                        .help("select its columns"),
                );
                return None;
            }
            return Some(node);
        }
        // A column of a row reference gets a node of its own.
        let names: Vec<String> = path
            .names
            .iter()
            .map(|name| self.expand(place, *name).to_string())
            .collect();
        let mut short = names.join("_");
        loop {
            match self.builder.define(None, &short, value) {
                Ok(node) => {
                    let rank = self.rank();
                    self.builder.set_rank(node, rank);
                    self.builder.set_hidden(node);
                    self.spans.nodes.insert(node, path.span);
                    return Some(node);
                }
                Err(_) => short.push('_'),
            }
        }
    }

    /// What a path of names gives, evaluated like the expression it looks like.
    fn path_operand(&mut self, place: Place, path: &ast::Path) -> Option<Operand> {
        let (first, rest) = path.names.split_first()?;
        let text = self.expand(place, *first);
        let mut operand = match self.resolve(place, &text, first.span) {
            super::names::Meaning::Unit(unit) => self.done_value(unit)?,
            super::names::Meaning::Table(table) => Operand::Table(table),
            super::names::Meaning::Module(module) => Operand::Module(module),
            super::names::Meaning::Constant(_) => {
                let message = format!("`{text}` is a constant, which is no output");
                self.report(Diagnostic::error(Code::BadSelector, message).at(first.span));
                return None;
            }
            super::names::Meaning::Poison => return None,
        };
        for name in rest {
            let text = self.expand(place, *name);
            operand = match operand {
                Operand::Table(table) => self.done_member(table, &text, name.span)?,
                Operand::Module(module) => match self.name_in_module(module, &text) {
                    Some(Entity::Unit(unit)) => self.done_value(unit)?,
                    Some(Entity::Table(table)) => Operand::Table(table),
                    Some(Entity::Module(module)) => Operand::Module(module),
                    Some(Entity::Config(_) | Entity::Poison) => return None,
                    None => {
                        self.unknown_in_module(module, &text, name.span);
                        return None;
                    }
                },
                Operand::Value(row) => {
                    let ty = self.builder.scalar_type(row);
                    let icosian_ir::types::ScalarType::Row(table) = ty else {
                        self.no_members(row, path.span, &text, name.span);
                        return None;
                    };
                    let declaration = *self.declaration_of.get(&table)?;
                    let Operand::Value(column) = self.done_member(declaration, &text, name.span)?
                    else {
                        return None;
                    };
                    Operand::Value(self.gather(row, column, path.span)?)
                }
                _ => return None,
            };
        }
        if let Operand::Table(_) = operand {
            let names = self.program(place).path(path);
            let message = format!("`{names}` is a table");
            self.report(
                Diagnostic::error(Code::BadSelector, message)
                    .at(path.span)
                    .help(format!("select all its columns: {names}.*")),
            );
            return None;
        }
        Some(operand)
    }

    fn done_value(&mut self, unit: UnitId) -> Option<Operand> {
        self.evaluate(unit);
        match self.units[unit].state {
            State::Done(node) => Some(Operand::Value(self.builder.use_node(node))),
            State::Waiting | State::Running | State::Rows(_) | State::Poisoned => None,
        }
    }

    fn done_member(&mut self, table: DeclarationId, name: &str, span: Span) -> Option<Operand> {
        match self.full_member(table, name) {
            super::names::Member::Found(unit) => self.done_value(unit),
            super::names::Member::Missing => {
                self.unknown_member(table, name, span);
                None
            }
            super::names::Member::Wait(_) | super::names::Member::Poison => None,
        }
    }
}
