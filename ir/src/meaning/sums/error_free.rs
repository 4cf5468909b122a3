//! Error-free transformations: a rounded result together with its exact rounding error.
//!
//! [`step`] is the whole of the fast path. A running sum is the pair `(hi, lo)`, read as the real
//! number `hi + lo`. An addend goes into `hi` by [`two_sum`], the rounding error of that into `lo`
//! by a second one; if the second leaves nothing over, the pair is still exact. Overflow needs no
//! test of its own: it makes an error infinite or NaN, and that too is something left over.

/// `a + b` rounded, and its rounding error: the two results add up to exactly `a + b`
/// (Knuth 1969), unless something overflows, which makes the error infinite or NaN.
#[inline(always)]
#[must_use]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    let a_part = sum - b_part;
    (sum, (a - a_part) + (b - b_part))
}

/// `a * b` rounded, and its rounding error. The two add up to exactly `a * b` if the product is
/// zero because an operand is, or its size lies between [`PRODUCT_FLOOR`] and the largest number;
/// below, the error itself may be rounded.
#[inline(always)]
#[must_use]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// 2⁻⁹⁶⁰. The last bit of a product at least this large is at least 2⁻¹⁰⁶⁶, so its error is exact.
pub const PRODUCT_FLOOR: f64 = f64::from_bits((1023 - 960) << 52);

/// Adds `addend` to the pair `(hi, lo)`. Gives the new pair, and whether something was left over:
/// then the new pair is worthless, and the old pair and the addend belong into an
/// [`ExactSum`](super::ExactSum) (see [`ExactSum::from_pair`](super::ExactSum::from_pair)).
///
/// A table of groups holds a column of `hi` and one of `lo`, starting at `(0.0, 0.0)`, and keeps
/// the rare group with leftovers aside. The sum of a pair is `hi + lo`.
#[inline(always)]
#[must_use]
pub fn step(hi: f64, lo: f64, addend: f64) -> (f64, f64, bool) {
    let (hi, error) = two_sum(hi, addend);
    let (lo, left) = two_sum(lo, error);
    // NaN, which any overflow and any infinite addend leads to, differs from zero as well.
    (hi, lo, left != 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_exact() {
        assert_eq!(two_sum(1.0, f64::EPSILON / 4.0), (1.0, f64::EPSILON / 4.0));
        let third = 1.0 / 3.0;
        // 3 × RN(1/3) = 1 − 2⁻⁵⁴.
        assert_eq!(two_product(third, 3.0), (1.0, -f64::EPSILON / 4.0));
    }

    #[test]
    fn overflow_and_non_finite_addends_leave_something() {
        assert!(step(f64::MAX, 0.0, f64::MAX).2);
        assert!(step(0.0, 0.0, f64::NAN).2);
        assert!(step(0.0, 0.0, f64::INFINITY).2);
        assert!(step(1e300, 1.0, 1e-300).2);
        assert!(!step(1e300, 0.0, 1e-300).2);
        assert!(!step(f64::MAX, 0.0, -f64::MAX).2);
    }
}
