//! An executor of the tests' own: each pass in uneven partitions, the last one first.

use std::ops::Range;

use icosian::Executor;
use icosian_ir::id::PassId;
use icosian_ir::plan::Step;
use icosian_runtime::error::RunError;
use icosian_runtime::execute::{Params, PassOutput, Run, State};
use icosian_runtime::result::RunResult;

/// Runs each pass in three uneven partitions, last one first: what comes out can't depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Partitions;

impl Executor for Partitions {
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        run.run_pass(pass, params, rows)
    }

    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError> {
        let mut params = run.start();
        let mut result = RunResult::new(run);
        for step in run.steps() {
            match step {
                Step::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
                Step::Pass(pass) => {
                    let rows = run.rows(*pass, &params)?;
                    let borders = [0, rows / 5, rows / 2, rows];
                    let mut merged: Option<State> = None;
                    let mut failed = None;
                    for range in borders.windows(2).rev() {
                        match self.pass(run, *pass, &params, range[0]..range[1]) {
                            Ok(output) => {
                                output.output.into_iter().for_each(|part| result.add(part));
                                match &mut merged {
                                    None => merged = Some(output.state),
                                    Some(state) => state.merge(output.state)?,
                                }
                            }
                            // The lowest row's error is the run's, whichever came first.
                            Err(error) => failed = Some(error),
                        }
                    }
                    if let Some(error) = failed {
                        return Err(error);
                    }
                    if let Some(state) = merged {
                        run.finish_pass(state, &mut params)?;
                    }
                }
            }
        }
        result.finish(run, &params)?;
        Ok(result)
    }
}
