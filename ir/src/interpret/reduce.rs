//! Reductions: of all rows of a column, or of the rows of each group.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::id::ColumnId;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::evaluate::{Interpreter, Raised};
use crate::interpret::row::first_of;
use crate::interpret::tables::Groups;
use crate::meaning::arithmetic::fits;
use crate::meaning::compare::total_order;
use crate::meaning::decimal::places;
use crate::meaning::key::canonical;
use crate::meaning::quantile::{self, Place};
use crate::meaning::sketch::{self, Sketch};
use crate::meaning::sums::{
    CoMoments, DecimalSum, ExactSum, IntegerMoments, IntegerProduct, IntegerSum, Moments,
    PowerSums, WeightedSum, parts, product,
};
use crate::op::{Interpolation, Reduction};
use crate::types::ScalarType;
use crate::value::Value;

/// The state of one reduction over the rows seen.
#[derive(Clone)]
pub(super) enum State {
    Count(u64),
    Float {
        sum: ExactSum,
        count: u64,
    },
    Integer {
        sum: IntegerSum,
        count: u64,
    },
    Decimal {
        sum: DecimalSum,
        count: u64,
        places: u8,
    },
    Product(IntegerProduct),
    FloatMoments(Box<Moments>),
    IntegerMoments(Box<IntegerMoments>),
    Powers(Box<PowerSums>),
    Pairs(Box<CoMoments>),
    Weighted(Box<WeightedSum>),
    /// The value that wins so far, and the order in which another would replace it.
    Best(Option<Value>, Ordering),
    /// The value of the row that wins so far, and what decides between rows.
    Picked(Option<Picked>, Rule),
    /// All values.
    Values(Vec<Value>),
    /// Each distinct value, and how often it was seen.
    Tally(HashMap<Value, u64>),
    Sketch(Sketch),
    /// Whether some value decided, and what decides (true for any, false for all).
    Decided {
        seen: bool,
        decided: bool,
        by: bool,
    },
}

/// A row's value, and what its row goes by.
#[derive(Clone)]
pub(super) struct Picked {
    value: Value,
    by: Value,
}

/// Which row's value is wanted. Rows come in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    First,
    Last,
    /// The first row whose second value compares so to all before.
    Extreme(Ordering),
}

impl State {
    pub(super) fn new(reduction: Reduction, value: Option<ScalarType>) -> State {
        let float = value.is_some_and(ScalarType::is_float);
        match reduction {
            Reduction::Sum | Reduction::Mean if float => State::Float {
                sum: ExactSum::new(),
                count: 0,
            },
            Reduction::Sum | Reduction::Mean if value.is_some_and(ScalarType::is_decimal) => {
                State::Decimal {
                    sum: DecimalSum::new(),
                    count: 0,
                    places: value.map_or(0, places),
                }
            }
            Reduction::Sum | Reduction::Mean => State::Integer {
                sum: IntegerSum::new(),
                count: 0,
            },
            Reduction::Product if float => State::Values(Vec::new()),
            Reduction::Product => State::Product(IntegerProduct::new()),
            Reduction::Var { .. } | Reduction::Std { .. } if float => {
                State::FloatMoments(Box::new(Moments::new()))
            }
            Reduction::Var { .. } | Reduction::Std { .. } => {
                State::IntegerMoments(Box::new(IntegerMoments::new()))
            }
            Reduction::Skew { .. } | Reduction::Kurtosis { .. } => {
                State::Powers(Box::new(PowerSums::new()))
            }
            Reduction::Cov { .. } | Reduction::Corr => State::Pairs(Box::new(CoMoments::new())),
            Reduction::WeightedMean => State::Weighted(Box::new(WeightedSum::new())),
            Reduction::Min => State::Best(None, Ordering::Less),
            Reduction::Max => State::Best(None, Ordering::Greater),
            Reduction::First { .. } => State::Picked(None, Rule::First),
            Reduction::Last { .. } => State::Picked(None, Rule::Last),
            Reduction::AtMax => State::Picked(None, Rule::Extreme(Ordering::Greater)),
            Reduction::AtMin => State::Picked(None, Rule::Extreme(Ordering::Less)),
            Reduction::Quantile { .. } => State::Values(Vec::new()),
            Reduction::NUnique | Reduction::Mode => State::Tally(HashMap::new()),
            Reduction::ApproxNUnique => State::Sketch(Sketch::new()),
            Reduction::Count | Reduction::Len => State::Count(0),
            Reduction::Any => State::decided_by(true),
            Reduction::All => State::decided_by(false),
        }
    }

    fn decided_by(by: bool) -> State {
        State::Decided {
            seen: false,
            decided: false,
            by,
        }
    }

    /// Takes in a row that counts, by its values.
    pub(super) fn add(&mut self, values: &[&Value]) {
        let value = values.first().copied().unwrap_or(&Value::Null);
        let second = values.get(1).copied().unwrap_or(&Value::Null);
        match self {
            State::Count(count) => *count += 1,
            State::Float { sum, count } => {
                sum.add(float(value));
                *count += 1;
            }
            State::Integer { sum, count } => {
                sum.add(integer(value));
                *count += 1;
            }
            State::Decimal { sum, count, .. } => {
                sum.add(integer(value));
                *count += 1;
            }
            State::Product(product) => product.multiply(integer(value)),
            State::FloatMoments(moments) => moments.add(float(value)),
            State::IntegerMoments(moments) => moments.add(integer(value)),
            State::Powers(sums) => match value {
                Value::Integer(value) => sums.add_integer(*value),
                value => sums.add(float(value)),
            },
            State::Pairs(moments) => moments.add_parts(in_parts(value), in_parts(second)),
            State::Weighted(sum) => sum.add(in_parts(value), in_parts(second)),
            State::Best(best, wins) => {
                let better = best
                    .as_ref()
                    .is_none_or(|best| total_order(value, best) == *wins);
                if better {
                    *best = Some(value.clone());
                }
            }
            State::Picked(picked, rule) => {
                let better = match (&picked, *rule) {
                    (None, _) | (_, Rule::Last) => true,
                    (Some(_), Rule::First) => false,
                    (Some(picked), Rule::Extreme(wins)) => total_order(second, &picked.by) == wins,
                };
                if better {
                    *picked = Some(Picked {
                        value: value.clone(),
                        by: second.clone(),
                    });
                }
            }
            State::Values(values) => values.push(value.clone()),
            State::Tally(counts) => *counts.entry(canonical(value)).or_default() += 1,
            State::Sketch(sketch) => sketch.add(sketch::hash(value)),
            State::Decided { seen, decided, by } => {
                *seen = true;
                *decided |= *value == Value::Bool(*by);
            }
        }
    }

    /// The result, or the exact sum that does not fit.
    pub(super) fn finish(
        self,
        reduction: Reduction,
        to: ScalarType,
    ) -> Result<Value, RowErrorKind> {
        let nullable = |value: Option<f64>| value.map_or(Value::Null, Value::F64);
        Ok(match (self, reduction) {
            (State::Count(count), _) => Value::Integer(i128::from(count)),
            (State::Float { sum, count }, Reduction::Mean) => nullable(sum.mean(count)),
            (State::Float { sum, .. }, _) => Value::F64(sum.value()),
            (State::Integer { sum, count }, Reduction::Mean) => nullable(sum.mean(count)),
            (State::Integer { sum, .. }, _) => return deliver(sum.value(), to),
            (State::Decimal { sum, count, places }, Reduction::Mean) => {
                nullable(sum.mean(count, places))
            }
            (State::Decimal { sum, .. }, _) => return deliver_decimal(&sum, to),
            (State::Product(product), _) => {
                return match product.value() {
                    Some(exact) => deliver(exact, to),
                    None => Err(RowErrorKind::Overflow { exact: None, to }),
                };
            }
            (State::FloatMoments(moments), Reduction::Var { ddof }) => {
                nullable(moments.variance(u64::from(ddof)))
            }
            (State::FloatMoments(moments), Reduction::Std { ddof }) => {
                nullable(moments.standard_deviation(u64::from(ddof)))
            }
            (State::IntegerMoments(moments), Reduction::Var { ddof }) => {
                nullable(moments.variance(u64::from(ddof)))
            }
            (State::IntegerMoments(moments), Reduction::Std { ddof }) => {
                nullable(moments.standard_deviation(u64::from(ddof)))
            }
            (State::Powers(sums), Reduction::Skew { bias }) => nullable(sums.skewness(bias)),
            (State::Powers(sums), Reduction::Kurtosis { bias }) => nullable(sums.kurtosis(bias)),
            (State::Pairs(moments), Reduction::Cov { ddof }) => {
                nullable(moments.covariance(u64::from(ddof)))
            }
            (State::Pairs(moments), Reduction::Corr) => nullable(moments.correlation()),
            (
                State::FloatMoments(_)
                | State::IntegerMoments(_)
                | State::Powers(_)
                | State::Pairs(_),
                other,
            ) => {
                panic!("{} has no moments", other.name())
            }
            (State::Weighted(sum), _) => nullable(sum.mean()),
            (State::Best(best, _), _) => best.unwrap_or(Value::Null),
            (State::Picked(picked, _), _) => picked.map_or(Value::Null, |picked| picked.value),
            (State::Values(values), Reduction::Quantile { q, interpolation }) => {
                quantile_of(values, q.value(), interpolation)
            }
            (State::Values(values), _) => {
                let floats: Vec<f64> = values.iter().map(float).collect();
                Value::F64(product(&floats))
            }
            (State::Tally(counts), Reduction::Mode) => mode_of(counts),
            (State::Tally(counts), _) => Value::Integer(counts.len() as i128),
            (State::Sketch(sketch), _) => Value::Integer(sketch.estimate().into()),
            (State::Decided { seen: false, .. }, _) => Value::Null,
            (State::Decided { decided, by, .. }, _) => Value::Bool(decided == by),
        })
    }
}

fn quantile_of(mut values: Vec<Value>, q: f64, interpolation: Interpolation) -> Value {
    if values.is_empty() {
        return Value::Null;
    }
    values.sort_by(total_order);
    let at = |position: u64| &values[position as usize];
    match quantile::place(q, values.len() as u64, interpolation) {
        Place::At(position) if interpolation.is_element() => at(position).clone(),
        Place::At(position) => quantile::as_float(at(position)),
        Place::Between(below, fraction) => {
            quantile::interpolate(at(below), at(below + 1), fraction)
        }
    }
}

/// The value seen most often; of several the least.
fn mode_of(counts: HashMap<Value, u64>) -> Value {
    let most = counts
        .into_iter()
        .max_by(|(a, seen_a), (b, seen_b)| seen_a.cmp(seen_b).then_with(|| total_order(b, a)));
    most.map_or(Value::Null, |(value, _)| value)
}

/// A number as two f64 whose sum it is.
fn in_parts(value: &Value) -> (f64, f64) {
    match value {
        Value::Integer(value) => parts(*value),
        value => (float(value), 0.0),
    }
}

/// A float value, widened.
pub(super) fn float(value: &Value) -> f64 {
    match value {
        Value::F32(value) => f64::from(*value),
        Value::F64(value) => *value,
        other => panic!("{other} is no float"),
    }
}

/// An integer value.
pub(super) fn integer(value: &Value) -> i128 {
    match value {
        Value::Integer(value) => *value,
        other => panic!("{other} is no integer"),
    }
}

/// An integer sum as a value of its type, or the error that it does not fit.
pub(super) fn deliver(sum: i128, to: ScalarType) -> Result<Value, RowErrorKind> {
    if fits(sum, to) {
        Ok(Value::Integer(sum))
    } else {
        Err(RowErrorKind::Overflow {
            exact: Some(sum),
            to,
        })
    }
}

/// A sum of decimals as a value of its type, or the error that it does not fit.
pub(super) fn deliver_decimal(sum: &DecimalSum, to: ScalarType) -> Result<Value, RowErrorKind> {
    match sum.value() {
        Some(exact) => deliver(exact, to),
        None => Err(RowErrorKind::Overflow { exact: None, to }),
    }
}

/// Gives the values of each row that counts, until one holds an error.
fn add_rows(
    reduction: Reduction,
    arguments: &[&ColumnValues],
    rows: impl Iterator<Item = usize>,
    mut add: impl FnMut(usize, &[&Value]),
) -> Option<(usize, Arc<RowError>)> {
    let mut values: SmallVec<[&Value; 2]> = SmallVec::new();
    for row in rows {
        let cells = arguments.iter().map(|argument| argument.cell(row));
        if let Some(error) = first_of(cells.clone()) {
            return Some((row, error));
        }
        values.clear();
        values.extend(cells.filter_map(Cell::value));
        let counts = values
            .iter()
            .enumerate()
            .all(|(position, value)| !(value.is_null() && reduction.skips_null(position)));
        if counts {
            add(row, &values);
        }
    }
    None
}

/// A reduction of each group, or of all rows. `rows` counts the rows for a reduction without
/// arguments.
pub(super) fn reduce(
    interpreter: &mut Interpreter<'_>,
    id: ColumnId,
    reduction: Reduction,
    groups: Option<&Groups>,
    rows: usize,
) -> Result<Vec<Cell>, Raised> {
    let columns = interpreter.columns;
    let column = columns.column(id);
    let value_type = column.args.first().map(|value| columns.scalar_type(*value));
    let count = groups.map_or(1, |groups| groups.keys.len());
    let mut states: Vec<State> = (0..count)
        .map(|_| State::new(reduction, value_type))
        .collect();
    let group_of = |row: usize| groups.map_or(Some(0), |groups| groups.of_rows[row]);
    let failed = {
        let arguments = interpreter.arguments(&column.args)?;
        let rows = arguments
            .first()
            .map_or(rows, |values| values.cells().len());
        let rows = (0..rows).filter(|row| group_of(*row).is_some());
        add_rows(reduction, &arguments, rows, |row, values| {
            if let Some(group) = group_of(row) {
                states[group].add(values);
            }
        })
    };
    if let Some((row, error)) = failed {
        return Err(interpreter.raise(Some(row), &error));
    }
    let to = column.ty.scalar;
    let finished = states.into_iter().enumerate().map(|(group, state)| {
        let row = groups.map(|_| group);
        match state.finish(reduction, to) {
            Ok(value) => Cell::Value(value),
            Err(kind) => interpreter.failure(id, row, kind, Vec::new()),
        }
    });
    Ok(finished.collect())
}
