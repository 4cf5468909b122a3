//! Arrow IPC, Parquet and batches in memory.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, DictionaryArray, Float64Array, Int32Array, Int64Array, ListArray, NullArray,
    RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray,
};
use arrow::datatypes::{Int32Type, Schema};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use icosian_ir::types::{ScalarType, TimeUnit, Zone};
use icosian_runtime::source::{self, Source, SourceErrorKind};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{
    F64, Folder, I64, STR, batch, column, made, na, or_null, read, schema_text, utc_seconds, wanted,
};

fn sample() -> RecordBatch {
    let words: DictionaryArray<Int32Type> = [Some("a"), None, Some("b"), Some("a")]
        .into_iter()
        .collect();
    batch(vec![
        ("n", made(Int32Array::from(vec![1, 2, 3, 4]))),
        (
            "x",
            made(Float64Array::from(vec![
                Some(0.5),
                None,
                Some(f64::NAN),
                Some(-0.0),
            ])),
        ),
        ("word", made(words)),
        (
            "view",
            made(StringViewArray::from(vec![
                "p",
                "a text of more than twelve bytes",
                "",
                "q",
            ])),
        ),
        (
            "at",
            made(TimestampMillisecondArray::from(vec![0, 1, 2, 3]).with_timezone("+00:00")),
        ),
        ("nothing", made(NullArray::new(4))),
        (
            "list",
            made(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
                Some(vec![Some(1)]),
                Some(vec![]),
                Some(vec![]),
                Some(vec![]),
            ])),
        ),
    ])
}

fn write_ipc_file(path: &Path, batches: &[RecordBatch], compression: Option<CompressionType>) {
    let options = IpcWriteOptions::default()
        .try_with_compression(compression)
        .unwrap();
    let file = File::create(path).unwrap();
    let mut writer = FileWriter::try_new_with_options(file, &batches[0].schema(), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
}

fn write_ipc_stream(path: &Path, batches: &[RecordBatch], compression: Option<CompressionType>) {
    let options = IpcWriteOptions::default()
        .try_with_compression(compression)
        .unwrap();
    let file = File::create(path).unwrap();
    let mut writer =
        StreamWriter::try_new_with_options(file, &batches[0].schema(), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
}

fn write_parquet(path: &Path, batches: &[RecordBatch], compression: Compression) {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(3))
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), Some(properties)).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
}

/// The sample twice, read from a file; text in whatever layout.
fn check_sample(path: &Path) {
    let at = ScalarType::Timestamp(TimeUnit::Millisecond, Zone::new("UTC")).required();
    let columns = [
        ("word", or_null(STR)),
        ("n", I64),
        ("x", or_null(F64)),
        ("view", STR),
        ("at", at),
        ("nothing", or_null(F64)),
    ];
    let data = read(path, &columns).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(data.rows, 8);
    let text = |place| {
        let array = column(&data, place);
        let plain = arrow::compute::cast(&array, &arrow::datatypes::DataType::Utf8).unwrap();
        let plain = plain
            .as_any()
            .downcast_ref::<StringArray>()
            .unwrap()
            .clone();
        plain
            .iter()
            .map(|text| text.map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let words = [Some("a"), None, Some("b"), Some("a")].map(|text| text.map(str::to_owned));
    assert_eq!(text(0), [words.clone(), words].concat());
    assert_eq!(
        &column(&data, 1),
        &made(Int64Array::from(vec![1, 2, 3, 4, 1, 2, 3, 4]))
    );
    let numbers = column(&data, 2);
    let numbers = numbers.as_any().downcast_ref::<Float64Array>().unwrap();
    assert!(numbers.is_null(5) && numbers.value(6).is_nan());
    assert_eq!(numbers.value(7).to_bits(), (-0.0_f64).to_bits());
    assert_eq!(
        text(3)[5].as_deref(),
        Some("a text of more than twelve bytes")
    );
    let at = TimestampMillisecondArray::from(vec![0, 1, 2, 3, 0, 1, 2, 3]).with_timezone("UTC");
    assert_eq!(&column(&data, 4), &made(at));
    assert_eq!(column(&data, 5).null_count(), 8);

    assert_eq!(read(path, &[]).unwrap().rows, 8);
    let error = read(path, &[("list", I64)]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Type);
    assert_eq!(
        schema_text(path, na()),
        "n: i32\nx: f64?\nword: str?\nview: str\nat: timestamp[ms, \"UTC\"]\nnothing: str?"
    );
}

#[test]
fn ipc_files_and_streams_plain_and_compressed() {
    let folder = Folder::new();
    let batches = [sample(), sample()];
    for compression in [
        None,
        Some(CompressionType::LZ4_FRAME),
        Some(CompressionType::ZSTD),
    ] {
        let path = folder.path("a.arrow");
        write_ipc_file(&path, &batches, compression);
        check_sample(&path);
        let path = folder.path("a.ipc");
        write_ipc_stream(&path, &batches, compression);
        check_sample(&path);
    }
}

#[test]
fn a_stream_may_change_its_dictionary() {
    let folder = Folder::new();
    let one: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
    let other: DictionaryArray<Int32Type> = ["c", "d"].into_iter().collect();
    let path = folder.path("a.feather");
    write_ipc_stream(
        &path,
        &[
            batch(vec![("w", made(one))]),
            batch(vec![("w", made(other))]),
        ],
        None,
    );
    let data = read(&path, &[("w", STR)]).unwrap();
    let words = arrow::compute::cast(&column(&data, 0), &arrow::datatypes::DataType::Utf8);
    assert_eq!(
        &words.unwrap(),
        &made(StringArray::from(vec!["a", "b", "c", "d"]))
    );
}

#[test]
fn parquet_of_several_row_groups() {
    let folder = Folder::new();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
        Compression::GZIP(Default::default()),
    ] {
        let path = folder.path("a.parquet");
        write_parquet(&path, &[sample(), sample()], compression);
        check_sample(&path);
    }
}

#[test]
fn files_without_rows() {
    let folder = Folder::new();
    let empty = sample().slice(0, 0);
    let path = folder.path("a.parquet");
    write_parquet(&path, std::slice::from_ref(&empty), Compression::SNAPPY);
    assert_eq!(read(&path, &[("n", I64)]).unwrap().rows, 0);
    let path = folder.path("a.arrow");
    write_ipc_file(&path, std::slice::from_ref(&empty), None);
    assert_eq!(read(&path, &[("n", I64)]).unwrap().rows, 0);
}

#[test]
fn batches_in_memory() {
    let batches = vec![sample(), sample().slice(1, 2)];
    let source = Source::Batches(batches);
    let data = source::read(&source, &wanted(&[("n", I64), ("x", or_null(F64))])).unwrap();
    assert_eq!(
        &column(&data, 0),
        &made(Int64Array::from(vec![1, 2, 3, 4, 2, 3]))
    );
    let schema = source::schema(&source).unwrap();
    assert_eq!(schema.columns.len(), 6);
    assert_eq!(schema.unusable[0].0, "list");

    let none = Source::Batches(Vec::new());
    assert_eq!(source::read(&none, &wanted(&[("n", I64)])).unwrap().rows, 0);
}

#[test]
fn a_null_names_its_row_in_the_whole_source() {
    let first = batch(vec![("x", made(Float64Array::from(vec![1.0; 5])))]);
    let nulls = Float64Array::from(vec![Some(1.0), Some(1.0), None]);
    let second = batch(vec![("x", made(nulls))]);
    let second = RecordBatch::try_new(
        Arc::new(Schema::new(vec![
            first.schema().field(0).clone().with_nullable(true),
        ])),
        second.columns().to_vec(),
    )
    .unwrap();
    let first = RecordBatch::try_new(second.schema(), first.columns().to_vec()).unwrap();
    let folder = Folder::new();
    let parquet = folder.path("a.parquet");
    write_parquet(
        &parquet,
        &[first.clone(), second.clone()],
        Compression::SNAPPY,
    );
    let ipc = folder.path("a.arrow");
    write_ipc_file(&ipc, &[first.clone(), second.clone()], None);
    for source in [
        Source::file(parquet),
        Source::file(ipc),
        Source::Batches(vec![first, second]),
    ] {
        let error = source::read(&source, &wanted(&[("x", F64)])).unwrap_err();
        assert_eq!(error.kind(), SourceErrorKind::Null);
        assert_eq!(error.row(), Some(7));
        assert_eq!(error.column(), Some("x"));
    }
}

#[test]
fn folders_of_parquet_agree_on_their_schema() {
    let folder = Folder::new();
    let required = batch(vec![
        ("n", made(Int32Array::from(vec![1]))),
        ("m", made(Int32Array::from(vec![1]))),
    ]);
    let nullable = batch(vec![
        ("m", made(Int64Array::from(vec![5]))),
        ("n", made(Int32Array::from(vec![None]))),
    ]);
    write_parquet(&folder.path("1.parquet"), &[required], Compression::SNAPPY);
    write_parquet(&folder.path("2.parquet"), &[nullable], Compression::SNAPPY);
    let path = folder.path("");
    let schema = source::schema(&Source::file(&path)).unwrap();
    assert_eq!(
        schema.columns,
        [("n".to_owned(), ScalarType::I32.nullable())]
    );
    assert!(schema.unusable[0].1.contains("i64"), "{schema:?}");
    // Wanted as a type that both widen to, it can be read all the same.
    let data = read(&path, &[("m", I64)]).unwrap();
    assert_eq!(&column(&data, 0), &made(Int64Array::from(vec![1, 5])));
}

#[test]
fn a_type_that_does_not_widen_names_both() {
    let folder = Folder::new();
    let path = folder.path("a.parquet");
    write_parquet(&path, &[sample()], Compression::SNAPPY);
    let error = read(&path, &[("at", utc_seconds().required())]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Type);
    assert_eq!(error.found_text(), Some("timestamp[ms, \"UTC\"]"));
    assert_eq!(error.wanted_type(), Some(utc_seconds().required()));
}
