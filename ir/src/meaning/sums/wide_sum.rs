//! An exact sum of numbers of any size, as wide as they make it.
//!
//! Digits of 32 bits live in `i64`, so that carries wait, as in `fixed_point`; but there are only as
//! many as the numbers seen reach over. So third and fourth powers, which span 8,400 bits at most,
//! take some ten digits on ordinary data.

use super::{
    dyadic::Dyadic,
    near::Near,
    words::{MalformedWords, WordReader},
};

/// Additions before carries must run.
const PENDING: u32 = 1 << 30;

/// More digits than any sum of fourth powers has.
const MOST_DIGITS: u64 = 400;

/// `Σ digits[i] · 2^(32·(base + i))`; the digits are signed while carries wait.
#[derive(Clone, Debug, Default)]
pub(super) struct WideSum {
    base: i32,
    digits: Vec<i64>,
    pending: u32,
}

impl WideSum {
    /// Adds `± Σ words[i] · 2^(32·(place + i))`.
    pub(super) fn add(&mut self, negative: bool, words: &[u32], place: i32) {
        self.reach(place, words.len());
        let start = (place - self.base) as usize;
        for (digit, word) in self.digits[start..].iter_mut().zip(words) {
            let word = i64::from(*word);
            *digit += if negative { -word } else { word };
        }
        self.pending += 1;
        if self.pending == PENDING {
            self.carry();
        }
    }

    /// How many digits it is kept in.
    pub(super) fn width(&self) -> usize {
        self.digits.len()
    }

    /// Makes room for digits, and for their carries.
    fn reach(&mut self, place: i32, count: usize) {
        if self.digits.is_empty() {
            self.base = place;
        }
        if place < self.base {
            let more = (self.base - place) as usize;
            self.digits.splice(0..0, std::iter::repeat_n(0, more));
            self.base = place;
        }
        let wanted = (place - self.base) as usize + count + 2;
        if self.digits.len() < wanted {
            self.digits.resize(wanted, 0);
        }
    }

    /// Leaves every digit but the top between 0 and 2³².
    fn carry(&mut self) {
        self.pending = 0;
        let Some((top, digits)) = self.digits.split_last_mut() else {
            return;
        };
        let mut carry = 0i64;
        for digit in digits {
            let sum = *digit + carry;
            *digit = sum & 0xffff_ffff;
            carry = sum >> 32;
        }
        *top += carry;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.digits.is_empty() {
            return;
        }
        let mut other = other.clone();
        other.carry();
        self.carry();
        self.reach(other.base, other.digits.len());
        let start = (other.base - self.base) as usize;
        for (digit, more) in self.digits[start..].iter_mut().zip(&other.digits) {
            *digit += more;
        }
        self.carry();
    }

    /// The sum within bounds, from its highest digits, if its size is an ordinary one.
    pub(super) fn near(&self) -> Option<Near> {
        const DIGITS: usize = 6;
        const STEP: f64 = 4_294_967_296.0;
        let used = self.digits.iter().rposition(|digit| *digit != 0);
        let used = used.map_or(0, |last| last + 1);
        let first = used.saturating_sub(DIGITS);
        let place = self.base + first as i32;
        if !(-25..20).contains(&place) {
            return None;
        }
        let start = Near::sum(0.0, 0.0);
        // By Horner's rule; the digits below add up to less than 2³¹ of the lowest one that counts.
        let sum = self.digits[first..used]
            .iter()
            .rev()
            .fold(start, |sum, digit| {
                sum.scaled(STEP).plus(Near::integer(*digit))
            });
        let left_out = if first > 0 { STEP } else { 0.0 };
        let unit = f64::from_bits(((1023 + 32 * place) as u64) << 52);
        Some(sum.off_by(left_out).scaled(unit))
    }

    /// The exact sum.
    pub(super) fn to_dyadic(&self) -> Dyadic {
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.digits.last().is_some_and(|top| *top < 0);
        if negative {
            sum.digits.iter_mut().for_each(|digit| *digit = -*digit);
            sum.carry();
        }
        let top = sum.digits.pop().unwrap_or(0);
        let digits = sum.digits.iter().map(|digit| *digit as u32);
        let top = [top as u32, (top >> 32) as u32];
        Dyadic::new(negative, digits.chain(top), 32 * sum.base)
    }

    pub(super) fn write(&self, words: &mut Vec<u64>) {
        let mut sum = self.clone();
        sum.carry();
        words.push(i64::from(sum.base).cast_unsigned());
        words.push(sum.digits.len() as u64);
        words.extend(sum.digits.iter().map(|digit| digit.cast_unsigned()));
    }

    pub(super) fn read(words: &mut WordReader<'_>) -> Result<Self, MalformedWords> {
        let base = words.next()?.cast_signed();
        let base = i32::try_from(base).map_err(|_| MalformedWords)?;
        let count = words.next()?;
        if count > MOST_DIGITS || base.unsigned_abs() as u64 > MOST_DIGITS {
            return Err(MalformedWords);
        }
        let mut digits = Vec::with_capacity(count as usize);
        for position in 0..count {
            let digit = words.next()?.cast_signed();
            let valid = position + 1 == count || (0..1 << 32).contains(&digit);
            // What remains far from overflow, however many states are merged.
            if !valid || digit.unsigned_abs() > 1 << 32 {
                return Err(MalformedWords);
            }
            digits.push(digit);
        }
        Ok(Self {
            base,
            digits,
            pending: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_both_ways_and_keeps_signs() {
        let mut sum = WideSum::default();
        sum.add(true, &[1], 0);
        sum.add(false, &[u32::MAX, u32::MAX], 5);
        sum.add(true, &[7], -3);
        sum.add(true, &[u32::MAX, u32::MAX], 5);
        let place = |place: i32| Dyadic::new(false, [1], 32 * place);
        let seven = Dyadic::from_u64(7).times(&place(-3));
        let wanted = Dyadic::from_i128(-1).minus(&seven);
        assert_eq!(sum.to_dyadic(), wanted);
        let mut merged = WideSum::default();
        merged.add(false, &[3], 9);
        merged.merge(&sum);
        merged.merge(&WideSum::default());
        let three = Dyadic::from_u64(3).times(&place(9));
        assert_eq!(merged.to_dyadic(), wanted.plus(&three));
        assert_eq!(WideSum::default().to_dyadic(), Dyadic::from_u64(0));
    }

    #[test]
    fn a_negative_sum_grows_upwards() {
        let mut sum = WideSum::default();
        sum.add(true, &[1], 0);
        sum.add(false, &[1], 20);
        let high = Dyadic::new(false, [1], 32 * 20);
        assert_eq!(sum.to_dyadic(), high.minus(&Dyadic::from_u64(1)));
    }
}
