//! `icosian check`.

use super::arguments::CheckArguments;
use super::console::Console;
use super::exit::Outcome;
use super::inputs::load;

/// Checks a flow; mistakes are the failure.
pub(crate) fn check(arguments: &CheckArguments, console: &mut Console) -> Outcome {
    let (flow, _) = load(&arguments.flow)?;
    console.warnings(&flow);
    let graph = flow.graph();
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    console.note(&format!(
        "no mistakes in {} and {}",
        plural(graph.tables.len(), "table"),
        plural(graph.nodes.len(), "node"),
    ));
    Ok(())
}
