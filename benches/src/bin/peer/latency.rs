//! What a caller waits for: a flow's first result, and one row.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use icosian::ir::graph::{NodeKind, TableRows};
use icosian::{Flow, Inputs, ParallelExecutor};
use icosian_benches::uniform;
use icosian_runtime::arrow_types::arrow_type;

use crate::workload::read;
use crate::{Failure, Folders};

/// Rows for a first result: one block.
const ROWS: usize = 1024;

/// The time to check, plan and compile a flow and to run it over one block of rows. Nothing that was
/// compiled for another flow serves it.
pub(crate) fn first_result(text: &str, threads: usize) -> Result<Duration, Failure> {
    let inputs = block(text)?;
    let executor = ParallelExecutor::new(threads)?;
    let started = Instant::now();
    let flow = Flow::from_text(text)?;
    let prepared = flow.outputs().prepare()?;
    let output = prepared.run_with(&inputs, &executor)?;
    let time = started.elapsed();
    drop(output);
    Ok(time)
}

/// A block of numbers for each source table of a flow.
fn block(text: &str) -> Result<Inputs, Failure> {
    let flow = Flow::from_text(text)?;
    let graph = flow.graph();
    let numbers: ArrayRef = Arc::new(Float64Array::from(uniform(ROWS, 1, 1.0, 2.0)));
    let mut inputs = Inputs::new();
    for table in graph.tables.values() {
        if !matches!(table.rows, TableRows::Source(_)) {
            continue;
        }
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        for node in graph.nodes.values() {
            let name = node.name.strip_prefix(&format!("{}.", table.name));
            if let (Some(name), NodeKind::Column { .. }) = (name, &node.kind) {
                let ty = arrow_type(node.ty.scalar);
                columns.push(cast(&numbers, &ty)?);
                fields.push(Field::new(name, ty, node.ty.nullable));
            }
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        inputs = inputs.batches(&table.name, vec![batch]);
    }
    Ok(inputs)
}

/// Calls of one row that are timed together.
const CALLS: u32 = 1_000;

/// A table of 100,000 rows.
fn table(folders: &Folders, name: &str) -> Result<RecordBatch, Failure> {
    read(&folders.data.join(format!("{name}-100000.arrow")))
}

/// The median time of a row, set, computed and read, once everything is ready.
pub(crate) fn one_row(folders: &Folders, name: &str) -> Result<Duration, Failure> {
    let flow = Flow::from_text(&folders.flow(name)?)?;
    let mut inputs = Inputs::new();
    for table in ["people", "visits"] {
        if flow.graph().table(table).is_some() {
            inputs = inputs.batches(table, vec![self::table(folders, table)?]);
        }
    }
    let mut outputs = flow.outputs();
    if flow.graph().node("spend_mean").is_some() {
        outputs = outputs.with_state(&flow.fit(&inputs)?)?;
    }
    let names: Vec<String> = outputs.names().into_iter().map(str::to_owned).collect();
    // Rows of `visits` come one at a time; what was learned of them stands in the state.
    let people = match flow.graph().table("people").is_some() {
        true => Inputs::new().batches("people", vec![table(folders, "people")?]),
        false => Inputs::new(),
    };
    let mut row = outputs.row_with(&people)?;
    let wanted: Vec<&str> = row.inputs().iter().map(|(name, _)| *name).collect();
    let person = match wanted.contains(&"visits.person") {
        true => Some(row.input::<i64>("visits.person")?),
        false => None,
    };
    let (spend, signups) = (
        row.input::<f64>("visits.spend")?,
        row.input::<f64>("visits.signups")?,
    );
    let slots = names
        .iter()
        .map(|name| row.output::<f64>(name))
        .collect::<Result<Vec<_>, _>>()?;
    let numbers = uniform(CALLS as usize, 3, 0.0, 100_000.0);
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        for number in &numbers {
            if let Some(person) = person {
                row.set(person, *number as i64);
            }
            row.set(spend, *number);
            row.set(signups, 7.0);
            row.run()?;
            for slot in &slots {
                black_box(row.get(*slot));
            }
        }
        times.push(started.elapsed() / CALLS);
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
