//! Exact sums of floats, one per group: pairs of f64 in one list, and beside it the rare sums that a
//! pair does not hold.

use std::collections::HashMap;
use std::ops::Range;

use icosian_ir::meaning::sums::{ExactSum, step};
use icosian_ir::plan::BLOCK_ROWS;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::lanes::AddValues;
use super::strips::{Gather, MOST_GROUPS, Scatter, Strip, Undo};
use crate::execute::wide::level;
use crate::memory::ahead;

/// Groups that one thread merges at least.
const MERGED: usize = 1 << 16;

/// The sums, each with how many values it is of where that is counted.
#[derive(Clone, Debug)]
pub(crate) struct FloatSums {
    pairs: Vec<[f64; 2]>,
    counts: Option<Vec<u64>>,
    /// What pairs do not hold.
    beside: HashMap<u32, ExactSum>,
    /// Further pairs of each of the first groups, while there are few.
    strips: Vec<Strip>,
    undo: Undo,
}

impl FloatSums {
    /// No sums yet.
    pub(crate) fn new(counted: bool) -> FloatSums {
        FloatSums {
            pairs: Vec::new(),
            counts: counted.then(Vec::new),
            beside: HashMap::new(),
            strips: Vec::new(),
            undo: Undo::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether it counts values.
    pub(crate) fn is_counted(&self) -> bool {
        self.counts.is_some()
    }

    /// Fetches the sums of some groups, if there are many.
    pub(crate) fn fetch(&self, groups: &[u32]) {
        let places = groups.iter().map(|group| *group as usize);
        ahead::fetch(&self.pairs, places.clone());
        if let Some(counts) = &self.counts {
            ahead::fetch(counts, places);
        }
    }

    pub(crate) fn resize(&mut self, groups: usize) {
        if self.pairs.capacity() == 0 {
            self.pairs = ahead::list_for(groups);
        }
        if groups > MOST_GROUPS && !self.strips.is_empty() {
            (0..self.strips.len()).for_each(|group| self.fold(group));
            self.strips = Vec::new();
        }
        self.pairs.resize(groups, [0.0; 2]);
        if let Some(counts) = &mut self.counts {
            counts.resize(groups, 0);
        }
    }

    pub(crate) fn byte_len(&self) -> usize {
        let counts = self.counts.as_ref().map_or(0, Vec::len);
        let strips = size_of::<Strip>() * self.strips.len();
        16 * self.pairs.len() + 8 * counts + 640 * self.beside.len() + strips
    }

    /// Adds a value to a sum.
    #[inline(always)]
    pub(crate) fn add(&mut self, group: usize, value: f64) {
        self.add_part(group, value);
        if let Some(counts) = &mut self.counts {
            counts[group] += 1;
        }
    }

    #[inline(always)]
    fn add_part(&mut self, group: usize, value: f64) {
        let pair = &mut self.pairs[group];
        let (hi, lo, left) = step(pair[0], pair[1], value);
        if left {
            self.spill(group, value);
        } else {
            *pair = [hi, lo];
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, group: usize, value: f64) {
        let sum = self.beside.entry(group as u32).or_default();
        if value.is_finite() {
            let [hi, lo] = std::mem::take(&mut self.pairs[group]);
            sum.add(hi);
            sum.add(lo);
        }
        sum.add(value);
    }

    /// Adds all values to one sum.
    pub(crate) fn add_slice<V: Fn(usize) -> u64>(
        &mut self,
        group: usize,
        values: &[f64],
        validity: Option<V>,
        count: usize,
    ) {
        let mut sum = ExactSum::new();
        level().run(AddValues {
            state: &mut sum,
            values,
            validity,
        });
        self.add_sum(group, &sum);
        if let Some(counts) = &mut self.counts {
            counts[group] += count as u64;
        }
    }

    /// Adds values, each to its group, if there are few groups; false, and nothing is added, if not.
    pub(crate) fn add_scattered(&mut self, values: &[f64], groups: &[u32]) -> bool {
        if self.pairs.len() > MOST_GROUPS || groups.is_empty() {
            return false;
        }
        self.stand_in_strips();
        let exact = level().run(Scatter {
            strips: &mut self.strips,
            groups,
            values,
            undo: &mut self.undo,
        });
        if !exact {
            // Huge values in the strips would keep spoiling blocks of small ones.
            (0..self.strips.len()).for_each(|group| self.fold(group));
            for (value, group) in values.iter().zip(groups) {
                self.add_part(*group as usize, *value);
            }
        }
        if let Some(counts) = &mut self.counts {
            for group in groups {
                counts[*group as usize] += 1;
            }
        }
        true
    }

    /// A strip for each group.
    fn stand_in_strips(&mut self) {
        self.strips.resize(self.pairs.len(), Strip::default());
    }

    /// Adds the strip of a group to its pair, and empties it.
    fn fold(&mut self, group: usize) {
        if let Some(strip) = self.strips.get_mut(group) {
            for part in std::mem::take(strip).into_iter().flatten() {
                self.add_part(group, part);
            }
        }
    }

    fn add_sum(&mut self, group: usize, sum: &ExactSum) {
        match sum.as_pair() {
            Some((hi, lo)) => {
                self.add_part(group, hi);
                self.add_part(group, lo);
            }
            None => self.beside.entry(group as u32).or_default().merge(sum),
        }
    }

    /// A sum.
    pub(crate) fn sum(&self, group: usize) -> ExactSum {
        let [hi, lo] = self.pairs[group];
        let mut sum = ExactSum::from_pair(hi, lo);
        if let Some(strip) = self.strips.get(group) {
            strip.iter().flatten().for_each(|part| sum.add(*part));
        }
        if let Some(beside) = self.beside.get(&(group as u32)) {
            sum.merge(beside);
        }
        sum
    }

    /// The value of a sum.
    #[inline]
    pub(crate) fn value(&self, group: usize) -> f64 {
        if self.beside.is_empty() && self.strips.is_empty() {
            let [hi, lo] = self.pairs[group];
            return hi + lo;
        }
        self.sum(group).value()
    }

    /// How many values a sum is of; 0 if that is not counted.
    pub(crate) fn count(&self, group: usize) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts[group])
    }

    /// Replaces a sum.
    pub(crate) fn set(&mut self, group: usize, sum: &ExactSum, count: u64) {
        self.pairs[group] = [0.0; 2];
        if let Some(strip) = self.strips.get_mut(group) {
            *strip = Strip::default();
        }
        self.beside.remove(&(group as u32));
        self.add_sum(group, sum);
        if let Some(counts) = &mut self.counts {
            counts[group] = count;
        }
    }

    /// Adds other sums; `groups` says to which each goes. Sums of nothing may go anywhere.
    pub(crate) fn merge(&mut self, other: &FloatSums, groups: &[u32]) {
        if !other.strips.is_empty() {
            let mut folded = other.clone();
            (0..folded.strips.len()).for_each(|group| folded.fold(group));
            folded.strips.clear();
            return self.merge(&folded, groups);
        }
        // Groups may be the same on both sides, one for one.
        let line_up = (groups.iter().zip(0..)).all(|(group, place)| *group == place);
        // Each thread looks through all others, unless groups line up.
        let threads = rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads());
        let merged = self.pairs.len().div_ceil(threads).max(MERGED);
        let add = |(part, pairs): (usize, &mut [[f64; 2]])| {
            let first = part * merged;
            let mut left_over: Vec<(usize, [f64; 2])> = Vec::new();
            let all = 0..other.pairs.len().min(groups.len());
            let looked_at = match line_up {
                true => first.min(all.end)..(first + merged).min(all.end),
                false => all,
            };
            let groups = &groups[looked_at.clone()];
            for (from, group) in other.pairs[looked_at].iter().zip(groups) {
                let group = *group as usize;
                let Some(pair) = pairs.get_mut(group.wrapping_sub(first)) else {
                    continue;
                };
                let (hi, lo, left) = step(pair[0], pair[1], from[0]);
                let (hi, lo, left_again) = step(hi, lo, from[1]);
                if left || left_again {
                    left_over.push((group, *from));
                } else {
                    *pair = [hi, lo];
                }
            }
            left_over
        };
        let left_over: Vec<_> = if rayon::current_thread_index().is_some() {
            self.pairs
                .par_chunks_mut(merged)
                .enumerate()
                .map(add)
                .collect()
        } else {
            self.pairs.chunks_mut(merged).enumerate().map(add).collect()
        };
        for (group, [hi, lo]) in left_over.into_iter().flatten() {
            self.add_part(group, hi);
            self.add_part(group, lo);
        }
        for (from, sum) in &other.beside {
            let to = groups[*from as usize];
            self.beside.entry(to).or_default().merge(sum);
        }
        if let (Some(counts), Some(others)) = (&mut self.counts, &other.counts) {
            for (count, group) in others.iter().zip(groups) {
                counts[*group as usize] += count;
            }
        }
    }
}

/// The rows of a block by group, where the groups are few.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouped {
    rows: Vec<u16>,
    /// The rows of each group among them.
    ranges: Vec<Range<usize>>,
}

/// No more groups than this, and no fewer rows of a block than that, are worth putting together.
const FEW: usize = 16;
const ROWS: usize = 512;

/// Parts of a block whose rows are put in their places side by side.
const PARTS: usize = 4;

impl Grouped {
    /// Puts the rows of a block together by their groups, of which there are `count`, but those whose
    /// group is none of them; false if there are too many.
    pub(crate) fn put_together(&mut self, groups: &[u32], count: usize) -> bool {
        if count > FEW || groups.len() < ROWS || groups.len() > BLOCK_ROWS {
            return false;
        }
        // Rows that are left out come last.
        let place = |group: u32| (group as usize).min(FEW);
        // The block in parts, each with its own counts: a row need not wait for the one before it if that
        // is of the same group.
        let length = groups.len() / PARTS;
        let (parts, rest) = groups.split_at(PARTS * length);
        let part = |part: usize| &parts[part * length..(part + 1) * length];
        let parts: [&[u32]; PARTS] = std::array::from_fn(part);
        let mut next = [[0u16; FEW + 1]; PARTS];
        for row in 0..length {
            for (counts, groups) in next.iter_mut().zip(parts) {
                counts[place(groups[row])] += 1;
            }
        }
        let mut last = [0u16; FEW + 1];
        for group in rest {
            last[place(*group)] += 1;
        }
        let mut start = 0u16;
        self.ranges.clear();
        for group in 0..=FEW {
            let first = start;
            for counts in next.iter_mut().chain([&mut last]) {
                start += std::mem::replace(&mut counts[group], start);
            }
            self.ranges.push(first.into()..start.into());
        }
        self.rows.resize(BLOCK_ROWS, 0);
        let mut put = |next: &mut [u16; FEW + 1], group: u32, row: usize| {
            let next = &mut next[place(group)];
            self.rows[usize::from(*next) % BLOCK_ROWS] = row as u16;
            *next += 1;
        };
        for row in 0..length {
            for (part, (next, groups)) in next.iter_mut().zip(parts).enumerate() {
                put(next, groups[row], part * length + row);
            }
        }
        for (row, group) in rest.iter().enumerate() {
            put(&mut last, *group, PARTS * length + row);
        }
        self.ranges.truncate(count);
        true
    }

    /// The rows of each group.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.ranges.iter().cloned().enumerate()
    }

    /// Adds the values of a block, none of them null.
    pub(crate) fn add(&self, values: &[f64], sums: &mut FloatSums) {
        let mut padded;
        let block = match values.first_chunk::<BLOCK_ROWS>() {
            Some(block) => block,
            None => {
                padded = [0.0; BLOCK_ROWS];
                padded[..values.len()].copy_from_slice(values);
                &padded
            }
        };
        sums.stand_in_strips();
        let failed = level().run(Gather {
            strips: &mut sums.strips,
            rows: &self.rows,
            ranges: &self.ranges,
            values: block,
        });
        for group in failed {
            sums.fold(group);
            for row in &self.rows[self.ranges[group].clone()] {
                sums.add_part(group, values[usize::from(*row)]);
            }
        }
        if let Some(counts) = &mut sums.counts {
            for (count, rows) in counts.iter_mut().zip(&self.ranges) {
                *count += rows.len() as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of every size, some of them no numbers, and their groups.
    fn data(rows: usize, groups: usize, plain: bool) -> Vec<(usize, f64)> {
        let mut state = 7u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let mut value = || {
            let size = if !plain && next() % 16 == 0 {
                1e300
            } else {
                1e3
            };
            match next() % 4000 {
                3.. if plain => 1e3 / (next() as f64),
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => 5e-324,
                _ => (next() as f64 - 1e9) * size / 1e9,
            }
        };
        (0..rows)
            .map(|row| (row * 7919 % groups, value()))
            .collect()
    }

    fn bits(value: f64) -> u64 {
        if value.is_nan() { 0 } else { value.to_bits() }
    }

    #[test]
    fn sums_are_those_of_exact_sums() {
        let sizes = [
            (5000, 3),
            (5001, 700),
            (200_000, 80_000),
            (1024, 12),
            (9000, 16),
        ];
        for ((rows, groups), plain) in sizes
            .into_iter()
            .flat_map(|size| [(size, false), (size, true)])
        {
            let data = data(rows, groups, plain);
            let mut expected = vec![(ExactSum::new(), 0); groups];
            for (group, value) in &data {
                expected[*group].0.add(*value);
                expected[*group].1 += 1;
            }
            let (mut sums, mut others) = (FloatSums::new(true), FloatSums::new(true));
            sums.resize(groups);
            others.resize(groups);
            let mut grouped = Grouped::default();
            for (block, rows) in data.chunks(1024).enumerate() {
                let to = if block % 3 == 1 {
                    &mut others
                } else {
                    &mut sums
                };
                let ids: Vec<u32> = rows.iter().map(|row| row.0 as u32).collect();
                let values: Vec<f64> = rows.iter().map(|row| row.1).collect();
                if block % 2 == 0 && grouped.put_together(&ids, groups) {
                    grouped.add(&values, to);
                } else if block % 4 == 1 && to.add_scattered(&values, &ids) {
                    // Ends that fill no vector are among them.
                } else {
                    rows.iter()
                        .for_each(|(group, value)| to.add(*group, *value));
                }
            }
            let mut read = FloatSums::new(true);
            read.resize(groups);
            for group in 0..groups {
                read.set(group, &others.sum(group), others.count(group));
            }
            let same: Vec<u32> = (0..groups as u32).collect();
            let mut in_pool = sums.clone();
            sums.merge(&read, &same);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
            pool.expect("threads")
                .install(|| in_pool.merge(&others, &same));
            for (group, (sum, count)) in expected.iter().enumerate() {
                for merged in [&sums, &in_pool] {
                    assert_eq!(bits(merged.value(group)), bits(sum.value()));
                    assert_eq!(merged.count(group), *count);
                }
            }
        }
    }
}
