//! Fused segments and wide routines over rows that fit the caches, on one thread: what a row costs
//! when memory does not.

use criterion::{Criterion, criterion_group, criterion_main};
use icosian::Inputs;
use icosian_benches::{measure_rows, mixed, over_mixed, short_group};

/// One morsel.
const ROWS: usize = 65_536;

/// A name, and definitions whose values are all delivered.
const FUSED: [(&str, &str); 8] = [
    ("one addition", "a = x + y"),
    (
        "three outputs, one division",
        "a = x + y\nb = (x - y) * z\nc = a / z",
    ),
    ("with nulls", "a = n + y\nb = (n - y) * z\nc = a / z"),
    ("select by comparison", "a = x if x > y else z"),
    ("fill nulls", "a = n ?? 0.0"),
    ("integers, checked", "a = i + few\nb = i * few"),
    ("integers, floor division", "a = i // 7\nb = i % 7"),
    ("casts", "a = f64(i)\nb = i32(i)"),
];

/// Mathematical functions, each alone.
const WIDE: [&str; 10] = [
    "exp(x)",
    "ln(x)",
    "pow(x, y)",
    "sin(x)",
    "tan(x)",
    "asin(x - 1)",
    "erf(x)",
    "tanh(x)",
    "atan2(x, y)",
    "year(at)",
];

fn kernels(criterion: &mut Criterion) {
    let inputs = Inputs::new().batches("t", vec![mixed(ROWS)]);
    let mut group = short_group(criterion, "fused");
    for (name, definitions) in FUSED {
        measure_rows(&mut group, name, &over_mixed(definitions), &inputs, ROWS);
    }
    group.finish();
    let mut group = short_group(criterion, "wide");
    for expression in WIDE {
        let text = over_mixed(&format!("a = {expression}"));
        measure_rows(&mut group, expression, &text, &inputs, ROWS);
    }
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
