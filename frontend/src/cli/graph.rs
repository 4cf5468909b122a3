//! `icosian graph`.

use std::collections::HashMap;
use std::io::Write;

use icosian::Flow;
use icosian_ir::graph::{Dependencies, NodeKind};
use icosian_ir::id::{NodeId, TableId};

use super::arguments::{GraphArguments, GraphFormat};
use super::console::Console;
use super::exit::Outcome;
use super::inputs::load;

/// Prints the graph of a flow.
pub(crate) fn graph(arguments: &GraphArguments, console: &mut Console) -> Outcome {
    let (flow, _) = load(&arguments.flow)?;
    console.warnings(&flow);
    let dependencies = Dependencies::new(flow.graph());
    let nodes: Vec<NodeId> = if arguments.select.is_empty() {
        flow.graph().nodes.ids().collect()
    } else {
        let selection = flow.select(&arguments.select)?;
        let mut wanted = Vec::new();
        for name in selection.names() {
            wanted.push(flow.node(name)?);
        }
        needed(&dependencies, wanted)
    };
    match arguments.format {
        GraphFormat::Dot => dot(&mut console.out, &flow, &dependencies, &nodes)?,
    }
    Ok(())
}

/// The nodes themselves and all they need, ascending; each is visited once.
fn needed(dependencies: &Dependencies, mut open: Vec<NodeId>) -> Vec<NodeId> {
    let mut seen: std::collections::BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(node) = open.pop() {
        let unseen = dependencies.needs(node).into_iter();
        open.extend(unseen.filter(|needed| seen.insert(*needed)));
    }
    seen.into_iter().collect()
}

/// A graph for Graphviz: a box for each table, inputs as ellipses, arrows to what uses a node.
fn dot(
    out: &mut dyn Write,
    flow: &Flow,
    dependencies: &Dependencies,
    nodes: &[NodeId],
) -> std::io::Result<()> {
    let graph = flow.graph();
    let quoted = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{}\"", escaped.replace('\n', "\\n"))
    };
    writeln!(out, "digraph flow {{")?;
    writeln!(out, "  rankdir=LR")?;
    writeln!(out, "  node [shape=box, fontname=\"sans-serif\"]")?;
    let mut of_table: HashMap<Option<TableId>, Vec<NodeId>> = HashMap::new();
    for node in nodes {
        of_table
            .entry(graph.table_of(*node))
            .or_default()
            .push(*node);
    }
    let tables = graph
        .tables
        .iter()
        .map(|(id, table)| (Some(id), table.name.as_str()));
    for (table, name) in std::iter::once((None, "")).chain(tables) {
        let Some(members) = of_table.get(&table) else {
            continue;
        };
        let mut indent = "  ";
        if table.is_some() {
            writeln!(out, "  subgraph {} {{", quoted(&format!("cluster {name}")))?;
            writeln!(out, "    label={}", quoted(name))?;
            indent = "    ";
        }
        for member in members {
            let node = &graph.nodes[*member];
            let label = quoted(&format!("{}\n{}", node.short_name(), node.ty));
            let shape = match node.kind {
                NodeKind::Definition(_) => "",
                NodeKind::Column { .. } | NodeKind::Param { .. } => ", shape=ellipse",
            };
            writeln!(out, "{indent}{} [label={label}{shape}]", quoted(&node.name))?;
        }
        if table.is_some() {
            writeln!(out, "  }}")?;
        }
    }
    for node in nodes {
        for needed in dependencies.needs(*node) {
            let from = quoted(&graph.nodes[needed].name);
            writeln!(out, "  {from} -> {}", quoted(&graph.nodes[*node].name))?;
        }
    }
    writeln!(out, "}}")
}
