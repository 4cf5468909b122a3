//! A table's record batches one after the other, without collecting them.

use icosian_ir::id::{PassId, TableId};
use icosian_ir::plan::{Sink, Step};

use arrow::array::RecordBatch;

use crate::error::{RunError, internal};
use crate::execute::executor::Executor;
use crate::execute::params::Params;
use crate::execute::pass::MORSEL_ROWS;
use crate::execute::run::Run;
use crate::execute::state::State;
use crate::result::{RecordBatchBuilder, ResultBuilder, RunResult};

/// The record batches of one delivered table, in the order of rows. Each is computed when it is
/// asked for, so no more rows are in flight than one batch has.
pub struct BatchStream<'a> {
    run: Run<'a>,
    executor: &'a dyn Executor,
    params: Params,
    pass: PassId,
    /// Where in the plan the pass stands.
    step: usize,
    table: TableId,
    next_row: usize,
    rows: usize,
    batch_rows: usize,
    empty: bool,
    /// What the pass's sinks know of the rows so far, and what was delivered for checks, if there
    /// are any.
    state: Option<State>,
    checks: Option<RunResult>,
}

impl<'a> BatchStream<'a> {
    /// Runs what comes before the table's rows, and prepares to deliver them in batches of
    /// `morsels` morsels (at least 1).
    ///
    /// # Errors
    /// The error of an earlier step; or that the table is not delivered.
    pub fn new(
        run: Run<'a>,
        executor: &'a dyn Executor,
        table: TableId,
        morsels: usize,
    ) -> Result<BatchStream<'a>, RunError> {
        let plan = run.prepared().plan();
        let mut params = run.start();
        let has_checks = !run.prepared().columns().checks.is_empty();
        let mut checks = has_checks.then(|| RunResult::new(&run));
        for (position, step) in run.steps().iter().enumerate() {
            let id = match step {
                Step::Scalars(scalars) => {
                    run.run_scalars(scalars, &mut params)?;
                    continue;
                }
                Step::Pass(id) => *id,
            };
            let pass = &plan.passes[id];
            let rows = run.rows(id, &params)?;
            let delivers = |sink: &Sink| matches!(sink, Sink::Output { .. });
            if pass.table == table && pass.sinks.iter().any(delivers) {
                return Ok(BatchStream {
                    run,
                    executor,
                    params,
                    pass: id,
                    step: position,
                    table,
                    next_row: 0,
                    rows,
                    batch_rows: morsels.max(1).saturating_mul(MORSEL_ROWS),
                    empty: rows == 0,
                    state: None,
                    checks,
                });
            }
            let output = executor.pass(&run, id, &params, 0..rows)?;
            if let (Some(checks), Some(part)) = (&mut checks, output.output) {
                checks.add(part);
            }
            executor.finish_pass(&run, output.state, &mut params)?;
        }
        Err(internal(format!("{table} is not delivered")))
    }

    fn batch(&mut self) -> Result<RecordBatch, RunError> {
        let end = self.rows.min(self.next_row.saturating_add(self.batch_rows));
        let rows = self.next_row..end;
        self.next_row = end;
        let output = self
            .executor
            .pass(&self.run, self.pass, &self.params, rows)?;
        if self.checks.is_some() {
            match &mut self.state {
                None => self.state = Some(output.state),
                Some(state) => state.merge(output.state)?,
            }
        }
        let mut result = RunResult::new(&self.run);
        if let Some(part) = output.output {
            result.add(part);
        }
        let builder = RecordBatchBuilder {
            table: Some(self.table),
        };
        builder.build(&result)
    }

    /// What the program's checks need, once all batches were taken: runs what is left to be run.
    /// `None` if there are no checks, or not all batches were taken.
    ///
    /// # Errors
    /// The error of a step that comes after the table's rows.
    pub fn finish(&mut self) -> Result<Option<RunResult>, RunError> {
        if self.next_row < self.rows {
            return Ok(None);
        }
        let (Some(mut checks), Some(state)) = (self.checks.take(), self.state.take()) else {
            return Ok(None);
        };
        let params = &mut self.params;
        self.executor.finish_pass(&self.run, state, params)?;
        for step in &self.run.steps()[self.step + 1..] {
            match step {
                Step::Scalars(scalars) => self.run.run_scalars(scalars, params)?,
                Step::Pass(id) => {
                    let rows = 0..self.run.rows(*id, params)?;
                    let output = self.executor.pass(&self.run, *id, params, rows)?;
                    if let Some(part) = output.output {
                        checks.add(part);
                    }
                    self.executor.finish_pass(&self.run, output.state, params)?;
                }
            }
        }
        checks.finish(&self.run, params)?;
        Ok(Some(checks))
    }
}

impl Iterator for BatchStream<'_> {
    type Item = Result<RecordBatch, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A table without rows is one empty batch, so that its schema is known.
        if self.next_row >= self.rows && !std::mem::take(&mut self.empty) {
            return None;
        }
        let batch = self.batch();
        if batch.is_err() {
            self.next_row = self.rows;
            self.checks = None;
        }
        Some(batch)
    }
}
