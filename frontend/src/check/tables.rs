//! Tables: sources with their columns and bindings, and queries as chains of steps.

use std::collections::HashMap;
use std::rc::Rc;

use icosian_ir::graph::{Binding, TableRows};

use super::constants::Constant;
use super::declarations::{
    Checker, Declaration, DeclarationId, DeclarationKind, Entity, ModuleId, Parent, Place, State,
    Unit, UnitKind,
};
use super::load::relative_to;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{
    Argument, ExprKind, GroupKey, ItemId, ItemKind, Name, Query, StepKind, Text,
};

impl Checker<'_> {
    /// Where a source is read from, with its options.
    pub(crate) fn binding(&mut self, place: Place, path: &Text, options: &[Argument]) -> Binding {
        let mut binding = Binding {
            path: relative_to(&self.loaded.folders[place.file], &path.value),
            ..Binding::default()
        };
        for option in options {
            let value = self.constant(place, option.value);
            let span = self.program(place).exprs[option.value].span;
            let name = option.name.map(|name| self.expand(place, name));
            match (name.as_deref(), value) {
                (_, Constant::Poison) => {}
                (Some("null"), Constant::Text(text)) => binding.null.push(text.to_string()),
                (Some("null"), Constant::List(list)) => {
                    for text in list.iter() {
                        match text {
                            Constant::Text(text) => binding.null.push(text.to_string()),
                            _ => self.bad_option("`null` takes a text or a list of texts", span),
                        }
                    }
                }
                (Some("delimiter"), Constant::Text(text)) => {
                    let mut letters = text.chars();
                    match (letters.next(), letters.next()) {
                        (Some(letter), None) if letter.is_ascii() => {
                            binding.delimiter = Some(letter);
                        }
                        _ => self.bad_option("`delimiter` takes one ASCII character", span),
                    }
                }
                (Some("null" | "delimiter"), _) => {
                    self.bad_option("this option takes a text", span);
                }
                _ => self.bad_option("the options of a source are `null` and `delimiter`", span),
            }
        }
        binding
    }

    fn bad_option(&mut self, message: &str, span: Span) {
        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
    }

    /// The columns of a source that doesn't list them, from its schema.
    pub(crate) fn columns_of_source(&mut self, table: DeclarationId) {
        let declaration = &self.declarations[table];
        let DeclarationKind::Source { binding } = &declaration.kind else {
            return;
        };
        let (name, span) = (declaration.name.clone(), declaration.span);
        let schema = match self.options.schemas {
            // What is read from it belongs to other flows.
            _ if self.modules[declaration.place.module].template => {
                self.declarations[table].kind = DeclarationKind::Unknown;
                return;
            }
            Some(schemas) => schemas.schema(&name, binding.as_ref()),
            None => Err("no file to take them from is known".to_owned()),
        };
        match schema {
            Err(why) => {
                let message = format!("the columns of table `{name}` are not known: {why}");
                self.report(
                    Diagnostic::error(Code::MissingSchema, message)
                        .at(span)
                        .help(format!("list them: table {name} {{ column: f64 }}")),
                );
                self.declarations[table].kind = DeclarationKind::Unknown;
            }
            Ok(columns) => {
                for column in columns {
                    let rank = self.rank();
                    let place = self.declarations[table].place;
                    let unit = self.units.push(Unit {
                        name: column.name.as_str().into(),
                        place,
                        span,
                        kind: UnitKind::Column,
                        state: State::Waiting,
                        item: None,
                        hidden: false,
                        rank,
                    });
                    self.declare_member(table, unit);
                    self.schema_types.insert(unit, column.ty);
                }
            }
        }
    }

    /// Puts all source tables and their columns into the graph.
    pub(crate) fn declare_sources(&mut self) {
        for id in self.declarations.ids() {
            if !self.modules[self.declarations[id].place.module].template {
                self.declare_source(id);
            }
        }
    }

    fn declare_source(&mut self, id: DeclarationId) {
        let declaration = &self.declarations[id];
        let DeclarationKind::Source { binding } = &declaration.kind else {
            return;
        };
        let (name, binding) = (declaration.name.clone(), binding.clone());
        self.make_table(id, &name, TableRows::Source(binding));
        for unit in self.declarations[id].order.clone() {
            if matches!(self.units[unit].kind, UnitKind::Column) {
                self.declare_column(id, unit);
            }
        }
    }

    /// Puts the source tables of a template into the graph when something in it is first asked for.
    pub(crate) fn wake(&mut self, module: ModuleId) {
        if self.modules[module].template && !self.modules[module].awake {
            self.modules[module].awake = true;
            for table in self.modules[module].sources.clone() {
                self.declare_source(table);
            }
        }
    }

    /// A declared table's entry in the graph.
    pub(crate) fn make_table(&mut self, id: DeclarationId, name: &str, rows: TableRows) {
        let declaration = &self.declarations[id];
        let (span, rank) = (declaration.span, declaration.rank);
        let doc = match declaration.item {
            Some(item) if !declaration.hidden => {
                let item = &self.program(declaration.place).items[item];
                item.documentation.as_ref().map_or("", |text| &text.value)
            }
            _ => "",
        };
        let fit = declaration.item.is_some_and(|item| {
            let item = &self.program(declaration.place).items[item].kind;
            !declaration.hidden && matches!(item, ItemKind::Definition { fit: true, .. })
        });
        match self.builder.table(name, doc, rows) {
            Ok(table) => {
                if fit {
                    self.builder.set_table_fit(table);
                }
                self.builder.set_table_rank(table, rank);
                self.declarations[id].table = Some(table);
                self.declaration_of.insert(table, id);
                self.spans.tables.insert(table, span);
            }
            // The name was told to be taken when it was declared.
            Err(_) => self.declarations[id].kind = DeclarationKind::Unknown,
        }
    }

    fn declare_column(&mut self, table: DeclarationId, unit: super::declarations::UnitId) {
        self.units[unit].state = State::Poisoned;
        let entry = &self.units[unit];
        let (name, place, span, rank) =
            (Rc::clone(&entry.name), entry.place, entry.span, entry.rank);
        let (ty, header, item) = match entry.item {
            None => (
                self.schema_types.get(&unit).copied(),
                name.to_string(),
                None,
            ),
            Some(id) => {
                let item = &self.program(place).items[id];
                let ItemKind::Column { ty, header, .. } = &item.kind else {
                    return;
                };
                let header = header
                    .as_ref()
                    .map_or(&*name, |text| &text.value)
                    .to_owned();
                (self.written_type(place, *ty), header, Some(item))
            }
        };
        let (Some(ty), Some(table)) = (ty, self.declarations[table].table) else {
            return;
        };
        let Ok(node) = self.builder.column(table, &name, &header, ty) else {
            return;
        };
        self.units[unit].state = State::Done(node);
        self.builder.set_rank(node, rank);
        self.spans.nodes.insert(node, span);
        if let Some(item) = item
            && (item.documentation.is_some() || !item.tags.is_empty())
        {
            self.describe(unit, node);
        }
    }

    /// A query: one declared table per step, the last with the name, those before hidden.
    pub(crate) fn declare_query(
        &mut self,
        place: Place,
        id: ItemId,
        name: Name,
        query: &Query,
    ) -> DeclarationId {
        let text = self.expand(place, name);
        let prefix = self.modules[place.module].prefix.clone();
        let mut parent = Parent::Path(query.source.clone());
        let mut last = None;
        let count = query.steps.len();
        for (position, step) in query.steps.iter().enumerate() {
            let is_last = position + 1 == count;
            let full = if !is_last {
                format!("_{prefix}{text}_{}", position + 1)
            } else {
                format!("{prefix}{text}")
            };
            let rank = self.rank();
            let declaration = self.declarations.push(Declaration {
                name: full,
                place,
                span: if is_last { name.span } else { step.span },
                item: Some(id),
                kind: DeclarationKind::Step {
                    parent,
                    query: id,
                    step: position,
                },
                members: HashMap::new(),
                order: Vec::new(),
                hidden: !is_last,
                rank,
                rows: None,
                table: None,
            });
            let rows = self.units.push(Unit {
                name: text.clone(),
                place,
                span: step.span,
                kind: UnitKind::Rows(declaration),
                state: State::Waiting,
                item: None,
                hidden: true,
                rank,
            });
            self.declarations[declaration].rows = Some(rows);
            self.declare_step_members(place, declaration, &step.kind);
            parent = Parent::Table(declaration);
            last = Some(declaration);
        }
        // The grammar has at least one step; without one nothing is known of the table.
        let last = last.unwrap_or_else(|| self.unknown_table_declaration(place, &text, name.span));
        self.declare_name(place.module, text, Entity::Table(last), name.span);
        last
    }

    fn unknown_table_declaration(&mut self, place: Place, name: &str, span: Span) -> DeclarationId {
        self.declarations.push(Declaration {
            name: name.to_owned(),
            place,
            span,
            item: None,
            kind: DeclarationKind::Unknown,
            members: HashMap::new(),
            order: Vec::new(),
            hidden: true,
            rank: 0,
            rows: None,
            table: None,
        })
    }

    fn declare_step_members(&mut self, place: Place, table: DeclarationId, step: &StepKind) {
        match step {
            StepKind::Join { name, .. } => {
                let kind = UnitKind::JoinRow(table);
                self.declare_unit(place, Some(table), *name, kind, None);
            }
            StepKind::Unpivot { key, value, .. } => {
                self.declare_unit(place, Some(table), *key, UnitKind::UnpivotName(table), None);
                self.declare_unit(
                    place,
                    Some(table),
                    *value,
                    UnitKind::UnpivotValue(table),
                    None,
                );
            }
            StepKind::Where(_)
            | StepKind::GroupBy { .. }
            | StepKind::OrderBy(_)
            | StepKind::Limit { .. }
            | StepKind::Sample { .. }
            | StepKind::Distinct(_)
            | StepKind::Union(_) => {}
        }
    }

    /// The keys of a group table as its first members.
    pub(crate) fn declare_keys(&mut self, place: Place, table: DeclarationId, keys: &[GroupKey]) {
        for (position, key) in keys.iter().enumerate() {
            let program = self.program(place);
            let name = match (&key.name, &program.exprs[key.value].kind) {
                (Some(name), _) | (None, ExprKind::Name(name) | ExprKind::Member { name, .. }) => {
                    *name
                }
                (None, ExprKind::Error) => continue,
                (None, _) => {
                    let span = program.exprs[key.value].span;
                    let message = "a key that is no plain name needs one";
                    self.report(
                        Diagnostic::error(Code::BadArguments, message)
                            .at(span)
                            .help(format!("write `key{} = …`", position + 1)),
                    );
                    continue;
                }
            };
            let kind = UnitKind::Key {
                table,
                position,
                value: key.value,
            };
            self.declare_unit(place, Some(table), name, kind, None);
        }
    }
}
