//! cbrt and hypot.
//!
//! cbrt: x = m·8ᵠ with m from 0.35 to 2.83. A polynomial over a third of that range gives 1/∛m to 20
//! bits, one step of Halley's to nearly 53; from that ∛m, whose cube is compared with m as a pair. hypot:
//! the squares and their sum as pairs, then the root as one.

use super::arithmetic::{
    Rounded, fast_two_sum, polynomial, split_exponent, square_root, two_product,
};
use super::coefficients::{CUBE_ROOT_OF_2, CUBE_ROOT_OF_HALF, INVERSE_CUBE_ROOT};
use super::{Binary, Unary, evaluate, evaluate2};

/// Cube root.
#[derive(Clone, Copy, Debug)]
pub struct Cbrt;

/// The cube root of x·8^scale, for a normal x.
#[inline(always)]
fn cube_root(x: f64, scale: f64) -> f64 {
    let (mantissa, exponent) = split_exponent(x.abs());
    let third = Rounded::product(exponent, 1.0 / 3.0);
    let rest = third.value.mul_add(-3.0, exponent);
    // 2 to the power of the rest, and 1 over its cube root.
    let (double, half) = (rest > 0.5, rest < -0.5);
    let factor = if double { 2.0 } else { 1.0 };
    let factor = if half { 0.5 } else { factor };
    let guess = if double { CUBE_ROOT_OF_HALF } else { 1.0 };
    let guess = if half { CUBE_ROOT_OF_2 } else { guess };
    let m = mantissa * factor;
    let y = polynomial(mantissa, &INVERSE_CUBE_ROOT) * guess;
    // y·(1 − h)^(−1/3) for h = 1 − m·y³, to the second order.
    let h = (m * y * y).mul_add(-y, 1.0);
    let y = (y * h).mul_add(h.mul_add(2.0 / 9.0, 1.0 / 3.0), y);
    let root = m * y * y;
    let (square, square_low) = two_product(root, root);
    let (cube, cube_low) = two_product(square, root);
    let rest = (m - cube) - square_low.mul_add(root, cube_low);
    let root = (rest * (1.0 / 3.0)).mul_add(y * y, root);
    Rounded::integer(third.value + scale)
        .scale_normal(root)
        .copysign(x)
}

impl Unary for Cbrt {
    #[inline(always)]
    fn fast(x: f64) -> f64 {
        cube_root(x, 0.0)
    }
    #[inline(always)]
    fn needs_repair(x: f64) -> bool {
        let size = x.abs();
        !(size >= f64::MIN_POSITIVE && size <= f64::MAX)
    }
    #[inline(always)]
    fn slow(x: f64) -> f64 {
        if x.is_nan() {
            f64::NAN
        } else if x == 0.0 || x.is_infinite() {
            x
        } else {
            // Subnormal: 2⁵⁴ times it is not.
            cube_root(x * 18_014_398_509_481_984.0, -18.0)
        }
    }
}

/// The cube root of `x`, which has its sign.
#[inline(always)]
pub fn cbrt(x: f64) -> f64 {
    evaluate::<Cbrt>(x)
}

/// Between these the squares of the larger magnitude and what counts of the smaller are normal.
const LEAST: f64 = f64::from_bits((1023 - 400) << 52);
const GREATEST: f64 = f64::from_bits((1023 + 500) << 52);
/// 2⁷⁰⁰ and 2⁻⁷⁰⁰ bring any magnitude between them.
const UP: f64 = f64::from_bits((1023 + 700) << 52);
const DOWN: f64 = f64::from_bits((1023 - 700) << 52);

/// The length of a vector with these two coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Hypot;

impl Binary for Hypot {
    #[inline(always)]
    fn fast(x: f64, y: f64) -> f64 {
        let (x, y) = (x.abs(), y.abs());
        let large = if y > x { y } else { x };
        let small = if y > x { x } else { y };
        let (square, square_low) = two_product(large, large);
        let (other, other_low) = two_product(small, small);
        let (sum, error) = fast_two_sum(square, other);
        let (high, low) = square_root((sum, error + (square_low + other_low)));
        high + low
    }
    #[inline(always)]
    fn needs_repair(x: f64, y: f64) -> bool {
        let (x, y) = (x.abs(), y.abs());
        // Of two numbers the larger one counts; a NaN in either fails a test.
        let reaches = (x >= LEAST) | (y >= LEAST);
        !(reaches & (x <= GREATEST) & (y <= GREATEST))
    }
    #[inline(always)]
    fn slow(x: f64, y: f64) -> f64 {
        let (x, y) = (x.abs(), y.abs());
        if x.is_infinite() || y.is_infinite() {
            f64::INFINITY
        } else if x.is_nan() || y.is_nan() {
            f64::NAN
        } else if x > GREATEST || y > GREATEST {
            Self::fast(x * DOWN, y * DOWN) * UP
        } else if x == 0.0 || y == 0.0 {
            x + y
        } else {
            Self::fast(x * UP, y * UP) * DOWN
        }
    }
}

/// √(x² + y²).
#[inline(always)]
pub fn hypot(x: f64, y: f64) -> f64 {
    evaluate2::<Hypot>(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cubes_have_exact_roots() {
        for root in 1..2000 {
            let root = f64::from(root);
            assert_eq!(cbrt(root * root * root), root);
            assert_eq!(cbrt(-root * root * root / 8.0), -root / 2.0);
        }
    }

    #[test]
    fn special_values() {
        assert_eq!(cbrt(0.0).to_bits(), 0);
        assert_eq!(cbrt(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(cbrt(f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(cbrt(-f64::NAN).to_bits(), f64::NAN.to_bits());
        // 2⁻¹⁰⁷⁴ is 8⁻³⁵⁸.
        assert_eq!(cbrt(5e-324), f64::from_bits((1023 - 358) << 52));
        let infinity = f64::INFINITY;
        for (x, y, expected) in [
            (3.0, -4.0, 5.0),
            (0.0, -0.0, 0.0),
            (0.0, -7.5, 7.5),
            (5e-324, 0.0, 5e-324),
            (3e-320, 4e-320, 5e-320),
            (3e300, 4e300, 5e300),
            (f64::MAX, f64::MAX, infinity),
            (f64::MAX, 1.0, f64::MAX),
            (f64::NAN, -infinity, infinity),
            (infinity, 1.0, infinity),
        ] {
            assert_eq!(hypot(x, y), expected, "{x} {y}");
            assert_eq!(hypot(y, x), expected, "{y} {x}");
        }
        assert_eq!(hypot(-f64::NAN, 1.0).to_bits(), f64::NAN.to_bits());
    }
}
