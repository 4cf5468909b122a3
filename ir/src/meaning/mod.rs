//! What the operations mean: the one definition that the interpreter, constant folding and the
//! wide routines share.

pub mod math;
pub mod sums;
