//! Sources: files and record batches, read as the columns that a plan wants.
//!
//! [`schema`] tells names and types before rows are read (for CSV and JSON lines that takes a look
//! at every cell); [`read`] gives the wanted columns, widened to the wanted types, in the source's order.
//! Columns that nobody wants aren't decoded, nor row groups of Parquet files whose bounds say that no row
//! of them is wanted ([`read_where`]). Files are decoded in parallel on the thread pool that
//! the caller is in. Nothing is memory-mapped: a file cut short by somebody else while it is read
//! is then an error and not a crash.

mod batches;
mod csv_file;
mod error;
mod files;
mod footer;
mod guard;
mod identity;
mod ipc_file;
mod json_file;
mod parquet_file;
mod row_groups;
mod scan;
mod times;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use icosian_ir::columns::Possible;
use icosian_ir::types::Type;

pub use self::error::{SourceError, SourceErrorKind};
pub use self::guard::panic_is_caught;
pub use self::scan::Scan;
use crate::format::Format;

/// How files are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadOptions {
    /// Texts that stand for null in CSV, besides the empty cell, and in JSON lines, besides null.
    pub null_values: Vec<String>,
    /// What separates the cells of CSV; by default a tab in `.tsv` files, else a comma.
    pub delimiter: Option<u8>,
    /// Whether the first record of CSV holds the names; else they are `column_1`, `column_2`, ….
    pub header: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            null_values: Vec::new(),
            delimiter: None,
            header: true,
        }
    }
}

/// Where the rows of a table come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, or a folder whose files are read in the order of their names.
    ///
    /// The format is told by the extension and confirmed by the first bytes; the files of a folder
    /// are all of one format (names that begin with `.` or `_` aside).
    File {
        /// Where it is.
        path: PathBuf,
        /// How it is read.
        options: ReadOptions,
    },
    /// Rows in memory.
    Batches(Vec<RecordBatch>),
}

impl Source {
    /// A file or folder, read with default options.
    pub fn file(path: impl Into<PathBuf>) -> Source {
        Source::File {
            path: path.into(),
            options: ReadOptions::default(),
        }
    }
}

/// A column that a plan takes from a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedColumn {
    /// Its name in the source.
    pub source_name: String,
    /// Its name in the result.
    pub name: String,
    /// Its type in the result.
    pub ty: Type,
}

/// The rows of a table.
#[derive(Clone, Debug, Default)]
pub struct TableData {
    /// The wanted columns, in the order asked for, batch by batch.
    ///
    /// Text keeps the layout it has in the source, which may differ between batches.
    pub batches: Vec<RecordBatch>,
    /// How many rows all batches have together.
    pub rows: usize,
    /// Which of them were not read.
    pub unread: Unread,
}

impl TableData {
    fn new(batches: Vec<RecordBatch>) -> TableData {
        TableData {
            rows: batches.iter().map(RecordBatch::num_rows).sum(),
            batches,
            unread: Unread::default(),
        }
    }
}

/// Rows of a source that were not read because nothing asks for them: others stand in their places.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unread {
    /// The rows, ascending.
    pub rows: Vec<Range<usize>>,
    /// How many row groups the source has.
    pub row_groups: usize,
    /// How many of these were not read.
    pub skipped: usize,
}

impl Unread {
    /// Whether none of some rows were read.
    pub fn holds(&self, rows: &Range<usize>) -> bool {
        let after = self.rows.partition_point(|unread| unread.end <= rows.start);
        (self.rows.get(after))
            .is_some_and(|unread| unread.start <= rows.start && rows.end <= unread.end)
    }

    /// The rows among these that were read.
    pub fn others(&self, rows: Range<usize>) -> Vec<Range<usize>> {
        let mut others = Vec::new();
        let mut start = rows.start;
        for unread in &self.rows {
            others.push(start..unread.start.min(rows.end));
            start = start.max(unread.end);
        }
        others.push(start..rows.end);
        others.retain(|range| range.start < range.end);
        others
    }

    /// Adds a row group whose rows come next, from `rows.start` on.
    fn add(&mut self, rows: Range<usize>, skipped: bool) {
        self.row_groups += 1;
        if !skipped {
            return;
        }
        self.skipped += 1;
        match self.rows.last_mut() {
            Some(last) if last.end == rows.start => last.end = rows.end,
            _ => self.rows.push(rows),
        }
    }
}

/// Which rows of a source are wanted.
pub struct RowPredicate<'a> {
    /// The wanted columns that it looks at, by their positions.
    pub columns: Vec<usize>,
    /// Whether a row may be wanted whose values, of all wanted columns, are such.
    pub may_keep: &'a (dyn Fn(&[Possible]) -> bool + Sync),
}

/// The columns of a source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schema {
    /// Names and types, in order.
    pub columns: Vec<(String, Type)>,
    /// Names of the columns that can't be read, and why: their type has no counterpart, or the
    /// name stands there twice.
    pub unusable: Vec<(String, String)>,
}

impl Schema {
    fn new(columns: impl IntoIterator<Item = (String, Result<Type, String>)>) -> Schema {
        let columns: Vec<(String, Result<Type, String>)> = columns.into_iter().collect();
        let mut times: HashMap<String, usize> = HashMap::new();
        for (name, _) in &columns {
            *times.entry(name.clone()).or_default() += 1;
        }
        let mut schema = Schema::default();
        for (name, ty) in columns {
            match (times.insert(name.clone(), 0), ty) {
                (Some(1), Ok(ty)) => schema.columns.push((name, ty)),
                (Some(1), Err(why)) => schema.unusable.push((name, why)),
                // Told at its first appearance; the later ones find 0.
                (Some(0) | None, _) => {}
                (Some(times), _) => {
                    let why = format!("{times} columns have this name");
                    schema.unusable.push((name, why));
                }
            }
        }
        schema
    }
}

/// The columns of a source.
///
/// Types of Arrow and Parquet columns are those the file declares. CSV types are inferred from
/// all cells of all files: see [`ReadOptions`] for what is null; then bool, i64, f64, date,
/// timestamp (of UTC where texts carry an offset; in the coarsest unit that holds all) if every
/// cell allows it, else str; nullable only if a null occurs. JSON lines are looked at likewise:
/// numbers are i64, u64 or f64, texts date, timestamp or str; a key is nullable too if a line
/// lacks it.
///
/// # Errors
/// If the source can't be read, or the files of a folder don't agree.
pub fn schema(source: &Source) -> Result<Schema, SourceError> {
    match source {
        Source::Batches(batches) => Ok(batches::schema(batches)),
        Source::File { path, options } => {
            let (format, files) = files::list(path)?;
            let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
            match format {
                Format::Csv => csv_file::schema(&paths, options),
                Format::JsonLines => json_file::schema(&paths, options),
                Format::Ipc => files::agree(&paths, ipc_file::arrow_schema),
                Format::Parquet => files::agree(&paths, parquet_file::arrow_schema),
            }
        }
    }
}

/// The wanted columns of a source.
///
/// # Errors
/// If the source can't be read, a column is missing, or its values aren't of the type wanted.
pub fn read(source: &Source, wanted: &[WantedColumn]) -> Result<TableData, SourceError> {
    read_where(source, wanted, None)
}

/// As [`read`]; rows that a predicate says nobody wants may be left unread. Others, which nobody wants
/// either, then stand in their places, and [`TableData::unread`] tells where.
///
/// # Errors
/// As [`read`]; what is left unread may hold an error of the file's form that is then not told.
pub fn read_where(
    source: &Source,
    wanted: &[WantedColumn],
    predicate: Option<&RowPredicate<'_>>,
) -> Result<TableData, SourceError> {
    match open(source, wanted, predicate)? {
        Opened::Read(data) => Ok(data),
        Opened::Unread(scan) => scan.read(),
    }
}

/// What [`open`] gives.
#[derive(Debug)]
pub enum Opened {
    /// All rows.
    Read(TableData),
    /// Row groups that can be decoded one by one.
    Unread(Scan),
}

/// As [`read_where`], except that of Parquet files only the footers are read by now.
///
/// # Errors
/// As [`read_where`]; those of Parquet's row groups are found when these are decoded. A file that was
/// replaced or written to by then is an error.
pub fn open(
    source: &Source,
    wanted: &[WantedColumn],
    predicate: Option<&RowPredicate<'_>>,
) -> Result<Opened, SourceError> {
    let batches = match source {
        Source::Batches(batches) => batches::read(batches, wanted)?,
        Source::File { path, options } => {
            let (format, files) = files::list(path)?;
            let read: fn(&Path, &ReadOptions, &[WantedColumn]) -> _ = match format {
                Format::Csv => csv_file::read,
                Format::JsonLines => json_file::read,
                Format::Ipc => |path, _, wanted| ipc_file::read(path, wanted),
                Format::Parquet => {
                    return Scan::open(&files, wanted, predicate).map(Opened::Unread);
                }
            };
            let mut batches = Vec::new();
            for file in &files {
                batches.extend(read(file, options, wanted)?);
            }
            batches
        }
    };
    Ok(Opened::Read(TableData::new(batches)))
}

/// The Arrow schema of an Arrow IPC file, with its metadata.
///
/// # Errors
/// If the file can't be read or is no such file.
pub fn ipc_schema(path: &Path) -> Result<arrow::datatypes::SchemaRef, SourceError> {
    ipc_file::arrow_schema(path)
}

/// The wanted columns of an Arrow IPC file, whatever it is called.
///
/// # Errors
/// As [`read`].
pub fn read_ipc(path: &Path, wanted: &[WantedColumn]) -> Result<TableData, SourceError> {
    Ok(TableData::new(ipc_file::read(path, wanted)?))
}

/// Which columns are decoded, and where the wanted ones are among them.
#[derive(Debug)]
struct Projection {
    /// Places in the source, ascending, each once.
    decoded: Vec<usize>,
    /// For each wanted column its place among the decoded ones.
    order: Vec<usize>,
}

impl Projection {
    /// The places of the wanted columns among the source's.
    fn new(names: &[&str], wanted: &[WantedColumn]) -> Result<Projection, SourceError> {
        let mut known: HashMap<&str, (usize, usize)> = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            known.entry(name).or_insert((place, 0)).1 += 1;
        }
        let mut places = Vec::with_capacity(wanted.len());
        for column in wanted {
            let name = column.source_name.as_str();
            match known.get(name) {
                Some((place, 1)) => places.push(*place),
                Some((_, times)) => {
                    let message = format!("{times} columns have this name");
                    let error = SourceError::new(SourceErrorKind::Column, message);
                    return Err(error.of_column(name));
                }
                None => {
                    let available = names.iter().map(|name| (*name).to_owned()).collect();
                    return Err(SourceError::missing(name, available));
                }
            }
        }
        let mut decoded = places.clone();
        decoded.sort_unstable();
        decoded.dedup();
        let order = places
            .iter()
            .map(|place| decoded.partition_point(|other| other < place))
            .collect();
        Ok(Projection { decoded, order })
    }
}
