//! The commands of the shell, which begin with a dot.

use std::io::Write;
use std::path::Path;

use icosian::check::functions::{FUNCTIONS, function};
use icosian::diagnostic::nearest;
use icosian_ir::graph::{Node, NodeKind, TableRows};

use super::{Next, Shell};
use crate::cli::arguments::StageName;
use crate::cli::exit::{Failure, Outcome};
use crate::cli::explain::{graph, stage};
use crate::cli::fmt::replace;
use crate::cli::show::{count, printable};

/// A command.
pub(super) struct Command {
    /// Its name, without the dot.
    pub(super) name: &'static str,
    /// What follows it.
    arguments: &'static str,
    /// What it does, in a line.
    pub(super) purpose: &'static str,
}

/// Every command.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        arguments: "[NAME]",
        purpose: "this, or about a function, node, table or command",
    },
    Command {
        name: "load",
        arguments: "FILE",
        purpose: "add a flow, or data as a table named after the file",
    },
    Command {
        name: "schema",
        arguments: "[TABLE]",
        purpose: "the tables and their columns",
    },
    Command {
        name: "nodes",
        arguments: "[TEXT]",
        purpose: "every node, or those whose name holds a text",
    },
    Command {
        name: "explain",
        arguments: "[STAGE] EXPRESSION",
        purpose: "how it is computed: graph, columns, plan, clif or asm",
    },
    Command {
        name: "timer",
        arguments: "[on|off]",
        purpose: "tell how long each input took",
    },
    Command {
        name: "save",
        arguments: "FILE",
        purpose: "write the session as a flow",
    },
    Command {
        name: "quit",
        arguments: "",
        purpose: "end the session, as Ctrl-D does",
    },
];

const INTRODUCTION: &str = "\
mean(flights.dep_delay)          evaluate an expression
flights where dep_delay > 60     or a query, or show a table by its name
gained = dep_delay - arr_delay   define a name; again, to change it and all that follows
";

impl Shell<'_> {
    /// Does what a command says.
    pub(super) fn command(&mut self, text: &str) -> Result<Next, Failure> {
        let text = text.trim();
        let (name, rest) = match text.split_once(char::is_whitespace) {
            Some((name, rest)) => (name, rest.trim()),
            None => (text, ""),
        };
        match name {
            "quit" | "exit" | "q" => return Ok(Next::Quit),
            "help" | "h" => self.help(rest)?,
            "load" => self.load_command(rest)?,
            "schema" | "tables" => self.schema(rest)?,
            "nodes" => self.nodes(rest)?,
            "explain" => self.explain(rest)?,
            "timer" => self.timer_command(rest)?,
            "save" => self.save(rest)?,
            _ => {
                let names = COMMANDS.iter().map(|command| command.name);
                let help = match nearest(name, names) {
                    Some(near) => format!("did you mean `.{near}`?"),
                    None => "`.help` lists the commands".to_owned(),
                };
                return Err(Failure::call(
                    format!("there is no command `.{name}`"),
                    help,
                ));
            }
        }
        Ok(Next::Go)
    }

    fn help(&mut self, name: &str) -> Outcome {
        let name = name.trim_start_matches('.').trim_end_matches("()");
        let out = &mut self.console.out;
        if name.is_empty() {
            writeln!(out, "{INTRODUCTION}")?;
            for command in COMMANDS {
                let call = format!(".{} {}", command.name, command.arguments);
                writeln!(out, "{call:<32} {}", command.purpose)?;
            }
            let mut names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
            names.sort_unstable();
            names.dedup();
            writeln!(out, "\nfunctions, about which `.help NAME` tells:")?;
            return Ok(wrapped(out, &names, self.console.width.unwrap_or(80))?);
        }
        let mut known = false;
        if let Some(function) = function(name) {
            writeln!(out, "{}", function.signature())?;
            writeln!(out, "  {}", function.documentation)?;
            writeln!(out, "  {}", function.example)?;
            known = true;
        }
        if let Some(command) = COMMANDS.iter().find(|command| command.name == name) {
            writeln!(out, ".{} {}", command.name, command.arguments)?;
            writeln!(out, "  {}", command.purpose)?;
            known = true;
        }
        let flow = self.session.flow().clone();
        if let Some(table) = flow.graph().table(name) {
            let table = &flow.graph().tables[table];
            writeln!(out, "table {}", table.name)?;
            indented(out, &table.doc)?;
            writeln!(
                out,
                "  {} columns; `.schema {name}` lists them",
                table.members.len()
            )?;
            known = true;
        }
        if let Ok(id) = flow.node(name) {
            let node = &flow.graph().nodes[id];
            writeln!(out, "{}: {}", node.name, node.ty)?;
            indented(out, &node.doc)?;
            if let Some(span) = flow.spans().nodes.get(&id) {
                indented(out, flow.sources().slice(*span))?;
            }
            known = true;
        }
        if known {
            return Ok(());
        }
        let functions = FUNCTIONS.iter().map(|function| function.name);
        let nodes = flow.graph().nodes.values().map(Node::short_name);
        let commands = COMMANDS.iter().map(|command| command.name);
        let near = nearest(name, functions.chain(nodes).chain(commands));
        let help = near.map_or_else(
            || "`.help` lists commands and functions, `.nodes` the nodes".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Failure::call(
            format!("nothing here is called `{name}`"),
            help,
        ))
    }

    fn load_command(&mut self, path: &str) -> Outcome {
        let path = unquoted(path);
        if path.is_empty() {
            return Err(Failure::call("which file?", ".load FILE"));
        }
        self.load(Path::new(path))?;
        self.schema("")
    }

    fn schema(&mut self, name: &str) -> Outcome {
        let flow = self.session.flow().clone();
        let graph = flow.graph();
        let out = &mut self.console.out;
        if graph.tables.is_empty() {
            self.console
                .note("there are no tables yet; `.load FILE` brings one");
            return Ok(());
        }
        if name.is_empty() {
            for table in graph.tables.values() {
                let rows = match &table.rows {
                    TableRows::Source(Some(binding)) => format!("from {:?}", binding.path),
                    TableRows::Source(None) => "without a file".to_owned(),
                    _ => "computed".to_owned(),
                };
                let columns = count(table.members.len());
                writeln!(out, "{}  {columns} columns, {rows}", printable(&table.name))?;
            }
            return Ok(());
        }
        let Some(table) = graph.table(name) else {
            let names = graph.tables.values().map(|table| table.name.as_str());
            let help = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
            let message = format!("there is no table `{name}`");
            return Err(Failure::call(message, help.unwrap_or_default()));
        };
        let members = &graph.tables[table].members;
        self.list(members.iter().map(|id| {
            let node = &graph.nodes[*id];
            (node.short_name(), node)
        }))
    }

    fn nodes(&mut self, text: &str) -> Outcome {
        let flow = self.session.flow().clone();
        let nodes = flow.graph().nodes.values();
        let nodes = nodes.filter(|node| !node.hidden && node.name.contains(text));
        self.list(nodes.map(|node| (node.name.as_str(), node)))
    }

    /// A line per node: name, type, where it comes from, the first line of its documentation.
    fn list<'n>(&mut self, nodes: impl Iterator<Item = (&'n str, &'n Node)>) -> Outcome {
        let rows: Vec<[String; 4]> = nodes
            .map(|(name, node)| {
                let origin = match node.kind {
                    NodeKind::Column { .. } => "read",
                    NodeKind::Param { .. } => "given",
                    NodeKind::Definition(_) => "computed",
                };
                [
                    printable(name),
                    node.ty.to_string(),
                    origin.to_owned(),
                    printable(node.doc.lines().next().unwrap_or("")),
                ]
            })
            .collect();
        let width = |column: usize| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or(0)
        };
        let (names, types) = (width(0), width(1));
        for [name, ty, origin, doc] in &rows {
            let line = format!("{name:names$}  {ty:types$}  {origin:8}  {doc}");
            writeln!(self.console.out, "{}", line.trim_end())?;
        }
        if rows.is_empty() {
            self.console.note("there are none");
        }
        Ok(())
    }

    fn explain(&mut self, text: &str) -> Outcome {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let name = match word {
            "graph" => Some(StageName::Graph),
            "columns" => Some(StageName::Columns),
            "plan" => Some(StageName::Plan),
            "clif" => Some(StageName::Clif),
            "asm" => Some(StageName::Asm),
            _ => None,
        };
        let (name, expression) = match name {
            Some(name) => (name, rest.trim().to_owned()),
            None => (StageName::Plan, text.to_owned()),
        };
        let text = self.watch(move |session, _| match (name, expression.is_empty()) {
            (StageName::Graph, true) => Ok(graph(session.flow())),
            (_, true) => stage(session.flow().outputs(), name),
            (_, false) => stage(session.select(&expression)?, name),
        })?;
        writeln!(self.console.out, "{}", text.trim_end())?;
        Ok(())
    }

    fn timer_command(&mut self, text: &str) -> Outcome {
        self.timer = match text {
            "on" => true,
            "off" => false,
            "" => !self.timer,
            _ => {
                return Err(Failure::call(
                    format!("`.timer {text}`?"),
                    ".timer on, .timer off",
                ));
            }
        };
        let state = if self.timer { "on" } else { "off" };
        self.console.note(&format!("the timer is {state}"));
        Ok(())
    }

    fn save(&mut self, path: &str) -> Outcome {
        let path = unquoted(path);
        if path.is_empty() {
            return Err(Failure::call("to which file?", ".save FILE"));
        }
        let text = self.session.text();
        replace(Path::new(path), &text)
            .map_err(|error| Failure::Run(format!("can't write {path}: {error}")))?;
        self.console.note(&format!("saved to {path}"));
        Ok(())
    }
}

/// A path without the quotes around it.
fn unquoted(path: &str) -> &str {
    let inner = |quote: char| path.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(path)
}

fn indented(out: &mut dyn Write, text: &str) -> std::io::Result<()> {
    for line in text.lines() {
        writeln!(out, "  {}", printable(line))?;
    }
    Ok(())
}

/// Words in lines of at most `width` characters.
fn wrapped(out: &mut dyn Write, words: &[&str], width: usize) -> std::io::Result<()> {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.len() + 2 + word.len() > width {
            writeln!(out, "{line}")?;
            line.clear();
        }
        line += if line.is_empty() { "  " } else { " " };
        line += word;
    }
    writeln!(out, "{line}")
}
