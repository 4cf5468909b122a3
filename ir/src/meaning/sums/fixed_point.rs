//! The superaccumulator: a binary fixed-point number wide enough for every sum of f64 values, or of
//! their products, so that adding to it is exact whatever the addends.
//!
//! Limbs of 32 bits live in `i64`, so that carries wait: an addition touches three limbs (five for a
//! product) and a carry runs only every 2³⁰ additions or when the value is read. This is what a sum
//! falls back to when the pair of f64 can't hold it; it is not meant to be small or fast.

use super::{
    dyadic::Dyadic,
    rounding::{decompose, round_scaled},
    words::{MalformedWords, WordReader},
};

/// Holds Σx for up to 2⁶³ finite f64: from 2⁻¹⁰⁸⁸ up to 2¹⁰²⁴ with 64 bits to spare, and a sign.
pub(super) type SumAccumulator = FixedPoint<70>;
/// Holds Σx·y likewise, from 2⁻²¹⁷⁶, the square of the unit above, up to 2²⁰⁴⁸.
pub(super) type ProductAccumulator = FixedPoint<138>;

const LIMB_BITS: i32 = 32;
const LOW: i64 = 0xffff_ffff;
/// A limb grows by less than 2³² per counted addition, so this many fit an i64 with room.
const CARRY_AFTER: u32 = 1 << 30;

/// A fixed-point number of `LIMBS` 32-bit limbs, `(LIMBS − 2) / 2` of them below the binary point.
#[derive(Clone, Debug)]
pub(super) struct FixedPoint<const LIMBS: usize> {
    limbs: [i64; LIMBS],
    additions: u32,
}

impl<const LIMBS: usize> FixedPoint<LIMBS> {
    /// The exponent of the last bit.
    const UNIT: i32 = -((LIMBS as i32 - 2) / 2 * LIMB_BITS);

    pub(super) fn new() -> Self {
        Self {
            limbs: [0; LIMBS],
            additions: 0,
        }
    }

    /// Adds a finite number.
    pub(super) fn add(&mut self, value: f64) {
        let (negative, significand, exponent) = decompose(value);
        self.add_scaled(negative, u128::from(significand), exponent);
    }

    /// Adds the exact product of two finite numbers; for [`ProductAccumulator`] only.
    pub(super) fn add_product(&mut self, left: f64, right: f64) {
        let (left_negative, left, left_exponent) = decompose(left);
        let (right_negative, right, right_exponent) = decompose(right);
        let product = u128::from(left) * u128::from(right);
        self.add_scaled(
            left_negative != right_negative,
            product,
            left_exponent + right_exponent,
        );
    }

    fn add_scaled(&mut self, negative: bool, significand: u128, exponent: i32) {
        if self.additions >= CARRY_AFTER {
            self.carry();
        }
        // Two parts, from neighbouring chunks, may meet in one limb.
        self.additions += 2;
        let position = (exponent - Self::UNIT) as u32;
        let (mut limb, shift) = ((position / 32) as usize, position % 32);
        let mut rest = significand;
        while rest != 0 {
            let chunk = (rest as u32 as u64) << shift;
            let (low, high) = (chunk as i64 & LOW, (chunk >> 32) as i64);
            self.limbs[limb] += if negative { -low } else { low };
            self.limbs[limb + 1] += if negative { -high } else { high };
            rest >>= 32;
            limb += 1;
        }
    }

    /// Adds the other number.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.additions + other.additions >= CARRY_AFTER {
            self.carry();
        }
        for (limb, more) in self.limbs.iter_mut().zip(&other.limbs) {
            *limb += more;
        }
        self.additions += other.additions + 1;
    }

    /// Brings every limb but the last, which carries the sign, into 0..2³².
    fn carry(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs[..LIMBS - 1] {
            let value = *limb + carry;
            *limb = value & LOW;
            carry = value >> 32;
        }
        self.limbs[LIMBS - 1] += carry;
        self.additions = 1;
    }

    /// The sign and the limbs of the absolute value, each in 0..2³².
    fn sign_and_magnitude(&self) -> (bool, [i64; LIMBS]) {
        let mut copy = self.clone();
        copy.carry();
        let negative = copy.limbs[LIMBS - 1] < 0;
        if negative {
            for limb in &mut copy.limbs {
                *limb = -*limb;
            }
            copy.carry();
        }
        (negative, copy.limbs)
    }

    /// The nearest f64, ties to even; zero is +0.0, too large is an infinity.
    pub(super) fn round(&self) -> f64 {
        let (negative, limbs) = self.sign_and_magnitude();
        let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else {
            return 0.0;
        };
        let bottom = top.saturating_sub(3);
        let head = limbs[bottom..=top]
            .iter()
            .rev()
            .fold(0u128, |head, &limb| head << 32 | limb as u128);
        let sticky = limbs[..bottom].iter().any(|&limb| limb != 0);
        round_scaled(
            negative,
            head,
            bottom as i32 * LIMB_BITS + Self::UNIT,
            sticky,
        )
    }

    /// The pair `(hi, lo)` with exactly this value, if there is one.
    pub(super) fn to_pair(&self) -> Option<(f64, f64)> {
        let mut rest = self.clone();
        let hi = rest.round();
        if hi.is_infinite() {
            return None;
        }
        rest.add(-hi);
        let lo = rest.round();
        rest.add(-lo);
        (rest.round() == 0.0 && rest.sign_and_magnitude().1.iter().all(|&limb| limb == 0))
            .then_some((hi, lo))
    }

    /// The exact value.
    pub(super) fn to_dyadic(&self) -> Dyadic {
        let (negative, limbs) = self.sign_and_magnitude();
        Dyadic::new(negative, limbs.iter().map(|&limb| limb as u32), Self::UNIT)
    }

    /// Writes the carried limbs, without the zeros at both ends, after a word that places them.
    pub(super) fn write(&self, words: &mut Vec<u64>) {
        let mut copy = self.clone();
        copy.carry();
        let first = copy.limbs.iter().position(|&limb| limb != 0).unwrap_or(0);
        let end = copy
            .limbs
            .iter()
            .rposition(|&limb| limb != 0)
            .map_or(0, |last| last + 1);
        words.push((first as u64) << 32 | end as u64);
        words.extend(
            copy.limbs[first..end.max(first)]
                .iter()
                .map(|&limb| limb as u64),
        );
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(words: &mut WordReader<'_>) -> Result<Self, MalformedWords> {
        let place = words.next()?;
        let (first, end) = ((place >> 32) as usize, (place & 0xffff_ffff) as usize);
        if first > end || end > LIMBS {
            return Err(MalformedWords);
        }
        let mut value = Self {
            limbs: [0; LIMBS],
            additions: 1,
        };
        for (index, limb) in value.limbs.iter_mut().enumerate().take(end).skip(first) {
            *limb = words.next()? as i64;
            let valid = if index == LIMBS - 1 {
                i32::try_from(*limb).is_ok()
            } else {
                *limb & LOW == *limb
            };
            if !valid {
                return Err(MalformedWords);
            }
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_whole_range_at_once() {
        let mut sum = SumAccumulator::new();
        for value in [f64::MAX, f64::MAX, 5e-324, -f64::MAX, 1.0, -1.0, -f64::MAX] {
            sum.add(value);
        }
        assert_eq!(sum.round(), 5e-324);
        sum.add(-5e-324);
        assert_eq!(sum.round().to_bits(), 0);
        assert_eq!(sum.to_pair(), Some((0.0, 0.0)));
    }

    #[test]
    fn rounds_beyond_the_range_to_infinity() {
        let mut sum = SumAccumulator::new();
        sum.add(-f64::MAX);
        sum.add(-f64::MAX);
        assert_eq!(sum.round(), f64::NEG_INFINITY);
        assert_eq!(sum.to_pair(), None);
    }

    #[test]
    fn products_are_exact_at_both_ends() {
        let mut sum = ProductAccumulator::new();
        sum.add_product(5e-324, 5e-324);
        sum.add_product(f64::MAX, f64::MAX);
        sum.add_product(-f64::MAX, f64::MAX);
        let smallest = Dyadic::from_f64(5e-324);
        assert_eq!(sum.to_dyadic(), smallest.times(&smallest));
    }

    #[test]
    fn pairs_exist_only_where_two_numbers_suffice() {
        let mut sum = SumAccumulator::new();
        sum.add(1e300);
        sum.add(1.0);
        assert_eq!(sum.to_pair(), Some((1e300, 1.0)));
        sum.add(1e-300);
        assert_eq!(sum.to_pair(), None);
        sum.add(-1e300);
        assert_eq!(sum.to_pair(), Some((1.0, 1e-300)));
    }
}
