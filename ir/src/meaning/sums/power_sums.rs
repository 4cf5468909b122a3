//! Σx to Σx⁴, exact, for skewness and kurtosis.
//!
//! With `A = n²·Σx³ − 3n·Σx·Σx² + 2(Σx)³`, `B = n·Σx² − (Σx)²` and
//! `Q = n³·Σx⁴ − 4n²·Σx·Σx³ + 6n·(Σx)²·Σx² − 3(Σx)⁴`, all without rounding, the population's
//! skewness is `A / √B³` and its excess kurtosis `(Q − 3B²) / B²`. A sample's are corrected as usual:
//! `√(n(n−1)) / (n−2)` times the skewness, and `(n−1) / ((n−2)(n−3))` times `(n+1)` times the excess
//! plus 6. Each is a quotient or the root of one, and rounded once.

use super::{
    dyadic::Dyadic,
    near::Near,
    ratio::{round_ratio, round_root_of_ratio},
    rounding::decompose,
    wide_sum::WideSum,
    words::{MalformedWords, WordReader},
};

/// "powers", layout 1.
const HEADER: u64 = 0x706f_7765_7273_0001;

/// Digits of 32 bits of the fourth power of 64 bits, and one more for where it begins.
const DIGITS: usize = 9;

/// Digits that a sum of ordinary data stays below.
const WIDE: usize = 32;

/// Count and the sums of the first four powers of f64 values and integers of up to 64 bits, exact
/// until they are read.
///
/// ```
/// use icosian_ir::meaning::sums::PowerSums;
/// let mut sums = PowerSums::new();
/// [1.0, 2.0, 4.0].iter().for_each(|value| sums.add(*value));
/// assert_eq!(sums.skewness(true), Some(0.3818017741606063));
/// assert_eq!(sums.kurtosis(true), Some(-1.5));
/// ```
#[derive(Clone, Debug, Default)]
pub struct PowerSums {
    count: u64,
    sums: [WideSum; 4],
    /// How many values were NaN or infinite.
    not_finite: u64,
}

impl PowerSums {
    /// The sums of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        if value.is_finite() {
            self.powers(false, decompose(value));
        } else {
            self.not_finite += 1;
        }
    }

    /// Adds one integer, of at most 64 bits.
    pub fn add_integer(&mut self, value: i128) {
        self.count += 1;
        self.powers(false, (value < 0, value.unsigned_abs() as u64, 0));
    }

    /// Takes back a value that was added: the sums are exact, so that leaves no trace.
    pub fn subtract(&mut self, value: f64) {
        self.count -= 1;
        if value.is_finite() {
            self.powers(true, decompose(value));
        } else {
            self.not_finite -= 1;
        }
    }

    /// Takes back an integer that was added.
    pub fn subtract_integer(&mut self, value: i128) {
        self.count -= 1;
        self.powers(true, (value < 0, value.unsigned_abs() as u64, 0));
    }

    /// Whether values that left made the sums wider than most data does: they are as exact, but
    /// slower.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.sums.iter().any(|sum| sum.width() > WIDE)
    }

    /// Adds the powers of `± significand · 2^exponent`, or takes them off.
    fn powers(&mut self, off: bool, (negative, significand, exponent): (bool, u64, i32)) {
        if significand == 0 {
            return;
        }
        let mut power = [0u32; DIGITS];
        power[0] = 1;
        for (index, sum) in self.sums.iter_mut().enumerate() {
            let degree = index + 1;
            let used = 2 * degree;
            multiply(&mut power[..used], significand);
            let place = exponent * degree as i32;
            let shift = place.rem_euclid(32);
            let mut digits = [0u32; DIGITS];
            let mut below = 0u64;
            for (digit, part) in digits.iter_mut().zip(&power[..=used]) {
                let shifted = u64::from(*part) << shift | below;
                *digit = shifted as u32;
                below = shifted >> 32;
            }
            sum.add(
                off ^ (negative && degree % 2 == 1),
                &digits[..=used],
                place.div_euclid(32),
            );
        }
    }

    /// Adds the sums of other values.
    pub fn merge(&mut self, other: &Self) {
        // Only counts read from foreign words could overflow.
        self.count = self.count.saturating_add(other.count);
        self.not_finite = self.not_finite.saturating_add(other.not_finite);
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            sum.merge(other);
        }
    }

    /// How many values were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The skewness, of the population if it may be biased; `None` without values, or below three of
    /// a sample. NaN if all values are equal or one is not finite.
    #[must_use]
    pub fn skewness(&self, biased: bool) -> Option<f64> {
        if self.count < if biased { 1 } else { 3 } {
            return None;
        }
        self.quick_skewness(biased)
            .or_else(|| self.exact_skewness(biased))
    }

    #[cold]
    fn exact_skewness(&self, biased: bool) -> Option<f64> {
        let (n, [x, x2, x3, _], second) = self.parts()?;
        let (Some(second), 0) = (second, self.not_finite) else {
            return Some(f64::NAN);
        };
        let number = Dyadic::from_u64;
        let third = n
            .times(&n)
            .times(&x3)
            .minus(&number(3).times(&n).times(&x).times(&x2))
            .plus(&number(2).times(&x).times(&x).times(&x));
        let mut above = third.times(&third);
        let mut below = second.times(&second).times(&second);
        if !biased {
            let less = number(self.count - 2);
            above = above.times(&n).times(&number(self.count - 1));
            below = below.times(&less).times(&less);
        }
        let magnitude = round_root_of_ratio(&above, &below);
        Some(if third.is_negative() && !third.is_zero() {
            -magnitude
        } else {
            magnitude
        })
    }

    /// The excess kurtosis likewise, of a sample from four values.
    #[must_use]
    pub fn kurtosis(&self, biased: bool) -> Option<f64> {
        if self.count < if biased { 1 } else { 4 } {
            return None;
        }
        self.quick_kurtosis(biased)
            .or_else(|| self.exact_kurtosis(biased))
    }

    #[cold]
    fn exact_kurtosis(&self, biased: bool) -> Option<f64> {
        let (n, [x, x2, x3, x4], second) = self.parts()?;
        let (Some(second), 0) = (second, self.not_finite) else {
            return Some(f64::NAN);
        };
        let number = Dyadic::from_u64;
        let squared = x.times(&x);
        let fourth = n
            .times(&n)
            .times(&n)
            .times(&x4)
            .minus(&number(4).times(&n).times(&n).times(&x).times(&x3))
            .plus(&number(6).times(&n).times(&squared).times(&x2))
            .minus(&number(3).times(&squared).times(&squared));
        let square = second.times(&second);
        let excess = fourth.minus(&number(3).times(&square));
        if biased {
            return Some(round_ratio(&excess, &square));
        }
        let above = number(self.count + 1)
            .times(&excess)
            .plus(&number(6).times(&square))
            .times(&number(self.count - 1));
        let below = square
            .times(&number(self.count - 2))
            .times(&number(self.count - 3));
        Some(round_ratio(&above, &below))
    }

    /// As the exact way to the skewness, unless that is in doubt.
    fn quick_skewness(&self, biased: bool) -> Option<f64> {
        let (n, number) = (self.quick_count()?, Near::integer);
        let [x, x2, x3] = [&self.sums[0], &self.sums[1], &self.sums[2]].map(WideSum::near);
        let (x, x2, x3) = (x?, x2?, x3?);
        let squared = x.times(x);
        let second = n.times(x2).minus(squared);
        let inner = n.times(x3).minus(number(3).times(x).times(x2));
        let third = n.times(inner).plus(number(2).times(squared).times(x));
        let negative = third.sign()?;
        let mut above = third.times(third);
        let mut below = second.times(second).times(second);
        if !biased {
            let less = n.minus(number(2));
            above = above.times(n).times(n.minus(number(1)));
            below = below.times(less).times(less);
        }
        let magnitude = above.root_of_quotient(below)?;
        Some(if negative { -magnitude } else { magnitude })
    }

    /// As the exact way to the kurtosis, unless that is in doubt.
    fn quick_kurtosis(&self, biased: bool) -> Option<f64> {
        let (n, number) = (self.quick_count()?, Near::integer);
        let [x, x2, x3, x4] = self.sums.each_ref().map(WideSum::near);
        let (x, x2, x3, x4) = (x?, x2?, x3?, x4?);
        let squared = x.times(x);
        let second = n.times(x2).minus(squared);
        let inner = n.times(x4).minus(number(4).times(x).times(x3));
        let inner = n.times(inner).plus(number(6).times(squared).times(x2));
        let fourth = n
            .times(inner)
            .minus(number(3).times(squared).times(squared));
        let square = second.times(second);
        let excess = fourth.minus(number(3).times(square));
        if biased {
            return excess.quotient(square);
        }
        let above = n
            .plus(number(1))
            .times(excess)
            .plus(number(6).times(square));
        let below = square.times(n.minus(number(2)));
        let (above, below) = (
            above.times(n.minus(number(1))),
            below.times(n.minus(number(3))),
        );
        above.quotient(below)
    }

    /// The count, unless some value was not finite.
    fn quick_count(&self) -> Option<Near> {
        let count = i64::try_from(self.count).ok().map(Near::integer)?;
        (self.not_finite == 0).then_some(count)
    }

    /// The count, the sums, and `n·Σx² − (Σx)²` unless it is zero.
    fn parts(&self) -> Option<(Dyadic, [Dyadic; 4], Option<Dyadic>)> {
        let n = Dyadic::from_u64(self.count);
        let sums = self.sums.each_ref().map(WideSum::to_dyadic);
        let second = n.times(&sums[1]).minus(&sums[0].times(&sums[0]));
        let second = Some(second).filter(|second| !second.is_zero());
        Some((n, sums, second))
    }

    /// The state as words. Equal sums may give different words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = vec![HEADER, self.count, self.not_finite];
        self.sums.iter().for_each(|sum| sum.write(&mut words));
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(HEADER)?;
            let count = words.next()?;
            let not_finite = words.next()?;
            let mut sums: [WideSum; 4] = Default::default();
            for sum in &mut sums {
                *sum = WideSum::read(words)?;
            }
            Ok(Self {
                count,
                sums,
                not_finite,
            })
        })
    }
}

/// Multiplies a number given by its digits in place; what overflows them is zero.
fn multiply(digits: &mut [u32], by: u64) {
    let mut carry = 0u128;
    for digit in digits {
        let product = u128::from(*digit) * u128::from(by) + carry;
        *digit = product as u32;
        carry = product >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(values: &[f64]) -> PowerSums {
        let mut sums = PowerSums::new();
        let mut merged = PowerSums::new();
        for value in values {
            sums.add(*value);
            let mut one = PowerSums::new();
            one.add(*value);
            merged.merge(&PowerSums::from_words(&one.to_words()).expect("own words"));
        }
        for biased in [true, false] {
            let bits = |value: Option<f64>| value.map(f64::to_bits);
            assert_eq!(bits(merged.skewness(biased)), bits(sums.skewness(biased)));
            assert_eq!(bits(merged.kurtosis(biased)), bits(sums.kurtosis(biased)));
        }
        sums
    }

    // Expected values by Python's fractions, and its decimal for the roots.
    #[test]
    fn by_exact_fractions() {
        let four = sums(&[1.0, 2.0, 4.0, 8.0]);
        assert_eq!(four.skewness(true), Some(0.6568077344996993));
        assert_eq!(four.skewness(false), Some(1.1376243669576889));
        assert_eq!(four.kurtosis(true), Some(-1.0989792060491494));
        assert_eq!(four.kurtosis(false), Some(0.7576559546313799));
    }

    #[test]
    fn a_common_shift_cancels() {
        let shifted = sums(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 4.0, 1e9 + 8.0]);
        assert_eq!(shifted.skewness(true), Some(0.6568077344996993));
        let scaled = sums(&[0.0, 1e-320, 3e-320]);
        assert_eq!(scaled.skewness(true), Some(0.3818017741606063));
    }

    #[test]
    fn what_was_taken_back_leaves_no_trace() {
        let mut moved = sums(&[f64::NAN, 1e300, 1.0, 2.0, 4.0, f64::INFINITY, -0.0]);
        for value in [f64::NAN, 1e300, f64::INFINITY, -0.0] {
            moved.subtract(value);
        }
        assert!(moved.is_worn());
        assert_eq!(moved.skewness(true), Some(0.3818017741606063));
        moved.add_integer(-7);
        moved.subtract_integer(-7);
        moved.add(8.0);
        assert_eq!(moved.kurtosis(false), Some(0.7576559546313799));
        assert!(!sums(&[1.0, 2.0]).is_worn());
    }

    #[test]
    fn integers_of_64_bits() {
        let mut integers = PowerSums::new();
        for value in [1, 2, 4, 8] {
            integers.add_integer(i128::from(u64::MAX) - 8 + value);
        }
        assert_eq!(integers.kurtosis(false), Some(0.7576559546313799));
        assert_eq!(integers.skewness(false), Some(1.1376243669576889));
        let mut extremes = PowerSums::new();
        for value in [i64::MIN, i64::MIN, i64::MAX] {
            extremes.add_integer(value.into());
        }
        assert_eq!(
            extremes.skewness(true),
            Some(std::f64::consts::FRAC_1_SQRT_2)
        );
    }

    #[test]
    fn too_few_and_constant_values() {
        assert_eq!(sums(&[]).skewness(true), None);
        assert_eq!(sums(&[1.0, 2.0]).skewness(false), None);
        assert_eq!(sums(&[1.0, 2.0, 3.0]).kurtosis(false), None);
        let even = sums(&[2.5, -3.0]).skewness(true).map(f64::to_bits);
        assert_eq!(even, Some(0), "no skewness is +0");
        assert_eq!(sums(&[1.0, 2.0, 3.0]).skewness(false), Some(0.0));
        for values in [&[0.1; 5][..], &[1.0, 2.0, f64::INFINITY, 4.0, f64::NAN]] {
            assert!(sums(values).skewness(false).is_some_and(f64::is_nan));
            assert!(sums(values).kurtosis(false).is_some_and(f64::is_nan));
        }
    }

    #[test]
    fn words_of_other_states_are_refused() {
        let words = sums(&[1.0, -3.0]).to_words();
        assert!(PowerSums::from_words(&words[..words.len() - 1]).is_err());
        assert!(PowerSums::from_words(&[HEADER, 1, 0, 5, u64::MAX]).is_err());
    }

    #[test]
    fn quick_is_exact_or_declines() {
        let mut state = 5u64;
        let mut random = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / 2f64.powi(53)
        };
        let mut quick_ones = 0;
        for round in 0..1500 {
            let offset = 2f64.powi(round % 60 - 40);
            let mut sums = PowerSums::new();
            for _ in 0..5 + round % 40 {
                sums.add(offset + random());
            }
            for biased in [false, true] {
                let pairs = [
                    (sums.quick_skewness(biased), sums.exact_skewness(biased)),
                    (sums.quick_kurtosis(biased), sums.exact_kurtosis(biased)),
                ];
                for (quick, exact) in pairs {
                    if quick.is_some() {
                        assert_eq!(quick.map(f64::to_bits), exact.map(f64::to_bits));
                        quick_ones += 1;
                    }
                }
            }
        }
        assert!(quick_ones > 3500, "{quick_ones} of 6000");
    }
}
