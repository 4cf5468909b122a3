//! The earliest round in which each column can be had.

use crate::columns::{Columns, Rows, Selection};
use crate::id::{ColumnId, Id, TableId};
use crate::op::Op;
use crate::plan::BuildSide;
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
                Op::Key(_) | Op::Take | Op::Stack => {
                    time = time.max(argument_time(&times, columns, id) + 1);
                }
                Op::Window(_) if columns.is_carried(column) => time += 1,
                Op::Window(_) | Op::Extern(_) if columns.is_stored(column) => time += 1,
                Op::Lookup {
                    null_matches: false,
                    ..
                }
                | Op::Find(_) => {
                    if let Some(side) = BuildSide::of(columns, id) {
                        time = time.max(times.build(columns, &side) + 1);
                    }
                }
                Op::Gather => {
                    if let Some((round, _)) = times.payload(columns, id) {
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
            // A join probes what an earlier pass built.
            Rows::Take {
                selection: Selection::Join(join),
                ..
            } => times.max().unwrap_or(0).max(self.rows(join.table)) + 2,
            Rows::Take { .. } | Rows::Stack { .. } | Rows::Group { .. } => {
                times.max().unwrap_or(0) + 1
            }
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

    /// The round of the pass that builds a table for lookups.
    pub(super) fn build(&self, columns: &Columns, side: &BuildSide) -> u32 {
        let rows = Some(side.table);
        debug_assert!(
            side.columns()
                .all(|column| columns.table_of(column) == rows)
        );
        let known = side.columns().map(|column| self.of(column)).max();
        known.unwrap_or(0).max(self.rows(side.table))
    }

    /// For a gather of a column that a pass must fetch: that pass's round, and the build side of the
    /// lookup. None if the column is kept anyway, as those of groups are.
    pub(super) fn payload(&self, columns: &Columns, gather: ColumnId) -> Option<(u32, BuildSide)> {
        let args = &columns.column(gather).args;
        let fetched = columns.column(args[1]);
        if let Op::Lookup {
            null_matches: true, ..
        } = columns.column(args[0]).op
            && matches!(fetched.op, Op::Key(_) | Op::Reduce { .. })
        {
            return None;
        }
        let side = BuildSide::of(columns, lookup_behind(columns, args[0]))?;
        let round = self.build(columns, &side).max(self.of(args[1]));
        Some((round, side))
    }
}

/// The lookup from which a row reference comes: derived tables carry it on, gathers fetch it from a table over
/// there, and choices take it from one of two.
fn lookup_behind(columns: &Columns, row: ColumnId) -> ColumnId {
    let mut at = row;
    loop {
        let column = columns.column(at);
        at = match column.op {
            Op::Take | Op::Coalesce | Op::Broadcast(_) => column.args[0],
            Op::Gather | Op::IfElse => column.args[1],
            _ => return at,
        };
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
