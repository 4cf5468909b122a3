//! `icosian test`.

use std::io::Write;

use icosian::diagnostic::render;
use icosian::{Backend, Flow, FlowOptions, ParallelExecutor};

use super::arguments::{BackendName, TestArguments};
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::names_and_values;
use super::interrupt::Interrupt;

/// The engines that tests run on, and what they are called.
const ENGINES: [(BackendName, &str); 2] = [
    (BackendName::Interp, "the interpreter"),
    (BackendName::Jit, "machine code"),
];

/// How many rows the batches have; small, so that tests meet the borders of batches.
const BATCH_ROWS: usize = 3;

/// Runs the tests of each file. What failed is told on standard error, a line per test on standard
/// output.
pub(crate) fn test(
    arguments: &TestArguments,
    console: &mut Console,
    interrupt: &Interrupt,
) -> Outcome {
    let executor = ParallelExecutor::new(0)?;
    let (mut passed, mut failed) = (0usize, 0usize);
    for path in &arguments.flows {
        let options = FlowOptions {
            configs: names_and_values("--config", &arguments.config)?,
            tests: true,
            ..FlowOptions::default()
        };
        let flow = Flow::load_with(&[path], &options)?;
        console.warnings(&flow);
        for test in flow.tests() {
            let mut failures = String::new();
            let chosen = |engine: &(BackendName, &str)| {
                arguments.backend.is_none_or(|chosen| chosen == engine.0)
            };
            for (backend, engine) in ENGINES.into_iter().filter(chosen) {
                if interrupt.is_raised() {
                    return Err(Failure::Interrupted);
                }
                match flow.run_test(test, Backend::from(backend), &executor, BATCH_ROWS) {
                    Ok(wrong) if wrong.is_empty() => {}
                    Ok(wrong) => {
                        failures += &format!("on {engine}:\n");
                        failures += &render(flow.sources(), &wrong, console.color);
                    }
                    Err(error) => {
                        failures += &format!("on {engine}, the run failed:\n");
                        failures += &error.render(console.color);
                    }
                }
            }
            let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
            writeln!(
                console.out,
                "{verdict:<6} {}: {}",
                path.display(),
                test.title
            )?;
            if failures.is_empty() {
                passed += 1;
            } else {
                failed += 1;
                console.out.flush()?;
                console.diagnostics(&failures);
            }
        }
    }
    writeln!(console.out, "{passed} passed, {failed} failed")?;
    if failed > 0 {
        return Err(Failure::told());
    }
    if passed == 0 {
        console.note("there are no tests in these files");
    }
    Ok(())
}
