//! Exponentially weighted mean and variance: a recurrence along the rows, in f64, each operation
//! rounded, in the order written here. It is not reassociated: a row's value depends on the rows
//! before it and on nothing else.
//!
//! With `alpha` the part of its weight that a value loses per row, a null row included:
//!
//! * the first value has weight 1; every later row multiplies the weight of what is known by
//!   `1 − alpha`;
//! * but where null rows are skipped, they change no weight;
//! * a value comes with weight 1 (`adjust`) or `alpha`, and the known mean moves to the weighted mean
//!   of the two. With `adjust` the weights then add up; without it they are 1 again.
//!
//! So without nulls `adjust` gives Σ (1−alpha)^i · x[t−i] / Σ (1−alpha)^i, and its absence
//! `(1−alpha) · mean[t−1] + alpha · x[t]`. The variance is that of the values under these weights,
//! times W² / (W² − Σ w²), which takes out the bias, unless that is to stay.

mod lanes;

pub use lanes::ExponentialLanes;

use crate::op::{Decay, ExponentialMoment};

/// The moments of the values so far.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    /// `1 − alpha`.
    keep: f64,
    /// The weight that a value comes with.
    new: f64,
    decay: Decay,
    count: u64,
    mean: f64,
    variance: f64,
    /// The weight of what is known.
    weight: f64,
    /// The sum of all weights and that of their squares, for the bias.
    weights: f64,
    squares: f64,
}

impl Exponential {
    /// Of no value.
    pub fn new(decay: Decay) -> Exponential {
        let alpha = decay.alpha.value();
        Exponential {
            keep: 1.0 - alpha,
            new: if decay.adjust { 1.0 } else { alpha },
            decay,
            count: 0,
            mean: 0.0,
            variance: 0.0,
            weight: 0.0,
            weights: 0.0,
            squares: 0.0,
        }
    }

    /// The state as words.
    pub fn to_words(&self) -> [u64; 6] {
        let [mean, variance, weight, weights, squares] = [
            self.mean,
            self.variance,
            self.weight,
            self.weights,
            self.squares,
        ]
        .map(f64::to_bits);
        [self.count, mean, variance, weight, weights, squares]
    }

    /// The state that [`Exponential::to_words`] wrote, of values that weigh as given.
    pub fn from_words(decay: Decay, words: [u64; 6]) -> Exponential {
        let [count, rest @ ..] = words;
        let [mean, variance, weight, weights, squares] = rest.map(f64::from_bits);
        Exponential {
            count,
            mean,
            variance,
            weight,
            weights,
            squares,
            ..Exponential::new(decay)
        }
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// A row whose value is null.
    #[inline]
    pub fn skip(&mut self) {
        if self.count > 0 && !self.decay.skip_null {
            self.weight *= self.keep;
            self.weights *= self.keep;
            self.squares *= self.keep * self.keep;
        }
    }

    /// A row with a value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.take::<true>(value);
    }

    /// As [`Exponential::add`], where nobody asks for more than the mean.
    #[inline]
    pub fn add_to_mean(&mut self, value: f64) {
        self.take::<false>(value);
    }

    #[inline(always)]
    fn take<const SPREAD: bool>(&mut self, value: f64) {
        self.count += 1;
        if self.count == 1 {
            self.mean = value;
            self.weight = 1.0;
            self.weights = 1.0;
            self.squares = 1.0;
            // A variance of one value is 0 or unknown, unless the value is none to take it of.
            self.variance = if value.is_finite() { 0.0 } else { f64::NAN };
            return;
        }
        self.weight *= self.keep;
        let total = self.weight + self.new;
        let before = self.mean;
        // Equal values have that mean, whatever rounding would make of it.
        if before != value {
            self.mean = (self.weight * before + self.new * value) / total;
        }
        if SPREAD {
            let moved = before - self.mean;
            let off = value - self.mean;
            self.variance =
                (self.weight * (self.variance + moved * moved) + self.new * (off * off)) / total;
            self.weights = self.weights * self.keep + self.new;
            self.squares = self.squares * (self.keep * self.keep) + self.new * self.new;
            if !self.decay.adjust {
                self.weights /= total;
                self.squares /= total * total;
            }
        }
        self.weight = if self.decay.adjust { total } else { 1.0 };
    }

    /// Whether the same values follow from both, if each had two values or more: of the mean alone, or of
    /// the variance (`spread`) too.
    #[inline]
    pub fn agrees(&self, other: &Exponential, spread: bool) -> bool {
        let same = |one: f64, other: f64| {
            one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
        };
        let both = same(self.mean, other.mean) && same(self.weight, other.weight);
        both && (!spread
            || same(self.variance, other.variance)
                && same(self.weights, other.weights)
                && same(self.squares, other.squares))
    }

    /// A moment; none of no value, and no variance where the weights leave nothing free.
    #[inline]
    pub fn moment(&self, moment: ExponentialMoment) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        match moment {
            ExponentialMoment::Mean => Some(self.mean),
            ExponentialMoment::Var => self.variance(),
            ExponentialMoment::Std => self.variance().map(f64::sqrt),
        }
    }

    fn variance(&self) -> Option<f64> {
        if self.decay.bias {
            return Some(self.variance);
        }
        let all = self.weights * self.weights;
        let free = all - self.squares;
        (self.count > 1 && free > 0.0).then(|| all / free * self.variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Alpha;

    fn last(values: &[Option<f64>], alpha: f64, adjust: bool, moment: ExponentialMoment) -> f64 {
        let decay = Decay {
            adjust,
            ..Decay::new(Alpha::new(alpha).unwrap())
        };
        let mut state = Exponential::new(decay);
        for value in values {
            match value {
                Some(value) => state.add(*value),
                None => state.skip(),
            }
        }
        state.moment(moment).unwrap_or(f64::MIN)
    }

    #[test]
    fn means_by_hand() {
        let values = [Some(1.0), Some(2.0), Some(4.0)];
        // Weights 1/4, 1/2, 1: (1/4 + 1 + 4) / (7/4).
        let adjusted = last(&values, 0.5, true, ExponentialMoment::Mean);
        assert_eq!(adjusted, 3.0);
        // ((1 + 2) / 2 + 4) / 2.
        let recursive = last(&values, 0.5, false, ExponentialMoment::Mean);
        assert_eq!(recursive, 2.75);
        // Weights 1/4 and 1: the null row counts as a row.
        let values = [Some(1.0), None, Some(2.0)];
        let gap = last(&values, 0.5, true, ExponentialMoment::Mean);
        assert_eq!(gap, (0.25 + 2.0) / 1.25);
        assert_eq!(last(&[None], 0.5, true, ExponentialMoment::Mean), f64::MIN);
    }

    #[test]
    fn variances_by_hand() {
        // Weights 1/2 and 1 of 1 and 2: mean 5/3, biased variance 2/9, W² / (W² − Σw²) = 9/4.
        let values = [Some(1.0), Some(2.0)];
        let variance = last(&values, 0.5, true, ExponentialMoment::Var);
        assert!((variance - 0.5).abs() < 1e-15);
        let constant = [Some(0.1); 30];
        for adjust in [false, true] {
            assert_eq!(last(&constant, 0.3, adjust, ExponentialMoment::Mean), 0.1);
            assert_eq!(last(&constant, 0.3, adjust, ExponentialMoment::Std), 0.0);
        }
        assert_eq!(
            last(&[Some(1.0)], 0.5, true, ExponentialMoment::Var),
            f64::MIN
        );
    }
}
