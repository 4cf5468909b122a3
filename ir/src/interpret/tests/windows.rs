//! Windows.

use super::{NULL, Program, float, floats, integer, integers, text};
use crate::interpret::Cell;
use crate::op::{Cumulative, Op, Overflow, Reduction, Window};
use crate::types::ScalarType;
use crate::value::Value;
use ScalarType::{F64, I8, I32, I64, Str};

#[track_caller]
fn windowed(window: Window, scalar: ScalarType, values: Vec<Value>) -> Vec<Value> {
    let mut program = Program::new();
    let table = program.table("t", values.len());
    let column = program.input(table, scalar.nullable(), values);
    let result = program.op(Op::Window(window.into()), &[column]);
    program.run(result)
}

#[test]
fn shifts() {
    let words = || ["a", "b", "c"].map(text).to_vec();
    let shift = |rows| windowed(Window::Shift { rows }, Str, words());
    assert_eq!(shift(0), words());
    assert_eq!(shift(1), [NULL, text("a"), text("b")]);
    assert_eq!(shift(-2), [text("c"), NULL, NULL]);
    assert_eq!(shift(3), [NULL, NULL, NULL]);
    assert_eq!(shift(i64::MIN), [NULL, NULL, NULL]);
    assert_eq!(shift(i64::MAX), [NULL, NULL, NULL]);
}

#[test]
fn cumulative_sums_are_exact_and_null_where_the_row_is() {
    assert_eq!(
        windowed(
            Window::Cumulative(Cumulative::Sum),
            F64,
            floats([Some(1e100), Some(1.0), None, Some(-1e100), Some(0.5)])
        ),
        floats([Some(1e100), Some(1e100), None, Some(1.0), Some(1.5)])
    );
    assert_eq!(
        windowed(
            Window::Cumulative(Cumulative::Sum),
            I8,
            integers([None, Some(127), Some(127)])
        ),
        integers([None, Some(127), Some(254)])
    );
}

#[test]
fn a_cumulative_sum_recovers_after_leaving_its_type() {
    let mut program = Program::new();
    let table = program.table("t", 3);
    let most = i128::from(i64::MAX);
    let x = program.input(
        table,
        I64.required(),
        vec![integer(most), integer(1), integer(-2)],
    );
    let running = program.op(Op::Window(Window::Cumulative(Cumulative::Sum).into()), &[x]);
    let cells = program.cells(running);
    assert_eq!(cells.cell(0), &Cell::Value(integer(most)));
    assert!(cells.cell(1).error().is_some());
    assert_eq!(cells.cell(2), &Cell::Value(integer(most - 1)));
}

#[test]
fn rolling_sums_and_means() {
    let values = || floats([Some(1.0), Some(2.0), None, Some(4.0), Some(5.0)]);
    let sum = |rows, min_rows| {
        windowed(
            Window::rolling(Reduction::Sum, rows, min_rows),
            F64,
            values(),
        )
    };
    let mean = |rows, min_rows| {
        windowed(
            Window::rolling(Reduction::Mean, rows, min_rows),
            F64,
            values(),
        )
    };
    assert_eq!(sum(2, 2), floats([None, Some(3.0), None, None, Some(9.0)]));
    assert_eq!(
        sum(2, 1),
        floats([Some(1.0), Some(3.0), Some(2.0), Some(4.0), Some(9.0)])
    );
    assert_eq!(
        mean(3, 2),
        floats([None, Some(1.5), Some(1.5), Some(3.0), Some(4.5)])
    );
    assert_eq!(sum(1, 1), values());
    // No values at all: a sum of nothing, a mean of nothing.
    assert_eq!(sum(1, 0)[2], float(0.0));
    assert_eq!(mean(1, 0)[2], NULL);
    assert_eq!(sum(u64::MAX, 4)[4], float(12.0));
    assert_eq!(
        windowed(
            Window::rolling(Reduction::Mean, 2, 2),
            I32,
            integers([Some(1), Some(2), Some(4)])
        ),
        floats([None, Some(1.5), Some(3.0)])
    );
}

#[test]
fn what_left_the_window_leaves_no_trace() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    assert_eq!(
        windowed(
            Window::rolling(Reduction::Sum, 2, 1),
            F64,
            floats([
                Some(inf),
                Some(1.0),
                Some(nan),
                Some(0.25),
                Some(0.5),
                Some(1e300),
                Some(0.1),
                Some(0.2)
            ])
        ),
        floats([
            Some(inf),
            Some(inf),
            Some(nan),
            Some(nan),
            Some(0.75),
            Some(1e300),
            Some(1e300),
            Some(0.30000000000000004)
        ])
    );
}

#[test]
fn an_error_spoils_the_windows_it_is_in() {
    let mut program = Program::new();
    let table = program.table("t", 4);
    let x = program.input(
        table,
        I8.nullable(),
        integers([Some(1), Some(100), None, Some(3)]),
    );
    let doubled = program.op(Op::Add(Overflow::Raise), &[x, x]);
    let spoiled = |program: &Program, id| -> Vec<bool> {
        program
            .cells(id)
            .cells()
            .iter()
            .map(|cell| cell.error().is_some())
            .collect()
    };
    let rolling = Window::rolling(Reduction::Sum, 2, 2);
    let rolling = program.op(Op::Window(rolling.into()), &[doubled]);
    assert_eq!(spoiled(&program, rolling), [false, true, true, false]);
    let running = program.op(
        Op::Window(Window::Cumulative(Cumulative::Sum).into()),
        &[doubled],
    );
    assert_eq!(spoiled(&program, running), [false, true, true, true]);
    let shifted = program.op(Op::Window(Window::Shift { rows: 1 }.into()), &[doubled]);
    assert_eq!(spoiled(&program, shifted), [false, false, true, false]);
}

#[test]
fn windows_over_nothing() {
    assert_eq!(
        windowed(Window::Cumulative(Cumulative::Sum), F64, vec![]),
        []
    );
    assert_eq!(
        windowed(Window::rolling(Reduction::Mean, 3, 3), F64, vec![]),
        []
    );
}
