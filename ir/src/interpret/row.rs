//! Row-local ops on cells: what nulls and errors do to each, and the values through
//! [`crate::meaning`].

use std::sync::Arc;

use smallvec::SmallVec;

use crate::interpret::cell::Cell;
use crate::interpret::decimals;
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::text;
use crate::interpret::time;
use crate::meaning::math::{apply1, apply2, narrow};
use crate::meaning::{OutOfRange, arithmetic, bits, cast, compare, hash};
use crate::op::{CastMode, Math, Op, Overflow, TimeFunction};
use crate::types::{ScalarType, Type};
use crate::typing::cast_may_fail;
use crate::value::Value;

/// Whether an op's result in a row depends on that row of its arguments and nothing else.
pub fn is_row_local(op: &Op) -> bool {
    match op {
        Op::Add(_)
        | Op::Sub(_)
        | Op::Mul(_)
        | Op::Div
        | Op::FloorDiv
        | Op::Rem
        | Op::Neg(_)
        | Op::Compare(_)
        | Op::And
        | Op::Or
        | Op::Not
        | Op::IsNull
        | Op::OneOf(_)
        | Op::IfElse
        | Op::Coalesce
        | Op::Cast(..)
        | Op::Round(_)
        | Op::Math(_)
        | Op::Text(_)
        | Op::Bits(_)
        | Op::Hash
        | Op::Time(_)
        | Op::Minimum
        | Op::Maximum => true,
        Op::Literal(_)
        | Op::Node(_)
        | Op::Input(_)
        | Op::Param(_)
        | Op::Broadcast(_)
        | Op::Extern(_)
        | Op::RowNumber(_)
        | Op::Lookup { .. }
        | Op::Find(_)
        | Op::Gather
        | Op::Take
        | Op::Stack
        | Op::Joined
        | Op::Reduce { .. }
        | Op::Key(_)
        | Op::Window(_) => false,
    }
}

/// Whether a row-local op may give an error of its own in some row, its first argument being of this type.
/// That it gives none is certain; that it gives one is not.
///
/// # Panics
/// If the op is not row-local.
pub fn may_raise(op: &Op, from: ScalarType) -> bool {
    match op {
        Op::And
        | Op::Or
        | Op::Not
        | Op::IsNull
        | Op::IfElse
        | Op::Coalesce
        | Op::Hash
        | Op::Compare(_)
        | Op::OneOf(_)
        | Op::Minimum
        | Op::Maximum
        | Op::Rem
        | Op::Bits(_)
        | Op::Time(TimeFunction::Part(_)) => false,
        Op::Add(overflow) | Op::Sub(overflow) | Op::Mul(overflow) | Op::Neg(overflow) => {
            *overflow == Overflow::Raise && !from.is_float()
        }
        Op::Div | Op::FloorDiv => !from.is_float(),
        Op::Math(math) => *math != Math::Sign && !from.is_float(),
        Op::Cast(to, mode) => {
            *mode == CastMode::Raise && cast_may_fail(from, *to, *mode) != Some(false)
        }
        Op::Round(_) | Op::Text(_) | Op::Time(_) => true,
        Op::Literal(_)
        | Op::Node(_)
        | Op::Input(_)
        | Op::Param(_)
        | Op::Broadcast(_)
        | Op::Extern(_)
        | Op::RowNumber(_)
        | Op::Lookup { .. }
        | Op::Find(_)
        | Op::Gather
        | Op::Take
        | Op::Stack
        | Op::Joined
        | Op::Reduce { .. }
        | Op::Key(_)
        | Op::Window(_) => panic!("{op} is not row-local"),
    }
}

/// What an op gave in a row: a cell, or an error of its own.
pub(crate) type Outcome = Result<Cell, RowErrorKind>;

/// The result of a row-local op over the cells of one row. `from` has the types of the first two
/// arguments (of one that of it, twice), `to` is that of the result.
///
/// # Panics
/// If the op is not row-local or does not take such cells, which verified columns rule out.
pub(crate) fn row_local(
    op: &Op,
    from: [ScalarType; 2],
    to: ScalarType,
    cells: &[&Cell],
) -> Outcome {
    match op {
        Op::And => Ok(three_valued(cells[0], cells[1], false)),
        Op::Or => Ok(three_valued(cells[0], cells[1], true)),
        Op::IfElse => Ok(match cells[0] {
            Cell::Error(_) => cells[0].clone(),
            Cell::Value(Value::Bool(true)) => cells[1].clone(),
            Cell::Value(_) => cells[2].clone(),
        }),
        Op::Coalesce => Ok(match cells[0] {
            Cell::Value(Value::Null) => cells[1].clone(),
            Cell::Value(_) | Cell::Error(_) => cells[0].clone(),
        }),
        Op::Hash => Ok(match (cells[0], cells[1]) {
            (Cell::Value(value), Cell::Value(Value::Integer(state))) => {
                let hash = hash::value(*state as u64, value, from[0]);
                Cell::Value(Value::Integer(i128::from(hash)))
            }
            _ => first_of(cells.iter().copied()).map_or(Cell::NULL, Cell::Error),
        }),
        Op::IsNull => Ok(match cells[0] {
            Cell::Value(value) => Cell::Value(Value::Bool(value.is_null())),
            Cell::Error(_) => cells[0].clone(),
        }),
        Op::Add(_)
        | Op::Sub(_)
        | Op::Mul(_)
        | Op::Div
        | Op::FloorDiv
        | Op::Rem
        | Op::Neg(_)
        | Op::Compare(_)
        | Op::OneOf(_)
        | Op::Not
        | Op::Cast(..)
        | Op::Round(_)
        | Op::Math(_)
        | Op::Bits(_)
        | Op::Time(_)
        | Op::Minimum
        | Op::Maximum => match strict(cells) {
            Ok(values) => apply(op, from, to, &values[..cells.len()]).map(Cell::Value),
            Err(cell) => Ok(cell),
        },
        Op::Text(function) => text::once(*function, cells),
        Op::Literal(_)
        | Op::Node(_)
        | Op::Input(_)
        | Op::Param(_)
        | Op::Broadcast(_)
        | Op::Extern(_)
        | Op::RowNumber(_)
        | Op::Lookup { .. }
        | Op::Find(_)
        | Op::Gather
        | Op::Take
        | Op::Stack
        | Op::Joined
        | Op::Reduce { .. }
        | Op::Key(_)
        | Op::Window(_) => panic!("{op} is not row-local"),
    }
}

/// The values of one or two cells; or the error among them, which wins over null, or null.
fn strict<'a>(cells: &[&'a Cell]) -> Result<[&'a Value; 2], Cell> {
    match cells {
        [Cell::Value(a)] if !a.is_null() => Ok([a, a]),
        [Cell::Value(a), Cell::Value(b)] if !a.is_null() && !b.is_null() => Ok([a, b]),
        _ => Err(first_of(cells.iter().copied()).map_or(Cell::NULL, Cell::Error)),
    }
}

/// The error among the cells that comes first in canonical order.
pub(crate) fn first_of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<Arc<RowError>> {
    cells
        .filter_map(Cell::error)
        .min_by_key(|error| error.order())
        .cloned()
}

/// `and` (decided by false) and `or` (decided by true): `b` counts only where `a` did not decide.
fn three_valued(a: &Cell, b: &Cell, decisive: bool) -> Cell {
    let decided = |cell: &Cell| *cell == Cell::Value(Value::Bool(decisive));
    let null = |cell: &Cell| *cell == Cell::NULL;
    if a.error().is_some() || decided(a) {
        a.clone()
    } else if b.error().is_some() || decided(b) {
        b.clone()
    } else if null(a) || null(b) {
        Cell::NULL
    } else {
        a.clone()
    }
}

/// The value of an op over values that are not null.
fn apply(
    op: &Op,
    types: [ScalarType; 2],
    to: ScalarType,
    values: &[&Value],
) -> Result<Value, RowErrorKind> {
    let bool_of = |value| Ok(Value::Bool(value));
    if types[0].is_decimal()
        && let Some(result) = decimals::apply(op, types, to, values)
    {
        return result;
    }
    let from = types[0];
    match op {
        Op::Add(mode) => numbers(
            op,
            to,
            values,
            |a, b| arithmetic::add(a, b, to, *mode),
            |a, b| a + b,
            |a, b| a + b,
        ),
        Op::Sub(mode) => numbers(
            op,
            to,
            values,
            |a, b| arithmetic::subtract(a, b, to, *mode),
            |a, b| a - b,
            |a, b| a - b,
        ),
        Op::Mul(mode) => numbers(
            op,
            to,
            values,
            |a, b| arithmetic::multiply(a, b, to, *mode),
            |a, b| a * b,
            |a, b| a * b,
        ),
        Op::FloorDiv => numbers(
            op,
            to,
            values,
            |a, b| arithmetic::floor_divide(a, b, to),
            arithmetic::floor_divide_f32,
            arithmetic::floor_divide_f64,
        ),
        Op::Rem => numbers(
            op,
            to,
            values,
            |a, b| Ok(arithmetic::remainder(a, b)),
            arithmetic::remainder_f32,
            arithmetic::remainder_f64,
        ),
        Op::Div => match values {
            [Value::F32(a), Value::F32(b)] => Ok(Value::F32(a / b)),
            [Value::F64(a), Value::F64(b)] => Ok(Value::F64(a / b)),
            _ => ill_typed(op),
        },
        Op::Neg(mode) => match values {
            [Value::Integer(a)] => in_range(to, arithmetic::negate(*a, to, *mode)),
            [Value::F32(a)] => Ok(Value::F32(-a)),
            [Value::F64(a)] => Ok(Value::F64(-a)),
            _ => ill_typed(op),
        },
        Op::Not => match values {
            [Value::Bool(a)] => bool_of(!a),
            _ => ill_typed(op),
        },
        Op::Compare(comparison) => bool_of(compare::compare(*comparison, values[0], values[1])),
        Op::Minimum => Ok(compare::minimum(values[0], values[1]).clone()),
        Op::Maximum => Ok(compare::maximum(values[0], values[1]).clone()),
        Op::Cast(target, mode) => match cast::cast(values[0], from, *target, *mode) {
            Some(result) => result.map_err(|_| RowErrorKind::CastOutOfRange { to: *target }),
            None => ill_typed(op),
        },
        Op::Bits(function) => match values {
            [Value::Integer(a)] => Ok(Value::Integer(bits::apply(*function, *a, 0, from))),
            [Value::Integer(a), Value::Integer(b)] => {
                Ok(Value::Integer(bits::apply(*function, *a, *b, from)))
            }
            _ => ill_typed(op),
        },
        Op::Math(math) => match (math, values) {
            (Math::Abs, [Value::Integer(a)]) => {
                in_range(to, arithmetic::absolute(*a, to).map(Some))
            }
            (Math::Sign, [Value::Integer(a)]) => Ok(Value::Integer(a.signum())),
            (math, [Value::F32(a)]) => Ok(Value::F32(narrow(apply1(*math, f64::from(*a))))),
            (math, [Value::F64(a)]) => Ok(Value::F64(apply1(*math, *a))),
            (math, [Value::F32(a), Value::F32(b)]) => Ok(Value::F32(narrow(apply2(
                *math,
                f64::from(*a),
                f64::from(*b),
            )))),
            (math, [Value::F64(a), Value::F64(b)]) => Ok(Value::F64(apply2(*math, *a, *b))),
            _ => ill_typed(op),
        },
        Op::OneOf(members) => Ok(match members.contains(values[0]) {
            true => Value::Bool(true),
            false if members.has_null() => Value::Null,
            false => Value::Bool(false),
        }),
        Op::Time(function) => time::apply(op, *function, from, to, values),
        Op::Round(_) => ill_typed(op),
        Op::And
        | Op::Or
        | Op::IfElse
        | Op::Coalesce
        | Op::IsNull
        | Op::Hash
        | Op::Text(_)
        | Op::Literal(_)
        | Op::Node(_)
        | Op::Input(_)
        | Op::Param(_)
        | Op::Broadcast(_)
        | Op::Extern(_)
        | Op::RowNumber(_)
        | Op::Lookup { .. }
        | Op::Find(_)
        | Op::Gather
        | Op::Take
        | Op::Stack
        | Op::Joined
        | Op::Reduce { .. }
        | Op::Key(_)
        | Op::Window(_) => panic!("{op} looks at more than values"),
    }
}

/// One of three functions, by the kind of number.
fn numbers(
    op: &Op,
    to: ScalarType,
    values: &[&Value],
    integers: impl Fn(i128, i128) -> Result<Option<i128>, OutOfRange>,
    singles: impl Fn(f32, f32) -> f32,
    doubles: impl Fn(f64, f64) -> f64,
) -> Result<Value, RowErrorKind> {
    match values {
        [Value::Integer(a), Value::Integer(b)] => in_range(to, integers(*a, *b)),
        [Value::F32(a), Value::F32(b)] => Ok(Value::F32(singles(*a, *b))),
        [Value::F64(a), Value::F64(b)] => Ok(Value::F64(doubles(*a, *b))),
        _ => ill_typed(op),
    }
}

/// An integer result as a value (nothing is null) or as the error of its row.
pub(super) fn in_range(
    to: ScalarType,
    result: Result<Option<i128>, OutOfRange>,
) -> Result<Value, RowErrorKind> {
    match result {
        Ok(Some(value)) => Ok(Value::Integer(value)),
        Ok(None) => Ok(Value::Null),
        Err(OutOfRange { exact }) => Err(RowErrorKind::Overflow { exact, to }),
    }
}

pub(super) fn ill_typed(op: &Op) -> ! {
    panic!("{op} over values it does not take: the columns were not verified")
}

/// The longest text, in bytes, that is computed before the run.
const MAX_FOLDED: usize = 1 << 16;

/// The result of a row-local op over constants, of these types; `None` if it would raise, if it is a
/// very long text, or if the op is not row-local.
///
/// # Panics
/// If the op does not take such values.
pub fn fold(op: &Op, args: &[Value], types: &[Type], to: Type) -> Option<Value> {
    if !is_row_local(op) {
        return None;
    }
    let cells: SmallVec<[Cell; 3]> = args.iter().cloned().map(Cell::Value).collect();
    let cells: SmallVec<[&Cell; 3]> = cells.iter().collect();
    let first = types.first()?.scalar;
    let from = [first, types.get(1).map_or(first, |ty| ty.scalar)];
    match row_local(op, from, to.scalar, &cells) {
        Ok(Cell::Value(Value::Str(text))) if text.len() > MAX_FOLDED => None,
        Ok(Cell::Value(value)) => Some(value),
        Ok(Cell::Error(_)) | Err(_) => None,
    }
}
