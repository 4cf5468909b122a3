//! Parquet files that passes decode while they compute: answers and errors are those of files read first.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use icosian::runtime::execute::{Analysis, Run};
use icosian::{Executor, Flow, Inputs, ParallelExecutor, Prepared, RunOutput, SerialExecutor};
use icosian_tests::compare::difference;
use icosian_tests::data::Numbers;
use icosian_tests::partitions::Partitions;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::WriterProperties;

const COLUMNS: &str = "n: i64, i: i32?, f: f64?, k: str, s: str?";
const TABLE: &str = "table t { n: i64, i: i32?, f: f64?, k: str, s: str? }\n";

/// What is asked of a file, and whether passes decode it.
const ASKED: [(&str, bool); 19] = [
    ("o = sum(t.f)\nm = max(t.i)\nc = t.len()", true),
    (
        "table by = t group by k, s { c = len(), m = mean(f), first = min(n) }\noutput o = [by.*]",
        true,
    ),
    (
        "table some = t where i > 20 and f < 50.0\noutput o = [some.n, some.s, some.f]",
        true,
    ),
    (
        "table t { twice = i * 2, up = upper(s), at = row_index() }\noutput o = [t.twice, t.up, t.at]",
        true,
    ),
    (
        "table t { before = f.shift(1), after = i.shift(-70), smooth = f.rolling(300, min=1).mean() }\n\
         output o = [t.before, t.after, t.smooth]",
        true,
    ),
    // A halo so long makes one morsel, or a few that look at all row groups.
    (
        "table t { before = n.shift(30000) }\noutput o = [t.before]",
        false,
    ),
    (
        "table top = t order by f desc limit 40\noutput o = [top.n, top.k]",
        false,
    ),
    (
        "table few = t where i > 0 { double = n * 2 }\ntable by = few group by k { x = sum(double) }\n\
         output o = [by.*]",
        true,
    ),
    // Sums from the first row on take two passes.
    (
        "table t { total = cumulative_sum(i) }\noutput o = [t.total]",
        false,
    ),
    ("output o = [t.n, t.s]", true),
    (
        "table t { twice = i * 2 }\noutput o = [t.s, t.twice, t.f]\nm = max(t.f)",
        true,
    ),
    (
        "table by = t group by i { c = len(), x = sum(f) }\noutput o = [by.*]",
        true,
    ),
    // Where keys lie is told by rows from all over the table, unless they are few.
    (
        "table by = t group by n { c = len(), x = sum(f) }\noutput o = [by.*]",
        false,
    ),
    (
        "table t { other = t[n = n - 3].f }\noutput o = [t.other]",
        false,
    ),
    ("table t { off = f - mean(f) }\noutput o = [t.off]", false),
    (
        "table t { most = max(f) over k }\noutput o = [t.most]",
        false,
    ),
    (
        "table u { n: i64, w: f64? }\ntable t { there = u[n = n].w }\noutput o = [t.there]",
        true,
    ),
    ("table d = t distinct k, s\noutput o = [d.k, d.s]", true),
    ("c = t.len()", false),
];

fn rows(count: usize, numbers: &mut Numbers) -> RecordBatch {
    let texts = [
        "",
        "a",
        "bc",
        "ďé",
        "a longer text, beyond what is kept in place",
    ];
    let some = |numbers: &mut Numbers| numbers.below(9) > 0;
    let i = (0..count)
        .map(|_| some(numbers).then_some(0))
        .collect::<Vec<_>>();
    let i = i
        .into_iter()
        .map(|i| i.map(|_: i32| numbers.below(100) as i32));
    let i: ArrayRef = Arc::new(i.collect::<Int32Array>());
    let f = (0..count).map(|row| (row % 11 > 0).then(|| numbers.below(1000) as f64 / 8.0));
    let f: ArrayRef = Arc::new(f.collect::<Float64Array>());
    let k = (0..count).map(|_| Some(texts[numbers.below(5)]));
    let k: ArrayRef = Arc::new(k.collect::<StringArray>());
    let s = (0..count).map(|_| [None, Some("x"), Some("yz")][numbers.below(3)]);
    let s: ArrayRef = Arc::new(s.collect::<StringArray>());
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count as i64));
    RecordBatch::try_from_iter_with_nullable([
        ("n", n, false),
        ("i", i, true),
        ("f", f, true),
        ("k", k, false),
        ("s", s, true),
    ])
    .expect("columns of one length")
}

fn write(path: &Path, batch: &RecordBatch, group_rows: usize) {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .build();
    let file = File::create(path).expect("a file");
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("rows");
    writer.close().expect("a footer");
}

fn prepared(text: &str) -> Prepared {
    let flow = Flow::from_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    flow.outputs().prepare().expect("a plan")
}

/// The inputs of a flow: `t` from a file, `u` from memory.
fn inputs(path: &Path, text: &str) -> Inputs {
    let inputs = Inputs::new().file("t", path);
    if !text.contains("table u") {
        return inputs;
    }
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values((0..500).map(|n| n * 7)));
    let w: ArrayRef = Arc::new(Float64Array::from_iter_values((0..500).map(f64::from)));
    let there = RecordBatch::try_from_iter([("n", n), ("w", w)]).expect("columns");
    inputs.batches("u", vec![there])
}

/// The prepared run as a pool of so many threads opens it.
fn open<'a>(prepared: &'a Prepared, inputs: &Inputs, threads: usize) -> Run<'a> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let run = pool.expect("threads").install(|| prepared.open(inputs));
    run.expect("a readable footer")
}

fn same(expected: &RunOutput, found: &RunOutput, what: &str) {
    assert_eq!(
        format!("{:?}", expected.scalars()),
        format!("{:?}", found.scalars()),
        "{what}"
    );
    for table in expected.tables() {
        let expected = expected.table(table).expect("rows");
        let found = found.table(table).expect("rows");
        assert_eq!(expected.num_columns(), found.num_columns());
        for (expected, found) in expected.columns().iter().zip(found.columns()) {
            assert_eq!(difference(expected, found), None, "{what}");
        }
    }
}

/// Asks everything of a file of so many rows in row groups of so many.
fn check(count: usize, group_rows: usize) {
    let batch = rows(count, &mut Numbers(count as u64));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    write(&path, &batch, group_rows);
    let groups = count.div_ceil(group_rows);
    let one = ParallelExecutor::new(1).expect("a thread");
    let two = ParallelExecutor::new(2).expect("threads");
    for (asked, decodes) in ASKED {
        let text = match asked.contains("table t {") {
            true => asked.replacen("table t {", &format!("table t {{ {COLUMNS}, "), 1),
            false => format!("{TABLE}{asked}"),
        };
        let expected = prepared(&text);
        let memory = inputs(&path, &text).batches("t", vec![batch.clone()]);
        let expected = expected.run_with(&memory, &SerialExecutor);
        let expected = expected.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let prepared = prepared(&text);
        let executors: [(usize, &dyn Executor); 4] =
            [(1, &one), (2, &two), (1, &SerialExecutor), (1, &Partitions)];
        for (threads, executor) in executors {
            let analysis = Arc::new(Analysis::default());
            let run = open(&prepared, &inputs(&path, &text), threads);
            let run = run.with_analysis(Arc::clone(&analysis));
            let what = format!("{count} rows, groups of {group_rows}, {threads} threads\n{text}");
            // On two threads twice: what was decoded and dropped is decoded again.
            for _ in 0..threads {
                let found = prepared.execute(&run, executor);
                let found = found.unwrap_or_else(|error| panic!("{error}\n{what}"));
                same(&expected, &found, &what);
            }
            let told = prepared.analysis_text(&analysis);
            let decoded = told.contains("decode row groups");
            assert_eq!(decoded, decodes && groups >= 4 * threads, "{what}\n{told}");
        }
    }
}

#[test]
fn answers_are_those_of_rows_in_memory() {
    for (count, group_rows) in [(0, 10), (70_000, 5300), (80_000, 8192), (66_000, 66_000)] {
        check(count, group_rows);
    }
}

#[test]
fn pruned_row_groups_stay_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    write(&path, &rows(120_000, &mut Numbers(1)), 6000);
    // What nobody reads may be broken.
    break_row_group(&path, 3);
    let text = format!("{TABLE}table late = t where n >= 60000\nc = late.len()\ns = sum(late.n)");
    let prepared = prepared(&text);
    let analysis = Arc::new(Analysis::default());
    let run = open(&prepared, &inputs(&path, &text), 2).with_analysis(Arc::clone(&analysis));
    let two = ParallelExecutor::new(2).expect("threads");
    let output = prepared.execute(&run, &two).expect("sound row groups");
    let values = output
        .scalars()
        .into_iter()
        .map(|(_, _, value)| value.to_string());
    assert_eq!(values.collect::<Vec<_>>(), ["60000", "5399970000"]);
    let told = prepared.analysis_text(&analysis);
    assert!(told.contains("row groups: 10 of 20 read"), "{told}");
    assert!(told.contains("decode row groups"), "{told}");
}

/// Writes over the bytes of a row group.
fn break_row_group(path: &Path, group: usize) {
    let file = File::open(path).expect("a file");
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file);
    let metadata = metadata.expect("a footer");
    for column in metadata.row_group(group).columns() {
        let (start, length) = column.byte_range();
        let mut file = OpenOptions::new().write(true).open(path).expect("a file");
        file.seek(SeekFrom::Start(start)).expect("a place");
        file.write_all(&vec![0xff; length as usize]).expect("room");
    }
}

/// A file of 20 row groups of 6000 rows.
fn file_with_broken(group: usize, folder: &Path) -> PathBuf {
    let path = folder.join("t.parquet");
    write(&path, &rows(120_000, &mut Numbers(7)), 6000);
    break_row_group(&path, group);
    path
}

#[test]
fn of_several_errors_the_one_of_the_lowest_rows_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file_with_broken(12, folder.path());
    // The broken row group begins at row 72,000, the morsel that comes to it at row 65,536.
    for (row, is_told) in [(4000, true), (64_000, true), (90_000, false)] {
        let text = format!(
            "{TABLE}s = sum(t.n + (9223372036854775807 if t.n == {row} else 0)) + sum(t.i)"
        );
        let prepared = prepared(&text);
        let first = prepared
            .bind(&inputs(&path, &text))
            .expect_err("a broken file");
        assert!(first.to_string().contains("table `t`: "), "{first}");
        for threads in [1, 2, 2, 2, 2] {
            let executor = ParallelExecutor::new(threads).expect("threads");
            let run = open(&prepared, &inputs(&path, &text), threads);
            let error = prepared.execute(&run, &executor).expect_err("an error");
            if is_told {
                assert!(error.to_string().contains(&format!("row {row}")), "{error}");
            } else {
                assert_eq!(error.to_string(), first.to_string());
                assert_eq!(error.diagnostics()[0].code, first.diagnostics()[0].code);
            }
        }
    }
}

#[test]
fn a_null_is_told_with_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    write(&path, &rows(66_000, &mut Numbers(3)), 6000);
    let text = "table t { f: f64 }\ns = sum(t.f)";
    let prepared = prepared(text);
    let first = prepared
        .bind(&inputs(&path, text))
        .expect_err("row 0 is null");
    let run = open(&prepared, &inputs(&path, text), 2);
    let error = prepared
        .execute(&run, &SerialExecutor)
        .expect_err("row 0 is null");
    assert_eq!(error.to_string(), first.to_string());
}

#[test]
fn a_run_is_cancelled_before_it_decodes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file_with_broken(0, folder.path());
    let text = format!("{TABLE}s = sum(t.f)");
    let prepared = prepared(&text);
    for threads in [1, 2] {
        let executor = ParallelExecutor::new(threads).expect("threads");
        let run = open(&prepared, &inputs(&path, &text), threads);
        let run = run.with_cancel(Arc::new(AtomicBool::new(true)));
        let error = prepared
            .execute(&run, &executor)
            .expect_err("it is cancelled");
        assert!(error.to_string().contains("cancelled"), "{error}");
    }
}

#[test]
fn two_tables_of_one_file_and_a_folder_of_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let batch = rows(90_000, &mut Numbers(5));
    for part in 0..9 {
        let path = folder.path().join(format!("{part}.parquet"));
        write(&path, &batch.slice(part * 10_000, 10_000), 7000);
    }
    let text = "table a { n: i64, f: f64? }\ntable b { n: i64, i: i32? }\n\
                x = sum(a.f)\ny = sum(b.i)\nlast = max(b.n)";
    let prepared = prepared(text);
    let both = |of: &dyn Fn(&str, Inputs) -> Inputs| of("b", of("a", Inputs::new()));
    let memory = both(&|name, inputs| inputs.batches(name, vec![batch.clone()]));
    let expected = prepared.run_with(&memory, &SerialExecutor).expect("rows");
    let files = both(&|name, inputs| inputs.file(name, folder.path()));
    let two = ParallelExecutor::new(2).expect("threads");
    let analysis = Arc::new(Analysis::default());
    let run = open(&prepared, &files, 2).with_analysis(Arc::clone(&analysis));
    let found = prepared.execute(&run, &two).expect("rows");
    same(&expected, &found, text);
    let told = prepared.analysis_text(&analysis);
    assert_eq!(told.matches("decode row groups").count(), 2, "{told}");
}

#[test]
fn batches_come_from_row_groups_as_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    let count = 1_200_000;
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
    let batch = RecordBatch::try_from_iter([("n", n)]).expect("a column");
    // Small enough for 65 threads.
    write(&path, &batch, 4001);
    break_row_group(&path, 280);
    let prepared = prepared("table t { n: i64, m = n + 1 }\noutput o = [t.n, t.m]");
    let inputs = Inputs::new().file("t", &path);
    let mut batches = prepared.batches(&inputs, "t").expect("a readable footer");
    let first = batches.next().expect("a batch").expect("sound row groups");
    let m: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=1_048_576));
    assert_eq!(difference(&m, first.column(1)), None);
    let n = batch.column(0).slice(0, 1_048_576);
    assert_eq!(difference(&n, first.column(0)), None);
    let error = batches
        .next()
        .expect("a batch")
        .expect_err("a broken row group");
    assert!(error.to_string().contains("table `t`: "), "{error}");
    assert!(batches.next().is_none());
}

#[test]
fn more_rows_than_a_file_has_room_for_are_decoded_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    let n: ArrayRef = Arc::new(Int64Array::from_value(3, 2_000_000));
    let batch = RecordBatch::try_from_iter([("n", n)]).expect("a column");
    write(&path, &batch, 100_000);
    let bytes = std::fs::metadata(&path).expect("a file").len();
    assert!(bytes * 64 < 2_000_000, "{bytes} bytes");
    let prepared = prepared("table t { n: i64 }\ns = sum(t.n)");
    let analysis = Arc::new(Analysis::default());
    let run = open(&prepared, &Inputs::new().file("t", &path), 2);
    let run = run.with_analysis(Arc::clone(&analysis));
    let output = prepared.execute(&run, &SerialExecutor).expect("rows");
    assert_eq!(output.scalars()[0].2.to_string(), "6000000");
    let told = prepared.analysis_text(&analysis);
    assert!(!told.contains("decode row groups"), "{told}");
}

/// A column of whole numbers from the first one on.
fn whole_numbers(first: i64, count: i64) -> RecordBatch {
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + count));
    RecordBatch::try_from_iter([("n", n)]).expect("a column")
}

#[test]
fn a_file_replaced_or_changed_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    let next = folder.path().join("next");
    let inputs = Inputs::new().file("t", &path);
    let is_told = |error: icosian::Error| {
        let text = error.to_string();
        assert!(text.contains("t.parquet: the file was replaced"), "{text}");
    };

    // Of one layout, so that the old footer would be true of the new file.
    let sums = prepared("table t { n: i64 }\ns = sum(t.n)");
    write(&path, &whole_numbers(0, 120_000), 6000);
    write(&next, &whole_numbers(1_000_000, 120_000), 6000);
    let run = open(&sums, &inputs, 2);
    std::fs::rename(&next, &path).expect("a folder that can be written to");
    is_told(sums.execute(&run, &SerialExecutor).expect_err("replaced"));
    let run = open(&sums, &inputs, 2);
    write(&path, &whole_numbers(0, 110_000), 6000);
    is_told(sums.execute(&run, &SerialExecutor).expect_err("changed"));

    let rows = prepared("table t { n: i64, m = n + 1 }\noutput o = [t.m]");
    write(&path, &whole_numbers(0, 1_200_000), 4001);
    write(&next, &whole_numbers(10_000_000, 1_200_000), 4001);
    let mut batches = rows.batches(&inputs, "t").expect("a readable footer");
    batches.next().expect("a batch").expect("the old rows");
    std::fs::rename(&next, &path).expect("a folder that can be written to");
    is_told(batches.next().expect("a batch").expect_err("replaced"));
    assert!(batches.next().is_none());
}

#[test]
fn a_row_group_of_no_rows_that_has_values_is_corrupt() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    write(&path, &whole_numbers(0, 120_000), 6000);
    let bytes = std::fs::read(&path).expect("a file");
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(&File::open(&path).expect("a file"))
        .expect("a footer");
    // The columns may admit their values, or claim to have none either.
    for (values, told) in [(6000, "has values"), (0, "has 6000")] {
        let mut lying = metadata.clone().into_builder();
        let mut groups = lying.take_row_groups();
        let column = groups[10].column(0).clone().into_builder();
        let column = column.set_num_values(values).build().expect("a column");
        let group = groups[10].clone().into_builder().set_num_rows(0);
        let group = group.set_column_metadata(vec![column]).build();
        groups[10] = group.expect("a row group");
        let lying = lying.set_row_groups(groups).build();
        // The old footer stays before the new one, where nobody looks.
        let mut file = File::create(&path).expect("a file");
        file.write_all(&bytes).expect("room");
        ParquetMetaDataWriter::new(&mut file, &lying)
            .finish()
            .expect("a footer");
        let prepared = prepared("table t { n: i64 }\ns = sum(t.n)");
        let error = prepared
            .open(&Inputs::new().file("t", &path))
            .expect_err("values of no row");
        let told = format!("t.parquet: row group 10 claims 0 rows and {told}");
        assert!(error.to_string().contains(&told), "{error}");
    }
}
