//! Conversions, and arithmetic with a chosen overflow.

use icosian_ir::graph::BinaryOperator::{Add, FloorDiv, Mul, Pow, Sub};
use icosian_ir::op::CastMode::{Null, Raise, Wrap};
use icosian_ir::op::Overflow;
use icosian_ir::types::ScalarType::{Bool, F32, F64, I8, I16, I32, I64, Str, U8, U16, U32, U64};

use super::Meaning::{Arithmetic, Cast};
use super::parameters::{A_B, X, X_COUNT, X_DIGITS, X_UNIT, X_UNIT_ZONE};
use super::{Function, Meaning};

functions! {
    "wrapping_add" A_B, Arithmetic(Add, Overflow::Wrap), "a + b, wrapping around", "wrapping_add(a, b)";
    "wrapping_sub" A_B, Arithmetic(Sub, Overflow::Wrap), "a - b, wrapping around", "wrapping_sub(a, b)";
    "wrapping_mul" A_B, Arithmetic(Mul, Overflow::Wrap), "a * b, wrapping around", "wrapping_mul(a, b)";
    "wrapping_neg" X, Meaning::Negate(Overflow::Wrap), "-x, wrapping around", "wrapping_neg(x)";
    "wrapping_floor_div" A_B, Arithmetic(FloorDiv, Overflow::Wrap), "a // b, wrapping around", "wrapping_floor_div(a, b)";
    "wrapping_abs" X, Meaning::Magnitude(Overflow::Wrap), "the magnitude, wrapping around", "wrapping_abs(x)";
    "wrapping_pow" X_COUNT, Arithmetic(Pow, Overflow::Wrap), "x ** n for a constant n from 0 to 64, wrapping around", "wrapping_pow(x, 3)";
    "try_add" A_B, Arithmetic(Add, Overflow::Null), "a + b, null where it overflows", "try_add(a, b)";
    "try_sub" A_B, Arithmetic(Sub, Overflow::Null), "a - b, null where it overflows", "try_sub(a, b)";
    "try_mul" A_B, Arithmetic(Mul, Overflow::Null), "a * b, null where it overflows", "try_mul(a, b)";
    "try_neg" X, Meaning::Negate(Overflow::Null), "-x, null where it overflows", "try_neg(x)";
    "try_floor_div" A_B, Arithmetic(FloorDiv, Overflow::Null), "a // b, null where it overflows", "try_floor_div(a, b)";
    "try_abs" X, Meaning::Magnitude(Overflow::Null), "the magnitude, null where it overflows", "try_abs(x)";
    "try_pow" X_COUNT, Arithmetic(Pow, Overflow::Null), "x ** n for a constant n from 0 to 64, null where it overflows", "try_pow(x, 3)";
    "i8" X, Cast(I8, Raise), "as i8; an error where it doesn't fit", "i8(late)";
    "i16" X, Cast(I16, Raise), "as i16; an error where it doesn't fit", "i16(x)";
    "i32" X, Cast(I32, Raise), "as i32; an error where it doesn't fit", "i32(x)";
    "i64" X, Cast(I64, Raise), "as i64; an error where it doesn't fit", "i64(x)";
    "u8" X, Cast(U8, Raise), "as u8; an error where it doesn't fit", "u8(x)";
    "u16" X, Cast(U16, Raise), "as u16; an error where it doesn't fit", "u16(x)";
    "u32" X, Cast(U32, Raise), "as u32; an error where it doesn't fit", "u32(x)";
    "u64" X, Cast(U64, Raise), "as u64; an error where it doesn't fit", "u64(x)";
    "f32" X, Cast(F32, Raise), "as f32", "f32(x)";
    "f64" X, Cast(F64, Raise), "as f64", "f64(x)";
    "bool" X, Cast(Bool, Raise), "text that says true or false as bool", "bool(answer)";
    "str" X, Cast(Str, Raise), "as text that reads back to the same value", "str(flight)";
    "try_i8" X, Cast(I8, Null), "as i8; null where it doesn't fit", "try_i8(x)";
    "try_i16" X, Cast(I16, Null), "as i16; null where it doesn't fit", "try_i16(x)";
    "try_i32" X, Cast(I32, Null), "as i32; null where it doesn't fit", "try_i32(x)";
    "try_i64" X, Cast(I64, Null), "as i64; null where it doesn't fit", "try_i64(x)";
    "try_u8" X, Cast(U8, Null), "as u8; null where it doesn't fit", "try_u8(x)";
    "try_u16" X, Cast(U16, Null), "as u16; null where it doesn't fit", "try_u16(x)";
    "try_u32" X, Cast(U32, Null), "as u32; null where it doesn't fit", "try_u32(x)";
    "try_u64" X, Cast(U64, Null), "as u64; null where it doesn't fit", "try_u64(x)";
    "try_str" X, Cast(Str, Null), "as text, as str(x)", "try_str(flight)";
    "try_bool" X, Cast(Bool, Null), "text as bool; null where it says neither", "try_bool(answer)";
    "try_f32" X, Cast(F32, Null), "as f32", "try_f32(x)";
    "try_f64" X, Cast(F64, Null), "as f64", "try_f64(x)";
    "wrapping_i8" X, Cast(I8, Wrap), "an integer as i8, wrapping around", "wrapping_i8(x)";
    "wrapping_i16" X, Cast(I16, Wrap), "an integer as i16, wrapping around", "wrapping_i16(x)";
    "wrapping_i32" X, Cast(I32, Wrap), "an integer as i32, wrapping around", "wrapping_i32(x)";
    "wrapping_i64" X, Cast(I64, Wrap), "an integer as i64, wrapping around", "wrapping_i64(x)";
    "wrapping_u8" X, Cast(U8, Wrap), "an integer as u8, wrapping around", "wrapping_u8(x)";
    "wrapping_u16" X, Cast(U16, Wrap), "an integer as u16, wrapping around", "wrapping_u16(x)";
    "wrapping_u32" X, Cast(U32, Wrap), "an integer as u32, wrapping around", "wrapping_u32(x)";
    "wrapping_u64" X, Cast(U64, Wrap), "an integer as u64, wrapping around", "wrapping_u64(x)";
    "date" X, Meaning::Date(Raise), "the date written in a text, that of a timestamp, or so many days after 1970-01-01", "date(\"2013-01-01\")";
    "timestamp" X_UNIT_ZONE, Meaning::Timestamp(Raise), "the instant written in a text; so many units after 1970-01-01; a date or timestamp in this unit and zone (null: none)", "timestamp(\"2013-01-01T05:00:00Z\")";
    "duration" X_UNIT, Meaning::Duration(Raise), "so many units, seconds unless given; a duration in this unit", "duration(x, unit=\"ms\")";
    "decimal" X_DIGITS, Meaning::Decimal(Raise), "as a decimal of so many digits, so many of them after the point; an error where it doesn't fit", "decimal(price, 12, 2)";
    "try_decimal" X_DIGITS, Meaning::Decimal(Null), "as a decimal; null where it doesn't fit", "try_decimal(text, precision=12, scale=2)";
    "try_date" X, Meaning::Date(Null), "as date; null where it doesn't fit", "try_date(x)";
    "try_timestamp" X_UNIT_ZONE, Meaning::Timestamp(Null), "as timestamp; null where it doesn't fit", "try_timestamp(x, unit=\"ns\")";
    "try_duration" X_UNIT, Meaning::Duration(Null), "as duration; null where it doesn't fit", "try_duration(x, unit=\"ns\")";
}
