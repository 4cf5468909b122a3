//! Finding one row of a table by conditions: as-of lookups, and the first or last of several matches.

use std::fmt;

use super::Comparison;
use crate::id::TableId;

/// Which row of a table is found: of those for which every condition holds, the one that `pick` names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Find {
    /// Where to look.
    pub table: TableId,
    /// How many conditions are equalities of keys; they come first.
    pub keys: u32,
    /// How the columns over there compare with the values here in the conditions after them:
    /// `<`, `<=`, `>` or `>=`.
    pub comparisons: Vec<Comparison>,
    /// Which of several rows.
    pub pick: Pick,
}

/// Which of several rows for which all conditions hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pick {
    /// The first in the order of rows.
    First,
    /// The last in the order of rows.
    Last,
    /// The one whose column of the first comparison is nearest: for `<` and `<=` the greatest, of
    /// equal ones the last row; for `>` and `>=` the least, of equal ones the first row.
    Nearest,
}

impl Find {
    /// How many conditions there are.
    pub fn conditions(&self) -> usize {
        self.keys as usize + self.comparisons.len()
    }
}

impl Pick {
    /// Whether of several rows the last is taken, in the order that the pick goes by.
    pub fn takes_last(self, comparisons: &[Comparison]) -> bool {
        match self {
            Pick::First => false,
            Pick::Last => true,
            Pick::Nearest => matches!(
                comparisons.first(),
                Some(Comparison::Less | Comparison::LessOrEqual)
            ),
        }
    }
}

impl Comparison {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys={}", self.table, self.keys)?;
        for comparison in &self.comparisons {
            write!(f, " {}", comparison.symbol())?;
        }
        write!(f, " {}", self.pick)
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pick::First => "first",
            Pick::Last => "last",
            Pick::Nearest => "nearest",
        })
    }
}
