//! Windows along all rows, and lookups by order alone, on two threads and on one, into reused buffers.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use icosian::{Flow, Inputs, ParallelExecutor};
use icosian_benches::window_workloads::{WINDOW_WORKLOADS, looked_up};
use icosian_benches::workloads::Workload;
use icosian_runtime::memory::BufferPool;

/// Rows of every table: fewer than the workloads tell their figures for, so that all are measured in a minute.
const ROWS: usize = 1_000_000;

fn windows(criterion: &mut Criterion) {
    for workload in WINDOW_WORKLOADS {
        let workload = Workload {
            rows: ROWS,
            ..workload
        };
        let flow = Flow::from_text(workload.flow).expect("the flow checks");
        let prepared = flow.outputs().prepare().expect("the flow runs");
        let mut inputs = Inputs::new().batches(workload.table, vec![(workload.data)(ROWS)]);
        if let Some((table, data)) = looked_up(&workload) {
            inputs = inputs.batches(table, vec![data]);
        }
        let run = prepared.bind(&inputs).expect("the inputs fit");
        let run = run.with_pool(BufferPool::new(usize::MAX));
        let mut group = criterion.benchmark_group(workload.name);
        group.throughput(Throughput::Elements(ROWS as u64));
        group.sample_size(10);
        for threads in [2, 1] {
            let executor = ParallelExecutor::new(threads).expect("threads");
            group.bench_function(BenchmarkId::new("reused", threads), |bencher| {
                bencher.iter(|| prepared.execute(&run, &executor).expect("it runs"));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, windows);
criterion_main!(benches);
