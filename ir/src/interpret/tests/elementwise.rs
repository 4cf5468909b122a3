//! Row-local ops.

use super::{FALSE, NULL, Program, TRUE, float, integer, rows_of, text};
use crate::interpret::fold;
use crate::op::{CastMode, Comparison, Math, Op, Overflow};
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;
use ScalarType::{Bool, Date, Duration, F32, F64, I8, I32, I64, Str, Timestamp, U8, U64};

const NAN: Value = Value::F64(f64::NAN);

#[test]
fn arithmetic_of_integers() {
    let pairs: &[&[Value]] = &[
        &[integer(100), integer(27)],
        &[integer(-100), integer(28)],
        &[NULL, integer(1)],
        &[integer(1), NULL],
    ];
    let run = |op| rows_of(op, &[I8, I8], pairs);
    assert_eq!(
        run(Op::Add(Overflow::Raise)),
        [integer(127), integer(-72), NULL, NULL]
    );
    assert_eq!(
        run(Op::Sub(Overflow::Wrap)),
        [integer(73), integer(-128), NULL, NULL]
    );
    assert_eq!(run(Op::Mul(Overflow::Null)), [NULL, NULL, NULL, NULL]);
    assert_eq!(run(Op::FloorDiv), [integer(3), integer(-4), NULL, NULL]);
    assert_eq!(run(Op::Rem), [integer(19), integer(12), NULL, NULL]);
    assert_eq!(
        rows_of(Op::FloorDiv, &[I32, I32], &[&[integer(5), integer(0)]]),
        [NULL]
    );
    assert_eq!(
        rows_of(Op::Neg(Overflow::Wrap), &[I8], &[&[integer(-128)], &[NULL]]),
        [integer(-128), NULL]
    );
}

#[test]
fn arithmetic_of_floats() {
    let pairs: &[&[Value]] = &[
        &[float(0.1), float(0.2)],
        &[float(1.0), float(0.0)],
        &[float(-0.0), float(0.0)],
        &[NAN, float(1.0)],
        &[NAN, NULL],
    ];
    let run = |op| rows_of(op, &[F64, F64], pairs);
    assert_eq!(
        run(Op::Add(Overflow::Raise)),
        [
            float(0.30000000000000004),
            float(1.0),
            float(0.0),
            NAN,
            NULL
        ]
    );
    assert_eq!(
        run(Op::Div),
        [float(0.5), float(f64::INFINITY), NAN, NAN, NULL]
    );
    assert_eq!(run(Op::Rem), [float(0.1), NAN, NAN, NAN, NULL]);
    // In f32: 16777216 + 1 is a tie to even.
    assert_eq!(
        rows_of(
            Op::Add(Overflow::Raise),
            &[F32, F32],
            &[&[Value::F32(16_777_216.0), Value::F32(1.0)]]
        ),
        [Value::F32(16_777_216.0)]
    );
    assert_eq!(
        rows_of(Op::Neg(Overflow::Raise), &[F64], &[&[float(0.0)]]),
        [float(-0.0)]
    );
}

#[test]
fn arithmetic_of_times() {
    let stamp = Timestamp(TimeUnit::Second, None);
    let length = Duration(TimeUnit::Second);
    let add = |types: &[ScalarType], a, b| {
        rows_of(
            Op::Add(Overflow::Raise),
            types,
            &[&[integer(a), integer(b)]],
        )
    };
    let sub = |types: &[ScalarType], a, b| {
        rows_of(
            Op::Sub(Overflow::Raise),
            types,
            &[&[integer(a), integer(b)]],
        )
    };
    assert_eq!(add(&[stamp, length], 10, -20), [integer(-10)]);
    assert_eq!(add(&[Date, I32], 15_706, 30), [integer(15_736)]);
    assert_eq!(sub(&[stamp, stamp], 10, 25), [integer(-15)]);
    assert_eq!(sub(&[Date, Date], 0, 365), [integer(-365)]);
    assert_eq!(
        rows_of(
            Op::Mul(Overflow::Raise),
            &[length, I64],
            &[&[integer(3_600), integer(-2)]]
        ),
        [integer(-7_200)]
    );
}

#[test]
fn comparisons() {
    let pairs: &[&[Value]] = &[
        &[float(1.0), float(2.0)],
        &[float(-0.0), float(0.0)],
        &[NAN, NAN],
        &[NULL, NAN],
    ];
    let run = |comparison| rows_of(Op::Compare(comparison), &[F64, F64], pairs);
    assert_eq!(run(Comparison::Equal), [FALSE, TRUE, FALSE, NULL]);
    assert_eq!(run(Comparison::NotEqual), [TRUE, FALSE, TRUE, NULL]);
    assert_eq!(run(Comparison::Less), [TRUE, FALSE, FALSE, NULL]);
    assert_eq!(run(Comparison::GreaterOrEqual), [FALSE, TRUE, FALSE, NULL]);
    assert_eq!(
        rows_of(
            Op::Compare(Comparison::Less),
            &[Str, Str],
            &[&[text("EWR"), text("JFK")], &[text("a"), text("Z")]]
        ),
        [TRUE, FALSE]
    );
}

#[test]
fn three_valued_logic() {
    let pairs: &[&[Value]] = &[
        &[TRUE, TRUE],
        &[TRUE, FALSE],
        &[TRUE, NULL],
        &[FALSE, TRUE],
        &[FALSE, FALSE],
        &[FALSE, NULL],
        &[NULL, TRUE],
        &[NULL, FALSE],
        &[NULL, NULL],
    ];
    assert_eq!(
        rows_of(Op::And, &[Bool, Bool], pairs),
        [TRUE, FALSE, NULL, FALSE, FALSE, FALSE, NULL, FALSE, NULL]
    );
    assert_eq!(
        rows_of(Op::Or, &[Bool, Bool], pairs),
        [TRUE, TRUE, TRUE, TRUE, FALSE, NULL, TRUE, NULL, NULL]
    );
    assert_eq!(
        rows_of(Op::Not, &[Bool], &[&[TRUE], &[FALSE], &[NULL]]),
        [FALSE, TRUE, NULL]
    );
}

#[test]
fn nulls_chosen_and_replaced() {
    assert_eq!(
        rows_of(
            Op::IfElse,
            &[Bool, I32, I32],
            &[
                &[TRUE, integer(1), integer(2)],
                &[FALSE, integer(1), integer(2)],
                &[NULL, integer(1), integer(2)],
                &[TRUE, NULL, integer(2)],
            ]
        ),
        [integer(1), integer(2), integer(2), NULL]
    );
    assert_eq!(
        rows_of(
            Op::Coalesce,
            &[Str, Str],
            &[
                &[text("a"), text("b")],
                &[NULL, text("b")],
                &[NULL, NULL],
                &[text("a"), NULL]
            ]
        ),
        [text("a"), text("b"), NULL, text("a")]
    );
    assert_eq!(
        rows_of(Op::IsNull, &[F64], &[&[NULL], &[NAN], &[float(0.0)]]),
        [TRUE, FALSE, FALSE]
    );
}

#[test]
fn minimum_and_maximum() {
    let pairs: &[&[Value]] = &[
        &[float(0.0), float(-0.0)],
        &[NAN, float(f64::INFINITY)],
        &[float(1.0), NULL],
    ];
    assert_eq!(
        rows_of(Op::Minimum, &[F64, F64], pairs),
        [float(-0.0), float(f64::INFINITY), NULL]
    );
    assert_eq!(
        rows_of(Op::Maximum, &[F64, F64], pairs),
        [float(0.0), NAN, NULL]
    );
    assert_eq!(
        rows_of(Op::Minimum, &[Str, Str], &[&[text("b"), text("a")]]),
        [text("a")]
    );
}

#[test]
fn casts() {
    assert_eq!(
        rows_of(
            Op::Cast(U8, CastMode::Null),
            &[F64],
            &[&[float(255.9)], &[float(256.0)], &[NAN], &[NULL]]
        ),
        [integer(255), NULL, NULL, NULL]
    );
    assert_eq!(
        rows_of(Op::Cast(I8, CastMode::Wrap), &[I32], &[&[integer(200)]]),
        [integer(-56)]
    );
    assert_eq!(
        rows_of(
            Op::Cast(F64, CastMode::Raise),
            &[U64],
            &[&[integer(i128::from(u64::MAX))]]
        ),
        [float(18_446_744_073_709_551_616.0)]
    );
}

#[test]
fn mathematics() {
    let run = |math, values: &[&[Value]]| rows_of(Op::Math(math), &[F64], values);
    assert_eq!(
        run(Math::Round, &[&[float(0.5)], &[float(1.5)], &[float(-2.5)]]),
        [float(0.0), float(2.0), float(-2.0)]
    );
    assert_eq!(run(Math::Sqrt, &[&[float(-1.0)], &[NULL]]), [NAN, NULL]);
    assert_eq!(
        rows_of(
            Op::Math(Math::Pow),
            &[F32, F32],
            &[&[Value::F32(2.0), Value::F32(0.5)]]
        ),
        [Value::F32(std::f32::consts::SQRT_2)]
    );
    assert_eq!(
        rows_of(
            Op::Math(Math::Abs),
            &[I8],
            &[&[integer(-127)], &[integer(5)], &[NULL]]
        ),
        [integer(127), integer(5), NULL]
    );
    assert_eq!(
        rows_of(
            Op::Math(Math::Sign),
            &[I64],
            &[&[integer(-9)], &[integer(0)], &[integer(9)]]
        ),
        [integer(-1), integer(0), integer(1)]
    );
}

#[test]
fn scalars_stand_in_every_row() {
    let mut program = Program::new();
    let table = program.table("t", 2);
    let x = program.input(table, I64.required(), vec![integer(1), integer(2)]);
    let ten = program.literal(integer(10), I64);
    let twenty = program.op(Op::Add(Overflow::Raise), &[ten, ten]);
    let sum = program.op(Op::Add(Overflow::Raise), &[x, twenty]);
    let everywhere = program.op(Op::Broadcast(table), &[twenty]);
    assert_eq!(program.run(twenty), [integer(20)]);
    assert_eq!(program.run(sum), [integer(21), integer(22)]);
    assert_eq!(program.run(everywhere), [integer(20), integer(20)]);
}

#[test]
fn empty_tables_have_empty_columns() {
    assert_eq!(rows_of(Op::Add(Overflow::Raise), &[I64, I64], &[]), []);
    assert_eq!(rows_of(Op::IfElse, &[Bool, Str, Str], &[]), []);
}

#[test]
fn constants_fold_unless_they_raise() {
    let types = [I8.required(), I8.required()];
    let add = |a, b, mode| {
        let args = [integer(a), integer(b)];
        fold(&Op::Add(mode), &args, &types, I8.required())
    };
    assert_eq!(add(1, 2, Overflow::Raise), Some(integer(3)));
    assert_eq!(add(100, 100, Overflow::Raise), None);
    assert_eq!(add(100, 100, Overflow::Null), Some(NULL));
    assert_eq!(
        fold(
            &Op::And,
            &[FALSE, NULL],
            &[Bool.required(), Bool.nullable()],
            Bool.nullable()
        ),
        Some(FALSE)
    );
    assert_eq!(
        fold(&Op::Take, &[TRUE], &[Bool.required()], Bool.required()),
        None
    );
}
