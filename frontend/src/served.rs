//! Which table's rows outputs can be served by, and what is told where they can't.

use icosian_ir::columns::{Columns, Obstacle, ObstacleKind, Unknown};
use icosian_ir::id::{NodeId, TableId};
use icosian_ir::op::Op;

use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;
use crate::flow::Flow;

/// The one table whose rows the outputs are of.
///
/// # Errors
/// If that is none, several, or one that has no rows of its own.
pub(crate) fn served_table(flow: &Flow, columns: &Columns) -> Result<TableId, Error> {
    let mut found: Option<(TableId, &str)> = None;
    for output in &columns.outputs {
        let Some(table) = columns.table_of(output.column) else {
            continue;
        };
        match found {
            None => found = Some((table, &output.name)),
            Some((known, _)) if known == table => {}
            Some((_, other)) => {
                let message = format!(
                    "`{other}` and `{}` are of the rows of two tables",
                    output.name
                );
                let diagnostic = Diagnostic::error(Code::NotByRow, message);
                return Err(Error::in_sources(
                    vec![diagnostic.help("select outputs of one table")],
                    flow.sources().clone(),
                ));
            }
        }
    }
    let Some((table, _)) = found else {
        let message = "no output is of the rows of a table";
        let diagnostic = Diagnostic::error(Code::NotByRow, message);
        let diagnostic = diagnostic.help("a single value comes from Prepared::run");
        return Err(Error::in_sources(vec![diagnostic], flow.sources().clone()));
    };
    // Of a derived table: where its rows come from, which is in the way.
    let mut served = table;
    while let Some(parent) = columns.tables[served].rows.parents().first() {
        served = *parent;
    }
    match columns.row_obstacle(served) {
        None => Ok(served),
        Some(obstacle) => Err(not_by_row(flow, columns, &obstacle)),
    }
}

/// The error that tells what is in the way, and how the output needs it.
fn not_by_row(flow: &Flow, columns: &Columns, obstacle: &Obstacle) -> Error {
    let graph = flow.graph();
    let name = |node: NodeId| &*graph.nodes[node].name;
    let mut path: Vec<NodeId> = Vec::new();
    let of_output = columns.outputs.iter();
    let first = of_output.filter(|output| Some(&output.column) == obstacle.path.first());
    path.extend(first.map(|output| output.node).next());
    for column in &obstacle.path {
        let nodes = &columns.column(*column).nodes;
        if let Some(node) = nodes.first()
            && !path.contains(node)
        {
            path.push(*node);
        }
    }
    let last = obstacle.path.last().map(|column| columns.column(*column));
    let table = |id: TableId| &*columns.tables[id].name;
    let reason = match obstacle.kind {
        ObstacleKind::Reduction => {
            let op = last.map_or("a reduction", |column| column.op.name());
            let from = last.and_then(|column| match column.op {
                Op::Reduce { from, .. } => Some(table(from)),
                _ => None,
            });
            format!("a {op} of all rows of `{}`", from.unwrap_or_default())
        }
        ObstacleKind::Window(unknown) => {
            let op = last.map_or("a window", |column| column.op.name());
            let why = match unknown {
                Unknown::Ahead => "looks at rows that are still to come",
                Unknown::All => "looks at all rows",
                Unknown::Grows => "has to look at every row before, however many come",
                Unknown::Text => "takes texts, which row by row can only be shown again or counted",
                Unknown::Decimal => "takes decimals, which come in batches",
            };
            format!("a window ({op}) that {why}")
        }
        ObstacleKind::RowNumber => "the number of the row among all".to_owned(),
        ObstacleKind::Lookup(id) => format!("a row of `{}`, made of all rows", table(id)),
        ObstacleKind::Derived(id) => format!("of the rows of `{}`, made of all rows", table(id)),
        ObstacleKind::Extern => "a function of the host, which takes whole columns".to_owned(),
    };
    let output = path.first().map_or("an output", |node| name(*node));
    let culprit = path.last().copied();
    let message = match culprit {
        Some(culprit) if path.len() > 1 => {
            format!(
                "`{output}` can't be had from one row: `{}` is {reason}",
                name(culprit)
            )
        }
        _ => format!("`{output}` can't be had from one row: it is {reason}"),
    };
    let mut diagnostic = Diagnostic::error(Code::NotByRow, message);
    if path.len() > 1 {
        let names: Vec<String> = path
            .iter()
            .map(|node| format!("`{}`", name(*node)))
            .collect();
        diagnostic = diagnostic.note(names.join(" needs "));
    }
    if obstacle.kind == ObstacleKind::Reduction {
        diagnostic = diagnostic.help("what is learned once is marked `fit` and given by a state");
    }
    if let Some(span) = culprit.and_then(|node| flow.spans().nodes.get(&node)) {
        diagnostic = diagnostic.at(*span);
    }
    Error::in_sources(vec![diagnostic], flow.sources().clone())
}
