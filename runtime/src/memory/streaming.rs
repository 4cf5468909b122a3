//! Copies into memory that nobody reads soon.
//!
//! An ordinary store first reads the cache line that it changes. Where whole lines are written and
//! the memory is much larger than the caches, that is a third of all traffic, and it throws out what
//! would be read next. Streaming stores write lines as they are.
#![allow(unsafe_code)] // Streaming stores are instructions of the CPU, on raw pointers.

/// Bytes of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Copies a slice to another of the same length; whole cache lines stay out of the caches. What was
/// written becomes visible to other threads in order only after [`fence`].
///
/// # Panics
/// If the lengths differ.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    assert_eq!(from.len(), to.len(), "slices of one length");
    #[cfg(target_arch = "x86_64")]
    {
        let lead = to.as_ptr().align_offset(LINE).min(to.len());
        let lines = (to.len() - lead) / LINE;
        let (to_lead, to_rest) = to.split_at_mut(lead);
        let (to_lines, to_tail) = to_rest.split_at_mut(lines * LINE);
        to_lead.copy_from_slice(&from[..lead]);
        let from_lines = &from[lead..lead + lines * LINE];
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the CPU has the instructions.
            unsafe { lines_of_512_bits(from_lines, to_lines) }
        } else {
            lines_of_128_bits(from_lines, to_lines);
        }
        to_tail.copy_from_slice(&from[lead + lines * LINE..]);
    }
    #[cfg(not(target_arch = "x86_64"))]
    to.copy_from_slice(from);
}

/// Orders what [`copy`] wrote before whatever this thread writes later.
pub(crate) fn fence() {
    // SAFETY: every CPU of the architecture has the instruction.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn lines_of_512_bits(from: &[u8], to: &mut [u8]) {
    use std::arch::x86_64::{_mm512_loadu_si512, _mm512_stream_si512};
    for (from, to) in from.chunks_exact(LINE).zip(to.chunks_exact_mut(LINE)) {
        // SAFETY: both are whole lines, and `to` is aligned to one: the caller split it there.
        unsafe {
            let line = _mm512_loadu_si512(from.as_ptr().cast());
            _mm512_stream_si512(to.as_mut_ptr().cast(), line);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn lines_of_128_bits(from: &[u8], to: &mut [u8]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
    for (from, to) in from.chunks_exact(16).zip(to.chunks_exact_mut(16)) {
        // SAFETY: both are 16 bytes, and `to` is aligned to them, as lines are.
        unsafe {
            let part = _mm_loadu_si128(from.as_ptr().cast::<__m128i>());
            _mm_stream_si128(to.as_mut_ptr().cast::<__m128i>(), part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_copied_and_no_other() {
        let from: Vec<u8> = (0..700u32).map(|byte| (byte % 251) as u8).collect();
        for start in [0, 1, 16, 63, 64, 65] {
            for length in [0, 1, 15, 64, 128, 129, 400, 500] {
                let mut to = vec![0xee; 700];
                copy(&from[3..3 + length], &mut to[start..start + length]);
                fence();
                assert_eq!(to[start..start + length], from[3..3 + length]);
                assert!(to[..start].iter().all(|byte| *byte == 0xee));
                assert!(to[start + length..].iter().all(|byte| *byte == 0xee));
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn narrow_stores_copy_as_well() {
        #[repr(align(64))]
        struct Line([u8; 128]);
        let from: Vec<u8> = (0..128).collect();
        let mut to = Line([0; 128]);
        lines_of_128_bits(&from, &mut to.0);
        fence();
        assert_eq!(to.0[..], from[..]);
    }
}
