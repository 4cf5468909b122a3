//! Flows whose time is filters: rows kept, and what is computed of rows kept, by how many pass.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch};

use crate::uniform;
use crate::workloads::Workload;

/// Columns delivered as they are.
macro_rules! deliver {
    ($share:literal) => {
        concat!(
            "table events { spread: f64, a: f64, b: f64?, c: i64, d: i32 }\n",
            "table kept = events where spread < ",
            $share,
            "\noutput rows = [kept.a, kept.b, kept.c, kept.d]"
        )
    };
}

/// Columns computed before and after the filter.
macro_rules! compute {
    ($share:literal) => {
        concat!(
            "table events { spread: f64, a: f64, c: i64\n early = a * 2 + spread }\n",
            "table kept = events where spread < ",
            $share,
            "\nextend kept { late = early - a }\noutput rows = [kept.early, kept.late]"
        )
    };
}

/// A sum of little arithmetic.
macro_rules! sum {
    ($by:literal, $share:literal) => {
        concat!(
            "table events { ",
            $by,
            ": f64, a: f64, e: f64 }\ntable kept = events where ",
            $by,
            " < ",
            $share,
            "\ntotal = sum(kept.a * kept.e)\noutput totals = [total]"
        )
    };
}

/// A sum of much arithmetic.
macro_rules! exp {
    ($by:literal, $share:literal) => {
        concat!(
            "table events { ",
            $by,
            ": f64, a: f64, e: f64 }\ntable kept = events where ",
            $by,
            " < ",
            $share,
            "\ntotal = sum(exp(kept.a) * ln(kept.e))\noutput totals = [total]"
        )
    };
}
/// Every workload of filters: what is asked of the rows kept, of how many in a hundred; `run` where those that
/// pass stand together.
pub const FILTER_WORKLOADS: [Workload; 16] = [
    rows("keep-1", deliver!("0.01"), 28),
    rows("keep-10", deliver!("0.1"), 28),
    rows("keep-50", deliver!("0.5"), 28),
    rows("keep-90", deliver!("0.9"), 28),
    rows("keep-100", deliver!("1.0"), 28),
    rows("compute-50", compute!("0.5"), 16),
    rows("sum-1", sum!("spread", "0.01"), 0),
    rows("sum-10", sum!("spread", "0.1"), 0),
    rows("sum-50", sum!("spread", "0.5"), 0),
    rows("sum-90", sum!("spread", "0.9"), 0),
    rows("sum-run-10", sum!("run", "0.1"), 0),
    rows("exp-1", exp!("spread", "0.01"), 0),
    rows("exp-10", exp!("spread", "0.1"), 0),
    rows("exp-50", exp!("spread", "0.5"), 0),
    rows("exp-90", exp!("spread", "0.9"), 0),
    rows("exp-run-10", exp!("run", "0.1"), 0),
];

const fn rows(name: &'static str, flow: &'static str, written: usize) -> Workload {
    Workload {
        name,
        flow,
        table: "events",
        rows: 5_000_000,
        data: events,
        moved: (8 + if written > 0 { written } else { 16 }, written),
    }
}

/// The table that [`events`] fills.
pub const EVENTS: &str =
    "table events { spread: f64, run: f64, a: f64, b: f64?, c: i64, d: i32, e: f64 }\n";

/// `spread` and `run` are uniform in 0..1: spread over all rows, or ascending.
pub fn events(rows: usize) -> RecordBatch {
    let floats =
        |seed: u64| -> ArrayRef { Arc::new(Float64Array::from(uniform(rows, seed, 1.0, 2.0))) };
    let holes = uniform(rows, 3, 0.0, 1.0);
    let b = uniform(rows, 4, 1.0, 2.0).into_iter().zip(holes);
    let b: Float64Array = b
        .map(|(value, hole)| (hole > 0.1).then_some(value))
        .collect();
    let run = (0..rows).map(|row| row as f64 / rows as f64);
    let c = Int64Array::from_iter_values((0..rows as i64).map(|row| row * 7));
    let d = Int32Array::from_iter_values((0..rows as i32).map(|row| row % 1000));
    let spread = uniform(rows, 1, 0.0, 1.0);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("spread", Arc::new(Float64Array::from(spread))),
        ("run", Arc::new(Float64Array::from_iter_values(run))),
        ("a", floats(2)),
        ("b", Arc::new(b)),
        ("c", Arc::new(c)),
        ("d", Arc::new(d)),
        ("e", floats(5)),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}
