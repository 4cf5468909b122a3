//! Plans of small graphs, written by hand.

use super::columns_to_plan;
use crate::columns::Columns;
use crate::graph::{BinaryOperator, GraphBuilder, TableRows};
use crate::graph_to_columns::{Request, graph_to_columns};
use crate::id::NodeId;
use crate::op::{Comparison, Math, Reduction, Window};
use crate::plan::{Segment, Sink, Step};
use crate::types::ScalarType;
use crate::value::Value;

fn plan_text(builder: GraphBuilder, outputs: &[NodeId]) -> (Columns, String) {
    let graph = builder.finish();
    let request = Request {
        outputs: outputs.to_vec(),
        ..Request::default()
    };
    let columns = graph_to_columns(&graph, &request).expect("it lowers");
    assert_eq!(columns.verify(), Ok(()));
    let text = columns_to_plan(&columns).display(&columns).to_string();
    (columns, text)
}

#[test]
fn a_z_score_is_a_pass_of_reductions_and_a_pass_of_outputs() {
    let mut builder = GraphBuilder::new();
    let table = builder
        .table("weekly", "", TableRows::Source(None))
        .unwrap();
    let spend = builder
        .column(table, "spend", "spend", ScalarType::F64.required())
        .unwrap();
    let spend = builder.use_node(spend);
    let mean = builder
        .reduce(Reduction::Mean, table, Some(spend), &[])
        .unwrap();
    let std = builder
        .reduce(Reduction::Std { ddof: 1 }, table, Some(spend), &[])
        .unwrap();
    let difference = builder.binary(BinaryOperator::Sub, spend, mean).unwrap();
    let score = builder
        .binary(BinaryOperator::Div, difference, std)
        .unwrap();
    let score = builder.define(None, "score", score).unwrap();
    let (_, text) = plan_text(builder, &[score]);
    assert_eq!(
        text,
        "pass0 over t0 weekly
  reads c0
  sink reduce c1, c3
pass1 over t0 weekly
  reads c0
  params c1, c3
  fused  c0 -> c4
    c2: f64? = sub c0, c1
    c4: f64? = div c2, c3
  sink output c4
"
    );
}

#[test]
fn over_probes_the_group_table() {
    let mut builder = GraphBuilder::new();
    let table = builder.table("t", "", TableRows::Source(None)).unwrap();
    let key = builder
        .column(table, "key", "key", ScalarType::Str.required())
        .unwrap();
    let x = builder
        .column(table, "x", "x", ScalarType::F64.required())
        .unwrap();
    let (key, x) = (builder.use_node(key), builder.use_node(x));
    let total = builder
        .reduce(Reduction::Sum, table, Some(x), &[key])
        .unwrap();
    let share = builder.binary(BinaryOperator::Div, x, total).unwrap();
    let share = builder.define(None, "share", share).unwrap();
    let (columns, text) = plan_text(builder, &[share]);
    assert_eq!(
        text,
        "pass0 over t0 t
  reads c0, c1
  sink group t1 by c1 -> c2, c3
pass1 over t0 t
  reads c0, c1
  probe
    c4: row of t1 = lookup t1 keys=1 null_matches c2, c1
  gather
    c5: f64 = gather c4, c3
  fused  c0, c5 -> c6
    c6: f64 = div c0, c5
  sink output c6
"
    );
    assert_eq!(columns.tables.len(), 2);
}

#[test]
fn a_filter_is_spooled_and_its_mean_taken_from_the_rows_kept() {
    let mut builder = GraphBuilder::new();
    let table = builder.table("t", "", TableRows::Source(None)).unwrap();
    let x = builder
        .column(table, "x", "x", ScalarType::F64.required())
        .unwrap();
    let x = builder.use_node(x);
    let zero = builder.literal(Value::Integer(0));
    let predicate = builder.compare(Comparison::Greater, x, zero).unwrap();
    let rows = TableRows::Filter {
        parent: table,
        predicate,
    };
    let big = builder.table("big", "", rows).unwrap();
    let kept = builder.taken(big, x);
    let mean = builder
        .reduce(Reduction::Mean, big, Some(kept), &[])
        .unwrap();
    let mean = builder.define(None, "mean", mean).unwrap();
    let (_, text) = plan_text(builder, &[mean]);
    assert_eq!(
        text,
        "pass0 over t0 t
  reads c0
  fused  c0 -> c2
    c2: bool = gt c0, c1
  sink spool t1 where c2 -> c3
pass1 over t1 big
  reads c3
  sink reduce c4
"
    );
}

#[test]
fn routines_run_between_fused_segments_and_windows_add_up_their_halo() {
    let mut builder = GraphBuilder::new();
    let table = builder.table("t", "", TableRows::Source(None)).unwrap();
    let x = builder
        .column(table, "x", "x", ScalarType::F64.required())
        .unwrap();
    let x = builder.use_node(x);
    let double = builder.binary(BinaryOperator::Add, x, x).unwrap();
    let exp = builder.math(Math::Exp, &[double]).unwrap();
    let shifted = builder.window(Window::Shift { rows: 2 }, exp).unwrap();
    let rolled = builder
        .window(Window::rolling(Reduction::Mean, 7, 7), shifted)
        .unwrap();
    let out = builder.binary(BinaryOperator::Add, rolled, double).unwrap();
    let out = builder.define(None, "out", out).unwrap();
    let (columns, text) = plan_text(builder, &[out]);
    assert_eq!(
        text,
        "pass0 over t0 t halo 8 before, 0 after
  reads c0
  fused  c0 -> c1
    c1: f64 = add c0, c0
  wide
    c2: f64 = exp c1
  window
    c3: f64? = shift 2 c2
  window
    c4: f64? = rolling mean rows=7 min=7 c3
  fused  c1, c4 -> c5
    c5: f64? = add c4, c1
  sink output c5
"
    );
    assert_eq!(columns.outputs.len(), 1);
}

#[test]
fn a_long_chain_is_cut_into_bounded_segments() {
    let mut builder = GraphBuilder::new();
    let table = builder.table("t", "", TableRows::Source(None)).unwrap();
    let x = builder
        .column(table, "x", "x", ScalarType::F64.required())
        .unwrap();
    let mut node = x;
    for index in 0..10_000 {
        let value = builder.use_node(node);
        let source = builder.use_node(x);
        let next = builder.binary(BinaryOperator::Mul, value, source).unwrap();
        node = builder.define(None, &format!("n{index}"), next).unwrap();
    }
    let graph = builder.finish();
    let request = Request {
        outputs: vec![node],
        ..Request::default()
    };
    let columns = graph_to_columns(&graph, &request).unwrap();
    assert_eq!(columns.verify(), Ok(()));
    let plan = columns_to_plan(&columns);
    assert_eq!(plan.steps.len(), 1);
    let Step::Pass(pass) = plan.steps[0] else {
        panic!("one pass")
    };
    let pass = &plan.passes[pass];
    let lengths: Vec<usize> = pass
        .segments
        .iter()
        .map(|segment| match segment {
            Segment::Fused(fused) => fused.body.len(),
            other => panic!("only fused segments, found {other:?}"),
        })
        .collect();
    assert_eq!(lengths.iter().sum::<usize>(), 10_000);
    assert!(lengths.iter().all(|length| *length <= 256));
    assert!(matches!(&pass.sinks[..], [Sink::Output { columns }] if columns.len() == 1));
}

#[test]
fn shared_nodes_are_lowered_once() {
    let mut builder = GraphBuilder::new();
    let table = builder.table("t", "", TableRows::Source(None)).unwrap();
    let x = builder
        .column(table, "x", "x", ScalarType::F64.required())
        .unwrap();
    let mut node = x;
    for index in 0..60 {
        let value = builder.use_node(node);
        let next = builder.binary(BinaryOperator::Add, value, value).unwrap();
        node = builder.define(None, &format!("d{index}"), next).unwrap();
    }
    let (columns, _) = plan_text(builder, &[node]);
    assert_eq!(columns.columns.len(), 61);
}
