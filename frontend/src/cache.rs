//! What was read from files, kept: a session that evaluates one expression after the other reads
//! each column of each file once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::ArrayRef;
use icosian_ir::types::Type;
use icosian_runtime::source::{
    self, Opened, ReadOptions, RowPredicate, Scan, Schema, Source, SourceError, TableData, Unread,
    WantedColumn,
};

/// Columns and schemas of files, kept for the next run that wants them.
///
/// Clones share what is kept. Files that change meanwhile are not looked at again until
/// [`ReadCache::clear`].
#[derive(Clone, Debug, Default)]
pub struct ReadCache {
    files: Arc<Mutex<HashMap<FileKey, KeptFile>>>,
}

/// What identifies a file and how it is read.
type FileKey = (PathBuf, Vec<String>, Option<u8>, bool);

/// What is known of a file.
#[derive(Debug, Default)]
struct KeptFile {
    schema: Option<Schema>,
    rows: usize,
    columns: HashMap<(String, Type), Vec<ArrayRef>>,
}

/// Columns as read: how many rows, then for each column its arrays in order.
#[derive(Debug)]
pub(crate) struct ReadColumns {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Vec<ArrayRef>>,
    pub(crate) unread: Unread,
}

impl ReadColumns {
    fn new(data: TableData, columns: usize) -> ReadColumns {
        let arrays = |position: usize| {
            let batches = data.batches.iter();
            batches
                .map(|batch| Arc::clone(batch.column(position)))
                .collect()
        };
        ReadColumns {
            rows: data.rows,
            columns: (0..columns).map(arrays).collect(),
            unread: data.unread,
        }
    }
}

fn key(path: &std::path::Path, options: &ReadOptions) -> FileKey {
    (
        path.to_path_buf(),
        options.null_values.clone(),
        options.delimiter,
        options.header,
    )
}

impl ReadCache {
    /// Nothing kept yet.
    pub fn new() -> ReadCache {
        ReadCache::default()
    }

    /// Forgets everything, so that files are read again.
    pub fn clear(&self) {
        self.files().clear();
    }

    fn files(&self) -> MutexGuard<'_, HashMap<FileKey, KeptFile>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn schema(&self, source: &Source) -> Result<Schema, SourceError> {
        let Source::File { path, options } = source else {
            return source::schema(source);
        };
        let key = key(path, options);
        if let Some(schema) = self.files().get(&key).and_then(|file| file.schema.clone()) {
            return Ok(schema);
        }
        // The lock is not held while reading: that may take long, and be given up.
        let schema = source::schema(source)?;
        self.files().entry(key).or_default().schema = Some(schema.clone());
        Ok(schema)
    }

    pub(crate) fn read(
        &self,
        source: &Source,
        wanted: &[WantedColumn],
    ) -> Result<ReadColumns, SourceError> {
        let Source::File { path, options } = source else {
            return read_all(source, wanted);
        };
        let key = key(path, options);
        let name = |column: &WantedColumn| (column.source_name.clone(), column.ty);
        let missing: Vec<WantedColumn> = {
            let files = self.files();
            let known = files.get(&key);
            let is_known = |column: &WantedColumn| {
                known.is_some_and(|file| file.columns.contains_key(&name(column)))
            };
            wanted
                .iter()
                .filter(|column| !is_known(column))
                .cloned()
                .collect()
        };
        if !missing.is_empty() || wanted.is_empty() {
            let read = read_all(source, &missing)?;
            let mut files = self.files();
            let file = files.entry(key.clone()).or_default();
            if file.rows != read.rows {
                // The file has changed; what was kept of it is of no use beside this.
                file.columns.clear();
                file.rows = read.rows;
            }
            let names = missing.iter().map(name);
            file.columns.extend(names.zip(read.columns));
        }
        let files = self.files();
        let kept = files.get(&key).and_then(|file| {
            let columns = wanted
                .iter()
                .map(|column| file.columns.get(&name(column)).cloned());
            let columns = columns.collect::<Option<Vec<_>>>()?;
            Some(ReadColumns {
                rows: file.rows,
                columns,
                unread: Unread::default(),
            })
        });
        drop(files);
        match kept {
            Some(kept) => Ok(kept),
            None => read_all(source, wanted),
        }
    }
}

/// The rows of a table, read or not.
#[derive(Debug)]
pub(crate) enum ReadTable {
    Columns(ReadColumns),
    Scan(Scan),
}

/// The wanted columns of a source, read now, or a scan of them that is to be read `later`; rows that a
/// predicate does not want may be left out.
pub(crate) fn read(
    source: &Source,
    wanted: &[WantedColumn],
    predicate: Option<&RowPredicate<'_>>,
    later: impl Fn(&Scan) -> bool,
) -> Result<ReadTable, SourceError> {
    let data = match source::open(source, wanted, predicate)? {
        Opened::Unread(scan) if later(&scan) => return Ok(ReadTable::Scan(scan)),
        Opened::Unread(scan) => scan.read()?,
        Opened::Read(data) => data,
    };
    Ok(ReadTable::Columns(ReadColumns::new(data, wanted.len())))
}

/// All of the wanted columns, read now.
fn read_all(source: &Source, wanted: &[WantedColumn]) -> Result<ReadColumns, SourceError> {
    let data = source::read(source, wanted)?;
    Ok(ReadColumns::new(data, wanted.len()))
}

#[cfg(test)]
mod tests {
    use super::ReadCache;
    use icosian_ir::types::ScalarType;
    use icosian_runtime::source::{Source, WantedColumn};

    fn wanted(name: &str) -> WantedColumn {
        WantedColumn {
            source_name: name.to_owned(),
            name: name.to_owned(),
            ty: ScalarType::I64.required(),
        }
    }

    #[test]
    fn a_column_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
        let source = Source::file(&path);
        let cache = ReadCache::new();
        let first = cache.read(&source, &[wanted("a")]).unwrap();
        assert_eq!((first.rows, first.columns.len()), (2, 1));
        // Another number of rows: what was kept is dropped as soon as another column is read.
        std::fs::write(&path, "a,b\n5,6\n").unwrap();
        assert_eq!(cache.read(&source, &[wanted("a")]).unwrap().rows, 2);
        let both = cache.read(&source, &[wanted("a"), wanted("b")]).unwrap();
        assert_eq!(both.rows, 1);
        assert_eq!(both.columns[0][0].len(), 1);
        cache.clear();
        std::fs::remove_file(&path).unwrap();
        assert!(cache.read(&source, &[wanted("a")]).is_err());
    }
}
