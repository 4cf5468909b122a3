//! Sets of rows, as bits in a general register or as lanes in vectors, converted when wanted.
//!
//! Comparisons give lanes, memory holds bits, selecting wants lanes, storing wants bits. A mask
//! keeps every form it was ever wanted in. Lanes may be *signs only*: then only the top bit of each
//! lane counts, which spares the checks for overflow a comparison. Bits above the rows computed
//! at a time are arbitrary.

use std::collections::HashMap;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::Emitter;
use super::values::{Mask, Vectors, Width};

/// Lanes of a mask.
#[derive(Clone, Copy, Debug)]
struct Lanes {
    vectors: Vectors,
    /// Whether every lane is all ones or all zeros.
    full: bool,
}

/// The forms in which a mask is known; at least one.
#[derive(Clone, Copy, Debug, Default)]
struct Forms {
    bits: Option<Value>,
    narrow: Option<Lanes>,
    wide: Option<Lanes>,
}

impl Forms {
    fn lanes(&self, width: Width) -> Option<Lanes> {
        match width {
            Width::Narrow => self.narrow,
            Width::Wide => self.wide,
        }
    }

    fn has(&self, form: Form) -> bool {
        match form {
            Form::Bits => self.bits.is_some(),
            Form::Lanes(width) => self.lanes(width).is_some(),
        }
    }
}

/// A form of a mask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Bits in a general register.
    Bits,
    /// Lanes in vectors.
    Lanes(Width),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Logic {
    And,
    AndNot,
    Or,
    Xor,
}

/// Every mask of a kernel.
#[derive(Default)]
pub(crate) struct Masks {
    forms: Vec<Forms>,
    known: HashMap<(Logic, Mask, Mask), Mask>,
}

impl Emitter<'_, '_> {
    /// A mask of bits.
    pub(crate) fn mask_of_bits(&mut self, bits: Value) -> Mask {
        self.new_mask(Forms {
            bits: Some(bits),
            ..Forms::default()
        })
    }

    /// A mask of lanes that are all ones or all zeros.
    pub(crate) fn mask_of_lanes(&mut self, width: Width, vectors: Vectors) -> Mask {
        self.mask_of(width, vectors, true)
    }

    /// A mask of the sign bits of lanes.
    pub(crate) fn mask_of_signs(&mut self, width: Width, vectors: Vectors) -> Mask {
        self.mask_of(width, vectors, false)
    }

    fn mask_of(&mut self, width: Width, vectors: Vectors, full: bool) -> Mask {
        let lanes = Some(Lanes { vectors, full });
        self.new_mask(match width {
            Width::Narrow => Forms {
                narrow: lanes,
                ..Forms::default()
            },
            Width::Wide => Forms {
                wide: lanes,
                ..Forms::default()
            },
        })
    }

    fn new_mask(&mut self, forms: Forms) -> Mask {
        self.masks.forms.push(forms);
        Mask::Computed(self.masks.forms.len() - 1)
    }

    /// The rows in both.
    pub(crate) fn and(&mut self, a: Mask, b: Mask) -> Mask {
        match (a, b) {
            (Mask::Never, _) | (_, Mask::Never) => Mask::Never,
            (Mask::Always, other) | (other, Mask::Always) => other,
            (a, b) if a == b => a,
            (a, b) => self.combine(Logic::And, a, b, Form::Bits),
        }
    }

    /// The rows in `a` and not in `b`.
    pub(crate) fn and_not(&mut self, a: Mask, b: Mask) -> Mask {
        match (a, b) {
            (Mask::Never, _) | (_, Mask::Always) => Mask::Never,
            (a, Mask::Never) => a,
            (a, b) if a == b => Mask::Never,
            (a, b) => self.combine(Logic::AndNot, a, b, Form::Bits),
        }
    }

    /// The rows in either.
    pub(crate) fn or(&mut self, a: Mask, b: Mask) -> Mask {
        match (a, b) {
            (Mask::Always, _) | (_, Mask::Always) => Mask::Always,
            (Mask::Never, other) | (other, Mask::Never) => other,
            (a, b) if a == b => a,
            (a, b) => self.combine(Logic::Or, a, b, Form::Bits),
        }
    }

    /// The rows in one but not both.
    pub(crate) fn xor(&mut self, a: Mask, b: Mask) -> Mask {
        match (a, b) {
            (Mask::Never, other) | (other, Mask::Never) => other,
            (Mask::Always, other) | (other, Mask::Always) => self.not(other),
            (a, b) if a == b => Mask::Never,
            (a, b) => self.combine(Logic::Xor, a, b, Form::Bits),
        }
    }

    /// The rows not in it.
    pub(crate) fn not(&mut self, a: Mask) -> Mask {
        match a {
            Mask::Never => Mask::Always,
            Mask::Always => Mask::Never,
            computed => self.combine(Logic::AndNot, Mask::Always, computed, Form::Bits),
        }
    }

    /// The rows of `yes` where `condition`, else those of `no`.
    pub(crate) fn choose(&mut self, condition: Mask, yes: Mask, no: Mask) -> Mask {
        if yes == no {
            return yes;
        }
        let yes = self.and(condition, yes);
        let no = self.and_not(no, condition);
        self.or(yes, no)
    }

    /// The rows in both, in lanes of a width.
    pub(crate) fn and_in_lanes(&mut self, a: Mask, b: Mask, width: Width) -> Mask {
        match (a, b) {
            (Mask::Computed(_), Mask::Computed(_)) if a != b => {
                self.combine(Logic::And, a, b, Form::Lanes(width))
            }
            _ => self.and(a, b),
        }
    }

    fn combine(&mut self, logic: Logic, a: Mask, b: Mask, hint: Form) -> Mask {
        if let Some(known) = self.masks.known.get(&(logic, a, b)) {
            return *known;
        }
        let form = self.cheapest_form(a, b, hint);
        let result = match form {
            Form::Bits => {
                let (a, b) = (self.bits(a), self.bits(b));
                let bits = self.logic(logic, a, b);
                self.mask_of_bits(bits)
            }
            Form::Lanes(width) => {
                let (a, b) = (self.any_lanes(a, width), self.any_lanes(b, width));
                let vectors = Vectors::from_fn(a.vectors.len(), |position| {
                    self.logic(logic, a.vectors[position], b.vectors[position])
                });
                self.mask_of(width, vectors, a.full && b.full)
            }
        };
        self.masks.known.insert((logic, a, b), result);
        result
    }

    fn logic(&mut self, logic: Logic, a: Value, b: Value) -> Value {
        match logic {
            Logic::And => self.builder.ins().band(a, b),
            Logic::AndNot => {
                let b = self.builder.ins().bnot(b);
                self.builder.ins().band(a, b)
            }
            Logic::Or => self.builder.ins().bor(a, b),
            Logic::Xor => self.builder.ins().bxor(a, b),
        }
    }

    /// The form in which two masks are combined with the fewest conversions; `hint` if all cost
    /// the same.
    fn cheapest_form(&self, a: Mask, b: Mask, hint: Form) -> Form {
        let others = [
            Form::Bits,
            Form::Lanes(Width::Wide),
            Form::Lanes(Width::Narrow),
        ];
        let mut best = (
            self.conversion_cost(a, hint) + self.conversion_cost(b, hint),
            hint,
        );
        for form in others {
            let cost = self.conversion_cost(a, form) + self.conversion_cost(b, form);
            if cost < best.0 {
                best = (cost, form);
            }
        }
        best.1
    }

    /// About how many instructions it takes to have a mask in a form.
    fn conversion_cost(&self, mask: Mask, form: Form) -> usize {
        let Mask::Computed(index) = mask else {
            return 0;
        };
        let forms = &self.masks.forms[index];
        if forms.has(form) {
            return 0;
        }
        match form {
            Form::Bits => 4,
            Form::Lanes(width) if forms.narrow.is_some() || forms.wide.is_some() => {
                width.vectors(self.rows)
            }
            Form::Lanes(width) => 3 + 2 * width.vectors(self.rows),
        }
    }

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
        let bits = if self.rows == 2 && self.masks.forms[index].narrow.is_none() {
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

    fn any_lanes(&mut self, mask: Mask, width: Width) -> Lanes {
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
