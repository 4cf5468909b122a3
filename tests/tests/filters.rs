//! Filters on every way through a pass: known first or by masks, rows kept or brought together, errors
//! before and behind them; the interpreter against machine code, in one piece, on threads, in partitions.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int8Array, Int32Array,
    Int64Array, RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::Int32Type;
use icosian::{Backend, Flow, Inputs, ParallelExecutor, SerialExecutor};
use icosian_tests::compare::difference;
use icosian_tests::data::Numbers;
use icosian_tests::partitions::Partitions;

/// The same values, or the same error, whoever computes.
fn check(text: &str, inputs: &Inputs) {
    let flow = Flow::from_text(text).unwrap();
    let interpreter = flow.outputs().backend(Backend::Interpreter);
    let expected = interpreter.prepare().unwrap().run(inputs);
    let expected = expected.and_then(|output| output.arrays());
    let prepared = flow.outputs().prepare().unwrap();
    let parallel = ParallelExecutor::new(3).unwrap();
    let runs = [
        ("in one piece", prepared.run_with(inputs, &SerialExecutor)),
        ("on threads", prepared.run_with(inputs, &parallel)),
        ("in partitions", prepared.run_with(inputs, &Partitions)),
    ];
    for (how, run) in runs {
        match (&expected, run.and_then(|output| output.arrays())) {
            (Ok(expected), Ok(found)) => {
                for (name, array) in expected {
                    assert_eq!(difference(array, &found[name]), None, "{how}: {name}");
                }
            }
            (Err(expected), Err(found)) => {
                assert_eq!(expected.to_string(), found.to_string(), "{how}");
            }
            (Ok(_), Err(found)) => panic!("{how}, only machine code raises {found}\n{text}"),
            (Err(expected), Ok(_)) => {
                panic!("{how}, only the interpreter raises {expected}\n{text}")
            }
        }
    }
}

/// A table in batches that end at some rows.
fn table(columns: Vec<(&str, ArrayRef)>, ends: &[usize]) -> Inputs {
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name, column, true));
    let whole = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut start = 0;
    let ends = ends.iter().copied().chain([whole.num_rows()]);
    let batches = ends.map(|end| {
        let batch = whole.slice(start, end - start);
        start = end;
        batch
    });
    Inputs::new().batches("t", batches.collect::<Vec<_>>())
}

#[test]
fn what_stands_left_of_a_common_part_still_raises() {
    let flows = [
        "table t { a: i64?, x: f64?, q: bool?
            r = exp(x) }
        table u1 = t where a + 1 > 5 and q
        table u2 = t where a + 2 > 5 and q
        output all = [u1.r, u2.r]",
        "table t { a: i64?, x: f64?, q: bool? }
        n1 = sum(exp(t.x) if t.a + 1 > 5 and t.q else null)
        n2 = sum(exp(t.x) if t.a + 2 > 5 and t.q else null)
        output all = [n1, n2]",
        "table t { a: i64?, x: f64?, q: bool? }
        n1 = sum(exp(t.x) if t.q and t.a + 1 > 5 else null)
        n2 = sum(exp(t.x) if t.q and t.a + 2 > 5 else null)
        output all = [n1, n2]",
    ];
    for text in flows {
        for q in [false, true] {
            let inputs = table(
                vec![
                    ("a", Arc::new(Int64Array::from(vec![1, i64::MAX, 7]))),
                    ("x", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]))),
                    ("q", Arc::new(BooleanArray::from(vec![q, false, q]))),
                ],
                &[],
            );
            check(text, &inputs);
        }
    }
}

#[test]
fn errors_that_were_kept_have_their_row() {
    let rows = 200_000;
    for last in [70_000, rows] {
        let a = (0..rows).map(|row| match row + 1 == last {
            true => i64::MAX,
            false => row as i64 % 50,
        });
        let a = Int64Array::from_iter_values(a);
        let inputs = table(vec![("a", Arc::new(a))], &[333]);
        let text = "table t { a: i64?
            b = a + 5 }
        table u = t where a > 2
        output all = [u.b]";
        check(text, &inputs);
    }
}

#[test]
fn groups_of_rows_brought_together_keep_their_order_in_partitions() {
    let rows = 1000;
    let p = (0..rows).map(|row| Some(row < 200 || row % 2 == 0));
    let x = (0..rows).map(|row| f64::from(row) * 0.001);
    let few = (0..rows).map(|row| match row {
        196 | 200 | 202 => 7,
        row => row + 1000,
    });
    let inputs = table(
        vec![
            ("p", Arc::new(BooleanArray::from_iter(p))),
            ("x", Arc::new(Float64Array::from_iter_values(x))),
            ("k", Arc::new(Int32Array::from_iter_values(0..rows))),
            ("few", Arc::new(Int32Array::from_iter_values(few))),
        ],
        &[],
    );
    let text = "table t { p: bool?, x: f64?, k: i32?, few: i32?
        r = exp(x) }
    table u = t where p
    table g = u group by k { n = len(), s = sum(r) }
    table h = u group by few { f = first(k), s = sum(r), l = last(k) }
    output all = [g.*, h.*]";
    check(text, &inputs);
}

/// Columns of every layout, with nulls, of which `percent` of the rows are to be kept.
fn of_every_layout(rows: usize, percent: usize, ends: &[usize]) -> Inputs {
    let mut numbers = Numbers(percent as u64);
    let mut some =
        |percent: usize| -> Vec<bool> { (0..rows).map(|_| numbers.below(100) < percent).collect() };
    let (valid, other) = (some(80), some(60));
    let (keep, flag) = (some(percent), some(50));
    let x = (0..rows).map(|row| valid[row].then_some(row as f64 * 0.37 - 20.0));
    let i = (0..rows).map(|row| other[row].then_some((row % 251) as u8 as i8));
    let s = (0..rows).map(|row| valid[row].then(|| format!("text number {row}")));
    let v = (0..rows).map(|row| other[row].then(|| format!("another text number {row}")));
    let d = (0..rows).map(|row| other[row].then(|| ["a", "bb", "a longer text of these"][row % 3]));
    let m = (0..rows).map(|row| other[row].then_some(row as i128 * 3 - 500));
    let m: Decimal128Array = m.collect();
    let k = (0..rows).map(|row| (row * 7919 % 13) as i32);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", Arc::new(Float64Array::from_iter(x))),
        ("i", Arc::new(Int8Array::from_iter(i))),
        ("s", Arc::new(StringArray::from_iter(s))),
        ("v", Arc::new(StringViewArray::from_iter(v))),
        ("d", Arc::new(DictionaryArray::<Int32Type>::from_iter(d))),
        ("m", Arc::new(m.with_precision_and_scale(12, 2).unwrap())),
        ("k", Arc::new(Int32Array::from_iter_values(k))),
        (
            "flag",
            Arc::new(BooleanArray::from_iter(
                (0..rows).map(|row| valid[row].then_some(flag[row])),
            )),
        ),
        (
            "p",
            Arc::new(BooleanArray::from_iter(
                (0..rows).map(|row| (row % 97 != 5).then_some(keep[row])),
            )),
        ),
    ];
    table(columns, ends)
}

#[test]
fn every_layout_is_kept() {
    let text = "table t { x: f64?, i: i8?, s: str?, d: str?, v: str?, flag: bool?, p: bool?, m: decimal[12, 2]?, k: i32?
        root = sqrt(x)
        e = exp(x / 1000) }
    table u = t where p { y = root + 1, low = s.lower() }
    table w = u where i > 3 { z = e * 2 }
    table g = u group by k { n = len(), total = sum(e), f = first(x), l = last(s), c = count(flag) }
    table o = u order by k desc, x
    output all = [u.x, u.i, u.s, u.d, u.v, u.flag, u.m, u.k, u.root, u.y, u.low, w.x, w.s, w.d, w.v, w.flag,
        w.z, w.m, g.*, o.s, o.d, o.flag]";
    for rows in [0, 1, 63, 64, 65, 1023, 1025] {
        check(text, &of_every_layout(rows, 40, &[]));
    }
    for (percent, ends) in [
        (0, vec![]),
        (3, vec![65_537]),
        (50, vec![1, 63, 66_001, 66_001, 70_000]),
        (100, vec![1000]),
    ] {
        check(text, &of_every_layout(75_000, percent, &ends));
    }
}
