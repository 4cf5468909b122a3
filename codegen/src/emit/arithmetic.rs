//! `+`, `-`, `*`, negation and integer magnitude, with their checks.
//!
//! Overflow shows in sign bits: of `(a ^ s) & (b ^ s)` for a signed sum `s`, of the carry for an
//! unsigned one. 8- and 16-bit integers are computed in 32 bits and checked against their range.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Op, Overflow};
use icosian_ir::types::Lane;

use super::values::{Data, Emitted, Mask, Vectors, Width};
use super::{Emitter, lane_of};
use crate::error::CompileError;

/// An operation whose exact result a lane of integers may not hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exact {
    Add,
    Subtract,
    Multiply,
}

impl Emitter<'_, '_> {
    /// The lanes of a column that is not of bools.
    pub(crate) fn lanes_of(
        &self,
        id: ColumnId,
        emitted: &Emitted,
    ) -> Result<Vectors, CompileError> {
        match emitted.data {
            Data::Lanes(vectors) => Ok(vectors),
            Data::Bool(_) => Err(CompileError::Malformed {
                column: id,
                reason: "it holds bools where a number is wanted",
            }),
        }
    }

    /// What two operands have in common: rows valid in both, rows that raised in either.
    pub(crate) fn common(&mut self, a: &Emitted, b: &Emitted) -> (Mask, Mask) {
        (self.and(a.valid, b.valid), self.or(a.error, b.error))
    }

    /// A result some rows of which fall outside its type.
    pub(crate) fn checked(
        &mut self,
        data: Data,
        valid: Mask,
        error: Mask,
        overflow: Mask,
        mode: Overflow,
    ) -> Emitted {
        match mode {
            Overflow::Wrap => Emitted { data, valid, error },
            Overflow::Raise => {
                let raised = self.and(overflow, valid);
                Emitted {
                    data,
                    valid,
                    error: self.or(error, raised),
                }
            }
            Overflow::Null => Emitted {
                data,
                valid: self.and_not(valid, overflow),
                error,
            },
        }
    }

    /// `Add`, `Sub`, `Mul`, `Neg`.
    pub(crate) fn arithmetic(
        &mut self,
        id: ColumnId,
        column: &Column,
    ) -> Result<Emitted, CompileError> {
        let lane = lane_of(self.columns, id)?;
        let (exact, mode) = match &column.op {
            Op::Add(mode) => (Exact::Add, *mode),
            Op::Sub(mode) | Op::Neg(mode) => (Exact::Subtract, *mode),
            Op::Mul(mode) => (Exact::Multiply, *mode),
            _ => {
                return Err(CompileError::Malformed {
                    column: id,
                    reason: "it is no arithmetic",
                });
            }
        };
        let negate = matches!(column.op, Op::Neg(_));
        let first = self.operand(column.args[0])?;
        let a = self.lanes_of(id, &first)?;
        if matches!(lane, Lane::F32 | Lane::F64) {
            if negate {
                let vectors = self.map(a, |this, a| this.builder.ins().fneg(a));
                return Ok(Emitted {
                    data: Data::Lanes(vectors),
                    ..first
                });
            }
            let second = self.operand(column.args[1])?;
            let b = self.lanes_of(id, &second)?;
            let vectors = self.zip(a, b, |this, a, b| match exact {
                Exact::Add => this.builder.ins().fadd(a, b),
                Exact::Subtract => this.builder.ins().fsub(a, b),
                Exact::Multiply => this.builder.ins().fmul(a, b),
            });
            let (valid, error) = self.common(&first, &second);
            return Ok(Emitted {
                data: Data::Lanes(vectors),
                valid,
                error,
            });
        }
        let (a, b, valid, error) = if negate {
            let width = Width::of(lane).unwrap_or(Width::Wide);
            let zero = self.zero(width.integers());
            (Vectors::all(zero, a.len()), a, first.valid, first.error)
        } else {
            let second = self.operand(column.args[1])?;
            let b = self.lanes_of(id, &second)?;
            let (valid, error) = self.common(&first, &second);
            (a, b, valid, error)
        };
        let (vectors, overflow) = self.integer_arithmetic(exact, lane, a, b, mode);
        Ok(self.checked(Data::Lanes(vectors), valid, error, overflow, mode))
    }

    /// The wrapped result, and where it's not the exact one (unless the mode wraps anyway).
    fn integer_arithmetic(
        &mut self,
        exact: Exact,
        lane: Lane,
        a: Vectors,
        b: Vectors,
        mode: Overflow,
    ) -> (Vectors, Mask) {
        let check = mode != Overflow::Wrap;
        let bits = lane.bits();
        let signed = is_signed(lane);
        if exact == Exact::Multiply && check && bits == 64 {
            return self.multiply_wide(a, b, signed);
        }
        if exact == Exact::Multiply && check && bits == 32 {
            return self.multiply_words(a, b, signed);
        }
        let result = self.zip(a, b, |this, a, b| match exact {
            Exact::Add => this.builder.ins().iadd(a, b),
            Exact::Subtract => this.builder.ins().isub(a, b),
            Exact::Multiply => this.builder.ins().imul(a, b),
        });
        if bits < 32 {
            if !check {
                return (self.wrap_narrow(lane, result), Mask::Never);
            }
            return (result, self.outside_narrow(lane, result, signed));
        }
        if !check {
            return (result, Mask::Never);
        }
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let signs = Vectors::from_fn(result.len(), |position| {
            let (a, b, s) = (a[position], b[position], result[position]);
            let ins = &mut self.builder;
            match (exact, signed) {
                (Exact::Subtract, true) => {
                    let differ = ins.ins().bxor(a, b);
                    let flipped = ins.ins().bxor(a, s);
                    ins.ins().band(differ, flipped)
                }
                (_, true) => {
                    let first = ins.ins().bxor(a, s);
                    let second = ins.ins().bxor(b, s);
                    ins.ins().band(first, second)
                }
                // A borrow: of the digits' borrow tables, read off at the top digit.
                (Exact::Subtract, false) => {
                    let not_a = ins.ins().bnot(a);
                    let either = ins.ins().bor(not_a, b);
                    let both = ins.ins().band(not_a, b);
                    let carried = ins.ins().band(either, s);
                    ins.ins().bor(both, carried)
                }
                // A carry, likewise.
                (_, false) => {
                    let either = ins.ins().bor(a, b);
                    let both = ins.ins().band(a, b);
                    let not_s = ins.ins().bnot(s);
                    let carried = ins.ins().band(either, not_s);
                    ins.ins().bor(both, carried)
                }
            }
        });
        (result, self.mask_of_signs(width, signs))
    }

    /// 32-bit lanes taken modulo 2⁸ or 2¹⁶ into the range of a narrow lane.
    pub(crate) fn wrap_narrow(&mut self, lane: Lane, vectors: Vectors) -> Vectors {
        if is_signed(lane) {
            let shift = (self.builder.ins()).iconst(types::I32, 32 - lane.bits() as i64);
            self.map(vectors, |this, vector| {
                let up = this.builder.ins().ishl(vector, shift);
                this.builder.ins().sshr(up, shift)
            })
        } else {
            let low = self.integer(Width::Narrow, (1 << lane.bits()) - 1);
            self.map(vectors, |this, vector| this.builder.ins().band(vector, low))
        }
    }

    /// Where 32-bit lanes are outside the range of a narrow lane. They are read as signed if
    /// `signed`; else only 0 and above belong to the range, read either way.
    pub(crate) fn outside_narrow(&mut self, lane: Lane, vectors: Vectors, signed: bool) -> Mask {
        let bits = lane.bits();
        let greatest = if is_signed(lane) {
            (1i64 << (bits - 1)) - 1
        } else {
            (1i64 << bits) - 1
        };
        let high = self.integer(Width::Narrow, greatest);
        let low = (signed && is_signed(lane)).then(|| self.integer(Width::Narrow, -greatest - 1));
        let signs = self.map(vectors, |this, vector| {
            let above = this.builder.ins().isub(high, vector);
            let below = match low {
                Some(low) => this.builder.ins().isub(vector, low),
                None => vector,
            };
            this.builder.ins().bor(above, below)
        });
        self.mask_of_signs(Width::Narrow, signs)
    }

    /// Where 64-bit lanes, of which `low` has the low halves, are outside 32 bits: the high half must
    /// repeat the low one's sign, or be zero if the target is unsigned.
    pub(crate) fn outside_words(&mut self, wide: Vectors, low: Vectors, signed: bool) -> Mask {
        let high = self.odd_halves(wide);
        let expected = if signed {
            let shift = self.builder.ins().iconst(types::I32, 31);
            self.map(low, |this, low| this.builder.ins().sshr(low, shift))
        } else {
            let zero = self.zero(types::I32X4);
            Vectors::all(zero, high.len())
        };
        let same = self.zip(high, expected, |this, high, expected| {
            this.builder.ins().icmp(IntCC::Equal, high, expected)
        });
        let same = self.mask_of_lanes(Width::Narrow, same);
        self.not(same)
    }

    /// The magnitude of integers, which MIN does not have.
    pub(crate) fn integer_magnitude(
        &mut self,
        lane: Lane,
        operand: Emitted,
        a: Vectors,
    ) -> Emitted {
        if !is_signed(lane) {
            return operand;
        }
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let (vectors, _) = self.magnitude(width, a);
        let overflow = if lane.bits() < 32 {
            self.outside_narrow(lane, vectors, true)
        } else {
            // Only the magnitude of MIN is negative.
            self.mask_of_signs(width, vectors)
        };
        let data = Data::Lanes(vectors);
        self.checked(
            data,
            operand.valid,
            operand.error,
            overflow,
            Overflow::Raise,
        )
    }

    /// Magnitudes (of MIN: itself, which read as unsigned is right), and the lanes' signs in full.
    pub(crate) fn magnitude(&mut self, width: Width, a: Vectors) -> (Vectors, Vectors) {
        let zero = self.zero(width.integers());
        let negative = self.map(a, |this, a| {
            this.builder.ins().icmp(IntCC::SignedLessThan, a, zero)
        });
        let vectors = self.negate_where(a, negative);
        (vectors, negative)
    }

    /// Lanes negated where a full mask is set.
    pub(crate) fn negate_where(&mut self, a: Vectors, negative: Vectors) -> Vectors {
        self.zip(a, negative, |this, a, negative| {
            let flipped = this.builder.ins().bxor(a, negative);
            this.builder.ins().isub(flipped, negative)
        })
    }

    /// −1, 0 or 1 by the sign of integers.
    pub(crate) fn integer_sign(&mut self, lane: Lane, a: Vectors) -> Vectors {
        let width = Width::of(lane).unwrap_or(Width::Wide);
        let zero = self.zero(width.integers());
        if is_signed(lane) {
            self.map(a, |this, a| {
                let below = this.builder.ins().icmp(IntCC::SignedLessThan, a, zero);
                let above = this.builder.ins().icmp(IntCC::SignedGreaterThan, a, zero);
                this.builder.ins().isub(below, above)
            })
        } else {
            let one = self.integer(width, 1);
            self.map(a, |this, a| {
                let nothing = this.builder.ins().icmp(IntCC::Equal, a, zero);
                this.builder.ins().band_not(one, nothing)
            })
        }
    }
}

/// Whether a lane holds signed integers.
pub(crate) fn is_signed(lane: Lane) -> bool {
    matches!(lane, Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64)
}
