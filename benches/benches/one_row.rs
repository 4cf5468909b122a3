//! Serving: one row at a time, prepared before; and a few at a time.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use icosian::{Flow, Inputs};
use icosian_benches::{short_group, uniform};

const PEOPLE: usize = 100_000;

fn tables() -> Inputs {
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..PEOPLE as i64));
    let weight: ArrayRef = Arc::new(Float64Array::from(uniform(PEOPLE, 1, 0.0, 1.0)));
    let people = RecordBatch::try_from_iter([("id", Arc::clone(&id)), ("weight", weight)]);
    let spend: ArrayRef = Arc::new(Float64Array::from(uniform(PEOPLE, 2, 1.0, 100.0)));
    let visits = [
        ("person", id),
        ("spend", Arc::clone(&spend)),
        ("signups", spend),
    ];
    let visits = RecordBatch::try_from_iter(visits);
    Inputs::new()
        .batches("people", vec![people.expect("columns of one length")])
        .batches("visits", vec![visits.expect("columns of one length")])
}

fn one_row(criterion: &mut Criterion) {
    let mut group = short_group(criterion, "one row");

    let flow = Flow::from_text(include_str!("../peers/flows/one_row_plain.flow"));
    let flow = flow.expect("the flow checks");
    let mut row = flow.outputs().row().expect("a row decides it");
    let spend = row.input::<f64>("spend").expect("an input");
    let score = row.output::<f64>("score").expect("an output");
    group.bench_function("six nodes of arithmetic", |bencher| {
        bencher.iter(|| {
            row.set(spend, 21.0);
            row.run().expect("it runs");
            row.get(score)
        });
    });

    let flow = Flow::from_text(include_str!("../peers/flows/one_row.flow"));
    let flow = flow.expect("the flow checks");
    let inputs = tables();
    let state = flow.fit(&inputs).expect("there is something to learn from");
    let outputs = flow.outputs().with_state(&state).expect("its own state");
    let row = outputs.row_with(&inputs).expect("a row decides it");
    for rows in [1, 16, 256] {
        let mut row = row.clone().with_rows(rows).expect("there is room");
        let person = row.input::<i64>("person").expect("an input");
        let spend = row.input::<f64>("spend").expect("an input");
        let score = row.output::<f64>("score").expect("an output");
        let name = BenchmarkId::new("six nodes, two fits, a lookup", rows);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for at in 0..rows {
                    row.set_at(person, at, 7919 * at as i64 % PEOPLE as i64);
                    row.set_at(spend, at, 21.0);
                }
                row.run_rows(rows).expect("it runs");
                row.get_at(score, rows - 1)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, one_row);
criterion_main!(benches);
