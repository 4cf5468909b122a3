//! From a fused segment to a kernel: the list of steps.

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{AbiParam, Function, Signature, UserFuncName, types};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::{CompiledCode, Context};
use icosian_ir::columns::Columns;
use icosian_ir::plan::FusedSegment;

use crate::emit;
use crate::error::CompileError;
use crate::host::instruction_set;
use crate::kernel::{CompiledKernel, KernelBuilder, backend};
use crate::schedule::{Schedule, schedule};
use crate::text::KernelText;

/// What is known about nulls in the blocks that a kernel will see.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Nulls {
    /// No input column holds a null, whatever its type says; no validity is read.
    Absent,
    /// The validity of every nullable input is read, so its pointer must be given.
    General,
}

/// How to compile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CompileOptions {
    /// What is known about nulls in the inputs.
    pub nulls: Nulls,
    /// Whether Cranelift verifies its IR: costs about as much as compiling.
    pub verify: bool,
    /// Whether the kernel keeps its texts.
    pub text: bool,
}

/// Compiles a segment for this machine.
///
/// Outputs are stored for all rows. Bytes of outputs that are null are arbitrary, so are the sign and
/// payload of NaNs; where the kernel says that a row may have raised, the rows that do raise hold
/// anything and all others are right.
///
/// # Errors
/// If the segment holds an op that is not [fused](icosian_ir::op::Execution::Fused), does not hold
/// together, or is too large; or if this machine is not one that Cranelift knows.
pub fn compile(
    columns: &Columns,
    segment: &FusedSegment,
    options: &CompileOptions,
) -> Result<CompiledKernel, CompileError> {
    compile_scheduled(columns, segment, options, schedule(columns, segment)?)
}

/// As [`compile`], with the order and the number of rows at a time given.
pub(crate) fn compile_scheduled(
    columns: &Columns,
    segment: &FusedSegment,
    options: &CompileOptions,
    Schedule { order, rows }: Schedule,
) -> Result<CompiledKernel, CompileError> {
    let isa = instruction_set(options.verify)?;

    let mut signature = Signature::new(CallConv::triple_default(isa.triple()));
    signature.params.push(AbiParam::new(types::I64));
    signature.returns.push(AbiParam::new(types::I64));
    let function = Function::with_name_signature(UserFuncName::default(), signature.clone());
    let mut context = Context::for_function(function);
    context.set_disasm(options.text);

    let shape = emit::emit(
        columns,
        segment,
        options.nulls,
        &order,
        rows,
        isa.frontend_config(),
        &mut context.func,
    )?;
    let clif = options.text.then(|| context.func.display().to_string());

    let code = context
        .compile(&*isa, &mut ControlPlane::default())
        .map_err(|error| backend(format!("{:?}", error.inner)))?;
    check_code(code, shape.divisions)?;
    let text = clif.map(|clif| KernelText {
        clif,
        assembly: code.vcode.clone().unwrap_or_default(),
    });
    let frame_bytes = code
        .buffer
        .frame_layout()
        .map_or(0, |frame| frame.frame_to_fp_offset as usize);
    let alignment = u64::from(isa.function_alignment().preferred).max(64);
    let bytes = code.code_buffer().to_vec();
    KernelBuilder::new(isa, &signature)?.finish(
        &bytes,
        alignment,
        shape.signature,
        frame_bytes,
        text,
    )
}

/// A kernel calls nothing, needs no relocation, and can trap nowhere: the only instructions that
/// Cranelift records as trapping are the divisions that we emit, whose divisors are never zero.
fn check_code(code: &CompiledCode, divisions: usize) -> Result<(), CompileError> {
    if code.buffer.call_sites().next().is_some() {
        return Err(CompileError::Forbidden("a call"));
    }
    if !code.buffer.relocs().is_empty() {
        return Err(CompileError::Forbidden("a relocation"));
    }
    if code.buffer.traps().len() > divisions {
        return Err(CompileError::Forbidden("a trap"));
    }
    Ok(())
}
