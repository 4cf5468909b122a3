//! Parquet: the wanted columns of each row group that may hold rows wanted, row groups in parallel.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::batches::{assemble, fit, in_order};
use super::error::SourceError;
use super::guard::guarded;
use super::row_groups::RowGroups;
use super::{Projection, RowPredicate, Unread, WantedColumn, footer};

/// Rows of a batch: one morsel.
const BATCH_ROWS: usize = 65_536;

fn open(path: &Path) -> Result<File, SourceError> {
    File::open(path).map_err(|error| SourceError::unreadable(path, &error))
}

fn corrupt(error: impl ToString) -> SourceError {
    SourceError::corrupt(error.to_string())
}

fn metadata(path: &Path) -> Result<ArrowReaderMetadata, SourceError> {
    let mut file = open(path)?;
    if !footer::is_plausible(&raw_footer(&mut file, path)?) {
        let message = "the footer claims more than it holds";
        return Err(corrupt(message).in_file(path));
    }
    guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(corrupt))
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
    Ok(Arc::clone(metadata(path)?.schema()))
}

/// The wanted columns of the file, and what of it was not read because a predicate wants none of it.
pub(super) fn read(
    path: &Path,
    wanted: &[WantedColumn],
    predicate: Option<&RowPredicate<'_>>,
) -> Result<(Vec<RecordBatch>, Unread), SourceError> {
    let metadata = metadata(path)?;
    let projection =
        fit(metadata.schema().fields(), wanted).map_err(|error| error.in_file(path))?;
    let mut groups = Vec::new();
    let mut first_row = 0;
    for (group, group_metadata) in metadata.metadata().row_groups().iter().enumerate() {
        let rows = u32::try_from(group_metadata.num_rows()).map_err(|_| {
            let rows = group_metadata.num_rows();
            corrupt(format!("row group {group} claims {rows} rows")).in_file(path)
        })?;
        groups.push((group, rows as usize, first_row));
        first_row += u64::from(rows);
    }
    let chosen = match predicate {
        Some(predicate) if !wanted.is_empty() => {
            guarded(|| RowGroups::chosen(&metadata, &projection, wanted, predicate, BATCH_ROWS))
                .map_err(|error| error.in_file(path))?
        }
        _ => RowGroups::all(&metadata),
    };
    let mut unread = Unread {
        row_groups: groups.len(),
        ..Unread::default()
    };
    for (group, rows, first_row) in &groups {
        if chosen.skipped[*group] {
            let start = usize::try_from(*first_row).unwrap_or(usize::MAX);
            let rows = std::iter::once(start..start.saturating_add(*rows)).collect();
            unread.add(
                0,
                Unread {
                    rows,
                    row_groups: 0,
                    skipped: 1,
                },
            );
        }
    }
    let parts: Vec<Result<Vec<RecordBatch>, SourceError>> = groups
        .into_par_iter()
        .map(|(group, rows, first_row)| {
            guarded(|| {
                if chosen.skipped[group] {
                    return Ok(chosen.stand_ins(rows));
                }
                if wanted.is_empty() {
                    return Ok(vec![assemble(&[], rows, &projection, wanted, first_row)?]);
                }
                let batches = read_group(path, &metadata, group, &projection, wanted, first_row)?;
                let read: usize = batches.iter().map(RecordBatch::num_rows).sum();
                if read != rows {
                    let message = format!("row group {group} claims {rows} rows and has {read}");
                    return Err(corrupt(message));
                }
                Ok(batches)
            })
        })
        .collect();
    Ok((in_order(path, parts)?, unread))
}

fn read_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    projection: &Projection,
    wanted: &[WantedColumn],
    mut first_row: u64,
) -> Result<Vec<RecordBatch>, SourceError> {
    let mask = ProjectionMask::roots(
        metadata.parquet_schema(),
        projection.decoded.iter().copied(),
    );
    // A file of its own: clones of one would share the position that each thread seeks.
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open(path)?, metadata.clone())
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(corrupt)?;
    let mut batches = Vec::new();
    for batch in reader {
        let batch = batch.map_err(corrupt)?;
        let rows = batch.num_rows();
        batches.push(assemble(
            batch.columns(),
            rows,
            projection,
            wanted,
            first_row,
        )?);
        first_row += rows as u64;
    }
    Ok(batches)
}
