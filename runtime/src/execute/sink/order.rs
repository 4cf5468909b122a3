//! Whether anything can see the order in which groups stand.
//!
//! Groups come by first appearance. Noting first rows and sorting by them costs as much as the sums where
//! groups are many, and `sum(x) over key` sees none of it: it only looks up, in each row that was grouped,
//! what its own group has.

use std::collections::HashMap;

use icosian_ir::columns::{Columns, Rows};
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::op::{Op, Reduction};
use icosian_ir::types::{Domain, ScalarType};

/// The tables of groups of which nothing sees in which order they stand, or which groups there are; with
/// how many columns each has.
#[derive(Debug, Default)]
pub(crate) struct UnseenOrders {
    columns: HashMap<TableId, usize>,
}

impl UnseenOrders {
    /// Looks through all columns once.
    pub(crate) fn of(columns: &Columns) -> UnseenOrders {
        let mut unseen = UnseenOrders::default();
        for (table, shape) in columns.tables.iter() {
            if matches!(shape.rows, Rows::Group { filter: None, .. }) {
                unseen.columns.insert(table, 0);
            }
        }
        if unseen.columns.is_empty() {
            return unseen;
        }
        for (id, column) in columns.columns.iter() {
            let looked_up = own_groups(columns, id);
            let gathered = (column.op == Op::Gather)
                .then(|| own_groups(columns, column.args[0]))
                .flatten();
            for (position, arg) in column.args.iter().enumerate() {
                if let ScalarType::Row(table) = columns.scalar_type(*arg)
                    && (gathered != Some(table) || position != 0)
                {
                    unseen.columns.remove(&table);
                }
                if let Some(table) = columns.table_of(*arg)
                    && looked_up != Some(table)
                    && (gathered != Some(table) || position != 1)
                {
                    unseen.columns.remove(&table);
                }
            }
            if let ScalarType::Row(table) = column.ty.scalar
                && looked_up != Some(table)
            {
                unseen.columns.remove(&table);
            }
            if let Domain::Rows(table) = column.domain
                && let Some(count) = unseen.columns.get_mut(&table)
            {
                *count += 1;
                if !is_never_an_error(columns, id) {
                    unseen.columns.remove(&table);
                }
            }
        }
        for shape in columns.tables.values() {
            let parents = match &shape.rows {
                Rows::Source => Vec::new(),
                Rows::Take { parent, .. } | Rows::Group { parent, .. } => vec![*parent],
                Rows::Stack { parts } => parts.iter().map(|part| part.table).collect(),
            };
            let makers = shape.rows.makers();
            let made_of = makers.iter().filter_map(|id| columns.table_of(*id));
            for table in parents.into_iter().chain(made_of) {
                unseen.columns.remove(&table);
            }
        }
        for output in &columns.outputs {
            if let Some(table) = columns.table_of(output.column) {
                unseen.columns.remove(&table);
            }
        }
        unseen
    }

    /// Whether something sees the order of groups, of which one sink gives so many columns: those of
    /// several sinks would have to stand in the same.
    pub(crate) fn is_seen(&self, table: TableId, results: usize) -> bool {
        self.columns.get(&table) != Some(&results)
    }
}

/// The groups that a column finds of its own rows, by the keys they were grouped by: each is there.
fn own_groups(columns: &Columns, id: ColumnId) -> Option<TableId> {
    let column = columns.column(id);
    let Op::Lookup {
        table,
        null_matches: true,
        ..
    } = column.op
    else {
        return None;
    };
    let Rows::Group { parent, keys, .. } = &columns.tables[table].rows else {
        return None;
    };
    let own = column.domain == Domain::Rows(*parent)
        && column.args.len() == 2 * keys.len()
        && column.args[keys.len()..] == keys[..];
    own.then_some(table)
}

/// Whether a column of groups is no error in any of them: an error tells the row that it stands in.
fn is_never_an_error(columns: &Columns, id: ColumnId) -> bool {
    match columns.column(id).op {
        Op::Key(_) => true,
        Op::Reduce { reduction, .. } => {
            let is_float = columns.scalar_type(id) == ScalarType::F64;
            matches!(reduction, Reduction::Len | Reduction::Count)
                || is_float && matches!(reduction, Reduction::Sum | Reduction::Mean)
        }
        _ => false,
    }
}
