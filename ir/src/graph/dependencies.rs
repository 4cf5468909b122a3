//! Which node needs which: order of definitions, cycles, lineage.
//!
//! petgraph holds the edges. Its walks used here (`toposort`, `kosaraju_scc`) keep their own
//! stacks; others of its algorithms recurse and would overflow on a long chain.

use std::collections::HashSet;

use petgraph::Direction;
use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Graph, NodeKind, TableRows};
use crate::id::{ExprId, Id, NodeId, TableId};
use crate::op::Op;
use crate::types::Domain;

/// Definitions that need each other, in the order in which each needs the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

/// An order of `count` definitions in which each stands after those it needs.
///
/// `edges` are pairs (definition, what it needs). Among definitions that don't need each other the
/// order is that of their numbers as far as possible.
///
/// # Errors
/// Every cycle, each as a shortest walk through one of its members.
pub fn order_definitions(
    count: usize,
    edges: impl IntoIterator<Item = (usize, usize)>,
) -> Result<Vec<usize>, Vec<Cycle>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, count);
    for _ in 0..count {
        graph.add_node(());
    }
    for (user, needed) in edges {
        graph.add_edge(NodeIndex::new(needed), NodeIndex::new(user), ());
    }
    match toposort(&graph, None) {
        Ok(order) => Ok(order.into_iter().map(NodeIndex::index).collect()),
        Err(_) => Err(cycles(&graph)),
    }
}

fn cycles(graph: &DiGraph<(), ()>) -> Vec<Cycle> {
    let mut found = Vec::new();
    for component in kosaraju_scc(graph) {
        let Some(start) = component.iter().copied().min() else {
            continue;
        };
        if component.len() == 1 && !graph.contains_edge(start, start) {
            continue;
        }
        found.push(shortest_cycle(graph, start));
    }
    found.sort_by_key(|cycle| cycle.0.iter().copied().min());
    found
}

/// Breadth-first from `start` along "needs" until back at it.
fn shortest_cycle(graph: &DiGraph<(), ()>, start: NodeIndex) -> Cycle {
    let mut parent = vec![None; graph.node_count()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for needed in graph.neighbors_directed(node, Direction::Incoming) {
            if needed == start {
                let mut walk = vec![node.index()];
                let mut at = node;
                while let Some(before) = parent[at.index()] {
                    at = before;
                    walk.push(at.index());
                }
                walk.reverse();
                return Cycle(walk);
            }
            if parent[needed.index()].is_none() && needed != start {
                parent[needed.index()] = Some(node);
                queue.push_back(needed);
            }
        }
    }
    Cycle(vec![start.index()])
}

/// The edges of a graph, node to node.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// Edges point from what is needed to its user.
    edges: DiGraph<NodeId, ()>,
}

impl Dependencies {
    /// Reads the edges off a graph's expressions. A node also needs what the rows of its tables need.
    pub fn new(graph: &Graph) -> Dependencies {
        let mut edges = DiGraph::with_capacity(graph.nodes.len(), graph.nodes.len());
        for id in graph.nodes.ids() {
            edges.add_node(id);
        }
        let mut dependencies = Dependencies { edges };
        let mut walk = ExpressionWalk::new(graph);
        for (id, node) in graph.nodes.iter() {
            let NodeKind::Definition(expression) = node.kind else {
                continue;
            };
            for needed in walk.nodes_of(expression) {
                dependencies
                    .edges
                    .add_edge(index_of(needed), index_of(id), ());
            }
        }
        dependencies
    }

    /// The nodes that `node` needs directly, ascending.
    pub fn needs(&self, node: NodeId) -> Vec<NodeId> {
        self.neighbors(node, Direction::Incoming)
    }

    /// The nodes that need `node` directly, ascending.
    pub fn needed_by(&self, node: NodeId) -> Vec<NodeId> {
        self.neighbors(node, Direction::Outgoing)
    }

    fn neighbors(&self, node: NodeId, direction: Direction) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = self
            .edges
            .neighbors_directed(index_of(node), direction)
            .map(|n| self.edges[n])
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Everything that `node` needs, directly or not, ascending.
    pub fn upstream(&self, node: NodeId) -> Vec<NodeId> {
        self.reachable(node, Direction::Incoming)
    }

    /// Everything that needs `node`, directly or not, ascending.
    pub fn downstream(&self, node: NodeId) -> Vec<NodeId> {
        self.reachable(node, Direction::Outgoing)
    }

    fn reachable(&self, node: NodeId, direction: Direction) -> Vec<NodeId> {
        let mut seen = vec![false; self.edges.node_count()];
        let mut stack = vec![index_of(node)];
        let mut found = Vec::new();
        while let Some(at) = stack.pop() {
            for next in self.edges.neighbors_directed(at, direction) {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    found.push(self.edges[next]);
                    stack.push(next);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// A shortest path of users from `from` to `to`, both included; none if there is none.
    pub fn path(&self, from: NodeId, to: NodeId) -> Option<Vec<NodeId>> {
        let mut parent = vec![None; self.edges.node_count()];
        let mut queue = std::collections::VecDeque::from([index_of(from)]);
        while let Some(at) = queue.pop_front() {
            if at == index_of(to) {
                let mut walk = vec![to];
                let mut step = at;
                while step != index_of(from) {
                    step = parent[step.index()]?;
                    walk.push(self.edges[step]);
                }
                walk.reverse();
                return Some(walk);
            }
            for next in self.edges.neighbors_directed(at, Direction::Outgoing) {
                if next != index_of(from) && parent[next.index()].is_none() {
                    parent[next.index()] = Some(at);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

fn index_of(node: NodeId) -> NodeIndex {
    NodeIndex::new(node.index())
}

/// Finds the nodes that expressions mention, each expression visited once per walk.
struct ExpressionWalk<'a> {
    graph: &'a Graph,
    /// The walk in which an expression was last seen.
    seen: Vec<u32>,
    walk: u32,
}

impl<'a> ExpressionWalk<'a> {
    fn new(graph: &'a Graph) -> Self {
        ExpressionWalk {
            graph,
            seen: vec![0; graph.expressions.len()],
            walk: 0,
        }
    }

    fn nodes_of(&mut self, root: ExprId) -> Vec<NodeId> {
        self.walk += 1;
        let mut found = Vec::new();
        let mut stack = vec![root];
        let mut tables: HashSet<TableId> = HashSet::new();
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut self.seen[id.index()], self.walk) == self.walk {
                continue;
            }
            let expression = &self.graph.expressions[id];
            if let Op::Node(node) = expression.op {
                found.push(node);
                continue;
            }
            stack.extend(&expression.args);
            // Rows of a derived table exist only where its predicate or keys are known, and those
            // of the tables it is made of. `big.len()` has no other argument than them.
            let mut open = Vec::new();
            if let Domain::Rows(table) = expression.domain {
                open.push(table);
            }
            if let Op::Reduce { from, .. } = expression.op {
                open.push(from);
            }
            while let Some(table) = open.pop() {
                if !tables.insert(table) {
                    continue;
                }
                let rows = &self.graph.tables[table].rows;
                stack.extend(row_expressions(rows));
                open.extend(rows.parents());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The expressions on which a table's rows depend.
pub(crate) fn row_expressions(rows: &TableRows) -> Vec<ExprId> {
    match rows {
        TableRows::Source(_) | TableRows::Union { .. } => Vec::new(),
        TableRows::Filter { predicate, .. } => vec![*predicate],
        TableRows::Group { keys, .. } => keys.clone(),
        TableRows::Order { keys, .. } => keys.iter().map(|key| key.expression).collect(),
        TableRows::Limit { rows, .. } => vec![*rows],
        TableRows::Sample { rows, seed, .. } => vec![*rows, *seed],
        TableRows::Distinct { columns, .. } | TableRows::Unpivot { columns, .. } => columns.clone(),
        TableRows::Join { on, .. } => on.there.iter().chain(&on.here).copied().collect(),
    }
}
