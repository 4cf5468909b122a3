//! Lookups by inequality, of the first or last match, membership and joins over random rows, against
//! what their definitions say row by row.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use icosian::{Backend, Executor, Flow, Inputs, ParallelExecutor, SerialExecutor};
use icosian_tests::data::Numbers;
use icosian_tests::partitions::Partitions;
use proptest::prelude::{ProptestConfig, any, proptest};

const FLOW: &str = "
table u { k: i64?, s: str?, at: f64?, v: i64 }
table t { k: i64?, s: str?, at: f64?, n: i64 }
extend t {
    before = u[k=k, at<=at].v
    strictly_before = u[k=k, s=s, at<at].v
    after = u[at>=at].v
    recent = u[k=k, at<=at, at>at - 2.0, s<s].v
    text_after = u[s>s, k=k].v
    first_match = first u[k=k].v
    last_late = last u[k=k, at>=at].v
    member = i64(k in u.k)
}
table pairs = t join r = u[k=k]
extend pairs { v = r.v }
table kept = t left join r = u[s=s, at<at]
extend kept { v = r.v }
table picked = t left join r = last u[k=k, s>=s]
extend picked { v = r.v }
";

/// A row of either table: key, text, time.
type Row = (Option<i64>, Option<&'static str>, Option<f64>);

fn random_rows(rows: usize, numbers: &mut Numbers) -> Vec<Row> {
    const TIMES: [f64; 10] = [
        -0.0,
        0.0,
        1.0,
        1.5,
        2.5,
        4.0,
        f64::NAN,
        f64::INFINITY,
        -1.0,
        7.0,
    ];
    let mut row = || {
        let key = numbers.below(6) as i64;
        let text = *numbers.pick(&["", "a", "b", "ba", "é"]);
        let time = *numbers.pick(&TIMES);
        let mut some = || numbers.below(8) > 0;
        (
            some().then_some(key),
            some().then_some(text),
            some().then_some(time),
        )
    };
    (0..rows).map(|_| row()).collect()
}

fn batches(rows: &[Row], number: &str, chunk: usize) -> Vec<RecordBatch> {
    let numbered: Vec<(usize, &Row)> = rows.iter().enumerate().collect();
    let mut chunks: Vec<&[(usize, &Row)]> = numbered.chunks(chunk).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let batch = |rows: &&[(usize, &Row)]| {
        let keys: Int64Array = rows.iter().map(|(_, row)| row.0).collect();
        let texts: StringArray = rows.iter().map(|(_, row)| row.1).collect();
        let times: Float64Array = rows.iter().map(|(_, row)| row.2).collect();
        let numbers: Int64Array = rows
            .iter()
            .map(|(number, _)| Some(*number as i64))
            .collect();
        let columns: [(&str, ArrayRef, bool); 4] = [
            ("k", Arc::new(keys), true),
            ("s", Arc::new(texts), true),
            ("at", Arc::new(times), true),
            (number, Arc::new(numbers), false),
        ];
        RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
    };
    chunks.iter().map(batch).collect()
}

/// Whether both are there and compare so; NaN compares with nothing.
fn holds<T: PartialOrd>(a: Option<T>, b: Option<T>, test: fn(&T, &T) -> bool) -> bool {
    matches!((a, b), (Some(a), Some(b)) if test(&a, &b))
}

/// The rows over there that meet a condition, in their order.
fn matches(there: &[Row], holds: impl Fn(&Row) -> bool) -> Vec<usize> {
    let rows = there.iter().enumerate();
    rows.filter(|(_, row)| holds(row))
        .map(|(number, _)| number)
        .collect()
}

/// Of rows, the last whose time is greatest.
fn latest(there: &[Row], rows: Vec<usize>) -> Option<usize> {
    let mut best: Option<usize> = None;
    for row in rows {
        if best.is_none_or(|best| holds(there[best].2, there[row].2, |a, b| a <= b)) {
            best = Some(row);
        }
    }
    best
}

/// Of rows, the first whose time is least.
fn earliest(there: &[Row], rows: Vec<usize>) -> Option<usize> {
    let mut best: Option<usize> = None;
    for row in rows {
        if best.is_none_or(|best| holds(there[row].2, there[best].2, |a, b| a < b)) {
            best = Some(row);
        }
    }
    best
}

fn numbers_of(array: &ArrayRef) -> Vec<Option<i64>> {
    array.as_primitive::<Int64Type>().iter().collect()
}

fn check(here: &[Row], there: &[Row], chunk: usize) {
    let flow = Flow::from_text(FLOW).expect("a flow");
    let inputs = Inputs::new()
        .batches("t", batches(here, "n", chunk))
        .batches("u", batches(there, "v", chunk));
    let each = |find: &dyn Fn(&Row) -> Option<usize>| -> Vec<Option<i64>> {
        let found = here.iter().map(|row| find(row).map(|found| found as i64));
        found.collect()
    };
    let key = |a: &Row, b: &Row| holds(a.0, b.0, |a, b| a == b);
    let text = |a: &Row, b: &Row, test| holds(a.1, b.1, test);
    let time = |a: &Row, b: &Row, test| holds(a.2, b.2, test);
    let joined = |left: bool, of: &dyn Fn(&Row) -> Vec<usize>| {
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for (number, row) in here.iter().enumerate() {
            let found = of(row);
            if found.is_empty() && left {
                from.push(Some(number as i64));
                to.push(None);
            }
            for there in found {
                from.push(Some(number as i64));
                to.push(Some(there as i64));
            }
        }
        (from, to)
    };
    let all = |r: &Row| matches(there, |u| key(u, r));
    let earlier = |r: &Row| {
        matches(there, |u| {
            text(u, r, |a, b| a == b) && time(u, r, |a, b| a < b)
        })
    };
    let last = |r: &Row| {
        let rows = matches(there, |u| key(u, r) && text(u, r, |a, b| a >= b));
        rows.last().copied().into_iter().collect::<Vec<usize>>()
    };
    let (pairs, kept, picked) = (
        joined(false, &all),
        joined(true, &earlier),
        joined(true, &last),
    );
    let next_text = |r: &Row| {
        let rows = matches(there, |u| key(u, r) && text(u, r, |a, b| a > b));
        let mut best: Option<usize> = None;
        for row in rows {
            if best.is_none_or(|best| there[row].1 < there[best].1) {
                best = Some(row);
            }
        }
        best
    };
    let expected = [
        (
            "t.before",
            each(&|r| {
                latest(
                    there,
                    matches(there, |u| key(u, r) && time(u, r, |a, b| a <= b)),
                )
            }),
        ),
        (
            "t.strictly_before",
            each(&|r| {
                let same = |u: &Row| key(u, r) && text(u, r, |a, b| a == b);
                latest(
                    there,
                    matches(there, |u| same(u) && time(u, r, |a, b| a < b)),
                )
            }),
        ),
        (
            "t.after",
            each(&|r| earliest(there, matches(there, |u| time(u, r, |a, b| a >= b)))),
        ),
        (
            "t.recent",
            each(&|r| {
                let recent = |u: &Row| {
                    time(u, r, |a, b| a <= b) && holds(u.2, r.2.map(|at| at - 2.0), |a, b| a > b)
                };
                let rows = matches(there, |u| {
                    key(u, r) && recent(u) && text(u, r, |a, b| a < b)
                });
                latest(there, rows)
            }),
        ),
        ("t.text_after", each(&next_text)),
        ("t.first_match", each(&|r| all(r).first().copied())),
        (
            "t.last_late",
            each(&|r| {
                let rows = matches(there, |u| key(u, r) && time(u, r, |a, b| a >= b));
                rows.last().copied()
            }),
        ),
        (
            "t.member",
            each(&|r| r.0.map(|_| usize::from(!all(r).is_empty()))),
        ),
        ("pairs.n", pairs.0),
        ("pairs.v", pairs.1),
        ("kept.n", kept.0),
        ("kept.v", kept.1),
        ("picked.n", picked.0),
        ("picked.v", picked.1),
    ];
    let wanted: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let parallel = ParallelExecutor::new(2).expect("threads");
    let ways: [(Backend, &dyn Executor); 4] = [
        (Backend::Interpreter, &SerialExecutor),
        (Backend::Jit, &SerialExecutor),
        (Backend::Jit, &parallel),
        (Backend::Jit, &Partitions),
    ];
    for (backend, executor) in ways {
        let prepared = flow
            .select(&wanted)
            .expect("outputs")
            .backend(backend)
            .prepare();
        let run = prepared
            .expect("a plan")
            .run_with(&inputs, executor)
            .expect("a run");
        let arrays = run.arrays().expect("arrays");
        for (name, expected) in &expected {
            assert_eq!(numbers_of(&arrays[*name]), *expected, "{name}, {backend:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matches_are_what_their_definitions_say(
        seed in any::<u64>(), here in 0usize..40, there in 0usize..60, chunk in 1usize..30
    ) {
        let mut numbers = Numbers(seed);
        let (here, there) = (random_rows(here, &mut numbers), random_rows(there, &mut numbers));
        check(&here, &there, chunk);
    }
}

#[test]
fn several_blocks_of_rows() {
    let mut numbers = Numbers(7);
    check(
        &random_rows(2_500, &mut numbers),
        &random_rows(1_100, &mut numbers),
        900,
    );
}

/// Many candidates, of which few meet the further conditions: blocks are passed over.
#[test]
fn many_candidates_of_one_key() {
    let key = (Some(1), Some("b"), Some(1.0));
    let mut there = vec![key; 9_000];
    for (row, text, at) in [
        (0, "a", 0.5),
        (70, "é", 1.5),
        (4_159, "a", 1.0),
        (8_191, "", 2.0),
    ] {
        there[row] = (Some(1), Some(text), Some(at));
    }
    there[5_000].0 = Some(2);
    let here = ["", "a", "b", "ba", "é"].map(|text| (Some(1), Some(text), Some(1.0)));
    check(&here, &there, 4_096);
}

#[test]
fn a_join_of_too_many_rows_is_refused_before_it_is_made() {
    let text = "table a { k: i64? }\ntable b { k: i64? }\n\
                table pairs = a join r = b[k=k]\nrows = pairs.len()";
    let flow = Flow::from_text(text).expect("a flow");
    let rows = vec![(Some(1), None, None); 70_000];
    let inputs = Inputs::new()
        .batches("a", batches(&rows, "n", 70_000))
        .batches("b", batches(&rows, "n", 70_000));
    let prepared = flow.outputs().prepare().expect("a plan");
    let told = prepared.run(&inputs).err().map(|error| error.to_string());
    let told = told.unwrap_or_default();
    assert!(told.contains("a join would have 4900000000 rows"), "{told}");
}

/// What is gathered by a row reference that a derived table carries, where nothing else asks for it.
#[test]
fn carried_row_references_fetch_what_only_they_need() {
    let text = "table b { k: i64?, v: i64 }\ntable a { k: i64?, n: i64, row = b[k=k], late = last b[k<=k] }\n\
                table far = a where n > 0 { first = row.v }\n\
                table pairs = far join r = b[k=k] order by n desc { both = r.v + late.v }";
    let flow = Flow::from_text(text).expect("a flow");
    let there: Vec<Row> = (0..4).map(|key| (Some(key), None, None)).collect();
    let here: Vec<Row> = [3, 2, 9, 0].map(|key| (Some(key), None, None)).to_vec();
    let inputs = Inputs::new()
        .batches("a", batches(&here, "n", 3))
        .batches("b", batches(&there, "v", 3));
    for (name, expected) in [
        ("far.first", vec![Some(2), None, Some(0)]),
        ("pairs.both", vec![Some(0), Some(4)]),
    ] {
        for backend in [Backend::Interpreter, Backend::Jit] {
            let prepared = flow
                .select(&[name])
                .expect("an output")
                .backend(backend)
                .prepare();
            let run = prepared.expect("a plan").run(&inputs).expect("a run");
            let arrays = run.arrays().expect("arrays");
            assert_eq!(numbers_of(&arrays[name]), expected, "{name}, {backend:?}");
        }
    }
}
