//! `icosian run`.

use std::path::Path;
use std::time::{Duration, Instant};

use icosian::{Backend, CheckReport, ParallelExecutor};

use super::arguments::{BackendName, RunArguments};
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::{load, names_and_values, select, state, threads};
use super::interrupt::Interrupt;
use super::output::{Destination, deliver};

/// Runs a flow and delivers what it gives.
pub(crate) fn run(
    arguments: &RunArguments,
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
    let selection = select(&flow, &arguments.select, state.as_ref())?;
    let selection = selection.backend(Backend::from(arguments.engine.backend));
    let prepared = selection.prepare()?;
    // Before anything is read: it would be a pity to find afterwards that the output has no place.
    let destination = Destination::of(
        &arguments.output,
        !arguments.select.select.is_empty(),
        &prepared,
        console,
    )?;
    if let Some(state) = &state {
        for param in state.differing_params(&flow, &inputs)? {
            console.note(&format!(
                "note: the state was learned with {} = {}, this run has {}; what was learned stays",
                param.name, param.learned, param.now
            ));
        }
    }
    let pool = threads(arguments.engine.threads)?;
    clock.lap("prepare");
    let bound = pool.install(|| prepared.open(&inputs))?;
    let bound = bound.with_cancel(interrupt.flag());
    clock.lap("read");
    // The interpreter runs whole; there is nothing to clean up before it has.
    let interprets = matches!(arguments.engine.backend, BackendName::Interp);
    interrupt.end_at_once(interprets);
    let executor = ParallelExecutor::with_pool(pool);
    let output = prepared.execute(&bound, &executor);
    drop(bound);
    if interrupt.is_raised() {
        return Err(Failure::Interrupted);
    }
    if let Some(path) = &arguments.checks {
        match &output {
            Ok(output) => write_checks(path, output.checks())?,
            Err(error) if !error.check_reports().is_empty() => {
                write_checks(path, error.check_reports())?;
            }
            Err(_) => {}
        }
    }
    let output = output?;
    console.failed_checks(&flow, output.checks());
    clock.lap("run");
    interrupt.end_at_once(false);
    deliver(console, &destination, &output, interrupt)?;
    clock.lap("write");
    if arguments.engine.timing {
        clock.print(console);
        console.skipped_checks(output.checks());
    }
    Ok(())
}

/// Writes what came of checks, a line of JSON for each.
fn write_checks(path: &Path, reports: &[CheckReport]) -> Outcome {
    let lines = reports.iter().map(|report| report.to_json() + "\n");
    std::fs::write(path, lines.collect::<String>()).map_err(|error| {
        let path = path.display();
        Failure::Run(format!("can't write the checks {path}: {error}"))
    })
}

/// How long stages took.
pub(crate) struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock {
            last: Instant::now(),
            laps: Vec::new(),
        }
    }

    /// Ends a stage.
    pub(crate) fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        self.laps.push((stage, now - self.last));
        self.last = now;
    }

    /// A line for each stage.
    pub(crate) fn lines(&self) -> String {
        let mut text = String::new();
        for (stage, time) in &self.laps {
            text.push_str(&format!("{stage:<8}{:>10}\n", milliseconds(*time)));
        }
        text
    }

    pub(crate) fn print(&self, console: &mut Console) {
        for line in self.lines().lines() {
            console.note(line);
        }
    }
}

/// A time as people read it.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
