//! Products of the values in a window that moves along the rows, at a cost that does not grow with the
//! window.
//!
//! A product can't take a factor back: it may have been cut off or have overflowed. So the values in
//! the window stand in two stacks. Those that came lately have one product for all of them; the
//! older ones have, each, the product of itself and all after it that are among the older. The oldest
//! leaves by dropping its product, and when there are none left, the later ones become the older.
//! Each value is multiplied twice or so in all.
//!
//! Products of f64 are kept to 128 bits, with a count of how often something was cut off. Almost always
//! both ends of the interval that this leaves round to the same f64, which is the exact product rounded
//! once; where they don't, the values of the window are multiplied out ([`product`]).

use super::{
    product::{IntegerProduct, product},
    rounding::{decompose, round_scaled},
};

/// Factors of which products can be made in any grouping.
trait Factor: Copy {
    /// The product of nothing.
    const ONE: Self;
    /// The product of two.
    fn times(self, other: Self) -> Self;
}

/// The product of a queue of factors.
#[derive(Clone, Debug)]
struct Queue<F> {
    /// The product of each older factor and those after it, the oldest last.
    older: Vec<F>,
    /// The later factors, in the order in which they came.
    later: Vec<F>,
    /// Their product.
    of_later: F,
}

impl<F: Factor> Queue<F> {
    fn new() -> Self {
        Self {
            older: Vec::new(),
            later: Vec::new(),
            of_later: F::ONE,
        }
    }

    fn push(&mut self, factor: F) {
        self.later.push(factor);
        self.of_later = self.of_later.times(factor);
    }

    fn pop(&mut self) {
        if self.older.is_empty() {
            let mut all = F::ONE;
            while let Some(factor) = self.later.pop() {
                all = factor.times(all);
                self.older.push(all);
            }
            self.of_later = F::ONE;
        }
        self.older.pop();
    }

    fn product(&self) -> F {
        let older = self.older.last().copied().unwrap_or(F::ONE);
        older.times(self.of_later)
    }
}

impl Factor for IntegerProduct {
    const ONE: Self = Self::ONE;

    fn times(mut self, other: Self) -> Self {
        self.merge(&other);
        self
    }
}

/// The exact product of the integers in a window.
///
/// ```
/// use icosian_ir::meaning::sums::RollingIntegerProduct;
/// let mut window = RollingIntegerProduct::new();
/// [0, 3, -5].iter().for_each(|value| window.push(*value));
/// window.pop();
/// assert_eq!(window.value(), Some(-15));
/// ```
#[derive(Clone, Debug)]
pub struct RollingIntegerProduct(Queue<IntegerProduct>);

impl Default for RollingIntegerProduct {
    fn default() -> Self {
        Self(Queue::new())
    }
}

impl RollingIntegerProduct {
    /// An empty window.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A value enters.
    pub fn push(&mut self, value: i128) {
        let mut factor = IntegerProduct::ONE;
        factor.multiply(value);
        self.0.push(factor);
    }

    /// The oldest value leaves.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The exact product; `None` if it takes more than 127 bits and a sign.
    #[must_use]
    pub fn value(&self) -> Option<i128> {
        self.0.product().value()
    }
}

/// A positive number between `significand` and `significand · (1 + cuts · 2⁻¹²⁵)`, times `2^exponent`.
#[derive(Clone, Copy, Debug)]
struct Magnitude {
    /// Its highest bit is set.
    significand: u128,
    exponent: i64,
    /// How often something was cut off: each time less than one part in 2¹²⁶.
    cuts: u64,
}

impl Magnitude {
    fn of(value: f64) -> Magnitude {
        let (_, significand, exponent) = decompose(value);
        let zeros = significand.leading_zeros() + 64;
        Magnitude {
            significand: u128::from(significand) << zeros,
            exponent: i64::from(exponent) - i64::from(zeros),
            cuts: 0,
        }
    }

    /// The one f64 that all numbers of the interval round to, if there is one.
    fn rounded(self) -> Option<f64> {
        // Far beyond both ends of the range, all exponents are alike.
        let exponent = self.exponent.clamp(-4000, 4000) as i32;
        let round = |significand| round_scaled(false, significand, exponent, false);
        let low = round(self.significand);
        if self.cuts == 0 {
            return Some(low);
        }
        let above = u128::from(self.cuts).checked_mul(8)?;
        let high = round(self.significand.checked_add(above)?);
        (low == high).then_some(low)
    }
}

impl Factor for Magnitude {
    const ONE: Self = Self {
        significand: 1 << 127,
        exponent: -127,
        cuts: 0,
    };

    fn times(self, other: Self) -> Self {
        let (mut high, mut low) = wide_product(self.significand, other.significand);
        let mut exponent = self.exponent + other.exponent + 128;
        if high >> 127 == 0 {
            high = high << 1 | low >> 127;
            low <<= 1;
            exponent -= 1;
        }
        Self {
            significand: high,
            exponent,
            cuts: self.cuts + other.cuts + u64::from(low != 0),
        }
    }
}

/// The product of two numbers in two words of 128 bits, the higher first.
fn wide_product(left: u128, right: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a, b) = (left >> 64, left & LOW);
    let (c, d) = (right >> 64, right & LOW);
    let (low, crossed, other) = (b * d, a * d, b * c);
    let middle = (low >> 64) + (crossed & LOW) + (other & LOW);
    let high = a * c + (crossed >> 64) + (other >> 64) + (middle >> 64);
    (high, middle << 64 | low & LOW)
}

/// The exact product of the f64 values in a window, rounded once, as [`product`] gives it.
///
/// ```
/// use icosian_ir::meaning::sums::RollingProduct;
/// let mut window = RollingProduct::new();
/// [0.0, 1e200, 1e200, 3e-200].iter().for_each(|value| window.push(*value));
/// window.pop(0.0);
/// assert_eq!(window.value(|| vec![1e200, 1e200, 3e-200]), 3e200);
/// ```
#[derive(Clone, Debug)]
pub struct RollingProduct {
    magnitude: Queue<Magnitude>,
    negative: u64,
    zero: u64,
    infinite: u64,
    nan: u64,
}

impl Default for RollingProduct {
    fn default() -> Self {
        Self {
            magnitude: Queue::new(),
            negative: 0,
            zero: 0,
            infinite: 0,
            nan: 0,
        }
    }
}

impl RollingProduct {
    /// An empty window.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many values there are of each kind that decides alone.
    fn kinds(&mut self, value: f64) -> [(bool, &mut u64); 4] {
        [
            (value.is_sign_negative(), &mut self.negative),
            (value == 0.0, &mut self.zero),
            (value.is_infinite(), &mut self.infinite),
            (value.is_nan(), &mut self.nan),
        ]
    }

    /// A value enters.
    pub fn push(&mut self, value: f64) {
        for (is, count) in self.kinds(value) {
            *count += u64::from(is);
        }
        let ordinary = value.is_finite() && value != 0.0;
        self.magnitude.push(if ordinary {
            Magnitude::of(value)
        } else {
            Magnitude::ONE
        });
    }

    /// The oldest value, which was this, leaves.
    pub fn pop(&mut self, value: f64) {
        for (is, count) in self.kinds(value) {
            *count -= u64::from(is);
        }
        self.magnitude.pop();
    }

    /// The product; `values` are all in the window, which it may need.
    #[must_use]
    pub fn value(&self, values: impl FnOnce() -> Vec<f64>) -> f64 {
        if self.nan > 0 || self.infinite > 0 && self.zero > 0 {
            return f64::NAN;
        }
        let sign = if self.negative % 2 == 1 { -1.0 } else { 1.0 };
        if self.infinite > 0 {
            return sign * f64::INFINITY;
        }
        if self.zero > 0 {
            return sign * 0.0;
        }
        match self.magnitude.product().rounded() {
            Some(magnitude) => sign * magnitude,
            None => product(&values()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of every length up to 9 along the values agree with the product of each alone.
    fn agree(values: &[f64]) {
        for length in 1..10 {
            let mut window = RollingProduct::new();
            for (row, value) in values.iter().enumerate() {
                window.push(*value);
                if row >= length {
                    window.pop(values[row - length]);
                }
                let held = &values[(row + 1).saturating_sub(length)..=row];
                let found = window.value(|| held.to_vec());
                let wanted = product(held);
                let same = found.to_bits() == wanted.to_bits() || found.is_nan() && wanted.is_nan();
                assert!(same, "{held:?}: {found:e}, not {wanted:e}");
            }
        }
    }

    #[test]
    fn windows_are_as_their_values_alone() {
        agree(&[
            0.1,
            10.0,
            3.0,
            1.0 / 3.0,
            7.5,
            -0.3,
            1e-7,
            1e9,
            2.0,
            0.7,
            1.1,
        ]);
        agree(&[1e300, 1e300, 1e-300, 1e-320, 5e-324, f64::MAX, -1e300, 4.0]);
        agree(&[
            1.0,
            -0.0,
            3.0,
            f64::INFINITY,
            -2.0,
            f64::NAN,
            0.0,
            -5.0,
            6.0,
            7.0,
            8.0,
            9.0,
        ]);
        // Ties: these products have a bit more than a double.
        agree(&[3.0, 2f64.powi(53) + 2.0, 0.5, 5.0, 2f64.powi(52) + 1.0, 3.0]);
        // Ties of long odd factors, which 128 bits do not hold.
        let long = 1.0 + f64::EPSILON;
        agree(&[long, long, long, long, 1.5, long, long, 0.75]);
    }

    #[test]
    fn wide_products() {
        assert_eq!(wide_product(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(wide_product(1 << 127, 6), (3, 0));
        let (a, b) = (0x1234_5678_9abc_def0_0fed_cba9_8765_4321u128, 1 << 64 | 1);
        let shifted = (a >> 64, a << 64);
        let (low, carry) = shifted.1.overflowing_add(a);
        assert_eq!(wide_product(a, b), (shifted.0 + u128::from(carry), low));
    }

    #[test]
    fn integers_come_back_from_beyond() {
        let mut window = RollingIntegerProduct::new();
        let large = 1i128 << 62;
        for value in [large, large, large, 5] {
            window.push(value);
        }
        assert_eq!(window.value(), None);
        window.pop();
        window.push(-1);
        window.pop();
        assert_eq!(window.value(), Some(-5 * large));
        for _ in 0..3 {
            window.pop();
        }
        assert_eq!(window.value(), Some(1));
    }
}
