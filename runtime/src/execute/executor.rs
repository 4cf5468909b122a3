//! Executors: who runs which partition of a pass when.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use icosian_ir::id::PassId;
use icosian_ir::plan::Step;

use crate::error::{RunError, internal};
use crate::execute::params::Params;
use crate::execute::pass::{PassOutput, PassRun};
use crate::execute::prepared::Backend;
use crate::execute::run::Run;
use crate::execute::state::State;
use crate::result::RunResult;

/// Runs plans. An executor decides where and in which order the rows of a pass run; what comes out
/// can't depend on it.
///
/// Most executors only say how to run a pass over a range of rows: in pieces by [`Run::run_pass`],
/// here or elsewhere, whose states [`State::merge`] puts together. One that wants more of the loop
/// writes its own `execute`: it walks [`Run::steps`], computes scalars with [`Run::run_scalars`],
/// runs every pass, gives the merged state to [`Run::finish_pass`], and adds what was delivered to a
/// [`RunResult`].
pub trait Executor {
    /// Runs a pass over the rows `rows` of its table.
    ///
    /// # Errors
    /// The error of the lowest row; or whatever kept the pass from running.
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError>;

    /// Makes what a pass found known to later steps, once all its rows are in `state`.
    ///
    /// # Errors
    /// As [`Run::finish_pass`].
    fn finish_pass(
        &self,
        run: &Run<'_>,
        state: State,
        params: &mut Params,
    ) -> Result<(), RunError> {
        run.finish_pass(state, params)
    }

    /// Runs the plan.
    ///
    /// # Errors
    /// The error of the first step that has one; in a pass that of the lowest row.
    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError> {
        if run.prepared().backend() == Backend::Interpreter {
            return run.interpret();
        }
        let mut params = run.start();
        let mut result = RunResult::new(run);
        for step in run.steps() {
            match step {
                Step::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
                Step::Pass(id) => {
                    let rows = 0..run.rows(*id, &params)?;
                    let started = Instant::now();
                    let output = self.pass(run, *id, &params, rows)?;
                    if let Some(analysis) = run.analysis() {
                        analysis.scanned(*id, output.output.as_ref(), started.elapsed());
                    }
                    if let Some(part) = output.output {
                        result.add(part);
                    }
                    let started = Instant::now();
                    self.finish_pass(run, output.state, &mut params)?;
                    if let Some(analysis) = run.analysis() {
                        analysis.finished(*id, started.elapsed());
                    }
                }
            }
        }
        result.finish(run, &params)?;
        Ok(result)
    }
}

/// Runs everything on the calling thread, each pass as one partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct SerialExecutor;

impl Executor for SerialExecutor {
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        run.run_pass(pass, params, rows)
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
}

impl Executor for ParallelExecutor {
    fn finish_pass(
        &self,
        run: &Run<'_>,
        state: State,
        params: &mut Params,
    ) -> Result<(), RunError> {
        // What is worth several threads finds them in the pool it runs in.
        self.pool.install(|| run.finish_pass(state, params))
    }

    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        let bound = PassRun::new(run, pass, params, rows)?;
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
            let mut scratch = bound.scratch();
            loop {
                let morsel = next.fetch_add(1, Ordering::Relaxed);
                if morsel >= bound.morsels() || morsel > failed_at.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(error) = bound.run_morsel(&mut scratch, morsel, &mut state) {
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
