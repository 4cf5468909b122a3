//! Numbers that stand for parts of a graph: what a value is made of, whatever stands beside it.
//!
//! An expression's number is the hash of its canonical text in which every part goes by its own
//! number, together with its type and rows; a node's is that of its expression. So a value keeps its
//! number when unrelated nodes come, go or change places, when a part of it gets a name, and when
//! its file moves; it gets another when anything changes that it is computed from. A table's name
//! counts, and a source's columns count by their headers and types; documentation, tags and where
//! sources are read from don't.

use super::expressions::{ExpressionText, Place};
use super::literals::{constant, quoted};
use super::naming::Naming;
use crate::graph::{Fingerprint, Graph, NodeKind};
use crate::id::{ExprId, Id, NodeId, TableId};
use crate::op::Op;
use crate::types::{Domain, ScalarType, Type};

/// The numbers of a graph's parts.
///
/// ```
/// use icosian_ir::graph::{GraphBuilder, PartFingerprints};
/// use icosian_ir::value::Value;
///
/// let mut builder = GraphBuilder::new();
/// let seven = builder.literal(Value::Integer(7));
/// let first = builder.define(None, "first", seven)?;
/// let second = builder.define(None, "second", seven)?;
/// let graph = builder.finish();
/// let parts = PartFingerprints::new(&graph);
/// assert_eq!(parts.node(first), parts.node(second));
/// # Ok::<(), icosian_ir::graph::BuildError>(())
/// ```
#[derive(Debug)]
pub struct PartFingerprints {
    nodes: Vec<Fingerprint>,
    tables: Vec<Fingerprint>,
}

impl PartFingerprints {
    /// Works out all of them, each expression once.
    pub fn new(graph: &Graph) -> PartFingerprints {
        let mut parts = Parts {
            graph,
            naming: Naming::by_fingerprint(graph),
            tables: Vec::with_capacity(graph.tables.len()),
        };
        // What an expression needs was made before it: arguments, definitions, the rows of tables.
        for id in graph.expressions.ids() {
            parts.expression(id);
        }
        if let Some(last) = graph.tables.ids().last() {
            parts.tables_up_to(last);
        }
        PartFingerprints {
            nodes: graph.nodes.ids().map(|node| parts.node(node)).collect(),
            tables: parts.tables,
        }
    }

    /// What a node's value is made of.
    pub fn node(&self, node: NodeId) -> Fingerprint {
        self.nodes[node.index()]
    }

    /// What a table's rows are made of.
    pub fn table(&self, table: TableId) -> Fingerprint {
        self.tables[table.index()]
    }
}

struct Parts<'g> {
    graph: &'g Graph,
    naming: Naming<'g>,
    tables: Vec<Fingerprint>,
}

impl Parts<'_> {
    fn expression(&mut self, id: ExprId) {
        let graph = self.graph;
        let expression = &graph.expressions[id];
        let mut text = match &expression.op {
            Op::Node(node) => {
                let fingerprint = self.node(*node);
                return self.naming.set_fingerprint(id, fingerprint);
            }
            // Keys and the rows of a join are written by their names alone.
            Op::Key(position) => format!("key {position}"),
            Op::Joined => "joined".to_owned(),
            _ => {
                let expressions = ExpressionText {
                    graph,
                    naming: &self.naming,
                };
                expressions.definition(id, Place::Top)
            }
        };
        if let Op::Reduce { from, .. } = expression.op {
            let from = self.rows(Domain::Rows(from));
            text.push_str(&format!(" of {from}"));
        }
        let rows = self.rows(expression.domain);
        let ty = self.type_text(expression.ty);
        let fingerprint = Fingerprint::of_text(&format!("{text}: {ty} [{rows}]"));
        self.naming.set_fingerprint(id, fingerprint);
    }

    fn node(&self, id: NodeId) -> Fingerprint {
        let node = &self.graph.nodes[id];
        let ty = node.ty;
        match &node.kind {
            NodeKind::Column { source_name } => {
                let table = match node.domain {
                    Domain::Rows(table) => self.graph.tables[table].name.as_str(),
                    Domain::Scalar => "",
                };
                let (table, header) = (quoted(table), quoted(source_name));
                Fingerprint::of_text(&format!("column {table}.{header}: {ty}"))
            }
            NodeKind::Param { default } => {
                let default = match default {
                    Some(value) => constant(value, ty.scalar),
                    None => String::new(),
                };
                Fingerprint::of_text(&format!("param {}: {ty} = {default}", quoted(&node.name)))
            }
            // Each node is defined by an expression made before it is used.
            NodeKind::Definition(root) => self.naming.fingerprint(*root).unwrap_or(Fingerprint(0)),
        }
    }

    fn type_text(&self, ty: Type) -> String {
        match ty.scalar {
            // The number of a table is no part of what it is.
            ScalarType::Row(table) => format!("row of {}", quoted(&self.graph.tables[table].name)),
            _ => ty.to_string(),
        }
    }

    fn rows(&mut self, domain: Domain) -> String {
        match domain {
            Domain::Scalar => "scalar".to_owned(),
            Domain::Rows(table) => {
                self.tables_up_to(table);
                self.tables[table.index()].to_string()
            }
        }
    }

    /// Tables in the order in which they were made, each after those it is made of.
    fn tables_up_to(&mut self, last: TableId) {
        while self.tables.len() <= last.index() {
            let id = TableId::from_index(self.tables.len());
            let table = &self.graph.tables[id];
            let expressions = ExpressionText {
                graph: self.graph,
                naming: &self.naming,
            };
            let mut text = format!("table {} = ", quoted(&table.name));
            text.push_str(&expressions.query(id, &table.rows));
            for parent in table.rows.parents() {
                text.push_str(&format!(" of {}", self.tables[parent.index()]));
            }
            self.tables.push(Fingerprint::of_text(&text));
        }
    }
}
