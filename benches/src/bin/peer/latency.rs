//! From a flow's text to its first result, over a few rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use icosian::ir::graph::TableRows;
use icosian::{Flow, Inputs, SerialExecutor};
use icosian_benches::uniform;

use crate::Failure;

/// Rows of the data: one block.
const ROWS: usize = 1024;

/// The flow with another constant in each round, so that nothing compiled before serves again.
///
/// The constant is the first number with a point in it.
pub(crate) fn changed(text: &str, round: u32) -> String {
    let bytes = text.as_bytes();
    let point = (1..bytes.len().saturating_sub(1)).find(|at| {
        bytes[*at] == b'.' && bytes[at - 1].is_ascii_digit() && bytes[at + 1].is_ascii_digit()
    });
    match point {
        Some(point) => {
            let (before, after) = text.split_at(point + 1);
            format!("{before}{:06}{after}", round % 1_000_000)
        }
        None => text.to_owned(),
    }
}

/// The time to check, plan and compile a flow and to run it over one block of rows.
pub(crate) fn first_result(text: &str) -> Result<Duration, Failure> {
    let inputs = small_inputs(text)?;
    let started = Instant::now();
    let flow = Flow::from_text(text)?;
    let prepared = flow.outputs().prepare()?;
    let output = prepared.run_with(&inputs, &SerialExecutor)?;
    let time = started.elapsed();
    drop(output);
    Ok(time)
}

/// A block of numbers for each source table of a flow.
fn small_inputs(text: &str) -> Result<Inputs, Failure> {
    let flow = Flow::from_text(text)?;
    let graph = flow.graph();
    let numbers: ArrayRef = Arc::new(arrow::array::Float64Array::from(uniform(ROWS, 1, 1.0, 2.0)));
    let mut inputs = Inputs::new();
    for table in graph.tables.values() {
        if !matches!(table.rows, TableRows::Source(_)) {
            continue;
        }
        let mut columns: Vec<ArrayRef> = Vec::new();
        let mut fields = Vec::new();
        for (_, node) in graph.nodes.iter() {
            let name = node.name.strip_prefix(&format!("{}.", table.name));
            let is_input = matches!(node.kind, icosian::ir::graph::NodeKind::Column { .. });
            if let (Some(name), true) = (name, is_input) {
                let ty = icosian_runtime::arrow_types::arrow_type(node.ty.scalar);
                columns.push(cast(&numbers, &ty)?);
                fields.push(Field::new(name, ty, node.ty.nullable));
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(ROWS));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        inputs = inputs.batches(&table.name, vec![batch]);
    }
    Ok(inputs)
}
