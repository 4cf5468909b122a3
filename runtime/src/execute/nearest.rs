//! Where values would stand among sorted words: for many values at once, without a branch for each.
//!
//! Sixteen searches go side by side, so that they wait for memory together. Of values that ascend, each sixteen
//! are looked for only where they can be: behind the ones before, up to where the last of them stands.

/// Searches side by side.
const LANES: usize = 16;

/// Puts into `positions`, for each value, how many of the words, which ascend, are `before` it. Which those
/// are must be decided by the order: if a word is before a value, so are all lesser words.
pub(crate) fn positions(
    words: &[u64],
    values: &[u64],
    before: impl Fn(u64, u64) -> bool,
    positions: &mut [u32],
) {
    let (values, last_values) = values.as_chunks::<LANES>();
    let (positions, last_positions) = positions.as_chunks_mut::<LANES>();
    let is_before = |value: u64| {
        let before = &before;
        move |word: &u64| before(*word, value)
    };
    let ascend = values.as_flattened().is_sorted();
    let mut from = 0;
    for (values, positions) in values.iter().zip(positions) {
        let mut range = 0..words.len();
        if ascend {
            let [first, .., last] = *values;
            range.start = from + ahead(&words[from..], is_before(first));
            range.end = range.start + ahead(&words[range.start..], is_before(last));
            from = range.start;
        }
        side_by_side(&words[range.clone()], values, &before, positions);
        positions
            .iter_mut()
            .for_each(|position| *position += range.start as u32);
    }
    for (value, position) in last_values.iter().zip(last_positions) {
        *position = words.partition_point(is_before(*value)) as u32;
    }
}

/// How many words are before something, which is likely to be few.
fn ahead(words: &[u64], is_before: impl Fn(&u64) -> bool) -> usize {
    let mut end = LANES;
    while words.get(end).is_some_and(&is_before) {
        end *= 2;
    }
    let start = if end == LANES { 0 } else { end / 2 };
    start + words[start..words.len().min(end)].partition_point(is_before)
}

/// How many words are before each value.
#[inline(always)]
fn side_by_side(
    words: &[u64],
    values: &[u64; LANES],
    before: impl Fn(u64, u64) -> bool,
    positions: &mut [u32; LANES],
) {
    *positions = [0; LANES];
    let mut size = words.len();
    while size > 0 {
        // Among the `size` words from its position on, each value has its place at the end of some.
        let half = size.div_ceil(2);
        for (position, value) in positions.iter_mut().zip(values) {
            let is_behind = before(words[*position as usize + half - 1], *value);
            *position += if is_behind { half as u32 } else { 0 };
        }
        size -= half;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn positions_are_those_of_a_search(
            words in prop::collection::vec(0..300u64, 0..200),
            values in prop::collection::vec(0..300u64, 0..200),
            ascend: bool,
            far: bool,
        ) {
            let far = if far { u64::MAX - 299 } else { 0 };
            let mut words: Vec<u64> = words.into_iter().map(|word| word + far).collect();
            let mut values: Vec<u64> = values.into_iter().map(|value| value + far).collect();
            words.sort_unstable();
            if ascend {
                values.sort_unstable();
            }
            let mut found = vec![7; values.len()];
            positions(&words, &values, |word, value| word < value, &mut found);
            for (value, found) in values.iter().zip(&found) {
                prop_assert_eq!(*found as usize, words.iter().filter(|word| *word < value).count());
            }
            positions(&words, &values, |word, value| word <= value, &mut found);
            for (value, found) in values.iter().zip(&found) {
                prop_assert_eq!(*found as usize, words.iter().filter(|word| *word <= value).count());
            }
        }
    }
}
