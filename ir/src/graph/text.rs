//! Canonical text: a graph printed as a flow that reads back to an equal graph (LANGUAGE rule 16).
//!
//! Tables come first, then nodes in their order, members in `extend` blocks of their tables. Names
//! are full. A value that several expressions share, and one whose brackets would nest too deep,
//! gets a line of its own as a hidden node `_1`, `_2`, …, so the text is as long as the graph is
//! large, however much is shared.

use std::collections::HashMap;
use std::fmt::{self, Write};

use super::expression_text::{ExpressionText, is_atom};
use super::{Graph, NodeKind, TableRows, row_expressions};
use crate::id::{ExprId, Id, NodeId, TableId};
use crate::op::Op;
use crate::types::Domain;

/// The version of the language that canonical text is written in.
const LANGUAGE_VERSION: &str = "1";
/// The version of Unicode whose rules text functions follow.
const UNICODE_VERSION: &str = "16.0";

/// Brackets deeper than this are broken out into nodes: the parser bounds nesting too.
const MAX_DEPTH: u32 = 64;

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# icosian flow, language {LANGUAGE_VERSION}, unicode {UNICODE_VERSION}"
        )?;
        if !self.doc.is_empty() {
            write_doc(f, "", &self.doc)?;
        }
        let text = GraphText::new(self);
        text.params(f)?;
        text.tables(f)?;
        text.shared(f)?;
        text.definitions(f)?;
        text.outputs(f)
    }
}

struct GraphText<'a> {
    graph: &'a Graph,
    expressions: ExpressionText<'a>,
    /// Values with a line of their own, in the order of their ids.
    shared: Vec<ExprId>,
}

impl<'a> GraphText<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut text = GraphText {
            graph,
            expressions: ExpressionText::new(graph),
            shared: Vec::new(),
        };
        text.choose_shared();
        text
    }

    /// Whether a definition is what its table implies: a member of a filtered table that carries
    /// the parent's column of the same name.
    fn is_implied(&self, node: NodeId) -> bool {
        let entry = &self.graph.nodes[node];
        let NodeKind::Definition(root) = entry.kind else {
            return false;
        };
        let root = &self.graph.expressions[root];
        match (&root.op, &root.args[..]) {
            (Op::Filter, [carried]) => match self.graph.expressions[*carried].op {
                Op::Node(parent) => self.graph.nodes[parent].short_name() == entry.short_name(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a definition is written as a key of its `group by` table.
    fn is_key(&self, node: NodeId) -> bool {
        match self.graph.nodes[node].kind {
            NodeKind::Definition(root) => matches!(self.graph.expressions[root].op, Op::Key(_)),
            NodeKind::Column { .. } | NodeKind::Param { .. } => false,
        }
    }

    /// Names values that are used more than once or nest too deep.
    fn choose_shared(&mut self) {
        let graph = self.graph;
        let mut uses = vec![0u32; graph.expressions.len()];
        for (id, node) in graph.nodes.iter() {
            if let NodeKind::Definition(root) = node.kind
                && !self.is_implied(id)
            {
                uses[root.index()] += 1;
            }
        }
        for table in graph.tables.values() {
            for root in row_expressions(&table.rows) {
                uses[root.index()] += 1;
            }
        }
        // A filtered table's member is written as such, so what it carries needs a name.
        let mut filtered = vec![false; graph.expressions.len()];
        for expression in graph.expressions.values() {
            if expression.op == Op::Filter {
                filtered[expression.args[0].index()] = true;
            }
        }
        // Users have higher ids than what they use.
        for id in graph.expressions.ids().rev() {
            if uses[id.index()] > 0 {
                for arg in &graph.expressions[id].args {
                    uses[arg.index()] += 1;
                }
            }
        }
        let mut taken = 0;
        for node in graph.nodes.values() {
            let number = node
                .short_name()
                .strip_prefix('_')
                .and_then(|number| number.parse().ok());
            taken = taken.max(number.unwrap_or(0));
        }
        let mut depth = vec![0u32; graph.expressions.len()];
        for id in graph.expressions.ids() {
            if uses[id.index()] == 0 {
                continue;
            }
            let expression = &graph.expressions[id];
            let inner = expression
                .args
                .iter()
                .map(|arg| depth[arg.index()])
                .max()
                .unwrap_or(0);
            depth[id.index()] = inner + self.expressions.brackets(id);
            let shared = (uses[id.index()] > 1 || filtered[id.index()]) && !is_atom(&expression.op);
            // What reads other rows or the whole table can't stand on a line of its own rows.
            let separable = !matches!(expression.op, Op::Filter | Op::Key(_) | Op::Broadcast(_));
            if (shared || depth[id.index()] > MAX_DEPTH) && separable {
                taken += 1;
                let name = match expression.domain {
                    Domain::Rows(table) => {
                        format!("{}._{taken}", quoted(&graph.tables[table].name))
                    }
                    Domain::Scalar => format!("_{taken}"),
                };
                self.expressions.name(id, name);
                self.shared.push(id);
                depth[id.index()] = 0;
            }
        }
    }

    fn params(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in self.graph.nodes.values() {
            if let NodeKind::Param { default } = &node.kind {
                write_doc(f, "", &node.doc)?;
                write!(f, "param {}: {}", quoted(&node.name), node.ty)?;
                if let Some(value) = default {
                    write!(f, " = {}", ExpressionText::constant(value, node.ty.scalar))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }

    fn tables(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, table) in self.graph.tables.iter() {
            write_doc(f, "", &table.doc)?;
            write!(f, "table {}", quoted(&table.name))?;
            match &table.rows {
                TableRows::Source(binding) => {
                    if let Some(binding) = binding {
                        write!(f, " from {:?}", binding.path)?;
                        let mut options = Vec::new();
                        if let [null] = &binding.null[..] {
                            options.push(format!("null={null:?}"));
                        } else if !binding.null.is_empty() {
                            options.push(format!("null={:?}", binding.null));
                        }
                        if let Some(delimiter) = binding.delimiter {
                            options.push(format!("delimiter={:?}", delimiter.to_string()));
                        }
                        if !options.is_empty() {
                            write!(f, " ({})", options.join(", "))?;
                        }
                    }
                    self.columns(f, id)?;
                }
                rows => {
                    write!(f, " = ")?;
                    self.query(f, id, rows)?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn columns(&self, f: &mut fmt::Formatter<'_>, table: TableId) -> fmt::Result {
        writeln!(f, " {{")?;
        for member in &self.graph.tables[table].members {
            let node = &self.graph.nodes[*member];
            if let NodeKind::Column { source_name } = &node.kind {
                write_doc(f, "    ", &node.doc)?;
                self.tags(f, "    ", *member)?;
                write!(f, "    {}: {}", quoted(node.short_name()), node.ty)?;
                if source_name != node.short_name() {
                    write!(f, " from {source_name:?}")?;
                }
                writeln!(f)?;
            }
        }
        write!(f, "}}")
    }

    fn query(&self, f: &mut fmt::Formatter<'_>, id: TableId, rows: &TableRows) -> fmt::Result {
        let name = |table: &TableId| quoted(&self.graph.tables[*table].name);
        let list = |ids: &[ExprId]| {
            ids.iter()
                .map(|id| self.expressions.of(*id))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match rows {
            TableRows::Source(_) => Ok(()),
            TableRows::Filter { parent, predicate } => {
                write!(
                    f,
                    "{} where {}",
                    name(parent),
                    self.expressions.of(*predicate)
                )
            }
            TableRows::Group { parent, keys } => {
                write!(f, "{} group by ", name(parent))?;
                for (position, key) in keys.iter().enumerate() {
                    let comma = if position > 0 { ", " } else { "" };
                    write!(
                        f,
                        "{comma}{} = {}",
                        self.key_name(id, position),
                        self.expressions.of(*key)
                    )?;
                }
                self.group_members(f, id)
            }
            TableRows::Order { parent, keys } => {
                write!(f, "{} order by ", name(parent))?;
                for (position, key) in keys.iter().enumerate() {
                    let comma = if position > 0 { ", " } else { "" };
                    let direction = if key.descending { " desc" } else { "" };
                    write!(
                        f,
                        "{comma}{}{direction}",
                        self.expressions.of(key.expression)
                    )?;
                }
                Ok(())
            }
            TableRows::Limit { parent, rows } => {
                write!(f, "{} limit {}", name(parent), self.expressions.of(*rows))
            }
            TableRows::Distinct { parent, columns } => {
                write!(f, "{} distinct {}", name(parent), list(columns))
            }
            TableRows::Union { parent, other } => {
                write!(f, "{} union {}", name(parent), name(other))
            }
            TableRows::Join {
                parent,
                other,
                left,
                keys,
                values,
            } => {
                let kind = if *left { "left join" } else { "join" };
                write!(
                    f,
                    "{} {kind} {} = {}[",
                    name(parent),
                    name(other),
                    name(other)
                )?;
                for (position, (key, value)) in keys.iter().zip(values).enumerate() {
                    let comma = if position > 0 { ", " } else { "" };
                    let (key, value) = (self.expressions.of(*key), self.expressions.of(*value));
                    write!(f, "{comma}{key} = {value}")?;
                }
                write!(f, "]")
            }
            TableRows::Unpivot { parent, columns } => {
                write!(f, "{} unpivot {}", name(parent), list(columns))
            }
        }
    }

    fn key_name(&self, table: TableId, position: usize) -> String {
        let members = self.graph.tables[table].members.iter();
        let is_key = |member: &&NodeId| match self.graph.nodes[**member].kind {
            NodeKind::Definition(root) => {
                self.graph.expressions[root].op == Op::Key(position as u32)
            }
            NodeKind::Column { .. } | NodeKind::Param { .. } => false,
        };
        let found = members.clone().find(is_key);
        found.map_or_else(
            || format!("key{position}"),
            |member| quoted(self.graph.nodes[*member].short_name()),
        )
    }

    /// The members that reduce the parent's rows; they are only understood inside the block.
    fn group_members(&self, f: &mut fmt::Formatter<'_>, table: TableId) -> fmt::Result {
        write!(f, " {{")?;
        for member in &self.graph.tables[table].members {
            if !self.is_key(*member) {
                writeln!(f)?;
                self.definition(f, "    ", *member, true)?;
            }
        }
        write!(f, "\n}}")
    }

    fn is_group(&self, table: TableId) -> bool {
        matches!(self.graph.tables[table].rows, TableRows::Group { .. })
    }

    fn shared(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<(Option<TableId>, String)> = Vec::new();
        for id in &self.shared {
            let Some(name) = self.expressions.name_of(*id) else {
                continue;
            };
            let short = name.rsplit_once('.').map_or(name, |(_, short)| short);
            let table = match self.graph.expressions[*id].domain {
                Domain::Rows(table) => Some(table),
                Domain::Scalar => None,
            };
            lines.push((
                table,
                format!("{short} = {}", self.expressions.definition(*id)),
            ));
        }
        self.blocks(f, lines.into_iter())
    }

    fn definitions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for (id, node) in self.graph.nodes.iter() {
            let table = self.graph.table_of(id);
            let written_with_table = self.is_implied(id)
                || self.is_key(id)
                || table.is_some_and(|table| self.is_group(table));
            if !matches!(node.kind, NodeKind::Definition(_)) || written_with_table {
                continue;
            }
            let mut text = String::new();
            let indent = if table.is_some() { "    " } else { "" };
            write!(
                text,
                "{}",
                DefinitionText {
                    text: self,
                    node: id,
                    indent
                }
            )?;
            lines.push((table, text.trim_start().to_owned()));
        }
        self.blocks(f, lines.into_iter())
    }

    /// Lines in their order, those of one table's rows in `extend` blocks.
    fn blocks(
        &self,
        f: &mut fmt::Formatter<'_>,
        lines: impl Iterator<Item = (Option<TableId>, String)>,
    ) -> fmt::Result {
        let mut open: Option<TableId> = None;
        for (table, line) in lines {
            if open != table {
                if open.is_some() {
                    writeln!(f, "}}")?;
                }
                if let Some(table) = table {
                    writeln!(f, "extend {} {{", quoted(&self.graph.tables[table].name))?;
                }
                open = table;
            }
            writeln!(f, "{}{line}", if table.is_some() { "    " } else { "" })?;
        }
        if open.is_some() {
            writeln!(f, "}}")?;
        }
        Ok(())
    }

    fn definition(
        &self,
        f: &mut impl fmt::Write,
        indent: &str,
        id: NodeId,
        in_group: bool,
    ) -> fmt::Result {
        let node = &self.graph.nodes[id];
        let NodeKind::Definition(root) = node.kind else {
            return Ok(());
        };
        write_doc(f, indent, &node.doc)?;
        self.tags(f, indent, id)?;
        let fit = if node.fit { "fit " } else { "" };
        write!(f, "{indent}{fit}{}", quoted(node.short_name()))?;
        if !node.is_row_reference() && !in_group {
            write!(f, ": {}", node.ty)?;
        }
        write!(f, " = {}", self.expressions.of(root))
    }

    fn tags(&self, f: &mut impl fmt::Write, indent: &str, node: NodeId) -> fmt::Result {
        for tag in &self.graph.nodes[node].tags {
            write!(f, "{indent}@{}", tag.name)?;
            if !tag.args.is_empty() {
                let args: Vec<String> = tag.args.iter().map(ToString::to_string).collect();
                write!(f, "({})", args.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn outputs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for set in &self.graph.outputs {
            let names: Vec<String> = set
                .nodes
                .iter()
                .map(|node| quoted_path(&self.graph.nodes[*node].name))
                .collect();
            let name = if set.name.is_empty() {
                String::new()
            } else {
                format!("{} = ", quoted(&set.name))
            };
            writeln!(f, "output {name}[{}]", names.join(", "))?;
        }
        Ok(())
    }
}

struct DefinitionText<'a, 'g> {
    text: &'a GraphText<'g>,
    node: NodeId,
    indent: &'a str,
}

impl fmt::Display for DefinitionText<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.definition(f, self.indent, self.node, false)
    }
}

fn write_doc(f: &mut impl fmt::Write, indent: &str, doc: &str) -> fmt::Result {
    if doc.is_empty() {
        return Ok(());
    }
    let escaped = doc.replace('\\', "\\\\").replace('"', "\\\"");
    writeln!(f, "{indent}\"\"\"{escaped}\"\"\"")
}

/// Words that are no plain names somewhere in the grammar.
const KEYWORDS: &[&str] = &[
    "all", "and", "as", "by", "check", "config", "def", "desc", "distinct", "else", "expect",
    "extend", "extern", "false", "fit", "fn", "for", "from", "given", "group", "if", "import",
    "in", "inf", "into", "is", "join", "left", "limit", "match", "nan", "not", "null", "or",
    "order", "output", "over", "param", "table", "test", "true", "union", "unpivot", "use", "when",
    "where",
];

/// A name as written: with backticks where it would not read as one.
pub(super) fn quoted(name: &str) -> String {
    let mut characters = name.chars();
    let plain = characters
        .next()
        .is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && characters.all(|next| next == '_' || next.is_ascii_alphanumeric())
        && !KEYWORDS.contains(&name);
    if plain {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// A full name, each part quoted if it must be.
pub(super) fn quoted_path(name: &str) -> String {
    name.split_once('.').map_or_else(
        || quoted(name),
        |(table, member)| format!("{}.{}", quoted(table), quoted(member)),
    )
}

/// Names given to shared values.
pub(super) type Names = HashMap<ExprId, String>;
