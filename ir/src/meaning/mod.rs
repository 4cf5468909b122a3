//! What the operations mean: the one definition that the interpreter, constant folding and the
//! wide routines share.

pub mod arithmetic;
pub mod bits;
pub mod cast;
pub mod compare;
pub mod decimal;
pub mod exponential;
pub mod hash;
pub mod key;
pub mod math;
pub mod order;
pub mod quantile;
pub mod sketch;
pub mod sums;
pub mod text;
pub mod time;

/// A result that the type wanted can't hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfRange {
    /// The exact result, where it is a whole number of less than 128 bits.
    pub exact: Option<i128>,
}
