//! Instances of flows: `use geo.track(start=origin, km=distance) as t`.
//!
//! The imported file is declared once more, as a module of its own, with arguments in the place of
//! its inputs: constants for configs, values for params, and columns for those of one or several
//! source tables. Such a table has no rows of its own; it stands on those of the columns bound to
//! it, so what is computed from it combines with them. Its members are nodes `t.name` there.
//!
//! A file that is used is a template: what it defines is computed where something asks for it by its
//! name, and is no output of the flow that uses it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::compose::Work;
use super::constants::Constant;
use super::declarations::{
    BoundValue, Checker, Declaration, DeclarationId, DeclarationKind, Entity, Module, ModuleId,
    Place, Rows, State, Unit, UnitId, UnitKind,
};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{
    ExprId, ExprKind, ItemId, ItemKind, Name, Path, Program, TableSource, TypeId,
};

/// A flow used inside another.
#[derive(Debug)]
pub(crate) struct Instance {
    /// Where the `use` stands.
    pub outer: Place,
    /// The path of the `use`.
    pub span: Span,
    /// The path as written.
    path: String,
    arguments: HashMap<Rc<str>, Binding>,
    /// The table that the path names.
    table: Option<Rc<str>>,
    /// The tables that stand on the caller's rows.
    bound: Vec<DeclarationId>,
    /// Inputs that nothing is bound to.
    missing: Vec<String>,
    /// The files that use each other down to this one.
    files: Vec<usize>,
    /// Files whose names were merged into the instance.
    pub merged: HashSet<usize>,
}

impl Instance {
    /// The tables that stand on the caller's rows.
    pub(crate) fn bound_tables(&self) -> impl Iterator<Item = DeclarationId> {
        self.bound.iter().copied()
    }

    /// Where an input is bound.
    pub(crate) fn argument_span(&self, name: &str) -> Option<Span> {
        self.arguments.get(name).map(|binding| binding.name)
    }
}

/// An argument of `use`.
#[derive(Clone, Copy, Debug)]
struct Binding {
    value: ExprId,
    name: Span,
    used: bool,
}

/// The files that some flow uses: imported under a name that a `use` of the same file begins with.
pub(crate) fn templates(
    programs: &[&Program],
    targets: &HashMap<(usize, ItemId), usize>,
) -> HashSet<usize> {
    let mut found = HashSet::new();
    for (file, program) in programs.iter().enumerate() {
        let mut used: HashSet<&str> = HashSet::new();
        for (_, item) in program.items.iter() {
            if let ItemKind::Use { path, .. } = &item.kind
                && let Some(first) = path.names.first()
            {
                used.insert(program.name(*first));
            }
        }
        if used.is_empty() {
            continue;
        }
        for (id, item) in program.items.iter() {
            if let ItemKind::Import {
                alias: Some(alias), ..
            } = &item.kind
                && used.contains(program.name(*alias))
            {
                found.extend(targets.get(&(file, id)));
            }
        }
    }
    found
}

impl Checker<'_> {
    /// Declares an instance; its items are still to be declared.
    pub(crate) fn instance(&mut self, place: Place, item: ItemId) -> Option<Work> {
        let program = self.program(place);
        let ItemKind::Use {
            path,
            arguments,
            alias,
        } = &program.items[item].kind
        else {
            return None;
        };
        let name = (*alias).or(path.names.last().copied())?;
        let text = self.expand(place, name);
        let Some((file, table)) = self.flow_at(place, path) else {
            self.declare_name(place.module, text, Entity::Poison, name.span);
            return None;
        };
        let mut files = match self.instances.get(&place.module) {
            Some(outer) => outer.files.clone(),
            None => vec![place.file],
        };
        if files.contains(&file) {
            let message = format!("`{}` uses itself", program.path(path));
            self.report(Diagnostic::error(Code::DefinitionCycle, message).at(path.span));
            self.declare_name(place.module, text, Entity::Poison, name.span);
            return None;
        }
        files.push(file);
        let mut bindings: HashMap<Rc<str>, Binding> = HashMap::new();
        for argument in arguments {
            let value = argument.value;
            let Some(input) = argument.name else {
                let message = "the inputs of a flow are bound by their names";
                let help = "write input=value";
                let span = program.exprs[value].span;
                self.report(
                    Diagnostic::error(Code::BadArguments, message)
                        .at(span)
                        .help(help),
                );
                continue;
            };
            let binding = Binding {
                value,
                name: input.span,
                used: false,
            };
            let input_name = self.expand(place, input);
            if bindings.insert(Rc::clone(&input_name), binding).is_some() {
                let message = format!("`{input_name}` is bound twice");
                self.report(Diagnostic::error(Code::BadArguments, message).at(input.span));
            }
        }
        let outer = Place {
            rows: self.rows_meant(place, bindings.values().map(|binding| binding.value)),
            ..place
        };
        let around = &self.modules[place.module];
        let module = self.modules.push(Module {
            prefix: format!("{}{text}.", around.prefix),
            template: around.template,
            ..Module::default()
        });
        self.instances.insert(
            module,
            Instance {
                outer,
                span: path.span,
                path: program.path(path),
                arguments: bindings,
                table,
                bound: Vec::new(),
                missing: Vec::new(),
                files,
                merged: HashSet::from([file]),
            },
        );
        self.declare_name(place.module, text, Entity::Module(module), name.span);
        self.configs_of(file, module);
        Some(self.file_work(file, module))
    }

    /// Whose members bare names in the arguments of a `use` mean. They share one table's rows, so a
    /// name that several tables have is that of the table which has the others.
    fn rows_meant(&self, place: Place, values: impl Iterator<Item = ExprId>) -> Rows {
        if place.rows != Rows::Top {
            return place.rows;
        }
        let program = self.program(place);
        let module = &self.modules[place.module];
        let mut shared: Option<HashSet<DeclarationId>> = None;
        let mut ambiguous = false;
        for value in values {
            for expr in program.subtree(value) {
                let ExprKind::Name(name) = &program.exprs[expr].kind else {
                    continue;
                };
                let name = program.name(*name);
                let members = match module.source_members.get(name) {
                    Some(members) if !module.names.contains_key(name) => members,
                    _ => continue,
                };
                ambiguous |= members.len() > 1;
                let tables = members
                    .iter()
                    .filter_map(|unit| match self.units[*unit].place.rows {
                        Rows::Table(table) => Some(table),
                        Rows::Top | Rows::Groups(_) | Rows::Grouped(_) => None,
                    });
                let tables: HashSet<DeclarationId> = tables.collect();
                shared = Some(match shared {
                    None => tables,
                    Some(shared) => shared.intersection(&tables).copied().collect(),
                });
            }
        }
        let shared: Vec<DeclarationId> = shared.into_iter().flatten().collect();
        match shared[..] {
            [table] if ambiguous => Rows::Table(table),
            _ => Rows::Top,
        }
    }

    /// The file of a path such as `geo` or `geo.track`, and its table.
    fn flow_at(&mut self, place: Place, path: &Path) -> Option<(usize, Option<Rc<str>>)> {
        let mut module = place.module;
        let mut names = path.names.iter();
        let mut table = None;
        for name in names.by_ref() {
            let text = self.expand(place, *name);
            match self.modules[module].names.get(&text) {
                Some(Entity::Module(inner)) => module = *inner,
                Some(Entity::Poison) => return None,
                Some(Entity::Table(_)) if module != place.module => {
                    table = Some(text);
                    break;
                }
                Some(_) | None => {
                    if module == place.module {
                        let message = format!("`{text}` is no imported flow");
                        let help = format!("import it: import \"{text}.flow\" as {text}");
                        let diagnostic = Diagnostic::error(Code::BadImport, message);
                        self.report(diagnostic.at(name.span).help(help));
                    } else {
                        self.unknown_table(module, &text, name.span);
                    }
                    return None;
                }
            }
        }
        let file = self.modules[module].file;
        if file.is_none() || names.next().is_some() {
            let message = format!("`{}` is no imported flow", self.program(place).path(path));
            let help = "use a flow by the name it is imported as, or one of its tables";
            self.report(
                Diagnostic::error(Code::BadImport, message)
                    .at(path.span)
                    .help(help),
            );
            return None;
        }
        file.map(|file| (file, table))
    }

    /// What an instance is given for an input.
    fn binding_of(&mut self, module: ModuleId, name: &str) -> Option<(ExprId, Place)> {
        let instance = self.instances.get_mut(&module)?;
        let binding = instance.arguments.get_mut(name)?;
        binding.used = true;
        Some((binding.value, instance.outer))
    }

    /// The constant that an instance is given for a config.
    pub(crate) fn bound_config(&mut self, module: ModuleId, name: &str) -> Option<Constant> {
        let (value, outer) = self.binding_of(module, name)?;
        Some(self.constant(outer, value))
    }

    /// Declares a param of an instance: bound to a value, or to be given per run.
    pub(crate) fn bound_param(
        &mut self,
        place: Place,
        name: Name,
        ty: Option<TypeId>,
        has_default: bool,
        item: ItemId,
    ) -> bool {
        let text = self.expand(place, name);
        let Some((value, outer)) = self.binding_of(place.module, &text) else {
            if !has_default && let Some(instance) = self.instances.get_mut(&place.module) {
                instance.missing.push(text.to_string());
            }
            return false;
        };
        let kind = UnitKind::Bound {
            value: BoundValue::Written(value),
            outer,
            ty,
            table: None,
        };
        let unit = self.declare_unit(place, None, name, kind, Some(item));
        self.units[unit].hidden = true;
        true
    }

    /// Declares a source table of an instance that stands on the caller's rows; none if it is a
    /// table of its own.
    pub(crate) fn bound_table(
        &mut self,
        place: Place,
        id: ItemId,
        name: Name,
        source: &TableSource,
        body: Option<&[ItemId]>,
    ) -> Option<DeclarationId> {
        let text = self.expand(place, name);
        let program = self.program(place);
        if let Some((value, outer)) = self.binding_of(place.module, &text) {
            let host = self.table_argument(outer, value)?;
            if body.is_none() {
                self.declare_name(place.module, text, Entity::Table(host), name.span);
                return Some(host);
            }
            return Some(self.declare_bound(place, id, name, text, Some(host)));
        }
        let instance = self.instances.get(&place.module)?;
        let is_named = instance.table.as_ref() == Some(&text);
        let columns =
            body.unwrap_or_default()
                .iter()
                .filter_map(|item| match &program.items[*item].kind {
                    ItemKind::Column { name, .. } => Some(program.name(*name)),
                    _ => None,
                });
        let mut columns = columns.peekable();
        let has_columns = columns.peek().is_some();
        let is_bound = match &instance.table {
            Some(_) => is_named,
            None => columns.any(|column| instance.arguments.contains_key(column)),
        };
        if matches!(source, TableSource::Query(_)) {
            if is_named {
                let message = format!("`{text}` is computed, so nothing can be bound to it");
                let span = instance.span;
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
            }
            return None;
        }
        if !is_bound {
            if matches!(source, TableSource::Unbound) {
                let missing = format!("{text}.*");
                self.instances.get_mut(&place.module)?.missing.push(missing);
            }
            return None;
        }
        let table = self.declare_bound(place, id, name, text, None);
        if !has_columns {
            self.columns_as_bound(place, table);
        }
        Some(table)
    }

    fn declare_bound(
        &mut self,
        place: Place,
        id: ItemId,
        name: Name,
        text: Rc<str>,
        host: Option<DeclarationId>,
    ) -> DeclarationId {
        let rank = self.rank();
        let table = self.declarations.push(Declaration {
            name: format!("{}{text}", self.modules[place.module].prefix),
            place,
            span: name.span,
            item: Some(id),
            kind: DeclarationKind::Bound(host),
            members: HashMap::new(),
            order: Vec::new(),
            hidden: false,
            rank,
            rows: None,
            table: None,
        });
        let rows = self.hidden_unit(place, &text, name.span, UnitKind::BoundRows(table));
        self.declarations[table].rows = Some(rows);
        self.declare_name(place.module, text, Entity::Table(table), name.span);
        if let Some(instance) = self.instances.get_mut(&place.module) {
            instance.bound.push(table);
        }
        table
    }

    /// The table that an argument names; a diagnostic if it names none.
    fn table_argument(&mut self, place: Place, value: ExprId) -> Option<DeclarationId> {
        let program = self.program(place);
        let mut names = Vec::new();
        let mut at = value;
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
                    let message = "an input table is bound to a table";
                    let diagnostic = Diagnostic::error(Code::BadArguments, message);
                    self.report(diagnostic.at(program.exprs[value].span));
                    return None;
                }
            }
        }
        names.reverse();
        let span = program.exprs[value].span;
        self.table_at(place, &Path { names, span })
    }

    fn hidden_unit(&mut self, place: Place, name: &str, span: Span, kind: UnitKind) -> UnitId {
        let rank = self.rank();
        self.units.push(Unit {
            name: name.into(),
            place,
            span,
            kind,
            state: State::Waiting,
            item: None,
            hidden: true,
            rank,
        })
    }

    /// A table that lists no columns has those bound to it: what is no param or config.
    fn columns_as_bound(&mut self, place: Place, table: DeclarationId) {
        let program = self.program(place);
        let roots = program.roots.iter().map(|item| &program.items[*item].kind);
        let others: HashSet<&str> = roots
            .filter_map(|item| match item {
                ItemKind::Param { name, .. } | ItemKind::Config { name, .. } => {
                    Some(program.name(*name))
                }
                _ => None,
            })
            .collect();
        let Some(instance) = self.instances.get(&place.module) else {
            return;
        };
        let mut names: Vec<(Rc<str>, Span)> = instance
            .arguments
            .iter()
            .filter(|(name, _)| !others.contains(&***name))
            .map(|(name, binding)| (Rc::clone(name), binding.name))
            .collect();
        names.sort_by_key(|(_, span)| span.start);
        for (name, span) in names {
            if let Some((value, outer)) = self.binding_of(place.module, &name) {
                let kind = UnitKind::Bound {
                    value: BoundValue::Written(value),
                    outer,
                    ty: None,
                    table: Some(table),
                };
                let place = Place {
                    rows: Rows::Table(table),
                    ..place
                };
                let unit = self.hidden_unit(place, &name, span, kind);
                self.declare_member(table, unit);
            }
        }
    }

    /// Declares a column of a table that stands on the caller's rows.
    pub(crate) fn bound_column(
        &mut self,
        place: Place,
        table: DeclarationId,
        name: Name,
        ty: TypeId,
        item: ItemId,
    ) {
        let text = self.expand(place, name);
        let bound = match self.declarations[table].kind {
            DeclarationKind::Bound(Some(host)) => {
                let place = Place {
                    rows: Rows::Top,
                    ..place
                };
                Some((BoundValue::Column(host, name), place))
            }
            _ => self
                .binding_of(place.module, &text)
                .map(|(value, outer)| (BoundValue::Written(value), outer)),
        };
        let Some((value, outer)) = bound else {
            let unit = self.declare_unit(place, Some(table), name, UnitKind::Column, Some(item));
            self.units[unit].state = State::Poisoned;
            if let Some(instance) = self.instances.get_mut(&place.module) {
                instance.missing.push(text.to_string());
            }
            return;
        };
        let kind = UnitKind::Bound {
            value,
            outer,
            ty: Some(ty),
            table: Some(table),
        };
        let unit = self.declare_unit(place, Some(table), name, kind, Some(item));
        self.units[unit].hidden = true;
    }

    /// Tells what an instance binds too little or too much, when all its items are declared.
    pub(crate) fn finish_instance(&mut self, module: ModuleId) {
        let Some(instance) = self.instances.get(&module) else {
            return;
        };
        let (span, path) = (instance.span, instance.path.clone());
        let missing = instance.missing.clone();
        let mut unknown: Vec<(Rc<str>, Span)> = instance
            .arguments
            .iter()
            .filter(|(_, binding)| !binding.used)
            .map(|(name, binding)| (Rc::clone(name), binding.name))
            .collect();
        unknown.sort_by_key(|(_, span)| span.start);
        for (name, span) in unknown {
            let message = format!("`{path}` has no input `{name}`");
            let mut diagnostic = Diagnostic::error(Code::BadArguments, message).at(span);
            if let Some(near) = crate::diagnostic::nearest(&name, missing.iter().map(|m| &**m)) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.report(diagnostic);
        }
        if !missing.is_empty() && !self.modules[module].template {
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("`{path}` needs {}", names.join(", "));
            let help = format!("bind inputs by their names: use {path}({}=…)", missing[0]);
            let diagnostic = Diagnostic::error(Code::BadArguments, message).at(span);
            self.report(match missing[0].ends_with(".*") {
                true => diagnostic.help("bind the columns of each input table that has no file"),
                false => diagnostic.help(help),
            });
        }
    }

    /// The name of a bound table within its module.
    fn units_of_rows(&self, table: DeclarationId) -> Option<&str> {
        self.declarations[table]
            .rows
            .map(|rows| &*self.units[rows].name)
    }

    /// What a name means in a module; in an instance also a member of its one bound table.
    pub(crate) fn name_in_module(&mut self, module: ModuleId, name: &str) -> Option<Entity> {
        self.wake(module);
        if let Some(entity) = self.modules[module].names.get(name) {
            return Some(entity.clone());
        }
        let instance = self.instances.get(&module)?;
        // Tables bound as a whole are inputs; what is named, or has its columns bound, is meant.
        let is_main = |table: &DeclarationId| match &instance.table {
            Some(name) => self.units_of_rows(*table) == Some(&**name),
            None => matches!(self.declarations[*table].kind, DeclarationKind::Bound(None)),
        };
        let mut tables = instance
            .bound
            .iter()
            .copied()
            .filter(|table| is_main(table));
        let (Some(table), None) = (tables.next(), tables.next()) else {
            return None;
        };
        let member = self.declarations[table].members.get(name)?;
        Some(Entity::Unit(*member))
    }
}
