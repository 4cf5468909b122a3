//! How mistakes are told: names, nearest names, types, and the lookup that joins two tables.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::types::{ScalarType, Type};

use super::calls::Given;
use super::declarations::{
    Checker, DeclarationId, Entity, FunctionId, ModuleId, Place, State, UnitId,
};
use super::elsewhere;
use super::expressions::{Activation, Operand};
use super::functions::{FUNCTIONS, function, known_elsewhere};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::syntax::ast::CompareOperator;

/// How many names of a cycle are listed.
const CYCLE_NAMES: usize = 12;

impl Checker<'_> {
    /// The one of the candidates, which come in any order, that was probably meant. None once so
    /// many were looked through that it would take long.
    fn nearest<'n>(&self, name: &str, mut candidates: Vec<&'n str>) -> Option<&'n str> {
        let left = self.hint_budget.get().checked_sub(candidates.len())?;
        self.hint_budget.set(left);
        candidates.sort_unstable();
        nearest(name, candidates)
    }

    /// A type as written, tables by their names.
    pub(crate) fn type_text(&self, ty: Type) -> String {
        match ty.scalar {
            ScalarType::Row(table) => {
                format!("a row of {}", self.builder.graph().tables[table].name)
            }
            _ => ty.to_string(),
        }
    }

    /// Something that is understood but can't run yet.
    pub(crate) fn cannot_run(&mut self, what: &str, span: Span) {
        self.report(
            Diagnostic::error(Code::CannotRunYet, format!("{what} can't run yet")).at(span),
        );
    }

    pub(crate) fn name_taken(&mut self, name: &str, span: Span, first: Option<Span>) {
        if self.has_told_enough() {
            return;
        }
        let mut diagnostic =
            Diagnostic::error(Code::NameTaken, format!("`{name}` is defined twice")).at(span);
        if let Some(first) = first {
            diagnostic = diagnostic.label(first, "first defined here");
        }
        self.report(diagnostic);
    }

    pub(crate) fn ambiguous(&mut self, name: &str, span: Span, units: &[UnitId]) {
        if self.has_told_enough() {
            return;
        }
        let mut names: Vec<String> = Vec::new();
        for unit in units {
            let table = self
                .declarations
                .iter()
                .find(|(_, declaration)| declaration.members.get(name) == Some(unit));
            names.extend(table.map(|(_, declaration)| format!("{}.{name}", declaration.name)));
        }
        self.report(
            Diagnostic::error(
                Code::AmbiguousName,
                format!("`{name}` may mean {}", names.join(" or ")),
            )
            .at(span)
            .help("write the full name"),
        );
    }

    pub(crate) fn unknown_name(&mut self, place: Place, name: &str, span: Span) {
        if self.has_told_enough() {
            return;
        }
        let mut diagnostic =
            Diagnostic::error(Code::UnknownName, format!("there is no `{name}` here")).at(span);
        if matches!(name, "np" | "pd" | "math" | "pl") {
            diagnostic = diagnostic.help(
                "functions stand by themselves: write ln(x), exp(x), sqrt(x) without a module",
            );
        } else if let Some(hint) = elsewhere::name(name) {
            diagnostic = diagnostic.help(hint);
        } else if name == "df" {
            diagnostic = diagnostic.help("columns are named directly: write price, not df.price");
        } else if name == "None" {
            diagnostic = diagnostic.help("write `null`");
        } else {
            let hint = {
                let module = &self.modules[place.module];
                let mut candidates: Vec<&str> = Vec::new();
                if let super::declarations::Rows::Table(table)
                | super::declarations::Rows::Groups(table)
                | super::declarations::Rows::Grouped(table) = place.rows
                {
                    let members = self.declarations[table].members.keys();
                    candidates.extend(members.map(|name| &**name));
                }
                candidates.extend(module.names.keys().map(|name| &**name));
                candidates.extend(module.source_members.keys().map(|name| &**name));
                self.nearest(name, candidates).map(str::to_owned)
            };
            if let Some(hint) = hint {
                diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
            } else if function(name).is_some() {
                diagnostic = diagnostic.help(format!("`{name}` is a function: call it, {name}(…)"));
            } else {
                // A derived table's columns need their full name.
                let owner = self.declarations.iter().find(|(_, declaration)| {
                    !declaration.hidden && declaration.members.contains_key(name)
                });
                if let Some((_, declaration)) = owner {
                    diagnostic = diagnostic.help(format!(
                        "write `{}.{name}` for that column",
                        declaration.name
                    ));
                }
            }
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_table(&mut self, module: ModuleId, name: &str, span: Span) {
        if self.has_told_enough() {
            return;
        }
        let mut diagnostic =
            Diagnostic::error(Code::UnknownTable, format!("there is no table `{name}`")).at(span);
        let names = &self.modules[module].names;
        let tables: Vec<&str> = names
            .iter()
            .filter(|(_, entity)| matches!(entity, Entity::Table(_)))
            .map(|(name, _)| &**name)
            .collect();
        if names.contains_key(name) {
            diagnostic = diagnostic.note(format!("`{name}` is defined, but is no table"));
        } else if let Some(hint) = self.nearest(name, tables.clone()) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        } else if !tables.is_empty() && tables.len() <= 10 {
            let mut tables = tables;
            tables.sort_unstable();
            diagnostic = diagnostic.note(format!("tables: {}", tables.join(", ")));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_member(&mut self, table: DeclarationId, name: &str, span: Span) {
        if self.has_told_enough() {
            return;
        }
        let table_name = self.declarations[table].name.clone();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownMember,
            format!("table `{table_name}` has no `{name}`"),
        )
        .at(span);
        let mut members: Vec<String> = Vec::new();
        let mut at = Some(table);
        while let Some(table) = at {
            members.extend(
                self.declarations[table]
                    .members
                    .keys()
                    .map(ToString::to_string),
            );
            at = if self.carries(table) && members.len() < 10_000 {
                self.parent(table)
            } else {
                None
            };
        }
        if function(name).is_some() {
            diagnostic = diagnostic.help(format!("`{name}` is a function: call it, .{name}()"));
        } else if let Some(hint) = self.nearest(name, members.iter().map(String::as_str).collect())
        {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_in_module(&mut self, module: ModuleId, name: &str, span: Span) {
        if self.has_told_enough() {
            return;
        }
        let prefix = self.modules[module].prefix.trim_end_matches('.').to_owned();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownMember,
            format!("module `{prefix}` has no `{name}`"),
        )
        .at(span);
        let names = self.modules[module].names.keys();
        if let Some(hint) = self.nearest(name, names.map(|name| &**name).collect()) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        }
        self.report(diagnostic);
    }

    /// A member of something that has none: mostly a function without its parentheses.
    pub(crate) fn no_members(&mut self, value: Expression, base: Span, name: &str, span: Span) {
        let ty = self.type_text(self.builder.ty(value));
        let accessor = elsewhere::accessor(name);
        if accessor.is_none() && function(name).is_some() {
            let message = format!("`.{name}` is a function and needs its parentheses");
            return self.report(
                Diagnostic::error(Code::NotCalled, message)
                    .at(span)
                    .help(format!("write .{name}()")),
            );
        }
        let message = format!("{ty} has no members, so no `{name}`");
        let mut diagnostic = Diagnostic::error(Code::UnknownMember, message)
            .at(span)
            .label(base, format!("this is {ty}"));
        if let Some(hint) = accessor {
            diagnostic = diagnostic.help(hint);
        } else if let Some(hint) = known_elsewhere(name) {
            diagnostic = diagnostic.help(format!("write {hint}"));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_function(
        &mut self,
        place: Place,
        name: &str,
        span: Span,
        first: Option<&Given>,
    ) {
        if self.has_told_enough() {
            return;
        }
        // `np.log(x)`: the module was told already.
        let foreign = first.is_some_and(|first| first.operand == Operand::Poison);
        if foreign && (function(name).is_some() || known_elsewhere(name).is_some()) {
            return;
        }
        let mut diagnostic = Diagnostic::error(
            Code::UnknownFunction,
            format!("there is no function `{name}`"),
        )
        .at(span);
        let names = self.modules[place.module].functions.keys();
        let names = names.map(|name| &**name);
        let built_in = FUNCTIONS.iter().map(|function| function.name);
        let small = name.to_lowercase();
        if let Some(hint) = known_elsewhere(name).or_else(|| known_elsewhere(&small)) {
            diagnostic = diagnostic.help(format!("write {hint}"));
        } else if function(&small).is_some() {
            diagnostic = diagnostic.help(format!("functions are written small: {small}(…)"));
        } else if let Some(hint) = self.nearest(name, names.chain(built_in).collect()) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        } else if self.modules[place.module].names.contains_key(name)
            || self.modules[place.module].source_members.contains_key(name)
        {
            diagnostic = diagnostic.note(format!("`{name}` is a value and takes no arguments"));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_function_in(&mut self, module: ModuleId, name: &str, span: Span) {
        if self.has_told_enough() {
            return;
        }
        let prefix = self.modules[module].prefix.trim_end_matches('.').to_owned();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownFunction,
            format!("module `{prefix}` has no function `{name}`"),
        )
        .at(span);
        let functions = self.modules[module].functions.keys();
        let names = functions.map(|name| &**name).collect();
        if let Some(hint) = self.nearest(name, names) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        }
        self.report(diagnostic);
    }

    /// A comparison with null, which is allowed and never what was meant.
    pub(crate) fn compared_with_null(&mut self, operator: CompareOperator, span: Span) {
        let help = match operator {
            CompareOperator::NotEqual => "write `x is not null`",
            _ => "write `x is null`",
        };
        let message = format!("`{}` with null is null in every row", operator.as_str());
        self.report(
            Diagnostic::warning(Code::ComparedWithNull, message)
                .at(span)
                .help(help),
        );
    }

    pub(crate) fn unused_over(&mut self, span: Span) {
        let message = "this `over` governs nothing: there is no reduction or window to its left";
        self.report(
            Diagnostic::error(Code::UnusedOver, message)
                .at(span)
                .help("it binds like `.`: write mean(x) over key, or (a - mean(a)) over key"),
        );
    }

    pub(crate) fn not_a_table(&mut self, span: Span) {
        let message = "a lookup starts with the name of a table";
        self.report(
            Diagnostic::error(Code::UnknownTable, message)
                .at(span)
                .help("write weather[origin=origin]"),
        );
    }

    pub(crate) fn not_a_value(&mut self, operand: &Operand, span: Span) {
        let (what, help) = match operand {
            Operand::Table(table) => (
                format!("`{}` is a table", self.declarations[*table].name),
                "name one of its columns, or count its rows with .len()",
            ),
            Operand::Module(_) => ("this is a module".to_owned(), "name something in it"),
            Operand::List(_) | Operand::Range { .. } => (
                "this is a list".to_owned(),
                "lists stand after `in`, in `match` and in `for`",
            ),
            Operand::Map(_) => (
                "this is a map".to_owned(),
                "maps stand in `for` and in map(x, {…}); to choose a value write match x { … }",
            ),
            Operand::Rolling(_) => (
                "this is a window".to_owned(),
                "reduce it: .mean() or .sum()",
            ),
            Operand::Months(_) => (
                "months and years have no fixed length".to_owned(),
                "they are added to dates and timestamps: day + 1mo, time - 1y",
            ),
            Operand::Poison | Operand::Value(_) => return,
        };
        self.report(
            Diagnostic::error(Code::NotAValue, format!("{what}, where a value is needed"))
                .at(span)
                .help(help),
        );
    }

    pub(crate) fn not_a_list(&mut self, operand: &Operand, span: Span) {
        let found = match operand {
            Operand::Value(value) => self.type_text(self.builder.ty(*value)),
            _ => "something else".to_owned(),
        };
        self.report(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`in` needs a list, a range or a column of a table, found {found}"),
            )
            .at(span)
            .help("write x in [a, b], x in 0..10, or x in table.column"),
        );
    }

    pub(crate) fn bad_constant(&mut self, text: &str, wanted: &str, span: Span) {
        self.report(
            Diagnostic::error(Code::BadConstantText, format!("{text:?} is not {wanted}")).at(span),
        );
    }

    pub(crate) fn wrong_argument(
        &mut self,
        function: &str,
        wanted: &str,
        (value, value_span): (Expression, Span),
        _span: Span,
    ) {
        let found = self.type_text(self.builder.ty(value));
        self.report(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`{function}` takes {wanted}, found {found}"),
            )
            .at(value_span),
        );
    }

    /// Definitions that need each other: everything under way since `unit` was begun.
    pub(crate) fn cycle(&mut self, unit: UnitId) {
        self.tell_cycle(Activation::Unit(unit));
    }

    pub(crate) fn function_cycle(&mut self, function: FunctionId) {
        self.tell_cycle(Activation::Function(function));
    }

    fn tell_cycle(&mut self, closing: Activation) {
        let start = self
            .activations
            .iter()
            .rposition(|activation| *activation == closing)
            .unwrap_or(0);
        let members = self.activations[start..].to_vec();
        let mut names: Vec<String> = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        for activation in &members {
            let (name, span) = match *activation {
                Activation::Unit(unit) => (self.unit_name(unit), self.units[unit].span),
                Activation::Function(function) => {
                    let function = &self.functions[function];
                    (format!("{}()", function.name), function.span)
                }
            };
            names.push(name);
            spans.push(span);
        }
        for activation in &members {
            if let Activation::Unit(unit) = activation {
                self.units[*unit].state = State::Poisoned;
            }
        }
        let Some(first) = names.first().cloned() else {
            return;
        };
        let message = if let [_] = &names[..] {
            format!("`{first}` needs itself")
        } else if names.len() > CYCLE_NAMES {
            let hidden = names.len() - CYCLE_NAMES;
            format!(
                "these need each other: {} → … {hidden} more … → {first}",
                names[..CYCLE_NAMES].join(" → ")
            )
        } else {
            format!("these need each other: {} → {first}", names.join(" → "))
        };
        let mut diagnostic = Diagnostic::error(Code::DefinitionCycle, message).at(spans[0]);
        for (position, span) in spans.iter().enumerate().take(CYCLE_NAMES).skip(1) {
            diagnostic = diagnostic.label(*span, format!("needed by `{}`", names[position - 1]));
        }
        self.report(diagnostic);
    }

    fn unit_name(&self, unit: UnitId) -> String {
        use super::declarations::Rows;
        let entry = &self.units[unit];
        match entry.place.rows {
            Rows::Table(table) | Rows::Groups(table) | Rows::Grouped(table) => {
                format!("{}.{}", self.declarations[table].name, entry.name)
            }
            Rows::Top => format!("{}{}", self.modules[entry.place.module].prefix, entry.name),
        }
    }
}
