//! Lowers the part of a graph that the wanted outputs need to the columnar IR.
//!
//! Nodes dissolve: what remains are hash-consed ops, so that a value used under two names is
//! computed once. A reduction `over` keys becomes three columns: the reduction with the rows of a
//! group table, a lookup into that table by its keys, and a gather. Derived tables and lookups are
//! thereby the only ways from one table's rows to another's.
//!
//! Walks keep their own stacks: graphs may be chains of any length.

mod checks;
mod error;

use std::collections::{HashMap, HashSet};

pub use error::LowerError;

use crate::columns::{
    Columns, ColumnsBuilder, Input, Join, Output, Param, Part, Rows, Selection, Shape, SortKey,
};
use crate::graph::{Graph, NodeKind, TableRows, row_expressions};
use crate::id::{ColumnId, ExprId, Id, NodeId, TableId};
use crate::interpret::fold;
use crate::op::{Level, Op};
use crate::types::{Domain, ScalarType, Type};
use crate::value::Value;

/// What is wanted of a graph.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The nodes to deliver.
    pub outputs: Vec<NodeId>,
    /// Nodes whose value the caller gives; nothing above them is walked.
    pub overrides: HashMap<NodeId, Override>,
    /// Derived tables whose rows the caller gives; of their members only overridden ones are known.
    pub given: HashSet<TableId>,
    /// Whether checks are evaluated whose operands the outputs need.
    pub checks: bool,
    /// Checks, by position, that are evaluated whatever the outputs need.
    pub forced_checks: Vec<usize>,
}

/// A value that the caller gives for a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Override {
    /// One value, of the node's type; in every row if the node is a column.
    Value(Value),
    /// A column of the node's table, bound per run under the node's full name.
    Column,
}

/// Lowers what `request` needs of `graph`.
///
/// # Errors
/// If an output needs something that does not run yet, or an override does not fit its node.
pub fn graph_to_columns(graph: &Graph, request: &Request) -> Result<Columns, LowerError> {
    let mut lowering = Lowering {
        graph,
        request,
        builder: ColumnsBuilder::new(),
        lowered: vec![None; graph.expressions.len()],
        leaves: HashMap::new(),
        behind: HashMap::new(),
        groups: HashMap::new(),
        needed: Vec::new(),
        asked: vec![false; graph.tables.len()],
        shaped: vec![false; graph.tables.len()],
    };
    for table in graph.tables.values() {
        let shape = Shape {
            name: table.name.clone(),
            rows: Rows::Source,
        };
        lowering.builder.columns_mut().tables.push(shape);
    }
    for &node in &request.outputs {
        if graph.nodes[node].is_row_reference() {
            return Err(LowerError::RowReference { node });
        }
        let column = lowering.node(node)?;
        let name = graph.nodes[node].name.clone();
        lowering
            .builder
            .columns_mut()
            .outputs
            .push(Output { name, node, column });
    }
    lowering.checks()?;
    lowering.attribute_columns();
    Ok(lowering.builder.finish())
}

struct Lowering<'a> {
    graph: &'a Graph,
    request: &'a Request,
    builder: ColumnsBuilder,
    lowered: Vec<Option<ColumnId>>,
    /// Inputs, parameters and overridden nodes.
    leaves: HashMap<NodeId, ColumnId>,
    /// The columns behind the result of an `over`, which serve the same node.
    behind: HashMap<ColumnId, [ColumnId; 2]>,
    /// Group tables made for `over`, by parent and keys.
    groups: HashMap<(TableId, Vec<ColumnId>), TableId>,
    /// Definitions whose expressions were lowered.
    needed: Vec<NodeId>,
    /// Tables whose rows' makers were asked for.
    asked: Vec<bool>,
    /// Tables whose rows are in the columns.
    shaped: Vec<bool>,
}

/// What to do next with an expression.
enum Visit {
    /// Lower what it needs first.
    Enter(ExprId),
    /// Everything it needs is there.
    Leave(ExprId),
}

impl Lowering<'_> {
    fn node(&mut self, node: NodeId) -> Result<ColumnId, LowerError> {
        if let Some(expression) = self.definition(node) {
            self.needed.push(node);
            self.expression(expression)
        } else {
            self.leaf(node)
        }
    }

    /// The expression of a node that is computed rather than given.
    fn definition(&self, node: NodeId) -> Option<ExprId> {
        match self.graph.nodes[node].kind {
            NodeKind::Definition(expression) if !self.request.overrides.contains_key(&node) => {
                Some(expression)
            }
            NodeKind::Definition(_) | NodeKind::Column { .. } | NodeKind::Param { .. } => None,
        }
    }

    fn expression(&mut self, root: ExprId) -> Result<ColumnId, LowerError> {
        let mut stack = vec![Visit::Enter(root)];
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Enter(id) => {
                    if self.lowered[id.index()].is_some() {
                        continue;
                    }
                    stack.push(Visit::Leave(id));
                    // Reversed, so that the first argument is lowered first.
                    for needed in self.needs(id)?.into_iter().rev() {
                        stack.push(Visit::Enter(needed));
                    }
                }
                Visit::Leave(id) => {
                    if self.lowered[id.index()].is_none() {
                        let column = self.lower(id)?;
                        self.lowered[id.index()] = Some(column);
                    }
                }
            }
        }
        Ok(self.column(root))
    }

    /// The expressions that must be lowered before this one.
    fn needs(&mut self, id: ExprId) -> Result<Vec<ExprId>, LowerError> {
        let expression = &self.graph.expressions[id];
        let mut needs = Vec::new();
        if let Op::Node(node) = expression.op
            && let Some(definition) = self.definition(node)
        {
            self.needed.push(node);
            needs.push(definition);
        }
        let reduced = match expression.op {
            Op::Reduce { from, .. } => Some(from),
            _ => None,
        };
        let own = match expression.domain {
            Domain::Rows(table) => Some(table),
            Domain::Scalar => None,
        };
        if let Some(table) = own
            && self.request.given.contains(&table)
            && self.is_of_other_rows(id, table)
        {
            return Err(LowerError::NotGiven { table });
        }
        // What makes the rows comes first: what has them comes after it.
        let mut tables: Vec<TableId> = own.into_iter().chain(reduced).collect();
        let mut asked = Vec::new();
        while let Some(table) = tables.pop() {
            let given = self.request.given.contains(&table);
            if given || std::mem::replace(&mut self.asked[table.index()], true) {
                continue;
            }
            let rows = &self.graph.tables[table].rows;
            asked.push(table);
            tables.extend(rows.parents());
        }
        // A table comes after those that it, or what makes its rows, is made of.
        asked.sort_unstable();
        let rows = asked
            .into_iter()
            .map(|table| &self.graph.tables[table].rows)
            .flat_map(makers_of);
        let mut all: Vec<ExprId> = rows.collect();
        all.extend(needs);
        all.extend(&expression.args);
        Ok(all)
    }

    /// Whether an expression takes its values from the rows that a table is made of.
    fn is_of_other_rows(&self, id: ExprId, table: TableId) -> bool {
        let expression = &self.graph.expressions[id];
        match expression.op {
            Op::Reduce { keys: 0, .. } => true,
            Op::Lookup { .. } | Op::Gather => false,
            _ => expression.args.iter().any(|arg| {
                let domain = self.graph.expressions[*arg].domain;
                domain != Domain::Scalar && domain != Domain::Rows(table)
            }),
        }
    }

    fn column(&self, id: ExprId) -> ColumnId {
        self.lowered[id.index()].expect("arguments are lowered before their users")
    }

    fn lower(&mut self, id: ExprId) -> Result<ColumnId, LowerError> {
        let expression = &self.graph.expressions[id];
        if let Domain::Rows(table) = expression.domain {
            self.shape_rows(table);
        }
        if let Op::Node(node) = expression.op {
            return match self.definition(node) {
                Some(definition) => Ok(self.column(definition)),
                None => self.leaf(node),
            };
        }
        if let Op::Reduce { from, .. } = expression.op {
            self.shape_rows(from);
        }
        let args: Vec<ColumnId> = expression
            .args
            .iter()
            .map(|arg| self.column(*arg))
            .collect();
        if let Op::Reduce {
            reduction,
            from,
            keys,
        } = expression.op
            && keys > 0
        {
            let split = args.len() - keys as usize;
            let op = Op::Reduce {
                reduction,
                from,
                keys: 0,
            };
            return Ok(self.over(op, from, &args[..split], &args[split..], expression.ty));
        }
        if let Some(value) = self.constant(&expression.op, &args, expression.ty) {
            return Ok(self.builder.literal(value, expression.ty));
        }
        let (ty, domain) = (expression.ty, expression.domain);
        Ok(self
            .builder
            .add_typed(expression.op.clone(), args, ty, domain))
    }

    /// The value of a row-local op over constants, unless it raises: then the run says so.
    fn constant(&self, op: &Op, args: &[ColumnId], ty: Type) -> Option<Value> {
        if args.is_empty()
            || matches!(op, Op::Broadcast(_) | Op::Extern(_))
            || op.level() != Level::Both
        {
            return None;
        }
        let columns = self.builder.columns();
        let mut values = Vec::with_capacity(args.len());
        let mut types = Vec::with_capacity(args.len());
        for arg in args {
            let Op::Literal(value) = &columns.column(*arg).op else {
                return None;
            };
            values.push(value.clone());
            types.push(columns.ty(*arg));
        }
        fold(op, &values, &types, ty)
    }

    /// A reduction's result in each row of its group.
    fn over(
        &mut self,
        reduction: Op,
        from: TableId,
        values: &[ColumnId],
        keys: &[ColumnId],
        ty: Type,
    ) -> ColumnId {
        let group = match self.groups.get(&(from, keys.to_vec())) {
            Some(group) => *group,
            None => {
                let parent_name = &self.builder.columns().tables[from].name;
                let name = format!("groups of {parent_name}");
                let rows = Rows::Group {
                    parent: from,
                    keys: keys.to_vec(),
                    filter: None,
                };
                let group = self.builder.columns_mut().tables.push(Shape { name, rows });
                self.groups.insert((from, keys.to_vec()), group);
                group
            }
        };
        let there = Domain::Rows(group);
        let mut lookup_args: Vec<ColumnId> = Vec::with_capacity(2 * keys.len());
        for (position, key) in keys.iter().enumerate() {
            let key_type = self.builder.columns().ty(*key);
            let op = Op::Key(position as u32);
            lookup_args.push(self.builder.add_typed(op, vec![*key], key_type, there));
        }
        lookup_args.extend(keys);
        let reduced = self
            .builder
            .add_typed(reduction, values.to_vec(), ty, there);
        let lookup = Op::Lookup {
            table: group,
            keys: keys.len() as u32,
            null_matches: true,
        };
        let here = Domain::Rows(from);
        // Every row has its group, so the row reference is never null.
        let row_type = ScalarType::Row(group).required();
        let row = self.builder.add_typed(lookup, lookup_args, row_type, here);
        let value = self
            .builder
            .add_typed(Op::Gather, vec![row, reduced], ty, here);
        self.behind.insert(value, [row, reduced]);
        value
    }

    /// Fills in where a table's rows come from, and those of the tables before it; what that needs
    /// is lowered.
    fn shape_rows(&mut self, table: TableId) {
        let mut found = vec![table];
        let mut ancestors = Vec::new();
        while let Some(table) = found.pop() {
            let given = self.request.given.contains(&table);
            if !given && !std::mem::replace(&mut self.shaped[table.index()], true) {
                ancestors.push(table);
                found.extend(self.graph.tables[table].rows.parents());
            }
        }
        // A table comes after those it is made of.
        ancestors.sort_unstable();
        for table in ancestors {
            self.shape(table);
        }
    }

    /// The rows of tables, one table's after the other's.
    fn stack(&mut self, tables: impl IntoIterator<Item = TableId>) -> Rows {
        let part = |table: TableId| Part {
            table,
            rows: self.rows_of(table),
        };
        Rows::Stack {
            parts: tables.into_iter().map(part).collect(),
        }
    }

    /// A column that stands for the rows of a table: it has nothing but them.
    fn rows_of(&mut self, table: TableId) -> ColumnId {
        let ty = ScalarType::Bool.required();
        let value = self.builder.literal(Value::Bool(true), ty);
        let domain = Domain::Rows(table);
        self.builder
            .add_typed(Op::Broadcast(table), vec![value], ty, domain)
    }

    fn shape(&mut self, table: TableId) {
        let rows = match &self.graph.tables[table].rows {
            TableRows::Filter { parent, predicate } => Rows::Take {
                parent: *parent,
                selection: Selection::Where(self.column(*predicate)),
            },
            TableRows::Order { parent, keys } => {
                let keys = keys.iter().map(|key| SortKey {
                    column: self.column(key.expression),
                    direction: key.direction,
                });
                Rows::Take {
                    parent: *parent,
                    selection: Selection::Order(keys.collect()),
                }
            }
            TableRows::Limit { parent, end, rows } => Rows::Take {
                parent: *parent,
                selection: Selection::Limit {
                    end: *end,
                    count: self.column(*rows),
                    parent_rows: self.rows_of(*parent),
                },
            },
            TableRows::Sample {
                parent, rows, key, ..
            } => Rows::Take {
                parent: *parent,
                selection: Selection::Sample {
                    key: self.column(*key),
                    count: self.column(*rows),
                },
            },
            TableRows::Distinct { parent, columns } => Rows::Take {
                parent: *parent,
                selection: Selection::Distinct(
                    columns.iter().map(|column| self.column(*column)).collect(),
                ),
            },
            TableRows::Join { parent, other, on } => {
                let all = |ids: &[ExprId]| ids.iter().map(|id| self.column(*id)).collect();
                Rows::Take {
                    parent: *parent,
                    selection: Selection::Join(Box::new(Join {
                        table: *other,
                        there: all(&on.there),
                        here: all(&on.here),
                        comparisons: on.comparisons.clone(),
                        pick: on.pick,
                        left: on.left,
                    })),
                }
            }
            TableRows::Group { parent, keys } => Rows::Group {
                parent: *parent,
                keys: keys.iter().map(|key| self.column(*key)).collect(),
                filter: None,
            },
            TableRows::Union { parent, other } => self.stack([*parent, *other]),
            TableRows::Unpivot {
                parent, columns, ..
            } => self.stack(columns.iter().map(|_| *parent)),
            TableRows::Source(_) => return,
        };
        self.builder.columns_mut().tables[table].rows = rows;
    }

    /// An input, parameter or overridden node.
    fn leaf(&mut self, id: NodeId) -> Result<ColumnId, LowerError> {
        if let Some(column) = self.leaves.get(&id) {
            return Ok(*column);
        }
        let node = &self.graph.nodes[id];
        let (ty, domain) = (node.ty, node.domain);
        let column = match (self.request.overrides.get(&id), &node.kind) {
            (Some(Override::Value(value)), _) => {
                if !fits(value, ty) {
                    return Err(LowerError::Override {
                        node: id,
                        value: value.clone(),
                    });
                }
                let literal = self.builder.literal(value.clone(), ty);
                match domain {
                    Domain::Scalar => literal,
                    Domain::Rows(table) => {
                        self.builder
                            .add_typed(Op::Broadcast(table), vec![literal], ty, domain)
                    }
                }
            }
            (Some(Override::Column), _) | (None, NodeKind::Column { .. }) => match domain {
                Domain::Rows(table) => {
                    let source_name = match &node.kind {
                        NodeKind::Column { source_name } => source_name.clone(),
                        NodeKind::Param { .. } | NodeKind::Definition(_) => node.name.clone(),
                    };
                    let input = self.builder.columns_mut().inputs.push(Input {
                        table,
                        source_name,
                        name: node.name.clone(),
                        ty,
                        overridden: self.request.overrides.contains_key(&id),
                    });
                    self.builder
                        .add_typed(Op::Input(input), Vec::new(), ty, domain)
                }
                Domain::Scalar => self.param(&node.name, ty, None),
            },
            (None, NodeKind::Param { default }) => self.param(&node.name, ty, default.clone()),
            (None, NodeKind::Definition(_)) => {
                unreachable!("definitions that are not overridden are lowered as expressions")
            }
        };
        self.leaves.insert(id, column);
        self.builder.serves(column, id);
        self.builder
            .columns_mut()
            .node_names
            .insert(id, node.name.clone());
        Ok(column)
    }

    fn param(&mut self, name: &str, ty: Type, default: Option<Value>) -> ColumnId {
        let param = self.builder.columns_mut().params.push(Param {
            name: name.to_owned(),
            ty,
            default,
        });
        self.builder
            .add_typed(Op::Param(param), Vec::new(), ty, Domain::Scalar)
    }

    /// Notes for each column the first node, in canonical order, whose expression holds it. Each
    /// expression is visited once.
    fn attribute_columns(&mut self) {
        self.needed.sort_unstable();
        self.needed.dedup();
        let mut seen = vec![false; self.graph.expressions.len()];
        for node in std::mem::take(&mut self.needed) {
            let NodeKind::Definition(root) = self.graph.nodes[node].kind else {
                continue;
            };
            let name = self.graph.nodes[node].name.clone();
            self.builder.columns_mut().node_names.insert(node, name);
            let mut stack = vec![root];
            while let Some(id) = stack.pop() {
                let expression = &self.graph.expressions[id];
                if matches!(expression.op, Op::Node(_)) && id != root
                    || std::mem::replace(&mut seen[id.index()], true)
                {
                    continue;
                }
                if let Some(column) = self.lowered[id.index()] {
                    let behind = self.behind.get(&column).copied();
                    for column in behind.into_iter().flatten().chain([column]) {
                        if self.builder.columns().column(column).nodes.is_empty() {
                            self.builder.serves(column, node);
                        }
                    }
                }
                stack.extend(&expression.args);
            }
        }
    }
}

/// The expressions that must be known before a table's rows are.
fn makers_of(rows: &TableRows) -> Vec<ExprId> {
    match rows {
        // How many columns there are says how many rows, whatever they hold.
        TableRows::Unpivot { .. } => Vec::new(),
        TableRows::Sample { rows, key, .. } => vec![*rows, *key],
        rows => row_expressions(rows),
    }
}

/// Whether a value is one of a type.
pub fn fits(value: &Value, ty: Type) -> bool {
    match (value, ty.scalar) {
        (Value::Null, _) => ty.nullable,
        (Value::Bool(_), ScalarType::Bool)
        | (Value::F32(_), ScalarType::F32)
        | (Value::F64(_), ScalarType::F64)
        | (Value::Str(_), ScalarType::Str) => true,
        (Value::Integer(number), scalar) => scalar
            .lane_range()
            .is_some_and(|(low, high)| low <= *number && *number <= high),
        _ => false,
    }
}
