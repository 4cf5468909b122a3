//! Rounding of decimals to fewer places.

use std::fmt;

/// Which way a decimal goes to one of fewer places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoundingMode {
    /// To the nearest, ties to the even one.
    Nearest,
    /// Down.
    Floor,
    /// Up.
    Ceil,
    /// Towards zero.
    TowardsZero,
}

/// A decimal brought to so many places, fewer than it has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// The digits after the point that stay.
    pub places: u8,
}

impl Rounding {
    /// The name of the function in the language.
    pub fn name(self) -> &'static str {
        match self.mode {
            RoundingMode::Nearest => "round",
            RoundingMode::Floor => "floor",
            RoundingMode::Ceil => "ceil",
            RoundingMode::TowardsZero => "trunc",
        }
    }
}

/// What stage texts add to the name.
impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " places={}", self.places)
    }
}
