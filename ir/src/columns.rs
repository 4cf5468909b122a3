//! The columnar IR: typed operations over whole columns, hash-consed, in topological order.
//!
//! A [`Column`] is an op with its arguments, its type, its row domain and the graph nodes it
//! serves. Arguments always come before their users, so every walk is a loop over ids.
//! Nothing here knows of files, Arrow, threads or machines.

mod by_row;
mod checks;
mod join;
mod possible;
mod raising;
mod row_filter;
mod selection;
mod verify;

use std::collections::HashMap;
use std::fmt;

pub use by_row::{Obstacle, ObstacleKind, Unknown};
pub(crate) use checks::made_since;
pub use checks::{CheckColumns, CheckEvaluation, CheckValue, SAMPLE_ROWS};
pub use join::Join;
pub use possible::{Possible, Values};
pub use row_filter::RowFilter;
pub use selection::{End, Selection, SortKey};
pub use verify::VerifyError;

use crate::host::HostFunctions;
use crate::id::{ColumnId, InputId, NodeId, ParamId, Table, TableId};
use crate::op::{Execution, Math, Op};
use crate::types::{Domain, ScalarType, Type};
use crate::typing::{self, Argument, TypeError};
use crate::value::Value;

/// A column of the IR, or a scalar where `domain` is [`Domain::Scalar`].
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What makes it.
    pub op: Op,
    /// What it is made of; each of a lower id.
    pub args: Vec<ColumnId>,
    /// Its type.
    pub ty: Type,
    /// Its rows.
    pub domain: Domain,
    /// The nodes whose expressions contain it, ascending: for the wording of errors and for lineage.
    pub nodes: Vec<NodeId>,
}

/// A column that a source gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The table it belongs to.
    pub table: TableId,
    /// Its name in the source (which may differ from the node's).
    pub source_name: String,
    /// The node's full name, for messages.
    pub name: String,
    /// The type wanted; the source is widened to it or refused.
    pub ty: Type,
    /// Whether the values come from an override rather than from the table's source.
    pub overridden: bool,
}

/// A scalar given per run.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What it is if the caller gives nothing; none if it must be given.
    pub default: Option<Value>,
}

/// Where a table's rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// A source given per run.
    Source,
    /// Rows of `parent`; its columns are [`Op::Take`] of the parent's.
    Take {
        /// The table whose rows are taken.
        parent: TableId,
        /// Which, and in which order.
        selection: Selection,
    },
    /// The rows of several tables, one table's after the other's; its columns are [`Op::Stack`] of
    /// theirs. A table may stand there more than once.
    Stack {
        /// The tables, at least one.
        parts: Vec<Part>,
    },
    /// One row per distinct combination of `keys` (columns of `parent`), by first appearance.
    /// Null is a key of its own, −0 and +0 are one, so are all NaN.
    Group {
        /// The table grouped.
        parent: TableId,
        /// The key columns.
        keys: Vec<ColumnId>,
        /// If given, a bool of `parent`: only rows where it is true are in a group.
        filter: Option<ColumnId>,
    },
}

/// A table whose rows are part of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The table.
    pub table: TableId,
    /// A column of it, which stands for its rows.
    pub rows: ColumnId,
}

impl Rows {
    /// Every column that must be known before the rows are.
    pub fn makers(&self) -> Vec<ColumnId> {
        match self {
            Rows::Source => Vec::new(),
            Rows::Take { selection, .. } => selection.makers(),
            Rows::Stack { parts } => parts.iter().map(|part| part.rows).collect(),
            Rows::Group { keys, filter, .. } => keys.iter().chain(filter).copied().collect(),
        }
    }
}

/// A table of the columnar IR.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its name in the flow, or a made-up one for the groups of an `over`.
    pub name: String,
    /// Where its rows come from.
    pub rows: Rows,
}

/// What a run delivers: a node and the column that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The node's full name.
    pub name: String,
    /// The node.
    pub node: NodeId,
    /// Its value, of domain `domain` (scalars of a table are already broadcast).
    pub column: ColumnId,
}

/// A program of the columnar IR.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Every column; arguments before users.
    pub columns: Table<ColumnId, Column>,
    /// Every table.
    pub tables: Table<TableId, Shape>,
    /// Every source column.
    pub inputs: Table<InputId, Input>,
    /// Every parameter.
    pub params: Table<ParamId, Param>,
    /// What is delivered, in the order asked for.
    pub outputs: Vec<Output>,
    /// What must hold of it.
    pub checks: Vec<CheckColumns>,
    /// The names of the nodes that columns serve.
    pub node_names: HashMap<NodeId, String>,
    /// What the host supplies for calls of its functions.
    pub host: HostFunctions,
    /// The table whose rows come one at a time, if there is one: its windows are steps over what is kept
    /// from row to row.
    pub served: Option<TableId>,
}

impl Columns {
    /// The column of an id.
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.columns[id]
    }

    /// The type of a column.
    pub fn ty(&self, id: ColumnId) -> Type {
        self.columns[id].ty
    }

    /// The scalar type of a column.
    pub fn scalar_type(&self, id: ColumnId) -> ScalarType {
        self.columns[id].ty.scalar
    }

    /// Whether a column is a decimal or computed from one. No kernel computes with 128 bits.
    pub fn has_decimals(&self, id: ColumnId) -> bool {
        let mut args = self.columns[id].args.iter();
        self.scalar_type(id).is_decimal() || args.any(|arg| self.scalar_type(*arg).is_decimal())
    }

    /// The scalar types of columns.
    pub fn scalar_types(&self, ids: &[ColumnId]) -> Vec<ScalarType> {
        ids.iter().map(|id| self.scalar_type(*id)).collect()
    }

    /// The table whose rows a column has; none for scalars.
    pub fn table_of(&self, id: ColumnId) -> Option<TableId> {
        match self.columns[id].domain {
            Domain::Scalar => None,
            Domain::Rows(table) => Some(table),
        }
    }
}

impl Columns {
    /// Whether a column ends a pass because it needs all rows of its table, as most windows do: later
    /// passes find it in the table.
    pub fn is_stored(&self, column: &Column) -> bool {
        match &column.op {
            Op::Window(_) if self.is_served(column) => false,
            Op::Window(window) => {
                let text = |arg: &ColumnId| self.scalar_type(*arg) == ScalarType::Str;
                !window.is_local(column.args.iter().any(text))
            }
            Op::Extern(signature) => column.domain != Domain::Scalar && signature.needs_all_rows(),
            _ => false,
        }
    }

    /// Whether a column is of the table whose rows come one at a time.
    pub fn is_served(&self, column: &Column) -> bool {
        matches!(column.domain, Domain::Rows(table) if Some(table) == self.served)
    }

    /// Whether a column is a cumulative sum that a pass takes up from an earlier pass's sums.
    pub fn is_carried(&self, column: &Column) -> bool {
        matches!(&column.op, Op::Window(window) if window.is_carried()) && !self.is_served(column)
    }

    /// How a column is executed inside a pass.
    pub fn execution(&self, id: ColumnId) -> Execution {
        let column = &self.columns[id];
        let text = || {
            column.ty.scalar == ScalarType::Str
                || column
                    .args
                    .iter()
                    .any(|arg| self.scalar_type(*arg) == ScalarType::Str)
        };
        let decimal = || self.has_decimals(id);
        match &column.op {
            Op::Literal(_) | Op::Node(_) | Op::Input(_) | Op::Param(_) => Execution::Leaf,
            Op::FloorDiv | Op::Rem if column.ty.scalar.is_float() => Execution::Wide,
            Op::Round(_) => Execution::Columnar,
            Op::Math(_) if decimal() => Execution::Columnar,
            Op::Math(math) => match math {
                Math::Sqrt
                | Math::Floor
                | Math::Ceil
                | Math::Round
                | Math::Trunc
                | Math::Abs
                | Math::Sign => Execution::Fused,
                Math::Exp
                | Math::Expm1
                | Math::Ln
                | Math::Log1p
                | Math::Log2
                | Math::Log10
                | Math::Sin
                | Math::Cos
                | Math::Tan
                | Math::Erf
                | Math::Pow
                | Math::Atan2
                | Math::Degrees
                | Math::Radians
                | Math::Exp2
                | Math::LogBase
                | Math::Cbrt
                | Math::Hypot
                | Math::Asin
                | Math::Acos
                | Math::Atan
                | Math::Sinh
                | Math::Cosh
                | Math::Tanh
                | Math::Asinh
                | Math::Acosh
                | Math::Atanh
                | Math::Gamma
                | Math::LnGamma => Execution::Wide,
            },
            Op::Time(_) => Execution::Columnar,
            Op::Broadcast(_)
            | Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div
            | Op::FloorDiv
            | Op::Rem
            | Op::Neg(_)
            | Op::Compare(_)
            | Op::And
            | Op::Or
            | Op::Not
            | Op::IsNull
            | Op::IfElse
            | Op::Coalesce
            | Op::Cast(..)
            | Op::Bits(_)
            | Op::Hash
            | Op::RowNumber(_)
            | Op::Minimum
            | Op::Maximum => {
                if text() || decimal() {
                    Execution::Columnar
                } else {
                    Execution::Fused
                }
            }
            Op::Text(_) | Op::OneOf(_) => Execution::Columnar,
            Op::Extern(_) if !self.is_stored(column) => Execution::Extern,
            Op::Lookup { .. } | Op::Find(_) | Op::Gather => Execution::Probe,
            Op::Window(_) if !self.is_stored(column) => Execution::Window,
            Op::Take
            | Op::Joined
            | Op::Stack
            | Op::Reduce { .. }
            | Op::Key(_)
            | Op::Window(_)
            | Op::Extern(_) => Execution::Barrier,
        }
    }
}

/// Builds [`Columns`], giving equal columns one id.
#[derive(Debug, Default)]
pub struct ColumnsBuilder {
    columns: Columns,
    known: HashMap<(Op, Vec<ColumnId>, Type, Domain), ColumnId>,
}

impl ColumnsBuilder {
    /// A builder without columns.
    pub fn new() -> Self {
        ColumnsBuilder::default()
    }

    /// What was built so far.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Tables, inputs, parameters, outputs and names may be edited in place; columns only grow.
    pub fn columns_mut(&mut self) -> &mut Columns {
        &mut self.columns
    }

    /// The column of this op over these arguments, typed by [`typing::infer`].
    ///
    /// # Errors
    /// If the op does not take the arguments.
    pub fn add(&mut self, op: Op, args: Vec<ColumnId>) -> Result<ColumnId, TypeError> {
        let arguments: Vec<Argument> = args
            .iter()
            .map(|arg| {
                let column = self.columns.column(*arg);
                Argument {
                    ty: column.ty,
                    domain: column.domain,
                }
            })
            .collect();
        let (ty, domain) = typing::infer(&op, &arguments)?;
        Ok(self.add_typed(op, args, ty, domain))
    }

    /// The column of this op over these arguments, of a type and rows that the caller knows.
    pub fn add_typed(&mut self, op: Op, args: Vec<ColumnId>, ty: Type, domain: Domain) -> ColumnId {
        let key = (op, args, ty, domain);
        if key.0.is_deterministic()
            && let Some(id) = self.known.get(&key)
        {
            return *id;
        }
        let (op, args, ..) = key.clone();
        let id = self.columns.columns.push(Column {
            op,
            args,
            ty,
            domain,
            nodes: Vec::new(),
        });
        self.known.insert(key, id);
        id
    }

    /// A constant of a type.
    pub fn literal(&mut self, value: Value, ty: Type) -> ColumnId {
        self.add_typed(Op::Literal(value), Vec::new(), ty, Domain::Scalar)
    }

    /// A source column, named alike in the source and in messages.
    pub fn input(&mut self, table: TableId, name: &str, ty: Type) -> ColumnId {
        let input = self.columns.inputs.push(Input {
            table,
            source_name: name.to_owned(),
            name: name.to_owned(),
            ty,
            overridden: false,
        });
        self.add_typed(Op::Input(input), Vec::new(), ty, Domain::Rows(table))
    }

    /// Notes that a column is part of a node's expression.
    pub fn serves(&mut self, column: ColumnId, node: NodeId) {
        let nodes = &mut self.columns.columns[column].nodes;
        if let Err(position) = nodes.binary_search(&node) {
            nodes.insert(position, node);
        }
    }

    /// The finished program.
    pub fn finish(self) -> Columns {
        self.columns
    }
}

/// The text of `explain --stage columns`.
impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, shape) in self.tables.iter() {
            write!(f, "table {id} {}", shape.name)?;
            match &shape.rows {
                Rows::Source => writeln!(f)?,
                Rows::Take { parent, selection } => writeln!(f, " = {parent} {selection}")?,
                Rows::Stack { parts } => {
                    f.write_str(" = stack")?;
                    for (position, part) in parts.iter().enumerate() {
                        let comma = if position == 0 { " " } else { ", " };
                        write!(f, "{comma}{}", part.table)?;
                    }
                    writeln!(f)?;
                }
                Rows::Group {
                    parent,
                    keys,
                    filter,
                } => {
                    write!(f, " = {parent}")?;
                    if let Some(filter) = filter {
                        write!(f, " where {filter}")?;
                    }
                    write!(f, " group by")?;
                    write_list(f, keys)?;
                    writeln!(f)?;
                }
            }
        }
        for (id, input) in self.inputs.iter() {
            writeln!(
                f,
                "input {id} {} {:?}: {}",
                input.table, input.source_name, input.ty
            )?;
        }
        for (id, param) in self.params.iter() {
            writeln!(f, "param {id} {}: {}", param.name, param.ty)?;
        }
        for (id, column) in self.columns.iter() {
            write!(f, "{id}: {} [{}] = {}", column.ty, column.domain, column.op)?;
            write_list(f, &column.args)?;
            writeln!(f)?;
        }
        for output in &self.outputs {
            writeln!(f, "output {} = {}", output.name, output.column)?;
        }
        for check in &self.checks {
            writeln!(f, "{check}")?;
        }
        Ok(())
    }
}

pub(crate) fn write_list(f: &mut fmt::Formatter<'_>, ids: &[ColumnId]) -> fmt::Result {
    for (position, id) in ids.iter().enumerate() {
        write!(f, "{}{id}", if position == 0 { " " } else { ", " })?;
    }
    Ok(())
}
