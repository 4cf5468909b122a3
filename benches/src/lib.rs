//! Data that benchmarks share.

pub mod workloads;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};

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
