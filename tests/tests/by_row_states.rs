//! States of windows as a service keeps them: answers by hand, rows that do not belong, several lists of
//! keys, rows at once, threads, restarts.

use std::collections::HashMap;

use icosian::{Backend, Flow, RowPlan, WindowState};
use icosian_tests::data::Numbers;

const VISITS: &str = "
table visits { customer: str, shop: i64, t: timestamp[s], spend: f64?, items: i32 }
extend visits {
    over (customer order by t) {
        usual  = spend.rolling(3, min=1).mean()
        recent = spend.rolling(10s).sum()
        change = spend.diff()
        best   = spend.cumulative_max()
        last   = spend.forward_fill()
        visit  = row_number()
        before = customer.shift(1)
    }
    over shop { sold = items.cumulative_sum() }
    all     = items.cumulative_sum()
    squared = (items * items).rolling(2, min=1).sum() over (customer order by t)
    part    = f64(squared) / f64(all)
}";

fn served(outputs: &[&str]) -> RowPlan {
    let flow = Flow::from_text(VISITS).unwrap();
    let names: Vec<String> = outputs
        .iter()
        .map(|name| format!("visits.{name}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    flow.select(&names).unwrap().row().unwrap()
}

/// Sets a row, its customer, time and spend.
fn visit(row: &mut RowPlan, customer: &str, t: i64, spend: Option<f64>) {
    row.set(row.input::<str>("customer").unwrap(), customer);
    row.set(row.input::<i64>("t").unwrap(), t);
    if let Ok(slot) = row.input::<f64>("spend") {
        match spend {
            Some(spend) => row.set(slot, spend),
            None => row.set_null(slot),
        }
    }
    if let Ok(slot) = row.input::<i32>("items") {
        row.set(slot, 1);
    }
}

/// A customer, when, what was spent, and what must come out.
type Visit = (&'static str, i64, Option<f64>, [Option<f64>; 5]);

#[test]
fn customers_by_hand() {
    let mut row = served(&[
        "usual", "recent", "change", "best", "last", "visit", "before",
    ]);
    assert_eq!(row.window_keys(), [["visits.customer"]]);
    let float = |name: &str| row.output::<f64>(name).unwrap();
    let outputs = ["usual", "recent", "change", "best", "last"].map(float);
    let number = row.output::<i64>("visit").unwrap();
    let before = row.output::<str>("before").unwrap();
    let mut states: HashMap<&str, WindowState> = HashMap::new();
    let none = None;
    let expected: [Visit; 6] = [
        (
            "ann",
            10,
            Some(4.0),
            [Some(4.0), Some(4.0), none, Some(4.0), Some(4.0)],
        ),
        ("bob", 11, none, [none; 5]),
        (
            "ann",
            15,
            Some(8.0),
            [Some(6.0), Some(12.0), Some(4.0), Some(8.0), Some(8.0)],
        ),
        // 10 s after the first: that has left.
        (
            "ann",
            20,
            none,
            [Some(6.0), Some(8.0), none, none, Some(8.0)],
        ),
        (
            "bob",
            21,
            // A sum of zeros is +0, as the exact one is; the greatest of them is −0.
            Some(-0.0),
            [Some(0.0), Some(0.0), none, Some(-0.0), Some(-0.0)],
        ),
        (
            "ann",
            20,
            Some(1.0),
            [Some(4.5), Some(9.0), none, Some(8.0), Some(1.0)],
        ),
    ];
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for (customer, t, spend, wanted) in expected {
        visit(&mut row, customer, t, spend);
        row.run_with(states.entry(customer).or_default()).unwrap();
        let found = outputs.map(|output| row.get(output).map(f64::to_bits));
        assert_eq!(
            found,
            wanted.map(|value| value.map(f64::to_bits)),
            "{customer} {t}"
        );
        let count = counts.entry(customer).or_default();
        *count += 1;
        assert_eq!(row.get(number), Some(*count));
        assert_eq!(row.get(before), (*count > 1).then_some(customer));
        assert_eq!(states[customer].rows(), *count as u64);
    }
}

#[test]
fn rows_that_do_not_belong_change_nothing() {
    let mut row = served(&["usual"]);
    let usual = row.output::<f64>("usual").unwrap();
    let mut state = WindowState::new();
    visit(&mut row, "ann", 10, Some(4.0));
    row.run_with(&mut state).unwrap();
    visit(&mut row, "bob", 20, Some(400.0));
    let error = row.run_with(&mut state).unwrap_err().to_string();
    assert_eq!(
        error,
        "E0501: a row for a window state of visits.customer: expected \"ann\", found \"bob\""
    );
    visit(&mut row, "ann", 9, Some(400.0));
    let error = row.run_with(&mut state).unwrap_err().to_string();
    assert_eq!(
        error,
        "E0501: the order of rows by visits.t: expected none before 10, found 9"
    );
    let error = row.run().unwrap_err().to_string();
    assert_eq!(
        error,
        "E0501: window states: expected 1, of the keys (visits.customer), found 0"
    );
    let mut other = served(&["change"]);
    visit(&mut other, "ann", 20, Some(400.0));
    let error = other.run_with(&mut state).unwrap_err().to_string();
    assert_eq!(
        error,
        "E0501: window state: expected one of this plan's windows, found one of another's"
    );
    let flow = Flow::from_text("table t { x: f64 }\n y = t.x + 1").unwrap();
    let mut plain = flow.select(&["y"]).unwrap().row().unwrap();
    plain.set(plain.input::<f64>("x").unwrap(), 1.0);
    let error = plain.run_with(&mut state).unwrap_err().to_string();
    assert_eq!(
        error,
        "E0501: window states: expected none, for there are no windows, found 1"
    );
    assert_eq!(state.rows(), 1);
    visit(&mut row, "ann", 11, Some(6.0));
    row.run_with(&mut state).unwrap();
    assert_eq!(row.get(usual), Some(5.0));
}

#[test]
fn several_lists_of_keys_take_a_state_each() {
    let mut row = served(&["sold", "all", "part"]);
    let keys = [vec!["visits.customer"], vec!["visits.shop"], vec![]];
    let mut found = row.window_keys();
    found.sort_by_key(|keys| {
        keys.first()
            .map_or(2, |name| usize::from(*name == "visits.shop"))
    });
    assert_eq!(found, keys);
    let place = |name: &[&str]| {
        row.window_keys()
            .iter()
            .position(|keys| *keys == name)
            .unwrap()
    };
    let (customer, shop) = (place(&["visits.customer"]), place(&["visits.shop"]));
    let (items, of_shop) = (
        row.input::<i32>("items").unwrap(),
        row.input::<i64>("shop").unwrap(),
    );
    let (sold, all) = (
        row.output::<i64>("sold").unwrap(),
        row.output::<i64>("all").unwrap(),
    );
    let part = row.output::<f64>("part").unwrap();
    let mut customers: HashMap<&str, WindowState> = HashMap::new();
    let mut shops: HashMap<i64, WindowState> = HashMap::new();
    let mut stream = WindowState::new();
    let rows = [
        ("ann", 1, 2, (2, 2, 4.0 / 2.0)),
        ("bob", 1, 3, (5, 5, 9.0 / 5.0)),
        ("ann", 2, 1, (1, 6, 5.0 / 6.0)),
        // The square does not fit: no state takes the row.
        ("ann", 2, 50_000, (0, 0, 0.0)),
        ("ann", 2, 4, (5, 10, 17.0 / 10.0)),
    ];
    for (t, (who, in_shop, count, wanted)) in rows.into_iter().enumerate() {
        visit(&mut row, who, t as i64, None);
        row.set(items, count);
        row.set(of_shop, in_shop);
        let states = (
            customers.entry(who).or_default(),
            shops.entry(in_shop).or_default(),
        );
        let mut given: Vec<&mut WindowState> = vec![states.0, states.1];
        if customer > shop {
            given.swap(0, 1);
        }
        let last = 3 - customer - shop;
        given.insert(last, &mut stream);
        let run = row.run_rows_with(1, &mut given);
        if count == 50_000 {
            let error = run.unwrap_err().to_string();
            assert!(
                error.contains("2500000000 does not fit i32 (row 0)"),
                "{error}"
            );
            continue;
        }
        run.unwrap();
        let found = (
            row.get(sold).unwrap(),
            row.get(all).unwrap(),
            row.get(part).unwrap(),
        );
        assert_eq!(found, wanted, "row {t}");
    }
    assert_eq!(stream.rows(), 4);
}

#[test]
fn rows_at_once_are_taken_all_or_none() {
    let mut row = served(&["all", "squared"]).with_rows(4).unwrap();
    let (items, all) = (
        row.input::<i32>("items").unwrap(),
        row.output::<i64>("all").unwrap(),
    );
    let (customer, t) = (
        row.input::<str>("customer").unwrap(),
        row.input::<i64>("t").unwrap(),
    );
    let squared = row.output::<i64>("squared").unwrap();
    let (mut a, mut b) = (WindowState::new(), WindowState::new());
    for start in [0, 4] {
        for at in 0..4 {
            row.set_at(customer, at, "ann");
            row.set_at(t, at, start + at as i64);
            row.set_at(items, at, 1 + at as i32);
        }
        row.set_at(items, 3, 50_000);
        assert!(row.run_rows_with(4, &mut [&mut a, &mut b]).is_err());
        assert_eq!((a.rows(), b.rows()), (start as u64, start as u64));
        row.set_at(items, 3, 4);
        row.run_rows_with(4, &mut [&mut a, &mut b]).unwrap();
        let found: Vec<_> = (0..4).map(|at| row.get_at(squared, at).unwrap()).collect();
        let first = if start == 0 { 1 } else { 17 };
        assert_eq!(found, [first, 5, 13, 25]);
        let sums: Vec<_> = (0..4).map(|at| row.get_at(all, at).unwrap()).collect();
        let before = if start == 0 { 0 } else { 10 };
        assert_eq!(sums, [before + 1, before + 3, before + 6, before + 10]);
    }
}

#[test]
fn a_window_that_does_not_fit_can_be_left_unused() {
    let flow = Flow::from_text(
        "table t { x: i64 }
         sums = t.x.rolling(2, min=1).sum()
         safe = 0 if t.x < 0 else sums",
    )
    .unwrap();
    for backend in [Backend::Jit, Backend::Interpreter] {
        let mut row = (flow.select(&["safe"]).unwrap().backend(backend))
            .row()
            .unwrap();
        let (x, safe) = (
            row.input::<i64>("x").unwrap(),
            row.output::<i64>("safe").unwrap(),
        );
        let mut state = WindowState::new();
        let mut run = |value: i64| {
            row.set(x, value);
            let run = row.run_with(&mut state);
            run.map(|()| row.get(safe))
                .map_err(|error| error.to_string())
        };
        assert_eq!(run(i64::MIN), Ok(Some(0)));
        assert_eq!(run(-1), Ok(Some(0)));
        assert_eq!(run(i64::MAX), Ok(Some(i64::MAX - 1)));
        let error = run(1).unwrap_err();
        assert_eq!(
            error,
            "E0501: t.sums: the sum 9223372036854775808 does not fit i64 (row 0) in t"
        );
        assert_eq!(run(0), Ok(Some(i64::MAX)));
        assert_eq!(run(2), Ok(Some(2)));
    }
}

#[test]
fn states_are_values() {
    let mut row = served(&["usual", "change"]);
    let usual = row.output::<f64>("usual").unwrap();
    let mut state = WindowState::new();
    for t in 0..5 {
        visit(&mut row, "ann", t, Some(t as f64));
        row.run_with(&mut state).unwrap();
    }
    // Both ways on from here; each thread has a place of its own.
    let (mut up, mut down) = (state.clone(), state);
    std::thread::scope(|scope| {
        for (state, step) in [(&mut up, 1.0), (&mut down, -1.0)] {
            let mut row = row.clone();
            scope.spawn(move || {
                for t in 5..50 {
                    visit(&mut row, "ann", t, Some(step * t as f64));
                    row.run_with(state).unwrap();
                }
            });
        }
    });
    for (state, wanted) in [(&mut up, 49.0), (&mut down, -49.0)] {
        visit(&mut row, "ann", 50, Some(wanted / 49.0 * 50.0));
        row.run_with(state).unwrap();
        assert_eq!(row.get(usual), Some(wanted));
    }
}

#[test]
fn bytes_that_are_no_state_are_refused() {
    let outputs = [
        "usual", "recent", "change", "best", "last", "before", "visit",
    ];
    for backend in [Backend::Jit, Backend::Interpreter] {
        let flow = Flow::from_text(VISITS).unwrap();
        let names = outputs.map(|name| format!("visits.{name}"));
        let names = names.each_ref().map(String::as_str);
        let mut row = flow.select(&names).unwrap().backend(backend).row().unwrap();
        let usual = row.output::<f64>("usual").unwrap();
        let mut state = WindowState::new();
        assert_eq!(row.window_state(&state.to_bytes()).unwrap().rows(), 0);
        for t in 0..6 {
            visit(&mut row, "ann", t, (t % 3 != 1).then_some(t as f64));
            row.run_with(&mut state).unwrap();
        }
        let bytes = state.to_bytes();
        // Another plan of the same flow, as after a restart.
        let mut again = flow.select(&names).unwrap().backend(backend).row().unwrap();
        let mut restored = again.window_state(&bytes).unwrap();
        assert_eq!(restored.to_bytes(), bytes);
        visit(&mut again, "ann", 9, Some(1.0));
        again.run_with(&mut restored).unwrap();
        assert_eq!(again.get(again.output::<f64>("usual").unwrap()), Some(3.0));
        assert!(served(&["usual"]).window_state(&bytes).is_err());
        let mut numbers = Numbers(7);
        for length in 0..bytes.len() {
            let cut = row.window_state(&bytes[..length]);
            assert!(cut.is_err() || length == 8, "{length} of {}", bytes.len());
        }
        // A number of rows that could not grow.
        let mut endless = bytes.clone();
        endless[24..32].fill(0xff);
        assert!(row.window_state(&endless).is_err());
        // Whatever is read can be run, or is refused.
        for at in 8..bytes.len() - 7 {
            for word in [0, u64::MAX, i64::MAX as u64, 1 << 62] {
                let mut changed = bytes.clone();
                changed[at..at + 8].copy_from_slice(&word.to_le_bytes());
                if let Ok(mut state) = row.window_state(&changed) {
                    visit(&mut row, "ann", 20, Some(1.0));
                    let _ = row.run_with(&mut state);
                    let _ = state.to_bytes();
                }
            }
        }
        for _ in 0..3_000 {
            let mut changed = bytes.clone();
            for _ in 0..1 + numbers.below(4) {
                let at = 8 + numbers.below(bytes.len() - 8);
                changed[at] = *numbers.pick(&[0, 1, 2, 0x7f, 0x80, 0xff, changed[at] ^ 1]);
            }
            if let Ok(mut state) = row.window_state(&changed) {
                visit(&mut row, "ann", 20, Some(1.0));
                if row.run_with(&mut state).is_ok() {
                    let _ = row.get(usual);
                }
            }
        }
    }
}

#[test]
fn nulls_are_a_key_and_zeros_and_nans_are_one() {
    let flow = Flow::from_text(
        "table t { k: f64?, x: i64 }
         n = t.x.cumulative_sum() over t.k",
    )
    .unwrap();
    for backend in [Backend::Jit, Backend::Interpreter] {
        let mut row = (flow.select(&["n"]).unwrap().backend(backend))
            .row()
            .unwrap();
        let (k, x) = (
            row.input::<f64>("k").unwrap(),
            row.input::<i64>("x").unwrap(),
        );
        let n = row.output::<i64>("n").unwrap();
        row.set(x, 1);
        let mut run = |state: &mut WindowState, key: Option<f64>| {
            match key {
                Some(key) => row.set(k, key),
                None => row.set_null(k),
            }
            let run = row.run_with(state);
            run.map(|()| row.get(n).unwrap())
                .map_err(|error| error.to_string())
        };
        let (mut zero, mut nan, mut null) =
            (WindowState::new(), WindowState::new(), WindowState::new());
        assert_eq!(run(&mut zero, Some(0.0)), Ok(1));
        assert_eq!(run(&mut zero, Some(-0.0)), Ok(2));
        assert_eq!(run(&mut nan, Some(f64::NAN)), Ok(1));
        assert_eq!(run(&mut nan, Some(-f64::NAN)), Ok(2));
        assert_eq!(run(&mut null, None), Ok(1));
        assert_eq!(run(&mut null, None), Ok(2));
        let told = "E0501: a row for a window state of t.k: expected null, found 0.0";
        assert_eq!(run(&mut null, Some(0.0)), Err(told.to_owned()));
        let told = "E0501: a row for a window state of t.k: expected 0.0, found null";
        assert_eq!(run(&mut zero, None), Err(told.to_owned()));
        assert_eq!(run(&mut null, None), Ok(3));
    }
}

/// Sets whatever of `k`, `o` and `x` a plan has, in a row.
fn set_row(row: &mut RowPlan, at: usize, k: i64, o: i64, x: f64) {
    for (name, value) in [("k", k), ("o", o)] {
        if let Ok(slot) = row.input::<i64>(name) {
            row.set_at(slot, at, value);
        }
    }
    row.set_at(row.input::<f64>("x").unwrap(), at, x);
}

#[test]
fn what_else_is_in_a_program_does_not_matter_to_states() {
    const FLOW: &str = "table p { id: i64, w: f64 }
table t { k: i64, o: timestamp[s], x: f64 }
a = t.x.rolling(3, min=1).mean() over (t.k order by t.o)
b = t.x.shift(1) over (t.k order by t.o)
c = (t.x * 2.0 + 1.0).rolling(10s).sum() over (t.k order by t.o)
d = t.x * 2.0
e = t.o + 1h
f = (t.x * (p[id=t.k].w ?? 1.0)).rolling(3, min=1).mean() over (t.k order by t.o)
";
    use std::sync::Arc;
    let ids: arrow::array::ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
    let weights: arrow::array::ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![4.0]));
    let batch = arrow::array::RecordBatch::try_from_iter([("id", ids), ("w", weights)]).unwrap();
    let inputs = icosian::Inputs::new().batches("p", vec![batch]);
    let with_more = format!("table z {{ id: i64 }}\n{FLOW}");
    for backend in [Backend::Jit, Backend::Interpreter] {
        let make = |text: &str, names: &[&str]| {
            let flow = Flow::from_text(text).unwrap();
            let selection = flow.select(names).unwrap().backend(backend);
            selection.row_with(&inputs).unwrap()
        };
        let cases: [(&[&str], &[&str]); 5] = [
            (&["a", "b"], &["b", "a"]),
            (&["a", "c"], &["d", "a", "c"]),
            (&["c"], &["e", "d", "c"]),
            (&["c", "b", "a"], &["a", "b", "d", "c"]),
            (&["f", "a"], &["a", "d", "f"]),
        ];
        for (one, other) in cases {
            let (mut here, mut there) = (make(FLOW, one), make(&with_more, other));
            let mut state = WindowState::new();
            for at in 0..5 {
                set_row(&mut here, 0, 1, at, 1.5 * at as f64);
                here.run_with(&mut state).unwrap();
            }
            let mut restored = there.window_state(&state.to_bytes()).unwrap();
            assert_eq!(restored.to_bytes(), state.to_bytes());
            for row in [&mut here, &mut there] {
                set_row(row, 0, 1, 6, 2.0);
            }
            here.run_with(&mut state).unwrap();
            there.run_with(&mut restored).unwrap();
            for name in one {
                let value = |row: &RowPlan| row.get(row.output::<f64>(name).unwrap());
                assert_eq!(value(&here), value(&there), "{one:?} {other:?} {name}");
            }
            assert_eq!(restored.to_bytes(), state.to_bytes());
        }
        assert!(
            make(FLOW, &["a"])
                .window_state(&WindowState::new().to_bytes())
                .is_ok()
        );
    }
}

#[test]
fn rows_at_once_are_as_rows_one_by_one() {
    let flow = Flow::from_text(
        "table t { k: i64, o: timestamp[s], x: f64 }
         a = t.x.rolling(10s).sum() over (t.k order by t.o)",
    )
    .unwrap();
    for backend in [Backend::Jit, Backend::Interpreter] {
        let selection = flow.select(&["a"]).unwrap().backend(backend);
        let mut row = selection.row().unwrap().with_rows(2).unwrap();
        let a = row.output::<f64>("a").unwrap();
        let mut state = WindowState::new();
        set_row(&mut row, 0, 1, 5, 10.0);
        set_row(&mut row, 1, 1, 5, 11.0);
        row.run_rows_with(2, &mut [&mut state]).unwrap();
        // A tie that comes later is not counted.
        assert_eq!(
            (row.get_at(a, 0), row.get_at(a, 1)),
            (Some(10.0), Some(21.0))
        );
        // Of several wrong rows the first is told.
        set_row(&mut row, 0, 1, 3, 1.0);
        set_row(&mut row, 1, 2, 9, 1.0);
        let error = row
            .run_rows_with(2, &mut [&mut state])
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "E0501: the order of rows by t.o: expected none before 5, found 3"
        );
    }
}
