//! Calling a kernel: what it is given is checked against its signature first.
#![allow(unsafe_code)] // Runs machine code on pointers whose lengths and alignment are checked here.

use std::marker::PhantomData;

use icosian_codegen::abi::{Args, In, Out};
use icosian_codegen::{CompiledKernel, Slot};
use icosian_ir::plan::BLOCK_ROWS;
use icosian_ir::types::Lane;

use crate::error::{RunError, internal};
use crate::memory::Region;

/// Validity of a block in which every row has a value.
static ALL_VALID: [u8; BLOCK_ROWS / 8] = [0xff; BLOCK_ROWS / 8];

/// Pointer lists that calls reuse.
#[derive(Debug, Default)]
pub(crate) struct CallBuffers {
    inputs: Vec<In>,
    outputs: Vec<Out>,
    scratch: Option<Region>,
}

/// One call being made ready. It borrows all it points to.
pub(crate) struct KernelCall<'k> {
    kernel: &'k CompiledKernel,
    buffers: &'k mut CallBuffers,
    rows: usize,
    borrowed: PhantomData<&'k mut [u8]>,
}

impl<'k> KernelCall<'k> {
    /// A call over `rows` rows, a multiple of 8 and at most a block.
    pub(crate) fn new(
        kernel: &'k CompiledKernel,
        buffers: &'k mut CallBuffers,
        rows: usize,
    ) -> KernelCall<'k> {
        buffers.inputs.clear();
        buffers.outputs.clear();
        KernelCall {
            kernel,
            buffers,
            rows,
            borrowed: PhantomData,
        }
    }

    /// The next column read.
    pub(crate) fn input(
        &mut self,
        lane: Lane,
        values: &'k [u8],
        validity: Option<&'k [u8]>,
    ) -> Result<(), RunError> {
        let slot = self
            .kernel
            .signature()
            .inputs
            .get(self.buffers.inputs.len());
        self.check(slot, lane, values, validity)?;
        let needs_validity = slot.is_some_and(|slot| slot.nullable);
        let validity = match validity {
            Some(bits) => bits.as_ptr(),
            None if needs_validity => ALL_VALID.as_ptr(),
            None => std::ptr::null(),
        };
        self.buffers.inputs.push(In {
            values: values.as_ptr(),
            validity,
        });
        Ok(())
    }

    /// The next column written. Where the kernel writes no validity, every row becomes valid.
    pub(crate) fn output(
        &mut self,
        lane: Lane,
        values: &'k mut [u8],
        validity: Option<&'k mut [u8]>,
    ) -> Result<(), RunError> {
        let slot = self
            .kernel
            .signature()
            .outputs
            .get(self.buffers.outputs.len());
        self.check(slot, lane, values, validity.as_deref())?;
        let writes_validity = slot.is_some_and(|slot| slot.nullable);
        let validity = match validity {
            Some(bits) if writes_validity => bits.as_mut_ptr(),
            Some(bits) => {
                bits[..self.rows / 8].fill(0xff);
                std::ptr::null_mut()
            }
            None if writes_validity => {
                return Err(internal(
                    "a kernel writes validity where none can be stored",
                ));
            }
            None => std::ptr::null_mut(),
        };
        self.buffers.outputs.push(Out {
            values: values.as_mut_ptr(),
            validity,
        });
        Ok(())
    }

    fn check(
        &self,
        slot: Option<&Slot>,
        lane: Lane,
        values: &[u8],
        validity: Option<&[u8]>,
    ) -> Result<(), RunError> {
        let Some(slot) = slot else {
            return Err(internal("a kernel was given more columns than it has"));
        };
        let aligned = values.as_ptr().align_offset((lane.bits() / 8).max(1)) == 0;
        if slot.lane != lane || values.len() < lane.bytes(self.rows) || !aligned {
            return Err(internal(format!(
                "a kernel wants {} rows of {:?}, found {} bytes of {lane:?}",
                self.rows,
                slot.lane,
                values.len()
            )));
        }
        if validity.is_some_and(|bits| bits.len() < self.rows / 8) {
            return Err(internal("a kernel was given too little validity"));
        }
        Ok(())
    }

    /// Runs the kernel; true if some row may have raised.
    pub(crate) fn run(self, params: &'k [[u64; 2]], first_row: u64) -> Result<bool, RunError> {
        let signature = self.kernel.signature();
        if !self.rows.is_multiple_of(8)
            || self.rows > BLOCK_ROWS
            || self.buffers.inputs.len() != signature.inputs.len()
            || self.buffers.outputs.len() != signature.outputs.len()
            || params.len() != signature.params
        {
            return Err(internal("a kernel was not given what its signature says"));
        }
        let wanted = signature.scratch_bytes;
        if self
            .buffers
            .scratch
            .as_ref()
            .is_none_or(|region| region.len() < wanted)
        {
            self.buffers.scratch = Some(Region::zeroed(wanted));
        }
        let scratch = self
            .buffers
            .scratch
            .as_mut()
            .map_or(std::ptr::null_mut(), |region| {
                region.bytes_mut().as_mut_ptr()
            });
        let args = Args {
            inputs: self.buffers.inputs.as_ptr(),
            outputs: self.buffers.outputs.as_ptr(),
            params: params.as_ptr(),
            scratch,
            rows: self.rows as u64,
            first_row,
        };
        // SAFETY: counts, lanes, lengths and validity were checked against the signature above; the
        // outputs are exclusive borrows, so they overlap nothing; regions are 128-byte aligned; all
        // borrows last as long as `self`.
        Ok(unsafe { self.kernel.run(&args) })
    }
}
