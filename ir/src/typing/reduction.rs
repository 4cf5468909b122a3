//! Which values reductions take, and what they give.

use smallvec::SmallVec;

use crate::op::Reduction;
use crate::types::{MAX_DIGITS, ScalarType, Type};

/// The type a reduction of values of these types gives; `alone` if it has no groups (a group is
/// never empty).
pub fn reduction_type(
    reduction: Reduction,
    values: impl IntoIterator<Item = Type>,
    alone: bool,
) -> Option<Type> {
    let values: SmallVec<[Type; 2]> = values.into_iter().collect();
    let reference = |ty: &Type| matches!(ty.scalar, ScalarType::Row(_));
    if values.len() != reduction.arity()
        || (reduction != Reduction::Count && values.iter().any(reference))
    {
        return None;
    }
    let first = values.first().map_or(ScalarType::I64, |ty| ty.scalar);
    // Of decimals the moments are those of the nearest f64: whoever wants them casts.
    let numbers = values
        .iter()
        .all(|ty| ty.scalar.is_number() && !ty.scalar.is_decimal());
    let scalar = match reduction {
        Reduction::Len | Reduction::Count | Reduction::NUnique | Reduction::ApproxNUnique => {
            return Some(ScalarType::I64.required());
        }
        Reduction::Sum | Reduction::Product => {
            return Some(match first {
                ScalarType::F32 | ScalarType::F64 => ScalarType::F64.required(),
                ScalarType::Duration(unit) if reduction == Reduction::Sum => {
                    ScalarType::Duration(unit).required()
                }
                ScalarType::Decimal(_, places) if reduction == Reduction::Sum => {
                    ScalarType::Decimal(MAX_DIGITS, places).required()
                }
                integer if integer.is_signed() => ScalarType::I64.required(),
                integer if integer.is_integer() => ScalarType::U64.required(),
                _ => return None,
            });
        }
        Reduction::Mean if first.is_decimal() => ScalarType::F64,
        Reduction::Mean
        | Reduction::Var { .. }
        | Reduction::Std { .. }
        | Reduction::Skew { .. }
        | Reduction::Kurtosis { .. }
        | Reduction::Cov { .. }
        | Reduction::Corr
        | Reduction::WeightedMean => {
            if !numbers {
                return None;
            }
            ScalarType::F64
        }
        Reduction::Quantile { interpolation, .. } => {
            let ordered = numbers || first.lane_range().is_some() && !first.is_decimal();
            match interpolation.is_element() {
                true if ordered => first,
                false if numbers => ScalarType::F64,
                _ => return None,
            }
        }
        Reduction::Min
        | Reduction::Max
        | Reduction::First { .. }
        | Reduction::Last { .. }
        | Reduction::Mode
        | Reduction::AtMax
        | Reduction::AtMin => first,
        Reduction::Any | Reduction::All => {
            if first != ScalarType::Bool {
                return None;
            }
            ScalarType::Bool
        }
    };
    // Some take more rows than a group must have.
    let always_some = !alone
        && values.iter().all(|ty| !ty.nullable)
        && match reduction {
            Reduction::Var { ddof } | Reduction::Std { ddof } | Reduction::Cov { ddof } => {
                ddof == 0
            }
            Reduction::Skew { bias } | Reduction::Kurtosis { bias } => bias,
            Reduction::Corr => false,
            Reduction::Sum
            | Reduction::Product
            | Reduction::Mean
            | Reduction::Min
            | Reduction::Max
            | Reduction::Quantile { .. }
            | Reduction::Count
            | Reduction::Len
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::First { .. }
            | Reduction::Last { .. }
            | Reduction::Mode
            | Reduction::AtMax
            | Reduction::AtMin
            | Reduction::WeightedMean => true,
        };
    Some(Type {
        scalar,
        nullable: !always_some,
    })
}

/// What a reduction takes, in words.
pub fn reduced_values(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "a number or duration",
        Reduction::Quantile { interpolation, .. } if interpolation.is_element() => {
            "a number, date, timestamp or duration"
        }
        Reduction::Mean
        | Reduction::Product
        | Reduction::Var { .. }
        | Reduction::Std { .. }
        | Reduction::Skew { .. }
        | Reduction::Kurtosis { .. }
        | Reduction::Quantile { .. } => "a number",
        Reduction::Cov { .. } | Reduction::Corr | Reduction::WeightedMean => "two numbers",
        Reduction::Any | Reduction::All => "a bool",
        Reduction::Len => "no value",
        Reduction::Min
        | Reduction::Max
        | Reduction::Count
        | Reduction::NUnique
        | Reduction::ApproxNUnique
        | Reduction::First { .. }
        | Reduction::Last { .. }
        | Reduction::Mode => "a value, not a row",
        Reduction::AtMax | Reduction::AtMin => "two values, not rows",
    }
}
