//! The verifier: what must hold of a columnar program before the next stage reads it.
//!
//! A program that fails here is our bug, not the user's: lowerings and rewrites are checked by it
//! after every step, and the interpreter and the later stages rely on it.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::columns::{Columns, Join, Rows, Selection};
use crate::id::{ColumnId, Id, TableId};
use crate::meaning::arithmetic::fits;
use crate::op::{Comparison, Level, Op};
use crate::types::{Domain, ScalarType, Type};
use crate::typing::{self, Argument, TypeError};
use crate::value::Value;

/// What does not hold of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// Something names an entity that does not exist.
    Unknown {
        /// Where the name stands.
        place: String,
        /// What is named.
        entity: String,
    },
    /// Something does not come after what it needs.
    Order {
        /// What comes too early.
        place: String,
        /// What it needs.
        entity: String,
    },
    /// An op that stands in graphs only.
    Level {
        /// The column.
        column: ColumnId,
        /// The op's name.
        op: &'static str,
    },
    /// The op does not take its arguments.
    Arguments {
        /// The column.
        column: ColumnId,
        /// Why.
        error: TypeError,
    },
    /// The declared type or rows are not those of the op.
    Declared {
        /// The column.
        column: ColumnId,
        /// What it declares.
        declared: (Type, Domain),
        /// What the op gives.
        found: (Type, Domain),
    },
    /// Something about a column, table or output that its op or kind does not allow.
    Broken {
        /// Where.
        place: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Unknown { place, entity } => {
                write!(f, "{place} names {entity}, which does not exist")
            }
            VerifyError::Order { place, entity } => {
                write!(f, "{place} comes before {entity}, which it needs")
            }
            VerifyError::Level { column, op } => write!(f, "{column}: {op} is for graphs only"),
            VerifyError::Arguments { column, error } => write!(f, "{column}: {error}"),
            VerifyError::Declared {
                column,
                declared,
                found,
            } => write!(
                f,
                "{column} declares {} [{}], its op gives {} [{}]",
                declared.0, declared.1, found.0, found.1
            ),
            VerifyError::Broken { place, problem } => write!(f, "{place}: {problem}"),
        }
    }
}

impl std::error::Error for VerifyError {}

impl Columns {
    /// Checks the whole program.
    ///
    /// A column may declare that it is nullable where its op never gives null, and the reverse
    /// only where the types of the arguments can't tell: integer division by a constant that is not zero,
    /// and the lookup of groups by their own keys.
    ///
    /// # Errors
    /// The first thing found that does not hold.
    pub fn verify(&self) -> Result<(), VerifyError> {
        for table in self.tables.ids() {
            self.verify_table(table)?;
        }
        for (id, input) in self.inputs.iter() {
            if self.tables.get(input.table).is_none() {
                return Err(unknown(id, input.table));
            }
        }
        for column in self.columns.ids() {
            self.verify_column(column)?;
        }
        for output in &self.outputs {
            let place = || format!("output {}", output.name);
            let Some(column) = self.columns.get(output.column) else {
                return Err(unknown(place(), output.column));
            };
            if matches!(column.ty.scalar, ScalarType::Row(_)) {
                return Err(broken(place(), "a row reference is no output"));
            }
        }
        for column in self.delivered() {
            if self.columns.get(column).is_none() {
                return Err(unknown("check", column));
            }
        }
        Ok(())
    }

    fn verify_table(&self, id: TableId) -> Result<(), VerifyError> {
        let check = |parent: TableId, columns: &[ColumnId]| {
            if parent.index() >= id.index() {
                return Err(order(id, parent));
            }
            for column in columns {
                let Some(found) = self.columns.get(*column) else {
                    return Err(unknown(id, column));
                };
                if found.domain != Domain::Rows(parent) {
                    return Err(broken(id, "made by a column that is not of its parent"));
                }
            }
            Ok(())
        };
        match &self.tables[id].rows {
            Rows::Source => Ok(()),
            Rows::Take { parent, selection } => {
                check(*parent, &selection.keys())?;
                self.verify_selection(id, *parent, selection)
            }
            Rows::Stack { parts } => {
                if parts.is_empty() {
                    return Err(broken(id, "stacked of nothing"));
                }
                parts
                    .iter()
                    .try_for_each(|part| check(part.table, &[part.rows]))
            }
            Rows::Group {
                parent,
                keys,
                filter,
            } => {
                check(*parent, keys)?;
                if keys.is_empty() {
                    return Err(broken(id, "grouped by nothing"));
                }
                if let Some(filter) = filter {
                    check(*parent, &[*filter])?;
                    if self.columns[*filter].ty.scalar != ScalarType::Bool {
                        return Err(broken(id, "filtered by a column that is no bool"));
                    }
                }
                Ok(())
            }
        }
    }

    fn verify_selection(
        &self,
        id: TableId,
        parent: TableId,
        selection: &Selection,
    ) -> Result<(), VerifyError> {
        match selection {
            Selection::Where(predicate) | Selection::First { predicate, .. } => {
                if self.columns[*predicate].ty.scalar != ScalarType::Bool {
                    return Err(broken(id, "filtered by a column that is no bool"));
                }
            }
            Selection::Order(_) | Selection::Distinct(_) => {
                if selection.keys().is_empty() {
                    return Err(broken(id, "selected by no key"));
                }
            }
            Selection::Join(join) => self.verify_join(id, join)?,
            Selection::Sample { count, .. } | Selection::Limit { count, .. } => {
                let Some(count) = self.columns.get(*count) else {
                    return Err(unknown(id, count));
                };
                if count.domain != Domain::Scalar || !count.ty.scalar.is_integer() {
                    return Err(broken(id, "cut to a number that is no integer"));
                }
                let of = match selection {
                    Selection::Limit { parent_rows, .. } => self.columns.get(*parent_rows),
                    _ => return Ok(()),
                };
                let of = of.map(|column| column.domain);
                if of != Some(Domain::Rows(parent)) {
                    return Err(broken(id, "made by a column that is not of its parent"));
                }
            }
        }
        Ok(())
    }

    fn verify_join(&self, id: TableId, join: &Join) -> Result<(), VerifyError> {
        if self.tables.get(join.table).is_none() {
            return Err(unknown(id, join.table));
        }
        let mut scalars = join.there.iter().zip(&join.here).map(|(there, here)| {
            let found = self.columns.get(*there)?;
            let of_table = found.domain == Domain::Rows(join.table);
            Some(of_table && found.ty.scalar == self.columns[*here].ty.scalar)
        });
        let is_order = |comparison: &Comparison| {
            !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        };
        let sound = !join.here.is_empty()
            && join.there.len() == join.here.len()
            && join.comparisons.len() <= join.there.len()
            && join.comparisons.iter().all(is_order)
            && scalars.all(|same| same == Some(true));
        match sound {
            true => Ok(()),
            false => Err(broken(id, "joined by conditions that don't fit")),
        }
    }

    fn verify_column(&self, id: ColumnId) -> Result<(), VerifyError> {
        let column = &self.columns[id];
        for arg in &column.args {
            if self.columns.get(*arg).is_none() {
                return Err(unknown(id, arg));
            }
            if arg.index() >= id.index() {
                return Err(order(id, arg));
            }
        }
        if column.op.level() == Level::Graph {
            return Err(VerifyError::Level {
                column: id,
                op: column.op.name(),
            });
        }
        if !column.nodes.is_sorted_by(|a, b| a < b) {
            return Err(broken(id, "its nodes are not in order"));
        }
        for table in tables_named(&column.op, column.domain) {
            if self.tables.get(table).is_none() {
                return Err(unknown(id, table));
            }
        }
        if let Domain::Rows(table) = column.domain {
            self.rows_known_before(id, table)?;
        }
        let found = self.inferred(id)?;
        let declared = (column.ty, column.domain);
        let null_hidden = found.0.nullable && !column.ty.nullable && !self.knows_better(id);
        if found.0.scalar != column.ty.scalar || found.1 != column.domain || null_hidden {
            return Err(VerifyError::Declared {
                column: id,
                declared,
                found,
            });
        }
        Ok(())
    }

    /// A column of a derived table comes after what makes the table's rows.
    fn rows_known_before(&self, id: ColumnId, table: TableId) -> Result<(), VerifyError> {
        let makers = self.tables[table].rows.makers();
        match makers.iter().find(|maker| maker.index() >= id.index()) {
            Some(maker) => Err(order(id, maker)),
            None => Ok(()),
        }
    }

    /// The type and rows that the op gives.
    fn inferred(&self, id: ColumnId) -> Result<(Type, Domain), VerifyError> {
        let column = &self.columns[id];
        let declared = (column.ty, column.domain);
        let arguments: Vec<Argument> = column
            .args
            .iter()
            .map(|arg| Argument {
                ty: self.columns[*arg].ty,
                domain: self.columns[*arg].domain,
            })
            .collect();
        let infer = || {
            typing::infer(&column.op, &arguments)
                .map_err(|error| VerifyError::Arguments { column: id, error })
        };
        let none = || match column.args.is_empty() {
            true => Ok(()),
            false => Err(broken(id, "a leaf with arguments")),
        };
        match &column.op {
            Op::Literal(value) => {
                none()?;
                if !is_of(value, column.ty) {
                    return Err(broken(id, "a literal that is not of its type"));
                }
                Ok((column.ty, Domain::Scalar))
            }
            Op::Input(input) => {
                none()?;
                let input = self.inputs.get(*input).ok_or_else(|| unknown(id, input))?;
                Ok((input.ty, Domain::Rows(input.table)))
            }
            Op::Param(param) => {
                none()?;
                let param = self.params.get(*param).ok_or_else(|| unknown(id, param))?;
                Ok((param.ty, Domain::Scalar))
            }
            Op::Key(position) => {
                let Some((_, keys)) = self.group_of(column.domain) else {
                    return Err(broken(id, "a key without a group table"));
                };
                match keys.get(*position as usize) {
                    Some(key) if column.args == [*key] => Ok((self.ty(*key), column.domain)),
                    _ => Err(broken(id, "not the key at this position")),
                }
            }
            Op::Joined => {
                none()?;
                match self.join_of(column.domain) {
                    Some(join) => {
                        let row = ScalarType::Row(join.table).required();
                        Ok((row.nullable_if(join.left), column.domain))
                    }
                    None => Err(broken(id, "a joined row without a join")),
                }
            }
            Op::Take => {
                let (ty, from) = infer()?;
                let parent = match column.domain {
                    Domain::Scalar => None,
                    Domain::Rows(table) => match &self.tables[table].rows {
                        Rows::Take { parent, .. } => Some(Domain::Rows(*parent)),
                        Rows::Source | Rows::Stack { .. } | Rows::Group { .. } => None,
                    },
                };
                if parent != Some(from) {
                    return Err(broken(id, "not taken from the parent's column"));
                }
                Ok((ty, column.domain))
            }
            Op::Stack => {
                let (ty, _) = infer()?;
                let parts = match column.domain {
                    Domain::Scalar => &[],
                    Domain::Rows(table) => match &self.tables[table].rows {
                        Rows::Stack { parts } => &parts[..],
                        Rows::Source | Rows::Take { .. } | Rows::Group { .. } => &[],
                    },
                };
                let found = arguments.iter().map(|argument| argument.domain);
                let wanted = parts.iter().map(|part| Domain::Rows(part.table));
                if !found.eq(wanted) {
                    return Err(broken(id, "not stacked of a column of each part"));
                }
                Ok((ty, column.domain))
            }
            Op::Reduce {
                reduction, from, ..
            } => {
                let found = infer()?;
                if column.domain == Domain::Scalar {
                    return Ok(found);
                }
                let values = arguments.iter().map(|argument| argument.ty);
                match (
                    self.group_of(column.domain),
                    typing::reduction_type(*reduction, values, false),
                ) {
                    (Some((parent, _)), Some(ty)) if parent == *from => Ok((ty, column.domain)),
                    _ => Err(broken(id, "no reduction of the group table's parent")),
                }
            }
            Op::Node(_) => Ok(declared),
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
            | Op::OneOf(_)
            | Op::IfElse
            | Op::Coalesce
            | Op::Cast(..)
            | Op::Round(_)
            | Op::Math(_)
            | Op::Text(_)
            | Op::Bits(_)
            | Op::Extern(_)
            | Op::Hash
            | Op::RowNumber(_)
            | Op::Time(_)
            | Op::Minimum
            | Op::Maximum
            | Op::Lookup { .. }
            | Op::Find(_)
            | Op::Gather
            | Op::Window(_) => infer(),
        }
    }

    /// The parent and the keys, if these are the rows of a group table.
    fn group_of(&self, domain: Domain) -> Option<(TableId, &[ColumnId])> {
        match domain {
            Domain::Scalar => None,
            Domain::Rows(table) => match &self.tables[table].rows {
                Rows::Group { parent, keys, .. } => Some((*parent, keys)),
                Rows::Source | Rows::Take { .. } | Rows::Stack { .. } => None,
            },
        }
    }

    /// Whether a column is never null although its op's typing can't know.
    fn knows_better(&self, id: ColumnId) -> bool {
        let column = &self.columns[id];
        if matches!(column.op, Op::FloorDiv | Op::Rem) {
            let dividend = self.ty(column.args[0]);
            return !dividend.nullable && self.is_nonzero_constant(column.args[1]);
        }
        if let Op::Lookup {
            table,
            null_matches: true,
            ..
        } = column.op
        {
            return self.group_of(Domain::Rows(table)).is_some();
        }
        false
    }

    fn is_nonzero_constant(&self, id: ColumnId) -> bool {
        let mut column = &self.columns[id];
        if matches!(column.op, Op::Broadcast(_)) {
            column = &self.columns[column.args[0]];
        }
        matches!(column.op, Op::Literal(Value::Integer(value)) if value != 0)
    }
}

/// The tables that an op and its rows name.
fn tables_named(op: &Op, domain: Domain) -> impl Iterator<Item = TableId> {
    let mut of_op = None;
    if let Op::Broadcast(table) | Op::RowNumber(table) | Op::Reduce { from: table, .. } = op {
        of_op = Some(*table);
    } else if let Some((table, _)) = op.conditions() {
        of_op = Some(table);
    }
    let of_domain = match domain {
        Domain::Scalar => None,
        Domain::Rows(table) => Some(table),
    };
    of_op.into_iter().chain(of_domain)
}

/// Whether a value is one of the type's.
fn is_of(value: &Value, ty: Type) -> bool {
    match value {
        Value::Null => ty.nullable,
        Value::Bool(_) => ty.scalar == ScalarType::Bool,
        Value::Integer(value) => fits(*value, ty.scalar),
        Value::F32(_) => ty.scalar == ScalarType::F32,
        Value::F64(_) => ty.scalar == ScalarType::F64,
        Value::Str(_) => ty.scalar == ScalarType::Str,
    }
}

fn unknown(place: impl fmt::Display, entity: impl fmt::Display) -> VerifyError {
    VerifyError::Unknown {
        place: place.to_string(),
        entity: entity.to_string(),
    }
}

fn order(place: impl fmt::Display, entity: impl fmt::Display) -> VerifyError {
    VerifyError::Order {
        place: place.to_string(),
        entity: entity.to_string(),
    }
}

fn broken(place: impl fmt::Display, problem: &'static str) -> VerifyError {
    VerifyError::Broken {
        place: place.to_string(),
        problem,
    }
}
