//! Rows served with what was learned and tables that are looked up in; by several threads; and without
//! asking for memory, which a counting allocator sees.
#![allow(unsafe_code)] // Counts what goes to the system's allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use icosian::{Backend, Flow, Inputs, RowPlan, WindowState};

struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread asked for memory meanwhile.
fn asked(work: impl FnOnce()) -> usize {
    let before = ASKED.with(Cell::get);
    work();
    ASKED.with(Cell::get) - before
}

const FLOW: &str = r#"
table customers { id: i64, plan: str, spend: f64?, since: date, left: bool }
table prices { item: i64, day: i64, price: f64, label: str? }
table cities { name: str, people: i64? }
table visits { item: i64, day: i64, plan: str, city: str?, spend: f64?, seen: date }

fit spend_mean = mean(customers.spend)
fit spend_std = std(customers.spend)
fit by_plan = customers group by plan { share = mean(f64(left)), n = len() }

z = ((visits.spend ?? spend_mean) - spend_mean) / spend_std
squared = z * z + 1.0
risk = by_plan[plan=visits.plan].share ?? 0.5
price = prices[item=visits.item, day<=visits.day].price
label = prices[item=visits.item, day<=visits.day].label ?? "none"
known = cities[name=visits.city] is not null
people = cities[name=visits.city].people
kind = match visits.plan { "pro": "paid", "team": "paid", _: "free" }
tag = kind + "/" + visits.plan.upper()
year = visits.seen.year()
size = exp(z) * squared
"#;

fn inputs() -> Inputs {
    let ints = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let texts = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    let batch = |columns: Vec<(&str, ArrayRef)>| {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| {
            let nullable = matches!(name, "spend" | "label" | "people");
            (name, column, nullable)
        }))
        .unwrap()
    };
    let since: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![0; 4]));
    let left: ArrayRef = Arc::new(arrow::array::BooleanArray::from(vec![
        true, false, false, true,
    ]));
    let spend: ArrayRef = Arc::new(Float64Array::from(vec![
        Some(1.0),
        Some(3.0),
        None,
        Some(5.0),
    ]));
    let label: ArrayRef = Arc::new(StringArray::from(vec![Some("old"), None, Some("new")]));
    let people: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None]));
    Inputs::new()
        .batches(
            "customers",
            vec![batch(vec![
                ("id", ints(vec![1, 2, 3, 4])),
                ("plan", texts(vec!["pro", "free", "pro", "team"])),
                ("spend", spend),
                ("since", since),
                ("left", left),
            ])],
        )
        .batches(
            "prices",
            vec![batch(vec![
                ("item", ints(vec![1, 1, 2])),
                ("day", ints(vec![10, 20, 5])),
                ("price", Arc::new(Float64Array::from(vec![1.5, 2.5, 9.0]))),
                ("label", label),
            ])],
        )
        .batches(
            "cities",
            vec![batch(vec![
                ("name", texts(vec!["Aachen", "Zürich"])),
                ("people", people),
            ])],
        )
}

const OUTPUTS: [&str; 11] = [
    "visits.z",
    "visits.squared",
    "visits.risk",
    "visits.price",
    "visits.label",
    "visits.known",
    "visits.people",
    "visits.kind",
    "visits.tag",
    "visits.year",
    "visits.size",
];

fn plan() -> RowPlan {
    plan_by(Backend::Jit)
}

fn plan_by(backend: Backend) -> RowPlan {
    let flow = Flow::from_text(FLOW).unwrap();
    let state = flow.fit(&inputs()).unwrap();
    let selection = flow
        .select_nodes(&OUTPUTS)
        .unwrap()
        .with_state(&state)
        .unwrap();
    selection.backend(backend).row_with(&inputs()).unwrap()
}

/// A row's inputs and what must come out, by hand.
struct Case {
    item: i64,
    day: i64,
    plan: &'static str,
    city: Option<&'static str>,
    spend: Option<f64>,
    seen: i32,
    z: f64,
    risk: f64,
    price: Option<f64>,
    label: &'static str,
    known: bool,
    people: Option<i64>,
    tag: &'static str,
    year: i32,
}

fn cases() -> Vec<Case> {
    // Mean 3 and standard deviation 2 of 1, 3, 5.
    vec![
        Case {
            item: 1,
            day: 15,
            plan: "pro",
            city: Some("Aachen"),
            spend: Some(7.0),
            seen: 0,
            z: 2.0,
            risk: 0.5,
            price: Some(1.5),
            label: "old",
            known: true,
            people: Some(7),
            tag: "paid/PRO",
            year: 1970,
        },
        Case {
            item: 1,
            day: 20,
            plan: "team",
            city: Some("Zürich"),
            spend: None,
            seen: 20_000,
            z: 0.0,
            risk: 1.0,
            price: Some(2.5),
            label: "none",
            known: true,
            people: None,
            tag: "paid/TEAM",
            year: 2024,
        },
        Case {
            item: 2,
            day: 4,
            plan: "another",
            city: None,
            spend: Some(1.0),
            seen: -1,
            z: -1.0,
            risk: 0.5,
            price: None,
            label: "none",
            known: false,
            people: None,
            tag: "free/ANOTHER",
            year: 1969,
        },
        Case {
            item: 2,
            day: 6,
            plan: "free",
            city: Some("nowhere"),
            spend: Some(3.0),
            seen: 365,
            z: 0.0,
            risk: 0.0,
            price: Some(9.0),
            label: "new",
            known: false,
            people: None,
            tag: "free/FREE",
            year: 1971,
        },
    ]
}

/// Gives each case in turn, so often, `check`ing what comes out or not.
fn serve(row: &mut RowPlan, times: usize, check: bool) {
    let item = row.input::<i64>("item").unwrap();
    let day = row.input::<i64>("day").unwrap();
    let plan = row.input::<str>("plan").unwrap();
    let city = row.input::<str>("city").unwrap();
    let spend = row.input::<f64>("spend").unwrap();
    let seen = row.input::<i32>("seen").unwrap();
    let z = row.output::<f64>("z").unwrap();
    let squared = row.output::<f64>("squared").unwrap();
    let risk = row.output::<f64>("risk").unwrap();
    let price = row.output::<f64>("price").unwrap();
    let label = row.output::<str>("label").unwrap();
    let known = row.output::<bool>("known").unwrap();
    let people = row.output::<i64>("people").unwrap();
    let tag = row.output::<str>("tag").unwrap();
    let year = row.output::<i32>("year").unwrap();
    let cases = cases();
    let mut work = || {
        for case in cases.iter().cycle().take(times) {
            row.set(item, case.item);
            row.set(day, case.day);
            row.set(plan, case.plan);
            match case.city {
                Some(name) => row.set(city, name),
                None => row.set_null(city),
            }
            match case.spend {
                Some(value) => row.set(spend, value),
                None => row.set_null(spend),
            }
            row.set(seen, case.seen);
            row.run().unwrap();
            if check {
                assert_eq!(row.get(z), Some(case.z));
                assert_eq!(row.get(squared), Some(case.z * case.z + 1.0));
                assert_eq!(row.get(risk), Some(case.risk));
                assert_eq!(row.get(price), case.price);
                assert_eq!(row.get(label), Some(case.label));
                assert_eq!(row.get(known), Some(case.known));
                assert_eq!(row.get(people), case.people);
                assert_eq!(row.get(tag), Some(case.tag));
                assert_eq!(row.get(year), Some(case.year));
            }
        }
    };
    if check {
        work();
    } else {
        assert_eq!(asked(work), 0, "memory asked for");
    }
}

#[test]
fn what_was_learned_and_looked_up_comes_out() {
    serve(&mut plan(), 12, true);
    serve(&mut plan_by(Backend::Interpreter), 12, true);
}

#[test]
fn no_memory_is_asked_for() {
    let mut plan = plan();
    // Once, so that buffers have the room they need.
    serve(&mut plan, 4, true);
    serve(&mut plan, 1000, false);
}

#[test]
fn windows_ask_for_no_memory_once_they_are_full() {
    let flow = Flow::from_text(
        "table t { k: str, o: i64, x: f64?, n: i64 }
         extend t {
             over (k order by o) {
                 a = x.rolling(7).mean()
                 b = x.rolling(100, min=1).std()
                 c = n.rolling(30).max()
                 d = x.shift(3)
                 e = x.forward_fill() + x.cumulative_sum()
                 f = x.ewm_mean(span=9)
                 g = n.expanding().mean()
             }
         }",
    )
    .unwrap();
    let names = ["t.a", "t.b", "t.c", "t.d", "t.e", "t.f", "t.g"];
    let mut row = flow.select(&names).unwrap().row().unwrap();
    let (k, o) = (
        row.input::<str>("k").unwrap(),
        row.input::<i64>("o").unwrap(),
    );
    let (x, n) = (
        row.input::<f64>("x").unwrap(),
        row.input::<i64>("n").unwrap(),
    );
    let mut state = WindowState::new();
    let mut serve = |rows: std::ops::Range<i64>| {
        for at in rows {
            row.set(k, "ann");
            row.set(o, at);
            match at % 5 {
                0 => row.set_null(x),
                part => row.set(x, part as f64 * 0.5),
            }
            row.set(n, at * 7_919 % 101);
            row.run_with(&mut state).unwrap();
        }
    };
    serve(0..400);
    assert_eq!(asked(|| serve(400..2000)), 0, "memory asked for");
}

#[test]
fn clones_work_side_by_side() {
    let plan = plan();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut own = plan.clone();
            scope.spawn(move || serve(&mut own, 2000, true));
        }
    });
}

#[test]
fn rows_at_once_are_those_one_at_a_time() {
    let plan = plan();
    for at_once in [3, 8, 100] {
        let mut many = plan.clone().with_rows(at_once).unwrap();
        let spend = many.input::<f64>("spend").unwrap();
        let z = many.output::<f64>("z").unwrap();
        let (plan, item) = (
            many.input::<str>("plan").unwrap(),
            many.input::<i64>("item").unwrap(),
        );
        let (day, seen) = (
            many.input::<i64>("day").unwrap(),
            many.input::<i32>("seen").unwrap(),
        );
        let tag = many.output::<str>("tag").unwrap();
        for row in 0..at_once {
            many.set_at(item, row, 1);
            many.set_at(day, row, row as i64);
            many.set_at(seen, row, 0);
            many.set_at(plan, row, if row % 2 == 0 { "pro" } else { "x" });
            many.set_at(spend, row, 3.0 + 2.0 * row as f64);
        }
        many.run_rows(at_once).unwrap();
        for row in 0..at_once {
            assert_eq!(many.get_at(z, row), Some(row as f64));
            let expected = if row % 2 == 0 { "paid/PRO" } else { "free/X" };
            assert_eq!(many.get_at(tag, row), Some(expected));
        }
    }
}

#[test]
fn without_a_state_the_fit_is_in_the_way() {
    let flow =
        Flow::from_text("table t { x: f64 }\nfit top = max(t.x)\nshare = t.x / top").unwrap();
    let error = flow.select(&["share"]).unwrap().row().unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("`top` is a max of all rows of `t`"),
        "{message}"
    );
}

#[test]
fn a_key_that_raises_is_told_though_another_row_is_found() {
    let text = "table names { k: i32, name: str }
        table t { a: i32, b: i32 }
        name = names[k=t.a + t.b].name";
    let flow = Flow::from_text(text).unwrap();
    let names: ArrayRef = Arc::new(StringArray::from(vec!["least"]));
    let keys: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![i32::MIN]));
    let batch = RecordBatch::try_from_iter([("k", keys), ("name", names)]).unwrap();
    let inputs = Inputs::new().batches("names", vec![batch]);
    let mut row = flow.select(&["t.name"]).unwrap().row_with(&inputs).unwrap();
    let (a, b) = (
        row.input::<i32>("a").unwrap(),
        row.input::<i32>("b").unwrap(),
    );
    let name = row.output::<str>("name").unwrap();
    row.set(a, i32::MIN + 1);
    row.set(b, -1);
    row.run().unwrap();
    assert_eq!(row.get(name), Some("least"));
    // It would wrap around to the key.
    row.set(a, i32::MAX);
    row.set(b, 1);
    let message = row.run().unwrap_err().to_string();
    assert_eq!(
        message,
        "E0501: t.name: 2147483648 does not fit i32 (row 0): 2147483647 + 1 in t"
    );
}
