//! Keys found by where they stand among all keys that could be.

use super::one_pass::OneColumn;
use super::spans::{Spans, WordRange};
use super::words::KeyWords;
use crate::memory::ahead;

/// One slot for each key that could be.
#[derive(Clone, Debug)]
pub(super) struct Direct {
    spans: Spans,
    /// The number of each key, plus one; 0 where there is none. One more stands behind all places: of
    /// keys outside of them.
    slots: Vec<u32>,
}

/// Room for keys yet to come, as a part of the range on each side.
const ROOM: u64 = 4;

impl Direct {
    /// Slots for keys whose columns' words are in these ranges, and some around them; none if they
    /// were more than `limit`.
    pub(super) fn covering(ranges: &[WordRange], limit: u64) -> Option<Direct> {
        let spans = Spans::covering(ranges, ROOM, limit)?;
        let mut slots = ahead::list_for(spans.count() + 1);
        slots.resize(spans.count() + 1, 0);
        Some(Direct { spans, slots })
    }

    /// About how many bytes it takes.
    pub(super) fn byte_len(&self) -> usize {
        4 * self.slots.len()
    }

    /// The words that each column has slots for.
    pub(super) fn ranges(&self) -> Vec<WordRange> {
        self.spans.ranges()
    }

    /// Where a key stands, its mask first; beyond all slots if it is outside.
    pub(super) fn position(&self, key: &[u64]) -> u64 {
        self.spans.position(key)
    }

    /// Where each key stands; false if some are outside.
    pub(super) fn positions(&self, keys: &KeyWords, positions: &mut Vec<u64>) -> bool {
        self.spans.positions(keys, positions)
    }

    /// The numbers of the keys of one column, [`NO_KEY`](super::NO_KEY) where they have none, and whether
    /// all have one; none if that takes the usual way. Nulls have none if they are no keys.
    pub(super) fn numbers(
        &self,
        keys: &OneColumn<'_>,
        null_is_key: bool,
        numbers: &mut Vec<u32>,
    ) -> Option<bool> {
        if !ahead::is_near(&self.slots) {
            return None;
        }
        let origin = self.spans.origin()?;
        let null_place = if null_is_key { 0 } else { u32::MAX };
        Some(keys.numbers(origin, &self.slots, null_place, numbers))
    }

    /// Fetches the slots at some positions.
    pub(super) fn fetch(&self, positions: &[u64]) {
        let places = positions.iter().map(|position| *position as usize);
        ahead::fetch(&self.slots, places);
    }

    /// The number at a position.
    #[inline(always)]
    pub(super) fn get(&self, position: u64) -> Option<u32> {
        self.slots.get(position as usize)?.checked_sub(1)
    }

    /// The number at a position, plus one, to read and to set.
    #[inline(always)]
    pub(super) fn slot(&mut self, position: u64) -> &mut u32 {
        &mut self.slots[position as usize]
    }
}
