//! JSON lines as people have them.

use arrow::array::{
    BooleanArray, Date32Array, DurationMillisecondArray, Float64Array, Int8Array, Int64Array,
    StringArray, TimestampSecondArray, UInt64Array,
};
use icosian_ir::types::{ScalarType, TimeUnit};
use icosian_runtime::source::{self, ReadOptions, Source, SourceErrorKind};

use super::{
    F64, Folder, I64, STR, column, made, na, or_null, read, read_with, schema_text, utc_seconds,
    wanted,
};

#[test]
fn values_come_typed_in_the_order_asked_for() {
    let folder = Folder::new();
    let path = folder.file(
        "a.jsonl",
        concat!(
            "\u{feff}{\"a\": 1, \"b\": \"x\", \"c\": 1.5, \"d\": true, \"e\": \"2013-01-01\", \"f\": \"PT1.5S\"}\r\n",
            "\n",
            "  {\"f\": \"-PT1S\", \"e\": \"1969-12-31\", \"d\": false, \"unknown\": [{}, [1]], \"b\": \"NA\", \"a\": -2}\n",
        ),
    );
    let milliseconds = ScalarType::Duration(TimeUnit::Millisecond);
    let data = read_with(
        &path,
        na(),
        &[
            ("e", ScalarType::Date.required()),
            ("c", or_null(F64)),
            ("a", ScalarType::I8.required()),
            ("b", or_null(STR)),
            ("d", ScalarType::Bool.required()),
            ("a", F64),
            ("f", milliseconds.required()),
            ("nowhere", or_null(I64)),
        ],
    )
    .unwrap();
    assert_eq!(data.rows, 2);
    let expected = [
        made(Date32Array::from(vec![15_706, -1])),
        made(Float64Array::from(vec![Some(1.5), None])),
        made(Int8Array::from(vec![1, -2])),
        made(StringArray::from(vec![Some("x"), None])),
        made(BooleanArray::from(vec![true, false])),
        made(Float64Array::from(vec![1.0, -2.0])),
        made(DurationMillisecondArray::from(vec![1500, -1000])),
        made(Int64Array::from(vec![None, None])),
    ];
    for (place, expected) in expected.iter().enumerate() {
        assert_eq!(&column(&data, place), expected, "column {place}");
    }
    let schema = data.batches[0].schema();
    assert_eq!(schema.field(0).name(), "t.e");
    assert!(!schema.field(0).is_nullable() && schema.field(1).is_nullable());
}

#[test]
fn great_numbers_escapes_and_instants() {
    let folder = Folder::new();
    let path = folder.file(
        "a.ndjson",
        concat!(
            r#"{"u": 18446744073709551615, "i": -9223372036854775808, "s": "a\"b\\\u00fc\n\ud83d\ude00", "t": "2013-01-01T05:00:00Z", "x": "NaN", "k\u0065y": 1}"#,
            "\n",
            r#"{"u": 9007199254740993, "i": 9223372036854775807, "s": "", "t": "2013-01-01T05:00:00+01:00", "x": "-inf", "key": 2}"#,
        ),
    );
    let data = read(
        &path,
        &[
            ("u", ScalarType::U64.required()),
            ("i", I64),
            ("s", STR),
            ("t", utc_seconds().required()),
            ("x", F64),
            ("key", I64),
        ],
    )
    .unwrap();
    assert_eq!(
        &column(&data, 0),
        &made(UInt64Array::from(vec![u64::MAX, 9_007_199_254_740_993]))
    );
    assert_eq!(
        &column(&data, 1),
        &made(Int64Array::from(vec![i64::MIN, i64::MAX]))
    );
    assert_eq!(
        &column(&data, 2),
        &made(StringArray::from(vec!["a\"b\\ü\n😀", ""]))
    );
    assert_eq!(
        &column(&data, 3),
        &made(TimestampSecondArray::from(vec![1_357_016_400, 1_357_012_800]).with_timezone("UTC"))
    );
    let floats = column(&data, 4);
    let floats = floats.as_any().downcast_ref::<Float64Array>().unwrap();
    assert!(floats.value(0).is_nan());
    assert_eq!(floats.value(1), f64::NEG_INFINITY);
    assert_eq!(&column(&data, 5), &made(Int64Array::from(vec![1, 2])));
}

/// The error of reading one column, with the folder's name taken out.
fn refusal(content: &str, name: &str, ty: icosian_ir::types::Type) -> (SourceErrorKind, String) {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", content);
    let error = read(&path, &[(name, ty)]).unwrap_err();
    let place = format!("{}/", path.parent().unwrap().display());
    (error.kind(), error.to_string().replace(&place, ""))
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let told = |content: &str, ty| refusal(content, "v", ty);
    let value = |line: u32, found: &str, wanted: &str| {
        (
            SourceErrorKind::Value,
            format!(
                "a.jsonl:{line}: column `v`: the value does not fit: found {found}, wanted {wanted}"
            ),
        )
    };
    assert_eq!(
        told("{\"v\": 1}\n\n{\"v\": \"2\"}\n", I64),
        value(3, "\"2\"", "i64")
    );
    assert_eq!(told("{\"v\": 1.0}", I64), value(1, "1.0", "i64"));
    assert_eq!(
        told("{\"v\": 300}", ScalarType::I8.nullable()),
        value(1, "300", "i8?")
    );
    assert_eq!(told("{\"v\": true}", F64), value(1, "true", "f64"));
    assert_eq!(told("{\"v\": \"1\"}", F64), value(1, "\"1\"", "f64"));
    assert_eq!(told("{\"v\": 1e999}", F64), value(1, "1e999", "f64"));
    assert_eq!(told("{\"v\": 1}", STR), value(1, "1", "str"));
    assert_eq!(
        told("{\"v\": 1}", ScalarType::Bool.required()),
        value(1, "1", "bool")
    );
    assert_eq!(
        told("{\"v\": \"2013-02-30\"}", ScalarType::Date.required()),
        value(1, "\"2013-02-30\"", "date")
    );
    assert_eq!(
        told("{\"v\": 0}", utc_seconds().required()),
        value(1, "0", "timestamp[s, \"UTC\"]")
    );
}

#[test]
fn nulls_nested_values_and_missing_keys() {
    let told = |content: &str, ty| refusal(content, "value", ty);
    assert_eq!(
        told("{\"value\": 1}\n{\"value\": null}", I64),
        (
            SourceErrorKind::Null,
            "a.jsonl:2: column `value`: a null where none may be: found null, wanted i64"
                .to_owned()
        )
    );
    assert_eq!(
        told("{\"value\": 1}\n{\"valeu\": 2, \"other\": 3}", I64),
        (
            SourceErrorKind::Null,
            "a.jsonl:2: column `value`: the object lacks this key: wanted i64; \
             did you mean `valeu`?"
                .to_owned()
        )
    );
    let nested = "a.jsonl:1: column `value`: lists and objects inside the object can't be read: ";
    assert_eq!(
        told("{\"value\": {\"x\": 1}}", or_null(I64)),
        (
            SourceErrorKind::Value,
            format!("{nested}found {{\"x\": 1}}, wanted i64?")
        )
    );
    assert_eq!(
        told("{\"value\": [1]}", STR),
        (
            SourceErrorKind::Value,
            format!("{nested}found [1], wanted str")
        )
    );
}

#[test]
fn lines_that_are_no_objects() {
    let told = |content: &str| {
        let (kind, message) = refusal(content, "v", or_null(I64));
        assert_eq!(kind, SourceErrorKind::Corrupt);
        message
    };
    let no_object = "each line must hold one JSON object, such as {\"a\": 1}";
    assert_eq!(
        told("[{\"v\": 1}]"),
        format!("a.jsonl:1: {no_object}: found \"[{{\\\"v\\\": 1}}]\"")
    );
    assert!(told("{\"v\": 1}\n17").starts_with("a.jsonl:2: each line"));
    assert_eq!(
        told("{\n  \"v\": 1\n}\n"),
        "a.jsonl:1: the line ends inside the object; one object stands on one line"
    );
    assert!(told("{\"v\": 1} {\"v\": 2}").contains("trailing"));
    assert!(told("{\"v\": NaN}").ends_with("at byte 7"));
    assert!(told("{'v': 1}").contains("a.jsonl:1: the line is no JSON object"));
    assert!(told("{\"v\": 1, \"v\": 2}").contains("the key \"v\" stands in the object twice"));
    // An earlier line's fault is told first, whatever is found first.
    let (kind, message) = refusal("{\"v\": 1}\n{\"v\": \"x\"}\n{", "v", I64);
    assert_eq!(kind, SourceErrorKind::Value);
    assert!(message.starts_with("a.jsonl:2: column `v`"), "{message}");
}

#[test]
fn text_that_is_not_utf_8() {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", b"{\"v\": \"a\"}\n{\"v\": \"\xff\"}\n");
    let error = read(&path, &[("v", STR)]).unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (SourceErrorKind::Corrupt, Some(2))
    );
}

#[test]
fn types_are_those_of_all_values() {
    let folder = Folder::new();
    let path = folder.file(
        "a.jsonl",
        concat!(
            r#"{"b": true, "i": 1, "u": 1, "x": 1, "y": "NaN", "d": "2013-01-01", "c": "2013-01-01", "t": "2013-01-01T05:00:00Z", "s": "1", "m": 1, "l": [1], "n": null, "w": 1}"#,
            "\n",
            r#"{"z": "late", "b": false, "i": -9223372036854775808, "u": 18446744073709551615, "x": 1.5, "y": -0, "d": "1969-12-31", "c": "2013-01-01T05:00:00.25", "t": "2013-01-01T05:00:00.1234+01:00", "s": "x", "m": "1", "l": null, "n": null, "w": 18446744073709551616}"#,
            "\n",
        ),
    );
    assert_eq!(
        schema_text(&path, ReadOptions::default()),
        "b: bool\ni: i64\nu: u64\nx: f64\ny: f64\nd: date\nc: timestamp[ms]\n\
         t: timestamp[us, \"UTC\"]\ns: str\nn: str?\nz: str?"
    );
    let schema = source::schema(&Source::file(&path)).unwrap();
    let unusable: Vec<String> = schema
        .unusable
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    assert_eq!(
        unusable,
        [
            "m: it holds numbers and texts",
            "l: it holds lists or objects",
            "w: it holds whole numbers beyond 64 bits; an f64 would round them"
        ]
    );
}

#[test]
fn files_of_a_folder_may_lack_keys() {
    let folder = Folder::new();
    folder.file("1.jsonl", "{\"a\": 1}\n");
    let last = folder.file("2.jsonl", "{\"b\": \"x\"}\n");
    let path = last.parent().unwrap();
    assert_eq!(
        schema_text(path, ReadOptions::default()),
        "a: i64?\nb: str?"
    );
    let data = read(path, &[("a", or_null(I64)), ("b", or_null(STR))]).unwrap();
    assert_eq!(
        &column(&data, 0),
        &made(Int64Array::from(vec![Some(1), None]))
    );
}

#[test]
fn no_rows_and_no_columns() {
    let folder = Folder::new();
    let empty = folder.file("a.jsonl", "\n\n");
    assert_eq!(read(&empty, &[("v", I64)]).unwrap().rows, 0);
    assert_eq!(schema_text(&empty, ReadOptions::default()), "");
    let path = folder.file("b.json", "{}\n{\"v\": 1}\n");
    assert_eq!(
        source::read(&Source::file(&path), &wanted(&[]))
            .unwrap()
            .rows,
        2
    );
}

#[test]
fn many_pieces_keep_their_order_and_their_lines() {
    use std::fmt::Write;
    let folder = Folder::new();
    let mut text = String::new();
    let rows = 150_000;
    for row in 0..rows {
        writeln!(text, "{{\"n\": {row}, \"s\": \"row number {row}\"}}").unwrap();
    }
    let path = folder.file("a.jsonl", &text);
    let data = read(&path, &[("n", I64)]).unwrap();
    assert!(data.batches.len() > 3, "{} batches", data.batches.len());
    assert_eq!(
        &column(&data, 0),
        &made(Int64Array::from_iter_values(0..rows))
    );
    text.push_str("{\"n\": 0.5}\n{\"n\": \"x\"}\n");
    let path = folder.file("b.jsonl", &text);
    let error = read(&path, &[("n", I64)]).unwrap_err();
    assert_eq!(
        (error.line(), error.found_text()),
        (Some(rows as u64 + 1), Some("0.5"))
    );
}

#[test]
fn a_line_longer_than_a_piece() {
    let folder = Folder::new();
    let long = "x".repeat(3 << 20);
    let path = folder.file(
        "a.jsonl",
        format!("{{\"s\": \"{long}\"}}\n{{\"s\": \"y\"}}"),
    );
    let data = read(&path, &[("s", STR)]).unwrap();
    assert_eq!(
        &column(&data, 0),
        &made(StringArray::from(vec![long.as_str(), "y"]))
    );
}
