//! Rolling products, skewness, kurtosis and weighted means: exact states that rows leave again.

use std::ops::Range;

use icosian_ir::meaning::sums::{PowerSums, RollingIntegerProduct, RollingProduct, WeightedSum};
use icosian_ir::op::Reduction;

use super::Written;
use super::frames::Moving;
use super::lanes::Lanes;
use super::moving::{REST, pair};

/// The product of floats.
pub(crate) struct FloatProduct<'v, V> {
    pub(crate) values: Lanes<'v>,
    pub(crate) valid: V,
    pub(crate) product: RollingProduct,
}

impl<V: Fn(usize) -> bool> Moving for FloatProduct<'_, V> {
    fn enter(&mut self, row: usize) {
        self.product.push(self.values.float(row));
    }

    fn leave(&mut self, row: usize) {
        self.product.pop(self.values.float(row));
    }

    fn write(&mut self, row: usize, held: Range<usize>, _: u64, written: &mut Written<'_>) {
        let all = || {
            held.filter(|row| (self.valid)(*row))
                .map(|row| self.values.float(row))
                .collect()
        };
        written.float(row, self.product.value(all));
    }
}

/// The product of integers.
pub(crate) struct WholeProduct<'v> {
    pub(crate) values: Lanes<'v>,
    pub(crate) product: RollingIntegerProduct,
}

impl Moving for WholeProduct<'_> {
    fn enter(&mut self, row: usize) {
        self.product.push(self.values.integer(row));
    }

    fn leave(&mut self, _: usize) {
        self.product.pop();
    }

    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        // What takes more than 127 bits fits no type.
        written.integer(row, self.product.value().unwrap_or(i128::MAX));
    }
}

/// Skewness or kurtosis.
pub(crate) struct Powers<'v, V> {
    pub(crate) values: Lanes<'v>,
    pub(crate) valid: V,
    pub(crate) sums: PowerSums,
    pub(crate) reduction: Reduction,
    /// Rows since the state was made.
    pub(crate) age: usize,
}

impl<V: Fn(usize) -> bool> Moving for Powers<'_, V> {
    fn enter(&mut self, row: usize) {
        if self.values.is_float() {
            self.sums.add(self.values.float(row));
        } else {
            self.sums.add_integer(self.values.integer(row));
        }
    }

    fn leave(&mut self, row: usize) {
        if self.values.is_float() {
            self.sums.subtract(self.values.float(row));
        } else {
            self.sums.subtract_integer(self.values.integer(row));
        }
    }

    fn write(&mut self, row: usize, held: Range<usize>, _: u64, written: &mut Written<'_>) {
        self.age += 1;
        if self.age >= held.len().max(REST) && self.sums.is_worn() {
            self.age = 0;
            self.sums = PowerSums::new();
            for row in held {
                if (self.valid)(row) {
                    self.enter(row);
                }
            }
        }
        let result = match self.reduction {
            Reduction::Skew { bias } => self.sums.skewness(bias),
            Reduction::Kurtosis { bias } => self.sums.kurtosis(bias),
            _ => None,
        };
        written.float_or_null(row, result);
    }
}

/// A weighted mean: the values, then their weights.
pub(crate) struct Weighted<'v, V> {
    pub(crate) values: [Lanes<'v>; 2],
    pub(crate) valid: V,
    pub(crate) sum: WeightedSum,
    /// Rows since the state was made.
    pub(crate) age: usize,
}

impl<V: Fn(usize) -> bool> Moving for Weighted<'_, V> {
    fn enter(&mut self, row: usize) {
        let [value, weight] = pair(self.values, row);
        self.sum.add(value, weight);
    }

    fn leave(&mut self, row: usize) {
        let [value, weight] = pair(self.values, row);
        self.sum.subtract(value, weight);
    }

    fn write(&mut self, row: usize, held: Range<usize>, _: u64, written: &mut Written<'_>) {
        self.age += 1;
        if self.age >= held.len().max(REST) && self.sum.is_worn() {
            self.age = 0;
            self.sum = WeightedSum::new();
            for row in held {
                if (self.valid)(row) {
                    self.enter(row);
                }
            }
        }
        written.float_or_null(row, self.sum.mean());
    }
}
