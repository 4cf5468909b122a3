//! What sinks do with the slots of a pass.

use icosian_ir::id::ColumnId;
use icosian_ir::op::Reduction;

use crate::execute::selection::SelectionPlan;

/// A sink with its columns found.
#[derive(Clone, Debug)]
pub(crate) enum SinkPlan {
    /// What is delivered is in the program of the pass.
    Output,
    /// Scalars: each reduction with the position of its state, and the states: of which reduction, over
    /// which slots.
    Reduce {
        values: Vec<(ColumnId, usize)>,
        states: Vec<(Reduction, Vec<usize>)>,
    },
    /// Groups: key slots, the slot that says which rows are in one, and reductions likewise.
    Group {
        keys: Vec<usize>,
        filter: Option<usize>,
        values: Vec<(ColumnId, usize)>,
        states: Vec<(Reduction, Vec<usize>)>,
        /// Whether the order of groups is seen.
        ordered: bool,
    },
    /// All rows of these columns.
    Build { columns: Vec<(ColumnId, usize)> },
    /// The rows selected of these columns, each with its slot; of which each taken column, as a
    /// position among them.
    Spool {
        selection: SelectionPlan,
        columns: Vec<(ColumnId, usize)>,
        taken: Vec<(ColumnId, usize)>,
        /// The column of the other table's rows, of a join.
        joined: Option<ColumnId>,
    },
    /// A part of stacked rows: all rows of columns computed here, and those that stand in the table.
    Stack {
        columns: Vec<(ColumnId, usize)>,
        through: Vec<ColumnId>,
    },
    /// All rows of the columns that windows look at.
    Window { columns: Vec<(ColumnId, usize)> },
    /// Each window with the slot it sums.
    Carry { windows: Vec<(ColumnId, usize)> },
}
