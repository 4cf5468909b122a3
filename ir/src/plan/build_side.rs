//! The build sides of lookups: by which columns rows are found, and how they are arranged.

use std::fmt;

use crate::columns::{Columns, Join, write_list};
use crate::id::{ColumnId, TableId};
use crate::op::{Op, Pick};

/// A build side: lookups of equal sides share one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildSide {
    /// The table looked up in.
    pub table: TableId,
    /// The key columns.
    pub keys: Vec<ColumnId>,
    /// How the rows of one key are found.
    pub arrangement: Arrangement,
}

/// How the rows of one key stand in a build side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrangement {
    /// There is one; two are an error (null keys left out).
    Unique,
    /// All rows in row order, but those in which a key or one of these columns is null or NaN (a key
    /// may be NaN).
    Rows(Vec<ColumnId>),
    /// The same, in the order of the first of these columns; rows of equal values in row order.
    Sorted(Vec<ColumnId>),
}

impl Arrangement {
    /// The columns that are compared, each once.
    pub fn compared(&self) -> &[ColumnId] {
        match self {
            Arrangement::Unique => &[],
            Arrangement::Rows(columns) | Arrangement::Sorted(columns) => columns,
        }
    }
}

impl BuildSide {
    /// The build side that a lookup probes, or the join that gives a row; none if the column is neither.
    pub fn of(columns: &Columns, lookup: ColumnId) -> Option<BuildSide> {
        let column = columns.column(lookup);
        if column.op == Op::Joined {
            return columns.join_of(column.domain).map(BuildSide::of_join);
        }
        let (table, conditions) = column.op.conditions()?;
        let there = &column.args[..conditions];
        let Op::Find(find) = &column.op else {
            return Some(BuildSide {
                table,
                keys: there.to_vec(),
                arrangement: Arrangement::Unique,
            });
        };
        let (keys, compared) = there.split_at(find.keys as usize);
        let compared = distinct(compared);
        Some(BuildSide {
            table,
            keys: keys.to_vec(),
            arrangement: match find.pick {
                Pick::First | Pick::Last => Arrangement::Rows(compared),
                Pick::Nearest => Arrangement::Sorted(compared),
            },
        })
    }

    /// The build side of a join.
    pub fn of_join(join: &Join) -> BuildSide {
        let (keys, compared) = join.there.split_at(join.keys());
        let compared = distinct(compared);
        BuildSide {
            table: join.table,
            keys: keys.to_vec(),
            arrangement: match join.pick {
                None | Some(Pick::First | Pick::Last) => Arrangement::Rows(compared),
                Some(Pick::Nearest) => Arrangement::Sorted(compared),
            },
        }
    }

    /// Every column by which rows are found.
    pub fn columns(&self) -> impl Iterator<Item = ColumnId> + '_ {
        let compared = self.arrangement.compared();
        self.keys.iter().chain(compared).copied()
    }
}

/// The columns without repetitions, by first appearance.
fn distinct(columns: &[ColumnId]) -> Vec<ColumnId> {
    let mut found = Vec::with_capacity(columns.len());
    for column in columns {
        if !found.contains(column) {
            found.push(*column);
        }
    }
    found
}

/// As in the text of a plan: `build by %1 sorted by %2`.
impl fmt::Display for BuildSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("build")?;
        if !self.keys.is_empty() {
            f.write_str(" by")?;
            write_list(f, &self.keys)?;
        }
        let (word, compared) = match &self.arrangement {
            Arrangement::Unique => return Ok(()),
            Arrangement::Rows(compared) => (" in rows", compared),
            Arrangement::Sorted(compared) => (" sorted by", compared),
        };
        f.write_str(word)?;
        write_list(f, compared)
    }
}
