//! `icosian explain --analyze`: runs a flow, delivers nothing, tells where the time went.

use std::io::Write;
use std::sync::Arc;

use icosian::ParallelExecutor;
use icosian::runtime::execute::Analysis;

use super::arguments::ExplainArguments;
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::{load, names_and_values, select, state, threads};
use super::interrupt::Interrupt;
use super::run::Clock;

/// Prints the stages as `run --timing` does, and below `run` its passes.
pub(crate) fn analyze(
    arguments: &ExplainArguments,
    console: &mut Console,
    interrupt: &Interrupt,
) -> Outcome {
    let mut clock = Clock::new();
    let (flow, mut inputs) = load(&arguments.flow)?;
    console.warnings(&flow);
    for (name, text) in names_and_values("--param", &arguments.param)? {
        inputs = inputs.param(&name, flow.value_from_text(&name, &text)?);
    }
    let state = state(&arguments.select)?;
    let prepared = select(&flow, &arguments.select, state.as_ref())?.prepare()?;
    let pool = threads(arguments.threads)?;
    clock.lap("prepare");
    let analysis = Arc::new(Analysis::default());
    let bound = pool.install(|| prepared.open(&inputs))?;
    let bound = bound
        .with_cancel(interrupt.flag())
        .with_analysis(Arc::clone(&analysis));
    clock.lap("read");
    let output = prepared.execute(&bound, &ParallelExecutor::with_pool(pool));
    if interrupt.is_raised() {
        return Err(Failure::Interrupted);
    }
    output?;
    clock.lap("run");
    write!(console.out, "{}", clock.lines())?;
    write!(console.out, "{}", prepared.analysis_text(&analysis))?;
    Ok(())
}
