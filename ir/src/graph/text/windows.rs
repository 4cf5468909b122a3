//! Windows as flow text: the column, what is computed behind it, and `over` which rows.

use std::fmt::Write;

use super::expressions::{Binding, ExpressionText, Piece, Place};
use crate::id::ExprId;
use crate::op::{ExponentialMoment, Frame, Reduction, Window, WindowOver};
use crate::types::ScalarType;

impl ExpressionText<'_> {
    pub(super) fn window(&self, id: ExprId, window: &WindowOver, place: Place) -> Vec<Piece> {
        let args = &self.graph.expressions[id].args;
        let mut pieces = vec![Piece::Expression(args[0], Binding::Postfix, place)];
        match window.window {
            Window::Rolling {
                reduction,
                frame,
                min_count,
            } => {
                pieces.push(Piece::Owned(self.frame(id, window, frame, min_count)));
                pieces.push(Piece::Owned(format!(".{}(", reduction.name())));
                let mut separator = "";
                for value in &args[1..reduction.arity()] {
                    pieces.push(Piece::Text(separator));
                    pieces.push(Piece::Expression(*value, Binding::Conditional, place));
                    separator = ", ";
                }
                pieces.push(Piece::Owned(options(reduction, separator) + ")"));
            }
            other => pieces.push(Piece::Owned(suffix(other))),
        }
        pieces.extend(self.over(id, window, place));
        pieces
    }

    /// The rows that a rolling window covers.
    fn frame(&self, id: ExprId, window: &WindowOver, frame: Frame, min_count: u64) -> String {
        match frame {
            Frame::Rows { rows, center } => {
                let center = if center { ", center=true" } else { "" };
                format!(".rolling({rows}, min={min_count}{center})")
            }
            Frame::Expanding => format!(".expanding(min={min_count})"),
            Frame::Span { nearest, farthest } => {
                let at = window.window.values() + window.over.keys as usize;
                let axis = self.graph.expressions[id].args.get(at);
                let scalar = axis.map(|axis| self.graph.expressions[*axis].ty.scalar);
                let unit = match scalar {
                    Some(ScalarType::Timestamp(unit, _) | ScalarType::Duration(unit)) => {
                        unit.to_string()
                    }
                    _ => "d".to_owned(),
                };
                // The same rows may be written in several ways; this is the one.
                let (length, closed) = match (nearest, farthest.checked_add(1)) {
                    (..=0, Some(length)) => (length, ""),
                    (..=0, None) => (farthest, ", closed=\"both\""),
                    (_, _) if farthest < 1 => (1, ", closed=\"neither\""),
                    (_, _) => (farthest, ", closed=\"left\""),
                };
                format!(".rolling({length}{unit}, min={min_count}{closed})")
            }
        }
    }

    /// The rows that a window moves along, as written behind it.
    fn over(&self, id: ExprId, window: &WindowOver, place: Place) -> Vec<Piece> {
        let args = &self.graph.expressions[id].args[window.window.values()..];
        let (keys, order) = args.split_at(window.over.keys as usize);
        let mut pieces = Vec::new();
        if window.over.is_none() {
            return pieces;
        }
        pieces.push(Piece::Text(" over ("));
        for (position, key) in keys.iter().enumerate() {
            if position > 0 {
                pieces.push(Piece::Text(", "));
            }
            pieces.push(Piece::Expression(*key, Binding::Conditional, place));
        }
        for (position, (column, direction)) in order.iter().zip(&window.over.order).enumerate() {
            pieces.push(Piece::Text(match (position, keys.len()) {
                (0, 0) => "order by ",
                (0, _) => " order by ",
                _ => ", ",
            }));
            pieces.push(Piece::Expression(*column, Binding::Conditional, place));
            pieces.push(Piece::Owned(direction.to_string()));
        }
        pieces.push(Piece::Text(")"));
        pieces
    }
}

/// The options of a reduction that are not what they are when left out.
fn options(reduction: Reduction, first: &str) -> String {
    let mut text = String::new();
    for option in reduction.options() {
        if !option.is_default {
            let separator = if text.is_empty() { first } else { ", " };
            // Writing to a string can't fail.
            let _ = write!(text, "{separator}{}={}", option.name, option.value);
        }
    }
    text
}

/// A window that takes one column, as written behind it.
fn suffix(window: Window) -> String {
    let name = window.name();
    let arguments = match window {
        Window::Shift { rows } => rows.to_string(),
        Window::Cumulative(_) | Window::Interpolate | Window::Rolling { .. } => String::new(),
        Window::Fill {
            limit: u64::MAX, ..
        } => String::new(),
        Window::Fill { limit, .. } => format!("limit={limit}"),
        Window::Rank {
            method,
            descending,
            fraction,
        } => {
            let descending = if descending { ", descending=true" } else { "" };
            let fraction = if fraction { ", pct=true" } else { "" };
            format!("method=\"{}\"{descending}{fraction}", method.name())
        }
        Window::Exponential {
            moment,
            decay,
            min_count,
        } => {
            let alpha = decay.alpha.value();
            let adjust = if decay.adjust { "" } else { ", adjust=false" };
            let skip = if decay.skip_null {
                ", skip_null=true"
            } else {
                ""
            };
            // A mean has no bias.
            let bias = if decay.bias && moment != ExponentialMoment::Mean {
                ", bias=true"
            } else {
                ""
            };
            format!("alpha={alpha:?}{adjust}{skip}{bias}, min={min_count}")
        }
    };
    format!(".{name}({arguments})")
}
