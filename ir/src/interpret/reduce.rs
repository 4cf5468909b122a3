//! Reductions: of all rows of a column, or of the rows of each group.

use std::cmp::Ordering;

use crate::id::ColumnId;
use crate::interpret::cell::Cell;
use crate::interpret::error::RowErrorKind;
use crate::interpret::evaluate::{Interpreter, Raised};
use crate::interpret::tables::Groups;
use crate::meaning::arithmetic::fits;
use crate::meaning::compare::total_order;
use crate::meaning::sums::{ExactSum, IntegerMoments, IntegerSum, Moments};
use crate::op::Reduction;
use crate::types::ScalarType;
use crate::value::Value;

/// The state of one reduction over the non-null values seen.
enum State {
    Count(u64),
    Float {
        sum: ExactSum,
        count: u64,
    },
    Integer {
        sum: IntegerSum,
        count: u64,
    },
    FloatMoments(Box<Moments>),
    IntegerMoments(Box<IntegerMoments>),
    /// The value that wins so far, and the order in which another would replace it.
    Best(Option<Value>, Ordering),
    /// Whether some value decided, and what decides (true for any, false for all).
    Decided {
        seen: bool,
        decided: bool,
        by: bool,
    },
}

impl State {
    fn new(reduction: Reduction, value: Option<ScalarType>) -> State {
        let float = value.is_some_and(ScalarType::is_float);
        match reduction {
            Reduction::Sum | Reduction::Mean if float => State::Float {
                sum: ExactSum::new(),
                count: 0,
            },
            Reduction::Sum | Reduction::Mean => State::Integer {
                sum: IntegerSum::new(),
                count: 0,
            },
            Reduction::Var { .. } | Reduction::Std { .. } if float => {
                State::FloatMoments(Box::new(Moments::new()))
            }
            Reduction::Var { .. } | Reduction::Std { .. } => {
                State::IntegerMoments(Box::new(IntegerMoments::new()))
            }
            Reduction::Min => State::Best(None, Ordering::Less),
            Reduction::Max => State::Best(None, Ordering::Greater),
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

    /// Takes in a value that is not null.
    fn add(&mut self, value: &Value) {
        match (self, value) {
            (State::Count(count), _) => *count += 1,
            (State::Float { sum, count }, value) => {
                sum.add(float(value));
                *count += 1;
            }
            (State::Integer { sum, count }, value) => {
                sum.add(integer(value));
                *count += 1;
            }
            (State::FloatMoments(moments), value) => moments.add(float(value)),
            (State::IntegerMoments(moments), value) => moments.add(integer(value)),
            (State::Best(best, wins), value) => {
                let better = best
                    .as_ref()
                    .is_none_or(|best| total_order(value, best) == *wins);
                if better {
                    *best = Some(value.clone());
                }
            }
            (State::Decided { seen, decided, by }, value) => {
                *seen = true;
                *decided |= *value == Value::Bool(*by);
            }
        }
    }

    /// The result, or the exact sum that does not fit.
    fn finish(self, reduction: Reduction, to: ScalarType) -> Result<Value, RowErrorKind> {
        let nullable = |value: Option<f64>| value.map_or(Value::Null, Value::F64);
        Ok(match (self, reduction) {
            (State::Count(count), _) => Value::Integer(i128::from(count)),
            (State::Float { sum, count }, Reduction::Mean) => nullable(sum.mean(count)),
            (State::Float { sum, .. }, _) => Value::F64(sum.value()),
            (State::Integer { sum, count }, Reduction::Mean) => nullable(sum.mean(count)),
            (State::Integer { sum, .. }, _) => return deliver(sum.value(), to),
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
            (State::FloatMoments(_) | State::IntegerMoments(_), other) => {
                panic!("{} has no moments", other.name())
            }
            (State::Best(best, _), _) => best.unwrap_or(Value::Null),
            (State::Decided { seen: false, .. }, _) => Value::Null,
            (State::Decided { decided, by, .. }, _) => Value::Bool(decided == by),
        })
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

/// A reduction of each group, or of all rows. `rows` counts the rows for a reduction without
/// argument.
pub(super) fn reduce(
    interpreter: &mut Interpreter<'_>,
    id: ColumnId,
    reduction: Reduction,
    groups: Option<&Groups>,
    rows: usize,
) -> Result<Vec<Cell>, Raised> {
    let columns = interpreter.columns;
    let column = columns.column(id);
    let argument = column.args.first().copied();
    let value_type = argument.map(|argument| columns.scalar_type(argument));
    let count = groups.map_or(1, |groups| groups.keys.len());
    let mut states: Vec<State> = (0..count)
        .map(|_| State::new(reduction, value_type))
        .collect();
    let group_of = |row: usize| groups.map_or(0, |groups| groups.of_rows[row]);
    match argument {
        None => {
            for row in 0..rows {
                states[group_of(row)].add(&Value::Null);
            }
        }
        Some(argument) => {
            let values = interpreter.values(argument)?;
            let mut failed = None;
            for (row, cell) in values.cells().iter().enumerate() {
                match cell {
                    Cell::Value(Value::Null) => {}
                    Cell::Value(value) => states[group_of(row)].add(value),
                    Cell::Error(error) => {
                        failed = Some((row, error.clone()));
                        break;
                    }
                }
            }
            if let Some((row, error)) = failed {
                return Err(interpreter.raise(Some(row), &error));
            }
        }
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
