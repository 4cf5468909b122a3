//! Windows that go along the rows once, one by one: what the values so far make, and what lies between them.

use std::ops::Range;

use icosian_ir::meaning::sums::{IntegerProduct, steps_between};
use icosian_ir::types::Lane;

use super::decimals;
use super::lanes::{Lanes, OrderWord};
use super::{Argument, Written};
use crate::bytes::typed;
use crate::error::{RunError, internal};
use crate::execute::sink::CarrySum;
use crate::execute::view::{View, with_lane};

/// The sums of the values so far, taken up from a sum.
pub(crate) fn sum(
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
        CarrySum::Decimal(sum) => decimals::sum(view, sum, rows, written),
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

/// The products of the values so far.
pub(crate) fn product(argument: Argument<'_>, length: usize, written: &mut Written<'_>) {
    let values = Lanes::new(argument.lane, argument.view.values);
    let (mut float, mut integer) = (1.0, IntegerProduct::new());
    for row in 0..length {
        if !argument.view.is_valid(row) {
            written.null(row);
        } else if values.is_float() {
            float *= values.float(row);
            written.float(row, float);
        } else {
            integer.multiply(values.integer(row));
            // What takes more than 127 bits fits no type.
            written.integer(row, integer.value().unwrap_or(i128::MAX));
        }
    }
}

/// The least or greatest of the values so far.
pub(crate) fn extreme<W: OrderWord>(
    argument: Argument<'_>,
    length: usize,
    greatest: bool,
    written: &mut Written<'_>,
) {
    let values = Lanes::new(argument.lane, argument.view.values);
    let mut best: Option<(W, usize)> = None;
    for row in 0..length {
        if !argument.view.is_valid(row) {
            written.null(row);
            continue;
        }
        let word = W::of(values, row, greatest);
        let (_, from) = *match &mut best {
            Some(best) if best.0 <= word => best,
            best => best.insert((word, row)),
        };
        written.copy(row, argument, from);
    }
}

/// The values as f64, and in the holes what lies between.
pub(crate) fn interpolate(argument: Argument<'_>, length: usize, written: &mut Written<'_>) {
    let values = Lanes::new(argument.lane, argument.view.values);
    let mut before: Option<usize> = None;
    for row in 0..length {
        if !argument.view.is_valid(row) {
            written.null(row);
            continue;
        }
        let high = values.number(row);
        if let Some(before) = before {
            let low = values.number(before);
            let rows = (row - before) as u64;
            for hole in before + 1..row {
                let part = (hole - before) as u64;
                written.float(hole, steps_between(low, high, part, rows));
            }
        }
        written.float(row, high.to_f64());
        before = Some(row);
    }
}
