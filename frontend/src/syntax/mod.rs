//! From a flow's text to its syntax tree: `lexer` → `parser` → [`ast`]; and back to text for
//! `icosian fmt`: [`format`](format()).
//!
//! Parsing never fails; it gives a tree and diagnostics.

pub mod ast;
mod format;
mod lexer;
pub(crate) mod literal;
mod parser;
mod reports;
mod token;

pub use format::format;
pub use parser::{
    MAX_BLOCK_DEPTH, MAX_BRACKET_DEPTH, MAX_FILE_BYTES, Parsed, ParsedExpression, is_incomplete,
    parse, parse_expression, parse_selectors, starts_item,
};
pub use reports::MAX_DIAGNOSTICS;
