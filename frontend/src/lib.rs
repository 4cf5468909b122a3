//! Icosian: named definitions over columns, fused and compiled.

pub mod check;
pub mod diagnostic;
pub mod syntax;
