//! Times workloads beside a plain copy of the bytes they must move, alternately in one process:
//! `profile [NAMES|all] [ROUNDS] [THREADS]`, names with commas between, or under a profiler.
//!
//! A line: medians in milliseconds with reused output buffers, with fresh ones, and of copying as
//! many bytes into reused memory (adding words up where nothing is written); in brackets the least
//! time that the processors were at it, over the threads, which tells something on a machine that
//! others use too; and the ratios to the copy.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use icosian::{Flow, Inputs, ParallelExecutor};
use icosian_benches::filter_workloads::FILTER_WORKLOADS;
use icosian_benches::key_workloads::KEY_WORKLOADS;
use icosian_benches::window_workloads::{WINDOW_WORKLOADS, looked_up};
use icosian_benches::workloads::{WORKLOADS, Workload};
use icosian_runtime::memory::BufferPool;
use rayon::prelude::*;

/// Words that a thread copies at a time.
const PIECE: usize = 65_536;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A time by the clock, and the time that processors took.
#[derive(Clone, Copy)]
struct Time {
    clock: f64,
    processors: f64,
}

/// Milliseconds that all threads of this process ran, where the system says so.
fn processors() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let run = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    run.sum::<f64>() / 1e6
}

fn milliseconds(work: impl FnOnce()) -> Time {
    let (start, before) = (Instant::now(), processors());
    work();
    Time {
        clock: start.elapsed().as_secs_f64() * 1e3,
        processors: processors() - before,
    }
}

fn run(workload: &Workload, rounds: usize, threads: usize) {
    let flow = Flow::from_text(workload.flow).expect("the flow checks");
    let prepared = flow.outputs().prepare().expect("the flow runs");
    let executor = ParallelExecutor::new(threads).expect("threads");
    let data = (workload.data)(workload.rows);
    let mut inputs = Inputs::new().batches(workload.table, vec![data]);
    if let Some((table, data)) = looked_up(workload) {
        inputs = inputs.batches(table, vec![data]);
    }
    let fresh = (prepared.bind(&inputs).expect("the inputs fit")).with_pool(BufferPool::new(0));
    let pool = BufferPool::keeping_for(usize::MAX, Duration::from_secs(3600));
    let reused = (prepared.bind(&inputs).expect("the inputs fit")).with_pool(Arc::clone(&pool));

    let workers = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads");
    let (read, written) = workload.moved;
    let words_read = workload.rows * read / 8;
    let words_written = workload.rows * written / 8;
    let source = vec![1u64; words_read.max(1)];
    let mut target = vec![2u64; words_written.max(1)];
    let mut copy = || {
        let total: u64 = workers.install(|| {
            // As many pieces of each as there are of the smaller: reads and writes go side by side.
            let pieces = words_read.div_ceil(PIECE).max(1);
            let to = target.par_chunks_mut(words_written.div_ceil(pieces).max(1));
            let from = source.par_chunks(PIECE);
            if words_written == 0 {
                return from.map(|from| from.iter().sum::<u64>()).sum();
            }
            to.zip(from).for_each(|(to, from)| {
                for to in to.chunks_mut(from.len()) {
                    to.copy_from_slice(&from[..to.len()]);
                }
                if to.len() < from.len() {
                    black_box(from[to.len()..].iter().sum::<u64>());
                }
            });
            0
        });
        black_box(total);
    };

    let mut times = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        times[0].push(milliseconds(|| {
            black_box(prepared.execute(&reused, &executor).expect("it runs"));
        }));
        times[1].push(milliseconds(|| {
            black_box(prepared.execute(&fresh, &executor).expect("it runs"));
        }));
        times[2].push(milliseconds(&mut copy));
    }
    let least = times.each_ref().map(|times| {
        let least = (times.iter()).map(|time: &Time| time.processors);
        least.fold(f64::INFINITY, f64::min) / threads as f64
    });
    let [reused, fresh, copied] =
        times.map(|times| median(times.iter().map(|time| time.clock).collect()));
    println!(
        "{:14} reused {reused:6.1} ({:6.1})  fresh {fresh:6.1} ({:6.1})  copy {copied:6.1} ({:6.1})  \
         reused/copy {:5.2} ({:5.2})  fresh/copy {:5.2} ({:5.2})",
        workload.name,
        least[0],
        least[1],
        least[2],
        reused / copied,
        least[0] / least[2],
        fresh / copied,
        least[1] / least[2],
    );
}

fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "all".to_owned());
    let rounds = args.next().and_then(|text| text.parse().ok()).unwrap_or(9);
    let threads = args.next().and_then(|text| text.parse().ok()).unwrap_or(2);
    let workloads = WORKLOADS.iter().chain(&KEY_WORKLOADS);
    let workloads = workloads.chain(&WINDOW_WORKLOADS);
    for workload in workloads.chain(&FILTER_WORKLOADS) {
        if name == "all" || name.split(',').any(|name| name == workload.name) {
            run(workload, rounds, threads);
        }
    }
}
