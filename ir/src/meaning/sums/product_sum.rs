//! The exact sum of products `x · y` of f64 values, for second moments.

use super::{
    dyadic::Dyadic,
    error_free::{PRODUCT_FLOOR, step, two_product},
    fixed_point::ProductAccumulator,
    lanes::SumLanes,
    near::Near,
    words::{MalformedWords, WordReader},
};

/// "prod", layout 1.
const HEADER: u64 = 0x7072_6f64_0000_0001;

/// An exact sum of products. A product is its rounded value plus the error of that; the two are
/// summed apart in pairs, because together they span too many bits for one pair. What the pairs can't
/// hold, and products too small or large for an exact error, go to a superaccumulator.
///
/// A product with an operand that is NaN or infinite is left out: the sums of the operands, which
/// every moment needs as well, remember that operand.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductSum {
    products: (f64, f64),
    errors: (f64, f64),
    spill: Option<Box<ProductAccumulator>>,
}

impl ProductSum {
    #[inline(always)]
    pub(super) fn add(&mut self, left: f64, right: f64) {
        let (product, error) = two_product(left, right);
        let (product_hi, product_lo, product_left) =
            step(self.products.0, self.products.1, product);
        let (error_hi, error_lo, error_left) = step(self.errors.0, self.errors.1, error);
        let inexact = product.abs() < PRODUCT_FLOOR && left != 0.0 && right != 0.0;
        if product_left | error_left | inexact {
            self.spill(left, right);
        } else {
            self.products = (product_hi, product_lo);
            self.errors = (error_hi, error_lo);
        }
    }

    /// Adds the product of two numbers that are each the sum of two parts.
    #[inline]
    pub(super) fn add_parts_product(&mut self, left: (f64, f64), right: (f64, f64)) {
        for left in [left.0, left.1] {
            for right in [right.0, right.1] {
                if left != 0.0 && right != 0.0 {
                    self.add(left, right);
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, left: f64, right: f64) {
        if !(left.is_finite() && right.is_finite()) {
            return;
        }
        let (products, errors) = (
            std::mem::take(&mut self.products),
            std::mem::take(&mut self.errors),
        );
        let spill = self.spilled();
        for part in [products.0, products.1, errors.0, errors.1] {
            spill.add(part);
        }
        spill.add_product(left, right);
    }

    fn spilled(&mut self) -> &mut ProductAccumulator {
        self.spill
            .get_or_insert_with(|| Box::new(ProductAccumulator::new()))
    }

    /// Adds a product to the accumulator at once, where many are known to need it.
    pub(super) fn add_exactly(&mut self, left: f64, right: f64) {
        if left.is_finite() && right.is_finite() {
            self.spilled().add_product(left, right);
        }
    }

    #[inline(always)]
    pub(super) fn add_lanes<const N: usize>(
        &mut self,
        products: &SumLanes<N>,
        errors: &SumLanes<N>,
    ) {
        if let (Some(products), Some(errors)) = (products.together(), errors.together()) {
            self.add_parts([(products.0, errors.0), (products.1, errors.1)]);
            return;
        }
        for (hi, lo) in products.pairs() {
            self.add_parts([(hi, 0.0), (lo, 0.0)]);
        }
        for (hi, lo) in errors.pairs() {
            self.add_parts([(0.0, hi), (0.0, lo)]);
        }
    }

    /// Adds parts of rounded products and of their errors.
    fn add_parts(&mut self, parts: [(f64, f64); 2]) {
        for (product, error) in parts {
            let (product_hi, product_lo, product_left) =
                step(self.products.0, self.products.1, product);
            let (error_hi, error_lo, error_left) = step(self.errors.0, self.errors.1, error);
            if product_left | error_left {
                let spill = self.spilled();
                spill.add(product);
                spill.add(error);
            } else {
                self.products = (product_hi, product_lo);
                self.errors = (error_hi, error_lo);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.add_parts([
            (other.products.0, other.errors.0),
            (other.products.1, other.errors.1),
        ]);
        if let Some(other) = &other.spill {
            self.spilled().merge(other);
        }
    }

    /// The pairs of the rounded products and of their errors, if there is nothing else.
    #[inline]
    pub(super) fn as_pairs(&self) -> Option<((f64, f64), (f64, f64))> {
        if self.spill.is_none() {
            Some((self.products, self.errors))
        } else {
            None
        }
    }

    /// The sum within bounds, if the pairs hold it.
    #[inline(always)]
    pub(super) fn near(&self) -> Option<Near> {
        let (products, errors) = self.as_pairs()?;
        Some(Near::sum(products.0, products.1).plus(Near::sum(errors.0, errors.1)))
    }

    /// The exact sum.
    pub(super) fn to_dyadic(&self) -> Dyadic {
        let pairs = Dyadic::sum(&[
            self.products.0,
            self.products.1,
            self.errors.0,
            self.errors.1,
        ]);
        match &self.spill {
            None => pairs,
            Some(spill) => spill.to_dyadic().plus(&pairs),
        }
    }

    pub(super) fn write(&self, words: &mut Vec<u64>) {
        words.push(HEADER);
        let parts = [
            self.products.0,
            self.products.1,
            self.errors.0,
            self.errors.1,
        ];
        words.extend(parts.map(f64::to_bits));
        words.push(u64::from(self.spill.is_some()));
        if let Some(spill) = &self.spill {
            spill.write(words);
        }
    }

    pub(super) fn read(words: &mut WordReader<'_>) -> Result<Self, MalformedWords> {
        words.expect(HEADER)?;
        let products = (words.next_finite()?, words.next_finite()?);
        let errors = (words.next_finite()?, words.next_finite()?);
        let spill = if words.next_flag()? {
            Some(Box::new(ProductAccumulator::read(words)?))
        } else {
            None
        };
        Ok(Self {
            products,
            errors,
            spill,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(pairs: &[(f64, f64)]) -> Dyadic {
        let mut sum = ProductAccumulator::new();
        pairs
            .iter()
            .for_each(|&(left, right)| sum.add_product(left, right));
        sum.to_dyadic()
    }

    #[test]
    fn pairs_and_spills_agree_with_the_accumulator() {
        let pairs = [
            (0.1, 0.3),
            (1e200, 1e200),
            (-0.7, 1e-9),
            (1e-200, 1e-160),
            (5e-324, 5e-324),
            (0.0, 1e-300),
            (f64::MAX, -f64::MAX),
            (1e16, 1e-16),
            (1.0 / 3.0, 2.0 / 3.0),
        ];
        for end in 0..=pairs.len() {
            let mut sum = ProductSum::default();
            let mut parts = ProductSum::default();
            for &(left, right) in &pairs[..end] {
                sum.add(left, right);
                let mut part = ProductSum::default();
                part.add(right, left);
                parts.merge(&part);
            }
            assert_eq!(sum.to_dyadic(), exact(&pairs[..end]), "{end}");
            assert_eq!(parts.to_dyadic(), exact(&pairs[..end]), "{end}");
        }
    }

    #[test]
    fn operands_that_are_not_finite_are_left_out() {
        let mut sum = ProductSum::default();
        sum.add(f64::NAN, 1.0);
        sum.add(f64::INFINITY, 0.0);
        sum.add(2.0, 0.25);
        assert_eq!(sum.to_dyadic(), exact(&[(0.5, 1.0)]));
    }
}
