//! The values of reductions' arguments, as the states want them.

use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::meaning::sums::{ExactSum, Moments, parts};
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::bytes::{bit, typed};
use crate::error::{RunError, internal};
use crate::execute::view::{View, with_lane};
use crate::text::Cell;

/// The argument of a reduction over some rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'v, 'a> {
    /// Fixed width.
    Lanes(Lane, View<'v>),
    /// Text.
    Text(&'v [Cell<'a>]),
}

impl Argument<'_, '_> {
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        match self {
            Argument::Lanes(_, view) => view.is_valid(row),
            Argument::Text(cells) => cells[row].is_some(),
        }
    }

    pub(crate) fn lanes(&self) -> Result<(Lane, View<'_>), RunError> {
        match self {
            Argument::Lanes(lane, view) => Ok((*lane, *view)),
            Argument::Text(_) => Err(internal("text where numbers are reduced")),
        }
    }

    /// The numbers in `rows`, each as two f64 whose sum it is; of a null row anything.
    pub(crate) fn in_parts(&self, rows: Range<usize>) -> Result<Vec<(f64, f64)>, RunError> {
        let (lane, view) = self.lanes()?;
        Ok(match lane {
            Lane::F64 => typed::<f64>(view.values)[rows]
                .iter()
                .map(|value| (*value, 0.0))
                .collect(),
            Lane::F32 => typed::<f32>(view.values)[rows]
                .iter()
                .map(|value| (f64::from(*value), 0.0))
                .collect(),
            Lane::I128 => return Err(internal("a decimal where floats are reduced")),
            Lane::Bool
            | Lane::I8
            | Lane::I16
            | Lane::I32
            | Lane::I64
            | Lane::U8
            | Lane::U16
            | Lane::U32
            | Lane::U64 => with_lane!(integers lane, view.values, values => values[rows]
                .iter()
                .map(|value| parts(i128::from(*value)))
                .collect()),
        })
    }

    /// The order words of `rows`, into `words`; of a null row anything.
    pub(crate) fn order_words(
        &self,
        rows: Range<usize>,
        words: &mut Vec<u128>,
    ) -> Result<(), RunError> {
        let (lane, view) = self.lanes()?;
        words.clear();
        if lane == Lane::I128 {
            let values = &typed::<i128>(view.values)[rows];
            words.extend(values.iter().map(|value| value.cast_unsigned() ^ WIDE_SIGN));
            return Ok(());
        }
        with_order_words(lane, view, rows.map(|row| (row, 0)), |_, word| {
            words.push(word.into())
        })
    }
}

/// Gives the order word of each row, with its state: a word that compares as its value does in the
/// order of `min` and `max`.
pub(super) fn with_order_words(
    lane: Lane,
    view: View<'_>,
    rows: impl Iterator<Item = (usize, usize)>,
    mut add: impl FnMut(usize, u64),
) -> Result<(), RunError> {
    match lane {
        Lane::F32 | Lane::F64 => with_floats(lane, view, rows, |group, value| {
            add(group, order_word_of_float(value));
        }),
        Lane::I128 => Err(internal("a decimal where words are of 64 bits")),
        Lane::Bool
        | Lane::I8
        | Lane::I16
        | Lane::I32
        | Lane::I64
        | Lane::U8
        | Lane::U16
        | Lane::U32
        | Lane::U64 => {
            let sign = if is_signed(lane) { SIGN } else { 0 };
            with_integers(lane, view, rows, |group, value| {
                add(group, value as u64 ^ sign);
            })
        }
    }
}

const SIGN: u64 = 1 << 63;

const WIDE_SIGN: u128 = 1 << 127;

/// The value of an order word of up to 128 bits.
pub(crate) fn value_of_wide_word(word: u128, scalar: ScalarType) -> Value {
    if scalar.is_decimal() {
        return Value::Integer((word ^ WIDE_SIGN).cast_signed());
    }
    value_of_order_word(word as u64, scalar)
}

fn is_signed(lane: Lane) -> bool {
    matches!(lane, Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64)
}

/// A word that compares as the float does in the order of `min` and `max`; every NaN has the
/// greatest.
pub(crate) fn order_word_of_float(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_nan() {
        u64::MAX
    } else if bits & SIGN == 0 {
        bits | SIGN
    } else {
        !bits
    }
}

/// The float of an order word.
pub(crate) fn float_of_order_word(word: u64) -> f64 {
    if word == u64::MAX {
        f64::NAN
    } else if word & SIGN != 0 {
        f64::from_bits(word ^ SIGN)
    } else {
        f64::from_bits(!word)
    }
}

/// The value of an order word.
pub(crate) fn value_of_order_word(word: u64, scalar: ScalarType) -> Value {
    match scalar.lane() {
        None => Value::Null,
        Some(Lane::Bool) => Value::Bool(word != 0),
        Some(Lane::F32) => Value::F32(float_of_order_word(word) as f32),
        Some(Lane::F64) => Value::F64(float_of_order_word(word)),
        Some(lane) if is_signed(lane) => Value::Integer(((word ^ SIGN) as i64).into()),
        Some(_) => Value::Integer(word.into()),
    }
}

/// Interleaved accumulators of a sum: as many f64 as two 512-bit registers hold.
const LANES: usize = 16;

/// Adds a block of values to a state, compiled for each CPU level.
pub(super) struct AddValues<'v, S, V> {
    pub(super) state: &'v mut S,
    pub(super) values: &'v [f64],
    pub(super) validity: Option<V>,
}

impl<V: Fn(usize) -> u64> Routine for AddValues<'_, ExactSum, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.state
            .add_slice_in_lanes::<LANES>(self.values, self.validity);
    }
}

impl<V: Fn(usize) -> u64> Routine for AddValues<'_, Moments, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.state
            .add_slice_in_lanes::<LANES>(self.values, self.validity);
    }
}

/// The words of the validity of rows, for sums; none where there is no validity or it is unaligned.
pub(super) fn words<'v>(view: View<'v>, rows: &Range<usize>) -> Option<impl Fn(usize) -> u64 + 'v> {
    let bits = view.validity.filter(|_| rows.start.is_multiple_of(8))?;
    let bytes = &bits[rows.start / 8..];
    Some(move |word: usize| {
        let rest = bytes.get(word * 8..).unwrap_or_default();
        let mut eight = [0; 8];
        let length = rest.len().min(8);
        eight[..length].copy_from_slice(&rest[..length]);
        u64::from_le_bytes(eight)
    })
}

pub(super) fn with_floats(
    lane: Lane,
    view: View<'_>,
    rows: impl Iterator<Item = (usize, usize)>,
    mut add: impl FnMut(usize, f64),
) -> Result<(), RunError> {
    match lane {
        Lane::F64 => {
            let values = typed::<f64>(view.values);
            rows.for_each(|(row, group)| add(group, values[row]));
        }
        Lane::F32 => {
            let values = typed::<f32>(view.values);
            rows.for_each(|(row, group)| add(group, f64::from(values[row])));
        }
        _ => return Err(internal("a float lane was expected")),
    }
    Ok(())
}

pub(super) fn with_integers(
    lane: Lane,
    view: View<'_>,
    rows: impl Iterator<Item = (usize, usize)>,
    mut add: impl FnMut(usize, i128),
) -> Result<(), RunError> {
    if lane == Lane::Bool {
        rows.for_each(|(row, group)| add(group, i128::from(bit(view.values, row))));
        return Ok(());
    }
    if lane == Lane::I128 {
        let values = typed::<i128>(view.values);
        rows.for_each(|(row, group)| add(group, values[row]));
        return Ok(());
    }
    with_lane!(integers lane, view.values, values => {
        rows.for_each(|(row, group)| add(group, i128::from(values[row])));
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_words_keep_the_order_and_come_back() {
        let floats = [
            f64::NEG_INFINITY,
            -1.5,
            -5e-324,
            -0.0,
            0.0,
            5e-324,
            1.0,
            f64::INFINITY,
            f64::NAN,
        ];
        let words = floats.map(order_word_of_float);
        assert!(words.is_sorted_by(|a, b| a < b));
        for (word, float) in words.into_iter().zip(floats) {
            assert_eq!(
                value_of_order_word(word, ScalarType::F64),
                Value::F64(float)
            );
        }
        assert_eq!(order_word_of_float(-f64::NAN), u64::MAX);
    }
}
