//! Rows that raised: whether some stored row did is all that a kernel says of them.

use std::collections::HashSet;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::Emitter;
use super::values::{Mask, Width};

/// Where errors gather: signs of lanes, and bits; each with whether it is used at all.
pub(crate) struct Raised {
    narrow: (Variable, bool),
    wide: (Variable, bool),
    bits: (Variable, bool),
    /// Masks that are among them already.
    noted: HashSet<Mask>,
}

impl Raised {
    /// Nothing raised yet; to be called before the loop.
    pub(crate) fn new(builder: &mut FunctionBuilder<'_>) -> Raised {
        Raised {
            narrow: (accumulator(builder, types::I32X4), false),
            wide: (accumulator(builder, types::I64X2), false),
            bits: (accumulator(builder, types::I32), false),
            noted: HashSet::new(),
        }
    }
}

impl Raised {
    /// Whether any row may ever raise.
    pub(crate) fn is_possible(&self) -> bool {
        self.narrow.1 || self.wide.1 || self.bits.1
    }
}

/// A variable that starts as zero.
fn accumulator(builder: &mut FunctionBuilder<'_>, ty: Type) -> Variable {
    let variable = builder.declare_var(ty);
    let zero = if ty.is_vector() {
        let zeros = builder.func.dfg.constants.insert(vec![0; 16].into());
        builder.ins().vconst(ty, zeros)
    } else {
        builder.ins().iconst(ty, 0)
    };
    builder.def_var(variable, zero);
    variable
}

impl Emitter<'_, '_> {
    /// Rows that raise count if they are stored.
    pub(crate) fn note_errors(&mut self, error: Mask) {
        let index = match error {
            Mask::Never => return,
            Mask::Always | Mask::Computed(_) => error,
        };
        if !self.raised.noted.insert(index) {
            return;
        }
        if let Some(bits) = self.group_bits(error) {
            self.note_bits(bits, 8);
        } else if let Some(width) = self.lanes_known(error) {
            let signs = self.signs(error, width);
            let place = match width {
                Width::Narrow => &mut self.raised.narrow,
                Width::Wide => &mut self.raised.wide,
            };
            place.1 = true;
            let variable = place.0;
            // Two rows of 32 bits leave the upper half of their vector arbitrary.
            let signs = if width == Width::Narrow && self.rows == 2 {
                let mut low = [0; 16];
                low[..8].fill(0xff);
                let low = self.constant(types::I32X4, low);
                self.map(signs, |this, vector| this.builder.ins().band(vector, low))
            } else {
                signs
            };
            let mut sum = self.builder.use_var(variable);
            for vector in signs.as_slice() {
                sum = self.builder.ins().bor(sum, *vector);
            }
            self.builder.def_var(variable, sum);
        } else {
            let bits = self.bits(error);
            self.note_bits(bits, self.rows);
        }
    }

    fn note_bits(&mut self, bits: Value, rows: usize) {
        let wanted = self.builder.ins().iconst(types::I32, (1 << rows) - 1);
        let bits = self.builder.ins().band(bits, wanted);
        self.raised.bits.1 = true;
        let sum = self.builder.use_var(self.raised.bits.0);
        let sum = self.builder.ins().bor(sum, bits);
        self.builder.def_var(self.raised.bits.0, sum);
    }

    /// 1 if some stored row raised, else 0.
    pub(crate) fn anything_raised(&mut self) -> Value {
        let mut bits = self.builder.ins().iconst(types::I32, 0);
        for (variable, used) in [self.raised.narrow, self.raised.wide] {
            if used {
                let signs = self.builder.use_var(variable);
                let more = self.builder.ins().vhigh_bits(types::I32, signs);
                bits = self.builder.ins().bor(bits, more);
            }
        }
        if self.raised.bits.1 {
            let more = self.builder.use_var(self.raised.bits.0);
            bits = self.builder.ins().bor(bits, more);
        }
        let zero = self.builder.ins().iconst(types::I32, 0);
        let some = self.builder.ins().icmp(IntCC::NotEqual, bits, zero);
        self.builder.ins().uextend(types::I64, some)
    }
}
