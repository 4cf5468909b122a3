//! Rolling sums, counts and moments: exact states that take values back without a trace.

use std::ops::Range;

use icosian_ir::meaning::sums::{
    CoMoments, IntegerMoments, IntegerSum, Moments, RollingSum, parts,
};
use icosian_ir::op::Reduction;

use super::Written;
use super::frames::Moving;
use super::lanes::Lanes;

/// Rows that a worn state is kept for, at least, before it is made anew.
pub(super) const REST: usize = 64;

/// How many rows count.
pub(crate) struct Count;

impl Moving for Count {
    fn enter(&mut self, _: usize) {}

    fn leave(&mut self, _: usize) {}

    fn write(&mut self, row: usize, _: Range<usize>, count: u64, written: &mut Written<'_>) {
        written.integer(row, count.into());
    }
}

/// Sum or mean of floats.
pub(crate) struct FloatSum<'v> {
    pub(crate) values: Lanes<'v>,
    pub(crate) sum: RollingSum,
    pub(crate) mean: bool,
}

impl Moving for FloatSum<'_> {
    #[inline(always)]
    fn enter(&mut self, row: usize) {
        self.sum.push(self.values.float(row));
    }

    #[inline(always)]
    fn leave(&mut self, row: usize) {
        self.sum.pop(self.values.float(row));
    }

    #[inline(always)]
    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        if self.mean {
            written.float_or_null(row, self.sum.mean());
        } else {
            written.float(row, self.sum.value());
        }
    }
}

/// Sum or mean of integers.
pub(crate) struct WholeSum<'v> {
    pub(crate) values: Lanes<'v>,
    pub(crate) sum: IntegerSum,
    pub(crate) mean: bool,
}

impl Moving for WholeSum<'_> {
    fn enter(&mut self, row: usize) {
        self.sum.add(self.values.integer(row));
    }

    fn leave(&mut self, row: usize) {
        self.sum.subtract(self.values.integer(row));
    }

    fn write(&mut self, row: usize, _: Range<usize>, count: u64, written: &mut Written<'_>) {
        if self.mean {
            written.float_or_null(row, self.sum.mean(count));
        } else {
            written.integer(row, self.sum.value());
        }
    }
}

/// Variance or standard deviation of what is exact as f64.
pub(crate) struct Spread<'v, V> {
    pub(crate) values: Lanes<'v>,
    pub(crate) valid: V,
    pub(crate) moments: Moments,
    pub(crate) reduction: Reduction,
    /// Rows since the state was made.
    pub(crate) age: usize,
}

impl<V: Fn(usize) -> bool> Moving for Spread<'_, V> {
    #[inline(always)]
    fn enter(&mut self, row: usize) {
        self.moments.add(self.values.float(row));
    }

    #[inline(always)]
    fn leave(&mut self, row: usize) {
        self.moments.subtract(self.values.float(row));
    }

    #[inline(always)]
    fn write(&mut self, row: usize, held: Range<usize>, _: u64, written: &mut Written<'_>) {
        self.age += 1;
        if self.age >= held.len().max(REST) && self.moments.is_worn() {
            self.age = 0;
            self.moments = Moments::new();
            for row in held.filter(|row| (self.valid)(*row)) {
                self.moments.add(self.values.float(row));
            }
        }
        let result = match self.reduction {
            Reduction::Std { ddof } => self.moments.standard_deviation(ddof.into()),
            Reduction::Var { ddof } => self.moments.variance(ddof.into()),
            _ => None,
        };
        written.float_or_null(row, result);
    }
}

/// Variance or standard deviation of 64-bit integers.
pub(crate) struct WholeSpread<'v> {
    pub(crate) values: Lanes<'v>,
    pub(crate) moments: IntegerMoments,
    pub(crate) reduction: Reduction,
}

impl Moving for WholeSpread<'_> {
    fn enter(&mut self, row: usize) {
        self.moments.add(self.values.integer(row));
    }

    fn leave(&mut self, row: usize) {
        self.moments.subtract(self.values.integer(row));
    }

    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        let result = match self.reduction {
            Reduction::Std { ddof } => self.moments.standard_deviation(ddof.into()),
            Reduction::Var { ddof } => self.moments.variance(ddof.into()),
            _ => None,
        };
        written.float_or_null(row, result);
    }
}

/// Covariance or correlation.
pub(crate) struct Pairs<'v, V> {
    pub(crate) values: [Lanes<'v>; 2],
    pub(crate) valid: V,
    pub(crate) moments: CoMoments,
    pub(crate) reduction: Reduction,
    /// Rows since the state was made.
    pub(crate) age: usize,
}

/// The values of a row, each in two parts that add up to it.
#[inline(always)]
pub(super) fn pair(columns: [Lanes<'_>; 2], row: usize) -> [(f64, f64); 2] {
    columns.map(|values| {
        if values.fits_float() {
            (values.float(row), 0.0)
        } else {
            parts(values.integer(row))
        }
    })
}

impl<V: Fn(usize) -> bool> Moving for Pairs<'_, V> {
    #[inline(always)]
    fn enter(&mut self, row: usize) {
        let [x, y] = pair(self.values, row);
        self.moments.add_parts(x, y);
    }

    #[inline(always)]
    fn leave(&mut self, row: usize) {
        let [x, y] = pair(self.values, row);
        self.moments.subtract_parts(x, y);
    }

    #[inline(always)]
    fn write(&mut self, row: usize, held: Range<usize>, _: u64, written: &mut Written<'_>) {
        self.age += 1;
        if self.age >= held.len().max(REST) && self.moments.is_worn() {
            self.age = 0;
            self.moments = CoMoments::new();
            for row in held {
                if (self.valid)(row) {
                    self.enter(row);
                }
            }
        }
        let result = match self.reduction {
            Reduction::Cov { ddof } => self.moments.covariance(ddof.into()),
            _ => self.moments.correlation(),
        };
        written.float_or_null(row, result);
    }
}
