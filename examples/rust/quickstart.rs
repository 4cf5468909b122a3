//! A flow from text, prepared once and run over record batches.
//!
//! `cargo run --release --example quickstart`

use std::error::Error;
use std::sync::Arc;

use icosian::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use icosian::{Constant, Flow, Inputs};

const FLOW: &str = r#"
param floor: f64 = 0.0
table weekly { spend: f64?, signups: f64 }
avg_3wk_spend    = spend.rolling(3).mean()
spend_per_signup = spend / signups
spend_z          = (spend - mean(spend)) / std(spend)
good             = spend > floor
weeks_with_spend = count(spend)
"#;

fn weeks() -> Result<RecordBatch, Box<dyn Error>> {
    let spend = [
        Some(10.0),
        Some(10.0),
        None,
        Some(20.0),
        Some(40.0),
        Some(40.0),
    ];
    let spend: ArrayRef = Arc::new(Float64Array::from_iter(spend));
    let signups: ArrayRef = Arc::new(Float64Array::from_iter_values([
        1.0, 10.0, 50.0, 100.0, 200.0, 400.0,
    ]));
    let columns = [("spend", spend, true), ("signups", signups, false)];
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let flow = Flow::from_text(FLOW)?;
    // Only what the selection needs is planned: `weekly.good` and its parameter are not.
    let prepared = flow
        .select(&[
            "avg_3wk_spend",
            "spend_per_signup",
            "spend_z",
            "weeks_with_spend",
        ])?
        .prepare()?;
    let inputs = Inputs::new().batches("weekly", vec![weeks()?]);
    let output = prepared.run(&inputs)?;
    let weekly = output.table("weekly")?;
    for (field, column) in weekly.schema().fields().iter().zip(weekly.columns()) {
        println!("{}: {column:?}", field.name());
    }
    println!("weeks with spend: {:?}", output.scalar("weeks_with_spend"));

    // A parameter is given per run; nothing is compiled again.
    let good = flow.select(&["good"])?.prepare()?;
    for floor in [5.0, 15.0] {
        let output = good.run(&inputs.clone().param("floor", Constant::F64(floor)))?;
        println!("above {floor}: {:?}", output.arrays()?["weekly.good"]);
    }

    // A node's value may be given; nothing above it is walked, so here no input is read at all.
    let given = flow
        .select(&["weeks_with_spend"])?
        .set("weeks_with_spend", Constant::Integer(52))?
        .prepare()?
        .run(&Inputs::new())?;
    println!("given: {:?}", given.scalar("weeks_with_spend"));

    println!(
        "upstream of spend_z: {:?}",
        flow.upstream("weekly.spend_z")?
    );
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
