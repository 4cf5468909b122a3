//! Icosian's code generation: fused segments of the columnar IR become machine code by Cranelift,
//! and mathematical functions become routines for each CPU level. No Arrow, no IO.

pub mod abi;
mod compile;
mod emit;
mod error;
mod host;
mod kernel;
mod schedule;
mod text;
pub mod wide;

#[cfg(test)]
mod tests;

pub use compile::{CompileOptions, Nulls, compile};
pub use error::CompileError;
pub use kernel::{CompiledKernel, KernelSignature, Slot};
pub use text::KernelText;
