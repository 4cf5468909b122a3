//! Which rows of a source may be left unread, because nothing asks for them.
//!
//! Where a table is asked for nothing but filters of it, a row that no filter keeps makes no
//! difference to any answer: neither to values nor to errors, as long as the predicates themselves
//! can't raise one there. A source that knows bounds of the values in a range of rows can then leave the
//! range out, if the bounds show that no predicate is true in it.

use std::collections::HashMap;

use crate::columns::{Columns, Possible, Rows, Selection};
use crate::id::{ColumnId, Id, InputId, ParamId, TableId};
use crate::op::Op;
use crate::types::{Domain, Type};
use crate::value::Value;

/// The filters without which nothing is asked of a source table.
#[derive(Clone, Debug)]
pub struct RowFilter<'a> {
    columns: &'a Columns,
    params: HashMap<ParamId, Value>,
    /// What the predicates are made of, arguments before users.
    needed: Vec<ColumnId>,
    /// The predicates, as positions in `needed`.
    predicates: Vec<usize>,
}

impl<'a> RowFilter<'a> {
    /// The filters of a source table, with what is known of parameters. None if the table is asked for
    /// more than filtered rows, or if what becomes of a row may depend on others.
    pub fn new(
        columns: &'a Columns,
        table: TableId,
        params: HashMap<ParamId, Value>,
    ) -> Option<RowFilter<'a>> {
        let predicates = predicates(columns, table)?;
        let mut is_needed = vec![false; columns.columns.len()];
        let mut open = predicates.clone();
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut is_needed[id.index()], true) {
                continue;
            }
            let own = |arg: &ColumnId| columns.table_of(*arg).is_none_or(|of| of == table);
            open.extend(columns.column(id).args.iter().copied().filter(own));
        }
        let needed: Vec<ColumnId> = (columns.columns.ids())
            .filter(|id| is_needed[id.index()])
            .collect();
        let predicates = predicates
            .iter()
            .filter_map(|id| needed.binary_search(id).ok());
        Some(RowFilter {
            columns,
            params,
            predicates: predicates.collect(),
            needed,
        })
    }

    /// The columns of the source that the predicates look at.
    pub fn inputs(&self) -> impl Iterator<Item = InputId> {
        self.needed
            .iter()
            .filter_map(|id| match self.columns.column(*id).op {
                Op::Input(input) => Some(input),
                _ => None,
            })
    }

    /// Whether a filter may keep, or be an error in, a row in which the source's columns have such values.
    pub fn may_keep(&self, known: impl Fn(InputId) -> Possible) -> bool {
        let mut possible: Vec<Possible> = Vec::with_capacity(self.needed.len());
        for id in &self.needed {
            let column = self.columns.column(*id);
            let of_column = match &column.op {
                Op::Input(input) => known(*input),
                Op::Param(param) => match self.params.get(param) {
                    Some(value) => Possible::value(value),
                    None => Possible::any(column.ty),
                },
                op => self.of(op, &column.args, column.ty, &possible),
            };
            possible.push(of_column);
        }
        self.predicates.iter().any(|position| {
            let predicate = &possible[*position];
            predicate.error || predicate.may_be_true()
        })
    }

    fn of(&self, op: &Op, args: &[ColumnId], ty: Type, possible: &[Possible]) -> Possible {
        let unknown = Possible {
            error: true,
            ..Possible::any(Type {
                nullable: true,
                ..ty
            })
        };
        let place = |arg: &ColumnId| self.needed.binary_search(arg).ok();
        let args_known = args.iter().map(|arg| possible.get(place(arg)?));
        match args_known.collect::<Option<Vec<&Possible>>>() {
            Some(known) => {
                let types: Vec<Type> = args.iter().map(|arg| self.columns.ty(*arg)).collect();
                Possible::of(op, &known, &types, ty)
            }
            None => unknown,
        }
    }
}

/// The predicates under which alone something is asked of a source table's rows.
fn predicates(columns: &Columns, table: TableId) -> Option<Vec<ColumnId>> {
    let is_here = |id: &ColumnId| columns.table_of(*id) == Some(table);
    if columns.tables[table].rows != Rows::Source || columns.delivered().any(|id| is_here(&id)) {
        return None;
    }
    let mut found = Vec::new();
    // Groups of filtered rows: what they reduce is of no other rows.
    let mut filtered = vec![false; columns.tables.len()];
    for (id, shape) in columns.tables.iter() {
        if !shape.rows.parents().contains(&table) {
            continue;
        }
        match &shape.rows {
            Rows::Take {
                selection: Selection::Where(predicate) | Selection::First { predicate, .. },
                ..
            } => found.push(*predicate),
            Rows::Group {
                filter: Some(predicate),
                ..
            } => {
                found.push(*predicate);
                filtered[id.index()] = true;
            }
            Rows::Source | Rows::Take { .. } | Rows::Stack { .. } | Rows::Group { .. } => {
                return None;
            }
        }
    }
    for (id, column) in columns.columns.iter() {
        if column.domain == Domain::Rows(table) {
            // These look at other rows, or at all of them.
            let looks_up_here = (column.op.conditions()).is_some_and(|(of, _)| of == table);
            if looks_up_here || matches!(column.op, Op::Window(_) | Op::Extern(_)) {
                return None;
            }
            continue;
        }
        match column.op {
            Op::Take => {}
            Op::Key(_) | Op::Reduce { .. }
                if columns.table_of(id).is_some_and(|of| filtered[of.index()]) => {}
            Op::Reduce {
                reduction, from, ..
            } if from == table => {
                if !reduction.skips_nulls() || column.args.is_empty() {
                    return None;
                }
                for arg in &column.args {
                    found.push(condition(columns, *arg)?);
                }
            }
            _ if column.args.iter().any(is_here) => return None,
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

/// The condition without which a column is null, if it is told at its end.
fn condition(columns: &Columns, id: ColumnId) -> Option<ColumnId> {
    let column = columns.column(id);
    match (&column.op, &column.args[..]) {
        (Op::IfElse, [condition, _, otherwise]) => {
            let is_null = columns.column(*otherwise).op == Op::Literal(Value::Null);
            is_null.then_some(*condition)
        }
        _ => None,
    }
}
