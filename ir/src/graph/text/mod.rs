//! Canonical text: a graph printed as a flow that reads back to an equal graph (LANGUAGE rule 16).
//!
//! Parameters, tables and definitions stand in the order of their places ([`Node::rank`]); what is
//! computed on a table's rows stands in `extend` blocks, reductions of a `group by` table in its
//! own. A value that several expressions share gets a line of its own before its first user, as a
//! hidden node `_1`, `_2`, …, so the text is as long as the graph is large however much is shared;
//! `naming` says what else is named. Reading the text back gives a graph that prints the same text
//! and gives the same bits.
//!
//! A few things can be built by a [`GraphBuilder`](super::GraphBuilder) but not written, and so
//! don't read back:
//!
//! - names that are empty or hold a backtick or a line's end; a table and a scalar of one name;
//!   documentation with other space around its lines than the language leaves there;
//! - a `group by` table's column made outside its block and named as one of its source;
//! - the difference of two dates as days (`i32`) and a date plus days that are no constant:
//!   the language has durations there;
//! - lookups that let null find null; windows of more than 2⁶³ rows;
//! - the negation of a constant, which reads as the negative constant, and a cast of a null, which
//!   reads as a null of that type.
//!
//! And reading adds what the language implies: a derived table has all columns of the one it comes
//! from, and a declared output without a name is called `_`.
//!
//! [`Node::rank`]: super::Node::rank

mod expressions;
mod forms;
mod literals;
mod naming;
mod part;
mod short;
mod windows;

use std::fmt::{self, Write};

use self::expressions::{ExpressionText, Place};
use self::forms::parts;
use self::literals::{constant, quoted, text_literal, write_doc};
use self::naming::{Naming, is_implied, is_joined, is_key};
pub use self::part::PartFingerprints;
pub(crate) use self::short::ShortTexts;
use super::{Binding, Graph, NodeKind, TableRows, Tag, row_expressions};
use crate::id::{ExprId, Id, NodeId, TableId};
use crate::op::{Op, Pick};
use crate::types::{Domain, ScalarType};
use crate::value::Value;

/// The version of the language that canonical text is written in.
pub const LANGUAGE_VERSION: &str = "1";
/// The version of Unicode whose rules text functions follow.
pub const UNICODE_VERSION: &str = "17.0";
/// The version of the time-zone database that zones are taken from.
pub const TIME_ZONE_VERSION: &str = "2025b";

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# icosian flow, language {LANGUAGE_VERSION}, unicode {UNICODE_VERSION}, \
             time zones {TIME_ZONE_VERSION}"
        )?;
        write_doc(f, "", &self.doc)?;
        write_host_functions(f, self)?;
        let order = entries(self);
        let mut naming = Naming::new(self);
        let block_of = blocks(self, &order, &mut naming);
        let mut writer = Writer {
            expressions: ExpressionText {
                graph: self,
                naming: &naming,
            },
            graph: self,
            block_of,
            written: vec![false; self.expressions.len()],
            open: None,
            text: String::new(),
        };
        for (position, entry) in order.iter().enumerate() {
            writer.entry(&order[position..], *entry)?;
            f.write_str(&writer.text)?;
            writer.text.clear();
        }
        writer.enter(None)?;
        writer.outputs()?;
        f.write_str(&writer.text)
    }
}

/// The functions of the host that the graph calls, by name.
fn write_host_functions(f: &mut fmt::Formatter<'_>, graph: &Graph) -> fmt::Result {
    let called = graph.expressions.values().filter_map(|expression| {
        let Op::Extern(signature) = &expression.op else {
            return None;
        };
        Some((signature.name.as_str(), signature))
    });
    let called: std::collections::BTreeMap<_, _> = called.collect();
    for (name, signature) in called {
        let parameters = signature.parameters.iter();
        let parameters: Vec<String> = parameters
            .map(|(name, ty)| format!("{}: {ty}", quoted(name)))
            .collect();
        let (name, parameters) = (quoted(name), parameters.join(", "));
        if signature.whole_column {
            writeln!(f, "@whole_column")?;
        }
        if !signature.deterministic {
            writeln!(f, "@nondeterministic")?;
        }
        writeln!(f, "extern fn {name}({parameters}) -> {}", signature.returns)?;
    }
    Ok(())
}

/// Something with a place in the order of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entry {
    Param(NodeId),
    Table(TableId),
    Definition(NodeId, ExprId),
    /// By its position among the checks.
    Check(usize),
}

/// What is written, in order; columns, keys and carried columns belong to their tables.
fn entries(graph: &Graph) -> Vec<Entry> {
    let mut ranked: Vec<(u64, Entry)> = Vec::with_capacity(graph.nodes.len());
    for (id, table) in graph.tables.iter() {
        ranked.push((table.rank, Entry::Table(id)));
    }
    for (id, node) in graph.nodes.iter() {
        let entry = match node.kind {
            NodeKind::Column { .. } => continue,
            NodeKind::Param { .. } => Entry::Param(id),
            NodeKind::Definition(_) if is_implied(graph, id) || is_key(graph, id) => continue,
            NodeKind::Definition(_) if is_joined(graph, id) => continue,
            NodeKind::Definition(root) => Entry::Definition(id, root),
        };
        ranked.push((node.rank, entry));
    }
    for (position, check) in graph.checks.iter().enumerate() {
        ranked.push((check.rank, Entry::Check(position)));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

/// Which definitions stand in the block of a `group by`: those that follow their table at once, as
/// long as the block can say them. Others that only the block could say get a name there.
fn blocks(graph: &Graph, order: &[Entry], naming: &mut Naming<'_>) -> Vec<bool> {
    let mut in_block = vec![false; graph.nodes.len()];
    let mut open = None;
    for entry in order {
        open = match *entry {
            Entry::Table(table) if is_group(graph, table) => Some(table),
            Entry::Definition(node, root) => {
                let follows = open.is_some() && graph.table_of(node) == open;
                let outside = naming.needs_outside(root) && !naming.is_named(root);
                if follows && !outside {
                    in_block[node.index()] = true;
                    open
                } else {
                    if naming.needs_block(root) {
                        naming.name(root);
                    }
                    None
                }
            }
            Entry::Check(position) => {
                let root = graph.checks[position].condition;
                if naming.needs_block(root) {
                    naming.name(root);
                }
                open
            }
            Entry::Table(_) | Entry::Param(_) => None,
        };
    }
    in_block
}

fn is_group(graph: &Graph, table: TableId) -> bool {
    matches!(graph.tables[table].rows, TableRows::Group { .. })
}

struct Writer<'g> {
    graph: &'g Graph,
    expressions: ExpressionText<'g>,
    /// Whether a node stands in the block of its `group by`.
    block_of: Vec<bool>,
    /// Whether a named value has its line.
    written: Vec<bool>,
    /// The table whose `extend` block is open.
    open: Option<TableId>,
    text: String,
}

impl Writer<'_> {
    /// Writes the first of `rest`; a group table with what belongs in its block.
    fn entry(&mut self, rest: &[Entry], entry: Entry) -> fmt::Result {
        match entry {
            Entry::Param(node) => self.param(node),
            Entry::Table(table) => self.table(table, rest),
            Entry::Definition(node, _) if self.block_of[node.index()] => Ok(()),
            Entry::Definition(node, root) => {
                self.values_before(&[root])?;
                let table = self.graph.table_of(node);
                self.enter(table)?;
                let place = table.map_or(Place::Top, Place::Rows);
                self.definition(node, root, place)
            }
            Entry::Check(position) => self.check(position),
        }
    }

    fn check(&mut self, position: usize) -> fmt::Result {
        let check = &self.graph.checks[position];
        let root = check.condition;
        self.values_before(&[root])?;
        let (table, place, indent) = match self.graph.expressions[root].domain {
            Domain::Rows(table) => (Some(table), Place::Rows(table), "    "),
            Domain::Scalar => (None, Place::Top, ""),
        };
        self.enter(table)?;
        write_doc(&mut self.text, indent, &check.doc)?;
        let condition = self.expressions.of(root, place);
        let action = check.action.name();
        writeln!(self.text, "{indent}check {condition} else {action}")
    }

    /// Opens the `extend` block of a table, or closes the open one.
    fn enter(&mut self, table: Option<TableId>) -> fmt::Result {
        if self.open == table {
            return Ok(());
        }
        if self.open.is_some() {
            writeln!(self.text, "}}")?;
        }
        if let Some(table) = table {
            writeln!(self.text, "extend {} {{", self.expressions.table(table))?;
        }
        self.open = table;
        Ok(())
    }

    /// Writes the lines of named values that these expressions are the first to use.
    fn values_before(&mut self, roots: &[ExprId]) -> fmt::Result {
        // Each expression is left after its parts: the flag says that they were visited.
        let mut stack: Vec<(ExprId, bool)> =
            roots.iter().rev().map(|root| (*root, false)).collect();
        while let Some((id, left)) = stack.pop() {
            if left {
                self.value(id)?;
                continue;
            }
            if self.expressions.naming.is_named(id) {
                if std::mem::replace(&mut self.written[id.index()], true) {
                    continue;
                }
                stack.push((id, true));
            }
            let parts = parts(self.graph, id);
            stack.extend(parts.into_iter().rev().map(|(part, _)| (part, false)));
        }
        Ok(())
    }

    /// The line of a named value, unless it stands in the block of a `group by`.
    fn value(&mut self, id: ExprId) -> fmt::Result {
        if self.expressions.naming.needs_block(id) {
            return Ok(());
        }
        let table = match self.graph.expressions[id].domain {
            Domain::Rows(table) => Some(table),
            Domain::Scalar => None,
        };
        self.enter(table)?;
        let indent = if table.is_some() { "    " } else { "" };
        self.value_line(indent, id, table.map_or(Place::Top, Place::Rows))
    }

    fn value_line(&mut self, indent: &str, id: ExprId, place: Place) -> fmt::Result {
        let ty = self.graph.expressions[id].ty;
        let name = self.expressions.naming.name_of(id).unwrap_or_default();
        write!(self.text, "{indent}{name}")?;
        if !matches!(ty.scalar, ScalarType::Row(_)) {
            write!(self.text, ": {ty}")?;
        }
        writeln!(self.text, " = {}", self.expressions.definition(id, place))
    }

    fn definition(&mut self, id: NodeId, root: ExprId, place: Place) -> fmt::Result {
        let indent = if place == Place::Top { "" } else { "    " };
        let node = &self.graph.nodes[id];
        write_doc(&mut self.text, indent, &node.doc)?;
        self.tags(indent, &node.tags)?;
        let fit = if node.fit { "fit " } else { "" };
        let name = if place == Place::Top {
            &node.name
        } else {
            node.short_name()
        };
        write!(self.text, "{indent}{fit}{}", quoted(name))?;
        if !node.is_row_reference() {
            write!(self.text, ": {}", node.ty)?;
        }
        writeln!(self.text, " = {}", self.expressions.of(root, place))
    }

    fn tags(&mut self, indent: &str, tags: &[Tag]) -> fmt::Result {
        for tag in tags {
            write!(self.text, "{indent}@{}", quoted(&tag.name))?;
            if !tag.args.is_empty() {
                let args: Vec<String> = tag.args.iter().map(tag_argument).collect();
                write!(self.text, "({})", args.join(", "))?;
            }
            writeln!(self.text)?;
        }
        Ok(())
    }

    fn param(&mut self, id: NodeId) -> fmt::Result {
        self.enter(None)?;
        let node = &self.graph.nodes[id];
        write_doc(&mut self.text, "", &node.doc)?;
        self.tags("", &node.tags)?;
        write!(self.text, "param {}: {}", quoted(&node.name), node.ty)?;
        if let NodeKind::Param {
            default: Some(value),
        } = &node.kind
        {
            write!(self.text, " = {}", constant(value, node.ty.scalar))?;
        }
        writeln!(self.text)
    }

    fn table(&mut self, id: TableId, rest: &[Entry]) -> fmt::Result {
        let graph = self.graph;
        let table = &graph.tables[id];
        // What the block of a group table holds: named reductions, then members.
        let mut reductions = Vec::new();
        let mut members = Vec::new();
        if is_group(graph, id) {
            let naming = self.expressions.naming;
            let is_of_block = |value: &ExprId| {
                naming.needs_block(*value) && graph.expressions[*value].domain == Domain::Rows(id)
            };
            reductions.extend(naming.named().filter(is_of_block));
            let is_check = |entry: &&Entry| matches!(entry, Entry::Check(_));
            let rest = rest[1..].iter().filter(|entry| !is_check(entry));
            members.extend(rest.map_while(|entry| match entry {
                Entry::Definition(node, root) if self.block_of[node.index()] => {
                    Some((*node, *root))
                }
                _ => None,
            }));
        }
        let mut roots = row_expressions(&table.rows);
        roots.extend(&reductions);
        roots.extend(members.iter().map(|(_, root)| *root));
        self.values_before(&roots)?;
        self.enter(None)?;
        write_doc(&mut self.text, "", &table.doc)?;
        let word = if table.fit { "fit" } else { "table" };
        write!(self.text, "{word} {}", quoted(&table.name))?;
        match &table.rows {
            TableRows::Source(binding) => {
                if let Some(binding) = binding {
                    self.binding(binding)?;
                }
                self.columns(id)?;
            }
            rows => {
                let query = self.expressions.query(id, rows);
                write!(self.text, " = {query}")?;
            }
        }
        if is_group(graph, id) {
            writeln!(self.text, " {{")?;
            for value in reductions {
                self.value_line("    ", value, Place::Block(id))?;
            }
            for (node, root) in members {
                self.definition(node, root, Place::Block(id))?;
            }
            write!(self.text, "}}")?;
        }
        writeln!(self.text)
    }

    fn binding(&mut self, binding: &Binding) -> fmt::Result {
        write!(self.text, " from {}", text_literal(&binding.path))?;
        let mut options = Vec::new();
        let nulls: Vec<String> = binding.null.iter().map(|null| text_literal(null)).collect();
        match &nulls[..] {
            [] => {}
            [null] => options.push(format!("null={null}")),
            _ => options.push(format!("null=[{}]", nulls.join(", "))),
        }
        if let Some(delimiter) = binding.delimiter {
            let delimiter = text_literal(&delimiter.to_string());
            options.push(format!("delimiter={delimiter}"));
        }
        if !options.is_empty() {
            write!(self.text, " ({})", options.join(", "))?;
        }
        Ok(())
    }

    fn columns(&mut self, table: TableId) -> fmt::Result {
        let graph = self.graph;
        writeln!(self.text, " {{")?;
        for member in &graph.tables[table].members {
            let node = &graph.nodes[*member];
            if let NodeKind::Column { source_name } = &node.kind {
                write_doc(&mut self.text, "    ", &node.doc)?;
                self.tags("    ", &node.tags)?;
                write!(self.text, "    {}: {}", quoted(node.short_name()), node.ty)?;
                if source_name != node.short_name() {
                    write!(self.text, " from {}", text_literal(source_name))?;
                }
                writeln!(self.text)?;
            }
        }
        write!(self.text, "}}")
    }
}

impl ExpressionText<'_> {
    /// The query that makes a table's rows; empty for a source.
    pub(super) fn query(&self, id: TableId, rows: &TableRows) -> String {
        let table = |table: TableId| self.table(table);
        let of = |value: ExprId, parent: TableId| self.of(value, Place::Rows(parent));
        let list = |values: &[ExprId], parent: TableId| {
            let values: Vec<String> = values.iter().map(|value| of(*value, parent)).collect();
            values.join(", ")
        };
        match rows {
            TableRows::Source(_) => String::new(),
            TableRows::Filter { parent, predicate } => {
                format!("{} where {}", table(*parent), of(*predicate, *parent))
            }
            TableRows::Group { parent, keys } => {
                let keys = keys.iter().enumerate().map(|(position, key)| {
                    let name = self.key_name(id, position as u32);
                    format!("{} = {}", quoted(&name), of(*key, *parent))
                });
                let keys: Vec<String> = keys.collect();
                format!("{} group by {}", table(*parent), keys.join(", "))
            }
            TableRows::Order { parent, keys } => {
                let keys = keys
                    .iter()
                    .map(|key| format!("{}{}", of(key.expression, *parent), key.direction));
                let keys: Vec<String> = keys.collect();
                format!("{} order by {}", table(*parent), keys.join(", "))
            }
            TableRows::Limit { parent, end, rows } => {
                let rows = self.of(*rows, Place::Top);
                format!("{} {} {rows}", table(*parent), end.step())
            }
            TableRows::Sample {
                parent, rows, seed, ..
            } => {
                let rows = self.of(*rows, Place::Top);
                let seed = self.of(*seed, Place::Top);
                format!("{} sample {rows} seed {seed}", table(*parent))
            }
            TableRows::Distinct { parent, columns } => {
                format!("{} distinct {}", table(*parent), list(columns, *parent))
            }
            TableRows::Union { parent, other } => {
                format!("{} union {}", table(*parent), table(*other))
            }
            TableRows::Join { parent, other, on } => {
                let kind = if on.left { "left join" } else { "join" };
                let keys = on.there.len() - on.comparisons.len();
                let symbols = std::iter::repeat_n("=", keys)
                    .chain(on.comparisons.iter().map(|comparison| comparison.symbol()));
                let conditions = symbols.zip(on.there.iter().zip(&on.here));
                let conditions = conditions.map(|(symbol, (column, value))| {
                    let column = of(*column, *other);
                    format!("{column} {symbol} {}", of(*value, *parent))
                });
                let conditions: Vec<String> = conditions.collect();
                let name = quoted(&self.joined_name(id));
                let pick = match on.pick {
                    None | Some(Pick::Nearest) => String::new(),
                    Some(pick) => format!("{pick} "),
                };
                let (parent, other) = (table(*parent), table(*other));
                format!(
                    "{parent} {kind} {name} = {pick}{other}[{}]",
                    conditions.join(", ")
                )
            }
            TableRows::Unpivot {
                parent,
                columns,
                key,
                value,
            } => {
                format!(
                    "{} unpivot [{}] into {}, {}",
                    table(*parent),
                    list(columns, *parent),
                    quoted(key),
                    quoted(value)
                )
            }
        }
    }
}

impl Writer<'_> {
    fn outputs(&mut self) -> fmt::Result {
        let graph = self.graph;
        for set in &graph.outputs {
            let names = set.nodes.iter().map(|id| {
                let node = &graph.nodes[*id];
                match graph.table_of(*id) {
                    Some(table) => {
                        format!(
                            "{}.{}",
                            self.expressions.table(table),
                            quoted(node.short_name())
                        )
                    }
                    None => quoted(&node.name),
                }
            });
            let names: Vec<String> = names.collect();
            let name = if set.name.is_empty() { "_" } else { &set.name };
            writeln!(
                self.text,
                "output {} = [{}]",
                quoted(name),
                names.join(", ")
            )?;
        }
        Ok(())
    }
}

fn tag_argument(value: &Value) -> String {
    match value {
        Value::Str(text) => text_literal(text),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::F32(_) | Value::F64(_) => {
            value.to_string()
        }
    }
}
