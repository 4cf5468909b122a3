//! What the operations mean: the one definition that the interpreter, constant folding and the
//! wide routines share.

pub mod arithmetic;
pub mod cast;
pub mod compare;
pub mod key;
pub mod math;
pub mod sums;
