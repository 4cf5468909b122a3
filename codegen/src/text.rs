//! What a kernel looks like: for `explain` and for those who read machine code.

/// A kernel in two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelText {
    /// Cranelift's IR, as it was handed over.
    pub clif: String,
    /// Cranelift's disassembly of the machine code.
    pub assembly: String,
}
