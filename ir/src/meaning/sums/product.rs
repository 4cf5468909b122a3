//! Products: the exact real product, rounded once; of integers, in as many bits as they take.
//!
//! The exact product of many f64 is a number of millions of bits, of which 53 are wanted. So it is
//! computed to some words, cut off below; if both ends of the interval in which the exact product
//! lies round to the same number, that is the answer, else more words are taken. (That is never
//! needed but where the product lies within a hair of a midpoint.)

use super::{
    rounding::{decompose, round_scaled},
    words::{MalformedWords, WordReader},
};

/// "iproduct", layout 1.
const HEADER: u64 = 0x6970_726f_6475_0001;

/// The exact product of f64 values, rounded once to nearest, ties to even; 1 of nothing.
///
/// A NaN, or an infinity with a zero, makes it NaN; an infinity infinite, a zero zero, with the
/// product of all signs. Only the whole product overflows or underflows.
///
/// ```
/// use icosian_ir::meaning::sums::product;
/// assert_eq!(product(&[1e200, 1e200, 1e-200, 3.0]), 3e200);
/// ```
#[must_use]
pub fn product(values: &[f64]) -> f64 {
    let negative = values
        .iter()
        .filter(|value| value.is_sign_negative())
        .count()
        % 2
        == 1;
    let sign = if negative { -1.0 } else { 1.0 };
    let infinite = values.iter().any(|value| value.is_infinite());
    let zero = values.contains(&0.0);
    if values.iter().any(|value| value.is_nan()) || infinite && zero {
        return f64::NAN;
    }
    if infinite {
        return sign * f64::INFINITY;
    }
    if zero {
        return sign * 0.0;
    }
    let mut words = 4;
    loop {
        if let Some(magnitude) = product_to(values, words) {
            return sign * magnitude;
        }
        words *= 2;
    }
}

/// The magnitude, if so many words suffice to round it.
fn product_to(values: &[f64], words: usize) -> Option<f64> {
    let mut digits = vec![1u64];
    let mut exponent = 0i64;
    let mut cuts = 0u64;
    for value in values {
        let (_, significand, power) = decompose(*value);
        let zeros = significand.trailing_zeros();
        exponent += i64::from(power) + i64::from(zeros);
        let factor = significand >> zeros;
        if factor == 1 {
            continue;
        }
        let mut carry = 0u128;
        for digit in &mut digits {
            let part = u128::from(*digit) * u128::from(factor) + carry;
            *digit = part as u64;
            carry = part >> 64;
        }
        if carry > 0 {
            digits.push(carry as u64);
        }
        if digits.len() > words {
            exponent += 64;
            cuts += u64::from(digits.remove(0) != 0);
        }
    }
    let low = round(&digits, exponent);
    if cuts == 0 {
        return Some(low);
    }
    // Each cut took less than one unit of the lowest word left, of which there are at least
    // 2^(64·(words − 1)): together less than two units of the word above for each.
    let mut carry = 2 * cuts;
    for digit in &mut digits[1..] {
        let (sum, over) = digit.overflowing_add(carry);
        *digit = sum;
        carry = u64::from(over);
    }
    if carry > 0 {
        digits.push(carry);
    }
    (round(&digits, exponent) == low).then_some(low)
}

/// `Σ digits[i] · 2^(64·i + exponent)`, rounded.
fn round(digits: &[u64], exponent: i64) -> f64 {
    let top = digits.iter().rposition(|digit| *digit != 0).unwrap_or(0);
    let bottom = top.saturating_sub(1);
    let head = digits[bottom..=top]
        .iter()
        .rev()
        .fold(0u128, |head, digit| head << 64 | u128::from(*digit));
    let sticky = digits[..bottom].iter().any(|digit| *digit != 0);
    // Far beyond both ends of the range, all exponents are alike.
    let exponent = (exponent + 64 * bottom as i64).clamp(-4000, 4000) as i32;
    round_scaled(false, head, exponent, sticky)
}

/// The exact product of integers of up to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerProduct {
    zero: bool,
    negative: bool,
    /// Of those that are not zero; none beyond 128 bits, from where it never comes back.
    magnitude: Option<u128>,
}

impl Default for IntegerProduct {
    fn default() -> Self {
        Self::ONE
    }
}

impl IntegerProduct {
    pub(super) const ONE: Self = Self {
        zero: false,
        negative: false,
        magnitude: Some(1),
    };

    /// The product of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Multiplies by one value.
    pub fn multiply(&mut self, value: i128) {
        if value == 0 {
            self.zero = true;
            return;
        }
        self.negative ^= value < 0;
        self.magnitude = self
            .magnitude
            .and_then(|magnitude| magnitude.checked_mul(value.unsigned_abs()));
    }

    /// Multiplies by another product.
    pub fn merge(&mut self, other: &Self) {
        self.zero |= other.zero;
        self.negative ^= other.negative;
        self.magnitude = match (self.magnitude, other.magnitude) {
            (Some(left), Some(right)) => left.checked_mul(right),
            _ => None,
        };
    }

    /// The exact product; `None` if it takes more than 127 bits and a sign.
    #[must_use]
    pub fn value(&self) -> Option<i128> {
        if self.zero {
            return Some(0);
        }
        let magnitude = i128::try_from(self.magnitude?).ok()?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// The state as words.
    #[must_use]
    pub fn to_words(&self) -> Vec<u64> {
        let magnitude = self.magnitude.unwrap_or(0);
        vec![
            HEADER,
            u64::from(self.zero),
            u64::from(self.negative),
            magnitude as u64,
            (magnitude >> 64) as u64,
        ]
    }

    /// The state that [`to_words`](Self::to_words) wrote.
    ///
    /// # Errors
    /// If the words are no such state.
    pub fn from_words(words: &[u64]) -> Result<Self, MalformedWords> {
        WordReader::read_all(words, |words| {
            words.expect(HEADER)?;
            let (zero, negative) = (words.next_flag()?, words.next_flag()?);
            let magnitude = words.next_i128()?.cast_unsigned();
            Ok(Self {
                zero,
                negative,
                magnitude: Some(magnitude).filter(|magnitude| *magnitude != 0),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_zeros_and_infinities() {
        let infinity = f64::INFINITY;
        assert_eq!(product(&[]), 1.0);
        assert!(product(&[1.0, f64::NAN]).is_nan());
        assert!(product(&[infinity, -0.0]).is_nan());
        assert_eq!(product(&[-2.0, infinity]), -infinity);
        assert_eq!(product(&[-2.0, 0.0]).to_bits(), (-0.0f64).to_bits());
        assert_eq!(product(&[-2.0, -0.0]).to_bits(), 0);
    }

    #[test]
    fn only_the_whole_product_leaves_the_range() {
        assert_eq!(product(&[f64::MAX, f64::MAX, 5e-324, 5e-324]), {
            // (2¹⁰²⁴ − 2⁹⁷¹)² · 2⁻²¹⁴⁸, and 1 − 2⁻⁵³ squared rounds to 1 − 2⁻⁵².
            (1.0 - 2f64.powi(-52)) * 2f64.powi(-100)
        });
        assert_eq!(product(&[1e200, -1e200]), f64::NEG_INFINITY);
        assert_eq!(product(&[1e-200, 1e-200]), 0.0);
        assert_eq!(product(&[0.5, 5e-324, 3.0]), 1e-323);
        assert_eq!(product(&vec![1e10; 100_000]), f64::INFINITY);
        assert_eq!(product(&vec![1e-10; 100_000]), 0.0);
    }

    #[test]
    fn rounded_once_whatever_the_order() {
        // By Python's fractions: 0.1³ · 10³, and 0.1 to the tenth.
        let tenths = [0.1, 0.1, 0.1, 10.0, 10.0, 10.0];
        assert_eq!(product(&tenths), 1.0000000000000002);
        let mut turned = tenths;
        turned.reverse();
        assert_eq!(product(&turned), 1.0000000000000002);
        assert_eq!(product(&[0.1; 10]), 1.0000000000000006e-10);
        // A tie, exactly: 3 · (2⁵³ + 2) / 2 has one bit too many.
        assert_eq!(
            product(&[3.0, 2f64.powi(53) + 2.0]),
            3.0 * (2f64.powi(53) + 2.0)
        );
        // The same product as many factors, far beyond four words.
        let mut many = vec![3.0; 200];
        many.extend([1.0 / 3.0; 200]);
        let forward = product(&many);
        many.reverse();
        assert_eq!(product(&many), forward);
        assert_eq!(forward, 0.9999999999999889);
    }

    #[test]
    fn integers_may_leave_the_range_and_come_back_to_zero() {
        let of = |values: &[i128]| {
            let mut product = IntegerProduct::new();
            let mut merged = IntegerProduct::new();
            for value in values {
                product.multiply(*value);
                let mut one = IntegerProduct::new();
                one.multiply(*value);
                merged.merge(&IntegerProduct::from_words(&one.to_words()).expect("own words"));
            }
            assert_eq!(merged, product);
            product.value()
        };
        assert_eq!(of(&[]), Some(1));
        assert_eq!(of(&[-3, 5, -7]), Some(105));
        let large = 1 << 63;
        assert_eq!(of(&[large, -1]), Some(-(1 << 63)));
        assert_eq!(of(&[large, large, large]), None);
        assert_eq!(of(&[large, large, large, 0]), Some(0));
    }
}
