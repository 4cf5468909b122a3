//! From syntax trees to the typed graph: names, types, row domains.
//!
//! `load` finds the imported files; `compose` unrolls `for`, `when` and imports into a flat list
//! of declarations; `instances` declares flows that are used inside others, `bound` gives them their inputs; `names` finds what a name means; `units` evaluates each declaration when it is first needed, on explicit
//! stacks, so that order in the text, depth and number of definitions don't matter and a cycle is
//! found where it closes; `expressions`, `calls`, `lookup` and `tables` build the graph through
//! [`GraphBuilder`](icosian_ir::graph::GraphBuilder); `checks` and `finish` add
//! what must hold, outputs, carried columns and tests. The wording of mistakes is in `explain` and `clashes`.
//!
//! A mistake poisons what it stands in, silently for its users, so one mistake is told once.

mod bins;
mod bound;
mod calls;
mod categories;
mod checks;
mod choice;
mod clashes;
mod compose;
mod configs;
mod constants;
mod conversions;
mod decimals;
mod declarations;
mod elsewhere;
mod explain;
mod expressions;
mod externs;
mod finish;
pub mod functions;
mod instances;
mod invoke;
mod literals;
mod load;
mod lookup;
mod names;
mod operators;
mod over;
mod quantile_bins;
mod random;
mod reductions;
mod rolling;
mod select;
mod stacks;
mod steps;
mod tables;
mod test_blocks;
mod text;
mod time;
mod time_patterns;
mod types;
mod units;
mod windows;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use icosian_ir::graph::{Binding, Graph};
use icosian_ir::id::{ExprId, NodeId, TableId};
use icosian_ir::types::Type;
use icosian_ir::value::Value;

use crate::diagnostic::{Diagnostic, FileId, Severity, Span};
use crate::syntax::ast::Program;

pub use select::select;

/// A column that a source holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaColumn {
    /// The header in the source.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// Gives the columns of tables whose columns the flow doesn't list.
pub trait SchemaSource {
    /// The columns of a table, in the source's order.
    ///
    /// # Errors
    /// Why there are none, in words for the user.
    fn schema(&self, table: &str, binding: Option<&Binding>) -> Result<Vec<SchemaColumn>, String>;
}

/// Finds the files that a flow imports.
pub trait ImportLoader {
    /// The parsed file at `path`, relative to the file `importer`. The same file must come with
    /// the same id in its program.
    ///
    /// # Errors
    /// Why it can't be read, in words for the user.
    fn load(&mut self, importer: FileId, path: &str) -> Result<Imported, String>;
}

/// An imported file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its syntax tree.
    pub program: Arc<Program>,
    /// The mistakes found while parsing it.
    pub diagnostics: Vec<Diagnostic>,
}

/// No source can be asked for its columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSchemas;

impl SchemaSource for NoSchemas {
    fn schema(&self, _: &str, _: Option<&Binding>) -> Result<Vec<SchemaColumn>, String> {
        Err("its columns are not listed here".to_owned())
    }
}

/// No file can be imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoImports;

impl ImportLoader for NoImports {
    fn load(&mut self, _: FileId, _: &str) -> Result<Imported, String> {
        Err("there are no files to import here".to_owned())
    }
}

/// What the checker is told beside the text.
#[derive(Default)]
pub struct CheckOptions<'a> {
    /// Values of configs, as written on the command line.
    pub configs: BTreeMap<String, String>,
    /// Where columns that the flow doesn't list come from.
    pub schemas: Option<&'a dyn SchemaSource>,
    /// Whether the values that tests expect are added to the graph, as hidden nodes.
    pub tests: bool,
    /// Where the one test stands for which this check is: the configs that it gives are those of the
    /// flow.
    pub test: Option<Span>,
}

/// Where the parts of a graph are written.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// The definition of each node, from its name to its end.
    pub nodes: HashMap<NodeId, Span>,
    /// The first place where each expression is written.
    pub expressions: HashMap<ExprId, Span>,
    /// The declaration of each table.
    pub tables: HashMap<TableId, Span>,
    /// The condition of each check, in the order of the graph.
    pub checks: Vec<Span>,
}

/// A flow that was checked.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The graph, without what is wrong.
    pub graph: Graph,
    /// Where its parts are written.
    pub spans: Spans,
    /// The tests, if they were asked for.
    pub tests: Vec<TestBlock>,
    /// The mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether the graph can't be run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// A `test` block with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct TestBlock {
    /// Its title.
    pub title: String,
    /// Where it is written.
    pub span: Span,
    /// Whether it gives configs, and so needs a check of its own; then what follows is empty.
    pub gives_configs: bool,
    /// The rows of source tables; tables not given have none.
    pub tables: Vec<GivenTable>,
    /// Values of params and of nodes that are overridden: one value, or one per row.
    pub values: Vec<(NodeId, Vec<Value>)>,
    /// What must come out.
    pub expectations: Vec<Expectation>,
    /// Checks that must not hold.
    pub checks: Vec<ExpectedCheck>,
}

/// The rows that a test gives a table.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenTable {
    /// The table.
    pub table: TableId,
    /// How many rows.
    pub rows: usize,
    /// All columns of the table; those not given hold null, "" or 0.
    pub columns: Vec<(NodeId, Vec<Value>)>,
}

/// What a test expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The node whose value is expected.
    pub node: NodeId,
    /// The values, row by row; one for a scalar.
    pub values: Vec<Value>,
    /// Where it is written.
    pub span: Span,
}

/// A check that a test expects not to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedCheck {
    /// Its position among the graph's checks.
    pub check: usize,
    /// In how many rows it must not hold; at least one, if that is not said.
    pub failed: Option<u64>,
    /// Where it is written.
    pub span: Span,
}

/// Checks a flow and builds its graph.
///
/// Never fails: what is wrong is told in the diagnostics and left out of the graph.
///
/// ```
/// use icosian::check::{CheckOptions, NoImports, check};
/// use icosian::diagnostic::FileId;
/// use icosian::syntax::parse;
///
/// let text = "table t { x: f64 }\nz = (x - mean(x)) / std(x)\n";
/// let parsed = parse(FileId(0), text);
/// let checked = check(&parsed.program, &mut NoImports, &CheckOptions::default());
/// assert!(!checked.has_errors());
/// let z = checked.graph.node("t.z").expect("a definition on the rows of t");
/// assert_eq!(checked.graph.nodes[z].ty.to_string(), "f64?");
/// ```
pub fn check(
    program: &Program,
    imports: &mut dyn ImportLoader,
    options: &CheckOptions<'_>,
) -> Checked {
    let loaded = load::load(program, imports);
    let mut checker = declarations::Checker::new(program, &loaded, options);
    checker.compose();
    checker.declare_sources();
    checker.evaluate_all();
    checker.finish()
}
