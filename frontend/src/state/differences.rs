//! How a state and a flow differ, by name: what is learned otherwise, and which nodes above make it
//! so.

use std::collections::{BTreeSet, HashMap, HashSet};

use icosian_ir::graph::{Dependencies, Graph, NodeKind, PartFingerprints};
use icosian_ir::id::{ExprId, NodeId, TableId};
use icosian_ir::op::Op;
use icosian_ir::types::Domain;

use super::is_member_of;
use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;

/// How many names a message lists.
const SHOWN: usize = 8;

/// What a flow learns and a state holds, compared.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// Learned by the flow, not held by the state.
    missing: Vec<String>,
    /// Held by the state, not learned by the flow.
    pub(super) extra: Vec<String>,
    /// Computed from something else.
    changed: Vec<String>,
}

/// Some nodes and all they need.
pub(super) fn upstream(
    dependencies: &Dependencies,
    nodes: impl Iterator<Item = NodeId>,
) -> BTreeSet<NodeId> {
    let mut open: Vec<NodeId> = nodes.collect();
    let mut seen: BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(node) = open.pop() {
        let needed = dependencies.needs(node).into_iter();
        open.extend(needed.filter(|needed| seen.insert(*needed)));
    }
    seen
}

impl Differences {
    pub(super) fn compare(&mut self, name: &str, found: Option<&str>, wanted: &str) {
        match found {
            None => self.missing.push(name.to_owned()),
            Some(found) if found != wanted => self.changed.push(name.to_owned()),
            Some(_) => {}
        }
    }

    /// An error that names what differs, if anything does. `nodes` and `rows` are the numbers that
    /// the state noted of the nodes above what it holds, and of their tables' rows.
    pub(super) fn refuse(
        mut self,
        graph: &Graph,
        parts: &PartFingerprints,
        nodes: &HashMap<String, String>,
        rows: &HashMap<String, String>,
    ) -> Result<(), Error> {
        let changed: HashSet<String> = self.changed.iter().cloned().collect();
        for names in [&mut self.missing, &mut self.extra, &mut self.changed] {
            // The columns of a table that is named go without saying.
            let named: HashSet<String> = names.iter().cloned().collect();
            names.retain(|name| !is_member_of(name, &named));
        }
        if self.missing.is_empty() && self.extra.is_empty() && self.changed.is_empty() {
            return Ok(());
        }
        let noted = Noted {
            graph,
            parts,
            nodes,
            rows,
        };
        let mut causes = noted.causes(&changed);
        causes.retain(|name| !changed.contains(name));
        let mut diagnostic = Diagnostic::error(
            Code::StateOfAnotherFlow,
            "the state was learned by another flow",
        );
        for (what, names) in [
            ("the flow learns it otherwise", &self.changed),
            ("because this differs", &causes),
            (
                "the flow learns it, the state does not hold it",
                &self.missing,
            ),
            (
                "the state holds it, the flow does not learn it",
                &self.extra,
            ),
        ] {
            if names.is_empty() {
                continue;
            }
            let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`"));
            let mut shown: Vec<String> = shown.collect();
            if names.len() > SHOWN {
                shown.push(format!("{} more", names.len() - SHOWN));
            }
            diagnostic = diagnostic.note(format!("{what}: {}", shown.join(", ")));
        }
        diagnostic = diagnostic.help("learn it anew: icosian fit FLOW --state STATE");
        Err(Error::from_diagnostics(vec![diagnostic]))
    }
}

/// A flow's nodes and what a state noted of them.
struct Noted<'a> {
    graph: &'a Graph,
    parts: &'a PartFingerprints,
    nodes: &'a HashMap<String, String>,
    rows: &'a HashMap<String, String>,
}

impl Noted<'_> {
    /// The topmost nodes and tables that differ, above the nodes of these names.
    fn causes(&self, changed: &HashSet<String>) -> Vec<String> {
        let dependencies = Dependencies::new(self.graph);
        let nodes = self.graph.nodes.iter();
        let learned = nodes.filter(|(_, node)| changed.contains(&node.name));
        let above = upstream(&dependencies, learned.map(|(id, _)| id));
        let known: HashSet<&str> = self.nodes.values().map(String::as_str).collect();
        let differs = |node: NodeId| {
            let number = self.parts.node(node).to_string();
            // A node that was renamed, or got a name, is the same to all that need it.
            match self.nodes.get(&self.graph.nodes[node].name) {
                Some(noted) => *noted != number,
                None => !known.contains(number.as_str()),
            }
        };
        let different: BTreeSet<NodeId> = above.into_iter().filter(|node| differs(*node)).collect();
        let mut causes = Vec::new();
        for node in &different {
            let needed = dependencies.needs(*node);
            if needed.iter().any(|needed| different.contains(needed)) {
                continue;
            }
            let tables = self.tables_of(*node).into_iter();
            let name = match tables.filter_map(|table| self.table(table)).next() {
                Some(table) => self.graph.tables[table].name.clone(),
                None => self.graph.nodes[*node].name.clone(),
            };
            if !causes.contains(&name) {
                causes.push(name);
            }
        }
        causes
    }

    /// The tables that a node's own definition is about: whose rows it has or reduces.
    fn tables_of(&self, node: NodeId) -> BTreeSet<TableId> {
        let node = &self.graph.nodes[node];
        let mut tables = BTreeSet::new();
        if let Domain::Rows(table) = node.domain {
            tables.insert(table);
        }
        let mut open = match node.kind {
            NodeKind::Definition(root) => vec![root],
            NodeKind::Column { .. } | NodeKind::Param { .. } => Vec::new(),
        };
        let mut seen: BTreeSet<ExprId> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            let expression = &self.graph.expressions[id];
            if matches!(expression.op, Op::Node(_)) {
                continue;
            }
            if let Domain::Rows(table) = expression.domain {
                tables.insert(table);
            }
            if let Op::Reduce { from, .. } = expression.op {
                tables.insert(from);
            }
            let args = expression.args.iter();
            open.extend(args.copied().filter(|arg| seen.insert(*arg)));
        }
        tables
    }

    /// The topmost table of other rows, from one on upward; none if its rows are the same.
    fn table(&self, mut table: TableId) -> Option<TableId> {
        let differs = |table: TableId| {
            let noted = self.rows.get(&self.graph.tables[table].name);
            noted.is_some_and(|noted| *noted != self.parts.table(table).to_string())
        };
        if !differs(table) {
            return None;
        }
        // Each table is made of ones made before it.
        while let Some(parent) = self.graph.tables[table]
            .rows
            .parents()
            .into_iter()
            .find(|parent| differs(*parent))
        {
            table = parent;
        }
        Some(table)
    }
}
