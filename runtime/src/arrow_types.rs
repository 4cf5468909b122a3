//! The language's types and Arrow's, and reading one as the other.
//!
//! Reading widens without loss and never otherwise: whether a column may be read as a type is
//! decided by the two types alone ([`widens`]), except that a change of unit may overflow, and
//! that a `Date64` may carry a time of day; both are errors that name the row.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, PrimitiveArray, new_null_array,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Date64Type, Decimal128Type, Field, Int64Type, Schema, SchemaRef,
    TimeUnit as ArrowUnit,
};
use arrow::error::ArrowError;
use icosian_ir::types::{MAX_DIGITS, ScalarType, TimeUnit, Type, Zone};

/// Why an array can't be read as the type wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// No lossless way leads from the type found to the one wanted.
    Type {
        /// The Arrow type found, as [`describe`] words it.
        found: String,
        /// The type wanted.
        wanted: Type,
    },
    /// A null where the type allows none.
    Null {
        /// The row, from 0.
        row: usize,
        /// The type wanted.
        wanted: Type,
    },
    /// A value that the type wanted can't hold.
    Value {
        /// The row, from 0.
        row: usize,
        /// The value.
        found: String,
        /// The type wanted.
        wanted: Type,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Type { found, wanted } => write!(f, "found {found}, wanted {wanted}"),
            Misfit::Null { row, wanted } => {
                write!(f, "found null in row {row} (from 0), wanted {wanted}")
            }
            Misfit::Value { row, found, wanted } => {
                write!(f, "found {found} in row {row} (from 0), wanted {wanted}")
            }
        }
    }
}

impl std::error::Error for Misfit {}

/// The Arrow type in which values of a type are made: text plain, with 32-bit offsets.
///
/// A row reference never leaves the engine; it maps to its position, u32.
pub fn arrow_type(scalar: ScalarType) -> DataType {
    match scalar {
        ScalarType::Bool => DataType::Boolean,
        ScalarType::I8 => DataType::Int8,
        ScalarType::I16 => DataType::Int16,
        ScalarType::I32 => DataType::Int32,
        ScalarType::I64 => DataType::Int64,
        ScalarType::U8 => DataType::UInt8,
        ScalarType::U16 => DataType::UInt16,
        ScalarType::U32 | ScalarType::Row(_) => DataType::UInt32,
        ScalarType::U64 => DataType::UInt64,
        ScalarType::F32 => DataType::Float32,
        ScalarType::F64 => DataType::Float64,
        ScalarType::Str => DataType::Utf8,
        ScalarType::Date => DataType::Date32,
        ScalarType::Timestamp(unit, zone) => {
            DataType::Timestamp(arrow_unit(unit), zone.map(|zone| Arc::from(zone.name())))
        }
        ScalarType::Duration(unit) => DataType::Duration(arrow_unit(unit)),
        // At most 38, so it fits.
        ScalarType::Decimal(digits, places) => DataType::Decimal128(digits, places as i8),
    }
}

/// The Arrow field of a column.
pub fn arrow_field(name: &str, ty: Type) -> Field {
    Field::new(name, arrow_type(ty.scalar), ty.nullable)
}

/// The Arrow schema of columns.
pub fn arrow_schema<'a>(columns: impl IntoIterator<Item = (&'a str, Type)>) -> SchemaRef {
    let fields: Vec<Field> = columns
        .into_iter()
        .map(|(name, ty)| arrow_field(name, ty))
        .collect();
    Arc::new(Schema::new(fields))
}

/// Arrow's time unit.
pub fn arrow_unit(unit: TimeUnit) -> ArrowUnit {
    match unit {
        TimeUnit::Second => ArrowUnit::Second,
        TimeUnit::Millisecond => ArrowUnit::Millisecond,
        TimeUnit::Microsecond => ArrowUnit::Microsecond,
        TimeUnit::Nanosecond => ArrowUnit::Nanosecond,
    }
}

fn time_unit(unit: ArrowUnit) -> TimeUnit {
    match unit {
        ArrowUnit::Second => TimeUnit::Second,
        ArrowUnit::Millisecond => TimeUnit::Millisecond,
        ArrowUnit::Microsecond => TimeUnit::Microsecond,
        ArrowUnit::Nanosecond => TimeUnit::Nanosecond,
    }
}

/// The type as which an Arrow column is read if nobody asks for another; none if the language has
/// no such values.
///
/// The names under which writers file UTC (`+00:00`, `Etc/UTC`, `Z`) all become `UTC`.
pub fn scalar_type(found: &DataType) -> Option<ScalarType> {
    Some(match found {
        DataType::Boolean => ScalarType::Bool,
        DataType::Int8 => ScalarType::I8,
        DataType::Int16 => ScalarType::I16,
        DataType::Int32 => ScalarType::I32,
        DataType::Int64 => ScalarType::I64,
        DataType::UInt8 => ScalarType::U8,
        DataType::UInt16 => ScalarType::U16,
        DataType::UInt32 => ScalarType::U32,
        DataType::UInt64 => ScalarType::U64,
        DataType::Float16 | DataType::Float32 => ScalarType::F32,
        DataType::Float64 => ScalarType::F64,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ScalarType::Str,
        DataType::Date32 | DataType::Date64 => ScalarType::Date,
        DataType::Timestamp(unit, None) => ScalarType::Timestamp(time_unit(*unit), None),
        DataType::Timestamp(unit, Some(zone)) => {
            let zone = match &**zone {
                "+00:00" | "-00:00" | "Etc/UTC" | "Z" | "utc" => "UTC",
                other => other,
            };
            ScalarType::Timestamp(time_unit(*unit), Some(Zone::new(zone)?))
        }
        DataType::Duration(unit) => ScalarType::Duration(time_unit(*unit)),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => decimal_as(*precision, *scale)?,
        DataType::Dictionary(_, values) => match &**values {
            DataType::Dictionary(..) => return None,
            plain => scalar_type(plain)?,
        },
        _ => return None,
    })
}

/// Decimals of up to 38 digits; the zeros that a negative scale puts before the point are digits.
fn decimal_as(precision: u8, scale: i8) -> Option<ScalarType> {
    let places = u8::try_from(scale).unwrap_or(0);
    let digits = match scale {
        ..0 => precision.checked_add(scale.unsigned_abs())?,
        0.. => precision.max(places),
    };
    (digits <= MAX_DIGITS).then_some(ScalarType::Decimal(digits, places))
}

/// How many digits a decimal may have so that each is nearest to another f64, which then keeps it.
const F64_DIGITS: u8 = 15;

/// An Arrow type in the language's words where it has some, else in Arrow's.
pub fn describe(found: &DataType) -> String {
    match scalar_type(found) {
        Some(scalar) => scalar.to_string(),
        None => found.to_string(),
    }
}

/// Whether every value of `found` is a value of `wanted`, units apart.
pub fn widens(found: ScalarType, wanted: ScalarType) -> bool {
    if found == wanted {
        return true;
    }
    match (found, wanted) {
        (ScalarType::F32, ScalarType::F64) => true,
        (ScalarType::Timestamp(from, zone), ScalarType::Timestamp(to, wanted_zone)) => {
            zone == wanted_zone && from.per_second() <= to.per_second()
        }
        (ScalarType::Duration(from), ScalarType::Duration(to)) => {
            from.per_second() <= to.per_second()
        }
        (_, ScalarType::Decimal(digits, places)) => {
            found.as_decimal().is_some_and(|(others, other_places)| {
                other_places <= places && others - other_places <= digits - places
            })
        }
        (ScalarType::Decimal(digits, 0), _) if wanted.is_integer() => {
            let end = 10i128.pow(digits.into());
            wanted
                .integer_range()
                .is_some_and(|(least, greatest)| least <= 1 - end && end - 1 <= greatest)
        }
        (ScalarType::Decimal(digits, _), ScalarType::F64) => digits <= F64_DIGITS,
        _ => {
            let Some((low, high)) = found.integer_range() else {
                return false;
            };
            match wanted {
                // A float holds every integer of up to as many bits as its significand has.
                ScalarType::F32 => low >= -(1 << 24) && high <= 1 << 24,
                ScalarType::F64 => low >= -(1 << 53) && high <= 1 << 53,
                _ => wanted
                    .integer_range()
                    .is_some_and(|(least, greatest)| least <= low && high <= greatest),
            }
        }
    }
}

/// The array as a type, if that loses nothing.
///
/// The result is of [`arrow_type`], except that text keeps the layout it has (32- or 64-bit
/// offsets, views, dictionaries of any of them).
///
/// # Errors
/// If the types don't fit, a null stands where none may, or a value overflows its new unit.
pub fn widen(array: &ArrayRef, wanted: Type) -> Result<ArrayRef, Misfit> {
    let misfit = || Misfit::Type {
        found: describe(array.data_type()),
        wanted,
    };
    if *array.data_type() != DataType::Null
        && !scalar_type(array.data_type()).is_some_and(|found| widens(found, wanted.scalar))
    {
        return Err(misfit());
    }
    if !wanted.nullable
        && let Some(row) = first_null(array)
    {
        return Err(Misfit::Null { row, wanted });
    }
    let target = arrow_type(wanted.scalar);
    if *array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    let cast_to = |target: &DataType| {
        let options = CastOptions {
            safe: false,
            ..CastOptions::default()
        };
        cast_with_options(array, target, &options).map_err(|_: ArrowError| misfit())
    };
    match (array.data_type(), wanted.scalar) {
        (DataType::Null, _) => Ok(new_null_array(&target, array.len())),
        (_, ScalarType::Str) => Ok(Arc::clone(array)),
        (DataType::Dictionary(_, values), _) => widen(&cast_to(values)?, wanted),
        (DataType::Date64, _) => whole_days(array, wanted),
        (DataType::Decimal128(_, scale), ScalarType::F64) if *scale >= 0 => {
            // Both sides of the division are exact, so it is the number nearest to the decimal.
            let decimals = array.as_primitive::<Decimal128Type>();
            let divisor = 10u64.pow(scale.unsigned_abs().into()) as f64;
            let numbers: Float64Array = decimals.unary(|digits| digits as f64 / divisor);
            Ok(Arc::new(numbers))
        }
        (
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal256(precision, scale),
            scalar,
        ) if !scalar.is_decimal() => {
            widen(&cast_to(&DataType::Decimal128(*precision, *scale))?, wanted)
        }
        (DataType::Timestamp(from, _) | DataType::Duration(from), scalar) => {
            let (ScalarType::Timestamp(to, _) | ScalarType::Duration(to)) = scalar else {
                return Err(misfit());
            };
            let factor = to.per_second() / time_unit(*from).per_second();
            finer(&cast_to(&DataType::Int64)?, factor, wanted)
        }
        _ => cast_to(&target),
    }
}

/// The first row that is null, through dictionaries.
fn first_null(array: &ArrayRef) -> Option<usize> {
    let nulls: NullBuffer = array.logical_nulls()?;
    if nulls.null_count() == 0 {
        return None;
    }
    (0..nulls.len()).find(|row| nulls.is_null(*row))
}

/// Milliseconds as days.
fn whole_days(array: &ArrayRef, wanted: Type) -> Result<ArrayRef, Misfit> {
    const MILLISECONDS_PER_DAY: i64 = 86_400_000;
    let milliseconds = array.as_primitive::<Date64Type>();
    let days = mapped(milliseconds.values(), array.nulls(), |value| {
        (value % MILLISECONDS_PER_DAY == 0)
            .then(|| i32::try_from(value / MILLISECONDS_PER_DAY).ok())
            .flatten()
    })
    .map_err(|row| Misfit::Value {
        row,
        found: format!("{} ms since 1970-01-01", milliseconds.value(row)),
        wanted,
    })?;
    let days = Int32Array::new(days, array.nulls().cloned());
    Ok(Arc::new(
        days.reinterpret_cast::<arrow::datatypes::Date32Type>(),
    ))
}

/// Counts of a unit as counts of one `factor` times finer.
fn finer(counts: &ArrayRef, factor: i64, wanted: Type) -> Result<ArrayRef, Misfit> {
    let before = counts.as_primitive::<Int64Type>();
    let values = if factor == 1 {
        before.values().clone()
    } else {
        mapped(before.values(), before.nulls(), |value| {
            value.checked_mul(factor)
        })
        .map_err(|row| Misfit::Value {
            row,
            found: format!("a count of {} in a coarser unit", before.value(row)),
            wanted,
        })?
    };
    let counts: PrimitiveArray<Int64Type> = Int64Array::new(values, before.nulls().cloned());
    // Int64 to a time type only relabels.
    let data = counts
        .into_data()
        .into_builder()
        .data_type(arrow_type(wanted.scalar));
    match data.build() {
        Ok(data) => Ok(arrow::array::make_array(data)),
        Err(_) => Err(Misfit::Type {
            found: "i64".to_owned(),
            wanted,
        }),
    }
}

/// Every valid value through `change`; zero under nulls. The row if `change` refuses.
fn mapped<T, U>(
    values: &[T],
    nulls: Option<&NullBuffer>,
    change: impl Fn(T) -> Option<U>,
) -> Result<ScalarBuffer<U>, usize>
where
    T: Copy,
    U: arrow::datatypes::ArrowNativeType,
{
    let mut changed = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        changed.push(if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            U::default()
        } else {
            change(*value).ok_or(row)?
        });
    }
    Ok(ScalarBuffer::from(changed))
}

#[cfg(test)]
mod tests;
