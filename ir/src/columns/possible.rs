//! What the values of a column can be in some rows, told from bounds of the columns it is made of.
//!
//! [`Possible`] is a set that holds every value that may come about, and perhaps others. Each operation
//! that predicates are made of says here what it can give; of any other, anything is possible. What
//! nulls, NaN and errors do is as in [`crate::interpret`].

use crate::interpret::{fold, is_row_local, may_raise};
use crate::meaning::compare::{maximum, minimum, order};
use crate::op::{CastMode, Comparison, Members, Op, TimeFunction, TimePart};
use crate::types::{ScalarType, Type};
use crate::value::Value;

/// What the values of a column can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Possible {
    /// Whether null is possible.
    pub null: bool,
    /// Whether NaN is possible.
    pub nan: bool,
    /// Whether a row may be an error.
    pub error: bool,
    /// The other values.
    pub values: Values,
}

/// Values that are neither null nor NaN.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// None at all.
    None,
    /// None below the first nor above the second, which are no NaN. Of floats a bound of zero stands for
    /// both zeros, unless both bounds are the same bits: then it is that value.
    Between(Value, Value),
    /// Any.
    Any,
}

/// The truth values that a bool column can have.
#[derive(Clone, Copy, Default)]
struct Truth {
    yes: bool,
    no: bool,
    null: bool,
    error: bool,
}

impl Possible {
    /// Anything of a type; not an error.
    pub fn any(ty: Type) -> Possible {
        Possible {
            null: ty.nullable,
            nan: ty.scalar.is_float(),
            error: false,
            values: Values::Any,
        }
    }

    /// One value.
    pub fn value(value: &Value) -> Possible {
        let is_nan = match value {
            Value::F32(value) => value.is_nan(),
            Value::F64(value) => value.is_nan(),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Str(_) => false,
        };
        Possible {
            null: value.is_null(),
            nan: is_nan,
            error: false,
            values: if is_nan || value.is_null() {
                Values::None
            } else {
                Values::Between(value.clone(), value.clone())
            },
        }
    }

    /// Whether a row of a bool column may be true.
    pub fn may_be_true(&self) -> bool {
        self.truth().yes
    }

    /// The one value that is possible, if there is only one and no error.
    fn constant(&self) -> Option<Value> {
        match &self.values {
            _ if self.error || self.nan => None,
            Values::None => self.null.then_some(Value::Null),
            Values::Between(low, high) => (!self.null && low == high).then(|| low.clone()),
            Values::Any => None,
        }
    }

    fn truth(&self) -> Truth {
        let (yes, no) = match &self.values {
            Values::None => (false, false),
            Values::Between(low, high) => (*high == Value::Bool(true), *low == Value::Bool(false)),
            Values::Any => (true, true),
        };
        Truth {
            yes,
            no,
            null: self.null,
            error: self.error,
        }
    }

    /// Whatever one of two can be.
    fn or(self, other: &Possible) -> Possible {
        let values = match (self.values, &other.values) {
            (Values::None, values) => values.clone(),
            (values, Values::None) => values,
            (Values::Any, _) | (_, Values::Any) => Values::Any,
            (Values::Between(low, high), Values::Between(other_low, other_high)) => {
                // By the order that tells zeros apart.
                Values::Between(
                    minimum(&low, other_low).clone(),
                    maximum(&high, other_high).clone(),
                )
            }
        };
        Possible {
            null: self.null || other.null,
            nan: self.nan || other.nan,
            error: self.error || other.error,
            values,
        }
    }

    /// What an op gives over arguments of these types, of which these values are possible.
    pub(super) fn of(op: &Op, args: &[&Possible], types: &[Type], ty: Type) -> Possible {
        if is_row_local(op)
            && let Some(constants) = args
                .iter()
                .map(|arg| arg.constant())
                .collect::<Option<Vec<_>>>()
            && let Some(value) = fold(op, &constants, types, ty)
        {
            return Possible::value(&value);
        }
        match (op, args) {
            (Op::Literal(value), _) => Possible::value(value),
            (Op::Broadcast(_), [of]) => Possible::clone(of),
            (Op::And, [a, b]) => a.truth().and(b.truth()).into(),
            (Op::Or, [a, b]) => a.truth().not().and(b.truth().not()).not().into(),
            (Op::Not, [a]) => a.truth().not().into(),
            (Op::IsNull, [a]) => {
                let truth = Truth {
                    yes: a.null,
                    no: a.nan || a.values != Values::None,
                    null: false,
                    error: a.error,
                };
                truth.into()
            }
            (Op::IfElse, [condition, then, otherwise]) => {
                let condition = condition.truth();
                let mut result = Possible {
                    error: condition.error,
                    ..Possible::NOTHING
                };
                if condition.yes {
                    result = result.or(then);
                }
                if condition.no || condition.null {
                    result = result.or(otherwise);
                }
                result
            }
            (Op::Coalesce, [a, b]) => {
                let first = Possible {
                    null: false,
                    ..Possible::clone(a)
                };
                if a.null { first.or(b) } else { first }
            }
            (Op::Compare(comparison), [a, b]) => compare(*comparison, a, b, types),
            (Op::OneOf(members), [a]) => one_of(members, a),
            (Op::Cast(target, mode), [a]) if keeps_order(types, *target, *mode) => {
                monotone(op, a, types, ty)
            }
            (
                Op::Time(
                    TimeFunction::Part(TimePart::Year)
                    | TimeFunction::Truncate(_)
                    | TimeFunction::WallClock,
                ),
                [a],
            ) if is_plain_time(types) => monotone(op, a, types, ty),
            _ => Possible {
                error: has_errors(op, types) || args.iter().any(|arg| arg.error),
                ..Possible::any(ty)
            },
        }
    }

    /// No value at all.
    const NOTHING: Possible = Possible {
        null: false,
        nan: false,
        error: false,
        values: Values::None,
    };
}

impl Truth {
    fn not(self) -> Truth {
        Truth {
            yes: self.no,
            no: self.yes,
            ..self
        }
    }

    /// Three-valued; where the first is false, the second is not evaluated.
    fn and(self, other: Truth) -> Truth {
        let goes_on = self.yes || self.null;
        Truth {
            yes: self.yes && other.yes,
            no: self.no || goes_on && other.no,
            null: self.null && (other.yes || other.null) || self.yes && other.null,
            error: self.error || goes_on && other.error,
        }
    }
}

impl From<Truth> for Possible {
    fn from(truth: Truth) -> Possible {
        Possible {
            null: truth.null,
            nan: false,
            error: truth.error,
            values: if truth.yes || truth.no {
                Values::Between(Value::Bool(!truth.no), Value::Bool(truth.yes))
            } else {
                Values::None
            },
        }
    }
}

/// What a comparison can give.
fn compare(comparison: Comparison, a: &Possible, b: &Possible, types: &[Type]) -> Possible {
    let null = a.null || b.null;
    let error = a.error || b.error;
    let nan = a.nan || b.nan;
    let is_empty = |of: &Possible| of.values == Values::None && !of.nan;
    let (yes, no) = match (&a.values, &b.values) {
        _ if is_empty(a) || is_empty(b) => (false, false),
        (Values::Between(a_low, a_high), Values::Between(b_low, b_high)) => {
            // What can't be compared before the run may be anything.
            let holds = |comparison, a: &Value, b: &Value| {
                let args = [a.clone(), b.clone()];
                let bool_type = ScalarType::Bool.required();
                fold(&Op::Compare(comparison), &args, types, bool_type) != Some(Value::Bool(false))
            };
            use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
            let meet = || holds(LessOrEqual, a_low, b_high) && holds(LessOrEqual, b_low, a_high);
            let differ = || holds(NotEqual, a_low, b_high) || holds(NotEqual, a_high, b_low);
            match comparison {
                Equal => (meet(), differ()),
                NotEqual => (differ(), meet()),
                Less => (
                    holds(Less, a_low, b_high),
                    holds(GreaterOrEqual, a_high, b_low),
                ),
                LessOrEqual => (
                    holds(LessOrEqual, a_low, b_high),
                    holds(Greater, a_high, b_low),
                ),
                Greater => (
                    holds(Greater, a_high, b_low),
                    holds(LessOrEqual, a_low, b_high),
                ),
                GreaterOrEqual => (
                    holds(GreaterOrEqual, a_high, b_low),
                    holds(Less, a_low, b_high),
                ),
            }
        }
        // One side is nothing but NaN.
        (Values::None, _) | (_, Values::None) => (false, false),
        (Values::Any, _) | (_, Values::Any) => (true, true),
    };
    // NaN is unequal to everything, and neither below nor above anything.
    let of_nan = comparison == Comparison::NotEqual;
    let truth = Truth {
        yes: yes || nan && of_nan,
        no: no || nan && !of_nan,
        null,
        error,
    };
    truth.into()
}

/// What a look among constants can give.
fn one_of(members: &Members, a: &Possible) -> Possible {
    let yes = match &a.values {
        Values::None => false,
        Values::Any => true,
        Values::Between(low, high) => members.values().iter().any(|member| {
            order(low, member).is_none_or(|order| order.is_le())
                && order(member, high).is_none_or(|order| order.is_le())
        }),
    };
    let truth = Truth {
        yes,
        no: a.nan || a.values != Values::None,
        null: a.null || members.has_null(),
        error: a.error,
    };
    truth.into()
}

/// Whether a cast of an argument of these types never puts a lesser value above a greater one.
fn keeps_order(types: &[Type], target: ScalarType, mode: CastMode) -> bool {
    let Some(from) = types.first() else {
        return false;
    };
    mode != CastMode::Wrap
        && match (from.scalar, target) {
            (
                ScalarType::Timestamp(..) | ScalarType::Date,
                ScalarType::Timestamp(..) | ScalarType::Date,
            )
            | (ScalarType::Duration(_), ScalarType::Duration(_)) => true,
            (from, to) => from.is_number() && to.is_number(),
        }
}

/// Whether an argument is a date, or a time whose wall clock never goes back.
fn is_plain_time(types: &[Type]) -> bool {
    types.first().is_some_and(|ty| match ty.scalar {
        ScalarType::Date | ScalarType::Timestamp(_, None) => true,
        ScalarType::Timestamp(_, Some(zone)) => zone.is_utc(),
        _ => false,
    })
}

/// What an op gives that keeps order, and that raises between two values only if it raises at one.
fn monotone(op: &Op, a: &Possible, types: &[Type], ty: Type) -> Possible {
    let at = |value: &Value| fold(op, std::slice::from_ref(value), types, ty);
    let anything = || Possible {
        error: true,
        ..Possible::any(ty)
    };
    let values = match &a.values {
        Values::None => Values::None,
        Values::Any => return anything(),
        Values::Between(low, high) => match (at(low), at(high)) {
            (Some(low), Some(high)) if order(&low, &high).is_some_and(|order| order.is_le()) => {
                Values::Between(low, high)
            }
            _ => return anything(),
        },
    };
    // NaN is no integer: an error or null.
    let of_nan = a.nan && !ty.scalar.is_float();
    Possible {
        null: a.null || of_nan,
        nan: a.nan && ty.scalar.is_float(),
        error: a.error || of_nan,
        values,
    }
}

/// Whether an op may give an error of its own. What is made of other rows may be one of theirs.
fn has_errors(op: &Op, types: &[Type]) -> bool {
    match (op, types) {
        (Op::Literal(_) | Op::Input(_) | Op::Broadcast(_) | Op::RowNumber(_), _) => false,
        (op, [first, ..]) if is_row_local(op) => may_raise(op, first.scalar),
        _ => true,
    }
}
