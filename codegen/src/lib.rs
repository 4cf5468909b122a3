//! Icosian's code generation: fused segments of the columnar IR become machine code by Cranelift,
//! and mathematical functions become routines for each CPU level. No Arrow, no IO.

pub mod abi;
pub mod wide;
