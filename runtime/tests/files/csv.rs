//! CSV as people have it.

use arrow::array::{
    Array, BooleanArray, Date32Array, Float64Array, Int8Array, Int64Array, StringArray,
    TimestampSecondArray,
};
use icosian_ir::types::ScalarType;
use icosian_runtime::source::{self, ReadOptions, Source};

use super::{
    F64, Folder, I64, STR, column, made, na, or_null, read, read_with, schema_text, utc_seconds,
    wanted,
};

#[test]
fn columns_come_typed_in_the_order_asked_for() {
    let folder = Folder::new();
    let path = folder.file(
        "a.csv",
        "a,b,c,d,e\n1,x,1.5,true,2013-01-01\n-2,,NA,0,1969-12-31\n",
    );
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
        ],
    )
    .unwrap();
    assert_eq!(data.rows, 2);
    assert_eq!(
        &column(&data, 0),
        &made(Date32Array::from(vec![15_706, -1]))
    );
    assert_eq!(
        &column(&data, 1),
        &made(Float64Array::from(vec![Some(1.5), None]))
    );
    assert_eq!(&column(&data, 2), &made(Int8Array::from(vec![1, -2])));
    assert_eq!(
        &column(&data, 3),
        &made(StringArray::from(vec![Some("x"), None]))
    );
    assert_eq!(
        &column(&data, 4),
        &made(BooleanArray::from(vec![true, false]))
    );
    assert_eq!(
        &column(&data, 5),
        &made(Float64Array::from(vec![1.0, -2.0]))
    );
    let schema = data.batches[0].schema();
    assert_eq!(schema.field(0).name(), "t.e");
    assert!(!schema.field(0).is_nullable() && schema.field(1).is_nullable());
}

#[test]
fn an_empty_cell_is_null_or_the_empty_text() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "s,t\n,\n\"\",x\n");
    let data = read(&path, &[("s", STR), ("t", or_null(STR))]).unwrap();
    assert_eq!(&column(&data, 0), &made(StringArray::from(vec!["", ""])));
    assert_eq!(
        &column(&data, 1),
        &made(StringArray::from(vec![None, Some("x")]))
    );
}

#[test]
fn byte_order_mark_line_ends_quotes_and_blank_lines() {
    let folder = Folder::new();
    let path = folder.file(
        "a.csv",
        "\u{feff}\"the, \"\"name\"\"\",n\r\n\"two\nlines\",1\r\n\r\n\"a \"\"b\"\", c\",2",
    );
    let data = read(&path, &[("the, \"name\"", STR), ("n", I64)]).unwrap();
    assert_eq!(
        &column(&data, 0),
        &made(StringArray::from(vec!["two\nlines", "a \"b\", c"]))
    );
    assert_eq!(&column(&data, 1), &made(Int64Array::from(vec![1, 2])));
}

#[test]
fn delimiters() {
    let folder = Folder::new();
    let tabs = folder.file("a.tsv", "a\tb\n1\tx,y\n");
    let data = read(&tabs, &[("b", STR)]).unwrap();
    assert_eq!(&column(&data, 0), &made(StringArray::from(vec!["x,y"])));
    let semicolons = folder.file("a.csv", "a;b\n1;2\n");
    let options = ReadOptions {
        delimiter: Some(b';'),
        ..ReadOptions::default()
    };
    let data = read_with(&semicolons, options, &[("b", I64)]).unwrap();
    assert_eq!(&column(&data, 0), &made(Int64Array::from(vec![2])));
}

#[test]
fn without_a_header_columns_are_numbered() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "1,2\n3,4\n");
    let options = ReadOptions {
        header: false,
        ..ReadOptions::default()
    };
    let data = read_with(&path, options, &[("column_2", I64)]).unwrap();
    assert_eq!(&column(&data, 0), &made(Int64Array::from(vec![2, 4])));
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    let folder = Folder::new();
    for content in ["a,b\n", "a,b", "a,b\r\n\n"] {
        let path = folder.file("a.csv", content);
        assert_eq!(read(&path, &[("b", F64)]).unwrap().rows, 0);
        assert_eq!(schema_text(&path, na()), "a: str?\nb: str?");
    }
}

#[test]
fn rows_are_counted_without_columns() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "a,b\n1,2\n3,4\n");
    assert_eq!(read(&path, &[]).unwrap().rows, 2);
}

#[test]
fn types_are_inferred_from_every_cell() {
    let folder = Folder::new();
    // More than one piece of the file; the last row decides.
    let mut text = "i,f,s,n,ts,d\n".to_owned();
    for row in 0..60_000 {
        text.push_str(&format!(
            "{row},{row},{row},NA,2013-01-01T05:00:00Z,2013-01-01\n"
        ));
    }
    text.push_str("1,0.5,x,,2013-01-01T05:00:00Z,\n");
    let path = folder.file("a.csv", text);
    assert_eq!(
        schema_text(&path, na()),
        "i: i64\nf: f64\ns: str\nn: str?\nts: timestamp[s, \"UTC\"]\nd: date?"
    );
}

#[test]
fn many_pieces_keep_their_order() {
    let folder = Folder::new();
    let mut text = "n,text,at\n".to_owned();
    let mut expected = Vec::new();
    for row in 0..100_000_i64 {
        // Quoted line ends, of uneven length, around every border between pieces.
        let filling = "y\n".repeat((row % 7) as usize);
        text.push_str(&format!(
            "{row},\"{filling}, \"\"{row}\"\"\",2013-01-01 05:00:00\n"
        ));
        expected.push(format!("{filling}, \"{row}\""));
    }
    let path = folder.file("a.csv", text);
    let at = utc_seconds().required();
    let data = read(&path, &[("n", I64), ("text", STR), ("at", at)]).unwrap();
    assert!(data.batches.len() > 1);
    let numbers: Vec<i64> = (0..100_000).collect();
    assert_eq!(&column(&data, 0), &made(Int64Array::from(numbers)));
    assert_eq!(&column(&data, 1), &made(StringArray::from(expected)));
    let at = TimestampSecondArray::from(vec![1_357_016_400; 100_000]).with_timezone("UTC");
    assert_eq!(&column(&data, 2), &made(at));
}

#[test]
fn a_byte_order_mark_inside_is_text() {
    let folder = Folder::new();
    // Each record is a piece or more of its own.
    let long = "x".repeat(1 << 20);
    let path = folder.file(
        "a.csv",
        format!("a\n{long}\n\u{feff}b\n{long}\n\u{feff}c\n"),
    );
    let data = read(&path, &[("a", STR)]).unwrap();
    let text = column(&data, 0);
    let text = text.as_any().downcast_ref::<StringArray>().unwrap();
    assert_eq!(text.value(1), "\u{feff}b");
    assert_eq!(text.value(3), "\u{feff}c");
}

#[test]
fn a_folder_is_its_files_in_the_order_of_their_names() {
    let folder = Folder::new();
    folder.file("b.csv", "x,y\n3,0.5\n");
    folder.file("a.csv", "y,x\n1,1\n2,2\n");
    folder.file("_SUCCESS", "");
    folder.file(".hidden", "");
    let path = folder.path("");
    let data = read(&path, &[("x", I64), ("y", F64)]).unwrap();
    assert_eq!(&column(&data, 0), &made(Int64Array::from(vec![1, 2, 3])));
    assert_eq!(
        &column(&data, 1),
        &made(Float64Array::from(vec![1.0, 2.0, 0.5]))
    );
    assert_eq!(schema_text(&path, na()), "y: f64\nx: i64");
}

#[test]
fn a_header_that_appears_twice_matters_only_if_wanted() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "a,b,a\n1,2,3\n");
    let data = read(&path, &[("b", I64)]).unwrap();
    assert_eq!(&column(&data, 0), &made(Int64Array::from(vec![2])));
    let schema = source::schema(&Source::file(&path)).unwrap();
    assert_eq!(schema.columns.len(), 1);
    assert_eq!(
        schema.unusable,
        [("a".to_owned(), "2 columns have this name".to_owned())]
    );
    assert!(source::read(&Source::file(&path), &wanted(&[("a", I64)])).is_err());
}
