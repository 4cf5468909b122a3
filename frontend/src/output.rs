//! What a run delivered, at once or batch by batch.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use icosian_ir::columns::Columns;
use icosian_ir::id::TableId;
use icosian_ir::types::Type;
use icosian_ir::value::Value;
use icosian_runtime::error::RunError;
use icosian_runtime::execute::BatchStream;
use icosian_runtime::result::{ArrayMapBuilder, RecordBatchBuilder, ResultBuilder, RunResult};

use crate::checks::{CheckReport, check_reports};
use crate::error::Error;
use crate::flow::Flow;
use crate::prepared::{Prepared, unknown};

/// What a run delivered.
#[derive(Clone, Debug)]
pub struct RunOutput {
    flow: Flow,
    result: RunResult,
    params: Vec<(String, Type, Value)>,
    checks: Vec<CheckReport>,
}

impl RunOutput {
    /// The flow that was run.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    pub(crate) fn result(&self) -> &RunResult {
        &self.result
    }

    pub(crate) fn new(
        flow: Flow,
        columns: &Columns,
        result: RunResult,
        params: Vec<(String, Type, Value)>,
    ) -> Result<RunOutput, Error> {
        let checks = check_reports(&flow, columns, &result)?;
        Ok(RunOutput {
            flow,
            result,
            params,
            checks,
        })
    }

    /// The params that the result depends on and the values they had, by name.
    pub fn params(&self) -> impl Iterator<Item = (&str, Type, &Value)> {
        let params = self.params.iter();
        params.map(|(name, ty, value)| (name.as_str(), *ty, value))
    }

    /// What came of the flow's checks, in the order of the text; those included that were not
    /// evaluated.
    pub fn checks(&self) -> &[CheckReport] {
        &self.checks
    }

    /// The output, unless a check that ends the run does not hold.
    pub(crate) fn if_checks_hold(self) -> Result<RunOutput, Error> {
        match self.checks.iter().any(CheckReport::fails_run) {
            true => Err(Error::checks(self.checks, self.flow.sources().clone())),
            false => Ok(self),
        }
    }

    /// The names of the tables delivered, in the order of the flow.
    pub fn tables(&self) -> Vec<&str> {
        let graph = self.flow.graph();
        let mut tables: Vec<TableId> = self
            .result
            .columns()
            .iter()
            .filter_map(|column| column.table)
            .collect();
        tables.sort_unstable();
        tables.dedup();
        tables
            .into_iter()
            .map(|table| graph.tables[table].name.as_str())
            .collect()
    }

    /// The delivered columns of a table as one record batch, under their names within the table;
    /// nullable columns are those whose type says so. A table of which nothing was asked for is
    /// empty.
    ///
    /// # Errors
    /// If there is no such table.
    pub fn table(&self, name: &str) -> Result<RecordBatch, Error> {
        let graph = self.flow.graph();
        let names = graph.tables.values().map(|table| table.name.as_str());
        let table = graph
            .table(name)
            .ok_or_else(|| unknown("table", name, names))?;
        let builder = RecordBatchBuilder { table: Some(table) };
        Ok(short_names(self.build(&builder)?)?)
    }

    /// The types of the columns that [`RunOutput::table`] gives, in that order.
    pub fn types(&self, name: &str) -> Vec<Type> {
        let table = self.flow.graph().table(name);
        let columns = self.result.columns().iter();
        columns
            .filter(|column| table.is_some() && column.table == table)
            .map(|column| column.ty)
            .collect()
    }

    /// The delivered scalars, in the order asked for.
    pub fn scalars(&self) -> Vec<(&str, Type, &Value)> {
        let scalars = self
            .result
            .columns()
            .iter()
            .filter(|column| column.table.is_none());
        scalars
            .filter_map(|column| {
                Some((
                    column.name.as_str(),
                    column.ty,
                    self.result.scalar(column.column)?,
                ))
            })
            .collect()
    }

    /// A delivered scalar by its name.
    pub fn scalar(&self, name: &str) -> Option<&Value> {
        self.scalars()
            .into_iter()
            .find(|(found, ..)| *found == name)
            .map(|(_, _, value)| value)
    }

    /// Every delivered node as an Arrow array, by full name; scalars have one row.
    ///
    /// # Errors
    /// If memory runs out.
    pub fn arrays(&self) -> Result<BTreeMap<String, ArrayRef>, Error> {
        self.build(&ArrayMapBuilder)
    }

    /// Whatever a builder makes of the result.
    ///
    /// # Errors
    /// What the builder refuses.
    pub fn build<B: ResultBuilder>(&self, builder: &B) -> Result<B::Output, Error> {
        Ok(builder.build(&self.result)?)
    }
}

/// The record batches of one delivered table, in the order of its rows: what
/// [`Prepared::batches`](crate::Prepared::batches) gives. An empty table is one batch without rows,
/// so that its schema is known.
///
/// The flow's checks are known when all batches were taken; if one that ends a run does not hold,
/// the last item is the error that says so.
pub struct Batches<'a> {
    prepared: &'a Prepared,
    source: BatchSource<'a>,
    checks: Option<Vec<CheckReport>>,
}

enum BatchSource<'a> {
    Stream(Box<BatchStream<'a>>),
    Whole(Option<RecordBatch>),
    Done,
}

impl<'a> Batches<'a> {
    pub(crate) fn stream(prepared: &'a Prepared, stream: BatchStream<'a>) -> Batches<'a> {
        Batches {
            prepared,
            source: BatchSource::Stream(Box::new(stream)),
            checks: None,
        }
    }

    pub(crate) fn whole(
        prepared: &'a Prepared,
        batch: RecordBatch,
        checks: Vec<CheckReport>,
    ) -> Batches<'a> {
        Batches {
            prepared,
            source: BatchSource::Whole(Some(batch)),
            checks: Some(checks),
        }
    }

    /// What came of the flow's checks; none before all batches were taken.
    pub fn checks(&self) -> Option<&[CheckReport]> {
        match self.source {
            BatchSource::Done => self.checks.as_deref(),
            BatchSource::Stream(_) | BatchSource::Whole(_) => None,
        }
    }

    /// Ends: evaluates the checks.
    fn finish(&mut self) -> Result<(), Error> {
        let source = std::mem::replace(&mut self.source, BatchSource::Done);
        let flow = self.prepared.flow();
        if let BatchSource::Stream(mut stream) = source {
            let checks = match stream.finish()? {
                Some(result) => check_reports(flow, self.prepared.program().columns(), &result)?,
                None => Vec::new(),
            };
            self.checks = Some(checks);
        }
        let checks = self.checks.iter().flatten();
        match checks.clone().any(CheckReport::fails_run) {
            true => {
                let checks = checks.cloned().collect();
                Err(Error::checks(checks, flow.sources().clone()))
            }
            false => Ok(()),
        }
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match &mut self.source {
            BatchSource::Stream(stream) => stream.next(),
            BatchSource::Whole(batch) => batch.take().map(Ok),
            BatchSource::Done => return None,
        };
        match (next, &self.source) {
            (Some(batch), BatchSource::Stream(_)) => {
                Some(batch.and_then(short_names).map_err(Error::from))
            }
            (Some(batch), _) => Some(batch.map_err(Error::from)),
            (None, _) => self.finish().err().map(Err),
        }
    }
}

impl fmt::Debug for Batches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

/// A table's batch with its columns under their names within the table.
fn short_names(batch: RecordBatch) -> Result<RecordBatch, RunError> {
    let schema = batch.schema();
    let fields = schema.fields().iter().map(|field| {
        let name = field.name();
        let short = name.rsplit_once('.').map_or(&**name, |(_, short)| short);
        Field::new(short, field.data_type().clone(), field.is_nullable())
    });
    let fields: Vec<Field> = fields.collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let columns: Vec<ArrayRef> = batch.columns().to_vec();
    let schema = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}
