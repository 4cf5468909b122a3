//! Where keys stand among all keys that could be, for integers, times and numbered texts that lie close
//! together.

use super::one_pass::Origin;
use super::words::KeyWords;

/// Words of a column from `base` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    base: u64,
    length: u64,
    /// Places from one word to the next.
    stride: u64,
}

/// A place for each key whose words are in certain ranges; the first of each column is for null.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Spans {
    columns: Vec<Span>,
    count: u64,
}

/// The least and greatest word of a column, as signed integers; none without words.
pub(super) type WordRange = Option<(i64, i64)>;

/// Added to a position that lies outside.
pub(super) const OUTSIDE: u64 = 1 << 40;

/// No more places than this.
const MOST: u64 = 1 << 30;

impl Spans {
    /// Places for keys whose columns' words are in these ranges, and some around them: a part in
    /// `parts` of the range on each side; none if they were more than `limit`.
    pub(super) fn covering(ranges: &[WordRange], parts: u64, limit: u64) -> Option<Spans> {
        let mut columns = Vec::with_capacity(ranges.len());
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
                    let room = i64::try_from(exact / parts + 1).ok()?;
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
            // One more place, for null.
            stride = stride.checked_mul(span.length.checked_add(1)?)?;
            if stride > limit.min(MOST) {
                return None;
            }
            columns.push(span);
        }
        Some(Spans {
            columns,
            count: stride,
        })
    }

    /// How many places there are.
    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// The words that each column has places for.
    pub(super) fn ranges(&self) -> Vec<WordRange> {
        let range = |span: &Span| {
            let last = span.length.checked_sub(1)?;
            Some((span.base as i64, span.base.wrapping_add(last) as i64))
        };
        self.columns.iter().map(range).collect()
    }

    /// Where the places of a single column begin.
    pub(super) fn origin(&self) -> Option<Origin> {
        match self.columns[..] {
            [Span { base, length, .. }] => Some(Origin { base, length }),
            _ => None,
        }
    }

    /// Where a key stands, its mask first; beyond all places if it is outside.
    pub(super) fn position(&self, key: &[u64]) -> u64 {
        let mut position = 0;
        for (column, span) in self.columns.iter().enumerate() {
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
        for (column, span) in self.columns.iter().enumerate() {
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

    /// The word of a column in the key at a place; none if it is null there.
    #[inline(always)]
    pub(super) fn word(&self, place: u64, column: usize) -> Option<u64> {
        let span = &self.columns[column];
        let offset = place / span.stride % (span.length + 1);
        Some(span.base.wrapping_add(offset.checked_sub(1)?))
    }
}

/// The range that holds two.
pub(super) fn join(one: WordRange, other: WordRange) -> WordRange {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_from_their_places() {
        let ranges = [Some((-3, 5)), None, Some((i64::MAX - 4, i64::MAX))];
        let spans = Spans::covering(&ranges, 4, 1000).expect("few places");
        let mut seen = std::collections::HashSet::new();
        for first in [None, Some(-3i64), Some(0), Some(5)] {
            for last in [None, Some(i64::MAX - 4), Some(i64::MAX)] {
                let mask = u64::from(first.is_none()) | 2 | u64::from(last.is_none()) << 2;
                let word = |word: Option<i64>| word.unwrap_or(0) as u64;
                let place = spans.position(&[mask, word(first), 0, word(last)]);
                assert!(place < spans.count() as u64 && seen.insert(place));
                let read = |column| spans.word(place, column).map(|word| word as i64);
                assert_eq!((read(0), read(1), read(2)), (first, None, last));
            }
        }
        assert!(spans.position(&[6, 100, 0, 0]) >= OUTSIDE);
        assert!(Spans::covering(&[Some((0, 2000))], 4, 1000).is_none());
        assert!(Spans::covering(&[Some((i64::MIN, i64::MAX))], 4, 1000).is_none());
    }
}
