//! What machine code is called with.
//!
//! A kernel runs the whole block loop of one fused segment. It calls nothing and never traps: it
//! returns 0, or 1 where some row "may have raised", and then the caller asks the interpreter.

/// A column read: `rows` values from `values` on, and their validity.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The first value; bools are packed bits, least significant first, from a byte border on.
    pub values: *const u8,
    /// Packed bits, set where there is a value; null pointer where every row has one.
    pub validity: *const u8,
}

/// A column written: space for `rows` values, and for their validity.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// The first value; bools are packed bits.
    pub values: *mut u8,
    /// Packed bits; a null pointer where the segment's output can't be null.
    pub validity: *mut u8,
}

/// The one argument of a kernel.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// As many as the segment has inputs.
    pub inputs: *const In,
    /// As many as the segment has outputs.
    pub outputs: *const Out,
    /// As many as the segment has parameters: the value's bits (sign- or zero-extended; bools 0 or
    /// 1) and 1 if it is valid, 0 if null.
    pub params: *const [u64; 2],
    /// Room of the kernel's own, as much as its signature says, 64-byte aligned.
    pub scratch: *mut u8,
    /// How many rows; a multiple of 8. Buffers are readable and writable that far.
    pub rows: u64,
    /// The row id of the first row.
    pub first_row: u64,
}

/// Machine code of one segment.
pub type Kernel = unsafe extern "C" fn(*const Args) -> u64;
