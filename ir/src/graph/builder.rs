//! Builds graphs: tables, nodes, and typed expressions with equal ones given one id.

use std::collections::HashMap;
use std::fmt;

use super::{
    Check, CheckAction, Expression, Graph, Node, NodeKind, OutputSet, TableDefinition, TableRows,
    Tag,
};
use crate::id::{ExprId, NodeId, TableId};
use crate::meaning::text::PatternError;
use crate::op::Op;
use crate::types::{Domain, ScalarType, Type};
use crate::typing::{self, Argument, TypeError};
use crate::value::Value;

/// Why an expression or node can't be built.
#[derive(Clone, Debug, PartialEq)]
pub enum BuildError {
    /// An op does not take its arguments.
    Type(TypeError),
    /// A constant that its type can't hold.
    Literal {
        /// The constant.
        value: Value,
        /// The type wanted.
        ty: ScalarType,
    },
    /// Two types that meet in none.
    NoCommonType {
        /// The operation, as written.
        operation: &'static str,
        /// The first type.
        left: Type,
        /// The second type.
        right: Type,
    },
    /// A value that does not convert to the declared or needed type.
    Conversion {
        /// What it is.
        found: Type,
        /// What it should be.
        wanted: Type,
    },
    /// A constant that is no pattern.
    Pattern {
        /// The position of the argument.
        position: usize,
        /// What is wrong with it.
        error: PatternError,
    },
    /// A name that is taken.
    NameTaken {
        /// The full name.
        name: String,
    },
}

impl From<TypeError> for BuildError {
    fn from(error: TypeError) -> Self {
        BuildError::Type(error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Type(error) => error.fmt(f),
            BuildError::Literal { value, ty } => write!(f, "{value} does not fit {ty}"),
            BuildError::NoCommonType {
                operation,
                left,
                right,
            } => {
                write!(
                    f,
                    "{operation} of {left} and {right}, which have no common type"
                )
            }
            BuildError::Conversion { found, wanted } => {
                write!(f, "expected {wanted}, found {found}")
            }
            BuildError::Pattern { error, .. } => error.fmt(f),
            BuildError::NameTaken { name } => write!(f, "{name} is defined twice"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Builds a [`Graph`].
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder {
    graph: Graph,
    known: HashMap<(Op, Vec<ExprId>, Type, Domain), ExprId>,
}

impl GraphBuilder {
    /// A builder without tables and nodes.
    pub fn new() -> Self {
        GraphBuilder::default()
    }

    /// What was built so far.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The finished graph.
    pub fn finish(mut self) -> Graph {
        let nodes = &self.graph.nodes;
        for table in self.graph.tables.values_mut() {
            table.members.sort_by_key(|member| nodes[*member].rank);
        }
        self.graph.checks.sort_by_key(|check| check.rank);
        self.graph
    }

    /// Sets the documentation of the whole flow.
    pub fn set_doc(&mut self, doc: &str) {
        doc.clone_into(&mut self.graph.doc);
    }

    /// A new table.
    ///
    /// # Errors
    /// If its name is taken by a table.
    pub fn table(&mut self, name: &str, doc: &str, rows: TableRows) -> Result<TableId, BuildError> {
        if self.graph.table_names.contains_key(name) {
            return Err(BuildError::NameTaken {
                name: name.to_owned(),
            });
        }
        let rank = self.next_rank();
        let id = self.graph.tables.push(TableDefinition {
            name: name.to_owned(),
            doc: doc.to_owned(),
            rows,
            members: Vec::new(),
            fit: false,
            rank,
        });
        self.graph.table_names.insert(name.to_owned(), id);
        Ok(id)
    }

    /// A column that a source table reads.
    ///
    /// # Errors
    /// If the full name is taken.
    pub fn column(
        &mut self,
        table: TableId,
        name: &str,
        source_name: &str,
        ty: Type,
    ) -> Result<NodeId, BuildError> {
        let full = format!("{}.{name}", self.graph.tables[table].name);
        let kind = NodeKind::Column {
            source_name: source_name.to_owned(),
        };
        self.node(full, kind, ty, Domain::Rows(table))
    }

    /// A scalar given per run.
    ///
    /// # Errors
    /// If the name is taken.
    pub fn param(
        &mut self,
        name: &str,
        ty: Type,
        default: Option<Value>,
    ) -> Result<NodeId, BuildError> {
        self.node(
            name.to_owned(),
            NodeKind::Param { default },
            ty,
            Domain::Scalar,
        )
    }

    /// A node of this short name defined by an expression: a member of the table whose rows the
    /// expression has, or of `table` if that is given and the expression is a scalar.
    ///
    /// # Errors
    /// If the full name is taken, or the expression has the rows of a table other than `table`.
    pub fn define(
        &mut self,
        table: Option<TableId>,
        name: &str,
        expression: ExprId,
    ) -> Result<NodeId, BuildError> {
        let expression = match (table, self.domain(expression)) {
            (Some(table), Domain::Scalar) => self.broadcast(expression, table)?,
            (Some(table), Domain::Rows(found)) if table != found => {
                return Err(BuildError::Type(TypeError::Domains {
                    op: "definition",
                    first: (0, table),
                    second: (0, found),
                }));
            }
            _ => expression,
        };
        let Expression { ty, domain, .. } = self.graph.expressions[expression];
        let full = match domain {
            Domain::Rows(table) => format!("{}.{name}", self.graph.tables[table].name),
            Domain::Scalar => name.to_owned(),
        };
        self.node(full, NodeKind::Definition(expression), ty, domain)
    }

    fn node(
        &mut self,
        name: String,
        kind: NodeKind,
        ty: Type,
        domain: Domain,
    ) -> Result<NodeId, BuildError> {
        if self.graph.names.contains_key(&name) {
            return Err(BuildError::NameTaken { name });
        }
        let short_at = match domain {
            Domain::Rows(table) => self.graph.tables[table].name.len() + 1,
            // After the name of the module.
            Domain::Scalar => name.rfind('.').map_or(0, |dot| dot + 1),
        };
        let hidden = name.starts_with('_') || name[short_at..].starts_with('_');
        let rank = self.next_rank();
        let id = self.graph.nodes.push(Node {
            name: name.clone(),
            kind,
            ty,
            domain,
            doc: String::new(),
            tags: Vec::new(),
            fit: false,
            hidden,
            rank,
            short_at: short_at as u32,
        });
        self.graph.names.insert(name, id);
        if let Domain::Rows(table) = domain {
            self.graph.tables[table].members.push(id);
        }
        Ok(id)
    }

    /// The place after all that was made so far.
    fn next_rank(&self) -> u64 {
        (self.graph.nodes.len() + self.graph.tables.len()) as u64
    }

    /// Gives a node its documentation and tags.
    pub fn describe(&mut self, node: NodeId, doc: &str, tags: Vec<Tag>) {
        let entry = &mut self.graph.nodes[node];
        doc.clone_into(&mut entry.doc);
        entry.tags = tags;
    }

    /// Marks a table as learned once, with all its members.
    pub fn set_table_fit(&mut self, table: TableId) {
        self.graph.tables[table].fit = true;
    }

    /// Marks a scalar as learned once.
    pub fn set_fit(&mut self, node: NodeId) {
        self.graph.nodes[node].fit = true;
    }

    /// Sets a node's place in the order of the text, for builders that create nodes in another
    /// order; without it the place is that of creation.
    pub fn set_rank(&mut self, node: NodeId, rank: u64) {
        self.graph.nodes[node].rank = rank;
    }

    /// Sets a table's place in the order of the text, as [`GraphBuilder::set_rank`] does.
    pub fn set_table_rank(&mut self, table: TableId, rank: u64) {
        self.graph.tables[table].rank = rank;
    }

    /// Keeps a node out of the default outputs.
    pub fn set_hidden(&mut self, node: NodeId) {
        self.graph.nodes[node].hidden = true;
    }

    /// Declares outputs.
    pub fn output(&mut self, name: &str, nodes: Vec<NodeId>) {
        self.graph.outputs.push(OutputSet {
            name: name.to_owned(),
            nodes,
        });
    }

    /// Says what must hold: in every row, or of scalars. Its place in the text is `rank`, else after
    /// all that was made so far.
    ///
    /// # Errors
    /// If the condition is no bool.
    pub fn check(
        &mut self,
        condition: ExprId,
        action: CheckAction,
        doc: &str,
        rank: Option<u64>,
    ) -> Result<(), BuildError> {
        let found = self.ty(condition);
        if found.scalar != ScalarType::Bool {
            let wanted = ScalarType::Bool.nullable();
            return Err(BuildError::Conversion { found, wanted });
        }
        let rank = rank.unwrap_or_else(|| self.next_rank());
        self.graph.checks.push(Check {
            condition,
            action,
            doc: doc.to_owned(),
            rank,
        });
        Ok(())
    }

    /// The type of an expression.
    pub fn ty(&self, expression: ExprId) -> Type {
        self.graph.expressions[expression].ty
    }

    /// The scalar type of an expression.
    pub fn scalar_type(&self, expression: ExprId) -> ScalarType {
        self.ty(expression).scalar
    }

    /// The rows of an expression.
    pub fn domain(&self, expression: ExprId) -> Domain {
        self.graph.expressions[expression].domain
    }

    /// The constant that an expression is, if it is one.
    pub fn constant(&self, expression: ExprId) -> Option<&Value> {
        match &self.graph.expressions[expression].op {
            Op::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a node.
    pub fn use_node(&mut self, node: NodeId) -> ExprId {
        let Node { ty, domain, .. } = self.graph.nodes[node];
        self.add_typed(Op::Node(node), Vec::new(), ty, domain)
    }

    /// A constant of its kind's widest type (`i64`, `f64`); it takes the other side's type where it
    /// is used. A null is a bool until then.
    pub fn literal(&mut self, value: Value) -> ExprId {
        let scalar = match &value {
            Value::Null | Value::Bool(_) => ScalarType::Bool,
            Value::Integer(_) => ScalarType::I64,
            Value::F32(_) => ScalarType::F32,
            Value::F64(_) => ScalarType::F64,
            Value::Str(_) => ScalarType::Str,
        };
        self.literal_of(value, scalar)
    }

    /// A constant of a type that can hold it.
    pub fn literal_of(&mut self, value: Value, scalar: ScalarType) -> ExprId {
        let ty = Type {
            scalar,
            nullable: value.is_null(),
        };
        self.add_typed(Op::Literal(value), Vec::new(), ty, Domain::Scalar)
    }

    /// An op over arguments of exactly the types it takes.
    ///
    /// # Errors
    /// If it does not take them.
    pub fn add(&mut self, op: Op, args: Vec<ExprId>) -> Result<ExprId, BuildError> {
        let arguments: Vec<Argument> = args
            .iter()
            .map(|arg| Argument {
                ty: self.ty(*arg),
                domain: self.domain(*arg),
            })
            .collect();
        let (ty, domain) = typing::infer(&op, &arguments)?;
        Ok(self.add_typed(op, args, ty, domain))
    }

    /// An op of a type and rows that the caller knows.
    pub(crate) fn add_typed(
        &mut self,
        op: Op,
        args: Vec<ExprId>,
        ty: Type,
        domain: Domain,
    ) -> ExprId {
        let key = (op, args, ty, domain);
        if key.0.is_deterministic()
            && let Some(id) = self.known.get(&key)
        {
            return *id;
        }
        let (op, args, ..) = key.clone();
        let id = self.graph.expressions.push(Expression {
            op,
            args,
            ty,
            domain,
        });
        self.known.insert(key, id);
        id
    }

    /// A scalar in every row of a table; a column of that table as it is.
    ///
    /// # Errors
    /// If it has the rows of another table.
    pub fn broadcast(&mut self, value: ExprId, table: TableId) -> Result<ExprId, BuildError> {
        if self.domain(value) == Domain::Rows(table) {
            return Ok(value);
        }
        self.add(Op::Broadcast(table), vec![value])
    }

    /// The key column at a position of a group table, given the key in the parent table.
    pub fn group_key(&mut self, group: TableId, position: u32, key: ExprId) -> ExprId {
        let ty = self.ty(key);
        self.add_typed(Op::Key(position), vec![key], ty, Domain::Rows(group))
    }

    /// A member of a table of taken rows: what the parent's column holds on them.
    pub fn taken(&mut self, table: TableId, column: ExprId) -> ExprId {
        let ty = self.ty(column);
        self.add_typed(Op::Take, vec![column], ty, Domain::Rows(table))
    }

    /// A member of a table of stacked rows: one column of each table that it is made of, in the type
    /// in which they meet.
    ///
    /// # Errors
    /// If they don't meet.
    pub fn stacked(&mut self, table: TableId, columns: &[ExprId]) -> Result<ExprId, BuildError> {
        let operation = "union";
        let mut columns = columns.to_vec();
        if let Some((first, others)) = columns.clone().split_first() {
            let mut met = *first;
            for other in others {
                met = self.meet(operation, met, *other)?.0;
            }
            for column in &mut columns {
                *column = self.meet(operation, *column, met)?.0;
            }
        }
        let arguments: Vec<Argument> = columns
            .iter()
            .map(|column| Argument {
                ty: self.ty(*column),
                domain: self.domain(*column),
            })
            .collect();
        let (ty, _) = typing::infer(&Op::Stack, &arguments)?;
        Ok(self.add_typed(Op::Stack, columns, ty, Domain::Rows(table)))
    }

    /// The row of `table` whose `keys` (columns over there) equal `values` (here).
    ///
    /// # Errors
    /// If types or rows don't fit.
    pub fn lookup(
        &mut self,
        table: TableId,
        keys: &[ExprId],
        values: &[ExprId],
    ) -> Result<ExprId, BuildError> {
        let mut left = Vec::with_capacity(2 * keys.len());
        let mut right = Vec::with_capacity(keys.len());
        for (key, value) in keys.iter().zip(values) {
            let (key, value) = self.meet("lookup", *key, *value)?;
            left.push(key);
            right.push(value);
        }
        left.extend(right);
        let op = Op::Lookup {
            table,
            keys: keys.len() as u32,
            null_matches: false,
        };
        self.add(op, left)
    }

    /// The value that a column over there has in a row found by a lookup.
    ///
    /// # Errors
    /// If the row is of another table.
    pub fn gather(&mut self, row: ExprId, column: ExprId) -> Result<ExprId, BuildError> {
        self.add(Op::Gather, vec![row, column])
    }
}
