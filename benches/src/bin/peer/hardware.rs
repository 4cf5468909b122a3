//! What the machine can do, measured in the same run: moving bytes, multiplying, dividing.

use std::hint::black_box;
use std::time::{Duration, Instant};

use icosian_codegen::wide::{CpuLevel, Routine};
use rayon::prelude::*;

use crate::Failure;

/// Words moved at a time by one thread.
const CHUNK: usize = 8_192;

/// Buffers that copies share.
#[derive(Default)]
pub(crate) struct Hardware {
    source: Vec<u64>,
    target: Vec<u64>,
}

impl Hardware {
    /// Reads and writes so many bytes: copies what is both, and only reads or fills the rest.
    pub(crate) fn copy(
        &mut self,
        read: usize,
        written: usize,
        reused: bool,
        threads: usize,
    ) -> Result<Duration, Failure> {
        let (read, written) = (read / 8, written / 8);
        if self.source.len() < read.max(1) {
            self.source = (0..read.max(1) as u64).collect();
        }
        if !reused {
            self.target = Vec::new();
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?;
        if reused && self.target.len() < written {
            self.target = vec![0; written];
            pool.install(|| fill(&mut self.target));
        }
        let source = &self.source[..read];
        let started = Instant::now();
        if !reused {
            // Zeroed allocations of this size are pages that the system makes on first touch.
            self.target = vec![0; written];
        }
        let target = &mut self.target[..written];
        let both = read.min(written);
        pool.install(|| {
            let (copied, filled) = target.split_at_mut(both);
            copied
                .par_chunks_mut(CHUNK)
                .zip(source[..both].par_chunks(CHUNK))
                .for_each(|(to, from)| to.copy_from_slice(from));
            fill(filled);
            black_box(total(&source[both..]));
        });
        let time = started.elapsed();
        black_box(&mut self.target);
        Ok(time)
    }
}

fn fill(words: &mut [u64]) {
    words.par_chunks_mut(CHUNK).for_each(|part| part.fill(1));
}

fn total(words: &[u64]) -> u64 {
    words
        .par_chunks(CHUNK)
        .map(|part| CpuLevel::detect().run(Total(part)))
        .reduce(|| 0, u64::wrapping_add)
}

/// A sum that is as fast as words can be read.
struct Total<'a>(&'a [u64]);

impl Routine for Total<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut lanes = [0u64; 32];
        for part in self.0.chunks_exact(32) {
            for (lane, word) in lanes.iter_mut().zip(part) {
                *lane = lane.wrapping_add(*word);
            }
        }
        lanes.iter().fold(0, |sum, lane| sum.wrapping_add(*lane))
    }
}

/// Rounds of a compute loop.
const ROUNDS: usize = 2_000_000;
/// Independent chains: enough vectors that latency does not show.
const LANES: usize = 64;

/// Operations per second of a loop that touches no memory.
pub(crate) fn compute(what: &str, threads: usize) -> Result<f64, Failure> {
    let level = CpuLevel::detect();
    let one: fn(CpuLevel) -> f64 = match what {
        "multiply" => |level| level.run(MultiplyAdd),
        "divide" => |level| level.run(Divide),
        _ => return Err(format!("there is no loop for {what}").into()),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let started = Instant::now();
    pool.scope(|scope| {
        for _ in 0..threads {
            scope.spawn(move |_| {
                black_box(one(level));
            });
        }
    });
    let rounds = if what == "divide" { ROUNDS / 8 } else { ROUNDS };
    let operations = (threads * rounds * LANES) as f64;
    Ok(operations / started.elapsed().as_secs_f64())
}

/// Fused multiplications and additions.
struct MultiplyAdd;

impl Routine for MultiplyAdd {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [1.0f64; LANES];
        let (factor, term) = black_box((0.999_999, 1e-6));
        for _ in 0..ROUNDS {
            for lane in &mut lanes {
                *lane = lane.mul_add(factor, term);
            }
        }
        lanes.iter().sum()
    }
}

/// Divisions.
struct Divide;

impl Routine for Divide {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [1.5f64; LANES];
        let dividend = black_box(2.0);
        for _ in 0..ROUNDS / 8 {
            for lane in &mut lanes {
                *lane = dividend / *lane;
            }
        }
        lanes.iter().sum()
    }
}
