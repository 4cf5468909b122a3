//! What ends a pass: reductions, groups, sorts, joins, outputs.

use criterion::{Criterion, criterion_group, criterion_main};
use icosian::Inputs;
use icosian_benches::{MIXED, measure_rows, mixed, short_group};

const ROWS: usize = 262_144;

/// A name, and what stands below the table.
const SINKS: [(&str, &str); 15] = [
    ("output", "a = -t.x\noutput o = [a]"),
    ("sum", "a = sum(t.x)\noutput o = [a]"),
    ("sum of integers", "a = sum(t.i)\noutput o = [a]"),
    ("std", "a = std(t.x)\noutput o = [a]"),
    ("min", "a = min(t.x)\noutput o = [a]"),
    ("median", "a = median(t.x)\noutput o = [a]"),
    ("distinct words", "a = n_unique(t.word)\noutput o = [a]"),
    (
        "sum by 100 keys",
        "table g = t group by few { a = sum(x) }\noutput o = [g.*]",
    ),
    (
        "sum by many keys",
        "table g = t group by many { a = sum(x) }\noutput o = [g.*]",
    ),
    (
        "count by 1000 words",
        "table g = t group by word { a = len() }\noutput o = [g.*]",
    ),
    (
        "count by dictionary",
        "table g = t group by code { a = len() }\noutput o = [g.*]",
    ),
    (
        "share over 100 keys",
        "a = t.x / sum(t.x) over t.few\noutput o = [a]",
    ),
    ("sort", "table s = t order by x\noutput o = [s.x, s.i]"),
    (
        "sort, greatest ten",
        "table s = t order by x desc limit 10\noutput o = [s.x]",
    ),
    (
        "join by many keys",
        "table g = t group by many { a = len() }\ntable j = t join g = g[many=many]\noutput o = [j.g.a]",
    ),
];

fn sinks(criterion: &mut Criterion) {
    let inputs = Inputs::new().batches("t", vec![mixed(ROWS)]);
    let mut group = short_group(criterion, "sinks");
    for (name, text) in SINKS {
        measure_rows(&mut group, name, &format!("{MIXED}{text}"), &inputs, ROWS);
    }
    group.finish();
}

criterion_group!(benches, sinks);
criterion_main!(benches);
