//! Delimited text.
//!
//! A file is cut into pieces of whole records, a few at a time; the pieces are decoded and
//! converted in parallel, and come out in the file's order. `arrow-csv` takes records apart into
//! text; [`icosian_ir::meaning::text::read`] makes values of it, strictly, so that a cell that doesn't fit is told with its
//! line, column and text.
//!
//! - The file is UTF-8; a byte order mark is passed over. Lines end with LF, CR or CRLF; blank
//!   lines are no rows; every record has as many cells as the header.
//! - A cell is null if it is empty or one of the null texts, quoted or not; but in a column
//!   declared `str`, without `?`, an empty cell is the empty text.

mod columns;
mod fields;
mod infer;
mod pieces;

use std::path::Path;

use arrow::array::RecordBatch;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use self::infer::SeenColumn;
use self::pieces::{CsvFile, Fault, FaultKind};
use super::error::{SourceError, SourceErrorKind, quoted};
use super::{Projection, ReadOptions, Schema, WantedColumn};

/// The type of every column, from the whole of the files.
///
/// The first file says which columns there are; the others must have them too.
pub(super) fn schema(files: &[&Path], options: &ReadOptions) -> Result<Schema, SourceError> {
    let mut names: Option<Vec<String>> = None;
    let mut seen: Vec<SeenColumn> = Vec::new();
    for path in files {
        let mut file = CsvFile::open(path, options)?;
        let header = file.names().to_vec();
        let mut here = vec![SeenColumn::default(); header.len()];
        file.scan(
            |decoder| infer::look(decoder, &options.null_values),
            |columns: Vec<SeenColumn>| {
                for (all, column) in here.iter_mut().zip(columns) {
                    all.add(column);
                }
            },
            &(0..header.len()).collect::<Vec<_>>(),
        )?;
        match &names {
            None => {
                names = Some(header);
                seen = here;
            }
            Some(names) => {
                for (name, all) in names.iter().zip(&mut seen) {
                    let Some(position) = header.iter().position(|other| other == name) else {
                        return Err(SourceError::missing(name, header).in_file(path));
                    };
                    all.add(here[position]);
                }
            }
        }
    }
    let names = names.unwrap_or_default();
    Ok(Schema::new(
        names
            .into_iter()
            .zip(seen.into_iter().map(|column| Ok(column.ty()))),
    ))
}

/// The wanted columns of a file, in order, as batches.
pub(super) fn read(
    path: &Path,
    options: &ReadOptions,
    wanted: &[WantedColumn],
) -> Result<Vec<RecordBatch>, SourceError> {
    let mut file = CsvFile::open(path, options)?;
    let names: Vec<&str> = file.names().iter().map(String::as_str).collect();
    let projection = Projection::new(&names, wanted).map_err(|error| error.in_file(path))?;
    let mut batches = Vec::new();
    file.scan(
        |decoder| columns::convert(decoder, wanted, &projection.order, &options.null_values),
        |piece: Vec<RecordBatch>| batches.extend(piece),
        &projection.decoded,
    )?;
    Ok(batches)
}

impl CsvFile {
    /// Does `work` on every piece, in parallel, and hands what comes of it to `each`, in order.
    ///
    /// `work` gets a decoder of the piece for the columns at the places `projection`.
    fn scan<T: Send>(
        &mut self,
        work: impl Fn(&mut pieces::Decoder<'_>) -> Result<T, Fault> + Sync,
        mut each: impl FnMut(T),
        projection: &[usize],
    ) -> Result<(), SourceError> {
        let at_once = rayon::current_num_threads() * 2;
        let mut line = self.first_line();
        loop {
            let mut group = Vec::with_capacity(at_once);
            let mut late_error = None;
            while group.len() < at_once {
                match self.next_piece() {
                    Ok(Some(piece)) => group.push(piece),
                    Ok(None) => break,
                    Err(error) => {
                        // What precedes may hold an earlier fault.
                        late_error = Some(error);
                        break;
                    }
                }
            }
            let layout = self.layout(projection);
            let done: Vec<(Result<T, Fault>, u64)> = group
                .par_iter()
                .map(|piece| {
                    let result = layout
                        .decoder(piece)
                        .and_then(|mut decoder| work(&mut decoder))
                        .map_err(|fault| layout.diagnose(piece, fault));
                    (result, fields::count_lines(piece))
                })
                .collect();
            for (result, lines) in done {
                match result {
                    Ok(value) => each(value),
                    Err(fault) => return Err(self.located(fault, line)),
                }
                line += lines;
            }
            if let Some(fault) = late_error {
                return Err(self.located(fault, line));
            }
            if group.len() < at_once {
                return Ok(());
            }
        }
    }

    /// A fault of a piece that begins on `line`, in words.
    fn located(&self, fault: Fault, line: u64) -> SourceError {
        let error = match fault.kind {
            FaultKind::Io(error) => return SourceError::unreadable(self.path(), &error),
            FaultKind::FieldCount(found) => SourceError::corrupt(format!(
                "the record has {found} cells, the header {}",
                self.names().len()
            )),
            FaultKind::Encoding => SourceError::corrupt("the text is not UTF-8"),
            FaultKind::OpenQuote => SourceError::corrupt("a quoted cell is never closed"),
            FaultKind::TooLong => SourceError::corrupt("a record is longer than 1 GiB"),
            FaultKind::Decoder(message) => SourceError::corrupt(message),
            FaultKind::Cell { text, wanted } => {
                SourceError::new(SourceErrorKind::Value, "the cell does not fit")
                    .found(quoted(&text))
                    .wanted(wanted)
            }
            FaultKind::Null { text, wanted } => {
                let error = SourceError::new(SourceErrorKind::Null, "a null where none may be");
                let found = if text.is_empty() {
                    "an empty cell".to_owned()
                } else {
                    quoted(&text)
                };
                error.found(found).wanted(wanted)
            }
        };
        let error = match fault.field.and_then(|field| self.names().get(field)) {
            Some(name) => error.of_column(name),
            None => error,
        };
        error.in_file(self.path()).on_line(line + fault.line)
    }
}
