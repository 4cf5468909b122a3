//! What a column is while its rows are in registers: lanes or a mask, with a mask of the rows that
//! hold a value and one of the rows that raised.

use cranelift_codegen::ir::{Type, Value, types};
use icosian_ir::types::Lane;

/// How wide a lane is in registers; 8- and 16-bit integers are widened to 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Width {
    /// 4 lanes of 32 bits a vector.
    Narrow,
    /// 2 lanes of 64 bits a vector.
    Wide,
}

impl Width {
    /// The width of a lane in registers; none for bools, which are masks.
    pub(crate) fn of(lane: Lane) -> Option<Width> {
        match lane {
            Lane::Bool => None,
            Lane::I8 | Lane::I16 | Lane::I32 | Lane::U8 | Lane::U16 | Lane::U32 | Lane::F32 => {
                Some(Width::Narrow)
            }
            // No op over decimals is fused.
            Lane::I64 | Lane::U64 | Lane::I128 | Lane::F64 => Some(Width::Wide),
        }
    }

    /// The type of a vector of integers, or of a mask.
    pub(crate) fn integers(self) -> Type {
        match self {
            Width::Narrow => types::I32X4,
            Width::Wide => types::I64X2,
        }
    }

    /// How many vectors hold `rows` rows; two rows of 32 bits take the lower half of one.
    pub(crate) fn vectors(self, rows: usize) -> usize {
        match self {
            Width::Narrow => (rows / 4).max(1),
            Width::Wide => rows / 2,
        }
    }
}

/// The type of a vector of a lane; none for bools.
pub(crate) fn vector_type(lane: Lane) -> Option<Type> {
    match lane {
        Lane::F32 => Some(types::F32X4),
        Lane::F64 => Some(types::F64X2),
        other => Width::of(other).map(Width::integers),
    }
}

/// One to four vectors: the rows computed at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vectors {
    count: usize,
    values: [Value; 4],
}

impl Vectors {
    /// The same value `count` times.
    pub(crate) fn all(value: Value, count: usize) -> Self {
        Vectors {
            count: count.min(4),
            values: [value; 4],
        }
    }

    /// What `make` gives for each position.
    pub(crate) fn from_fn(count: usize, mut make: impl FnMut(usize) -> Value) -> Self {
        let first = make(0);
        let mut vectors = Vectors::all(first, count);
        for position in 1..vectors.count {
            vectors.values[position] = make(position);
        }
        vectors
    }

    /// The vectors.
    pub(crate) fn as_slice(&self) -> &[Value] {
        &self.values[..self.count]
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

impl std::ops::Index<usize> for Vectors {
    type Output = Value;
    fn index(&self, position: usize) -> &Value {
        &self.as_slice()[position]
    }
}

/// A set of rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Mask {
    /// No row.
    Never,
    /// Every row.
    Always,
    /// Computed; an index into the emitter's masks.
    Computed(usize),
}

/// The values of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Data {
    /// Of a fixed-width type.
    Lanes(Vectors),
    /// Of bools: the rows that are true.
    Bool(Mask),
}

/// A column in registers.
///
/// Lanes are arbitrary in rows that are not valid or that raised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emitted {
    /// The values.
    pub(crate) data: Data,
    /// The rows that are not null.
    pub(crate) valid: Mask,
    /// The rows that raised; whatever else is said of such a row means nothing.
    pub(crate) error: Mask,
}
