//! One row of an op over text that a scalar decides but for one column: what blocks evaluate row by
//! row and dictionaries value by value.

use foldhash::quality::RandomState;
use hashbrown::HashSet;
use icosian_ir::meaning::text::read;
use icosian_ir::meaning::text::show::show;
use icosian_ir::meaning::text::{Argument, Given, TextCall};
use icosian_ir::op::{CastMode, Comparison, Members, Op};
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;
use smallvec::SmallVec;

use crate::bytes::{bit, typed};
use crate::convert::param_bits;
use crate::execute::view::View;
use crate::text::Cell;

/// An op over text made ready for many rows.
#[derive(Debug)]
pub(crate) enum RowOp {
    /// A function of text.
    Call(TextCall),
    /// A comparison of two texts.
    Compare(Comparison),
    /// Whether text is among many.
    OneOf {
        members: HashSet<Box<str>, RandomState>,
        has_null: bool,
    },
    /// Text as a value of another type.
    Read(ScalarType, CastMode),
    /// A value of another type as text.
    Show(ScalarType),
}

/// What a row gave.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowResult<'a> {
    Null,
    /// The row is an error, which the interpreter words.
    Failed,
    /// Text that stands somewhere already.
    Text(&'a str),
    /// Text in the buffer lent.
    Made,
    /// The bits of a value in its lane.
    Word(u64),
}

/// The arguments of a row.
pub(crate) type Arguments<'a> = SmallVec<[Argument<'a>; 4]>;

/// So few texts are compared sooner than hashed.
const FEW_MEMBERS: usize = 6;

/// The texts among members.
fn texts(members: &Members) -> HashSet<Box<str>, RandomState> {
    let texts = members.values().iter().filter_map(|member| match member {
        Value::Str(text) => Some(Box::from(&**text)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::F32(_) | Value::F64(_) => None,
    });
    texts.collect()
}

impl RowOp {
    /// The op, if it is one that takes values alone; `scalar` gives the arguments that are one value
    /// for all rows; `from` is the type of the first.
    pub(crate) fn new<'a>(
        op: &Op,
        from: Option<ScalarType>,
        scalar: impl Fn(usize) -> Option<&'a Value>,
    ) -> Option<RowOp> {
        match op {
            Op::Text(function) => Some(RowOp::Call(TextCall::new(
                *function,
                |position| match scalar(position) {
                    Some(Value::Str(text)) => Some(text),
                    _ => None,
                },
            ))),
            Op::Compare(comparison) => Some(RowOp::Compare(*comparison)),
            Op::OneOf(members) if from == Some(ScalarType::Str) => Some(RowOp::OneOf {
                members: texts(members),
                has_null: members.has_null(),
            }),
            Op::Cast(ScalarType::Str, _) => from.map(RowOp::Show),
            Op::Cast(to, mode) => Some(RowOp::Read(*to, *mode)),
            _ => None,
        }
    }

    /// The results of many rows, of what only tests texts, none for null; else nothing.
    pub(crate) fn test(&self, readers: &[Reader<'_, '_>], rows: usize) -> Option<Vec<Option<u64>>> {
        match (self, readers) {
            (RowOp::Compare(comparison), [Reader::Cells(a), Reader::Cells(b)]) => {
                let pairs = a[..rows].iter().zip(&b[..rows]);
                let test =
                    |(a, b): (&Cell<'_>, &Cell<'_>)| Some(holds(*comparison, (*a)?, (*b)?).into());
                Some(pairs.map(test).collect())
            }
            (RowOp::Compare(comparison), [Reader::Cells(a), Reader::Scalar(Some(b))]) => {
                let Argument::Text(b) = b else { return None };
                let test = |a: &Cell<'_>| Some(holds(*comparison, (*a)?, b).into());
                Some(a[..rows].iter().map(test).collect())
            }
            (RowOp::OneOf { members, has_null }, [Reader::Cells(a)]) => {
                let few = members.len() <= FEW_MEMBERS;
                let test = |a: &Cell<'_>| {
                    let a = (*a)?;
                    let is_one = match few {
                        true => members.iter().any(|member| **member == *a),
                        false => members.contains(a),
                    };
                    (is_one || !has_null).then_some(is_one.into())
                };
                Some(a[..rows].iter().map(test).collect())
            }
            _ => None,
        }
    }

    /// The result of a row, none of whose arguments is null.
    pub(crate) fn apply<'a>(&self, arguments: &[Argument<'a>], made: &mut String) -> RowResult<'a> {
        match (self, arguments) {
            (RowOp::Call(call), _) => match call.apply(arguments, made) {
                Ok(Given::Null) => RowResult::Null,
                Ok(Given::Bool(value)) => RowResult::Word(value.into()),
                Ok(Given::Whole(number)) => RowResult::Word(number as u64),
                Ok(Given::Part(part)) => RowResult::Text(part),
                Ok(Given::Made) => RowResult::Made,
                Err(_) => RowResult::Failed,
            },
            (RowOp::OneOf { members, has_null }, [Argument::Text(text)]) => {
                match (members.contains(*text), has_null) {
                    (true, _) => RowResult::Word(1),
                    (false, true) => RowResult::Null,
                    (false, false) => RowResult::Word(0),
                }
            }
            (RowOp::Compare(comparison), [Argument::Text(a), Argument::Text(b)]) => {
                RowResult::Word(holds(*comparison, a, b).into())
            }
            (RowOp::Read(to, mode), [Argument::Text(text)]) => match read::value(text, *to) {
                Some(value) => RowResult::Word(param_bits(&value)[0]),
                None if *mode == CastMode::Null => RowResult::Null,
                None => RowResult::Failed,
            },
            (RowOp::Show(from), [Argument::Whole(word)]) => {
                show(&value_of(*word as u64, *from), *from, made);
                RowResult::Made
            }
            (RowOp::Compare(_) | RowOp::OneOf { .. } | RowOp::Read(..) | RowOp::Show(_), _) => {
                RowResult::Failed
            }
        }
    }
}

/// The value whose bits, extended to 64, these are.
pub(crate) fn value_of(word: u64, scalar: ScalarType) -> Value {
    match scalar.lane() {
        Some(Lane::Bool) => Value::Bool(word == 1),
        Some(Lane::F32) => Value::F32(f32::from_bits(word as u32)),
        Some(Lane::F64) => Value::F64(f64::from_bits(word)),
        Some(Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64) => Value::Integer(word.into()),
        Some(Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64) => Value::Integer((word as i64).into()),
        // Decimals have routines of their own.
        Some(Lane::I128) | None => Value::Null,
    }
}

fn holds(comparison: Comparison, a: &str, b: &str) -> bool {
    match comparison {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

/// An argument of many rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader<'v, 'r> {
    /// Text.
    Cells(&'v [Cell<'r>]),
    /// Values of fixed width.
    Lanes(Lane, View<'v>),
    /// The same in every row.
    Scalar(Option<Argument<'r>>),
}

impl<'r> Reader<'_, 'r> {
    /// The same value in every row.
    pub(crate) fn of_scalar(value: &'r Value) -> Reader<'r, 'r> {
        Reader::Scalar(match value {
            Value::Str(text) => Some(Argument::Text(text)),
            Value::Null => None,
            Value::Bool(_) | Value::Integer(_) | Value::F32(_) | Value::F64(_) => {
                Some(Argument::Whole(param_bits(value)[0] as i64))
            }
        })
    }

    /// The argument in a row; none if it is null.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Argument<'r>> {
        match self {
            Reader::Cells(cells) => cells[row].map(Argument::Text),
            Reader::Lanes(lane, view) => {
                let value = view.is_valid(row).then(|| word(*lane, view.values, row));
                value.map(|word| Argument::Whole(word as i64))
            }
            Reader::Scalar(argument) => *argument,
        }
    }
}

/// The bits of a value, signed ones extended to 64.
#[inline]
pub(crate) fn word(lane: Lane, values: &[u8], row: usize) -> u64 {
    match lane {
        Lane::Bool => bit(values, row).into(),
        Lane::I8 => typed::<i8>(values)[row] as u64,
        Lane::I16 => typed::<i16>(values)[row] as u64,
        Lane::I32 => typed::<i32>(values)[row] as u64,
        Lane::U8 => values[row].into(),
        Lane::U16 => typed::<u16>(values)[row].into(),
        Lane::U32 => typed::<u32>(values)[row].into(),
        Lane::F32 => typed::<f32>(values)[row].to_bits().into(),
        Lane::I64 | Lane::U64 | Lane::F64 => typed::<u64>(values)[row],
        Lane::I128 => typed::<i128>(values)[row] as u64,
    }
}

/// Every argument of a row; none if one is null.
#[inline]
pub(crate) fn arguments_of<'r>(readers: &[Reader<'_, 'r>], row: usize) -> Option<Arguments<'r>> {
    readers.iter().map(|reader| reader.get(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_many_rows_are_those_of_each() {
        let long = "a text that is longer than others";
        let a = [
            Some(""),
            None,
            Some("EWR"),
            Some("JFK"),
            Some(long),
            Some("é"),
        ];
        let b = [Some("EWR"), None, Some("EWR"), None, Some(long), Some("e")];
        let members = |many: usize| {
            let others = (0..many).map(|number| format!("other {number}").into());
            others.chain(["JFK".into(), long.into()]).collect()
        };
        let comparisons = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ];
        let scalar = Reader::Scalar(Some(Argument::Text("EWR")));
        let mut cases = Vec::new();
        for comparison in comparisons {
            for second in [Reader::Cells(&b), scalar] {
                let readers = vec![Reader::Cells(&a), second];
                cases.push((RowOp::Compare(comparison), readers));
            }
        }
        for (many, has_null) in [(0, false), (0, true), (30, false), (30, true)] {
            let members = members(many);
            let op = RowOp::OneOf { members, has_null };
            cases.push((op, vec![Reader::Cells(&a)]));
        }
        for (op, readers) in cases {
            let each =
                |row: usize| match op.apply(&arguments_of(&readers, row)?, &mut String::new()) {
                    RowResult::Word(word) => Some(word),
                    _ => None,
                };
            let expected: Vec<Option<u64>> = (0..a.len()).map(each).collect();
            assert_eq!(op.test(&readers, a.len()), Some(expected), "{op:?}");
        }
    }
}
