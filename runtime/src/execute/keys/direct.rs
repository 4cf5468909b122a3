//! Keys found by where they stand among all keys that could be: for integers, times and numbered
//! texts that lie close together.

use super::words::KeyWords;

/// Words of a column from `base` on.
#[derive(Clone, Copy, Debug)]
struct Span {
    base: u64,
    length: u64,
    /// Slots from one word to the next.
    stride: u64,
}

/// One slot for each key that could be.
#[derive(Clone, Debug)]
pub(super) struct Direct {
    spans: Vec<Span>,
    /// The number of each key, plus one; 0 where there is none.
    slots: Vec<u32>,
}

/// The least and greatest word of a column, as signed integers; none without words.
pub(super) type WordRange = Option<(i64, i64)>;

/// Added to a position that lies outside.
const OUTSIDE: u64 = 1 << 40;

/// No more slots than this.
const MOST_SLOTS: u64 = 1 << 30;

impl Direct {
    /// Slots for keys whose columns' words are in these ranges, and some around them; none if they
    /// were more than `limit`.
    pub(super) fn covering(ranges: &[WordRange], limit: u64) -> Option<Direct> {
        let mut spans = Vec::with_capacity(ranges.len());
        let mut stride = 1u64;
        for range in ranges {
            let span = match range {
                None => Span {
                    base: 0,
                    length: 0,
                    stride,
                },
                Some((least, greatest)) => {
                    let exact = greatest.abs_diff(*least).checked_add(1)?;
                    let room = i64::try_from(exact / 4 + 1).ok()?;
                    let least = least.saturating_sub(room);
                    Span {
                        base: least as u64,
                        length: greatest
                            .saturating_add(room)
                            .abs_diff(least)
                            .checked_add(1)?,
                        stride,
                    }
                }
            };
            // One more slot, for null.
            stride = stride.checked_mul(span.length.checked_add(1)?)?;
            if stride > limit.min(MOST_SLOTS) {
                return None;
            }
            spans.push(span);
        }
        Some(Direct {
            spans,
            slots: vec![0; stride as usize],
        })
    }

    /// About how many bytes it takes.
    pub(super) fn byte_len(&self) -> usize {
        4 * self.slots.len()
    }

    /// The words that each column has slots for.
    pub(super) fn ranges(&self) -> Vec<WordRange> {
        let range = |span: &Span| {
            let last = span.length.checked_sub(1)?;
            Some((span.base as i64, span.base.wrapping_add(last) as i64))
        };
        self.spans.iter().map(range).collect()
    }

    /// Where a key stands, its mask first; beyond all slots if it is outside.
    pub(super) fn position(&self, key: &[u64]) -> u64 {
        let mut position = 0;
        for (column, span) in self.spans.iter().enumerate() {
            if key[0] >> column & 1 == 0 {
                let offset = key[column + 1].wrapping_sub(span.base);
                position += if offset < span.length {
                    (offset + 1) * span.stride
                } else {
                    OUTSIDE
                };
            }
        }
        position
    }

    /// Where each key stands; false if some are outside.
    pub(super) fn positions(&self, keys: &KeyWords, positions: &mut Vec<u64>) -> bool {
        positions.clear();
        positions.resize(keys.rows, 0);
        let mut inside = true;
        for (column, span) in self.spans.iter().enumerate() {
            let Span {
                base,
                length,
                stride,
            } = *span;
            let words = positions.iter_mut().zip(keys.column(column));
            let place = |word: u64| {
                let offset = word.wrapping_sub(base);
                let place = offset.wrapping_add(1).wrapping_mul(stride);
                if offset < length { place } else { OUTSIDE }
            };
            let mut greatest = 0;
            if keys.masks().is_empty() {
                for (position, word) in words {
                    *position += place(*word);
                    greatest = greatest.max(*position);
                }
            } else {
                for ((position, word), mask) in words.zip(keys.masks()) {
                    let valid = mask >> column & 1 == 0;
                    *position += if valid { place(*word) } else { 0 };
                    greatest = greatest.max(*position);
                }
            }
            inside &= greatest < OUTSIDE;
        }
        inside
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

/// The range that holds two.
pub(super) fn join(one: WordRange, other: WordRange) -> WordRange {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}
