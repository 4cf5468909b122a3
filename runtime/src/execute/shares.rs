//! Which thread runs which morsel.
//!
//! Every thread begins with a run of neighbouring morsels of its own, so that threads write to different
//! pages: two that write for the first time to one huge page would both have the system clear one, of
//! which one is thrown away. Whoever is done takes the later half of what another has left.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The morsels that nobody has begun, shared out to threads.
#[derive(Debug)]
pub(crate) struct Shares {
    /// Of each thread: the morsels it has left, as [`pack`] tells.
    left: Vec<AtomicU64>,
}

/// A range of morsels in a word. (Morsels of 64 rows and more: 32 bits hold the number of any.)
fn pack(morsels: Range<usize>) -> u64 {
    (morsels.start as u64) << 32 | morsels.end as u64
}

fn unpack(word: u64) -> Range<usize> {
    (word >> 32) as usize..(word & u64::from(u32::MAX)) as usize
}

impl Shares {
    /// Shares out so many morsels.
    pub(crate) fn new(morsels: usize, threads: usize) -> Shares {
        let share = |thread: usize| {
            let start = morsels * thread / threads;
            pack(start..morsels * (thread + 1) / threads)
        };
        Shares {
            left: (0..threads)
                .map(|thread| AtomicU64::new(share(thread)))
                .collect(),
        }
    }

    /// The next morsel for a thread, until there are none.
    pub(crate) fn take(&self, thread: usize) -> Option<usize> {
        if let Some(morsel) = self.take_first(thread) {
            return Some(morsel);
        }
        loop {
            let (other, word) = (self.left.iter().enumerate())
                .map(|(other, left)| (other, left.load(Ordering::Acquire)))
                .max_by_key(|(_, word)| unpack(*word).len())?;
            let range = unpack(word);
            if range.is_empty() {
                return None;
            }
            let middle = range.start + range.len() / 2;
            // A range never comes back once a morsel of it was taken, so an equal word is the same range.
            let kept = pack(range.start..middle);
            let swapped =
                self.left[other].compare_exchange(word, kept, Ordering::AcqRel, Ordering::Acquire);
            if swapped.is_ok() {
                // Nobody takes from an empty share, so this one is still ours to fill.
                let rest = pack(middle + 1..range.end);
                self.left[thread].store(rest, Ordering::Release);
                return Some(middle);
            }
        }
    }

    /// The first morsel of a thread's own share.
    fn take_first(&self, thread: usize) -> Option<usize> {
        let own = &self.left[thread];
        let taken = own.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            let range = unpack(word);
            (!range.is_empty()).then(|| pack(range.start + 1..range.end))
        });
        taken.ok().map(|word| unpack(word).start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_goes_along_its_own_share_first() {
        let shares = Shares::new(10, 3);
        let first: Vec<usize> = (0..3).filter_map(|_| shares.take(1)).collect();
        assert_eq!(first, [3, 4, 5]);
        // Then it takes the later half of the longest that is left.
        assert_eq!(shares.take(1), Some(8));
        assert_eq!(shares.take(1), Some(9));
        assert_eq!(shares.take(2), Some(6));
    }

    #[test]
    fn every_morsel_is_taken_once() {
        for (morsels, threads) in [(0, 2), (1, 4), (7, 3), (1000, 4)] {
            let shares = Shares::new(morsels, threads);
            let taken: Vec<Vec<usize>> = std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads)
                    .map(|thread| {
                        let shares = &shares;
                        scope.spawn(move || std::iter::from_fn(|| shares.take(thread)).collect())
                    })
                    .collect();
                let joined = workers.into_iter().map(|worker| worker.join().unwrap());
                joined.collect()
            });
            let mut all = taken.concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..morsels));
        }
    }
}
