//! What an expression is made of as it is written, which is not always what it holds: the
//! difference of two dates is one minus sign and three ops.

use crate::graph::Graph;
use crate::id::{ExprId, TableId};
use crate::op::{CastMode, Op, Overflow};
use crate::types::{Domain, ScalarType, TimeUnit};
use crate::value::Value;

/// How a part of an expression has to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// As any expression.
    Value,
    /// As the value of a reduction or window over keys, where `over` governs all that is inside.
    Governed,
    /// By a short name: a column of another table.
    Column,
}

/// The parts of an expression, in the order of the text.
pub(super) fn parts(graph: &Graph, id: ExprId) -> Vec<(ExprId, Role)> {
    let expression = &graph.expressions[id];
    let mut parts: Vec<(ExprId, Role)> = match &expression.op {
        // A key is a name.
        Op::Key(_) => return Vec::new(),
        Op::Mul(_) => match date_difference(graph, id) {
            Some((_, dates)) => dates.to_vec(),
            None => expression.args.clone(),
        },
        _ => expression.args.clone(),
    }
    .into_iter()
    .map(|part| (part, Role::Value))
    .collect();
    match &expression.op {
        Op::Take | Op::Stack => {
            for part in &mut parts {
                part.1 = Role::Column;
            }
        }
        Op::Gather => parts[1].1 = Role::Column,
        Op::Window(window) if !window.over.is_none() => {
            for part in &mut parts[..window.window.values()] {
                part.1 = Role::Governed;
            }
        }
        Op::Reduce { keys, .. } if *keys > 0 => {
            let values = parts.len() - *keys as usize;
            for part in &mut parts[..values] {
                part.1 = Role::Governed;
            }
        }
        op => {
            if let Some((_, conditions)) = op.conditions() {
                for part in &mut parts[..conditions] {
                    part.1 = Role::Column;
                }
            }
        }
    }
    parts
}

/// The dates whose difference this is: days as a multiple of a day.
pub(super) fn date_difference(graph: &Graph, id: ExprId) -> Option<(Overflow, [ExprId; 2])> {
    let expression = |id: ExprId| &graph.expressions[id];
    let (Op::Mul(Overflow::Raise), [day, days]) = (&expression(id).op, &expression(id).args[..])
    else {
        return None;
    };
    let is_day = expression(*day).op == Op::Literal(Value::Integer(86_400))
        && expression(*day).ty.scalar == ScalarType::Duration(TimeUnit::Second);
    let (Op::Cast(ScalarType::I64, CastMode::Raise), [days]) =
        (&expression(*days).op, &expression(*days).args[..])
    else {
        return None;
    };
    let (Op::Sub(mode), [left, right]) = (&expression(*days).op, &expression(*days).args[..])
    else {
        return None;
    };
    let are_dates = [left, right].map(|side| expression(*side).ty.scalar) == [ScalarType::Date; 2];
    (is_day && are_dates).then_some((*mode, [*left, *right]))
}

/// The group table whose groups a reduction fills, if it is one of a `group by` block.
pub(super) fn group_of(graph: &Graph, id: ExprId) -> Option<TableId> {
    let expression = &graph.expressions[id];
    match (&expression.op, expression.domain) {
        (Op::Reduce { keys: 0, .. }, Domain::Rows(group)) => Some(group),
        _ => None,
    }
}

/// Whether an expression is written as one short word wherever it is used.
pub(super) fn is_word(op: &Op) -> bool {
    matches!(
        op,
        Op::Literal(_)
            | Op::Node(_)
            | Op::Input(_)
            | Op::Param(_)
            | Op::Key(_)
            | Op::Take
            | Op::Stack
            | Op::Joined
    )
}

/// Whether the two sides of an expression meet in one type, so that a constant on one side needs
/// no type of its own; the positions of the sides.
pub(super) fn meeting_sides(graph: &Graph, id: ExprId) -> Option<[usize; 2]> {
    let expression = &graph.expressions[id];
    let sides = match &expression.op {
        Op::Add(_)
        | Op::Sub(_)
        | Op::Mul(_)
        | Op::Div
        | Op::FloorDiv
        | Op::Rem
        | Op::Compare(_)
        | Op::Coalesce
        | Op::Minimum
        | Op::Maximum => [0, 1],
        Op::Math(math) if math.arity() == 2 => [0, 1],
        Op::Bits(function) if function.arity() == 2 && !function.is_shift() => [0, 1],
        Op::IfElse => [1, 2],
        _ => return None,
    };
    let side = |position: usize| &graph.expressions[expression.args[sides[position]]];
    let times = match expression.op {
        // A length of time takes the unit of the time it is added to.
        Op::Add(_) | Op::Sub(_) => matches!(
            (side(0).ty.scalar, side(1).ty.scalar),
            (ScalarType::Timestamp(..), ScalarType::Duration(_))
        ),
        _ => false,
    };
    (times || side(0).ty.scalar == side(1).ty.scalar).then_some(sides)
}
