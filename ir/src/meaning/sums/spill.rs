//! What a pair of f64 can't hold of a sum: a superaccumulator, and counts of what is not finite.

use super::{
    fixed_point::SumAccumulator,
    words::{MalformedWords, WordReader},
};

/// What a pair of f64 can't hold. The sum is the pair plus the accumulator, the rest counted aside.
#[derive(Clone, Debug)]
pub(super) struct Spill {
    pub(super) accumulator: SumAccumulator,
    /// The accumulator holds zero.
    pub(super) empty: bool,
    // Signed differences, so that a part of a sum may subtract what another part adds.
    nan: i64,
    positive_infinity: i64,
    negative_infinity: i64,
}

impl Spill {
    pub(super) fn new() -> Self {
        Self {
            accumulator: SumAccumulator::new(),
            empty: true,
            nan: 0,
            positive_infinity: 0,
            negative_infinity: 0,
        }
    }

    pub(super) fn add(&mut self, value: f64, times: i64) {
        if value.is_nan() {
            self.nan = self.nan.wrapping_add(times);
        } else if value == f64::INFINITY {
            self.positive_infinity = self.positive_infinity.wrapping_add(times);
        } else if value == f64::NEG_INFINITY {
            self.negative_infinity = self.negative_infinity.wrapping_add(times);
        } else {
            self.accumulator.add(if times < 0 { -value } else { value });
            self.empty &= value == 0.0;
        }
    }

    pub(super) fn non_finite(&self) -> Option<f64> {
        match (
            self.nan != 0,
            self.positive_infinity != 0,
            self.negative_infinity != 0,
        ) {
            (false, false, false) => None,
            (false, true, false) => Some(f64::INFINITY),
            (false, false, true) => Some(f64::NEG_INFINITY),
            (true, _, _) | (_, true, true) => Some(f64::NAN),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.accumulator.merge(&other.accumulator);
        self.empty &= other.empty;
        self.nan = self.nan.wrapping_add(other.nan);
        self.positive_infinity = self.positive_infinity.wrapping_add(other.positive_infinity);
        self.negative_infinity = self.negative_infinity.wrapping_add(other.negative_infinity);
    }

    /// Nothing is held.
    pub(super) fn is_idle(&self) -> bool {
        self.empty && self.non_finite().is_none()
    }

    pub(super) fn write(&self, words: &mut Vec<u64>) {
        let counts = [self.nan, self.positive_infinity, self.negative_infinity];
        words.extend(counts.map(i64::cast_unsigned));
        self.accumulator.write(words);
    }

    pub(super) fn read(words: &mut WordReader<'_>) -> Result<Self, MalformedWords> {
        let counts = [words.next()?, words.next()?, words.next()?];
        let [nan, positive_infinity, negative_infinity] = counts.map(u64::cast_signed);
        let accumulator = SumAccumulator::read(words)?;
        Ok(Self {
            accumulator,
            empty: false,
            nan,
            positive_infinity,
            negative_infinity,
        })
    }
}
