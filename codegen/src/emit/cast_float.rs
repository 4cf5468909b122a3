//! Casts to and from floats.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Type, types};
use icosian_ir::types::Lane;

use super::Emitter;
use super::arithmetic::is_signed;
use super::values::{Mask, Vectors, Width, vector_type};

/// 1.5 · 2⁵²: added to a whole number of up to 32 bits, it leaves that number in the low bits.
const WHOLE_IN_LOW_BITS: f64 = 6_755_399_441_055_744.0;

impl Emitter<'_, '_> {
    pub(crate) fn integer_to_float(&mut self, a: Vectors, from: Lane, to: Lane) -> Vectors {
        let unsigned_words = from == Lane::U32;
        match (from.bits() == 64, to) {
            (false, Lane::F64) => self.words_to_f64(a, unsigned_words),
            (false, _) => self.map(a, |this, a| {
                if unsigned_words {
                    this.builder.ins().fcvt_from_uint(types::F32X4, a)
                } else {
                    this.builder.ins().fcvt_from_sint(types::F32X4, a)
                }
            }),
            (true, Lane::F64) => self.wide_to_f64(a, is_signed(from)),
            (true, _) => self.wide_to_f32(a, is_signed(from)),
        }
    }

    /// 32-bit integers as f64.
    pub(crate) fn words_to_f64(&mut self, a: Vectors, unsigned: bool) -> Vectors {
        self.wide_from(a, |this, vector, high| {
            let low = if high {
                this.high_to_low(vector)
            } else {
                vector
            };
            if unsigned {
                let wide = this.builder.ins().uwiden_low(low);
                this.builder.ins().fcvt_from_uint(types::F64X2, wide)
            } else {
                let wide = this.builder.ins().swiden_low(low);
                this.builder.ins().fcvt_from_sint(types::F64X2, wide)
            }
        })
    }

    /// Whole f64 from −2³¹ to 2³² as 32-bit integers.
    pub(crate) fn f64_to_words(&mut self, whole: Vectors) -> Vectors {
        let shift = self.float(types::F64X2, WHOLE_IN_LOW_BITS);
        let shifted = self.map(whole, |this, whole| this.builder.ins().fadd(whole, shift));
        self.even_halves(shifted)
    }

    /// 64-bit integers as f64: both halves are exact, their sum is rounded once.
    fn wide_to_f64(&mut self, a: Vectors, signed: bool) -> Vectors {
        // 2⁸⁴ and 2⁵² as bits; a signed high half gets 2³¹ added first.
        let bias: i64 = if signed { 1 << 31 } else { 0 };
        let high_bits = self.integer(Width::Wide, 0x4530_0000_0000_0000 | bias);
        let low_bits = self.integer(Width::Wide, 0x4330_0000_0000_0000);
        let low_mask = self.integer(Width::Wide, 0xffff_ffff);
        let excess = 2f64.powi(84) + 2f64.powi(52) + if signed { 2f64.powi(63) } else { 0.0 };
        let excess = self.float(types::F64X2, excess);
        let half = self.builder.ins().iconst(types::I32, 32);
        self.map(a, |this, a| {
            let high = this.builder.ins().ushr(a, half);
            let high = this.builder.ins().bxor(high, high_bits);
            let high = this.cast_vector(high, types::F64X2);
            let high = this.builder.ins().fsub(high, excess);
            let low = this.builder.ins().band(a, low_mask);
            let low = this.builder.ins().bor(low, low_bits);
            let low = this.cast_vector(low, types::F64X2);
            this.builder.ins().fadd(high, low)
        })
    }

    /// 64-bit integers as f32, lane by lane: by way of f64 they would be rounded twice.
    fn wide_to_f32(&mut self, a: Vectors, signed: bool) -> Vectors {
        let pairs = self.map(a, |this, a| {
            this.by_lane(a, |this, _, a| {
                if signed {
                    this.builder.ins().fcvt_from_sint(types::F32, a)
                } else {
                    this.builder.ins().fcvt_from_uint(types::F32, a)
                }
            })
        });
        self.join_pairs(pairs)
    }

    /// Vectors with two f32 in their low halves, two and two made one.
    fn join_pairs(&mut self, pairs: Vectors) -> Vectors {
        Vectors::from_fn(Width::Narrow.vectors(self.rows), |position| {
            let first = pairs[2 * position % pairs.len()];
            let second = pairs[(2 * position + 1) % pairs.len()];
            let words = self.words(first, second, [0, 1, 4, 5]);
            self.cast_vector(words, types::F32X4)
        })
    }

    pub(crate) fn float_to_float(&mut self, a: Vectors, to: Lane) -> Vectors {
        if to == Lane::F64 {
            return self.promote(a);
        }
        let pairs = self.map(a, |this, a| this.builder.ins().fvdemote(a));
        self.join_pairs(pairs)
    }

    fn promote(&mut self, a: Vectors) -> Vectors {
        self.wide_from(a, |this, vector, high| {
            let low = if high {
                this.high_to_low(vector)
            } else {
                vector
            };
            this.builder.ins().fvpromote_low(low)
        })
    }

    /// Towards zero; NaN and what is outside the range overflows.
    pub(crate) fn float_to_integer(&mut self, a: Vectors, from: Lane, to: Lane) -> (Vectors, Mask) {
        let width = Width::of(from).unwrap_or(Width::Wide);
        let ty = vector_type(from).unwrap_or(types::F64X2);
        let whole = self.map(a, |this, a| this.builder.ins().trunc(a));
        let inside = self.inside(whole, ty, to);
        let inside = self.mask_of_lanes(width, inside);
        let overflow = self.not(inside);
        let vectors = match (from, to.bits() == 64) {
            (Lane::F32, false) if to != Lane::U32 => self.map(whole, |this, whole| {
                this.builder.ins().fcvt_to_sint_sat(types::I32X4, whole)
            }),
            (Lane::F32, false) => {
                let wide = self.promote(whole);
                self.f64_to_words(wide)
            }
            (Lane::F32, true) => {
                let wide = self.promote(whole);
                self.f64_to_wide(wide, is_signed(to))
            }
            (_, false) => self.f64_to_words(whole),
            (_, true) => self.f64_to_wide(whole, is_signed(to)),
        };
        (vectors, overflow)
    }

    /// Where whole floats are in the range of a lane of integers; its bounds are powers of two.
    fn inside(&mut self, whole: Vectors, ty: Type, to: Lane) -> Vectors {
        let bits = to.bits() as i32;
        let (least, beyond) = if is_signed(to) {
            (-2f64.powi(bits - 1), 2f64.powi(bits - 1))
        } else {
            (0.0, 2f64.powi(bits))
        };
        let (least, beyond) = (self.float(ty, least), self.float(ty, beyond));
        self.map(whole, |this, whole| {
            let above = (this.builder.ins()).fcmp(FloatCC::LessThanOrEqual, least, whole);
            let below = this.builder.ins().fcmp(FloatCC::LessThan, whole, beyond);
            this.builder.ins().band(above, below)
        })
    }

    /// Whole f64 in range as 64-bit integers, by halves that are exact.
    fn f64_to_wide(&mut self, whole: Vectors, signed: bool) -> Vectors {
        let down = self.float(types::F64X2, 2f64.powi(-32));
        let up = self.float(types::F64X2, 2f64.powi(32));
        let shift = if signed {
            WHOLE_IN_LOW_BITS
        } else {
            2f64.powi(52)
        };
        let high_shift = self.float(types::F64X2, shift);
        let low_shift = self.float(types::F64X2, 2f64.powi(52));
        let low_mask = self.integer(Width::Wide, 0xffff_ffff);
        let half = self.builder.ins().iconst(types::I32, 32);
        self.map(whole, |this, whole| {
            let scaled = this.builder.ins().fmul(whole, down);
            let high = this.builder.ins().floor(scaled);
            let upper = this.builder.ins().fmul(high, up);
            let low = this.builder.ins().fsub(whole, upper);
            let high = this.builder.ins().fadd(high, high_shift);
            let high = this.cast_vector(high, types::I64X2);
            let high = this.builder.ins().ishl(high, half);
            let low = this.builder.ins().fadd(low, low_shift);
            let low = this.cast_vector(low, types::I64X2);
            let low = this.builder.ins().band(low, low_mask);
            this.builder.ins().bor(high, low)
        })
    }
}
