//! Columns that hold every awkward value: nulls with garbage under them, NaN, ±0, extremes.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, RecordBatch, RecordBatchOptions,
    StringArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, DurationSecondType, Field,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use icosian_ir::types::{ScalarType, TimeUnit, Type};
use icosian_runtime::arrow_types::arrow_type;

/// A repeatable source of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// The columns of the tests' main table.
pub fn columns() -> Vec<(&'static str, Type)> {
    vec![
        ("f", ScalarType::F64.required()),
        ("g", ScalarType::F64.nullable()),
        ("h", ScalarType::F32.nullable()),
        ("b", ScalarType::Bool.nullable()),
        ("c", ScalarType::Bool.required()),
        ("i8", ScalarType::I8.nullable()),
        ("i16", ScalarType::I16.required()),
        ("i32", ScalarType::I32.nullable()),
        ("i64", ScalarType::I64.nullable()),
        ("j64", ScalarType::I64.required()),
        ("u8", ScalarType::U8.nullable()),
        ("u16", ScalarType::U16.required()),
        ("u32", ScalarType::U32.nullable()),
        ("u64", ScalarType::U64.required()),
        ("s", ScalarType::Str.nullable()),
        ("k", ScalarType::Str.required()),
        ("d", ScalarType::Date.nullable()),
        (
            "t",
            ScalarType::Timestamp(TimeUnit::Second, None).nullable(),
        ),
        ("w", ScalarType::Duration(TimeUnit::Second).nullable()),
        ("m", ScalarType::Decimal(12, 2).nullable()),
        ("n", ScalarType::Decimal(38, 10).required()),
    ]
}

const FLOATS: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    3.0,
    1e308,
    -1e308,
    5e-324,
    1e-310,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1.5e16,
    0.1,
    -2.5,
];
const WORDS: [&str; 8] = [
    "",
    "a",
    "b",
    "AA",
    "é",
    "a long text of more than twelve bytes",
    "a",
    "z",
];

fn nulls(rows: usize, numbers: &mut Numbers, nullable: bool) -> Option<NullBuffer> {
    // Half of the nullable columns hold no null.
    if !nullable || numbers.below(2) == 0 {
        return None;
    }
    let every = 1 + numbers.below(9);
    let bits: Vec<bool> = (0..rows).map(|_| numbers.below(every + 1) != 0).collect();
    Some(NullBuffer::new(BooleanBuffer::from(bits)))
}

fn integers<T: ArrowPrimitiveType>(
    rows: usize,
    numbers: &mut Numbers,
    nullable: bool,
    convert: impl Fn(i128) -> T::Native,
    range: (i128, i128),
) -> ArrayRef {
    let values: Vec<T::Native> = (0..rows)
        .map(|_| {
            let value = match numbers.below(24) {
                0 => range.0,
                1 => range.1,
                _ => (numbers.below(40) as i128 - 20).clamp(range.0, range.1),
            };
            convert(value)
        })
        .collect();
    let nulls = nulls(rows, numbers, nullable);
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls))
}

/// A column of `rows` awkward values of a type.
pub fn column(rows: usize, numbers: &mut Numbers, ty: Type) -> ArrayRef {
    let nullable = ty.nullable;
    let range = ty.scalar.lane_range().unwrap_or((0, 0));
    // Times stay in ranges in which sums of them do too.
    let times = (-1_000_000_000, 4_000_000_000);
    match ty.scalar {
        ScalarType::Bool => {
            let values: Vec<bool> = (0..rows).map(|_| numbers.below(2) == 0).collect();
            let nulls = nulls(rows, numbers, nullable);
            Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls))
        }
        ScalarType::F64 | ScalarType::F32 => {
            let values: Vec<f64> = (0..rows)
                .map(|_| match numbers.below(3) {
                    0 => *numbers.pick(&FLOATS),
                    1 => numbers.below(2_000) as f64 / 8.0 - 125.0,
                    _ => f64::from_bits(numbers.bits()),
                })
                .collect();
            let nulls = nulls(rows, numbers, nullable);
            if ty.scalar == ScalarType::F64 {
                Arc::new(PrimitiveArray::<Float64Type>::new(values.into(), nulls))
            } else {
                let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
                Arc::new(PrimitiveArray::<Float32Type>::new(values.into(), nulls))
            }
        }
        ScalarType::I8 => integers::<Int8Type>(rows, numbers, nullable, |v| v as i8, range),
        ScalarType::I16 => integers::<Int16Type>(rows, numbers, nullable, |v| v as i16, range),
        ScalarType::I32 => integers::<Int32Type>(rows, numbers, nullable, |v| v as i32, range),
        ScalarType::I64 => integers::<Int64Type>(rows, numbers, nullable, |v| v as i64, range),
        ScalarType::U8 => integers::<UInt8Type>(rows, numbers, nullable, |v| v as u8, range),
        ScalarType::U16 => integers::<UInt16Type>(rows, numbers, nullable, |v| v as u16, range),
        ScalarType::U32 => integers::<UInt32Type>(rows, numbers, nullable, |v| v as u32, range),
        ScalarType::U64 => integers::<UInt64Type>(rows, numbers, nullable, |v| v as u64, range),
        ScalarType::Date => {
            integers::<Date32Type>(rows, numbers, nullable, |v| v as i32, (-100_000, 100_000))
        }
        ScalarType::Timestamp(..) => {
            let values =
                integers::<TimestampSecondType>(rows, numbers, nullable, |v| v as i64, times);
            of_type(&values, ty.scalar)
        }
        ScalarType::Duration(_) => {
            let values =
                integers::<DurationSecondType>(rows, numbers, nullable, |v| v as i64, times);
            of_type(&values, ty.scalar)
        }
        ScalarType::Decimal(..) => {
            let units = integers::<Decimal128Type>(rows, numbers, nullable, |v| v, range);
            let units = units.as_primitive::<Decimal128Type>().clone();
            Arc::new(units.with_data_type(arrow_type(ty.scalar)))
        }
        ScalarType::Str => {
            let nullable = nullable && numbers.below(2) == 0;
            let values: StringArray = (0..rows)
                .map(|_| {
                    let word = *numbers.pick(&WORDS);
                    (!nullable || numbers.below(5) != 0).then_some(word)
                })
                .collect();
            match numbers.below(4) {
                0 => Arc::new(values),
                1 => cast_text(&values, DataType::LargeUtf8),
                2 => cast_text(&values, DataType::Utf8View),
                _ => cast_text(
                    &values,
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
                ),
            }
        }
        ScalarType::Row(_) => unreachable!("no column holds rows"),
    }
}

/// Seconds as they are, in the unit and zone of a type.
fn of_type(values: &ArrayRef, scalar: ScalarType) -> ArrayRef {
    arrow::compute::cast(values, &arrow_type(scalar)).expect("times of another unit")
}

fn cast_text(values: &StringArray, to: DataType) -> ArrayRef {
    arrow::compute::cast(values, &to).expect("text in another layout")
}

/// The main table: `rows` rows of [`columns`], in chunks of `chunk` rows, each chunk a slice of a
/// larger array.
pub fn table(rows: usize, chunk: usize, numbers: &mut Numbers) -> Vec<RecordBatch> {
    let offset = numbers.below(66);
    let whole: Vec<ArrayRef> = columns()
        .iter()
        .map(|(_, ty)| column(rows + offset, numbers, *ty))
        .collect();
    let fields: Vec<Field> = columns()
        .iter()
        .zip(&whole)
        .map(|((name, ty), array)| Field::new(*name, array.data_type().clone(), ty.nullable))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let mut batches = Vec::new();
    let mut start = 0;
    while start < rows || batches.is_empty() {
        let length = chunk.min(rows - start);
        let arrays = whole
            .iter()
            .map(|array| array.slice(offset + start, length))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(length));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options);
        batches.push(batch.expect("columns of the schema"));
        start += length.max(1);
    }
    batches
}

/// A table to look things up in: its keys are distinct.
pub fn places() -> RecordBatch {
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["a", "AA", "é", "nowhere"]));
    let heights: ArrayRef = Arc::new(PrimitiveArray::<Float64Type>::from(vec![
        Some(1.5),
        None,
        Some(-0.0),
        Some(7.0),
    ]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![
        Some("Aachen"),
        None,
        Some(""),
        Some("x"),
    ]));
    RecordBatch::try_from_iter_with_nullable([
        ("key", keys, false),
        ("height", heights, true),
        ("name", names, true),
    ])
    .expect("columns of one length")
}
