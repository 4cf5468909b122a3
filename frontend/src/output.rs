//! What a run delivered, at once or batch by batch.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use icosian_ir::id::TableId;
use icosian_ir::types::Type;
use icosian_ir::value::Value;
use icosian_runtime::error::RunError;
use icosian_runtime::execute::BatchStream;
use icosian_runtime::result::{ArrayMapBuilder, RecordBatchBuilder, ResultBuilder, RunResult};

use crate::error::Error;
use crate::flow::Flow;
use crate::prepared::unknown;

/// What a run delivered.
#[derive(Clone, Debug)]
pub struct RunOutput {
    flow: Flow,
    result: RunResult,
    params: Vec<(String, Type, Value)>,
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
        result: RunResult,
        params: Vec<(String, Type, Value)>,
    ) -> RunOutput {
        RunOutput {
            flow,
            result,
            params,
        }
    }

    /// The params that the result depends on and the values they had, by name.
    pub fn params(&self) -> impl Iterator<Item = (&str, Type, &Value)> {
        let params = self.params.iter();
        params.map(|(name, ty, value)| (name.as_str(), *ty, value))
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
pub struct Batches<'a> {
    source: BatchSource<'a>,
}

enum BatchSource<'a> {
    Stream(Box<BatchStream<'a>>),
    Whole(Option<RecordBatch>),
}

impl<'a> Batches<'a> {
    pub(crate) fn stream(stream: BatchStream<'a>) -> Batches<'a> {
        Batches {
            source: BatchSource::Stream(Box::new(stream)),
        }
    }

    pub(crate) fn whole(batch: RecordBatch) -> Batches<'a> {
        Batches {
            source: BatchSource::Whole(Some(batch)),
        }
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            BatchSource::Stream(stream) => {
                let batch = stream.next()?.and_then(short_names);
                Some(batch.map_err(Error::from))
            }
            BatchSource::Whole(batch) => batch.take().map(Ok),
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
