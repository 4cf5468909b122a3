//! Tables made of rows of another table: which rows, and in which order.

use std::fmt;

use super::{Join, write_list};
use crate::id::ColumnId;
use crate::meaning::order::Direction;

/// Which rows of its parent a table has, and in which order.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Those on which a bool column is true, in their order; null and false drop.
    Where(ColumnId),
    /// The first on which a bool column is true, at most so many, in their order.
    First {
        /// The column.
        predicate: ColumnId,
        /// How many there are at most.
        count: usize,
    },
    /// All, in the order of their keys; where keys tie, in their order.
    Order(Vec<SortKey>),
    /// The first or last rows, in their order.
    Limit {
        /// From which end rows are counted.
        end: End,
        /// How many there are, at most: an integer; null and negative numbers are errors.
        count: ColumnId,
        /// A column of the parent, whose rows are those that are cut.
        parent_rows: ColumnId,
    },
    /// Those with the least keys, at most so many, in their order; of equal keys the first rows.
    Sample {
        /// A column of numbers without nulls.
        key: ColumnId,
        /// How many there are, as for `Limit`.
        count: ColumnId,
    },
    /// The first row of each combination of keys, in their order. Null is a key of its own, −0 and
    /// +0 are one, so are all NaN.
    Distinct(Vec<ColumnId>),
    /// Each as often as rows of another table meet conditions with it; [`Op::Joined`] is that row.
    ///
    /// [`Op::Joined`]: crate::op::Op::Joined
    Join(Box<Join>),
}

/// An end of a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// The first rows.
    First,
    /// The last rows.
    Last,
}

/// A column that rows are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The column, of the parent's rows.
    pub column: ColumnId,
    /// Which way.
    pub direction: Direction,
}

impl Selection {
    /// The columns of the parent's rows that a pass must have to select rows.
    pub fn keys(&self) -> Vec<ColumnId> {
        match self {
            Selection::Where(predicate) | Selection::First { predicate, .. } => vec![*predicate],
            Selection::Order(keys) => keys.iter().map(|key| key.column).collect(),
            Selection::Limit { .. } => Vec::new(),
            Selection::Sample { key, .. } => vec![*key],
            Selection::Distinct(keys) => keys.clone(),
            Selection::Join(join) => join.here.clone(),
        }
    }

    /// The scalar that says how many rows are selected, if one does.
    pub fn count(&self) -> Option<ColumnId> {
        match self {
            Selection::Limit { count, .. } | Selection::Sample { count, .. } => Some(*count),
            Selection::Where(_)
            | Selection::First { .. }
            | Selection::Order(_)
            | Selection::Distinct(_)
            | Selection::Join(_) => None,
        }
    }

    /// Every column that must be known before the rows are.
    pub fn makers(&self) -> Vec<ColumnId> {
        match self {
            Selection::Limit {
                count, parent_rows, ..
            } => vec![*count, *parent_rows],
            Selection::Sample { key, count } => vec![*count, *key],
            Selection::Where(_)
            | Selection::First { .. }
            | Selection::Order(_)
            | Selection::Distinct(_) => self.keys(),
            Selection::Join(join) => join.here.iter().chain(&join.there).copied().collect(),
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selection::Where(predicate) => write!(f, "where {predicate}"),
            Selection::First { predicate, count } => write!(f, "first {count} where {predicate}"),
            Selection::Order(keys) => {
                f.write_str("order by")?;
                for (position, key) in keys.iter().enumerate() {
                    let comma = if position == 0 { " " } else { ", " };
                    write!(f, "{comma}{}{}", key.column, key.direction)?;
                }
                Ok(())
            }
            Selection::Limit { end, count, .. } => write!(f, "{} {count}", end.step()),
            Selection::Sample { key, count } => write!(f, "sample {count} by {key}"),
            Selection::Distinct(keys) => {
                f.write_str("distinct")?;
                write_list(f, keys)
            }
            Selection::Join(join) => join.fmt(f),
        }
    }
}

impl End {
    /// The step of a query that takes this end's rows.
    pub fn step(self) -> &'static str {
        match self {
            End::First => "limit",
            End::Last => "tail",
        }
    }
}
