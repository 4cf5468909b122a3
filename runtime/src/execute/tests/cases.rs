//! Small tables: every kind of segment and sink.

use icosian_ir::graph::{BinaryOperator, GraphBuilder, TableRows};
use icosian_ir::id::{ExprId, NodeId, TableId};
use icosian_ir::op::{Comparison, Cumulative, Math, Op, Overflow, Reduction, Window};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::{Case, Random, Runner, variants};

/// Row counts around the borders of bytes, words and blocks.
const ROWS: [usize; 8] = [0, 1, 7, 8, 65, 1023, 1025, 2500];

pub(super) struct Flow {
    pub(super) builder: GraphBuilder,
    pub(super) table: TableId,
    pub(super) nodes: Vec<NodeId>,
}

impl Flow {
    pub(super) fn new() -> Flow {
        let mut builder = GraphBuilder::new();
        let table = builder.table("t", "", TableRows::Source(None)).unwrap();
        Flow {
            builder,
            table,
            nodes: Vec::new(),
        }
    }

    pub(super) fn column(&mut self, name: &str, scalar: ScalarType, nullable: bool) -> ExprId {
        let ty = if nullable {
            scalar.nullable()
        } else {
            scalar.required()
        };
        let node = self.builder.column(self.table, name, name, ty).unwrap();
        self.builder.use_node(node)
    }

    pub(super) fn output(&mut self, expression: ExprId) {
        let name = format!("out{}", self.nodes.len());
        let node = self.builder.define(None, &name, expression).unwrap();
        self.nodes.push(node);
    }

    pub(super) fn case(self, data: Vec<(&str, Vec<Value>)>) -> Case {
        Case::new(self.builder, &self.nodes, data)
    }
}

#[test]
fn fused_arithmetic_with_nulls() {
    for rows in ROWS {
        let mut flow = Flow::new();
        let x = flow.column("x", ScalarType::F64, true);
        let y = flow.column("y", ScalarType::F64, false);
        let b = flow.column("b", ScalarType::Bool, true);
        let i = flow.column("i", ScalarType::I32, true);
        let sum = flow.builder.binary(BinaryOperator::Add, x, y).unwrap();
        let ratio = flow.builder.binary(BinaryOperator::Div, sum, i).unwrap();
        let choice = flow.builder.add(Op::IfElse, vec![b, ratio, x]).unwrap();
        let less = flow.builder.compare(Comparison::Less, x, y).unwrap();
        let floor = flow.builder.binary(BinaryOperator::FloorDiv, i, i).unwrap();
        for node in [sum, ratio, choice, less, floor, x, b] {
            flow.output(node);
        }
        let mut random = Random(rows as u64);
        let data = vec![
            ("x", random.values(ScalarType::F64, true, rows)),
            ("y", random.values(ScalarType::F64, false, rows)),
            ("b", random.values(ScalarType::Bool, true, rows)),
            ("i", random.values(ScalarType::I32, true, rows)),
        ];
        flow.case(data).check(&variants());
    }
}

#[test]
fn reductions_of_every_kind() {
    for rows in ROWS {
        for scalar in [
            ScalarType::F64,
            ScalarType::F32,
            ScalarType::I8,
            ScalarType::I64,
            ScalarType::U32,
        ] {
            let mut flow = Flow::new();
            let x = flow.column("x", scalar, true);
            let b = flow.column("b", ScalarType::Bool, true);
            let s = flow.column("s", ScalarType::Str, true);
            for reduction in [
                Reduction::Sum,
                Reduction::Mean,
                Reduction::Min,
                Reduction::Max,
                Reduction::Var { ddof: 1 },
                Reduction::Std { ddof: 0 },
                Reduction::Count,
            ] {
                let node = flow
                    .builder
                    .reduce(reduction, flow.table, Some(x), &[])
                    .unwrap();
                flow.output(node);
            }
            for reduction in [Reduction::Any, Reduction::All, Reduction::Max] {
                let node = flow
                    .builder
                    .reduce(reduction, flow.table, Some(b), &[])
                    .unwrap();
                flow.output(node);
            }
            for reduction in [Reduction::Min, Reduction::Max, Reduction::Count] {
                let node = flow
                    .builder
                    .reduce(reduction, flow.table, Some(s), &[])
                    .unwrap();
                flow.output(node);
            }
            let len = flow
                .builder
                .reduce(Reduction::Len, flow.table, None, &[])
                .unwrap();
            flow.output(len);
            let mean = flow
                .builder
                .reduce(Reduction::Mean, flow.table, Some(x), &[])
                .unwrap();
            let centred = flow.builder.binary(BinaryOperator::Sub, x, mean).unwrap();
            flow.output(centred);
            let mut random = Random(rows as u64);
            let data = vec![
                ("x", random.values(scalar, true, rows)),
                ("b", random.values(ScalarType::Bool, true, rows)),
                ("s", random.values(ScalarType::Str, true, rows)),
            ];
            flow.case(data).check(&variants());
        }
    }
}

#[test]
fn groups_by_keys_of_every_kind() {
    let keys = [
        ScalarType::Str,
        ScalarType::F64,
        ScalarType::F32,
        ScalarType::I16,
        ScalarType::Bool,
        ScalarType::Date,
    ];
    for rows in [0, 9, 1025, 2500] {
        for (position, key) in keys.into_iter().enumerate() {
            let mut flow = Flow::new();
            let first = flow.column("first", key, true);
            let second = flow.column("second", keys[(position + 1) % keys.len()], false);
            let x = flow.column("x", ScalarType::F64, true);
            let s = flow.column("s", ScalarType::Str, true);
            let by = [first, second];
            for (reduction, value) in [
                (Reduction::Sum, Some(x)),
                (Reduction::Mean, Some(x)),
                (Reduction::Max, Some(s)),
                (Reduction::Len, None),
            ] {
                let node = flow
                    .builder
                    .reduce(reduction, flow.table, value, &by)
                    .unwrap();
                flow.output(node);
            }
            let rows_of = TableRows::Group {
                parent: flow.table,
                keys: by.to_vec(),
            };
            let group = flow.builder.table("g", "", rows_of).unwrap();
            let key = flow.builder.group_key(group, 0, first);
            flow.output(key);
            let count = flow
                .builder
                .reduce_in_group(Reduction::Count, group, flow.table, Some(x))
                .unwrap();
            let one = flow.builder.literal(Value::Integer(1));
            let more = flow
                .builder
                .binary(BinaryOperator::Add, count, one)
                .unwrap();
            flow.output(more);
            let mut random = Random(rows as u64);
            let data = vec![
                ("first", random.values(key_type(keys[position]), true, rows)),
                (
                    "second",
                    random.values(keys[(position + 1) % keys.len()], false, rows),
                ),
                ("x", random.values(ScalarType::F64, true, rows)),
                ("s", random.values(ScalarType::Str, true, rows)),
            ];
            flow.case(data).check(&variants());
        }
    }
}

fn key_type(scalar: ScalarType) -> ScalarType {
    scalar
}

#[test]
fn filters_keep_values() {
    for rows in ROWS {
        let mut flow = Flow::new();
        let x = flow.column("x", ScalarType::F64, true);
        let s = flow.column("s", ScalarType::Str, true);
        let b = flow.column("b", ScalarType::Bool, true);
        let i = flow.column("i", ScalarType::I16, false);
        let kept = TableRows::Filter {
            parent: flow.table,
            predicate: b,
        };
        let kept = flow.builder.table("kept", "", kept).unwrap();
        let mean = flow
            .builder
            .reduce(Reduction::Mean, flow.table, Some(x), &[])
            .unwrap();
        let above = flow.builder.binary(BinaryOperator::Sub, x, mean).unwrap();
        for column in [x, s, i, above, b] {
            let column = flow.builder.taken(kept, column);
            flow.output(column);
        }
        let few = flow.builder.taken(kept, x);
        let few = flow
            .builder
            .reduce(Reduction::Sum, kept, Some(few), &[])
            .unwrap();
        flow.output(few);
        let mut random = Random(rows as u64);
        let data = vec![
            ("x", random.values(ScalarType::F64, true, rows)),
            ("s", random.values(ScalarType::Str, true, rows)),
            ("b", random.values(ScalarType::Bool, true, rows)),
            ("i", random.values(ScalarType::I16, false, rows)),
        ];
        flow.case(data).check(&variants());
    }
}

#[test]
fn text_is_compared_chosen_and_carried() {
    for rows in ROWS {
        let mut flow = Flow::new();
        let s = flow.column("s", ScalarType::Str, true);
        let t = flow.column("t", ScalarType::Str, false);
        let b = flow.column("b", ScalarType::Bool, true);
        let jfk = flow.builder.literal(Value::Str("JFK".into()));
        for comparison in [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::GreaterOrEqual,
        ] {
            for (a, b) in [(s, jfk), (jfk, s), (s, t), (t, jfk)] {
                let node = flow.builder.compare(comparison, a, b).unwrap();
                flow.output(node);
            }
        }
        let is_jfk = flow.builder.compare(Comparison::Equal, s, jfk).unwrap();
        let choice = flow.builder.add(Op::IfElse, vec![is_jfk, t, s]).unwrap();
        let other = flow.builder.add(Op::IfElse, vec![b, jfk, s]).unwrap();
        let some = flow.builder.add(Op::Coalesce, vec![s, t]).unwrap();
        let missing = flow.builder.add(Op::IsNull, vec![s]).unwrap();
        let least = flow.builder.add(Op::Minimum, vec![s, t]).unwrap();
        let most = flow.builder.add(Op::Maximum, vec![choice, jfk]).unwrap();
        let before = flow.builder.window(Window::Shift { rows: 1 }, s).unwrap();
        let after = flow
            .builder
            .window(Window::Shift { rows: -3 }, choice)
            .unwrap();
        let same = flow.builder.compare(Comparison::Equal, before, s).unwrap();
        for node in [
            choice, other, some, missing, least, most, before, after, same, s, t,
        ] {
            flow.output(node);
        }
        let mut random = Random(rows as u64);
        let data = vec![
            ("s", random.values(ScalarType::Str, true, rows)),
            ("t", random.values(ScalarType::Str, false, rows)),
            ("b", random.values(ScalarType::Bool, true, rows)),
        ];
        flow.case(data).check(&variants());
    }
}

#[test]
fn windows_look_around() {
    for rows in ROWS {
        for scalar in [ScalarType::F64, ScalarType::F32, ScalarType::I32] {
            let mut flow = Flow::new();
            let x = flow.column("x", scalar, true);
            let double = flow.builder.binary(BinaryOperator::Add, x, x).unwrap();
            let mut nodes = Vec::new();
            for window in [
                Window::Shift { rows: 1 },
                Window::Shift { rows: -2 },
                Window::Shift { rows: 2000 },
                Window::rolling(Reduction::Sum, 3, 3),
                Window::rolling(Reduction::Mean, 7, 1),
                Window::rolling(Reduction::Mean, 1000, 2),
                Window::Cumulative(Cumulative::Sum),
            ] {
                nodes.push(flow.builder.window(window, double).unwrap());
                nodes.push(flow.builder.window(window, x).unwrap());
            }
            let previous = flow.builder.window(Window::Shift { rows: 1 }, x).unwrap();
            let difference = flow
                .builder
                .binary(BinaryOperator::Sub, x, previous)
                .unwrap();
            nodes.push(difference);
            let rolling = Window::rolling(Reduction::Mean, 5, 2);
            nodes.push(flow.builder.window(rolling, difference).unwrap());
            let sums = flow
                .builder
                .window(Window::Cumulative(Cumulative::Sum), x)
                .unwrap();
            nodes.push(
                flow.builder
                    .window(Window::Shift { rows: 3 }, sums)
                    .unwrap(),
            );
            for node in nodes {
                flow.output(node);
            }
            let mut random = Random(rows as u64);
            let data = vec![("x", random.values(scalar, true, rows))];
            flow.case(data).check(&variants());
        }
    }
}

#[test]
fn routines_run_wide() {
    for rows in [0, 9, 1025] {
        for scalar in [ScalarType::F64, ScalarType::F32] {
            let mut flow = Flow::new();
            let x = flow.column("x", scalar, true);
            let y = flow.column("y", scalar, false);
            let half = match scalar {
                ScalarType::F32 => Value::F32(0.5),
                _ => Value::F64(0.5),
            };
            let half = flow.builder.literal_of(half, scalar);
            for math in [Math::Exp, Math::Ln, Math::Sin, Math::Erf] {
                let node = flow.builder.math(math, &[x]).unwrap();
                flow.output(node);
            }
            let sum = flow.builder.binary(BinaryOperator::Add, x, y).unwrap();
            let power = flow.builder.math(Math::Pow, &[sum, half]).unwrap();
            let angle = flow.builder.math(Math::Atan2, &[y, x]).unwrap();
            let floor = flow.builder.binary(BinaryOperator::FloorDiv, x, y).unwrap();
            let rest = flow.builder.binary(BinaryOperator::Rem, x, half).unwrap();
            let mix = flow
                .builder
                .binary(BinaryOperator::Mul, power, rest)
                .unwrap();
            for node in [power, angle, floor, rest, mix] {
                flow.output(node);
            }
            let mut random = Random(rows as u64);
            let data = vec![
                ("x", random.values(scalar, true, rows)),
                ("y", random.values(scalar, false, rows)),
            ];
            flow.case(data).check(&variants());
        }
    }
}

#[test]
fn lookups_find_rows_of_another_table() {
    for rows in [0, 9, 1025, 2500] {
        let mut flow = Flow::new();
        let key = flow.column("key", ScalarType::Str, true);
        let number = flow.column("number", ScalarType::I32, true);
        let there = flow
            .builder
            .table("airports", "", TableRows::Source(None))
            .unwrap();
        let here = std::mem::replace(&mut flow.table, there);
        let code = flow.column("code", ScalarType::Str, true);
        let id = flow.column("id", ScalarType::I32, false);
        let height = flow.column("height", ScalarType::F64, true);
        let name = flow.column("name", ScalarType::Str, true);
        let flag = flow.column("flag", ScalarType::Bool, false);
        flow.table = here;
        let row = flow
            .builder
            .lookup(there, &[code, id], &[key, number])
            .unwrap();
        let two = flow
            .builder
            .binary(BinaryOperator::Add, height, height)
            .unwrap();
        for column in [height, name, flag, two, id] {
            let node = flow.builder.gather(row, column).unwrap();
            flow.output(node);
        }
        let mut random = Random(rows as u64);
        let codes = ["", "a", "b", "EWR", "JFK", "nowhere"];
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        for code in codes {
            for id in -2..=2 {
                pairs.push((Value::Str(code.into()), Value::Integer(id)));
            }
        }
        pairs.push((Value::Null, Value::Integer(0)));
        pairs.push((Value::Null, Value::Integer(0)));
        let there_rows = pairs.len();
        let (codes, ids) = pairs.into_iter().unzip();
        let data = vec![
            ("key", random.values(ScalarType::Str, true, rows)),
            ("number", random.values(ScalarType::I32, true, rows)),
            ("code", codes),
            ("id", ids),
            ("height", random.values(ScalarType::F64, true, there_rows)),
            ("name", random.values(ScalarType::Str, true, there_rows)),
            ("flag", random.values(ScalarType::Bool, false, there_rows)),
        ];
        flow.case(data).check(&variants());
    }
}

/// Integers that overflow in a few rows only; some of them are chosen away.
#[test]
fn row_errors_are_those_of_the_interpreter() {
    for rows in [9, 1025, 2500] {
        for bad in [0, rows / 2, rows - 1] {
            for guarded in [false, true] {
                let mut flow = Flow::new();
                let x = flow.column("x", ScalarType::I32, true);
                let b = flow.column("b", ScalarType::Bool, false);
                let sum = flow
                    .builder
                    .add(Op::Add(Overflow::Raise), vec![x, x])
                    .unwrap();
                let zero = flow.builder.literal_of(Value::Integer(0), ScalarType::I32);
                let safe = flow.builder.add(Op::IfElse, vec![b, sum, zero]).unwrap();
                let before = flow
                    .builder
                    .window(Window::Shift { rows: 2 }, safe)
                    .unwrap();
                flow.output(safe);
                flow.output(before);
                let mut random = Random(rows as u64);
                let mut x = random.values(ScalarType::I32, true, rows);
                x[bad] = Value::Integer(i32::MAX.into());
                let mut b = vec![Value::Bool(true); rows];
                if guarded {
                    b[bad] = Value::Bool(false);
                }
                flow.case(vec![("x", x), ("b", b)]).check(&variants());
            }
        }
    }
}

#[test]
fn sums_that_do_not_fit_are_errors_where_they_are_used() {
    for used in [false, true] {
        let mut flow = Flow::new();
        let x = flow.column("x", ScalarType::I64, false);
        let sum = flow
            .builder
            .reduce(Reduction::Sum, flow.table, Some(x), &[])
            .unwrap();
        let used = flow.builder.literal(Value::Bool(used));
        let param = flow
            .builder
            .param(
                "p",
                ScalarType::Bool.required(),
                Some(match flow.builder.constant(used) {
                    Some(value) => value.clone(),
                    None => Value::Null,
                }),
            )
            .unwrap();
        let param = flow.builder.use_node(param);
        let choice = flow.builder.add(Op::IfElse, vec![param, sum, x]).unwrap();
        flow.output(choice);
        let x = vec![Value::Integer(i64::MAX.into()); 20];
        flow.case(vec![("x", x)]).check(&variants());
    }
}

/// A value that is an error is kept by a filter or a lookup, and raised only where it is used.
#[test]
fn errors_are_kept_until_they_are_needed() {
    for guarded in [false, true] {
        let rows = 1500;
        let mut flow = Flow::new();
        let x = flow.column("x", ScalarType::I32, true);
        let b = flow.column("b", ScalarType::Bool, false);
        let guard = flow.column("guard", ScalarType::Bool, false);
        let key = flow.column("key", ScalarType::I64, false);
        let sum = flow
            .builder
            .add(Op::Add(Overflow::Raise), vec![x, x])
            .unwrap();
        let rows_kept = TableRows::Filter {
            parent: flow.table,
            predicate: b,
        };
        let kept = flow.builder.table("kept", "", rows_kept).unwrap();
        let sum_kept = flow.builder.taken(kept, sum);
        let guard_kept = flow.builder.taken(kept, guard);
        let zero = flow.builder.literal_of(Value::Integer(0), ScalarType::I32);
        let choice = flow
            .builder
            .add(Op::IfElse, vec![guard_kept, sum_kept, zero])
            .unwrap();
        flow.output(choice);
        let here = flow.table;
        let row = flow.builder.lookup(here, &[key], &[key]).unwrap();
        let there = flow.builder.gather(row, sum).unwrap();
        let there = flow
            .builder
            .add(Op::IfElse, vec![guard, there, zero])
            .unwrap();
        flow.output(there);
        let mut random = Random(3);
        let mut x = random.values(ScalarType::I32, true, rows);
        let mut guard = vec![Value::Bool(true); rows];
        for bad in [700, 1300] {
            x[bad] = Value::Integer(i32::MAX.into());
            guard[bad] = Value::Bool(!guarded);
        }
        let data = vec![
            ("x", x),
            ("b", vec![Value::Bool(true); rows]),
            ("guard", guard),
            ("key", (0..rows as i128).map(Value::Integer).collect()),
        ];
        // States with errors in them do not travel.
        let variants: Vec<_> = variants()
            .into_iter()
            .filter(|variant| !matches!(variant.runner, Runner::Partitions(_)))
            .collect();
        flow.case(data).check(&variants);
    }
}
