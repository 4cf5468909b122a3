//! All values of every group, for quantiles and products of floats.
//!
//! Values are kept as words that compare as they do, in one list for all groups, in the order they
//! came; the answers don't depend on it.

use icosian_ir::meaning::quantile::{self, Place};
use icosian_ir::meaning::sums::product;
use icosian_ir::op::Interpolation;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::cells::{CellReader, put};
use super::lanes::{float_of_order_word, value_of_order_word};
use crate::error::RunError;

/// The values seen, each with its group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    groups: usize,
    words: Vec<u64>,
    /// The group of each; none as long as all are of the first.
    of: Vec<u32>,
}

impl Collected {
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    pub(crate) fn resize(&mut self, groups: usize) {
        self.groups = groups;
    }

    pub(crate) fn byte_len(&self) -> usize {
        8 * self.words.capacity() + 4 * self.of.capacity()
    }

    pub(crate) fn add(&mut self, word: u64, group: usize) {
        if group != 0 && self.of.is_empty() {
            self.of.resize(self.words.len(), 0);
            self.of.push(group as u32);
        } else if !self.of.is_empty() {
            self.of.push(group as u32);
        }
        self.words.push(word);
    }

    pub(crate) fn merge(&mut self, other: &Collected, groups: &[u32]) {
        for (position, word) in other.words.iter().enumerate() {
            let group = other.of.get(position).copied().unwrap_or(0);
            self.add(*word, groups[group as usize] as usize);
        }
    }

    /// The values of each group, behind one another, and where each group's end.
    fn by_group(&self) -> (Vec<u64>, Vec<usize>) {
        if self.of.is_empty() {
            let ends = vec![self.words.len(); self.groups];
            return (self.words.clone(), ends);
        }
        let mut next = vec![0; self.groups];
        for group in &self.of {
            next[*group as usize] += 1;
        }
        let mut start = 0;
        for place in &mut next {
            start += std::mem::replace(place, start);
        }
        let mut words = vec![0; self.words.len()];
        for (word, group) in self.words.iter().zip(&self.of) {
            let place = &mut next[*group as usize];
            words[*place] = *word;
            *place += 1;
        }
        (words, next)
    }

    /// A result for the values of each group.
    fn finish<T>(&self, mut result: impl FnMut(&mut [u64]) -> T) -> Vec<T> {
        let (mut words, ends) = self.by_group();
        let mut start = 0;
        ends.into_iter()
            .map(|end| {
                let own = &mut words[start..end];
                start = end;
                result(own)
            })
            .collect()
    }

    /// A quantile of each group.
    pub(crate) fn quantiles(
        &self,
        q: f64,
        interpolation: Interpolation,
        scalar: ScalarType,
    ) -> Vec<Value> {
        let value = |word: u64| value_of_order_word(word, scalar);
        self.finish(|words| {
            if words.is_empty() {
                return Value::Null;
            }
            match quantile::place(q, words.len() as u64, interpolation) {
                Place::At(position) => {
                    let found = value(*words.select_nth_unstable(position as usize).1);
                    if interpolation.is_element() {
                        found
                    } else {
                        quantile::as_float(&found)
                    }
                }
                Place::Between(below, fraction) => {
                    let (_, low, above) = words.select_nth_unstable(below as usize);
                    let high = above.iter().min().copied().unwrap_or(*low);
                    quantile::interpolate(&value(*low), &value(high), fraction)
                }
            }
        })
    }

    /// The product of each group's floats.
    pub(crate) fn products(&self) -> Vec<f64> {
        let mut floats = Vec::new();
        self.finish(|words| {
            floats.clear();
            floats.extend(words.iter().map(|word| float_of_order_word(*word)));
            product(&floats)
        })
    }

    /// The words of each group.
    pub(crate) fn to_cells(&self) -> Vec<Vec<u8>> {
        self.finish(|words| {
            let mut cell = Vec::with_capacity(8 * words.len());
            words.iter().for_each(|word| put(&mut cell, *word));
            cell
        })
    }

    pub(crate) fn read_cell(&mut self, group: usize, cell: &[u8]) -> Result<(), RunError> {
        let mut reader = CellReader::new(cell);
        while !reader.is_done() {
            self.add(reader.word()?, group);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_group() {
        let mut collected = Collected::default();
        collected.resize(1);
        collected.add(3, 0);
        collected.resize(3);
        [(1, 2), (2, 0), (7, 2)]
            .into_iter()
            .for_each(|(word, group)| collected.add(word, group));
        assert_eq!(collected.by_group(), (vec![3, 2, 1, 7], vec![2, 2, 4]));
        let mut merged = Collected::default();
        merged.resize(3);
        merged.merge(&collected, &[1, 0, 1]);
        assert_eq!(merged.by_group(), (vec![3, 1, 2, 7], vec![0, 4, 4]));
    }
}
