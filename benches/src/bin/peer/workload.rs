//! A flow over data in memory: run, timed, written.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use icosian::ir::graph::TableRows;
use icosian::{Constant, Flow, Inputs, ParallelExecutor, Prepared, RunOutput};
use icosian_runtime::memory::BufferPool;

use crate::{Failure, Folders};

/// A prepared flow with its data, and the buffers that its runs share.
pub(crate) struct Workload {
    prepared: Prepared,
    inputs: Inputs,
    pool: Arc<BufferPool>,
    executors: Vec<(usize, ParallelExecutor)>,
    /// Bytes of the columns that the flow reads.
    bytes: usize,
}

impl Workload {
    /// Checks the flow and reads `DATA/TABLE-ROWS.arrow` for each of its source tables.
    pub(crate) fn prepare(folders: &Folders, name: &str, rows: usize) -> Result<Workload, Failure> {
        let flow = Flow::from_text(&folders.flow(name)?)?;
        let mut inputs = Inputs::new();
        let mut bytes = 0;
        for table in flow.graph().tables.values() {
            if matches!(table.rows, TableRows::Source(_)) {
                let path = folders.data.join(format!("{}-{rows}.arrow", table.name));
                let batch = read(&path)?;
                bytes += shown(&batch)?;
                inputs = inputs.batches(&table.name, vec![batch]);
            }
        }
        let prepared = flow.outputs().prepare()?;
        Ok(Workload {
            prepared,
            inputs,
            // The peers' turns in between may take long.
            pool: BufferPool::keeping_for(usize::MAX, Duration::from_secs(86_400)),
            executors: Vec::new(),
            bytes,
        })
    }

    /// The time of a run from Arrow to Arrow.
    pub(crate) fn run(&mut self, reused: bool, threads: usize) -> Result<Duration, Failure> {
        let started = Instant::now();
        let results = self.results(reused, threads)?;
        let time = started.elapsed();
        // Gone before the next run, and not in its time: the buffers go to the pool or the system.
        drop(results);
        Ok(time)
    }

    fn results(&mut self, reused: bool, threads: usize) -> Result<Vec<RecordBatch>, Failure> {
        let executor = self.executor(threads)?;
        let pool = match reused {
            true => Arc::clone(&self.pool),
            false => BufferPool::new(0),
        };
        let run = self.prepared.bind(&self.inputs)?.with_pool(pool);
        materialize(&self.prepared.execute(&run, &executor)?)
    }

    fn executor(&mut self, threads: usize) -> Result<ParallelExecutor, Failure> {
        if let Some((_, executor)) = self.executors.iter().find(|(of, _)| *of == threads) {
            return Ok(executor.clone());
        }
        let executor = ParallelExecutor::new(threads)?;
        self.executors.push((threads, executor.clone()));
        Ok(executor)
    }

    /// Writes the results, which are one table in every workload.
    pub(crate) fn write(&mut self, path: &Path) -> Result<(), Failure> {
        let results = self.results(false, 0)?;
        let [batch] = &results[..] else {
            return Err(format!("{} tables are delivered, not one", results.len()).into());
        };
        let mut writer = FileWriter::try_new(File::create(path)?, &batch.schema())?;
        writer.write(batch)?;
        Ok(writer.finish()?)
    }
}

/// All rows of an Arrow file as one batch.
pub(crate) fn read(path: &Path) -> Result<RecordBatch, Failure> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let reader = FileReader::try_new(file, None)?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    match &batches[..] {
        [batch] => Ok(batch.clone()),
        _ => Ok(concat_batches(&schema, &batches)?),
    }
}

/// The tables of a result, and its scalars as a table of one row.
fn materialize(output: &RunOutput) -> Result<Vec<RecordBatch>, Failure> {
    let mut batches = Vec::new();
    for table in output.tables() {
        batches.push(output.table(table)?);
    }
    let mut scalars: Vec<(&str, ArrayRef)> = Vec::new();
    for (name, _, value) in output.scalars() {
        scalars.push((name, one(value)?));
    }
    if !scalars.is_empty() {
        batches.push(RecordBatch::try_from_iter(scalars)?);
    }
    Ok(batches)
}

/// Bytes of the values and validity that a batch shows, whatever buffers they stand in.
fn shown(batch: &RecordBatch) -> Result<usize, Failure> {
    let mut bytes = 0;
    for column in batch.columns() {
        bytes += column.to_data().get_slice_memory_size()?;
    }
    Ok(bytes)
}

/// An array of one value.
fn one(value: &Constant) -> Result<ArrayRef, Failure> {
    match value {
        Constant::F64(value) => Ok(Arc::new(Float64Array::from(vec![*value]))),
        other => Err(format!("no workload delivers {other}").into()),
    }
}

/// Bytes that a run needs.
pub(crate) struct Peak {
    /// Of the columns read.
    pub(crate) inputs: usize,
    /// Of the results.
    pub(crate) outputs: usize,
    /// The most that the process held at any time from the start of the run on.
    pub(crate) most: usize,
}

/// Runs a flow once, for the first time, and sees how much memory the process takes.
pub(crate) fn peak(
    folders: &Folders,
    name: &str,
    rows: usize,
    threads: usize,
) -> Result<Peak, Failure> {
    let mut workload = Workload::prepare(folders, name, rows)?;
    // Forgets the most that reading the data took.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let results = workload.results(false, threads)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .ok_or("the system tells no peak")?;
    let outputs = results.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    Ok(Peak {
        inputs: workload.bytes,
        outputs: outputs.iter().sum(),
        most: most.parse::<usize>()? * 1024,
    })
}
