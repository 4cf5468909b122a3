//! Icosian's intermediate representations and what they mean.
//!
//! Modules in the order in which a flow goes through them: a typed graph, the columnar IR, the
//! plan; then the meaning of every operation and the interpreter that defines it. No Arrow, no
//! machine code, no files, no unsafe code.

// The vocabulary of every stage.
pub mod host;
pub mod id;
pub mod op;
pub mod types;
pub mod typing;
pub mod value;

// The stages.
pub mod graph;

pub mod graph_to_columns;

pub mod columns;

pub mod rewrite;

pub mod columns_to_plan;

pub mod plan;

// What operations mean.
pub mod meaning;

pub mod interpret;
