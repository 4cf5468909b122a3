//! Memory of a run: a budget that must be asked, regions that suit the machine's pages, and a pool
//! that gets output buffers back when their arrays are dropped.
//!
//! Fresh pages cost more than most arithmetic, so large outputs are worth reusing; what the pool
//! keeps is bounded.
#![allow(unsafe_code)] // Aligned allocation, and handing a region to an Arrow buffer as its owner.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arrow::buffer::Buffer;

use crate::error::RunError;

/// Regions from this size on are aligned for, and ask for, huge pages.
const HUGE_PAGE: usize = 2 << 20;
/// Alignment of smaller regions: a cache line and a prefetched neighbour.
const ALIGNMENT: usize = 128;

/// A bound on the bytes that a run's outputs and sinks hold.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
}

impl MemoryBudget {
    /// A budget of so many bytes.
    pub fn new(limit: usize) -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget {
            limit,
            used: AtomicUsize::new(0),
        })
    }

    /// A budget that is never used up.
    pub fn unlimited() -> Arc<MemoryBudget> {
        MemoryBudget::new(usize::MAX)
    }

    /// How many bytes are reserved now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Reserves bytes until the reservation is dropped.
    ///
    /// # Errors
    /// [`RunError::Memory`] if the budget does not leave room.
    pub fn try_grow(self: &Arc<Self>, bytes: usize) -> Result<Reservation, RunError> {
        let mut reservation = Reservation {
            budget: Arc::clone(self),
            bytes: 0,
        };
        reservation.grow_to(bytes)?;
        Ok(reservation)
    }
}

/// Bytes taken from a budget; dropping it gives them back.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl Reservation {
    /// Makes the reservation at least this large.
    ///
    /// # Errors
    /// [`RunError::Memory`] if the budget does not leave room; the reservation then stays.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), RunError> {
        let more = bytes.saturating_sub(self.bytes);
        let limit = self.budget.limit;
        self.budget
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(more).filter(|total| *total <= limit)
            })
            .map_err(|_| RunError::Memory {
                wanted: more,
                limit,
            })?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Initialized bytes on pages of their own, aligned for vectors and, if large, for huge pages.
#[derive(Debug)]
pub(crate) struct Region {
    pointer: NonNull<u8>,
    layout: Layout,
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
        // SAFETY: the size is not zero.
        let pointer = unsafe { alloc_zeroed(layout) };
        let Some(pointer) = NonNull::new(pointer) else {
            handle_alloc_error(layout)
        };
        if alignment == HUGE_PAGE {
            advise_huge_pages(pointer, size);
        }
        Region { pointer, layout }
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
        // SAFETY: allocated with this layout and not freed before.
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) }
    }
}

#[cfg(target_os = "linux")]
fn advise_huge_pages(pointer: NonNull<u8>, size: usize) {
    unsafe extern "C" {
        fn madvise(address: *mut u8, length: usize, advice: i32) -> i32;
    }
    const MADV_HUGEPAGE: i32 = 14;
    // SAFETY: the range is ours; the advice changes no contents, and its failure no meaning.
    unsafe {
        madvise(pointer.as_ptr(), size, MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: NonNull<u8>, _: usize) {}

/// Regions given back by dropped arrays, kept for the next run.
#[derive(Debug)]
pub struct BufferPool {
    keep: usize,
    free: Mutex<Vec<Region>>,
}

impl BufferPool {
    /// A pool that keeps at most so many free bytes.
    pub fn new(keep: usize) -> Arc<BufferPool> {
        Arc::new(BufferPool {
            keep,
            free: Mutex::new(Vec::new()),
        })
    }

    /// A buffer of at least so many bytes with unspecified contents.
    pub(crate) fn take(
        self: &Arc<Self>,
        bytes: usize,
        reservation: Option<Reservation>,
    ) -> PooledRegion {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let best = free
            .iter()
            .enumerate()
            .filter(|(_, region)| region.len() >= bytes && region.len() / 2 <= bytes)
            .min_by_key(|(_, region)| region.len())
            .map(|(position, _)| position);
        let reused = best.map(|position| free.swap_remove(position));
        drop(free);
        PooledRegion {
            region: Some(reused.unwrap_or_else(|| Region::zeroed(bytes))),
            pool: Arc::downgrade(self),
            _reservation: reservation,
        }
    }

    fn give_back(&self, region: Region) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = free.iter().map(Region::len).sum();
        if kept + region.len() <= self.keep {
            free.push(region);
        }
    }
}

/// A region that returns to its pool when dropped.
#[derive(Debug)]
pub(crate) struct PooledRegion {
    region: Option<Region>,
    pool: Weak<BufferPool>,
    _reservation: Option<Reservation>,
}

impl PooledRegion {
    /// The first byte, for writers that share out disjoint parts.
    pub(crate) fn pointer(&self) -> NonNull<u8> {
        self.region
            .as_ref()
            .map_or(NonNull::dangling(), Region::pointer)
    }

    pub(crate) fn len(&self) -> usize {
        self.region.as_ref().map_or(0, Region::len)
    }

    /// The `length` bytes from `start` on as an Arrow buffer; the region goes back to the pool when
    /// the last array over it is dropped.
    pub(crate) fn into_buffer(self, start: usize, length: usize) -> Buffer {
        assert!(start + length <= self.len(), "within the region");
        // SAFETY: `start` is within the region.
        let pointer = unsafe { self.pointer().add(start) };
        // SAFETY: the bytes are initialized, owned by `self`, and `self` lives as long as the buffer.
        unsafe { Buffer::from_custom_allocation(pointer, length, Arc::new(self)) }
    }
}

impl Drop for PooledRegion {
    fn drop(&mut self) {
        if let (Some(region), Some(pool)) = (self.region.take(), self.pool.upgrade()) {
            pool.give_back(region);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_refuses_and_recovers() {
        let budget = MemoryBudget::new(100);
        let first = budget.try_grow(60).unwrap();
        assert!(matches!(
            budget.try_grow(41),
            Err(RunError::Memory {
                wanted: 41,
                limit: 100
            })
        ));
        drop(first);
        assert!(budget.try_grow(100).is_ok());
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn dropped_buffers_come_back() {
        let pool = BufferPool::new(1 << 20);
        let first = pool.take(1000, None).into_buffer(64, 800);
        let address = first.as_ptr();
        drop(first);
        let second = pool.take(900, None).into_buffer(64, 800);
        assert_eq!(second.as_ptr(), address);
        let third = pool.take(900, None);
        assert_ne!(third.pointer().as_ptr().cast_const(), address);
    }

    #[test]
    fn pool_keeps_no_more_than_told() {
        let pool = BufferPool::new(0);
        drop(pool.take(1000, None));
        assert!(pool.free.lock().unwrap().is_empty());
    }
}
