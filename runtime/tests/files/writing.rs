//! What is written, and that it is written whole or not at all.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, DurationMillisecondArray, Float64Array,
    Int64Array, RecordBatch, StringArray, TimestampSecondArray, UInt8Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use icosian_ir::types::{ScalarType, TimeUnit, Zone};
use icosian_runtime::Format;
use icosian_runtime::write::{
    CsvEnd, TableWriter, WriteErrorKind, WriteOptions, write_csv, write_file,
};

use super::{F64, Folder, STR, batch, column, made, or_null, read, utc_seconds};

fn sample() -> RecordBatch {
    let words: DictionaryArray<Int32Type> = [Some("a,b"), None, Some("say \"hi\"")]
        .into_iter()
        .collect();
    batch(vec![
        (
            "b",
            made(BooleanArray::from(vec![Some(true), Some(false), None])),
        ),
        ("n", made(Int64Array::from(vec![i64::MIN, 0, i64::MAX]))),
        ("u", made(UInt8Array::from(vec![0, 1, 255]))),
        (
            "x",
            made(Float64Array::from(vec![Some(0.1), Some(1e300), None])),
        ),
        (
            "y",
            made(Float64Array::from(vec![f64::NAN, f64::NEG_INFINITY, -0.0])),
        ),
        (
            "s",
            made(StringArray::from(vec!["plain", "two\nlines", "ü"])),
        ),
        ("w", made(words)),
        ("d", made(Date32Array::from(vec![0, 15_706, -1]))),
        (
            "t",
            made(TimestampSecondArray::from(vec![0, 1_357_016_400, -1]).with_timezone("UTC")),
        ),
        (
            "c",
            made(TimestampSecondArray::from(vec![0, 1_357_016_400, -1])),
        ),
        (
            "l",
            made(DurationMillisecondArray::from(vec![0, 1500, -90_061_001])),
        ),
    ])
}

const SAMPLE_CSV: &str = "\
b,n,u,x,y,s,w,d,t,c,l
true,-9223372036854775808,0,0.1,NaN,plain,\"a,b\",1970-01-01,1970-01-01T00:00:00Z,1970-01-01T00:00:00,P0D
false,0,1,1e300,-inf,\"two
lines\",,2013-01-01,2013-01-01T05:00:00Z,2013-01-01T05:00:00,PT1.5S
,9223372036854775807,255,,-0.0,ü,\"say \"\"hi\"\"\",1969-12-31,1969-12-31T23:59:59Z,1969-12-31T23:59:59,-PT90061.001S
";

const SAMPLE_JSONL: &str = r#"{"b":true,"n":-9223372036854775808,"u":0,"x":0.1,"y":"NaN","s":"plain","w":"a,b","d":"1970-01-01","t":"1970-01-01T00:00:00Z","c":"1970-01-01T00:00:00","l":"P0D"}
{"b":false,"n":0,"u":1,"x":1e300,"y":"-inf","s":"two\nlines","w":null,"d":"2013-01-01","t":"2013-01-01T05:00:00Z","c":"2013-01-01T05:00:00","l":"PT1.5S"}
{"b":null,"n":9223372036854775807,"u":255,"x":null,"y":-0.0,"s":"ü","w":"say \"hi\"","d":"1969-12-31","t":"1969-12-31T23:59:59Z","c":"1969-12-31T23:59:59","l":"-PT90061.001S"}
"#;

/// Reads the sample back and compares, bit by bit where floats are concerned.
fn check_sample(path: &std::path::Path, timestamps: TimeUnit) {
    let clock = |zone| ScalarType::Timestamp(timestamps, zone).required();
    let columns = [
        ("b", ScalarType::Bool.nullable()),
        ("n", ScalarType::I64.required()),
        ("u", ScalarType::U8.required()),
        ("x", or_null(F64)),
        ("y", F64),
        ("s", STR),
        ("w", or_null(STR)),
        ("d", ScalarType::Date.required()),
        ("t", clock(Zone::new("UTC"))),
        ("c", clock(None)),
        ("l", ScalarType::Duration(TimeUnit::Millisecond).required()),
    ];
    let data = read(path, &columns).unwrap_or_else(|error| panic!("{error}"));
    let sample = sample();
    for (place, (name, ty)) in columns.iter().enumerate() {
        let target = icosian_runtime::arrow_types::arrow_type(ty.scalar);
        let expected = arrow::compute::cast(sample.column(place), &target).unwrap();
        assert_eq!(&bits(&column(&data, place)), &bits(&expected), "{name}");
    }
}

/// Floats as their bits, so that NaN equals itself and −0 isn't 0.
fn bits(array: &ArrayRef) -> ArrayRef {
    match array.as_any().downcast_ref::<Float64Array>() {
        Some(floats) => Arc::new(
            floats
                .iter()
                .map(|value| value.map(|value| value.to_bits() as i64))
                .collect::<Int64Array>(),
        ),
        None => Arc::clone(array),
    }
}

#[test]
fn csv_text() {
    let table = sample();
    let mut text = Vec::new();
    let end = write_csv(
        &mut text,
        &table.schema(),
        [&table],
        &WriteOptions::default(),
    );
    assert_eq!(end.unwrap(), CsvEnd::Complete);
    assert_eq!(String::from_utf8(text).unwrap(), SAMPLE_CSV);
}

#[test]
fn csv_delimiter_and_null() {
    let table = batch(vec![
        ("a", made(Int64Array::from(vec![Some(1), None]))),
        ("b", made(StringArray::from(vec!["x,y", "p;q"]))),
    ]);
    let options = WriteOptions {
        delimiter: Some(b';'),
        null: "NA".to_owned(),
    };
    let mut text = Vec::new();
    write_csv(&mut text, &table.schema(), [&table], &options).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "a;b\n1;x,y\nNA;\"p;q\"\n");
}

#[test]
fn every_format_reads_back() {
    let folder = Folder::new();
    let table = sample();
    for (name, unit) in [
        ("a.csv", TimeUnit::Second),
        ("a.tsv", TimeUnit::Second),
        ("a.jsonl", TimeUnit::Second),
        ("a.arrow", TimeUnit::Second),
        ("a.parquet", TimeUnit::Millisecond),
    ] {
        let path = folder.path(name);
        write_file(&path, &table.schema(), [&table], &WriteOptions::default()).unwrap();
        check_sample(&path, unit);
    }
    assert_eq!(
        folder.names(),
        ["a.arrow", "a.csv", "a.jsonl", "a.parquet", "a.tsv"]
    );
    let lines = std::fs::read_to_string(folder.path("a.jsonl")).unwrap();
    assert_eq!(lines, SAMPLE_JSONL);
}

#[test]
fn batches_of_different_layouts_make_one_file() {
    let folder = Folder::new();
    let schema = Arc::new(Schema::new(vec![Field::new("w", DataType::Utf8, false)]));
    let one: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
    let other: DictionaryArray<Int32Type> = ["c", "a"].into_iter().collect();
    let parts = [
        batch(vec![("w", made(one))]),
        batch(vec![("w", made(other))]),
        batch(vec![("w", made(StringArray::from(vec!["d"])))]),
    ];
    for name in ["a.csv", "a.jsonl", "a.arrow", "a.parquet"] {
        let path = folder.path(name);
        write_file(&path, &schema, &parts, &WriteOptions::default()).unwrap();
        let data = read(&path, &[("w", STR)]).unwrap();
        assert_eq!(
            &column(&data, 0),
            &made(StringArray::from(vec!["a", "b", "c", "a", "d"]))
        );
    }
}

#[test]
fn a_table_without_rows_has_its_header() {
    let folder = Folder::new();
    let schema = Arc::new(Schema::new(vec![
        Field::new("a", DataType::Int64, false),
        Field::new("b", DataType::Utf8, true),
    ]));
    for name in ["a.csv", "a.jsonl", "a.arrow", "a.parquet"] {
        let path = folder.path(name);
        write_file(&path, &schema, [], &WriteOptions::default()).unwrap();
        let data = read(&path, &[("a", ScalarType::I64.required())]).unwrap();
        assert_eq!(data.rows, 0);
    }
    assert_eq!(std::fs::read(folder.path("a.csv")).unwrap(), b"a,b\n");
}

#[test]
fn nothing_is_left_of_a_file_not_finished() {
    let folder = Folder::new();
    let table = sample();
    let path = folder.file("a.csv", "old");
    for format in [Format::Csv, Format::JsonLines, Format::Ipc, Format::Parquet] {
        let options = WriteOptions::default();
        let mut writer =
            TableWriter::with_format(&path, &table.schema(), format, &options).unwrap();
        writer.write(&table).unwrap();
        assert_eq!(folder.names().len(), 2);
        drop(writer);
        assert_eq!(folder.names(), ["a.csv"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }
}

#[test]
fn a_batch_that_does_not_fit_leaves_nothing() {
    let folder = Folder::new();
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int8, false)]));
    let fits = batch(vec![("a", made(Int64Array::from(vec![1])))]);
    let too_great = batch(vec![("a", made(Int64Array::from(vec![1000])))]);
    let path = folder.path("a.parquet");
    let options = WriteOptions::default();
    let error = write_file(&path, &schema, [&fits, &too_great], &options).unwrap_err();
    assert_eq!(error.kind(), WriteErrorKind::Value);
    assert_eq!(error.path(), Some(path.as_path()));
    assert!(folder.names().is_empty());
}

#[test]
fn targets_that_cannot_be_written() {
    let folder = Folder::new();
    let table = sample();
    let write = |name: &str| {
        let options = WriteOptions::default();
        write_file(&folder.path(name), &table.schema(), [&table], &options).unwrap_err()
    };
    let error = write("none/a.csv");
    assert_eq!(error.kind(), WriteErrorKind::Unwritable);
    assert!(error.to_string().contains("none"), "{error}");
    std::fs::create_dir(folder.path("b.csv")).unwrap();
    assert!(write("b.csv").to_string().contains("is a folder"));
    assert_eq!(write("a.txt").kind(), WriteErrorKind::Format);
    folder.file("file", "");
    assert_eq!(write("file/a.csv").kind(), WriteErrorKind::Unwritable);
    let protected = folder.file("c.csv", "old");
    let mut permissions = std::fs::metadata(&protected).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&protected, permissions).unwrap();
    assert_eq!(write("c.csv").kind(), WriteErrorKind::Unwritable);
    assert_eq!(std::fs::read(&protected).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn devices_are_written_to_and_links_followed() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let table = sample();
    let options = WriteOptions::default();
    let null = std::path::Path::new("/dev/null");
    let mut writer =
        TableWriter::with_format(null, &table.schema(), Format::Csv, &options).unwrap();
    writer.write(&table).unwrap();
    writer.finish().unwrap();
    assert!(
        std::fs::metadata(null)
            .unwrap()
            .file_type()
            .is_char_device()
    );

    let folder = Folder::new();
    let real = folder.file("real.csv", "old");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path("link.csv");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write_file(&link, &table.schema(), [&table], &options).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), SAMPLE_CSV);
    assert_eq!(
        std::fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

/// Takes so many bytes and then refuses.
struct Refusing(usize, io::ErrorKind);

impl Write for Refusing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let table = sample();
    let options = WriteOptions::default();
    let mut asked = 0;
    let many = std::iter::repeat_n(&table, 1000).inspect(|_| asked += 1);
    let gone = Refusing(100, io::ErrorKind::BrokenPipe);
    let end = write_csv(gone, &table.schema(), many, &options).unwrap();
    assert_eq!(end, CsvEnd::ReaderGone);
    assert!(asked < 1000);

    let full = Refusing(100, io::ErrorKind::StorageFull);
    assert!(write_csv(full, &table.schema(), [&table], &options).is_err());
}

#[test]
fn utc_is_written_as_utc_whatever_the_file_calls_it() {
    let at = TimestampSecondArray::from(vec![0]).with_timezone("+00:00");
    let table = batch(vec![("t", made(at))]);
    let folder = Folder::new();
    let path = folder.path("a.parquet");
    write_file(&path, &table.schema(), [&table], &WriteOptions::default()).unwrap();
    let zone = Zone::new("UTC");
    let ty = ScalarType::Timestamp(TimeUnit::Millisecond, zone).required();
    assert_eq!(read(&path, &[("t", ty)]).unwrap().rows, 1);
    assert_eq!(utc_seconds().to_string(), "timestamp[s, \"UTC\"]");
}
