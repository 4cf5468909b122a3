//! From text to a plan with machine code: flows of 10 to 100,000 nodes.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use icosian::Flow;
use icosian::Inputs;
use icosian_benches::{MARKETING, weekly};

/// A chain of `nodes` definitions, each needing the one before.
fn chain(nodes: usize) -> String {
    let mut text = String::from("table weekly { spend: f64, signups: f64 }\nn0 = spend\n");
    for node in 1..nodes {
        let before = node - 1;
        text.push_str(&format!("n{node} = n{before} * 0.5 + signups\n"));
    }
    text.push_str(&format!("output [n{}]\n", nodes - 1));
    text
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
    for nodes in [10, 1_000, 100_000] {
        let text = chain(nodes);
        group.bench_with_input(BenchmarkId::new("chain", nodes), &text, |bencher, text| {
            bencher.iter(|| run(text));
        });
    }
    group.finish();
}

criterion_group!(benches, text_to_first_result);
criterion_main!(benches);
