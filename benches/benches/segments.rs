//! Segments that are more than arithmetic: filters, windows, text, lookups, functions of the host.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use icosian::{Flow, Inputs, SerialExecutor};
use icosian_benches::{MIXED, measure_rows, mixed, over_mixed, short_group};

const ROWS: usize = 262_144;

/// A name, and definitions whose values are all delivered.
const SEGMENTS: [(&str, &str); 14] = [
    ("rolling mean of 7", "a = x.rolling(7).mean()"),
    ("rolling mean of 1000", "a = x.rolling(1000).mean()"),
    ("rolling max of 7", "a = x.rolling(7).max()"),
    ("rolling max of 1000", "a = x.rolling(1000).max()"),
    ("rolling median of 50", "a = x.rolling(50).median()"),
    ("cumulative sum", "a = x.cumulative_sum()"),
    ("shift", "a = x.shift(1)"),
    ("shift over keys", "a = x.shift(1) over few"),
    ("rank", "a = rank(x)"),
    ("upper, 1000 words", "a = upper(word)"),
    ("upper, dictionary", "a = upper(code)"),
    ("contains, dictionary", "a = contains(code, \"99\")"),
    ("truncate to months", "a = truncate(at, 1mo)"),
    ("hash", "a = hash(i, word)"),
];

/// The same for whole flows.
const FLOWS: [(&str, &str); 3] = [
    (
        "filter, half",
        "table kept = t where x > 1.5\noutput o = [kept.x, kept.y]",
    ),
    (
        "filter, one in a hundred",
        "table kept = t where i < 10\noutput o = [kept.x, kept.y]",
    ),
    (
        "lookup by 100 keys",
        "table sums = t group by few { total = sum(x) }\na = sums[few=t.few].total\noutput o = [a]",
    ),
];

fn segments(criterion: &mut Criterion) {
    let inputs = Inputs::new().batches("t", vec![mixed(ROWS)]);
    let mut group = short_group(criterion, "segments");
    for (name, definitions) in SEGMENTS {
        measure_rows(&mut group, name, &over_mixed(definitions), &inputs, ROWS);
    }
    for (name, text) in FLOWS {
        measure_rows(&mut group, name, &format!("{MIXED}{text}"), &inputs, ROWS);
    }
    let text = format!("extern fn half(x: f64) -> f64\n{MIXED}a = half(t.x)\noutput o = [a]");
    let flow = Flow::from_text(&text).expect("the flow checks");
    let flow = flow.with_function("half", |arguments| {
        let x = arguments[0].as_primitive::<Float64Type>();
        Ok(Arc::new(x.unary::<_, Float64Type>(|x| x / 2.0)))
    });
    let prepared = flow.outputs().prepare().expect("the flow is planned");
    let run = prepared.bind(&inputs).expect("the inputs fit");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("function of the host", |bencher| {
        bencher.iter(|| prepared.execute(&run, &SerialExecutor).expect("it runs"));
    });
    group.finish();
}

criterion_group!(benches, segments);
criterion_main!(benches);
