//! `test` blocks: what they give is run, what comes out is compared with what they expect.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use icosian_ir::graph::{NodeKind, TableRows};
use icosian_ir::id::{NodeId, TableId};
use icosian_ir::meaning::text::show::show;
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value;
use icosian_runtime::convert::{column_values, value_to_array, values_to_arrays};
use icosian_runtime::data::ChunkedColumn;
use icosian_runtime::execute::{Backend, Executor};

use crate::check::{Expectation, ExpectedCheck, TestBlock};
use crate::checks::{CheckOutcome, CheckReport};
use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;
use crate::flow::Flow;
use crate::inputs::Inputs;
use crate::selection::Selection;

/// How many values of a list a message shows.
const SHOWN: usize = 12;

impl Flow {
    /// Runs a `test` block of this flow, which must have been checked with
    /// [`FlowOptions::tests`](crate::FlowOptions::tests). Its rows come in batches of at most
    /// `batch_rows`.
    ///
    /// Gives what did not come out as expected; a check that ends runs and does not hold, unless the
    /// test expects that.
    ///
    /// # Errors
    /// If the run fails.
    pub fn run_test(
        &self,
        test: &TestBlock,
        backend: Backend,
        executor: &dyn Executor,
        batch_rows: usize,
    ) -> Result<Vec<Diagnostic>, Error> {
        if let Some((flow, test)) = self.variant(test) {
            return flow.run_test(&test, backend, executor, batch_rows);
        }
        let graph = self.graph();
        let expected = test.expectations.iter().map(|expected| expected.node);
        let mut seen = std::collections::HashSet::new();
        let outputs = expected.filter(|node| seen.insert(*node)).collect();
        let mut selection = Selection::new(self.clone(), outputs).backend(backend);
        let mut inputs = Inputs::new();
        for (node, values) in &test.values {
            let definition = &graph.nodes[*node];
            let name = &definition.name;
            match (&definition.kind, &values[..]) {
                (NodeKind::Param { .. }, [value]) => inputs = inputs.param(name, value.clone()),
                (_, [value]) => selection = selection.set(name, value.clone())?,
                (_, values) => {
                    let array = array_of(definition.ty.scalar, values)?;
                    selection = selection.given(name)?;
                    inputs = inputs.column(name, array);
                }
            }
        }
        let given: HashMap<TableId, usize> = (test.tables.iter().enumerate())
            .map(|(position, given)| (given.table, position))
            .collect();
        for (id, table) in graph.tables.iter() {
            if !matches!(table.rows, TableRows::Source(_)) {
                continue;
            }
            let rows = given.get(&id).map(|position| &test.tables[*position]);
            let columns: &[(NodeId, Vec<Value>)] = rows.map_or(&[], |given| &given.columns);
            let batch = self.test_batch(id, columns, rows.map_or(0, |given| given.rows))?;
            let size = batch_rows.max(1);
            let count = batch.num_rows();
            // A table without rows has a batch all the same, as its columns are found there.
            let batches = (0..count.max(1))
                .step_by(size)
                .map(|start| batch.slice(start, size.min(count - start)));
            inputs = inputs.batches(&table.name, batches.collect());
        }
        let positions = test.checks.iter().map(|expected| expected.check);
        let prepared = selection.with_checks(positions.collect()).prepare()?;
        let output = prepared.outcome(&prepared.bind(&inputs)?, executor)?;
        let arrays = output.arrays()?;
        let mut failures = Vec::new();
        for expectation in &test.expectations {
            let node = &graph.nodes[expectation.node];
            let found = match arrays.get(&node.name) {
                Some(array) => {
                    let column = ChunkedColumn::try_new(node.ty.scalar, vec![Arc::clone(array)])?;
                    column_values(&column, node.ty.scalar, 0..column.rows())
                }
                None => Vec::new(),
            };
            if found != expectation.values {
                failures.push(failure(expectation, node.ty, &found));
            }
        }
        let reports = output.checks();
        for expected in &test.checks {
            let report = reports.get(expected.check);
            failures.extend(report.and_then(|report| not_failed(expected, report)));
        }
        let is_expected = |check: usize| test.checks.iter().any(|known| known.check == check);
        let others = reports.iter().enumerate();
        let others = others.filter(|(check, report)| report.fails_run() && !is_expected(*check));
        failures.extend(others.filter_map(|(_, report)| report.diagnostic()));
        Ok(failures)
    }

    /// The rows of a source table; columns that are not given are those of no rows.
    fn test_batch(
        &self,
        table: TableId,
        given: &[(NodeId, Vec<Value>)],
        rows: usize,
    ) -> Result<RecordBatch, Error> {
        let graph = self.graph();
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for member in &graph.tables[table].members {
            let node = &graph.nodes[*member];
            let NodeKind::Column { source_name } = &node.kind else {
                continue;
            };
            let values = given.iter().find(|(known, _)| known == member);
            let array = array_of(node.ty.scalar, values.map_or(&[], |(_, values)| values))?;
            fields.push(Field::new(
                source_name,
                array.data_type().clone(),
                node.ty.nullable,
            ));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(|error| Error::from(icosian_runtime::error::RunError::from(error)))
    }
}

fn array_of(scalar: ScalarType, values: &[Value]) -> Result<ArrayRef, Error> {
    let arrays = values_to_arrays(scalar, values)?;
    match arrays.into_iter().next() {
        Some(array) => Ok(array),
        None => Ok(value_to_array(scalar, &Value::Null)?.slice(0, 0)),
    }
}

/// What to tell of a check that was expected not to hold, unless it doesn't.
fn not_failed(expected: &ExpectedCheck, report: &CheckReport) -> Option<Diagnostic> {
    let found = match &report.outcome {
        CheckOutcome::Failed(failure) => failure.failed,
        CheckOutcome::Passed { .. } | CheckOutcome::Skipped { .. } => 0,
    };
    let message = match expected.failed {
        None if found > 0 => return None,
        Some(wanted) if found == wanted => return None,
        None => format!("expected `{}` to fail, and it holds", report.text),
        Some(wanted) => {
            let text = &report.text;
            format!("expected `{text}` to fail in {wanted} rows, and it failed in {found}")
        }
    };
    Some(Diagnostic::error(Code::TestFailed, message).at(expected.span))
}

/// What to tell of an expectation that was not met.
fn failure(expectation: &Expectation, ty: Type, found: &[Value]) -> Diagnostic {
    let expected = &expectation.values;
    let shown = |value: &Value| match (value, ty.scalar) {
        (Value::Integer(_), ScalarType::Decimal(..)) => {
            let mut made = String::new();
            show(value, ty.scalar, &mut made);
            made
        }
        (value, _) => value.to_string(),
    };
    let differs = expected.iter().zip(found).position(|(a, b)| a != b);
    let message = match (differs, expected.len() == found.len()) {
        (Some(_), true) if found.len() == 1 => {
            format!(
                "expected {}, found {}",
                shown(&expected[0]),
                shown(&found[0])
            )
        }
        (Some(row), true) => {
            format!(
                "row {row}: expected {}, found {}",
                shown(&expected[row]),
                shown(&found[row])
            )
        }
        _ => format!("expected {} rows, found {}", expected.len(), found.len()),
    };
    let list = |values: &[Value]| {
        let mut shown: Vec<String> = values.iter().take(SHOWN).map(shown).collect();
        if values.len() > SHOWN {
            shown.push("…".to_owned());
        }
        format!("[{}]", shown.join(", "))
    };
    let mut diagnostic = Diagnostic::error(Code::TestFailed, message).at(expectation.span);
    if expected.len() != 1 || found.len() != 1 {
        diagnostic = diagnostic
            .note(format!("expected {} of {ty}", list(expected)))
            .note(format!("found    {}", list(found)));
    }
    diagnostic
}
