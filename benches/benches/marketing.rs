//! The marketing flow over 5 million rows beside copying its inputs (once per pass) and outputs,
//! with the same threads, into fresh and into reused buffers.
//!
//! The flow has two passes: the first reads `spend` for its mean and standard deviation, the second
//! reads both columns and writes four. So the copy moves seven columns.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use icosian::{Flow, Inputs, ParallelExecutor};
use icosian_benches::{MARKETING, uniform, weekly};
use icosian_runtime::memory::BufferPool;
use rayon::prelude::*;

const ROWS: usize = 5_000_000;
const THREADS: usize = 2;
/// Input columns read by the two passes, and output columns.
const COLUMNS: usize = 3 + 4;

fn flow(criterion: &mut Criterion) {
    let flow = Flow::from_text(MARKETING).expect("the flow checks");
    let prepared = flow.outputs().prepare().expect("the flow runs");
    let executor = ParallelExecutor::new(THREADS).expect("threads");
    let inputs = Inputs::new().batches("weekly", vec![weekly(ROWS)]);

    let mut group = criterion.benchmark_group("marketing");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.sample_size(20);
    let fresh = (prepared.bind(&inputs).expect("the inputs fit")).with_pool(BufferPool::new(0));
    group.bench_function("flow, fresh buffers", |bencher| {
        bencher.iter(|| prepared.execute(&fresh, &executor).expect("it runs"));
    });
    let pool = BufferPool::new(usize::MAX);
    let reused = prepared
        .bind(&inputs)
        .expect("the inputs fit")
        .with_pool(Arc::clone(&pool));
    group.bench_function("flow, reused buffers", |bencher| {
        bencher.iter(|| prepared.execute(&reused, &executor).expect("it runs"));
    });

    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .expect("threads");
    let source = uniform(ROWS, 3, 0.0, 1.0);
    let copy_all = |targets: &mut [Vec<f64>]| {
        threads.install(|| {
            for target in targets {
                target
                    .par_chunks_mut(65_536)
                    .zip(source.par_chunks(65_536))
                    .for_each(|(to, from)| to.copy_from_slice(from));
            }
        });
    };
    let mut targets = vec![vec![0.0; ROWS]; COLUMNS];
    group.bench_function("copy, reused buffers", |bencher| {
        bencher.iter(|| copy_all(black_box(&mut targets)));
    });
    group.bench_function("copy, fresh buffers", |bencher| {
        // Zeroed allocations of this size are pages that the system makes on first touch.
        bencher.iter_batched(
            || vec![vec![0.0; ROWS]; COLUMNS],
            |mut targets| {
                copy_all(&mut targets);
                targets
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, flow);
criterion_main!(benches);
