//! Sorting many rows by an integer each: in buckets that a sample bounds, which fit the caches and are
//! independent of each other.

use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::prefix::{Prefixes, Scratch};
use super::ties::Rest;
use super::{BLOCK, is_large};
use crate::error::RunError;
use crate::memory::MemoryBudget;

/// Rows of a bucket, about.
const BUCKET: usize = 1 << 13;

/// Values of the sample for each bucket.
const SAMPLED: usize = 16;

/// A row's prefix, and its number below: ties keep the order of the rows.
pub(super) trait Item: Ord + Copy + Send + Sync + Default {
    /// Bits that a prefix may have.
    const BITS: usize;
    fn new(prefix: u128, row: u32) -> Self;
    fn row(self) -> u32;
    fn prefix(self) -> u128;
    /// The least one of this prefix.
    fn least(self) -> Self {
        Self::new(self.prefix(), 0)
    }
}

impl Item for u64 {
    const BITS: usize = 32;
    fn new(prefix: u128, row: u32) -> u64 {
        (prefix as u64) << 32 | u64::from(row)
    }
    fn row(self) -> u32 {
        self as u32
    }
    fn prefix(self) -> u128 {
        u128::from(self >> 32)
    }
}

impl Item for u128 {
    const BITS: usize = 96;
    fn new(prefix: u128, row: u32) -> u128 {
        prefix << 32 | u128::from(row)
    }
    fn row(self) -> u32 {
        self as u32
    }
    fn prefix(self) -> u128 {
        self >> 32
    }
}

/// The first `limit` rows in the order of their keys, perhaps more.
pub(super) fn sort_items<I: Item>(
    prefixes: &Prefixes<'_>,
    rows: u32,
    limit: usize,
    budget: &Arc<MemoryBudget>,
) -> Result<Vec<u32>, RunError> {
    let rest = Rest::new(prefixes);
    let count = rows as usize;
    let pieces = if is_large(count) {
        rayon::current_num_threads() * 4
    } else {
        1
    };
    let length = count.div_ceil(pieces).next_multiple_of(BLOCK).max(1);
    let pack = |piece: usize| pack::<I>(prefixes, piece * length, count.min((piece + 1) * length));
    let pieces = 0..count.div_ceil(length);
    let packed: Vec<Vec<I>> = if is_large(count) {
        pieces.into_par_iter().map(pack).collect::<Result<_, _>>()?
    } else {
        pieces.map(pack).collect::<Result<_, _>>()?
    };
    if in_order(&packed, rest.is_some()) {
        return Ok((0..rows).collect());
    }
    let finish = |items: &mut [I]| {
        items.sort_unstable();
        match &rest {
            Some(rest) => rest.settle(items, prefixes, budget),
            None => Ok(()),
        }
    };
    if !is_large(count) {
        let mut items = packed.concat();
        if limit < count {
            let last = items.select_nth_unstable(limit).1.prefix();
            items.retain(|item| item.prefix() <= last);
        }
        finish(&mut items)?;
        return Ok(items.into_iter().map(Item::row).collect());
    }
    let mut borders = borders(&packed, count);
    if rest.is_some() {
        // Those that tie are settled together.
        borders
            .iter_mut()
            .for_each(|border| *border = border.least());
    }
    let pieces: Vec<Piece<I>> = packed
        .into_par_iter()
        .map(|items| Piece::new(&items, &borders))
        .collect();
    let bucket = |bucket: usize| {
        let parts = pieces.iter().map(|piece| piece.bucket(bucket));
        let mut items = parts.collect::<Vec<_>>().concat();
        finish(&mut items)?;
        Ok::<_, RunError>(items.into_iter().map(Item::row).collect::<Vec<u32>>())
    };
    let buckets = (0..borders.len() + 1)
        .into_par_iter()
        .with_max_len(1)
        .map(bucket);
    Ok(buckets.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The items of some rows.
fn pack<I: Item>(prefixes: &Prefixes<'_>, first: usize, end: usize) -> Result<Vec<I>, RunError> {
    let mut items = Vec::with_capacity(end - first);
    let mut scratch = Scratch::new();
    let mut block = [0; BLOCK];
    for first in (first..end).step_by(BLOCK) {
        let block = &mut block[..(end - first).min(BLOCK)];
        prefixes.fill(first, block, &mut scratch)?;
        let rows = block.iter().zip(first as u32..);
        items.extend(rows.map(|(prefix, row)| I::new(*prefix, row)));
    }
    Ok(items)
}

/// Whether rows stand in order; where ties are not yet settled, only if there is none.
fn in_order<I: Item>(pieces: &[Vec<I>], distinct: bool) -> bool {
    let fits = |a: &I, b: &I| {
        if distinct {
            a.prefix() < b.prefix()
        } else {
            a <= b
        }
    };
    let joints = pieces
        .windows(2)
        .all(|pair| match (pair[0].last(), pair[1].first()) {
            (Some(a), Some(b)) => fits(a, b),
            _ => true,
        });
    joints && pieces.iter().all(|items| items.is_sorted_by(fits))
}

/// The least items of all buckets but the first: one less than a power of two.
fn borders<I: Item>(pieces: &[Vec<I>], rows: usize) -> Vec<I> {
    let buckets = (rows / BUCKET).next_power_of_two().clamp(2, 1024);
    let count = buckets * SAMPLED;
    let length = pieces[0].len();
    // Spread over all rows, at no regular distance.
    let at = |number: usize| {
        let part = rows * number / count;
        part + number.wrapping_mul(0x9e37_79b9) % (rows / count).max(1)
    };
    let item = |row: usize| pieces[row / length][row % length];
    let mut sample: Vec<I> = (0..count).map(|number| item(at(number))).collect();
    sample.sort_unstable();
    (1..buckets)
        .map(|bucket| sample[bucket * SAMPLED])
        .collect()
}

/// Some rows by bucket.
struct Piece<I> {
    items: Vec<I>,
    /// Where each bucket ends.
    ends: Vec<usize>,
}

impl<I: Item> Piece<I> {
    fn new(from: &[I], borders: &[I]) -> Piece<I> {
        let bucket_of = |item: I| {
            let mut bucket = 0;
            let mut step = borders.len().div_ceil(2);
            while step > 0 {
                bucket += step * usize::from(borders[bucket + step - 1] <= item);
                step /= 2;
            }
            bucket
        };
        let buckets: Vec<u16> = from.iter().map(|item| bucket_of(*item) as u16).collect();
        let mut ends = vec![0; borders.len() + 1];
        for bucket in &buckets {
            ends[usize::from(*bucket)] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        let mut items = vec![I::default(); from.len()];
        for (item, bucket) in from.iter().zip(&buckets) {
            let next = &mut ends[usize::from(*bucket)];
            items[*next] = *item;
            *next += 1;
        }
        Piece { items, ends }
    }

    fn bucket(&self, bucket: usize) -> &[I] {
        let start = bucket.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start..self.ends[bucket]]
    }
}
