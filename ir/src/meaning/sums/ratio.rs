//! Quotients of exact numbers and their square roots, rounded once.
//!
//! A candidate from the leading bits is off by a few places at most. It is put right by comparing
//! the midpoints beside it with the exact value, which takes multiplications only.

use std::cmp::Ordering;

use super::dyadic::Dyadic;

/// `numerator / denominator`, rounded once. The denominator is not zero; a zero gives +0.0.
pub(super) fn round_ratio(numerator: &Dyadic, denominator: &Dyadic) -> f64 {
    if numerator.is_zero() {
        return 0.0;
    }
    let ((above, above_exponent), (below, below_exponent)) =
        (numerator.approximate(), denominator.approximate());
    let candidate = scaled(above / below, above_exponent - below_exponent);
    let magnitude = nearest(candidate, |bound| {
        numerator.compare_magnitude(&bound.times(denominator))
    });
    if numerator.is_negative() == denominator.is_negative() {
        magnitude
    } else {
        -magnitude
    }
}

/// The square root of `numerator / denominator`, rounded once. Neither is negative, the denominator
/// not zero.
pub(super) fn round_root_of_ratio(numerator: &Dyadic, denominator: &Dyadic) -> f64 {
    if numerator.is_zero() {
        return 0.0;
    }
    let ((above, above_exponent), (below, below_exponent)) =
        (numerator.approximate(), denominator.approximate());
    let exponent = above_exponent - below_exponent;
    let odd = exponent.rem_euclid(2);
    let ratio = above / below * f64::from(1 + odd);
    let candidate = scaled(ratio.sqrt(), (exponent - odd) / 2);
    nearest(candidate, |bound| {
        numerator.compare_magnitude(&bound.times(bound).times(denominator))
    })
}

/// `value · 2^exponent`, about, and finite.
fn scaled(value: f64, exponent: i32) -> f64 {
    let mut value = value;
    let mut rest = exponent;
    while rest != 0 && value != 0.0 && value.is_finite() {
        let step = rest.clamp(-1000, 1000);
        value *= f64::from_bits(((1023 + step) as u64) << 52);
        rest -= step;
    }
    value.min(f64::MAX)
}

/// The f64 nearest to a magnitude, ties to even, found from one close to it; `exceeds` says how the
/// magnitude stands to a number.
fn nearest(candidate: f64, exceeds: impl Fn(&Dyadic) -> Ordering) -> f64 {
    let half = Dyadic::from_f64(0.5);
    let unit_above = |value: f64| {
        let next = value.next_up();
        // Above the greatest number the places would go on as below it.
        let next = if next.is_finite() {
            Dyadic::from_f64(next).minus(&Dyadic::from_f64(value))
        } else {
            Dyadic::from_f64(2f64.powi(971))
        };
        next.times(&half)
    };
    let midpoint = |value: f64| Dyadic::from_f64(value).plus(&unit_above(value));
    let even = |low: f64| {
        if low.to_bits().is_multiple_of(2) {
            low
        } else {
            low.next_up()
        }
    };
    let mut value = candidate;
    loop {
        match exceeds(&midpoint(value)) {
            Ordering::Equal => return even(value),
            Ordering::Greater => {
                value = value.next_up();
                if value.is_infinite() {
                    return value;
                }
                continue;
            }
            Ordering::Less => {}
        }
        if value == 0.0 {
            return value;
        }
        let below = value.next_down();
        match exceeds(&midpoint(below)) {
            Ordering::Equal => return even(below),
            Ordering::Greater => return value,
            Ordering::Less => value = below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: f64, denominator: f64) -> f64 {
        round_ratio(&Dyadic::from_f64(numerator), &Dyadic::from_f64(denominator))
    }

    #[test]
    fn quotients_are_those_of_ieee() {
        let values = [
            1.0,
            -3.0,
            10.0,
            0.1,
            1e300,
            -1e-300,
            5e-324,
            f64::MAX,
            f64::MIN_POSITIVE,
            1.0 + f64::EPSILON,
        ];
        for above in values {
            for below in values {
                assert_eq!(ratio(above, below), above / below, "{above:e} / {below:e}");
            }
        }
        assert_eq!(ratio(0.0, -2.0).to_bits(), 0);
    }

    #[test]
    fn roots_are_those_of_ieee() {
        let one = Dyadic::from_u64(1);
        for value in [2.0, 3.0, 0.1, 1e300, 5e-324, f64::MAX, 4.0, 1e-310] {
            let root = round_root_of_ratio(&Dyadic::from_f64(value), &one);
            assert_eq!(root, value.sqrt(), "{value:e}");
        }
        // The square of a number with one bit too many lies half way: to even.
        let tie = Dyadic::from_i128((1 << 53) + 1);
        assert_eq!(round_root_of_ratio(&tie.times(&tie), &one), 2f64.powi(53));
        let tie = Dyadic::from_i128((1 << 53) + 3);
        assert_eq!(
            round_root_of_ratio(&tie.times(&tie), &one),
            2f64.powi(53) + 4.0
        );
    }
}
