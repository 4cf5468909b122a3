//! JSON lines: an object per row, its keys the columns.
//!
//! Every key stands on every line, null where the value is, so that a file's schema can be read
//! off any line and survives a table of nulls. Floats are the shortest text that reads back as the
//! same number; JSON has none for `NaN`, `inf` and `-inf`, so these are texts, which reading takes
//! back. Dates, timestamps and durations are texts as in CSV.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{DataType, FieldRef, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::json::writer::{LineDelimited, NullableEncoder, Writer, WriterBuilder};
use arrow::json::{Encoder, EncoderFactory, EncoderOptions};

use super::error::WriteError;

/// Writes one table.
pub(super) struct JsonWriter<W: Write> {
    writer: Writer<W, LineDelimited>,
}

impl<W: Write> JsonWriter<W> {
    pub(super) fn new(output: W) -> JsonWriter<W> {
        JsonWriter {
            writer: WriterBuilder::new()
                .with_explicit_nulls(true)
                .with_encoder_factory(Arc::new(Floats))
                .build(output),
        }
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        Ok(self.writer.write(batch)?)
    }

    pub(super) fn finish(mut self) -> Result<W, WriteError> {
        self.writer.finish()?;
        Ok(self.writer.into_inner())
    }
}

/// Floats, with texts for those that JSON has no number for: Arrow would write null.
#[derive(Debug)]
struct Floats;

impl EncoderFactory for Floats {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
            DataType::Float32 => Box::new(FloatEncoder(array.as_primitive::<Float32Type>())),
            DataType::Float64 => Box::new(FloatEncoder(array.as_primitive::<Float64Type>())),
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

struct FloatEncoder<'a, T: ArrowPrimitiveType>(&'a PrimitiveArray<T>);

impl<T: ArrowPrimitiveType> Encoder for FloatEncoder<'_, T>
where
    T::Native: Into<f64>,
{
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let value = self.0.value(row);
        let wide: f64 = value.into();
        // Writing to a vector doesn't fail.
        let _ = if wide.is_finite() {
            write!(out, "{value:?}")
        } else {
            write!(out, "\"{value:?}\"")
        };
    }
}
