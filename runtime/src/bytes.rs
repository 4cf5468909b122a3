//! Views of raw bytes as lanes, and the few operations on packed bits that binding needs.
#![allow(unsafe_code)] // Reinterpreting initialized bytes as plain numbers, lengths and alignment checked.

/// Numbers for which every bit pattern is a value.
pub trait Plain: Copy + Default + PartialEq + 'static {}

macro_rules! plain {
    ($($ty:ty)*) => { $(impl Plain for $ty {})* };
}
plain!(i8 i16 i32 i64 i128 u8 u16 u32 u64 f32 f64);

/// The bytes as values; they must be aligned for them, and trailing odd bytes are left out.
#[inline(always)]
pub(crate) fn typed<T: Plain>(bytes: &[u8]) -> &[T] {
    assert_eq!(
        bytes.as_ptr().align_offset(align_of::<T>()),
        0,
        "aligned lanes"
    );
    // SAFETY: aligned as checked, within the slice, and every bit pattern is a value (`Plain` is
    // implemented for primitive numbers only).
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<T>()) }
}

/// As [`typed`], to write.
#[inline(always)]
pub(crate) fn typed_mut<T: Plain>(bytes: &mut [u8]) -> &mut [T] {
    assert_eq!(
        bytes.as_ptr().align_offset(align_of::<T>()),
        0,
        "aligned lanes"
    );
    // SAFETY: as in `typed`, and the borrow is exclusive; plain numbers leave initialized bytes.
    unsafe {
        std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len() / size_of::<T>())
    }
}

/// The bit at a position.
#[inline(always)]
pub(crate) fn bit(bytes: &[u8], position: usize) -> bool {
    bytes[position / 8] >> (position % 8) & 1 != 0
}

/// Sets or clears the bit at a position.
#[inline(always)]
pub(crate) fn put_bit(bytes: &mut [u8], position: usize, value: bool) {
    let mask = 1 << (position % 8);
    if value {
        bytes[position / 8] |= mask;
    } else {
        bytes[position / 8] &= !mask;
    }
}

/// The 64 bits from a position on; zeros beyond the end.
#[inline(always)]
pub(crate) fn bit_word(bytes: &[u8], position: usize) -> u64 {
    let from = bytes.get(position / 8..).unwrap_or_default();
    let shift = position % 8;
    match from.first_chunk::<8>() {
        Some(word) if shift == 0 => u64::from_le_bytes(*word),
        Some(word) => {
            let above = u64::from(from.get(8).copied().unwrap_or(0));
            u64::from_le_bytes(*word) >> shift | above << (64 - shift)
        }
        None => {
            let mut word = [0; 8];
            word[..from.len()].copy_from_slice(from);
            u64::from_le_bytes(word) >> shift
        }
    }
}

/// Writes the first `count` bits of a word from a position on, a multiple of 8; what is left of the last
/// byte becomes zero.
#[inline(always)]
pub(crate) fn put_bit_word(bytes: &mut [u8], position: usize, count: usize, word: u64) {
    let to = &mut bytes[position / 8..][..count.div_ceil(8)];
    let word = word & low_bits(count);
    match to.first_chunk_mut::<8>() {
        Some(to) => *to = word.to_le_bytes(),
        None => to.copy_from_slice(&word.to_le_bytes()[..to.len()]),
    }
}

/// A word whose first `count` bits are set, up to all 64.
#[inline(always)]
pub(crate) fn low_bits(count: usize) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}

/// How many of the bits `start..start + count` are set.
pub(crate) fn count_bits(bytes: &[u8], start: usize, count: usize) -> usize {
    if !start.is_multiple_of(8) || count < 64 {
        return (start..start + count)
            .filter(|position| bit(bytes, *position))
            .count();
    }
    let whole = &bytes[start / 8..start / 8 + count / 8];
    let (words, rest) = whole.as_chunks::<8>();
    let in_words: u32 = words
        .iter()
        .map(|word| u64::from_le_bytes(*word).count_ones())
        .sum();
    let in_rest: u32 = rest.iter().map(|byte| byte.count_ones()).sum();
    let tail = (start + count / 8 * 8..start + count)
        .filter(|position| bit(bytes, *position))
        .count();
    (in_words + in_rest) as usize + tail
}

/// Sets the bits `start..start + count` to one value.
pub(crate) fn fill_bits(bytes: &mut [u8], start: usize, count: usize, value: bool) {
    let mut position = start;
    let end = start + count;
    while position < end {
        if position.is_multiple_of(8) && end - position >= 8 {
            let whole = (end - position) / 8;
            bytes[position / 8..position / 8 + whole].fill(if value { 0xff } else { 0 });
            position += whole * 8;
        } else {
            put_bit(bytes, position, value);
            position += 1;
        }
    }
}

/// Copies `count` bits from bit `start` of `from` to bit `target` of `to`, leaving the others.
pub(crate) fn blit_bits(from: &[u8], start: usize, count: usize, to: &mut [u8], target: usize) {
    if start.is_multiple_of(8) && target.is_multiple_of(8) {
        let whole = count / 8;
        to[target / 8..target / 8 + whole].copy_from_slice(&from[start / 8..start / 8 + whole]);
        for position in whole * 8..count {
            put_bit(to, target + position, bit(from, start + position));
        }
        return;
    }
    let bits = |to: &mut [u8], range: std::ops::Range<usize>| {
        for position in range {
            put_bit(to, target + position, bit(from, start + position));
        }
    };
    // Up to a whole byte of the target, then words.
    let before = (target.next_multiple_of(8) - target).min(count);
    bits(to, 0..before);
    let words = (count - before) / 64;
    for word in 0..words {
        let position = before + 64 * word;
        let word = bit_word(from, start + position);
        let at = (target + position) / 8;
        to[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    bits(to, before + 64 * words..count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_copied_from_any_offset() {
        let from: Vec<u8> = (0..40u8).map(|byte| byte.wrapping_mul(91) ^ 0x5a).collect();
        for start in 0..70 {
            for count in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
                let expected = (0..count).filter(|i| bit(&from, start + i)).count();
                assert_eq!(count_bits(&from, start, count), expected);
                let mut to = vec![0x33; 40];
                let before = to.clone();
                blit_bits(&from, start, count, &mut to, 5);
                for position in 0..to.len() * 8 {
                    let inside = (5..5 + count).contains(&position);
                    let expected = if inside {
                        bit(&from, start + position - 5)
                    } else {
                        bit(&before, position)
                    };
                    assert_eq!(bit(&to, position), expected);
                }
            }
        }
    }

    #[test]
    fn words_of_bits() {
        let from: Vec<u8> = (0..20u8).map(|byte| byte.wrapping_mul(91) ^ 0x5a).collect();
        for position in 0..from.len() * 8 + 3 {
            let word = bit_word(&from, position);
            for at in 0..64 {
                let inside = position + at < from.len() * 8;
                let expected = inside && bit(&from, position + at);
                assert_eq!(word >> at & 1 != 0, expected, "{position} {at}");
            }
        }
        for count in [1, 7, 8, 9, 63, 64] {
            let mut to = [0x33; 10];
            put_bit_word(&mut to, 8, count, u64::MAX);
            assert_eq!(to[0], 0x33);
            assert_eq!(
                bit_word(&to[1..], 0) & low_bits(count.next_multiple_of(8)),
                low_bits(count)
            );
            assert!(to[1 + count.div_ceil(8)..].iter().all(|byte| *byte == 0x33));
        }
    }

    #[test]
    fn bits_are_filled() {
        for (start, count) in [(0, 16), (3, 2), (3, 30), (8, 0), (7, 9)] {
            let mut bytes = vec![0; 8];
            fill_bits(&mut bytes, start, count, true);
            for position in 0..64 {
                assert_eq!(
                    bit(&bytes, position),
                    (start..start + count).contains(&position)
                );
            }
        }
    }
}
