//! What goes wrong with a source: one type, rich enough to word every fault and to locate it.

use std::fmt;
use std::path::{Path, PathBuf};

use icosian_ir::types::Type;

/// What kind of fault a source has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SourceErrorKind {
    /// The file isn't there, can't be opened, or fails while being read.
    Unreadable,
    /// The name doesn't tell the format, or the content contradicts it.
    Format,
    /// The file breaks the rules of its format.
    Corrupt,
    /// The file was replaced or written to while it was being read.
    Changed,
    /// A column that is wanted isn't there, or is there twice.
    Column,
    /// A column's type doesn't widen to the one wanted.
    Type,
    /// A value doesn't fit the type wanted.
    Value,
    /// A null where the type allows none.
    Null,
}

/// A fault of a source: what was found, where, and what was wanted.
#[derive(Clone, Debug)]
pub struct SourceError {
    // Boxed, so that results on the way stay small.
    details: Box<Details>,
}

#[derive(Clone, Debug)]
struct Details {
    kind: SourceErrorKind,
    message: String,
    file: Option<PathBuf>,
    line: Option<u64>,
    row: Option<u64>,
    column: Option<String>,
    found: Option<String>,
    wanted: Option<Type>,
    available: Vec<String>,
}

impl SourceError {
    pub(crate) fn new(kind: SourceErrorKind, message: impl Into<String>) -> SourceError {
        SourceError {
            details: Box::new(Details {
                kind,
                message: message.into(),
                file: None,
                line: None,
                row: None,
                column: None,
                found: None,
                wanted: None,
                available: Vec::new(),
            }),
        }
    }

    pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> SourceError {
        SourceError::new(SourceErrorKind::Unreadable, error.to_string()).in_file(file)
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> SourceError {
        SourceError::new(SourceErrorKind::Corrupt, message)
    }

    /// A column that isn't among those there are.
    pub(crate) fn missing(column: &str, available: Vec<String>) -> SourceError {
        let mut error = SourceError::new(SourceErrorKind::Column, "there is no such column");
        error.details.available = available;
        error.of_column(column)
    }

    /// A key that isn't among those that an object has, and must be.
    pub(crate) fn missing_key(key: &str, available: Vec<String>) -> SourceError {
        let mut error = SourceError::new(SourceErrorKind::Null, "the object lacks this key");
        error.details.available = available;
        error.of_column(key)
    }

    pub(crate) fn in_file(mut self, file: &Path) -> SourceError {
        self.details.file = Some(file.to_owned());
        self
    }

    pub(crate) fn on_line(mut self, line: u64) -> SourceError {
        self.details.line = Some(line);
        self
    }

    pub(crate) fn in_row(mut self, row: u64) -> SourceError {
        self.details.row = Some(row);
        self
    }

    pub(crate) fn of_column(mut self, column: &str) -> SourceError {
        self.details.column = Some(column.to_owned());
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> SourceError {
        self.details.found = Some(found.into());
        self
    }

    pub(crate) fn wanted(mut self, wanted: Type) -> SourceError {
        self.details.wanted = Some(wanted);
        self
    }

    /// What kind of fault this is.
    pub fn kind(&self) -> SourceErrorKind {
        self.details.kind
    }

    /// The file, unless the source is record batches.
    pub fn file(&self) -> Option<&Path> {
        self.details.file.as_deref()
    }

    /// The line of a text file, from 1, the header included.
    pub fn line(&self) -> Option<u64> {
        self.details.line
    }

    /// The row of the file or of the record batches, from 0, where there are no lines.
    pub fn row(&self) -> Option<u64> {
        self.details.row
    }

    /// The column, as the source names it.
    pub fn column(&self) -> Option<&str> {
        self.details.column.as_deref()
    }

    /// What was found: the text of a cell, or a type.
    pub fn found_text(&self) -> Option<&str> {
        self.details.found.as_deref()
    }

    /// The type wanted.
    pub fn wanted_type(&self) -> Option<Type> {
        self.details.wanted
    }

    /// The columns that there are, in order, where one is missing.
    pub fn available(&self) -> &[String] {
        &self.details.available
    }

    /// The available columns whose names are near the missing one's, the nearest first.
    pub fn nearest(&self) -> Vec<&str> {
        const SHOWN: usize = 3;
        let Some(missing) = self.column() else {
            return Vec::new();
        };
        let length = missing.chars().count();
        let furthest = length / 3 + 1;
        let mut near: Vec<(usize, &str)> = self
            .available()
            .iter()
            .filter(|name| name.chars().count().abs_diff(length) <= furthest)
            .map(|name| (edits(missing, name), name.as_str()))
            .filter(|(distance, _)| *distance <= furthest)
            .collect();
        near.sort_by_key(|(distance, _)| *distance);
        near.truncate(SHOWN);
        near.into_iter().map(|(_, name)| name).collect()
    }
}

/// A text in quotes, cut if very long.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
        None => format!("{text:?}"),
    }
}

/// How many letters must be put in, taken out or replaced to make one name the other; letter case
/// is free.
fn edits(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(from != to);
            row.push(replaced.min(above[j + 1] + 1).min(row[j] + 1));
        }
        above = row;
    }
    above[b.len()]
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &*self.details;
        if let Some(file) = &details.file {
            write!(f, "{}", file.display())?;
            if let Some(line) = details.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        }
        if let Some(row) = details.row {
            write!(f, "row {row} (from 0): ")?;
        }
        if let Some(column) = &details.column {
            write!(f, "column `{column}`: ")?;
        }
        f.write_str(&details.message)?;
        if let Some(found) = &details.found {
            write!(f, ": found {found}")?;
            if let Some(wanted) = details.wanted {
                write!(f, ", wanted {wanted}")?;
            }
        } else if let Some(wanted) = details.wanted {
            write!(f, ": wanted {wanted}")?;
        }
        if !details.available.is_empty() {
            let near = self.nearest();
            if near.is_empty() {
                write!(f, "; there are {}", listed(&details.available))?;
            } else {
                write!(f, "; did you mean `{}`?", near.join("`, `"))?;
            }
        }
        Ok(())
    }
}

/// The names, but not all of very many.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut text = names[..names.len().min(SHOWN)]
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

impl std::error::Error for SourceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use icosian_ir::types::ScalarType;

    #[test]
    fn a_cell_is_located_and_quoted() {
        let error = SourceError::new(SourceErrorKind::Value, "the cell does not fit")
            .in_file(Path::new("a.csv"))
            .on_line(7)
            .of_column("temp")
            .found("\"warm\"")
            .wanted(ScalarType::F64.nullable());
        assert_eq!(
            error.to_string(),
            "a.csv:7: column `temp`: the cell does not fit: found \"warm\", wanted f64?"
        );
    }

    #[test]
    fn near_names_are_offered() {
        let names = ["origin", "dest", "dep_delay", "arr_delay"].map(str::to_owned);
        let error = SourceError::missing("dep_dely", names.to_vec());
        assert_eq!(error.nearest(), ["dep_delay"]);
        let error = SourceError::missing("zzzzzz", names.to_vec());
        assert!(error.nearest().is_empty());
        assert!(error.to_string().ends_with("`arr_delay`"), "{error}");
    }
}
