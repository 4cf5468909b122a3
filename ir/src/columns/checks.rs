//! Checks as columns: how many rows fail, and the first of them.

use std::fmt;
use std::ops::Range;

use super::Columns;
use crate::id::{ColumnId, Id, TableId};

/// How many rows that fail a check are reported with their values.
pub const SAMPLE_ROWS: usize = 5;

/// A check of the graph in this program.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckColumns {
    /// Its position among the graph's checks.
    pub check: usize,
    /// Its condition, as text.
    pub text: String,
    /// What is computed of it.
    pub evaluation: CheckEvaluation,
    /// The columns that were made for it alone.
    pub own: Range<ColumnId>,
}

/// What is computed of a check.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckEvaluation {
    /// Nothing: these of its operands were not asked for.
    Skipped {
        /// Their names.
        missing: Vec<String>,
    },
    /// A condition of scalars.
    Scalar {
        /// Whether it holds.
        condition: ColumnId,
        /// What it is made of.
        values: Vec<CheckValue>,
    },
    /// A condition on rows.
    Rows {
        /// The table.
        table: TableId,
        /// A scalar: how many rows the table has.
        rows: ColumnId,
        /// A scalar: in how many of them the condition is false.
        failed: ColumnId,
        /// The table of the first of those.
        sample: TableId,
        /// The numbers of the rows in the sample.
        row: ColumnId,
        /// What the condition is made of, in the sample.
        values: Vec<CheckValue>,
    },
}

/// A value that a report shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckValue {
    /// Its name, or its text if it has none.
    pub name: String,
    /// The column.
    pub column: ColumnId,
}

impl CheckEvaluation {
    /// The columns that must be delivered.
    pub fn columns(&self) -> Vec<ColumnId> {
        let (first, values): (Vec<ColumnId>, &[CheckValue]) = match self {
            CheckEvaluation::Skipped { .. } => (Vec::new(), &[]),
            CheckEvaluation::Scalar { condition, values } => (vec![*condition], values),
            CheckEvaluation::Rows {
                rows,
                failed,
                row,
                values,
                ..
            } => (vec![*rows, *failed, *row], values),
        };
        let values = values.iter().map(|value| value.column);
        first.into_iter().chain(values).collect()
    }
}

impl Columns {
    /// Every column that a run delivers, for its outputs and its checks; some may stand there twice.
    pub fn delivered(&self) -> impl Iterator<Item = ColumnId> {
        let outputs = self.outputs.iter().map(|output| output.column);
        outputs.chain(
            self.checks
                .iter()
                .flat_map(|check| check.evaluation.columns()),
        )
    }

    /// The check that a column was made for.
    pub fn check_of(&self, column: ColumnId) -> Option<&CheckColumns> {
        let mut checks = self.checks.iter();
        checks.find(|check| check.own.contains(&column))
    }
}

impl fmt::Display for CheckColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "check {}", self.check)?;
        match &self.evaluation {
            CheckEvaluation::Skipped { .. } => return f.write_str(" skipped"),
            CheckEvaluation::Scalar { condition, .. } => write!(f, " holds {condition}")?,
            CheckEvaluation::Rows {
                rows,
                failed,
                sample,
                ..
            } => write!(f, " fails in {failed} of {rows}, sample {sample}")?,
        }
        let columns = self.evaluation.columns();
        let shown = match self.evaluation {
            CheckEvaluation::Rows { .. } => 2,
            CheckEvaluation::Scalar { .. } | CheckEvaluation::Skipped { .. } => 1,
        };
        super::write_list(f, &columns[shown..])
    }
}

/// The columns made since there were `first` of them.
pub(crate) fn made_since(first: usize, columns: &Columns) -> Range<ColumnId> {
    ColumnId::from_index(first)..ColumnId::from_index(columns.columns.len())
}
