//! Reductions, groups, filters and lookups.

use super::{FALSE, NULL, Program, TRUE, float, floats, integer, integers, text};
use crate::op::{Comparison, Op, Overflow, Reduction};
use crate::types::ScalarType;
use crate::value::Value;
use ScalarType::{Bool, F32, F64, I32, I64, Str, U8};

const NAN: Value = Value::F64(f64::NAN);

/// What a reduction gives for the values of one column.
#[track_caller]
fn reduced(reduction: Reduction, scalar: ScalarType, values: Vec<Value>) -> Value {
    let mut program = Program::new();
    let table = program.table("t", values.len());
    let column = program.input(table, scalar.nullable(), values);
    let result = program.reduce(reduction, table, Some(column));
    program.run(result).remove(0)
}

#[test]
fn sums_and_means_are_exact() {
    let values = floats([Some(1e100), Some(1.0), None, Some(-1e100)]);
    assert_eq!(reduced(Reduction::Sum, F64, values.clone()), float(1.0));
    assert_eq!(reduced(Reduction::Mean, F64, values), float(1.0 / 3.0));
    let singles = vec![Value::F32(16_777_216.0), Value::F32(1.0)];
    assert_eq!(reduced(Reduction::Sum, F32, singles), float(16_777_217.0));
    let bytes = integers([Some(255), Some(255), None, Some(1)]);
    assert_eq!(reduced(Reduction::Sum, U8, bytes.clone()), integer(511));
    assert_eq!(reduced(Reduction::Mean, U8, bytes), float(511.0 / 3.0));
    let infinite = vec![float(f64::INFINITY), float(f64::NEG_INFINITY)];
    assert_eq!(reduced(Reduction::Sum, F64, infinite), NAN);
}

#[test]
fn reductions_of_nothing() {
    for values in [vec![], vec![NULL, NULL]] {
        assert_eq!(reduced(Reduction::Sum, F64, values.clone()), float(0.0));
        assert_eq!(reduced(Reduction::Sum, I32, values.clone()), integer(0));
        assert_eq!(reduced(Reduction::Count, I32, values.clone()), integer(0));
        for reduction in [
            Reduction::Mean,
            Reduction::Min,
            Reduction::Max,
            Reduction::Var { ddof: 0 },
            Reduction::Std { ddof: 1 },
        ] {
            assert_eq!(reduced(reduction, F64, values.clone()), NULL);
            assert_eq!(reduced(reduction, I32, values.clone()), NULL);
        }
        assert_eq!(reduced(Reduction::Any, Bool, values.clone()), NULL);
        assert_eq!(reduced(Reduction::All, Bool, values), NULL);
    }
}

#[test]
fn extremes() {
    let values = vec![float(-0.0), NULL, float(0.0), NAN, float(2.0)];
    assert_eq!(reduced(Reduction::Max, F64, values.clone()), NAN);
    assert_eq!(reduced(Reduction::Min, F64, values), float(-0.0));
    assert_eq!(reduced(Reduction::Min, F64, vec![NAN, NULL]), NAN);
    let words = vec![text("b"), text("B"), NULL];
    assert_eq!(reduced(Reduction::Min, Str, words.clone()), text("B"));
    assert_eq!(reduced(Reduction::Max, Str, words), text("b"));
    assert_eq!(reduced(Reduction::Max, Bool, vec![FALSE, TRUE]), TRUE);
}

#[test]
fn spread() {
    let values = floats([Some(2.0), Some(4.0), None, Some(6.0)]);
    let run = |reduction, values: &[Value]| reduced(reduction, F64, values.to_vec());
    assert_eq!(run(Reduction::Var { ddof: 1 }, &values), float(4.0));
    assert_eq!(run(Reduction::Std { ddof: 1 }, &values), float(2.0));
    assert_eq!(run(Reduction::Var { ddof: 0 }, &values), float(8.0 / 3.0));
    assert_eq!(run(Reduction::Var { ddof: 3 }, &values), NULL);
    assert_eq!(run(Reduction::Std { ddof: 1 }, &[float(1.0)]), NULL);
    let whole = integers([Some(2), Some(4), None, Some(6)]);
    assert_eq!(reduced(Reduction::Std { ddof: 1 }, I32, whole), float(2.0));
}

#[test]
fn any_and_all_skip_nulls() {
    for (values, any, all) in [
        (vec![TRUE, NULL], TRUE, TRUE),
        (vec![FALSE, NULL], FALSE, FALSE),
        (vec![TRUE, FALSE], TRUE, FALSE),
    ] {
        assert_eq!(reduced(Reduction::Any, Bool, values.clone()), any);
        assert_eq!(reduced(Reduction::All, Bool, values), all);
    }
}

#[test]
fn groups_by_first_appearance() {
    let mut program = Program::new();
    let table = program.table("flights", 6);
    let keys = floats([
        Some(2.0),
        Some(-0.0),
        None,
        Some(0.0),
        Some(f64::NAN),
        Some(-f64::NAN),
    ]);
    let key = program.input(table, F64.nullable(), keys);
    let values = integers([Some(1), Some(2), Some(3), None, Some(5), Some(6)]);
    let value = program.input(table, I32.nullable(), values);
    let groups = program.grouped(table, &[key]);
    let names = program.key(groups, 0, key);
    let sizes = program.reduce_groups(Reduction::Len, table, groups, None);
    let counts = program.reduce_groups(Reduction::Count, table, groups, Some(value));
    let sums = program.reduce_groups(Reduction::Sum, table, groups, Some(value));
    assert_eq!(program.run(names), [float(2.0), float(0.0), NULL, NAN]);
    assert_eq!(
        program.run(sizes),
        integers([Some(1), Some(2), Some(1), Some(2)])
    );
    assert_eq!(
        program.run(counts),
        integers([Some(1), Some(1), Some(1), Some(2)])
    );
    assert_eq!(
        program.run(sums),
        integers([Some(1), Some(2), Some(3), Some(11)])
    );

    // `sum(value) over key`: each row finds its own group, null finds null.
    let op = Op::Lookup {
        table: groups,
        keys: 1,
        null_matches: true,
    };
    let row = program.op(op, &[names, key]);
    let over = program.op(Op::Gather, &[row, sums]);
    assert_eq!(
        program.run(over),
        integers([Some(1), Some(2), Some(3), Some(2), Some(11), Some(11)])
    );
    // Ops on the groups themselves, and a scalar in each of them.
    let total = program.reduce(Reduction::Sum, groups, Some(sums));
    assert_eq!(program.run(total), [integer(17)]);
    let share = program.op(Op::Sub(Overflow::Raise), &[total, sums]);
    assert_eq!(
        program.run(share),
        integers([Some(16), Some(15), Some(14), Some(6)])
    );
    let everywhere = program.op(Op::Broadcast(groups), &[total]);
    assert_eq!(program.run(everywhere), vec![integer(17); 4]);
    let number = program.reduce(Reduction::Len, groups, None);
    assert_eq!(program.run(number), [integer(4)]);
}

#[test]
fn groups_of_several_keys_and_of_nothing() {
    let mut program = Program::new();
    let table = program.table("t", 4);
    let a = program.input(
        table,
        Str.required(),
        ["x", "x", "y", "x"].map(text).to_vec(),
    );
    let b = program.input(
        table,
        I64.nullable(),
        integers([Some(1), None, Some(1), Some(1)]),
    );
    let groups = program.grouped(table, &[a, b]);
    let first = program.key(groups, 0, a);
    let second = program.key(groups, 1, b);
    let sizes = program.reduce_groups(Reduction::Len, table, groups, None);
    assert_eq!(program.run(first), ["x", "x", "y"].map(text));
    assert_eq!(program.run(second), integers([Some(1), None, Some(1)]));
    assert_eq!(program.run(sizes), integers([Some(2), Some(1), Some(1)]));

    let empty = program.table("empty", 0);
    let key = program.input(empty, I64.required(), vec![]);
    let none = program.grouped(empty, &[key]);
    let sizes = program.reduce_groups(Reduction::Len, empty, none, None);
    assert_eq!(program.run(sizes), []);
}

#[test]
fn filters_keep_what_is_true() {
    let mut program = Program::new();
    let table = program.table("flights", 4);
    let x = program.input(
        table,
        F64.nullable(),
        floats([Some(1.0), Some(5.0), None, Some(7.0)]),
    );
    let limit = program.literal(float(3.0), F64);
    let test = program.op(Op::Compare(Comparison::Greater), &[x, limit]);
    let big = program.filtered(table, test);
    let kept = program.filter(big, x);
    let doubled = program.op(Op::Add(Overflow::Raise), &[kept, kept]);
    assert_eq!(program.run(kept), [float(5.0), float(7.0)]);
    assert_eq!(program.run(doubled), [float(10.0), float(14.0)]);
    let rows = program.reduce(Reduction::Len, big, None);
    assert_eq!(program.run(rows), [integer(2)]);
    let one = program.op(Op::Broadcast(big), &[limit]);
    assert_eq!(program.run(one), [float(3.0), float(3.0)]);

    // Filtered again, down to nothing.
    let test = program.op(Op::Compare(Comparison::Greater), &[limit, kept]);
    let none = program.filtered(big, test);
    let left = program.filter(none, doubled);
    assert_eq!(program.run(left), []);
}

#[test]
fn lookups_find_at_most_one_row() {
    let mut program = Program::new();
    let flights = program.table("flights", 4);
    let airports = program.table("airports", 3);
    let key = program.input(
        airports,
        Str.nullable(),
        vec![text("EWR"), NULL, text("JFK")],
    );
    let value = program.input(
        airports,
        F64.nullable(),
        floats([Some(1.0), Some(2.0), None]),
    );
    let here = vec![text("JFK"), text("LGA"), NULL, text("EWR")];
    let here = program.input(flights, Str.nullable(), here);
    let op = Op::Lookup {
        table: airports,
        keys: 1,
        null_matches: false,
    };
    let row = program.op(op.clone(), &[key, here]);
    let found = program.op(Op::Gather, &[row, value]);
    assert_eq!(program.run(found), floats([None, None, None, Some(1.0)]));
    let missing = program.op(Op::IsNull, &[row]);
    assert_eq!(program.run(missing), [FALSE, TRUE, TRUE, FALSE]);

    // By a scalar: a scalar.
    let home = program.literal(text("EWR"), Str);
    let row = program.op(op, &[key, home]);
    let found = program.op(Op::Gather, &[row, value]);
    assert_eq!(program.run(found), [float(1.0)]);
}

#[test]
fn lookups_by_several_keys() {
    let mut program = Program::new();
    let there = program.table("there", 3);
    let here = program.table("here", 2);
    let a = program.input(
        there,
        I64.required(),
        vec![integer(1), integer(1), integer(2)],
    );
    let b = program.input(there, Str.required(), ["x", "y", "x"].map(text).to_vec());
    let value = program.input(
        there,
        I64.required(),
        vec![integer(10), integer(20), integer(30)],
    );
    let x = program.input(here, I64.required(), vec![integer(1), integer(2)]);
    let y = program.literal(text("y"), Str);
    let op = Op::Lookup {
        table: there,
        keys: 2,
        null_matches: false,
    };
    let row = program.op(op, &[a, b, x, y]);
    let found = program.op(Op::Gather, &[row, value]);
    assert_eq!(program.run(found), integers([Some(20), None]));
}
