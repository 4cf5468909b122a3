//! Mathematical functions.

/// A mathematical function over floats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Math {
    Exp,
    Expm1,
    Ln,
    Log1p,
    Log2,
    Log10,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Erf,
    Floor,
    Ceil,
    Round,
    Trunc,
    Abs,
    Sign,
    Pow,
    Atan2,
}

impl Math {
    /// The name in flow text.
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
        }
    }

    /// The number of arguments.
    pub fn arity(self) -> usize {
        if matches!(self, Math::Pow | Math::Atan2) {
            2
        } else {
            1
        }
    }
}
