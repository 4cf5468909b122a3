//! Keys of one column of integers or times, from values to numbers in one loop that never branches.
//!
//! Most keys are of one such column, lie close together, and after a few blocks of rows have all been
//! seen. Then neither words nor positions need to be written down: a value less the least one is a place
//! (any place beyond the last counts as the one behind it, where no key is), and a list tells its number.
//! Where a key is new the caller takes the way of all other keys.

use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::types::{Lane, ScalarType};

use super::{KeyColumn, NO_KEY};
use crate::bytes::{Plain, typed};
use crate::execute::view::View;
use crate::execute::wide::level;

/// Rows that share a word of validity.
const WORD: usize = 64;

/// The keys of some rows of one column.
pub(super) struct OneColumn<'v> {
    lane: Lane,
    view: View<'v>,
    rows: Range<usize>,
}

/// Where the values of a column have their places: the one at `base` has place 1, and there are so many.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) base: u64,
    pub(super) length: u64,
}

impl<'v> OneColumn<'v> {
    /// The keys of `rows`, if they are of one column of integers or times.
    pub(super) fn of(
        columns: &[KeyColumn<'v, '_>],
        types: &[ScalarType],
        rows: Range<usize>,
    ) -> Option<OneColumn<'v>> {
        let ([KeyColumn::Lanes(view)], [scalar]) = (columns, types) else {
            return None;
        };
        let lane = scalar.lane()?;
        let is_integer = match lane {
            Lane::Bool | Lane::F32 | Lane::F64 | Lane::I128 => false,
            Lane::I8
            | Lane::I16
            | Lane::I32
            | Lane::I64
            | Lane::U8
            | Lane::U16
            | Lane::U32
            | Lane::U64 => true,
        };
        // Bits of validity are taken by whole bytes.
        let readable = view.validity.is_none() || rows.start.is_multiple_of(8);
        (is_integer && readable).then_some(OneColumn {
            lane,
            view: *view,
            rows,
        })
    }

    /// The number of each key, which `slots` has by place, plus one, and 0 where there is none, as in the
    /// last, that of no key; false if some key has none, which is [`NO_KEY`] then. The place of null is
    /// `null_place`.
    pub(super) fn numbers(
        &self,
        origin: Origin,
        slots: &[u32],
        null_place: u32,
        numbers: &mut Vec<u32>,
    ) -> bool {
        self.each(origin, null_place, numbers, Listed { slots })
    }

    /// The place of each key, null having the first, [`NO_KEY`] beyond the last; false if there are such.
    pub(super) fn places(&self, origin: Origin, places: &mut Vec<u32>) -> bool {
        let last = origin.length as u32;
        self.each(origin, 0, places, Itself { last })
    }

    fn each(
        &self,
        origin: Origin,
        null_place: u32,
        numbers: &mut Vec<u32>,
        number: impl NumberOf,
    ) -> bool {
        numbers.resize(self.rows.len(), NO_KEY);
        macro_rules! look {
            ($lane:ty) => {
                level().run(Look {
                    values: &typed::<$lane>(self.view.values)[self.rows.clone()],
                    validity: (self.view.validity).map(|bits| &bits[self.rows.start / 8..]),
                    origin,
                    null_place,
                    number,
                    numbers,
                })
            };
        }
        match self.lane {
            Lane::I8 => look!(i8),
            Lane::I16 => look!(i16),
            Lane::I32 => look!(i32),
            Lane::I64 => look!(i64),
            Lane::U8 => look!(u8),
            Lane::U16 => look!(u16),
            Lane::U32 => look!(u32),
            Lane::U64 => look!(u64),
            Lane::Bool | Lane::F32 | Lane::F64 | Lane::I128 => false,
        }
    }
}

/// What the key at a place has for a number, [`NO_KEY`] if it has none.
trait NumberOf: Copy {
    fn at(self, place: u32) -> u32;
}

/// Numbers plus one by place; the last is 0.
#[derive(Clone, Copy)]
struct Listed<'s> {
    slots: &'s [u32],
}

impl NumberOf for Listed<'_> {
    #[inline(always)]
    fn at(self, place: u32) -> u32 {
        let last = self.slots.len() - 1;
        self.slots[(place as usize).min(last)].wrapping_sub(1)
    }
}

/// Places are numbers.
#[derive(Clone, Copy)]
struct Itself {
    last: u32,
}

impl NumberOf for Itself {
    #[inline(always)]
    fn at(self, place: u32) -> u32 {
        if place > self.last { NO_KEY } else { place }
    }
}

/// The numbers of keys from their values, compiled for each CPU level.
struct Look<'v, T, N> {
    values: &'v [T],
    validity: Option<&'v [u8]>,
    origin: Origin,
    null_place: u32,
    number: N,
    numbers: &'v mut [u32],
}

impl<T: Plain + Into<i128>, N: NumberOf> Routine for Look<'_, T, N> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Look {
            values,
            validity,
            origin: Origin { base, length },
            null_place,
            number,
            numbers,
        } = self;
        let place_of = |value: T| {
            let word: i128 = value.into();
            // No more places than 2^30 are made.
            (word as u64).wrapping_sub(base).min(length) as u32 + 1
        };
        let mut absent = false;
        let Some(validity) = validity else {
            for (value, to) in values.iter().zip(numbers) {
                let found = number.at(place_of(*value));
                absent |= found == NO_KEY;
                *to = found;
            }
            return !absent;
        };
        let words = values.chunks(WORD).zip(numbers.chunks_mut(WORD));
        for ((values, numbers), bytes) in words.zip(validity.chunks(WORD / 8)) {
            let mut eight = [0; WORD / 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            let bits = u64::from_le_bytes(eight);
            for (row, (value, to)) in values.iter().zip(numbers).enumerate() {
                let valid = bits >> row & 1 != 0;
                let place = if valid { place_of(*value) } else { null_place };
                let found = number.at(place);
                absent |= found == NO_KEY;
                *to = found;
            }
        }
        !absent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::keys::{KeyTable, KeyWords};

    /// The numbers of keys the usual way; none where the table has none.
    fn usual(table: &KeyTable, columns: &[KeyColumn<'_, '_>], rows: Range<usize>) -> Vec<u32> {
        let (mut words, mut numbers) = (KeyWords::default(), Vec::new());
        (table.words_to_find(columns, rows, &mut words)).expect("words");
        table.find_all(&mut words, &mut numbers);
        numbers
    }

    fn check<T: Copy>(scalar: ScalarType, values: &[T], bytes: fn(&T) -> Vec<u8>) {
        let region = |from: &[u8]| {
            let mut region = crate::memory::Region::zeroed(from.len().max(1));
            region.bytes_mut()[..from.len()].copy_from_slice(from);
            region
        };
        let lanes = region(&values.iter().flat_map(bytes).collect::<Vec<u8>>());
        let bits: Vec<u8> = (0..values.len().div_ceil(8))
            .map(|byte| (byte as u8).wrapping_mul(37) | 0x51)
            .collect();
        for validity in [None, Some(&bits[..])] {
            let view = View {
                values: lanes.bytes(),
                validity,
            };
            let columns = [KeyColumn::Lanes(view)];
            for known in [0, values.len() / 2, values.len()] {
                let mut table = KeyTable::new(vec![scalar]).expect("a table");
                let (mut words, mut numbers) = (KeyWords::default(), Vec::new());
                (table.words_to_insert(&columns, 0..known, &mut words)).expect("words");
                table.insert_all(&mut words, &mut numbers).expect("keys");
                for rows in [0..values.len(), 8..values.len(), 0..known, 3..7] {
                    let expected = usual(&table, &columns, rows.clone());
                    let Some(all) = table.known_at_once(&columns, rows, true, &mut numbers) else {
                        continue;
                    };
                    assert_eq!(numbers, expected, "{scalar} {known}");
                    assert_eq!(all, !expected.contains(&NO_KEY));
                }
            }
        }
    }

    #[test]
    fn numbers_are_those_of_the_usual_way() {
        let key = |row: i64| row * 7919 % 97;
        let signed: Vec<i64> = (0..300).map(|row| key(row) - 48).collect();
        check(ScalarType::I64, &signed, |value| value.to_le_bytes().into());
        let narrow: Vec<i8> = signed.iter().map(|value| *value as i8).collect();
        check(ScalarType::I8, &narrow, |value| value.to_le_bytes().into());
        let words: Vec<i32> = (signed.iter())
            .map(|value| i32::MAX - 48 + *value as i32)
            .collect();
        check(ScalarType::I32, &words, |value| value.to_le_bytes().into());
        let unsigned: Vec<u64> = (0..300).map(|row| u64::MAX - key(row) as u64).collect();
        check(ScalarType::U64, &unsigned, |value| {
            value.to_le_bytes().into()
        });
        let around: Vec<u64> = (0..300)
            .map(|row| (1 << 63) - 48 + key(row) as u64)
            .collect();
        check(ScalarType::U64, &around, |value| value.to_le_bytes().into());
        let extremes: Vec<i64> = (0..300)
            .map(|row| match row % 3 {
                0 => i64::MIN,
                1 => i64::MAX,
                _ => key(row),
            })
            .collect();
        check(ScalarType::I64, &extremes, |value| {
            value.to_le_bytes().into()
        });
    }
}
