//! An executor that computes only the first rows of what is delivered, where that suffices.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use icosian::{Executor, ParallelExecutor};
use icosian_ir::id::{PassId, TableId};
use icosian_ir::plan::Sink;
use icosian_runtime::error::RunError;
use icosian_runtime::execute::{Params, PassOutput, Run};

/// Runs passes whose rows are only delivered over their first rows, all others whole.
#[derive(Debug)]
pub(crate) struct HeadExecutor {
    whole: ParallelExecutor,
    head: usize,
    /// How many rows the tables have that were cut.
    rows: Mutex<HashMap<TableId, usize>>,
}

impl HeadExecutor {
    pub(crate) fn new(whole: ParallelExecutor, head: usize) -> HeadExecutor {
        HeadExecutor {
            whole,
            head,
            rows: Mutex::default(),
        }
    }

    /// How many rows a delivered table would have had.
    pub(crate) fn rows(&self, table: TableId) -> Option<usize> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get(&table).copied()
    }
}

impl Executor for HeadExecutor {
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        let program = &run.prepared().plan().passes[pass];
        let mut sinks = program.sinks.iter();
        let only_delivers = sinks.all(|sink| matches!(sink, Sink::Output { .. }));
        if only_delivers && rows.len() > self.head {
            let mut cut = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            cut.insert(program.table, rows.len());
            drop(cut);
            return run.run_pass(pass, params, rows.start..rows.start + self.head);
        }
        self.whole.pass(run, pass, params, rows)
    }
}
