//! Values given as text: parameters, overrides, configs.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int64Type};
use icosian_ir::meaning::text::read;
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value;
use icosian_runtime::arrow_types::arrow_type;

use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;

/// Reads a value of a type; `null` is null where nulls are allowed.
///
/// # Errors
/// If the text is no such value.
pub(crate) fn value_from_text(name: &str, text: &str, ty: Type) -> Result<Value, Error> {
    if ty.nullable && text == "null" {
        return Ok(Value::Null);
    }
    let trimmed = text.trim();
    let value = match ty.scalar {
        ScalarType::Bool => trimmed.parse().ok().map(Value::Bool),
        ScalarType::F64 => trimmed.parse().ok().map(Value::F64),
        ScalarType::F32 => trimmed.parse().ok().map(Value::F32),
        ScalarType::Str => Some(Value::Str(text.into())),
        ScalarType::Row(_) => None,
        ScalarType::Date | ScalarType::Timestamp(..) => time_from_text(trimmed, ty.scalar),
        ScalarType::Decimal(..) => read::value(trimmed, ty.scalar),
        _ => {
            let number = trimmed.parse::<i128>().ok();
            let range = ty.scalar.lane_range();
            number
                .filter(|number| range.is_some_and(|(low, high)| low <= *number && *number <= high))
                .map(Value::Integer)
        }
    };
    value.ok_or_else(|| {
        let message = format!("`{name}` is {ty}, which {text:?} is not");
        Error::from_diagnostics(vec![Diagnostic::error(Code::BadOption, message)])
    })
}

fn time_from_text(text: &str, scalar: ScalarType) -> Option<Value> {
    let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let options = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    let times = cast_with_options(&array, &arrow_type(scalar), &options).ok()?;
    let numbers = cast_with_options(&times, &DataType::Int64, &options).ok()?;
    let numbers = numbers.as_primitive::<Int64Type>();
    numbers
        .is_valid(0)
        .then(|| Value::Integer(numbers.value(0).into()))
}
