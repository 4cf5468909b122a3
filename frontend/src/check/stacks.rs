//! Tables stacked of others: the two sides of a `union`, the columns that `unpivot` turns into rows.

use std::collections::HashSet;
use std::rc::Rc;

use icosian_ir::graph::{BuildError, TableRows};
use icosian_ir::id::{ExprId as Expression, NodeId, TableId};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::declarations::{Checker, DeclarationId, DeclarationKind, Rows, State, UnitId, UnitKind};
use super::expressions::{Operand, Task};
use super::names::Member;
use super::select::glob_matches;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{SelectorKind, StepKind};

/// How many columns a message names.
const NAMED: usize = 8;

impl Checker<'_> {
    /// The table after `union`, where a derived table is one.
    pub(crate) fn other_of_union(&mut self, table: DeclarationId) -> Option<DeclarationId> {
        let (step, place) = self.step(table)?;
        match &step.kind {
            StepKind::Union(path) => self.table_at(place, path),
            _ => None,
        }
    }

    /// Whether a table has a column of this name, own or carried: through a `union` only what both
    /// sides have. `home` is the table whose rows a top-level definition of that name has.
    pub(crate) fn has_column(
        &mut self,
        table: DeclarationId,
        name: &Rc<str>,
        home: Option<TableId>,
    ) -> bool {
        let mut found = vec![table];
        let mut seen: HashSet<DeclarationId> = HashSet::new();
        while let Some(at) = found.pop() {
            let declaration = &self.declarations[at];
            let is_here = declaration.members.contains_key(name)
                || home.is_some() && declaration.table == home
                || matches!(declaration.kind, DeclarationKind::Unknown);
            let is_known = self.known_columns.contains(&(at, Rc::clone(name)));
            if is_here || is_known || !seen.insert(at) {
                continue;
            }
            if !self.carries(at) || self.is_unpivoted(at, name) {
                return false;
            }
            found.extend(self.parent(at));
            found.extend(self.other_of_union(at));
        }
        let known = seen.into_iter().map(|at| (at, Rc::clone(name)));
        self.known_columns.extend(known);
        true
    }

    /// Whether every `union` on the way up a chain of tables has a column on its other side.
    pub(crate) fn all_unions_have(
        &mut self,
        chain: &[DeclarationId],
        name: &str,
        home: Option<TableId>,
    ) -> bool {
        chain.iter().all(|at| match self.other_of_union(*at) {
            Some(other) => self.has_column(other, &name.into(), home),
            None => true,
        })
    }

    /// Enters the column of the other side of a `union` that has a carried column's name.
    pub(crate) fn enter_union_column(&mut self, unit: UnitId, table: DeclarationId) {
        let found = self.other_of_union(table);
        let (Some(other), Some((step, _))) = (found, self.step(table)) else {
            return self.operands.push(Operand::Poison);
        };
        // A table that needs itself was told.
        if self.declarations[table].table.is_none() {
            return self.operands.push(Operand::Poison);
        }
        let name = Rc::clone(&self.units[unit].name);
        let span = step.span;
        if matches!(self.full_member(other, &name), Member::Missing) {
            self.missing_in_union(table, &[(other, vec![Rc::clone(&name)])], span);
            return self.operands.push(Operand::Poison);
        }
        let again = Task::UnionColumn(unit, table);
        self.member_of_table(other, &name, span, again);
    }

    /// Tells that sides of a `union` lack columns.
    fn missing_in_union(
        &mut self,
        table: DeclarationId,
        missing: &[(DeclarationId, Vec<Rc<str>>)],
        span: Span,
    ) {
        let mut parts = Vec::new();
        for (side, names) in missing {
            let shown: Vec<String> = names.iter().take(NAMED).map(|n| format!("`{n}`")).collect();
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let side = &self.declarations[*side].name;
            parts.push(format!("`{side}` has no {}{more}", shown.join(", ")));
        }
        let message = format!(
            "`union` takes tables of the same columns: {}",
            parts.join("; ")
        );
        let mut diagnostic = Diagnostic::error(Code::UnknownMember, message).at(span);
        if let Some((side, names)) = missing.first()
            && let Some(name) = names.first()
        {
            let ty = self.type_of_side(table, *side, name);
            let side = &self.declarations[*side].name;
            diagnostic = diagnostic.help(format!(
                "say what stands there: extend {side} {{ {name}{ty} = null }}"
            ));
        }
        self.report(diagnostic);
    }

    /// `: type` of the column that one side of a `union` lacks, as the other side has it, if that
    /// is known.
    fn type_of_side(&mut self, table: DeclarationId, lacking: DeclarationId, name: &str) -> String {
        let sides = [self.parent(table), self.other_of_union(table)];
        let having = sides.into_iter().flatten().find(|side| *side != lacking);
        if let Some(having) = having
            && let Member::Found(unit) = self.full_member(having, name)
            && let State::Done(node) = self.units[unit].state
        {
            let ty = self.builder.graph().nodes[node].ty;
            return format!(": {}", self.type_text(ty.scalar.nullable()));
        }
        String::new()
    }

    /// Whether both sides of a `union` have the columns that the other is made with; a diagnostic
    /// if not.
    pub(crate) fn check_union(
        &mut self,
        table: DeclarationId,
        sides: [DeclarationId; 2],
        span: Span,
    ) -> Option<()> {
        let mut missing = Vec::new();
        for [having, lacking] in [sides, [sides[1], sides[0]]] {
            let mut names = self.made_with(having)?;
            names.retain(|name| matches!(self.full_member(lacking, name), Member::Missing));
            if !names.is_empty() {
                missing.push((lacking, names));
            }
        }
        if missing.is_empty() {
            return Some(());
        }
        self.missing_in_union(table, &missing, span);
        None
    }

    /// The chain from a table up to the one whose columns come from no other.
    fn ancestry(&mut self, table: DeclarationId) -> Vec<DeclarationId> {
        let mut chain = vec![table];
        let mut at = table;
        while self.carries(at) && chain.len() <= self.declarations.len() {
            let Some(parent) = self.parent(at) else { break };
            chain.push(parent);
            at = parent;
        }
        chain
    }

    /// The columns that a table is made with: those of a source, the keys and reductions of groups,
    /// with what steps add and take away. None if the table is a mistake that was told.
    fn made_with(&mut self, table: DeclarationId) -> Option<Vec<Rc<str>>> {
        let mut names: Vec<Rc<str>> = Vec::new();
        for at in self.ancestry(table).into_iter().rev() {
            if matches!(self.declarations[at].kind, DeclarationKind::Unknown) {
                return None;
            }
            if let Some(gone) = self.unpivoted(at) {
                names.retain(|name| !gone.contains(name));
            }
            for unit in &self.declarations[at].order {
                let unit = &self.units[*unit];
                let is_own = match unit.kind {
                    UnitKind::Column
                    | UnitKind::Key { .. }
                    | UnitKind::UnpivotName(_)
                    | UnitKind::UnpivotValue(_) => true,
                    UnitKind::Definition { .. } => unit.place.rows == Rows::Groups(at),
                    UnitKind::Param { .. }
                    | UnitKind::Rows(_)
                    | UnitKind::Bound { .. }
                    | UnitKind::BoundRows(_)
                    | UnitKind::Carried { .. }
                    | UnitKind::JoinRow { .. } => false,
                };
                // A name that begins so is the flow's own business.
                if is_own && !unit.name.starts_with('_') {
                    names.push(Rc::clone(&unit.name));
                }
            }
        }
        Some(names)
    }

    /// Whether `unpivot` turned a column of the table before into rows.
    pub(crate) fn is_unpivoted(&mut self, table: DeclarationId, name: &str) -> bool {
        self.unpivoted(table)
            .is_some_and(|columns| columns.iter().any(|column| **column == *name))
    }

    /// The columns that an `unpivot` turns into rows, in their order; none for other tables.
    pub(crate) fn unpivoted(&mut self, table: DeclarationId) -> Option<Rc<[Rc<str>]>> {
        let (step, _) = self.step(table)?;
        if !matches!(step.kind, StepKind::Unpivot { .. }) {
            return None;
        }
        if let Some(known) = self.unpivoted.get(&table) {
            return Some(Rc::clone(known));
        }
        // From the first table on: one `unpivot` may choose among what another made.
        let mut members: Vec<UnitId> = Vec::new();
        for at in self.ancestry(table).into_iter().rev() {
            if let Some((step, _)) = self.step(at)
                && matches!(step.kind, StepKind::Unpivot { .. })
            {
                if !self.unpivoted.contains_key(&at) {
                    let chosen = self.choose_unpivoted(at, &members);
                    self.unpivoted.insert(at, chosen);
                }
                let gone: HashSet<&Rc<str>> = self.unpivoted[&at].iter().collect();
                members.retain(|member| !gone.contains(&self.units[*member].name));
            }
            let own = self.declarations[at].order.iter().copied();
            members.extend(own.filter(|unit| {
                let kind = &self.units[*unit].kind;
                !matches!(kind, UnitKind::Carried { .. })
            }));
        }
        self.unpivoted.get(&table).cloned()
    }

    /// The columns that the selectors of an `unpivot` mean among the members of the table before.
    fn choose_unpivoted(&mut self, table: DeclarationId, members: &[UnitId]) -> Rc<[Rc<str>]> {
        let Some((step, place)) = self.step(table) else {
            return Rc::new([]);
        };
        let StepKind::Unpivot { columns, .. } = &step.kind else {
            return Rc::new([]);
        };
        let program = self.program(place);
        let mut chosen: Vec<Rc<str>> = Vec::new();
        let mut seen = HashSet::new();
        for selector in columns {
            let (text, found): (String, Vec<Rc<str>>) = match &selector.kind {
                SelectorKind::Path(path) => {
                    let name = path.names.last().map(|name| self.expand(place, *name));
                    (String::new(), name.into_iter().collect())
                }
                SelectorKind::Glob { pattern, .. } => {
                    let pattern = program.text(*pattern);
                    let names = members.iter().map(|member| &self.units[*member].name);
                    let fits =
                        |name: &&Rc<str>| !name.starts_with('_') && glob_matches(pattern, name);
                    (pattern.to_owned(), names.filter(fits).cloned().collect())
                }
                SelectorKind::Tag(tag) => {
                    let tag = self.expand(place, *tag);
                    let members = members.iter().map(|member| &self.units[*member]);
                    let tagged = members.filter(|unit| {
                        let program = self.program(unit.place);
                        let tags = unit.item.map(|item| &program.items[item].tags);
                        let mut tags = tags.into_iter().flatten();
                        tags.any(|found| program.name(found.name) == &*tag)
                    });
                    let names = tagged.map(|unit| Rc::clone(&unit.name)).collect();
                    (format!("@{tag}"), names)
                }
            };
            if found.is_empty() {
                let message = format!("`{text}` selects nothing");
                self.report(Diagnostic::error(Code::BadSelector, message).at(selector.span));
            }
            chosen.extend(
                found
                    .into_iter()
                    .filter(|name| seen.insert(Rc::clone(name))),
            );
        }
        chosen.into()
    }

    /// Enters the columns that become rows.
    pub(crate) fn enter_unpivoted(
        &mut self,
        table: DeclarationId,
        parent: DeclarationId,
        span: Span,
    ) -> Vec<Task> {
        let columns = self.unpivoted(table).unwrap_or_else(|| Rc::new([]));
        let task = |name: &Rc<str>| Task::Column(parent, Rc::clone(name), span);
        columns.iter().map(task).collect()
    }

    /// The rows of an `unpivot`; a diagnostic if it makes a column that is there already.
    pub(crate) fn unpivot_rows(
        &mut self,
        table: DeclarationId,
        parent: TableId,
        columns: Vec<Expression>,
    ) -> Option<TableRows> {
        let (step, place) = self.step(table)?;
        let StepKind::Unpivot { key, value, .. } = &step.kind else {
            return None;
        };
        if columns.is_empty() {
            return None;
        }
        let declared_parent = self.parent(table)?;
        for name in [key, value] {
            let text = self.expand(place, *name);
            if !self.is_unpivoted(table, &text)
                && let Member::Found(unit) = self.full_member(declared_parent, &text)
            {
                let first = self.units[unit].span;
                self.name_taken(&text, name.span, Some(first));
                return None;
            }
        }
        Some(TableRows::Unpivot {
            parent,
            columns,
            key: self.expand(place, *key).to_string(),
            value: self.expand(place, *value).to_string(),
        })
    }

    /// The column of names that `unpivot` makes, or that of values.
    pub(crate) fn unpivot_column(
        &mut self,
        table: DeclarationId,
        is_name: bool,
    ) -> Option<Expression> {
        let rows = self.declarations[table].table?;
        let (step, _) = self.step(table)?;
        let span = step.span;
        let TableRows::Unpivot {
            parent, columns, ..
        } = &self.builder.graph().tables[rows].rows
        else {
            return None;
        };
        let (parent, columns) = (*parent, columns.clone());
        if !is_name {
            return self.stack(rows, &columns, span);
        }
        let mut names = Vec::with_capacity(columns.len());
        for name in self.unpivoted(table)?.iter() {
            let value = Value::Str((&**name).into());
            let name = self.builder.literal_of(value, ScalarType::Str);
            names.push(self.builder.broadcast(name, parent).ok()?);
        }
        self.stack(rows, &names, span)
    }

    /// The column of a derived table that carries a node of the table before (and, of a union, the
    /// column of its other side).
    pub(crate) fn carried_column(
        &mut self,
        table: DeclarationId,
        node: NodeId,
        other: Option<&Operand>,
    ) -> Option<Expression> {
        let rows = self.declarations[table].table?;
        let (step, _) = self.step(table)?;
        let span = step.span;
        let column = self.builder.use_node(node);
        match &step.kind {
            StepKind::Union(_) => {
                let other = self.value(other?, span)?;
                self.stack(rows, &[column, other], span)
            }
            StepKind::Unpivot { .. } => {
                let times = self.unpivoted(table)?.len();
                self.stack(rows, &vec![column; times], span)
            }
            StepKind::Where(_)
            | StepKind::GroupBy { .. }
            | StepKind::OrderBy(_)
            | StepKind::Limit { .. }
            | StepKind::Sample { .. }
            | StepKind::Distinct(_)
            | StepKind::Join { .. } => Some(self.builder.taken(rows, column)),
        }
    }

    /// Columns one after the other; a diagnostic if they don't meet in one type.
    fn stack(&mut self, table: TableId, columns: &[Expression], span: Span) -> Option<Expression> {
        let error = match self.builder.stacked(table, columns) {
            Ok(column) => return Some(column),
            Err(error) => error,
        };
        if !matches!(error, BuildError::NoCommonType { .. }) {
            self.refused(&error, "union", &[], span);
            return None;
        }
        let mut told = Vec::new();
        let mut scalars = HashSet::new();
        for column in columns {
            let ty = self.builder.ty(*column);
            if scalars.insert(ty.scalar) {
                let name = self.describe_column(*column);
                told.push(format!("{name} is {}", self.type_text(ty)));
            }
        }
        told.truncate(NAMED);
        let message = format!("these columns have no common type: {}", told.join(", "));
        self.report(
            Diagnostic::error(Code::NoCommonType, message)
                .at(span)
                .help("cast one of them under a name of its own"),
        );
        None
    }

    fn describe_column(&self, column: Expression) -> String {
        let graph = self.builder.graph();
        match graph.expressions[column].op {
            icosian_ir::op::Op::Node(node) => format!("`{}`", graph.nodes[node].name),
            _ => "one".to_owned(),
        }
    }
}
