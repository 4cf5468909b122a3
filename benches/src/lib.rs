//! Data that benchmarks share, and how a flow is measured.

pub mod filter_workloads;
pub mod key_workloads;
pub mod window_workloads;
pub mod workloads;

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use icosian::{Flow, Inputs, SerialExecutor};
use icosian_runtime::memory::BufferPool;

/// Numbers in `low..high`, the same in every run (a 64-bit linear congruential generator, Knuth's
/// multiplier).
pub fn uniform(rows: usize, seed: u64, low: f64, high: f64) -> Vec<f64> {
    let mut state = seed;
    (0..rows)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            low + (high - low) * ((state >> 11) as f64 / (1u64 << 53) as f64)
        })
        .collect()
}

/// The marketing flow's input: weekly spend and signups.
pub fn weekly(rows: usize) -> RecordBatch {
    let spend: ArrayRef = Arc::new(Float64Array::from(uniform(rows, 1, 1.0, 100.0)));
    let signups: ArrayRef = Arc::new(Float64Array::from(uniform(rows, 2, 1.0, 1000.0)));
    RecordBatch::try_from_iter([("spend", spend), ("signups", signups)])
        .expect("two columns of one length")
}

/// Hamilton's hello-world flow.
pub const MARKETING: &str = "
table weekly { spend: f64, signups: f64 }
avg_3wk_spend = weekly.spend.rolling(3).mean()
spend_per_signup = weekly.spend / weekly.signups
spend_mean = mean(weekly.spend)
spend_zero_mean = weekly.spend - spend_mean
spend_std_dev = std(weekly.spend)
spend_zero_mean_unit_variance = spend_zero_mean / spend_std_dev
";

/// A flow over [`weekly`]: a chain of so many definitions, each of which needs the one before.
pub fn chain(nodes: usize) -> String {
    let mut text = String::from("table weekly { spend: f64, signups: f64 }\nn0 = spend\n");
    for node in 1..nodes {
        let before = node - 1;
        text.push_str(&format!("n{node} = n{before} * 0.5 + signups\n"));
    }
    text.push_str(&format!("output last = [n{}]\n", nodes - 1));
    text
}

/// A group of benchmarks that are each over in a few seconds.
pub fn short_group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500));
    group
}

/// Measures a compiled flow on one thread, from Arrow to Arrow, into reused buffers.
pub fn measure(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, text: &str, inputs: &Inputs) {
    let flow = Flow::from_text(text).expect("the flow checks");
    let prepared = flow.outputs().prepare().expect("the flow is planned");
    let run = prepared.bind(inputs).expect("the inputs fit");
    let run = run.with_pool(BufferPool::new(usize::MAX));
    group.bench_function(name, |bencher| {
        bencher.iter(|| prepared.execute(&run, &SerialExecutor).expect("it runs"));
    });
}

/// The same, told as rows per second.
pub fn measure_rows(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    text: &str,
    inputs: &Inputs,
    rows: usize,
) {
    group.throughput(Throughput::Elements(rows as u64));
    measure(group, name, text, inputs);
}

/// Columns of each kind, the same in every run.
pub fn mixed(rows: usize) -> RecordBatch {
    let numbers = |seed: u64| uniform(rows, seed, 1.0, 2.0);
    let whole = |seed: u64, high: f64| {
        uniform(rows, seed, 0.0, high)
            .into_iter()
            .map(|value| value as i64)
            .collect::<Vec<i64>>()
    };
    let holes = uniform(rows, 9, 0.0, 1.0);
    let nullable: Float64Array = numbers(4)
        .into_iter()
        .zip(&holes)
        .map(|(value, hole)| (*hole > 0.1).then_some(value))
        .collect();
    let words: StringArray = whole(8, 1000.0)
        .into_iter()
        .map(|number| Some(format!("word {number}")))
        .collect();
    let dictionary = cast(
        &words,
        &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
    );
    let stamps = TimestampMicrosecondArray::from(
        whole(7, 2e9)
            .into_iter()
            .map(|second| second * 1_000_000)
            .collect::<Vec<i64>>(),
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", Arc::new(Float64Array::from(numbers(1)))),
        ("y", Arc::new(Float64Array::from(numbers(2)))),
        ("z", Arc::new(Float64Array::from(numbers(3)))),
        ("n", Arc::new(nullable)),
        ("i", Arc::new(Int64Array::from(whole(5, 1000.0)))),
        ("few", Arc::new(Int64Array::from(whole(6, 100.0)))),
        ("many", Arc::new(Int64Array::from(whole(10, rows as f64)))),
        ("at", Arc::new(stamps)),
        ("word", Arc::new(words)),
        ("code", dictionary.expect("text has a dictionary")),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// The table that [`mixed`] fills.
pub const MIXED: &str = "
table t {
    x: f64, y: f64, z: f64, n: f64?, i: i64, few: i64, many: i64
    at: timestamp[us], word: str, code: str
}
";

/// [`MIXED`] with definitions in it, all of which are delivered.
pub fn over_mixed(definitions: &str) -> String {
    format!("{MIXED}\nextend t {{\n{definitions}\n}}\n")
}
