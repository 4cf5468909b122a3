//! The attribute that makes a flow of a module of Rust functions. What it hands over, and what comes
//! of it, is `icosian::typed`.

use proc_macro::TokenStream;

mod expand;
mod parse;

/// Makes a flow of a module: each function is a node, its name the node's, its parameters what the
/// node depends on. The module gets a function `graph() -> Result<Graph, Error>`, and
/// `graph_with(&BTreeMap<String, String>)` that takes configs.
///
/// * `#[flow(table = "weekly")]`: the table whose columns are read, and on whose rows nodes live.
/// * A parameter is a `Col<T>`, a `Scalar<T>` or a `Param<T>`. What no function defines is read from
///   the table (`Col`) or given per run (`Param`). `#[table("airports")]` before a column reads it from
///   another table; `#[default(15)]` before a `Param` is what it is if nothing is given.
/// * Before a function: doc comments, `#[tag(owner = "ops")]` or `#[tag(slow)]`, `#[fit]` (learned
///   once), `#[when(mode = "batch")]` (part of the flow if the config has that value), and
///   `#[name("top")]` for a node that is not called like its function, as alternatives under `when`.
/// * Functions whose names begin with `_`, and functions with type parameters, are no nodes: others
///   may call them.
#[proc_macro_attribute]
pub fn flow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = syn::parse_macro_input!(arguments as parse::Options);
    let module = syn::parse_macro_input!(item as syn::ItemMod);
    match parse::module(module).and_then(|module| expand::module(&options, module)) {
        Ok(tokens) => tokens.into(),
        Err(error) => error.to_compile_error().into(),
    }
}
