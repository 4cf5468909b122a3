//! Values of chosen rows brought together, 64 rows at a time.
//!
//! Which rows are chosen is a bit each, in words. Where the CPU can, a vector instruction brings the
//! chosen lanes of eight or sixteen values together; elsewhere each value is written and the next one
//! overwrites it if it was not chosen, so that no branch has to guess. Few chosen rows are taken one by
//! one, and none at all cost a look at their word.
#![allow(unsafe_code)] // Vector instructions that compress lanes, on values whose room is checked.

use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use icosian_ir::types::Lane;

use crate::bytes::{Plain, typed, typed_mut};

/// Up to so many rows of a word are taken one by one.
const FEW: u32 = 6;

/// Rows chosen: a bit each, from a first one on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen<'a> {
    words: &'a [u64],
    first: usize,
}

impl<'a> Chosen<'a> {
    /// The bits from `first` on.
    pub(crate) fn new(words: &'a [u64], first: usize) -> Chosen<'a> {
        Chosen { words, first }
    }

    /// The bits from `row` rows further on.
    pub(crate) fn from(self, row: usize) -> Chosen<'a> {
        Chosen::new(self.words, self.first + row)
    }

    /// The bits of the first `rows` rows.
    pub(crate) fn to_words(self, rows: usize) -> Vec<u64> {
        self.words(rows).map(|(_, word)| word).collect()
    }

    /// The bits of the rows from `row` on, 64 of them; those beyond the end are not set.
    #[inline(always)]
    fn word(self, row: usize) -> u64 {
        let at = self.first + row;
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let low = word(at / 64) >> (at % 64);
        match at % 64 {
            0 => low,
            shift => low | word(at / 64 + 1) << (64 - shift),
        }
    }

    /// The words of `rows` rows, each with the row of its first bit; bits beyond are not set.
    #[inline(always)]
    fn words(self, rows: usize) -> impl Iterator<Item = (usize, u64)> {
        (0..rows).step_by(64).map(move |row| {
            let word = self.word(row);
            let inside = (rows - row).min(64);
            (row, word & (u64::MAX >> (64 - inside)))
        })
    }

    /// How many of the first `rows` rows are chosen.
    pub(crate) fn count(self, rows: usize) -> usize {
        let counts = self.words(rows).map(|(_, word)| word.count_ones() as usize);
        counts.sum()
    }

    /// Those of the first `rows` rows that are chosen.
    pub(crate) fn rows(self, rows: usize) -> impl Iterator<Item = usize> {
        self.words(rows).flat_map(|(row, mut word)| {
            std::iter::from_fn(move || {
                let next = (word != 0).then(|| row + word.trailing_zeros() as usize);
                word &= word.wrapping_sub(1);
                next
            })
        })
    }

    /// Whether a row is chosen.
    pub(crate) fn has(self, row: usize) -> bool {
        self.word(row) & 1 != 0
    }
}

/// The bits of a word of rows, from `first` on, that lie in a range.
pub(crate) fn bits_inside(first: usize, rows: &std::ops::Range<usize>) -> u64 {
    let start = rows.start.saturating_sub(first);
    let end = rows.end.saturating_sub(first).min(64);
    if start >= end {
        return 0;
    }
    (u64::MAX << start) & (u64::MAX >> (64 - end))
}

/// The values of chosen rows, to the front of `to` behind one another; gives how many there are. What
/// stands behind them in `to` may change. Not for bools.
///
/// # Panics
/// If there is no room for them.
pub(crate) fn compact(lane: Lane, from: &[u8], chosen: Chosen<'_>, to: &mut [u8]) -> usize {
    match lane.bits() {
        8 => one_by_one::<u8>(typed(from), chosen, typed_mut(to)),
        16 => one_by_one::<u16>(typed(from), chosen, typed_mut(to)),
        128 => one_by_one::<i128>(typed(from), chosen, typed_mut(to)),
        32 => {
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("popcnt")
            {
                // SAFETY: the CPU has the instructions.
                return unsafe { compressed_32(typed(from), chosen, typed_mut(to)) };
            }
            one_by_one::<u32>(typed(from), chosen, typed_mut(to))
        }
        _ => {
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("popcnt")
            {
                // SAFETY: the CPU has the instructions.
                return unsafe { compressed_64(typed(from), chosen, typed_mut(to)) };
            }
            one_by_one::<u64>(typed(from), chosen, typed_mut(to))
        }
    }
}

/// Takes the rows of a word one by one; gives how many there were.
#[inline(always)]
fn take_each<T: Plain>(from: &[T], mut word: u64, to: &mut [T]) -> usize {
    let count = word.count_ones() as usize;
    for to in &mut to[..count] {
        *to = from[word.trailing_zeros() as usize];
        word &= word - 1;
    }
    count
}

fn one_by_one<T: Plain>(from: &[T], chosen: Chosen<'_>, to: &mut [T]) -> usize {
    let mut done = 0;
    for (row, word) in chosen.words(from.len()) {
        let (from, to) = (&from[row..], &mut to[done..]);
        let count = word.count_ones();
        done += match (from.first_chunk::<64>(), to.first_chunk_mut::<64>()) {
            (Some(from), Some(to)) if word == u64::MAX => {
                *to = *from;
                64
            }
            (Some(from), Some(to)) if count > 2 * FEW => {
                let mut taken = 0;
                for (row, value) in from.iter().enumerate() {
                    // At most as many are taken as rows were seen.
                    to[taken % 64] = *value;
                    taken += (word >> row & 1) as usize;
                }
                taken
            }
            _ => take_each(from, word, to),
        };
    }
    done
}

macro_rules! compressed {
    ($name:ident, $ty:ty, $mask:ty, $lanes:literal, $load:ident, $compress:ident, $store:ident) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,popcnt")]
        fn $name(from: &[$ty], chosen: Chosen<'_>, to: &mut [$ty]) -> usize {
            use std::arch::x86_64::{$compress, $load, $store};
            let mut done = 0;
            for (row, word) in chosen.words(from.len()) {
                let (from, to) = (&from[row..], &mut to[done..]);
                let count = word.count_ones();
                let Some(from) = from.first_chunk::<64>().filter(|_| count > FEW) else {
                    done += take_each(from, word, to);
                    continue;
                };
                assert!(to.len() >= count as usize, "room for the rows chosen");
                let mut taken = 0;
                for part in 0..64 / $lanes {
                    let mask = (word >> (part * $lanes)) as $mask;
                    let count = mask.count_ones();
                    // SAFETY: the load is within the 64 values of `from`; the store writes `count` lanes,
                    // and the lanes of all masks are as many as `to` was seen to have room for.
                    unsafe {
                        let values = $load(from.as_ptr().add(part * $lanes).cast());
                        let values = $compress(mask, values);
                        let written = ((1u32 << count) - 1) as $mask;
                        $store(to.as_mut_ptr().add(taken).cast(), written, values);
                    }
                    taken += count as usize;
                }
                done += taken;
            }
            done
        }
    };
}

compressed!(
    compressed_64,
    u64,
    u8,
    8,
    _mm512_loadu_epi64,
    _mm512_maskz_compress_epi64,
    _mm512_mask_storeu_epi64
);
compressed!(
    compressed_32,
    u32,
    u16,
    16,
    _mm512_loadu_epi32,
    _mm512_maskz_compress_epi32,
    _mm512_mask_storeu_epi32
);

/// Bits behind one another.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackedBits {
    words: Vec<u64>,
    /// How many bits there are.
    len: usize,
}

impl PackedBits {
    /// No bits yet, but room for so many.
    pub(crate) fn with_room(bits: usize) -> PackedBits {
        PackedBits {
            words: Vec::with_capacity(bits.div_ceil(64) + 1),
            len: 0,
        }
    }

    /// Adds the lowest `count` bits of a word whose other bits are not set.
    #[inline(always)]
    fn push(&mut self, bits: u64, count: usize) {
        let shift = self.len % 64;
        match self.words.last_mut() {
            Some(last) if shift != 0 => *last |= bits << shift,
            _ => self.words.push(bits),
        }
        if shift != 0 && shift + count > 64 {
            self.words.push(bits >> (64 - shift));
        }
        self.len += count;
        // A word begun for no bits would be taken for one with some.
        self.words.truncate(self.len.div_ceil(64));
    }

    /// Adds so many set bits.
    pub(crate) fn push_set(&mut self, count: usize) {
        for done in (0..count).step_by(64) {
            let now = (count - done).min(64);
            self.push(u64::MAX >> (64 - now), now);
        }
    }

    /// Adds the `count` bits from bit `start` of `from` on.
    pub(crate) fn push_bits(&mut self, from: &[u8], start: usize, count: usize) {
        for done in (0..count).step_by(64) {
            let now = (count - done).min(64);
            let bits = bits_at(from, start + done) & (u64::MAX >> (64 - now));
            self.push(bits, now);
        }
    }

    /// Adds those of the `rows` bits from bit `start` of `from` on that are chosen.
    pub(crate) fn push_chosen(
        &mut self,
        from: &[u8],
        start: usize,
        rows: usize,
        chosen: Chosen<'_>,
    ) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("popcnt")
        {
            // SAFETY: the CPU has the instruction.
            return unsafe { self.push_extracted(from, start, rows, chosen) };
        }
        self.push_each(from, start, rows, chosen, |bits, mut word| {
            let mut found = 0;
            for place in 0..word.count_ones() {
                found |= (bits >> word.trailing_zeros() & 1) << place;
                word &= word - 1;
            }
            found
        });
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "bmi2,popcnt")]
    fn push_extracted(&mut self, from: &[u8], start: usize, rows: usize, chosen: Chosen<'_>) {
        let extract = |bits, word| std::arch::x86_64::_pext_u64(bits, word);
        self.push_each(from, start, rows, chosen, extract);
    }

    #[inline(always)]
    fn push_each(
        &mut self,
        from: &[u8],
        start: usize,
        rows: usize,
        chosen: Chosen<'_>,
        extract: impl Fn(u64, u64) -> u64,
    ) {
        for (row, word) in chosen.words(rows) {
            if word != 0 {
                let bits = bits_at(from, start + row);
                self.push(extract(bits, word), word.count_ones() as usize);
            }
        }
    }

    /// The bits as a buffer.
    pub(crate) fn into_buffer(mut self) -> Buffer {
        self.words.iter_mut().for_each(|word| *word = word.to_le());
        Buffer::from_vec(self.words)
    }

    /// The bits as validity; none if all are set.
    pub(crate) fn into_nulls(self) -> Option<NullBuffer> {
        let ones = self.words.iter().map(|word| word.count_ones() as usize);
        let (set, len) = (ones.sum::<usize>(), self.len);
        (set < len).then(|| NullBuffer::new(BooleanBuffer::new(self.into_buffer(), 0, len)))
    }
}

/// The 64 bits from a bit on; those beyond the end are not set.
#[inline(always)]
pub(crate) fn bits_at(bytes: &[u8], bit: usize) -> u64 {
    let (at, shift) = (bit / 8, bit % 8);
    if let Some(next) = bytes.get(at..at + 9) {
        let low = u64::from_le_bytes(next.as_chunks::<8>().0[0]);
        return match shift {
            0 => low,
            _ => low >> shift | u64::from(next[8]) << (64 - shift),
        };
    }
    let mut padded = [0; 16];
    let there = bytes.get(at..).unwrap_or_default();
    let there = &there[..there.len().min(9)];
    padded[..there.len()].copy_from_slice(there);
    (u128::from_le_bytes(padded) >> shift) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::bit;

    /// Masks of every density, in words of which the first begins within one.
    fn masks() -> Vec<Vec<u64>> {
        let mut state = 7u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(11);
            state ^ state >> 29
        };
        let mut masks = vec![vec![0; 5], vec![u64::MAX; 5]];
        for density in 0..6 {
            let word = |_| match density {
                0 => draw() & draw() & draw() & draw() & draw(),
                1 => draw() & draw(),
                2 => draw(),
                3 => draw() | draw(),
                4 => draw() | draw() | draw() | draw(),
                _ => [0, u64::MAX, 1, 1 << 63, draw()][(draw() % 5) as usize],
            };
            masks.push((0..5).map(word).collect());
        }
        masks
    }

    fn places(mask: &[u64], first: usize, rows: usize) -> Vec<usize> {
        let set = |row: &usize| mask[(first + row) / 64] >> ((first + row) % 64) & 1 != 0;
        (0..rows).filter(set).collect()
    }

    #[test]
    fn chosen_values_are_brought_together() {
        for mask in masks() {
            for (first, rows) in [
                (0, 320),
                (0, 64),
                (3, 250),
                (63, 200),
                (1, 1),
                (9, 0),
                (64, 255),
            ] {
                let chosen = Chosen::new(&mask, first);
                let wanted = places(&mask, first, rows);
                assert_eq!(chosen.count(rows), wanted.len());
                assert_eq!(chosen.rows(rows).collect::<Vec<_>>(), wanted);
                let taken: Vec<usize> = (0..rows).filter(|row| chosen.has(*row)).collect();
                assert_eq!(taken, wanted);
                macro_rules! check {
                    ($($ty:ty: $lane:ident)*) => {$({
                        let from: Vec<$ty> = (0..rows).map(|row| (row as $ty).wrapping_mul(37)).collect();
                        let wanted: Vec<$ty> = wanted.iter().map(|row| from[*row]).collect();
                        let mut to: Vec<$ty> = vec![0; wanted.len() + 1];
                        let (room, rest) = to.split_at_mut(wanted.len());
                        assert_eq!(one_by_one(&from, chosen, room), wanted.len());
                        assert_eq!((&*room, &*rest), (&wanted[..], &[0][..]));
                        room.fill(0);
                        let bytes: Vec<u8> = from.iter().flat_map(|value| value.to_le_bytes()).collect();
                        let mut aligned: Vec<i128> = vec![0; bytes.len() / 16 + 1];
                        let aligned = &mut bytes_of(&mut aligned)[..bytes.len()];
                        aligned.copy_from_slice(&bytes);
                        assert_eq!(compact(Lane::$lane, aligned, chosen, bytes_of(room)), wanted.len());
                        assert_eq!((&*room, &*rest), (&wanted[..], &[0][..]));
                    })*};
                }
                check!(i8: I8 u16: U16 i32: I32 u64: F64 i128: I128);
            }
        }
    }

    fn bytes_of<T: Plain>(values: &mut [T]) -> &mut [u8] {
        // SAFETY: plain numbers are initialized bytes, and bytes have no alignment.
        unsafe {
            let bytes = size_of_val(values);
            std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), bytes)
        }
    }

    #[test]
    fn chosen_bits_are_brought_together() {
        let from: Vec<u8> = (0..60u8).map(|byte| byte.wrapping_mul(91) ^ 0x5a).collect();
        for mask in masks() {
            let mut packed = PackedBits::default();
            let mut wanted = Vec::new();
            for (first, start, rows) in [
                (0, 0, 320),
                (5, 3, 200),
                (0, 417, 63),
                (7, 0, 0),
                (70, 9, 65),
            ] {
                packed.push_chosen(&from, start, rows, Chosen::new(&mask, first));
                let places = places(&mask, first, rows);
                wanted.extend(places.iter().map(|row| bit(&from, start + row)));
                packed.push_set(rows);
                wanted.extend((0..rows).map(|_| true));
                packed.push_bits(&from, start, rows);
                wanted.extend((start..start + rows).map(|place| bit(&from, place)));
                assert_eq!(packed.len, wanted.len());
            }
            let nulls = packed.clone().into_nulls();
            assert_eq!(nulls.is_none(), wanted.iter().all(|bit| *bit));
            let bytes = packed.into_buffer();
            assert_eq!(bytes.len(), wanted.len().div_ceil(64) * 8);
            for (place, wanted) in wanted.iter().enumerate() {
                assert_eq!(bit(&bytes, place), *wanted);
                assert_eq!(
                    nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place)),
                    *wanted
                );
            }
        }
    }

    #[test]
    fn ranges_are_bits() {
        assert_eq!(bits_inside(0, &(0..64)), u64::MAX);
        assert_eq!(bits_inside(64, &(3..70)), 0b11_1111);
        assert_eq!(bits_inside(64, &(66..200)), u64::MAX << 2);
        assert_eq!(bits_inside(64, &(0..64)), 0);
        assert_eq!(bits_inside(0, &(5..5)), 0);
    }
}
