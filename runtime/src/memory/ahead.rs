//! Memory made ready before it is used: cache lines fetched ahead, huge pages asked for.
//!
//! Where rows reach into a table much larger than the caches, most of the time is waiting; all that a
//! block of rows will reach for is asked for first, so that the waiting overlaps. Neither changes what
//! is in memory.
#![allow(unsafe_code)] // Prefetching is an instruction, advice a system call; both on addresses alone.

#[cfg(target_os = "linux")]
use super::region::HUGE_PAGE;

/// Lists up to so many bytes are near enough as they are.
const NEAR: usize = 512 << 10;

/// Whether a list is so small that nothing of it need be fetched ahead.
#[inline]
pub(crate) fn is_near<T>(list: &[T]) -> bool {
    size_of_val(list) <= NEAR
}

/// Fetches the elements at some places of a list that is large; those beyond its end are ignored.
#[inline]
pub(crate) fn fetch<T>(list: &[T], places: impl IntoIterator<Item = usize>) {
    if !is_near(list) {
        places.into_iter().for_each(|place| fetch_one(list, place));
    }
}

/// Fetches the cache line in which an element of a list begins.
#[inline(always)]
fn fetch_one<T>(list: &[T], place: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = list.as_ptr().wrapping_add(place);
        // SAFETY: a prefetch of any address is allowed and changes nothing but caches.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (list, place);
}

/// An empty list with room for so many elements, on huge pages where it is large and the system has
/// them.
pub(crate) fn list_for<T>(capacity: usize) -> Vec<T> {
    let list = Vec::with_capacity(capacity);
    #[cfg(target_os = "linux")]
    {
        let start = list.as_ptr() as usize;
        let end = start + capacity * size_of::<T>();
        let (start, end) = (
            start.next_multiple_of(HUGE_PAGE),
            end / HUGE_PAGE * HUGE_PAGE,
        );
        if start < end {
            // SAFETY: whole pages that the list owns; advice changes no contents, and its failure no
            // meaning.
            unsafe {
                let start = std::ptr::with_exposed_provenance_mut::<libc::c_void>(start);
                libc::madvise(start, end - start as usize, libc::MADV_HUGEPAGE);
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_may_lie_beyond_the_end() {
        let list = vec![7u64; NEAR];
        fetch(&list, [0, 5, usize::MAX]);
        fetch::<u64>(&[], [3]);
    }

    #[test]
    fn large_lists_have_their_room() {
        for capacity in [0, 10, 3 << 20] {
            let mut list: Vec<u64> = list_for(capacity);
            assert!(list.capacity() >= capacity && list.is_empty());
            list.resize(capacity, 3);
            assert!(list.iter().all(|value| *value == 3));
        }
    }
}
