//! `icosian graph`.

mod layout;
mod svg;

use std::collections::HashMap;
use std::io::Write;

use icosian::{Flow, ScalarType};
use icosian_ir::graph::{Dependencies, NodeKind};
use icosian_ir::id::{NodeId, TableId};

use crate::cli::arguments::{GraphArguments, GraphFormat};
use crate::cli::console::Console;
use crate::cli::exit::Outcome;
use crate::cli::inputs::load;

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
        GraphFormat::Mermaid => mermaid(&mut console.out, &flow, &dependencies, &nodes)?,
        GraphFormat::Svg => svg::svg(&mut console.out, &flow, &dependencies, &nodes)?,
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

/// The nodes of each table, its name before them; first the scalars, without a table.
fn by_table<'a>(
    flow: &'a Flow,
    nodes: &[NodeId],
) -> impl Iterator<Item = (Option<TableId>, &'a str, Vec<NodeId>)> {
    let graph = flow.graph();
    let mut of_table: HashMap<Option<TableId>, Vec<NodeId>> = HashMap::new();
    for node in nodes {
        let members = of_table.entry(graph.table_of(*node)).or_default();
        members.push(*node);
    }
    let tables = graph.tables.iter();
    let tables = tables.map(|(id, table)| (Some(id), table.name.as_str()));
    let all = std::iter::once((None, "")).chain(tables);
    all.filter_map(move |(table, name)| Some((table, name, of_table.remove(&table)?)))
}

/// The type of a node, tables by their names.
fn type_text(flow: &Flow, node: NodeId) -> String {
    let graph = flow.graph();
    let ty = graph.nodes[node].ty;
    match ty.scalar {
        ScalarType::Row(table) => format!("row of {}", graph.tables[table].name),
        _ => ty.to_string(),
    }
}

/// A graph for Mermaid: a box for each table, inputs rounded, arrows to what uses a node.
fn mermaid(
    out: &mut dyn Write,
    flow: &Flow,
    dependencies: &Dependencies,
    nodes: &[NodeId],
) -> std::io::Result<()> {
    let graph = flow.graph();
    // Whatever a name holds, it is text to Mermaid.
    let quoted = |text: &str| {
        let escape = |letter: char| match letter {
            '"' | '#' | '&' | '<' | '>' | '\\' | '`' => format!("#{};", u32::from(letter)),
            other => other.to_string(),
        };
        let escaped: String = text.chars().map(escape).collect();
        format!("\"{escaped}\"")
    };
    writeln!(out, "flowchart LR")?;
    for (table, name, members) in by_table(flow, nodes) {
        let mut indent = "  ";
        if let Some(table) = table {
            writeln!(out, "  subgraph {table} [{}]", quoted(name))?;
            indent = "    ";
        }
        for member in members {
            let node = &graph.nodes[member];
            let label = quoted(&format!(
                "{}: {}",
                node.short_name(),
                type_text(flow, member)
            ));
            let (open, close) = match node.kind {
                NodeKind::Definition(_) => ("[", "]"),
                NodeKind::Column { .. } | NodeKind::Param { .. } => ("([", "])"),
            };
            writeln!(out, "{indent}{member}{open}{label}{close}")?;
        }
        if table.is_some() {
            writeln!(out, "  end")?;
        }
    }
    for node in nodes {
        for needed in dependencies.needs(*node) {
            writeln!(out, "  {needed} --> {node}")?;
        }
    }
    Ok(())
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
    for (table, name, members) in by_table(flow, nodes) {
        let mut indent = "  ";
        if table.is_some() {
            writeln!(out, "  subgraph {} {{", quoted(&format!("cluster {name}")))?;
            writeln!(out, "    label={}", quoted(name))?;
            indent = "    ";
        }
        for member in members {
            let node = &graph.nodes[member];
            let label = quoted(&format!(
                "{}\n{}",
                node.short_name(),
                type_text(flow, member)
            ));
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
