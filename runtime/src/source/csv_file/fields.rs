//! Where the cells of delimited text begin and end.
//!
//! Cells are decoded by `arrow-csv`. This walk over the same grammar serves what that doesn't tell:
//! where a text may be cut between records, what the header says, and on which line a fault is.
//!
//! The grammar is RFC 4180 read leniently, as by the decoder: a cell is quoted if it begins with a
//! quote; a doubled quote inside is one quote; what follows a closing quote belongs to the cell; a
//! record ends with LF, CR or CRLF outside quotes; blank lines are no records.

/// One cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    /// The record it belongs to, from 0.
    pub(super) record: usize,
    /// Its place in the record, from 0.
    pub(super) field: usize,
    /// Its first byte, a quote included.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
    /// The line on which it begins, from 0.
    pub(super) line: u64,
    /// Whether the record ends with it.
    pub(super) last: bool,
    /// Whether its quotes, if any, were closed.
    pub(super) closed: bool,
}

/// The cells of a text that begins at the beginning of a record.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    position: usize,
    line: u64,
    record: usize,
    field: usize,
}

impl<'a> Cells<'a> {
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Cells<'a> {
        Cells {
            bytes,
            delimiter,
            position: 0,
            line: 0,
            record: 0,
            field: 0,
        }
    }

    /// The byte after the last cell and its delimiter or line end.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Steps over the line end at the position.
    fn pass_line_end(&mut self) {
        if self.bytes[self.position..].starts_with(b"\r\n") {
            self.position += 1;
        }
        self.position += 1;
        self.line += 1;
    }

    fn ends_line(&self, position: usize) -> bool {
        matches!(self.bytes[position], b'\n' | b'\r')
    }
}

impl Iterator for Cells<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        if self.field == 0 {
            while self.position < self.bytes.len() && self.ends_line(self.position) {
                self.pass_line_end();
            }
            if self.position == self.bytes.len() {
                return None;
            }
        }
        let start = self.position;
        let line = self.line;
        let mut closed = true;
        if self.bytes.get(start) == Some(&b'"') {
            closed = false;
            self.position += 1;
            while let Some(byte) = self.bytes.get(self.position) {
                match byte {
                    b'"' if self.bytes.get(self.position + 1) == Some(&b'"') => self.position += 2,
                    b'"' => {
                        self.position += 1;
                        closed = true;
                        break;
                    }
                    b'\n' | b'\r' => self.pass_line_end(),
                    _ => self.position += 1,
                }
            }
        }
        while self.position < self.bytes.len()
            && self.bytes[self.position] != self.delimiter
            && !self.ends_line(self.position)
        {
            self.position += 1;
        }
        let cell = Cell {
            record: self.record,
            field: self.field,
            start,
            end: self.position,
            line,
            last: self.bytes.get(self.position) != Some(&self.delimiter),
            closed,
        };
        if cell.last {
            self.record += 1;
            self.field = 0;
            if self.position < self.bytes.len() {
                self.pass_line_end();
            }
        } else {
            self.field += 1;
            self.position += 1;
        }
        Some(cell)
    }
}

/// How many lines end in a text.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    // Counted apart, as each is then a scan that the processor does many bytes at a time.
    let line_feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let returns = if bytes.contains(&b'\r') {
        let followed = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
        bytes.iter().filter(|byte| **byte == b'\r').count() - followed
    } else {
        0
    };
    (line_feeds + returns) as u64
}

/// The text of a cell without its quotes.
pub(super) fn unquoted(cell: &str) -> String {
    let Some(inside) = cell.strip_prefix('"') else {
        return cell.to_owned();
    };
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(quote) = rest.find('"') {
        text.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                text.push('"');
                rest = after;
            }
            None => break,
        }
    }
    text.push_str(rest);
    text
}

/// How much of a text is whole records, each ended by LF; none if no record ends so.
pub(super) fn whole_records(bytes: &[u8], delimiter: u8) -> Option<usize> {
    // Without quotes every line end is a record's.
    if !bytes.contains(&b'"') {
        return bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map(|last| last + 1);
    }
    let mut cells = Cells::new(bytes, delimiter);
    let mut whole = None;
    while let Some(cell) = cells.next() {
        let end = cells.position();
        if cell.last && end > cell.end && bytes[end - 1] == b'\n' {
            whole = Some(end);
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(text: &str) -> Vec<(usize, usize, &str, u64)> {
        Cells::new(text.as_bytes(), b',')
            .map(|cell| {
                let inside = &text[cell.start..cell.end];
                (cell.record, cell.field, inside, cell.line)
            })
            .collect()
    }

    #[test]
    fn cells_of_plain_lines() {
        assert_eq!(
            walked("a,b\r\n\r\nc,\nd"),
            [
                (0, 0, "a", 0),
                (0, 1, "b", 0),
                (1, 0, "c", 2),
                (1, 1, "", 2),
                (2, 0, "d", 3)
            ]
        );
    }

    #[test]
    fn quotes_hide_delimiters_and_line_ends() {
        assert_eq!(
            walked("\"a,\"\"\n\",x\nb\"c,\"d\"e"),
            [
                (0, 0, "\"a,\"\"\n\"", 0),
                (0, 1, "x", 1),
                (1, 0, "b\"c", 2),
                (1, 1, "\"d\"e", 2)
            ]
        );
    }

    #[test]
    fn quotes_left_open_are_told() {
        let open: Vec<bool> = Cells::new(b"a,\"b\nc", b',')
            .map(|cell| cell.closed)
            .collect();
        assert_eq!(open, [true, false]);
    }

    #[test]
    fn quotes_come_off() {
        assert_eq!(unquoted("plain"), "plain");
        assert_eq!(unquoted("\"a \"\"b\"\"\""), "a \"b\"");
        assert_eq!(unquoted("\"a\"b"), "ab");
        assert_eq!(unquoted("\"\""), "");
    }

    #[test]
    fn texts_are_cut_after_whole_records() {
        assert_eq!(whole_records(b"a\nb\nc", b','), Some(4));
        assert_eq!(whole_records(b"abc", b','), None);
        assert_eq!(whole_records(b"a\n\"b\nc", b','), Some(2));
        assert_eq!(whole_records(b"\"b\nc\"\nd", b','), Some(6));
    }

    #[test]
    fn every_kind_of_line_end_counts_once() {
        assert_eq!(count_lines(b"a\nb\r\nc\rd"), 3);
    }
}
