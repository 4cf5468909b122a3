//! Rolling quantiles: which rows are in the window is a set of places in the order of all values, and a
//! cursor in that set moves as little as the quantile does.

use std::ops::Range;

use icosian_ir::meaning::quantile::{Place, place};
use icosian_ir::meaning::sums::between;
use icosian_ir::op::Interpolation;

use super::frames::Moving;
use super::lanes::Lanes;
use super::{Argument, Written};

/// A set of numbers below some bound, as bits; above each level of words another one with a bit for
/// every word that is not zero, up to a single word. So the next number is a few words away.
struct Places {
    levels: Vec<Vec<u64>>,
}

impl Places {
    /// The empty set of numbers below `bound`.
    fn new(bound: usize) -> Places {
        let mut levels = Vec::new();
        let mut words = bound;
        loop {
            words = words.div_ceil(64).max(1);
            levels.push(vec![0; words]);
            if words == 1 {
                return Places { levels };
            }
        }
    }

    #[inline(always)]
    fn insert(&mut self, mut number: usize) {
        for words in &mut self.levels {
            let word = &mut words[number / 64];
            let was = *word;
            *word |= 1 << (number % 64);
            if was != 0 {
                return;
            }
            number /= 64;
        }
    }

    #[inline(always)]
    fn remove(&mut self, mut number: usize) {
        for words in &mut self.levels {
            let word = &mut words[number / 64];
            *word &= !(1 << (number % 64));
            if *word != 0 {
                return;
            }
            number /= 64;
        }
    }

    /// The least number in the set above another.
    #[inline(always)]
    fn after(&self, number: usize) -> Option<usize> {
        let mut at = number;
        for (level, words) in self.levels.iter().enumerate() {
            let later = (words[at / 64] >> (at % 64)) >> 1;
            if later != 0 {
                let mut at = at + 1 + later.trailing_zeros() as usize;
                for words in self.levels[..level].iter().rev() {
                    at = 64 * at + words[at].trailing_zeros() as usize;
                }
                return Some(at);
            }
            at /= 64;
        }
        None
    }

    /// The greatest number in the set below another.
    #[inline(always)]
    fn before(&self, number: usize) -> Option<usize> {
        let mut at = number;
        for (level, words) in self.levels.iter().enumerate() {
            let earlier = words[at / 64] & ((1 << (at % 64)) - 1);
            if earlier != 0 {
                let mut at = at / 64 * 64 + 63 - earlier.leading_zeros() as usize;
                for words in self.levels[..level].iter().rev() {
                    at = 64 * at + 63 - words[at].leading_zeros() as usize;
                }
                return Some(at);
            }
            at /= 64;
        }
        None
    }
}

/// A quantile of the rows in a window.
pub(crate) struct Quantile<'v> {
    argument: Argument<'v>,
    values: Lanes<'v>,
    q: f64,
    interpolation: Interpolation,
    /// Rows in the order of their values.
    sorted: Vec<u32>,
    /// Where each row stands in that order.
    places: Vec<u32>,
    /// The places of the rows in the window.
    held: Places,
    /// One of those places, and how many are before it; none is held where there is none.
    cursor: Option<(usize, u64)>,
    /// What was wanted last, and of how many.
    wanted: (u64, Place),
}

impl<'v> Quantile<'v> {
    pub(crate) fn new(
        argument: Argument<'v>,
        length: usize,
        q: f64,
        interpolation: Interpolation,
    ) -> Quantile<'v> {
        let values = Lanes::new(argument.lane, argument.view.values);
        let mut words: Vec<(u64, u32)> = (0..length)
            .filter(|row| argument.view.is_valid(*row))
            .map(|row| (values.word(row), row as u32))
            .collect();
        words.sort_unstable();
        let mut places = vec![0; length];
        for (place, (_, row)) in words.iter().enumerate() {
            places[*row as usize] = place as u32;
        }
        Quantile {
            argument,
            values,
            q,
            interpolation,
            held: Places::new(words.len()),
            sorted: words.into_iter().map(|(_, row)| row).collect(),
            places,
            cursor: None,
            wanted: (0, Place::At(0)),
        }
    }

    /// The place at a position among those held, which are more; the cursor is there afterwards.
    #[inline(always)]
    fn seek(&mut self, position: u64) -> Option<usize> {
        let (mut place, mut before) = self.cursor?;
        while before < position {
            place = self.held.after(place)?;
            before += 1;
        }
        while before > position {
            place = self.held.before(place)?;
            before -= 1;
        }
        self.cursor = Some((place, before));
        Some(place)
    }
}

impl Moving for Quantile<'_> {
    #[inline(always)]
    fn enter(&mut self, row: usize) {
        let place = self.places[row] as usize;
        self.held.insert(place);
        match &mut self.cursor {
            Some((at, before)) => *before += u64::from(place < *at),
            None => self.cursor = Some((place, 0)),
        }
    }

    #[inline(always)]
    fn leave(&mut self, row: usize) {
        let place = self.places[row] as usize;
        self.held.remove(place);
        if let Some((at, before)) = self.cursor {
            self.cursor = if place != at {
                Some((at, before - u64::from(place < at)))
            } else if let Some(next) = self.held.after(at) {
                Some((next, before))
            } else {
                let previous = self.held.before(at);
                previous.map(|previous| (previous, before - 1))
            };
        }
    }

    #[inline(always)]
    fn write(&mut self, row: usize, _: Range<usize>, count: u64, written: &mut Written<'_>) {
        if count == 0 {
            return written.null(row);
        }
        if self.wanted.0 != count {
            self.wanted = (count, place(self.q, count, self.interpolation));
        }
        let (low, fraction) = match self.wanted.1 {
            Place::At(position) => (position, 0.0),
            Place::Between(below, fraction) => (below, fraction),
        };
        let Some(at) = self.seek(low) else {
            return written.null(row);
        };
        let from = self.sorted[at] as usize;
        if self.interpolation.is_element() {
            return written.copy(row, self.argument, from);
        }
        if fraction == 0.0 {
            return written.float(row, self.values.float(from));
        }
        let above = self
            .held
            .after(at)
            .map_or(from, |at| self.sorted[at] as usize);
        let (low, high) = (self.values.number(from), self.values.number(above));
        written.float(row, between(low, high, fraction));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use icosian_ir::types::{Lane, ScalarType};

    use super::*;
    use crate::bytes::bit;
    use crate::execute::view::View;
    use crate::execute::window::frames::{Frames, slide};

    fn scrambled(number: u64) -> u64 {
        let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^ z >> 27
    }

    #[test]
    fn sets_know_their_neighbours() {
        for bound in [1, 64, 65, 5000, 300_000] {
            let (mut places, mut set) = (Places::new(bound), BTreeSet::new());
            for step in 0..400 {
                let number = scrambled(step) as usize % bound;
                if step % 3 == 0 {
                    places.remove(number);
                    set.remove(&number);
                } else {
                    places.insert(number);
                    set.insert(number);
                }
                let from = scrambled(step << 20) as usize % bound;
                assert_eq!(places.after(from), set.range(from + 1..).next().copied());
                assert_eq!(places.before(from), set.range(..from).next_back().copied());
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_the_rows_in_order() {
        let special = [f64::NAN, 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1.0];
        let length = 700;
        let values: Vec<f64> = (0..length)
            .map(|row| match scrambled(row) % 12 {
                pick @ 0..6 => special[pick as usize],
                _ => (scrambled(row << 8) % 50) as f64 / 3.0,
            })
            .collect();
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let mut region = crate::memory::Region::zeroed(bytes.len());
        region.bytes_mut()[..bytes.len()].copy_from_slice(&bytes);
        let validity: Vec<u8> = (0..length.div_ceil(8))
            .map(|at| scrambled(at) as u8 | 0x91)
            .collect();
        for some in [None, Some(&validity[..])] {
            for (before, after) in [(0, 0), (6, 0), (99, 0), (3, 4), (1000, 0)] {
                for q in [0.0, 0.1, 0.5, 1.0] {
                    let view = View {
                        values: region.bytes(),
                        validity: some,
                    };
                    let argument = Argument {
                        scalar: ScalarType::F64,
                        lane: Lane::F64,
                        view,
                    };
                    let length = length as usize;
                    let mut found = crate::memory::Region::zeroed(8 * length);
                    let mut valid = vec![0u8; length.div_ceil(8)];
                    let mut written = Written {
                        values: found.bytes_mut(),
                        validity: Some(&mut valid),
                        scalar: ScalarType::F64,
                        flagged: false,
                    };
                    let interpolation = Interpolation::Linear;
                    let mut state = Quantile::new(argument, length, q, interpolation);
                    let mut frames = Frames::Rows {
                        before,
                        after,
                        length,
                    };
                    let is_valid = |row: usize| some.is_none_or(|bits| bit(bits, row));
                    slide(&mut frames, length, is_valid, 2, &mut state, &mut written);
                    let found: &[f64] = crate::bytes::typed(found.bytes());
                    for (row, found) in found.iter().enumerate().take(length) {
                        let rows = row.saturating_sub(before)..(row + after + 1).min(length);
                        let mut held: Vec<f64> = rows
                            .filter(|row| is_valid(*row))
                            .map(|row| values[row])
                            .collect();
                        held.sort_by(f64::total_cmp);
                        assert_eq!(bit(&valid, row), held.len() >= 2);
                        if held.len() < 2 {
                            continue;
                        }
                        let number =
                            |at: u64| icosian_ir::meaning::sums::Number::Float(held[at as usize]);
                        let wanted = match place(q, held.len() as u64, interpolation) {
                            Place::At(at) => held[at as usize],
                            Place::Between(at, part) => between(number(at), number(at + 1), part),
                        };
                        let same = found.to_bits() == wanted.to_bits();
                        assert!(same || found.is_nan() && wanted.is_nan(), "row {row}");
                    }
                }
            }
        }
    }
}
