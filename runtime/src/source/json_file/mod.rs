//! JSON lines: one object per line, its keys the columns.
//!
//! A file is cut into pieces of whole lines, a few at a time; the pieces are read in parallel and
//! come out in the file's order. `serde_json` takes objects apart into the texts of their values;
//! [`icosian_ir::meaning::text::read`] makes values of those, strictly, so that whole numbers stay
//! exact and a value that doesn't fit is told with its line, column and text.
//!
//! - The file is UTF-8; a byte order mark is passed over; blank lines are no rows.
//! - Keys that nobody wants are passed over, whatever they hold. A key that a line lacks is null
//!   there, as are `null` and the null texts; the same key twice in one object is an error.
//! - `bool` takes true and false; numbers take numbers, floats also the texts `NaN`, `inf` and
//!   `-inf`, for which JSON has no number; everything else takes texts. Nothing is guessed.

mod columns;
mod infer;
mod lines;
mod records;

use std::collections::HashMap;
use std::path::Path;

use arrow::array::RecordBatch;

use self::infer::SeenKeys;
use self::lines::{FaultKind, LineFile};
use super::error::{SourceError, SourceErrorKind, quoted};
use super::{ReadOptions, Schema, WantedColumn};

/// The type of every key, from the whole of the files, in the order of first appearance.
pub(super) fn schema(files: &[&Path], options: &ReadOptions) -> Result<Schema, SourceError> {
    let mut seen = SeenKeys::default();
    for path in files {
        LineFile::open(path)?.scan(
            |piece| infer::look(piece, &options.null_values),
            |keys| seen.add(keys),
            |fault, line| located(path, &[], fault, line),
        )?;
    }
    Ok(Schema::new(seen.columns()))
}

/// The wanted columns of a file, in order, as batches.
pub(super) fn read(
    path: &Path,
    options: &ReadOptions,
    wanted: &[WantedColumn],
) -> Result<Vec<RecordBatch>, SourceError> {
    let mut keys: HashMap<&str, usize> = HashMap::new();
    let mut order = Vec::with_capacity(wanted.len());
    for column in wanted {
        let next = keys.len();
        order.push(*keys.entry(&column.source_name).or_insert(next));
    }
    let mut batches = Vec::new();
    LineFile::open(path)?.scan(
        |piece| columns::convert(piece, &keys, wanted, &order, &options.null_values),
        |batch: RecordBatch| batches.push(batch),
        |fault, line| located(path, wanted, fault, line),
    )?;
    Ok(batches)
}

/// A fault in words. Its line counts from the beginning of a piece that begins on `line`.
fn located(path: &Path, wanted: &[WantedColumn], fault: lines::Fault, line: u64) -> SourceError {
    let column = fault.column.and_then(|place| wanted.get(place));
    let error = match fault.kind {
        FaultKind::Io(error) => return SourceError::unreadable(path, &error),
        FaultKind::TooLong => SourceError::corrupt("a line is longer than 1 GiB"),
        FaultKind::Encoding => SourceError::corrupt("the text is not UTF-8"),
        FaultKind::NoObject(found) => {
            let message = "each line must hold one JSON object, such as {\"a\": 1}";
            SourceError::corrupt(message).found(quoted(&found))
        }
        FaultKind::Syntax(message) => SourceError::corrupt(message),
        FaultKind::Cell(text) => {
            SourceError::new(SourceErrorKind::Value, "the value does not fit").found(text)
        }
        FaultKind::Nested(text) => {
            let message = "lists and objects inside the object can't be read";
            SourceError::new(SourceErrorKind::Value, message).found(text)
        }
        FaultKind::Null(text) => {
            SourceError::new(SourceErrorKind::Null, "a null where none may be").found(text)
        }
        FaultKind::Missing(keys) => {
            let name = column.map_or("", |column| column.source_name.as_str());
            SourceError::missing_key(name, keys)
        }
        FaultKind::Arrow(message) => SourceError::corrupt(message),
    };
    let error = match column {
        Some(column) => error.of_column(&column.source_name).wanted(column.ty),
        None => error,
    };
    error.in_file(path).on_line(line + fault.line)
}
