//! The earliest round in which each column can be had.

use crate::columns::{Columns, Rows};
use crate::id::{ColumnId, Id, TableId};
use crate::op::{Op, Window};
use crate::types::Domain;

/// Rounds of columns and of tables' rows.
pub(super) struct Times {
    columns: Vec<u32>,
    rows: Vec<u32>,
}

impl Times {
    /// One loop over the columns: arguments come before users, and a table's predicate or keys
    /// before any column that has its rows.
    pub(super) fn new(columns: &Columns) -> Times {
        let mut times = Times {
            columns: Vec::with_capacity(columns.columns.len()),
            rows: vec![0; columns.tables.len()],
        };
        for (id, column) in columns.columns.iter() {
            let mut time = column
                .args
                .iter()
                .map(|arg| times.of(*arg))
                .max()
                .unwrap_or(0);
            if let Domain::Rows(table) = column.domain {
                times.update_rows(columns, table);
                time = time.max(times.rows(table));
            }
            match &column.op {
                Op::Reduce { from, .. } => {
                    times.update_rows(columns, *from);
                    if column.domain == Domain::Scalar {
                        time = time.max(times.rows(*from)) + 1;
                    } else {
                        time = time.max(argument_time(&times, columns, id) + 1);
                    }
                }
                Op::Key(_) | Op::Take => time = time.max(argument_time(&times, columns, id) + 1),
                Op::Window(Window::CumulativeSum) => time += 1,
                Op::Lookup {
                    table,
                    keys,
                    null_matches: false,
                } => {
                    let there = &column.args[..*keys as usize];
                    time = time.max(times.build(columns, *table, there) + 1);
                }
                Op::Gather => {
                    if let Some((round, ..)) = times.payload(columns, id) {
                        time = time.max(round + 1);
                    }
                }
                _ => {}
            }
            times.columns.push(time);
        }
        for table in columns.tables.ids() {
            times.update_rows(columns, table);
        }
        times
    }

    fn update_rows(&mut self, columns: &Columns, table: TableId) {
        let makers = columns.tables[table].rows.makers();
        let times = makers
            .iter()
            .map(|id| self.columns.get(id.index()).copied().unwrap_or(0));
        self.rows[table.index()] = match &columns.tables[table].rows {
            Rows::Source => 0,
            Rows::Take { .. } | Rows::Group { .. } => times.max().unwrap_or(0) + 1,
        };
    }

    /// The round of a column.
    pub(super) fn of(&self, id: ColumnId) -> u32 {
        self.columns[id.index()]
    }

    /// The round in which a table's rows are known.
    pub(super) fn rows(&self, table: TableId) -> u32 {
        self.rows[table.index()]
    }

    /// The round of the pass that builds a table for lookups by these keys.
    pub(super) fn build(&self, columns: &Columns, table: TableId, keys: &[ColumnId]) -> u32 {
        debug_assert!(keys.iter().all(|key| columns.table_of(*key) == Some(table)));
        keys.iter()
            .map(|key| self.of(*key))
            .max()
            .unwrap_or(0)
            .max(self.rows(table))
    }

    /// For a gather of a column that a pass must fetch: that pass's round and table, and the keys
    /// of the lookup. None if the column is kept anyway, as those of groups are.
    pub(super) fn payload(
        &self,
        columns: &Columns,
        gather: ColumnId,
    ) -> Option<(u32, TableId, Vec<ColumnId>)> {
        let args = &columns.column(gather).args;
        let fetched = columns.column(args[1]);
        let Op::Lookup {
            table,
            keys,
            null_matches,
        } = columns.column(args[0]).op
        else {
            return None;
        };
        if null_matches && matches!(fetched.op, Op::Key(_) | Op::Reduce { .. }) {
            return None;
        }
        let keys = columns.column(args[0]).args[..keys as usize].to_vec();
        let round = self.build(columns, table, &keys).max(self.of(args[1]));
        Some((round, table, keys))
    }
}

/// The round of what a group's or filter's column is made of, in the parent table.
fn argument_time(times: &Times, columns: &Columns, id: ColumnId) -> u32 {
    columns
        .column(id)
        .args
        .iter()
        .map(|arg| times.of(*arg))
        .max()
        .unwrap_or(0)
}
