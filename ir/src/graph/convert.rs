//! The conversions that are inserted without being asked for (LANGUAGE rule 15), and casts.

use super::{BuildError, GraphBuilder, decimal};
use crate::id::ExprId;
use crate::meaning::text::read;
use crate::op::{CastMode, Op, units_per};
use crate::types::{ScalarType, TimeUnit, Type};
use crate::value::Value;

impl GraphBuilder {
    /// The expression in a declared or needed type: constants take it if they fit, numbers widen
    /// without loss; anything else is refused.
    ///
    /// # Errors
    /// If it does not convert, or may be null where `wanted` may not.
    pub fn convert(&mut self, value: ExprId, wanted: Type) -> Result<ExprId, BuildError> {
        let found = self.ty(value);
        if found.nullable && !wanted.nullable {
            return Err(BuildError::Conversion { found, wanted });
        }
        if found.scalar == wanted.scalar {
            return Ok(value);
        }
        if let Some(constant) = self.constant(value).cloned() {
            return self.retype(constant, found.scalar, wanted.scalar);
        }
        if widens(found.scalar, wanted.scalar) {
            return self.add(Op::Cast(wanted.scalar, CastMode::Raise), vec![value]);
        }
        Err(BuildError::Conversion { found, wanted })
    }

    /// A cast as written; constants are converted at once.
    ///
    /// # Errors
    /// If there is no such cast, or a constant does not fit.
    pub fn cast(
        &mut self,
        value: ExprId,
        to: ScalarType,
        mode: CastMode,
    ) -> Result<ExprId, BuildError> {
        if self.scalar_type(value) == to {
            return Ok(value);
        }
        // A null fits every type, whatever becomes of what does not fit.
        if self.constant(value).is_some_and(Value::is_null) {
            return Ok(self.null_of(to));
        }
        // A number of days or units is a literal in the text, whatever the mode.
        let counts_time = self.scalar_type(value).is_integer() && is_time(to);
        if (mode == CastMode::Raise || mode == CastMode::Null && counts_time)
            && let Some(constant) = self.constant(value).cloned()
            && let Ok(literal) = self.retype(constant, self.scalar_type(value), to)
        {
            return Ok(literal);
        }
        if let Some(Value::Str(text)) = self.constant(value)
            && (is_time(to) || to.is_decimal())
        {
            // The language reads such texts when the graph is built.
            return match (read::value(text, to), mode) {
                (Some(time), _) => Ok(self.literal_of(time, to)),
                (None, CastMode::Null) => Ok(self.null_of(to)),
                (None, CastMode::Raise | CastMode::Wrap) => Err(BuildError::Literal {
                    value: Value::Str(text.clone()),
                    ty: to,
                }),
            };
        }
        self.add(Op::Cast(to, mode), vec![value])
    }

    /// A constant in another type.
    fn retype(
        &mut self,
        value: Value,
        from: ScalarType,
        to: ScalarType,
    ) -> Result<ExprId, BuildError> {
        let refused = |value: Value| BuildError::Literal { value, ty: to };
        let converted = match (&value, to) {
            (Value::Null, _) => Value::Null,
            (Value::Integer(number), _) if from.is_integer() && !to.is_decimal() => match to {
                ScalarType::F64 => Value::F64(*number as f64),
                ScalarType::F32 => Value::F32(*number as f32),
                _ => match if is_time(to) {
                    to.lane_range()
                } else {
                    to.integer_range()
                } {
                    Some((least, greatest)) if least <= *number && *number <= greatest => {
                        Value::Integer(*number)
                    }
                    _ => return Err(refused(value)),
                },
            },
            (_, ScalarType::Decimal(..)) => match decimal::retyped(&value, from, to) {
                Some(exact) => exact,
                None => return Err(refused(value)),
            },
            (Value::F64(number), ScalarType::F32) => Value::F32(*number as f32),
            (Value::F32(number), ScalarType::F64) => Value::F64(f64::from(*number)),
            (Value::Integer(count), ScalarType::Duration(_) | ScalarType::Timestamp(..)) => {
                let scaled = unit_factor(from, to).and_then(|factor| count.checked_mul(factor));
                match scaled {
                    Some(count) if i64::try_from(count).is_ok() => Value::Integer(count),
                    _ => return Err(refused(value)),
                }
            }
            _ => return Err(refused(value)),
        };
        Ok(self.literal_of(converted, to))
    }

    /// Both expressions in the smallest type that holds both.
    ///
    /// # Errors
    /// If there is none.
    pub fn meet(
        &mut self,
        operation: &'static str,
        left: ExprId,
        right: ExprId,
    ) -> Result<(ExprId, ExprId), BuildError> {
        let (a, b) = (self.ty(left), self.ty(right));
        if a.scalar == b.scalar {
            return Ok((left, right));
        }
        let no_common = || BuildError::NoCommonType {
            operation,
            left: a,
            right: b,
        };
        let common = match (self.constant(left).cloned(), self.constant(right).cloned()) {
            (Some(constant), None) => literal_meet(&constant, a.scalar, b.scalar),
            (None, Some(constant)) => literal_meet(&constant, b.scalar, a.scalar),
            (Some(Value::Null), Some(_)) => Some(b.scalar),
            (Some(_), Some(Value::Null)) => Some(a.scalar),
            (Some(_), Some(_)) | (None, None) => None,
        }
        .or_else(|| meet_types(a.scalar, b.scalar))
        .ok_or_else(no_common)?;
        let to_common = |builder: &mut Self, value: ExprId| {
            let nullable = builder.ty(value).nullable;
            if builder.constant(value).is_some() {
                return builder.convert(
                    value,
                    Type {
                        scalar: common,
                        nullable,
                    },
                );
            }
            builder.cast(value, common, CastMode::Raise)
        };
        Ok((to_common(self, left)?, to_common(self, right)?))
    }
}

/// Whether values of this type are counts of days or units.
fn is_time(scalar: ScalarType) -> bool {
    matches!(
        scalar,
        ScalarType::Date | ScalarType::Timestamp(..) | ScalarType::Duration(_)
    )
}

/// By how much a constant duration or timestamp is multiplied in a unit at least as fine. An
/// instant is the same instant in every zone; a time on the wall clock is none.
fn unit_factor(from: ScalarType, to: ScalarType) -> Option<i128> {
    use ScalarType::{Duration, Timestamp};
    match (from, to) {
        (Duration(a), Duration(b)) => units_per(a, b).map(i128::from),
        (Timestamp(a, zone), Timestamp(b, other)) if zone.is_some() == other.is_some() => {
            units_per(a, b).map(i128::from)
        }
        _ => None,
    }
}

/// Whether every value of `from` is a value of `to`.
fn widens(from: ScalarType, to: ScalarType) -> bool {
    use ScalarType::{Duration, F32, F64, I8, I16, I32, Timestamp, U8, U16, U32};
    if let ScalarType::Decimal(digits, places) = to {
        return from.as_decimal().is_some_and(|(others, other_places)| {
            other_places <= places && others - other_places <= digits - places
        });
    }
    if let (Some((low, high)), Some((least, greatest))) = (from.integer_range(), to.integer_range())
    {
        return least <= low && high <= greatest;
    }
    match (from, to) {
        (F32, F64) => true,
        (I8 | I16 | I32 | U8 | U16 | U32, F64) => true,
        (I8 | I16 | U8 | U16, F32) => true,
        (Timestamp(a, zone), Timestamp(b, other)) => zone == other && units_per(a, b).is_some(),
        (Duration(a), Duration(b)) => units_per(a, b).is_some(),
        _ => false,
    }
}

/// The finer of two units.
fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    a.max(b)
}

/// The type in which two types meet.
fn meet_types(a: ScalarType, b: ScalarType) -> Option<ScalarType> {
    use ScalarType::{Duration, F64, Timestamp};
    match (a, b) {
        _ if a == b => Some(a),
        _ if a.is_integer() && b.is_integer() => a.meet_integers(b),
        _ if a.is_float() && b.is_number() || a.is_number() && b.is_float() => Some(F64),
        _ if a.is_number() && b.is_number() => a.meet_decimals(b),
        (Timestamp(x, zone), Timestamp(y, other)) if zone == other => {
            Some(Timestamp(finer(x, y), zone))
        }
        (Duration(x), Duration(y)) => Some(Duration(finer(x, y))),
        _ => None,
    }
}

/// The type in which a constant meets the type of a value that is none: the value's, if the
/// constant fits.
fn literal_meet(constant: &Value, own: ScalarType, other: ScalarType) -> Option<ScalarType> {
    match (constant, other) {
        (Value::Null, _) => Some(other),
        (Value::Integer(number), _) if own.is_integer() && other.is_integer() => {
            let (least, greatest) = other.integer_range()?;
            if least <= *number && *number <= greatest {
                return Some(other);
            }
            ScalarType::smallest_integer(least.min(*number), greatest.max(*number))
        }
        (_, ScalarType::Decimal(..)) if !own.is_decimal() => {
            let (_, least) = decimal::of_constant(constant, own)?;
            match decimal::retyped(constant, own, other) {
                Some(_) => Some(other),
                None => other.meet_decimals(least),
            }
        }
        (Value::Integer(_), ScalarType::F32 | ScalarType::F64) if own.is_integer() => Some(other),
        (Value::F64(_), ScalarType::F32) => Some(ScalarType::F32),
        (Value::Integer(_), ScalarType::Timestamp(..)) => unit_factor(own, other).map(|_| other),
        _ => None,
    }
}
