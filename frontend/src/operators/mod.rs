//! Graphs written in Rust: named values and the operators between them.
//!
//! A [`Value`] is a handle on an expression of a graph under construction; operators and methods
//! give new handles. Nothing is computed here. A mistake (two tables mixed, text added to a number)
//! is kept until [`FlowBuilder::finish`], which reports every one; what was built on a mistake is
//! silent.
//!
//! ```
//! use icosian::{FlowBuilder, ScalarType};
//!
//! let flow = FlowBuilder::new();
//! let weekly = flow.table("weekly");
//! let spend = weekly.column("spend", ScalarType::F64.required());
//! let signups = weekly.column("signups", ScalarType::F64.required());
//! flow.define("spend_per_signup", &spend / &signups);
//! flow.define("spend_z", (&spend - spend.mean()) / spend.std());
//! let graph = flow.finish()?;
//! assert!(graph.node("weekly.spend_z").is_some());
//! # Ok::<(), icosian::Error>(())
//! ```

mod value;

use std::cell::RefCell;
use std::rc::Rc;

use icosian_ir::graph::{BuildError, Graph, GraphBuilder, TableRows};
use icosian_ir::id::{ExprId, TableId};
use icosian_ir::op::Reduction;
use icosian_ir::types::Type;
use icosian_ir::value::Value as Constant;

use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;
pub use value::{IntoValue, Value};

/// Builds a graph in Rust.
#[derive(Clone, Debug, Default)]
pub struct FlowBuilder {
    pub(crate) state: Rc<RefCell<State>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) graph: GraphBuilder,
    pub(crate) mistakes: Vec<Diagnostic>,
}

impl State {
    pub(crate) fn mistake(&mut self, what: &str, error: &BuildError) {
        let code = match error {
            BuildError::NameTaken { .. } => Code::NameTaken,
            BuildError::Type(icosian_ir::typing::TypeError::Domains { .. }) => Code::DomainClash,
            _ => Code::TypeMismatch,
        };
        self.mistakes
            .push(Diagnostic::error(code, format!("{what}: {error}")));
    }
}

/// A table of a graph under construction.
#[derive(Clone, Debug)]
pub struct TableBuilder {
    flow: FlowBuilder,
    /// None after a mistake.
    table: Option<TableId>,
}

impl FlowBuilder {
    /// A graph without tables and nodes.
    pub fn new() -> Self {
        FlowBuilder::default()
    }

    /// A table whose rows are given per run.
    pub fn table(&self, name: &str) -> TableBuilder {
        self.new_table(name, TableRows::Source(None))
    }

    fn new_table(&self, name: &str, rows: TableRows) -> TableBuilder {
        let mut state = self.state.borrow_mut();
        let table = match state.graph.table(name, "", rows) {
            Ok(table) => Some(table),
            Err(error) => {
                state.mistake(name, &error);
                None
            }
        };
        TableBuilder {
            flow: self.clone(),
            table,
        }
    }

    /// A scalar given per run.
    pub fn param(&self, name: &str, ty: Type, default: Option<Constant>) -> Value {
        let mut state = self.state.borrow_mut();
        let expression = match state.graph.param(name, ty, default) {
            Ok(node) => Some(state.graph.use_node(node)),
            Err(error) => {
                state.mistake(name, &error);
                None
            }
        };
        Value {
            flow: self.clone(),
            expression,
        }
    }

    /// Names a value. A column becomes a member of its table (`weekly.spend_z`), a scalar a node of
    /// the name given. Gives the node's value.
    pub fn define(&self, name: &str, value: impl IntoValue) -> Value {
        let value = value.into_value(self);
        let mut state = self.state.borrow_mut();
        let expression = value.expression.and_then(|expression| {
            match state.graph.define(None, name, expression) {
                Ok(node) => Some(state.graph.use_node(node)),
                Err(error) => {
                    state.mistake(name, &error);
                    None
                }
            }
        });
        Value {
            flow: self.clone(),
            expression,
        }
    }

    /// A constant.
    pub fn constant(&self, value: impl IntoValue) -> Value {
        value.into_value(self)
    }

    /// `then if condition else otherwise`.
    pub fn if_else(
        &self,
        condition: &Value,
        then: impl IntoValue,
        otherwise: impl IntoValue,
    ) -> Value {
        let (then, otherwise) = (then.into_value(self), otherwise.into_value(self));
        self.build("if else", &[condition, &then, &otherwise], |graph, args| {
            graph.if_else(args[0], args[1], args[2])
        })
    }

    /// The finished graph.
    ///
    /// # Errors
    /// Every mistake made on the way, as diagnostics without spans.
    pub fn finish(&self) -> Result<Graph, Error> {
        let state = self.state.borrow();
        if state.mistakes.is_empty() {
            Ok(state.graph.graph().clone())
        } else {
            Err(Error::from_diagnostics(state.mistakes.clone()))
        }
    }

    pub(crate) fn build(
        &self,
        what: &str,
        args: &[&Value],
        make: impl FnOnce(&mut GraphBuilder, &[ExprId]) -> Result<ExprId, BuildError>,
    ) -> Value {
        let known: Option<Vec<ExprId>> = args.iter().map(|arg| arg.expression).collect();
        let mut state = self.state.borrow_mut();
        let foreign = args
            .iter()
            .any(|arg| !Rc::ptr_eq(&arg.flow.state, &self.state));
        let expression = if foreign {
            let message = format!("{what}: a value of another graph under construction");
            state
                .mistakes
                .push(Diagnostic::error(Code::TypeMismatch, message));
            None
        } else {
            known.and_then(|args| match make(&mut state.graph, &args) {
                Ok(expression) => Some(expression),
                Err(error) => {
                    state.mistake(what, &error);
                    None
                }
            })
        };
        Value {
            flow: self.clone(),
            expression,
        }
    }
}

impl TableBuilder {
    /// A column read from the table's source, under its own name.
    pub fn column(&self, name: &str, ty: Type) -> Value {
        let mut state = self.flow.state.borrow_mut();
        let expression =
            self.table
                .and_then(|table| match state.graph.column(table, name, name, ty) {
                    Ok(node) => Some(state.graph.use_node(node)),
                    Err(error) => {
                        state.mistake(name, &error);
                        None
                    }
                });
        Value {
            flow: self.flow.clone(),
            expression,
        }
    }

    /// The rows on which `predicate`, a bool column of this table, is true.
    pub fn filter(&self, name: &str, predicate: &Value) -> TableBuilder {
        match (self.table, predicate.expression) {
            (Some(parent), Some(predicate)) => self
                .flow
                .new_table(name, TableRows::Filter { parent, predicate }),
            _ => TableBuilder {
                flow: self.flow.clone(),
                table: None,
            },
        }
    }

    /// What a column of the filtered table's parent holds on the rows of this one.
    pub fn member(&self, column: &Value) -> Value {
        let table = self.table;
        self.flow.build("member", &[column], |graph, args| {
            // Without a table a mistake has been noted already; the handle is dropped below.
            Ok(table.map_or(args[0], |table| graph.taken(table, args[0])))
        })
    }

    /// How many rows the table has.
    pub fn len(&self) -> Value {
        let Some(table) = self.table else {
            return Value {
                flow: self.flow.clone(),
                expression: None,
            };
        };
        self.flow.build("len", &[], |graph, _| {
            graph.reduce(Reduction::Len, table, None, &[])
        })
    }

    /// The row of this table whose columns equal values of another (`(column here, value there)`).
    pub fn lookup(&self, keys: &[(&Value, &Value)]) -> Value {
        let Some(table) = self.table else {
            return Value {
                flow: self.flow.clone(),
                expression: None,
            };
        };
        let mut args: Vec<&Value> = keys.iter().map(|key| key.0).collect();
        args.extend(keys.iter().map(|key| key.1));
        self.flow.build("lookup", &args, |graph, args| {
            graph.lookup(table, &args[..keys.len()], &args[keys.len()..])
        })
    }
}
