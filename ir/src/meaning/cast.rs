//! Casts: every pair of types that [`crate::typing::cast_may_fail`] knows.

use crate::meaning::OutOfRange;
use crate::meaning::arithmetic::{fits, wrap};
use crate::meaning::decimal;
use crate::meaning::text::{read, show::show};
use crate::op::{CastMode, RoundingMode};
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;

const SECONDS_PER_DAY: i128 = 86_400;

/// A non-null value of type `from` in type `to`; `None` where the typing knows no such cast.
///
/// Floats go to integers towards zero, numbers to floats to the nearest, ties to even. A coarser
/// unit of time takes the last whole unit not after (so does a coarser duration). A zone changes
/// nothing: it says how an instant is shown, not which it is. Text is read as [`read`] says and made
/// as [`mod@crate::meaning::text::show`] says.
///
/// # Errors
/// If the target can't hold the value (NaN in an integer included) and the mode raises.
pub fn cast(
    value: &Value,
    from: ScalarType,
    to: ScalarType,
    mode: CastMode,
) -> Option<Result<Value, OutOfRange>> {
    if from == to {
        return Some(Ok(value.clone()));
    }
    if to == ScalarType::Str {
        let mut made = String::new();
        show(value, from, &mut made);
        return Some(Ok(Value::Str(made.into())));
    }
    if from.is_decimal() || to.is_decimal() {
        return decimal_cast(value, from, to, mode);
    }
    Some(match value {
        Value::Bool(value) => number(i128::from(*value), to, mode)?,
        Value::Integer(value) => {
            let exact = match (from, to) {
                (ScalarType::Timestamp(from_unit, _), ScalarType::Timestamp(to_unit, _))
                | (ScalarType::Duration(from_unit), ScalarType::Duration(to_unit)) => {
                    change_unit(*value, from_unit, to_unit)
                }
                (ScalarType::Timestamp(unit, _), ScalarType::Date) => {
                    value.div_euclid(SECONDS_PER_DAY * i128::from(unit.per_second()))
                }
                (ScalarType::Date, ScalarType::Timestamp(unit, _)) => {
                    value * SECONDS_PER_DAY * i128::from(unit.per_second())
                }
                _ => *value,
            };
            number(exact, to, mode)?
        }
        Value::F32(value) => float(f64::from(*value), to, mode)?,
        Value::F64(value) => float(*value, to, mode)?,
        Value::Null => Ok(Value::Null),
        Value::Str(text) => match (read::value(text, to), mode) {
            (Some(value), _) => Ok(value),
            (None, CastMode::Null) => Ok(Value::Null),
            (None, CastMode::Raise | CastMode::Wrap) => Err(OutOfRange { exact: None }),
        },
    })
}

/// A value in or from a decimal type: to fewer places and of floats the nearest, ties to even; to
/// integers towards zero.
fn decimal_cast(
    value: &Value,
    from: ScalarType,
    to: ScalarType,
    mode: CastMode,
) -> Option<Result<Value, OutOfRange>> {
    let found = decimal::places(from);
    let exact = match (value, to) {
        (Value::Null, _) => return Some(Ok(Value::Null)),
        (Value::Integer(value), ScalarType::F64) => {
            return Some(Ok(Value::F64(decimal::to_f64(*value, found))));
        }
        (Value::Integer(value), ScalarType::F32) => {
            return Some(Ok(Value::F32(decimal::to_f32(*value, found))));
        }
        (Value::Integer(value), ScalarType::Decimal(_, places)) => {
            decimal::rescale(*value, found, places, RoundingMode::Nearest)
        }
        (Value::Integer(value), _) => decimal::rescale(*value, found, 0, RoundingMode::TowardsZero),
        (Value::Bool(value), _) => decimal::finer(i128::from(*value), 0, decimal::places(to)),
        (Value::F32(value), _) => decimal::from_f64(f64::from(*value), decimal::places(to)),
        (Value::F64(value), _) => decimal::from_f64(*value, decimal::places(to)),
        (Value::Str(text), _) => match read::value(text, to) {
            Some(value) => return Some(Ok(value)),
            None => None,
        },
    };
    Some(match exact.filter(|exact| fits(*exact, to)) {
        Some(exact) => Ok(Value::Integer(exact)),
        None => out_of_range(None, mode),
    })
}

/// A count of one unit as a count of another, rounded down.
pub fn change_unit(value: i128, from: TimeUnit, to: TimeUnit) -> i128 {
    let (from, to) = (i128::from(from.per_second()), i128::from(to.per_second()));
    // Units are powers of ten, so one of the two divides the other.
    if from <= to {
        value * (to / from)
    } else {
        value.div_euclid(from / to)
    }
}

/// A whole number in a type.
fn number(value: i128, to: ScalarType, mode: CastMode) -> Option<Result<Value, OutOfRange>> {
    Some(match to {
        ScalarType::F32 => Ok(Value::F32(value as f32)),
        ScalarType::F64 => Ok(Value::F64(value as f64)),
        ScalarType::Bool | ScalarType::Str => return None,
        to if fits(value, to) => Ok(Value::Integer(value)),
        to if mode == CastMode::Wrap => Ok(Value::Integer(wrap(value, to))),
        _ => out_of_range(Some(value), mode),
    })
}

/// A float in a number type.
fn float(value: f64, to: ScalarType, mode: CastMode) -> Option<Result<Value, OutOfRange>> {
    Some(match to {
        ScalarType::F32 => Ok(Value::F32(value as f32)),
        ScalarType::F64 => Ok(Value::F64(value)),
        to if to.is_integer() => {
            // Saturating at 128 bits, which is beyond every type; NaN would become 0.
            let truncated = value as i128;
            if !value.is_nan() && fits(truncated, to) {
                Ok(Value::Integer(truncated))
            } else {
                out_of_range(None, mode)
            }
        }
        _ => return None,
    })
}

fn out_of_range(exact: Option<i128>, mode: CastMode) -> Result<Value, OutOfRange> {
    match mode {
        CastMode::Null => Ok(Value::Null),
        CastMode::Raise | CastMode::Wrap => Err(OutOfRange { exact }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ScalarType::{Bool, Date, Duration, F32, F64, I8, I32, I64, Str, Timestamp, U8, U16, U64};
    use TimeUnit::{Millisecond, Nanosecond, Second};

    fn raise(value: Value, from: ScalarType, to: ScalarType) -> Result<Value, OutOfRange> {
        cast(&value, from, to, CastMode::Raise).expect("a cast that exists")
    }

    fn integer(value: i128) -> Value {
        Value::Integer(value)
    }

    #[test]
    fn between_integers() {
        assert_eq!(raise(integer(255), I32, U8), Ok(integer(255)));
        assert_eq!(
            raise(integer(256), I32, U8),
            Err(OutOfRange { exact: Some(256) })
        );
        assert_eq!(
            cast(&integer(256), I32, U8, CastMode::Null),
            Some(Ok(Value::Null))
        );
        assert_eq!(
            cast(&integer(-1), I32, U16, CastMode::Wrap),
            Some(Ok(integer(65_535)))
        );
        assert_eq!(
            cast(&integer(200), U8, I8, CastMode::Wrap),
            Some(Ok(integer(-56)))
        );
    }

    #[test]
    fn bools_are_zero_and_one() {
        assert_eq!(raise(Value::Bool(true), Bool, I8), Ok(integer(1)));
        assert_eq!(raise(Value::Bool(false), Bool, F32), Ok(Value::F32(0.0)));
    }

    #[test]
    fn floats_truncate_towards_zero() {
        let failed = Err(OutOfRange { exact: None });
        for (value, to, expected) in [
            (2.9, I32, Ok(integer(2))),
            (-2.9, I32, Ok(integer(-2))),
            (-0.9, U8, Ok(integer(0))),
            (255.9, U8, Ok(integer(255))),
            (256.0, U8, failed.clone()),
            (-1.0, U8, failed.clone()),
            (f64::NAN, I64, failed.clone()),
            (f64::INFINITY, I64, failed.clone()),
            (
                9_223_372_036_854_774_784.0,
                I64,
                Ok(integer((1 << 63) - 1024)),
            ),
            (9_223_372_036_854_775_808.0, I64, failed.clone()),
            (-9_223_372_036_854_775_808.0, I64, Ok(integer(-(1 << 63)))),
            (18_446_744_073_709_551_616.0, U64, failed.clone()),
            (1e300, U64, failed),
        ] {
            assert_eq!(
                raise(Value::F64(value), F64, to),
                expected,
                "{value} to {to}"
            );
        }
        assert_eq!(
            cast(&Value::F32(f32::NAN), F32, I32, CastMode::Null),
            Some(Ok(Value::Null))
        );
    }

    #[test]
    fn numbers_round_to_nearest_even() {
        assert_eq!(
            raise(integer((1 << 53) + 1), I64, F64),
            Ok(Value::F64(9_007_199_254_740_992.0))
        );
        assert_eq!(
            raise(integer((1 << 53) + 3), I64, F64),
            Ok(Value::F64(9_007_199_254_740_996.0))
        );
        // Rounding to f64 first would make this a tie and give 2⁵⁴.
        assert_eq!(
            raise(integer((1 << 54) + (1 << 30) + 1), I64, F32),
            Ok(Value::F32(18_014_400_656_965_632.0))
        );
        assert_eq!(
            raise(integer(i128::from(u64::MAX)), U64, F64),
            Ok(Value::F64(18_446_744_073_709_551_616.0))
        );
        assert_eq!(
            raise(Value::F64(1e300), F64, F32),
            Ok(Value::F32(f32::INFINITY))
        );
        assert_eq!(raise(Value::F64(0.1), F64, F32), Ok(Value::F32(0.1)));
        assert_eq!(raise(Value::F32(0.5), F32, F64), Ok(Value::F64(0.5)));
        assert_eq!(raise(Value::F64(-0.0), F64, F32), Ok(Value::F32(-0.0)));
    }

    #[test]
    fn times() {
        let (seconds, millis) = (Timestamp(Second, None), Timestamp(Millisecond, None));
        assert_eq!(raise(integer(1_999), millis, seconds), Ok(integer(1)));
        assert_eq!(raise(integer(-1), millis, seconds), Ok(integer(-1)));
        assert_eq!(raise(integer(-2), seconds, millis), Ok(integer(-2_000)));
        let far = i128::from(i64::MAX);
        assert_eq!(
            raise(integer(far), seconds, millis),
            Err(OutOfRange {
                exact: Some(far * 1_000)
            })
        );
        assert_eq!(
            cast(
                &integer(far),
                Duration(Second),
                Duration(Nanosecond),
                CastMode::Null
            ),
            Some(Ok(Value::Null))
        );
        assert_eq!(
            raise(integer(-1), Duration(Millisecond), Duration(Second)),
            Ok(integer(-1))
        );
        assert_eq!(raise(integer(-1), Date, seconds), Ok(integer(-86_400)));
        assert_eq!(
            raise(integer(15_706), Date, millis),
            Ok(integer(1_356_998_400_000))
        );
        assert_eq!(raise(integer(-1), millis, Date), Ok(integer(-1)));
        assert_eq!(raise(integer(86_399), seconds, Date), Ok(integer(0)));
        assert_eq!(
            raise(integer(-1 << 63), seconds, Date),
            Err(OutOfRange {
                exact: Some(-106_751_991_167_301)
            })
        );
        assert_eq!(raise(integer(7), I32, Date), Ok(integer(7)));
        assert_eq!(raise(integer(7), millis, I64), Ok(integer(7)));
    }

    #[test]
    fn text_is_read_and_made() {
        let text = |text: &str| Value::Str(text.into());
        assert_eq!(raise(text("-1"), Str, I32), Ok(integer(-1)));
        assert_eq!(
            raise(text("1.0"), Str, I32),
            Err(OutOfRange { exact: None })
        );
        assert_eq!(
            cast(&text("x"), Str, F64, CastMode::Null),
            Some(Ok(Value::Null))
        );
        assert_eq!(raise(integer(7), Date, Str), Ok(text("1970-01-08")));
        assert_eq!(raise(Value::Bool(true), Bool, Str), Ok(text("true")));
    }
}
