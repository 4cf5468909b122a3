//! From a flow's text to its syntax tree.

pub mod ast;
