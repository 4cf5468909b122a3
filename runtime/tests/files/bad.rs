//! Bad input of every kind is an error that says what and where, and never a panic.

use std::fs::File;

use arrow::array::{DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use icosian_ir::types::{ScalarType, Type};
use icosian_runtime::source::{self, ReadOptions, Source, SourceError, SourceErrorKind};
use parquet::arrow::ArrowWriter;

use super::{F64, Folder, I64, STR, batch, made, na, or_null, read, read_with, utc_seconds};

/// The fault of a CSV of this content.
fn csv_fault(content: impl AsRef<[u8]>, columns: &[(&str, Type)]) -> SourceError {
    let folder = Folder::new();
    let path = folder.file("a.csv", content);
    let error = read_with(&path, na(), columns).expect_err("a fault");
    assert_eq!(error.file(), Some(path.as_path()));
    error
}

#[test]
fn a_cell_that_does_not_fit() {
    let error = csv_fault("a,b\n1,2\n3,x\n", &[("b", F64), ("a", F64)]);
    assert_eq!(error.kind(), SourceErrorKind::Value);
    assert_eq!(error.line(), Some(3));
    assert_eq!(error.column(), Some("b"));
    assert_eq!(error.found_text(), Some("\"x\""));
    assert_eq!(error.wanted_type(), Some(F64));
    let text = error.to_string();
    let place = text.find("a.csv:3: column `b`: ").expect("the place");
    assert!(text[place..].ends_with("found \"x\", wanted f64"), "{text}");
}

#[test]
fn every_type_has_cells_that_do_not_fit() {
    for (scalar, cell) in [
        (ScalarType::Bool, "yes"),
        (ScalarType::I8, "128"),
        (ScalarType::I16, "-32769"),
        (ScalarType::I32, "1.0"),
        (ScalarType::I64, "9223372036854775808"),
        (ScalarType::U8, "-1"),
        (ScalarType::U16, "65536"),
        (ScalarType::U32, "1e3"),
        (ScalarType::U64, "18446744073709551616"),
        (ScalarType::F32, "1e39"),
        (ScalarType::F64, "1 000"),
        (ScalarType::Date, "2013-02-30"),
        (utc_seconds(), "2013-01-01T05"),
        (
            ScalarType::Duration(icosian_ir::types::TimeUnit::Second),
            "PT0.5S",
        ),
    ] {
        let error = csv_fault(format!("a,b\n0,{cell}\n"), &[("b", scalar.nullable())]);
        assert_eq!(error.kind(), SourceErrorKind::Value, "{scalar}");
        assert_eq!(error.line(), Some(2));
        assert_eq!(error.found_text(), Some(format!("{cell:?}").as_str()));
    }
}

#[test]
fn lines_count_through_quotes_blank_lines_and_carriage_returns() {
    let text = "a,b\r\n\"x\ny\r\nz\",1\r\n\r\n\"p\n\",bad\r\n";
    let error = csv_fault(text, &[("b", I64), ("a", STR)]);
    // Line 1 header; 2–4 first record; 5 blank; the second begins on 6, its cell is on 7.
    assert_eq!(error.line(), Some(7));
    assert_eq!(csv_fault("a\r1\r2\rx\r", &[("a", I64)]).line(), Some(4));
}

#[test]
fn lines_count_through_pieces() {
    let mut text = "a,b\n".to_owned();
    for row in 0..300_000 {
        text.push_str(&format!("{row},\"{row}\n\"\n"));
    }
    text.push_str("x,1\n");
    // Each row took two lines.
    let error = csv_fault(&text, &[("a", I64)]);
    assert_eq!(error.line(), Some(600_002));
    let plain = text.replace('"', "").replace("\n\n", "\n");
    assert_eq!(csv_fault(plain, &[("a", I64)]).line(), Some(300_002));
}

#[test]
fn the_first_fault_in_the_file_is_told() {
    let error = csv_fault("a,b\n1,2\n1,x\ny,2\n", &[("a", I64), ("b", I64)]);
    assert_eq!((error.line(), error.column()), (Some(3), Some("b")));
    let error = csv_fault("a,b\n1,2\ny,x\n", &[("b", I64), ("a", I64)]);
    assert_eq!((error.line(), error.column()), (Some(3), Some("a")));
}

#[test]
fn wrong_numbers_of_cells() {
    for (content, found) in [("a,b\n1,2\n3\n", 1), ("a,b\n1,2\n3,4,5\n", 3)] {
        let error = csv_fault(content, &[("a", I64)]);
        assert_eq!(error.kind(), SourceErrorKind::Corrupt);
        assert_eq!(error.line(), Some(3));
        let words = format!("the record has {found} cells, the header 2");
        assert!(error.to_string().ends_with(&words), "{error}");
    }
}

#[test]
fn nulls_where_none_may_be() {
    for (content, found) in [
        ("a,b\n1,x\n,y\n", "an empty cell"),
        ("a,b\n1,x\nNA,y\n", "\"NA\""),
    ] {
        let error = csv_fault(content, &[("a", I64)]);
        assert_eq!(error.kind(), SourceErrorKind::Null);
        assert_eq!(error.line(), Some(3));
        assert_eq!(error.found_text(), Some(found));
    }
    let error = csv_fault("a\nNA\n", &[("a", STR)]);
    assert_eq!(error.kind(), SourceErrorKind::Null);
}

#[test]
fn text_that_is_not_utf8() {
    let error = csv_fault(b"a,b\n1,x\n2,\xff\xfe\n", &[("a", I64)]);
    assert_eq!(error.kind(), SourceErrorKind::Corrupt);
    assert_eq!((error.line(), error.column()), (Some(3), Some("b")));
    let error = csv_fault(b"a,\xff\n1,x\n", &[("a", I64)]);
    assert_eq!(error.line(), Some(1));
}

#[test]
fn quotes_never_closed() {
    let error = csv_fault("a,b\n1,x\n2,\"y\n3,z\n", &[("a", I64)]);
    assert_eq!(error.kind(), SourceErrorKind::Corrupt);
    assert_eq!((error.line(), error.column()), (Some(3), Some("b")));
}

#[test]
fn no_header_at_all() {
    for content in ["", "\u{feff}", "\n\r\n"] {
        let error = csv_fault(content, &[("a", I64)]);
        assert!(error.to_string().contains("empty"), "{error}");
    }
}

#[test]
fn columns_missing_or_double() {
    let error = csv_fault("dep_delay,arr_delay\n1,2\n", &[("dep_dely", I64)]);
    assert_eq!(error.kind(), SourceErrorKind::Column);
    assert_eq!(error.available(), ["dep_delay", "arr_delay"]);
    assert_eq!(error.nearest(), ["dep_delay"]);
    assert!(
        error.to_string().ends_with("did you mean `dep_delay`?"),
        "{error}"
    );
    let error = csv_fault("a,b,a\n1,2,3\n", &[("a", I64)]);
    assert_eq!(error.kind(), SourceErrorKind::Column);
}

#[test]
fn separators_that_cannot_be() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "a\n1\n");
    let options = ReadOptions {
        delimiter: Some(b'"'),
        ..ReadOptions::default()
    };
    assert!(read_with(&path, options, &[("a", I64)]).is_err());
}

#[test]
fn files_that_are_not_there_or_not_files() {
    let folder = Folder::new();
    let error = read(&folder.path("none.csv"), &[]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Unreadable);
    assert!(error.to_string().contains("none.csv"), "{error}");

    let empty = Folder::new();
    let error = read(&empty.path(""), &[]).unwrap_err();
    assert!(error.to_string().contains("no files"), "{error}");

    std::fs::create_dir(folder.path("inner.csv")).unwrap();
    let error = read(&folder.path(""), &[]).unwrap_err();
    assert!(error.to_string().contains("a folder inside"), "{error}");
}

#[test]
fn names_and_contents_that_disagree() {
    let folder = Folder::new();
    for (name, content) in [
        ("a.xlsx", "a\n1\n"),
        ("plain", "a\n1\n"),
        ("a.parquet", "a\n1\n"),
        ("a.arrow", "a\n1\n"),
        ("a.csv", "PAR1 and more"),
        ("b.parquet", ""),
        ("c.parquet", "ARROW1\0\0"),
    ] {
        let path = folder.file(name, content);
        let error = read(&path, &[("a", I64)]).unwrap_err();
        assert_eq!(error.kind(), SourceErrorKind::Format, "{name}: {error}");
    }
    let mixed = Folder::new();
    mixed.file("a.csv", "a\n1\n");
    mixed.file("b.tsv", "a\n1\n");
    mixed.file("c.ipc", [0xff; 16]);
    let error = read(&mixed.path(""), &[("a", I64)]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Format);
}

/// Small tables in every columnar format, with text, dictionaries and compression in them.
fn columnar_files() -> Vec<(&'static str, Vec<u8>)> {
    let words: DictionaryArray<Int32Type> = ["a", "b", "a", "a", "b"].into_iter().collect();
    let table = batch(vec![
        ("n", made(Int64Array::from(vec![1, 2, 3, 4, 5]))),
        (
            "x",
            made(Float64Array::from(vec![
                Some(1.0),
                None,
                Some(3.0),
                None,
                Some(5.0),
            ])),
        ),
        (
            "s",
            made(StringArray::from(vec!["", "b", "cc", "ddd", "eeee"])),
        ),
        ("w", made(words)),
    ]);
    let compressed = |kind| {
        IpcWriteOptions::default()
            .try_with_compression(kind)
            .unwrap()
    };
    let mut parquet = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut parquet, table.schema(), None).unwrap();
    writer.write(&table).unwrap();
    writer.close().unwrap();
    let file = |kind| {
        let mut bytes = Vec::new();
        let mut writer =
            FileWriter::try_new_with_options(&mut bytes, &table.schema(), compressed(kind))
                .unwrap();
        writer.write(&table).unwrap();
        writer.finish().unwrap();
        drop(writer);
        bytes
    };
    let mut stream = Vec::new();
    let mut writer = StreamWriter::try_new(&mut stream, &table.schema()).unwrap();
    writer.write(&table).unwrap();
    writer.finish().unwrap();
    drop(writer);
    vec![
        ("a.parquet", parquet),
        ("plain.arrow", file(None)),
        ("lz4.arrow", file(Some(CompressionType::LZ4_FRAME))),
        ("zstd.arrow", file(Some(CompressionType::ZSTD))),
        ("stream.arrow", stream),
    ]
}

fn columns() -> [(&'static str, Type); 4] {
    [
        ("n", I64),
        ("x", or_null(F64)),
        ("s", STR),
        ("w", or_null(STR)),
    ]
}

#[test]
fn columnar_files_cut_off_anywhere() {
    let folder = Folder::new();
    for (name, bytes) in columnar_files() {
        let path = folder.file(name, &bytes);
        assert_eq!(
            read(&path, &columns()).map(|data| data.rows).unwrap_or(0),
            5
        );
        for length in (0..bytes.len()).step_by(7) {
            let path = folder.file(name, &bytes[..length]);
            match read(&path, &columns()) {
                Err(error) => assert_eq!(error.file(), Some(path.as_path())),
                // A stream may end between two messages, or lack its end mark.
                Ok(data) => assert!(name.starts_with("stream") && data.rows % 5 == 0),
            }
        }
    }
}

#[test]
fn sizes_that_cannot_be() {
    // A compressed buffer begins with the size it claims to unpack to.
    let folder = Folder::new();
    let table = batch(vec![("n", made(Int64Array::from(vec![7; 1000])))]);
    let path = folder.path("a.arrow");
    let options = IpcWriteOptions::default()
        .try_with_compression(Some(CompressionType::ZSTD))
        .unwrap();
    let file = File::create(&path).unwrap();
    let mut writer = FileWriter::try_new_with_options(file, &table.schema(), options).unwrap();
    writer.write(&table).unwrap();
    writer.finish().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let size = 8000_u64.to_le_bytes();
    let place = bytes.windows(8).rposition(|window| window == size);
    let place = place.expect("the size of the values");
    bytes[place..place + 8].copy_from_slice(&(1_u64 << 50).to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let error = read(&path, &[("n", I64)]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Corrupt, "{error}");

    // A Parquet footer that announces as many row groups as a number can count.
    let footer = [0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0, 0];
    let mut parquet = b"PAR1".to_vec();
    parquet.extend(footer);
    parquet.extend((footer.len() as u32).to_le_bytes());
    parquet.extend(b"PAR1");
    let path = folder.file("a.parquet", parquet);
    let error = read(&path, &[("n", I64)]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Corrupt);

    // A stream that announces a message of two gigabytes.
    let mut stream = vec![0xff; 4];
    stream.extend(i32::MAX.to_le_bytes());
    stream.extend([0; 64]);
    let path = folder.file("b.arrow", stream);
    let error = read(&path, &[("n", I64)]).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Corrupt);
}

#[test]
fn ten_megabytes_of_garbage() {
    let folder = Folder::new();
    // A fixed sequence that no format begins with.
    let mut state = 1_u64;
    let garbage: Vec<u8> = (0..10_000_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    for name in ["a.csv", "a.parquet", "a.arrow"] {
        let path = folder.file(name, &garbage);
        assert!(read(&path, &[("a", I64)]).is_err());
        assert!(source::schema(&Source::file(&path)).is_err());
    }
    for magic in [b"PAR1".as_slice(), b"ARROW1\0\0"] {
        let name = if magic.len() == 4 {
            "b.parquet"
        } else {
            "b.arrow"
        };
        let framed = [magic, &garbage, magic].concat();
        let path = folder.file(name, framed);
        assert!(read(&path, &[("a", I64)]).is_err());
    }
}

#[test]
fn batches_without_the_column() {
    let table: RecordBatch = batch(vec![("n", made(Int64Array::from(vec![1])))]);
    let source = Source::Batches(vec![table]);
    let wanted = super::wanted(&[("m", I64)]);
    let error = source::read(&source, &wanted).unwrap_err();
    assert_eq!(error.kind(), SourceErrorKind::Column);
    assert_eq!(error.file(), None);
}
