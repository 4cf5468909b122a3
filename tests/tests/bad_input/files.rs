//! Data files that are missing, wrong or damaged, read by a flow.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Float64Type;
use arrow::ipc::writer::{FileWriter, StreamWriter};
use icosian::diagnostic::Code;
use icosian::{ErrorKind, Flow, FlowOptions, Inputs};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::support::{failed, run, told};

const T: &str = "table t { k: i64, x: f64?, s: str }\ny = x * f64(k)\nz = s == \"b\"";

fn table(rows: i64) -> RecordBatch {
    let k: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let x: Float64Array = (0..rows)
        .map(|row| (row % 3 > 0).then_some(row as f64))
        .collect();
    let s = StringArray::from_iter_values((0..rows).map(|row| ["a", "b", "ccc"][row as usize % 3]));
    let columns: [(&str, ArrayRef, bool); 3] = [
        ("k", k, false),
        ("x", Arc::new(x), true),
        ("s", Arc::new(s), false),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn parquet_bytes(batch: &RecordBatch) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(100))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ipc_bytes(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn bad_cells_are_located() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let fails = |content: &str, words: &[&str]| {
        fs::write(&path, content).unwrap();
        failed(
            T,
            "y, z",
            &Inputs::new().file("t", &path),
            Code::BadInput,
            words,
        );
    };
    fails(
        "k,x,s\n1,2.5,a\n2,warm,b\n",
        &["t.csv:3", "column `x`", "\"warm\"", "f64?"],
    );
    fails("k,x,s\n1,2.5,a\n,2,b\n", &["t.csv:3", "column `k`", "i64"]);
    fails("k,x,s\n1.5,2,a\n", &["t.csv:2", "\"1.5\"", "i64"]);
    fails(
        "k,x,s\n9223372036854775808,2,a\n",
        &["t.csv:2", "9223372036854775808", "i64"],
    );
    fails("k,x,s\n1,2,a,b\n", &["t.csv:2"]);
    fails("k,x,s\n1,2\n", &["t.csv:2"]);
    fails("k,x,s\n1,2,\"a\n", &["t.csv:2"]);
    fails("k,xx,s\n1,2,a\n", &["column `x`", "`xx`"]);
    fails("k,x,x,s\n1,2,3,a\n", &["column `x`", "2 columns"]);
    fails("", &["t.csv", "empty"]);
    fails("\u{feff}", &["t.csv"]);
    fs::write(&path, b"k,x,s\n1,2,\xff\n").unwrap();
    failed(
        T,
        "z",
        &Inputs::new().file("t", &path),
        Code::BadInput,
        &["t.csv:2", "column `s`"],
    );
    // A header alone is no rows; a mark, other line ends and trailing blanks are nothing special.
    for (content, rows) in [
        ("k,x,s\n", 0),
        ("\u{feff}k,x,s\r\n1,2,b\r\n", 1),
        ("k,x,s\r1,2,b\r", 1),
        ("k,x,s\n\n1,,b\n\n\n", 1),
    ] {
        fs::write(&path, content).unwrap();
        let flow = Flow::from_text(T).unwrap();
        let output = run(&flow, &["y"], &Inputs::new().file("t", &path));
        let output = output.unwrap_or_else(|error| panic!("{content:?}: {error}"));
        assert_eq!(output.table("t").unwrap().num_rows(), rows, "{content:?}");
    }
}

#[test]
fn columns_of_the_wrong_type_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let batch = table(10);
    for (name, bytes) in [
        ("t.parquet", parquet_bytes(&batch)),
        ("t.arrow", ipc_bytes(&batch)),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let inputs = Inputs::new().file("t", &path);
        let fails = |columns: &str, words: &[&str]| {
            let text = format!("table t {{ {columns} }}\ny = v");
            failed(&text, "y", &inputs, Code::BadInput, words);
        };
        fails("v: i32 from \"k\"", &[name, "column `k`", "i64", "i32"]);
        fails("v: str from \"k\"", &["column `k`", "i64", "str"]);
        fails("v: f64 from \"s\"", &["column `s`", "str", "f64"]);
        fails("v: f64 from \"x\"", &["column `x`", "null"]);
        fails("v: f64 from \"xy\"", &["column `xy`", "`x`"]);
        fails("v: date from \"k\"", &["column `k`", "date"]);
    }
}

#[test]
fn files_that_are_not_there_or_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |path: &Path, words: &[&str]| {
        failed(
            T,
            "y",
            &Inputs::new().file("t", path),
            Code::BadInput,
            words,
        );
    };
    for name in ["none.csv", "none.parquet", "none.arrow", "none/none.csv"] {
        fails(&folder.path().join(name), &[name]);
    }
    fails(folder.path(), &["no files"]);
    for name in ["folder.csv", "folder.parquet", "folder.arrow"] {
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        fails(&path, &[name]);
    }
    let odd = folder.path().join("t.docx");
    fs::write(&odd, "k,x,s\n").unwrap();
    fails(&odd, &["t.docx"]);
    for name in ["empty.parquet", "empty.arrow"] {
        let path = folder.path().join(name);
        fs::write(&path, "").unwrap();
        fails(&path, &[name]);
    }
    // The flow's own file, and none at all.
    failed(
        "table t from \"gone.csv\" { x: f64 }\ny = x",
        "y",
        &Inputs::new(),
        Code::BadInput,
        &["gone.csv"],
    );
    failed(
        T,
        "y",
        &Inputs::new(),
        Code::MissingInput,
        &["`t`", "--input t=PATH"],
    );
    // A table without a body needs its file when it is checked.
    let error = Flow::from_text("table t from \"gone.csv\"\ny = mean(t.x)").unwrap_err();
    told(&error, Code::MissingSchema, &["gone.csv"]);
    assert_eq!(error.kind(), ErrorKind::Flow);
    let options = FlowOptions {
        inputs: Inputs::new().file("t", folder.path().join("empty.parquet")),
        ..FlowOptions::default()
    };
    let error = Flow::from_text_with("table t\ny = mean(t.x)", &options).unwrap_err();
    told(&error, Code::MissingSchema, &["empty.parquet"]);
}

#[test]
fn inputs_for_tables_that_are_not_there() {
    let flow = Flow::from_text(T).unwrap();
    let inputs = Inputs::new()
        .file("tt", "t.csv")
        .batches("t", vec![table(1)]);
    told(
        &run(&flow, &["y"], &inputs).unwrap_err(),
        Code::UnknownName,
        &["`tt`"],
    );
}

#[test]
fn truncated_ipc() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.arrow");
    let flow = Flow::from_text(T).unwrap();
    let batch = table(250);
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    let stream = stream.into_inner().unwrap();
    for (is_stream, bytes) in [(false, ipc_bytes(&batch)), (true, stream)] {
        for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            fs::write(&path, &bytes[..length]).unwrap();
            match run(&flow, &["y", "z"], &Inputs::new().file("t", &path)) {
                Err(error) => told(&error, Code::BadInput, &["t.arrow"]),
                // A stream may end between batches, with or without its mark.
                Ok(output) => {
                    let rows = output.table("t").unwrap().num_rows();
                    assert!(
                        is_stream && (rows == 0 || rows == 250),
                        "{length}: {rows} rows"
                    );
                }
            }
        }
    }
}

#[test]
fn damaged_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let flow = Flow::from_text(T).unwrap();
    let prepared = flow.outputs().prepare().unwrap();
    let whole = parquet_bytes(&table(250));
    let mut state = 7u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut failures = 0;
    for round in 0..1500 {
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes.truncate(random() % whole.len()),
            1 => {
                // Bytes anywhere.
                for _ in 0..=random() % 8 {
                    let place = random() % bytes.len();
                    bytes[place] = random() as u8;
                }
            }
            _ => {
                // Bits of the footer, which says where everything is and how large.
                let place = bytes.len() - 1 - random() % 1000;
                bytes[place] ^= 1 << (random() % 8);
            }
        }
        let path = folder.path().join(format!("{round}.parquet"));
        fs::write(&path, &bytes).unwrap();
        match prepared.run(&Inputs::new().file("t", &path)) {
            Err(error) => {
                failures += 1;
                assert_eq!(error.kind(), ErrorKind::Run, "{error}");
                told(&error, Code::BadInput, &["table `t`"]);
            }
            // What is damaged may be a value, or what nobody reads.
            Ok(output) => assert!(output.table("t").unwrap().num_rows() <= 250),
        }
        fs::remove_file(&path).unwrap();
    }
    assert!(failures > 600, "{failures}");
    let path = folder.path().join("whole.parquet");
    fs::write(&path, &whole).unwrap();
    let output = prepared.run(&Inputs::new().file("t", &path)).unwrap();
    let y = output.table("t").unwrap();
    assert_eq!(y.column(0).as_primitive::<Float64Type>().value(7), 49.0);
    assert_eq!(y.column(0).null_count(), 84);
}

#[test]
fn garbage_under_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 1u32;
    let garbage: Vec<u8> = (0..1 << 20)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    for name in ["t.csv", "t.tsv", "t.jsonl", "t.parquet", "t.arrow"] {
        let path = folder.path().join(name);
        fs::write(&path, &garbage).unwrap();
        failed(
            T,
            "y",
            &Inputs::new().file("t", &path),
            Code::BadInput,
            &[name],
        );
        let options = FlowOptions {
            inputs: Inputs::new().file("t", &path),
            ..FlowOptions::default()
        };
        let error = Flow::from_text_with("table t\ny = mean(t.x)", &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Flow);
    }
}

#[test]
fn files_of_a_folder_that_disagree() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.csv"), "k,x,s\n1,2,a\n").unwrap();
    fs::write(folder.path().join("b.csv"), "k,s\n1,a\n").unwrap();
    failed(
        T,
        "y",
        &Inputs::new().file("t", folder.path()),
        Code::BadInput,
        &["b.csv", "`x`"],
    );
    fs::remove_file(folder.path().join("b.csv")).unwrap();
    fs::write(folder.path().join("b.parquet"), parquet_bytes(&table(3))).unwrap();
    failed(
        T,
        "y",
        &Inputs::new().file("t", folder.path()),
        Code::BadInput,
        &[],
    );
}
