//! Bytes on pages of their own.
//!
//! Large regions come straight from the system: its pages are zero already, nobody has touched them
//! (an allocator asked for aligned zeros writes them all, on one thread), and each is made where the
//! thread that first writes it runs. Huge pages are asked for, so that this happens once in 2 MiB.
#![allow(unsafe_code)] // Aligned allocation, and mapping of pages.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// Regions from this size on are aligned for, and ask for, huge pages.
pub(super) const HUGE_PAGE: usize = 2 << 20;
/// Alignment of smaller regions: a cache line and a prefetched neighbour.
const ALIGNMENT: usize = 128;

/// Initialized bytes on pages of their own, aligned for vectors and, if large, for huge pages.
#[derive(Debug)]
pub(crate) struct Region {
    pointer: NonNull<u8>,
    layout: Layout,
    /// Whether the pages were mapped; else the allocator gave them.
    mapped: bool,
}

// SAFETY: a region owns its bytes alone; access follows `&` and `&mut` of the region.
unsafe impl Send for Region {}
// SAFETY: as above; `&Region` gives only `&[u8]`.
unsafe impl Sync for Region {}

impl Region {
    /// A region of at least so many bytes, all zero.
    pub(crate) fn zeroed(bytes: usize) -> Region {
        let alignment = if bytes >= HUGE_PAGE {
            HUGE_PAGE
        } else {
            ALIGNMENT
        };
        let size = bytes.max(1).next_multiple_of(alignment.min(4096));
        let layout =
            Layout::from_size_align(size, alignment).expect("a region fits the address space");
        if alignment == HUGE_PAGE
            && let Some(pointer) = pages::map(size)
        {
            return Region {
                pointer,
                layout,
                mapped: true,
            };
        }
        // SAFETY: the size is not zero.
        let pointer = unsafe { alloc_zeroed(layout) };
        let Some(pointer) = NonNull::new(pointer) else {
            handle_alloc_error(layout)
        };
        Region {
            pointer,
            layout,
            mapped: false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.layout.size()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the region owns `size` initialized bytes (zeroed at birth, written as u8 since).
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.len()) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, and `&mut self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.len()) }
    }

    /// The first byte, for writers that share out disjoint parts.
    pub(crate) fn pointer(&self) -> NonNull<u8> {
        self.pointer
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if self.mapped {
            // SAFETY: mapped with this size by `zeroed` and not unmapped before.
            unsafe { pages::unmap(self.pointer, self.len()) }
        } else {
            // SAFETY: allocated with this layout and not freed before.
            unsafe { dealloc(self.pointer.as_ptr(), self.layout) }
        }
    }
}

#[cfg(target_os = "linux")]
mod pages {
    //! Pages of the system.

    use std::ptr::NonNull;

    use super::HUGE_PAGE;

    /// Zero pages of so many bytes, aligned for huge pages, which are asked for; none if the system
    /// gives none.
    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let whole = bytes.checked_add(HUGE_PAGE)?;
        // SAFETY: asks for new pages wherever the system likes.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                whole,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        let start = NonNull::new(start.cast::<u8>())?;
        let before = start.as_ptr().align_offset(HUGE_PAGE);
        let bytes_mapped = bytes.next_multiple_of(4096);
        // SAFETY: `before` is less than the huge page by which more than `bytes` was mapped; what is
        // before and after the aligned part is ours and used by nobody.
        unsafe {
            let aligned = start.add(before);
            if before > 0 {
                unmap(start, before);
            }
            let after = whole.next_multiple_of(4096) - before - bytes_mapped;
            if after > 0 {
                unmap(aligned.add(bytes_mapped), after);
            }
            // Advice changes no contents, and its failure no meaning.
            libc::madvise(aligned.as_ptr().cast(), bytes_mapped, libc::MADV_HUGEPAGE);
            Some(aligned)
        }
    }

    /// Gives pages back.
    ///
    /// # Safety
    /// They were mapped by [`map`], and nobody uses them any more.
    pub(super) unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            libc::munmap(start.as_ptr().cast(), bytes.next_multiple_of(4096));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod pages {
    //! Without pages of the system: the allocator gives all regions.

    use std::ptr::NonNull;

    pub(super) fn map(_: usize) -> Option<NonNull<u8>> {
        None
    }

    /// # Safety
    /// Nothing was mapped, so there is nothing to call this for.
    pub(super) unsafe fn unmap(_: NonNull<u8>, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_zero_aligned_and_writable_to_the_end() {
        for bytes in [
            0,
            1,
            4097,
            HUGE_PAGE - 1,
            HUGE_PAGE,
            HUGE_PAGE + 1,
            5 * HUGE_PAGE - 7,
        ] {
            let mut region = Region::zeroed(bytes);
            assert!(region.len() >= bytes);
            let alignment = if bytes < HUGE_PAGE {
                ALIGNMENT
            } else {
                HUGE_PAGE
            };
            assert_eq!(region.pointer().as_ptr().align_offset(alignment), 0);
            assert!(region.bytes().iter().all(|byte| *byte == 0));
            region.bytes_mut().fill(7);
            assert!(region.bytes().iter().all(|byte| *byte == 7));
        }
    }
}
