//! Windows: over all rows of a morsel with what lies around it, or along the rows of a key.

mod decimals;
mod extremes;
mod fill;
pub(crate) mod frames;
pub(crate) mod lanes;
mod moving;
mod ordered;
mod picked;
mod powers;
mod present;
mod quantile;
mod running;
mod smoothing;
mod so_far;
mod sums;
mod whole;
#[cfg(test)]
mod whole_tests;

use icosian_ir::meaning::decimal::places;
use icosian_ir::meaning::sums::{
    CoMoments, DecimalSum, IntegerMoments, IntegerSum, Moments, PowerSums, RollingIntegerProduct,
    RollingProduct, RollingSum, WeightedSum,
};
use icosian_ir::op::{Cumulative, Frame, Op, Reduction, Window};
use icosian_ir::types::{Lane, ScalarType};

use crate::bytes::{blit_bits, fill_bits, put_bit, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::morsel::{Store, Worker};
use crate::execute::program::{Operand, SegmentKind, SegmentPlan};
use crate::execute::sink::{BlockColumns, CarrySum};
use crate::execute::view::View;
use crate::execute::wide::level;
use decimals::MovingDecimals;
use fill::Filling;
use frames::{Axis, Frames, Slide, slide};
use lanes::Lanes;
use moving::{Count, FloatSum, Pairs, Spread, WholeSpread, WholeSum};
use ordered::Extreme;
use picked::{AtExtreme, Distinct, End, Mode};
use powers::{FloatProduct, Powers, Weighted, WholeProduct};
use quantile::Quantile;
use smoothing::Smoothing;
use sums::Rolling;
pub(crate) use whole::run_whole;

/// A column that a window looks at, from the first row on.
#[derive(Clone, Copy)]
pub(crate) struct Argument<'v> {
    pub(crate) scalar: ScalarType,
    pub(crate) lane: Lane,
    pub(crate) view: View<'v>,
}

impl<'v> Argument<'v> {
    /// The rows from one on, a multiple of 64.
    pub(crate) fn from(self, row: usize) -> Argument<'v> {
        let View { values, validity } = self.view;
        let view = View {
            values: &values[self.lane.bytes(row)..],
            validity: validity.map(|bits| &bits[row / 8..]),
        };
        Argument { view, ..self }
    }
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
    /// How values are written; of text, what stands for it.
    fn lane(&self) -> Lane {
        self.scalar.lane().unwrap_or(Lane::U32)
    }

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

    #[inline(always)]
    fn float_or_null(&mut self, row: usize, value: Option<f64>) {
        match value {
            Some(value) => self.float(row, value),
            None => self.null(row),
        }
    }

    /// Writes a value of a column of the same type.
    #[inline(always)]
    fn copy(&mut self, row: usize, argument: Argument<'_>, from: usize) {
        lanes::copy(argument.lane, argument.view.values, from, self.values, row);
        if let Some(validity) = &mut self.validity {
            put_bit(validity, row, true);
        }
    }

    /// A sum of decimals; none if not even 128 bits hold it.
    fn decimal(&mut self, row: usize, sum: Option<i128>) {
        self.flagged |= sum.is_none();
        self.integer(row, sum.unwrap_or(0));
    }

    fn integer(&mut self, row: usize, value: i128) {
        let fits = self
            .scalar
            .lane_range()
            .is_some_and(|(least, greatest)| least <= value && value <= greatest);
        self.flagged |= !fits;
        if self.scalar.is_decimal() {
            typed_mut::<i128>(self.values)[row] = if fits { value } else { 0 };
        } else {
            typed_mut::<u64>(self.values)[row] = value as u64;
        }
        if let Some(validity) = &mut self.validity {
            put_bit(validity, row, true);
        }
    }
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
        let mut slots = Vec::with_capacity(segment.operands.len());
        for operand in &segment.operands {
            match operand {
                Operand::Slot(slot) => slots.push(*slot),
                Operand::Scalar(_) => {
                    return Err(internal("a window over something that is no column"));
                }
            }
        }
        let output = segment.outputs[0];
        if let (Window::Shift { rows }, None) = (window, run.program.slots[output].lane) {
            self.shift_text(slots[0], output, rows)?;
            return Ok(false);
        }
        let mut store = std::mem::take(&mut self.stores[output]);
        let flagged = self.run_lanes(window, &slots, output, core, &mut store)?;
        self.stores[output] = store;
        Ok(flagged)
    }

    fn run_lanes(
        &self,
        window: Window,
        slots: &[usize],
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
        let mut arguments = Vec::with_capacity(slots.len());
        for slot in slots {
            arguments.push(Argument {
                scalar: run.program.slots[*slot].ty.scalar,
                lane: self.lane(*slot)?,
                view: self.view(*slot)?,
            });
        }
        if window == Window::Cumulative(Cumulative::Sum) {
            let Argument { scalar, lane, view } = arguments[0];
            let column = run.program.slots[output].column;
            let (first, sum) = self.carried(column, scalar, core)?;
            let first = first - self.block.row;
            if let Some(validity) = &mut written.validity {
                fill_bits(validity, 0, first, false);
            }
            running::sum(lane, view, sum, first..length, &mut written)?;
        } else {
            run_along(window, &arguments, None, length, &mut written)?;
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
    axis: Option<Axis<'_>>,
    length: usize,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    let Some(&argument) = arguments.first() else {
        return Err(internal("a window over nothing"));
    };
    let Argument { scalar, lane, view } = argument;
    match window {
        Window::Shift { rows } => shift(lane, view, rows, length, written),
        Window::Cumulative(cumulative) => match cumulative {
            Cumulative::Sum => {
                running::sum(lane, view, CarrySum::new(scalar), 0..length, written)?;
            }
            Cumulative::Product => running::product(argument, length, written),
            Cumulative::Min | Cumulative::Max => {
                let greatest = cumulative == Cumulative::Max;
                if so_far::has_words(lane) {
                    let before = so_far::NO_VALUE;
                    so_far::extremes(argument, 0..length, before, greatest, written);
                } else if lane == Lane::I128 {
                    running::extreme::<u128>(argument, length, greatest, written);
                } else {
                    running::extreme::<u64>(argument, length, greatest, written);
                }
            }
            Cumulative::Count => {
                so_far::counts(view, 0..length, 0, written);
            }
        },
        Window::Rolling {
            reduction,
            frame,
            min_count,
        } => {
            let rows = match frame {
                Frame::Rows {
                    rows,
                    center: false,
                } => Some(rows),
                Frame::Expanding => Some(u64::MAX),
                Frame::Rows { center: true, .. } | Frame::Span { .. } => None,
            };
            if let (Reduction::Sum | Reduction::Mean, Some(rows)) = (reduction, rows)
                && lane != Lane::I128
            {
                let rolling = Rolling {
                    rows: as_rows(rows),
                    min_rows: min_count,
                    mean: reduction == Reduction::Mean,
                };
                return sums::roll(lane, view, rolling, length, written);
            }
            if let (Reduction::Min | Reduction::Max, Some(rows)) = (reduction, rows) {
                let wanted = (reduction == Reduction::Max, min_count);
                if extremes::roll(argument, as_rows(rows), wanted, length, written) {
                    return Ok(());
                }
            }
            let mut frames = Frames::new(frame, axis, length);
            roll(
                reduction,
                min_count,
                arguments,
                &mut frames,
                length,
                written,
            )?;
        }
        Window::Fill { backward, limit } => {
            let filling = Filling { backward, limit };
            fill::fill(argument, 0..length, None, filling, written);
        }
        Window::Interpolate => running::interpolate(argument, length, written),
        Window::Rank {
            method,
            descending,
            fraction,
        } => {
            let how = (method, descending, fraction);
            if lane == Lane::I128 {
                ordered::rank::<u128>(argument, length, how, written);
            } else {
                ordered::rank::<u64>(argument, length, how, written);
            }
        }
        Window::Exponential {
            moment,
            decay,
            min_count,
        } => {
            let smoothing = Smoothing {
                argument,
                decay,
                moment,
                min_count,
            };
            smoothing.run(length, written);
        }
    }
    Ok(())
}

/// Moves a reduction along the frames of `length` rows.
fn roll(
    reduction: Reduction,
    min_count: u64,
    arguments: &[Argument<'_>],
    frames: &mut Frames<'_>,
    length: usize,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    let argument = arguments[0];
    let values = Lanes::new(argument.lane, argument.view.values);
    let needed: Vec<View<'_>> = (arguments.iter().enumerate())
        .filter(|(place, _)| reduction.skips_null(*place))
        .map(|(_, argument)| argument.view)
        .collect();
    let valid = |row: usize| needed.iter().all(|view| view.is_valid(row));
    let mean = reduction == Reduction::Mean;
    macro_rules! slide {
        ($state:expr) => {
            slide(frames, length, valid, min_count, &mut $state, written)
        };
    }
    macro_rules! slide_wide {
        ($state:expr) => {
            level().run(Slide {
                frames,
                length,
                valid,
                min_count,
                state: $state,
                written,
            })
        };
    }
    match reduction {
        Reduction::Sum | Reduction::Mean if values.is_float() => {
            let sum = RollingSum::new();
            slide_wide!(FloatSum { values, sum, mean });
        }
        Reduction::Sum | Reduction::Mean if argument.lane == Lane::I128 => {
            let (sum, places) = (DecimalSum::new(), places(argument.scalar));
            slide!(MovingDecimals {
                values,
                sum,
                places,
                mean
            });
        }
        Reduction::Sum | Reduction::Mean => {
            let sum = IntegerSum::new();
            slide!(WholeSum { values, sum, mean });
        }
        Reduction::Count => slide!(Count),
        Reduction::Min | Reduction::Max if argument.lane == Lane::I128 => {
            slide!(Extreme::<u128>::new(argument, reduction == Reduction::Max));
        }
        Reduction::Min => slide!(Extreme::<u64>::new(argument, false)),
        Reduction::Max => slide!(Extreme::<u64>::new(argument, true)),
        Reduction::Var { .. } | Reduction::Std { .. } if values.fits_float() => {
            slide_wide!(Spread {
                values,
                valid,
                moments: Moments::new(),
                reduction,
                age: 0,
            });
        }
        Reduction::Var { .. } | Reduction::Std { .. } => {
            let moments = IntegerMoments::new();
            slide!(WholeSpread {
                values,
                moments,
                reduction,
            });
        }
        Reduction::Quantile { q, interpolation } => {
            slide!(Quantile::new(argument, length, q.value(), interpolation));
        }
        Reduction::Cov { .. } | Reduction::Corr => slide_wide!(Pairs {
            values: [values, second(arguments)?],
            valid,
            moments: CoMoments::new(),
            reduction,
            age: 0,
        }),
        Reduction::WeightedMean => slide!(Weighted {
            values: [values, second(arguments)?],
            valid,
            sum: WeightedSum::new(),
            age: 0,
        }),
        Reduction::Product if values.is_float() => {
            let product = RollingProduct::new();
            slide!(FloatProduct {
                values,
                valid,
                product
            });
        }
        Reduction::Product => {
            let product = RollingIntegerProduct::new();
            slide!(WholeProduct { values, product });
        }
        Reduction::Skew { .. } | Reduction::Kurtosis { .. } => slide!(Powers {
            values,
            valid,
            sums: PowerSums::new(),
            reduction,
            age: 0,
        }),
        Reduction::First { .. } => slide!(End::new(argument, false)),
        Reduction::Last { .. } => slide!(End::new(argument, true)),
        Reduction::AtMax | Reduction::AtMin => {
            let (by, greatest) = (second(arguments)?, reduction == Reduction::AtMax);
            if matches!(by, Lanes::I128(_)) {
                slide!(AtExtreme::<u128>::new(argument, by, greatest));
            } else {
                slide!(AtExtreme::<u64>::new(argument, by, greatest));
            }
        }
        Reduction::NUnique => slide!(Distinct::new(argument, length)),
        Reduction::Mode => slide!(Mode::new(argument, length)),
        Reduction::Len | Reduction::ApproxNUnique | Reduction::Any | Reduction::All => {
            let name = reduction.name();
            return Err(internal(format!("{name} does not move along rows")));
        }
    }
    Ok(())
}

/// The values of a window's second column.
fn second<'v>(arguments: &[Argument<'v>]) -> Result<Lanes<'v>, RunError> {
    match arguments {
        [_, second] => Ok(Lanes::new(second.lane, second.view.values)),
        _ => Err(internal("a window over another number of columns")),
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
