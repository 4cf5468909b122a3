//! Record batches, given by the caller or decoded from a file, as wanted columns.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Fields, Schema as ArrowSchema};
use icosian_ir::types::{ScalarType, Type};

use super::error::{SourceError, SourceErrorKind};
use super::{Projection, Schema, WantedColumn};
use crate::arrow_types::{Misfit, describe, scalar_type, widen, widens};

/// The type as which a column is read if nobody asks for another, or why it can't be read.
pub(super) fn field_type(field: &Field) -> Result<Type, String> {
    if *field.data_type() == DataType::Null {
        return Ok(ScalarType::Str.nullable());
    }
    match scalar_type(field.data_type()) {
        Some(scalar) => Ok(scalar.required().nullable_if(field.is_nullable())),
        None => Err(format!("there are no values of type {}", field.data_type())),
    }
}

/// The columns of the first batch; the others must have them.
pub(super) fn schema(batches: &[RecordBatch]) -> Schema {
    let fields = batches.first().map(RecordBatch::schema);
    let fields = fields.iter().flat_map(|schema| schema.fields().iter());
    Schema::new(fields.map(|field| (field.name().clone(), field_type(field))))
}

/// The wanted columns of batches.
pub(super) fn read(
    batches: &[RecordBatch],
    wanted: &[WantedColumn],
) -> Result<Vec<RecordBatch>, SourceError> {
    let mut first_row = 0;
    let mut read = Vec::with_capacity(batches.len());
    for batch in batches {
        let projection = fit(batch.schema().fields(), wanted)?;
        let arrays = projection
            .decoded
            .iter()
            .map(|place| Arc::clone(batch.column(*place)))
            .collect::<Vec<_>>();
        read.push(assemble(
            &arrays,
            batch.num_rows(),
            &projection,
            wanted,
            first_row,
        )?);
        first_row += batch.num_rows() as u64;
    }
    Ok(read)
}

/// Where the wanted columns are, if all are there and their types widen to those wanted.
pub(super) fn fit(fields: &Fields, wanted: &[WantedColumn]) -> Result<Projection, SourceError> {
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    let projection = Projection::new(&names, wanted)?;
    for (column, place) in wanted.iter().zip(&projection.order) {
        let found = fields[projection.decoded[*place]].data_type();
        let fits = *found == DataType::Null
            || scalar_type(found).is_some_and(|found| widens(found, column.ty.scalar));
        if !fits {
            return Err(type_error(describe(found), column));
        }
    }
    Ok(projection)
}

fn type_error(found: String, column: &WantedColumn) -> SourceError {
    SourceError::new(SourceErrorKind::Type, "does not widen without loss")
        .of_column(&column.source_name)
        .found(found)
        .wanted(column.ty)
}

/// The wanted columns made of the decoded ones.
///
/// `first_row` is where the batch begins in its source.
pub(super) fn assemble(
    decoded: &[ArrayRef],
    rows: usize,
    projection: &Projection,
    wanted: &[WantedColumn],
    first_row: u64,
) -> Result<RecordBatch, SourceError> {
    let mut arrays = Vec::with_capacity(wanted.len());
    for (column, place) in wanted.iter().zip(&projection.order) {
        let array = widen(&decoded[*place], column.ty).map_err(|misfit| match misfit {
            Misfit::Type { found, .. } => type_error(found, column),
            Misfit::Null { row, .. } => {
                SourceError::new(SourceErrorKind::Null, "a null where none may be")
                    .in_row(first_row + row as u64)
                    .of_column(&column.source_name)
                    .wanted(column.ty)
            }
            Misfit::Value { row, found, .. } => {
                SourceError::new(SourceErrorKind::Value, "the value does not fit")
                    .in_row(first_row + row as u64)
                    .of_column(&column.source_name)
                    .found(found)
                    .wanted(column.ty)
            }
        })?;
        arrays.push(array);
    }
    batch_of(wanted, arrays, rows)
}

/// The arrays of wanted columns as a batch.
pub(super) fn batch_of(
    wanted: &[WantedColumn],
    arrays: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, SourceError> {
    let fields = wanted.iter().zip(&arrays).map(|(column, array)| {
        Field::new(&column.name, array.data_type().clone(), column.ty.nullable)
    });
    let fields: Vec<Field> = fields.collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(ArrowSchema::new(fields)), arrays, &options)
        .map_err(|error| SourceError::corrupt(error.to_string()))
}

/// The first error in order, or all batches with the file's name put to what went wrong.
pub(super) fn in_order(
    path: &Path,
    parts: Vec<Result<Vec<RecordBatch>, SourceError>>,
) -> Result<Vec<RecordBatch>, SourceError> {
    let mut batches = Vec::new();
    for part in parts {
        batches.extend(part.map_err(|error| error.in_file(path))?);
    }
    Ok(batches)
}
