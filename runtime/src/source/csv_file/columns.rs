//! The text of a column's cells as an array of its type.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanBuilder, PrimitiveArray, PrimitiveBuilder,
    RecordBatch, RecordBatchOptions, StringArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Field, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Schema, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use icosian_ir::meaning::decimal;
use icosian_ir::meaning::text::read;
use icosian_ir::types::{ScalarType, TimeUnit, Type};

use super::pieces::{Decoder, Fault, FaultKind};
use crate::arrow_types::arrow_type;
use crate::source::WantedColumn;

/// The records of a piece as batches of the wanted columns.
///
/// `order` tells, for each wanted column, its place among the decoded ones.
pub(super) fn convert(
    decoder: &mut Decoder<'_>,
    wanted: &[WantedColumn],
    order: &[usize],
    null_texts: &[String],
) -> Result<Vec<RecordBatch>, Fault> {
    let mut batches = Vec::new();
    let mut first_record = 0;
    while let Some(text) = decoder.next_batch()? {
        let mut arrays = Vec::with_capacity(wanted.len());
        let mut fault: Option<Fault> = None;
        for (column, place) in wanted.iter().zip(order) {
            let cells = text.column(*place).as_string::<i32>();
            match array(cells, column.ty, null_texts) {
                Ok(array) => arrays.push(array),
                Err(found) => {
                    // Of several faults the first in the file is told: they come column by column.
                    let place_in_file = text.schema().field(*place).name().parse().ok();
                    let record = first_record + found.row;
                    let earlier = fault.as_ref().is_none_or(|fault| {
                        (Some(record), place_in_file) < (fault.record, fault.field)
                    });
                    if earlier {
                        fault = Some(Fault {
                            kind: found.kind,
                            line: 0,
                            record: Some(record),
                            field: place_in_file,
                        });
                    }
                }
            }
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        first_record += text.num_rows();
        let fields: Vec<Field> = wanted
            .iter()
            .zip(&arrays)
            .map(|(column, array)| {
                Field::new(&column.name, array.data_type().clone(), column.ty.nullable)
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(text.num_rows()));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
                .map_err(|error| Fault::new(FaultKind::Decoder(error.to_string())))?;
        batches.push(batch);
    }
    Ok(batches)
}

/// The first cell of a column that can't be converted.
struct CellFault {
    row: usize,
    kind: FaultKind,
}

/// Cells and how they are to be taken.
struct Texts<'a> {
    cells: &'a StringArray,
    ty: Type,
    null_texts: &'a [String],
}

fn array(cells: &StringArray, ty: Type, null_texts: &[String]) -> Result<ArrayRef, CellFault> {
    let texts = Texts {
        cells,
        ty,
        null_texts,
    };
    Ok(match ty.scalar {
        ScalarType::Bool => texts.booleans()?,
        ScalarType::I8 => texts.integers::<Int8Type>()?,
        ScalarType::I16 => texts.integers::<Int16Type>()?,
        ScalarType::I32 => texts.integers::<Int32Type>()?,
        ScalarType::I64 => texts.integers::<Int64Type>()?,
        ScalarType::U8 => texts.integers::<UInt8Type>()?,
        ScalarType::U16 => texts.integers::<UInt16Type>()?,
        ScalarType::U32 | ScalarType::Row(_) => texts.integers::<UInt32Type>()?,
        ScalarType::U64 => texts.integers::<UInt64Type>()?,
        ScalarType::F32 => texts.fixed::<Float32Type>(read::float32)?,
        ScalarType::F64 => texts.fixed::<Float64Type>(read::float64)?,
        ScalarType::Decimal(digits, places) => texts.fixed::<Decimal128Type>(|text| {
            decimal::read(text, places).filter(|value| decimal::digits(*value) <= digits)
        })?,
        ScalarType::Str => texts.strings()?,
        ScalarType::Date => texts.fixed::<Date32Type>(read::date)?,
        ScalarType::Timestamp(unit, zone) => {
            let parse = |text: &str| read::timestamp(text, unit, zone);
            match unit {
                TimeUnit::Second => texts.fixed::<TimestampSecondType>(parse)?,
                TimeUnit::Millisecond => texts.fixed::<TimestampMillisecondType>(parse)?,
                TimeUnit::Microsecond => texts.fixed::<TimestampMicrosecondType>(parse)?,
                TimeUnit::Nanosecond => texts.fixed::<TimestampNanosecondType>(parse)?,
            }
        }
        ScalarType::Duration(unit) => {
            let parse = |text: &str| read::duration(text, unit);
            match unit {
                TimeUnit::Second => texts.fixed::<DurationSecondType>(parse)?,
                TimeUnit::Millisecond => texts.fixed::<DurationMillisecondType>(parse)?,
                TimeUnit::Microsecond => texts.fixed::<DurationMicrosecondType>(parse)?,
                TimeUnit::Nanosecond => texts.fixed::<DurationNanosecondType>(parse)?,
            }
        }
    })
}

impl Texts<'_> {
    fn is_null(&self, text: &str) -> bool {
        let empty = text.is_empty() && (self.ty.nullable || self.ty.scalar != ScalarType::Str);
        empty || self.null_texts.iter().any(|null| null == text)
    }

    fn misfit(&self, row: usize) -> CellFault {
        let text = self.cells.value(row).to_owned();
        let wanted = self.ty;
        CellFault {
            row,
            kind: FaultKind::Cell { text, wanted },
        }
    }

    /// Whether the cell is null, which must then be allowed.
    fn null(&self, row: usize, text: &str) -> Result<bool, CellFault> {
        if !self.is_null(text) {
            return Ok(false);
        }
        if self.ty.nullable {
            return Ok(true);
        }
        let text = text.to_owned();
        let wanted = self.ty;
        Err(CellFault {
            row,
            kind: FaultKind::Null { text, wanted },
        })
    }

    /// Every cell's text. (Those that the decoder took for null are empty.)
    fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.cells.len()).map(|row| (row, self.cells.value(row)))
    }

    fn fixed<T: ArrowPrimitiveType>(
        &self,
        parse: impl Fn(&str) -> Option<T::Native>,
    ) -> Result<ArrayRef, CellFault> {
        let mut values = PrimitiveBuilder::<T>::with_capacity(self.cells.len());
        for (row, text) in self.iter() {
            if self.null(row, text)? {
                values.append_null();
            } else {
                values.append_value(parse(text).ok_or_else(|| self.misfit(row))?);
            }
        }
        let values: PrimitiveArray<T> = values.finish();
        Ok(Arc::new(values.with_data_type(arrow_type(self.ty.scalar))))
    }

    fn integers<T>(&self) -> Result<ArrayRef, CellFault>
    where
        T: ArrowPrimitiveType,
        T::Native: std::str::FromStr,
    {
        self.fixed::<T>(|text| text.parse().ok())
    }

    fn booleans(&self) -> Result<ArrayRef, CellFault> {
        let mut values = BooleanBuilder::with_capacity(self.cells.len());
        for (row, text) in self.iter() {
            if self.null(row, text)? {
                values.append_null();
            } else {
                values.append_value(read::boolean(text).ok_or_else(|| self.misfit(row))?);
            }
        }
        Ok(Arc::new(values.finish()))
    }

    /// The texts as they are; only which are null is decided.
    fn strings(&self) -> Result<ArrayRef, CellFault> {
        let mut valid = Vec::with_capacity(self.cells.len());
        for (row, text) in self.iter() {
            valid.push(!self.null(row, text)?);
        }
        let nulls = Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0);
        let (offsets, values, _) = self.cells.clone().into_parts();
        match StringArray::try_new(offsets, values, nulls) {
            Ok(strings) => Ok(Arc::new(strings)),
            Err(error) => Err(CellFault {
                row: 0,
                kind: FaultKind::Decoder(error.to_string()),
            }),
        }
    }
}
