//! A hash that is specified to the bit: the same on every machine, engine and version.
//!
//! A value is a sequence of 64-bit words, and a state takes up one word after the other:
//!
//! > state ← mix(state + γ·(word + 1)), modulo 2⁶⁴, with γ = 0x9e3779b97f4a7c15
//!
//! where mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014, with the constants of
//! Stafford's variant 13). So the hash of the number `i` from the state `s` is the output `i`,
//! counted from 0, of the generator SplitMix64 seeded with `s`: random numbers by row are hashes of
//! the rows' numbers.
//!
//! The state begins as 0x243f6a8885a308d3, the first 64 binary places of π − 3, unless one is given.
//!
//! | value | its words |
//! |---|---|
//! | integer, bool, date | the number (bools 0, 1; dates days since 1970), modulo 2⁶⁴ |
//! | timestamp, duration | nanoseconds, modulo 2⁶⁴: equal instants in any unit are one |
//! | decimal | without zeros at the end of its places: if it is whole and of 64 bits, as an integer; else how many places are left, then the digits as a number modulo 2¹²⁸, its low 64 bits first |
//! | float | the bits as binary64, +0 for both zeros, 0x7ff8000000000000 for every NaN |
//! | text | how many bytes its UTF-8 has; then these, 8 to a word, the first lowest, 0 where none is left |
//! | null | 0x9ddfea08eb382d69 |

use crate::meaning::key::canonical_f64;
use crate::types::ScalarType;
use crate::value::Value;

/// What the state grows by with each word, an odd number near 2⁶⁴ over the golden ratio.
pub const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The state to begin with.
pub const START: u64 = 0x243f_6a88_85a3_08d3;

/// The word of null.
pub const NULL: u64 = 0x9ddf_ea08_eb38_2d69;

/// The steps of mix: shift right, exclusive or, multiply; a last shift of [`LAST_SHIFT`] follows.
pub const STEPS: [(u32, u64); 2] = [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)];

/// The last shift of mix.
pub const LAST_SHIFT: u32 = 31;

/// By how much a count of a time's unit is multiplied to give nanoseconds; 1 for what is no time.
pub fn scale(scalar: ScalarType) -> u64 {
    match scalar {
        ScalarType::Timestamp(unit, _) | ScalarType::Duration(unit) => {
            1_000_000_000 / unit.per_second() as u64
        }
        _ => 1,
    }
}

/// The state after one more word.
///
/// ```
/// // The first numbers of SplitMix64 seeded with 1234567.
/// use icosian_ir::meaning::hash::step;
/// assert_eq!(step(1_234_567, 0), 6_457_827_717_110_365_317);
/// assert_eq!(step(1_234_567, 1), 3_203_168_211_198_807_973);
/// ```
#[inline(always)]
pub fn step(state: u64, word: u64) -> u64 {
    let mut mixed = state.wrapping_add(GAMMA.wrapping_mul(word.wrapping_add(1)));
    for (shift, factor) in STEPS {
        mixed = (mixed ^ (mixed >> shift)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> LAST_SHIFT)
}

/// The state after a text.
pub fn text(state: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let state = step(state, bytes.len() as u64);
    bytes.chunks(8).fold(state, |state, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        step(state, u64::from_le_bytes(word))
    })
}

/// The state after a decimal of so many places.
pub fn decimal(state: u64, mut value: i128, mut places: u8) -> u64 {
    while places > 0 && value % 10 == 0 {
        value /= 10;
        places -= 1;
    }
    if places == 0 && i64::try_from(value).is_ok() {
        return step(state, value as u64);
    }
    let state = step(state, places.into());
    step(step(state, value as u64), (value >> 64) as u64)
}

/// The state after a value of a type.
pub fn value(state: u64, value: &Value, scalar: ScalarType) -> u64 {
    match value {
        Value::Null => step(state, NULL),
        Value::Bool(value) => step(state, u64::from(*value)),
        Value::Integer(value) if scalar.is_decimal() => {
            decimal(state, *value, crate::meaning::decimal::places(scalar))
        }
        Value::Integer(value) => step(state, (*value as u64).wrapping_mul(scale(scalar))),
        Value::F32(value) => step(state, canonical_f64(f64::from(*value)).to_bits()),
        Value::F64(value) => step(state, canonical_f64(*value).to_bits()),
        Value::Str(value) => text(state, value),
    }
}
