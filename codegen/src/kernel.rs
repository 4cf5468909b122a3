//! A compiled segment, and the executable memory it lives in.
//!
//! The memory is written first and then made executable, never both at once, and goes back to the
//! system when the kernel is dropped.
#![allow(unsafe_code)] // Calls machine code and frees its memory.

use std::sync::Mutex;

use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module};
use icosian_ir::types::Lane;

use crate::abi::{Args, Kernel};
use crate::error::CompileError;
use crate::text::KernelText;

/// A column that a kernel reads or writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// How its values stand in memory.
    pub lane: Lane,
    /// Whether the kernel reads, or writes, its validity. Where it does, the pointer must be given;
    /// where it does not, an output is valid in every row.
    pub nullable: bool,
}

/// What a kernel must be called with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelSignature {
    /// The columns read, in the segment's order.
    pub inputs: Vec<Slot>,
    /// The columns written, in the segment's order.
    pub outputs: Vec<Slot>,
    /// How many parameters there are.
    pub params: usize,
    /// How many bytes of scratch the kernel wants.
    pub scratch_bytes: usize,
    /// Whether it may ever say that a row may have raised.
    pub may_raise: bool,
}

/// Machine code of one segment.
pub struct CompiledKernel {
    entry: Kernel,
    memory: ExecutableMemory,
    signature: KernelSignature,
    code_bytes: usize,
    frame_bytes: usize,
    text: Option<KernelText>,
}

impl CompiledKernel {
    /// What the kernel must be called with.
    pub fn signature(&self) -> &KernelSignature {
        &self.signature
    }

    /// Runs the kernel over all rows; true if some row may have raised, and then what was written
    /// is not to be used.
    ///
    /// # Safety
    /// `args` must point to what the [`signature`](CompiledKernel::signature) says: as many inputs,
    /// outputs and parameters, of those lanes, with validity wherever a slot is nullable; `rows`
    /// must be a multiple of 8, every input readable and every output writable that far (bools and
    /// validity in bits); no output may overlap an input, a parameter or another output.
    pub unsafe fn run(&self, args: &Args) -> bool {
        // SAFETY: the entry is the code of a function of this type in memory that `self` owns; the
        // caller vouches for the arguments.
        unsafe { (self.entry)(args) != 0 }
    }

    /// The kernel's texts, if the options asked for them.
    pub fn text(&self) -> Option<&KernelText> {
        self.text.as_ref()
    }

    /// The size of the machine code, constants included.
    pub fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    /// The size of the stack frame that spilled registers need; 0 where nothing spills.
    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Where the code lies, so that tests can look at the page's protection.
    #[cfg(test)]
    pub(crate) fn address(&self) -> usize {
        self.memory.address
    }
}

impl std::fmt::Debug for CompiledKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledKernel")
            .field("address", &format_args!("{:#x}", self.memory.address))
            .field("signature", &self.signature)
            .field("code_bytes", &self.code_bytes)
            .finish()
    }
}

/// The module that holds one function's code. It frees nothing by itself, so dropping this does.
struct ExecutableMemory {
    address: usize,
    // A module is `Send` but not `Sync`; nobody touches it until the drop.
    module: Mutex<Option<JITModule>>,
}

impl Drop for ExecutableMemory {
    fn drop(&mut self) {
        let module = match self.module.get_mut() {
            Ok(module) => module.take(),
            Err(poisoned) => poisoned.into_inner().take(),
        };
        if let Some(module) = module {
            // SAFETY: the only pointer to the code is in the kernel that owns this memory, so nobody
            // can be running it or call it later.
            unsafe { module.free_memory() };
        }
    }
}

/// A module that one function is being compiled into.
pub(crate) struct KernelBuilder {
    module: Option<JITModule>,
    function: FuncId,
}

impl KernelBuilder {
    /// An empty module with a kernel declared.
    pub(crate) fn new(
        isa: cranelift_codegen::isa::OwnedTargetIsa,
        signature: &cranelift_codegen::ir::Signature,
    ) -> Result<Self, CompileError> {
        let builder = JITBuilder::with_isa(isa, cranelift_module::default_libcall_names());
        let mut module = JITModule::new(builder);
        let function = module
            .declare_function("kernel", Linkage::Export, signature)
            .map_err(backend)?;
        Ok(KernelBuilder {
            module: Some(module),
            function,
        })
    }

    /// Copies compiled code into memory of its own and makes it executable.
    pub(crate) fn finish(
        mut self,
        code: &[u8],
        alignment: u64,
        signature: KernelSignature,
        frame_bytes: usize,
        text: Option<KernelText>,
    ) -> Result<CompiledKernel, CompileError> {
        let Some(mut module) = self.module.take() else {
            return Err(CompileError::Backend("no module".to_owned()));
        };
        // From here on the memory is freed on every way out.
        let defined = define(&mut module, self.function, alignment, code);
        let address = match defined {
            Ok(()) => module.get_finalized_function(self.function),
            Err(_) => std::ptr::null(),
        };
        let memory = ExecutableMemory {
            address: address as usize,
            module: Mutex::new(Some(module)),
        };
        defined?;
        // SAFETY: the code at this address was compiled with exactly this signature, and is
        // executable from now until `memory` is dropped.
        let entry = unsafe { std::mem::transmute::<*const u8, Kernel>(address) };
        Ok(CompiledKernel {
            entry,
            memory,
            signature,
            code_bytes: code.len(),
            frame_bytes,
            text,
        })
    }
}

fn define(
    module: &mut JITModule,
    function: FuncId,
    alignment: u64,
    code: &[u8],
) -> Result<(), CompileError> {
    module
        .define_function_bytes(function, alignment, code, &[])
        .map_err(backend)?;
    module.finalize_definitions().map_err(backend)
}

/// An error of Cranelift's in our words.
pub(crate) fn backend(error: impl std::fmt::Display) -> CompileError {
    CompileError::Backend(error.to_string())
}
