//! The texts that spans point into.

use std::sync::Arc;

use super::{FileId, Span};

/// The files of a session: name and text by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: Arc<str>,
}

impl Sources {
    /// No files yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a file and gives its id. The name, often a path, is for people only.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source {
            name: name.into(),
            text: text.into(),
        });
        id
    }

    /// The file's name, or `?` for an unknown file.
    pub fn name(&self, file: FileId) -> &str {
        self.files
            .get(file.0 as usize)
            .map_or("?", |source| &source.name)
    }

    /// The file's text, empty for an unknown file.
    pub fn text(&self, file: FileId) -> &str {
        self.files
            .get(file.0 as usize)
            .map_or("", |source| &source.text)
    }

    /// The text a span points at, as far as there is one.
    pub fn slice(&self, span: Span) -> &str {
        let text = self.text(span.file);
        let start = text.floor_char_boundary(span.start as usize);
        let end = text.floor_char_boundary(span.end as usize);
        text.get(start..end).unwrap_or("")
    }

    /// Line and column of a span's beginning, both from 1, the column in characters.
    pub fn line_and_column(&self, span: Span) -> (usize, usize) {
        let text = self.text(span.file);
        let before = &text[..text.floor_char_boundary(span.start as usize)];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |position| position + 1);
        (line, before[line_start..].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{FileId, Sources, Span};

    #[test]
    fn lines_and_columns_count_from_one() {
        let mut sources = Sources::new();
        let file = sources.add("a.flow", "é = 1\r\n\nb = é + c");
        let place = |start| sources.line_and_column(Span::new(file, start, start));
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(2), (1, 2));
        assert_eq!(place(8), (2, 1));
        assert_eq!(place(9), (3, 1));
        assert_eq!(place(18), (3, 9));
        assert_eq!(place(9999), (3, 10));
        assert_eq!(sources.slice(Span::new(file, 9, 10)), "b");
        assert_eq!(sources.slice(Span::new(file, 10, 9)), "");
        assert_eq!(sources.name(FileId(7)), "?");
        assert_eq!(sources.text(FileId(7)), "");
    }
}
