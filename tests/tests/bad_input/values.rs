//! Values that don't fit: in the text of a flow, given per run, and computed.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Float64Type;
use icosian::diagnostic::Code;
use icosian::{Backend, Constant, ErrorKind, Flow, Inputs, SerialExecutor};

use crate::support::{failed, floats, given, integers, refused, run, told};

#[test]
fn integers_overflow_where_they_are_used() {
    let max = i64::MAX;
    for (definition, rows, words) in [
        ("y = k + 1", vec![1, max], "9223372036854775807"),
        ("y = k * k", vec![1, 1 << 40], "1099511627776"),
        ("y = -k", vec![0, i64::MIN], "-9223372036854775808"),
        ("y = abs(k)", vec![0, i64::MIN], "-9223372036854775808"),
        ("y = k // -1", vec![0, i64::MIN], "-9223372036854775808"),
        ("y = k ** 3", vec![2, 1 << 40], "1099511627776"),
        ("y = i8(k)", vec![127, 128], "128"),
        ("y = sum(k)", vec![max, 1], "y"),
        ("y = k.cumulative_sum()", vec![max, 1], "y"),
        ("y = k.diff()", vec![max, -2], "9223372036854775807"),
    ] {
        let text = format!("table t {{ k: i64 }}\n{definition}");
        let flow = Flow::from_text(&text).unwrap_or_else(|error| panic!("{}", error.render(false)));
        let mut messages = Vec::new();
        for backend in [Backend::Jit, Backend::Interpreter] {
            let prepared = flow
                .select(&["y"])
                .unwrap()
                .backend(backend)
                .prepare()
                .unwrap();
            let inputs = given(integers(rows.clone()));
            let error = match prepared.run_with(&inputs, &SerialExecutor) {
                Err(error) => error,
                Ok(output) => panic!("{definition}: {:?}", output.arrays()),
            };
            assert_eq!(error.kind(), ErrorKind::Run);
            told(&error, Code::RunFailed, &["y", words]);
            messages.push(error.to_string());
        }
        assert_eq!(messages[0], messages[1], "{definition}");
    }
    // Not where the value is not used.
    let flow = Flow::from_text(
        "table t { k: i64 }\ny = k + 1\nz = 0 if k > 5 else y\nw = sum(z)\ntable d = t where k < 5\nd_y = sum(d.y)",
    )
    .unwrap();
    let inputs = given(integers([1, max]));
    let output = run(&flow, &["w", "d_y"], &inputs).unwrap();
    assert_eq!(output.scalar("w"), Some(&Constant::Integer(2)));
    assert_eq!(output.scalar("d_y"), Some(&Constant::Integer(2)));
    assert!(run(&flow, &["y"], &inputs).is_err());
}

#[test]
fn the_lowest_row_is_told_whatever_the_threads() {
    let rows = (0..300_000).map(|row| if row > 123_456 { i64::MAX } else { row });
    failed(
        "table t { k: i64 }\ny = k + 1",
        "y",
        &given(integers(rows)),
        Code::RunFailed,
        &["123457"],
    );
}

#[test]
fn numbers_in_text_too_large_to_be() {
    let digits = "9".repeat(100_000);
    refused(&format!("a = {digits}"), Code::BadNumber, &[]);
    refused(&format!("a = 0x{}", "f".repeat(1000)), Code::BadNumber, &[]);
    refused(
        "a = 18446744073709551616",
        Code::LiteralOutOfRange,
        &["18446744073709551616"],
    );
    refused("a: i8 = -129", Code::LiteralOutOfRange, &["-129", "i8"]);
    refused("a: u8 = -1", Code::LiteralOutOfRange, &["-1", "u8"]);
    for text in ["a = -9223372036854775808", "a: u64 = 18446744073709551615"] {
        assert!(Flow::from_text(text).is_ok(), "{text}");
    }
    // Floats have room: too large is infinite, too small zero.
    let flow =
        Flow::from_text(&format!("a = 1e{digits}\nb = 1e-{digits}\nc = {digits}.5")).map(|flow| {
            let output = flow
                .outputs()
                .prepare()
                .unwrap()
                .run(&Inputs::new())
                .unwrap();
            output
                .scalars()
                .iter()
                .map(|(_, _, value)| (*value).clone())
                .collect::<Vec<_>>()
        });
    match flow {
        Ok(values) => assert_eq!(
            values,
            [
                Constant::F64(f64::INFINITY),
                Constant::F64(0.0),
                Constant::F64(f64::INFINITY)
            ]
        ),
        Err(error) => told(&error, Code::BadNumber, &[]),
    }
}

#[test]
fn windows_and_powers_too_large_to_be() {
    for (expression, code) in [
        (
            "x.rolling(99999999999999999999).mean()",
            Code::LiteralOutOfRange,
        ),
        ("x.rolling(-1).mean()", Code::BadArguments),
        ("x.rolling(0).mean()", Code::BadArguments),
        ("x.rolling(3, min=4).mean()", Code::BadArguments),
        ("x.rolling(1.5).mean()", Code::BadArguments),
        ("x.shift(99999999999999999999)", Code::LiteralOutOfRange),
        ("x.shift(1.5)", Code::BadArguments),
        ("std(x, ddof=-1)", Code::BadArguments),
        ("std(x, ddof=99999999999999999999)", Code::LiteralOutOfRange),
    ] {
        refused(
            &format!("table t {{ x: f64 }}\ny = {expression}"),
            code,
            &[],
        );
    }
    let inputs = given(floats([1.0, 2.0]));
    for expression in [
        "x.shift(9223372036854775807)",
        "x.shift(-9223372036854775807)",
        "x.rolling(9223372036854775807).mean()",
        "x.rolling(4294967296, min=4294967296).sum()",
        "x.diff(4294967297)",
    ] {
        let text = format!("table t {{ x: f64 }}\ny = {expression}");
        match Flow::from_text(&text) {
            Ok(flow) => {
                let output = run(&flow, &["y"], &inputs).unwrap();
                let y = output.table("t").unwrap();
                assert_eq!(y.column(0).null_count(), 2, "{expression}");
            }
            Err(error) => told(&error, Code::BadArguments, &[]),
        }
    }
}

#[test]
fn times_in_text_that_are_none() {
    for text in [
        "date(\"2013-02-29\")",
        "date(\"2013-00-01\")",
        "date(\"\")",
        "date(\"99999999999-01-01\")",
        "date(\"-99999999999-01-01\")",
        "date(\"2013-01-01T00:00\")",
        "date(\"yesterday\")",
        "timestamp(\"2013-01-01 25:00\")",
        "timestamp(\"2013-01-01 00:00:00.0000000000000000000000001\")",
        "timestamp(\"292278994-08-17 07:12:56\")",
        "timestamp(\"2013-01-01 00:00+99:00\")",
    ] {
        assert!(Flow::from_text(&format!("a = {text}")).is_err(), "{text}");
        refused(&format!("a = {text}"), Code::BadConstantText, &[]);
    }
    refused("a = 99999999999999999999d", Code::BadDuration, &[]);
    refused("a = 3parsecs", Code::BadDuration, &[]);
    for text in [
        "a = date(\"2013-01-01\") + 9223372036854775807s",
        "a = date(\"9999-12-31\") + 9223372036854775807d",
        "a = timestamp(\"2013-01-01\") + 106751991167300d * 1000000",
        "a = 9223372036854775807d + 9223372036854775807d",
        "a = -(9223372036854775807w)",
    ] {
        match Flow::from_text(text) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Flow, "{text}"),
            Ok(flow) => {
                let output = flow
                    .outputs()
                    .prepare()
                    .and_then(|flow| flow.run(&Inputs::new()));
                let error = match output {
                    Ok(output) => panic!("{text}: {:?}", output.scalars()),
                    Err(error) => error,
                };
                told(&error, Code::RunFailed, &["a"]);
            }
        }
    }
}

#[test]
fn params_that_do_not_fit() {
    let text = "param p: i32\nparam q: f64? = null\ny = p * q";
    let flow = Flow::from_text(text).unwrap();
    let missing = run(&flow, &["y"], &Inputs::new()).unwrap_err();
    assert!(missing.to_string().contains('p'), "{missing}");
    for (value, word) in [
        (Constant::F64(1.0), "i32"),
        (Constant::Integer(1 << 40), "i32"),
        (Constant::Null, "i32"),
        (Constant::Str("1".into()), "i32"),
    ] {
        let error = run(&flow, &["y"], &Inputs::new().param("p", value)).unwrap_err();
        told(&error, Code::BadOption, &["`p`", word]);
    }
    for text in ["", "x", "1.5", "4294967296", "null", "1e3", "0x", "９"] {
        let error = flow.value_from_text("p", text).unwrap_err();
        told(&error, Code::BadOption, &["`p`", "i32"]);
    }
    let misspelt = Inputs::new().param("pp", Constant::Integer(1));
    told(
        &run(&flow, &["y"], &misspelt).unwrap_err(),
        Code::UnknownName,
        &["`pp`"],
    );
    assert!(
        flow.select(&["y"])
            .unwrap()
            .set("y", Constant::Str("a".into()))
            .is_err()
    );
    assert!(
        flow.select(&["y"])
            .unwrap()
            .set("nothing", Constant::Null)
            .is_err()
    );
}

#[test]
fn nulls_where_none_may_be() {
    let k: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let nulls = RecordBatch::try_from_iter([("k", k)]).unwrap();
    failed(
        "table t { k: i64 }\ny = k + 1",
        "y",
        &given(nulls.clone()),
        Code::BadInput,
        &["`t`", "`k`", "null"],
    );
    let flow = Flow::from_text("table t { k: i64? }\ny = k + 1\nz: i64 = y ?? 0").unwrap();
    let output = run(&flow, &["y", "z"], &given(nulls)).unwrap();
    assert_eq!(output.table("t").unwrap().column(0).null_count(), 1);
    assert_eq!(output.table("t").unwrap().column(1).null_count(), 0);
}

#[test]
fn a_key_that_two_rows_have() {
    let text = "table areas { key: i64, v: f64 }\ntable t { k: i64 }\ny = areas[key=k].v";
    let flow = Flow::from_text(text).unwrap();
    let areas = |keys: Vec<i64>| {
        let v: ArrayRef = Arc::new(arrow::array::Float64Array::from_iter_values(
            keys.iter().map(|key| *key as f64),
        ));
        let key: ArrayRef = Arc::new(Int64Array::from(keys));
        let batch = RecordBatch::try_from_iter([("key", key), ("v", v)]).unwrap();
        given(integers([3, 8])).batches("areas", vec![batch])
    };
    let output = run(&flow, &["y"], &areas(vec![3, 4])).unwrap();
    let y = output.table("t").unwrap();
    assert_eq!(y.column(0).as_primitive::<Float64Type>().value(0), 3.0);
    assert_eq!(y.column(0).null_count(), 1);
    let error = run(&flow, &["y"], &areas(vec![3, 4, 3])).unwrap_err();
    told(&error, Code::RunFailed, &["two rows of areas", "3"]);
}

#[test]
fn columns_given_that_do_not_fit() {
    let flow = Flow::from_text("table t { x: f64 }\ny = x * 2\nz = y + 1").unwrap();
    let prepared = flow
        .select(&["z"])
        .unwrap()
        .given("y")
        .unwrap()
        .prepare()
        .unwrap();
    let inputs = given(floats([1.0, 2.0]));
    assert!(prepared.run(&inputs).is_err());
    let short: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![1.0]));
    assert!(prepared.run(&inputs.clone().column("t.y", short)).is_err());
    let text: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["a", "b"]));
    assert!(prepared.run(&inputs.clone().column("t.y", text)).is_err());
    let nulls: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![None, Some(1.0)]));
    assert!(prepared.run(&inputs.column("t.y", nulls)).is_err());
}
