//! Parquet: the wanted columns of each row group that may hold rows wanted, row groups in parallel; if there
//! are few, their columns too.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;

use super::batches::{assemble, fit, in_order};
use super::error::SourceError;
use super::guard::guarded;
use super::row_groups::RowGroups;
use super::{Projection, RowPredicate, Unread, WantedColumn, footer};

/// Rows of a batch: one morsel.
const BATCH_ROWS: usize = 65_536;

/// How many parts of a file a thread decodes at least, so that all are done at nearly the same time.
const PARTS_PER_THREAD: usize = 4;

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
    // Few row groups leave threads without work, so their columns are shared out as well.
    let read = (groups.len() - unread.skipped).max(1);
    let parts = (PARTS_PER_THREAD * rayon::current_num_threads()).div_ceil(read);
    let batches: Vec<Result<Vec<RecordBatch>, SourceError>> = groups
        .into_par_iter()
        .map(|(group, rows, first_row)| {
            guarded(|| {
                if chosen.skipped[group] {
                    return Ok(chosen.stand_ins(rows));
                }
                if wanted.is_empty() {
                    return Ok(vec![assemble(&[], rows, &projection, wanted, first_row)?]);
                }
                let group = (group, rows, first_row);
                read_group(path, &metadata, group, &projection, wanted, parts)
            })
        })
        .collect();
    Ok((in_order(path, batches)?, unread))
}

/// The wanted columns of a row group, its columns in as many parts decoded in parallel.
fn read_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    (group, rows, mut first_row): (usize, usize, u64),
    projection: &Projection,
    wanted: &[WantedColumn],
    parts: usize,
) -> Result<Vec<RecordBatch>, SourceError> {
    let columns = projection.decoded.len().div_ceil(parts).max(1);
    let parts: Vec<Result<Vec<RecordBatch>, SourceError>> = projection
        .decoded
        .par_chunks(columns)
        .map(|columns| guarded(|| decode(path, metadata, group, rows, columns)))
        .collect();
    let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
    // Batches of each part have the same rows: all but the last have as many as were asked for.
    let count = parts.first().map_or(0, Vec::len);
    let mut batches = Vec::with_capacity(count);
    for position in 0..count {
        let arrays: Vec<ArrayRef> = (parts.iter())
            .flat_map(|part| part[position].columns().iter().cloned())
            .collect();
        let rows = parts[0][position].num_rows();
        batches.push(assemble(&arrays, rows, projection, wanted, first_row)?);
        first_row += rows as u64;
    }
    Ok(batches)
}

/// Some columns of a row group of so many rows.
fn decode(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    rows: usize,
    columns: &[usize],
) -> Result<Vec<RecordBatch>, SourceError> {
    let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
    // A file of its own: clones of one would share the position that each thread seeks.
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open(path)?, metadata.clone())
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
