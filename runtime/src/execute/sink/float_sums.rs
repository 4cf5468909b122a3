//! Exact sums of floats, one per group: pairs of f64 in one list, and beside it the rare sums that a
//! pair does not hold.

use std::collections::HashMap;
use std::ops::Range;

use icosian_ir::meaning::sums::{ExactSum, step};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::lanes::AddValues;
use crate::execute::wide::level;
use crate::memory::ahead;

/// Groups that one thread merges at a time.
const MERGED: usize = 1 << 16;

/// The sums, each with how many values it is of where that is counted.
#[derive(Clone, Debug)]
pub(crate) struct FloatSums {
    pairs: Vec<[f64; 2]>,
    counts: Option<Vec<u64>>,
    /// What pairs do not hold.
    beside: HashMap<u32, ExactSum>,
}

impl FloatSums {
    /// No sums yet.
    pub(crate) fn new(counted: bool) -> FloatSums {
        FloatSums {
            pairs: Vec::new(),
            counts: counted.then(Vec::new),
            beside: HashMap::new(),
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
        self.pairs.resize(groups, [0.0; 2]);
        if let Some(counts) = &mut self.counts {
            counts.resize(groups, 0);
        }
    }

    pub(crate) fn byte_len(&self) -> usize {
        let counts = self.counts.as_ref().map_or(0, Vec::len);
        16 * self.pairs.len() + 8 * counts + 640 * self.beside.len()
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
        if let Some(beside) = self.beside.get(&(group as u32)) {
            sum.merge(beside);
        }
        sum
    }

    /// The value of a sum.
    #[inline]
    pub(crate) fn value(&self, group: usize) -> f64 {
        if self.beside.is_empty() {
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
        self.beside.remove(&(group as u32));
        self.add_sum(group, sum);
        if let Some(counts) = &mut self.counts {
            counts[group] = count;
        }
    }

    /// Adds other sums; `groups` says to which each goes, every one to another.
    pub(crate) fn merge(&mut self, other: &FloatSums, groups: &[u32]) {
        // Groups may be the same on both sides, one for one.
        let line_up = (groups.iter().zip(0..)).all(|(group, place)| *group == place);
        let add = |(part, pairs): (usize, &mut [[f64; 2]])| {
            let first = part * MERGED;
            let mut left_over: Vec<(usize, [f64; 2])> = Vec::new();
            let all = 0..other.pairs.len().min(groups.len());
            let looked_at = match line_up {
                true => first.min(all.end)..(first + MERGED).min(all.end),
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
                .par_chunks_mut(MERGED)
                .enumerate()
                .map(add)
                .collect()
        } else {
            self.pairs.chunks_mut(MERGED).enumerate().map(add).collect()
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
    /// Where the rows of each group end.
    ends: Vec<usize>,
    values: Vec<f64>,
}

/// No more groups than this, and no fewer rows of a block than that, are worth putting together.
const FEW: usize = 12;
const ROWS: usize = 512;

impl Grouped {
    /// Puts the rows of a block together by their groups, of which there are `count`, but those whose
    /// group is none of them; false if there are too many.
    pub(crate) fn put_together(&mut self, groups: &[u32], count: usize) -> bool {
        if count > FEW || groups.len() < ROWS {
            return false;
        }
        self.ends.clear();
        // Rows that are left out come last.
        self.ends.resize(count + 1, 0);
        let place = |group: &u32| (*group as usize).min(count);
        for group in groups {
            self.ends[place(group)] += 1;
        }
        let mut start = 0;
        for end in &mut self.ends {
            start += std::mem::replace(end, start);
        }
        self.rows.clear();
        self.rows.resize(groups.len(), 0);
        for (row, group) in groups.iter().enumerate() {
            let next = &mut self.ends[place(group)];
            self.rows[*next] = row as u16;
            *next += 1;
        }
        self.ends.truncate(count);
        let kept = self.ends.last().copied().unwrap_or(0);
        self.rows.truncate(kept);
        true
    }

    /// The rows of each group.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| start..*end)
            .enumerate()
    }

    /// Adds the values of a block, none of them null.
    pub(crate) fn add(&mut self, values: &[f64], sums: &mut FloatSums) {
        let mut gathered = std::mem::take(&mut self.values);
        gathered.clear();
        gathered.extend(self.rows.iter().map(|row| values[usize::from(*row)]));
        for (group, range) in self.ranges() {
            if !range.is_empty() {
                let count = range.len();
                sums.add_slice(group, &gathered[range], None::<fn(usize) -> u64>, count);
            }
        }
        self.values = gathered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of every size, some of them no numbers, and their groups.
    fn data(rows: usize, groups: usize) -> Vec<(usize, f64)> {
        let mut state = 7u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let mut value = || {
            let size = if next() % 16 == 0 { 1e300 } else { 1e3 };
            match next() % 4000 {
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
        for (rows, groups) in [(5000, 3), (5000, 700), (200_000, 80_000), (1024, 12)] {
            let data = data(rows, groups);
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
