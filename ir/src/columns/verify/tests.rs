//! Programs that hold, and what is said of those that don't.

use super::*;
use crate::columns::ColumnsBuilder;
use crate::columns::{Column, Output, Shape};
use crate::id::{InputId, NodeId};
use crate::op::{Overflow, Reduction};

fn id(index: usize) -> ColumnId {
    ColumnId::from_index(index)
}

/// Table t0 with c0: f64, t1 = t0 where c2, a group table t2 of t0 by c0.
fn program() -> ColumnsBuilder {
    let mut builder = ColumnsBuilder::new();
    let table = add_table(&mut builder, Rows::Source);
    let x = builder.input(table, "x", ScalarType::F64.required());
    let sum = builder.add(Op::Add(Overflow::Raise), vec![x, x]).unwrap();
    let test = Op::Compare(crate::op::Comparison::Less);
    let predicate = builder.add(test, vec![x, sum]).unwrap();
    let parent = table;
    add_table(&mut builder, filtered(parent, predicate));
    let keys = vec![x];
    add_table(
        &mut builder,
        Rows::Group {
            parent,
            keys,
            filter: None,
        },
    );
    builder
}

/// `parent where predicate`
fn filtered(parent: TableId, predicate: ColumnId) -> Rows {
    let selection = Selection::Where(predicate);
    Rows::Take { parent, selection }
}

fn add_table(builder: &mut ColumnsBuilder, rows: Rows) -> TableId {
    let name = "t".to_owned();
    builder.columns_mut().tables.push(Shape { name, rows })
}

fn table(index: usize) -> Domain {
    Domain::Rows(TableId::from_index(index))
}

/// The complaint about the program with one more column.
#[track_caller]
fn complaint(op: Op, args: &[usize], ty: Type, domain: Domain) -> String {
    let mut columns = program().finish();
    let args = args.iter().map(|arg| id(*arg)).collect();
    let nodes = Vec::new();
    columns.columns.push(Column {
        op,
        args,
        ty,
        domain,
        nodes,
    });
    match columns.verify() {
        Ok(()) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn sound_programs_pass() {
    assert_eq!(program().columns().verify(), Ok(()));
    assert_eq!(Columns::default().verify(), Ok(()));
    let f64 = ScalarType::F64;
    assert_eq!(complaint(Op::Take, &[1], f64.required(), table(1)), "none");
    assert_eq!(
        complaint(Op::Key(0), &[0], f64.required(), table(2)),
        "none"
    );
    // Declared nullable without need.
    assert_eq!(
        complaint(Op::Div, &[0, 1], f64.nullable(), table(0)),
        "none"
    );
    let op = Op::Reduce {
        reduction: Reduction::Mean,
        from: TableId::from_index(0),
        keys: 0,
    };
    assert_eq!(
        complaint(op.clone(), &[1], f64.required(), table(2)),
        "none"
    );
    assert_eq!(complaint(op, &[1], f64.nullable(), Domain::Scalar), "none");
}

#[test]
fn arguments_come_first_and_exist() {
    let f64 = ScalarType::F64.required();
    assert_eq!(
        complaint(Op::Div, &[3, 0], f64, table(0)),
        "c3 comes before c3, which it needs"
    );
    assert_eq!(
        complaint(Op::Div, &[0, 9], f64, table(0)),
        "c3 names c9, which does not exist"
    );
    assert_eq!(
        complaint(Op::Input(InputId::from_index(4)), &[], f64, table(0)),
        "c3 names in4, which does not exist"
    );
    assert_eq!(
        complaint(Op::Div, &[0, 1], f64, table(7)),
        "c3 names t7, which does not exist"
    );
}

#[test]
fn graph_ops_are_refused() {
    assert_eq!(
        complaint(
            Op::Node(NodeId::from_index(0)),
            &[],
            ScalarType::F64.required(),
            Domain::Scalar
        ),
        "c3: node is for graphs only"
    );
}

#[test]
fn types_and_rows_are_those_of_the_op() {
    let (f64, f32) = (ScalarType::F64, ScalarType::F32);
    assert_eq!(
        complaint(Op::Div, &[0, 1], f32.required(), table(0)),
        "c3 declares f32 [t0], its op gives f64 [t0]"
    );
    assert_eq!(
        complaint(Op::Div, &[0, 1], f64.required(), table(1)),
        "c3 declares f64 [t1], its op gives f64 [t0]"
    );
    assert_eq!(
        complaint(Op::And, &[0, 1], ScalarType::Bool.required(), table(0)),
        "c3: and takes two bools, found f64, f64"
    );
    let from = TableId::from_index(0);
    let op = Op::Reduce {
        reduction: Reduction::Mean,
        from,
        keys: 0,
    };
    assert_eq!(
        complaint(op, &[0], f64.required(), Domain::Scalar),
        "c3 declares f64 [scalar], its op gives f64? [scalar]"
    );
    assert_eq!(
        complaint(Op::Take, &[1], f64.required(), table(2)),
        "c3: not taken from the parent's column"
    );
    assert_eq!(
        complaint(Op::Key(1), &[0], f64.required(), table(2)),
        "c3: not the key at this position"
    );
    assert_eq!(
        complaint(
            Op::Literal(Value::Integer(128)),
            &[],
            ScalarType::I8.required(),
            Domain::Scalar
        ),
        "c3: a literal that is not of its type"
    );
}

#[test]
fn division_by_a_constant_need_not_be_nullable() {
    let ty = ScalarType::I32.required();
    let mut builder = program();
    let x = builder.input(TableId::from_index(0), "i", ty);
    for (divisor, sound) in [(7, true), (0, false)] {
        let divisor = builder.literal(Value::Integer(divisor), ty);
        builder.add_typed(Op::Rem, vec![x, divisor], ty, table(0));
        assert_eq!(builder.columns().verify().is_ok(), sound);
    }
}

#[test]
fn tables_are_made_of_their_parents() {
    let with_table = |rows: Rows| {
        let mut builder = program();
        add_table(&mut builder, rows);
        builder
            .columns()
            .verify()
            .map_err(|error| error.to_string())
    };
    let parent = TableId::from_index(0);
    let predicate = id(0);
    assert_eq!(
        with_table(filtered(parent, predicate)),
        Err("t3: filtered by a column that is no bool".to_owned())
    );
    let keys = vec![];
    assert_eq!(
        with_table(Rows::Group {
            parent,
            keys,
            filter: None,
        }),
        Err("t3: grouped by nothing".to_owned())
    );
    let (parent, predicate) = (TableId::from_index(1), id(2));
    assert_eq!(
        with_table(filtered(parent, predicate)),
        Err("t3: made by a column that is not of its parent".to_owned())
    );
    let (parent, predicate) = (TableId::from_index(3), id(2));
    assert_eq!(
        with_table(filtered(parent, predicate)),
        Err("t3 comes before t3, which it needs".to_owned())
    );
}

#[test]
fn outputs_exist() {
    let mut columns = program().finish();
    let name = "t.y".to_owned();
    let (node, column) = (NodeId::from_index(0), id(8));
    columns.outputs.push(Output { name, node, column });
    assert_eq!(
        columns.verify().map_err(|error| error.to_string()),
        Err("output t.y names c8, which does not exist".to_owned())
    );
}
