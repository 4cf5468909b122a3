//! File formats: told by the name, confirmed by the first bytes.

use std::fmt;
use std::path::Path;

/// A file format that tables are read from and written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Delimited text with a header: `.csv`; `.tsv` has tabs.
    Csv,
    /// JSON lines, an object on each: `.jsonl`, `.ndjson`, `.json`.
    JsonLines,
    /// Arrow IPC, read as file or stream and written as file: `.arrow`, `.feather`, `.ipc`.
    Ipc,
    /// Apache Parquet: `.parquet`, `.pq`.
    Parquet,
}

/// The names that tell a format, for messages.
pub(crate) const EXTENSIONS: &str =
    ".csv, .tsv, .jsonl, .ndjson, .json, .arrow, .feather, .ipc, .parquet or .pq";

impl Format {
    /// The format that a file's name tells, letter case aside.
    pub fn from_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "csv" | "tsv" => Format::Csv,
            "jsonl" | "ndjson" | "json" => Format::JsonLines,
            "arrow" | "feather" | "ipc" => Format::Ipc,
            "parquet" | "pq" => Format::Parquet,
            _ => return None,
        })
    }

    /// The format that a file's first bytes show; text shows none.
    ///
    /// Parquet and the IPC file format begin with a name; an IPC stream begins with the mark of a
    /// message, four bytes of ones.
    pub(crate) fn from_magic(first: &[u8]) -> Option<Format> {
        if first.starts_with(b"PAR1") {
            Some(Format::Parquet)
        } else if first.starts_with(b"ARROW1") || first.starts_with(&[0xff; 4]) {
            Some(Format::Ipc)
        } else {
            None
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Csv => "CSV",
            Format::JsonLines => "JSON lines",
            Format::Ipc => "Arrow IPC",
            Format::Parquet => "Parquet",
        })
    }
}

/// What separates the cells of a text file if nobody says: a tab in `.tsv`, else a comma.
pub(crate) fn default_delimiter(path: &Path) -> u8 {
    let tabs = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
    if tabs { b'\t' } else { b',' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let told = |name: &str| Format::from_path(Path::new(name));
        assert_eq!(told("a.csv"), Some(Format::Csv));
        assert_eq!(told("a.b.TSV"), Some(Format::Csv));
        assert_eq!(told("a.ndjson"), Some(Format::JsonLines));
        assert_eq!(told("a.feather"), Some(Format::Ipc));
        assert_eq!(told("a.pq"), Some(Format::Parquet));
        assert_eq!(told("a.xlsx"), None);
        assert_eq!(told("csv"), None);
    }

    #[test]
    fn only_tsv_has_tabs() {
        assert_eq!(default_delimiter(Path::new("a.tsv")), b'\t');
        assert_eq!(default_delimiter(Path::new("a.csv")), b',');
    }
}
