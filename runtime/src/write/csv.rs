//! CSV: a header, then a line per row.
//!
//! Floats are the shortest text that reads back as the same number, always with a point or an
//! exponent unless they are `NaN`, `inf`, `-inf`. Dates are `YYYY-MM-DD`; timestamps ISO 8601,
//! with `Z` for UTC, the offset of other zones, nothing without one; durations ISO 8601 in
//! seconds. Cells are quoted where they must be. Null and empty text look alike unless null is
//! given a text.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::csv::{Writer, WriterBuilder};
use arrow::datatypes::SchemaRef;

use super::WriteOptions;
use super::error::WriteError;
use super::stored_batch;
use super::stored_schema;
use crate::format::Format;

/// How the writing of a stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CsvEnd {
    /// All was written.
    Complete,
    /// The reader went away; nobody is there to be told more.
    ReaderGone,
}

/// Writes batches as CSV to a stream, as standard output.
///
/// A reader that goes away (`icosian run … | head`) is no error, and ends the writing at once.
///
/// # Errors
/// If the stream refuses for any other reason, or a column can't be text.
pub fn write_csv<'a>(
    output: impl Write,
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = &'a RecordBatch>,
    options: &WriteOptions,
) -> Result<CsvEnd, WriteError> {
    let schema = stored_schema(schema, Format::Csv);
    let mut refusal = None;
    let written = (|| {
        let noted = Noted {
            output,
            refusal: &mut refusal,
        };
        let delimiter = options.delimiter.unwrap_or(b',');
        let mut writer = CsvWriter::new(noted, &schema, delimiter, &options.null)?;
        for batch in batches {
            writer.write(&stored_batch(batch, &schema)?)?;
        }
        writer.finish()?.flush()?;
        Ok(())
    })();
    match (written, refusal) {
        (Ok(()), _) => Ok(CsvEnd::Complete),
        (Err(_), Some(io::ErrorKind::BrokenPipe)) => Ok(CsvEnd::ReaderGone),
        (Err(error), _) => Err(error),
    }
}

/// Notes of what kind the error of a stream was: the CSV writer keeps only its words.
struct Noted<'a, W> {
    output: W,
    refusal: &'a mut Option<io::ErrorKind>,
}

impl<W: Write> Write for Noted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.output.write(bytes);
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            *self.refusal = Some(error.kind());
        }
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.output.flush();
        if let Err(error) = &result {
            *self.refusal = Some(error.kind());
        }
        result
    }
}

/// Writes one table.
pub(super) struct CsvWriter<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer that has written the header.
    pub(super) fn new(
        output: W,
        schema: &SchemaRef,
        delimiter: u8,
        null: &str,
    ) -> Result<CsvWriter<W>, WriteError> {
        let mut writer = CsvWriter {
            writer: WriterBuilder::new()
                .with_header(true)
                .with_delimiter(delimiter)
                .with_null(null.to_owned())
                .build(output),
        };
        // The header comes with the first batch; a table without rows has one all the same.
        writer.write(&RecordBatch::new_empty(SchemaRef::clone(schema)))?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        Ok(self.writer.write(batch)?)
    }

    pub(super) fn finish(self) -> Result<W, WriteError> {
        Ok(self.writer.into_inner())
    }
}
