//! Small inputs run on the calling thread: no threads are made for them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use icosian::{Flow, Inputs, ParallelExecutor};

/// The threads of this process that an executor has made.
fn workers() -> usize {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let names = tasks.flatten().map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm"));
        name.unwrap_or_default()
    });
    // They are numbered; the thread that gives memory back has a name.
    let number = |name: &String| {
        let rest = name.strip_prefix("icosian-");
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    names.filter(number).count()
}

fn rows(count: usize) -> Inputs {
    let x: ArrayRef = Arc::new(Float64Array::from_iter_values(
        (0..count).map(|row| row as f64),
    ));
    let batch = RecordBatch::try_from_iter([("x", x)]).expect("a column");
    Inputs::new().batches("t", vec![batch])
}

#[test]
fn threads_are_made_when_there_is_work_for_them() {
    let text = "table t { x: f64 }\n m = mean(x)\n z = x - m\n table by = t order by x desc";
    let flow = Flow::from_text(text).expect("the flow checks");
    let prepared = flow
        .select(&["z", "m"])
        .and_then(|of| of.prepare())
        .expect("it is planned");
    let executor = ParallelExecutor::new(2).expect("an executor");
    let small = prepared.run_with(&rows(100), &executor).expect("it runs");
    assert_eq!(small.table("t").expect("rows").num_rows(), 100);
    assert_eq!(workers(), 0);
    let large = prepared
        .run_with(&rows(200_000), &executor)
        .expect("it runs");
    assert_eq!(large.table("t").expect("rows").num_rows(), 200_000);
    if cfg!(target_os = "linux") {
        assert_eq!(workers(), 2);
    }
}
