//! Sums of decimals of up to 38 digits: more than 128 bits on the way, where they may cancel.

use super::{
    dyadic::Dyadic,
    words::{MalformedWords, WordReader},
};

/// "dsum", layout 1.
const HEADER: u64 = 0x6473_756d_0000_0001;

/// The exact sum of 128-bit integers, in 192 bits: it can't overflow below 2⁶³ rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecimalSum {
    low: u128,
    high: i64,
}

impl DecimalSum {
    /// The sum of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    #[inline(always)]
    pub fn add(&mut self, value: i128) {
        let (low, carry) = self.low.overflowing_add(value.cast_unsigned());
        self.low = low;
        let sign = if value < 0 { -1 } else { 0 };
        self.high = self.high.wrapping_add(sign + i64::from(carry));
    }

    /// Takes back a value that was added.
    #[inline(always)]
    pub fn subtract(&mut self, value: i128) {
        let (low, borrow) = self.low.overflowing_sub(value.cast_unsigned());
        self.low = low;
        let sign = if value < 0 { 1 } else { 0 };
        self.high = self.high.wrapping_add(sign - i64::from(borrow));
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        let (low, carry) = self.low.overflowing_add(other.low);
        self.low = low;
        self.high = (self.high.wrapping_add(other.high)).wrapping_add(i64::from(carry));
    }

    /// The exact sum; none if 128 bits don't hold it.
    #[must_use]
    pub fn value(&self) -> Option<i128> {
        let value = self.low.cast_signed();
        (self.high == if value < 0 { -1 } else { 0 }).then_some(value)
    }

    /// The exact sum of numbers of so many places divided by `count`, rounded once; `None` for a
    /// count of zero.
    #[must_use]
    pub fn mean(&self, count: u64, places: u8) -> Option<f64> {
        const EXACT: u128 = 1 << 53;
        if count == 0 {
            return None;
        }
        let half = |places: u8| 10u64.pow(u32::from(places));
        if let Some(total) = self.value()
            && total.unsigned_abs() <= EXACT
            && let Some(divisor) = 10u64
                .checked_pow(places.into())
                .and_then(|unit| unit.checked_mul(count))
            && u128::from(divisor) <= EXACT
        {
            return Some(total as f64 / divisor as f64);
        }
        let negative = self.high < 0;
        let (low, high) = if negative {
            let (low, carry) = (!self.low).overflowing_add(1);
            (low, (!self.high).wrapping_add(i64::from(carry)))
        } else {
            (self.low, self.high)
        };
        let words = [low as u64, (low >> 64) as u64, high.cast_unsigned()];
        let limbs = words
            .into_iter()
            .flat_map(|word| [word as u32, (word >> 32) as u32]);
        let first = places.min(19);
        let divisors = [count, half(first), half(places - first)];
        Some(Dyadic::new(negative, limbs, 0).round_quotient(&divisors))
    }

    /// The state as words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        vec![
            HEADER,
            self.low as u64,
            (self.low >> 64) as u64,
            self.high.cast_unsigned(),
        ]
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(HEADER)?;
            Ok(Self {
                low: words.next_i128()?.cast_unsigned(),
                high: words.next()?.cast_signed(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

    #[test]
    fn what_goes_beyond_128_bits_may_come_back() {
        let mut sum = DecimalSum::new();
        (0..5).for_each(|_| sum.add(MOST));
        assert_eq!(sum.value(), None);
        assert_eq!(DecimalSum::from_words(&sum.to_words()), Ok(sum));
        (0..4).for_each(|_| sum.add(-MOST));
        assert_eq!(sum.value(), Some(MOST));
        (0..3).for_each(|_| sum.subtract(MOST));
        assert_eq!(sum.value(), None);
        (0..2).for_each(|_| sum.subtract(-MOST));
        assert_eq!(sum.value(), Some(0));
        let mut other = DecimalSum::new();
        other.add(-1);
        sum.merge(&other);
        assert_eq!(sum.value(), Some(-1));
    }

    /// Expectations by Python's fractions.Fraction.
    #[test]
    fn means_are_rounded_once() {
        let mean = |values: &[i128], places| {
            let mut sum = DecimalSum::new();
            values.iter().for_each(|value| sum.add(*value));
            sum.mean(values.len() as u64, places)
        };
        assert_eq!(mean(&[], 2), None);
        assert_eq!(mean(&[10, 20], 2), Some(0.15));
        assert_eq!(mean(&[-1, 0, 0], 0), Some(-1.0 / 3.0));
        assert_eq!(mean(&[MOST, MOST, MOST], 38), Some(1.0));
        assert_eq!(mean(&[-MOST, -MOST, -MOST, -MOST], 0), Some(-1e38));
    }
}
