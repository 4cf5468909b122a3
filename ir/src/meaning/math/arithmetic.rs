//! Building blocks of the mathematical functions: error-free sums and products, polynomials,
//! scaling by powers of two. All are free of branches.
//!
//! A pair (high, low) stands for the unevaluated sum of two doubles, some 106 bits of precision.

/// Adding and taking away this rounds a double of magnitude below 2⁵¹ to an integer (ties to
/// even); the sum's low bits are that integer in two's complement.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Exponent bias of a double.
const BIAS: u64 = 1023;

/// Places below the exponent in a double's bits.
const FRACTION_BITS: u32 = 52;

/// The sum of two doubles and its rounding error, for any magnitudes (Knuth's two-sum).
#[inline(always)]
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_seen = sum - a;
    (sum, (a - (sum - b_seen)) + (b - b_seen))
}

/// The sum of two doubles and its rounding error, for |a| ≥ |b| or a = 0 (Dekker's fast two-sum).
#[inline(always)]
pub(super) fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// The product of two doubles and its rounding error.
#[inline(always)]
pub(super) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// The product of two pairs, relative error some 2⁻¹⁰².
#[inline(always)]
pub(super) fn multiply(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let (high, error) = two_product(a.0, b.0);
    let low = a.0.mul_add(b.1, a.1.mul_add(b.0, error));
    fast_two_sum(high, low)
}

/// The quotient of two pairs as a pair.
#[inline(always)]
pub(super) fn divide(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let quotient = a.0 / b.0;
    let rest = quotient.mul_add(-b.0, a.0) + quotient.mul_add(-b.1, a.1);
    (quotient, rest / b.0)
}

/// The square root of a pair as a pair.
#[inline(always)]
pub(super) fn square_root(a: (f64, f64)) -> (f64, f64) {
    let root = a.0.sqrt();
    let rest = root.mul_add(-root, a.0) + a.1;
    let low = rest / (2.0 * root);
    (root, if root == 0.0 { 0.0 } else { low })
}

/// 1/√x to 9 bits, for a positive normal x: half the exponent and a line by the bits themselves, then a
/// step of Newton's. Finite of 0.
#[inline(always)]
pub(super) fn rough_inverse_root(x: f64) -> f64 {
    let guess = f64::from_bits(0x5fe6_eb50_c7b5_37a9_u64.wrapping_sub(x.to_bits() >> 1));
    guess * (-0.5 * x * guess).mul_add(guess, 1.5)
}

/// c₀ + c₁·x + c₂·x² + … by Horner's rule, fused.
#[inline(always)]
pub(super) fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut total = coefficients[N - 1];
    for index in (0..N - 1).rev() {
        total = total.mul_add(x, coefficients[index]);
    }
    total
}

/// The same as two polynomials in x², side by side: two operations more, and half the time until the
/// result is there, which counts where the polynomial is long.
#[inline(always)]
pub(super) fn polynomial_in_halves<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let square = x * x;
    let half = |from: usize| {
        let count = (N - from).div_ceil(2);
        let mut total = coefficients[from + 2 * (count - 1)];
        for index in (0..count - 1).rev() {
            total = total.mul_add(square, coefficients[from + 2 * index]);
        }
        total
    };
    half(1).mul_add(x, half(0))
}

/// `result`, or the canonical NaN if it is any NaN.
#[inline(always)]
pub(super) fn canonical(result: f64) -> f64 {
    if result.is_nan() { f64::NAN } else { result }
}

/// A double rounded to an integer, and the same integer in the low 51 bits of a word.
#[derive(Clone, Copy)]
pub(super) struct Rounded {
    /// The integer.
    pub(super) value: f64,
    /// Its two's complement in the low bits, something else above them.
    bits: u64,
}

impl Rounded {
    /// Rounds `x·y` to an integer, for |x·y| < 2⁵⁰. No conversion instruction: those that wide
    /// registers lack would take the loop apart.
    #[inline(always)]
    pub(super) fn product(x: f64, y: f64) -> Rounded {
        let shifted = x.mul_add(y, ROUNDING);
        Rounded {
            value: shifted - ROUNDING,
            bits: shifted.to_bits(),
        }
    }

    /// An integer that is already one, magnitude below 2⁵⁰.
    #[inline(always)]
    pub(super) fn integer(value: f64) -> Rounded {
        Rounded {
            value,
            bits: (value + ROUNDING).to_bits(),
        }
    }

    /// The integer increased by `more`.
    #[inline(always)]
    pub(super) fn plus(self, more: u32) -> Rounded {
        Rounded {
            value: self.value + f64::from(more),
            bits: self.bits.wrapping_add(u64::from(more)),
        }
    }

    /// Whether bit `index` of the two's complement is set.
    #[inline(always)]
    pub(super) fn bit(self, index: u32) -> bool {
        self.bits & (1 << index) != 0
    }

    /// Bit 1 of the two's complement moved to where a double keeps its sign.
    #[inline(always)]
    pub(super) fn second_bit_as_sign(self) -> u64 {
        (self.bits & 2) << 62
    }

    /// Two to minus this power, for powers from −1023 to 1022.
    #[inline(always)]
    pub(super) fn inverse_power_of_two(self) -> f64 {
        f64::from_bits(BIAS.wrapping_sub(self.bits) << FRACTION_BITS)
    }

    /// Two to this power, for powers from −1022 to 1023.
    #[inline(always)]
    pub(super) fn power_of_two(self) -> f64 {
        f64::from_bits(BIAS.wrapping_add(self.bits) << FRACTION_BITS)
    }

    /// `x` times two to this power, where the result is normal or the power zero.
    #[inline(always)]
    pub(super) fn scale_normal(self, x: f64) -> f64 {
        f64::from_bits(x.to_bits().wrapping_add(self.bits << FRACTION_BITS))
    }

    /// `x` times two to this power, rounded once, for powers from −2044 to 2046. Two factors, as
    /// one would overflow or vanish where the result need not.
    #[inline(always)]
    pub(super) fn scale(self, x: f64) -> f64 {
        // Halving the biased power keeps the shift unsigned: AVX2 has no arithmetic one.
        let biased = self.bits.wrapping_add(2 * BIAS) & 0xfff;
        let half = biased >> 1;
        let first = f64::from_bits(half << FRACTION_BITS);
        let second = f64::from_bits((biased - half) << FRACTION_BITS);
        x * first * second
    }
}

/// A positive normal double as m·2ᵏ with m from √½ to √2: (m, k).
#[inline(always)]
pub(super) fn split_exponent(x: f64) -> (f64, f64) {
    // The bits of 2⁵²: a small integer or-ed into them reads as 2⁵² + that integer.
    const UNIT: u64 = (BIAS + FRACTION_BITS as u64) << FRACTION_BITS;
    const OFFSET: u64 =
        (BIAS << FRACTION_BITS).wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let bits = x.to_bits();
    let biased = bits.wrapping_add(OFFSET) >> FRACTION_BITS;
    let exponent = f64::from_bits(UNIT | biased) - (4_503_599_627_370_496.0 + BIAS as f64);
    let mantissa = f64::from_bits(bits.wrapping_sub(biased.wrapping_sub(BIAS) << FRACTION_BITS));
    (mantissa, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_free_sums() {
        assert_eq!(two_sum(1.0, 1e100), (1e100, 1.0));
        assert_eq!(fast_two_sum(1e100, 1.0), (1e100, 1.0));
        let tiny = f64::EPSILON / 4.0;
        assert_eq!(fast_two_sum(1.0, tiny), (1.0, tiny));
    }

    #[test]
    fn error_free_product() {
        let x = 1.0 + f64::EPSILON;
        assert_eq!(
            two_product(x, x),
            (1.0 + 2.0 * f64::EPSILON, f64::EPSILON * f64::EPSILON)
        );
    }

    #[test]
    fn rounds_ties_to_even() {
        for (x, expected) in [(0.5, 0.0), (1.5, 2.0), (-2.5, -2.0), (-0.75, -1.0)] {
            assert_eq!(Rounded::product(x, 1.0).value, expected);
        }
    }

    #[test]
    fn scales_to_both_ends() {
        assert_eq!(Rounded::integer(-1074.0).scale(1.0), f64::from_bits(1));
        assert_eq!(Rounded::integer(-3.0).scale_normal(-20.0), -2.5);
        assert_eq!(Rounded::integer(0.0).scale_normal(5e-324), 5e-324);
        assert_eq!(Rounded::integer(1024.0).scale(0.5), 2f64.powi(1023));
        assert_eq!(Rounded::integer(1025.0).scale(1.0), f64::INFINITY);
        assert_eq!(Rounded::integer(-7.0).inverse_power_of_two(), 128.0);
    }

    #[test]
    fn splits_at_the_root_of_two() {
        assert_eq!(split_exponent(1.0), (1.0, 0.0));
        assert_eq!(split_exponent(1.5), (0.75, 1.0));
        assert_eq!(split_exponent(0.75), (0.75, 0.0));
        assert_eq!(split_exponent(f64::MIN_POSITIVE), (1.0, -1022.0));
    }
}
