//! Executors: who runs which partition of a pass when.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use icosian_ir::id::PassId;
use icosian_ir::plan::Step;

use crate::error::{RunError, internal};
use crate::execute::params::Params;
use crate::execute::pass::{PassOutput, PassRun};
use crate::execute::prepared::Backend;
use crate::execute::run::Run;
use crate::execute::shares::Shares;
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
///
/// A pass of one morsel runs on the calling thread: handing it over, and making the threads if there are
/// none yet, would take longer.
#[derive(Clone, Debug)]
pub struct ParallelExecutor {
    threads: usize,
    /// Made when it is first worth it.
    pool: Arc<OnceLock<Arc<rayon::ThreadPool>>>,
}

/// Up to so many rows, what a pass found is finished on the calling thread.
const FEW_ROWS: usize = 8192;

impl ParallelExecutor {
    /// An executor with so many threads of its own (0: as many as the machine has), made when a run first
    /// has work for them.
    ///
    /// # Errors
    /// None today.
    pub fn new(threads: usize) -> Result<ParallelExecutor, RunError> {
        Ok(ParallelExecutor {
            threads,
            pool: Arc::default(),
        })
    }

    /// An executor that shares a pool.
    pub fn with_pool(pool: Arc<rayon::ThreadPool>) -> ParallelExecutor {
        ParallelExecutor {
            threads: pool.current_num_threads(),
            pool: Arc::new(OnceLock::from(pool)),
        }
    }

    /// The threads.
    fn pool(&self) -> Result<&rayon::ThreadPool, RunError> {
        if let Some(pool) = self.pool.get() {
            return Ok(pool);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .thread_name(|number| format!("icosian-{number}"))
            .build()
            .map_err(|error| internal(error.to_string()))?;
        Ok(self.pool.get_or_init(|| Arc::new(pool)))
    }
}

impl Executor for ParallelExecutor {
    fn finish_pass(
        &self,
        run: &Run<'_>,
        state: State,
        params: &mut Params,
    ) -> Result<(), RunError> {
        if run.rows(state.pass(), params)? <= FEW_ROWS {
            return run.finish_pass(state, params);
        }
        // What is worth several threads finds them in the pool it runs in.
        self.pool()?.install(|| run.finish_pass(state, params))
    }

    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        let bound = PassRun::new(run, pass, params, rows)?;
        if bound.has_kernels_to_make() {
            self.pool()?.install(|| bound.compile())?;
        }
        if bound.morsels() <= 1 {
            return bound.run_here();
        }
        let pool = self.pool()?;
        let workers = pool.current_num_threads().min(bound.morsels());
        let shares = Shares::new(bound.morsels(), workers);
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
        let work = |worker: usize| {
            let mut state = match bound.state() {
                Ok(state) => state,
                Err(error) => return fail(0, error),
            };
            let mut scratch = bound.scratch();
            while let Some(morsel) = shares.take(worker) {
                if morsel > failed_at.load(Ordering::Relaxed) {
                    continue;
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
        pool.scope(|scope| {
            for worker in 0..workers {
                let work = &work;
                scope.spawn(move |_| work(worker));
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
        pool.install(|| states.try_for_each(|other| state.merge(other)))?;
        Ok(PassOutput {
            output: bound.finish()?,
            state,
        })
    }
}
