//! Values chosen by constants: bins between edges, maps, curves through points. They are built as
//! balanced trees of comparisons, which suits the tens of constants that people write; what is
//! larger belongs in a table to look up in.

use std::rc::Rc;

use icosian_ir::graph::{BinaryOperator, BuildError, GraphBuilder};
use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::Comparison;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::calls::Bound;
use super::declarations::Checker;
use super::expressions::{Context, Operand};
use super::functions::Function;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What one of these functions chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bins {
    /// The number of the bin.
    Bucket,
    /// The label of the bin.
    Cut,
    /// The value of a key.
    Map,
    /// A point on the lines between points.
    Interp,
    /// The bin between quantiles of all values.
    Quantiles,
    /// The place of a value among categories.
    CategoryCode,
    /// The category at a place.
    Category,
}

/// How many constants one call may have.
pub(super) const LIMIT: usize = 1000;

pub(super) type Spanned = (Expression, Span);

impl Checker<'_> {
    /// A call of one of these functions.
    pub(crate) fn bins(
        &mut self,
        bins: Bins,
        function: &Function,
        bound: &[Bound],
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        let (operand, value_span) = bound.first()?.as_ref()?;
        let x = (self.value(operand, *value_span)?, *value_span);
        let second = bound.get(1)?.as_ref()?;
        let third = bound.get(2).and_then(Option::as_ref);
        match bins {
            Bins::Bucket => {
                let edges = self.increasing(function.name, x, second)?;
                let right = self.right_closed(third)?;
                let numbers = (0..=edges.len()).map(|number| {
                    let number = Value::Integer(number as i128);
                    self.builder.literal_of(number, ScalarType::I32)
                });
                let numbers: Vec<Expression> = numbers.collect();
                self.bin(function.name, x, &edges, &numbers, right, span)
            }
            Bins::Cut => {
                let edges = self.increasing(function.name, x, second)?;
                let right = self.right_closed(bound.get(3).and_then(Option::as_ref))?;
                let mut labels = self.listed(function.name, third?)?;
                if labels.len() + 1 == edges.len() {
                    // Only what is between the edges has a label.
                    let null = self.builder.literal(Value::Null);
                    labels.insert(0, null);
                    labels.push(null);
                }
                if labels.len() != edges.len() + 1 {
                    let message = format!(
                        "{} edges make {} bins, or {} between them, but there are {} labels",
                        edges.len(),
                        edges.len() + 1,
                        edges.len().saturating_sub(1),
                        labels.len()
                    );
                    self.report(Diagnostic::error(Code::BadArguments, message).at(third?.1));
                    return None;
                }
                self.bin(function.name, x, &edges, &labels, right, span)
            }
            Bins::Map => {
                let default = match third {
                    Some((operand, span)) => (self.value(operand, *span)?, *span),
                    None => (self.builder.literal(Value::Null), span),
                };
                self.map(function.name, x, second, default, span)
            }
            Bins::Interp => {
                let places = self.increasing(function.name, x, second)?;
                let heights = self.numbers(function.name, third?)?;
                if places.len() != heights.len() || places.is_empty() {
                    let message = format!(
                        "`interp` takes as many ys as xs, at least one; found {} and {}",
                        places.len(),
                        heights.len()
                    );
                    self.report(Diagnostic::error(Code::BadArguments, message).at(third?.1));
                    return None;
                }
                self.interp(function.name, x, &places, &heights, span)
            }
            Bins::Quantiles => {
                let closed = bound.get(3).and_then(Option::as_ref);
                self.quantile_bins(function.name, x, (second, third, closed), context, span)
            }
            Bins::CategoryCode => self.category_code(function.name, x, second, span),
            Bins::Category => self.category(function.name, x, second, span),
        }
    }

    /// The elements of a list.
    pub(super) fn listed(
        &mut self,
        name: &str,
        argument: &(Operand, Span),
    ) -> Option<Vec<Expression>> {
        let (operand, span) = argument;
        let Operand::List(elements) = operand else {
            if *operand != Operand::Poison {
                self.not_a_list(operand, *span);
            }
            return None;
        };
        if elements.len() > LIMIT {
            self.too_many(name, elements.len(), *span);
            return None;
        }
        let elements = Rc::clone(elements);
        (elements.iter().map(|element| self.value(element, *span))).collect()
    }

    fn too_many(&mut self, name: &str, count: usize, span: Span) {
        let message = format!("`{name}` takes at most {LIMIT} constants, found {count}");
        self.report(
            Diagnostic::error(Code::BadArguments, message)
                .at(span)
                .help("put them in a table, and look up there: codes[code=x].label"),
        );
    }

    /// The numbers of a list of constants.
    pub(super) fn numbers(&mut self, name: &str, argument: &(Operand, Span)) -> Option<Vec<f64>> {
        let elements = self.listed(name, argument)?;
        let number = |element: &Expression| match self.builder.constant(*element) {
            Some(Value::Integer(number)) => Some(*number as f64),
            Some(Value::F64(number)) if number.is_finite() => Some(*number),
            _ => None,
        };
        let numbers: Option<Vec<f64>> = elements.iter().map(number).collect();
        if numbers.is_none() {
            let message = format!("`{name}` takes numbers written as literals or configs here");
            self.report(Diagnostic::error(Code::BadArguments, message).at(argument.1));
        }
        numbers
    }

    /// A list of constants, each above the one before.
    fn increasing(
        &mut self,
        name: &str,
        x: Spanned,
        argument: &(Operand, Span),
    ) -> Option<Vec<Expression>> {
        let elements = self.listed(name, argument)?;
        for element in &elements {
            // Each by itself, so that the one that doesn't fit is named.
            self.built(
                |builder| builder.compare(Comparison::Less, x.0, *element),
                name,
                &[x, (*element, argument.1)],
                argument.1,
            )?;
        }
        let ordered = elements.windows(2).all(|pair| {
            match (
                self.builder.constant(pair[0]),
                self.builder.constant(pair[1]),
            ) {
                (Some(Value::Integer(a)), Some(Value::Integer(b))) => a < b,
                (Some(Value::F64(a)), Some(Value::F64(b))) => a < b,
                (Some(Value::Integer(a)), Some(Value::F64(b))) => (*a as f64) < *b,
                (Some(Value::F64(a)), Some(Value::Integer(b))) => *a < (*b as f64),
                (Some(Value::Str(a)), Some(Value::Str(b))) => a < b,
                _ => false,
            }
        });
        let known = elements
            .iter()
            .all(|element| match self.builder.constant(*element) {
                Some(Value::F64(number)) => !number.is_nan(),
                Some(Value::Null) | None => false,
                Some(_) => true,
            });
        if !ordered || !known {
            let message =
                format!("`{name}` takes constants here, each greater than the one before");
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(argument.1)
                    .help("such as [0, 10, 20]"),
            );
            return None;
        }
        Some(elements)
    }

    /// Whether bins hold their right edges.
    pub(super) fn right_closed(&mut self, closed: Option<&(Operand, Span)>) -> Option<bool> {
        let Some((operand, span)) = closed else {
            return Some(false);
        };
        let closed = self.value(operand, *span)?;
        match self.builder.constant(closed) {
            Some(Value::Str(text)) if &**text == "right" => Some(true),
            Some(Value::Str(text)) if &**text == "left" => Some(false),
            _ => {
                let message = "`closed` must be \"left\" or \"right\"";
                self.report(Diagnostic::error(Code::BadArguments, message).at(*span));
                None
            }
        }
    }

    /// The value of the bin that `x` is in; null where `x` is null or NaN.
    pub(super) fn bin(
        &mut self,
        name: &str,
        x: Spanned,
        edges: &[Expression],
        values: &[Expression],
        right: bool,
        span: Span,
    ) -> Option<Expression> {
        self.built(
            |builder| {
                let chosen = tree(builder, x.0, edges, values, right)?;
                let known = builder.compare(Comparison::Equal, x.0, x.0)?;
                let null = builder.literal(Value::Null);
                builder.if_else(known, chosen, null)
            },
            name,
            &[x],
            span,
        )
    }

    /// `map(x, {key: value}, default=)`.
    fn map(
        &mut self,
        name: &str,
        x: Spanned,
        (operand, map_span): &(Operand, Span),
        default: Spanned,
        span: Span,
    ) -> Option<Expression> {
        let Operand::Map(entries) = operand else {
            if *operand != Operand::Poison {
                let message = format!("`{name}` takes a map such as {{\"a\": 1, \"b\": 2}}");
                self.report(Diagnostic::error(Code::BadArguments, message).at(*map_span));
            }
            return None;
        };
        if entries.len() > LIMIT {
            self.too_many(name, entries.len(), *map_span);
            return None;
        }
        let entries = Rc::clone(entries);
        let mut result = default;
        // From the last entry to the first, so that the first of equal keys wins, as in `match`.
        for (key, value) in entries.iter().rev() {
            let key = (self.value(key, *map_span)?, *map_span);
            let value = (self.value(value, *map_span)?, *map_span);
            let fits = self.built(
                |builder| builder.compare(Comparison::Equal, x.0, key.0),
                name,
                &[x, key],
                span,
            )?;
            let chosen = self.built(
                |builder| builder.if_else(fits, value.0, result.0),
                name,
                &[value, result],
                span,
            )?;
            result = (chosen, span);
        }
        Some(result.0)
    }

    /// The point above `x` on the lines between points; level beyond the outermost.
    fn interp(
        &mut self,
        name: &str,
        x: Spanned,
        places: &[Expression],
        heights: &[f64],
        span: Span,
    ) -> Option<Expression> {
        let constant = |value: Option<&Value>| match value {
            Some(Value::Integer(number)) => *number as f64,
            Some(Value::F64(number)) => *number,
            _ => f64::NAN,
        };
        let xs: Vec<f64> = (places.iter())
            .map(|place| constant(self.builder.constant(*place)))
            .collect();
        // Before the first place and from the last on the line is level.
        let count = xs.len();
        let mut slopes = vec![0.0];
        slopes.extend((1..count).map(|i| (heights[i] - heights[i - 1]) / (xs[i] - xs[i - 1])));
        slopes.push(0.0);
        let from = |values: &[f64]| {
            let mut all = vec![values[0]];
            all.extend(values);
            all
        };
        let (starts, bases) = (from(&xs), from(heights));
        self.built(
            |builder| {
                let mut literals = |values: &[f64]| -> Vec<Expression> {
                    let literal = |value: &f64| builder.literal(Value::F64(*value));
                    values.iter().map(literal).collect()
                };
                let (starts, bases) = (literals(&starts), literals(&bases));
                let (slopes, ends) = (literals(&slopes), [xs[0], xs[count - 1]]);
                let ends = literals(&ends);
                let inside = builder.clip(x.0, ends[0], ends[1])?;
                let start = tree(builder, inside, places, &starts, false)?;
                let base = tree(builder, inside, places, &bases, false)?;
                let slope = tree(builder, inside, places, &slopes, false)?;
                let distance = builder.binary(BinaryOperator::Sub, inside, start)?;
                let rise = builder.binary(BinaryOperator::Mul, slope, distance)?;
                builder.binary(BinaryOperator::Add, rise, base)
            },
            name,
            &[x],
            span,
        )
    }
}

/// The value of the bin that `x` is in, by halves: `values` has one more than `edges`.
pub(super) fn tree(
    builder: &mut GraphBuilder,
    x: Expression,
    edges: &[Expression],
    values: &[Expression],
    right: bool,
) -> Result<Expression, BuildError> {
    let mut layer: Vec<Expression> = values.to_vec();
    let mut between: Vec<Expression> = edges.to_vec();
    let comparison = if right {
        Comparison::LessOrEqual
    } else {
        Comparison::Less
    };
    // Neighbours meet at the edge between them until one value is left.
    while layer.len() > 1 {
        let mut next = Vec::with_capacity(layer.len().div_ceil(2));
        for (position, pair) in layer.chunks(2).enumerate() {
            next.push(match *pair {
                [low, high] => {
                    let below = builder.compare(comparison, x, between[2 * position])?;
                    builder.if_else(below, low, high)?
                }
                _ => pair[0],
            });
        }
        between = between.into_iter().skip(1).step_by(2).collect();
        layer = next;
    }
    Ok(layer[0])
}
