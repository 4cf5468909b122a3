//! Whose error it is, when it is raised and which one is reported.

use super::{FALSE, NULL, Program, TRUE, float, integer, integers, text};
use crate::id::{ColumnId, TableId};
use crate::interpret::{Cell, ColumnValues, first_error, raise};
use crate::op::{CastMode, Comparison, Cumulative, Math, Op, Overflow, Reduction, Window};
use crate::types::{ScalarType, TimeUnit};
use ScalarType::{Bool, Duration, F64, I8, I32, I64, Str, U64};

/// A table of three rows with a column that is an error in row 1: 1, error, 3.
fn failing(program: &mut Program) -> (TableId, ColumnId) {
    let table = program.table("t", 3);
    let x = program.input(
        table,
        I8.nullable(),
        integers([Some(0), Some(127), Some(2)]),
    );
    let one = program.literal(integer(1), I8);
    let failing = program.op(Op::Add(Overflow::Raise), &[x, one]);
    program.name(failing, 5, "t.failing");
    (table, failing)
}

const MESSAGE: &str = "t.failing: 128 does not fit i8 (row 1): 127 + 1";

#[test]
fn an_output_raises() {
    let mut program = Program::new();
    let (_, failing) = failing(&mut program);
    assert_eq!(program.error(&[failing]), MESSAGE);
}

#[test]
fn cells_keep_errors_in_their_rows() {
    let mut program = Program::new();
    let (_, failing) = failing(&mut program);
    let values = program.cells(failing);
    assert_eq!(values.cell(0), &Cell::Value(integer(1)));
    assert!(values.cell(1).error().is_some());
    assert_eq!(values.cell(2), &Cell::Value(integer(3)));
    let raised = raise(&values, 1000).expect_err("row 1 is an error");
    assert_eq!(
        raised.to_string(),
        "t.failing: 128 does not fit i8 (row 1001): 127 + 1"
    );
    assert_eq!(first_error([&values], 2..3, 0), None);
}

#[test]
fn an_error_wins_over_null() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let null = program.input(table, I8.nullable(), vec![NULL; 3]);
    for args in [[failing, null], [null, failing]] {
        for op in [
            Op::Add(Overflow::Null),
            Op::Minimum,
            Op::Compare(Comparison::Equal),
        ] {
            let column = program.op(op, &args);
            assert_eq!(program.error(&[column]), MESSAGE);
        }
    }
    let is_null = program.op(Op::IsNull, &[failing]);
    assert_eq!(program.error(&[is_null]), MESSAGE);
}

#[test]
fn null_operands_never_raise() {
    let mut program = Program::new();
    let table = program.table("t", 1);
    let null = program.input(table, F64.nullable(), vec![NULL]);
    let cast = program.op(Op::Cast(I8, CastMode::Raise), &[null]);
    assert_eq!(program.run(cast), [NULL]);
}

#[test]
fn branches_not_taken_do_not_raise() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let condition = program.input(table, Bool.nullable(), vec![TRUE, FALSE, TRUE]);
    let zero = program.literal(integer(0), I8);
    let chosen = program.op(Op::IfElse, &[condition, failing, zero]);
    assert_eq!(program.run(chosen), integers([Some(1), Some(0), Some(3)]));
    let other = program.op(Op::IfElse, &[condition, zero, failing]);
    assert_eq!(program.error(&[other]), MESSAGE);

    let filled = program.input(table, I8.nullable(), integers([None, Some(9), None]));
    let coalesced = program.op(Op::Coalesce, &[filled, failing]);
    assert_eq!(
        program.run(coalesced),
        integers([Some(1), Some(9), Some(3)])
    );
    let coalesced = program.op(Op::Coalesce, &[failing, filled]);
    assert_eq!(program.error(&[coalesced]), MESSAGE);
}

#[test]
fn and_and_or_skip_their_right_side() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let test = program.op(Op::Compare(Comparison::Greater), &[failing, failing]);
    for (left, op, skipped) in [
        (FALSE, Op::And, Some(FALSE)),
        (TRUE, Op::And, None),
        (NULL, Op::And, None),
        (TRUE, Op::Or, Some(TRUE)),
        (FALSE, Op::Or, None),
        (NULL, Op::Or, None),
    ] {
        let left = program.input(table, Bool.nullable(), vec![left; 3]);
        let right = program.op(op.clone(), &[left, test]);
        match skipped {
            Some(value) => assert_eq!(program.run(right)[1], value),
            None => assert_eq!(program.error(&[right]), MESSAGE),
        }
        // The left side is never skipped.
        let wrong_way = program.op(op, &[test, left]);
        assert_eq!(program.error(&[wrong_way]), MESSAGE);
    }
}

#[test]
fn removed_rows_do_not_raise() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let keep = program.input(table, Bool.nullable(), vec![TRUE, NULL, TRUE]);
    let kept = program.filtered(table, keep);
    let values = program.filter(kept, failing);
    let sum = program.reduce(Reduction::Sum, kept, Some(values));
    assert_eq!(program.run(values), integers([Some(1), Some(3)]));
    assert_eq!(program.run(sum), [integer(4)]);
}

#[test]
fn reductions_keys_and_predicates_raise() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let count = program.reduce(Reduction::Count, table, Some(failing));
    assert_eq!(program.error(&[count]), MESSAGE);
    let len = program.reduce(Reduction::Len, table, None);
    assert_eq!(program.run(len), [integer(3)]);

    let groups = program.grouped(table, &[failing]);
    let size = program.reduce_groups(Reduction::Len, table, groups, None);
    assert_eq!(program.error(&[size]), MESSAGE);

    let two = program.literal(integer(2), I8);
    let test = program.op(Op::Compare(Comparison::Less), &[failing, two]);
    let kept = program.filtered(table, test);
    let values = program.filter(kept, test);
    assert_eq!(program.error(&[values]), MESSAGE);
    let rows = program.reduce(Reduction::Len, kept, None);
    assert_eq!(program.error(&[rows]), MESSAGE);
}

#[test]
fn a_raised_reduction_raises_wherever_its_value_goes() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let sum = program.reduce(Reduction::Sum, table, Some(failing));
    let yes = program.literal(TRUE, Bool);
    let zero = program.literal(integer(0), I64);
    let skipped = program.op(Op::IfElse, &[yes, zero, sum]);
    assert_eq!(program.error(&[skipped]), MESSAGE);
    // What nobody asked for raises nothing.
    assert_eq!(program.run(zero), [integer(0)]);
}

#[test]
fn the_lowest_row_then_the_first_node_is_reported() {
    let mut program = Program::new();
    let table = program.table("t", 3);
    let x = program.input(
        table,
        I8.nullable(),
        integers([Some(0), Some(0), Some(127)]),
    );
    let y = program.input(
        table,
        I8.nullable(),
        integers([Some(0), Some(100), Some(100)]),
    );
    let later_row = program.op(Op::Add(Overflow::Raise), &[x, x]);
    program.name(later_row, 1, "t.first");
    let earlier_row = program.op(Op::Add(Overflow::Raise), &[y, y]);
    program.name(earlier_row, 2, "t.second");
    assert_eq!(
        program.error(&[later_row, earlier_row]),
        "t.second: 200 does not fit i8 (row 1): 100 + 100"
    );
    let same_row = program.op(Op::Mul(Overflow::Raise), &[y, y]);
    program.name(same_row, 0, "t.zeroth");
    assert_eq!(
        program.error(&[earlier_row, same_row]),
        "t.zeroth: 10000 does not fit i8 (row 1): 100 * 100"
    );
    // Also where both are operands of one op, in either order.
    for args in [[earlier_row, same_row], [same_row, earlier_row]] {
        let both = program.op(Op::Sub(Overflow::Raise), &args);
        assert_eq!(
            program.error(&[both]),
            "t.zeroth: 10000 does not fit i8 (row 1): 100 * 100"
        );
    }
    // A reduction's error competes with those of outputs.
    let sum = program.reduce(Reduction::Sum, table, Some(later_row));
    assert_eq!(
        program.error(&[sum, earlier_row]),
        "t.second: 200 does not fit i8 (row 1): 100 + 100"
    );
}

#[test]
fn wordings() {
    let mut program = Program::new();
    let table = program.table("t", 1);
    let x = program.input(table, I32.required(), vec![integer(-2_147_483_648)]);
    let minus_one = program.literal(integer(-1), I32);
    let negated = program.op(Op::Neg(Overflow::Raise), &[x]);
    program.name(negated, 0, "t.n");
    let divided = program.op(Op::FloorDiv, &[x, minus_one]);
    program.name(divided, 1, "t.d");
    let magnitude = program.op(Op::Math(Math::Abs), &[x]);
    program.name(magnitude, 2, "t.m");
    assert_eq!(
        program.error(&[negated]),
        "t.n: 2147483648 does not fit i32 (row 0): -(-2147483648)"
    );
    assert_eq!(
        program.error(&[divided]),
        "t.d: 2147483648 does not fit i32 (row 0): -2147483648 // -1"
    );
    assert_eq!(
        program.error(&[magnitude]),
        "t.m: 2147483648 does not fit i32 (row 0): abs(-2147483648)"
    );
    let y = program.input(table, F64.required(), vec![float(3e9)]);
    let cast = program.op(Op::Cast(I32, CastMode::Raise), &[y]);
    program.name(cast, 3, "t.c");
    assert_eq!(
        program.error(&[cast]),
        "t.c: 3000000000.0 does not fit i32 (row 0)"
    );

    let most = program.literal(integer(i128::from(u64::MAX)), U64);
    let square = program.op(Op::Mul(Overflow::Raise), &[most, most]);
    program.name(square, 4, "square");
    assert_eq!(
        program.error(&[square]),
        "square: the result does not fit u64: 18446744073709551615 * 18446744073709551615"
    );
}

#[test]
fn sums_are_checked_on_delivery() {
    let mut program = Program::new();
    let table = program.table("t", 3);
    let (most, least) = (i128::from(i64::MAX), i128::from(i64::MIN));
    let x = program.input(
        table,
        I64.required(),
        vec![integer(most), integer(most), integer(least)],
    );
    let sum = program.reduce(Reduction::Sum, table, Some(x));
    assert_eq!(program.run(sum), [integer(most - 1)]);

    let lengths = Duration(TimeUnit::Second);
    let y = program.input(
        table,
        lengths.required(),
        vec![integer(most), integer(1), integer(0)],
    );
    let total = program.reduce(Reduction::Sum, table, Some(y));
    program.name(total, 0, "total");
    assert_eq!(
        program.error(&[total]),
        "total: the sum 9223372036854775808 does not fit duration[s]"
    );
    let running = program.op(Op::Window(Window::Cumulative(Cumulative::Sum).into()), &[y]);
    program.name(running, 1, "t.running");
    assert_eq!(
        program.error(&[running]),
        "t.running: the sum 9223372036854775808 does not fit duration[s] (row 1)"
    );
}

#[test]
fn lookups_carry_errors_and_name_duplicate_keys() {
    let mut program = Program::new();
    let (_, failing) = failing(&mut program);
    let codes = program.table("codes", 3);
    let key = program.input(codes, I8.nullable(), integers([Some(3), None, None]));
    let look_up = |table| Op::Lookup {
        table,
        keys: 1,
        null_matches: false,
    };
    let row = program.op(look_up(codes), &[key, failing]);
    let found = program.op(Op::Gather, &[row, key]);
    let cells = program.cells(found);
    assert_eq!(cells.cell(0), &Cell::NULL);
    assert!(cells.cell(1).error().is_some());
    assert_eq!(cells.cell(2), &Cell::Value(integer(3)));
    assert_eq!(program.error(&[found]), MESSAGE);

    let airports = program.table("airports", 3);
    let names = ["EWR", "JFK", "EWR"].map(text).to_vec();
    let name = program.input(airports, Str.required(), names);
    let here = program.literal(text("JFK"), Str);
    let row = program.op(look_up(airports), &[name, here]);
    program.name(row, 0, "home");
    let found = program.op(Op::Gather, &[row, name]);
    assert_eq!(
        program.error(&[found]),
        "home: two rows of airports have the key \"EWR\" (rows 0 and 2); `first` or `last` before the \
         lookup takes one of them"
    );
}

#[test]
fn a_gathered_error_is_raised_only_if_its_row_is_found() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let keys = program.input(
        table,
        I64.required(),
        vec![integer(10), integer(11), integer(12)],
    );
    let op = Op::Lookup {
        table,
        keys: 1,
        null_matches: false,
    };
    for (key, expected) in [
        (10, Ok(vec![integer(1)])),
        (11, Err(MESSAGE)),
        (13, Ok(vec![NULL])),
    ] {
        let here = program.literal(integer(key), I64);
        let row = program.op(op.clone(), &[keys, here]);
        let found = program.op(Op::Gather, &[row, failing]);
        match expected {
            Ok(values) => assert_eq!(program.run(found), values),
            Err(message) => assert_eq!(program.error(&[found]), message),
        }
    }
}

#[test]
fn bound_columns_are_taken_as_given() {
    let mut program = Program::new();
    let (table, failing) = failing(&mut program);
    let sum = program.reduce(Reduction::Sum, table, Some(failing));
    program.bound.clear();
    program.table_rows.clear();
    program
        .bound
        .insert(sum, ColumnValues::Scalar(Cell::Value(integer(7))));
    let twice = program.op(Op::Add(Overflow::Raise), &[sum, sum]);
    assert_eq!(program.run(twice), [integer(14)]);
}
