//! Executors: who runs which partition of a pass when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use icosian_ir::id::PassId;
use icosian_ir::plan::Step;

use crate::error::{RunError, internal};
use crate::execute::params::Params;
use crate::execute::pass::{PassOutput, PassRun};
use crate::execute::run::Run;
use crate::execute::state::State;
use crate::result::RunResult;

/// Runs plans. An executor decides where and in which order partitions of a pass run; what comes
/// out can't depend on it.
///
/// An implementation walks [`Run::steps`]: it computes scalars with [`Run::run_scalars`], runs every
/// pass over partitions of its rows with [`Run::run_pass`], merges the states, gives them to
/// [`Run::finish_pass`], and adds what was delivered to a [`RunResult`].
pub trait Executor {
    /// Runs the plan.
    ///
    /// # Errors
    /// The error of the first step that has one; in a pass that of the lowest row.
    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError>;
}

/// Runs every step with one way of running a pass.
fn steps(
    run: &Run<'_>,
    mut pass: impl FnMut(PassId, &Params) -> Result<PassOutput, RunError>,
) -> Result<RunResult, RunError> {
    let mut params = run.start();
    let mut result = RunResult::new(run);
    for step in run.steps() {
        match step {
            Step::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
            Step::Pass(id) => {
                let output = pass(*id, &params)?;
                if let Some(part) = output.output {
                    result.add(part);
                }
                run.finish_pass(output.state, &mut params)?;
            }
        }
    }
    result.finish(run, &params)?;
    Ok(result)
}

/// Runs everything on the calling thread, each pass as one partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct SerialExecutor;

impl Executor for SerialExecutor {
    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError> {
        steps(run, |pass, params| {
            run.run_pass(pass, params, 0..run.rows(pass, params)?)
        })
    }
}

/// Runs the morsels of each pass on several threads.
#[derive(Clone, Debug)]
pub struct ParallelExecutor {
    pool: Arc<rayon::ThreadPool>,
}

impl ParallelExecutor {
    /// An executor with so many threads of its own (0: as many as the machine has).
    ///
    /// # Errors
    /// If the threads can't be made.
    pub fn new(threads: usize) -> Result<ParallelExecutor, RunError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("icosian-{number}"))
            .build()
            .map_err(|error| internal(error.to_string()))?;
        Ok(ParallelExecutor {
            pool: Arc::new(pool),
        })
    }

    /// An executor that shares a pool.
    pub fn with_pool(pool: Arc<rayon::ThreadPool>) -> ParallelExecutor {
        ParallelExecutor { pool }
    }

    fn pass(&self, run: &Run<'_>, id: PassId, params: &Params) -> Result<PassOutput, RunError> {
        let rows = run.rows(id, params)?;
        let bound = PassRun::new(run, id, params, 0..rows)?;
        self.pool.install(|| bound.compile())?;
        let workers = self.pool.current_num_threads().min(bound.morsels()).max(1);
        let next = AtomicUsize::new(0);
        // The lowest morsel that failed, and how: later ones need not run, earlier ones must.
        let failed_at = AtomicUsize::new(usize::MAX);
        let failure: Mutex<Option<(usize, RunError)>> = Mutex::new(None);
        let states: Mutex<Vec<State>> = Mutex::new(Vec::new());
        let fail = |morsel: usize, error: RunError| {
            let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
            failed_at.fetch_min(morsel, Ordering::Relaxed);
            if failure
                .as_ref()
                .is_none_or(|(earlier, _)| morsel < *earlier)
            {
                *failure = Some((morsel, error));
            }
        };
        let work = || {
            let mut state = match bound.state() {
                Ok(state) => state,
                Err(error) => return fail(0, error),
            };
            let mut worker = bound.worker();
            loop {
                let morsel = next.fetch_add(1, Ordering::Relaxed);
                if morsel >= bound.morsels() || morsel > failed_at.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(error) = bound.run_morsel(&mut worker, morsel, &mut state) {
                    fail(morsel, error);
                    break;
                }
            }
            states
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(state);
        };
        self.pool.scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|_| work());
            }
        });
        if let Some((_, error)) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut states = states
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_iter();
        let mut state = states.next().ok_or_else(|| internal("no thread ran"))?;
        for other in states {
            state.merge(other)?;
        }
        Ok(PassOutput {
            output: bound.finish()?,
            state,
        })
    }
}

impl Executor for ParallelExecutor {
    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError> {
        steps(run, |pass, params| self.pass(run, pass, params))
    }
}
