//! From text to a plan with machine code: flows of 10 to 100,000 nodes.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use icosian::Flow;
use icosian::Inputs;
use icosian_benches::{MARKETING, chain, weekly};

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
