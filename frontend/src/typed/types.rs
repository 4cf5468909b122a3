//! What columns hold, to the Rust compiler: base types, whether nulls may occur, and the rules by
//! which two types meet (the language's rule 15).

use icosian_ir::types::{ScalarType, Type};

/// UTF-8 text, `str` in flow text.
#[derive(Clone, Copy, Debug)]
pub enum Text {}

/// A day, `date` in flow text.
#[derive(Clone, Copy, Debug)]
pub enum Date {}

/// A type of values without null.
pub trait Base: Element<Base = Self, Nulls = Never> {
    /// The type in a flow.
    const SCALAR: ScalarType;
}

/// A type of numbers.
pub trait Number: Base {
    /// Of a division, and of functions such as `sqrt`: f32 of f32, else f64.
    type Float: Number;
    /// Of a sum: 64 bits wide.
    type Sum: Number;
}

/// Whether nulls may occur.
pub trait Nulls: 'static {
    /// Whether they may.
    const NULLABLE: bool;
    /// They may, if they may here or there.
    type Or<Other: Nulls>: Nulls;
    /// `B` or `Option<B>`.
    type Of<B: Base>: Element<Base = B, Nulls = Self>;
}

/// No nulls.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

/// Perhaps nulls.
#[derive(Clone, Copy, Debug)]
pub enum Maybe {}

impl Nulls for Never {
    const NULLABLE: bool = false;
    type Or<Other: Nulls> = Other;
    type Of<B: Base> = B;
}

impl Nulls for Maybe {
    const NULLABLE: bool = true;
    type Or<Other: Nulls> = Maybe;
    type Of<B: Base> = Option<B>;
}

/// What a column or scalar holds: `f64`, or `Option<f64>` where nulls may occur.
pub trait Element: Copy + 'static {
    /// Without null.
    type Base: Base;
    /// Whether nulls may occur.
    type Nulls: Nulls;
}

impl<B: Base> Element for Option<B> {
    type Base = B;
    type Nulls = Maybe;
}

/// The type in a flow.
pub fn type_of<T: Element>() -> Type {
    let scalar = T::Base::SCALAR;
    if T::Nulls::NULLABLE {
        scalar.nullable()
    } else {
        scalar.required()
    }
}

/// Two types that can be combined and compared, and the one in which they meet.
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{Other}` have no type in common",
    label = "no type holds the values of both: convert one of them, as with `.cast::<f64>()`"
)]
pub trait Meet<Other: Base>: Base {
    /// Where they meet.
    type Out: Base;
}

macro_rules! bases {
    ($($base:ty, $scalar:ident;)*) => {$(
        impl Base for $base {
            const SCALAR: ScalarType = ScalarType::$scalar;
        }
        impl Element for $base {
            type Base = $base;
            type Nulls = Never;
        }
    )*};
}

bases! {
    bool, Bool;
    i8, I8;
    i16, I16;
    i32, I32;
    i64, I64;
    u8, U8;
    u16, U16;
    u32, U32;
    u64, U64;
    f32, F32;
    f64, F64;
    Text, Str;
    Date, Date;
}

macro_rules! numbers {
    ($($number:ty, $float:ty, $sum:ty;)*) => {$(
        impl Number for $number {
            type Float = $float;
            type Sum = $sum;
        }
    )*};
}

numbers! {
    i8, f64, i64;
    i16, f64, i64;
    i32, f64, i64;
    i64, f64, i64;
    u8, f64, u64;
    u16, f64, u64;
    u32, f64, u64;
    u64, f64, u64;
    f32, f32, f64;
    f64, f64, f64;
}

macro_rules! meets {
    ($($left:ty: $($right:ty => $out:ty),*;)*) => {$($(
        impl Meet<$right> for $left {
            type Out = $out;
        }
    )*)*};
}

meets! {
    bool: bool => bool;
    Text: Text => Text;
    Date: Date => Date;
    i8: i8 => i8, i16 => i16, i32 => i32, i64 => i64, u8 => i16, u16 => i32, u32 => i64, f32 => f64, f64 => f64;
    i16: i8 => i16, i16 => i16, i32 => i32, i64 => i64, u8 => i16, u16 => i32, u32 => i64, f32 => f64, f64 => f64;
    i32: i8 => i32, i16 => i32, i32 => i32, i64 => i64, u8 => i32, u16 => i32, u32 => i64, f32 => f64, f64 => f64;
    i64: i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => i64, u16 => i64, u32 => i64, f32 => f64, f64 => f64;
    u8: i8 => i16, i16 => i16, i32 => i32, i64 => i64, u8 => u8, u16 => u16, u32 => u32, u64 => u64, f32 => f64, f64 => f64;
    u16: i8 => i32, i16 => i32, i32 => i32, i64 => i64, u8 => u16, u16 => u16, u32 => u32, u64 => u64, f32 => f64, f64 => f64;
    u32: i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => u32, u16 => u32, u32 => u32, u64 => u64, f32 => f64, f64 => f64;
    u64: u8 => u64, u16 => u64, u32 => u64, u64 => u64, f32 => f64, f64 => f64;
    f32: i8 => f64, i16 => f64, i32 => f64, i64 => f64, u8 => f64, u16 => f64, u32 => f64, u64 => f64, f32 => f32, f64 => f64;
    f64: i8 => f64, i16 => f64, i32 => f64, i64 => f64, u8 => f64, u16 => f64, u32 => f64, u64 => f64, f32 => f64, f64 => f64;
}
