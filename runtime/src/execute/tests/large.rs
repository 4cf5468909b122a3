//! Tables of several morsels.

use arrow::datatypes::DataType;
use icosian_ir::graph::{BinaryOperator, Partition};
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{Cumulative, Op, Overflow, RankMethod, Reduction, Window};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::cases::Flow;
use super::{Random, Runner, Variant};
use crate::execute::MORSEL_ROWS;

fn variants() -> Vec<Variant> {
    let variant = |chunk, offset, runner| Variant {
        chunk,
        offset,
        text: DataType::Utf8,
        runner,
    };
    vec![
        variant(usize::MAX, 0, Runner::Serial),
        variant(10_007, 3, Runner::Parallel),
        variant(usize::MAX, 65, Runner::Partitions(&[3, 47, 60])),
    ]
}

#[test]
fn windows_cross_morsels_and_partitions() {
    let rows = 2 * MORSEL_ROWS + 4321;
    let mut flow = Flow::new();
    let x = flow.column("x", ScalarType::F64, true);
    let i = flow.column("i", ScalarType::I32, true);
    let double = flow.builder.binary(BinaryOperator::Add, x, x).unwrap();
    let mut nodes = Vec::new();
    for window in [
        Window::Shift { rows: 100 },
        Window::Shift { rows: -70_000 },
        Window::rolling(Reduction::Mean, 1000, 900),
        Window::Cumulative(Cumulative::Sum),
    ] {
        nodes.push(flow.builder.window(window, double).unwrap());
        nodes.push(flow.builder.window(window, i).unwrap());
    }
    let sums = flow
        .builder
        .window(Window::Cumulative(Cumulative::Sum), i)
        .unwrap();
    let before = flow
        .builder
        .window(Window::Shift { rows: 2 }, sums)
        .unwrap();
    nodes.push(before);
    nodes.push(flow.builder.binary(BinaryOperator::Add, before, x).unwrap());
    for node in nodes {
        flow.output(node);
    }
    let mut random = Random(1);
    let data = vec![
        ("x", random.values(ScalarType::F64, true, rows)),
        ("i", random.values(ScalarType::I32, true, rows)),
    ];
    flow.case(data).check(&variants());
}

#[test]
fn windows_over_keys_meet_from_every_morsel() {
    let rows = MORSEL_ROWS + 4321;
    let mut flow = Flow::new();
    let key = flow.column("key", ScalarType::I32, true);
    let at = flow.column("at", ScalarType::I64, true);
    let x = flow.column("x", ScalarType::F64, true);
    let order = vec![(at, Direction::default())];
    let by_key = Partition {
        keys: vec![key],
        order: order.clone(),
    };
    let by_order = Partition {
        keys: Vec::new(),
        order,
    };
    let windows = [
        Window::Shift { rows: 3 },
        Window::Cumulative(Cumulative::Sum),
        Window::rolling(Reduction::MEDIAN, 7, 1),
        Window::rolling(Reduction::Std { ddof: 1 }, 5, 2),
        Window::rolling(Reduction::Mean, 400, 1),
        Window::Fill {
            backward: false,
            limit: u64::MAX,
        },
        Window::Rank {
            method: RankMethod::Average,
            descending: false,
            fraction: false,
        },
    ];
    for partition in [by_key, by_order, Partition::default()] {
        for window in windows {
            let node = flow.builder.window_over(window, &[x], &partition);
            flow.output(node.unwrap());
        }
    }
    let mut random = Random(3);
    let keys = (0..rows)
        .map(|_| Value::Integer(i128::from(random.below(300))))
        .collect();
    let at = random.values(ScalarType::I64, true, rows);
    let x = random.values(ScalarType::F64, true, rows);
    flow.case(vec![("key", keys), ("at", at), ("x", x)])
        .check(&variants());
}

#[test]
fn rows_are_numbered_from_the_table_s_first() {
    let rows = 2 * MORSEL_ROWS + 4321;
    let mut values = vec![Value::Integer(1); rows];
    values[5] = Value::Null;
    values[MORSEL_ROWS + 7] = Value::Integer(i64::MAX.into());
    // Null stands for what overflows, or it is replayed and raised.
    for overflow in [Overflow::Null, Overflow::Raise] {
        let mut flow = Flow::new();
        let x = flow.column("x", ScalarType::I64, true);
        let (table, seed) = (flow.table, flow.builder.literal(Value::Integer(7)));
        let number = (flow.builder)
            .add(Op::RowNumber(table), Vec::new())
            .unwrap();
        let random = flow.builder.random(table, seed).unwrap();
        let shift = Window::Shift { rows: 1000 };
        let before = flow.builder.window(shift, number).unwrap();
        let sum = (flow.builder)
            .arithmetic(BinaryOperator::Add, overflow, number, x)
            .unwrap();
        for node in [number, random, before, sum] {
            flow.output(node);
        }
        flow.case(vec![("x", values.clone())]).check(&variants());
    }
}

#[test]
fn groups_meet_from_every_morsel() {
    let rows = 2 * MORSEL_ROWS + 11;
    let mut flow = Flow::new();
    let key = flow.column("key", ScalarType::I32, true);
    let x = flow.column("x", ScalarType::F64, true);
    let total = flow
        .builder
        .reduce(Reduction::Sum, flow.table, Some(x), &[key])
        .unwrap();
    let share = flow.builder.binary(BinaryOperator::Div, x, total).unwrap();
    flow.output(share);
    let mean = flow
        .builder
        .reduce(Reduction::Mean, flow.table, Some(share), &[])
        .unwrap();
    flow.output(mean);
    let mut random = Random(2);
    let keys = (0..rows)
        .map(|_| Value::Integer(i128::from(random.below(3000))))
        .collect();
    let x = random.values(ScalarType::F64, true, rows);
    flow.case(vec![("key", keys), ("x", x)]).check(&variants());
}

#[test]
fn the_lowest_row_fails_whoever_runs() {
    let rows = 3 * MORSEL_ROWS;
    let mut flow = Flow::new();
    let x = flow.column("x", ScalarType::I64, false);
    let twice = flow
        .builder
        .add(Op::Mul(Overflow::Raise), vec![x, x])
        .unwrap();
    flow.output(twice);
    let mut x = vec![Value::Integer(3); rows];
    for bad in [MORSEL_ROWS - 5, MORSEL_ROWS + 5, 2 * MORSEL_ROWS + 1] {
        x[bad] = Value::Integer(i64::MAX.into());
    }
    flow.case(vec![("x", x)]).check(&variants());
}
