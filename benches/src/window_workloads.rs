//! Flows whose time is windows along all rows, and lookups by order alone.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Float64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;

use crate::uniform;
use crate::workloads::Workload;

/// Every workload of windows.
pub const WINDOW_WORKLOADS: [Workload; 11] = [
    of("ewm-mean", EWM_MEAN),
    of("ewm-null", EWM_NULL),
    of("forward-fill", FORWARD_FILL),
    of("cumulative-max", CUMULATIVE_MAX),
    of("rolling-max-null", ROLLING_MAX_NULL),
    of("rolling-max-null-1000", ROLLING_MAX_NULL_1000),
    of("rolling-mean-null", ROLLING_MEAN_NULL),
    of("rolling-mean-f32", ROLLING_MEAN_F32),
    of("time-mean", TIME_MEAN),
    of("time-max", TIME_MAX),
    of("as-of", AS_OF),
];

const fn of(name: &'static str, flow: &'static str) -> Workload {
    Workload {
        name,
        flow,
        table: "ticks",
        rows: 5_000_000,
        data: ticks,
        moved: (8, 8),
    }
}

/// What a workload looks up, besides its own table: the table's name, and as many rows as it is told for.
pub fn looked_up(workload: &Workload) -> Option<(&'static str, RecordBatch)> {
    (workload.name == "as-of").then(|| ("quotes", quotes(workload.rows)))
}

const EWM_MEAN: &str = "
table ticks { x: f64 }
smooth = ticks.x.ewm_mean(alpha=0.1)
output windows = [smooth]
";

const EWM_NULL: &str = "
table ticks { y: f64? }
smooth = ticks.y.ewm_mean(alpha=0.1)
output windows = [smooth]
";

const FORWARD_FILL: &str = "
table ticks { y: f64? }
filled = ticks.y.forward_fill()
output windows = [filled]
";

const CUMULATIVE_MAX: &str = "
table ticks { x: f64 }
highest = ticks.x.cumulative_max()
output windows = [highest]
";

const ROLLING_MAX_NULL: &str = "
table ticks { y: f64? }
highest = ticks.y.rolling(7, min=1).max()
output windows = [highest]
";

const ROLLING_MAX_NULL_1000: &str = "
table ticks { y: f64? }
highest = ticks.y.rolling(1000, min=1).max()
output windows = [highest]
";

const ROLLING_MEAN_NULL: &str = "
table ticks { y: f64? }
rolled = ticks.y.rolling(7, min=1).mean()
output windows = [rolled]
";

const ROLLING_MEAN_F32: &str = "
table ticks { z: f32 }
rolled = ticks.z.rolling(7).mean()
output windows = [rolled]
";

const TIME_MEAN: &str = "
table ticks { at: timestamp[us], x: f64 }
rolled = ticks.x.rolling(1m, on=ticks.at).mean()
output windows = [rolled]
";

const TIME_MAX: &str = "
table ticks { at: timestamp[us], x: f64 }
rolled = ticks.x.rolling(1m, on=ticks.at).max()
output windows = [rolled]
";

const AS_OF: &str = "
table quotes { at: timestamp[us], price: f64 }
table ticks { at: timestamp[us], x: f64 }
price = quotes[at<=ticks.at].price
output prices = [price]
";

/// Moments about a second apart, in order.
fn moments(rows: usize, seed: u64) -> ArrayRef {
    let mut at = 0.0;
    let steps = uniform(rows, seed, 0.0, 2e6).into_iter();
    Arc::new(TimestampMicrosecondArray::from_iter_values(steps.map(
        |step| {
            at += step;
            at as i64
        },
    )))
}

/// One `y` in ten is null.
fn ticks(rows: usize) -> RecordBatch {
    let valid: Vec<bool> = (uniform(rows, 4, 0.0, 1.0).iter())
        .map(|draw| *draw >= 0.1)
        .collect();
    let narrow = uniform(rows, 3, 0.0, 1.0).into_iter().map(|z| z as f32);
    let y = Float64Array::new(
        uniform(rows, 2, 0.0, 1.0).into(),
        Some(NullBuffer::from(valid)),
    );
    let columns: [(&str, ArrayRef); 4] = [
        ("at", moments(rows, 5)),
        (
            "x",
            Arc::new(Float64Array::from(uniform(rows, 1, 0.0, 1.0))),
        ),
        ("y", Arc::new(y)),
        ("z", Arc::new(Float32Array::from_iter_values(narrow))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn quotes(rows: usize) -> RecordBatch {
    let price = Float64Array::from(uniform(rows, 7, 0.0, 1.0));
    let columns: [(&str, ArrayRef); 2] = [("at", moments(rows, 6)), ("price", Arc::new(price))];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}
