//! `icosian eval`.

use icosian::{Backend, ParallelExecutor};

use super::arguments::{BackendName, EvalArguments};
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::{GivenInputs, threads};
use super::interrupt::Interrupt;
use super::output::{Destination, deliver};
use super::repl::session::Session;
use super::run::Clock;

/// Evaluates one expression over tables that are named after their files.
pub(crate) fn eval(
    arguments: &EvalArguments,
    console: &mut Console,
    interrupt: &Interrupt,
) -> Outcome {
    let mut clock = Clock::new();
    let pool = threads(arguments.engine.threads)?;
    let executor = ParallelExecutor::with_pool(pool.clone());
    let given = GivenInputs::new(&arguments.inputs)?;
    let mut session = Session::new(given.options(), executor.clone())?;
    for (table, path) in given.tables() {
        session = pool.install(|| session.load_data(Some(&table), &path))?;
    }
    let selection = session.select(&arguments.expression)?;
    let prepared = selection
        .backend(Backend::from(arguments.engine.backend))
        .prepare()?;
    let destination = Destination::of(&arguments.output, true, &prepared, console)?;
    clock.lap("prepare");
    let run = pool.install(|| prepared.bind(session.inputs()))?;
    let run = run.with_cancel(interrupt.flag());
    clock.lap("read");
    // The interpreter runs whole; there is nothing to clean up before it has.
    let interprets = matches!(arguments.engine.backend, BackendName::Interp);
    interrupt.end_at_once(interprets);
    let output = prepared.execute(&run, &executor);
    drop(run);
    if interrupt.is_raised() {
        return Err(Failure::Interrupted);
    }
    let output = output?;
    console.failed_checks(output.flow(), output.checks());
    clock.lap("run");
    interrupt.end_at_once(false);
    deliver(console, &destination, &output, interrupt)?;
    clock.lap("write");
    if arguments.engine.timing {
        clock.print(console);
    }
    Ok(())
}
