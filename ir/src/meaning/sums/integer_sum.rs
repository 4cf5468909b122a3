//! Sums and moments of integers, in as many bits as they take.

use super::{
    dyadic::Dyadic,
    mean::MeanDivisor,
    words::{MalformedWords, WordReader},
};

/// "isum", layout 1.
const SUM_HEADER: u64 = 0x6973_756d_0000_0001;
/// "imoment", layout 1.
const MOMENTS_HEADER: u64 = 0x0069_6d6f_6d65_0001;

/// The exact sum of integers of up to 64 bits. It can't overflow below 2⁶³ rows; whether it fits the
/// type it is delivered as is for the caller to check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntegerSum {
    total: i128,
}

/// Rows for which a sum of 32-bit halves fits 64 bits.
const HALVES_BLOCK: usize = 1 << 30;

impl IntegerSum {
    /// The sum of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    #[inline(always)]
    pub fn add(&mut self, value: impl Into<i128>) {
        self.total = self.total.wrapping_add(value.into());
    }

    /// Takes back a value that was added.
    #[inline(always)]
    pub fn subtract(&mut self, value: impl Into<i128>) {
        self.total = self.total.wrapping_sub(value.into());
    }

    /// Adds all values, halves apart, which vectorizes.
    #[inline(always)]
    pub fn add_slice(&mut self, values: &[i64]) {
        for block in values.chunks(HALVES_BLOCK) {
            let (mut low, mut high) = (0u64, 0i64);
            for &value in block {
                low = low.wrapping_add(value as u64 & 0xffff_ffff);
                high = high.wrapping_add(value >> 32);
            }
            self.add((i128::from(high) << 32) + i128::from(low));
        }
    }

    /// Adds all values.
    #[inline(always)]
    pub fn add_unsigned_slice(&mut self, values: &[u64]) {
        for block in values.chunks(HALVES_BLOCK) {
            let (mut low, mut high) = (0u64, 0u64);
            for &value in block {
                low = low.wrapping_add(value & 0xffff_ffff);
                high = high.wrapping_add(value >> 32);
            }
            self.add((i128::from(high) << 32) + i128::from(low));
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.total = self.total.wrapping_add(other.total);
    }

    /// The exact sum.
    #[must_use]
    pub fn value(&self) -> i128 {
        self.total
    }

    /// The exact sum divided by `count`, rounded once; `None` for a count of zero.
    #[must_use]
    pub fn mean(&self, count: u64) -> Option<f64> {
        const EXACT: u128 = 1 << 53;
        if count == 0 {
            return None;
        }
        if self.total.unsigned_abs() <= EXACT && u128::from(count) <= EXACT {
            return Some(self.total as f64 / count as f64);
        }
        if self.total.unsigned_abs() < 1 << 100 {
            let hi = self.total as f64;
            let lo = (self.total - hi as i128) as f64;
            if let Some(mean) = MeanDivisor::new(count).mean(hi, lo) {
                return Some(mean);
            }
        }
        Some(Dyadic::from_i128(self.total).round_quotient(&[count]))
    }

    /// The state as words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = vec![SUM_HEADER];
        words.extend(split(self.total.cast_unsigned()));
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(SUM_HEADER)?;
            Ok(Self {
                total: words.next_i128()?,
            })
        })
    }
}

fn split(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}

/// Count, Σx and Σx² of integers of up to 64 bits, exact; read as [`Moments`](super::Moments) are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntegerMoments {
    count: u64,
    sum: IntegerSum,
    /// Σx² takes up to 191 bits.
    squares_low: u128,
    squares_high: u64,
}

impl IntegerMoments {
    /// The moments of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value, of at most 64 bits.
    #[inline(always)]
    pub fn add(&mut self, value: impl Into<i128>) {
        let value = value.into();
        let size = value.unsigned_abs();
        debug_assert!(size <= u128::from(u64::MAX));
        self.count += 1;
        self.sum.add(value);
        self.add_squares(size * size, 0);
    }

    /// Takes back a value that was added.
    #[inline(always)]
    pub fn subtract(&mut self, value: impl Into<i128>) {
        let value = value.into();
        let size = value.unsigned_abs();
        self.count = self.count.saturating_sub(1);
        self.sum.subtract(value);
        let (rest, borrow) = self.squares_low.overflowing_sub(size * size);
        self.squares_low = rest;
        self.squares_high = self.squares_high.wrapping_sub(u64::from(borrow));
    }

    /// Adds all values.
    pub fn add_slice(&mut self, values: &[i64]) {
        self.count += values.len() as u64;
        self.sum.add_slice(values);
        for value in values {
            let size = u128::from(value.unsigned_abs());
            self.add_squares(size * size, 0);
        }
    }

    #[inline(always)]
    fn add_squares(&mut self, low: u128, high: u64) {
        let (sum, carry) = self.squares_low.overflowing_add(low);
        self.squares_low = sum;
        self.squares_high = self
            .squares_high
            .wrapping_add(high)
            .wrapping_add(u64::from(carry));
    }

    /// Adds the moments of other values.
    pub fn merge(&mut self, other: &Self) {
        // Only counts read from foreign words could overflow.
        self.count = self.count.saturating_add(other.count);
        self.sum.merge(&other.sum);
        self.add_squares(other.squares_low, other.squares_high);
    }

    /// How many values were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum.
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.sum.value()
    }

    /// Σx / n, rounded once; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.sum.mean(self.count)
    }

    /// (n·Σx² − (Σx)²) / (n·(n − ddof)), rounded once; `None` for n ≤ ddof.
    #[must_use]
    pub fn variance(&self, ddof: u64) -> Option<f64> {
        if self.count <= ddof {
            return None;
        }
        let [low, middle] = split(self.squares_low);
        let limbs = [low, middle, self.squares_high]
            .into_iter()
            .flat_map(|word| [word as u32, (word >> 32) as u32]);
        let squares = Dyadic::new(false, limbs, 0);
        let sum = Dyadic::from_i128(self.sum.total);
        let scaled = squares.times(&Dyadic::from_u64(self.count));
        Some(
            scaled
                .minus(&sum.times(&sum))
                .round_quotient(&[self.count, self.count - ddof]),
        )
    }

    /// The square root, correctly rounded, of the [`variance`](Self::variance) (which is rounded
    /// itself); `None` for n ≤ ddof.
    #[must_use]
    pub fn standard_deviation(&self, ddof: u64) -> Option<f64> {
        self.variance(ddof).map(f64::sqrt)
    }

    /// The state as words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = vec![MOMENTS_HEADER, self.count];
        words.extend(split(self.sum.total.cast_unsigned()));
        words.extend(split(self.squares_low));
        words.push(self.squares_high);
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(MOMENTS_HEADER)?;
            let count = words.next()?;
            let sum = IntegerSum {
                total: words.next_i128()?,
            };
            let squares_low = words.next_i128()?.cast_unsigned();
            Ok(Self {
                count,
                sum,
                squares_low,
                squares_high: words.next()?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_overflow() {
        let mut sum = IntegerSum::new();
        sum.add_slice(&[i64::MAX, i64::MAX, i64::MIN, -1]);
        sum.add_unsigned_slice(&[u64::MAX, u64::MAX]);
        assert_eq!(
            sum.value(),
            i128::from(i64::MAX) - 2 + 2 * i128::from(u64::MAX)
        );
        assert_eq!(IntegerSum::from_words(&sum.to_words()), Ok(sum));
        assert!(IntegerMoments::from_words(&sum.to_words()).is_err());
    }

    #[test]
    fn means_are_rounded_once() {
        let mean = |total: i128, count| {
            let mut sum = IntegerSum::new();
            sum.add(total);
            sum.mean(count)
        };
        assert_eq!(mean(0, 0), None);
        assert_eq!(mean(10, 4), Some(2.5));
        assert_eq!(mean(-1, 3), Some(-1.0 / 3.0));
        // 2⁵³ + 1 lies between two numbers: a tie, to even. Times three and one more: above it.
        let odd = (1i128 << 53) + 1;
        assert_eq!(mean(odd * 3, 3), Some(2f64.powi(53)));
        assert_eq!(mean(odd * 3 + 1, 3), Some(2f64.powi(53) + 2.0));
        assert_eq!(mean(-odd * 3 - 1, 3), Some(-(2f64.powi(53)) - 2.0));
        assert_eq!(mean(i128::MIN, u64::MAX), Some(-(2f64.powi(63))));
    }

    #[test]
    fn variance_of_extremes() {
        let mut moments = IntegerMoments::new();
        moments.add_slice(&[i64::MAX, i64::MIN, i64::MAX, i64::MIN]);
        // Each lies 2⁶³ − ½ from the mean.
        assert_eq!(moments.variance(0), Some(2f64.powi(126)));
        assert_eq!(moments.mean(), Some(-0.5));
        let mut constant = IntegerMoments::new();
        (0..5).for_each(|_| constant.add(u64::MAX));
        assert_eq!(constant.variance(1), Some(0.0));
        assert_eq!(constant.variance(5), None);
        moments.merge(&constant);
        assert_eq!(moments.count(), 9);
        assert_eq!(IntegerMoments::from_words(&moments.to_words()), Ok(moments));
    }
}
