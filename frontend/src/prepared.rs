//! A selection made ready: run it many times, over different data and parameters.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use icosian_codegen::{CompileOptions, Nulls, compile};
use icosian_ir::columns::{Possible, RowFilter, Rows};
use icosian_ir::graph::TableRows;
use icosian_ir::id::{ColumnId, InputId, ParamId, TableId};
use icosian_ir::plan::{Segment, Step};
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value;
use icosian_runtime::arrow_types::widen;
use icosian_runtime::data::{BoundTable, ChunkedColumn};
use icosian_runtime::error::RunError;
use icosian_runtime::execute::{
    self, Backend, BatchStream, Executor, MORSEL_ROWS, ParallelExecutor, RowProgram, Run,
    SerialExecutor,
};
use icosian_runtime::source::{RowPredicate, Scan, Source, WantedColumn};

use crate::cache::ReadTable;
use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;
use crate::flow::Flow;
use crate::inputs::Inputs;
use crate::output::{Batches, RunOutput};
use crate::row::RowPlan;
use crate::state::GivenTables;

/// Rows of a batch in morsels of 65,536: enough that all cores work on one.
const MORSELS_PER_BATCH: usize = 16;

/// When files are decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decode {
    /// Before anything is computed.
    First,
    /// By passes that run over so many rows at once, where that can be.
    InPasses { rows: usize },
}

/// A stage of the way from flow to machine code, as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The typed graph, as canonical text.
    Graph,
    /// The columnar IR of what was selected.
    Columns,
    /// Its passes, segments and sinks.
    Plan,
    /// The Cranelift IR of each fused segment.
    Clif,
    /// The machine code of each fused segment.
    Assembly,
}

/// A flow's selected outputs, planned. May be run by many threads at once.
#[derive(Debug)]
pub struct Prepared {
    flow: Flow,
    prepared: execute::Prepared,
    /// The tables that a state gives.
    given: GivenTables,
    executor: OnceLock<ParallelExecutor>,
}

impl Prepared {
    pub(crate) fn new(flow: Flow, prepared: execute::Prepared, given: GivenTables) -> Prepared {
        Prepared {
            flow,
            prepared,
            given,
            executor: OnceLock::new(),
        }
    }

    /// The flow this comes from.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// What executors run.
    pub fn program(&self) -> &execute::Prepared {
        &self.prepared
    }

    /// Names and types of the outputs, in order.
    pub fn schema(&self) -> Vec<(&str, Type)> {
        let columns = self.prepared.columns();
        columns
            .outputs
            .iter()
            .map(|output| (output.name.as_str(), columns.ty(output.column)))
            .collect()
    }

    /// Runs on all cores.
    ///
    /// # Errors
    /// If inputs are missing or don't fit, a row of what was asked for is an error, or a check that
    /// ends the run does not hold. Of several errors which one is told may depend on the number of
    /// cores: see [`Prepared::open`].
    pub fn run(&self, inputs: &Inputs) -> Result<RunOutput, Error> {
        self.execute(&self.open(inputs)?, self.all_cores()?)
    }

    /// Runs on all cores and gives the rows of one delivered table batch by batch, each computed
    /// when it is asked for: no more of the result is in memory than the caller keeps. What needs
    /// all rows first (a mean, a sort) runs before this returns.
    ///
    /// ```
    /// use icosian::{Flow, Inputs};
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    /// # let day: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
    /// # let batch = RecordBatch::try_from_iter([("day", day)]).unwrap();
    /// let flow = Flow::from_text("table days { day: i64 }\n week = day // 7")?;
    /// let prepared = flow.outputs().prepare()?;
    /// let mut rows = 0;
    /// for batch in prepared.batches(&Inputs::new().batches("days", vec![batch]), "days")? {
    ///     rows += batch?.num_rows();
    /// }
    /// assert_eq!(rows, 100);
    /// # Ok::<(), icosian::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Prepared::run`]; or if nothing was selected of the table. The error of a row comes with
    /// its batch, which is then the last.
    pub fn batches(&self, inputs: &Inputs, table: &str) -> Result<Batches<'_>, Error> {
        let columns = self.prepared.columns();
        let graph = self.flow.graph();
        let mut outputs = columns.outputs.iter().map(|output| output.column);
        let delivered = graph
            .table(table)
            .filter(|id| outputs.any(|column| columns.table_of(column) == Some(*id)));
        let Some(id) = delivered else {
            let names = graph.tables.values().map(|table| table.name.as_str());
            return Err(match graph.table(table) {
                Some(_) => option_error(format!("no column of `{table}` was selected")),
                None => unknown("table", table, names),
            });
        };
        let rows = MORSELS_PER_BATCH * MORSEL_ROWS;
        let run = self.bind_except(inputs, None, Decode::InPasses { rows })?;
        if self.prepared.backend() == Backend::Interpreter {
            let output = self.outcome(&run, &SerialExecutor)?;
            let checks = output.checks().to_vec();
            return Ok(Batches::whole(self, output.table(table)?, checks));
        }
        let stream = BatchStream::new(run, self.all_cores()?, id, MORSELS_PER_BATCH)?;
        Ok(Batches::stream(self, stream))
    }

    /// The executor of runs that name none.
    fn all_cores(&self) -> Result<&ParallelExecutor, Error> {
        if let Some(executor) = self.executor.get() {
            return Ok(executor);
        }
        let executor = ParallelExecutor::new(0)?;
        Ok(self.executor.get_or_init(|| executor))
    }

    /// Reads what [`Prepared::bind`] does, and runs with an executor of the caller's choice.
    ///
    /// # Errors
    /// As [`Prepared::run`], and what the executor adds.
    pub fn run_with(&self, inputs: &Inputs, executor: &dyn Executor) -> Result<RunOutput, Error> {
        let run = self.bind(inputs)?;
        self.execute(&run, executor)
    }

    /// Runs what [`Prepared::bind`] gave.
    ///
    /// # Errors
    /// As [`Prepared::run_with`].
    pub fn execute(&self, run: &Run<'_>, executor: &dyn Executor) -> Result<RunOutput, Error> {
        self.outcome(run, executor)?.if_checks_hold()
    }

    /// As [`Prepared::execute`], with an output whatever checks find.
    pub(crate) fn outcome(
        &self,
        run: &Run<'_>,
        executor: &dyn Executor,
    ) -> Result<RunOutput, Error> {
        let result = executor.execute(run)?;
        let params = run.param_values().into_iter();
        let params = params.map(|(name, ty, value)| (name.to_owned(), ty, value));
        let columns = self.prepared.columns();
        RunOutput::new(self.flow.clone(), columns, result, params.collect())
    }

    /// Reads and checks the inputs: a run that executors can execute, several times.
    ///
    /// # Errors
    /// If inputs are missing, can't be read or don't fit.
    pub fn bind(&self, inputs: &Inputs) -> Result<Run<'_>, Error> {
        self.bind_except(inputs, None, Decode::First)
    }

    /// As [`Prepared::bind`], for a run on all cores that is executed once: Parquet files of many row
    /// groups are decoded while their rows are computed, where one pass alone looks at them, and no more
    /// of their row groups are in memory than threads work on. Of such files only the footers are read
    /// by now. What is wrong in a row group is told by the run, and of several errors the one of the
    /// lowest rows. A file that was replaced or written to in between is an error.
    ///
    /// How many row groups are enough depends on the number of threads. A file that is read first tells
    /// what is wrong in it before rows are computed, so of several errors another may then be told.
    ///
    /// # Errors
    /// As [`Prepared::bind`], except what is wrong in row groups that are decoded later.
    pub fn open(&self, inputs: &Inputs) -> Result<Run<'_>, Error> {
        self.bind_except(inputs, None, Decode::InPasses { rows: usize::MAX })
    }

    /// What is computed of each row of a table, once everything else is known.
    pub(crate) fn row(&self, inputs: &Inputs, table: TableId) -> Result<RowPlan, Error> {
        let name = &self.prepared.columns().tables[table].name;
        if inputs.tables.contains_key(name) {
            let message = format!("the rows of `{name}` are given one at a time");
            return Err(option_error(message));
        }
        let run = self.bind_except(inputs, Some(table), Decode::First)?;
        let program = RowProgram::new(&run, table, self.all_cores()?)?;
        RowPlan::new(self.flow.clone(), program)
    }

    /// [`Prepared::bind`] without the rows of a table.
    fn bind_except(
        &self,
        inputs: &Inputs,
        left: Option<TableId>,
        decode: Decode,
    ) -> Result<Run<'_>, Error> {
        let columns = self.prepared.columns();
        self.check_names(inputs)?;
        let mut run = Run::new(&self.prepared);
        for (id, param) in columns.params.iter() {
            if let Some(value) = inputs.params.get(&param.name) {
                if !icosian_ir::graph_to_columns::fits(value, param.ty) {
                    let message = format!("`{}` is {}, which {value} is not", param.name, param.ty);
                    return Err(option_error(message));
                }
                run = run.with_param(id, value.clone());
            }
        }
        for table in self.tables_read() {
            if left == Some(table) {
                continue;
            }
            let data = self.read_table(table, inputs, decode)?;
            run = run.with_table(table, Arc::new(data));
        }
        Ok(run)
    }

    /// Refuses names that mean nothing: they are misspelt.
    fn check_names(&self, inputs: &Inputs) -> Result<(), Error> {
        let graph = self.flow.graph();
        for name in inputs.tables.keys() {
            if graph.table(name).is_none() {
                let names = graph.tables.values().map(|table| table.name.as_str());
                return Err(unknown("table", name, names));
            }
        }
        for name in inputs.params.keys() {
            let params = graph
                .nodes
                .values()
                .filter(|node| matches!(node.kind, icosian_ir::graph::NodeKind::Param { .. }));
            if !params.clone().any(|param| param.name == *name) {
                return Err(unknown(
                    "parameter",
                    name,
                    params.map(|param| param.name.as_str()),
                ));
            }
        }
        Ok(())
    }

    /// The source tables that passes scan, and tables with columns given per run.
    fn tables_read(&self) -> Vec<TableId> {
        let columns = self.prepared.columns();
        let plan = self.prepared.plan();
        let scanned = plan.passes.values().map(|pass| pass.table);
        let mut tables: Vec<TableId> = scanned
            .filter(|table| columns.tables[*table].rows == Rows::Source)
            .chain(columns.inputs.values().map(|input| input.table))
            .collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    fn read_table(
        &self,
        table: TableId,
        inputs: &Inputs,
        decode: Decode,
    ) -> Result<BoundTable, Error> {
        let columns = self.prepared.columns();
        let name = &columns.tables[table].name;
        let of_table = columns
            .inputs
            .iter()
            .filter(|(_, input)| input.table == table);
        let (given, read): (Vec<_>, Vec<_>) = of_table.partition(|(_, input)| input.overridden);
        let learned = self.given.get(&table);
        let is_source = columns.tables[table].rows == Rows::Source;
        let mut data = if let Some(learned) = learned {
            BoundTable::new(learned.rows)
        } else if is_source {
            let source = self.source_of(table, inputs)?;
            let wanted: Vec<WantedColumn> = read
                .iter()
                .map(|(_, input)| WantedColumn {
                    source_name: input.source_name.clone(),
                    name: input.name.clone(),
                    ty: input.ty,
                })
                .collect();
            let filter = RowFilter::new(columns, table, self.params(inputs));
            let position = |input: InputId| read.iter().position(|(read, _)| *read == input);
            let may_keep = |known: &[Possible]| {
                filter.as_ref().is_none_or(|filter| {
                    let of = |input: InputId| position(input).and_then(|at| known.get(at).cloned());
                    filter.may_keep(|input| {
                        of(input).unwrap_or_else(|| Possible::any(columns.inputs[input].ty))
                    })
                })
            };
            let predicate = filter.as_ref().map(|filter| RowPredicate {
                columns: filter.inputs().filter_map(position).collect(),
                may_keep: &may_keep,
            });
            let ids: Vec<Option<ColumnId>> = (read.iter())
                .map(|(input, _)| self.prepared.input_column(*input))
                .collect();
            let threads = rayon::current_num_threads();
            let in_pass = |scan: &Scan| match decode {
                Decode::InPasses { rows } if given.is_empty() => {
                    (self.prepared).decodes(table, scan, &ids, threads, rows)
                }
                Decode::InPasses { .. } | Decode::First => false,
            };
            let rows = inputs
                .read(&source, &wanted, predicate.as_ref(), in_pass)
                .map_err(|error| {
                    let table = name.clone();
                    let error = Box::new(error);
                    Error::from(RunError::Source { table, error })
                })?;
            let rows = match rows {
                ReadTable::Columns(rows) => rows,
                ReadTable::Scan(scan) => return Ok(BoundTable::from_scan(scan, ids)),
            };
            let mut data = BoundTable::new(rows.rows).with_unread(rows.unread);
            for ((input, _), arrays) in read.iter().zip(rows.columns) {
                self.insert(&mut data, *input, arrays)?;
            }
            data
        } else {
            let rows = given
                .iter()
                .find_map(|(_, input)| inputs.columns.get(&input.name));
            BoundTable::new(rows.map_or(0, |array| array.len()))
        };
        for (id, input) in given {
            let learned = learned.and_then(|learned| learned.columns.get(&input.name));
            let array =
                inputs.columns.get(&input.name).or(learned).ok_or_else(|| {
                    option_error(format!("no values are given for `{}`", input.name))
                })?;
            let array = widen(array, input.ty)
                .map_err(|error| option_error(format!("`{}`: {error}", input.name)))?;
            self.insert(&mut data, id, vec![array])?;
        }
        Ok(data)
    }

    /// The values that parameters have in a run.
    fn params(&self, inputs: &Inputs) -> HashMap<ParamId, Value> {
        let params = self.prepared.columns().params.iter();
        params
            .filter_map(|(id, param)| {
                let value = inputs.params.get(&param.name).or(param.default.as_ref());
                Some((id, value?.clone()))
            })
            .collect()
    }

    fn insert(
        &self,
        data: &mut BoundTable,
        input: InputId,
        arrays: Vec<ArrayRef>,
    ) -> Result<(), Error> {
        let scalar = self.prepared.columns().inputs[input].ty.scalar;
        let column: ColumnId = match self.prepared.input_column(input) {
            Some(column) => column,
            None => return Ok(()),
        };
        let arrays = if scalar == ScalarType::Str {
            one_text_layout(arrays)?
        } else {
            arrays
        };
        data.insert(column, ChunkedColumn::try_new(scalar, arrays)?)?;
        Ok(())
    }

    /// Where a table is read from: what the caller gave, else what the flow says.
    fn source_of(&self, table: TableId, inputs: &Inputs) -> Result<Source, Error> {
        let graph = self.flow.graph();
        let definition = &graph.tables[table];
        let binding = |table: TableId| match &graph.tables[table].rows {
            TableRows::Source(binding) => binding.as_ref(),
            _ => None,
        };
        let mut given = inputs.tables.get(&definition.name);
        if given.is_none() && inputs.only.is_some() {
            let columns = self.prepared.columns();
            let mut open = self.tables_read();
            open.retain(|table| {
                columns.tables[*table].rows == Rows::Source
                    && !self.given.contains_key(table)
                    && !inputs.tables.contains_key(&graph.tables[*table].name)
            });
            if open.len() > 1 {
                open.retain(|table| binding(*table).is_none());
            }
            match open[..] {
                [only] if only == table => given = inputs.only.as_ref(),
                [_] => {}
                _ => {
                    let message = "the run reads several tables: say which the input is for";
                    return Err(option_error(message.to_owned()));
                }
            }
        }
        inputs
            .resolve(given, binding(table), self.flow.folder())
            .ok_or_else(|| {
                let message = format!("no input is given for table `{}`", definition.name);
                let diagnostic = Diagnostic::error(Code::MissingInput, message)
                    .help(format!("--input {}=PATH", definition.name));
                Error::in_sources(vec![diagnostic], self.flow.sources().clone())
            })
    }

    /// A stage as text; machine code in the variant without nulls first, then the general one.
    ///
    /// # Errors
    /// If a segment can't be compiled.
    pub fn explain(&self, stage: Stage) -> Result<String, Error> {
        let (columns, plan) = (self.prepared.columns(), self.prepared.plan());
        match stage {
            Stage::Graph => Ok(self.flow.graph().to_string()),
            Stage::Columns => Ok(columns.to_string()),
            Stage::Plan => Ok(plan.display(columns).to_string()),
            Stage::Clif | Stage::Assembly => {
                let mut text = String::new();
                for step in &plan.steps {
                    let Step::Pass(pass) = step else { continue };
                    let fused =
                        plan.passes[*pass]
                            .segments
                            .iter()
                            .filter_map(|segment| match segment {
                                Segment::Fused(fused) => Some(fused),
                                Segment::Wide { .. }
                                | Segment::Columnar { .. }
                                | Segment::Calendar { .. }
                                | Segment::Extern { .. }
                                | Segment::Window { .. }
                                | Segment::Probe { .. }
                                | Segment::Gather { .. } => None,
                            });
                    for (position, segment) in fused.enumerate() {
                        for nulls in [Nulls::Absent, Nulls::General] {
                            let options = CompileOptions {
                                nulls,
                                verify: true,
                                text: true,
                            };
                            let kernel = compile(columns, segment, &options)
                                .map_err(|error| option_error(error.to_string()))?;
                            let variant = match nulls {
                                Nulls::Absent => "no nulls",
                                Nulls::General => "nulls",
                            };
                            let _ = writeln!(text, "; {pass} fused segment {position}, {variant}");
                            if let Some(kernel) = kernel.text() {
                                text.push_str(match stage {
                                    Stage::Clif => &kernel.clif,
                                    _ => &kernel.assembly,
                                });
                            }
                            text.push('\n');
                        }
                    }
                }
                Ok(text)
            }
        }
    }
}

fn option_error(message: String) -> Error {
    Error::from_diagnostics(vec![Diagnostic::error(Code::BadOption, message)])
}

pub(crate) fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let mut diagnostic = Diagnostic::error(
        Code::UnknownName,
        format!("the flow has no {kind} `{name}`"),
    );
    if let Some(near) = crate::diagnostic::nearest(name, known) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    Error::from_diagnostics(vec![diagnostic])
}

/// Text arrays of one layout: batches of one source may differ.
fn one_text_layout(arrays: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, Error> {
    let same = arrays
        .windows(2)
        .all(|pair| pair[0].data_type() == pair[1].data_type());
    if same {
        return Ok(arrays);
    }
    arrays
        .iter()
        .map(|array| {
            arrow::compute::cast(array, &DataType::Utf8)
                .map_err(|error| option_error(error.to_string()))
        })
        .collect()
}
