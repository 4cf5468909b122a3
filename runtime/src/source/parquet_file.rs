//! Parquet: the wanted columns of a row group, and which row groups may hold rows that are wanted.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use icosian_ir::types::Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use super::batches::{assemble, fit};
use super::error::{SourceError, SourceErrorKind};
use super::guard::guarded;
use super::identity::Identity;
use super::row_groups::RowGroups;
use super::{Projection, RowPredicate, WantedColumn, footer, row_groups};

/// Rows of a batch: one morsel.
const BATCH_ROWS: usize = 65_536;

fn open(path: &Path) -> Result<(File, Identity), SourceError> {
    let opened = File::open(path).and_then(|file| Identity::of(&file).map(|of| (file, of)));
    opened.map_err(|error| SourceError::unreadable(path, &error))
}

fn corrupt(error: impl ToString) -> SourceError {
    SourceError::corrupt(error.to_string())
}

/// What the footer tells, and of which file it is.
fn metadata(path: &Path) -> Result<(ArrowReaderMetadata, Identity), SourceError> {
    let (mut file, identity) = open(path)?;
    if !footer::is_plausible(&raw_footer(&mut file, path)?) {
        let message = "the footer claims more than it holds";
        return Err(corrupt(message).in_file(path));
    }
    guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(corrupt))
        .map(|metadata| (metadata, identity))
        .map_err(|error| error.in_file(path))
}

/// The bytes of the footer; none if the file's end doesn't tell where it is.
fn raw_footer(file: &mut File, path: &Path) -> Result<Vec<u8>, SourceError> {
    const TRAILER: u64 = 8;
    let unreadable = |error| SourceError::unreadable(path, &error);
    let length = file.metadata().map_err(unreadable)?.len();
    let mut footer = Vec::new();
    let Some(end) = length.checked_sub(TRAILER) else {
        return Ok(footer);
    };
    file.seek(SeekFrom::Start(end)).map_err(unreadable)?;
    let mut trailer = [0; TRAILER as usize];
    file.read_exact(&mut trailer).map_err(unreadable)?;
    let [a, b, c, d, ..] = trailer;
    let Some(start) = end.checked_sub(u32::from_le_bytes([a, b, c, d]).into()) else {
        return Ok(footer);
    };
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    file.take(end - start)
        .read_to_end(&mut footer)
        .map_err(unreadable)?;
    Ok(footer)
}

/// The schema that the file's footer declares.
pub(super) fn arrow_schema(path: &Path) -> Result<SchemaRef, SourceError> {
    Ok(Arc::clone(metadata(path)?.0.schema()))
}

/// A file of which the footer was read: its row groups, which of them are wanted, and of what.
#[derive(Debug)]
pub(super) struct ParquetFile {
    path: PathBuf,
    /// Row groups are decoded by handles of their own, and the footer is true of this file alone: a
    /// handle kept for each file would be too many for a folder of thousands.
    identity: Identity,
    metadata: ArrowReaderMetadata,
    projection: Projection,
    chosen: RowGroups,
    /// Of each row group: how many rows it has, and which row of the file is its first.
    groups: Vec<(usize, u64)>,
}

impl ParquetFile {
    /// Reads the footer, and tells from it which row groups a predicate wants nothing of.
    pub(super) fn open(
        path: &Path,
        wanted: &[WantedColumn],
        predicate: Option<&RowPredicate<'_>>,
    ) -> Result<ParquetFile, SourceError> {
        let (metadata, identity) = metadata(path)?;
        let projection =
            fit(metadata.schema().fields(), wanted).map_err(|error| error.in_file(path))?;
        let mut groups = Vec::new();
        let mut first_row = 0;
        for (group, group_metadata) in metadata.metadata().row_groups().iter().enumerate() {
            let rows = u32::try_from(group_metadata.num_rows()).map_err(|_| {
                let rows = group_metadata.num_rows();
                corrupt(format!("row group {group} claims {rows} rows")).in_file(path)
            })?;
            // Columns that nobody wants are never decoded, so nobody else would find out.
            let mut columns = group_metadata.columns().iter();
            if rows == 0 && columns.any(|column| column.num_values() != 0) {
                let message = format!("row group {group} claims 0 rows and has values");
                return Err(corrupt(message).in_file(path));
            }
            groups.push((rows as usize, first_row));
            first_row += u64::from(rows);
        }
        let chosen = match predicate {
            Some(predicate) if !wanted.is_empty() => {
                guarded(|| RowGroups::chosen(&metadata, &projection, wanted, predicate, BATCH_ROWS))
                    .map_err(|error| error.in_file(path))?
            }
            _ => RowGroups::all(&metadata),
        };
        Ok(ParquetFile {
            path: path.to_owned(),
            identity,
            metadata,
            projection,
            chosen,
            groups,
        })
    }

    /// Of each row group: how many rows it has, and whether nobody wants one of them.
    pub(super) fn row_groups(&self) -> impl Iterator<Item = (usize, bool)> {
        let groups = self.groups.iter().zip(&self.chosen.skipped);
        groups.map(|((rows, _), skipped)| (*rows, *skipped))
    }

    /// How many bytes it has.
    pub(super) fn bytes(&self) -> u64 {
        self.identity.length()
    }

    /// Whether it has any row.
    pub(super) fn has_rows(&self) -> bool {
        self.groups.iter().any(|(rows, _)| *rows > 0)
    }

    /// The Arrow type in which a wanted column is decoded.
    pub(super) fn found_type(&self, wanted: usize) -> &DataType {
        self.metadata.schema().field(self.place(wanted)).data_type()
    }

    /// Whether the footer leaves it open that a wanted column has nulls.
    pub(super) fn may_have_nulls(&self, wanted: usize) -> bool {
        let schema = self.metadata.parquet_schema();
        let leaves = 0..schema.num_columns();
        let mut of_column =
            leaves.filter(|leaf| schema.get_column_root_idx(*leaf) == self.place(wanted));
        let Some(leaf) = of_column.next() else {
            return true;
        };
        let groups = self.metadata.metadata().row_groups().iter();
        groups.filter(|group| group.num_rows() > 0).any(|group| {
            let statistics = group.columns().get(leaf).and_then(|of| of.statistics());
            statistics.and_then(|of| of.null_count_opt()) != Some(0)
        })
    }

    /// The least and the greatest value of a wanted column, if the footer tells.
    pub(super) fn range(&self, wanted: usize, ty: Type) -> Option<[i128; 2]> {
        let place = self.place(wanted);
        // What is wrong with bounds is nobody's error.
        guarded(|| Ok(row_groups::range(&self.metadata, place, ty)))
            .ok()
            .flatten()
    }

    /// The place of a wanted column in the file.
    fn place(&self, wanted: usize) -> usize {
        self.projection.decoded[self.projection.order[wanted]]
    }

    /// The wanted columns of a row group, its columns in as many parts decoded in parallel; where nobody
    /// wants one of its rows, others in their places.
    pub(super) fn decode(
        &self,
        group: usize,
        wanted: &[WantedColumn],
        parts: usize,
    ) -> Result<Vec<RecordBatch>, SourceError> {
        let (rows, first_row) = self.groups[group];
        let decoded = guarded(|| {
            if self.chosen.skipped[group] {
                return Ok(self.chosen.stand_ins(rows));
            }
            if wanted.is_empty() {
                let batch = assemble(&[], rows, &self.projection, wanted, first_row)?;
                return Ok(vec![batch]);
            }
            self.read_group((group, rows, first_row), wanted, parts)
        });
        decoded.map_err(|error| error.in_file(&self.path))
    }

    /// The file again, if it is the one of which the footer was read.
    fn reopened(&self) -> Result<File, SourceError> {
        let (file, identity) = open(&self.path)?;
        if identity != self.identity {
            let message = "the file was replaced or changed while it was being read";
            return Err(SourceError::new(SourceErrorKind::Changed, message));
        }
        Ok(file)
    }

    fn read_group(
        &self,
        (group, rows, mut first_row): (usize, usize, u64),
        wanted: &[WantedColumn],
        parts: usize,
    ) -> Result<Vec<RecordBatch>, SourceError> {
        let columns = &self.projection.decoded;
        let of_part = columns.len().div_ceil(parts).max(1);
        let decode = |columns: &[usize]| {
            guarded(|| decode(self.reopened()?, &self.metadata, group, rows, columns))
        };
        let parts: Vec<Result<Vec<RecordBatch>, SourceError>> = if of_part == columns.len() {
            // Whoever waits for the row group must not find its thread at other tasks of the pool.
            vec![decode(columns)]
        } else {
            columns.par_chunks(of_part).map(decode).collect()
        };
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        // Batches of each part have the same rows: all but the last have as many as were asked for.
        let count = parts.first().map_or(0, Vec::len);
        let mut batches = Vec::with_capacity(count);
        for position in 0..count {
            let arrays: Vec<ArrayRef> = (parts.iter())
                .flat_map(|part| part[position].columns().iter().cloned())
                .collect();
            let rows = parts[0][position].num_rows();
            batches.push(assemble(
                &arrays,
                rows,
                &self.projection,
                wanted,
                first_row,
            )?);
            first_row += rows as u64;
        }
        Ok(batches)
    }
}

/// Some columns of a row group of so many rows.
fn decode(
    // A file of its own: clones of one would share the position that each thread seeks.
    file: File,
    metadata: &ArrowReaderMetadata,
    group: usize,
    rows: usize,
    columns: &[usize],
) -> Result<Vec<RecordBatch>, SourceError> {
    let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(corrupt)?;
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().map_err(corrupt)?;
    let read: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if read != rows {
        let message = format!("row group {group} claims {rows} rows and has {read}");
        return Err(corrupt(message));
    }
    let (last, others) = match batches.split_last() {
        Some((last, others)) => (last.num_rows(), others),
        None => return Ok(batches),
    };
    let even = others.iter().all(|batch| batch.num_rows() == BATCH_ROWS);
    if !even || last > BATCH_ROWS || last == 0 {
        return Err(corrupt(format!(
            "row group {group} breaks off between rows"
        )));
    }
    Ok(batches)
}
