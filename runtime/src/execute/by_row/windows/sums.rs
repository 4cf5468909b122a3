//! Exact sums that values enter and leave, one at a time: what sums, means and variances are taken of.

use icosian_ir::meaning::sums::{
    ExactSum, IntegerMoments, IntegerSum, MalformedWords, Moments, RollingSum,
};
use icosian_ir::op::Reduction;
use icosian_ir::types::Lane;

use super::Outcome;

/// The sums of the values that count now.
#[derive(Clone, Debug)]
pub(crate) enum Sums {
    Float(RollingSum),
    Whole(IntegerSum),
    Spread(Moments),
    WholeSpread(IntegerMoments),
}

/// A number as a float: exact but for integers of 64 bits.
pub(crate) fn float(lane: Lane, word: u64) -> f64 {
    match lane {
        Lane::F64 => f64::from_bits(word),
        Lane::F32 => f32::from_bits(word as u32).into(),
        _ => integer(lane, word) as f64,
    }
}

/// An integer.
pub(crate) fn integer(lane: Lane, word: u64) -> i128 {
    match lane {
        Lane::U64 => word.into(),
        _ => (word as i64).into(),
    }
}

impl Sums {
    /// Of no value: what a reduction takes of a lane, if it is taken of sums.
    pub(crate) fn new(reduction: Reduction, lane: Lane) -> Option<Sums> {
        let is_float = matches!(lane, Lane::F32 | Lane::F64);
        let is_wide = matches!(lane, Lane::I64 | Lane::U64);
        match reduction {
            Reduction::Sum | Reduction::Mean if is_float => Some(Sums::Float(RollingSum::new())),
            Reduction::Sum | Reduction::Mean => Some(Sums::Whole(IntegerSum::new())),
            Reduction::Var { .. } | Reduction::Std { .. } if is_wide => {
                Some(Sums::WholeSpread(IntegerMoments::new()))
            }
            Reduction::Var { .. } | Reduction::Std { .. } => Some(Sums::Spread(Moments::new())),
            Reduction::Product
            | Reduction::Min
            | Reduction::Max
            | Reduction::Skew { .. }
            | Reduction::Kurtosis { .. }
            | Reduction::Quantile { .. }
            | Reduction::Count
            | Reduction::Len
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::First { .. }
            | Reduction::Last { .. }
            | Reduction::Mode
            | Reduction::AtMax
            | Reduction::AtMin
            | Reduction::Cov { .. }
            | Reduction::Corr
            | Reduction::WeightedMean => None,
        }
    }

    #[inline]
    pub(crate) fn enter(&mut self, lane: Lane, word: u64) {
        match self {
            Sums::Float(sum) => sum.push(float(lane, word)),
            Sums::Whole(sum) => sum.add(integer(lane, word)),
            Sums::Spread(moments) => moments.add(float(lane, word)),
            Sums::WholeSpread(moments) => moments.add(integer(lane, word)),
        }
    }

    #[inline]
    pub(crate) fn leave(&mut self, lane: Lane, word: u64) {
        match self {
            Sums::Float(sum) => sum.pop(float(lane, word)),
            Sums::Whole(sum) => sum.subtract(integer(lane, word)),
            Sums::Spread(moments) => moments.subtract(float(lane, word)),
            Sums::WholeSpread(moments) => moments.subtract(integer(lane, word)),
        }
    }

    /// One value enters and one leaves.
    #[inline]
    pub(crate) fn slide(&mut self, lane: Lane, leaving: u64, entering: u64) {
        match self {
            Sums::Float(sum) => sum.slide(float(lane, leaving), float(lane, entering)),
            Sums::Whole(_) | Sums::Spread(_) | Sums::WholeSpread(_) => {
                self.enter(lane, entering);
                self.leave(lane, leaving);
            }
        }
    }

    /// Whether a state made anew from the values would be faster.
    pub(crate) fn is_worn(&self) -> bool {
        match self {
            Sums::Spread(moments) => moments.is_worn(),
            Sums::Float(_) | Sums::Whole(_) | Sums::WholeSpread(_) => false,
        }
    }

    /// The reduction of the `count` values.
    #[inline]
    pub(crate) fn result(&self, reduction: Reduction, count: u64) -> Outcome {
        let mean = reduction == Reduction::Mean;
        let ddof = match reduction {
            Reduction::Var { ddof } | Reduction::Std { ddof } => ddof.into(),
            _ => 0,
        };
        let root = matches!(reduction, Reduction::Std { .. });
        match self {
            Sums::Float(sum) if mean => sum.mean().into(),
            Sums::Float(sum) => Some(sum.value()).into(),
            Sums::Whole(sum) if mean => sum.mean(count).into(),
            Sums::Whole(sum) => Outcome::Integer(Some(sum.value())),
            Sums::Spread(moments) if root => moments.standard_deviation(ddof).into(),
            Sums::Spread(moments) => moments.variance(ddof).into(),
            Sums::WholeSpread(moments) if root => moments.standard_deviation(ddof).into(),
            Sums::WholeSpread(moments) => moments.variance(ddof).into(),
        }
    }

    pub(crate) fn to_words(&self) -> Vec<u64> {
        match self {
            Sums::Float(sum) => sum.sum().to_words(),
            Sums::Whole(sum) => sum.to_words(),
            Sums::Spread(moments) => moments.to_words(),
            Sums::WholeSpread(moments) => moments.to_words(),
        }
    }

    /// Whether this many values are in it, where it counts them itself.
    pub(crate) fn is_of(&self, count: u64) -> bool {
        match self {
            Sums::Float(_) | Sums::Whole(_) => true,
            Sums::Spread(moments) => moments.count() == count,
            Sums::WholeSpread(moments) => moments.count() == count,
        }
    }

    /// Takes over the sums of `count` values that [`Sums::to_words`] wrote of a state of this kind.
    pub(crate) fn read_words(&mut self, count: u64, words: &[u64]) -> Result<(), MalformedWords> {
        match self {
            Sums::Float(sum) => *sum = RollingSum::resume(ExactSum::from_words(words)?, count),
            Sums::Whole(sum) => *sum = IntegerSum::from_words(words)?,
            Sums::Spread(moments) => *moments = Moments::from_words(words)?,
            Sums::WholeSpread(moments) => *moments = IntegerMoments::from_words(words)?,
        }
        Ok(())
    }
}
