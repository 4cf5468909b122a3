//! How mistakes are told: names, nearest names, types, and the lookup that joins two tables.

use std::collections::HashSet;

use icosian_ir::graph::BuildError;
use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::Op;
use icosian_ir::types::{Domain, ScalarType, Type};
use icosian_ir::typing::TypeError;
use icosian_ir::value::Value;

use super::calls::Given;
use super::declarations::{
    Checker, DeclarationId, Entity, FunctionId, ModuleId, Place, State, UnitId,
};
use super::expressions::{Activation, Operand};
use super::functions::{FUNCTIONS, function, known_elsewhere};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};

/// How many expressions are looked at to find the node that brings a table's rows.
const SEARCH_LIMIT: usize = 200;

/// How many names of a cycle are listed.
const CYCLE_NAMES: usize = 12;

impl Checker<'_> {
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
        let mut diagnostic =
            Diagnostic::error(Code::NameTaken, format!("`{name}` is defined twice")).at(span);
        if let Some(first) = first {
            diagnostic = diagnostic.label(first, "first defined here");
        }
        self.report(diagnostic);
    }

    pub(crate) fn ambiguous(&mut self, name: &str, span: Span, units: &[UnitId]) {
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
        let mut diagnostic =
            Diagnostic::error(Code::UnknownName, format!("there is no `{name}` here")).at(span);
        if matches!(name, "np" | "pd" | "math" | "pl") {
            diagnostic = diagnostic.help(
                "functions stand by themselves: write ln(x), exp(x), sqrt(x) without a module",
            );
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
                candidates.sort_unstable();
                nearest(name, candidates).map(str::to_owned)
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
        let mut diagnostic =
            Diagnostic::error(Code::UnknownTable, format!("there is no table `{name}`")).at(span);
        let names = &self.modules[module].names;
        let mut tables: Vec<&str> = names
            .iter()
            .filter(|(_, entity)| matches!(entity, Entity::Table(_)))
            .map(|(name, _)| &**name)
            .collect();
        tables.sort_unstable();
        if names.contains_key(name) {
            diagnostic = diagnostic.note(format!("`{name}` is defined, but is no table"));
        } else if let Some(hint) = nearest(name, tables.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        } else if !tables.is_empty() && tables.len() <= 10 {
            diagnostic = diagnostic.note(format!("tables: {}", tables.join(", ")));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_member(&mut self, table: DeclarationId, name: &str, span: Span) {
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
        members.sort_unstable();
        if function(name).is_some() {
            diagnostic = diagnostic.help(format!("`{name}` is a function: call it, .{name}()"));
        } else if let Some(hint) = nearest(name, members.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_in_module(&mut self, module: ModuleId, name: &str, span: Span) {
        let prefix = self.modules[module].prefix.trim_end_matches('.').to_owned();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownMember,
            format!("module `{prefix}` has no `{name}`"),
        )
        .at(span);
        let mut names: Vec<&str> = self.modules[module]
            .names
            .keys()
            .map(|name| &**name)
            .collect();
        names.sort_unstable();
        if let Some(hint) = nearest(name, names) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        }
        self.report(diagnostic);
    }

    /// A member of something that has none: mostly a function without its parentheses.
    pub(crate) fn no_members(&mut self, value: Expression, base: Span, name: &str, span: Span) {
        let ty = self.type_text(self.builder.ty(value));
        if function(name).is_some() {
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
        if let Some(hint) = known_elsewhere(name) {
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
        let mut names: Vec<&str> = self.modules[place.module]
            .functions
            .keys()
            .map(|name| &**name)
            .collect();
        names.sort_unstable();
        let built_in = FUNCTIONS.iter().map(|function| function.name);
        if let Some(hint) = known_elsewhere(name) {
            diagnostic = diagnostic.help(format!("write {hint}"));
        } else if let Some(hint) = nearest(name, names.into_iter().chain(built_in)) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        } else if self.modules[place.module].names.contains_key(name)
            || self.modules[place.module].source_members.contains_key(name)
        {
            diagnostic = diagnostic.note(format!("`{name}` is a value and takes no arguments"));
        }
        self.report(diagnostic);
    }

    pub(crate) fn unknown_function_in(&mut self, module: ModuleId, name: &str, span: Span) {
        let prefix = self.modules[module].prefix.trim_end_matches('.').to_owned();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownFunction,
            format!("module `{prefix}` has no function `{name}`"),
        )
        .at(span);
        let functions = self.modules[module].functions.keys();
        let mut names: Vec<&str> = functions.map(|name| &**name).collect();
        names.sort_unstable();
        if let Some(hint) = nearest(name, names) {
            diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
        }
        self.report(diagnostic);
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
            Operand::Map => (
                "this is a map".to_owned(),
                "maps stand in `for`; to choose a value write match x { … }",
            ),
            Operand::Rolling(_) => (
                "this is a window".to_owned(),
                "reduce it: .mean() or .sum()",
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
                format!("`in` needs a list or range, found {found}"),
            )
            .at(span)
            .help("write x in [a, b], or x in 0..10"),
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

    /// A node that the graph refuses: a name taken, or rows of another table.
    pub(crate) fn definition_refused(
        &mut self,
        unit: UnitId,
        table: Option<DeclarationId>,
        expression: Expression,
        error: &BuildError,
    ) {
        let (name, span) = (self.units[unit].name.to_string(), self.units[unit].span);
        match error {
            BuildError::NameTaken { name } => {
                let first = self.builder.graph().node(name);
                let first = first.and_then(|node| self.spans.nodes.get(&node).copied());
                let name = name.clone();
                self.name_taken(&name, span, first);
            }
            _ => {
                let found = match self.builder.domain(expression) {
                    Domain::Rows(table) => self.builder.graph().tables[table].name.clone(),
                    Domain::Scalar => "no table".to_owned(),
                };
                let home =
                    table.map_or_else(String::new, |table| self.declarations[table].name.clone());
                let message =
                    format!("`{name}` stands in table {home}, but has the rows of {found}");
                let mut diagnostic = Diagnostic::error(Code::DomainClash, message).at(span);
                if let (Some(table), Domain::Rows(other)) = (
                    table.and_then(|table| self.declarations[table].table),
                    self.builder.domain(expression),
                ) {
                    let column = self.node_over(expression, other);
                    diagnostic = diagnostic.help(self.joining(table, other, column.as_deref()));
                }
                self.report(diagnostic);
            }
        }
    }

    /// The name of a node below an expression that brings the rows of a table.
    fn node_over(&self, root: Expression, table: TableId) -> Option<String> {
        let graph = self.builder.graph();
        let mut stack = vec![root];
        let mut seen = HashSet::new();
        while let Some(at) = stack.pop() {
            if seen.len() > SEARCH_LIMIT || !seen.insert(at) {
                continue;
            }
            let expression = &graph.expressions[at];
            if expression.domain != Domain::Rows(table) {
                continue;
            }
            if let Op::Node(node) = expression.op {
                return Some(graph.nodes[node].name.clone());
            }
            stack.extend(expression.args.iter().rev());
        }
        None
    }

    /// The lookup that brings a column of `other` to the rows of `here`.
    fn joining(&self, here: TableId, other: TableId, column: Option<&str>) -> String {
        let graph = self.builder.graph();
        let (near, far) = (&graph.tables[here], &graph.tables[other]);
        let wanted = column.and_then(|name| name.rsplit('.').next());
        let near_names: HashSet<&str> = near
            .members
            .iter()
            .map(|node| graph.nodes[*node].short_name())
            .collect();
        let mut common: Vec<&str> = far
            .members
            .iter()
            .filter(|node| !graph.nodes[**node].ty.scalar.is_float())
            .map(|node| graph.nodes[*node].short_name())
            .filter(|name| near_names.contains(name) && Some(*name) != wanted)
            .collect();
        common.truncate(3);
        let keys = if common.is_empty() {
            "key=key".to_owned()
        } else {
            let keys: Vec<String> = common.iter().map(|name| format!("{name}={name}")).collect();
            keys.join(", ")
        };
        let member = wanted.map_or(String::new(), |name| format!(".{name}"));
        format!(
            "look the row of {} up for each row of {}: {}[{keys}]{member}",
            far.name, near.name, far.name
        )
    }

    /// An operation that the graph refuses.
    pub(crate) fn refused(
        &mut self,
        error: &BuildError,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) {
        let diagnostic = match error {
            BuildError::Type(TypeError::Domains { .. }) => {
                self.domain_clash(operation, operands, span)
            }
            BuildError::Type(TypeError::ScalarWhereRows { .. }) => {
                let message = format!("`{operation}` needs a column, this is a single value");
                let at = operands.first().map_or(span, |(_, span)| *span);
                Diagnostic::error(Code::NeedsRows, message).at(at)
            }
            BuildError::Literal { value, ty } => {
                let message = format!("{value} does not fit {ty}");
                let literal = operands
                    .iter()
                    .find(|(operand, _)| self.builder.constant(*operand).is_some());
                let at = literal.map_or(span, |(_, span)| *span);
                Diagnostic::error(Code::LiteralOutOfRange, message).at(at)
            }
            BuildError::Type(TypeError::Types { .. } | TypeError::Count { .. })
            | BuildError::NoCommonType { .. }
            | BuildError::Conversion { .. }
            | BuildError::NameTaken { .. } => self.type_clash(error, operation, operands, span),
        };
        self.report(diagnostic);
    }

    fn type_clash(
        &self,
        error: &BuildError,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) -> Diagnostic {
        let types: Vec<String> = operands
            .iter()
            .map(|(operand, _)| self.type_text(self.builder.ty(*operand)))
            .collect();
        let expected = match error {
            BuildError::Type(TypeError::Types { expected, .. }) => Some(*expected),
            _ => None,
        };
        let (code, message) = match (&types[..], expected) {
            ([one], Some(expected)) => (
                Code::TypeMismatch,
                format!("`{operation}` takes {expected}, found {one}"),
            ),
            ([left, right], Some(expected)) if left == right => (
                Code::TypeMismatch,
                format!("`{operation}` takes {expected}, found {left}"),
            ),
            ([left, right], _) => (
                Code::NoCommonType,
                format!("`{operation}` can't combine {left} and {right}"),
            ),
            _ => (Code::TypeMismatch, format!("`{operation}`: {error}")),
        };
        let mut diagnostic = Diagnostic::error(code, message).at(span);
        for ((_, span), ty) in operands.iter().zip(&types) {
            diagnostic = diagnostic.label(*span, format!("this is {ty}"));
        }
        if let Some(help) = self.type_help(operation, operands) {
            diagnostic = diagnostic.help(help);
        }
        diagnostic
    }

    fn type_help(&self, operation: &str, operands: &[(Expression, Span)]) -> Option<String> {
        let [(left, _), (right, _)] = *operands else {
            return None;
        };
        let (a, b) = (
            self.builder.scalar_type(left),
            self.builder.scalar_type(right),
        );
        for (value, other) in [(left, b), (right, a)] {
            if let Some(Value::Str(text)) = self.builder.constant(value) {
                match other {
                    ScalarType::Date => return Some(format!("write date({text:?})")),
                    ScalarType::Timestamp(..) => return Some(format!("write timestamp({text:?})")),
                    other if other.is_number() && text.parse::<f64>().is_ok() => {
                        return Some(format!("write {text} without quotes"));
                    }
                    _ => {}
                }
            }
        }
        if a.is_integer() && b.is_integer() {
            return Some("cast one side: i64(…) or f64(…)".to_owned());
        }
        if a == ScalarType::Bool && b.is_number() || b == ScalarType::Bool && a.is_number() {
            return Some("make the bool a number: i8(…)".to_owned());
        }
        if matches!(operation, "and" | "or") {
            return Some("compare the numbers first: … != 0".to_owned());
        }
        match (a, b) {
            (ScalarType::Date, ScalarType::Timestamp(..))
            | (ScalarType::Timestamp(..), ScalarType::Date) => {
                Some("take the date of the timestamp: .date()".to_owned())
            }
            (ScalarType::Timestamp(..), ScalarType::Timestamp(..)) => {
                Some("their time zones differ".to_owned())
            }
            _ => None,
        }
    }

    fn domain_clash(
        &self,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) -> Diagnostic {
        let graph = self.builder.graph();
        let mut sides: Vec<(Expression, Span, TableId)> = Vec::new();
        for (operand, span) in operands {
            if let Domain::Rows(table) = self.builder.domain(*operand)
                && sides.iter().all(|(_, _, other)| *other != table)
            {
                sides.push((*operand, *span, table));
            }
        }
        let described = |(expression, _, table): &(Expression, Span, TableId)| {
            let table_name = &graph.tables[*table].name;
            match self.node_over(*expression, *table) {
                Some(node) => format!("{node} (rows of {table_name})"),
                None => format!("a value on the rows of {table_name}"),
            }
        };
        let [left, right, ..] = &sides[..] else {
            let message = format!("`{operation}` of a value on the rows of another table");
            return Diagnostic::error(Code::DomainClash, message).at(span);
        };
        let message = format!(
            "`{operation}` of {} and {}: rows of two tables don't combine",
            described(left),
            described(right)
        );
        let column = self.node_over(right.0, right.2);
        Diagnostic::error(Code::DomainClash, message)
            .at(span)
            .label(left.1, format!("rows of {}", graph.tables[left.2].name))
            .label(right.1, format!("rows of {}", graph.tables[right.2].name))
            .help(self.joining(left.2, right.2, column.as_deref()))
    }
}
