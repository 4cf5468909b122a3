//! Decimals in files: exact in every format, and read as no other type that would lose some.

use arrow::array::{
    AsArray, Decimal32Array, Decimal64Array, Decimal128Array, Decimal256Array, Float64Array,
    Int64Array,
};
use arrow::datatypes::{Decimal128Type, i256};
use icosian_ir::types::{ScalarType, Type};
use icosian_runtime::write::{WriteOptions, write_file};

use super::{F64, Folder, batch, column, made, or_null, read, schema_text};

const MOST: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

fn decimal(digits: u8, places: u8) -> Type {
    ScalarType::Decimal(digits, places).required()
}

fn sample() -> arrow::array::RecordBatch {
    let of = |values: Vec<Option<i128>>, digits, places| {
        let array = Decimal128Array::from(values);
        made(array.with_precision_and_scale(digits, places).unwrap())
    };
    batch(vec![
        ("m", of(vec![Some(1730), None, Some(-5)], 12, 2)),
        ("n", of(vec![Some(MOST), Some(-MOST), Some(0)], 38, 0)),
        ("p", of(vec![Some(MOST), Some(-1), Some(1)], 38, 38)),
    ])
}

#[test]
fn every_format_keeps_every_digit() {
    let folder = Folder::new();
    let table = sample();
    let columns = [
        ("m", or_null(decimal(12, 2))),
        ("n", decimal(38, 0)),
        ("p", decimal(38, 38)),
    ];
    for name in ["a.csv", "a.jsonl", "a.arrow", "a.parquet"] {
        let path = folder.path(name);
        write_file(&path, &table.schema(), [&table], &WriteOptions::default()).unwrap();
        let data = read(&path, &columns).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (place, (column_name, _)) in columns.iter().enumerate() {
            let found = column(&data, place);
            assert_eq!(&found, table.column(place), "{name}: {column_name}");
        }
    }
    let text = std::fs::read_to_string(folder.path("a.csv")).unwrap();
    let expected = format!(
        "m,n,p\n17.30,{MOST},0.{MOST}\n,-{MOST},-0.{:0>38}\n-0.05,0,0.{:0>38}\n",
        1, 1
    );
    assert_eq!(text, expected);
    let lines = std::fs::read_to_string(folder.path("a.jsonl")).unwrap();
    assert!(
        lines.starts_with(&format!("{{\"m\":17.30,\"n\":{MOST},")),
        "{lines}"
    );
    let schema = schema_text(&folder.path("a.parquet"), Default::default());
    assert_eq!(
        schema,
        "m: decimal[12, 2]?\nn: decimal[38, 0]\np: decimal[38, 38]"
    );
}

#[test]
fn narrow_and_wide_decimals_are_read_as_decimals() {
    let folder = Folder::new();
    let path = folder.path("a.arrow");
    let table = batch(vec![
        (
            "a",
            made(
                Decimal32Array::from(vec![125])
                    .with_precision_and_scale(5, 2)
                    .unwrap(),
            ),
        ),
        (
            "b",
            made(
                Decimal64Array::from(vec![-7])
                    .with_precision_and_scale(18, 0)
                    .unwrap(),
            ),
        ),
        (
            "c",
            made(
                Decimal256Array::from(vec![i256::from_i128(MOST)])
                    .with_precision_and_scale(38, 3)
                    .unwrap(),
            ),
        ),
        ("i", made(Int64Array::from(vec![-3]))),
    ]);
    write_file(&path, &table.schema(), [&table], &WriteOptions::default()).unwrap();
    let columns = [
        ("a", decimal(12, 4)),
        ("b", decimal(20, 2)),
        ("c", decimal(38, 3)),
        ("i", decimal(21, 2)),
        ("b", ScalarType::I64.required()),
        ("a", F64),
    ];
    let data = read(&path, &columns).unwrap_or_else(|error| panic!("{error}"));
    let units = |place: usize| {
        column(&data, place)
            .as_primitive::<Decimal128Type>()
            .value(0)
    };
    assert_eq!(
        [units(0), units(1), units(2), units(3)],
        [12_500, -700, MOST, -300]
    );
    assert_eq!(&column(&data, 4), &made(Int64Array::from(vec![-7])));
    assert_eq!(&column(&data, 5), &made(Float64Array::from(vec![1.25])));
}

#[test]
fn what_would_lose_digits_is_refused() {
    let folder = Folder::new();
    let path = folder.path("a.parquet");
    let table = sample();
    write_file(&path, &table.schema(), [&table], &WriteOptions::default()).unwrap();
    for (name, ty, told) in [
        ("m", or_null(decimal(12, 1)), "decimal[12, 1]?"),
        ("m", or_null(decimal(11, 2)), "decimal[11, 2]?"),
        ("m", ScalarType::I64.nullable(), "i64?"),
        ("m", decimal(12, 2), "decimal[12, 2]"),
        ("n", F64, "f64"),
        ("n", ScalarType::I64.required(), "i64"),
    ] {
        let error = read(&path, &[(name, ty)]).unwrap_err().to_string();
        assert!(error.contains(told) && error.contains(name), "{error}");
    }
    let text = folder.file("b.csv", "m\n1.25\n0.005\n");
    let error = read(&text, &[("m", decimal(12, 2))])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("0.005") && error.contains("decimal[12, 2]"),
        "{error}"
    );
}
