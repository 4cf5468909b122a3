//! The state of a shell: a flow that grows, and data that are read once.
//!
//! A change gives a new session; the old one stays as it was until the change is known to be
//! good. So a mistake, or Ctrl-C in the midst of it, costs nothing.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use icosian::diagnostic::{Code, Severity, Sources};
use icosian::{
    Constant, Error, Flow, FlowOptions, FlowText, Inputs, ParallelExecutor, Prepared, ReadCache,
    Selection, Type,
};
use icosian_ir::graph::TableDefinition;

use super::parts::{Definition, Part, Space, definitions};
use crate::cli::exit::Failure;
use crate::cli::head::HeadExecutor;
use crate::cli::inputs::stem;
use crate::cli::show::{HEAD, ShownTable, shown_table};

/// What an expression is called in diagnostics.
const EXPRESSION: &str = "expression";

/// A flow that grows, and the data it is evaluated over.
#[derive(Clone)]
pub(crate) struct Session {
    parts: Vec<Part>,
    /// Where the paths in the parts begin.
    folder: PathBuf,
    inputs: Inputs,
    cache: ReadCache,
    flow: Flow,
    /// How many inputs were typed.
    typed: usize,
    executor: ParallelExecutor,
}

/// What an expression comes to.
pub(crate) enum Evaluated {
    Scalar(Type, Constant),
    Table(ShownTable),
}

/// What a definition changed.
pub(crate) struct Change {
    /// Name and type of what was defined.
    pub(crate) defined: Vec<(String, Option<Type>)>,
    /// What followed.
    pub(crate) dependents: Vec<String>,
}

impl Session {
    /// A session without definitions; `inputs` tell how files are read.
    pub(crate) fn new(inputs: Inputs, executor: ParallelExecutor) -> Result<Session, Failure> {
        let cache = ReadCache::new();
        Ok(Session {
            parts: Vec::new(),
            folder: PathBuf::new(),
            inputs: inputs.cache(&cache),
            cache,
            flow: Flow::from_texts(&[], &FlowOptions::default())?,
            typed: 0,
            executor,
        })
    }

    /// The flow as it is now.
    pub(crate) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The data.
    pub(crate) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The whole text, part after part.
    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().map(|part| part.text.trim());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        match texts.is_empty() {
            true => String::new(),
            false => texts.join("\n\n") + "\n",
        }
    }

    fn options(&self) -> FlowOptions {
        FlowOptions {
            inputs: self.inputs.clone(),
            folder: self.folder.clone(),
            ..FlowOptions::default()
        }
    }

    fn texts(&self) -> Vec<FlowText> {
        let parts = self.parts.iter();
        parts
            .map(|part| FlowText::items(&part.name, &part.text))
            .collect()
    }

    /// Checks the parts anew.
    fn checked(mut self) -> Result<Session, Error> {
        self.flow = Flow::from_texts(&self.texts(), &self.options())?;
        Ok(self)
    }

    /// The session with a flow's file; loaded again, the file takes its former place.
    pub(crate) fn load_flow(&self, path: &Path) -> Result<Session, Failure> {
        let bytes = std::fs::read(path).map_err(|error| {
            Failure::call(format!("can't read {}: {error}", path.display()), "")
        })?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let name = path.display().to_string();
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let mut session = self.clone();
        session.cache.clear();
        if self.parts.is_empty() {
            session.folder = folder;
        } else if absolute(&folder) != absolute(&self.folder) {
            let message = format!("{name} stands in another folder than this session's files");
            let help = format!("`icosian repl {name}` opens a session there");
            return Err(Failure::call(message, help));
        }
        match session.parts.iter_mut().find(|part| part.name == name) {
            Some(part) => part.text = text,
            None => session.parts.push(Part { name, text }),
        }
        Ok(session.checked()?)
    }

    /// The session with a table that a file holds.
    pub(crate) fn load_data(&self, table: Option<&str>, path: &Path) -> Result<Session, Failure> {
        let table = table.map_or_else(|| stem(path), str::to_owned);
        let mut from = path.to_path_buf();
        if !self.folder.as_os_str().is_empty() && path.is_relative() {
            from = absolute(path);
        }
        let text = format!(
            "table {} from \"{}\"",
            quoted_name(&table),
            from.to_string_lossy()
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
        );
        self.cache.clear();
        self.define_as(&path.display().to_string(), &text)
            .map(|(session, _)| session)
    }

    /// The session with items that were typed; a name that was defined before gets its new
    /// definition.
    pub(crate) fn define(&self, text: &str) -> Result<(Session, Change), Failure> {
        let mut session = self.clone();
        session.typed += 1;
        let name = format!("input {}", session.typed);
        session.define_as(&name, text)
    }

    fn define_as(&self, name: &str, text: &str) -> Result<(Session, Change), Failure> {
        let new = definitions(text);
        if !new.diagnostics.is_empty() {
            let mut sources = Sources::new();
            sources.add(name, text);
            return Err(Failure::Rendered {
                heading: String::new(),
                diagnostics: new.diagnostics,
                sources,
            });
        }
        let (edited, place) = self.with_roots_replaced(name, text, &new.found, new.roots == 1);
        let checked = edited.clone().checked();
        let (session, place, edited) = match checked {
            Ok(session) => (session, place, edited),
            Err(error) => match self.with_member_replaced(text, &new.found, &error) {
                // The name is that of a member of a table: it is that which is meant.
                Some((edited, place)) => match edited.clone().checked() {
                    Ok(session) => (session, place, edited),
                    Err(error) => return Err(edited.refusal(error, &place, &new.found)),
                },
                None => return Err(edited.refusal(error, &place, &new.found)),
            },
        };
        let change = session.change(&edited.parts[place.part].name, &place.range, &new.found);
        Ok((session, change))
    }

    /// The parts with a new one, or with the item of the same name replaced; and where that is.
    fn with_roots_replaced(
        &self,
        name: &str,
        text: &str,
        new: &[Definition],
        alone: bool,
    ) -> (Session, Place) {
        let mut session = self.clone();
        let mut place = None;
        let roots: Vec<&Definition> = new.iter().filter(|new| new.is_root).collect();
        for (position, part) in session.parts.iter_mut().enumerate() {
            let mut old: Vec<Definition> = definitions(&part.text).found;
            old.retain(|old| {
                let same = |new: &&Definition| new.space == old.space && new.name == old.name;
                old.is_root && roots.iter().any(same)
            });
            // From the end on, so that what stands before keeps its place.
            old.sort_by_key(|old| std::cmp::Reverse(old.span.start));
            for old in old {
                if alone && place.is_none() {
                    let range = replace(part, &old, text, new);
                    place = Some(Place {
                        part: position,
                        range,
                    });
                } else {
                    part.text.replace_range(old.whole, "");
                }
            }
        }
        let place = place.unwrap_or_else(|| {
            session.parts.push(Part {
                name: session.unused(name),
                text: text.to_owned(),
            });
            Place {
                part: session.parts.len() - 1,
                range: 0..text.len(),
            }
        });
        (session, place)
    }

    /// A name for a part that none has yet.
    fn unused(&self, name: &str) -> String {
        let mut unused = name.to_owned();
        while self.parts.iter().any(|part| part.name == unused) {
            unused.push('\'');
        }
        unused
    }

    /// The parts with one member of a table replaced where it stands, if that is what the name of
    /// a single definition means.
    fn with_member_replaced(
        &self,
        text: &str,
        new: &[Definition],
        error: &Error,
    ) -> Option<(Session, Place)> {
        let taken = |code: Code| code == Code::NameTaken;
        if !error
            .diagnostics()
            .iter()
            .any(|diagnostic| taken(diagnostic.code))
        {
            return None;
        }
        let mut roots = new.iter().filter(|new| new.is_root);
        let (Some(root), None) = (roots.next(), roots.next()) else {
            return None;
        };
        let mut found = None;
        for (position, part) in self.parts.iter().enumerate() {
            for old in definitions(&part.text).found {
                let same =
                    old.space == Space::Value && old.name == root.name && old.table.is_some();
                if same && (!old.is_plain || found.replace((position, old)).is_some()) {
                    return None;
                }
            }
        }
        let (part, old) = found?;
        let mut session = self.clone();
        let range = replace(&mut session.parts[part], &old, text, new);
        Some((session, Place { part, range }))
    }

    /// Why a change is refused: by its own mistakes, or by those it would make of others.
    fn refusal(&self, error: Error, place: &Place, new: &[Definition]) -> Failure {
        let mut broken: Vec<String> = Vec::new();
        for diagnostic in error.diagnostics() {
            let Some(span) = diagnostic.primary else {
                continue;
            };
            if diagnostic.severity != Severity::Error {
                continue;
            }
            let name = error.sources().name(span.file);
            let Some(part) = self.parts.iter().position(|part| part.name == name) else {
                continue;
            };
            let start = span.start as usize;
            if part == place.part && place.range.contains(&start) {
                return Failure::from(error);
            }
            let around = definitions(&self.parts[part].text).found.into_iter();
            let around = around.filter(|definition| definition.whole.contains(&start));
            let innermost = around.min_by_key(|definition| definition.whole.len());
            let name = innermost.map_or_else(|| name.to_owned(), |found| found.full_name());
            if !broken.contains(&name) {
                broken.push(name);
            }
        }
        if broken.is_empty() {
            return Failure::from(error);
        }
        let roots = new.iter().filter(|new| new.is_root);
        let names: Vec<&str> = roots.map(|new| new.name.as_str()).collect();
        let heading = format!(
            "error: `{}` stays as it was: with this change {} would no longer check",
            names.join("`, `"),
            broken.join(", "),
        );
        Failure::Rendered {
            heading,
            diagnostics: error.diagnostics().to_vec(),
            sources: error.sources().clone(),
        }
    }

    /// What a definition changed.
    fn change(&self, part: &str, range: &Range<usize>, new: &[Definition]) -> Change {
        let graph = self.flow.graph();
        let mut change = Change {
            defined: Vec::new(),
            dependents: Vec::new(),
        };
        for (id, node) in graph.nodes.iter() {
            let Some(span) = self.flow.spans().nodes.get(&id) else {
                continue;
            };
            let is_here = self.flow.sources().name(span.file) == part
                && range.contains(&(span.start as usize));
            if is_here && !node.hidden && change.defined.len() < 1000 {
                change.defined.push((node.name.clone(), Some(node.ty)));
            }
        }
        for new in new.iter().filter(|new| new.is_root) {
            let known = change
                .defined
                .iter()
                .any(|(name, _)| *name == new.name || name.ends_with(&format!(".{}", new.name)));
            if !known {
                change.defined.push((new.name.clone(), None));
            }
        }
        if let [(name, Some(_))] = &change.defined[..]
            && let Ok(dependents) = self.flow.downstream(name)
        {
            change.dependents = dependents.into_iter().map(str::to_owned).collect();
        }
        change
    }

    /// What an expression, query or name selects, in a flow that has it.
    pub(crate) fn select(&self, text: &str) -> Result<Selection, Failure> {
        let text = text.trim();
        let graph = self.flow.graph();
        if let Some(table) = graph.table(unquoted(text)) {
            return self.select_table(&self.flow, &graph.tables[table]);
        }
        if let Ok(node) = self.flow.node(unquoted(text)) {
            return Ok(self.flow.select_nodes(&[&graph.nodes[node].name])?);
        }
        let name = self.unused_value();
        let mut texts = self.texts();
        texts.push(FlowText::expression(EXPRESSION, text, &name));
        let flow = Flow::from_texts(&texts, &self.options())?;
        if let Some(table) = flow.graph().table(&name) {
            return self.select_table(&flow, &flow.graph().tables[table]);
        }
        let node = flow.node(&name)?;
        Ok(flow.select_nodes(&[&flow.graph().nodes[node].name])?)
    }

    /// All columns of a table that can be shown.
    fn select_table(&self, flow: &Flow, table: &TableDefinition) -> Result<Selection, Failure> {
        let nodes = table.members.iter().map(|id| &flow.graph().nodes[*id]);
        let nodes = nodes.filter(|node| !node.hidden && !node.is_row_reference());
        let names: Vec<&str> = nodes.map(|node| node.name.as_str()).collect();
        if names.is_empty() {
            let message = format!("table `{}` has no columns", table.name);
            return Err(Failure::call(message, ""));
        }
        Ok(flow.select_nodes(&names)?)
    }

    /// A name for the value of an expression that means nothing else.
    fn unused_value(&self) -> String {
        let graph = self.flow.graph();
        let is_used = |name: &str| {
            graph.table(name).is_some()
                || graph.nodes.values().any(|node| node.short_name() == name)
        };
        let candidates = std::iter::once("value".to_owned());
        let candidates = candidates.chain((2..).map(|number| format!("value_{number}")));
        candidates
            .into_iter()
            .find(|name| !is_used(name))
            .unwrap_or_default()
    }

    /// Evaluates an expression, as far as it has to be known to show it.
    pub(crate) fn evaluate(&self, text: &str, stop: Arc<AtomicBool>) -> Result<Evaluated, Failure> {
        let prepared: Prepared = self.select(text)?.without_checks().prepare()?;
        let run = prepared.bind(&self.inputs)?.with_cancel(stop);
        let executor = HeadExecutor::new(self.executor.clone(), 2 * HEAD);
        let output = prepared.execute(&run, &executor)?;
        if let [(_, ty, value)] = output.scalars()[..] {
            return Ok(Evaluated::Scalar(ty, value.clone()));
        }
        let tables = output.tables();
        let Some(name) = tables.first() else {
            return Err(Failure::call("there is nothing to show", ""));
        };
        let mut shown = shown_table(&output, name)?;
        let table = prepared.flow().graph().table(name);
        if let Some(rows) = table.and_then(|table| executor.rows(table)) {
            shown.rows = rows;
        }
        // The made-up name of a query's table tells nothing.
        if self.flow.graph().table(name).is_none() {
            shown.name = String::new();
        }
        Ok(Evaluated::Table(shown))
    }
}

/// Where in the parts a text stands.
struct Place {
    part: usize,
    range: Range<usize>,
}

/// Puts a text in the place of a definition; its documentation and tags stay unless the text
/// brings its own.
fn replace(part: &mut Part, old: &Definition, text: &str, new: &[Definition]) -> Range<usize> {
    let text = text.trim();
    let documented = new
        .iter()
        .any(|new| new.is_root && new.whole.start < new.span.start);
    let range = if documented { &old.whole } else { &old.span };
    part.text.replace_range(range.clone(), text);
    range.start..range.start + text.len()
}

fn absolute(path: &Path) -> PathBuf {
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// A name as a flow writes it.
pub(crate) fn quoted_name(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    let is_plain = begins && characters.all(|other| other.is_alphanumeric() || other == '_');
    match is_plain && name.is_ascii() {
        true => name.to_owned(),
        false => format!("`{}`", name.replace('`', "'")),
    }
}

/// A name without the backticks around it.
fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'));
    inner.filter(|inner| !inner.contains('`')).unwrap_or(text)
}
