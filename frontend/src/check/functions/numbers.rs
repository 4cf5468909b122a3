//! Mathematical functions of each row, and functions of the bits of integers.

use icosian_ir::op::{BitFunction, Math};

use super::Meaning::Bits;
use super::parameters::{A_B, X, X_COUNT, X_PLACES, required};
use super::{Function, Meaning};

functions! {
    "abs" X, Meaning::Math(Math::Abs), "the magnitude", "abs(x)";
    "sign" X, Meaning::Math(Math::Sign), "-1, 0 or 1", "sign(x)";
    "floor" X_PLACES, Meaning::Round(Math::Floor), "the greatest whole number not above; of a decimal with so many places", "floor(x)";
    "ceil" X_PLACES, Meaning::Round(Math::Ceil), "the least whole number not below; of a decimal with so many places", "ceil(x)";
    "round" X_PLACES, Meaning::Round(Math::Round), "the nearest whole number, ties to even; of a decimal with so many places", "round(price, 2)";
    "trunc" X_PLACES, Meaning::Round(Math::Trunc), "the whole part; of a decimal with so many places", "trunc(x)";
    "clip" &[required("x"), required("low"), required("high")], Meaning::Clip, "x, but at least low and at most high", "clip(delay, 0, 60)";
    "sqrt" X, Meaning::Math(Math::Sqrt), "the square root", "sqrt(x)";
    "exp" X, Meaning::Math(Math::Exp), "e to the power x", "exp(x)";
    "expm1" X, Meaning::Math(Math::Expm1), "exp(x) - 1, exact for small x", "expm1(x)";
    "ln" X, Meaning::Math(Math::Ln), "the natural logarithm", "ln(x)";
    "log1p" X, Meaning::Math(Math::Log1p), "ln(1 + x), exact for small x", "log1p(x)";
    "log2" X, Meaning::Math(Math::Log2), "the logarithm to base 2", "log2(x)";
    "log10" X, Meaning::Math(Math::Log10), "the logarithm to base 10", "log10(x)";
    "pow" A_B, Meaning::Math(Math::Pow), "a to the power b, as floats", "pow(a, b)";
    "exp2" X, Meaning::Math(Math::Exp2), "2 to the power x", "exp2(octaves)";
    "cbrt" X, Meaning::Math(Math::Cbrt), "the cube root", "cbrt(volume)";
    "asin" X, Meaning::Math(Math::Asin), "the angle whose sine is x, in radians", "asin(x)";
    "acos" X, Meaning::Math(Math::Acos), "the angle whose cosine is x, in radians", "acos(x)";
    "atan" X, Meaning::Math(Math::Atan), "the angle whose tangent is x, in radians", "atan(slope)";
    "sinh" X, Meaning::Math(Math::Sinh), "the hyperbolic sine", "sinh(x)";
    "cosh" X, Meaning::Math(Math::Cosh), "the hyperbolic cosine", "cosh(x)";
    "gamma" X, Meaning::Math(Math::Gamma), "the gamma function: of whole numbers the factorial of the one below", "gamma(n + 1)";
    "ln_gamma" X, Meaning::Math(Math::LnGamma), "the natural logarithm of the magnitude of gamma(x)", "ln_gamma(x)";
    "tanh" X, Meaning::Math(Math::Tanh), "the hyperbolic tangent", "tanh(x)";
    "asinh" X, Meaning::Math(Math::Asinh), "the inverse hyperbolic sine", "asinh(x)";
    "acosh" X, Meaning::Math(Math::Acosh), "the inverse hyperbolic cosine", "acosh(x)";
    "atanh" X, Meaning::Math(Math::Atanh), "the inverse hyperbolic tangent", "atanh(x)";
    "hypot" &[required("x"), required("y")], Meaning::Math(Math::Hypot), "the square root of x² + y², which does not overflow on the way", "hypot(dx, dy)";
    "log_base" &[required("x"), required("base")], Meaning::Math(Math::LogBase), "the logarithm of x to a base", "log_base(x, 3)";
    "degrees" X, Meaning::Math(Math::Degrees), "an angle of radians in degrees", "degrees(atan2(y, x))";
    "radians" X, Meaning::Math(Math::Radians), "an angle of degrees in radians", "radians(latitude)";
    "sin" X, Meaning::Math(Math::Sin), "the sine of an angle in radians", "sin(x)";
    "cos" X, Meaning::Math(Math::Cos), "the cosine of an angle in radians", "cos(x)";
    "tan" X, Meaning::Math(Math::Tan), "the tangent of an angle in radians", "tan(x)";
    "atan2" &[required("y"), required("x")], Meaning::Math(Math::Atan2), "the angle of the point (x, y) in radians", "atan2(y, x)";
    "erf" X, Meaning::Math(Math::Erf), "the error function", "erf(x)";
    "bit_and" A_B, Bits(BitFunction::And), "the bits set in both integers", "bit_and(flags, 4)";
    "bit_or" A_B, Bits(BitFunction::Or), "the bits set in either integer", "bit_or(flags, 4)";
    "bit_xor" A_B, Bits(BitFunction::Xor), "the bits set in one integer but not both", "bit_xor(flags, 4)";
    "bit_not" X, Bits(BitFunction::Not), "the bits of an integer that are not set", "bit_not(flags)";
    "shift_left" X_COUNT, Bits(BitFunction::ShiftLeft), "the bits moved up by n places, those beyond the type lost", "shift_left(1, n)";
    "shift_right" X_COUNT, Bits(BitFunction::ShiftRight), "the bits moved down by n places, the sign kept", "shift_right(flags, 4)";
    "count_ones" X, Bits(BitFunction::CountOnes), "how many bits are set", "count_ones(flags)";
    "leading_zeros" X, Bits(BitFunction::LeadingZeros), "how many bits are not set above the highest that is", "leading_zeros(x)";
    "trailing_zeros" X, Bits(BitFunction::TrailingZeros), "how many bits are not set below the lowest that is", "trailing_zeros(x)";
}
