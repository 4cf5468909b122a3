//! Reports of checks: the same for every executor, engine and way of delivering; what they hold is
//! worked out here row by row.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use icosian::{
    Backend, CheckAction, CheckFailure, CheckOutcome, CheckReport, Constant, Executor, Flow,
    Inputs, ParallelExecutor, SerialExecutor, ir,
};
use icosian_tests::partitions::Partitions;

const FLOW: &str = "table t {
    x: i64?, g: i64
    y = x * 2
    z = y - mean(y)
    check y != 14 else warn
    check z > -1000000 else warn
    check y < max(y) over g else warn
    check x is not null
    other = x + 1
    check other > 0
}
table big = t where g == 1
extend big { check x > 5 else warn }
check sum(t.y) > 10 else warn
";

fn x(row: i64) -> Option<i64> {
    (row % 11 != 3).then_some(row * 37 % 101)
}

fn inputs(rows: i64) -> Inputs {
    let all: ArrayRef = Arc::new(Int64Array::from_iter((0..rows).map(x)));
    let groups: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|row| row % 5)));
    let batch = RecordBatch::try_from_iter([("x", all), ("g", groups)]).unwrap();
    Inputs::new().batches("t", vec![batch])
}

fn failure(report: &CheckReport) -> &CheckFailure {
    match &report.outcome {
        CheckOutcome::Failed(failure) => failure,
        other => panic!("{}: {other:?}", report.text),
    }
}

fn column(failure: &CheckFailure, name: &str) -> Vec<Option<i64>> {
    let column = failure.sample.column_by_name(name).expect(name);
    column.as_primitive::<Int64Type>().iter().collect()
}

/// The first five rows for which a predicate holds, and how many there are.
fn failing(rows: i64, fails: impl Fn(i64) -> bool) -> (Vec<Option<i64>>, u64) {
    let all: Vec<i64> = (0..rows).filter(|row| fails(*row)).collect();
    (
        all.iter().take(5).copied().map(Some).collect(),
        all.len() as u64,
    )
}

const OUTPUTS: [&str; 3] = ["t.y", "t.z", "big.x"];

#[test]
fn every_executor_reports_the_same() {
    let flow = Flow::from_text(FLOW).unwrap();
    let parallel = ParallelExecutor::new(3).unwrap();
    // One row, part of a morsel, several morsels.
    for rows in [1, 700, 200_001] {
        let run = |backend: Backend, executor: &dyn Executor| {
            let selection = flow.select(&OUTPUTS).unwrap().backend(backend);
            let error = selection
                .prepare()
                .unwrap()
                .run_with(&inputs(rows), executor);
            match error {
                Ok(output) => output.checks().to_vec(),
                Err(error) => error.check_reports().to_vec(),
            }
        };
        let reports = run(Backend::Jit, &SerialExecutor);
        assert_eq!(reports, run(Backend::Jit, &parallel));
        assert_eq!(reports, run(Backend::Jit, &Partitions));
        if rows < 1_000 {
            assert_eq!(reports, run(Backend::Interpreter, &SerialExecutor));
        }
        if rows == 1 {
            // The sum is 0, which is not above 10; nothing else can be found of one row of 0.
            assert!(reports.last().unwrap().failed());
            continue;
        }
        let (numbers, count) = failing(rows, |row| x(row) == Some(7));
        let found = failure(&reports[0]);
        assert_eq!((found.failed, found.rows), (count, rows as u64));
        assert_eq!(column(found, "row"), numbers);
        assert_eq!(column(found, "y"), vec![Some(14); numbers.len()]);
        assert_eq!(
            reports[1].outcome,
            CheckOutcome::Passed { rows: rows as u64 }
        );
        // The greatest of a group.
        let most = |group: i64| (0..rows).filter(|row| row % 5 == group).filter_map(x).max();
        let most: Vec<Option<i64>> = (0..5).map(most).collect();
        let (numbers, count) = failing(rows, |row| {
            x(row).is_some() && x(row) == most[(row % 5) as usize]
        });
        // Its key is not asked for.
        assert_eq!(
            reports[2].outcome,
            CheckOutcome::Failed(failure(&reports[2]).clone())
        );
        assert_eq!(failure(&reports[2]).failed, count);
        assert_eq!(column(failure(&reports[2]), "row"), numbers);
        let (numbers, count) = failing(rows, |row| x(row).is_none());
        assert_eq!(failure(&reports[3]).failed, count);
        assert_eq!(column(failure(&reports[3]), "row"), numbers);
        assert_eq!(column(failure(&reports[3]), "x"), vec![None; numbers.len()]);
        assert!(reports[3].fails_run());
        let missing = vec!["t.other".to_owned()];
        assert_eq!(reports[4].outcome, CheckOutcome::Skipped { missing });
        // Rows of a derived table are counted there.
        let kept: Vec<i64> = (0..rows).filter(|row| row % 5 == 1).collect();
        let below = |row: i64| x(kept[row as usize]).is_some_and(|x| x <= 5);
        let (numbers, count) = failing(kept.len() as i64, below);
        assert_eq!(failure(&reports[5]).failed, count);
        assert_eq!(failure(&reports[5]).rows, kept.len() as u64);
        assert_eq!(column(failure(&reports[5]), "row"), numbers);
        assert_eq!(reports[5].table.as_deref(), Some("big"));
        assert_eq!(reports[6].outcome, CheckOutcome::Passed { rows: 1 });
    }
}

#[test]
fn batches_end_with_the_reports() {
    let flow = Flow::from_text(FLOW).unwrap();
    for backend in [Backend::Jit, Backend::Interpreter] {
        // More rows than one batch of machine code has.
        let rows = match backend {
            Backend::Jit => 1_200_000,
            Backend::Interpreter => 900,
        };
        let prepared = flow
            .select(&OUTPUTS)
            .unwrap()
            .backend(backend)
            .prepare()
            .unwrap();
        let expected = prepared.run(&inputs(rows)).expect_err("a failing check");
        let mut batches = prepared.batches(&inputs(rows), "t").unwrap();
        let (mut seen, mut last) = (0, None);
        for batch in batches.by_ref() {
            match batch {
                Ok(batch) => seen += batch.num_rows() as i64,
                Err(error) => last = Some(error),
            }
        }
        assert_eq!(seen, rows);
        let error = last.expect("the check's error");
        assert_eq!(error.check_reports(), expected.check_reports());
        assert_eq!(batches.checks(), Some(expected.check_reports()));
        assert!(batches.next().is_none());
    }
    let prepared = flow
        .select(&OUTPUTS)
        .unwrap()
        .without_checks()
        .prepare()
        .unwrap();
    assert!(prepared.run(&inputs(900)).unwrap().checks().is_empty());
    let mut batches = prepared.batches(&inputs(900), "t").unwrap();
    assert!(batches.by_ref().all(|batch| batch.is_ok()));
    assert_eq!(batches.checks(), Some(&[][..]));
}

#[test]
fn values_that_are_given_are_checked_and_what_stands_above_them_is_not() {
    let flow = Flow::from_text(
        "param least: i64 = 0\ntable t { x: i64\n y = x + 1\n check x > least else warn\n check y > 1 else warn }",
    )
    .unwrap();
    let selection = flow.select(&["t.y"]).unwrap();
    let prepared = selection
        .set("t.y", Constant::Integer(1))
        .unwrap()
        .prepare()
        .unwrap();
    let output = prepared.run(&inputs(3)).unwrap();
    assert!(matches!(
        output.checks()[0].outcome,
        CheckOutcome::Skipped { .. }
    ));
    assert_eq!(failure(&output.checks()[1]).failed, 3);
}

#[test]
fn an_error_in_a_condition_names_the_check() {
    let flow = Flow::from_text("table t { x: i8\n y = x\n check x * x > 0 }").unwrap();
    for backend in [Backend::Jit, Backend::Interpreter] {
        let batch: ArrayRef = Arc::new(arrow::array::Int8Array::from(vec![1, 100]));
        let batch = RecordBatch::try_from_iter([("x", batch)]).unwrap();
        let prepared = flow.outputs().backend(backend).prepare().unwrap();
        let error = prepared
            .run(&Inputs::new().batches("t", vec![batch]))
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("check x * x > 0") && text.contains("10000"),
            "{text}"
        );
        assert!(error.check_reports().is_empty());
    }
}

#[test]
fn graphs_built_in_rust_have_checks() {
    let mut builder = ir::graph::GraphBuilder::new();
    let table = builder
        .table("t", "", ir::graph::TableRows::Source(None))
        .unwrap();
    let ty = ir::types::ScalarType::I64.required();
    let x = builder.column(table, "x", "x", ty).unwrap();
    let x = builder.use_node(x);
    let zero = builder.literal(Constant::Integer(0));
    let above = builder
        .compare(ir::op::Comparison::Greater, x, zero)
        .unwrap();
    assert!(builder.check(x, CheckAction::Fail, "", None).is_err());
    builder
        .check(above, CheckAction::Warn, "Above zero.", None)
        .unwrap();
    builder.define(None, "y", x).unwrap();
    let flow = Flow::from_graph(builder.finish());
    let x: ArrayRef = Arc::new(Int64Array::from(vec![0]));
    let batch = RecordBatch::try_from_iter([("x", x)]).unwrap();
    let prepared = flow.outputs().prepare().unwrap();
    let output = prepared
        .run(&Inputs::new().batches("t", vec![batch]))
        .unwrap();
    let report = &output.checks()[0];
    assert_eq!(
        (report.text.as_str(), report.doc.as_str()),
        ("x > 0", "Above zero.")
    );
    assert_eq!(failure(report).sample.num_rows(), 1);
}
