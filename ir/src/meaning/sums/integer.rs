//! Whole numbers of any size, and their quotients rounded once.
//!
//! Only what means and variances need: products, differences, and division by one or two counts.
//! Numbers stay below some 9,000 bits, so the schoolbook methods do.

use super::rounding::round_scaled;

/// A whole number: a sign, and 32-bit limbs from the lowest, the last one not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Integer {
    negative: bool,
    limbs: Vec<u32>,
}

impl Integer {
    pub(super) fn new(negative: bool, mut limbs: Vec<u32>) -> Self {
        let length = limbs
            .iter()
            .rposition(|&limb| limb != 0)
            .map_or(0, |last| last + 1);
        limbs.truncate(length);
        Self { negative, limbs }
    }

    pub(super) fn from_i128(value: i128) -> Self {
        Self::from_u128(value < 0, value.unsigned_abs())
    }

    pub(super) fn from_u128(negative: bool, magnitude: u128) -> Self {
        Self::new(
            negative,
            (0..4)
                .map(|index| (magnitude >> (32 * index)) as u32)
                .collect(),
        )
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = vec![0u32; self.limbs.len() + other.limbs.len()];
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
        Self::new(self.negative != other.negative, product)
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let (longer, shorter) = if self.exceeds(other) {
            (self, other)
        } else {
            (other, self)
        };
        let same_sign = self.negative == other.negative;
        let mut carry = 0i64;
        let mut limbs = Vec::with_capacity(longer.limbs.len() + 1);
        for (index, &limb) in longer.limbs.iter().enumerate() {
            let operand = i64::from(shorter.limbs.get(index).copied().unwrap_or(0));
            let sum = i64::from(limb) + carry + if same_sign { operand } else { -operand };
            limbs.push(sum as u32);
            carry = sum >> 32;
        }
        limbs.push(carry as u32);
        Self::new(longer.negative, limbs)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self {
            negative: !other.negative,
            limbs: other.limbs.clone(),
        })
    }

    /// Whether this one's absolute value is the larger.
    fn exceeds(&self, other: &Self) -> bool {
        let by_length = self.limbs.len().cmp(&other.limbs.len());
        by_length
            .then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
            .is_gt()
    }

    /// `self · 2^unit / (divisors[0] · divisors[1] · …)`, rounded once. Zero gives +0.0. At most two
    /// divisors, none zero.
    pub(super) fn round_quotient(&self, unit: i32, divisors: &[u64]) -> f64 {
        if self.limbs.is_empty() {
            return 0.0;
        }
        // Enough zeros behind for the quotient to have at least three limbs: two for each divisor.
        let padding = 2 * divisors.len() + 4;
        let mut quotient = vec![0u32; padding];
        quotient.extend_from_slice(&self.limbs);
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
            .fold(0u128, |head, &limb| head << 32 | u128::from(limb));
        sticky |= quotient[..bottom].iter().any(|&limb| limb != 0);
        let exponent = unit + 32 * (bottom as i32 - padding as i32);
        round_scaled(self.negative, head, exponent, sticky)
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

impl std::fmt::Display for Integer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.negative {
            formatter.write_str("-")?;
        }
        let (last, rest) = self.limbs.split_last().unwrap_or((&0, &[]));
        write!(formatter, "{last:x}")?;
        rest.iter()
            .rev()
            .try_for_each(|limb| write!(formatter, "{limb:08x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(value: i128) -> Integer {
        Integer::from_i128(value)
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
                assert_eq!(
                    integer(left)
                        .times(&integer(right))
                        .to_string()
                        .trim_start_matches('-'),
                    format!("{:x}", (left * right).unsigned_abs())
                );
                assert_eq!(
                    integer(left).plus(&integer(right)).limbs,
                    integer(left + right).limbs
                );
                assert_eq!(
                    integer(left).minus(&integer(right)).limbs,
                    integer(left - right).limbs
                );
            }
        }
    }

    #[test]
    fn quotients_are_rounded_once() {
        assert_eq!(integer(1).round_quotient(0, &[3]), 1.0 / 3.0);
        assert_eq!(integer(-10).round_quotient(0, &[2, 5]), -1.0);
        assert_eq!(
            integer(1).round_quotient(0, &[u64::MAX, u64::MAX]),
            2f64.powi(-128)
        );
        assert_eq!(
            integer((1 << 53) + 1).round_quotient(0, &[1]),
            2f64.powi(53)
        );
        assert_eq!(
            integer((1 << 54) + 3).round_quotient(0, &[2]),
            2f64.powi(53) + 2.0
        );
        assert_eq!(integer(0).round_quotient(0, &[3]).to_bits(), 0);
    }
}
