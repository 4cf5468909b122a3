//! Reading and writing files, through the public functions alone.

mod bad;
mod columnar;
mod csv;
mod decimals;
mod json;
mod nycflights13;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat;
use icosian_ir::types::{ScalarType, TimeUnit, Type, Zone};
use icosian_runtime::source::{self, ReadOptions, Source, SourceError, TableData, WantedColumn};

/// A folder that goes away with the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder for temporary files"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a temporary file");
        path
    }

    /// The names of the files, sorted.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("the folder");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        names.sort();
        names
    }
}

fn wanted(columns: &[(&str, Type)]) -> Vec<WantedColumn> {
    columns
        .iter()
        .map(|(name, ty)| WantedColumn {
            source_name: (*name).to_owned(),
            name: format!("t.{name}"),
            ty: *ty,
        })
        .collect()
}

fn read(path: &Path, columns: &[(&str, Type)]) -> Result<TableData, SourceError> {
    source::read(&Source::file(path), &wanted(columns))
}

fn read_with(
    path: &Path,
    options: ReadOptions,
    columns: &[(&str, Type)],
) -> Result<TableData, SourceError> {
    let path = path.to_owned();
    source::read(&Source::File { path, options }, &wanted(columns))
}

fn na() -> ReadOptions {
    ReadOptions {
        null_values: vec!["NA".to_owned()],
        ..ReadOptions::default()
    }
}

/// A column of all batches.
fn column(data: &TableData, place: usize) -> ArrayRef {
    let parts: Vec<&dyn arrow::array::Array> = data
        .batches
        .iter()
        .map(|batch| batch.column(place).as_ref())
        .collect();
    concat(&parts).expect("batches of one layout")
}

/// The schema as text, `name: type` by line.
fn schema_text(path: &Path, options: ReadOptions) -> String {
    let path = path.to_owned();
    let schema = source::schema(&Source::File { path, options }).expect("a schema");
    let lines: Vec<String> = schema
        .columns
        .iter()
        .map(|(name, ty)| format!("{name}: {ty}"))
        .collect();
    lines.join("\n")
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| {
        let nullable = array.null_count() > 0;
        (name, array, nullable)
    });
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

fn made<A: arrow::array::Array + 'static>(array: A) -> ArrayRef {
    Arc::new(array)
}

const I64: Type = Type {
    scalar: ScalarType::I64,
    nullable: false,
};
const F64: Type = Type {
    scalar: ScalarType::F64,
    nullable: false,
};
const STR: Type = Type {
    scalar: ScalarType::Str,
    nullable: false,
};

fn or_null(ty: Type) -> Type {
    ty.scalar.nullable()
}

fn utc_seconds() -> ScalarType {
    ScalarType::Timestamp(TimeUnit::Second, Zone::new("UTC"))
}
