//! Sums over a window of rows that moves on.
//!
//! Because the sum is exact, taking a row back undoes adding it, whatever else is in the window; so a
//! row costs two steps at any window length, and nothing drifts. A NaN or an infinity is counted, not
//! added, and leaves no trace when it leaves the window.

use super::{error_free::step, exact_sum::ExactSum, mean::MeanDivisor};

/// Updates between two attempts to get back from the superaccumulator to a pair.
const SETTLE_AFTER: u32 = 16;

/// The exact sum of the values now in a window. The caller keeps the rows, pushes those that enter
/// and pops those that leave; nulls do neither.
///
/// ```
/// use icosian_ir::meaning::sums::RollingSum;
/// let mut window = RollingSum::new();
/// window.push(f64::INFINITY);
/// window.push(0.5);
/// assert_eq!(window.value(), f64::INFINITY);
/// window.slide(f64::INFINITY, 1.0);
/// assert_eq!((window.value(), window.mean()), (1.5, Some(0.75)));
/// ```
#[derive(Clone, Debug)]
pub struct RollingSum {
    sum: ExactSum,
    count: u64,
    since_settling: u32,
}

/// The exact sum of all values so far: a window that nothing leaves.
pub type CumulativeSum = RollingSum;

impl Default for RollingSum {
    fn default() -> Self {
        Self {
            sum: ExactSum::new(),
            count: 0,
            since_settling: 0,
        }
    }
}

impl RollingSum {
    /// An empty window.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A window that continues from the sum of `count` values, as one carried over from the rows
    /// before.
    #[must_use]
    pub fn resume(sum: ExactSum, count: u64) -> Self {
        Self {
            sum,
            count,
            since_settling: 0,
        }
    }

    /// The sum, to carry over.
    #[must_use]
    pub fn sum(&self) -> &ExactSum {
        &self.sum
    }

    /// A value enters.
    #[inline(always)]
    pub fn push(&mut self, value: f64) {
        self.sum.add(value);
        self.set_count(self.count + 1);
    }

    /// A value that was pushed leaves.
    #[inline(always)]
    pub fn pop(&mut self, value: f64) {
        self.sum.subtract(value);
        self.set_count(self.count.saturating_sub(1));
    }

    /// One value leaves and one enters: cheaper than both calls.
    #[inline(always)]
    pub fn slide(&mut self, leaving: f64, entering: f64) {
        if let Some((hi, lo)) = self.sum.as_pair() {
            let (hi, lo, left) = step(hi, lo, -leaving);
            let (hi, lo, left_too) = step(hi, lo, entering);
            if !(left | left_too) {
                self.sum.set_pair(hi, lo);
                return;
            }
        }
        self.slide_exactly(leaving, entering);
    }

    #[cold]
    #[inline(never)]
    fn slide_exactly(&mut self, leaving: f64, entering: f64) {
        self.sum.subtract(leaving);
        self.sum.add(entering);
        self.settle_sometimes();
    }

    #[inline(always)]
    fn set_count(&mut self, count: u64) {
        self.count = count;
        if self.sum.as_pair().is_none() {
            self.settle_sometimes();
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_sometimes(&mut self) {
        self.since_settling += 1;
        if self.since_settling >= SETTLE_AFTER {
            self.since_settling = 0;
            self.sum.settle();
        }
    }

    /// How many values are in the window.
    #[inline(always)]
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum of the window, rounded once.
    #[inline(always)]
    #[must_use]
    pub fn value(&self) -> f64 {
        self.sum.value()
    }

    /// The exact sum of the window over its count, rounded once; `None` for an empty window.
    #[inline(always)]
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.sum.mean_over(MeanDivisor::new(self.count), self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_agree_with_fresh_sums() {
        let values: Vec<f64> = (0..400u32)
            .map(|row| match row {
                50 => f64::NAN,
                90 => f64::INFINITY,
                95 => f64::NEG_INFINITY,
                130 => 1e300,
                131 => -1e-300,
                200 => f64::MAX,
                201 => f64::MAX,
                _ => (f64::from(row) * 0.37).sin() * 1e3,
            })
            .collect();
        let window = 7;
        let mut rolling = RollingSum::new();
        let mut pushing = RollingSum::new();
        for row in 0..values.len() {
            if row >= window {
                rolling.slide(values[row - window], values[row]);
                pushing.pop(values[row - window]);
            } else {
                rolling.push(values[row]);
            }
            pushing.push(values[row]);
            let mut fresh = ExactSum::new();
            fresh.add_slice(&values[(row + 1).saturating_sub(window)..=row]);
            assert_eq!(
                rolling.value().to_bits(),
                fresh.value().to_bits(),
                "row {row}"
            );
            assert_eq!(
                pushing.value().to_bits(),
                fresh.value().to_bits(),
                "row {row}"
            );
            let mean = fresh.mean(rolling.count()).map(f64::to_bits);
            assert_eq!(rolling.mean().map(f64::to_bits), mean, "row {row}");
            assert_eq!(pushing.mean().map(f64::to_bits), mean, "row {row}");
        }
        assert_eq!(rolling.count(), 7);
        assert!(rolling.sum().as_pair().is_some(), "back to a pair");
    }

    #[test]
    fn cumulative_sums() {
        let mut sum = CumulativeSum::new();
        assert_eq!((sum.value().to_bits(), sum.mean()), (0, None));
        let given = [1.0, 1e100, 1.0, -1e100];
        let wanted = [1.0, 1e100, 1e100, 2.0];
        for (value, total) in given.into_iter().zip(wanted) {
            sum.push(value);
            assert_eq!(sum.value(), total);
        }
        let mut resumed = CumulativeSum::resume(sum.sum().clone(), sum.count());
        resumed.push(1.0);
        assert_eq!(resumed.mean(), Some(0.6));
    }
}
