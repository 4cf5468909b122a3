//! Wide routines: mathematical functions over blocks of a column, for each CPU level.
//!
//! Cranelift's vectors have 128 bits, and a mathematical function is a long chain of arithmetic
//! where width is everything; so functions are no part of fused segments. They are the scalar
//! bodies of [`icosian_ir::meaning::math`], which the Rust compiler vectorizes in a loop that is
//! compiled once per [`CpuLevel`]. Same operations in the same order, so the same bits.
//!
//! A routine runs the branch-free body over a block of [`BLOCK`] rows and then, if any row's
//! argument asks for it, redoes those rows with the scalar body: what a row gives depends on its
//! arguments alone, never on its neighbours.

mod dispatch;
mod level;
mod routine;
mod time;

pub use dispatch::Routine;
pub use level::CpuLevel;
pub use routine::{BinaryRoutine, Element, UnaryRoutine};
pub use time::{Calendar, Moments};

/// Rows that are computed before the rows that need it are redone: they are still in L1.
pub const BLOCK: usize = 1024;
