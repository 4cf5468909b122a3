//! Regions given back by dropped arrays, kept for the next run.
#![allow(unsafe_code)] // Handing a region to an Arrow buffer as its owner.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use arrow::buffer::Buffer;

use super::{Region, Reservation};

/// How long a region that nobody wants is kept, unless told otherwise.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// Regions given back by dropped arrays, kept for the next run.
///
/// What nobody takes for a while goes back to the system by itself; so does, when none of them suits
/// and another is made, as much as that takes: a pool never holds memory beside memory newly made.
#[derive(Debug)]
pub struct BufferPool {
    keep: usize,
    kept_for: Duration,
    free: Mutex<Free>,
}

/// What a pool holds.
#[derive(Debug, Default)]
struct Free {
    /// Each with the time it came back, oldest first.
    regions: Vec<(Instant, Region)>,
    /// Whether a thread waits to drop what gets old.
    watched: bool,
}

/// What the pool of runs that were given none keeps at most.
const SHARED_BYTES: usize = 2 << 30;

impl BufferPool {
    /// The pool of this process, for runs that were given none.
    pub fn shared() -> &'static Arc<BufferPool> {
        static SHARED: OnceLock<Arc<BufferPool>> = OnceLock::new();
        SHARED.get_or_init(|| BufferPool::new(SHARED_BYTES))
    }

    /// A pool that keeps at most so many free bytes, each region for some seconds.
    pub fn new(keep: usize) -> Arc<BufferPool> {
        BufferPool::keeping_for(keep, KEPT_FOR)
    }

    /// A pool that keeps at most so many free bytes, each region for so long.
    pub fn keeping_for(keep: usize, time: Duration) -> Arc<BufferPool> {
        Arc::new(BufferPool {
            keep,
            kept_for: time,
            free: Mutex::default(),
        })
    }

    /// How many bytes are kept for the next run.
    pub fn free_bytes(&self) -> usize {
        self.with_free(|free| free.regions.iter().map(|(_, region)| region.len()).sum())
    }

    /// Gives all that is free back to the system.
    pub fn release(&self) {
        drop(self.with_free(|free| std::mem::take(&mut free.regions)));
    }

    fn with_free<T>(&self, work: impl FnOnce(&mut Free) -> T) -> T {
        work(&mut self.free.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A buffer of at least so many bytes with unspecified contents.
    pub(crate) fn take(
        self: &Arc<Self>,
        bytes: usize,
        reservation: Option<Reservation>,
    ) -> PooledRegion {
        let (reused, unsuited) = self.with_free(|free| {
            let best = (free.regions.iter().enumerate())
                .filter(|(_, (_, region))| region.len() >= bytes && region.len() / 2 <= bytes)
                .min_by_key(|(_, (_, region))| region.len())
                .map(|(position, _)| position);
            if let Some(position) = best {
                return (Some(free.regions.remove(position).1), Vec::new());
            }
            let mut missing = bytes;
            let mut unsuited = 0;
            while missing > 0 && unsuited < free.regions.len() {
                missing = missing.saturating_sub(free.regions[unsuited].1.len());
                unsuited += 1;
            }
            (None, free.regions.drain(..unsuited).collect::<Vec<_>>())
        });
        drop(unsuited);
        PooledRegion {
            region: Some(reused.unwrap_or_else(|| Region::zeroed(bytes))),
            pool: Arc::downgrade(self),
            _reservation: reservation,
        }
    }

    fn give_back(self: &Arc<Self>, region: Region) {
        let (refused, watch) = self.with_free(|free| {
            let kept: usize = free.regions.iter().map(|(_, region)| region.len()).sum();
            if kept.saturating_add(region.len()) > self.keep {
                return (Some(region), false);
            }
            free.regions.push((Instant::now(), region));
            (None, !std::mem::replace(&mut free.watched, true))
        });
        drop(refused);
        if watch {
            let (pool, pause) = (Arc::downgrade(self), self.kept_for);
            let watcher = std::thread::Builder::new().name("icosian-memory".to_owned());
            if watcher.spawn(move || watch_over(&pool, pause)).is_err() {
                self.with_free(|free| free.watched = false);
            }
        }
    }

    /// Drops what has been free for long; false if nothing is left.
    fn drop_old(&self) -> bool {
        let (old, more) = self.with_free(|free| {
            let now = Instant::now();
            let is_old = |since: &Instant| now.duration_since(*since) >= self.kept_for;
            let count = free.regions.partition_point(|(since, _)| is_old(since));
            let old: Vec<(Instant, Region)> = free.regions.drain(..count).collect();
            free.watched = !free.regions.is_empty();
            (old, free.watched)
        });
        drop(old);
        more
    }
}

/// Drops what gets old in a pool, until it is empty or gone.
fn watch_over(pool: &Weak<BufferPool>, pause: Duration) {
    loop {
        std::thread::sleep(pause);
        let Some(pool) = pool.upgrade() else { return };
        if !pool.drop_old() {
            return;
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

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.region.as_mut().map_or(&mut [], Region::bytes_mut)
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
    fn a_pool_keeps_no_more_than_told() {
        let pool = BufferPool::new(0);
        drop(pool.take(1000, None));
        assert_eq!(pool.free_bytes(), 0);
    }

    #[test]
    fn a_pool_gives_back_what_does_not_suit() {
        let pool = BufferPool::new(1 << 24);
        drop(pool.take(1000, None));
        let other = pool.take(5000, None);
        assert_eq!(pool.free_bytes(), 0);
        drop(other);
        assert!(pool.free_bytes() >= 5000);
    }

    #[test]
    fn a_pool_gives_back_on_demand() {
        let pool = BufferPool::new(1 << 24);
        drop(pool.take(5 << 20, None));
        assert!(pool.free_bytes() >= 5 << 20);
        pool.release();
        assert_eq!(pool.free_bytes(), 0);
    }

    #[test]
    fn a_pool_gives_back_what_nobody_wants() {
        let pool = BufferPool::keeping_for(1 << 24, Duration::from_secs(3600));
        drop(pool.take(1000, None));
        assert!(pool.drop_old());
        assert!(pool.free_bytes() > 0);
        let pool = BufferPool::keeping_for(1 << 24, Duration::from_millis(1));
        drop(pool.take(1000, None));
        // The thread that watches may take its time, but it comes.
        while pool.free_bytes() > 0 {
            std::thread::yield_now();
        }
    }
}
