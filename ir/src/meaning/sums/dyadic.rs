//! Dyadic rationals of any size, and their quotients rounded once.
//!
//! Only what means and variances need: sums, products, and division by one or two counts. Numbers
//! stay below some 9,000 bits, mostly below 300, so the schoolbook methods do.

use std::cmp::Ordering;

use super::rounding::{decompose, round_scaled};
use smallvec::{SmallVec, smallvec};

/// From the lowest. The usual numbers need no allocation.
type Limbs = SmallVec<[u32; 24]>;

/// A whole number of units of a power of two. The unit's exponent is a multiple of 32, so that numbers
/// are aligned by whole limbs; the last limb is not zero.
#[derive(Clone, Debug)]
pub(super) struct Dyadic {
    negative: bool,
    limbs: Limbs,
    unit: i32,
}

impl Dyadic {
    /// `± Σ limbs[i] · 2^(32·i + unit)`.
    pub(super) fn new(negative: bool, limbs: impl IntoIterator<Item = u32>, unit: i32) -> Self {
        debug_assert_eq!(unit % 32, 0);
        let mut limbs: Limbs = limbs.into_iter().collect();
        let length = limbs
            .iter()
            .rposition(|&limb| limb != 0)
            .map_or(0, |last| last + 1);
        limbs.truncate(length);
        Self {
            negative,
            limbs,
            unit,
        }
    }

    pub(super) fn from_i128(value: i128) -> Self {
        Self::from_u128(value < 0, value.unsigned_abs(), 0)
    }

    pub(super) fn from_u64(value: u64) -> Self {
        Self::from_u128(false, u128::from(value), 0)
    }

    /// A finite number.
    pub(super) fn from_f64(value: f64) -> Self {
        let (negative, significand, exponent) = decompose(value);
        let shifted = u128::from(significand) << exponent.rem_euclid(32);
        Self::from_u128(negative, shifted, exponent.div_euclid(32) * 32)
    }

    fn from_u128(negative: bool, magnitude: u128, unit: i32) -> Self {
        Self::new(
            negative,
            (0..4).map(|index| (magnitude >> (32 * index)) as u32),
            unit,
        )
    }

    /// The exact sum of a few finite numbers.
    pub(super) fn sum(parts: &[f64]) -> Self {
        let nonzero = parts.iter().filter(|&&part| part != 0.0);
        nonzero
            .map(|&part| Self::from_f64(part))
            .reduce(|sum, part| sum.plus(&part))
            .unwrap_or(Self::from_u64(0))
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product: Limbs = smallvec![0; self.limbs.len() + other.limbs.len()];
        for (place, &left) in self
            .limbs
            .iter()
            .enumerate()
            .filter(|&(_, &limb)| limb != 0)
        {
            let mut carry = 0u64;
            for (digit, &right) in product[place..].iter_mut().zip(&other.limbs) {
                let sum = u64::from(left) * u64::from(right) + u64::from(*digit) + carry;
                *digit = sum as u32;
                carry = sum >> 32;
            }
            // Earlier rows reached one limb less far, so this place is still zero.
            product[place + other.limbs.len()] = carry as u32;
        }
        Self::new(
            self.negative != other.negative,
            product,
            self.unit + other.unit,
        )
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        if self.limbs.is_empty() {
            return other.clone();
        }
        if other.limbs.is_empty() {
            return self.clone();
        }
        let unit = self.unit.min(other.unit);
        let (left, right) = (self.with_unit(unit), other.with_unit(unit));
        let by_length = left.len().cmp(&right.len());
        let exceeds = by_length
            .then_with(|| left.iter().rev().cmp(right.iter().rev()))
            .is_gt();
        let (longer, shorter, negative) = if exceeds {
            (left, right, self.negative)
        } else {
            (right, left, other.negative)
        };
        let same_sign = self.negative == other.negative;
        let mut carry = 0i64;
        let mut limbs = Limbs::with_capacity(longer.len() + 1);
        for (index, &limb) in longer.iter().enumerate() {
            let operand = i64::from(shorter.get(index).copied().unwrap_or(0));
            let sum = i64::from(limb) + carry + if same_sign { operand } else { -operand };
            limbs.push(sum as u32);
            carry = sum >> 32;
        }
        limbs.push(carry as u32);
        Self::new(negative, limbs, unit)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self {
            negative: !other.negative,
            ..other.clone()
        })
    }

    pub(super) fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    /// How the magnitudes stand to each other.
    pub(super) fn compare_magnitude(&self, other: &Self) -> Ordering {
        let magnitude = |number: &Self| Self {
            negative: false,
            ..number.clone()
        };
        let difference = magnitude(self).minus(&magnitude(other));
        match (difference.is_zero(), difference.negative) {
            (true, _) => Ordering::Equal,
            (false, true) => Ordering::Less,
            (false, false) => Ordering::Greater,
        }
    }

    /// The magnitude of a number that is not zero, as `fraction · 2^exponent` with the fraction's
    /// 53 bits right but for the last place, from 1 to 2.
    pub(super) fn approximate(&self) -> (f64, i32) {
        let bottom = self.limbs.len().saturating_sub(3);
        let head = self.limbs[bottom..]
            .iter()
            .rev()
            .fold(0u128, |head, &limb| (head << 32) | u128::from(limb));
        let width = 128 - head.leading_zeros() as i32;
        let fraction = (head << (128 - width)) as f64 * f64::from_bits((1023 - 127) << 52);
        (fraction, self.unit + 32 * bottom as i32 + width - 1)
    }

    /// The limbs for a unit that is at most this one's.
    fn with_unit(&self, unit: i32) -> Limbs {
        let mut limbs: Limbs = smallvec![0; ((self.unit - unit) / 32) as usize];
        limbs.extend_from_slice(&self.limbs);
        limbs
    }

    /// `self / (divisors[0] · divisors[1] · …)`, rounded once. Zero gives +0.0. At most two divisors,
    /// none zero.
    pub(super) fn round_quotient(&self, divisors: &[u64]) -> f64 {
        if self.limbs.is_empty() {
            return 0.0;
        }
        // Enough zeros behind for the quotient to have at least three limbs: two for each divisor.
        let padding = 2 * divisors.len() as i32 + 4;
        let mut quotient = self.with_unit(self.unit - 32 * padding);
        let mut sticky = false;
        // Dividing by one after the other floors to the same quotient as dividing by the product,
        // and a remainder anywhere means the division did not come out even.
        for &divisor in divisors {
            sticky |= divide(&mut quotient, divisor) != 0;
        }
        let top = quotient.iter().rposition(|&limb| limb != 0).unwrap_or(0);
        let bottom = top.saturating_sub(3);
        let head = quotient[bottom..=top]
            .iter()
            .rev()
            .fold(0u128, |head, &limb| (head << 32) | u128::from(limb));
        sticky |= quotient[..bottom].iter().any(|&limb| limb != 0);
        round_scaled(
            self.negative,
            head,
            self.unit + 32 * (bottom as i32 - padding),
            sticky,
        )
    }
}

impl PartialEq for Dyadic {
    fn eq(&self, other: &Self) -> bool {
        self.minus(other).limbs.is_empty()
    }
}

/// Divides in place, giving the remainder.
fn divide(limbs: &mut [u32], divisor: u64) -> u64 {
    let mut remainder = 0u64;
    for limb in limbs.iter_mut().rev() {
        if let (Ok(small), Ok(short)) = (u32::try_from(remainder), u32::try_from(divisor)) {
            let part = u64::from(small) << 32 | u64::from(*limb);
            *limb = (part / u64::from(short)) as u32;
            remainder = part % u64::from(short);
        } else {
            let part = u128::from(remainder) << 32 | u128::from(*limb);
            *limb = (part / u128::from(divisor)) as u32;
            remainder = (part % u128::from(divisor)) as u64;
        }
    }
    remainder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(value: i128) -> Dyadic {
        Dyadic::from_i128(value)
    }

    #[test]
    fn arithmetic_agrees_with_i128() {
        let values = [
            0,
            1,
            -1,
            7,
            1 << 32,
            -(1 << 40) + 3,
            i128::from(i64::MAX),
            (1 << 62) - 12345,
        ];
        for left in values {
            for right in values {
                assert_eq!(integer(left).times(&integer(right)), integer(left * right));
                assert_eq!(integer(left).plus(&integer(right)), integer(left + right));
                assert_eq!(integer(left).minus(&integer(right)), integer(left - right));
            }
        }
        assert_ne!(integer(1), integer(-1));
        assert_ne!(integer(1 << 64), integer(1));
    }

    #[test]
    fn numbers_of_all_sizes_align() {
        let parts = [1e300, -5e-324, 3.0, -1e300, 5e-324, 0.0];
        assert_eq!(Dyadic::sum(&parts), integer(3));
        assert_eq!(Dyadic::sum(&[]), integer(0));
        let tiny = Dyadic::from_f64(5e-324);
        let huge = Dyadic::from_f64(2f64.powi(1000));
        assert_eq!(tiny.times(&huge), Dyadic::from_f64(2f64.powi(-74)));
        assert_eq!(tiny.plus(&huge).minus(&huge), tiny);
    }

    #[test]
    fn quotients_are_rounded_once() {
        assert_eq!(integer(1).round_quotient(&[3]), 1.0 / 3.0);
        assert_eq!(integer(-10).round_quotient(&[2, 5]), -1.0);
        // The divisor is 2⁶⁴ − 1, and its square a little below 2¹²⁸.
        assert_eq!(
            integer(1).round_quotient(&[u64::MAX, u64::MAX]),
            2f64.powi(-128)
        );
        assert_eq!(integer((1 << 53) + 1).round_quotient(&[1]), 2f64.powi(53));
        assert_eq!(
            integer((1 << 54) + 3).round_quotient(&[2]),
            2f64.powi(53) + 2.0
        );
        assert_eq!(integer(0).round_quotient(&[3]).to_bits(), 0);
        assert_eq!(Dyadic::from_f64(5e-324).round_quotient(&[2]), 0.0);
        assert_eq!(Dyadic::from_f64(-1e-323).round_quotient(&[2]), -5e-324);
    }
}
