//! From a flow's text to its syntax tree: `lexer` → `parser` → [`ast`].
//!
//! The grammar is that of `docs/language.md`. Parsing never fails; it gives a tree and
//! diagnostics.

pub mod ast;
mod lexer;
mod literal;
mod parser;
mod reports;
mod token;

pub use parser::{
    MAX_BLOCK_DEPTH, MAX_BRACKET_DEPTH, MAX_FILE_BYTES, Parsed, ParsedExpression, is_incomplete,
    parse, parse_expression, parse_selectors, starts_item,
};
pub use reports::MAX_DIAGNOSTICS;
