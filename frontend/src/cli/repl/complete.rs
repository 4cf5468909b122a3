//! Completion of commands, functions, tables, columns and scalars.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use icosian::Flow;
use icosian::check::functions::FUNCTIONS;
use reedline::{Completer, CompletionResult, Span, Suggestion};

use super::commands::COMMANDS;
use super::session::quoted_name;

/// The names that can be typed.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Members by table.
    tables: BTreeMap<String, Vec<(String, String)>>,
    /// Names without a table, with their types.
    scalars: Vec<(String, String)>,
}

/// A name that completes a word: its text and what it is.
type Found = (String, String);

impl Vocabulary {
    /// The names of a flow.
    pub(crate) fn of(flow: &Flow) -> Vocabulary {
        let graph = flow.graph();
        let mut vocabulary = Vocabulary::default();
        for table in graph.tables.values() {
            vocabulary.tables.insert(table.name.clone(), Vec::new());
        }
        for (id, node) in graph.nodes.iter().filter(|(_, node)| !node.hidden) {
            let entry = (node.short_name().to_owned(), node.ty.to_string());
            let table = graph.table_of(id).map(|table| &graph.tables[table].name);
            match table.and_then(|table| vocabulary.tables.get_mut(table)) {
                Some(members) => members.push(entry),
                None => vocabulary
                    .scalars
                    .push((node.name.clone(), node.ty.to_string())),
            }
        }
        vocabulary
    }

    /// What completes the word before `position`: where the word begins, and the candidates.
    pub(crate) fn complete(&self, line: &str, position: usize) -> (usize, Vec<Found>) {
        let before = &line[..line.floor_char_boundary(position)];
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, character)| is_part(*character))
            .last()
            .map_or(before.len(), |(start, _)| start);
        let (ahead, word) = before.split_at(start);
        if ahead.trim_start() == "." {
            let commands = COMMANDS
                .iter()
                .map(|command| (command.name, command.purpose));
            return (start, matching(commands, word));
        }
        if ahead.is_empty() && word.is_empty() {
            return (start, Vec::new());
        }
        if let Some(owner) = ahead.strip_suffix('.') {
            let begins = owner
                .char_indices()
                .rev()
                .take_while(|(_, character)| is_part(*character))
                .last()
                .map_or(owner.len(), |(start, _)| start);
            let members = self.tables.get(&owner[begins..]);
            let members = members.into_iter().flatten();
            let members = members.map(|(name, ty)| (name.as_str(), ty.as_str()));
            let mut found = matching(members, word);
            found.extend(functions(word));
            return (start, found);
        }
        let members = self.tables.values().flatten().chain(&self.scalars);
        let mut found = matching(members.map(|(name, ty)| (name.as_str(), ty.as_str())), word);
        let tables = self.tables.keys().map(|name| (name.as_str(), "table"));
        found.extend(matching(tables, word));
        // Several tables may have a column of one name.
        found.sort();
        found.dedup_by(|a, b| a.0 == b.0);
        found.extend(functions(word));
        (start, found)
    }
}

fn matching<'a>(names: impl Iterator<Item = (&'a str, &'a str)>, word: &str) -> Vec<Found> {
    let fits = |name: &str| {
        let mut letters = name.chars().flat_map(char::to_lowercase);
        word.chars()
            .flat_map(char::to_lowercase)
            .all(|letter| letters.next() == Some(letter))
    };
    names
        .filter(|(name, _)| fits(name))
        .map(|(name, about)| (quoted_name(name), about.to_owned()))
        .collect()
}

fn functions(word: &str) -> Vec<Found> {
    let fitting = FUNCTIONS
        .iter()
        .filter(|function| function.name.starts_with(word));
    fitting
        .map(|function| {
            (
                format!("{}(", function.name),
                function.documentation.to_owned(),
            )
        })
        .collect()
}

/// Completes from a vocabulary that the session renews.
pub(crate) struct ShellCompleter {
    vocabulary: Arc<Mutex<Vocabulary>>,
}

impl ShellCompleter {
    pub(crate) fn new(vocabulary: Arc<Mutex<Vocabulary>>) -> ShellCompleter {
        ShellCompleter { vocabulary }
    }
}

impl Completer for ShellCompleter {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let vocabulary = self
            .vocabulary
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (start, found) = vocabulary.complete(line, position);
        let suggestions: Vec<Suggestion> = found
            .into_iter()
            .map(|(value, description)| Suggestion {
                append_whitespace: false,
                description: Some(description),
                span: Span::new(start, position.max(start)),
                value,
                ..Suggestion::default()
            })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

#[cfg(test)]
mod tests {
    use super::Vocabulary;

    fn vocabulary() -> Vocabulary {
        let entry = |name: &str| (name.to_owned(), "f64".to_owned());
        Vocabulary {
            tables: [
                (
                    "flights".to_owned(),
                    vec![entry("dep_delay"), entry("Air time")],
                ),
                ("days".to_owned(), vec![entry("dep_delay")]),
            ]
            .into(),
            scalars: vec![entry("depth")],
        }
    }

    fn names(line: &str) -> (usize, Vec<String>) {
        let (start, found) = vocabulary().complete(line, line.len());
        (start, found.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn words_become_columns_scalars_tables_and_functions() {
        assert_eq!(
            names("1 + dep"),
            (4, vec!["dep_delay".to_owned(), "depth".to_owned()])
        );
        assert!(names("da").1.contains(&"days".to_owned()));
        assert!(names("mea").1.contains(&"mean(".to_owned()));
        assert_eq!(names("air").1, ["`Air time`"]);
    }

    #[test]
    fn after_a_dot_members_and_functions() {
        let (start, found) = names("mean(flights.d");
        assert_eq!(start, 13);
        assert!(found.contains(&"dep_delay".to_owned()));
        assert!(!found.contains(&"depth".to_owned()));
        assert!(found.contains(&"diff(".to_owned()));
    }

    #[test]
    fn commands_begin_with_a_dot() {
        assert_eq!(names(".sch"), (1, vec!["schema".to_owned()]));
        assert_eq!(
            names("é."),
            (
                3,
                super::functions("")
                    .into_iter()
                    .map(|(name, _)| name)
                    .collect()
            )
        );
    }
}
