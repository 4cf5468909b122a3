//! Sets of rows, as bits in a general register or as lanes in vectors, converted when wanted.
//!
//! Comparisons give lanes, memory holds bits, selecting wants lanes, storing wants bits. A mask
//! keeps every form it was ever wanted in. What comes from memory as bits is known for all 8 rows of a
//! group at once, and so is what follows from such bits alone: it is computed once a group. Lanes may be *signs only*: then only the top bit of each
//! lane counts, which spares the checks for overflow a comparison. Bits above the rows computed
//! at a time are arbitrary.

use std::collections::HashMap;

use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::Emitter;
use super::mask_forms::{Forms, Lanes};
use super::values::{Mask, Vectors, Width};

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
    /// All but `b`.
    Not,
}

/// Every mask of a kernel.
#[derive(Default)]
pub(crate) struct Masks {
    pub(super) forms: Vec<Forms>,
    of_group: Vec<usize>,
    known: HashMap<(Logic, Mask, Mask), Mask>,
}

impl Masks {
    /// Forgets the forms that hold for one chunk only.
    pub(crate) fn begin_chunk(&mut self) {
        for index in &self.of_group {
            let forms = &mut self.forms[*index];
            *forms = Forms {
                group: forms.group,
                ..Forms::default()
            };
        }
    }
}

impl Emitter<'_, '_> {
    /// A mask of the bits of a whole group.
    pub(crate) fn mask_of_group(&mut self, bits: Value) -> Mask {
        self.masks.of_group.push(self.masks.forms.len());
        self.new_mask(Forms {
            group: Some(bits),
            ..Forms::default()
        })
    }

    /// The bits of a whole group, if they are known for all of it.
    pub(crate) fn group_bits(&mut self, mask: Mask) -> Option<Value> {
        match mask {
            Mask::Never => Some(self.builder.ins().iconst(types::I32, 0)),
            Mask::Always => Some(self.builder.ins().iconst(types::I32, 0xff)),
            Mask::Computed(index) => self.masks.forms[index].group,
        }
    }

    fn is_of_group(&self, mask: Mask) -> bool {
        match mask {
            Mask::Never | Mask::Always => true,
            Mask::Computed(index) => self.masks.forms[index].group.is_some(),
        }
    }

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
            (Mask::Always, b) => self.not(b),
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
            computed => self.combine(Logic::Not, computed, computed, Form::Bits),
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
        if self.is_of_group(a)
            && self.is_of_group(b)
            && let (Some(a_bits), Some(b_bits)) = (self.group_bits(a), self.group_bits(b))
        {
            let bits = self.logic(logic, a_bits, b_bits);
            let result = self.mask_of_group(bits);
            self.masks.known.insert((logic, a, b), result);
            return result;
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
            Logic::Not => self.builder.ins().bnot(b),
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
}
