//! The forms of a mask, and the ways from one to another.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::Emitter;
use super::masks::Form;
use super::values::{Mask, Vectors, Width};

/// Lanes of a mask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    pub(super) vectors: Vectors,
    /// Whether every lane is all ones or all zeros.
    pub(super) full: bool,
}

/// The forms in which a mask is known; at least one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Forms {
    /// The bits of all 8 rows of the group; the other forms are of the present chunk.
    pub(super) group: Option<Value>,
    pub(super) bits: Option<Value>,
    pub(super) narrow: Option<Lanes>,
    pub(super) wide: Option<Lanes>,
}

impl Forms {
    pub(super) fn lanes(&self, width: Width) -> Option<Lanes> {
        match width {
            Width::Narrow => self.narrow,
            Width::Wide => self.wide,
        }
    }

    pub(super) fn has(&self, form: Form) -> bool {
        match form {
            Form::Bits => self.bits.is_some() || self.group.is_some(),
            Form::Lanes(width) => self.lanes(width).is_some(),
        }
    }
}

impl Emitter<'_, '_> {
    /// A mask as bits.
    pub(crate) fn bits(&mut self, mask: Mask) -> Value {
        let index = match mask {
            Mask::Never => return self.builder.ins().iconst(types::I32, 0),
            Mask::Always => return self.builder.ins().iconst(types::I32, 0xff),
            Mask::Computed(index) => index,
        };
        if let Some(bits) = self.masks.forms[index].bits {
            return bits;
        }
        let group = self.masks.forms[index].group;
        let bits = if let Some(group) = group {
            match self.chunk * self.rows {
                0 => group,
                shift => {
                    let amount = self.builder.ins().iconst(types::I32, shift as i64);
                    self.builder.ins().ushr(group, amount)
                }
            }
        } else if self.rows == 2 && self.masks.forms[index].narrow.is_none() {
            let wide = self.any_lanes(mask, Width::Wide).vectors[0];
            self.builder.ins().vhigh_bits(types::I32, wide)
        } else {
            let narrow = self.any_lanes(mask, Width::Narrow).vectors;
            if narrow.len() == 1 {
                self.builder.ins().vhigh_bits(types::I32, narrow[0])
            } else {
                // Saturating keeps signs.
                let halves = self.builder.ins().snarrow(narrow[0], narrow[1]);
                let bytes = self.builder.ins().snarrow(halves, halves);
                self.builder.ins().vhigh_bits(types::I32, bytes)
            }
        };
        self.masks.forms[index].bits = Some(bits);
        bits
    }

    /// A mask as lanes that are all ones or all zeros.
    pub(crate) fn lanes(&mut self, mask: Mask, width: Width) -> Vectors {
        let lanes = self.any_lanes(mask, width);
        if lanes.full {
            return lanes.vectors;
        }
        let zero = self.zero(width.integers());
        let vectors = self.map(lanes.vectors, |this, vector| {
            this.builder.ins().icmp(IntCC::SignedLessThan, vector, zero)
        });
        self.remember_lanes(
            mask,
            width,
            Lanes {
                vectors,
                full: true,
            },
        );
        vectors
    }

    /// The width of the lanes in which a mask is known; none if it is known as bits only.
    pub(crate) fn lanes_known(&self, mask: Mask) -> Option<Width> {
        let Mask::Computed(index) = mask else {
            return None;
        };
        let forms = &self.masks.forms[index];
        match (forms.wide, forms.narrow) {
            (Some(_), _) => Some(Width::Wide),
            (None, Some(_)) => Some(Width::Narrow),
            (None, None) => None,
        }
    }

    /// A mask as lanes of which only the signs count.
    pub(crate) fn signs(&mut self, mask: Mask, width: Width) -> Vectors {
        self.any_lanes(mask, width).vectors
    }

    fn remember_lanes(&mut self, mask: Mask, width: Width, lanes: Lanes) {
        if let Mask::Computed(index) = mask {
            match width {
                Width::Narrow => self.masks.forms[index].narrow = Some(lanes),
                Width::Wide => self.masks.forms[index].wide = Some(lanes),
            }
        }
    }

    pub(super) fn any_lanes(&mut self, mask: Mask, width: Width) -> Lanes {
        let count = width.vectors(self.rows);
        let index = match mask {
            Mask::Never | Mask::Always => {
                let byte = if mask == Mask::Always { 0xff } else { 0 };
                let vector = self.constant(width.integers(), [byte; 16]);
                return Lanes {
                    vectors: Vectors::all(vector, count),
                    full: true,
                };
            }
            Mask::Computed(index) => index,
        };
        let forms = self.masks.forms[index];
        if let Some(lanes) = forms.lanes(width) {
            return lanes;
        }
        let lanes = match (width, forms.wide, forms.narrow) {
            (Width::Narrow, Some(wide), _) => Lanes {
                // The odd halves hold the signs.
                vectors: self.odd_halves(wide.vectors),
                full: wide.full,
            },
            (Width::Wide, _, Some(narrow)) => Lanes {
                vectors: self.widen(narrow.vectors, true),
                full: narrow.full,
            },
            (width, _, _) => Lanes {
                vectors: self.spread_bits(mask, width),
                full: true,
            },
        };
        self.remember_lanes(mask, width, lanes);
        lanes
    }

    /// Lanes from bits: each lane looks at its own bit.
    fn spread_bits(&mut self, mask: Mask, width: Width) -> Vectors {
        let bits = self.bits(mask);
        let all = self.builder.ins().splat(types::I32X4, bits);
        Vectors::from_fn(width.vectors(self.rows), |position| {
            let mut bytes = [0; 16];
            for word in 0..4 {
                let row = match width {
                    Width::Narrow => 4 * position + word,
                    Width::Wide => 2 * position + word / 2,
                };
                bytes[4 * word] = 1 << (row % 8);
            }
            let own = self.constant(types::I32X4, bytes);
            let found = self.builder.ins().band(all, own);
            let lanes = self.builder.ins().icmp(IntCC::Equal, found, own);
            self.cast_vector(lanes, width.integers())
        })
    }
}
