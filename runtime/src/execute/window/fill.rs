//! Holes filled from the nearest value on one side, 64 rows at a time: where all of them have values or
//! none has, they are copied or filled at once, else each row takes its own value or the one before
//! without a branch.

use std::ops::Range;

use icosian_ir::types::Lane;

use super::{Argument, Written};
use crate::bytes::{Plain, bit, bit_word, low_bits, put_bit, put_bit_word, typed, typed_mut};

/// Rows that a word of validity stands for.
const WORD: usize = 64;

/// How far a value may reach without a limit: farther than there are rows.
const UNLIMITED: i64 = 1 << 61;

/// Where no row had a value yet: farther away than anything reaches.
const NOWHERE: i64 = -(1 << 62);

/// How holes are filled.
#[derive(Clone, Copy)]
pub(crate) struct Filling {
    /// From the rows behind instead of those before.
    pub(crate) backward: bool,
    /// How many rows away the value may be.
    pub(crate) limit: u64,
}

/// Fills the holes of `rows`, which begin at a multiple of 64 and of which the nearest row before (behind,
/// if backward) that has a value is `outside`. Rows are written as they are counted from their first.
pub(crate) fn fill(
    argument: Argument<'_>,
    rows: Range<usize>,
    outside: Option<usize>,
    filling: Filling,
    written: &mut Written<'_>,
) {
    let limit = i64::try_from(filling.limit).map_or(UNLIMITED, |limit| limit.min(UNLIMITED));
    macro_rules! run {
        ($lane:ty) => {{
            let fill = Fill {
                values: typed::<$lane>(argument.view.values),
                validity: argument.view.validity,
                rows,
                limit,
            };
            let results = typed_mut::<$lane>(written.values);
            let validity = written.validity.as_deref_mut();
            if filling.backward {
                fill.run::<true>(outside, results, validity);
            } else {
                fill.run::<false>(outside, results, validity);
            }
        }};
    }
    match argument.lane {
        Lane::Bool => bits(argument, rows, outside, (filling.backward, limit), written),
        Lane::I8 | Lane::U8 => run!(u8),
        Lane::I16 | Lane::U16 => run!(u16),
        Lane::I32 | Lane::U32 | Lane::F32 => run!(u32),
        Lane::I64 | Lane::U64 | Lane::F64 => run!(u64),
        Lane::I128 => run!(i128),
    }
}

/// The last of `rows` that has a value, or the first; rows begin at a multiple of 64.
pub(crate) fn nearest_valid(
    validity: Option<&[u8]>,
    rows: Range<usize>,
    backward: bool,
) -> Option<usize> {
    let Some(bits) = validity else {
        let nearest = if backward {
            rows.start
        } else {
            rows.end.checked_sub(1)?
        };
        return rows.contains(&nearest).then_some(nearest);
    };
    let word_at = |start: usize| bit_word(bits, start) & low_bits(rows.end - start);
    let mut words = rows.clone().step_by(WORD);
    if backward {
        let start = words.find(|start| word_at(*start) != 0)?;
        Some(start + word_at(start).trailing_zeros() as usize)
    } else {
        let start = words.rev().find(|start| word_at(*start) != 0)?;
        Some(start + 63 - word_at(start).leading_zeros() as usize)
    }
}

struct Fill<'v, T> {
    values: &'v [T],
    validity: Option<&'v [u8]>,
    rows: Range<usize>,
    limit: i64,
}

impl<T: Plain> Fill<'_, T> {
    fn run<const BACKWARD: bool>(
        self,
        outside: Option<usize>,
        results: &mut [T],
        mut validity: Option<&mut [u8]>,
    ) {
        let Fill {
            values,
            rows,
            limit,
            ..
        } = &self;
        let Some(bits) = self.validity else {
            results[..rows.len()].copy_from_slice(&values[rows.clone()]);
            if let Some(validity) = validity {
                crate::bytes::fill_bits(validity, 0, rows.len(), true);
            }
            return;
        };
        // The value that holes take, and where it stands.
        let mut value = outside.map_or(T::default(), |row| values[row]);
        let mut from = outside.map_or(NOWHERE, |row| row as i64);
        if BACKWARD && outside.is_none() {
            from = -NOWHERE;
        }
        let words = rows.len().div_ceil(WORD);
        for word in 0..words {
            let at = WORD * if BACKWARD { words - 1 - word } else { word };
            let start = rows.start + at;
            let count = WORD.min(rows.end - start);
            let all = low_bits(count);
            let some = bit_word(bits, start) & all;
            let values = &values[start..start + count];
            let results = &mut results[at..at + count];
            let row = |place: usize| (start + place) as i64;
            let filled = if some == all {
                results.copy_from_slice(values);
                let last = if BACKWARD { 0 } else { count - 1 };
                (value, from) = (values[last], row(last));
                all
            } else if some == 0 {
                results.fill(value);
                reached(count, |place| {
                    row(place).abs_diff(from) <= limit.unsigned_abs()
                })
            } else {
                let before = (value, from);
                for step in 0..count {
                    let place = if BACKWARD { count - 1 - step } else { step };
                    let taken = some >> place & 1 != 0;
                    value = if taken { values[place] } else { value };
                    results[place] = value;
                }
                from = before.1;
                let nearest = if BACKWARD {
                    some.trailing_zeros()
                } else {
                    63 - some.leading_zeros()
                };
                let filled = if *limit < UNLIMITED {
                    let mut filled = 0;
                    for step in 0..count {
                        let place = if BACKWARD { count - 1 - step } else { step };
                        from = if some >> place & 1 != 0 {
                            row(place)
                        } else {
                            from
                        };
                        let reaches = row(place).abs_diff(from) <= limit.unsigned_abs();
                        filled |= u64::from(reaches) << place;
                    }
                    filled
                } else if from.abs() == -NOWHERE {
                    // Nothing before the first value.
                    if BACKWARD {
                        low_bits(64 - some.leading_zeros() as usize)
                    } else {
                        all & !low_bits(some.trailing_zeros() as usize)
                    }
                } else {
                    all
                };
                from = row(nearest as usize);
                filled
            };
            if let Some(validity) = &mut validity {
                put_bit_word(validity, at, count, filled);
            }
        }
    }
}

/// A word with a bit for each place that a value reaches.
fn reached(count: usize, reaches: impl Fn(usize) -> bool) -> u64 {
    if reaches(0) && reaches(count - 1) {
        return low_bits(count);
    }
    (0..count).fold(0, |word, place| word | u64::from(reaches(place)) << place)
}

/// Bools, one by one.
fn bits(
    argument: Argument<'_>,
    rows: Range<usize>,
    outside: Option<usize>,
    (backward, limit): (bool, i64),
    written: &mut Written<'_>,
) {
    let mut found = outside;
    for step in 0..rows.len() {
        let at = if backward {
            rows.len() - 1 - step
        } else {
            step
        };
        let row = rows.start + at;
        if argument.view.is_valid(row) {
            found = Some(row);
        }
        match found.filter(|from| from.abs_diff(row) as u64 <= limit.unsigned_abs()) {
            Some(from) => {
                put_bit(written.values, at, bit(argument.view.values, from));
                if let Some(validity) = &mut written.validity {
                    put_bit(validity, at, true);
                }
            }
            None => written.null(at),
        }
    }
}
