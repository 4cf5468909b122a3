//! An executor and a result builder of one's own.
//!
//! An executor decides where and in which order the rows of each pass run. This one cuts a pass into
//! pieces, runs them last to first, and sends their states through record batches, as one would to
//! another machine. The answer has the same bits, since no state depends on the order of merging.
//!
//! `cargo run --release --example executor`

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

use icosian::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use icosian::ir::id::PassId;
use icosian::ir::plan::Step;
use icosian::runtime::error::RunError;
use icosian::runtime::execute::{Params, PassOutput, Run, State};
use icosian::runtime::result::RunResult;
use icosian::{Executor, Flow, Inputs, ResultBuilder};

/// Runs each pass in pieces of so many rows.
struct Pieces {
    rows: usize,
}

impl Executor for Pieces {
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        run.run_pass(pass, params, rows)
    }

    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError> {
        let mut params = run.start();
        let mut result = RunResult::new(run);
        for step in run.steps() {
            match step {
                Step::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
                Step::Pass(pass) => {
                    let rows = run.rows(*pass, &params)?;
                    let mut merged = State::new(run.prepared(), *pass)?;
                    for start in (0..rows).step_by(self.rows).rev() {
                        let piece = start..rows.min(start + self.rows);
                        let output = self.pass(run, *pass, &params, piece)?;
                        output.output.into_iter().for_each(|part| result.add(part));
                        let sent = output.state.to_batches(run.prepared())?;
                        merged.merge(State::from_batches(run.prepared(), *pass, &sent)?)?;
                    }
                    run.finish_pass(merged, &mut params)?;
                }
            }
        }
        result.finish(run, &params)?;
        Ok(result)
    }
}

/// How many values each output has that are not null.
struct Counts;

impl ResultBuilder for Counts {
    type Output = BTreeMap<String, usize>;

    fn build(&self, result: &RunResult) -> Result<Self::Output, RunError> {
        let columns = result.columns().iter();
        columns
            .map(|column| {
                let array = result.array(column)?;
                Ok((column.name.clone(), array.len() - array.null_count()))
            })
            .collect()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let flow = Flow::from_text(
        "table t { x: f64? }
         centred = x - mean(x)
         so_far = x.cumulative_sum()
         total = sum(x)",
    )?;
    let prepared = flow.outputs().prepare()?;
    let x = (0..1_000_000).map(|row| (row % 10 != 3).then(|| f64::from(row).sin()));
    let x: ArrayRef = Arc::new(Float64Array::from_iter(x));
    let batch = RecordBatch::try_from_iter_with_nullable([("x", x, true)])?;
    let inputs = Inputs::new().batches("t", vec![batch]);

    let usual = prepared.run(&inputs)?;
    let pieces = prepared.run_with(&inputs, &Pieces { rows: 77_777 })?;
    assert_eq!(usual.arrays()?, pieces.arrays()?);
    println!("total: {:?}", pieces.scalar("total"));
    println!("{:?}", pieces.build(&Counts)?);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
