//! `icosian fit`.

use icosian::{Backend, FittedState, ParallelExecutor};

use super::arguments::{BackendName, FitArguments};
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::{load, names_and_values, threads};
use super::interrupt::Interrupt;
use super::run::Clock;

/// Computes what a flow learns and saves it.
pub(crate) fn fit(
    arguments: &FitArguments,
    console: &mut Console,
    interrupt: &Interrupt,
) -> Outcome {
    let mut clock = Clock::new();
    let (flow, mut inputs) = load(&arguments.flow)?;
    console.warnings(&flow);
    for (name, text) in names_and_values("--param", &arguments.param)? {
        inputs = inputs.param(&name, flow.value_from_text(&name, &text)?);
    }
    let backend = Backend::from(arguments.engine.backend);
    let prepared = flow.learned()?.backend(backend).prepare()?;
    let pool = threads(arguments.engine.threads)?;
    clock.lap("prepare");
    let bound = pool.install(|| prepared.open(&inputs))?;
    let bound = bound.with_cancel(interrupt.flag());
    clock.lap("read");
    let interprets = matches!(arguments.engine.backend, BackendName::Interp);
    interrupt.end_at_once(interprets);
    let output = prepared.execute(&bound, &ParallelExecutor::with_pool(pool));
    drop(bound);
    if interrupt.is_raised() {
        return Err(Failure::Interrupted);
    }
    let output = output?;
    console.failed_checks(&flow, output.checks());
    let state = FittedState::from_output(&output)?;
    clock.lap("run");
    interrupt.end_at_once(false);
    state.save(&arguments.state)?;
    clock.lap("write");
    let (tables, scalars) = state.counts();
    let place = arguments.state.display();
    let params = state.params().into_iter();
    let params: Vec<String> = params
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let with = match &params[..] {
        [] => String::new(),
        params => format!(" with {}", params.join(", ")),
    };
    console.note(&format!(
        "learned {}, {}{with}: {place}",
        counted(scalars, "value"),
        counted(tables, "table")
    ));
    if arguments.engine.timing {
        clock.print(console);
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
