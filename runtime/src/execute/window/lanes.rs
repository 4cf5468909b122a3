//! The values of a column of fixed width, one by one, as windows ask for them.

use icosian_ir::meaning::sums::Number;
use icosian_ir::types::Lane;

use crate::bytes::{bit, put_bit, typed, typed_mut};

/// The values of a column.
#[derive(Clone, Copy)]
pub(crate) enum Lanes<'v> {
    Bool(&'v [u8]),
    I8(&'v [i8]),
    I16(&'v [i16]),
    I32(&'v [i32]),
    I64(&'v [i64]),
    U8(&'v [u8]),
    U16(&'v [u16]),
    U32(&'v [u32]),
    U64(&'v [u64]),
    I128(&'v [i128]),
    F32(&'v [f32]),
    F64(&'v [f64]),
}

impl<'v> Lanes<'v> {
    pub(crate) fn new(lane: Lane, bytes: &'v [u8]) -> Lanes<'v> {
        match lane {
            Lane::Bool => Lanes::Bool(bytes),
            Lane::I8 => Lanes::I8(typed(bytes)),
            Lane::I16 => Lanes::I16(typed(bytes)),
            Lane::I32 => Lanes::I32(typed(bytes)),
            Lane::I64 => Lanes::I64(typed(bytes)),
            Lane::U8 => Lanes::U8(typed(bytes)),
            Lane::U16 => Lanes::U16(typed(bytes)),
            Lane::U32 => Lanes::U32(typed(bytes)),
            Lane::U64 => Lanes::U64(typed(bytes)),
            Lane::I128 => Lanes::I128(typed(bytes)),
            Lane::F32 => Lanes::F32(typed(bytes)),
            Lane::F64 => Lanes::F64(typed(bytes)),
        }
    }

    pub(crate) fn number(self, row: usize) -> Number {
        match self {
            Lanes::F32(values) => Number::Float(f64::from(values[row])),
            Lanes::F64(values) => Number::Float(values[row]),
            _ => Number::Integer(self.integer(row)),
        }
    }

    /// The value of a float, widened; of an integer of up to 32 bits, exact.
    #[inline(always)]
    pub(crate) fn float(self, row: usize) -> f64 {
        match self {
            Lanes::F64(values) => values[row],
            Lanes::F32(values) => f64::from(values[row]),
            Lanes::I8(values) => f64::from(values[row]),
            Lanes::I16(values) => f64::from(values[row]),
            Lanes::I32(values) => f64::from(values[row]),
            Lanes::U8(values) => f64::from(values[row]),
            Lanes::U16(values) => f64::from(values[row]),
            Lanes::U32(values) => f64::from(values[row]),
            Lanes::I64(values) => values[row] as f64,
            Lanes::U64(values) => values[row] as f64,
            Lanes::I128(values) => values[row] as f64,
            Lanes::Bool(values) => f64::from(u8::from(bit(values, row))),
        }
    }

    /// The value of an integer (of a float, its whole part, which nobody asks for).
    #[inline(always)]
    pub(crate) fn integer(self, row: usize) -> i128 {
        match self {
            Lanes::Bool(values) => i128::from(bit(values, row)),
            Lanes::I8(values) => values[row].into(),
            Lanes::I16(values) => values[row].into(),
            Lanes::I32(values) => values[row].into(),
            Lanes::I64(values) => values[row].into(),
            Lanes::U8(values) => values[row].into(),
            Lanes::U16(values) => values[row].into(),
            Lanes::U32(values) => values[row].into(),
            Lanes::U64(values) => values[row].into(),
            Lanes::I128(values) => values[row],
            Lanes::F32(values) => values[row] as i128,
            Lanes::F64(values) => values[row] as i128,
        }
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Lanes::F32(_) | Lanes::F64(_))
    }

    /// Whether every value is exact as an f64.
    pub(crate) fn fits_float(self) -> bool {
        !matches!(self, Lanes::I64(_) | Lanes::U64(_) | Lanes::I128(_))
    }

    /// A word that orders as the values do: −0 below +0, NaN one value above all. (Decimals take a
    /// [`u128`].)
    #[inline(always)]
    pub(crate) fn word(self, row: usize) -> u64 {
        const SIGN: u64 = 1 << 63;
        let of_float = |value: f64| {
            let bits = if value.is_nan() { f64::NAN } else { value }.to_bits();
            bits ^ (((bits as i64 >> 63) as u64) | SIGN)
        };
        match self {
            Lanes::F32(values) => of_float(f64::from(values[row])),
            Lanes::F64(values) => of_float(values[row]),
            Lanes::U64(values) => values[row],
            _ => self.integer(row) as u64 ^ SIGN,
        }
    }

    /// As [`Lanes::word`], with one zero.
    #[inline(always)]
    pub(crate) fn key_word(self, row: usize) -> u64 {
        match self {
            // The words of −0 and +0 are next to each other.
            Lanes::F32(_) | Lanes::F64(_) if self.float(row) == 0.0 => 1 << 63,
            _ => self.word(row),
        }
    }
}

/// Copies a value between columns of one lane.
#[inline(always)]
pub(crate) fn copy(lane: Lane, from: &[u8], row: usize, to: &mut [u8], at: usize) {
    match lane.bits() {
        1 => put_bit(to, at, bit(from, row)),
        8 => to[at] = from[row],
        16 => typed_mut::<u16>(to)[at] = typed::<u16>(from)[row],
        32 => typed_mut::<u32>(to)[at] = typed::<u32>(from)[row],
        128 => typed_mut::<i128>(to)[at] = typed::<i128>(from)[row],
        _ => typed_mut::<u64>(to)[at] = typed::<u64>(from)[row],
    }
}

/// Words that order as values do, or the other way round.
pub(crate) trait OrderWord: Ord + Copy {
    /// As [`Lanes::word`].
    fn of(values: Lanes<'_>, row: usize, turned: bool) -> Self;

    /// As [`Lanes::key_word`].
    fn of_key(values: Lanes<'_>, row: usize, turned: bool) -> Self;
}

impl OrderWord for u64 {
    #[inline(always)]
    fn of(values: Lanes<'_>, row: usize, turned: bool) -> u64 {
        values.word(row) ^ if turned { u64::MAX } else { 0 }
    }

    #[inline(always)]
    fn of_key(values: Lanes<'_>, row: usize, turned: bool) -> u64 {
        values.key_word(row) ^ if turned { u64::MAX } else { 0 }
    }
}

/// Of integers of any width.
impl OrderWord for u128 {
    #[inline(always)]
    fn of(values: Lanes<'_>, row: usize, turned: bool) -> u128 {
        let word = values.integer(row).cast_unsigned() ^ 1 << 127;
        word ^ if turned { u128::MAX } else { 0 }
    }

    #[inline(always)]
    fn of_key(values: Lanes<'_>, row: usize, turned: bool) -> u128 {
        u128::of(values, row, turned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_order_as_values_do() {
        let floats = [
            f64::NEG_INFINITY,
            -1.5,
            -0.0,
            0.0,
            5e-324,
            2.0,
            f64::INFINITY,
            f64::NAN,
        ];
        let lanes = Lanes::F64(&floats);
        let words: Vec<u64> = (0..floats.len()).map(|row| lanes.word(row)).collect();
        assert!(words.is_sorted_by(|a, b| a < b));
        assert_eq!(lanes.key_word(2), lanes.key_word(3));
        assert!(lanes.key_word(1) < lanes.key_word(2) && lanes.key_word(3) < lanes.key_word(4));
        let negative = [-f64::NAN];
        assert_eq!(Lanes::F64(&negative).word(0), words[7]);
        let integers = [i64::MIN, -1, 0, i64::MAX];
        let words: Vec<u64> = (0..4).map(|row| Lanes::I64(&integers).word(row)).collect();
        assert!(words.is_sorted());
    }
}
