//! Lanes moved between vectors: halves, widths, bit patterns seen as another type.

use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Type, Value, types};

use super::Emitter;
use super::values::{Vectors, Width};

impl Emitter<'_, '_> {
    /// The same bits as another type of vector.
    pub(crate) fn cast_vector(&mut self, vector: Value, ty: Type) -> Value {
        if self.builder.func.dfg.value_type(vector) == ty {
            return vector;
        }
        // Where lanes change width, it must be said which comes first.
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(ty, flags, vector)
    }

    /// The 32-bit words at these places of `a` (0–3) and `b` (4–7).
    pub(crate) fn words(&mut self, a: Value, b: Value, places: [u8; 4]) -> Value {
        let a = self.cast_vector(a, types::I8X16);
        let b = self.cast_vector(b, types::I8X16);
        let bytes: Vec<u8> = (places.iter())
            .flat_map(|place| (0..4).map(move |byte| 4 * place + byte))
            .collect();
        let mask = self.builder.func.dfg.immediates.push(bytes.into());
        let shuffled = self.builder.ins().shuffle(a, b, mask);
        self.cast_vector(shuffled, types::I32X4)
    }

    /// The low halves of 64-bit lanes.
    pub(crate) fn even_halves(&mut self, wide: Vectors) -> Vectors {
        self.halves(wide, [0, 2, 4, 6])
    }

    /// The high halves of 64-bit lanes.
    pub(crate) fn odd_halves(&mut self, wide: Vectors) -> Vectors {
        self.halves(wide, [1, 3, 5, 7])
    }

    fn halves(&mut self, wide: Vectors, places: [u8; 4]) -> Vectors {
        Vectors::from_fn(Width::Narrow.vectors(self.rows), |position| {
            let first = wide[2 * position % wide.len()];
            let second = wide[(2 * position + 1) % wide.len()];
            self.words(first, second, places)
        })
    }

    /// 32-bit integers as 64-bit ones.
    pub(crate) fn widen(&mut self, narrow: Vectors, signed: bool) -> Vectors {
        self.wide_from(narrow, |this, vector, high| match (signed, high) {
            (true, false) => this.builder.ins().swiden_low(vector),
            (true, true) => this.builder.ins().swiden_high(vector),
            (false, false) => this.builder.ins().uwiden_low(vector),
            (false, true) => this.builder.ins().uwiden_high(vector),
        })
    }

    /// Vectors of 64-bit lanes from the halves of vectors of 32-bit lanes; `make` is told whether
    /// it's the high half.
    pub(crate) fn wide_from(
        &mut self,
        narrow: Vectors,
        mut make: impl FnMut(&mut Self, Value, bool) -> Value,
    ) -> Vectors {
        Vectors::from_fn(Width::Wide.vectors(self.rows), |position| {
            make(self, narrow[position / 2], position % 2 == 1)
        })
    }

    /// The high half of a vector in its low half.
    pub(crate) fn high_to_low(&mut self, vector: Value) -> Value {
        let ty = self.builder.func.dfg.value_type(vector);
        let moved = self.words(vector, vector, [2, 3, 2, 3]);
        self.cast_vector(moved, ty)
    }
}
