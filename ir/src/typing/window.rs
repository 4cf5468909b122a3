//! The types that windows take and give.

use super::reduction_type;
use crate::op::{Cumulative, ExponentialMoment, Frame, RankMethod, Reduction, Window, WindowOver};
use crate::types::{ScalarType, Type};

/// The type that a window gives: of the columns that it looks at, and the first column of its
/// order.
pub(super) fn window_type(window: Window, values: &[Type], order: Option<Type>) -> Option<Type> {
    let value = *values.first()?;
    let comparable = !matches!(value.scalar, ScalarType::Row(_));
    let number = |nullable| {
        (value.scalar.is_number() && !value.scalar.is_decimal()).then_some(Type {
            scalar: ScalarType::F64,
            nullable,
        })
    };
    let reduced = |reduction| reduction_type(reduction, values.iter().copied(), true);
    match window {
        Window::Shift { .. } => comparable.then(|| value.scalar.nullable()),
        Window::Cumulative(cumulative) => match cumulative {
            Cumulative::Sum => reduced(Reduction::Sum),
            Cumulative::Product => reduced(Reduction::Product),
            Cumulative::Min | Cumulative::Max => comparable.then_some(value),
            Cumulative::Count => return Some(ScalarType::I64.required()),
        }
        .map(|ty| ty.nullable_if(value.nullable)),
        Window::Rolling {
            reduction,
            frame,
            min_count,
        } => {
            if !can_roll(reduction) {
                return None;
            }
            if let Frame::Span { nearest, farthest } = frame
                && !(order.is_some_and(|ty| is_axis(ty.scalar)) && nearest >= 0 && farthest >= 0)
            {
                return None;
            }
            let never_null = reduction == Reduction::Count
                && min_count == 0
                && !matches!(frame, Frame::Span { .. });
            reduced(reduction).map(|ty| Type {
                scalar: ty.scalar,
                nullable: !never_null,
            })
        }
        Window::Fill { .. } => comparable.then_some(value),
        Window::Interpolate => number(value.nullable),
        Window::Rank {
            method, fraction, ..
        } => {
            let scalar = if fraction || method == RankMethod::Average {
                ScalarType::F64
            } else {
                ScalarType::I64
            };
            comparable.then(|| scalar.required().nullable_if(value.nullable))
        }
        Window::Exponential {
            moment, min_count, ..
        } => number(value.nullable || min_count > 1 || moment != ExponentialMoment::Mean),
    }
}

/// Whether distances can be measured along a column.
fn is_axis(scalar: ScalarType) -> bool {
    matches!(
        scalar,
        ScalarType::Timestamp(..) | ScalarType::Date | ScalarType::Duration(_)
    )
}

/// Whether a reduction moves along the rows: whether it can be kept up as rows enter and leave.
pub fn can_roll(reduction: Reduction) -> bool {
    match reduction {
        Reduction::Sum
        | Reduction::Mean
        | Reduction::Min
        | Reduction::Max
        | Reduction::Var { .. }
        | Reduction::Std { .. }
        | Reduction::Quantile { .. }
        | Reduction::Product
        | Reduction::Skew { .. }
        | Reduction::Kurtosis { .. }
        | Reduction::Count
        | Reduction::NUnique
        | Reduction::First { .. }
        | Reduction::Last { .. }
        | Reduction::Mode
        | Reduction::AtMax
        | Reduction::AtMin
        | Reduction::Cov { .. }
        | Reduction::Corr
        | Reduction::WeightedMean => true,
        // A sketch can't forget, `any` and `all` are `max` and `min`, and `len` looks at no value.
        Reduction::Len | Reduction::ApproxNUnique | Reduction::Any | Reduction::All => false,
    }
}

/// The first column of a window's order, among its arguments' types.
pub(super) fn first_of_order(window: &WindowOver, types: &[Type]) -> Option<Type> {
    let at = window.window.values() + window.over.keys as usize;
    types.get(at).copied()
}
