//! What came of a flow's checks in a run.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use icosian_ir::columns::{CheckColumns, CheckEvaluation, CheckValue, Columns};
use icosian_ir::graph::CheckAction;
use icosian_ir::id::ColumnId;
use icosian_ir::value::Value;
use icosian_runtime::error::RunError;
use icosian_runtime::result::RunResult;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::flow::Flow;

/// What came of one `check` of a flow.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use icosian::{CheckOutcome, Flow, Inputs};
///
/// let flow = Flow::from_text(
///     "table t { x: i64\n double = 2 * x\n check double < 100 else warn\n check x >= 0 }",
/// )?;
/// let rows = |values: Vec<i64>| {
///     let x: ArrayRef = Arc::new(Int64Array::from(values));
///     Inputs::new().batches("t", vec![RecordBatch::try_from_iter([("x", x)]).unwrap()])
/// };
/// let prepared = flow.outputs().prepare()?;
/// let output = prepared.run(&rows(vec![1, 60, 2]))?;
/// let CheckOutcome::Failed(failure) = &output.checks()[0].outcome else { panic!() };
/// assert_eq!((failure.failed, failure.rows), (1, 3));
/// assert_eq!(failure.sample.num_rows(), 1);
/// assert_eq!(output.checks()[1].outcome, CheckOutcome::Passed { rows: 3 });
///
/// // A check that is no warning ends the run, when all were evaluated.
/// let error = prepared.run(&rows(vec![-1])).expect_err("no answer");
/// assert_eq!(error.check_reports().len(), 2);
/// # Ok::<(), icosian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReport {
    /// The condition: as it is written; as canonical text has it where one text stands for several
    /// checks, as in a loop.
    pub text: String,
    /// The table whose rows it is about; none for a check of scalars.
    pub table: Option<String>,
    /// What it does if it does not hold.
    pub action: CheckAction,
    /// Its documentation, empty if there is none.
    pub doc: String,
    /// Where the condition is written, if it is.
    pub span: Option<Span>,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckOutcome {
    /// It holds, or is null, in every row.
    Passed {
        /// How many rows; 1 for a check of scalars.
        rows: u64,
    },
    /// It does not hold.
    Failed(CheckFailure),
    /// It was not evaluated: the outputs asked for don't need these of its operands.
    Skipped {
        /// Their names.
        missing: Vec<String>,
    },
}

/// Where a check does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckFailure {
    /// How many rows there are; 1 for a check of scalars.
    pub rows: u64,
    /// In how many of them it does not hold.
    pub failed: u64,
    /// The first of those, at most five: a column `row` with their numbers (counted from 0), unless
    /// the check is of scalars, then the values that the condition is made of.
    pub sample: RecordBatch,
}

impl CheckReport {
    /// Whether it does not hold.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Failed(_))
    }

    /// Whether it ends the run.
    pub fn fails_run(&self) -> bool {
        self.failed() && self.action == CheckAction::Fail
    }

    /// What is told of it if it does not hold.
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let CheckOutcome::Failed(failure) = &self.outcome else {
            return None;
        };
        let text = &self.text;
        let message = match &self.table {
            Some(table) => format!(
                "`{text}` does not hold in {} of {} rows of `{table}`",
                failure.failed, failure.rows
            ),
            None => format!("`{text}` does not hold"),
        };
        let mut diagnostic = match self.action {
            CheckAction::Fail => Diagnostic::error(Code::CheckFailed, message),
            CheckAction::Warn => Diagnostic::warning(Code::CheckFailed, message),
        };
        if let Some(span) = self.span {
            diagnostic = diagnostic.at(span);
        }
        if !self.doc.is_empty() {
            diagnostic = diagnostic.note(&*self.doc);
        }
        for row in 0..failure.sample.num_rows() {
            let mut note = String::new();
            let mut values = Vec::new();
            for (position, (name, cell)) in cells(&failure.sample, row).enumerate() {
                match (&self.table, position) {
                    (Some(_), 0) => note = format!("row {}", cell.shown()),
                    _ => values.push(format!("{name} = {}", cell.shown())),
                }
            }
            if !note.is_empty() && !values.is_empty() {
                note.push_str(": ");
            }
            note.push_str(&values.join(", "));
            if !note.is_empty() {
                diagnostic = diagnostic.note(note);
            }
        }
        Some(diagnostic)
    }

    /// The report as a line of JSON: `check`, `table`, `action`, `outcome` (`passed`, `failed`,
    /// `skipped`), `rows`, `failed`, `sample` (an object for each row), `missing`. Numbers that JSON
    /// doesn't have, dates and timestamps are texts.
    pub fn to_json(&self) -> String {
        let mut json = format!("{{\"check\": {}", json_text(&self.text));
        if let Some(table) = &self.table {
            let _ = write!(json, ", \"table\": {}", json_text(table));
        }
        if !self.doc.is_empty() {
            let _ = write!(json, ", \"doc\": {}", json_text(&self.doc));
        }
        let _ = write!(json, ", \"action\": \"{}\"", self.action.name());
        match &self.outcome {
            CheckOutcome::Passed { rows } => {
                let _ = write!(json, ", \"outcome\": \"passed\", \"rows\": {rows}");
            }
            CheckOutcome::Skipped { missing } => {
                let missing: Vec<String> = missing.iter().map(|name| json_text(name)).collect();
                let missing = missing.join(", ");
                let _ = write!(json, ", \"outcome\": \"skipped\", \"missing\": [{missing}]");
            }
            CheckOutcome::Failed(failure) => {
                let rows = (0..failure.sample.num_rows()).map(|row| {
                    let cells = cells(&failure.sample, row)
                        .map(|(name, cell)| format!("{}: {}", json_text(name), cell.json()));
                    format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
                });
                let sample = rows.collect::<Vec<_>>().join(", ");
                let _ = write!(
                    json,
                    ", \"outcome\": \"failed\", \"rows\": {}, \"failed\": {}, \"sample\": [{sample}]",
                    failure.rows, failure.failed
                );
            }
        }
        json.push('}');
        json
    }
}

/// A value of a sample.
struct Cell<'a> {
    array: &'a ArrayRef,
    row: usize,
}

/// The names and values of a row.
fn cells(batch: &RecordBatch, row: usize) -> impl Iterator<Item = (&str, Cell<'_>)> {
    let fields = batch.schema_ref().fields().iter();
    let names = fields.map(|field| field.name().as_str());
    names.zip(batch.columns().iter().map(move |array| Cell { array, row }))
}

impl Cell<'_> {
    fn text(&self) -> String {
        let options = FormatOptions::new().with_null("null");
        match ArrayFormatter::try_new(self.array.as_ref(), &options) {
            Ok(formatter) => formatter.value(self.row).to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn is_text(&self) -> bool {
        let ty = match self.array.data_type() {
            DataType::Dictionary(_, values) => values.as_ref(),
            ty => ty,
        };
        matches!(
            ty,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        )
    }

    fn is_null(&self) -> bool {
        self.array
            .logical_nulls()
            .is_some_and(|nulls| nulls.is_null(self.row))
    }

    fn shown(&self) -> String {
        let text = self.text();
        match self.is_text() && !self.is_null() {
            true => format!("{text:?}"),
            false => text,
        }
    }

    fn json(&self) -> String {
        let text = self.text();
        let ty = self.array.data_type();
        let is_plain = match ty {
            DataType::Boolean => true,
            ty if ty.is_integer() => true,
            ty if ty.is_floating() => text.parse().is_ok_and(f64::is_finite),
            _ => false,
        };
        match is_plain || self.is_null() {
            true => text,
            false => json_text(&text),
        }
    }
}

/// A JSON string.
fn json_text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\n' => json.push_str("\\n"),
            '\t' => json.push_str("\\t"),
            character if u32::from(character) < 0x20 => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            character => json.push(character),
        }
    }
    json.push('"');
    json
}

/// What came of the checks of a run.
pub(crate) fn check_reports(
    flow: &Flow,
    columns: &Columns,
    result: &RunResult,
) -> Result<Vec<CheckReport>, RunError> {
    let spans = &flow.spans().checks;
    let mut written: HashMap<Span, usize> = HashMap::new();
    for span in spans {
        *written.entry(*span).or_default() += 1;
    }
    let reports = columns.checks.iter().map(|check| {
        let definition = &flow.graph().checks[check.check];
        let span = spans.get(check.check).copied();
        let text = span
            .filter(|span| written.get(span) == Some(&1))
            .map(|span| one_line(flow.sources().slice(span)));
        let table = match &check.evaluation {
            CheckEvaluation::Rows { table, .. } => Some(columns.tables[*table].name.clone()),
            CheckEvaluation::Scalar { .. } | CheckEvaluation::Skipped { .. } => {
                match flow.graph().expressions[definition.condition].domain {
                    icosian_ir::types::Domain::Rows(table) => {
                        Some(flow.graph().tables[table].name.clone())
                    }
                    icosian_ir::types::Domain::Scalar => None,
                }
            }
        };
        Ok(CheckReport {
            text: text.unwrap_or_else(|| check.text.clone()),
            table,
            action: definition.action,
            doc: definition.doc.clone(),
            span,
            outcome: outcome(check, result)?,
        })
    });
    reports.collect()
}

/// A text of several lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn outcome(check: &CheckColumns, result: &RunResult) -> Result<CheckOutcome, RunError> {
    let count = |column: ColumnId| match result.scalar(column) {
        Some(Value::Integer(count)) => {
            u64::try_from(*count).map_err(|_| RunError::Internal("a count below zero".to_owned()))
        }
        _ => Err(RunError::Internal(
            "a check that was not counted".to_owned(),
        )),
    };
    match &check.evaluation {
        CheckEvaluation::Skipped { missing } => Ok(CheckOutcome::Skipped {
            missing: missing.clone(),
        }),
        CheckEvaluation::Scalar { condition, values } => {
            if result.scalar(*condition) != Some(&Value::Bool(false)) {
                return Ok(CheckOutcome::Passed { rows: 1 });
            }
            let sample = sample(result, None, values, 1)?;
            Ok(CheckOutcome::Failed(CheckFailure {
                rows: 1,
                failed: 1,
                sample,
            }))
        }
        CheckEvaluation::Rows {
            rows,
            failed,
            sample: table,
            row,
            values,
            ..
        } => {
            let (rows, failed) = (count(*rows)?, count(*failed)?);
            if failed == 0 {
                return Ok(CheckOutcome::Passed { rows });
            }
            let sample = sample(result, Some(*row), values, result.rows(*table))?;
            Ok(CheckOutcome::Failed(CheckFailure {
                rows,
                failed,
                sample,
            }))
        }
    }
}

fn sample(
    result: &RunResult,
    row: Option<ColumnId>,
    values: &[CheckValue],
    rows: usize,
) -> Result<RecordBatch, RunError> {
    let number = row.map(|column| ("row", column));
    let values = values.iter().map(|value| (&*value.name, value.column));
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (name, column) in number.into_iter().chain(values) {
        let column = result
            .check_column(column)
            .ok_or_else(|| RunError::Internal("a check without its values".to_owned()))?;
        let array = result.array(column)?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let schema = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
}
