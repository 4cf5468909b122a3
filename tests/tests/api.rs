//! The library from outside: an executor and a result builder of the caller's own, overrides,
//! parameters, lineage, several threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::Float64Type;
use icosian::{
    Backend, Constant, ErrorKind, Flow, FlowBuilder, Inputs, ResultBuilder, ScalarType,
    SerialExecutor,
};
use icosian_runtime::error::RunError;
use icosian_runtime::result::RunResult;
use icosian_tests::partitions::Partitions;

const FLOW: &str = "
param floor: f64 = 0.0
table t { x: f64?, key: str, n: i32 }
y = x * 2
centred = y - mean(y)
share = y / sum(y) over key
recent = x.rolling(3, min=1).mean()
so_far = n.cumulative_sum()
above = y > floor
total = sum(y)
";

fn table(rows: usize) -> RecordBatch {
    let x: Float64Array = (0..rows)
        .map(|row| (row % 7 != 3).then(|| (row as f64).sin() * 1e3))
        .collect();
    let key: StringArray = (0..rows)
        .map(|row| Some(["a", "b", "c"][row * row % 3]))
        .collect();
    let n: Int32Array = (0..rows).map(|row| Some((row % 11) as i32 - 5)).collect();
    let columns: [(&str, ArrayRef, bool); 3] = [
        ("x", Arc::new(x), true),
        ("key", Arc::new(key), false),
        ("n", Arc::new(n), false),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}

/// How many values each output has.
struct Counts;

impl ResultBuilder for Counts {
    type Output = BTreeMap<String, usize>;

    fn build(&self, result: &RunResult) -> Result<Self::Output, RunError> {
        let count = |column| {
            Ok::<usize, RunError>({
                let array = result.array(column)?;
                array.len() - array.null_count()
            })
        };
        result
            .columns()
            .iter()
            .map(|column| Ok((column.name.clone(), count(column)?)))
            .collect()
    }
}

#[test]
fn an_executor_from_outside_gives_the_same_bits() {
    let prepared = Flow::from_text(FLOW).unwrap().outputs().prepare().unwrap();
    for rows in [0, 1, 10, 1_000, 200_001] {
        let inputs = Inputs::new().batches("t", vec![table(rows)]);
        let backwards = prepared
            .run_with(&inputs, &Partitions)
            .unwrap()
            .arrays()
            .unwrap();
        let serial = prepared
            .run_with(&inputs, &SerialExecutor)
            .unwrap()
            .arrays()
            .unwrap();
        let parallel = prepared.run(&inputs).unwrap().arrays().unwrap();
        assert_eq!(backwards, serial, "{rows} rows");
        assert_eq!(parallel, serial, "{rows} rows");
    }
}

#[test]
fn both_backends_agree() {
    let flow = Flow::from_text(FLOW).unwrap();
    let inputs = Inputs::new().batches("t", vec![table(3_000)]);
    let jit = flow
        .outputs()
        .prepare()
        .unwrap()
        .run(&inputs)
        .unwrap()
        .arrays()
        .unwrap();
    let interpreted = flow
        .outputs()
        .backend(Backend::Interpreter)
        .prepare()
        .unwrap();
    assert_eq!(interpreted.run(&inputs).unwrap().arrays().unwrap(), jit);
}

#[test]
fn a_result_builder_from_outside_sees_every_output() {
    let prepared = Flow::from_text(FLOW).unwrap().outputs().prepare().unwrap();
    let inputs = Inputs::new().batches("t", vec![table(14)]);
    let counts = prepared.run(&inputs).unwrap().build(&Counts).unwrap();
    assert_eq!(counts["t.y"], 12);
    assert_eq!(counts["t.so_far"], 14);
    assert_eq!(counts["total"], 1);
}

#[test]
fn prepared_flows_run_again_with_other_params_and_from_several_threads() {
    let flow = Flow::from_text(FLOW).unwrap();
    let prepared = flow.select(&["above"]).unwrap().prepare().unwrap();
    let run = |floor: f64| {
        let inputs = Inputs::new()
            .batches("t", vec![table(100)])
            .param("floor", Constant::F64(floor));
        let batch = prepared.run(&inputs).unwrap().table("t").unwrap();
        batch.column(0).as_boolean().true_count()
    };
    let (all, none) = (run(-1e9), run(1e9));
    assert_eq!((all, none), (86, 0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(run(-1e9), 86));
        }
    });
}

#[test]
fn an_overridden_node_cuts_what_is_above_it() {
    let flow = Flow::from_text(FLOW).unwrap();
    let inputs = Inputs::new().batches("t", vec![table(2)]);
    // With y set, x is not read: a table without it will do.
    let narrow = table(4).project(&[1, 2]).unwrap();
    let selection = flow.select(&["centred", "total"]).unwrap();
    let set = selection
        .clone()
        .set("y", Constant::F64(3.0))
        .unwrap()
        .prepare()
        .unwrap();
    let output = set.run(&Inputs::new().batches("t", vec![narrow])).unwrap();
    assert_eq!(output.scalar("total"), Some(&Constant::F64(12.0)));
    assert_eq!(output.table("t").unwrap().column(0).null_count(), 0);
    // Or with a column of its own.
    let given = selection.given("y").unwrap().prepare().unwrap();
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let output = given.run(&inputs.column("t.y", values)).unwrap();
    let batch = output.table("t").unwrap();
    assert_eq!(
        batch.column(0).as_primitive::<Float64Type>().values(),
        &[-0.5, 0.5]
    );
}

#[test]
fn lineage_names_what_depends_on_what() {
    let flow = Flow::from_text(FLOW).unwrap();
    assert_eq!(flow.upstream("centred").unwrap(), ["t.x", "t.y"]);
    assert_eq!(flow.downstream("floor").unwrap(), ["t.above"]);
    assert_eq!(
        flow.path("t.x", "total").unwrap(),
        Some(vec!["t.x", "t.y", "total"])
    );
    assert_eq!(flow.path("total", "t.x").unwrap(), None);
    let unknown = flow.upstream("centered").unwrap_err();
    assert!(unknown.to_string().contains("centered"));
}

#[test]
fn mistakes_are_told_before_data_is_read() {
    let flow = Flow::from_text(FLOW).unwrap();
    let prepared = flow.outputs().prepare().unwrap();
    let missing = prepared.run(&Inputs::new()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Flow);
    assert!(missing.to_string().contains("`t`"), "{missing}");
    let misspelt = Inputs::new()
        .batches("t", vec![table(1)])
        .param("flor", Constant::F64(1.0));
    let misspelt = prepared.run(&misspelt).unwrap_err();
    assert!(
        misspelt.render(false).contains("floor"),
        "{}",
        misspelt.render(false)
    );
    let cycle = Flow::from_text("a = b + 1\nb = c\nc = a")
        .unwrap_err()
        .to_string();
    assert!(
        cycle.contains('a') && cycle.contains('b') && cycle.contains('c'),
        "{cycle}"
    );
}

#[test]
fn graphs_built_in_rust_run_like_flows_of_text() {
    let builder = FlowBuilder::new();
    let t = builder.table("t");
    let x = t.column("x", ScalarType::F64.nullable());
    let key = t.column("key", ScalarType::Str.required());
    let y = builder.define("y", &x * 2.0);
    builder.define("centred", &y - y.mean());
    builder.define(
        "share",
        &y / y.reduce(icosian_ir::op::Reduction::Sum, &[&key]),
    );
    builder.define("total", y.sum());
    let built = Flow::from_graph(builder.finish().unwrap());
    let written = Flow::from_text(FLOW).unwrap();
    let inputs = Inputs::new().batches("t", vec![table(500)]);
    let names = ["t.centred", "t.share", "total"];
    let run = |flow: &Flow| {
        flow.select(&names)
            .unwrap()
            .prepare()
            .unwrap()
            .run(&inputs)
            .unwrap()
            .arrays()
            .unwrap()
    };
    assert_eq!(run(&built), run(&written));
    let mixed = FlowBuilder::new();
    let (a, b) = (mixed.table("a"), mixed.table("b"));
    let sum =
        &a.column("x", ScalarType::F64.required()) + &b.column("x", ScalarType::F64.required());
    mixed.define("sum", sum);
    assert!(mixed.finish().is_err());
}

#[test]
fn batches_come_in_order_and_together_are_the_table() {
    let flow = Flow::from_text(FLOW).unwrap();
    for rows in [0, 10, 1_500_000] {
        let inputs = Inputs::new().batches("t", vec![table(rows)]);
        for backend in [Backend::Jit, Backend::Interpreter] {
            if backend == Backend::Interpreter && rows > 10 {
                continue;
            }
            let prepared = flow.outputs().backend(backend).prepare().unwrap();
            let whole = prepared.run(&inputs).unwrap().table("t").unwrap();
            let batches = prepared.batches(&inputs, "t").unwrap();
            let batches: Vec<RecordBatch> = batches.collect::<Result<_, _>>().unwrap();
            assert_eq!(batches.len(), if rows > 10 { 2 } else { 1 });
            let together = concat_batches(&whole.schema(), &batches).unwrap();
            assert_eq!(together, whole, "{rows} rows");
        }
    }
}

#[test]
fn batches_end_with_the_batch_of_a_row_that_is_an_error() {
    let flow = Flow::from_text("table t { n: i32 }\nm = n * 2").unwrap();
    let mut n = vec![1; 1_100_000];
    n[1_050_000] = i32::MAX;
    let n: ArrayRef = Arc::new(Int32Array::from(n));
    let inputs = Inputs::new().batches("t", vec![RecordBatch::try_from_iter([("n", n)]).unwrap()]);
    let prepared = flow.outputs().prepare().unwrap();
    let mut batches = prepared.batches(&inputs, "t").unwrap();
    assert!(batches.next().unwrap().is_ok());
    let error = batches.next().unwrap().unwrap_err();
    assert!(error.to_string().contains("row 1050000"), "{error}");
    assert!(batches.next().is_none());

    let error = prepared.batches(&inputs, "u").unwrap_err();
    assert!(error.to_string().contains("no table `u`"), "{error}");
    let scalar = Flow::from_text("table t { n: i32 }\nm = sum(n)").unwrap();
    let prepared = scalar.outputs().prepare().unwrap();
    let error = prepared.batches(&inputs, "t").unwrap_err();
    assert!(error.to_string().contains("was selected"), "{error}");
}
