//! Variance and covariance from exact sums: `(n·Σxy − Σx·Σy) / (n·(n − ddof))`, rounded once.
//!
//! The definition is [`exact`]. [`quick_variance`] gets the same bits in some thirty operations for
//! nearly all data, or declines. It works with pairs of f64, bounds what they lose, and accepts the
//! result only if both ends of the interval round to it. With `nQ = n·Σx²`, which `(Σx)²` can't exceed:
//!
//! * `Σx² = q + u`, where `q` is the rounded sum of the rounded squares. `|u| ≤ 2⁻⁵²·Σx²`, because every
//!   square's error is below 2⁻⁵³ of it; the two additions for `u` lose at most 2⁻¹⁰⁴·Σx².
//! * `n·Σx² = m + v`: an exact product, and one rounding of `v ≤ 2⁻⁵¹·nQ`: 2⁻¹⁰⁴·nQ more.
//! * `(Σx)² = a + t`: an exact square, one rounding of `t ≤ 2⁻⁵¹·nQ`, and `r²` left out of
//!   `(s + r)² = s² + 2sr + r²`: 2⁻¹⁰³·nQ.
//! * `m − a` is exact as a pair; adding up the small parts loses 2⁻¹⁰³·nQ and 2⁻¹⁰²·nQ.
//!
//! Together less than 2⁻¹⁰⁰·nQ, and 2⁻⁹⁸·m is assumed. The quotient is refined once, as for the mean
//! (see `mean.rs`), with twice the error the two roundings can make. [`quick_covariance`] has its bounds from
//! `near.rs`.

use super::{
    dyadic::Dyadic,
    error_free::{two_product, two_sum},
    exact_sum::ExactSum,
    near::Near,
    product_sum::ProductSum,
};

/// Central second moment of `count` pairs with these sums. `None` for n ≤ ddof; NaN if a value is
/// not finite. For a variance, both sums are the same state.
#[inline(always)]
pub(super) fn central_moment(
    count: u64,
    ddof: u64,
    x: &ExactSum,
    y: &ExactSum,
    products: &ProductSum,
) -> Option<f64> {
    if count <= ddof {
        return None;
    }
    if x.non_finite().is_some() || y.non_finite().is_some() {
        return Some(f64::NAN);
    }
    let quick = if std::ptr::eq(x, y) {
        quick_variance(count, ddof, x, products)
    } else {
        quick_covariance(count, ddof, x, y, products)
    };
    Some(quick.unwrap_or_else(|| exact(count, ddof, x, y, products)))
}

#[cold]
fn exact(count: u64, ddof: u64, x: &ExactSum, y: &ExactSum, products: &ProductSum) -> f64 {
    let scaled = products.to_dyadic().times(&Dyadic::from_u64(count));
    let difference = scaled.minus(&x.to_dyadic().times(&y.to_dyadic()));
    difference.round_quotient(&[count, count - ddof])
}

/// As [`exact`], unless that is in doubt.
#[inline(always)]
fn quick_covariance(
    count: u64,
    ddof: u64,
    x: &ExactSum,
    y: &ExactSum,
    products: &ProductSum,
) -> Option<f64> {
    let n = i64::try_from(count).ok().map(Near::integer)?;
    let less = i64::try_from(count - ddof).ok().map(Near::integer)?;
    let together = n.times(products.near()?).minus(x.near()?.times(y.near()?));
    together.quotient(n.times(less))
}

#[inline(always)]
fn quick_variance(count: u64, ddof: u64, sum: &ExactSum, squares: &ProductSum) -> Option<f64> {
    const LOST: f64 = f64::from_bits((1023 - 98) << 52);
    const SMALLEST: f64 = f64::from_bits((1023 - 500) << 52);
    const LARGEST: f64 = f64::from_bits((1023 + 900) << 52);
    let divisor = count
        .checked_mul(count - ddof)
        .filter(|&divisor| divisor < 1 << 53)? as f64;
    let count = count as f64;
    let (sum_hi, sum_lo) = sum.as_pair()?;
    let ((square_hi, square_lo), (error_hi, error_lo)) = squares.as_pairs()?;

    let (q, q_rest) = two_sum(square_hi, square_lo);
    let u = q_rest + (error_hi + error_lo);
    let (m, m_rest) = two_product(count, q);
    let v = count.mul_add(u, m_rest);
    let (s, r) = two_sum(sum_hi, sum_lo);
    let (a, a_rest) = two_product(s, s);
    let t = (2.0 * s).mul_add(r, a_rest);
    let (difference, difference_rest) = two_sum(m, -a);
    let (hi, lo) = two_sum(difference, difference_rest + (v - t));
    if !((SMALLEST..LARGEST).contains(&m) && hi > 0.0) {
        return None;
    }

    let quotient = hi / divisor;
    let correction = ((-quotient).mul_add(divisor, hi) + lo) / divisor;
    let tolerance = correction.abs() * (4.0 * f64::EPSILON) + 2.0 * (LOST * m / divisor);
    let below = quotient + (correction - tolerance);
    let above = quotient + (correction + tolerance);
    (below == above).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quick and exact variance of the same values.
    fn both(values: impl Iterator<Item = f64>, ddof: u64) -> (Option<f64>, f64) {
        let (mut count, mut sum, mut squares) = (0, ExactSum::new(), ProductSum::default());
        for value in values {
            count += 1;
            sum.add(value);
            squares.add(value, value);
        }
        let quick = quick_variance(count, ddof, &sum, &squares);
        (quick, exact(count, ddof, &sum, &sum, &squares))
    }

    #[test]
    fn quick_is_exact_or_declines() {
        let mut state = 1u64;
        let mut random = move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 11) as f64 / 2f64.powi(53)
        };
        let mut quick_ones = 0;
        for round in 0..3000 {
            // From no cancellation to losing all but some 30 bits.
            let offset = if round % 60 == 0 {
                0.0
            } else {
                2f64.powi(round % 60 - 25)
            };
            let length = 2 + round as usize % 40;
            let values: Vec<f64> = (0..length).map(|_| offset + random()).collect();
            let (quick, exact) = both(values.into_iter(), round as u64 % 2);
            if let Some(quick) = quick {
                assert_eq!(quick.to_bits(), exact.to_bits(), "round {round}");
                quick_ones += 1;
            }
        }
        assert!(quick_ones > 1500, "{quick_ones} of 3000");
    }

    #[test]
    fn quick_covariance_is_exact_or_declines() {
        let mut quick_ones = 0;
        for round in 0..1000u64 {
            let scramble = |number: u64| {
                let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64
            };
            let offset = 2f64.powi((round % 80) as i32);
            let (mut sums, mut products) =
                ([ExactSum::new(), ExactSum::new()], ProductSum::default());
            let count = 2 + round % 40;
            for row in 0..count {
                let (x, y) = (
                    offset + scramble(round << 20 | row),
                    scramble(round << 20 | row << 10),
                );
                sums[0].add(x);
                sums[1].add(y);
                products.add(x, y);
            }
            if let Some(quick) = quick_covariance(count, 1, &sums[0], &sums[1], &products) {
                let exact = exact(count, 1, &sums[0], &sums[1], &products);
                assert_eq!(quick.to_bits(), exact.to_bits(), "round {round}");
                quick_ones += 1;
            }
        }
        assert!(quick_ones > 700, "{quick_ones} of 1000");
    }

    #[test]
    fn quick_declines_at_the_edges() {
        let declined = |values: &[f64]| both(values.iter().copied(), 1).0.is_none();
        assert!(!declined(&[1.0, 2.0, 4.0]));
        // Constant; ends of the range.
        assert!(declined(&[0.1, 0.1, 0.1]));
        assert!(declined(&[1e-90, 2e-90, 5e-90]));
        assert!(declined(&[1e150, -1e150]));
        assert!(declined(&[0.0, 0.0]));
    }
}
