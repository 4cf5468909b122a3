//! atan2, and atan as its case x = 1.
//!
//! The smaller of |y|, |x| over the larger is q in [0, 1]; above tan(π/8) the quotient of
//! difference and sum stands for it, π/4 less in angle, so that one division gives a t of at
//! most tan(π/8), kept as a pair. Then t + t³·A(t²), and the octant's multiple of π/4 is added.

use super::arithmetic::{fast_two_sum, polynomial, two_sum};
use super::coefficients::{ARCTANGENT, HALF_PI_HIGH, HALF_PI_MIDDLE};
use super::{Binary, evaluate2};

/// tan(π/8), roughly: where the two forms of the quotient meet.
const MEET: f64 = 0.414_213_562_373_095_03;
/// 2⁻⁴⁰⁰ and 2⁴⁰⁰: between them the larger magnitude has a reciprocal with room on both sides.
const LARGE_MIN: f64 = f64::from_bits((1023 - 400) << 52);
const LARGE_MAX: f64 = f64::from_bits((1023 + 400) << 52);
/// 2⁻⁵⁰⁰: the smaller magnitude from which the quotient's remainder is exact.
const SMALL_MIN: f64 = f64::from_bits((1023 - 500) << 52);
/// 2⁷⁰⁰ and 2⁻⁷⁰⁰ bring any larger magnitude between its limits.
const UP: f64 = f64::from_bits((1023 + 700) << 52);
const DOWN: f64 = f64::from_bits((1023 - 700) << 52);

/// Angle of the point (x, y), from −π to π; the arguments come as (y, x).
#[derive(Clone, Copy, Debug)]
pub struct Atan2;

/// The larger and the smaller magnitude, and whether y has the larger.
#[inline(always)]
fn ordered(y: f64, x: f64) -> (f64, f64, bool) {
    let (y, x) = (y.abs(), x.abs());
    let swapped = y > x;
    let large = if swapped { y } else { x };
    let small = if swapped { x } else { y };
    (large, small, swapped)
}

impl Binary for Atan2 {
    #[inline(always)]
    fn fast(y: f64, x: f64) -> f64 {
        let (large, small, swapped) = ordered(y, x);
        let steep = small > large * MEET;
        let (difference, difference_low) = two_sum(small, -large);
        let (sum, sum_low) = fast_two_sum(large, small);
        let over = if steep { difference } else { small };
        let over_low = if steep { difference_low } else { 0.0 };
        let under = if steep { sum } else { large };
        let under_low = if steep { sum_low } else { 0.0 };

        let inverse = 1.0 / under;
        let t = over * inverse;
        let remainder = t.mul_add(-under, over) + t.mul_add(-under_low, over_low);
        let t_low = remainder * inverse;
        let z = t * t;
        // atan(t + t_low) = atan t + t_low/(1 + t²), and 1 − t² is enough of that factor.
        let from_low = z.mul_add(-t_low, t_low);
        let tail = (t * z).mul_add(polynomial(z, &ARCTANGENT), from_low);

        // The angle is octants·π/4 ± (t + tail).
        let octants = if steep { 1.0 } else { 0.0 };
        let octants = if swapped { 2.0 - octants } else { octants };
        let left = x.is_sign_negative();
        let octants = if left { 4.0 - octants } else { octants };
        let backwards = swapped != left;
        let t = if backwards { -t } else { t };
        let tail = if backwards { -tail } else { tail };

        let base = octants * (HALF_PI_HIGH / 2.0);
        let base_low = octants.mul_add(HALF_PI_HIGH / 2.0, -base);
        let base_low = octants.mul_add(HALF_PI_MIDDLE / 2.0, base_low);
        let (high, error) = fast_two_sum(base, t);
        (high + (error + (base_low + tail))).copysign(y)
    }

    #[inline(always)]
    fn needs_repair(y: f64, x: f64) -> bool {
        let (large, small, _) = ordered(y, x);
        !((large >= LARGE_MIN) & (large <= LARGE_MAX) & ((small >= SMALL_MIN) | (small == 0.0)))
    }

    #[inline(always)]
    fn slow(y: f64, x: f64) -> f64 {
        if y.is_nan() || x.is_nan() {
            return f64::NAN;
        }
        if y.is_infinite() && x.is_infinite() {
            return Self::fast(1f64.copysign(y), 1f64.copysign(x));
        }
        let (large, small, swapped) = ordered(y, x);
        if large == 0.0 || large.is_infinite() || small == 0.0 {
            // On an axis: the angle of a point of the same axis at distance one.
            let (y, x) = if swapped {
                (1f64.copysign(y), 0f64.copysign(x))
            } else {
                (0f64.copysign(y), 1f64.copysign(x))
            };
            return Self::fast(y, x);
        }
        let scale = if large < LARGE_MIN {
            UP
        } else if large > LARGE_MAX {
            DOWN
        } else {
            1.0
        };
        if small * scale >= SMALL_MIN {
            return Self::fast(y * scale, x * scale);
        }
        // Closer to an axis than any digit shows, unless that axis is the angle zero.
        if swapped {
            HALF_PI_HIGH.copysign(y)
        } else if x < 0.0 {
            (2.0 * HALF_PI_HIGH).copysign(y)
        } else {
            y / x
        }
    }
}

/// Angle of the point (x, y), from −π to π.
#[inline(always)]
pub fn atan2(y: f64, x: f64) -> f64 {
    evaluate2::<Atan2>(y, x)
}

/// The angle between −π/2 and π/2 whose tangent is `x`.
#[inline(always)]
pub fn atan(x: f64) -> f64 {
    atan2(x, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

    #[test]
    fn axes_and_diagonals() {
        let infinity = f64::INFINITY;
        for (y, x, expected) in [
            (0.0, 0.0, 0.0),
            (0.0, -0.0, PI),
            (0.0, 1.0, 0.0),
            (0.0, -1.0, PI),
            (1.0, 0.0, FRAC_PI_2),
            (1.0, -0.0, FRAC_PI_2),
            (5e-324, 0.0, FRAC_PI_2),
            (5e-324, -1.0, PI),
            (5e-324, 1.0, 5e-324),
            (5e-324, 5e-324, FRAC_PI_4),
            (5e-324, infinity, 0.0),
            (1.0, infinity, 0.0),
            (1.0, -infinity, PI),
            (infinity, 1.0, FRAC_PI_2),
            (infinity, -1e300, FRAC_PI_2),
            (infinity, infinity, FRAC_PI_4),
            (infinity, -infinity, 3.0 * FRAC_PI_4),
            (1e300, 1e300, FRAC_PI_4),
            (1.0, 1e-320, FRAC_PI_2),
            (1e-320, -1e300, PI),
            (1.0, -1.0, 3.0 * FRAC_PI_4),
        ] {
            assert_eq!(atan2(y, x).to_bits(), expected.to_bits(), "{y} {x}");
            assert_eq!(atan2(-y, x).to_bits(), (-expected).to_bits(), "-{y} {x}");
        }
    }

    #[test]
    fn nan_is_canonical() {
        for (y, x) in [
            (f64::NAN, 1.0),
            (1.0, -f64::NAN),
            (-f64::NAN, f64::INFINITY),
        ] {
            assert_eq!(atan2(y, x).to_bits(), f64::NAN.to_bits());
        }
    }
}
