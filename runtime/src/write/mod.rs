//! Tables into files.
//!
//! A [`TableWriter`] takes batches as they come. It writes to a temporary file beside the target
//! and renames that when all is done, so that a failure leaves the target as it was: whoever looks
//! finds the old file, or the new one whole.
//!
//! Whatever the layout of text in memory, files hold plain text columns: dictionaries are
//! unpacked (Parquet makes its own, and the IPC file format allows no two for one column). Parquet
//! knows no seconds, so timestamps and durations of seconds are written in milliseconds.

mod csv;
mod error;
mod json;
mod target;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use self::csv::CsvWriter;
pub use self::csv::{CsvEnd, write_csv};
pub use self::error::{WriteError, WriteErrorKind};
use self::json::JsonWriter;
use self::target::Target;
use crate::format::{EXTENSIONS, Format, default_delimiter};

/// Rows of a Parquet row group: enough to compress well, few enough to be read in parallel.
const ROW_GROUP_ROWS: usize = 131_072;

/// How tables are written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WriteOptions {
    /// What separates the cells of CSV; by default a tab in `.tsv` files, else a comma.
    pub delimiter: Option<u8>,
    /// What stands for null in CSV; by default the empty cell.
    pub null: String,
}

enum Encoder {
    Csv(CsvWriter<Target>),
    JsonLines(JsonWriter<Target>),
    Ipc(FileWriter<Target>),
    // Boxed as it is far larger than the others.
    Parquet(Box<ArrowWriter<Target>>),
}

/// Writes a table batch by batch.
///
/// Dropped before [`finish`](TableWriter::finish), it leaves nothing behind.
pub struct TableWriter {
    encoder: Encoder,
    schema: SchemaRef,
    path: std::path::PathBuf,
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter")
            .field("path", &self.path)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl TableWriter {
    /// A writer of a table of this schema to `path`, in the format that its name tells.
    ///
    /// # Errors
    /// If the name tells no format, or nothing can be written there.
    pub fn create(
        path: &Path,
        schema: &SchemaRef,
        options: &WriteOptions,
    ) -> Result<TableWriter, WriteError> {
        let Some(format) = Format::from_path(path) else {
            let message = format!("the name tells no format; it should end in {EXTENSIONS}");
            return Err(WriteError::new(WriteErrorKind::Format, message).at(path));
        };
        TableWriter::with_format(path, schema, format, options)
    }

    /// A writer of a table of this schema to `path`.
    ///
    /// # Errors
    /// If nothing can be written there, or the format can't hold the schema.
    pub fn with_format(
        path: &Path,
        schema: &SchemaRef,
        format: Format,
        options: &WriteOptions,
    ) -> Result<TableWriter, WriteError> {
        let schema = stored_schema(schema, format);
        let target = Target::create(path)?;
        let encoder = match format {
            Format::Csv => {
                let delimiter = options.delimiter.unwrap_or_else(|| default_delimiter(path));
                CsvWriter::new(target, &schema, delimiter, &options.null).map(Encoder::Csv)
            }
            Format::JsonLines => Ok(Encoder::JsonLines(JsonWriter::new(target))),
            Format::Ipc => FileWriter::try_new(target, &schema)
                .map(Encoder::Ipc)
                .map_err(WriteError::from),
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
                    .build();
                ArrowWriter::try_new(target, Arc::clone(&schema), Some(properties))
                    .map(|writer| Encoder::Parquet(Box::new(writer)))
                    .map_err(WriteError::from)
            }
        };
        Ok(TableWriter {
            encoder: encoder.map_err(|error| error.at(path))?,
            schema,
            path: path.to_owned(),
        })
    }

    /// Adds rows. Columns go by position; their layouts may differ from the schema's, their types
    /// may not.
    ///
    /// # Errors
    /// If the rows can't be written; the writer is then good for nothing but to be dropped.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        let stored = stored_batch(batch, &self.schema).and_then(|batch| match &mut self.encoder {
            Encoder::Csv(writer) => writer.write(&batch),
            Encoder::JsonLines(writer) => writer.write(&batch),
            Encoder::Ipc(writer) => writer.write(&batch).map_err(WriteError::from),
            Encoder::Parquet(writer) => writer.write(&batch).map_err(WriteError::from),
        });
        stored.map_err(|error| error.at(&self.path))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// If the rest can't be written, or the file can't be put there.
    pub fn finish(self) -> Result<(), WriteError> {
        let target = match self.encoder {
            Encoder::Csv(writer) => writer.finish(),
            Encoder::JsonLines(writer) => writer.finish(),
            Encoder::Ipc(mut writer) => writer
                .finish()
                .and_then(|()| writer.into_inner())
                .map_err(WriteError::from),
            Encoder::Parquet(writer) => writer.into_inner().map_err(WriteError::from),
        };
        target
            .and_then(Target::commit)
            .map_err(|error| error.at(&self.path))
    }
}

/// Writes a whole table, in the format that the path's name tells.
///
/// # Errors
/// If anything fails; the target is then as it was.
pub fn write_file<'a>(
    path: &Path,
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = &'a RecordBatch>,
    options: &WriteOptions,
) -> Result<(), WriteError> {
    let mut writer = TableWriter::create(path, schema, options)?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.finish()
}

/// Writes bytes that are a file already.
///
/// # Errors
/// If anything fails; the target is then as it was.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let written = Target::create(path).and_then(|mut target| {
        target.write_all(bytes)?;
        target.commit()
    });
    written.map_err(|error| error.at(path))
}

/// A batch whose text columns are plain, as files hold them.
///
/// # Errors
/// If a dictionary is damaged.
pub fn plain(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = stored_schema(&batch.schema(), Format::Ipc);
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| cast(column, field.data_type()));
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, columns, &options)
}

/// The schema as the format holds it.
fn stored_schema(schema: &SchemaRef, format: Format) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| {
            let stored = stored_type(field.data_type(), format);
            let stored = Field::new(field.name(), stored, field.is_nullable());
            stored.with_metadata(field.metadata().clone())
        })
        .collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn stored_type(ty: &DataType, format: Format) -> DataType {
    match (ty, format) {
        (DataType::Dictionary(_, values), _) => (**values).clone(),
        (DataType::Timestamp(TimeUnit::Second, zone), Format::Parquet) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        (DataType::Duration(TimeUnit::Second), Format::Parquet) => {
            DataType::Duration(TimeUnit::Millisecond)
        }
        (other, _) => other.clone(),
    }
}

fn stored_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, WriteError> {
    if batch.num_columns() != schema.fields().len() {
        let message = format!(
            "a batch has {} columns, the table {}",
            batch.num_columns(),
            schema.fields().len()
        );
        return Err(WriteError::new(WriteErrorKind::Value, message));
    }
    // A value that the stored type can't hold must be an error, not a null.
    let checked = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| {
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                cast_with_options(column, field.data_type(), &checked)
            }
        })
        .collect::<Result<Vec<ArrayRef>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        columns,
        &options,
    )?)
}
