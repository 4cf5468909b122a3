//! Mathematical functions: the one definition of every bit of their results.
//!
//! The interpreter and constant folding call these bodies, and machine code runs the same bodies
//! instantiated for wider registers, so every engine and every CPU gives the same bits. That
//! rests on two rules. The bodies use only operations that IEEE 754 rounds correctly (`+ − × ÷`,
//! square root, fused multiply-add, rounding to integers) and moves of bits; and Rust never
//! contracts or reassociates them. No function calls the platform's mathematics library.
//!
//! Each function is split so that a loop over a block vectorizes. [`Unary::fast`] is free of
//! branches and table lookups and right wherever [`Unary::needs_repair`] is false;
//! [`Unary::slow`] is right wherever it is true (huge trigonometric arguments, subnormals,
//! infinities, NaN). The meaning is [`evaluate`]: one or the other, chosen by the argument's
//! value alone. A wide routine runs `fast` over a block and redoes the flagged elements.
//!
//! Results are within 1 ULP of the real value over the whole range, pow and erf included
//! (`ir/tests/math_reference.rs` measures every function against a high-precision reference and
//! states the bound it holds it to: 0.75 for pow, 0.95 for erf). NaN results are all the one canonical NaN, [`f64::NAN`].
//!
//! An f32 function is the f64 function of the widened argument, rounded once to f32
//! ([`narrow`]): within 0.5000001 ULP without bodies of its own.

// `!(x <= limit)` is also true of NaN, which is the point of it; and ranges are tested with `&`
// of two comparisons, which stays free of branches.
#![allow(clippy::neg_cmp_op_on_partial_ord, clippy::manual_range_contains)]

mod angle;
mod arctangent;
mod arithmetic;
mod coefficients;
mod error_function;
mod exponential;
mod gamma;
mod hyperbolic;
mod inverse_trigonometric;
mod logarithm;
mod power;
mod reduction;
mod root;
mod rounding;
mod trigonometric;

pub use angle::{Degrees, Radians, degrees, radians};
pub use arctangent::{Atan2, atan, atan2};
pub use error_function::{Erf, erf};
pub use exponential::{Exp, Exp2, Expm1, exp, exp2, expm1};
pub use gamma::{Gamma, LnGamma, gamma, ln_gamma};
pub use hyperbolic::{Acosh, Asinh, Atanh, Cosh, Sinh, Tanh, cosh, sinh, tanh};
pub use inverse_trigonometric::{Acos, Asin, Atan, acos, asin};
pub use logarithm::{Ln, Log1p, Log2, Log10, ln, log1p, log2, log10};
pub use power::{LogBase, Pow, log_base, pow};
pub use root::{Cbrt, Hypot, cbrt, hypot};
pub use rounding::{
    Abs, Ceil, Floor, Round, Sign, Sqrt, Trunc, abs, ceil, floor, round, sign, sqrt, trunc,
};
pub use trigonometric::{Cos, Sin, Tan, cos, sin, tan};

/// A mathematical function over floating-point numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Math {
    /// e to the power of x.
    Exp,
    /// e to the power of x, minus 1, accurate near 0.
    Expm1,
    /// Natural logarithm.
    Ln,
    /// Natural logarithm of 1 + x, accurate near 0.
    Log1p,
    /// Logarithm to base 2.
    Log2,
    /// Logarithm to base 10.
    Log10,
    /// Square root.
    Sqrt,
    /// Sine of an angle in radians.
    Sin,
    /// Cosine of an angle in radians.
    Cos,
    /// Tangent of an angle in radians.
    Tan,
    /// The error function.
    Erf,
    /// Largest integral value not above x.
    Floor,
    /// Smallest integral value not below x.
    Ceil,
    /// Nearest integral value, ties to even.
    Round,
    /// Integral value nearest x towards zero.
    Trunc,
    /// Magnitude.
    Abs,
    /// −1, 1, or x itself when it is a zero.
    Sign,
    /// First argument to the power of the second.
    Pow,
    /// Angle of the point (second argument, first argument).
    Atan2,
    /// An angle of radians in degrees.
    Degrees,
    /// An angle of degrees in radians.
    Radians,
    /// 2 to the power of x.
    Exp2,
    /// Logarithm of the first argument to the base of the second.
    LogBase,
    /// Cube root.
    Cbrt,
    /// Length of the vector with the two arguments as coordinates.
    Hypot,
    /// Angle whose sine is x, from −π/2 to π/2.
    Asin,
    /// Angle whose cosine is x, from 0 to π.
    Acos,
    /// Angle whose tangent is x, from −π/2 to π/2.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine, from 0 on.
    Acosh,
    /// Inverse hyperbolic tangent.
    Atanh,
    /// The gamma function.
    Gamma,
    /// Natural logarithm of the gamma function's magnitude.
    LnGamma,
}

impl Math {
    /// Every function.
    pub const ALL: [Math; 36] = [
        Math::Exp,
        Math::Expm1,
        Math::Ln,
        Math::Log1p,
        Math::Log2,
        Math::Log10,
        Math::Sqrt,
        Math::Sin,
        Math::Cos,
        Math::Tan,
        Math::Erf,
        Math::Floor,
        Math::Ceil,
        Math::Round,
        Math::Trunc,
        Math::Abs,
        Math::Sign,
        Math::Pow,
        Math::Atan2,
        Math::Degrees,
        Math::Radians,
        Math::Exp2,
        Math::LogBase,
        Math::Cbrt,
        Math::Hypot,
        Math::Asin,
        Math::Acos,
        Math::Atan,
        Math::Sinh,
        Math::Cosh,
        Math::Tanh,
        Math::Asinh,
        Math::Acosh,
        Math::Atanh,
        Math::Gamma,
        Math::LnGamma,
    ];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Math::Exp => "exp",
            Math::Expm1 => "expm1",
            Math::Ln => "ln",
            Math::Log1p => "log1p",
            Math::Log2 => "log2",
            Math::Log10 => "log10",
            Math::Sqrt => "sqrt",
            Math::Sin => "sin",
            Math::Cos => "cos",
            Math::Tan => "tan",
            Math::Erf => "erf",
            Math::Floor => "floor",
            Math::Ceil => "ceil",
            Math::Round => "round",
            Math::Trunc => "trunc",
            Math::Abs => "abs",
            Math::Sign => "sign",
            Math::Pow => "pow",
            Math::Atan2 => "atan2",
            Math::Degrees => "degrees",
            Math::Radians => "radians",
            Math::Exp2 => "exp2",
            Math::LogBase => "log_base",
            Math::Cbrt => "cbrt",
            Math::Hypot => "hypot",
            Math::Asin => "asin",
            Math::Acos => "acos",
            Math::Atan => "atan",
            Math::Sinh => "sinh",
            Math::Cosh => "cosh",
            Math::Tanh => "tanh",
            Math::Asinh => "asinh",
            Math::Acosh => "acosh",
            Math::Atanh => "atanh",
            Math::Gamma => "gamma",
            Math::LnGamma => "ln_gamma",
        }
    }

    /// How many arguments it takes: 1 or 2.
    pub fn arity(self) -> usize {
        if matches!(self, Math::Pow | Math::Atan2 | Math::LogBase | Math::Hypot) {
            2
        } else {
            1
        }
    }

    /// Hands the type that implements this function to `visitor`.
    ///
    /// This is the only place that pairs the variants with their bodies: scalar calls, wide
    /// routines and tests all come through it.
    #[inline]
    pub fn visit<V: Visitor>(self, visitor: V) -> V::Output {
        match self {
            Math::Exp => visitor.unary::<Exp>(),
            Math::Expm1 => visitor.unary::<Expm1>(),
            Math::Ln => visitor.unary::<Ln>(),
            Math::Log1p => visitor.unary::<Log1p>(),
            Math::Log2 => visitor.unary::<Log2>(),
            Math::Log10 => visitor.unary::<Log10>(),
            Math::Sqrt => visitor.unary::<Sqrt>(),
            Math::Sin => visitor.unary::<Sin>(),
            Math::Cos => visitor.unary::<Cos>(),
            Math::Tan => visitor.unary::<Tan>(),
            Math::Erf => visitor.unary::<Erf>(),
            Math::Floor => visitor.unary::<Floor>(),
            Math::Ceil => visitor.unary::<Ceil>(),
            Math::Round => visitor.unary::<Round>(),
            Math::Trunc => visitor.unary::<Trunc>(),
            Math::Abs => visitor.unary::<Abs>(),
            Math::Sign => visitor.unary::<Sign>(),
            Math::Pow => visitor.binary::<Pow>(),
            Math::Atan2 => visitor.binary::<Atan2>(),
            Math::Degrees => visitor.unary::<Degrees>(),
            Math::Radians => visitor.unary::<Radians>(),
            Math::Exp2 => visitor.unary::<Exp2>(),
            Math::LogBase => visitor.binary::<LogBase>(),
            Math::Cbrt => visitor.unary::<Cbrt>(),
            Math::Hypot => visitor.binary::<Hypot>(),
            Math::Asin => visitor.unary::<Asin>(),
            Math::Acos => visitor.unary::<Acos>(),
            Math::Atan => visitor.unary::<Atan>(),
            Math::Sinh => visitor.unary::<Sinh>(),
            Math::Cosh => visitor.unary::<Cosh>(),
            Math::Tanh => visitor.unary::<Tanh>(),
            Math::Asinh => visitor.unary::<Asinh>(),
            Math::Acosh => visitor.unary::<Acosh>(),
            Math::Atanh => visitor.unary::<Atanh>(),
            Math::Gamma => visitor.unary::<Gamma>(),
            Math::LnGamma => visitor.unary::<LnGamma>(),
        }
    }
}

/// Receives the type behind a [`Math`] function.
pub trait Visitor {
    /// What the visit gives.
    type Output;
    /// The function takes one argument.
    fn unary<F: Unary>(self) -> Self::Output;
    /// The function takes two arguments.
    fn binary<F: Binary>(self) -> Self::Output;
}

/// A function of one argument, split for loops over blocks (see the module's page).
pub trait Unary {
    /// The result where [`Unary::needs_repair`] is false, anything elsewhere. Free of branches.
    fn fast(x: f64) -> f64;
    /// Whether `fast` is not to be trusted with this argument.
    fn needs_repair(x: f64) -> bool;
    /// The result where [`Unary::needs_repair`] is true.
    fn slow(x: f64) -> f64;
}

/// A function of two arguments, split like [`Unary`].
pub trait Binary {
    /// The result where [`Binary::needs_repair`] is false, anything elsewhere. Free of branches.
    fn fast(x: f64, y: f64) -> f64;
    /// Whether `fast` is not to be trusted with these arguments.
    fn needs_repair(x: f64, y: f64) -> bool;
    /// The result where [`Binary::needs_repair`] is true.
    fn slow(x: f64, y: f64) -> f64;
}

/// The meaning of a function of one argument.
#[inline(always)]
pub fn evaluate<F: Unary>(x: f64) -> f64 {
    if F::needs_repair(x) {
        F::slow(x)
    } else {
        F::fast(x)
    }
}

/// The meaning of a function of two arguments.
#[inline(always)]
pub fn evaluate2<F: Binary>(x: f64, y: f64) -> f64 {
    if F::needs_repair(x, y) {
        F::slow(x, y)
    } else {
        F::fast(x, y)
    }
}

/// The f32 result of a function from its f64 result: rounded once, NaN canonical.
#[inline(always)]
pub fn narrow(result: f64) -> f32 {
    if result.is_nan() {
        f32::NAN
    } else {
        result as f32
    }
}

/// `function` of one argument.
///
/// # Panics
///
/// If the function takes two: the typing of the IR rules that out.
///
/// ```
/// use icosian_ir::meaning::math::{Math, apply1};
/// assert_eq!(apply1(Math::Log2, 8.0), 3.0);
/// ```
pub fn apply1(function: Math, x: f64) -> f64 {
    struct Apply(Math, f64);
    impl Visitor for Apply {
        type Output = f64;
        fn unary<F: Unary>(self) -> f64 {
            evaluate::<F>(self.1)
        }
        fn binary<F: Binary>(self) -> f64 {
            panic!("{} takes two arguments", self.0.name())
        }
    }
    function.visit(Apply(function, x))
}

/// `function` of two arguments.
///
/// # Panics
///
/// If the function takes one: the typing of the IR rules that out.
///
/// ```
/// use icosian_ir::meaning::math::{Math, apply2};
/// assert_eq!(apply2(Math::Pow, 2.0, 10.0), 1024.0);
/// ```
pub fn apply2(function: Math, x: f64, y: f64) -> f64 {
    struct Apply(Math, f64, f64);
    impl Visitor for Apply {
        type Output = f64;
        fn unary<F: Unary>(self) -> f64 {
            panic!("{} takes one argument", self.0.name())
        }
        fn binary<F: Binary>(self) -> f64 {
            evaluate2::<F>(self.1, self.2)
        }
    }
    function.visit(Apply(function, x, y))
}
