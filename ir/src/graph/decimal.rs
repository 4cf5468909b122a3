//! Decimals in the language's operators: what constants become beside them, and their rounding.

use super::{BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::meaning::decimal;
use crate::op::{CastMode, Math, Op, Rounding, RoundingMode};
use crate::types::{MAX_DIGITS, ScalarType};
use crate::typing::TypeError;
use crate::value::Value;

/// A constant as the decimal with the fewest digits and places that is equal to it; none if it is no
/// number, or one that takes more than 38 digits.
pub(super) fn of_constant(constant: &Value, own: ScalarType) -> Option<(Value, ScalarType)> {
    let (value, places) = match constant {
        Value::Integer(number) if own.is_integer() => (*number, 0),
        Value::F64(number) => decimal::of_literal(*number)?,
        _ => return None,
    };
    let digits = decimal::digits(value).max(places);
    (digits <= MAX_DIGITS).then_some((Value::Integer(value), ScalarType::Decimal(digits, places)))
}

/// A constant as a value of a decimal type, if it is exactly one.
pub(super) fn retyped(constant: &Value, own: ScalarType, to: ScalarType) -> Option<Value> {
    let (digits, places) = match to {
        ScalarType::Decimal(digits, places) => (digits, places),
        _ => return None,
    };
    let (value, found) = match (constant, own) {
        (Value::Integer(value), ScalarType::Decimal(_, places)) => (*value, places),
        _ => match of_constant(constant, own)? {
            (Value::Integer(value), scalar) => (value, decimal::places(scalar)),
            _ => return None,
        },
    };
    let exact = decimal::rescale(value, found, places, RoundingMode::Floor)?;
    let same = decimal::order(exact, places, value, found).is_eq();
    (same && decimal::digits(exact) <= digits).then_some(Value::Integer(exact))
}

impl GraphBuilder {
    /// Both sides as decimals, if one is a decimal and the other a decimal, an integer or a constant
    /// that is one: each of as many digits as it needs. For ops that take decimals of any places.
    pub(super) fn as_decimals(
        &mut self,
        left: ExprId,
        right: ExprId,
    ) -> Result<Option<(ExprId, ExprId)>, BuildError> {
        let is_decimal = |builder: &Self, side| builder.scalar_type(side).is_decimal();
        if !is_decimal(self, left) && !is_decimal(self, right) {
            return Ok(None);
        }
        let mut sides = [left, right];
        for side in &mut sides {
            let scalar = self.scalar_type(*side);
            if scalar.is_decimal() {
                continue;
            }
            let constant = self.constant(*side).cloned();
            *side = if let Some(constant) = constant.filter(|constant| !constant.is_null()) {
                match of_constant(&constant, scalar) {
                    Some((value, scalar)) => self.literal_of(value, scalar),
                    None => return Ok(None),
                }
            } else if let Some((digits, places)) = scalar.as_decimal() {
                self.cast(*side, ScalarType::Decimal(digits, places), CastMode::Raise)?
            } else {
                return Ok(None);
            };
        }
        Ok(Some((sides[0], sides[1])))
    }

    /// A decimal as the nearest f64; other values as they are.
    pub(super) fn decimal_as_float(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        if self.scalar_type(value).is_decimal() {
            self.cast(value, ScalarType::F64, CastMode::Raise)
        } else {
            Ok(value)
        }
    }

    /// A decimal at so many places; one that has no more as it is.
    ///
    /// # Errors
    /// If the value is no decimal, or the places are more than 38.
    pub fn round_decimal(
        &mut self,
        math: Math,
        value: ExprId,
        places: u8,
    ) -> Result<ExprId, BuildError> {
        let mode = match math {
            Math::Floor => RoundingMode::Floor,
            Math::Ceil => RoundingMode::Ceil,
            Math::Trunc => RoundingMode::TowardsZero,
            _ => RoundingMode::Nearest,
        };
        let ty = self.ty(value);
        match ty.scalar {
            ScalarType::Decimal(_, found) if found <= places => Ok(value),
            ScalarType::Decimal(..) => self.add(Op::Round(Rounding { mode, places }), vec![value]),
            _ => Err(BuildError::Type(TypeError::Types {
                op: math.name(),
                expected: "a decimal, to keep places",
                found: vec![ty],
            })),
        }
    }
}
