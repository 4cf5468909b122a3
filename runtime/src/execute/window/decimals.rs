//! Sums of decimals along rows: in more than 128 bits, so that what they add up to on the way is never
//! lost.

use std::ops::Range;

use icosian_ir::meaning::sums::DecimalSum;

use super::Written;
use super::frames::Moving;
use super::lanes::Lanes;
use crate::bytes::typed;
use crate::execute::view::View;

/// Sum or mean of decimals.
pub(crate) struct MovingDecimals<'v> {
    pub(crate) values: Lanes<'v>,
    pub(crate) sum: DecimalSum,
    pub(crate) places: u8,
    pub(crate) mean: bool,
}

impl Moving for MovingDecimals<'_> {
    fn enter(&mut self, row: usize) {
        self.sum.add(self.values.integer(row));
    }

    fn leave(&mut self, row: usize) {
        self.sum.subtract(self.values.integer(row));
    }

    fn write(&mut self, row: usize, _: Range<usize>, count: u64, written: &mut Written<'_>) {
        if self.mean {
            written.float_or_null(row, self.sum.mean(count, self.places));
        } else {
            written.decimal(row, self.sum.value());
        }
    }
}

/// The sums of the values so far, taken up from a sum.
pub(crate) fn sum(
    view: View<'_>,
    mut sum: DecimalSum,
    rows: Range<usize>,
    written: &mut Written<'_>,
) {
    let values = typed::<i128>(view.values);
    for row in rows {
        if view.is_valid(row) {
            sum.add(values[row]);
            written.decimal(row, sum.value());
        } else {
            written.null(row);
        }
    }
}
