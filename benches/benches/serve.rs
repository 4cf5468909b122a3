//! One row, as a service answers it: inputs set, computed, outputs read; elementwise alone, with what was
//! learned and a lookup into 100,000 rows, with windows, and some rows at once. Beside them a run over a batch of one row.
//!
//! Keys come in no order, so that a lookup finds the table outside the nearest caches.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use icosian::{Flow, Inputs, RowPlan, SerialExecutor, WindowState};
use icosian_benches::uniform;

const PLACES: usize = 100_000;

const FLOW: &str = "
table learned { spend: f64 }
table places { id: i64, code: str, weight: f64 }
table visits { id: i64, code: str, spend: f64, signups: f64, days: f64 }
fit spend_mean = mean(learned.spend)
fit spend_std = std(learned.spend)

centred = visits.spend - spend_mean
z = centred / spend_std
ratio = visits.spend / visits.signups
rate = ratio / (visits.days + 1.0)
mixed = z * 0.3 + rate * 0.7
score = mixed if mixed > 0.0 else 0.0

plain_centred = visits.spend - 50.0
plain_z = plain_centred / 28.0
plain_mixed = plain_z * 0.3 + rate * 0.7
plain = plain_mixed if plain_mixed > 0.0 else 0.0

by_id = score * places[id=visits.id].weight
by_code = score * places[code=visits.code].weight
";

fn places() -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(
        (0..PLACES as i64).map(|id| id * 7),
    ));
    let codes: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..PLACES).map(|id| format!("place-{}", id * 7)),
    ));
    let weights: ArrayRef = Arc::new(Float64Array::from(uniform(PLACES, 3, 0.0, 1.0)));
    RecordBatch::try_from_iter([("id", ids), ("code", codes), ("weight", weights)])
        .expect("columns of one length")
}

fn learned() -> RecordBatch {
    let spend: ArrayRef = Arc::new(Float64Array::from(uniform(1000, 4, 1.0, 100.0)));
    RecordBatch::try_from_iter([("spend", spend)]).expect("a column")
}

/// A plan for one output, and what it is fed.
struct Served {
    plan: RowPlan,
    spend: Vec<f64>,
    places: Vec<usize>,
    codes: Vec<String>,
}

impl Served {
    fn new(flow: &Flow, inputs: &Inputs, output: &str, rows: usize) -> Served {
        let state = flow.fit(inputs).expect("the fits");
        let selected = flow.select(&[output]).expect("an output");
        let selected = selected.with_state(&state).expect("its state");
        let plan = selected.row_with(inputs).expect("one row decides");
        let places: Vec<usize> = uniform(4096, 5, 0.0, PLACES as f64)
            .iter()
            .map(|place| *place as usize * 7)
            .collect();
        Served {
            plan: plan.with_rows(rows).expect("room"),
            spend: uniform(4096, 6, 1.0, 100.0),
            codes: places.iter().map(|id| format!("place-{id}")).collect(),
            places,
        }
    }

    /// Sets, runs and reads so many rows at once, the inputs that there are.
    fn serve(&mut self, output: &str, rows: usize) -> impl FnMut() -> f64 + '_ {
        let Served {
            plan,
            spend,
            places,
            codes,
        } = self;
        let slot = |name: &str| plan.input::<f64>(name).ok();
        let (of_spend, signups, days) = (slot("spend"), slot("signups"), slot("days"));
        let id = plan.input::<i64>("id").ok();
        let code = plan.input::<str>("code").ok();
        let out = plan.output::<f64>(output).expect("the output");
        let mut next = 0;
        move || {
            for row in 0..rows {
                next = (next + 1) % spend.len();
                if let Some(slot) = of_spend {
                    plan.set_at(slot, row, spend[next]);
                }
                if let Some(slot) = signups {
                    plan.set_at(slot, row, 3.0);
                }
                if let Some(slot) = days {
                    plan.set_at(slot, row, 9.0);
                }
                if let Some(slot) = id {
                    plan.set_at(slot, row, places[next] as i64);
                }
                if let Some(slot) = code {
                    plan.set_at(slot, row, &codes[next]);
                }
            }
            plan.run_rows(rows).expect("it runs");
            let found = (0..rows).map(|row| plan.get_at(out, row).unwrap_or(0.0));
            found.sum()
        }
    }
}

fn rows(criterion: &mut Criterion) {
    let flow = Flow::from_text(FLOW).expect("the flow checks");
    let inputs = Inputs::new()
        .batches("learned", vec![learned()])
        .batches("places", vec![places()]);
    let mut group = criterion.benchmark_group("one row");
    for (name, output) in [
        ("six nodes", "plain"),
        ("six nodes, two fits", "score"),
        ("six nodes, two fits, lookup by number", "by_id"),
        ("six nodes, two fits, lookup by text", "by_code"),
    ] {
        let mut served = Served::new(&flow, &inputs, output, 1);
        let mut serve = served.serve(output, 1);
        group.bench_function(name, |bencher| bencher.iter(|| black_box(serve())));
    }
    group.finish();

    let mut group = criterion.benchmark_group("rows at once, lookup by number");
    for rows in [8, 64, 1024] {
        let mut served = Served::new(&flow, &inputs, "by_id", rows);
        let mut serve = served.serve("by_id", rows);
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(rows.to_string(), |bencher| {
            bencher.iter(|| black_box(serve()));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("a run over one row");
    let prepared = flow
        .select(&["plain"])
        .and_then(|selected| selected.prepare());
    let prepared = prepared.expect("it is planned");
    let column = |value: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![value])) };
    let columns = [("spend", 10.0), ("signups", 3.0), ("days", 9.0)];
    let batch = RecordBatch::try_from_iter(columns.map(|(name, value)| (name, column(value))));
    let inputs = Inputs::new().batches("visits", vec![batch.expect("columns")]);
    group.bench_function("all cores", |bencher| {
        bencher.iter(|| prepared.run(&inputs).expect("it runs"));
    });
    group.bench_function("one thread", |bencher| {
        bencher.iter(|| {
            prepared
                .run_with(&inputs, &SerialExecutor)
                .expect("it runs")
        });
    });
    group.finish();
}

const WINDOWS: &str = "
table visits { customer: str, id: i64, t: timestamp[s], spend: f64 }
extend visits {
    over (customer order by t) {
        usual    = spend.rolling(7, min=1).mean()
        before   = spend.shift(1)
        long     = spend.rolling(1000, min=1).mean()
        spread   = spend.rolling(1000, min=1).std()
        best     = spend.rolling(1000, min=1).max()
        recent   = spend.rolling(1h).sum()
        total    = spend.cumulative_sum()
        smooth   = spend.ewm_mean(span=20)
    }
    id_usual = spend.rolling(7, min=1).mean() over id
    id_before = spend.shift(1) over id
    ratio    = usual / (before ?? 1.0)
    id_ratio = id_usual / (id_before ?? 1.0)
}";

/// A row with windows over a customer, whose state is at hand or one of many.
fn windows(criterion: &mut Criterion) {
    let flow = Flow::from_text(WINDOWS).expect("the flow checks");
    let mut group = criterion.benchmark_group("one row of a customer");
    for (name, output, customers) in [
        ("rolling(7).mean and shift", "ratio", 1),
        ("the same, by a number", "id_ratio", 1),
        ("the same, of 10,000 customers", "id_ratio", 10_000),
        ("rolling(1000).mean", "long", 1),
        ("rolling(1000).std", "spread", 1),
        ("rolling(1000).max", "best", 1),
        ("rolling(1h).sum", "recent", 1),
        ("cumulative_sum", "total", 1),
        ("ewm_mean", "smooth", 1),
    ] {
        let output = format!("visits.{output}");
        let selected = flow.select(&[&output]).expect("an output");
        let mut plan = selected.row().expect("windows that look back");
        let spend = plan.input::<f64>("spend").expect("an input");
        let customer = plan.input::<str>("customer").ok();
        let id = plan.input::<i64>("id").ok();
        let t = plan.input::<i64>("t").ok();
        let out = plan.output::<f64>(&output).expect("the output");
        let values = uniform(4096, 6, 1.0, 100.0);
        let mut states = vec![WindowState::new(); customers];
        let mut next = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                next += 1;
                let at = next * 7_919 % customers;
                if let Some(slot) = customer {
                    plan.set(slot, "customer 1");
                }
                if let Some(slot) = id {
                    plan.set(slot, at as i64);
                }
                if let Some(slot) = t {
                    plan.set(slot, next as i64);
                }
                plan.set(spend, values[next % values.len()]);
                plan.run_with(&mut states[at]).expect("it runs");
                black_box(plan.get(out))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rows, windows);
criterion_main!(benches);
