//! Icosian's intermediate representations and what they mean.
//!
//! Modules in the order in which a flow goes through them: a typed graph, the columnar IR, the
//! plan; then the meaning of every operation and the interpreter that defines it. No Arrow, no
//! machine code, no files, no unsafe code.

pub mod columns;
pub mod graph;
pub mod id;
pub mod meaning;
pub mod op;
pub mod plan;
pub mod types;
pub mod typing;
pub mod value;
