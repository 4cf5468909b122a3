//! The exact sum of f64 values: a pair of f64 while that suffices, a superaccumulator beside it when
//! it does not.

use super::{
    dyadic::Dyadic,
    error_free::step,
    fixed_point::SumAccumulator,
    lanes::{ALL_VALID, SumLanes, add_block},
    mean::MeanDivisor,
    near::Near,
    spill::Spill,
    words::{MalformedWords, WordReader},
};

/// Rows summed before looking for leftovers, and summed again if there are any.
pub(super) const BLOCK: usize = 1024;

/// "sum", layout 1.
const HEADER: u64 = 0x0073_756d_0000_0001;

/// An exact sum, whatever the order its values come in, independent of how they are split and merged.
///
/// The value is the exact real sum, rounded once to nearest, ties to even. A NaN, or infinities of
/// both signs, make it NaN; infinities of one sign that infinity. A sum of nothing, and every exact
/// zero, is `+0.0`, also where all values were `-0.0`. A finite sum beyond the range of f64 rounds
/// to an infinity; whether a partial sum would have is of no account.
///
/// ```
/// use icosian_ir::meaning::sums::ExactSum;
/// let mut sum = ExactSum::new();
/// sum.add_slice(&[1e308, 1e308, 0.1, -1e308, -1e308, 1e-320]);
/// assert_eq!(sum.value(), 0.1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExactSum {
    hi: f64,
    lo: f64,
    spill: Option<Box<Spill>>,
}

impl ExactSum {
    /// The sum of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sum held by a pair that [`step`] left exact.
    #[inline]
    #[must_use]
    pub fn from_pair(hi: f64, lo: f64) -> Self {
        let mut sum = Self::new();
        sum.add(hi);
        sum.add(lo);
        sum
    }

    /// The pair `(hi, lo)` with exactly this sum, if the state is just that.
    #[inline(always)]
    #[must_use]
    pub fn as_pair(&self) -> Option<(f64, f64)> {
        if self.spill.is_none() {
            Some((self.hi, self.lo))
        } else {
            None
        }
    }

    /// Replaces the pair of a state that is just that.
    #[inline(always)]
    pub(super) fn set_pair(&mut self, hi: f64, lo: f64) {
        debug_assert!(self.spill.is_none());
        (self.hi, self.lo) = (hi, lo);
    }

    /// Adds one value.
    #[inline(always)]
    pub fn add(&mut self, value: f64) {
        let (hi, lo, left) = step(self.hi, self.lo, value);
        if left {
            self.spill(value, 1);
        } else {
            (self.hi, self.lo) = (hi, lo);
        }
    }

    /// Takes back a value that was added; also a NaN or an infinity, which leaves no trace.
    #[inline(always)]
    pub fn subtract(&mut self, value: f64) {
        let (hi, lo, left) = step(self.hi, self.lo, -value);
        if left {
            self.spill(value, -1);
        } else {
            (self.hi, self.lo) = (hi, lo);
        }
    }

    /// Moves the pair and one more value into the accumulator.
    #[cold]
    #[inline(never)]
    fn spill(&mut self, value: f64, times: i64) {
        if !value.is_finite() {
            self.spilled().add(value, times);
            return;
        }
        let (hi, lo) = (self.hi, self.lo);
        let spill = self.spilled();
        spill.add(hi, 1);
        spill.add(lo, 1);
        spill.add(value, times);
        (self.hi, self.lo) = (0.0, 0.0);
    }

    fn spilled(&mut self) -> &mut Spill {
        self.spill.get_or_insert_with(|| Box::new(Spill::new()))
    }

    /// Adds all values.
    #[inline(always)]
    pub fn add_slice(&mut self, values: &[f64]) {
        self.add_slice_in_lanes::<8>(values, ALL_VALID);
    }

    /// Adds the values whose validity bit is set; `validity(i)` is the word with the bits of rows
    /// `64·i..64·i + 64`. What lies under the others may be anything.
    #[inline(always)]
    pub fn add_slice_masked(&mut self, values: &[f64], validity: impl Fn(usize) -> u64) {
        self.add_slice_in_lanes::<8>(values, Some(validity));
    }

    /// Adds values in blocks, in as many lanes as suit the CPU level the caller is compiled for
    /// (see [`add_block`]).
    #[inline(always)]
    pub fn add_slice_in_lanes<const N: usize>(
        &mut self,
        values: &[f64],
        validity: Option<impl Fn(usize) -> u64>,
    ) {
        let mut lanes = SumLanes::<N>::default();
        for (index, block) in values.chunks(BLOCK).enumerate() {
            let first_word = index * (BLOCK / 64);
            let word = validity
                .as_ref()
                .map(|validity| move |word: usize| validity(first_word + word));
            let mut next = lanes;
            if add_block(block, word, &mut next) {
                lanes = next;
            } else {
                // Huge values in the lanes would keep spoiling blocks of small ones: start anew.
                self.add_lanes(&lanes);
                lanes = SumLanes::default();
                self.add_exactly(block, word);
            }
        }
        self.add_lanes(&lanes);
    }

    /// Adds what exact lanes hold.
    #[inline(always)]
    pub fn add_lanes<const N: usize>(&mut self, lanes: &SumLanes<N>) {
        if let Some((hi, lo)) = lanes.together() {
            self.add(hi);
            self.add(lo);
            return;
        }
        for (hi, lo) in lanes.pairs() {
            self.add(hi);
            self.add(lo);
        }
    }

    #[cold]
    fn add_exactly(&mut self, values: &[f64], validity: Option<impl Fn(usize) -> u64>) {
        let spill = self.spilled();
        for (row, &value) in values.iter().enumerate() {
            if validity
                .as_ref()
                .is_none_or(|word| word(row / 64) >> (row % 64) & 1 == 1)
            {
                spill.add(value, 1);
            }
        }
    }

    /// Adds another sum.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.add(other.hi);
        self.add(other.lo);
        if let Some(other) = &other.spill {
            self.spilled().merge(other);
        }
    }

    /// The exact sum, rounded once.
    #[inline(always)]
    #[must_use]
    pub fn value(&self) -> f64 {
        match &self.spill {
            None => self.hi + self.lo,
            Some(spill) => self.value_with(spill),
        }
    }

    #[cold]
    fn value_with(&self, spill: &Spill) -> f64 {
        spill.non_finite().unwrap_or_else(|| {
            if spill.empty {
                self.hi + self.lo
            } else {
                self.accumulated().round()
            }
        })
    }

    /// The exact sum divided by `count`, rounded once; `None` for a count of zero. (So the mean of
    /// finite values is finite, even where their sum is not.)
    #[inline]
    #[must_use]
    pub fn mean(&self, count: u64) -> Option<f64> {
        self.mean_over(MeanDivisor::new(count), count)
    }

    /// [`mean`](Self::mean) with a divisor prepared for this count.
    #[inline(always)]
    pub(super) fn mean_over(&self, divisor: MeanDivisor, count: u64) -> Option<f64> {
        if self.spill.is_none()
            && let Some(mean) = divisor.mean(self.hi, self.lo)
        {
            return Some(mean);
        }
        self.exact_mean(divisor, count)
    }

    #[cold]
    #[inline(never)]
    fn exact_mean(&self, divisor: MeanDivisor, count: u64) -> Option<f64> {
        if count == 0 {
            return None;
        }
        if let Some(value) = self.non_finite() {
            return Some(value);
        }
        if !self.is_spilled()
            && let Some(mean) = divisor.mean(self.hi, self.lo)
        {
            return Some(mean);
        }
        Some(self.to_dyadic().round_quotient(&[count]))
    }

    /// The value, if it is decided by NaN or infinities.
    pub(super) fn non_finite(&self) -> Option<f64> {
        self.spill.as_ref().and_then(|spill| spill.non_finite())
    }

    /// Whether the pair alone doesn't hold all finite values.
    #[inline]
    pub(super) fn is_spilled(&self) -> bool {
        self.spill.as_ref().is_some_and(|spill| !spill.empty)
    }

    /// Goes back to a pair, if a pair can hold the sum.
    pub(super) fn settle(&mut self) {
        if self.is_spilled() {
            let sum = self.accumulated();
            let pair = sum.to_pair();
            let Some(spill) = &mut self.spill else { return };
            if let Some(pair) = pair {
                (self.hi, self.lo) = pair;
                (spill.accumulator, spill.empty) = (SumAccumulator::new(), true);
            } else {
                (self.hi, self.lo) = (0.0, 0.0);
                spill.accumulator = sum;
            }
        }
        self.spill.take_if(|spill| spill.is_idle());
    }

    /// All finite values, in one accumulator.
    fn accumulated(&self) -> SumAccumulator {
        let mut sum = self
            .spill
            .as_ref()
            .map_or_else(SumAccumulator::new, |spill| spill.accumulator.clone());
        sum.add(self.hi);
        sum.add(self.lo);
        sum
    }

    /// The sum as a number within bounds, if the pair holds it.
    #[inline(always)]
    pub(super) fn near(&self) -> Option<Near> {
        self.as_pair().map(|(hi, lo)| Near::sum(hi, lo))
    }

    /// The exact sum of all finite values.
    pub(super) fn to_dyadic(&self) -> Dyadic {
        if self.is_spilled() {
            self.accumulated().to_dyadic()
        } else {
            Dyadic::sum(&[self.hi, self.lo])
        }
    }

    /// The state as words. Equal sums may give different words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = Vec::with_capacity(4);
        self.write(&mut words);
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, Self::read)
    }

    pub(super) fn write(&self, words: &mut Vec<u64>) {
        words.extend([
            HEADER,
            self.hi.to_bits(),
            self.lo.to_bits(),
            u64::from(self.spill.is_some()),
        ]);
        if let Some(spill) = &self.spill {
            spill.write(words);
        }
    }

    pub(super) fn read(words: &mut WordReader<'_>) -> Result<Self, MalformedWords> {
        words.expect(HEADER)?;
        let mut sum = Self {
            hi: words.next_finite()?,
            lo: words.next_finite()?,
            spill: None,
        };
        if words.next_flag()? {
            sum.spill = Some(Box::new(Spill::read(words)?));
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut one_by_one = ExactSum::new();
        values.iter().for_each(|&value| one_by_one.add(value));
        let mut slice = ExactSum::new();
        slice.add_slice(values);
        let mut parts = ExactSum::new();
        for part in values.chunks(2) {
            let mut other = ExactSum::new();
            other.add_slice(part);
            parts.merge(&ExactSum::from_words(&other.to_words()).expect("own words"));
        }
        let value = slice.value();
        assert_eq!(one_by_one.value().to_bits(), value.to_bits());
        assert_eq!(parts.value().to_bits(), value.to_bits());
        value
    }

    #[test]
    fn zeros_are_positive() {
        for values in [
            &[][..],
            &[-0.0],
            &[-0.0, -0.0],
            &[1.0, -1.0],
            &[1e300, 1.0, 1e-300, -1e300, -1e-300, -1.0],
        ] {
            assert_eq!(sum(values).to_bits(), 0, "{values:?}");
        }
    }

    #[test]
    fn not_a_number_and_infinities() {
        let infinity = f64::INFINITY;
        assert!(sum(&[1.0, f64::NAN, infinity]).is_nan());
        assert!(sum(&[infinity, 1.0, -infinity]).is_nan());
        assert_eq!(sum(&[infinity, f64::MIN, f64::MIN]), infinity);
        assert_eq!(sum(&[-infinity, 1.0, -infinity]), -infinity);
    }

    #[test]
    fn only_the_whole_sum_overflows() {
        assert_eq!(sum(&[f64::MAX, f64::MAX, f64::MIN, f64::MIN, 3.0]), 3.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::MIN, -2f64.powi(970)]), f64::NEG_INFINITY);
        assert_eq!(sum(&[f64::MAX, 2f64.powi(970), -5e-324]), f64::MAX);
    }

    #[test]
    fn subtracting_undoes() {
        let mut sum = ExactSum::new();
        for value in [
            1.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            1e-300,
        ] {
            sum.add(value);
        }
        assert!(sum.value().is_nan());
        sum.subtract(f64::NAN);
        sum.subtract(f64::NEG_INFINITY);
        assert_eq!(sum.value(), f64::INFINITY);
        sum.subtract(f64::INFINITY);
        sum.subtract(1e300);
        sum.subtract(1e-300);
        assert_eq!(sum.value(), 1.0);
        assert!(sum.is_spilled());
        sum.settle();
        assert!(!sum.is_spilled());
        assert_eq!(sum.value(), 1.0);
    }

    #[test]
    fn means_are_of_the_exact_sum() {
        let mut sum = ExactSum::new();
        assert_eq!(sum.mean(0), None);
        sum.add_slice(&[f64::MAX, f64::MAX, f64::MAX]);
        assert_eq!(sum.mean(3), Some(f64::MAX));
        let mut sum = ExactSum::new();
        sum.add_slice(&[5e-324, 5e-324, 5e-324, 0.0]);
        assert_eq!(sum.mean(4), Some(5e-324));
        assert_eq!(sum.mean(6), Some(0.0));
        sum.add(f64::INFINITY);
        assert_eq!(sum.mean(5), Some(f64::INFINITY));
    }

    #[test]
    fn masked_rows_may_hold_anything() {
        let mut values = vec![1.0; 3000];
        values[7] = f64::NAN;
        values[1500] = 1e300;
        values[1501] = 1e-300;
        let mut sum = ExactSum::new();
        sum.add_slice_masked(&values, |word| match word {
            0 => !(1 << 7),
            // Row 1501 is row 29 of word 23.
            23 => !(1 << 29),
            _ => u64::MAX,
        });
        sum.subtract(1e300);
        assert_eq!(sum.value(), 2997.0);
    }

    #[test]
    fn other_words_are_refused() {
        let words = ExactSum::from_pair(1.0, 1e-20).to_words();
        assert!(ExactSum::from_words(&words).is_ok());
        assert!(ExactSum::from_words(&words[1..]).is_err());
        assert!(ExactSum::from_words(&words[..3]).is_err());
        let nan = [HEADER, f64::NAN.to_bits(), 0, 0];
        assert!(ExactSum::from_words(&nan).is_err());
        let long = [HEADER, 0, 0, 1, 0, 0, 0, 71];
        assert!(ExactSum::from_words(&long).is_err());
    }
}
