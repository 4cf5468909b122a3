//! The values of a key as an array of its column's type.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BooleanBuilder, PrimitiveArray, PrimitiveBuilder, RecordBatch,
    RecordBatchOptions, StringBuilder,
};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Field, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Schema, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use icosian_ir::meaning::decimal;
use icosian_ir::meaning::text::read;
use icosian_ir::types::{ScalarType, TimeUnit, Type};

use super::lines::{Fault, FaultKind, lines};
use super::records::{Cell, each_value};
use crate::arrow_types::arrow_type;
use crate::source::WantedColumn;

/// The lines of a piece as a batch of the wanted columns.
///
/// `keys` gives each wanted key a place, `order` each wanted column the place of its key.
pub(super) fn convert(
    piece: &[u8],
    keys: &HashMap<&str, usize>,
    wanted: &[WantedColumn],
    order: &[usize],
    null_texts: &[String],
) -> Result<RecordBatch, Fault> {
    let mut cells: Vec<Cell<'_>> = Vec::new();
    let mut line_numbers = Vec::new();
    let mut broken = None;
    for (number, line) in lines(piece) {
        let first = cells.len();
        cells.resize(first + keys.len(), Cell::Missing);
        let result = each_value(line, |key, cell| {
            let Some(place) = keys.get(&*key) else {
                return Ok(());
            };
            let old = std::mem::replace(&mut cells[first + place], cell);
            match old {
                Cell::Missing => Ok(()),
                _ => Err(format!("the key {key:?} stands in the object twice")),
            }
        });
        if let Err(kind) = result {
            cells.truncate(first);
            broken = Some(Fault::on_line(kind, number));
            break;
        }
        line_numbers.push(number);
    }
    let mut arrays = Vec::with_capacity(wanted.len());
    // Of several faults the first in the file is told: they come column by column.
    let mut first_fault: Option<(usize, usize, FaultKind)> = None;
    for (place, column) in wanted.iter().enumerate() {
        let values = Values {
            cells: &cells,
            stride: keys.len(),
            place: order[place],
            ty: column.ty,
            null_texts,
        };
        match values.array() {
            Ok(array) => arrays.push(array),
            Err((row, kind)) => {
                if first_fault.as_ref().is_none_or(|fault| row < fault.0) {
                    first_fault = Some((row, place, kind));
                }
            }
        }
    }
    if let Some((row, place, kind)) = first_fault {
        let line = line_numbers[row];
        let kind = match kind {
            FaultKind::Missing(_) => FaultKind::Missing(keys_of(piece, line)),
            other => other,
        };
        return Err(Fault {
            kind,
            line,
            column: Some(place),
        });
    }
    if let Some(fault) = broken {
        return Err(fault);
    }
    let fields: Vec<Field> = wanted
        .iter()
        .zip(&arrays)
        .map(|(column, array)| {
            Field::new(&column.name, array.data_type().clone(), column.ty.nullable)
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(line_numbers.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| Fault::on_line(FaultKind::Arrow(error.to_string()), 0))
}

/// The keys of the object on a line, for the message that one is missing.
fn keys_of(piece: &[u8], line: u64) -> Vec<String> {
    let mut keys = Vec::new();
    if let Some((_, text)) = lines(piece).find(|(number, _)| *number == line) {
        // It was read before, so there is no fault to tell.
        let _ = each_value(text, |key, _| {
            keys.push(key.into_owned());
            Ok(())
        });
    }
    keys
}

/// The first value of a column that can't be converted, by its row.
type CellFault = (usize, FaultKind);

/// The values of one key, among those of all wanted keys, and how they are to be taken.
struct Values<'c, 'a> {
    cells: &'c [Cell<'a>],
    /// How many keys a row has.
    stride: usize,
    place: usize,
    ty: Type,
    null_texts: &'c [String],
}

impl<'a> Values<'_, 'a> {
    fn array(&self) -> Result<ArrayRef, CellFault> {
        Ok(match self.ty.scalar {
            ScalarType::Bool => self.booleans()?,
            ScalarType::I8 => self.integers::<Int8Type>()?,
            ScalarType::I16 => self.integers::<Int16Type>()?,
            ScalarType::I32 => self.integers::<Int32Type>()?,
            ScalarType::I64 => self.integers::<Int64Type>()?,
            ScalarType::U8 => self.integers::<UInt8Type>()?,
            ScalarType::U16 => self.integers::<UInt16Type>()?,
            ScalarType::U32 | ScalarType::Row(_) => self.integers::<UInt32Type>()?,
            ScalarType::U64 => self.integers::<UInt64Type>()?,
            ScalarType::F32 => self.fixed::<Float32Type>(|cell| match cell {
                Cell::Number(text) => read::float32(text),
                Cell::Text(text) => read::float32(text).filter(|value| !value.is_finite()),
                _ => None,
            })?,
            ScalarType::F64 => self.fixed::<Float64Type>(|cell| match cell {
                Cell::Number(text) => read::float64(text),
                Cell::Text(text) => read::float64(text).filter(|value| !value.is_finite()),
                _ => None,
            })?,
            // Digits are taken as they are written, by numbers and by texts.
            ScalarType::Decimal(digits, places) => self.fixed::<Decimal128Type>(|cell| {
                match cell {
                    Cell::Number(text) => decimal::read(text, places),
                    Cell::Text(text) => decimal::read(text, places),
                    _ => None,
                }
                .filter(|value| decimal::digits(*value) <= digits)
            })?,
            ScalarType::Str => self.strings()?,
            ScalarType::Date => self.texts::<Date32Type>(read::date)?,
            ScalarType::Timestamp(unit, zone) => {
                let parse = |text: &str| read::timestamp(text, unit, zone);
                match unit {
                    TimeUnit::Second => self.texts::<TimestampSecondType>(parse)?,
                    TimeUnit::Millisecond => self.texts::<TimestampMillisecondType>(parse)?,
                    TimeUnit::Microsecond => self.texts::<TimestampMicrosecondType>(parse)?,
                    TimeUnit::Nanosecond => self.texts::<TimestampNanosecondType>(parse)?,
                }
            }
            ScalarType::Duration(unit) => {
                let parse = |text: &str| read::duration(text, unit);
                match unit {
                    TimeUnit::Second => self.texts::<DurationSecondType>(parse)?,
                    TimeUnit::Millisecond => self.texts::<DurationMillisecondType>(parse)?,
                    TimeUnit::Microsecond => self.texts::<DurationMicrosecondType>(parse)?,
                    TimeUnit::Nanosecond => self.texts::<DurationNanosecondType>(parse)?,
                }
            }
        })
    }

    /// The value of each row, none where it is null.
    fn iter(&self) -> impl Iterator<Item = Result<(usize, Option<&Cell<'a>>), CellFault>> {
        let cells = self.cells.get(self.place..).unwrap_or_default();
        cells
            .iter()
            .step_by(self.stride)
            .enumerate()
            .map(|(row, cell)| {
                let null = match cell {
                    Cell::Missing | Cell::Null => true,
                    Cell::Text(text) => self.null_texts.iter().any(|null| null == text),
                    Cell::Nested(text) => {
                        return Err((row, FaultKind::Nested(Cell::Nested(text).shown())));
                    }
                    Cell::Bool(_) | Cell::Number(_) => false,
                };
                match (null, self.ty.nullable, cell) {
                    (false, ..) => Ok((row, Some(cell))),
                    (true, true, _) => Ok((row, None)),
                    (true, false, Cell::Missing) => Err((row, FaultKind::Missing(Vec::new()))),
                    (true, false, _) => Err((row, FaultKind::Null(cell.shown()))),
                }
            })
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.stride
    }

    fn fixed<T: ArrowPrimitiveType>(
        &self,
        parse: impl Fn(&Cell<'a>) -> Option<T::Native>,
    ) -> Result<ArrayRef, CellFault> {
        let mut values = PrimitiveBuilder::<T>::with_capacity(self.rows());
        for cell in self.iter() {
            match cell? {
                (_, None) => values.append_null(),
                (row, Some(cell)) => {
                    values.append_value(parse(cell).ok_or_else(|| misfit(row, cell))?);
                }
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
        self.fixed::<T>(|cell| match cell {
            Cell::Number(text) => text.parse().ok(),
            _ => None,
        })
    }

    fn texts<T: ArrowPrimitiveType>(
        &self,
        parse: impl Fn(&str) -> Option<T::Native>,
    ) -> Result<ArrayRef, CellFault> {
        self.fixed::<T>(|cell| match cell {
            Cell::Text(text) => parse(text),
            _ => None,
        })
    }

    fn booleans(&self) -> Result<ArrayRef, CellFault> {
        let mut values = BooleanBuilder::with_capacity(self.rows());
        for cell in self.iter() {
            match cell? {
                (_, None) => values.append_null(),
                (_, Some(Cell::Bool(value))) => values.append_value(*value),
                (row, Some(cell)) => return Err(misfit(row, cell)),
            }
        }
        Ok(Arc::new(values.finish()))
    }

    fn strings(&self) -> Result<ArrayRef, CellFault> {
        let mut values = StringBuilder::new();
        for cell in self.iter() {
            match cell? {
                (_, None) => values.append_null(),
                (_, Some(Cell::Text(text))) => values.append_value(text),
                (row, Some(cell)) => return Err(misfit(row, cell)),
            }
        }
        Ok(Arc::new(values.finish()))
    }
}

fn misfit(row: usize, cell: &Cell<'_>) -> CellFault {
    (row, FaultKind::Cell(cell.shown()))
}
