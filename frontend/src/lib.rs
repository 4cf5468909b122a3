//! Icosian: named definitions over columns, fused and compiled.

pub mod diagnostic;
pub mod syntax;
