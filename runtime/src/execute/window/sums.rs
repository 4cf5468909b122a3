//! Rolling sums and means over rows that end with a window's own: the common case, of floats in vector
//! registers.

use std::borrow::Cow;

use icosian_codegen::wide::Routine;
use icosian_ir::meaning::sums::{IntegerSum, RollingResult, RollingSum, roll_full_windows};
use icosian_ir::types::Lane;

use super::{Written, present};
use crate::bytes::{Plain, bit_word, fill_bits, put_bit, typed, typed_mut};
use crate::error::RunError;
use crate::execute::view::{View, with_lane};
use crate::execute::wide::level;

/// A rolling window's length, least count, and whether its mean is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Rolling {
    pub(crate) rows: usize,
    pub(crate) min_rows: u64,
    pub(crate) mean: bool,
}

/// Runs it along `length` rows.
pub(crate) fn roll(
    lane: Lane,
    view: View<'_>,
    rolling: Rolling,
    length: usize,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    let valid = |row: usize| view.is_valid(row);
    match lane {
        Lane::F64 => {
            let values = &typed::<f64>(view.values)[..length];
            let full = || match view.validity {
                None => Cow::Borrowed(values),
                Some(_) => with_zeros(values, view.validity),
            };
            roll_floats(values, full, view, rolling, written);
        }
        Lane::F32 => {
            let values = &typed::<f32>(view.values)[..length];
            let full = || with_zeros(values, view.validity);
            roll_floats(values, full, view, rolling, written);
        }
        _ => with_lane!(integers lane, view.values, values => {
            roll_integers(|row| i128::from(values[row]), valid, rolling, length, written);
        }),
    }
    Ok(())
}

/// Windows that are full go together, those before them one by one. `full` gives all values as f64, zero where
/// there is none: sums don't change by it.
fn roll_floats<'v, T: Plain + Into<f64>>(
    values: &'v [T],
    full: impl FnOnce() -> Cow<'v, [f64]>,
    view: View<'v>,
    rolling: Rolling,
    written: &mut Written<'_>,
) {
    let mut one_by_one = values.len();
    if values.len() >= rolling.rows {
        let (values, validity) = (full(), view.validity);
        Full { values, validity }.roll(rolling, written);
        one_by_one = rolling.rows - 1;
    }
    level().run(RollFloats {
        values,
        view,
        rolling,
        length: one_by_one,
        written,
    });
}

fn with_zeros<'v, T: Plain + Into<f64>>(
    values: &'v [T],
    validity: Option<&'v [u8]>,
) -> Cow<'v, [f64]> {
    Cow::Owned(level().run(WithZeros { values, validity }))
}

/// Values of which windows are full.
struct Full<'v> {
    values: Cow<'v, [f64]>,
    /// Where zeros stand for nulls.
    validity: Option<&'v [u8]>,
}

impl Full<'_> {
    fn roll(&self, rolling: Rolling, written: &mut Written<'_>) {
        let length = self.values.len();
        let results = &mut typed_mut::<f64>(written.values)[..length];
        let counted = rolling.mean && rolling.min_rows < rolling.rows as u64;
        let counts = (self.validity.filter(|_| counted))
            .map(|bits| present::counts(bits, rolling.rows, length));
        let result = match &counts {
            _ if !rolling.mean => RollingResult::Sum,
            Some(counts) => RollingResult::MeanOf(counts),
            // Of rows that are not all there nobody asks for the mean.
            None => RollingResult::Mean,
        };
        level().run(RollFull {
            values: &self.values,
            window: rolling.rows,
            result,
            results,
        });
        if let Some(marked) = &mut written.validity {
            let least = rolling.min_rows.max(u64::from(rolling.mean));
            match self.validity {
                Some(bits) => present::mark_enough(bits, rolling.rows, least, length, marked),
                None => present::mark_full(rolling.rows, least, length, marked),
            }
        }
    }
}

/// Values as f64, with zeros for nulls.
struct WithZeros<'v, T> {
    values: &'v [T],
    validity: Option<&'v [u8]>,
}

impl<T: Copy + Into<f64>> Routine for WithZeros<'_, T> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        let mut values = vec![0.0; self.values.len()];
        let blocks = values.chunks_mut(64).zip(self.values.chunks(64));
        for (block, (values, from)) in blocks.enumerate() {
            for (value, from) in values.iter_mut().zip(from) {
                *value = (*from).into();
            }
            if let Some(bits) = self.validity {
                let valid = bit_word(bits, 64 * block);
                for (place, value) in values.iter_mut().enumerate() {
                    *value = if valid >> place & 1 != 0 { *value } else { 0.0 };
                }
            }
        }
        values
    }
}

struct RollFull<'v> {
    values: &'v [f64],
    window: usize,
    result: RollingResult<'v>,
    results: &'v mut [f64],
}

impl Routine for RollFull<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        roll_full_windows(self.values, self.window, self.result, self.results);
    }
}

/// A rolling sum or mean of floats, compiled for each CPU level.
struct RollFloats<'v, 's, T> {
    values: &'v [T],
    view: View<'v>,
    rolling: Rolling,
    length: usize,
    written: &'v mut Written<'s>,
}

impl<T: Copy + Into<f64>> Routine for RollFloats<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let RollFloats {
            values,
            view,
            rolling,
            length,
            written,
        } = self;
        let all_valid = view.validity.is_none();
        let valid = |row: usize| all_valid || view.is_valid(row);
        let results = &mut typed_mut::<f64>(written.values)[..length];
        // Nulls are few: all bits are set at once, then theirs are cleared.
        if let Some(validity) = &mut written.validity {
            fill_bits(validity, 0, length, true);
        }
        let mut window = RollingSum::new();
        for row in 0..length {
            match row.checked_sub(rolling.rows) {
                Some(leaving) if valid(leaving) && valid(row) => {
                    window.slide(values[leaving].into(), values[row].into());
                }
                leaving => {
                    if let Some(leaving) = leaving.filter(|row| valid(*row)) {
                        window.pop(values[leaving].into());
                    }
                    if valid(row) {
                        window.push(values[row].into());
                    }
                }
            }
            let result = if window.count() < rolling.min_rows {
                None
            } else if rolling.mean {
                window.mean()
            } else {
                Some(window.value())
            };
            match (result, &mut written.validity) {
                (Some(value), _) => results[row] = value,
                (None, Some(validity)) => put_bit(validity, row, false),
                (None, None) => {}
            }
        }
    }
}

fn roll_integers(
    value: impl Fn(usize) -> i128,
    valid: impl Fn(usize) -> bool,
    rolling: Rolling,
    length: usize,
    written: &mut Written<'_>,
) {
    let mut sum = IntegerSum::new();
    let mut count = 0;
    for row in 0..length {
        if let Some(leaving) = row.checked_sub(rolling.rows).filter(|row| valid(*row)) {
            sum.subtract(value(leaving));
            count -= 1;
        }
        if valid(row) {
            sum.add(value(row));
            count += 1;
        }
        if count < rolling.min_rows {
            written.null(row);
        } else if rolling.mean {
            match sum.mean(count) {
                Some(mean) => written.float(row, mean),
                None => written.null(row),
            }
        } else {
            written.integer(row, sum.value());
        }
    }
}
