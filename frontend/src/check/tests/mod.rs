//! Flows as text beside facts about their graphs, or the mistakes that must be told.

mod composition;
mod instances;
mod mistakes;
mod names;
mod reductions;
mod scale;
mod tables;
mod text;
mod time_patterns;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

use icosian_ir::graph::{Binding, Graph};
use icosian_ir::types::ScalarType;

use super::{CheckOptions, Checked, ImportLoader, Imported, SchemaColumn, SchemaSource, check};
use crate::diagnostic::{Code, FileId};
use crate::syntax::parse;

/// Files by path; the flow itself is file 0.
struct Files<'a>(HashMap<&'a str, (FileId, &'a str)>);

impl ImportLoader for Files<'_> {
    fn load(&mut self, _: FileId, path: &str) -> Result<Imported, String> {
        let (file, text) = self.0.get(path).ok_or("there is no such file")?;
        let parsed = parse(*file, text);
        Ok(Imported {
            program: Arc::new(parsed.program),
            diagnostics: parsed.diagnostics,
        })
    }
}

struct TwoColumns;

impl SchemaSource for TwoColumns {
    fn schema(&self, table: &str, _: Option<&Binding>) -> Result<Vec<SchemaColumn>, String> {
        if table != "known" {
            return Err("the file is missing".to_owned());
        }
        let column = |name: &str, scalar: ScalarType| SchemaColumn {
            name: name.to_owned(),
            ty: scalar.nullable(),
        };
        Ok(vec![
            column("a", ScalarType::F64),
            column("odd name", ScalarType::Str),
        ])
    }
}

fn check_files(text: &str, files: &[(&str, &str)], configs: &[(&str, &str)]) -> Checked {
    let parsed = parse(FileId(0), text);
    assert_eq!(parsed.diagnostics, [], "the text does not parse");
    let files = files
        .iter()
        .enumerate()
        .map(|(position, (path, text))| (*path, (FileId(position as u32 + 1), *text)))
        .collect();
    let options = CheckOptions {
        configs: configs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        schemas: Some(&TwoColumns),
        tests: true,
        test: None,
    };
    check(&parsed.program, &mut Files(files), &options)
}

fn checked(text: &str) -> Checked {
    check_files(text, &[], &[])
}

/// The graph of a flow without mistakes.
#[track_caller]
fn graph(text: &str) -> Graph {
    let checked = checked(text);
    assert_eq!(checked.diagnostics, []);
    checked.graph
}

/// The type of a node, as text.
#[track_caller]
fn type_of(graph: &Graph, name: &str) -> String {
    let node = graph.node(name).unwrap_or_else(|| panic!("no node {name}"));
    graph.nodes[node].ty.to_string()
}

/// The codes, the texts that the mistakes point at, and their messages.
fn mistakes_of(text: &str) -> Vec<(Code, String, String)> {
    told(&checked(text), text)
}

fn told(checked: &Checked, text: &str) -> Vec<(Code, String, String)> {
    checked
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let at = diagnostic
                .primary
                .filter(|span| span.file == FileId(0))
                .map_or(String::new(), |span| text[span.range()].to_owned());
            (diagnostic.code, at, diagnostic.message.clone())
        })
        .collect()
}

/// Asserts that a flow has exactly one mistake, of this code, at this text, with these words in
/// its message or help.
#[track_caller]
fn one_mistake(text: &str, code: Code, at: &str, words: &[&str]) {
    let checked = checked(text);
    let told = told(&checked, text);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((told[0].0, &*told[0].1), (code, at), "{told:#?}");
    let diagnostic = &checked.diagnostics[0];
    let all = format!(
        "{}\n{}\n{}",
        diagnostic.message,
        diagnostic.notes.join("\n"),
        diagnostic.help.join("\n")
    );
    for word in words {
        assert!(all.contains(word), "{word:?} is not in {all:?}");
    }
}
