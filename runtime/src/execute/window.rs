//! Windows: over all rows of a morsel with what lies around it.

use std::ops::Range;

use icosian_codegen::wide::{CpuLevel, Routine};
use icosian_ir::meaning::sums::{IntegerSum, RollingResult, RollingSum, roll_full_windows};
use icosian_ir::op::{Op, Window};
use icosian_ir::types::{Lane, ScalarType};

use crate::bytes::{blit_bits, fill_bits, put_bit, typed, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::morsel::{Store, Worker};
use crate::execute::program::{Operand, SegmentKind, SegmentPlan};
use crate::execute::sink::{BlockColumns, CarrySum};
use crate::execute::view::{View, with_lane};
use crate::execute::wide::level;

/// A column that a window looks at, from the first row on.
#[derive(Clone, Copy)]
pub(crate) struct Argument<'v> {
    pub(crate) scalar: ScalarType,
    pub(crate) lane: Lane,
    pub(crate) view: View<'v>,
}

/// What a window writes: values and validity from the first row on.
pub(crate) struct Written<'s> {
    pub(crate) values: &'s mut [u8],
    pub(crate) validity: Option<&'s mut [u8]>,
    pub(crate) scalar: ScalarType,
    /// Whether an integer did not fit.
    pub(crate) flagged: bool,
}

impl Written<'_> {
    #[inline(always)]
    fn null(&mut self, row: usize) {
        if let Some(validity) = &mut self.validity {
            put_bit(validity, row, false);
        }
    }

    #[inline(always)]
    fn float(&mut self, row: usize, value: f64) {
        typed_mut::<f64>(self.values)[row] = value;
        if let Some(validity) = &mut self.validity {
            put_bit(validity, row, true);
        }
    }

    fn integer(&mut self, row: usize, value: i128) {
        let fits = self
            .scalar
            .lane_range()
            .is_some_and(|(least, greatest)| least <= value && value <= greatest);
        self.flagged |= !fits;
        typed_mut::<u64>(self.values)[row] = value as u64;
        if let Some(validity) = &mut self.validity {
            put_bit(validity, row, true);
        }
    }
}

/// A rolling window's length, least count, and whether its mean is wanted.
#[derive(Clone, Copy)]
struct Rolling {
    rows: usize,
    min_rows: u64,
    mean: bool,
}

impl<'r> Worker<'r> {
    /// Runs a window over the morsel at hand, whose own rows begin at `core`; true if some row may
    /// have raised.
    pub(crate) fn run_window(
        &mut self,
        segment: &SegmentPlan,
        core: usize,
    ) -> Result<bool, RunError> {
        let run = self.run;
        let SegmentKind::Window(column) = segment.kind else {
            return Err(internal("a window segment without a window"));
        };
        let Op::Window(window) = &run.prepared.columns().column(column).op else {
            return Err(internal("a window segment without a window"));
        };
        let window = window.window;
        let [Operand::Slot(argument)] = segment.operands[..] else {
            return Err(internal("a window over something that is no column"));
        };
        let output = segment.outputs[0];
        if let (Window::Shift { rows }, None) = (window, run.program.slots[output].lane) {
            self.shift_text(argument, output, rows)?;
            return Ok(false);
        }
        let lane = self.lane(argument)?;
        let mut store = std::mem::take(&mut self.stores[output]);
        let flagged = self.run_lanes(window, argument, lane, output, core, &mut store)?;
        self.stores[output] = store;
        Ok(flagged)
    }

    fn run_lanes(
        &self,
        window: Window,
        argument: usize,
        lane: Lane,
        output: usize,
        core: usize,
        store: &mut Store<'r>,
    ) -> Result<bool, RunError> {
        let run = self.run;
        let length = self.block.rows;
        let ty = run.program.slots[output].ty;
        let mut written = Written {
            values: store.values.get_mut(),
            validity: ty.nullable.then(|| store.validity.get_mut()),
            scalar: ty.scalar,
            flagged: false,
        };
        let view = self.view(argument)?;
        let scalar = run.program.slots[argument].ty.scalar;
        if window == Window::CumulativeSum {
            let column = run.program.slots[output].column;
            let (first, sum) = self.carried(column, scalar, core)?;
            let first = first - self.block.row;
            if let Some(validity) = &mut written.validity {
                fill_bits(validity, 0, first, false);
            }
            accumulate(lane, view, sum, first..length, &mut written)?;
        } else {
            let argument = Argument { scalar, lane, view };
            run_along(window, &[argument], length, &mut written)?;
        }
        Ok(written.flagged)
    }

    /// Where a cumulative window takes up its sum: the row, and the sum of all rows before.
    fn carried(
        &self,
        column: icosian_ir::id::ColumnId,
        argument: ScalarType,
        core: usize,
    ) -> Result<(usize, CarrySum), RunError> {
        let origin = self.block.row;
        // As in `PassRun::extent`, which made the morsel at hand begin no later than this border.
        let before = usize::try_from(self.run.pass.halo.0).unwrap_or(usize::MAX);
        let wanted = core.saturating_sub(before);
        let carry = self.run.carries.get(&column);
        if let Some((row, sum)) = carry.and_then(|carry| carry.at(wanted))
            && row >= origin
        {
            return Ok((row, sum.clone()));
        }
        if origin == 0 {
            return Ok((0, CarrySum::new(argument)));
        }
        Err(internal(format!("{column} has no sum to start from")))
    }

    fn shift_text(&mut self, argument: usize, output: usize, by: i64) -> Result<(), RunError> {
        let length = self.block.rows;
        let cells = self.cells(argument)?;
        let shifted = (0..length)
            .map(|row| shifted_row(row, by, length).and_then(|from| cells[from]))
            .collect();
        self.stores[output].cells = shifted;
        Ok(())
    }
}

/// Runs a window along `length` rows.
///
/// # Errors
/// If the arguments are not what the window takes: our bug.
pub(crate) fn run_along(
    window: Window,
    arguments: &[Argument<'_>],
    length: usize,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    let &[Argument { scalar, lane, view }] = arguments else {
        return Err(internal("a window over another number of columns"));
    };
    let rolling = |rows: u64, min_rows: u64, mean: bool| Rolling {
        rows: as_rows(rows),
        min_rows,
        mean,
    };
    match window {
        Window::Shift { rows } => {
            shift(lane, view, rows, length, written);
            Ok(())
        }
        Window::RollingSum { rows, min_rows } => {
            roll(lane, view, rolling(rows, min_rows, false), length, written)
        }
        Window::RollingMean { rows, min_rows } => {
            roll(lane, view, rolling(rows, min_rows, true), length, written)
        }
        Window::CumulativeSum => accumulate(lane, view, CarrySum::new(scalar), 0..length, written),
    }
}

fn as_rows(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// The row that a shift shows in a row, if it is at hand. (Beyond what is at hand lies the end of
/// the table, or rows that no row of the morsel itself asks for.)
pub(crate) fn shifted_row(row: usize, by: i64, length: usize) -> Option<usize> {
    let from = i128::try_from(row).ok()? - i128::from(by);
    usize::try_from(from).ok().filter(|from| *from < length)
}

fn shift(lane: Lane, view: View<'_>, by: i64, length: usize, written: &mut Written<'_>) {
    let distance = usize::try_from(by.unsigned_abs())
        .unwrap_or(usize::MAX)
        .min(length);
    let kept = length - distance;
    let (from, to, empty) = if by >= 0 {
        (0, distance, 0..distance)
    } else {
        (distance, 0, kept..length)
    };
    if lane == Lane::Bool {
        blit_bits(view.values, from, kept, written.values, to);
    } else {
        written.values[lane.bytes(to)..lane.bytes(to + kept)]
            .copy_from_slice(&view.values[lane.bytes(from)..lane.bytes(from + kept)]);
    }
    if let Some(validity) = &mut written.validity {
        fill_bits(validity, empty.start, empty.len(), false);
        match view.validity {
            Some(bits) => blit_bits(bits, from, kept, validity, to),
            None => fill_bits(validity, to, kept, true),
        }
    }
}

fn roll(
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
    let level = level();
    match level {
        CpuLevel::Avx512 => level.run(RollFull::<16> {
            values,
            rolling,
            results,
        }),
        CpuLevel::Baseline | CpuLevel::Avx2 => level.run(RollFull::<8> {
            values,
            rolling,
            results,
        }),
    }
    if let Some(validity) = &mut written.validity {
        let first = rolling.rows - 1;
        fill_bits(validity, first, values.len() - first, true);
    }
}

struct RollFull<'v, const N: usize> {
    values: &'v [f64],
    rolling: Rolling,
    results: &'v mut [f64],
}

impl<const N: usize> Routine for RollFull<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let result = if self.rolling.mean {
            RollingResult::Mean
        } else {
            RollingResult::Sum
        };
        roll_full_windows::<N>(self.values, self.rolling.rows, result, self.results);
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

fn accumulate(
    lane: Lane,
    view: View<'_>,
    sum: CarrySum,
    rows: Range<usize>,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    match sum {
        CarrySum::Float(mut sum) => {
            let (narrow, wide): (&[f32], &[f64]) = match lane {
                Lane::F32 => (typed(view.values), &[]),
                Lane::F64 => (&[], typed(view.values)),
                _ => return Err(internal("a sum of floats over other lanes")),
            };
            for row in rows {
                if view.is_valid(row) {
                    sum.add(if lane == Lane::F32 {
                        f64::from(narrow[row])
                    } else {
                        wide[row]
                    });
                    written.float(row, sum.value());
                } else {
                    written.null(row);
                }
            }
        }
        CarrySum::Integer(mut sum) => with_lane!(integers lane, view.values, values => {
            for row in rows {
                if view.is_valid(row) {
                    sum.add(i128::from(values[row]));
                    written.integer(row, sum.value());
                } else {
                    written.null(row);
                }
            }
        }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_look_both_ways() {
        assert_eq!(shifted_row(5, 2, 10), Some(3));
        assert_eq!(shifted_row(1, 2, 10), None);
        assert_eq!(shifted_row(8, -1, 10), Some(9));
        assert_eq!(shifted_row(9, -1, 10), None);
        assert_eq!(shifted_row(9, i64::MIN, 10), None);
    }
}
