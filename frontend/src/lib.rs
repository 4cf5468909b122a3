//! Icosian: a dataflow engine that compiles.
//!
//! A *flow* is small named definitions over columns. [`Flow`] checks one, [`Flow::select`] asks for
//! outputs, [`Selection::prepare`] plans what they need, and [`Prepared::run`] runs the compiled plan
//! over Arrow data, as often as wanted.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
//! use arrow::datatypes::Float64Type;
//! use icosian::{Flow, Inputs};
//!
//! let flow = Flow::from_text(
//!     "table weekly { spend: f64, signups: f64 }
//!      spend_per_signup = spend / signups
//!      spend_mean = mean(spend)",
//! )?;
//! let prepared = flow.outputs().prepare()?;
//! let spend: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 10.0, 20.0]));
//! let signups: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 10.0, 50.0]));
//! let batch = RecordBatch::try_from_iter([("spend", spend), ("signups", signups)]).unwrap();
//! let output = prepared.run(&Inputs::new().batches("weekly", vec![batch]))?;
//! let ratio = output.table("weekly")?;
//! assert_eq!(ratio.column(0).as_primitive::<Float64Type>().values(), &[10.0, 1.0, 0.4]);
//! # Ok::<(), icosian::Error>(())
//! ```
//!
//! Programs to start from stand in the repository's `examples/rust/`. [`arrow`] is the Arrow this
//! is built with; [`ir`] and [`runtime`] are the layers below, for executors and result builders of
//! one's own.
//!
//! Modules in the order in which a flow goes through them.

pub mod diagnostic;

pub mod syntax;

pub mod check;

mod error;

mod operators;

pub mod typed;

mod cache;

mod inputs;

mod loader;

mod flow;

mod selection;

mod values;

mod prepared;

mod checks;

mod output;

mod analysis;

mod row;

mod served;

mod state;

mod testing;

pub use arrow;
pub use icosian_ir as ir;
pub use icosian_macros::flow;
pub use icosian_runtime as runtime;

pub use cache::ReadCache;
pub use checks::{CheckFailure, CheckOutcome, CheckReport};
pub use error::{Error, ErrorKind};
pub use flow::{Flow, FlowOptions, FlowText};
pub use icosian_ir::graph::{CheckAction, Graph};
pub use icosian_ir::types::{ScalarType, TimeUnit, Type, Zone};
pub use icosian_ir::value::Value as Constant;
pub use icosian_runtime::execute::{
    Backend, Executor, HostError, KernelCache, ParallelExecutor, SerialExecutor, WindowState,
};
pub use icosian_runtime::result::ResultBuilder;
pub use inputs::{Inputs, ReadOptions, Source};
pub use operators::{FlowBuilder, IntoValue, TableBuilder, Value};
pub use output::{Batches, RunOutput};
pub use prepared::{Prepared, Stage};
pub use row::{RowInput, RowOutput, RowPlan, RowValue};
pub use selection::Selection;
pub use state::{FittedState, ParamDifference};
