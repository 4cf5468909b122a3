//! Checked products, and what goes lane by lane because vectors have no instruction for it.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};

use super::Emitter;
use super::values::{Mask, Vectors, Width};

impl Emitter<'_, '_> {
    /// 32-bit products by 64-bit ones.
    pub(crate) fn multiply_words(
        &mut self,
        a: Vectors,
        b: Vectors,
        signed: bool,
    ) -> (Vectors, Mask) {
        let products = Vectors::from_fn(Width::Wide.vectors(self.rows), |position| {
            let (a, b) = (a[position / 2], b[position / 2]);
            let ins = &mut self.builder;
            let (a, b) = match (signed, position % 2 == 1) {
                (true, false) => (ins.ins().swiden_low(a), ins.ins().swiden_low(b)),
                (true, true) => (ins.ins().swiden_high(a), ins.ins().swiden_high(b)),
                (false, false) => (ins.ins().uwiden_low(a), ins.ins().uwiden_low(b)),
                (false, true) => (ins.ins().uwiden_high(a), ins.ins().uwiden_high(b)),
            };
            ins.ins().imul(a, b)
        });
        let low = self.even_halves(products);
        (low, self.outside_words(products, low, signed))
    }

    /// 64-bit products, lane by lane: vectors know no product of 128 bits.
    pub(crate) fn multiply_wide(
        &mut self,
        a: Vectors,
        b: Vectors,
        signed: bool,
    ) -> (Vectors, Mask) {
        let mut flags: Option<Value> = None;
        let mut row = 0;
        let products = self.zip(a, b, |this, a, b| {
            this.by_lane(a, |this, lane, a| {
                let b = this.wide_lane(b, lane);
                let (product, overflow) = if signed {
                    this.builder.ins().smul_overflow(a, b)
                } else {
                    this.builder.ins().umul_overflow(a, b)
                };
                let mut flag = this.builder.ins().uextend(types::I32, overflow);
                if row > 0 {
                    let amount = this.builder.ins().iconst(types::I32, row);
                    flag = this.builder.ins().ishl(flag, amount);
                }
                flags = Some(match flags {
                    Some(before) => this.builder.ins().bor(before, flag),
                    None => flag,
                });
                row += 1;
                product
            })
        });
        let overflow = match flags {
            Some(flags) => self.mask_of_bits(flags),
            None => Mask::Never,
        };
        (products, overflow)
    }

    /// A vector of two 64-bit lanes from what `make` gives for each scalar.
    pub(crate) fn by_lane(
        &mut self,
        vector: Value,
        mut make: impl FnMut(&mut Self, u8, Value) -> Value,
    ) -> Value {
        let low = self.wide_lane(vector, 0);
        let low = make(self, 0, low);
        let high = self.wide_lane(vector, 1);
        let high = make(self, 1, high);
        let ty = self.builder.func.dfg.value_type(low);
        let pair = self.pair_type(ty);
        let both = self.builder.ins().scalar_to_vector(pair, low);
        self.builder.ins().insertlane(both, high, 1)
    }

    /// One 64-bit lane as a scalar. The low one goes by way of a float, whose register it is in
    /// already: one move instead of an extraction.
    pub(crate) fn wide_lane(&mut self, vector: Value, lane: u8) -> Value {
        if lane > 0 {
            return self.builder.ins().extractlane(vector, lane);
        }
        let floats = self.cast_vector(vector, types::F64X2);
        let low = self.builder.ins().extractlane(floats, 0);
        let flags = MemFlagsData::new();
        self.builder.ins().bitcast(types::I64, flags, low)
    }

    fn pair_type(&self, scalar: Type) -> Type {
        if scalar == types::F64 {
            types::F64X2
        } else if scalar == types::F32 {
            types::F32X4
        } else {
            types::I64X2
        }
    }
}
