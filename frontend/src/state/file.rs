//! A state on disk: an Arrow IPC file that knows its own checksum.
//!
//! The checksum (the 128-bit FNV-1a that numbers graphs too) is over every byte of the file, with
//! its own digits as zeros. It stands in the custom metadata of the footer, where other tools pass
//! it over. Each step of that hash is one-to-one, so a single byte that is not what it was always
//! shows; it is no signature, and guards against accidents alone.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use icosian_ir::graph::Fingerprint;
use icosian_runtime::arrow_types::scalar_type;
use icosian_runtime::source::{WantedColumn, ipc_schema, read_ipc};
use icosian_runtime::write::{plain, write_bytes};

use super::{FittedState, STATE, VERSION, refused};
use crate::error::Error;

/// The metadata of the footer that holds the checksum, and what stands before its digits.
const CHECKSUM: &str = "icosian.checksum";
const MARK: &[u8] = b"icosian checksum ";

/// How many digits it has.
const DIGITS: usize = 32;

impl FittedState {
    /// Saves the state as an Arrow IPC file; what was there is replaced when all is written.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let unwritable =
            |why: &dyn std::fmt::Display| refused(format!("can't write the state: {why}"));
        let mut bytes = self.encoded().map_err(|error| unwritable(&error))?;
        let Some(place) = digits(&bytes) else {
            return Err(unwritable(&"its checksum has no place"));
        };
        let checksum = Fingerprint::of_bytes(&bytes).to_string();
        bytes[place..place + DIGITS].copy_from_slice(checksum.as_bytes());
        write_bytes(path.as_ref(), &bytes).map_err(|error| unwritable(&error))
    }

    /// The file, with zeros for the digits of its checksum.
    fn encoded(&self) -> Result<Vec<u8>, ArrowError> {
        let batch = plain(&self.batch)?;
        let mut writer = FileWriter::try_new(Vec::new(), &batch.schema())?;
        writer.write(&batch)?;
        let mark = String::from_utf8_lossy(MARK);
        writer.write_metadata(CHECKSUM, format!("{mark}{}", "0".repeat(DIGITS)));
        writer.finish()?;
        writer.into_inner()
    }

    /// Loads a saved state.
    ///
    /// # Errors
    /// If there is none, or the file is damaged or of another version.
    pub fn load(path: impl AsRef<Path>) -> Result<FittedState, Error> {
        let path = path.as_ref();
        let unreadable =
            |why: &dyn std::fmt::Display| refused(format!("can't read the state: {why}"));
        let bytes = std::fs::read(path)
            .map_err(|error| unreadable(&format!("{}: {error}", path.display())))?;
        let damaged = || {
            refused(format!(
                "the state {} is damaged: its checksum does not fit",
                path.display()
            ))
        };
        let place = digits(&bytes);
        if let Some(place) = place
            && !checksum_fits(bytes, place)
        {
            return Err(damaged());
        }
        let schema = ipc_schema(path).map_err(|error| unreadable(&error))?;
        match schema.metadata().get(STATE).map(String::as_str) {
            Some(VERSION) if place.is_none() => return Err(damaged()),
            Some(VERSION) => {}
            Some(other) => {
                let message = format!(
                    "the state {} has version {other:?}, and this program reads version {VERSION}",
                    path.display()
                );
                return Err(refused(message));
            }
            None => {
                let message = format!("{} is a data file and no state", path.display());
                return Err(refused(message));
            }
        }
        let mut wanted = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let Some(scalar) = scalar_type(field.data_type()) else {
                let message = format!("`{}` is {}", field.name(), field.data_type());
                return Err(unreadable(&message));
            };
            wanted.push(WantedColumn {
                source_name: field.name().clone(),
                name: field.name().clone(),
                ty: scalar.nullable(),
            });
        }
        let data = read_ipc(path, &wanted).map_err(|error| unreadable(&error))?;
        let mut arrays = Vec::with_capacity(wanted.len());
        for position in 0..wanted.len() {
            let chunks = data.batches.iter().map(|batch| &**batch.column(position));
            let chunks: Vec<&dyn Array> = chunks.collect();
            arrays.push(match &chunks[..] {
                [] => new_null_array(schema.field(position).data_type(), 0),
                chunks => concat(chunks).map_err(|error| unreadable(&error))?,
            });
        }
        // Types as they were read, names and metadata as they are in the file.
        let fields = schema.fields().iter().zip(&arrays).map(|(field, array)| {
            let read = Field::new(field.name(), array.data_type().clone(), true);
            read.with_metadata(field.metadata().clone())
        });
        let fields: Vec<Field> = fields.collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        let options = RecordBatchOptions::new().with_row_count(Some(data.rows));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options);
        Ok(FittedState {
            batch: batch.map_err(|error| unreadable(&error))?,
        })
    }
}

/// Where the digits of the checksum stand: after the last mark, as the footer is last in the file.
fn digits(bytes: &[u8]) -> Option<usize> {
    let length = MARK.len() + DIGITS;
    let last = bytes.windows(length).rposition(|part| {
        let (mark, digits) = part.split_at(MARK.len());
        mark == MARK && digits.iter().all(u8::is_ascii_hexdigit)
    });
    last.map(|place| place + MARK.len())
}

fn checksum_fits(mut bytes: Vec<u8>, place: usize) -> bool {
    let found = bytes[place..place + DIGITS].to_vec();
    bytes[place..place + DIGITS].fill(b'0');
    Fingerprint::of_bytes(&bytes).to_string().as_bytes() == found
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};

    use super::*;
    use crate::{Flow, Inputs};

    fn learned() -> FittedState {
        let flow = "table t { k: str, x: f64 }\nparam floor: f64 = 0.5\n\
                    fit top = max(t.x) + floor\nfit means = t group by k { m = mean(x) }";
        let k: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "a"]));
        let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 3.0]));
        let batch = RecordBatch::try_from_iter([("k", k), ("x", x)]).unwrap();
        let inputs = Inputs::new().batches("t", vec![batch]);
        Flow::from_text(flow).unwrap().fit(&inputs).unwrap()
    }

    #[test]
    fn any_flipped_byte_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.state");
        let state = learned();
        state.save(&path).unwrap();
        let read = FittedState::load(&path).unwrap();
        assert_eq!(read.batch().schema(), state.batch().schema());
        assert_eq!(read.params(), [("floor".to_owned(), "0.5".to_owned())]);
        let whole = std::fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << (place % 8);
            let fits = digits(&bytes).is_some_and(|place| checksum_fits(bytes, place));
            assert!(!fits, "byte {place}");
        }
        for place in (0..whole.len()).step_by(61) {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << (place % 8);
            std::fs::write(&path, bytes).unwrap();
            assert!(FittedState::load(&path).is_err(), "byte {place}");
        }
    }
}
