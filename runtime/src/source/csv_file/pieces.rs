//! Cutting a file into pieces of whole records, and decoding a piece into text.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Decoder as ArrowDecoder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use icosian_ir::types::Type;

use super::fields::{Cell, Cells, unquoted, whole_records};
use crate::format::default_delimiter;
use crate::source::ReadOptions;
use crate::source::error::{SourceError, SourceErrorKind};

/// Bytes of a piece, where records allow: enough to keep a thread busy, little enough that small
/// files are shared between threads.
const PIECE_BYTES: usize = 1 << 20;

/// The longest record; text arrays count their bytes in 32 bits.
const GREATEST_RECORD: usize = 1 << 30;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a piece.
#[derive(Debug)]
pub(super) enum FaultKind {
    Io(std::io::Error),
    /// A record has so many cells, and not as many as the header.
    FieldCount(usize),
    Encoding,
    OpenQuote,
    TooLong,
    /// The decoder's own words, for what the walk over the cells finds nothing wrong with.
    Decoder(String),
    /// A cell that is no value of the type.
    Cell {
        text: String,
        wanted: Type,
    },
    /// A null cell of a type without nulls.
    Null {
        text: String,
        wanted: Type,
    },
}

/// A fault and its place in its piece.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// Lines ended before it, from the beginning of the piece.
    pub(super) line: u64,
    /// The record it is in, from 0, until the line is known.
    pub(super) record: Option<usize>,
    /// The place of its column in the file, if it is one cell's.
    pub(super) field: Option<usize>,
}

impl Fault {
    pub(super) fn new(kind: FaultKind) -> Fault {
        Fault {
            kind,
            line: 0,
            record: None,
            field: None,
        }
    }

    fn at(kind: FaultKind, cell: &Cell) -> Fault {
        Fault {
            kind,
            line: cell.line,
            record: None,
            field: Some(cell.field),
        }
    }
}

/// A text file, its header read.
#[derive(Debug)]
pub(super) struct CsvFile {
    path: PathBuf,
    input: File,
    delimiter: u8,
    /// Read, but not yet given out.
    pending: Vec<u8>,
    ended: bool,
    names: Vec<String>,
    first_line: u64,
}

impl CsvFile {
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<CsvFile, SourceError> {
        if matches!(options.delimiter, Some(b'"' | b'\n' | b'\r')) {
            let message = "quotes and line ends can't separate cells";
            return Err(SourceError::new(SourceErrorKind::Format, message).in_file(path));
        }
        let input = File::open(path).map_err(|error| SourceError::unreadable(path, &error))?;
        let mut file = CsvFile {
            path: path.to_owned(),
            input,
            delimiter: options.delimiter.unwrap_or_else(|| default_delimiter(path)),
            pending: Vec::new(),
            ended: false,
            names: Vec::new(),
            first_line: 1,
        };
        file.read_header(options.header)?;
        Ok(file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The line on which the first piece begins, from 1.
    pub(super) fn first_line(&self) -> u64 {
        self.first_line
    }

    /// Reads until so many bytes are pending, or the file ends.
    fn fill(&mut self, bytes: usize) -> std::io::Result<()> {
        while !self.ended && self.pending.len() < bytes {
            let missing = (bytes - self.pending.len()) as u64;
            let read = (&mut self.input)
                .take(missing)
                .read_to_end(&mut self.pending)?;
            self.ended = read == 0;
        }
        Ok(())
    }

    fn read_header(&mut self, header: bool) -> Result<(), SourceError> {
        let path = self.path.clone();
        let io = |error| SourceError::unreadable(&path, &error);
        let corrupt = |message: &str| SourceError::corrupt(message).in_file(&path);
        let mut size = PIECE_BYTES;
        self.fill(size).map_err(io)?;
        if self.pending.starts_with(BYTE_ORDER_MARK) {
            self.pending.drain(..BYTE_ORDER_MARK.len());
        }
        // A record that reaches the end of what was read may go on; read more.
        let (cells, end) = loop {
            let mut walk = Cells::new(&self.pending, self.delimiter);
            let mut cells = Vec::new();
            for cell in walk.by_ref() {
                cells.push(cell);
                if cell.last {
                    break;
                }
            }
            let end = walk.position();
            if end < self.pending.len() || self.ended {
                break (cells, end);
            }
            size *= 2;
            if size > GREATEST_RECORD {
                return Err(corrupt("the header is longer than 1 GiB"));
            }
            self.fill(size).map_err(io)?;
        };
        if cells.is_empty() {
            return Err(corrupt("the file is empty; not even a header is there"));
        }
        for cell in &cells {
            let Ok(text) = std::str::from_utf8(&self.pending[cell.start..cell.end]) else {
                return Err(corrupt("the header is not UTF-8").on_line(cell.line + 1));
            };
            if !cell.closed {
                let error = corrupt("a quoted cell is never closed");
                return Err(error.on_line(cell.line + 1));
            }
            self.names.push(if header {
                unquoted(text)
            } else {
                format!("column_{}", cell.field + 1)
            });
        }
        if header {
            self.first_line += super::fields::count_lines(&self.pending[..end]);
            self.pending.drain(..end);
        }
        Ok(())
    }

    /// The next records, some [`PIECE_BYTES`] of them; none at the end of the file.
    pub(super) fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let mut size = PIECE_BYTES;
        loop {
            self.fill(size)
                .map_err(|error| Fault::new(FaultKind::Io(error)))?;
            if self.ended {
                let piece = std::mem::take(&mut self.pending);
                // The decoder would take the end of the file for a closing quote.
                if piece.contains(&b'"')
                    && let Some(open) = Cells::new(&piece, self.delimiter).find(|cell| !cell.closed)
                {
                    return Err(Fault::at(FaultKind::OpenQuote, &open));
                }
                return Ok((!piece.is_empty()).then_some(piece));
            }
            if let Some(whole) = whole_records(&self.pending, self.delimiter) {
                let rest = self.pending.split_off(whole);
                return Ok(Some(std::mem::replace(&mut self.pending, rest)));
            }
            size = self.pending.len() * 2;
            if size > GREATEST_RECORD {
                return Err(Fault::new(FaultKind::TooLong));
            }
        }
    }

    /// How pieces are decoded into the columns at the places `projection`.
    pub(super) fn layout(&self, projection: &[usize]) -> Layout {
        let fields: Vec<Field> = (0..self.names.len())
            .map(|place| Field::new(place.to_string(), DataType::Utf8, true))
            .collect();
        Layout {
            schema: Arc::new(Schema::new(fields)),
            projection: projection.to_vec(),
            delimiter: self.delimiter,
        }
    }
}

/// How pieces are decoded.
#[derive(Debug)]
pub(super) struct Layout {
    schema: SchemaRef,
    projection: Vec<usize>,
    delimiter: u8,
}

impl Layout {
    /// A decoder of a piece.
    pub(super) fn decoder<'a>(&self, piece: &'a [u8]) -> Result<Decoder<'a>, Fault> {
        let columns = self.schema.fields().len();
        // A record has at least one byte per cell, its delimiter or line end; so this is room for
        // all of them, and the decoder's tables stay in proportion to the piece.
        let most_records = piece.len() / columns + 1;
        let lines = super::fields::count_lines(piece) as usize + 1;
        let mut decoder = ReaderBuilder::new(Arc::clone(&self.schema))
            .with_header(false)
            .with_delimiter(self.delimiter)
            .with_batch_size(lines.min(most_records))
            .with_projection(self.projection.clone())
            .build_decoder();
        // The decoder passes over a byte order mark at its beginning, but in the middle of a file
        // that would be text: a blank line first makes this the middle.
        decoder.decode(b"\n").map_err(refused)?;
        Ok(Decoder {
            decoder,
            rest: piece,
        })
    }

    /// The fault with its line, and in our words if it was the decoder's.
    pub(super) fn diagnose(&self, piece: &[u8], fault: Fault) -> Fault {
        if let (Some(record), Some(field)) = (fault.record, fault.field) {
            let cell = Cells::new(piece, self.delimiter)
                .find(|cell| cell.record == record && cell.field == field);
            let line = cell.map_or(0, |cell| cell.line);
            return Fault { line, ..fault };
        }
        if !matches!(fault.kind, FaultKind::Decoder(_)) {
            return fault;
        }
        self.structural_fault(piece).unwrap_or(fault)
    }

    /// The first violation of the file's form.
    fn structural_fault(&self, piece: &[u8]) -> Option<Fault> {
        let columns = self.schema.fields().len();
        let mut first_line = 0;
        for cell in Cells::new(piece, self.delimiter) {
            if cell.field == 0 {
                first_line = cell.line;
            }
            if !cell.closed {
                return Some(Fault::at(FaultKind::OpenQuote, &cell));
            }
            if std::str::from_utf8(&piece[cell.start..cell.end]).is_err() {
                return Some(Fault::at(FaultKind::Encoding, &cell));
            }
            if cell.last && cell.field + 1 != columns {
                return Some(Fault {
                    kind: FaultKind::FieldCount(cell.field + 1),
                    line: first_line,
                    record: None,
                    field: None,
                });
            }
        }
        None
    }
}

/// Decodes a piece, batch by batch.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    decoder: ArrowDecoder,
    rest: &'a [u8],
}

impl Decoder<'_> {
    /// The next records as text; none at the end.
    ///
    /// An empty cell is null here; what it means is for its column's type.
    pub(super) fn next_batch(&mut self) -> Result<Option<RecordBatch>, Fault> {
        loop {
            let used = self.decoder.decode(self.rest).map_err(refused)?;
            self.rest = &self.rest[used..];
            if used == 0 || self.decoder.capacity() == 0 {
                break;
            }
        }
        self.decoder.flush().map_err(refused)
    }
}

fn refused(error: arrow::error::ArrowError) -> Fault {
    Fault::new(FaultKind::Decoder(error.to_string()))
}
