//! What programs become, and that the answers stay.

use std::collections::HashMap;

use super::rewrite;
use crate::columns::{Columns, ColumnsBuilder, Output, Rows, Selection, Shape};
use crate::id::{ColumnId, Id, NodeId, TableId};
use crate::interpret::{Cell, ColumnValues, interpret};
use crate::op::{CastMode, Comparison, Math, Op, Overflow, Reduction};
use crate::types::{Domain, ScalarType, Type};
use crate::value::Value;

const F64: Type = Type {
    scalar: ScalarType::F64,
    nullable: false,
};

/// A table `cities` with a column `x`, and `big = cities where x > 1`.
struct Example {
    builder: ColumnsBuilder,
    big: TableId,
    x: ColumnId,
    big_x: ColumnId,
}

fn example(ty: Type) -> Example {
    let mut builder = ColumnsBuilder::new();
    let shape = |name: &str, rows| Shape {
        name: name.to_owned(),
        rows,
    };
    let tables = &mut builder.columns_mut().tables;
    let cities = tables.push(shape("cities", Rows::Source));
    let big = tables.push(shape("big", Rows::Source));
    let x = builder.input(cities, "x", ty);
    let one = match ty.scalar {
        ScalarType::F64 => Value::F64(1.0),
        _ => Value::Integer(1),
    };
    let one = builder.literal(one, ty.scalar.required());
    let compare = Op::Compare(Comparison::Greater);
    let predicate = builder.add(compare, vec![x, one]).unwrap();
    builder.columns_mut().tables[big].rows = Rows::Take {
        parent: cities,
        selection: Selection::Where(predicate),
    };
    let domain = Domain::Rows(big);
    let big_x = builder.add_typed(Op::Take, vec![x], ty, domain);
    Example {
        builder,
        big,
        x,
        big_x,
    }
}

impl Example {
    fn reduce(&mut self, reduction: Reduction, args: Vec<ColumnId>) -> ColumnId {
        let from = self.big;
        let op = Op::Reduce {
            reduction,
            from,
            keys: 0,
        };
        self.builder.add(op, args).unwrap()
    }

    fn finish(mut self, outputs: &[ColumnId]) -> Columns {
        for column in outputs {
            self.builder.columns_mut().outputs.push(Output {
                name: column.to_string(),
                node: NodeId::from_index(0),
                column: *column,
            });
        }
        let columns = self.builder.finish();
        assert_eq!(columns.verify(), Ok(()));
        columns
    }
}

/// The outputs over these values of `x`, as text.
fn answers(columns: &Columns, x: &[Value]) -> Vec<String> {
    let inputs = (columns.columns.iter())
        .filter(|(_, column)| matches!(column.op, Op::Input(_)))
        .map(|(id, _)| {
            (
                id,
                ColumnValues::Rows(x.iter().cloned().map(Cell::Value).collect()),
            )
        });
    let outputs: Vec<ColumnId> = columns.outputs.iter().map(|output| output.column).collect();
    let rows = HashMap::new();
    let values = interpret(columns, &outputs, inputs.collect(), &rows).unwrap();
    let text = |id: &ColumnId| format!("{:?}", values[id]);
    outputs.iter().map(text).collect()
}

fn is_filtered(columns: &Columns) -> bool {
    let mut tables = columns.tables.values();
    tables.any(|shape| matches!(shape.rows, Rows::Take { .. }))
}

fn floats(values: &[f64]) -> Vec<Value> {
    let mut values: Vec<Value> = values.iter().copied().map(Value::F64).collect();
    values.push(Value::Null);
    values
}

#[test]
fn reductions_of_filtered_rows_go_to_the_parent() {
    let mut example = example(ScalarType::F64.nullable());
    let add = Op::Add(Overflow::Raise);
    let (x, big_x) = (example.x, example.big_x);
    let twice = example.builder.add(add, vec![big_x, big_x]).unwrap();
    let outputs = [
        example.reduce(Reduction::Sum, vec![twice]),
        example.reduce(Reduction::Len, vec![]),
        example.reduce(Reduction::Count, vec![big_x]),
        example.reduce(Reduction::Min, vec![twice]),
        example.reduce(Reduction::Cov { ddof: 1 }, vec![big_x, twice]),
    ];
    let columns = example.finish(&outputs);
    let rewritten = rewrite(&columns);
    assert_eq!(rewritten.verify(), Ok(()));
    assert!(is_filtered(&columns) && !is_filtered(&rewritten));
    let reads_x = |column: &crate::columns::Column| column.op == columns.column(x).op;
    assert!(rewritten.columns.values().any(reads_x));
    for x in [
        floats(&[]),
        floats(&[0.5, 1.0, -3.0]),
        floats(&[0.5, 2.0, f64::NAN, 3.0, -0.0, f64::INFINITY]),
        floats(&[1e300, 2.0, -1e300, 1e-300, 4.0]),
    ] {
        assert_eq!(answers(&rewritten, &x), answers(&columns, &x));
    }
}

/// Groups of `big` by `x` rounded down, with reductions of their rows.
fn groups_of_big(example: &mut Example, filter: Option<ColumnId>) -> Vec<ColumnId> {
    let (from, big_x) = (example.big, example.big_x);
    let key = example
        .builder
        .add(Op::Math(Math::Floor), vec![big_x])
        .unwrap();
    let groups = example.builder.columns_mut().tables.push(Shape {
        name: "groups".to_owned(),
        rows: Rows::Group {
            parent: from,
            keys: vec![key],
            filter,
        },
    });
    let domain = Domain::Rows(groups);
    let reduce = |example: &mut Example, reduction, args: &[ColumnId], ty| {
        let op = Op::Reduce {
            reduction,
            from,
            keys: 0,
        };
        example.builder.add_typed(op, args.to_vec(), ty, domain)
    };
    let first = Reduction::First { skip_null: false };
    vec![
        example
            .builder
            .add_typed(Op::Key(0), vec![key], F64, domain),
        reduce(example, Reduction::Sum, &[big_x], F64),
        reduce(example, Reduction::Len, &[], ScalarType::I64.required()),
        reduce(example, first, &[big_x], F64),
    ]
}

#[test]
fn groups_of_filtered_rows_go_to_the_parent() {
    for inner in [false, true] {
        let mut example = example(F64);
        let filter = inner.then(|| {
            let three = example.builder.literal(Value::F64(3.0), F64);
            let compare = Op::Compare(Comparison::LessOrEqual);
            let big_x = example.big_x;
            example.builder.add(compare, vec![big_x, three]).unwrap()
        });
        let mut outputs = groups_of_big(&mut example, filter);
        let big_x = example.big_x;
        outputs.push(example.reduce(Reduction::Sum, vec![big_x]));
        let columns = example.finish(&outputs);
        let rewritten = rewrite(&columns);
        assert_eq!(rewritten.verify(), Ok(()));
        assert!(is_filtered(&columns) && !is_filtered(&rewritten));
        for x in [
            &[][..],
            &[0.5, 1.0],
            &[5.5, 0.5, 2.25, 3.0, f64::NAN, 2.5, 5.0, -0.0, 1.5],
        ] {
            let x: Vec<Value> = x.iter().copied().map(Value::F64).collect();
            assert_eq!(answers(&rewritten, &x), answers(&columns, &x));
        }
    }
}

#[test]
fn groups_whose_keys_are_no_fused_ops_stay() {
    let mut example = example(F64);
    let big_x = example.big_x;
    example.big_x = example
        .builder
        .add(Op::Math(Math::Exp), vec![big_x])
        .unwrap();
    let outputs = groups_of_big(&mut example, None);
    let columns = example.finish(&outputs);
    assert!(is_filtered(&rewrite(&columns)));
}

#[test]
fn filtered_rows_that_something_else_needs_stay() {
    let mut delivered = example(F64);
    let big_x = delivered.big_x;
    let sum = delivered.reduce(Reduction::Sum, vec![big_x]);
    let columns = delivered.finish(&[sum, big_x]);
    assert!(is_filtered(&rewrite(&columns)));
    let mut ordered = example(F64);
    let big_x = ordered.big_x;
    let first = ordered.reduce(Reduction::First { skip_null: false }, vec![big_x]);
    let columns = ordered.finish(&[first]);
    assert!(is_filtered(&rewrite(&columns)));
}

#[test]
fn what_may_raise_stays_with_the_rows_it_belongs_to() {
    for (overflow, stays) in [(Overflow::Raise, true), (Overflow::Wrap, false)] {
        let mut example = example(ScalarType::I64.required());
        let big_x = example.big_x;
        let twice = example
            .builder
            .add(Op::Add(overflow), vec![big_x, big_x])
            .unwrap();
        let sum = example.reduce(Reduction::Sum, vec![twice]);
        let columns = example.finish(&[sum]);
        assert_eq!(is_filtered(&rewrite(&columns)), stays);
    }
    // Every i32 is an f64, not every one an i8.
    for (to, stays) in [(ScalarType::I8, true), (ScalarType::F64, false)] {
        let mut example = example(ScalarType::I32.required());
        let big_x = example.big_x;
        let cast = example
            .builder
            .add(Op::Cast(to, CastMode::Raise), vec![big_x])
            .unwrap();
        let greatest = example.reduce(Reduction::Max, vec![cast]);
        let columns = example.finish(&[greatest]);
        assert_eq!(is_filtered(&rewrite(&columns)), stays);
    }
}

#[test]
fn signs_leave_odd_functions() {
    let mut builder = ColumnsBuilder::new();
    let table = builder.columns_mut().tables.push(Shape {
        name: "t".to_owned(),
        rows: Rows::Source,
    });
    let x = builder.input(table, "x", ScalarType::F64.nullable());
    let half = builder.literal(Value::F64(0.5), F64);
    let mut outputs = Vec::new();
    for negative in [false, true] {
        let mut x = x;
        if negative {
            x = builder.add(Op::Neg(Overflow::Raise), vec![x]).unwrap();
        }
        let product = builder
            .add(Op::Mul(Overflow::Raise), vec![x, half])
            .unwrap();
        for math in [Math::Erf, Math::Asin, Math::Abs] {
            let odd = builder.add(Op::Math(math), vec![product]).unwrap();
            let quotient = builder.add(Op::Div, vec![half, odd]).unwrap();
            outputs.push(quotient);
            for op in [Op::Add(Overflow::Raise), Op::Sub(Overflow::Raise)] {
                outputs.push(builder.add(op.clone(), vec![half, odd]).unwrap());
                outputs.push(builder.add(op, vec![odd, odd]).unwrap());
            }
        }
    }
    for column in &outputs {
        builder.columns_mut().outputs.push(Output {
            name: column.to_string(),
            node: NodeId::from_index(0),
            column: *column,
        });
    }
    let columns = builder.finish();
    let rewritten = rewrite(&columns);
    assert_eq!(rewritten.verify(), Ok(()));
    let count = |columns: &Columns, math| {
        let of = |column: &&crate::columns::Column| column.op == Op::Math(math);
        columns.columns.values().filter(of).count()
    };
    assert_eq!(count(&columns, Math::Erf), 2);
    assert_eq!(count(&rewritten, Math::Erf), 1);
    let x = [
        0.0,
        -0.0,
        0.3,
        -1.7,
        5e-324,
        1e300,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    assert_eq!(
        answers(&rewritten, &floats(&x)),
        answers(&columns, &floats(&x))
    );
}
