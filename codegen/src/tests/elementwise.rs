//! Every op over every type it takes, with all pairs of extremes, with and without nulls.

use icosian_ir::op::{BitFunction, CastMode, Comparison, Math, Op, Overflow};
use icosian_ir::types::Domain;
use icosian_ir::types::{ScalarType, TimeUnit, Type};
use icosian_ir::typing::{Argument, cast_may_fail, infer};
use icosian_ir::value::Value;

use super::harness::Program;
use super::values::{NUMBERS, extremes, product, with_null};
use ScalarType::{Bool, Date, Duration, F32, F64, I32, I64, Row, Timestamp};

const MODES: [Overflow; 3] = [Overflow::Raise, Overflow::Wrap, Overflow::Null];

fn check_with(op: &Op, types: &[Type]) {
    let arguments: Vec<Argument> = (types.iter())
        .map(|ty| Argument {
            ty: *ty,
            domain: Domain::Scalar,
        })
        .collect();
    if infer(op, &arguments).is_err() {
        return;
    }
    let mut program = Program::new();
    let inputs: Vec<_> = types.iter().map(|ty| program.input(*ty)).collect();
    let result = program.op(op.clone(), &inputs);
    let lists: Vec<Vec<Value>> = (types.iter())
        .map(|ty| {
            if ty.nullable {
                with_null(ty.scalar)
            } else {
                extremes(ty.scalar)
            }
        })
        .collect();
    program.check(&[result], &product(&lists));
}

/// The op over these types, without nulls and with.
fn check(op: Op, types: &[ScalarType]) {
    let required: Vec<Type> = types.iter().map(|scalar| scalar.required()).collect();
    let nullable: Vec<Type> = types.iter().map(|scalar| scalar.nullable()).collect();
    check_with(&op, &required);
    check_with(&op, &nullable);
}

#[test]
fn addition() {
    for mode in MODES {
        for scalar in NUMBERS {
            check(Op::Add(mode), &[scalar, scalar]);
        }
    }
}

#[test]
fn subtraction() {
    for mode in MODES {
        for scalar in NUMBERS {
            check(Op::Sub(mode), &[scalar, scalar]);
        }
    }
}

#[test]
fn multiplication() {
    for mode in MODES {
        for scalar in NUMBERS {
            check(Op::Mul(mode), &[scalar, scalar]);
        }
    }
}

#[test]
fn negation() {
    for mode in MODES {
        for scalar in NUMBERS {
            check(Op::Neg(mode), &[scalar]);
        }
        check(Op::Neg(mode), &[Duration(TimeUnit::Second)]);
    }
}

#[test]
fn times() {
    let unit = TimeUnit::Millisecond;
    let (timestamp, duration) = (Timestamp(unit, None), Duration(unit));
    for mode in MODES {
        for op in [Op::Add(mode), Op::Sub(mode), Op::Mul(mode)] {
            check(op.clone(), &[timestamp, duration]);
            check(op.clone(), &[duration, duration]);
            check(op.clone(), &[timestamp, timestamp]);
            check(op.clone(), &[Date, I32]);
            check(op.clone(), &[Date, Date]);
            check(op, &[duration, I64]);
        }
    }
}

#[test]
fn division() {
    for scalar in NUMBERS {
        check(Op::Div, &[scalar, scalar]);
    }
}

#[test]
fn bits() {
    for function in BitFunction::ALL {
        for scalar in NUMBERS.into_iter().filter(|scalar| scalar.is_integer()) {
            let second = if function.is_shift() {
                ScalarType::U8
            } else {
                scalar
            };
            check(Op::Bits(function), &[scalar, second][..function.arity()]);
        }
    }
}

#[test]
fn hashes() {
    let times = [
        Date,
        Timestamp(TimeUnit::Second, None),
        Timestamp(TimeUnit::Nanosecond, None),
        Duration(TimeUnit::Millisecond),
    ];
    for scalar in NUMBERS.into_iter().chain([Bool]).chain(times) {
        check(Op::Hash, &[scalar, ScalarType::U64]);
    }
}

#[test]
fn shifts_by_constants() {
    for scalar in NUMBERS.into_iter().filter(|scalar| scalar.is_integer()) {
        for count in [0, 1, 5, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 255] {
            let mut program = Program::new();
            let a = program.input(scalar.nullable());
            let b = program.literal(Value::Integer(count), ScalarType::U8.required());
            let results = [BitFunction::ShiftLeft, BitFunction::ShiftRight]
                .map(|function| program.op(Op::Bits(function), &[a, b]));
            program.check(&results, &product(&[with_null(scalar)]));
        }
    }
}

#[test]
fn floor_division() {
    for scalar in NUMBERS.into_iter().filter(|scalar| scalar.is_integer()) {
        check(Op::FloorDiv, &[scalar, scalar]);
    }
}

#[test]
fn remainders() {
    for scalar in NUMBERS.into_iter().filter(|scalar| scalar.is_integer()) {
        check(Op::Rem, &[scalar, scalar]);
    }
}

#[test]
fn division_by_constants() {
    for scalar in NUMBERS.into_iter().filter(|scalar| scalar.is_integer()) {
        for divisor in extremes(scalar) {
            let mut program = Program::new();
            let a = program.input(scalar.nullable());
            let b = program.literal(divisor, scalar.required());
            let results = [Op::FloorDiv, Op::Rem].map(|op| program.op(op, &[a, b]));
            program.check(&results, &product(&[with_null(scalar)]));
        }
    }
}

#[test]
fn division_of_required_values_by_a_nonzero_literal() {
    let mut program = Program::new();
    let a = program.input(I64.required());
    let b = program.literal(Value::Integer(7), I64.required());
    let quotient = program.op_required(Op::FloorDiv, &[a, b]);
    let remainder = program.op_required(Op::Rem, &[a, b]);
    program.check(&[quotient, remainder], &product(&[extremes(I64)]));
}

#[test]
fn comparisons() {
    for comparison in [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ] {
        for scalar in NUMBERS.into_iter().chain([Bool, Date]) {
            check(Op::Compare(comparison), &[scalar, scalar]);
        }
    }
}

#[test]
fn extrema() {
    for op in [Op::Minimum, Op::Maximum] {
        for scalar in NUMBERS.into_iter().chain([Bool, Date]) {
            check(op.clone(), &[scalar, scalar]);
        }
    }
}

#[test]
fn extrema_against_constants() {
    for op in [Op::Minimum, Op::Maximum] {
        for scalar in [F32, F64] {
            for bound in extremes(scalar) {
                let mut program = Program::new();
                let a = program.input(scalar.required());
                let b = program.literal(bound, scalar.required());
                let left = program.op(op.clone(), &[a, b]);
                let right = program.op(op.clone(), &[b, a]);
                program.check(&[left, right], &product(&[extremes(scalar)]));
            }
        }
    }
}

#[test]
fn logic() {
    for op in [Op::And, Op::Or] {
        check(op, &[Bool, Bool]);
    }
    check(Op::Not, &[Bool]);
    for (a, b) in [(true, false), (false, true)] {
        for op in [Op::And, Op::Or, Op::Coalesce] {
            check_with(
                &op,
                &[
                    Bool.required().nullable_if(a),
                    Bool.required().nullable_if(b),
                ],
            );
        }
    }
}

#[test]
fn null_tests_and_choices() {
    let few = |scalar: ScalarType| -> Vec<Value> {
        let values = extremes(scalar);
        let last = values.len() - 1;
        vec![values[0].clone(), values[last].clone(), Value::Null]
    };
    for scalar in NUMBERS
        .into_iter()
        .chain([Bool, Date, Row(Program::new().table)])
    {
        check(Op::IsNull, &[scalar]);
        let mut program = Program::new();
        let condition = program.input(Bool.nullable());
        let yes = program.input(scalar.nullable());
        let no = program.input(scalar.nullable());
        let chosen = program.op(Op::IfElse, &[condition, yes, no]);
        let filled = program.op(Op::Coalesce, &[yes, no]);
        let lists = [with_null(Bool), few(scalar), few(scalar)];
        program.check(&[chosen, filled], &product(&lists));
    }
}

#[test]
fn casts_between_numbers() {
    for mode in [CastMode::Raise, CastMode::Null, CastMode::Wrap] {
        for from in NUMBERS.into_iter().chain([Bool]) {
            for to in NUMBERS {
                if cast_may_fail(from, to, mode).is_some() {
                    check(Op::Cast(to, mode), &[from]);
                }
            }
        }
    }
}

#[test]
fn casts_between_times() {
    let units = [
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ];
    for mode in [CastMode::Raise, CastMode::Null] {
        for from in units {
            for to in units {
                check(
                    Op::Cast(Timestamp(to, None), mode),
                    &[Timestamp(from, None)],
                );
                check(Op::Cast(Duration(to), mode), &[Duration(from)]);
            }
            check(Op::Cast(Timestamp(from, None), mode), &[Date]);
            check(Op::Cast(Date, mode), &[Timestamp(from, None)]);
            check(Op::Cast(Timestamp(from, None), mode), &[I64]);
            check(Op::Cast(I64, mode), &[Duration(from)]);
        }
        check(Op::Cast(Date, mode), &[I32]);
        check(Op::Cast(I32, mode), &[Date]);
    }
}

#[test]
fn mathematics() {
    for math in [
        Math::Sqrt,
        Math::Floor,
        Math::Ceil,
        Math::Round,
        Math::Trunc,
        Math::Abs,
        Math::Sign,
    ] {
        for scalar in NUMBERS {
            check(Op::Math(math), &[scalar]);
        }
    }
}
