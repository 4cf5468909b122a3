//! Quantiles: where among values in order they lie, and what lies there.
//!
//! The position is `q · (n − 1)`, computed in f64, as everyone does: with exact arithmetic the tenth
//! of eleven values would not be at 1, because 0.1 is a little more than a tenth. The order is that
//! of `min` and `max`: −0 below +0, NaN above all.

use crate::meaning::sums::{Number, between};
use crate::op::Interpolation;
use crate::value::Value;

/// Which values, in order, a quantile is made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    /// The value at this position.
    At(u64),
    /// Between the value at a position and the next, so far along.
    Between(u64, f64),
}

/// The place of a quantile among `count` values, of which there is at least one.
///
/// ```
/// use icosian_ir::meaning::quantile::{Place, place};
/// use icosian_ir::op::Interpolation;
/// assert_eq!(place(0.5, 4, Interpolation::Linear), Place::Between(1, 0.5));
/// assert_eq!(place(0.5, 4, Interpolation::Higher), Place::At(2));
/// assert_eq!(place(0.1, 11, Interpolation::Higher), Place::At(1));
/// ```
pub fn place(q: f64, count: u64, interpolation: Interpolation) -> Place {
    let last = count.saturating_sub(1);
    let position = q * last as f64;
    let below = (position.floor() as u64).min(last);
    let fraction = position - below as f64;
    if below == last || fraction <= 0.0 {
        return Place::At(below);
    }
    match interpolation {
        Interpolation::Linear => Place::Between(below, fraction),
        Interpolation::Midpoint => Place::Between(below, 0.5),
        Interpolation::Lower => Place::At(below),
        Interpolation::Higher => Place::At(below + 1),
        Interpolation::Nearest => {
            let up = fraction > 0.5 || fraction == 0.5 && below % 2 == 1;
            Place::At(below + u64::from(up))
        }
    }
}

/// What lies so far between two values, an f64.
pub fn interpolate(low: &Value, high: &Value, fraction: f64) -> Value {
    Value::F64(between(number(low), number(high), fraction))
}

/// A value at a place of its own, as an f64.
pub fn as_float(value: &Value) -> Value {
    Value::F64(between(number(value), number(value), 0.0))
}

fn number(value: &Value) -> Number {
    match value {
        Value::Integer(integer) => Number::Integer(*integer),
        Value::F32(float) => Number::Float(f64::from(*float)),
        Value::F64(float) => Number::Float(*float),
        other => panic!("{other} is no number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_ties() {
        use Interpolation::{Linear, Lower, Nearest};
        assert_eq!(place(0.0, 5, Linear), Place::At(0));
        assert_eq!(place(1.0, 5, Linear), Place::At(4));
        assert_eq!(place(0.3, 1, Linear), Place::At(0));
        assert_eq!(place(0.5, 2, Nearest), Place::At(0));
        assert_eq!(place(0.5, 4, Nearest), Place::At(2));
        assert_eq!(place(0.9, 4, Lower), Place::At(2));
        assert_eq!(place(0.9, 4, Nearest), Place::At(3));
    }

    #[test]
    fn integers_become_floats() {
        let half = interpolate(&Value::Integer(1), &Value::Integer(2), 0.5);
        assert_eq!(half, Value::F64(1.5));
        assert_eq!(as_float(&Value::F32(0.5)), Value::F64(0.5));
    }
}
