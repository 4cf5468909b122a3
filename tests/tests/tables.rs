//! Derived tables over more rows than one morsel holds, on one thread, on two and in partitions,
//! against what the standard library makes of the same rows.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int32Type};
use icosian::{Executor, Flow, Inputs, ParallelExecutor, SerialExecutor};
use icosian_tests::data::Numbers;
use icosian_tests::partitions::Partitions;

const ROWS: usize = 150_000;

const FLOW: &str = "
param n: i64
table t { id: i32, k: str?, x: f64? }
extend t { from_mean = x - mean(x) }
table sorted = t order by k desc nulls first, x
table by_mean = t order by from_mean desc
table first = t limit n
table last = t tail n
table keys = t distinct k
table both = first union last
table middle = sorted limit n tail 10
table wide = t unpivot [x, from_mean] into name, value
output all = [
    sorted.id, sorted.from_mean, by_mean.id, first.id, last.from_mean, keys.id, keys.x, both.id,
    middle.id, wide.id, wide.value
]
";

struct Row {
    id: i32,
    k: Option<String>,
    x: Option<f64>,
}

fn rows() -> Vec<Row> {
    let mut numbers = Numbers(7);
    let mut row = |id: usize| Row {
        id: id as i32,
        k: (numbers.below(50) > 0).then(|| format!("key {}", numbers.below(3_000))),
        // Eighths are exact, so that the mean is; and they tie.
        x: (numbers.below(40) > 0).then(|| numbers.below(4_000) as f64 / 8.0 - 100.0),
    };
    (0..ROWS).map(&mut row).collect()
}

fn batches(rows: &[Row]) -> Vec<RecordBatch> {
    let batch = |rows: &[Row]| {
        let ids: Int32Array = rows.iter().map(|row| Some(row.id)).collect();
        let keys: StringArray = rows.iter().map(|row| row.k.as_deref()).collect();
        let values: Float64Array = rows.iter().map(|row| row.x).collect();
        let columns: [(&str, ArrayRef, bool); 3] = [
            ("id", Arc::new(ids), false),
            ("k", Arc::new(keys), true),
            ("x", Arc::new(values), true),
        ];
        RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
    };
    rows.chunks(40_001).map(batch).collect()
}

fn ids<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Vec<Option<f64>> {
    rows.into_iter()
        .map(|row| Some(f64::from(row.id)))
        .collect()
}

fn nulls_last(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// The outputs in their order.
fn expected(rows: &[Row], n: usize) -> Vec<Vec<Option<f64>>> {
    let known: Vec<f64> = rows.iter().filter_map(|row| row.x).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let from_mean = |row: &&Row| row.x.map(|x| x - mean);
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by(|a, b| {
        let by_key = match (&a.k, &b.k) {
            (Some(a), Some(b)) => b.as_bytes().cmp(a.as_bytes()),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        by_key.then_with(|| nulls_last(a.x, b.x, false))
    });
    let mut by_mean: Vec<&Row> = rows.iter().collect();
    by_mean.sort_by(|a, b| nulls_last(from_mean(a), from_mean(b), true));
    let mut seen = HashSet::new();
    let keys: Vec<&Row> = rows.iter().filter(|row| seen.insert(&row.k)).collect();
    let (first, last) = (&rows[..n], &rows[ROWS - n..]);
    vec![
        ids(sorted.iter().copied()),
        sorted.iter().map(from_mean).collect(),
        ids(by_mean),
        ids(first),
        last.iter().map(|row| from_mean(&row)).collect(),
        ids(keys.iter().copied()),
        keys.iter().map(|row| row.x).collect(),
        ids(first.iter().chain(last)),
        ids(sorted[n - 10..n].iter().copied()),
        ids(rows.iter().chain(rows)),
        rows.iter()
            .map(|row| row.x)
            .chain(rows.iter().map(|row| from_mean(&row)))
            .collect(),
    ]
}

fn values(array: &ArrayRef) -> Vec<Option<f64>> {
    match array.as_primitive_opt::<Int32Type>() {
        Some(integers) => integers.iter().map(|value| value.map(f64::from)).collect(),
        None => array.as_primitive::<Float64Type>().iter().collect(),
    }
}

#[test]
fn rows_of_rows_over_several_morsels() {
    let rows = rows();
    let n = 70_000;
    let flow = Flow::from_text(FLOW).expect("a flow");
    let prepared = flow.outputs().prepare().expect("a plan");
    let inputs = Inputs::new()
        .batches("t", batches(&rows))
        .param("n", icosian::Constant::Integer(n as i128));
    let expected = expected(&rows, n);
    let parallel = ParallelExecutor::new(2).expect("threads");
    let executors: [&dyn Executor; 3] = [&SerialExecutor, &parallel, &Partitions];
    for executor in executors {
        let output = prepared.run_with(&inputs, executor).expect("a run");
        let arrays = output.arrays().expect("arrays");
        let names = [
            "sorted.id",
            "sorted.from_mean",
            "by_mean.id",
            "first.id",
            "last.from_mean",
            "keys.id",
            "keys.x",
            "both.id",
            "middle.id",
            "wide.id",
            "wide.value",
        ];
        for (name, expected) in names.iter().zip(&expected) {
            let array = &arrays[*name];
            assert_eq!(array.len(), expected.len(), "{name}");
            assert!(values(array) == *expected, "{name}");
        }
    }
}
