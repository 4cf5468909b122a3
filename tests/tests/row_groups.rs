//! Row groups of Parquet files that a filter leaves unread: answers and errors are those of the same rows
//! in memory, and groups really are left unread.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, RecordBatch,
    StringArray, TimestampMillisecondArray, UInt64Array,
};
use icosian::runtime::execute::Analysis;
use icosian::{Backend, Executor, Flow, Inputs, ParallelExecutor, SerialExecutor};
use icosian_tests::compare::difference;
use icosian_tests::data::Numbers;
use icosian_tests::partitions::Partitions;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use proptest::prelude::{ProptestConfig, any, proptest};

const TABLE: &str = "param least: i64 = 40\nparam since: date = date(\"1970-02-10\")\n\
table t { i: i64?, f: f64?, s: str?, d: date, at: timestamp[us], b: bool?, u: u64, money: decimal(12, 3)?\n\
steep = i * 100000000000000000\n half = f / 2\n whole = i32(f)\n n = row_index() }\n";

/// Rows whose values mostly grow, so that row groups have bounds apart.
fn rows(count: usize, numbers: &mut Numbers) -> RecordBatch {
    const FLOATS: [f64; 6] = [f64::NAN, -0.0, 0.0, f64::INFINITY, 1.5, -3.0];
    let nulls = numbers.below(4);
    let some = |numbers: &mut Numbers| nulls == 0 || numbers.below(4 * nulls) > 0;
    let near = |row: usize, numbers: &mut Numbers| (row + numbers.below(6)) as i64;
    let mut columns: Vec<Vec<Option<i64>>> = Vec::new();
    for column in 0..8 {
        // Now and then a stretch of nothing but nulls.
        let empty = numbers.below(count + 1)..count.min(numbers.below(2 * count + 1));
        let values = (0..count).map(|row| {
            let value = near(row, numbers);
            (matches!(column, 3 | 4 | 6) || some(numbers) && !empty.contains(&row)).then_some(value)
        });
        columns.push(values.collect());
    }
    let of = |column: usize| columns[column].iter().copied();
    let floats: Vec<Option<f64>> = of(1)
        .map(|value| {
            let odd = numbers.below(12) == 0;
            value.map(|value| {
                if odd {
                    *numbers.pick(&FLOATS)
                } else {
                    value as f64 - 20.0
                }
            })
        })
        .collect();
    let long = "x".repeat(numbers.below(90));
    let texts = of(2).map(|value| {
        value.map(|value| format!("{}{long}{value:04}", if value > 60 { "é" } else { "" }))
    });
    let money = of(7).map(|value| value.map(|value| i128::from(value) * 25 - 900));
    let arrays: Vec<(&str, ArrayRef)> = vec![
        (
            "i",
            Arc::new(Int32Array::from_iter(
                of(0).map(|value| value.map(|value| value as i32 - 10)),
            )),
        ),
        ("f", Arc::new(Float64Array::from(floats))),
        ("s", Arc::new(StringArray::from_iter(texts))),
        (
            "d",
            Arc::new(Date32Array::from_iter(
                of(3).map(|value| value.map(|value| value as i32)),
            )),
        ),
        (
            "at",
            Arc::new(TimestampMillisecondArray::from_iter(
                of(4).map(|value| value.map(|value| value * 86_400_000 - 1)),
            )),
        ),
        (
            "b",
            Arc::new(BooleanArray::from_iter(
                of(5).map(|value| value.map(|value| value > 50)),
            )),
        ),
        (
            "u",
            Arc::new(UInt64Array::from_iter(
                of(6).map(|value| value.map(|value| (value as u64) << 57)),
            )),
        ),
        (
            "money",
            Arc::new(
                Decimal128Array::from_iter(money)
                    .with_precision_and_scale(10, 2)
                    .expect("a decimal"),
            ),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(
        arrays.into_iter().map(|(name, array)| (name, array, true)),
    )
    .expect("columns of one length")
}

/// A random predicate: comparisons of each type, some of which raise, under `and`, `or` and `not`.
fn predicate(depth: usize, numbers: &mut Numbers) -> String {
    if depth > 0 && numbers.below(3) > 0 {
        let (left, right) = (predicate(depth - 1, numbers), predicate(depth - 1, numbers));
        return match numbers.below(5) {
            0 | 1 => format!("({left} and {right})"),
            2 => format!("({left} or {right})"),
            3 => format!("(not {left})"),
            _ => format!("({left} if {right} else {left})"),
        };
    }
    let compare = *numbers.pick(&["==", "!=", "<", "<=", ">", ">="]);
    let n = numbers.below(130);
    let column = *numbers.pick(&["i", "f", "s", "d", "b", "money"]);
    match numbers.below(20) {
        0 | 1 => format!("i {compare} {n}"),
        2 => format!("i {compare} least"),
        3 => format!("i in [{n}, {}, {}]", n + 1, n + 50),
        4 => format!(
            "i in [{}]",
            (0..12)
                .map(|k| (n + k).to_string())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        5 => format!("f {compare} {n}.5"),
        6 => format!(
            "f {compare} {}",
            numbers.pick(&["0.0", "-0.0", "nan", "inf", "-20.0"])
        ),
        7 => format!("s {compare} \"{n:04}\""),
        8 => format!("s {compare} \"xxxx{n}\""),
        9 => format!("d {compare} since"),
        10 => format!("d {compare} date(\"1970-03-{:02}\")", 1 + n % 30),
        11 => format!("at.date() {compare} since + 3d"),
        12 => format!(
            "at {compare} timestamp(\"1970-02-{:02}T23:59:59\")",
            1 + n % 28
        ),
        13 => "b".to_owned(),
        14 => format!("u {compare} {}", u128::from(n as u64 % 64) << 57),
        15 => format!("money {compare} decimal(\"{n}.125\", 12, 3)"),
        16 => format!("{column} is null"),
        17 => format!("{column} is not null"),
        18 => format!("steep {compare} {n}"),
        _ => format!("whole {compare} half * 2"),
    }
}

/// What is asked of the rows kept; some of it can be an error.
fn asked(numbers: &mut Numbers) -> &'static str {
    const ASKED: [&str; 7] = [
        "output o = [big.i, big.f, big.s, big.d, big.at, big.b, big.u, big.money, big.n]",
        "total = sum(big.f)\nmost = max(big.i)\nkept = big.len()\noutput o = [total, most, kept]",
        "table by = big group by m = i % 3 { c = len(), x = sum(f), k = min(n) }\noutput o = [by.*]",
        "output o = [big.n, big.steep]",
        "output o = [big.whole]",
        "table first = big order by f desc limit 5\noutput o = [first.n]\n",
        "r = sum(t.f if t.i > least else null)\noutput o = [r, big.s]",
    ];
    ASKED[numbers.below(ASKED.len())]
}

fn write(path: &Path, batch: &RecordBatch, group_rows: usize, numbers: &mut Numbers) {
    let statistics = *numbers.pick(&[EnabledStatistics::Chunk, EnabledStatistics::Page]);
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_statistics_enabled(statistics)
        .set_statistics_truncate_length(Some(8))
        .build();
    let file = File::create(path).expect("a file");
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("rows");
    writer.close().expect("a footer");
}

/// Everything that a run gives, or its error.
fn told(
    flow: &Flow,
    backend: Backend,
    inputs: &Inputs,
    executor: &dyn Executor,
) -> Result<(Vec<RecordBatch>, String), String> {
    let prepared = flow.outputs().backend(backend).prepare().expect("a plan");
    let output = prepared
        .run_with(inputs, executor)
        .map_err(|error| error.to_string())?;
    let tables = output
        .tables()
        .into_iter()
        .map(|table| output.table(table).expect("rows"));
    Ok((tables.collect(), format!("{:?}", output.scalars())))
}

fn check(text: &str, batch: &RecordBatch, path: &Path) {
    let flow = Flow::from_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let memory = Inputs::new().batches("t", vec![batch.clone()]);
    let file = Inputs::new().file("t", path);
    let expected = told(&flow, Backend::Interpreter, &memory, &SerialExecutor);
    let parallel = ParallelExecutor::new(2).expect("threads");
    let runs: [(Backend, &dyn Executor); 4] = [
        (Backend::Interpreter, &SerialExecutor),
        (Backend::Jit, &SerialExecutor),
        (Backend::Jit, &parallel),
        (Backend::Jit, &Partitions),
    ];
    for (backend, executor) in runs {
        let found = told(&flow, backend, &file, executor);
        match (&expected, &found) {
            (Ok((tables, scalars)), Ok((found_tables, found_scalars))) => {
                assert_eq!(scalars, found_scalars, "{backend:?}\n{text}");
                assert_eq!(tables.len(), found_tables.len());
                for (table, found) in tables.iter().zip(found_tables) {
                    for (column, found) in table.columns().iter().zip(found.columns()) {
                        let difference = difference(column, found);
                        assert_eq!(difference, None, "{backend:?}\n{text}");
                    }
                }
            }
            (expected, found) => assert_eq!(
                expected.as_ref().map(|_| ()),
                found.as_ref().map(|_| ()),
                "{backend:?}\n{text}"
            ),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_unread_makes_no_difference(
        seed in any::<u64>(), count in 0usize..120, group_rows in 1usize..40
    ) {
        let mut numbers = Numbers(seed);
        let batch = rows(count, &mut numbers);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        write(&path, &batch, group_rows, &mut numbers);
        for _ in 0..3 {
            let predicate = predicate(2, &mut numbers);
            let text = format!("{TABLE}table big = t where {predicate}\n{}", asked(&mut numbers));
            check(&text, &batch, &path);
        }
    }
}

/// How many row groups the first pass read, of how many.
fn row_groups(text: &str, path: &Path) -> Option<(usize, usize)> {
    let flow = Flow::from_text(text).unwrap_or_else(|error| panic!("{error}"));
    let prepared = flow.outputs().prepare().expect("a plan");
    let analysis = Arc::new(Analysis::default());
    let run = prepared
        .bind(&Inputs::new().file("t", path))
        .expect("a file");
    let run = run.with_analysis(Arc::clone(&analysis));
    prepared.execute(&run, &SerialExecutor).expect("it runs");
    let told = prepared.analysis_text(&analysis);
    let groups = analysis.passes().first()?.1.row_groups;
    let (read, all) = groups?;
    assert!(
        told.contains(&format!("row groups: {read} of {all} read")),
        "{told}"
    );
    groups
}

/// 100 rows of 0, 1, 2, … in ten row groups.
fn counted(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("t.parquet");
    let x: ArrayRef = Arc::new(Int32Array::from_iter_values(0..100));
    let y: ArrayRef = Arc::new(Float64Array::from_iter_values((0..100).map(f64::from)));
    let batch = RecordBatch::try_from_iter([("x", x), ("y", y)]).expect("columns");
    write(&path, &batch, 10, &mut Numbers(1));
    path
}

#[test]
fn row_groups_are_left_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = counted(folder.path());
    let table = "param least: i32 = 42\ntable t { x: i32, y: f64 }\n";
    let kept = "output o = [big.y]";
    for (predicate, asked, read) in [
        ("x >= 42", kept, 6),
        ("x >= least", "s = sum(big.y)", 6),
        ("x >= least + 30", "n = big.len()", 3),
        ("x == 57", kept, 1),
        ("x in [5, 57]", kept, 2),
        ("y > 12.5 and y < 13.5", kept, 1),
        ("x < 10 or y >= 90", kept, 2),
        ("x is null", kept, 0),
        (
            "x >= 42",
            "table by = big group by k = x // 10 { s = sum(y), c = len() }\noutput o = [by.*]",
            6,
        ),
        ("not (x < 95)", kept, 1),
        ("x * x == 4", kept, 10),
        ("x < 10 and x * x == 4", kept, 1),
        ("x * x == 4 and x < 10", kept, 10),
        ("true", kept, 10),
    ] {
        let text = format!("{table}table big = t where {predicate}\n{asked}");
        let (found, all) = row_groups(&text, &path).expect("row groups");
        assert_eq!((found, all), (read, 10), "{predicate}");
    }
}

#[test]
fn what_is_asked_of_all_rows_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = counted(folder.path());
    let table = "table t { x: i32, y: f64, up: f64? = y.shift(1), n = row_index(), \
                 other = t[x = x - 40].y }\n\
                 table big = t where x >= 42\ntable low = t where x < 12\n";
    for (asked, read) in [
        ("output o = [big.y, big.n]", 6),
        ("output o = [big.y, low.y]", 8),
        ("output o = [big.y, t.x]", 10),
        ("output o = [big.up]", 10),
        ("output o = [big.other]", 10),
        ("n = t.len()\nm = big.len()", 10),
        ("s = sum(t.y)\nm = big.len()", 10),
        (
            "table by = t group by k = x // 50 { c = len() }\noutput o = [by.c, big.y]",
            10,
        ),
    ] {
        let (found, _) = row_groups(&format!("{table}{asked}"), &path).expect("row groups");
        assert_eq!(found, read, "{asked}");
    }
}

#[test]
fn numbers_of_rows_are_those_of_the_whole_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = counted(folder.path());
    let text = "table t { x: i32, y: f64 }\ntable big = t where x >= 42 { z = x * 30000000 }\noutput o = [big.z]";
    let flow = Flow::from_text(text).expect("a flow");
    let prepared = flow.outputs().prepare().expect("a plan");
    let error = prepared
        .run(&Inputs::new().file("t", &path))
        .expect_err("72 × 30 M overflows");
    let whole: Vec<RecordBatch> = vec![
        RecordBatch::try_from_iter([
            (
                "x",
                Arc::new(Int32Array::from_iter_values(0..100)) as ArrayRef,
            ),
            ("y", Arc::new(Float64Array::from(vec![0.0; 100]))),
        ])
        .expect("columns"),
    ];
    let expected = prepared
        .run(&Inputs::new().batches("t", whole))
        .expect_err("it overflows");
    assert_eq!(error.to_string(), expected.to_string());
}
