//! Joins: each row of a table beside every row of another that meets conditions.

use std::fmt;

use crate::columns::{Columns, Rows, Selection, write_list};
use crate::id::{ColumnId, TableId};
use crate::op::{Comparison, Pick};
use crate::types::Domain;

/// Which rows stand beside which: the parent's rows in their order, each as often as rows of `table`
/// meet all conditions with it, those in their order.
///
/// A null on either side meets no condition, NaN no comparison; keys know one NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The table joined.
    pub table: TableId,
    /// The columns over there: keys first, then those that are compared.
    pub there: Vec<ColumnId>,
    /// As many columns of the parent.
    pub here: Vec<ColumnId>,
    /// How the columns over there compare, in the conditions that are no equalities.
    pub comparisons: Vec<Comparison>,
    /// Which row of several, if not every one.
    pub pick: Option<Pick>,
    /// Whether rows that meet none stay, once.
    pub left: bool,
}

impl Join {
    /// How many of the conditions are equalities of keys.
    pub fn keys(&self) -> usize {
        self.there.len() - self.comparisons.len()
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.left { "left join" } else { "join" };
        write!(f, "{kind} {}", self.table)?;
        write_list(f, &self.there)?;
        f.write_str(" with")?;
        write_list(f, &self.here)?;
        for comparison in &self.comparisons {
            write!(f, " {}", comparison.symbol())?;
        }
        match self.pick {
            None => Ok(()),
            Some(pick) => write!(f, " {pick}"),
        }
    }
}

impl Columns {
    /// The join, if these are the rows of one.
    pub fn join_of(&self, domain: Domain) -> Option<&Join> {
        match domain {
            Domain::Scalar => None,
            Domain::Rows(table) => match &self.tables[table].rows {
                Rows::Take {
                    selection: Selection::Join(join),
                    ..
                } => Some(join),
                Rows::Source | Rows::Stack { .. } | Rows::Take { .. } | Rows::Group { .. } => None,
            },
        }
    }
}
