//! What the tests of bad input share.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use icosian::diagnostic::Code;
use icosian::{Error, Flow, Inputs, RunOutput, SerialExecutor};

/// Bytes of stack in which every stage must get by.
const SMALL_STACK: usize = 512 << 10;

/// Runs on a thread with a small stack, drops included.
pub(crate) fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
    match thread.spawn(work).expect("a thread").join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// What is wrong with a flow: it is, and the words that must be told are.
#[track_caller]
pub(crate) fn refused(text: &str, code: Code, words: &[&str]) -> Error {
    let error = match Flow::from_text(text) {
        Ok(_) => panic!("nothing was found wrong"),
        Err(error) => error,
    };
    told(&error, code, words);
    error
}

/// Asserts an error's code, and words in how it is shown.
#[track_caller]
pub(crate) fn told(error: &Error, code: Code, words: &[&str]) {
    let shown = error.render(false);
    assert!(
        error.diagnostics().iter().any(|one| one.code == code),
        "no {code} in:\n{shown}"
    );
    assert!(
        shown.contains(code.as_str()),
        "the code is not shown:\n{shown}"
    );
    for word in words {
        assert!(shown.contains(word), "no {word:?} in:\n{shown}");
    }
}

/// Runs what is selected, on this thread alone.
pub(crate) fn run(flow: &Flow, select: &[&str], inputs: &Inputs) -> Result<RunOutput, Error> {
    let prepared = flow.select(select)?.prepare()?;
    prepared.run_with(inputs, &SerialExecutor)
}

/// The failure of a run, which must fail.
#[track_caller]
pub(crate) fn failed(text: &str, select: &str, inputs: &Inputs, code: Code, words: &[&str]) {
    let flow = match Flow::from_text(text) {
        Ok(flow) => flow,
        Err(error) => panic!("{}", error.render(false)),
    };
    match run(&flow, &[select], inputs) {
        Ok(output) => panic!("it ran: {:?}", output.arrays()),
        Err(error) => told(&error, code, words),
    }
}

/// A table of one column `x` of floats.
pub(crate) fn floats(values: impl IntoIterator<Item = f64>) -> RecordBatch {
    let x: ArrayRef = Arc::new(Float64Array::from_iter_values(values));
    RecordBatch::try_from_iter([("x", x)]).expect("a table")
}

/// A table of one column `k` of integers.
pub(crate) fn integers(values: impl IntoIterator<Item = i64>) -> RecordBatch {
    let k: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    RecordBatch::try_from_iter([("k", k)]).expect("a table")
}

/// Rows for the table `t`.
pub(crate) fn given(batch: RecordBatch) -> Inputs {
    Inputs::new().batches("t", vec![batch])
}
