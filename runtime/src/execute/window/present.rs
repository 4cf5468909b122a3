//! How many of a window's rows have values, from words of validity.

use crate::bytes::{bit_word, fill_bits, low_bits, put_bit_word};

/// Rows that a word of validity stands for.
const WORD: usize = 64;

/// The rows of a word, by which of them enter windows and which leave.
struct Word {
    entering: u64,
    leaving: u64,
    rows: usize,
}

impl Word {
    fn new(validity: &[u8], window: usize, start: usize, length: usize) -> Word {
        let rows = WORD.min(length - start);
        let leaving = match start.checked_sub(window) {
            Some(first) => bit_word(validity, first),
            None if window - start < WORD => bit_word(validity, 0) << (window - start),
            None => 0,
        };
        Word {
            entering: bit_word(validity, start) & low_bits(rows),
            leaving: leaving & low_bits(rows),
            rows,
        }
    }

    /// Tells of each row how many there are in its window, given how many there were in the one before.
    #[inline(always)]
    fn counts(&self, before: u64, mut tell: impl FnMut(usize, u64)) -> u64 {
        let mut count = before;
        for place in 0..self.rows {
            count += self.entering >> place & 1;
            count -= self.leaving >> place & 1;
            tell(place, count);
        }
        count
    }
}

/// Sets the bit of each row in whose window of `window` rows, itself the last, there are `least` values or
/// more, and clears those of the others.
pub(crate) fn mark_enough(
    validity: &[u8],
    window: usize,
    least: u64,
    length: usize,
    marked: &mut [u8],
) {
    let mut count = 0;
    for start in (0..length).step_by(WORD) {
        let word = Word::new(validity, window, start, length);
        let entering = u64::from(word.entering.count_ones());
        let leaving = u64::from(word.leaving.count_ones());
        let enough = if count >= least.saturating_add(leaving) {
            u64::MAX
        } else if count + entering < least {
            0
        } else {
            let mut enough = 0;
            word.counts(count, |place, count| {
                enough |= u64::from(count >= least) << place
            });
            enough
        };
        count = count + entering - leaving;
        put_bit_word(marked, start, word.rows, enough);
    }
}

/// As [`mark_enough`], of rows that all have values.
pub(crate) fn mark_full(window: usize, least: u64, length: usize, marked: &mut [u8]) {
    let least = usize::try_from(least).unwrap_or(usize::MAX);
    let first = if least > window {
        length
    } else {
        least.saturating_sub(1).min(length)
    };
    fill_bits(marked, 0, first, false);
    fill_bits(marked, first, length - first, true);
}

/// How many values there are in the window of each row.
pub(crate) fn counts(validity: &[u8], window: usize, length: usize) -> Vec<u32> {
    let mut counts = vec![0; length];
    let mut count = 0;
    for (start, counts) in (0..length).step_by(WORD).zip(counts.chunks_mut(WORD)) {
        let word = Word::new(validity, window, start, length);
        count = word.counts(count, |place, count| counts[place] = count as u32);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{bit, put_bit};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_those_of_the_rows(
            rows in prop::collection::vec(prop::sample::select(vec![true, true, true, false]), 0..400),
            window in prop_oneof![1..10usize, 60..70usize, 120..140usize, Just(usize::MAX)],
            least in 0..140u64,
        ) {
            let mut validity = vec![0; rows.len().div_ceil(8)];
            rows.iter().enumerate().for_each(|(row, some)| put_bit(&mut validity, row, *some));
            let mut marked = vec![0xa5; rows.len().div_ceil(8)];
            mark_enough(&validity, window, least, rows.len(), &mut marked);
            let counts = counts(&validity, window, rows.len());
            for row in 0..rows.len() {
                let first = (row + 1).saturating_sub(window);
                let count = rows[first..=row].iter().filter(|some| **some).count();
                prop_assert_eq!(counts[row] as usize, count);
                prop_assert_eq!(bit(&marked, row), count as u64 >= least);
            }
            let all = vec![0xff; rows.len().div_ceil(8)];
            let mut wanted = marked.clone();
            mark_enough(&all, window, least, rows.len(), &mut wanted);
            mark_full(window, least, rows.len(), &mut marked);
            for row in 0..rows.len() {
                prop_assert_eq!(bit(&marked, row), bit(&wanted, row));
            }
        }
    }
}
