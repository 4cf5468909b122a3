//! Filters by how many rows pass, spread over all rows or standing together: rows delivered, and sums
//! of little and of much arithmetic.

use criterion::{Criterion, criterion_group, criterion_main};
use icosian::Inputs;
use icosian_benches::filter_workloads::{EVENTS, events};
use icosian_benches::{measure_rows, short_group};

const ROWS: usize = 262_144;

/// Of a hundred rows, so many pass.
const PASSING: [f64; 9] = [0.0, 0.1, 1.0, 5.0, 10.0, 25.0, 50.0, 90.0, 100.0];

/// What is asked of the rows kept.
const ASKED: [(&str, &str); 3] = [
    ("rows", "output rows = [kept.a, kept.b, kept.c, kept.d]"),
    (
        "sum",
        "total = sum(kept.a * kept.e)\noutput totals = [total]",
    ),
    (
        "sum of exp and ln",
        "total = sum(exp(kept.a) * ln(kept.e))\noutput totals = [total]",
    ),
];

fn filters(criterion: &mut Criterion) {
    let inputs = Inputs::new().batches("events", vec![events(ROWS)]);
    for (name, asked) in ASKED {
        let mut group = short_group(criterion, &format!("filters: {name}"));
        for (column, rows) in [("spread", "spread"), ("run", "together")] {
            for passing in PASSING {
                let share = passing / 100.0;
                let text =
                    format!("{EVENTS}table kept = events where {column} < {share:?}\n{asked}");
                let name = format!("{passing} % {rows}");
                measure_rows(&mut group, &name, &text, &inputs, ROWS);
            }
        }
        group.finish();
    }
}

criterion_group!(benches, filters);
criterion_main!(benches);
