//! Operations on the bits of integers.

/// What is done with the bits of an integer.
///
/// An integer's bits are its two's complement in the width of its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BitFunction {
    /// The bits set in both.
    And,
    /// The bits set in either.
    Or,
    /// The bits set in one but not both.
    Xor,
    /// The bits not set.
    Not,
    /// Bits moved up by a count, those beyond the type lost; 0 by a count of its width or more.
    ShiftLeft,
    /// Bits moved down by a count. A signed integer keeps its sign: it is divided by a power of two
    /// and rounded down; by a count of its width or more it is 0, or −1 if negative.
    ShiftRight,
    /// How many bits are set.
    CountOnes,
    /// How many bits are not set above the highest that is; the type's width of 0.
    LeadingZeros,
    /// How many bits are not set below the lowest that is; the type's width of 0.
    TrailingZeros,
}

impl BitFunction {
    /// Every function.
    pub const ALL: [BitFunction; 9] = [
        BitFunction::And,
        BitFunction::Or,
        BitFunction::Xor,
        BitFunction::Not,
        BitFunction::ShiftLeft,
        BitFunction::ShiftRight,
        BitFunction::CountOnes,
        BitFunction::LeadingZeros,
        BitFunction::TrailingZeros,
    ];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            BitFunction::And => "bit_and",
            BitFunction::Or => "bit_or",
            BitFunction::Xor => "bit_xor",
            BitFunction::Not => "bit_not",
            BitFunction::ShiftLeft => "shift_left",
            BitFunction::ShiftRight => "shift_right",
            BitFunction::CountOnes => "count_ones",
            BitFunction::LeadingZeros => "leading_zeros",
            BitFunction::TrailingZeros => "trailing_zeros",
        }
    }

    /// How many arguments it takes: 1 or 2.
    pub fn arity(self) -> usize {
        match self {
            BitFunction::And
            | BitFunction::Or
            | BitFunction::Xor
            | BitFunction::ShiftLeft
            | BitFunction::ShiftRight => 2,
            BitFunction::Not
            | BitFunction::CountOnes
            | BitFunction::LeadingZeros
            | BitFunction::TrailingZeros => 1,
        }
    }

    /// Whether the second argument is a count, a u8.
    pub fn is_shift(self) -> bool {
        matches!(self, BitFunction::ShiftLeft | BitFunction::ShiftRight)
    }

    /// Whether the result is a number of bits, an i32.
    pub fn counts(self) -> bool {
        matches!(
            self,
            BitFunction::CountOnes | BitFunction::LeadingZeros | BitFunction::TrailingZeros
        )
    }
}
