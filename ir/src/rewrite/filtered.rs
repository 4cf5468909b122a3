//! Reductions and groups of filtered rows, in the pass over the rows that are filtered.
//!
//! Before → after, where nothing else is asked of `big`:
//!
//! ```text
//! big = cities where p                 sum(f(cities.x) if p else null)
//! sum(f(big.x))
//! big group by k {…}                   cities where p group by k {…}, the groups' own filter
//! ```
//!
//! Reductions skip nulls, and rows that a group table's filter leaves out are in no group, so the
//! values are the same; the rows kept are neither copied nor scanned again. What is computed of rows
//! that are not kept is thrown away, so it must be cheap (fused ops), and nothing on the way may
//! raise an error: that would be a row's of another table.

use crate::columns::{Columns, Rows, Selection};
use crate::id::{ColumnId, Id, TableId};
use crate::op::{Execution, Op, Reduction};
use crate::types::{Domain, ScalarType, Type};
use crate::typing::reduction_type;
use crate::value::Value;

use super::rebuild::Rebuild;

/// A table whose reductions can be had from its parent's rows.
#[derive(Clone, Copy)]
struct Filter {
    parent: TableId,
    predicate: ColumnId,
}

/// The program with the reductions and groups of some filtered tables in their parents' passes; none
/// if there is no such table.
pub(super) fn reduce_in_parent(columns: &Columns) -> Option<Columns> {
    let filters = filters(columns);
    if filters.iter().all(Option::is_none) {
        return None;
    }
    let mut rebuild = Rebuild::new(columns);
    let filter_of = |domain: Domain| match domain {
        Domain::Rows(table) => filters[table.index()],
        Domain::Scalar => None,
    };
    let mut grouped = vec![false; columns.tables.len()];
    for (id, column) in columns.columns.iter() {
        if let Domain::Rows(table) = column.domain
            && !std::mem::replace(&mut grouped[table.index()], true)
        {
            group(&mut rebuild, columns, table, &filters);
        }
        let new = match (&column.op, filter_of(column.domain)) {
            (Op::Take, Some(_)) => rebuild.get(column.args[0]),
            (op, Some(filter)) => {
                let op = match op {
                    Op::Broadcast(_) => Op::Broadcast(filter.parent),
                    other => other.clone(),
                };
                let args = column.args.iter().map(|arg| rebuild.get(*arg)).collect();
                rebuild.add(op, args, column.ty, Domain::Rows(filter.parent))
            }
            (
                Op::Reduce {
                    reduction, from, ..
                },
                None,
            ) => match filters[from.index()] {
                Some(filter) if column.domain == Domain::Scalar => {
                    reduce(&mut rebuild, columns, id, *reduction, filter)
                }
                Some(filter) => {
                    let mut op = column.op.clone();
                    if let Op::Reduce { from, .. } = &mut op {
                        *from = filter.parent;
                    }
                    let args = column.args.iter().map(|arg| rebuild.get(*arg)).collect();
                    rebuild.add(op, args, column.ty, column.domain)
                }
                None => rebuild.copy(id),
            },
            (_, None) => rebuild.copy(id),
        };
        rebuild.set(id, new);
    }
    for table in columns.tables.ids() {
        if filters[table.index()].is_some() {
            rebuild.drop_table(table);
        }
    }
    Some(rebuild.finish())
}

/// Groups of the rows kept, as groups of all rows with a filter. Called before the first column of a
/// table is built anew.
fn group(rebuild: &mut Rebuild<'_>, columns: &Columns, table: TableId, filters: &[Option<Filter>]) {
    let Rows::Group {
        parent,
        keys,
        filter: inner,
    } = &columns.tables[table].rows
    else {
        return;
    };
    let Some(outer) = filters[parent.index()] else {
        return;
    };
    let mut filter = rebuild.get(outer.predicate);
    if let Some(inner) = inner {
        let inner = rebuild.get(*inner);
        let ty = Type {
            scalar: ScalarType::Bool,
            nullable: rebuild.ty(filter).nullable || rebuild.ty(inner).nullable,
        };
        let domain = Domain::Rows(outer.parent);
        filter = rebuild.add(Op::And, vec![filter, inner], ty, domain);
    }
    let rows = Rows::Group {
        parent: outer.parent,
        keys: keys.iter().map(|key| rebuild.get(*key)).collect(),
        filter: Some(filter),
    };
    rebuild.set_rows(table, rows);
}

/// A reduction of the rows kept, as one of all rows.
fn reduce(
    rebuild: &mut Rebuild<'_>,
    columns: &Columns,
    id: ColumnId,
    reduction: Reduction,
    filter: Filter,
) -> ColumnId {
    let column = columns.column(id);
    let predicate = rebuild.get(filter.predicate);
    let domain = Domain::Rows(filter.parent);
    let mut values: Vec<(ColumnId, ScalarType)> = (column.args.iter())
        .map(|arg| (rebuild.get(*arg), columns.scalar_type(*arg)))
        .collect();
    let mut reduction = reduction;
    if reduction == Reduction::Len {
        let yes = Op::Literal(Value::Bool(true));
        let ty = ScalarType::Bool.required();
        let yes = rebuild.add(yes, Vec::new(), ty, Domain::Scalar);
        values.push((yes, ScalarType::Bool));
        reduction = Reduction::Count;
    }
    let args = values
        .into_iter()
        .map(|(value, scalar)| {
            let ty = Type {
                scalar,
                nullable: true,
            };
            let null = rebuild.add(Op::Literal(Value::Null), Vec::new(), ty, Domain::Scalar);
            rebuild.add(Op::IfElse, vec![predicate, value, null], ty, domain)
        })
        .collect();
    let op = Op::Reduce {
        reduction,
        from: filter.parent,
        keys: 0,
    };
    rebuild.add(op, args, column.ty, column.domain)
}

/// For each table whether it is a filter whose rows nothing but such reductions and groups asks for.
fn filters(columns: &Columns) -> Vec<Option<Filter>> {
    let raises = columns.raising();
    let mut filters: Vec<Option<Filter>> = (columns.tables.values())
        .map(|shape| match &shape.rows {
            Rows::Take {
                parent,
                selection: Selection::Where(predicate),
            } if !raises[predicate.index()] => Some(Filter {
                parent: *parent,
                predicate: *predicate,
            }),
            Rows::Source | Rows::Take { .. } | Rows::Stack { .. } | Rows::Group { .. } => None,
        })
        .collect();
    let mut used = vec![false; columns.tables.len()];
    let refuse = |filters: &mut Vec<Option<Filter>>, table: Option<TableId>| {
        if let Some(table) = table {
            filters[table.index()] = None;
        }
    };
    for shape in columns.tables.values() {
        match &shape.rows {
            Rows::Source => {}
            Rows::Take { parent, selection } => {
                refuse(&mut filters, Some(*parent));
                if let Selection::Join(join) = selection {
                    refuse(&mut filters, Some(join.table));
                }
            }
            // Its columns tell whether the groups can be had.
            Rows::Group { .. } => {}
            Rows::Stack { parts } => {
                for part in parts {
                    refuse(&mut filters, Some(part.table));
                }
            }
        }
    }
    for delivered in columns.delivered() {
        refuse(&mut filters, columns.table_of(delivered));
    }
    for (id, column) in columns.columns.iter() {
        match column.domain {
            Domain::Rows(table) => {
                let fused = columns.execution(id) == Execution::Fused
                    && !matches!(column.op, Op::RowNumber(_));
                if !(fused || column.op == Op::Take) || raises[id.index()] {
                    filters[table.index()] = None;
                }
                let grouped = match &columns.tables[table].rows {
                    Rows::Group { parent, .. } => Some(*parent),
                    Rows::Source | Rows::Take { .. } | Rows::Stack { .. } => None,
                };
                if let (Some(parent), Op::Key(_)) = (grouped, &column.op) {
                    used[parent.index()] = true;
                    continue;
                }
                if let (Some(parent), Op::Reduce { reduction, .. }) = (grouped, &column.op) {
                    used[parent.index()] = true;
                    if holds_texts(columns, &column.args, *reduction) {
                        refuse(&mut filters, grouped);
                    }
                    continue;
                }
                // A lookup, a gather: something over there is wanted.
                for arg in &column.args {
                    let from = columns.table_of(*arg).filter(|from| *from != table);
                    if from.is_some() && column.op != Op::Take {
                        refuse(&mut filters, from);
                    }
                }
            }
            Domain::Scalar => {
                if let Op::Reduce {
                    reduction, from, ..
                } = column.op
                {
                    used[from.index()] = true;
                    if !can_skip_rows(columns, &column.args, reduction, column.ty) {
                        filters[from.index()] = None;
                    }
                } else {
                    for arg in &column.args {
                        refuse(&mut filters, columns.table_of(*arg));
                    }
                }
            }
        }
    }
    // A filter that nothing is asked of is none of ours: its rows' errors still count.
    for (filter, used) in filters.iter_mut().zip(used) {
        *filter = filter.filter(|_| used);
    }
    filters
}

/// Whether a reduction would hold texts of rows that are not kept.
fn holds_texts(columns: &Columns, args: &[ColumnId], reduction: Reduction) -> bool {
    let text = |arg: &ColumnId| columns.scalar_type(*arg) == ScalarType::Str;
    matches!(reduction, Reduction::NUnique | Reduction::Mode) && args.iter().any(text)
}

/// Whether a reduction gives the same of rows that are null instead of gone.
fn can_skip_rows(columns: &Columns, args: &[ColumnId], reduction: Reduction, ty: Type) -> bool {
    let by_row = matches!(reduction, Reduction::First { .. } | Reduction::Last { .. });
    let skips = reduction == Reduction::Len || reduction.skips_nulls() && !by_row;
    let fixed = |arg: &ColumnId| {
        let scalar = columns.scalar_type(*arg);
        scalar.lane().is_some() && !matches!(scalar, ScalarType::Row(_))
    };
    let nullable = args.iter().map(|arg| Type {
        scalar: columns.scalar_type(*arg),
        nullable: true,
    });
    skips && args.iter().all(fixed) && reduction_type(reduction, nullable, true) == Some(ty)
}
