//! Selections of nodes: `--select 'rel, flights.*, @owner'`, and the patterns of `output`.

use icosian_ir::graph::{Graph, Node, TableRows};
use icosian_ir::id::NodeId;
use icosian_ir::types::Domain;

use crate::diagnostic::{Code, Diagnostic, FileId, nearest};
use crate::syntax::ast::SelectorKind;
use crate::syntax::parse_selectors;

/// A pattern over names.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The table (or module and table) before the last dot.
    pub scope: Option<String>,
    /// The last segment, with stars.
    pub name: String,
}

impl Pattern {
    /// Whether a node is meant: never a hidden one or a row reference unless spelled out.
    pub(crate) fn takes(&self, graph: &Graph, node: &Node) -> bool {
        if node.is_row_reference() || node.hidden {
            return false;
        }
        if let Some(scope) = &self.scope
            && let Some(name) = member_of_instance(graph, node, scope)
        {
            return glob_matches(&self.name, name);
        }
        if !glob_matches(&self.name, node.short_name()) {
            return false;
        }
        match &self.scope {
            // As with bare names, columns of derived tables need their table.
            None => is_of_source(graph, node),
            Some(scope) => {
                node.name.len() > scope.len()
                    && node.name.starts_with(scope.as_str())
                    && node.name[scope.len()..].rfind('.') == Some(0)
            }
        }
    }

    pub(crate) fn text(&self) -> String {
        match &self.scope {
            None => self.name.clone(),
            Some(scope) => format!("{scope}.{}", self.name),
        }
    }
}

/// Whether a node is a scalar or stands on the rows of a source table.
fn is_of_source(graph: &Graph, node: &Node) -> bool {
    match node.domain {
        Domain::Scalar => true,
        Domain::Rows(table) => matches!(graph.tables[table].rows, TableRows::Source(_)),
    }
}

/// The name of a node in the instance `scope` (`use flow as scope`), if it is one of its members:
/// where the instance lives, not where derived tables carry it.
fn member_of_instance<'n>(graph: &Graph, node: &'n Node, scope: &str) -> Option<&'n str> {
    let rest = node.short_name().strip_prefix(scope)?.strip_prefix('.')?;
    let Domain::Rows(table) = node.domain else {
        return None;
    };
    let carried = graph.tables[table].rows.parents().iter().any(|parent| {
        let parent = &graph.tables[*parent].name;
        graph
            .node(&format!("{parent}.{}", node.short_name()))
            .is_some()
    });
    (!carried && !rest.contains('.')).then_some(rest)
}

/// Whether a name fits a pattern in which each `*` stands for any letters.
pub(crate) fn glob_matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The nodes that a comma-separated list of names, patterns and tags means, in its order, each
/// once. A bare name may be a scalar, the member of the one table that has it, or a table, which
/// stands for all its columns.
///
/// # Errors
/// A selector that is misspelled, ambiguous or selects nothing.
pub fn select(graph: &Graph, patterns: &str) -> Result<Vec<NodeId>, Diagnostic> {
    let (program, selectors, mut diagnostics) = parse_selectors(FileId(u32::MAX), patterns);
    if !diagnostics.is_empty() {
        let mut first = diagnostics.remove(0);
        first.primary = None;
        first.labels.clear();
        return Err(first.note(format!("in the selection {patterns:?}")));
    }
    let mut chosen = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let by_rank = |keep: &dyn Fn(&Node) -> bool| {
        let mut found: Vec<NodeId> = graph
            .nodes
            .iter()
            .filter(|(_, node)| keep(node))
            .map(|(id, _)| id)
            .collect();
        graph.sort_by_place(&mut found);
        found
    };
    for selector in &selectors {
        let (text, found) = match &selector.kind {
            SelectorKind::Path(path) => {
                let text = program.path(path);
                let found = named(graph, &text)?;
                (text, found)
            }
            SelectorKind::Glob { scope, pattern } => {
                let scope: Vec<&str> = scope.iter().map(|name| program.name(*name)).collect();
                let pattern = Pattern {
                    scope: (!scope.is_empty()).then(|| scope.join(".")),
                    name: program.text(*pattern).to_owned(),
                };
                (pattern.text(), by_rank(&|node| pattern.takes(graph, node)))
            }
            SelectorKind::Tag(tag) => {
                let name = program.name(*tag);
                let tagged =
                    |node: &Node| !node.hidden && node.tags.iter().any(|tag| tag.name == name);
                (format!("@{name}"), by_rank(&tagged))
            }
        };
        if found.is_empty() {
            return Err(Diagnostic::error(
                Code::BadSelector,
                format!("`{text}` selects nothing"),
            ));
        }
        chosen.extend(found.into_iter().filter(|node| seen.insert(*node)));
    }
    Ok(chosen)
}

/// The nodes of a name without stars.
fn named(graph: &Graph, name: &str) -> Result<Vec<NodeId>, Diagnostic> {
    let one = |node: NodeId| {
        if !graph.nodes[node].is_row_reference() {
            return Ok(vec![node]);
        }
        let message = format!("`{name}` is a row of another table, which is no output");
        Err(Diagnostic::error(Code::BadSelector, message)
            .help("define the column wanted: temp = w.temp"))
    };
    if let Some(node) = graph.node(name) {
        return one(node);
    }
    if let Some(table) = graph.table(name) {
        let members = graph.tables[table].members.iter().copied();
        return Ok(members
            .filter(|node| !graph.nodes[*node].hidden && !graph.nodes[*node].is_row_reference())
            .collect());
    }
    let members: Vec<NodeId> = graph
        .nodes
        .iter()
        .filter(|(_, node)| node.short_name() == name && !node.hidden)
        .map(|(id, _)| id)
        .collect();
    // A derived table's members need their full name, unless no source has the name.
    let sources: Vec<NodeId> = members
        .iter()
        .copied()
        .filter(|node| is_of_source(graph, &graph.nodes[*node]))
        .collect();
    let candidates = if sources.is_empty() { members } else { sources };
    match candidates[..] {
        [node] => one(node),
        [] => {
            let mut diagnostic =
                Diagnostic::error(Code::BadSelector, format!("there is no node `{name}`"));
            let names = graph
                .nodes
                .values()
                .flat_map(|node| [&*node.name, node.short_name()]);
            if let Some(hint) = nearest(name, names) {
                diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
            }
            Err(diagnostic)
        }
        _ => {
            let names: Vec<&str> = candidates
                .iter()
                .map(|node| graph.nodes[*node].name.as_str())
                .collect();
            Err(Diagnostic::error(
                Code::AmbiguousName,
                format!("`{name}` may mean {}", names.join(" or ")),
            )
            .help("write the full name"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn stars_stand_for_any_letters() {
        assert!(glob_matches("delay_*", "delay_3"));
        assert!(glob_matches("*", "anything"));
        assert!(glob_matches("*_z", "speed_z"));
        assert!(glob_matches("a*c*e", "abcde"));
        assert!(!glob_matches("delay_*", "dep_delay_3"));
        assert!(!glob_matches("a*a", "a"));
    }
}
