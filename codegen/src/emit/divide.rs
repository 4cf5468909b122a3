//! Integer division, rounded down: `//` and `%`.
//!
//! No instruction here can trap. Lanes of up to 32 bits are divided as f64, which is exact: the
//! quotient of two 32-bit integers is farther from the next integer than rounding reaches.
//! 64-bit lanes are divided by the unsigned instruction with a divisor that is never zero, or, if
//! the divisor is a constant, by shifting or by a multiplication with its reciprocal.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Op, Overflow};
use icosian_ir::types::Lane;
use icosian_ir::value::Value as Literal;

use super::arithmetic::is_signed;
use super::values::{Data, Emitted, Mask, Vectors, Width};
use super::{Emitter, lane_of};
use crate::error::CompileError;

/// A quotient and a remainder, rounded down, and where the quotient is outside its lane.
struct Divided {
    quotient: Vectors,
    remainder: Vectors,
    overflow: Mask,
}

/// How to divide by a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reciprocal {
    /// A power of two.
    Shift(u32),
    /// The high half of the product with `factor`, then down by `shift`. Right up to 2⁶³.
    Multiply { factor: u64, shift: u32 },
    /// The factor has 65 bits, of which these are the lower 64. Right for all of 64 bits.
    MultiplyAdd { factor: u64, shift: u32 },
}

impl Reciprocal {
    /// Of a divisor that is not zero; `full` if dividends may exceed 2⁶³.
    fn of(divisor: u64, full: bool) -> Reciprocal {
        if divisor.is_power_of_two() {
            return Reciprocal::Shift(divisor.trailing_zeros());
        }
        // 2^(bits - 1) < divisor < 2^bits.
        let bits = 64 - divisor.leading_zeros();
        let wide = u128::from(divisor);
        if full {
            let factor = (((1u128 << bits) - wide) << 64) / wide + 1;
            Reciprocal::MultiplyAdd {
                factor: factor as u64,
                shift: bits - 1,
            }
        } else {
            let factor = (1u128 << (63 + bits)) / wide + 1;
            Reciprocal::Multiply {
                factor: factor as u64,
                shift: bits - 1,
            }
        }
    }
}

impl Emitter<'_, '_> {
    /// `FloorDiv` and `Rem` of integers.
    pub(crate) fn integer_division(
        &mut self,
        id: ColumnId,
        column: &Column,
    ) -> Result<Emitted, CompileError> {
        let lane = lane_of(self.columns, id)?;
        let first = self.operand(column.args[0])?;
        let second = self.operand(column.args[1])?;
        let a = self.lanes_of(column.args[0], &first)?;
        let b = self.lanes_of(column.args[1], &second)?;
        let (valid, error) = self.common(&first, &second);
        let constant = match self.literal_of(column.args[1]) {
            Some(Literal::Integer(value)) => Some(*value),
            _ => None,
        };
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let by_zero = match constant {
            Some(0) => Mask::Always,
            Some(_) => Mask::Never,
            None => {
                let zero = self.zero(width.integers());
                let lanes = self.map(b, |this, b| this.builder.ins().icmp(IntCC::Equal, b, zero));
                self.mask_of_lanes(width, lanes)
            }
        };
        let divided = match (width, constant) {
            (Width::Narrow, _) => self.divide_narrow(lane, a, b),
            (Width::Wide, Some(divisor)) if divisor != 0 => {
                self.divide_by_constant(is_signed(lane), a, b, divisor)
            }
            (Width::Wide, _) => {
                let by_zero = self.lanes(by_zero, Width::Wide);
                self.divide_wide(is_signed(lane), a, b, by_zero)
            }
        };
        let valid = self.and_not(valid, by_zero);
        Ok(if matches!(column.op, Op::FloorDiv) {
            let data = Data::Lanes(divided.quotient);
            self.checked(data, valid, error, divided.overflow, Overflow::Raise)
        } else {
            Emitted {
                data: Data::Lanes(divided.remainder),
                valid,
                error,
            }
        })
    }

    fn divide_narrow(&mut self, lane: Lane, a: Vectors, b: Vectors) -> Divided {
        let unsigned = lane == Lane::U32;
        let dividend = self.words_to_f64(a, unsigned);
        let divisor = self.words_to_f64(b, unsigned);
        let exact = self.zip(dividend, divisor, |this, a, b| {
            let quotient = this.builder.ins().fdiv(a, b);
            this.builder.ins().floor(quotient)
        });
        let quotient = self.f64_to_words(exact);
        let remainder = Vectors::from_fn(a.len(), |position| {
            let product = (self.builder.ins()).imul(quotient[position], b[position]);
            self.builder.ins().isub(a[position], product)
        });
        let overflow = match lane {
            // MIN // −1: the signs are equal and the quotient, wrapped, is negative.
            Lane::I32 => {
                let signs = Vectors::from_fn(a.len(), |position| {
                    let differ = self.builder.ins().bxor(a[position], b[position]);
                    self.builder.ins().band_not(quotient[position], differ)
                });
                self.mask_of_signs(Width::Narrow, signs)
            }
            Lane::I8 | Lane::I16 => self.outside_narrow(lane, quotient, true),
            Lane::Bool
            | Lane::I64
            | Lane::U8
            | Lane::U16
            | Lane::U32
            | Lane::U64
            | Lane::I128
            | Lane::F32
            | Lane::F64 => Mask::Never,
        };
        Divided {
            quotient,
            remainder,
            overflow,
        }
    }

    fn divide_wide(&mut self, signed: bool, a: Vectors, b: Vectors, by_zero: Vectors) -> Divided {
        let (size_a, size_b) = if signed {
            (
                self.magnitude(Width::Wide, a).0,
                self.magnitude(Width::Wide, b).0,
            )
        } else {
            (a, b)
        };
        // A full mask is −1, so this divides by one instead of by zero.
        let size_b = self.zip(size_b, by_zero, |this, b, zero| {
            this.builder.ins().isub(b, zero)
        });
        let mut remainders = Vec::new();
        let quotient = self.zip(size_a, size_b, |this, a, b| {
            let mut parts = Vec::new();
            let quotient = this.by_lane(a, |this, lane, a| {
                let b = this.wide_lane(b, lane);
                this.divisions += 1;
                let quotient = this.builder.ins().udiv(a, b);
                let product = this.builder.ins().imul(quotient, b);
                parts.push(this.builder.ins().isub(a, product));
                quotient
            });
            let pair = this.builder.ins().scalar_to_vector(types::I64X2, parts[0]);
            remainders.push(this.builder.ins().insertlane(pair, parts[1], 1));
            quotient
        });
        let remainder = Vectors::from_fn(quotient.len(), |position| remainders[position]);
        if signed {
            self.round_down(a, b, size_b, quotient, remainder)
        } else {
            Divided {
                quotient,
                remainder,
                overflow: Mask::Never,
            }
        }
    }

    /// Signs and rounding put on a division of magnitudes.
    fn round_down(
        &mut self,
        a: Vectors,
        b: Vectors,
        size_b: Vectors,
        quotient: Vectors,
        remainder: Vectors,
    ) -> Divided {
        let zero = self.zero(types::I64X2);
        let negative = self.zip(a, b, |this, a, b| {
            let differ = this.builder.ins().bxor(a, b);
            (this.builder.ins()).icmp(IntCC::SignedLessThan, differ, zero)
        });
        let negative_b = self.map(b, |this, b| {
            this.builder.ins().icmp(IntCC::SignedLessThan, b, zero)
        });
        let count = quotient.len();
        // Where the signs differ and something is left, the quotient is one more below zero and the
        // remainder is counted from the other side.
        let up = Vectors::from_fn(count, |position| {
            let exact = (self.builder.ins()).icmp(IntCC::Equal, remainder[position], zero);
            self.builder.ins().band_not(negative[position], exact)
        });
        let size = self.zip(quotient, up, |this, quotient, up| {
            this.builder.ins().isub(quotient, up)
        });
        let signs = self.zip(quotient, negative, |this, quotient, negative| {
            this.builder.ins().band_not(quotient, negative)
        });
        let overflow = self.mask_of_signs(Width::Wide, signs);
        let left = Vectors::from_fn(count, |position| {
            let other = (self.builder.ins()).isub(size_b[position], remainder[position]);
            (self.builder.ins()).bitselect(up[position], other, remainder[position])
        });
        Divided {
            quotient: self.negate_where(size, negative),
            remainder: self.negate_where(left, negative_b),
            overflow,
        }
    }

    /// Division by a constant that is not zero; `b` holds it.
    fn divide_by_constant(
        &mut self,
        signed: bool,
        a: Vectors,
        b: Vectors,
        divisor: i128,
    ) -> Divided {
        let size = divisor.unsigned_abs() as u64;
        let reciprocal = Reciprocal::of(size, !signed);
        if let (Reciprocal::Shift(bits), true) = (reciprocal, divisor > 0) {
            return self.shift_down(signed, a, bits);
        }
        let dividend = if signed {
            self.magnitude(Width::Wide, a).0
        } else {
            a
        };
        let quotient = self.map(dividend, |this, a| this.multiply_high(a, reciprocal));
        let divisor = self.integer(Width::Wide, size as i64);
        let remainder = self.zip(dividend, quotient, |this, a, quotient| {
            let product = this.builder.ins().imul(quotient, divisor);
            this.builder.ins().isub(a, product)
        });
        if signed {
            let size = Vectors::all(divisor, a.len());
            self.round_down(a, b, size, quotient, remainder)
        } else {
            Divided {
                quotient,
                remainder,
                overflow: Mask::Never,
            }
        }
    }

    /// Division by 2 to the power `bits`: shifting rounds down, negative numbers too.
    fn shift_down(&mut self, signed: bool, a: Vectors, bits: u32) -> Divided {
        let amount = self.builder.ins().iconst(types::I32, i64::from(bits));
        let low = self.integer(Width::Wide, (1u64 << bits).wrapping_sub(1) as i64);
        Divided {
            quotient: self.map(a, |this, a| {
                if signed {
                    this.builder.ins().sshr(a, amount)
                } else {
                    this.builder.ins().ushr(a, amount)
                }
            }),
            remainder: self.map(a, |this, a| this.builder.ins().band(a, low)),
            overflow: Mask::Never,
        }
    }

    fn multiply_high(&mut self, a: Value, reciprocal: Reciprocal) -> Value {
        let (factor, shift, add) = match reciprocal {
            Reciprocal::Shift(bits) => {
                let amount = self.builder.ins().iconst(types::I32, i64::from(bits));
                return self.builder.ins().ushr(a, amount);
            }
            Reciprocal::Multiply { factor, shift } => (factor, shift, false),
            Reciprocal::MultiplyAdd { factor, shift } => (factor, shift, true),
        };
        let factor = self.builder.ins().iconst(types::I64, factor as i64);
        let high = self.by_lane(a, |this, _, a| this.builder.ins().umulhi(a, factor));
        let amount = self.builder.ins().iconst(types::I32, i64::from(shift));
        if !add {
            return self.builder.ins().ushr(high, amount);
        }
        // (a + high) / 2 without its carry.
        let one = self.builder.ins().iconst(types::I32, 1);
        let rest = self.builder.ins().isub(a, high);
        let half = self.builder.ins().ushr(rest, one);
        let sum = self.builder.ins().iadd(half, high);
        self.builder.ins().ushr(sum, amount)
    }

    /// Counts of one unit as counts of a coarser one that holds `divisor` of it, rounded down.
    pub(crate) fn divide_units(&mut self, a: Vectors, divisor: i64) -> Vectors {
        let b = self.integer(Width::Wide, divisor);
        let b = Vectors::all(b, a.len());
        self.divide_by_constant(true, a, b, i128::from(divisor))
            .quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotient(reciprocal: Reciprocal, a: u64) -> u64 {
        let high = |factor: u64| ((u128::from(a) * u128::from(factor)) >> 64) as u64;
        match reciprocal {
            Reciprocal::Shift(bits) => a >> bits,
            Reciprocal::Multiply { factor, shift } => high(factor) >> shift,
            Reciprocal::MultiplyAdd { factor, shift } => {
                let high = high(factor);
                (((a - high) >> 1) + high) >> shift
            }
        }
    }

    #[test]
    fn reciprocals_divide_exactly() {
        let mut divisors = vec![
            3,
            5,
            7,
            10,
            60,
            86_400,
            1_000_000_007,
            u64::MAX,
            u64::MAX - 1,
        ];
        for bits in 1..64 {
            divisors.extend([(1u64 << bits) - 1, 1 << bits, (1 << bits) + 1]);
        }
        for divisor in divisors.into_iter().filter(|divisor| *divisor != 0) {
            let multiple = u64::MAX / divisor * divisor;
            let half = (1u64 << 63) / divisor * divisor;
            for a in [
                0,
                1,
                divisor,
                divisor - 1,
                half,
                half.saturating_sub(1),
                1 << 63,
                (1 << 63) - 1,
            ] {
                if a <= 1 << 63 && divisor <= 1 << 63 {
                    let reciprocal = Reciprocal::of(divisor, false);
                    assert_eq!(quotient(reciprocal, a), a / divisor, "{a} by {divisor}");
                }
            }
            for a in [0, 1, divisor, divisor - 1, multiple, multiple - 1, u64::MAX] {
                let reciprocal = Reciprocal::of(divisor, true);
                assert_eq!(quotient(reciprocal, a), a / divisor, "{a} by {divisor}");
            }
        }
    }
}
