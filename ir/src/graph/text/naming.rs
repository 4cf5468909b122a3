//! Which values get a line of their own, `_1`, `_2`, …, and why.
//!
//! A value is named if it is used twice (that of a node too: whoever overrides the node does not mean
//! the other users), if its brackets would nest too deep, and where the
//! language could not say it in place: what `over` would govern by mistake, what only the block of
//! a `group by` can reduce and what only stands outside of it, a column that must go by a name, a
//! name that a column of the table around it hides.

use std::collections::HashSet;

use super::forms::{Role, group_of, is_word, parts};
use crate::graph::{Expression, Fingerprint, Graph, NodeKind, TableRows, row_expressions};
use crate::id::{ExprId, Id, NodeId};
use crate::op::{CastMode, Op, Overflow};
use crate::types::Domain;

/// Brackets deeper than this are broken out: the parser bounds nesting too.
const MAX_DEPTH: u32 = 64;

/// What is true of an expression with all that is written inside it.
#[derive(Clone, Copy, Default, Debug)]
struct Traits {
    /// It reduces the rows of groups, which only their block can say.
    in_block: bool,
    /// It reduces or looks along its own rows, which that block can't say.
    outside: bool,
    /// It holds something that an `over` to its right would govern.
    governable: bool,
    /// It uses a table or scalar that has the name of some table's column.
    hidden: bool,
    /// How deep its brackets nest.
    depth: u32,
}

/// The names of values.
pub(super) struct Naming<'g> {
    graph: &'g Graph,
    /// How often each expression is written; 0 if it is no part of the text.
    uses: Vec<u32>,
    /// The number of each named expression, 0 for the others.
    numbers: Vec<u32>,
    traits: Vec<Traits>,
    /// The last number given.
    last: u32,
    /// Names of tables and scalars that columns have too.
    hidden: HashSet<&'g str>,
    /// Names that stand for what expressions are; numbers do where these are empty.
    fingerprints: Vec<Option<Fingerprint>>,
}

impl<'g> Naming<'g> {
    /// Decides for a whole graph.
    pub(super) fn new(graph: &'g Graph) -> Self {
        let count = graph.expressions.len();
        let mut naming = Naming {
            graph,
            uses: vec![0; count],
            numbers: vec![0; count],
            traits: vec![Traits::default(); count],
            last: last_number(graph),
            hidden: hidden_names(graph),
            fingerprints: Vec::new(),
        };
        naming.count_uses();
        for id in graph.expressions.ids() {
            if naming.uses[id.index()] > 0 {
                naming.decide(id);
            }
        }
        // A predicate or key is written outside of any block.
        for table in graph.tables.values() {
            for root in row_expressions(&table.rows) {
                let inside = naming.traits[root.index()].in_block;
                if inside || goes_by_name(&table.rows) && !is_column(&graph.expressions[root]) {
                    naming.name(root);
                }
            }
            // The right side of a join's conditions goes by names.
            if let TableRows::Join { on, .. } = &table.rows {
                for column in &on.there {
                    if !is_column(&graph.expressions[*column]) {
                        naming.name(*column);
                    }
                }
            }
        }
        // What was named later is no part of what it was found in.
        for id in graph.expressions.ids() {
            if naming.uses[id.index()] > 0 {
                naming.traits[id.index()] = naming.traits_of(id);
            }
        }
        naming
    }

    /// No names yet: each expression is named by what it is, when that is known.
    pub(super) fn by_fingerprint(graph: &'g Graph) -> Self {
        let count = graph.expressions.len();
        Naming {
            graph,
            uses: Vec::new(),
            numbers: vec![0; count],
            traits: Vec::new(),
            last: 0,
            hidden: HashSet::new(),
            fingerprints: vec![None; count],
        }
    }

    /// Names an expression by what it is.
    pub(super) fn set_fingerprint(&mut self, id: ExprId, fingerprint: Fingerprint) {
        self.fingerprints[id.index()] = Some(fingerprint);
    }

    /// What an expression is, if it is named by that.
    pub(super) fn fingerprint(&self, id: ExprId) -> Option<Fingerprint> {
        self.fingerprints.get(id.index()).copied().flatten()
    }

    /// The name of an expression, if it has one.
    pub(super) fn name_of(&self, id: ExprId) -> Option<String> {
        if let Some(fingerprint) = self.fingerprint(id) {
            return Some(format!("_{fingerprint}"));
        }
        match self.numbers[id.index()] {
            0 => None,
            number => Some(format!("_{number}")),
        }
    }

    /// Whether an expression has a name.
    pub(super) fn is_named(&self, id: ExprId) -> bool {
        self.numbers[id.index()] > 0 || self.fingerprint(id).is_some()
    }

    /// Names an expression.
    pub(super) fn name(&mut self, id: ExprId) {
        if self.numbers[id.index()] == 0 {
            self.last += 1;
            self.numbers[id.index()] = self.last;
        }
    }

    /// Every named expression, in the order of their ids.
    pub(super) fn named(&self) -> impl Iterator<Item = ExprId> {
        self.graph.expressions.ids().filter(|id| self.is_named(*id))
    }

    /// Whether the expression is written in the block of its `group by`: there alone its
    /// reductions are understood.
    pub(super) fn needs_block(&self, id: ExprId) -> bool {
        self.traits[id.index()].in_block
    }

    /// Whether the expression is misunderstood in the block of its `group by`.
    pub(super) fn needs_outside(&self, id: ExprId) -> bool {
        self.traits[id.index()].outside
    }

    fn count_uses(&mut self) {
        let graph = self.graph;
        for (id, node) in graph.nodes.iter() {
            if let NodeKind::Definition(root) = node.kind
                && !is_implied(graph, id)
                && !is_key(graph, id)
                && !is_joined(graph, id)
            {
                self.uses[root.index()] += 1;
            }
        }
        for table in graph.tables.values() {
            for root in row_expressions(&table.rows) {
                self.uses[root.index()] += 1;
            }
        }
        for check in &graph.checks {
            self.uses[check.condition.index()] += 1;
        }
        // Users have higher ids than what they use.
        for id in graph.expressions.ids().rev() {
            if self.uses[id.index()] > 0 {
                for (part, _) in parts(graph, id) {
                    let uses = &mut self.uses[part.index()];
                    *uses = uses.saturating_add(1);
                }
            }
        }
    }

    fn decide(&mut self, id: ExprId) {
        let expression = &self.graph.expressions[id];
        let group = group_of(self.graph, id);
        let row_local = !matches!(expression.op, Op::Reduce { .. } | Op::Window(_));
        let mut blocks = Vec::new();
        let mut any_outside = matches!(expression.op, Op::Window(_));
        any_outside |= matches!(expression.op, Op::Reduce { .. }) && group.is_none();
        for (part, role) in parts(self.graph, id) {
            if self.is_named(part) {
                continue;
            }
            let inner = &self.graph.expressions[part];
            let traits = self.traits[part.index()];
            let same_rows = inner.domain == expression.domain;
            let crosses = inner.domain == Domain::Scalar && expression.domain != Domain::Scalar;
            let must = role == Role::Column && !is_column(inner)
                || matches!(inner.op, Op::Broadcast(_))
                || traits.in_block && !(row_local && same_rows)
                || crosses && traits.hidden
                || role == Role::Governed && traits.governable;
            if must {
                self.name(part);
                continue;
            }
            any_outside |= traits.outside && group.is_none();
            if traits.in_block {
                blocks.push(part);
            }
        }
        if any_outside {
            for part in blocks {
                self.name(part);
            }
        }
        let brackets = self.brackets(id);
        for (part, _) in parts(self.graph, id) {
            if !self.is_named(part) && self.traits[part.index()].depth + brackets > MAX_DEPTH {
                self.name(part);
            }
        }
        self.traits[id.index()] = self.traits_of(id);
        if self.uses[id.index()] > 1 && !is_word(&expression.op) {
            self.name(id);
        }
    }

    /// What is true of an expression, given what inside it has names.
    fn traits_of(&self, id: ExprId) -> Traits {
        let graph = self.graph;
        let expression = &graph.expressions[id];
        let mut traits = Traits::default();
        for (part, _) in parts(graph, id) {
            if self.is_named(part) {
                continue;
            }
            let inner = self.traits[part.index()];
            traits.in_block |= inner.in_block;
            traits.outside |= inner.outside;
            traits.governable |= inner.governable;
            traits.hidden |= inner.hidden;
            traits.depth = traits.depth.max(inner.depth);
        }
        traits.depth += self.brackets(id);
        match &expression.op {
            Op::Node(node) => {
                let node = &graph.nodes[*node];
                traits.hidden |= node.domain == Domain::Scalar && self.hidden.contains(&*node.name);
            }
            Op::Window(window) => {
                traits.outside = true;
                traits.governable |= window.over.is_none();
            }
            Op::Reduce { from, keys, .. } => {
                let group = group_of(graph, id).is_some();
                traits.in_block = group;
                traits.outside = !group;
                traits.governable |= *keys == 0;
                traits.hidden |= self.hidden.contains(&*graph.tables[*from].name);
            }
            _ => {}
        }
        traits
    }

    /// How many brackets the expression's own form may add around its parts.
    fn brackets(&self, id: ExprId) -> u32 {
        let expression = &self.graph.expressions[id];
        match expression.op {
            Op::Broadcast(_)
            | Op::Literal(_)
            | Op::Node(_)
            | Op::Key(_)
            | Op::Take
            | Op::Joined
            | Op::Stack => 0,
            // A chain to the left, or an `else` chain to the right, needs none; the other sides
            // are counted where they have an operator.
            Op::Add(Overflow::Raise)
            | Op::Sub(Overflow::Raise)
            | Op::Mul(Overflow::Raise)
            | Op::Div
            | Op::And
            | Op::Or => {
                let (left, right) = (expression.args[0], expression.args[1]);
                let same_kind = binds_alike(&expression.op, &self.graph.expressions[left].op);
                let is_short =
                    |arg: ExprId| self.is_named(arg) || is_word(&self.graph.expressions[arg].op);
                u32::from(!(same_kind || is_short(left)) || !is_short(right))
            }
            _ => 1,
        }
    }
}

/// Whether an operator needs no brackets to the left of another.
fn binds_alike(outer: &Op, inner: &Op) -> bool {
    match outer {
        Op::Add(_) | Op::Sub(_) => matches!(
            inner,
            Op::Add(Overflow::Raise)
                | Op::Sub(Overflow::Raise)
                | Op::Mul(Overflow::Raise)
                | Op::Div
                | Op::FloorDiv
                | Op::Rem
        ),
        Op::Mul(_) | Op::Div => matches!(
            inner,
            Op::Mul(Overflow::Raise) | Op::Div | Op::FloorDiv | Op::Rem
        ),
        Op::And => *inner == Op::And,
        Op::Or => *inner == Op::Or,
        _ => false,
    }
}

/// The greatest number that a name such as `_7` has.
fn last_number(graph: &Graph) -> u32 {
    let numbers = graph.nodes.values().filter_map(|node| {
        let number = node.short_name().strip_prefix('_')?;
        number.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

fn hidden_names(graph: &Graph) -> HashSet<&str> {
    let top = graph
        .nodes
        .values()
        .filter(|node| node.domain == Domain::Scalar)
        .map(|node| node.name.as_str())
        .chain(graph.tables.values().map(|table| table.name.as_str()));
    let top: HashSet<&str> = top.collect();
    graph
        .nodes
        .values()
        .filter(|node| node.domain != Domain::Scalar)
        .filter_map(|node| top.get(node.short_name()).copied())
        .collect()
}

/// Whether a definition is what its table implies: a member of a derived table that carries the
/// members of the same name from where its rows come, or that `unpivot` names.
pub(super) fn is_implied(graph: &Graph, node: NodeId) -> bool {
    let entry = &graph.nodes[node];
    let (NodeKind::Definition(root), Domain::Rows(table)) = (&entry.kind, entry.domain) else {
        return false;
    };
    let rows = &graph.tables[table].rows;
    if matches!(rows, TableRows::Source(_) | TableRows::Group { .. }) {
        return false;
    }
    let root = &graph.expressions[*root];
    if let TableRows::Unpivot { key, value, .. } = rows
        && root.op == Op::Stack
        && [key.as_str(), value.as_str()].contains(&entry.short_name())
    {
        return true;
    }
    let parents = rows.parents();
    let is_carried = |arg: &ExprId| {
        let mut expression = &graph.expressions[*arg];
        // A column that meets another in a wider type.
        if let (Op::Cast(_, CastMode::Raise), [column]) = (&expression.op, &expression.args[..]) {
            expression = &graph.expressions[*column];
        }
        let (Op::Node(carried), Domain::Rows(from)) = (&expression.op, expression.domain) else {
            return false;
        };
        parents.contains(&from) && graph.nodes[*carried].short_name() == entry.short_name()
    };
    match root.op {
        Op::Take | Op::Stack => root.args.iter().all(is_carried),
        _ => false,
    }
}

/// Whether a definition is written as a key of its `group by` table.
pub(super) fn is_key(graph: &Graph, node: NodeId) -> bool {
    let NodeKind::Definition(root) = graph.nodes[node].kind else {
        return false;
    };
    match (&graph.expressions[root].op, graph.nodes[node].domain) {
        (Op::Key(position), Domain::Rows(table)) => key_node(graph, table, *position) == Some(node),
        _ => false,
    }
}

/// Whether what makes rows is written as the names of columns.
fn goes_by_name(rows: &TableRows) -> bool {
    matches!(rows, TableRows::Distinct { .. } | TableRows::Unpivot { .. })
}

/// Whether an expression is written as a column of its table.
fn is_column(expression: &Expression) -> bool {
    let named = matches!(
        expression.op,
        Op::Node(_) | Op::Key(_) | Op::Take | Op::Stack
    );
    named && expression.domain != Domain::Scalar
}

/// Whether a definition is the row that a join adds, which its step names.
pub(super) fn is_joined(graph: &Graph, node: NodeId) -> bool {
    let NodeKind::Definition(root) = graph.nodes[node].kind else {
        return false;
    };
    match (&graph.expressions[root].op, graph.nodes[node].domain) {
        (Op::Joined, Domain::Rows(table)) => joined_node(graph, table) == Some(node),
        _ => false,
    }
}

/// The member that is the row that a join adds: the first of several.
pub(super) fn joined_node(graph: &Graph, table: crate::id::TableId) -> Option<NodeId> {
    if !matches!(graph.tables[table].rows, TableRows::Join { .. }) {
        return None;
    }
    let mut members = graph.tables[table].members.iter().copied();
    members.find(|member| match graph.nodes[*member].kind {
        NodeKind::Definition(root) => graph.expressions[root].op == Op::Joined,
        NodeKind::Column { .. } | NodeKind::Param { .. } => false,
    })
}

/// The member that is the key at a position of a `group by` table: the first of several.
pub(super) fn key_node(graph: &Graph, table: crate::id::TableId, position: u32) -> Option<NodeId> {
    let mut members = graph.tables[table].members.iter().copied();
    members.find(|member| match graph.nodes[*member].kind {
        NodeKind::Definition(root) => graph.expressions[root].op == Op::Key(position),
        NodeKind::Column { .. } | NodeKind::Param { .. } => false,
    })
}
