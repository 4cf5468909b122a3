//! Each workload with fresh and with reused output buffers, on two threads and on one.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use icosian::{Flow, Inputs, ParallelExecutor};
use icosian_benches::workloads::WORKLOADS;
use icosian_runtime::memory::BufferPool;

fn workloads(criterion: &mut Criterion) {
    for workload in &WORKLOADS {
        let flow = Flow::from_text(workload.flow).expect("the flow checks");
        let prepared = flow.outputs().prepare().expect("the flow runs");
        let data = (workload.data)(workload.rows);
        let inputs = Inputs::new().batches(workload.table, vec![data]);
        let mut group = criterion.benchmark_group(workload.name);
        group.throughput(Throughput::Elements(workload.rows as u64));
        group.sample_size(10);
        for threads in [2, 1] {
            let executor = ParallelExecutor::new(threads).expect("threads");
            for (buffers, keep) in [("fresh", 0), ("reused", usize::MAX)] {
                let run = prepared.bind(&inputs).expect("the inputs fit");
                let run = run.with_pool(BufferPool::new(keep));
                group.bench_function(BenchmarkId::new(buffers, threads), |bencher| {
                    bencher.iter(|| prepared.execute(&run, &executor).expect("it runs"));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, workloads);
criterion_main!(benches);
