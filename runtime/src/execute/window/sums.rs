//! Rolling sums and means over rows that end with a window's own: the common case, in vector registers
//! where no value is null.

use icosian_codegen::wide::Routine;
use icosian_ir::meaning::sums::{IntegerSum, RollingResult, RollingSum, roll_full_windows};
use icosian_ir::types::Lane;

use super::Written;
use crate::bytes::{fill_bits, put_bit, typed, typed_mut};
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
            let mut length = length;
            if view.validity.is_none() && length >= rolling.rows {
                roll_full(&typed(view.values)[..length], rolling, written);
                length = rolling.rows - 1;
            }
            level().run(RollFloats {
                values: typed::<f64>(view.values),
                view,
                rolling,
                length,
                written,
            });
        }
        Lane::F32 => level().run(RollFloats {
            values: typed::<f32>(view.values),
            view,
            rolling,
            length,
            written,
        }),
        _ => with_lane!(integers lane, view.values, values => {
            roll_integers(|row| i128::from(values[row]), valid, rolling, length, written);
        }),
    }
    Ok(())
}

/// The rows whose windows are full, where no value is null.
fn roll_full(values: &[f64], rolling: Rolling, written: &mut Written<'_>) {
    let results = &mut typed_mut::<f64>(written.values)[..values.len()];
    level().run(RollFull {
        values,
        rolling,
        results,
    });
    if let Some(validity) = &mut written.validity {
        let first = rolling.rows - 1;
        fill_bits(validity, first, values.len() - first, true);
    }
}

struct RollFull<'v> {
    values: &'v [f64],
    rolling: Rolling,
    results: &'v mut [f64],
}

impl Routine for RollFull<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let result = if self.rolling.mean {
            RollingResult::Mean
        } else {
            RollingResult::Sum
        };
        roll_full_windows(self.values, self.rolling.rows, result, self.results);
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
