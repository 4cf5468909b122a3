//! The weighted mean: exact Σx·w over exact Σw, rounded once.

use super::{
    exact_sum::ExactSum,
    product_sum::ProductSum,
    ratio::round_ratio,
    words::{MalformedWords, WordReader},
};

/// "wsum", layout 1.
const HEADER: u64 = 0x7773_756d_0000_0001;

/// Σx·w and Σw, exact until they are read.
///
/// ```
/// use icosian_ir::meaning::sums::WeightedSum;
/// let mut sum = WeightedSum::new();
/// sum.add((1.0, 0.0), (1.0, 0.0));
/// sum.add((4.0, 0.0), (2.0, 0.0));
/// assert_eq!(sum.mean(), Some(3.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct WeightedSum {
    count: u64,
    products: ProductSum,
    weights: ExactSum,
    /// Products that are no finite numbers.
    special: ExactSum,
}

impl WeightedSum {
    /// The sums of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value with its weight, each the sum of two parts (see [`parts`](super::parts)).
    pub fn add(&mut self, value: (f64, f64), weight: (f64, f64)) {
        self.count += 1;
        self.weights.add(weight.0);
        self.weights.add(weight.1);
        if !(value.0.is_finite() && weight.0.is_finite()) {
            self.special.add(value.0 * weight.0);
            return;
        }
        self.products.add_parts_product(value, weight);
    }

    /// Takes back a value with its weight: the sums are exact, so that leaves no trace.
    pub fn subtract(&mut self, value: (f64, f64), weight: (f64, f64)) {
        self.count -= 1;
        self.weights.subtract(weight.0);
        self.weights.subtract(weight.1);
        if !(value.0.is_finite() && weight.0.is_finite()) {
            self.special.subtract(value.0 * weight.0);
            return;
        }
        self.products
            .add_parts_product((-value.0, -value.1), weight);
    }

    /// Whether values in and out have left more behind than a fresh state of those that stayed would
    /// have: it is as exact, but slower.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.products.as_pairs().is_none() || self.weights.as_pair().is_none()
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        // Only counts read from foreign words could overflow.
        self.count = self.count.saturating_add(other.count);
        self.products.merge(&other.products);
        self.weights.merge(&other.weights);
        self.special.merge(&other.special);
    }

    /// Σx·w / Σw, rounded once; `None` without values. Weights of sum zero divide as IEEE 754 says.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let (products, weights) = (self.products.to_dyadic(), self.weights.to_dyadic());
        let sign = |negative: bool| if negative { -1.0 } else { 1.0 };
        if self.weights.non_finite().is_some() {
            // Some product was not finite either.
            return Some(f64::NAN);
        }
        let sum = match self.special.non_finite() {
            Some(sum) => sum,
            None if !weights.is_zero() => return Some(round_ratio(&products, &weights)),
            None if products.is_zero() => 0.0,
            None => sign(products.is_negative()),
        };
        let divisor = if weights.is_zero() {
            0.0
        } else {
            sign(weights.is_negative())
        };
        Some(sum / divisor)
    }

    /// The state as words. Equal sums may give different words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = vec![HEADER, self.count];
        self.products.write(&mut words);
        self.weights.write(&mut words);
        self.special.write(&mut words);
        words
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(HEADER)?;
            Ok(Self {
                count: words.next()?,
                products: ProductSum::read(words)?,
                weights: ExactSum::read(words)?,
                special: ExactSum::read(words)?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(pairs: &[(f64, f64)]) -> Option<f64> {
        let mut sum = WeightedSum::new();
        let mut merged = WeightedSum::new();
        for &(value, weight) in pairs {
            sum.add((value, 0.0), (weight, 0.0));
            let mut one = WeightedSum::new();
            one.add((value, 0.0), (weight, 0.0));
            merged.merge(&WeightedSum::from_words(&one.to_words()).expect("own words"));
        }
        let bits = |sum: &WeightedSum| sum.mean().map(f64::to_bits);
        assert_eq!(bits(&merged), bits(&sum));
        sum.mean()
    }

    #[test]
    fn of_finite_values() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[(0.1, 0.3), (0.1, 0.6), (0.1, 1e-9)]), Some(0.1));
        assert_eq!(mean(&[(1e300, 1e300), (3e300, 1e300)]), Some(2e300));
        assert_eq!(mean(&[(5.0, 0.0), (7.0, 1.0)]), Some(7.0));
    }

    #[test]
    fn what_was_taken_back_leaves_no_trace() {
        let mut sum = WeightedSum::new();
        let pairs = [(f64::NAN, 1.0), (f64::INFINITY, 0.0), (1e300, 1e300)];
        for (value, weight) in pairs {
            sum.add((value, 0.0), (weight, 0.0));
        }
        sum.add((4.0, 0.0), (2.0, 0.0));
        sum.add((1.0, 0.0), (1.0, 0.0));
        for (value, weight) in pairs {
            sum.subtract((value, 0.0), (weight, 0.0));
        }
        assert_eq!(sum.mean(), Some(3.0));
        assert!(sum.is_worn());
    }

    #[test]
    fn of_what_is_not_finite() {
        let infinity = f64::INFINITY;
        let nan = |pairs: &[(f64, f64)]| assert!(mean(pairs).is_some_and(f64::is_nan));
        nan(&[(f64::NAN, 0.0), (1.0, 1.0)]);
        nan(&[(infinity, 0.0), (1.0, 1.0)]);
        nan(&[(1.0, infinity)]);
        nan(&[(0.0, 1.0), (0.0, -1.0)]);
        assert_eq!(mean(&[(infinity, 2.0), (1.0, -1.0)]), Some(infinity));
        assert_eq!(mean(&[(infinity, -2.0), (1.0, 1.0)]), Some(infinity));
        assert_eq!(mean(&[(2.0, 1.0), (1.0, -1.0)]), Some(infinity));
    }
}
