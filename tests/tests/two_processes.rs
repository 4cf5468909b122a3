//! One plan run by two processes: the parent sends canonical text and data, each runs its half of
//! every pass, they exchange states as record batches, and what comes out has the same bits as from
//! one process.
//!
//! The other process is this test binary once more, told by a variable in its environment to work.
//! It reads from its standard input and answers on its standard error, as the test harness writes
//! to standard output.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampSecondArray, UInt64Array, new_empty_array,
};
use arrow::compute::{concat, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use icosian::{Constant, Executor, Flow, Inputs, Prepared, SerialExecutor, Stage};
use icosian_ir::id::{ColumnId, Id, PassId, TableId};
use icosian_ir::plan::Step;
use icosian_runtime::error::RunError;
use icosian_runtime::execute::{MORSEL_ROWS, OutputPart, Params, PassOutput, Run, State};
use icosian_runtime::result::RunResult;
use icosian_tests::compare::difference;
use icosian_tests::data::Numbers;

/// Set in the environment of the process that works for another.
const WORKER: &str = "ICOSIAN_TEST_WORKER";

/// Rows on the other side of the border that a process is given: more than all windows reach, from
/// the last place before at which the sum of a cumulative window is known.
const HALO: usize = MORSEL_ROWS + 256;

const FLOW: &str = r#"
param least: f64 = -5.0
table places { code: str, height: f64?, name: str }
table t { x: f64?, key: str?, n: i32, late: bool?, at: timestamp[s, "UTC"] }
y = x * 2 + 1
z = (y - mean(y)) / std(y) over key
share = n / sum(n) over (key, late)
place = places[code=key]
climb = place.height - y
label = place.name if late else key ?? "none"
smooth = y.rolling(100, min=1).mean().shift(-3)
swing = (y - y.shift(1)).rolling(7).sum()
so_far = n.cumulative_sum()
y_so_far = y.cumulative_sum()
since = at - min(at)
table high = t where y > mean(y) or late
extend high {
    step = y - y.shift(1)
    total = y.cumulative_sum()
    of_kind = count(y) over key
}
table kinds = high group by key { rows = len(), top = max(y), spread = std(step) }
extend kinds { part = rows / sum(rows) }
total = sum(y)
tall = max(climb)
some = any(late)
floor = max(total, least)
ratio = high.len() / t.len()
check y > 0 and key is not null else warn
check high.step < 3 else warn
check kinds.part > 0.5 else warn
check mean(z) > 1000 else warn
"#;

/// Messages: what is sent is a number of parts, each its length and its bytes.
fn send(to: &mut impl Write, parts: &[Vec<u8>]) -> io::Result<()> {
    to.write_all(&(parts.len() as u64).to_le_bytes())?;
    for part in parts {
        to.write_all(&(part.len() as u64).to_le_bytes())?;
        to.write_all(part)?;
    }
    to.flush()
}

fn receive(from: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let count = receive_number(from)?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let mut part = vec![0; receive_number(from)?];
        from.read_exact(&mut part)?;
        parts.push(part);
    }
    Ok(parts)
}

fn receive_number(from: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes) as usize)
}

fn to_ipc(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a stream");
    writer.write(batch).expect("a batch of the schema");
    writer.into_inner().expect("a stream in memory")
}

fn from_ipc(bytes: &[u8]) -> RecordBatch {
    let mut reader = StreamReader::try_new(bytes, None).expect("a stream");
    reader.next().expect("one batch").expect("a whole batch")
}

fn to_parts(batches: &[RecordBatch]) -> Vec<Vec<u8>> {
    batches.iter().map(to_ipc).collect()
}

fn from_parts(parts: &[Vec<u8>]) -> Vec<RecordBatch> {
    parts.iter().map(|part| from_ipc(part)).collect()
}

/// What a pass delivers, as a batch: the metadata say which rows of which table, the names of
/// columns are their numbers in the plan.
fn part_to_batch(part: &OutputPart) -> RecordBatch {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (column, chunks) in &part.columns {
        let chunks: Vec<_> = chunks.iter().map(AsRef::as_ref).collect();
        let array = match &chunks[..] {
            // Of no rows nothing is delivered, not even a type.
            [] => new_empty_array(&DataType::Null),
            chunks => concat(chunks).expect("chunks of one type"),
        };
        let name = column.index().to_string();
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let metadata = [
        ("table", part.table.index()),
        ("start", part.rows.start),
        ("end", part.rows.end),
    ];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_string()));
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata.into()));
    let options = RecordBatchOptions::new().with_row_count(Some(part.rows.len()));
    RecordBatch::try_new_with_options(schema, arrays, &options).expect("columns of one length")
}

fn batch_to_part(batch: &RecordBatch) -> OutputPart {
    let schema = batch.schema();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let of = |name: &str| number(&schema.metadata()[name]);
    let columns = schema.fields().iter().zip(batch.columns());
    OutputPart {
        table: TableId::from_index(of("table")),
        rows: of("start")..of("end"),
        columns: columns
            .map(|(field, array)| {
                let column = ColumnId::from_index(number(field.name()));
                let empty = array.data_type() == &DataType::Null;
                (
                    column,
                    if empty {
                        Vec::new()
                    } else {
                        vec![Arc::clone(array)]
                    },
                )
            })
            .collect(),
    }
}

fn table(rows: usize, numbers: &mut Numbers) -> RecordBatch {
    let keys = ["a", "b", "ä long key of many bytes", "nowhere"];
    let mut x = Vec::with_capacity(rows);
    let mut key = Vec::with_capacity(rows);
    let mut n = Vec::with_capacity(rows);
    let mut late = Vec::with_capacity(rows);
    let mut at = Vec::with_capacity(rows);
    for _ in 0..rows {
        // Sums of these depend on the order in which they are taken, unless they are exact.
        let magnitude = [1e-9, 1.0, 1e9, 1e16][numbers.below(4)];
        let value = (numbers.below(20_001) as f64 - 10_000.0) * magnitude;
        x.push((numbers.below(9) != 0).then_some(value));
        key.push((numbers.below(7) != 0).then(|| *numbers.pick(&keys)));
        n.push(numbers.below(1_000) as i32 - 400);
        late.push((numbers.below(5) != 0).then(|| numbers.below(3) == 0));
        at.push(1_357_016_400 + numbers.below(1 << 20) as i64);
    }
    let columns: [(&str, ArrayRef, bool); 5] = [
        ("x", Arc::new(Float64Array::from(x)), true),
        ("key", Arc::new(StringArray::from(key)), true),
        ("n", Arc::new(Int32Array::from(n)), false),
        ("late", Arc::new(BooleanArray::from(late)), true),
        (
            "at",
            Arc::new(TimestampSecondArray::from(at).with_timezone("UTC")),
            false,
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}

fn places() -> RecordBatch {
    let columns: [(&str, ArrayRef, bool); 3] = [
        (
            "code",
            Arc::new(StringArray::from(vec![
                "b",
                "ä long key of many bytes",
                "a",
            ])),
            false,
        ),
        (
            "height",
            Arc::new(Float64Array::from(vec![Some(12.5), None, Some(-0.0)])),
            true,
        ),
        (
            "name",
            Arc::new(StringArray::from(vec![
                "Bee",
                "A name of its own length",
                "",
            ])),
            false,
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}

/// Which rows of a pass each process runs: the parent the first half.
fn border(rows: usize) -> usize {
    rows / 2
}

/// The table as one process has it: rows that it has no business with hold what the table's first
/// (or last) row holds.
fn near_half(batch: &RecordBatch, first: bool) -> RecordBatch {
    let rows = batch.num_rows();
    let border = border(rows);
    let near = if first {
        0..(border + HALO).min(rows)
    } else {
        border.saturating_sub(HALO)..rows
    };
    let other = if first { 0 } else { rows.saturating_sub(1) };
    let indices: UInt64Array = (0..rows)
        .map(|row| Some(if near.contains(&row) { row } else { other } as u64))
        .collect();
    take_record_batch(batch, &indices).expect("rows of the table")
}

fn inputs(table: RecordBatch, places: RecordBatch) -> Inputs {
    Inputs::new()
        .batches("t", vec![table])
        .batches("places", vec![places])
        .param("least", Constant::F64(1.0))
}

fn prepare(flow: &Flow) -> Prepared {
    flow.outputs().prepare().expect("a plan")
}

/// The process that runs the second half of each pass.
struct Worker {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStderr>,
}

impl Worker {
    fn start() -> Worker {
        let binary = std::env::current_exe().expect("this binary");
        let mut child = Command::new(binary)
            .args(["--exact", "works_for_another_process"])
            .env(WORKER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a second process");
        Worker {
            to: BufWriter::new(child.stdin.take().expect("a pipe")),
            from: BufReader::new(child.stderr.take().expect("a pipe")),
            child,
        }
    }

    fn send(&mut self, parts: &[Vec<u8>]) {
        if send(&mut self.to, parts).is_err() {
            self.died();
        }
    }

    fn receive(&mut self) -> Vec<Vec<u8>> {
        match receive(&mut self.from) {
            Ok(parts) => parts,
            Err(_) => self.died(),
        }
    }

    /// Fails with what the test harness over there tells.
    fn died(&mut self) -> ! {
        let mut told = String::new();
        if let Some(output) = &mut self.child.stdout {
            let _ = output.read_to_string(&mut told);
        }
        panic!("the other process ended\n{told}");
    }
}

/// Runs the first half of each pass here and the second there.
struct TwoProcesses(Mutex<Worker>);

impl Executor for TwoProcesses {
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: std::ops::Range<usize>,
    ) -> Result<PassOutput, RunError> {
        run.run_pass(pass, params, rows)
    }

    fn execute(&self, run: &Run<'_>) -> Result<RunResult, RunError> {
        let mut worker = self.0.lock().expect("no other run");
        let mut params = run.start();
        let mut result = RunResult::new(run);
        for step in run.steps() {
            match step {
                Step::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
                Step::Pass(pass) => {
                    let rows = run.rows(*pass, &params)?;
                    let own = self.pass(run, *pass, &params, 0..border(rows))?;
                    // The worker speaks first, so that neither waits for the other to listen.
                    let others = worker.receive();
                    let states = own.state.to_batches(run.prepared())?;
                    worker.send(&to_parts(&states));
                    let delivered = worker.receive();
                    let others = from_parts(&others);
                    let mut state = State::from_batches(run.prepared(), *pass, &others)?;
                    state.merge(own.state)?;
                    let delivered = from_parts(&delivered);
                    let others = delivered.iter().map(batch_to_part);
                    others.chain(own.output).for_each(|part| result.add(part));
                    run.finish_pass(state, &mut params)?;
                }
            }
        }
        result.finish(run, &params)?;
        Ok(result)
    }
}

/// The worker: the second half of each pass.
fn work(mut from: impl Read, mut to: impl Write) {
    let message = receive(&mut from).expect("a flow and its data");
    let [text, data @ ..] = &message[..] else {
        panic!("no flow");
    };
    let flow = Flow::from_text(std::str::from_utf8(text).expect("text")).expect("canonical text");
    let [table, places] = &from_parts(data)[..] else {
        panic!("not the data of two tables");
    };
    let prepared = prepare(&flow);
    let plan = prepared.explain(Stage::Plan).expect("a plan");
    let fingerprint = flow.graph().fingerprint().to_string();
    send(&mut to, &[fingerprint.into_bytes(), plan.into_bytes()]).expect("the parent listens");
    let inputs = inputs(table.clone(), places.clone());
    let run = prepared.bind(&inputs).expect("inputs that fit");
    let mut params = run.start();
    for step in run.steps() {
        match step {
            Step::Scalars(scalars) => run.run_scalars(scalars, &mut params).expect("scalars"),
            Step::Pass(pass) => {
                let rows = run.rows(*pass, &params).expect("a known table");
                let own = run.run_pass(*pass, &params, border(rows)..rows);
                let own = own.expect("rows without errors");
                let states = own.state.to_batches(run.prepared()).expect("a state");
                send(&mut to, &to_parts(&states)).expect("the parent listens");
                let others = from_parts(&receive(&mut from).expect("the parent's state"));
                let delivered: Vec<_> = own.output.iter().map(part_to_batch).collect();
                send(&mut to, &to_parts(&delivered)).expect("the parent listens");
                let mut state = own.state;
                let others = State::from_batches(run.prepared(), *pass, &others);
                state
                    .merge(others.expect("a state"))
                    .expect("a state of the pass");
                run.finish_pass(state, &mut params).expect("a whole pass");
            }
        }
    }
}

/// Nothing, unless this process was started to work for another.
#[test]
fn works_for_another_process() {
    if std::env::var_os(WORKER).is_some() {
        work(
            BufReader::new(io::stdin()),
            BufWriter::new(io::stderr().lock()),
        );
    }
}

#[test]
fn two_processes_give_the_bits_of_one() {
    let flow = Flow::from_text(FLOW).expect("a flow");
    let prepared = prepare(&flow);
    let outputs = prepared.schema().len();
    assert!(outputs > 25, "{outputs} outputs");
    for (seed, rows) in [(1, 0), (2, 1), (3, 10), (4, 200_000)] {
        let whole = table(rows, &mut Numbers(seed));
        let expected = prepared
            .run_with(&inputs(whole.clone(), places()), &SerialExecutor)
            .expect("a run in one process");
        let reports = expected.checks().to_vec();
        let expected = expected.arrays().expect("its columns");
        let mut worker = Worker::start();
        let mut message = vec![flow.graph().to_string().into_bytes()];
        message.extend(to_parts(&[near_half(&whole, false), places()]));
        worker.send(&message);
        let told = worker.receive().into_iter().map(String::from_utf8);
        let told: Vec<String> = told.collect::<Result<_, _>>().expect("text");
        let plan = prepared.explain(Stage::Plan).expect("a plan");
        assert_eq!(told, [flow.graph().fingerprint().to_string(), plan]);
        let executor = TwoProcesses(Mutex::new(worker));
        let found = prepared
            .run_with(&inputs(near_half(&whole, true), places()), &executor)
            .expect("a run in two processes");
        assert_eq!(found.checks(), reports);
        assert!(rows < 10 || reports.iter().all(|report| report.failed()));
        let found = found.arrays().expect("its columns");
        let mut worker = executor.0.into_inner().expect("a run that ended");
        assert!(worker.child.wait().expect("the worker ends").success());
        assert_eq!(found.len(), expected.len());
        for (name, expected) in &expected {
            let difference = difference(expected, &found[name]);
            assert_eq!(difference, None, "{name} of {rows} rows");
        }
        if rows > 1_000 {
            let (serial, filled) = (&expected["t.smooth"], &expected["high.total"]);
            assert!(serial.len() == rows && serial.null_count() < rows);
            assert!(filled.len() > 1_000);
        }
    }
}
