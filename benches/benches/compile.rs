//! From text to a plan with machine code: small flows in their two variants, flows of 10 to 100,000 nodes, and
//! a flow prepared again whose kernels are kept.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use icosian::{Flow, Inputs, KernelCache};
use icosian_benches::{MARKETING, chain, weekly};

/// Thirty outputs from six inputs that may be null.
fn thirty() -> String {
    let mut text =
        String::from("table t { a: f64?, b: f64?, c: f64?, d: f64?, e: f64?, f: f64? }\n");
    let inputs = ["t.a", "t.b", "t.c", "t.d", "t.e", "t.f"];
    for output in 0..30 {
        let input = |step: usize| inputs[(output * step + step) % inputs.len()];
        let (x, y, z) = (input(1), input(2), input(5));
        text.push_str(&format!(
            "o{output} = ({x} * {output}.5 + {y}) / ({z} * {z} + 1.0) if {x} > {y} else {z} - {output}.25\n"
        ));
    }
    text
}

/// Eight rows of six columns, each with a null.
fn six_columns() -> RecordBatch {
    let columns = ["a", "b", "c", "d", "e", "f"].map(|name| {
        let values = (0..8).map(|row| (row != 3).then_some(f64::from(row)));
        let column: ArrayRef = Arc::new(values.collect::<Float64Array>());
        (name, column)
    });
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn text_to_first_result(criterion: &mut Criterion) {
    let inputs = Inputs::new().batches("weekly", vec![weekly(8)]);
    let run = |text: &str| {
        let flow = Flow::from_text(text).expect("the flow checks");
        let prepared = flow.outputs().prepare().expect("the flow runs");
        prepared.run(&inputs).expect("it runs")
    };
    let mut group = criterion.benchmark_group("text to first result");
    group.sample_size(10);
    group.bench_function("marketing", |bencher| bencher.iter(|| run(MARKETING)));
    let text = thirty();
    let six = Inputs::new().batches("t", vec![six_columns()]);
    let run_thirty = |kernels: &KernelCache| {
        let flow = Flow::from_text(&text).expect("the flow checks");
        let flow = flow.with_kernels(kernels);
        let prepared = flow.outputs().prepare().expect("the flow runs");
        prepared.run(&six).expect("it runs")
    };
    group.bench_function("thirty outputs", |bencher| {
        bencher.iter(|| run_thirty(&KernelCache::default()));
    });
    let kept = KernelCache::default();
    group.bench_function("thirty outputs, kernels kept", |bencher| {
        bencher.iter(|| run_thirty(&kept));
    });
    for nodes in [10, 100, 1_000, 10_000, 100_000] {
        let text = chain(nodes);
        group.bench_with_input(BenchmarkId::new("chain", nodes), &text, |bencher, text| {
            bencher.iter(|| run(text));
        });
    }
    group.finish();
}

criterion_group!(benches, text_to_first_result);
criterion_main!(benches);
