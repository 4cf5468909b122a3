//! The machine that runs the kernels: Cranelift's description of the CPU, and the flags we compile
//! with.
//!
//! Optimization is off: our own folding, sharing and order of instructions are better for straight
//! vector code than what Cranelift's re-serialization of pure instructions leaves of them.

use std::sync::OnceLock;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};

use crate::error::CompileError;

/// The machine's instruction set, with or without Cranelift's verifier.
pub(crate) fn instruction_set(verify: bool) -> Result<OwnedTargetIsa, CompileError> {
    // A description of the CPU never changes while the process lives; making it costs more than
    // compiling a small kernel.
    static CHECKED: OnceLock<Result<OwnedTargetIsa, CompileError>> = OnceLock::new();
    static UNCHECKED: OnceLock<Result<OwnedTargetIsa, CompileError>> = OnceLock::new();
    let cell = if verify { &CHECKED } else { &UNCHECKED };
    cell.get_or_init(|| describe(verify)).clone()
}

fn describe(verify: bool) -> Result<OwnedTargetIsa, CompileError> {
    let mut flags = settings::builder();
    let verifier = if verify { "true" } else { "false" };
    for (name, value) in [
        ("opt_level", "none"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
        ("enable_verifier", verifier),
    ] {
        flags
            .set(name, value)
            .map_err(|error| CompileError::Host(error.to_string()))?;
    }
    let builder =
        cranelift_native::builder().map_err(|reason| CompileError::Host(reason.to_owned()))?;
    #[cfg(target_arch = "x86_64")]
    if !std::arch::is_x86_feature_detected!("sse4.2") {
        return Err(CompileError::Host("the CPU lacks SSE4.2".to_owned()));
    }
    builder
        .finish(settings::Flags::new(flags))
        .map_err(|error| CompileError::Host(error.to_string()))
}
