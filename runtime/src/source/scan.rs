//! Parquet files of which the footers were read: their row groups are decoded all at once, in parallel, or
//! one by one when somebody comes to them.

use std::ops::Range;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::error::SourceError;
use super::parquet_file::ParquetFile;
use super::{RowPredicate, TableData, Unread, WantedColumn};

/// How many parts of a source a thread decodes at least, so that all are done at nearly the same time.
const PARTS_PER_THREAD: usize = 4;

/// A morsel is at least so many times as long as its halo, if that is long.
const HALOS_PER_MORSEL: usize = 4;

/// More rows than so many for each byte of the files are not believed before they are decoded.
const LIKELY_ROWS_PER_BYTE: u64 = 64;

/// The wanted columns of Parquet files, in row groups that are not decoded yet.
#[derive(Debug)]
pub struct Scan {
    wanted: Vec<WantedColumn>,
    files: Vec<ParquetFile>,
    /// Of each row group that has rows: its file, and its number in there.
    groups: Vec<(usize, usize)>,
    /// The first row of each of these, then the number of rows.
    starts: Vec<usize>,
    unread: Unread,
}

impl Scan {
    /// Reads the footers of files whose rows follow each other.
    pub(super) fn open(
        paths: &[PathBuf],
        wanted: &[WantedColumn],
        predicate: Option<&RowPredicate<'_>>,
    ) -> Result<Scan, SourceError> {
        let mut scan = Scan {
            wanted: wanted.to_vec(),
            files: Vec::with_capacity(paths.len()),
            groups: Vec::new(),
            starts: vec![0],
            unread: Unread::default(),
        };
        let mut rows = 0_usize;
        for path in paths {
            let file = ParquetFile::open(path, wanted, predicate)?;
            for (group, (of_group, skipped)) in file.row_groups().enumerate() {
                let end = rows.checked_add(of_group).ok_or_else(|| {
                    SourceError::corrupt("the file claims too many rows").in_file(path)
                })?;
                scan.unread.add(rows..end, skipped);
                if of_group == 0 {
                    // No row leads to it later, and it may have more rows than it claims.
                    file.decode(group, wanted, 1)?;
                } else {
                    scan.groups.push((scan.files.len(), group));
                    scan.starts.push(end);
                }
                rows = end;
            }
            scan.files.push(file);
        }
        Ok(scan)
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.starts[self.groups.len()]
    }

    /// The columns, in the order asked for.
    pub fn wanted(&self) -> &[WantedColumn] {
        &self.wanted
    }

    /// Which rows nobody wants: others stand in their places.
    pub fn unread(&self) -> &Unread {
        &self.unread
    }

    /// How many row groups have rows.
    pub fn row_groups(&self) -> usize {
        self.groups.len()
    }

    /// The rows of a row group.
    pub fn rows_of(&self, group: usize) -> Range<usize> {
        self.starts[group]..self.starts[group + 1]
    }

    /// The row groups that hold some rows.
    pub fn groups_of(&self, rows: Range<usize>) -> Range<usize> {
        let first = self.starts.partition_point(|start| *start <= rows.start);
        let end = self.starts.partition_point(|start| *start < rows.end);
        let first = first.saturating_sub(1);
        first..end.clamp(first, self.groups.len())
    }

    /// Whether so many threads are about equally busy if each takes one row group after the other, where
    /// so many rows are asked for at once, each with as many around it as the halo has. A long halo makes
    /// long morsels, and each would hold most of the row groups.
    pub fn keeps_busy(&self, threads: usize, at_once: usize, halo: usize) -> bool {
        let read = self.unread.row_groups - self.unread.skipped;
        let most = (0..self.groups.len()).map(|group| self.rows_of(group).len());
        let parts = PARTS_PER_THREAD.saturating_mul(threads);
        let halos = halo.saturating_mul(HALOS_PER_MORSEL).saturating_mul(parts);
        read >= parts
            && halos <= at_once.min(self.rows())
            && (at_once >= self.rows() || most.max().unwrap_or(0).saturating_mul(parts) <= at_once)
    }

    /// Whether there is room in the files for as many rows as they claim. Who makes room for what is
    /// computed of rows that were not decoded has only the footers' word for them.
    pub fn has_likely_rows(&self) -> bool {
        let bytes: u64 = self.files.iter().map(ParquetFile::bytes).sum();
        self.rows() as u64 <= bytes.saturating_mul(LIKELY_ROWS_PER_BYTE)
    }

    /// Whether a column may be decoded into dictionaries.
    pub fn has_dictionaries(&self, column: usize) -> bool {
        let is_dictionary =
            |file: &ParquetFile| matches!(file.found_type(column), DataType::Dictionary(..));
        self.files.iter().any(is_dictionary)
    }

    /// How many values a column of whole numbers or bools can have at most, null among them, if the
    /// footers tell.
    pub fn most_values(&self, column: usize) -> Option<u128> {
        let ty = self.wanted[column].ty;
        let mut range: Option<[i128; 2]> = None;
        for file in self.files.iter().filter(|file| file.has_rows()) {
            let [least, greatest] = file.range(column, ty)?;
            let [so_far, up_to] = range.unwrap_or([least, greatest]);
            range = Some([so_far.min(least), up_to.max(greatest)]);
        }
        let [least, greatest] = range?;
        greatest.abs_diff(least).checked_add(2)
    }

    /// Whether the footers leave it open that a column has nulls.
    pub fn may_have_nulls(&self, column: usize) -> bool {
        self.files.iter().any(|file| file.may_have_nulls(column))
    }

    /// Decodes a row group, on the calling thread alone.
    ///
    /// # Errors
    /// If its bytes are corrupt, or its values aren't of the types wanted.
    pub fn decode(&self, group: usize) -> Result<Vec<RecordBatch>, SourceError> {
        self.decode_in(group, 1)
    }

    fn decode_in(&self, group: usize, parts: usize) -> Result<Vec<RecordBatch>, SourceError> {
        let (file, group) = self.groups[group];
        self.files[file].decode(group, &self.wanted, parts)
    }

    /// Decodes all row groups on the threads of the pool it is called in; if they are few, their columns are
    /// shared out too.
    ///
    /// # Errors
    /// That of the lowest row group which has one.
    pub fn read(&self) -> Result<TableData, SourceError> {
        let read = (self.unread.row_groups - self.unread.skipped).max(1);
        let parts = (PARTS_PER_THREAD * rayon::current_num_threads()).div_ceil(read);
        let decoded: Vec<Result<Vec<RecordBatch>, SourceError>> = (0..self.groups.len())
            .into_par_iter()
            .map(|group| self.decode_in(group, parts))
            .collect();
        let mut data = TableData::default();
        for batches in decoded {
            data.batches.extend(batches?);
        }
        data.rows = self.rows();
        data.unread = self.unread.clone();
        Ok(data)
    }
}
