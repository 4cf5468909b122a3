//! A serving loop: what was learned on one table is used on single rows, by two threads, as a service would; and
//! windows over each customer's visits, by states that the service keeps.
//!
//! `cargo run --release --example serve`

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use icosian::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt32Array,
};
use icosian::{Flow, Inputs, RowPlan, WindowState};

const FLOW: &str = r#"
table customers { plan: str, spend: f64?, left: bool }         # those who are learned from
table places { code: str, height: u32 }
table visits { plan: str, place: str?, spend: f64?, days: i32, customer: str }  # those who are served

fit spend_mean = mean(customers.spend)
fit spend_std  = std(customers.spend)
fit by_plan    = customers group by plan { share = mean(f64(left)) }

z      = ((visits.spend ?? spend_mean) - spend_mean) / spend_std
risk   = by_plan[plan=visits.plan].share ?? 0.5        # target encoding
height = places[code=visits.place].height ?? 0
level  = match height { 0..=500: "low", _: "high" }
score  = risk + 0.1 * z / (days + 1)

usual  = visits.spend.rolling(7, min=1).mean() over visits.customer
more   = visits.spend / usual - 1
"#;

fn learned_from() -> Result<RecordBatch, Box<dyn Error>> {
    let plan: ArrayRef = Arc::new(StringArray::from(vec!["pro", "free", "free", "pro"]));
    let spend: ArrayRef = Arc::new(Float64Array::from(vec![
        Some(9.0),
        None,
        Some(3.0),
        Some(6.0),
    ]));
    let left: ArrayRef = Arc::new(BooleanArray::from(vec![false, true, true, true]));
    let columns = [
        ("plan", plan, false),
        ("spend", spend, true),
        ("left", left, false),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

fn places() -> Result<RecordBatch, Box<dyn Error>> {
    let code: ArrayRef = Arc::new(StringArray::from(vec!["AAH", "ZRH"]));
    let height: ArrayRef = Arc::new(UInt32Array::from(vec![190, 1_432]));
    Ok(RecordBatch::try_from_iter([
        ("code", code),
        ("height", height),
    ])?)
}

/// Answers requests, so many of them, and gives the sum of the scores.
fn serve(row: &mut RowPlan, requests: usize) -> Result<f64, icosian::Error> {
    // Names are looked up once; a slot knows its type.
    let (plan, place) = (row.input::<str>("plan")?, row.input::<str>("place")?);
    let (spend, days) = (row.input::<f64>("spend")?, row.input::<i32>("days")?);
    let score = row.output::<f64>("score")?;
    let mut sum = 0.0;
    for request in 0..requests {
        row.set(plan, if request % 2 == 0 { "pro" } else { "free" });
        row.set(place, "ZRH");
        match request % 3 {
            0 => row.set_null(spend),
            rest => row.set(spend, rest as f64),
        }
        row.set(days, (request % 30) as i32);
        row.run()?;
        sum += row.get(score).unwrap_or(0.0);
    }
    Ok(sum)
}

fn main() -> Result<(), Box<dyn Error>> {
    let flow = Flow::from_text(FLOW)?;
    // A service loads a state that was saved; here it is learned at once.
    let state = flow.fit(&Inputs::new().batches("customers", vec![learned_from()?]))?;
    let lookups = Inputs::new().batches("places", vec![places()?]);
    let selected = flow.select(&["visits.score", "visits.level"])?;
    let mut row = selected.with_state(&state)?.row_with(&lookups)?;
    println!("inputs: {:?}\noutputs: {:?}", row.inputs(), row.outputs());

    let (plan, days) = (row.input::<str>("plan")?, row.input::<i32>("days")?);
    let level = row.output::<str>("level")?;
    // What may be null and is not set is null.
    row.set(plan, "pro");
    row.set(days, 0);
    row.run()?;
    println!(
        "{:?} {:?}",
        row.get(row.output::<f64>("score")?),
        row.get(level)
    );

    // Each thread has a place of its own to work in; the machine code and tables are shared.
    let started = Instant::now();
    let requests = 100_000;
    let sums: Result<Vec<f64>, icosian::Error> = std::thread::scope(|scope| {
        let workers = [row.clone(), row.clone()]
            .map(|mut own| scope.spawn(move || serve(&mut own, requests)));
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().expect("it serves"));
        ended.collect()
    });
    let each = started.elapsed().as_nanos() / requests as u128;
    println!("{:?}, {each} ns for each request of a thread", sums?);

    // Several rows at once cost less for each.
    let mut many = row.with_rows(64)?;
    let score = many.output::<f64>("score")?;
    for at in 0..64 {
        many.set_at(plan, at, "free");
        many.set_at(days, at, at as i32);
    }
    many.run_rows(64)?;
    println!("the last of 64: {:?}", many.get_at(score, 63));

    // Windows go on from what was kept of the customer's last visit. The service keeps it where it likes.
    let mut row = flow.select(&["visits.more"])?.row()?;
    let (customer, spend) = (row.input::<str>("customer")?, row.input::<f64>("spend")?);
    let more = row.output::<f64>("more")?;
    let mut states: HashMap<&str, WindowState> = HashMap::new();
    for (who, amount) in [("ann", 4.0), ("bob", 50.0), ("ann", 8.0)] {
        row.set(customer, who);
        row.set(spend, amount);
        row.run_with(states.entry(who).or_default())?;
        println!("{who} spends {:+?} against the usual", row.get(more));
    }
    // Over a restart it goes as bytes.
    let saved = states["ann"].to_bytes();
    let mut restored = row.window_state(&saved)?;
    row.set(customer, "ann");
    row.run_with(&mut restored)?;
    println!("again: {:+?}", row.get(more));

    // One row does not decide what all rows make.
    let refused = flow.select(&["visits.score"])?.row();
    println!(
        "{}",
        refused
            .err()
            .map_or(String::new(), |error| error.render(false))
    );
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
