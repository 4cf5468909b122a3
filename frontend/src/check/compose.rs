//! Unrolls files, imports, `for` and `when` into a flat list of declarations.
//!
//! Everything here happens before any name in an expression is looked up, so the order of
//! declarations in the text doesn't matter; configs alone must be known, and are read first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use icosian_ir::id::Table;

use super::constants::Constant;
use super::declarations::{
    CheckItem, Checker, Declaration, DeclarationId, DeclarationKind, EXPANSION_LIMIT, Entity,
    EnvironmentId, Module, ModuleId, OverBlock, Parent, Place, Rows, State, Unit, UnitId, UnitKind,
    UserFunction, Variable,
};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{self, ExprId, ItemId, ItemKind, Name, TableSource, Value};

/// Items still to be declared, and where they stand.
pub(crate) struct Work {
    items: Vec<ItemId>,
    next: usize,
    pub place: Place,
    /// The table whose block this is.
    table: Option<DeclarationId>,
    over: Option<OverBlock>,
}

impl<'a> Checker<'a> {
    /// Declares everything that the flow and its imports hold.
    pub(crate) fn compose(&mut self) {
        let root = self.modules.push(Module::default());
        let mut module_of_file = HashMap::from([(0, root)]);
        let mut stack = vec![self.file_work(0, root)];
        self.configs_of(0, root);
        let mut steps = 0;
        self.compose_all(&mut stack, &mut steps, &mut module_of_file);
        while !self.uses.is_empty() || !self.extends.is_empty() {
            for (place, item) in std::mem::take(&mut self.uses) {
                if let Some(work) = self.instance(place, item) {
                    let module = work.place.module;
                    stack.push(work);
                    self.compose_all(&mut stack, &mut steps, &mut module_of_file);
                    self.finish_instance(module);
                }
            }
            if !self.uses.is_empty() {
                continue;
            }
            // All tables are known now.
            for (place, item, rank) in std::mem::take(&mut self.extends) {
                self.rank_in_extend = Some(rank);
                stack.extend(self.extension(place, item));
                self.compose_all(&mut stack, &mut steps, &mut module_of_file);
            }
            self.rank_in_extend = None;
        }
    }

    fn compose_all(
        &mut self,
        stack: &mut Vec<Work>,
        steps: &mut usize,
        module_of_file: &mut HashMap<usize, ModuleId>,
    ) {
        while let Some(work) = stack.last_mut() {
            let Some(&item) = work.items.get(work.next) else {
                stack.pop();
                continue;
            };
            work.next += 1;
            *steps += 1;
            let (place, table, over) = (work.place, work.table, work.over);
            if *steps <= EXPANSION_LIMIT {
                self.compose_item(item, place, table, over, stack, module_of_file);
            }
            if *steps > EXPANSION_LIMIT || self.iterations > EXPANSION_LIMIT {
                let span = self.program(place).items[item].span;
                self.too_large(span);
                stack.clear();
                // Half of a flow would only give mistakes of its own.
                self.units = Table::new();
                self.declarations = Table::new();
                self.modules
                    .values_mut()
                    .for_each(|module| *module = Module::default());
                self.checks.clear();
                self.outputs.clear();
                self.tests.clear();
                self.extends.clear();
                self.uses.clear();
                self.instances.clear();
                return;
            }
        }
    }

    pub(crate) fn too_large(&mut self, span: Span) {
        let message = format!(
            "the flow expands to more than {EXPANSION_LIMIT} definitions, calls or \
                 rounds of loops"
        );
        self.report(Diagnostic::error(Code::ExpansionLimit, message).at(span));
    }

    pub(crate) fn file_work(&self, file: usize, module: ModuleId) -> Work {
        Work {
            items: self.programs[file].roots.clone(),
            next: 0,
            place: Place {
                file,
                module,
                environment: None,
                rows: Rows::Top,
            },
            table: None,
            over: None,
        }
    }

    fn compose_item(
        &mut self,
        id: ItemId,
        place: Place,
        table: Option<DeclarationId>,
        over: Option<OverBlock>,
        stack: &mut Vec<Work>,
        module_of_file: &mut HashMap<usize, ModuleId>,
    ) {
        let program = self.program(place);
        let item = &program.items[id];
        let nested = |items: &[ItemId], place: Place, over| Work {
            items: items.to_vec(),
            next: 0,
            place,
            table,
            over,
        };
        match &item.kind {
            ItemKind::Error | ItemKind::Config { .. } => {}
            ItemKind::Import { alias, .. } => {
                let Some(&file) = self.loaded.targets.get(&(place.file, id)) else {
                    if let Some(alias) = alias {
                        let name = self.expand(place, *alias);
                        self.declare_name(place.module, name, Entity::Poison, alias.span);
                    }
                    return;
                };
                match alias {
                    None => {
                        let new = match self.instances.get_mut(&place.module) {
                            Some(instance) => instance.merged.insert(file),
                            None => match module_of_file.entry(file) {
                                Entry::Vacant(entry) => {
                                    entry.insert(place.module);
                                    true
                                }
                                Entry::Occupied(_) => false,
                            },
                        };
                        if new {
                            self.configs_of(file, place.module);
                            stack.push(self.file_work(file, place.module));
                        }
                    }
                    Some(alias) => {
                        let name = self.expand(place, *alias);
                        let known = module_of_file.get(&file).copied();
                        let module = known.unwrap_or_else(|| {
                            let outer = &self.modules[place.module];
                            let module = Module {
                                prefix: format!("{}{name}.", outer.prefix),
                                file: Some(file),
                                template: self.template_files.contains(&file),
                                ..Module::default()
                            };
                            self.modules.push(module)
                        });
                        if known.is_none() {
                            module_of_file.insert(file, module);
                            self.configs_of(file, module);
                            stack.push(self.file_work(file, module));
                        }
                        self.declare_name(place.module, name, Entity::Module(module), alias.span);
                    }
                }
            }
            ItemKind::Use { .. } => self.uses.push((place, id)),
            ItemKind::Param { name, ty, value } => {
                let kind = UnitKind::Param {
                    ty: *ty,
                    value: *value,
                };
                if table.is_some() {
                    self.misplaced("a param is one value for the whole run", item.span);
                }
                if !self.bound_param(place, *name, *ty, value.is_some(), id) {
                    self.declare_unit(place, None, *name, kind, Some(id));
                }
            }
            ItemKind::Table { name, source, body } => {
                if table.is_some() {
                    self.misplaced("a table can't stand inside another", item.span);
                    return;
                }
                let bound = self.bound_table(place, id, *name, source, body.as_deref());
                let last = match bound {
                    Some(bound) => bound,
                    None => self.declare_table(place, id, *name, source, body.is_some()),
                };
                if let Some(body) = body {
                    stack.push(self.block(place, last, body, over));
                }
                self.queue_group_bodies(place, last, stack);
            }
            ItemKind::Extend { .. } => {
                let rank = self.rank();
                self.extends.push((place, id, rank));
            }
            ItemKind::Column { name, ty, .. } => {
                if let Some(table) = table
                    && matches!(self.declarations[table].kind, DeclarationKind::Bound(_))
                {
                    return self.bound_column(place, table, *name, *ty, id);
                }
                let source = table.is_some_and(|table| {
                    matches!(
                        self.declarations[table].kind,
                        DeclarationKind::Source { .. } | DeclarationKind::Unknown
                    )
                });
                if source {
                    self.declare_unit(place, table, *name, UnitKind::Column, Some(id));
                } else {
                    self.misplaced(
                        "a column is read from a source, so it stands in a table that has one",
                        item.span,
                    );
                }
            }
            ItemKind::Definition {
                name,
                fit,
                ty,
                value,
            } => match value {
                Value::Expr(value) => {
                    let kind = UnitKind::Definition {
                        ty: *ty,
                        value: *value,
                        fit: *fit,
                        over,
                    };
                    self.declare_unit(place, table, *name, kind, Some(id));
                }
                Value::Query(query) => {
                    if table.is_some() {
                        self.misplaced("a table can't stand inside another", item.span);
                        return;
                    }
                    let last = self.declare_query(place, id, *name, query);
                    self.queue_group_bodies(place, last, stack);
                }
            },
            ItemKind::Function {
                name,
                parameters,
                returns,
                body,
            } => self.declare_function(place, *name, parameters, *returns, Some(*body)),
            ItemKind::ExternFunction {
                name,
                parameters,
                returns,
            } => {
                let tags = &program.items[id].tags;
                self.declare_extern(place, *name, parameters, *returns, tags);
            }
            ItemKind::Over { body, .. } => {
                let over = OverBlock { item: id };
                stack.push(nested(body, place, Some(over)));
            }
            ItemKind::For {
                variables,
                iterable,
                body,
            } => {
                let value = self.constant(place, *iterable);
                let elements = self.elements(value, program.exprs[*iterable].span);
                // Loops around nothing count too.
                self.iterations = self.iterations.saturating_add(elements.len());
                if self.iterations > EXPANSION_LIMIT {
                    return;
                }
                // The last iteration lies deepest, so that the first is declared first.
                let works: Vec<Work> = elements
                    .into_iter()
                    .map(|(key, value)| {
                        let environment = self.bind(place, variables, key, value);
                        nested(
                            body,
                            Place {
                                environment,
                                ..place
                            },
                            over,
                        )
                    })
                    .collect();
                stack.extend(works.into_iter().rev());
            }
            ItemKind::When {
                branches,
                otherwise,
            } => {
                for branch in branches {
                    match self.constant(place, branch.condition) {
                        Constant::Bool(true) => {
                            stack.push(nested(&branch.body, place, over));
                            return;
                        }
                        Constant::Bool(false) | Constant::Null => {}
                        Constant::Poison => return,
                        _ => {
                            let span = program.exprs[branch.condition].span;
                            let message = "the condition of `when` must be true or false";
                            self.report(Diagnostic::error(Code::NotConstant, message).at(span));
                            return;
                        }
                    }
                }
                if let Some(body) = otherwise {
                    stack.push(nested(body, place, over));
                }
            }
            ItemKind::Check { .. } => {
                let rank = self.rank();
                self.checks.push(CheckItem {
                    place,
                    item: id,
                    over,
                    rank,
                });
            }
            // What a flow used inside another delivers, and how it is tested, is its own affair.
            ItemKind::Output { .. } | ItemKind::Test { .. }
                if self.instances.contains_key(&place.module) => {}
            ItemKind::Output { .. } => self.outputs.push((place, id)),
            ItemKind::Test { .. } => self.tests.push((place, id)),
        }
    }

    fn bind(
        &mut self,
        place: Place,
        variables: &[Name],
        key: Constant,
        value: Option<Constant>,
    ) -> Option<EnvironmentId> {
        let mut values = vec![Some(key), value];
        // One variable over a map takes its keys; two over a list take its pairs.
        if let (2, Some(Constant::List(pair)), None) = (variables.len(), &values[0], &values[1])
            && let [first, second] = &**pair
        {
            values = vec![Some(first.clone()), Some(second.clone())];
        }
        let mut outer = place.environment;
        for (position, variable) in variables.iter().enumerate() {
            let name = self.expand(place, *variable);
            let value = values.get(position).cloned().flatten();
            let value = value.unwrap_or_else(|| {
                let message = format!("there is no value for `{name}`");
                let help = "two loop variables run over a map, or a list of pairs";
                self.report(
                    Diagnostic::error(Code::NotConstant, message)
                        .at(variable.span)
                        .help(help),
                );
                Constant::Poison
            });
            outer = Some(self.environments.push(Variable { name, value, outer }));
        }
        outer
    }

    fn block(
        &self,
        place: Place,
        table: DeclarationId,
        items: &[ItemId],
        over: Option<OverBlock>,
    ) -> Work {
        Work {
            items: items.to_vec(),
            next: 0,
            place: Place {
                rows: Rows::Table(table),
                ..place
            },
            table: Some(table),
            over,
        }
    }

    fn extension(&mut self, place: Place, id: ItemId) -> Option<Work> {
        let ItemKind::Extend { table, body } = &self.program(place).items[id].kind else {
            return None;
        };
        let (_, declaration) = self.declared_table(place, table)?;
        Some(self.block(place, declaration, body, None))
    }

    /// Queues the blocks of the `group by` steps that lead to a table.
    fn queue_group_bodies(&mut self, place: Place, last: DeclarationId, stack: &mut Vec<Work>) {
        let mut at = Some(last);
        while let Some(declaration) = at {
            if let Some((step, _)) = self.step(declaration)
                && let ast::StepKind::GroupBy { keys, body } = &step.kind
            {
                let mut work = self.block(place, declaration, body, None);
                work.place.rows = Rows::Groups(declaration);
                self.declare_keys(place, declaration, keys);
                stack.push(work);
            }
            at = match &self.declarations[declaration].kind {
                DeclarationKind::Step {
                    parent: Parent::Table(parent),
                    ..
                } => Some(*parent),
                _ => None,
            };
        }
    }

    fn declare_table(
        &mut self,
        place: Place,
        id: ItemId,
        name: Name,
        source: &'a TableSource,
        has_body: bool,
    ) -> DeclarationId {
        let binding = match source {
            TableSource::Query(query) => return self.declare_query(place, id, name, query),
            TableSource::Unbound => None,
            TableSource::File { path, options } => Some(self.binding(place, path, options)),
        };
        let text = self.expand(place, name);
        let rank = self.rank();
        let declaration = self.declarations.push(Declaration {
            name: format!("{}{text}", self.modules[place.module].prefix),
            place,
            span: name.span,
            item: Some(id),
            kind: DeclarationKind::Source { binding },
            members: HashMap::new(),
            order: Vec::new(),
            hidden: false,
            rank,
            rows: None,
            table: None,
        });
        self.modules[place.module].sources.push(declaration);
        self.declare_name(place.module, text, Entity::Table(declaration), name.span);
        if !has_body {
            self.columns_of_source(declaration);
        }
        declaration
    }

    /// Gives a top-level name its meaning, unless it has one.
    pub(crate) fn declare_name(
        &mut self,
        module: ModuleId,
        name: Rc<str>,
        entity: Entity,
        span: Span,
    ) {
        if let Some(known) = self.modules[module].names.get(&name) {
            let first = self.entity_span(known);
            return self.name_taken(&name, span, first);
        }
        self.modules[module].names.insert(name, entity);
    }

    fn entity_span(&self, entity: &Entity) -> Option<Span> {
        match entity {
            Entity::Unit(unit) => Some(self.units[*unit].span),
            Entity::Table(table) => Some(self.declarations[*table].span),
            Entity::Module(_) | Entity::Config(_) | Entity::Poison => None,
        }
    }

    /// Declares something that gets a value: a member of `table`, else a top-level name.
    pub(crate) fn declare_unit(
        &mut self,
        place: Place,
        table: Option<DeclarationId>,
        name: Name,
        kind: UnitKind,
        item: Option<ItemId>,
    ) -> UnitId {
        let text = self.expand(place, name);
        let rank = self.rank();
        let unit = self.units.push(Unit {
            name: text.clone(),
            place,
            span: name.span,
            kind,
            state: State::Waiting,
            item,
            hidden: false,
            rank,
        });
        match table {
            None => self.declare_name(place.module, text, Entity::Unit(unit), name.span),
            Some(table) => self.declare_member(table, unit),
        }
        unit
    }

    /// Makes a unit a member of a table, unless the name is taken there.
    pub(crate) fn declare_member(&mut self, table: DeclarationId, unit: UnitId) {
        let (name, span) = (self.units[unit].name.clone(), self.units[unit].span);
        if let Some(&known) = self.declarations[table].members.get(&name) {
            let first = self.units[known].span;
            self.units[unit].state = State::Poisoned;
            return self.name_taken(&name, span, Some(first));
        }
        let declaration = &mut self.declarations[table];
        declaration.members.insert(name.clone(), unit);
        declaration.order.push(unit);
        let (is_source, module) = (
            matches!(
                declaration.kind,
                DeclarationKind::Source { .. } | DeclarationKind::Bound(_)
            ),
            declaration.place.module,
        );
        if is_source {
            let members = &mut self.modules[module].source_members;
            members.entry(name).or_default().push(unit);
        }
    }

    pub(crate) fn declare_function(
        &mut self,
        place: Place,
        name: Name,
        parameters: &[ast::Parameter],
        returns: Option<ast::TypeId>,
        body: Option<ExprId>,
    ) {
        let text = self.expand(place, name);
        if let Some(&known) = self.modules[place.module].functions.get(&text) {
            let first = self.functions[known].span;
            return self.name_taken(&text, name.span, Some(first));
        }
        let mut names: HashMap<&str, Span> = HashMap::new();
        let program = self.program(place);
        for parameter in parameters {
            let parameter = parameter.name;
            if let Some(first) = names.insert(program.name(parameter), parameter.span) {
                self.name_taken(program.name(parameter), parameter.span, Some(first));
            }
        }
        let function = self.functions.push(UserFunction {
            name: text.clone(),
            place,
            span: name.span,
            parameters: parameters.to_vec(),
            returns,
            body,
            external: None,
            active: false,
        });
        self.modules[place.module].functions.insert(text, function);
    }

    fn misplaced(&mut self, message: &str, span: Span) {
        self.report(Diagnostic::error(Code::MisplacedItem, message).at(span));
    }
}
