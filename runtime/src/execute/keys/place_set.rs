//! Which keys were seen, by their places: a bit each.

use super::{KeyWords, Spans};

/// The keys seen.
#[derive(Clone, Debug)]
pub(crate) struct PlaceSet {
    spans: Spans,
    bits: Vec<u64>,
}

impl PlaceSet {
    /// No keys yet.
    pub(crate) fn new(spans: &Spans) -> PlaceSet {
        PlaceSet {
            spans: spans.clone(),
            bits: vec![0; spans.count().div_ceil(64)],
        }
    }

    /// Adds keys, and gives the rows of those that are new, from `first` on; false, and nothing is
    /// added, if one has no place.
    pub(crate) fn insert(&mut self, keys: &mut KeyWords, first: u32, new: &mut Vec<u32>) -> bool {
        let mut positions = std::mem::take(&mut keys.positions);
        let inside = self.spans.positions(keys, &mut positions);
        if inside {
            // Written for every row, counted where it is new.
            let start = new.len();
            new.resize(start + positions.len(), 0);
            let mut count = start;
            for (position, row) in positions.iter().zip(first..) {
                let word = &mut self.bits[*position as usize / 64];
                let bit = 1 << (position % 64);
                new[count] = row;
                count += usize::from(*word & bit == 0);
                *word |= bit;
            }
            new.truncate(count);
        }
        keys.positions = positions;
        inside
    }
}
