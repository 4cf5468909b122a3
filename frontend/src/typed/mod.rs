//! Rust functions as nodes: the types that they are written in.
//!
//! [`flow`](crate::flow) makes a flow of a module. A function's name is its node, its parameters are
//! what it depends on: other functions, or columns of the table, or parameters given per run. The
//! functions run once, when the graph is built, on symbols: a [`Col`] is not data, and `a + b` is an
//! expression of the flow, which is fused and compiled like one of text. So what a flow can't express
//! does not compile, and types are checked by the Rust compiler, nulls (`Option`) included.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Arc;
//! use icosian::arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
//! use icosian::arrow::datatypes::Float64Type;
//! use icosian::{Flow, Inputs};
//!
//! /// Six weeks of advertising.
//! #[icosian::flow(table = "weekly")]
//! mod marketing {
//!     use icosian::typed::{Col, Param, Scalar};
//!
//!     /// Spend per signup.
//!     #[tag(owner = "growth")]
//!     fn cost(spend: Col<f64>, signups: Col<i64>) -> Col<f64> {
//!         spend / signups
//!     }
//!
//!     #[fit]
//!     fn spend_mean(spend: Col<f64>) -> Scalar<Option<f64>> {
//!         spend.mean()
//!     }
//!
//!     fn above(spend: Col<f64>, spend_mean: Scalar<Option<f64>>, #[default(1.0)] times: Param<f64>)
//!         -> Col<Option<bool>>
//!     {
//!         spend.greater(spend_mean * times.value)
//!     }
//! }
//!
//! let flow = Flow::from_graph(marketing::graph()?);
//! let spend: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 20.0, 60.0]));
//! let signups: ArrayRef = Arc::new(icosian::arrow::array::Int64Array::from(vec![1, 10, 50]));
//! let batch = RecordBatch::try_from_iter([("spend", spend), ("signups", signups)]).unwrap();
//! let output = flow.outputs().prepare()?.run(&Inputs::new().batches("weekly", vec![batch]))?;
//! let cost = output.table("weekly")?.column(0).clone();
//! assert_eq!(cost.as_primitive::<Float64Type>().values(), &[10.0, 2.0, 1.2]);
//! # Ok::<(), icosian::Error>(())
//! ```
//!
//! What a flow can't express does not compile. A column is no number to branch on:
//!
//! ```compile_fail
//! #[icosian::flow(table = "t")]
//! mod wrong {
//!     use icosian::typed::Col;
//!     fn y(x: Col<f64>) -> Col<f64> { if x > 0.0 { x } else { -x } }
//! }
//! ```
//!
//! Text and numbers don't add up, i64 and u64 have no common type, and null needs an `Option`:
//!
//! ```compile_fail
//! #[icosian::flow(table = "t")]
//! mod wrong {
//!     use icosian::typed::{Col, Text};
//!     fn y(x: Col<f64>, s: Col<Text>) -> Col<f64> { x + s }
//! }
//! ```
//!
//! ```compile_fail
//! #[icosian::flow(table = "t")]
//! mod wrong {
//!     use icosian::typed::Col;
//!     fn y(a: Col<i64>, b: Col<u64>) -> Col<i64> { a + b }
//! }
//! ```
//!
//! ```compile_fail
//! #[icosian::flow(table = "t")]
//! mod wrong {
//!     use icosian::typed::Col;
//!     fn y(x: Col<Option<f64>>) -> Col<f64> { x * 2.0 }
//! }
//! ```

mod build;
mod text;
mod types;
mod value;

pub use build::{Argument, Definition, IntoConstant, Kind, Module, Need, Place, Returned, Scope};
pub use types::{Base, Date, Element, Maybe, Meet, Never, Nulls, Number, Text, type_of};
pub use value::{
    Castable, Col, Float, Found, One, Operand, Over, Param, Rows, Scalar, Shape, Symbol,
};
