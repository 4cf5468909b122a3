//! First and second moments of f64 values, for mean, variance, standard deviation and covariance.
//!
//! Everything is computed from the exact Σx, Σy, Σx², Σy², Σxy, without rounding, and rounded once.
//! So nothing cancels: the variance of a constant is exactly zero and no variance is negative.

use super::{
    central_moment::central_moment,
    dyadic::Dyadic,
    exact_sum::{BLOCK, ExactSum},
    lanes::{ALL_VALID, MomentLanes, add_moments_block},
    near::Near,
    product_sum::ProductSum,
    ratio::round_root_of_ratio,
    words::{MalformedWords, WordReader},
};

/// "moment", layout 1.
const MOMENTS_HEADER: u64 = 0x6d6f_6d65_6e74_0001;
/// "comome", layout 1.
const CO_MOMENTS_HEADER: u64 = 0x636f_6d6f_6d65_0001;

/// Count, Σx and Σx² of f64 values. All of it is exact until it is read.
///
/// NaN and infinities make the mean what they make the sum, and variance and standard deviation NaN.
///
/// ```
/// use icosian_ir::meaning::sums::Moments;
/// let mut moments = Moments::new();
/// moments.add_slice(&[1e9, 1e9 + 1.0, 1e9 + 2.0]);
/// assert_eq!(moments.mean(), Some(1e9 + 1.0));
/// assert_eq!(moments.variance(1), Some(1.0));
/// assert_eq!(moments.variance(3), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Moments {
    count: u64,
    sum: ExactSum,
    squares: ProductSum,
}

impl Moments {
    /// The moments of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    #[inline(always)]
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum.add(value);
        self.squares.add(value, value);
    }

    /// Takes back a value that was added; also a NaN or an infinity, which leaves no trace.
    #[inline(always)]
    pub fn subtract(&mut self, value: f64) {
        self.count = self.count.saturating_sub(1);
        self.sum.subtract(value);
        self.squares.add(-value, value);
    }

    /// Whether values in and out have left more behind than a fresh state of those that stayed would
    /// have: it is as exact, but slower.
    #[inline(always)]
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.sum.as_pair().is_none() || self.squares.as_pairs().is_none()
    }

    /// Adds all values.
    #[inline(always)]
    pub fn add_slice(&mut self, values: &[f64]) {
        self.add_slice_in_lanes::<16>(values, ALL_VALID);
    }

    /// Adds the values whose validity bit is set; `validity(i)` is the word with the bits of rows
    /// `64·i..64·i + 64`. What lies under the others may be anything.
    #[inline(always)]
    pub fn add_slice_masked(&mut self, values: &[f64], validity: impl Fn(usize) -> u64) {
        self.add_slice_in_lanes::<16>(values, Some(validity));
    }

    /// Adds values in blocks, in as many lanes as suit the CPU level the caller is compiled for.
    #[inline(always)]
    pub fn add_slice_in_lanes<const N: usize>(
        &mut self,
        values: &[f64],
        validity: Option<impl Fn(usize) -> u64>,
    ) {
        let mut lanes = MomentLanes::<N>::default();
        for (index, block) in values.chunks(BLOCK).enumerate() {
            let first_word = index * (BLOCK / 64);
            let word = validity
                .as_ref()
                .map(|validity| move |word: usize| validity(first_word + word));
            self.count += count_valid(block.len(), word);
            let mut next = lanes;
            if add_moments_block(block, word, &mut next) {
                lanes = next;
            } else {
                self.add_lanes(&lanes);
                lanes = MomentLanes::default();
                self.add_exactly(block, word);
            }
        }
        self.add_lanes(&lanes);
    }

    #[inline(always)]
    fn add_lanes<const N: usize>(&mut self, lanes: &MomentLanes<N>) {
        self.sum.add_lanes(&lanes.values);
        self.squares.add_lanes(&lanes.squares, &lanes.square_errors);
    }

    #[cold]
    fn add_exactly(&mut self, values: &[f64], validity: Option<impl Fn(usize) -> u64>) {
        for (row, &value) in values.iter().enumerate() {
            if validity
                .as_ref()
                .is_none_or(|word| word(row / 64) >> (row % 64) & 1 == 1)
            {
                self.sum.add(value);
                self.squares.add_exactly(value, value);
            }
        }
    }

    /// Adds the moments of other values.
    pub fn merge(&mut self, other: &Self) {
        // Only counts read from foreign words could overflow.
        self.count = self.count.saturating_add(other.count);
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
    }

    /// How many values were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum, rounded once.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum.value()
    }

    /// Σx / n, rounded once; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.sum.mean(self.count)
    }

    /// (n·Σx² − (Σx)²) / (n·(n − ddof)), rounded once; `None` for n ≤ ddof.
    #[inline(always)]
    #[must_use]
    pub fn variance(&self, ddof: u64) -> Option<f64> {
        central_moment(self.count, ddof, &self.sum, &self.sum, &self.squares)
    }

    /// The square root, correctly rounded, of the [`variance`](Self::variance) (which is rounded
    /// itself); `None` for n ≤ ddof.
    #[inline(always)]
    #[must_use]
    pub fn standard_deviation(&self, ddof: u64) -> Option<f64> {
        self.variance(ddof).map(f64::sqrt)
    }

    /// The state as words. Equal moments may give different words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = vec![MOMENTS_HEADER, self.count];
        self.sum.write(&mut words);
        self.squares.write(&mut words);
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(MOMENTS_HEADER)?;
            Ok(Self {
                count: words.next()?,
                sum: ExactSum::read(words)?,
                squares: ProductSum::read(words)?,
            })
        })
    }
}

/// Moments of pairs of values, for covariance.
#[derive(Clone, Debug, Default)]
pub struct CoMoments {
    count: u64,
    sums: [ExactSum; 2],
    /// Σx², Σy², Σxy.
    products: [ProductSum; 3],
}

impl CoMoments {
    /// The moments of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one pair.
    #[inline(always)]
    pub fn add(&mut self, x: f64, y: f64) {
        self.count += 1;
        self.sums[0].add(x);
        self.sums[1].add(y);
        self.products[0].add(x, x);
        self.products[1].add(y, y);
        self.products[2].add(x, y);
    }

    /// Adds one pair of numbers that are each the sum of two parts (see [`parts`](super::parts)).
    #[inline]
    pub fn add_parts(&mut self, x: (f64, f64), y: (f64, f64)) {
        if x.1 == 0.0 && y.1 == 0.0 {
            return self.add(x.0, y.0);
        }
        self.count += 1;
        for (sum, (high, low)) in self.sums.iter_mut().zip([x, y]) {
            sum.add(high);
            sum.add(low);
        }
        for (products, (left, right)) in self.products.iter_mut().zip([(x, x), (y, y), (x, y)]) {
            products.add_parts_product(left, right);
        }
    }

    /// Takes back a pair that was added as parts.
    #[inline]
    pub fn subtract_parts(&mut self, x: (f64, f64), y: (f64, f64)) {
        self.count = self.count.saturating_sub(1);
        for (sum, (high, low)) in self.sums.iter_mut().zip([x, y]) {
            sum.subtract(high);
            sum.subtract(low);
        }
        let negative = |(high, low): (f64, f64)| (-high, -low);
        let pairs = [(negative(x), x), (negative(y), y), (negative(x), y)];
        for (products, (left, right)) in self.products.iter_mut().zip(pairs) {
            if left.1 == 0.0 && right.1 == 0.0 {
                products.add(left.0, right.0);
            } else {
                products.add_parts_product(left, right);
            }
        }
    }

    /// As [`Moments::is_worn`].
    #[inline(always)]
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.sums.iter().any(|sum| sum.as_pair().is_none())
            || self.products.iter().any(|sum| sum.as_pairs().is_none())
    }

    /// Adds the moments of other pairs.
    pub fn merge(&mut self, other: &Self) {
        // Only counts read from foreign words could overflow.
        self.count = self.count.saturating_add(other.count);
        self.sums
            .iter_mut()
            .zip(&other.sums)
            .for_each(|(sum, other)| sum.merge(other));
        self.products
            .iter_mut()
            .zip(&other.products)
            .for_each(|(sum, other)| sum.merge(other));
    }

    /// How many pairs were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// (n·Σxy − Σx·Σy) / (n·(n − ddof)), rounded once; `None` for n ≤ ddof, NaN if any value is NaN or
    /// infinite.
    #[inline(always)]
    #[must_use]
    pub fn covariance(&self, ddof: u64) -> Option<f64> {
        central_moment(
            self.count,
            ddof,
            &self.sums[0],
            &self.sums[1],
            &self.products[2],
        )
    }

    /// The variances of x and of y, as [`Moments::variance`].
    #[must_use]
    pub fn variances(&self, ddof: u64) -> Option<(f64, f64)> {
        let [x, y] = &self.sums;
        Some((
            central_moment(self.count, ddof, x, x, &self.products[0])?,
            central_moment(self.count, ddof, y, y, &self.products[1])?,
        ))
    }

    /// Pearson's correlation, the exact covariance over the root of the exact variances, rounded once.
    /// `None` below two pairs; NaN if all x or all y are equal, or a value is not finite.
    #[inline(always)]
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        if self.sums.iter().any(|sum| sum.non_finite().is_some()) {
            return Some(f64::NAN);
        }
        self.quick_correlation()
            .or_else(|| Some(self.exact_correlation()))
    }

    /// As [`CoMoments::exact_correlation`], unless that is in doubt.
    #[inline(always)]
    fn quick_correlation(&self) -> Option<f64> {
        let n = i64::try_from(self.count).ok().map(Near::integer)?;
        let (x, y) = (self.sums[0].near()?, self.sums[1].near()?);
        let [squares_x, squares_y, products] = &self.products;
        let spread_x = n.times(squares_x.near()?).minus(x.times(x));
        let spread_y = n.times(squares_y.near()?).minus(y.times(y));
        let together = n.times(products.near()?).minus(x.times(y));
        let negative = together.sign()?;
        let magnitude = (together.times(together)).root_of_quotient(spread_x.times(spread_y))?;
        Some(if negative { -magnitude } else { magnitude })
    }

    #[cold]
    fn exact_correlation(&self) -> f64 {
        let n = Dyadic::from_u64(self.count);
        let [x, y] = self.sums.each_ref().map(ExactSum::to_dyadic);
        let [squares_x, squares_y, products] = self.products.each_ref().map(ProductSum::to_dyadic);
        let spread_x = n.times(&squares_x).minus(&x.times(&x));
        let spread_y = n.times(&squares_y).minus(&y.times(&y));
        if spread_x.is_zero() || spread_y.is_zero() {
            return f64::NAN;
        }
        let together = n.times(&products).minus(&x.times(&y));
        let magnitude = round_root_of_ratio(&together.times(&together), &spread_x.times(&spread_y));
        if together.is_negative() {
            -magnitude
        } else {
            magnitude
        }
    }

    /// The state as words. Equal moments may give different words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = vec![CO_MOMENTS_HEADER, self.count];
        self.sums.iter().for_each(|sum| sum.write(&mut words));
        self.products.iter().for_each(|sum| sum.write(&mut words));
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(CO_MOMENTS_HEADER)?;
            let count = words.next()?;
            let sums = [ExactSum::read(words)?, ExactSum::read(words)?];
            let products = [
                ProductSum::read(words)?,
                ProductSum::read(words)?,
                ProductSum::read(words)?,
            ];
            Ok(Self {
                count,
                sums,
                products,
            })
        })
    }
}

fn count_valid(rows: usize, validity: Option<impl Fn(usize) -> u64>) -> u64 {
    let Some(validity) = validity else {
        return rows as u64;
    };
    let whole: u32 = (0..rows / 64).map(|word| validity(word).count_ones()).sum();
    let rest = rows % 64;
    let tail = if rest == 0 {
        0
    } else {
        (validity(rows / 64) & ((1 << rest) - 1)).count_ones()
    };
    u64::from(whole + tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::sums::IntegerMoments;

    fn moments(values: &[f64]) -> Moments {
        let mut moments = Moments::new();
        moments.add_slice(values);
        let mut merged = Moments::new();
        for &value in values {
            let mut one = Moments::new();
            one.add(value);
            merged.merge(&Moments::from_words(&one.to_words()).expect("own words"));
        }
        for ddof in 0..3 {
            let bits = |moments: &Moments| moments.variance(ddof).map(f64::to_bits);
            assert_eq!(bits(&merged), bits(&moments));
        }
        moments
    }

    #[test]
    fn variance_of_a_constant_is_zero() {
        for value in [0.1, -1e200, 5e-324, f64::MAX, -0.0] {
            assert_eq!(moments(&[value; 37]).variance(1), Some(0.0));
            assert_eq!(moments(&[value; 37]).mean(), Some(value + 0.0));
        }
    }

    #[test]
    fn variance_of_small_sets() {
        let four = moments(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(four.variance(0), Some(4.0));
        assert_eq!(four.standard_deviation(0), Some(2.0));
        assert_eq!(four.variance(1), Some(32.0 / 7.0));
        assert_eq!(moments(&[]).mean(), None);
        assert_eq!(moments(&[1.0]).variance(1), None);
        assert_eq!(moments(&[1.0]).variance(0), Some(0.0));
        // Two neighbours of 1 + 2⁻⁵²: the variance 2⁻¹⁰⁵, which subtracting means would lose.
        assert_eq!(
            moments(&[1.0, 1.0 + f64::EPSILON]).variance(1),
            Some(2f64.powi(-105))
        );
        assert_eq!(moments(&[5e-324, 0.0]).variance(1), Some(0.0));
        assert_eq!(
            moments(&[f64::MAX, f64::MIN]).variance(1),
            Some(f64::INFINITY)
        );
    }

    #[test]
    fn values_that_are_not_finite() {
        assert!(
            moments(&[1.0, f64::NAN])
                .variance(1)
                .is_some_and(f64::is_nan)
        );
        assert!(
            moments(&[1.0, f64::INFINITY])
                .standard_deviation(1)
                .is_some_and(f64::is_nan)
        );
        assert_eq!(moments(&[1.0, f64::INFINITY]).mean(), Some(f64::INFINITY));
    }

    #[test]
    fn masks_count() {
        let mut values = vec![3.0; 100];
        values[70] = f64::NAN;
        values[99] = 5.0;
        let mut moments = Moments::new();
        moments.add_slice_masked(&values, |word| [1, u64::MAX - (1 << 6)][word]);
        // Rows 0 and 64..100 without 70.
        assert_eq!(moments.count(), 36);
        assert_eq!(moments.sum(), 35.0 * 3.0 + 5.0);
    }

    #[test]
    fn what_was_taken_back_leaves_no_trace() {
        let values = [1e300, f64::NAN, 0.1, f64::INFINITY, -1e-300, 5e-324, 0.1];
        let kept = [0.3, -7.25, 1e16];
        let (mut moments, mut pairs) = (Moments::new(), CoMoments::new());
        values.iter().for_each(|value| moments.add(*value));
        values
            .iter()
            .for_each(|value| pairs.add(*value, 1.0 - value));
        kept.iter().for_each(|value| moments.add(*value));
        kept.iter().for_each(|value| pairs.add(*value, 2.0 * value));
        for value in values {
            moments.subtract(value);
            pairs.subtract_parts((value, 0.0), (1.0 - value, 0.0));
        }
        let mut fresh = (Moments::new(), CoMoments::new());
        kept.iter().for_each(|value| fresh.0.add(*value));
        kept.iter()
            .for_each(|value| fresh.1.add(*value, 2.0 * value));
        assert_eq!(moments.variance(1), fresh.0.variance(1));
        assert_eq!(pairs.covariance(1), fresh.1.covariance(1));
        assert_eq!(pairs.correlation(), Some(1.0));
        let large = i128::from(i64::MAX);
        let mut integers = IntegerMoments::new();
        for value in [3, large, -large, 5, 1 << 40] {
            integers.add(value);
        }
        for value in [large, 1 << 40, -large] {
            integers.subtract(value);
        }
        assert_eq!(integers.variance(1), Some(2.0));
        let (mut large_pairs, x) = (CoMoments::new(), crate::meaning::sums::parts(large));
        large_pairs.add_parts(x, x);
        large_pairs.add_parts((1.0, 0.0), (2.0, 0.0));
        large_pairs.add_parts((3.0, 0.0), (5.0, 0.0));
        large_pairs.subtract_parts(x, x);
        assert_eq!(large_pairs.covariance(1), Some(3.0));
    }

    #[test]
    fn covariance_by_hand() {
        let mut moments = CoMoments::new();
        for (x, y) in [(1.0, 2.0), (2.0, 4.0), (3.0, 9.0)] {
            moments.add(x, y);
        }
        let moments = CoMoments::from_words(&moments.to_words()).expect("own words");
        // Means 2 and 5: (−1)(−3) + 0·(−1) + 1·4 = 7, halved.
        assert_eq!(moments.covariance(1), Some(3.5));
        assert_eq!(moments.variances(1), Some((1.0, 13.0)));
        assert_eq!(moments.covariance(3), None);
        // 7 / √(2 · 26), by Python's decimal.
        assert_eq!(moments.correlation(), Some(0.970725343394151));
    }

    #[test]
    fn correlations_stay_between_minus_one_and_one() {
        let of = |pairs: &[(f64, f64)]| {
            let mut moments = CoMoments::new();
            pairs.iter().for_each(|(x, y)| moments.add(*x, *y));
            moments.correlation()
        };
        let line = [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)];
        assert_eq!(of(&line), Some(1.0));
        assert_eq!(of(&line.map(|(x, y)| (x, -3e200 * y))), Some(-1.0));
        assert_eq!(of(&line[..1]), None);
        let nan = |pairs: &[(f64, f64)]| assert!(of(pairs).is_some_and(f64::is_nan));
        nan(&line.map(|(x, _)| (x, 0.1)));
        nan(&[(1.0, 2.0), (f64::INFINITY, 3.0)]);
        assert_eq!(
            of(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]),
            Some(0.0)
        );
    }

    #[test]
    fn integers_of_64_bits_are_exact_in_two_parts() {
        let mut moments = CoMoments::new();
        for step in [1, 2, 4] {
            let x = super::super::parts(i128::from(u64::MAX) - step);
            moments.add_parts(x, (step as f64, 0.0));
        }
        assert_eq!(moments.correlation(), Some(-1.0));
        assert_eq!(moments.variances(1), Some((7.0 / 3.0, 7.0 / 3.0)));
        assert_eq!(moments.covariance(1), Some(-7.0 / 3.0));
    }

    #[test]
    fn quick_correlation_is_exact_or_declines() {
        let mut state = 9u64;
        let mut random = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / 2f64.powi(53)
        };
        let mut quick_ones = 0;
        for round in 0..2000 {
            let offset = 2f64.powi(round % 60 - 40);
            let mut moments = CoMoments::new();
            for _ in 0..2 + round % 40 {
                let x = offset + random();
                moments.add(x, random() - x);
            }
            if let Some(quick) = moments.quick_correlation() {
                assert_eq!(quick.to_bits(), moments.exact_correlation().to_bits());
                quick_ones += 1;
            }
        }
        assert!(quick_ones > 1500, "{quick_ones} of 2000");
    }
}
