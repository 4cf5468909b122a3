//! What is asked of a flow: outputs, and nodes whose values the caller gives.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use icosian_ir::columns::Columns;
use icosian_ir::columns_to_plan::columns_to_plan;
use icosian_ir::graph_to_columns::{LowerError, Override, Request, fits, graph_to_columns};
use icosian_ir::id::NodeId;
use icosian_ir::op::Op;
use icosian_ir::rewrite::rewrite;
use icosian_ir::value::Value;
use icosian_runtime::execute::{self, Backend};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::error::Error;
use crate::flow::Flow;
use crate::inputs::Inputs;
use crate::prepared::Prepared;
use crate::row::RowPlan;
use crate::served::served_table;
use crate::state::{FittedState, GivenTables};
use crate::values::value_from_text;

/// Outputs chosen from a flow, not yet planned.
#[derive(Clone, Debug)]
pub struct Selection {
    flow: Flow,
    outputs: Vec<NodeId>,
    overrides: HashMap<NodeId, Override>,
    /// The tables that a state gives.
    given: GivenTables,
    backend: Backend,
    checks: bool,
    /// Checks evaluated whatever the outputs need, by position.
    forced_checks: Vec<usize>,
}

impl Selection {
    pub(crate) fn new(flow: Flow, outputs: Vec<NodeId>) -> Selection {
        Selection {
            flow,
            outputs,
            overrides: HashMap::new(),
            given: GivenTables::default(),
            backend: Backend::Jit,
            checks: true,
            forced_checks: Vec::new(),
        }
    }

    /// The full names of the outputs, in order.
    pub fn names(&self) -> Vec<&str> {
        self.outputs
            .iter()
            .map(|node| self.flow.graph().nodes[*node].name.as_str())
            .collect()
    }

    /// Gives a node's value: nothing above it is walked. In every row, if the node is a column.
    ///
    /// # Errors
    /// If there is no such node, or the value is not of its type.
    pub fn set(mut self, node: &str, value: Value) -> Result<Selection, Error> {
        let id = self.flow.node(node)?;
        let ty = self.flow.graph().nodes[id].ty;
        if !fits(&value, ty) {
            let message = format!("`{node}` is {ty}, which {value} is not");
            return Err(Error::from_diagnostics(vec![Diagnostic::error(
                Code::BadOption,
                message,
            )]));
        }
        self.overrides.insert(id, Override::Value(value));
        Ok(self)
    }

    /// As [`Selection::set`], with the value as text.
    ///
    /// # Errors
    /// If there is no such node, or the text is no value of its type.
    pub fn set_text(self, node: &str, text: &str) -> Result<Selection, Error> {
        let ty = self.flow.graph().nodes[self.flow.node(node)?].ty;
        let value = value_from_text(node, text, ty)?;
        self.set(node, value)
    }

    /// Says that a column's values are given per run, by [`Inputs::column`](crate::Inputs::column).
    ///
    /// # Errors
    /// If there is no such node.
    pub fn given(mut self, node: &str) -> Result<Selection, Error> {
        let id = self.flow.node(node)?;
        self.overrides.insert(id, Override::Column);
        Ok(self)
    }

    /// Takes what was learned as given: nothing above it is walked, and the inputs of training are
    /// not read. Values that [`Selection::set`] gives stand before those of the state.
    ///
    /// # Errors
    /// If another flow learned the state.
    pub fn with_state(mut self, state: &FittedState) -> Result<Selection, Error> {
        let learned = state.of_flow(&self.flow)?;
        for (node, value) in learned.scalars {
            self.overrides.entry(node).or_insert(Override::Value(value));
        }
        for node in learned.columns {
            self.overrides.entry(node).or_insert(Override::Column);
        }
        self.given = learned.tables;
        Ok(self)
    }

    /// Chooses between machine code and the interpreter; both give the same answers.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Selection {
        self.backend = backend;
        self
    }

    /// Leaves the flow's checks out: nothing is tested, nothing reported.
    #[must_use]
    pub fn without_checks(mut self) -> Selection {
        self.checks = false;
        self
    }

    /// Evaluates these checks whatever the outputs need.
    pub(crate) fn with_checks(mut self, forced: Vec<usize>) -> Selection {
        self.forced_checks = forced;
        self
    }

    /// Plans what the outputs need. Machine code is made when it is first run.
    ///
    /// # Errors
    /// If a value given for a node is not of its type, or an output can't be delivered.
    pub fn prepare(self) -> Result<Prepared, Error> {
        self.plan(|_, _| Ok(())).map(|(prepared, ())| prepared)
    }

    /// Makes the outputs ready to be computed from one row, or a few, at a time. Parameters have their
    /// defaults, and tables that are looked up in come from where the flow says.
    ///
    /// # Errors
    /// As [`Selection::row_with`].
    pub fn row(self) -> Result<RowPlan, Error> {
        self.row_with(&Inputs::new())
    }

    /// As [`Selection::row`], with parameters and the tables that are looked up in. Those are read, and
    /// what they alone decide is computed, now and on all cores; and machine code is made.
    ///
    /// # Errors
    /// If an output needs more than its row and windows that look back, naming what is in the way and the path to it; as
    /// [`Selection::prepare`]; or if the inputs are missing or don't fit.
    pub fn row_with(self, inputs: &Inputs) -> Result<RowPlan, Error> {
        let serve = |flow: &Flow, columns: &mut Columns| {
            let table = served_table(flow, columns)?;
            columns.served = Some(table);
            Ok(table)
        };
        let (prepared, table) = self.without_checks().plan(serve)?;
        prepared.row(inputs, table)
    }

    /// Plans what the outputs need, once `check` has agreed.
    fn plan<T>(
        self,
        check: impl FnOnce(&Flow, &mut Columns) -> Result<T, Error>,
    ) -> Result<(Prepared, T), Error> {
        let request = Request {
            outputs: self.outputs,
            overrides: self.overrides,
            given: self.given.keys().copied().collect::<HashSet<_>>(),
            checks: self.checks,
            forced_checks: self.forced_checks,
        };
        let graph = self.flow.graph();
        let mut columns =
            graph_to_columns(graph, &request).map_err(|error| lower_error(&self.flow, &error))?;
        columns.host = self.flow.host().clone();
        check_host(&self.flow, &columns)?;
        let checked = check(&self.flow, &mut columns)?;
        if self.backend == Backend::Jit {
            columns = rewrite(&columns);
        }
        let plan = columns_to_plan(&columns);
        let prepared = execute::Prepared::with_kernels(
            Arc::new(columns),
            Arc::new(plan),
            self.backend,
            self.flow.kernels(),
        )?;
        Ok((Prepared::new(self.flow, prepared, self.given), checked))
    }
}

/// Refuses calls of functions that the host does not supply.
fn check_host(flow: &Flow, columns: &Columns) -> Result<(), Error> {
    let mut missing: BTreeMap<&str, Diagnostic> = BTreeMap::new();
    for column in columns.columns.values() {
        let Op::Extern(signature) = &column.op else {
            continue;
        };
        let name = signature.name.as_str();
        if columns.host.get(name).is_some() || missing.contains_key(name) {
            continue;
        }
        let node = column.nodes.first();
        let user = node.map_or("the flow", |node| &*flow.graph().nodes[*node].name);
        let message = format!("`{user}` needs the host's function `{name}`, which is not supplied");
        let mut diagnostic = Diagnostic::error(Code::MissingInput, message)
            .help(format!("Flow::with_function(\"{name}\", …) supplies it"));
        if let Some(near) = nearest(name, columns.host.names()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        if let Some(span) = node.and_then(|node| flow.spans().nodes.get(node)) {
            diagnostic = diagnostic.at(*span);
        }
        missing.insert(name, diagnostic);
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::in_sources(
            missing.into_values().collect(),
            flow.sources().clone(),
        )),
    }
}

fn lower_error(flow: &Flow, error: &LowerError) -> Error {
    let graph = flow.graph();
    let diagnostic = match error {
        LowerError::Override { node, value } => {
            let node = &graph.nodes[*node];
            let message = format!("`{}` is {}, which {value} is not", node.name, node.ty);
            Diagnostic::error(Code::BadOption, message)
        }
        LowerError::NotGiven { table } => {
            let name = &graph.tables[*table].name;
            let message = format!("the state holds the columns of `{name}`, and no rows behind it");
            Diagnostic::error(Code::StateOfAnotherFlow, message)
                .help("define the column wanted on the rows that are learned from")
        }
        LowerError::RowReference { node } => {
            let name = &graph.nodes[*node].name;
            let message = format!("`{name}` is a row of another table, which can't be delivered");
            Diagnostic::error(Code::BadOption, message)
                .help(format!("select a member of it, such as `{name}.column`"))
        }
    };
    Error::in_sources(vec![diagnostic], flow.sources().clone())
}
