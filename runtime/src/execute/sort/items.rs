//! Sorting many rows by an integer each: in buckets that a sample bounds, which fit the caches and are
//! independent of each other.

use std::cmp::Ordering;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;

use super::is_large;

/// Rows of a bucket, about.
const BUCKET: usize = 1 << 13;

/// Values of the sample for each bucket.
const SAMPLED: usize = 16;

/// The first `limit` rows, perhaps more, in the order of their integers, and where those are the same
/// of `compare`.
pub(super) fn sort_items<P: Ord + Copy + Send + Sync>(
    mut items: Vec<(P, u32)>,
    limit: usize,
    compare: impl Fn(u32, u32) -> Ordering + Sync,
) -> Vec<u32> {
    let order = |a: &(P, u32), b: &(P, u32)| a.0.cmp(&b.0).then_with(|| compare(a.1, b.1));
    if limit < items.len() {
        items.select_nth_unstable_by(limit, order);
        items.truncate(limit);
    }
    if !is_large(items.len()) {
        items.sort_unstable_by(order);
        return items.into_iter().map(|item| item.1).collect();
    }
    let borders = borders(&items);
    let pieces = rayon::current_num_threads() * 4;
    let pieces: Vec<Piece<P>> = items
        .par_chunks(items.len().div_ceil(pieces))
        .map(|items| Piece::new(items, &borders))
        .collect();
    drop(items);
    let bucket = |bucket: usize| {
        let parts = pieces.iter().map(|piece| piece.bucket(bucket));
        let mut items = parts.collect::<Vec<_>>().concat();
        items.sort_unstable_by(order);
        items.into_iter().map(|item| item.1).collect::<Vec<u32>>()
    };
    let buckets: Vec<Vec<u32>> = (0..borders.len() + 1)
        .into_par_iter()
        .with_max_len(1)
        .map(bucket)
        .collect();
    buckets.concat()
}

/// The least integers of all buckets but the first: one less than a power of two.
fn borders<P: Ord + Copy>(items: &[(P, u32)]) -> Vec<P> {
    let buckets = (items.len() / BUCKET).next_power_of_two().clamp(2, 1024);
    let count = buckets * SAMPLED;
    // Spread over all rows, at no regular distance.
    let at = |number: usize| {
        let part = items.len() * number / count;
        part + number.wrapping_mul(0x9e37_79b9) % (items.len() / count).max(1)
    };
    let mut sample: Vec<P> = (0..count).map(|number| items[at(number)].0).collect();
    sample.sort_unstable();
    (1..buckets)
        .map(|bucket| sample[bucket * SAMPLED])
        .collect()
}

/// Some rows by bucket.
struct Piece<P> {
    items: Vec<(P, u32)>,
    /// Where each bucket ends.
    ends: Vec<usize>,
}

impl<P: Ord + Copy> Piece<P> {
    fn new(from: &[(P, u32)], borders: &[P]) -> Piece<P> {
        let bucket_of = |integer: P| {
            let mut bucket = 0;
            let mut step = borders.len().div_ceil(2);
            while step > 0 {
                bucket += step * usize::from(borders[bucket + step - 1] <= integer);
                step /= 2;
            }
            bucket
        };
        let buckets: Vec<u16> = from.iter().map(|item| bucket_of(item.0) as u16).collect();
        let mut ends = vec![0; borders.len() + 1];
        for bucket in &buckets {
            ends[usize::from(*bucket)] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        let mut items = from.to_vec();
        for (item, bucket) in from.iter().zip(&buckets) {
            let next = &mut ends[usize::from(*bucket)];
            items[*next] = *item;
            *next += 1;
        }
        Piece { items, ends }
    }

    fn bucket(&self, bucket: usize) -> &[(P, u32)] {
        let start = bucket.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start..self.ends[bucket]]
    }
}
