//! The typed graph: tables, nodes, and the expressions that define nodes.
//!
//! All front doors (text, the library's operators) build this one structure through
//! [`GraphBuilder`], which inserts the conversions that LANGUAGE rule 15 allows, so that every
//! expression here is exactly typed.

mod arithmetic;
mod bits;
mod builder;
mod checks;
mod convert;
mod decimal;
mod dependencies;
mod fingerprint;
mod lookups;
mod membership;
mod overflow;
mod random;
mod reductions;
mod text;
mod text_functions;
mod time;
mod windows;

use std::collections::HashMap;

pub use arithmetic::BinaryOperator;
pub use builder::{BuildError, GraphBuilder};
pub use checks::{Check, CheckAction};
pub(crate) use dependencies::row_expressions;
pub use dependencies::{Cycle, Dependencies, order_definitions};

pub use fingerprint::Fingerprint;
pub(crate) use text::ShortTexts;
pub use text::{LANGUAGE_VERSION, PartFingerprints, TIME_ZONE_VERSION, UNICODE_VERSION};
pub use windows::Partition;

use crate::columns::End;
use crate::id::{ExprId, NodeId, Table, TableId};
use crate::meaning::order::Direction;
use crate::op::{Comparison, Op, Pick};
use crate::types::{Domain, Type};
use crate::value::Value;

/// A typed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// What makes it.
    pub op: Op,
    /// What it is made of; each of a lower id.
    pub args: Vec<ExprId>,
    /// Its type.
    pub ty: Type,
    /// Its rows.
    pub domain: Domain,
}

/// What gives a node its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A column of a source table.
    Column {
        /// The header in the source.
        source_name: String,
    },
    /// A scalar given per run.
    Param {
        /// What it is if the caller gives nothing.
        default: Option<Value>,
    },
    /// An expression.
    Definition(ExprId),
}

/// A tag as written: `@owner("ops")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag's name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Value>,
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The full name: `table.name`, or `name` for scalars.
    pub name: String,
    /// What gives its value.
    pub kind: NodeKind,
    /// Its type.
    pub ty: Type,
    /// Its rows.
    pub domain: Domain,
    /// Its documentation, empty if there is none.
    pub doc: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Whether it is learned once and kept (LANGUAGE rule 11).
    pub fit: bool,
    /// Whether it is left out of the outputs when none are asked for.
    pub hidden: bool,
    /// Its place in the order of the text: lists of nodes shown to people follow it. Ids follow
    /// the order in which nodes need each other.
    pub rank: u64,
    /// Where in the name the name within the table begins.
    short_at: u32,
}

impl Node {
    /// The name without its table.
    pub fn short_name(&self) -> &str {
        &self.name[self.short_at as usize..]
    }
}

/// Where a source table is read from unless the caller says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Binding {
    /// The path as written, relative to the flow's folder.
    pub path: String,
    /// Texts that mean null.
    pub null: Vec<String>,
    /// The delimiter of delimited text.
    pub delimiter: Option<char>,
}

/// What rows are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// What is compared.
    pub expression: ExprId,
    /// Which way.
    pub direction: Direction,
}

/// Where a table's rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableRows {
    /// A source given per run.
    Source(Option<Binding>),
    /// `parent where predicate`
    Filter {
        /// The table filtered.
        parent: TableId,
        /// True on the rows kept.
        predicate: ExprId,
    },
    /// `parent group by keys`
    Group {
        /// The table grouped.
        parent: TableId,
        /// The keys, of the parent's rows.
        keys: Vec<ExprId>,
    },
    /// `parent order by keys`
    Order {
        /// The table sorted.
        parent: TableId,
        /// The keys, first the most significant.
        keys: Vec<SortKey>,
    },
    /// `parent limit rows` and `parent tail rows`
    Limit {
        /// The table cut.
        parent: TableId,
        /// Which rows stay.
        end: End,
        /// How many rows stay.
        rows: ExprId,
    },
    /// `parent sample rows seed seed`
    Sample {
        /// The table of which some rows stay.
        parent: TableId,
        /// How many rows stay.
        rows: ExprId,
        /// What the choice depends on.
        seed: ExprId,
        /// The random numbers of which the rows of the least stay.
        key: ExprId,
    },
    /// `parent distinct columns`
    Distinct {
        /// The table thinned.
        parent: TableId,
        /// The columns whose combinations are kept once.
        columns: Vec<ExprId>,
    },
    /// `parent union other`
    Union {
        /// The first rows.
        parent: TableId,
        /// The rows after.
        other: TableId,
    },
    /// `parent [left] join name = lookup`
    Join {
        /// The left side.
        parent: TableId,
        /// The right side.
        other: TableId,
        /// The conditions.
        on: JoinConditions,
    },
    /// `parent unpivot columns into name, value`
    Unpivot {
        /// The wide table.
        parent: TableId,
        /// The columns that become rows, the rows of one after those of the other.
        columns: Vec<ExprId>,
        /// The member that says from which column a row is.
        key: String,
        /// The member that holds what stood there.
        value: String,
    },
}

/// Which rows stand beside which in a join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinConditions {
    /// The columns of the right side: keys first, then those that are compared.
    pub there: Vec<ExprId>,
    /// As many values of the left side's rows.
    pub here: Vec<ExprId>,
    /// How the columns over there compare, in the conditions that are no equalities.
    pub comparisons: Vec<Comparison>,
    /// Which row of several, if not every one.
    pub pick: Option<Pick>,
    /// Whether rows of the left side without a match stay.
    pub left: bool,
}

impl TableRows {
    /// The tables whose rows these are made of; none for sources.
    pub fn parents(&self) -> Vec<TableId> {
        match self {
            TableRows::Source(_) => Vec::new(),
            TableRows::Filter { parent, .. }
            | TableRows::Group { parent, .. }
            | TableRows::Order { parent, .. }
            | TableRows::Limit { parent, .. }
            | TableRows::Sample { parent, .. }
            | TableRows::Distinct { parent, .. }
            | TableRows::Unpivot { parent, .. } => vec![*parent],
            TableRows::Union { parent, other } | TableRows::Join { parent, other, .. } => {
                vec![*parent, *other]
            }
        }
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// Where its rows come from.
    pub rows: TableRows,
    /// Its member nodes, in the order of the text.
    pub members: Vec<NodeId>,
    /// Whether its rows and members are learned once and kept (LANGUAGE rule 11).
    pub fit: bool,
    /// Its place in the order of the text, as [`Node::rank`].
    pub rank: u64,
}

/// A named list of nodes to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSet {
    /// Its name, empty for a bare `output`.
    pub name: String,
    /// The nodes.
    pub nodes: Vec<NodeId>,
}

/// A typed graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Every table.
    pub tables: Table<TableId, TableDefinition>,
    /// Every node; what a node needs has a lower id. The order of the text is [`Node::rank`].
    pub nodes: Table<NodeId, Node>,
    /// Every expression; arguments before users.
    pub expressions: Table<ExprId, Expression>,
    /// The declared outputs.
    pub outputs: Vec<OutputSet>,
    /// What must hold, in the order of the text.
    pub checks: Vec<Check>,
    /// Documentation of the whole flow.
    pub doc: String,
    names: HashMap<String, NodeId>,
    table_names: HashMap<String, TableId>,
}

impl Graph {
    /// The node of this full name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.names.get(name).copied()
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<TableId> {
        self.table_names.get(name).copied()
    }

    /// The table whose rows a node has; none for scalars.
    pub fn table_of(&self, node: NodeId) -> Option<TableId> {
        match self.nodes[node].domain {
            Domain::Scalar => None,
            Domain::Rows(table) => Some(table),
        }
    }

    /// The tables that are learned, and the nodes: scalars, and all members of those tables but row
    /// references.
    pub fn learned(&self) -> (Vec<TableId>, Vec<NodeId>) {
        let tables: Vec<TableId> = self
            .tables
            .iter()
            .filter(|(_, table)| table.fit)
            .map(|(id, _)| id)
            .collect();
        let of_tables = tables.iter().flat_map(|table| &self.tables[*table].members);
        let of_tables = of_tables.filter(|node| !self.nodes[**node].is_row_reference());
        let mut nodes: Vec<NodeId> = of_tables.copied().collect();
        let scalars = self.nodes.iter().filter(|(_, node)| node.fit);
        nodes.extend(scalars.map(|(id, _)| id));
        nodes.sort_unstable();
        nodes.dedup();
        (tables, nodes)
    }

    /// Sorts nodes by their places in the text; a column that derived tables carry has one place,
    /// and the tables' order decides.
    pub fn sort_by_place(&self, nodes: &mut [NodeId]) {
        nodes.sort_by_key(|node| {
            let table = self.table_of(*node);
            let table = table.map_or(0, |table| self.tables[table].rank);
            (self.nodes[*node].rank, table)
        });
    }

    /// What is delivered when nothing is asked for: the declared outputs, else every node that is
    /// neither an input nor hidden nor a row reference.
    pub fn default_outputs(&self) -> Vec<NodeId> {
        let mut seen = std::collections::HashSet::new();
        let declared = self
            .outputs
            .iter()
            .flat_map(|set| set.nodes.iter().copied());
        let declared: Vec<NodeId> = declared.filter(|node| seen.insert(*node)).collect();
        if !declared.is_empty() {
            return declared;
        }
        let mut outputs: Vec<NodeId> = self
            .nodes
            .iter()
            .filter(|(_, node)| matches!(node.kind, NodeKind::Definition(_)))
            .filter(|(_, node)| !node.hidden && !node.is_row_reference())
            .map(|(id, _)| id)
            .collect();
        self.sort_by_place(&mut outputs);
        outputs
    }
}

impl Node {
    /// Whether the value is a row of another table, which can't be delivered.
    pub fn is_row_reference(&self) -> bool {
        matches!(self.ty.scalar, crate::types::ScalarType::Row(_))
    }
}
