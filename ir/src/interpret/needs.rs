//! Which columns an answer needs, and how often each is used, so that values can be freed early.

use std::collections::HashMap;

use crate::columns::Columns;
use crate::id::{ColumnId, Id, TableId};
use crate::interpret::cell::ColumnValues;
use crate::op::Op;
use crate::types::Domain;

/// The columns that must be known before a column: its arguments, and what says which rows its table
/// has where the op needs that.
pub(super) fn dependencies(
    columns: &Columns,
    table_rows: &HashMap<TableId, usize>,
    id: ColumnId,
) -> Vec<ColumnId> {
    let column = columns.column(id);
    let mut found = column.args.clone();
    let mut rows_of = |table: TableId| found.extend(columns.tables[table].rows.makers());
    match &column.op {
        Op::Take | Op::Joined | Op::Key(_) => {
            if let Domain::Rows(table) = column.domain {
                rows_of(table);
            }
        }
        Op::Broadcast(table) | Op::RowNumber(table) => {
            if !table_rows.contains_key(table) {
                rows_of(*table);
            }
        }
        Op::Reduce { from, .. } => match column.domain {
            Domain::Rows(groups) => rows_of(groups),
            Domain::Scalar => {
                if column.args.is_empty() && !table_rows.contains_key(from) {
                    rows_of(*from);
                }
            }
        },
        Op::Literal(_)
        | Op::Node(_)
        | Op::Input(_)
        | Op::Param(_)
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
        | Op::Time(_)
        | Op::Minimum
        | Op::Maximum
        | Op::Lookup { .. }
        | Op::Find(_)
        | Op::Gather
        | Op::Stack
        | Op::Window(_) => {}
    }
    found
}

/// How often each column is used on the way to `wanted`; none of those that are not needed.
pub(super) fn count_uses(
    columns: &Columns,
    wanted: &[ColumnId],
    bound: &HashMap<ColumnId, ColumnValues>,
    table_rows: &HashMap<TableId, usize>,
) -> Vec<u32> {
    let mut uses = vec![0; columns.columns.len()];
    for id in wanted {
        uses[id.index()] += 1;
    }
    for id in columns.columns.ids().rev() {
        if uses[id.index()] == 0 || bound.contains_key(&id) {
            continue;
        }
        for dependency in dependencies(columns, table_rows, id) {
            uses[dependency.index()] += 1;
        }
    }
    uses
}
