//! Exponentially weighted moments of several stretches of rows, side by side.
//!
//! A row waits for the one before, through a division; so one stretch leaves most of a processor idle.
//! Each lane is an [`Exponential`] of its own: the same operations in the same order, so the same bits.

use super::Exponential;
use crate::op::Decay;

/// States of several stretches, each of which had a value.
#[derive(Clone, Debug)]
pub struct ExponentialLanes<const N: usize> {
    keep: f64,
    new: f64,
    decay: Decay,
    mean: [f64; N],
    variance: [f64; N],
    weight: [f64; N],
    weights: [f64; N],
    squares: [f64; N],
}

impl<const N: usize> ExponentialLanes<N> {
    /// States after one value each.
    pub fn new(decay: Decay, first: [f64; N]) -> ExponentialLanes<N> {
        let states = first.map(|value| {
            let mut state = Exponential::new(decay);
            state.add(value);
            state
        });
        ExponentialLanes {
            keep: states[0].keep,
            new: states[0].new,
            decay,
            mean: first,
            variance: states.map(|state| state.variance),
            weight: [1.0; N],
            weights: [1.0; N],
            squares: [1.0; N],
        }
    }

    /// The state of a lane, to go on with, as of `count` values, which are two or more.
    pub fn state(&self, lane: usize, count: u64) -> Exponential {
        Exponential {
            count,
            mean: self.mean[lane],
            variance: self.variance[lane],
            weight: self.weight[lane],
            weights: self.weights[lane],
            squares: self.squares[lane],
            ..Exponential::new(self.decay)
        }
    }

    /// The means.
    #[inline(always)]
    pub fn means(&self) -> [f64; N] {
        self.mean
    }

    /// The variances, if the weights leave something free in every lane.
    #[inline(always)]
    pub fn variances(&self) -> ([f64; N], bool) {
        let (mut variances, mut certain) = (self.variance, true);
        if !self.decay.bias {
            let weights = self.weights.iter().zip(&self.squares);
            for (variance, (weights, squares)) in variances.iter_mut().zip(weights) {
                let all = weights * weights;
                let free = all - squares;
                certain &= free > 0.0;
                *variance *= all / free;
            }
        }
        (variances, certain)
    }

    /// The next row of each lane: a value where `valid` is not 0, else null. Without `NULLS` all are
    /// values, without `SPREAD` the variance is left alone.
    #[inline(always)]
    pub fn step<const NULLS: bool, const SPREAD: bool>(
        &mut self,
        values: &[f64; N],
        valid: &[u64; N],
    ) {
        if self.decay.adjust {
            self.row::<NULLS, SPREAD, true>(values, valid);
        } else {
            self.row::<NULLS, SPREAD, false>(values, valid);
        }
    }

    #[inline(always)]
    fn row<const NULLS: bool, const SPREAD: bool, const ADJUST: bool>(
        &mut self,
        values: &[f64; N],
        valid: &[u64; N],
    ) {
        let skipped = if self.decay.skip_null { 1.0 } else { self.keep };
        let square = self.keep * self.keep;
        let skipped_square = if self.decay.skip_null { 1.0 } else { square };
        for lane in 0..N {
            let value = values[lane];
            let taken = !NULLS || valid[lane] != 0;
            let before = self.mean[lane];
            let weight = self.weight[lane] * self.keep;
            let total = weight + self.new;
            let between = (weight * before + self.new * value) / total;
            let mean = if before != value { between } else { before };
            if SPREAD {
                let moved = before - mean;
                let off = value - mean;
                let spread = weight * (self.variance[lane] + moved * moved);
                let variance = (spread + self.new * (off * off)) / total;
                let mut weights = self.weights[lane] * self.keep + self.new;
                let mut squares = self.squares[lane] * square + self.new * self.new;
                if !ADJUST {
                    weights /= total;
                    squares /= total * total;
                }
                let not_taken = (
                    self.weights[lane] * skipped,
                    self.squares[lane] * skipped_square,
                );
                self.variance[lane] = if taken { variance } else { self.variance[lane] };
                self.weights[lane] = if taken { weights } else { not_taken.0 };
                self.squares[lane] = if taken { squares } else { not_taken.1 };
            }
            let left = self.weight[lane] * skipped;
            let full = if ADJUST { total } else { 1.0 };
            self.weight[lane] = if taken { full } else { left };
            self.mean[lane] = if taken { mean } else { before };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Alpha, ExponentialMoment};

    fn bits(value: f64) -> u64 {
        if value.is_nan() { f64::NAN } else { value }.to_bits()
    }

    fn compare<const NULLS: bool>(decay: Decay, special: bool) {
        const LANES: usize = 4;
        let mut state = 5u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let first = [1.0, -0.0, f64::INFINITY, 0.1];
        let mut lanes = ExponentialLanes::new(decay, first);
        let mut states = first.map(|value| {
            let mut state = Exponential::new(decay);
            state.add(value);
            state
        });
        for row in 0..300 {
            let values: [f64; LANES] = std::array::from_fn(|_| match next() % 64 {
                0 if special => f64::NAN,
                1 if special => f64::INFINITY,
                2 => 0.0,
                3 => -0.0,
                4 => 1.0,
                drawn => (drawn as f64 - 30.0) * 0.37,
            });
            let valid = std::array::from_fn(|_| u64::from(!NULLS || next() % 3 > 0));
            lanes.step::<NULLS, true>(&values, &valid);
            let (variances, certain) = lanes.variances();
            let mut all_free = true;
            for (lane, state) in states.iter_mut().enumerate() {
                if valid[lane] != 0 {
                    state.add(values[lane]);
                } else {
                    state.skip();
                }
                let mean = state.moment(ExponentialMoment::Mean).unwrap();
                assert_eq!(bits(lanes.means()[lane]), bits(mean), "row {row} of {lane}");
                if state.count() > 1 {
                    assert!(lanes.state(lane, 2).agrees(state, true));
                    let variance = state.moment(ExponentialMoment::Var);
                    all_free &= variance.is_some();
                    if let Some(variance) = variance {
                        assert_eq!(bits(variances[lane]), bits(variance), "row {row} of {lane}");
                    }
                } else {
                    all_free &= certain;
                }
            }
            assert_eq!(certain, all_free, "row {row}");
        }
    }

    #[test]
    fn lanes_are_states() {
        for alpha in [0.001, 0.1, 0.5, 0.999, 1.0] {
            for choice in 0..16 {
                let decay = Decay {
                    alpha: Alpha::new(alpha).unwrap(),
                    adjust: choice & 1 == 0,
                    skip_null: choice & 2 == 0,
                    bias: choice & 4 == 0,
                };
                compare::<false>(decay, choice & 8 == 0);
                compare::<true>(decay, choice & 8 == 0);
            }
        }
    }
}
