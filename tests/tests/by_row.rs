//! Rows one at a time: the values that a run gives, bit for bit, and its errors; and what is in the way
//! where one row does not decide.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Int32Array, RecordBatch, StringArray};
use icosian::runtime::source::{Source, WantedColumn};
use icosian::{Backend, Constant, Flow, Inputs, RowPlan};
use icosian_tests::data::{Numbers, places, table};
use icosian_tests::random_graph::{Shape, random_graph};
use icosian_tests::served::{Give, Read, columns_of, give, read, values};

/// What a plan gives for every row of batches, `at_once` rows at a time; or the first row in error, with its
/// message, counted from the first of those at once.
fn serve(
    plan: &RowPlan,
    batches: &[RecordBatch],
    at_once: usize,
) -> Result<Vec<Vec<Constant>>, (usize, String)> {
    let mut plan = plan.clone().with_rows(at_once).unwrap();
    let columns = columns_of(batches);
    let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    let inputs: Vec<(Give, Vec<Constant>)> = plan
        .inputs()
        .into_iter()
        .map(|(name, ty)| {
            let short = name.rsplit_once('.').unwrap().1;
            (give(&plan, name, ty), values(&columns[short], ty.scalar))
        })
        .collect();
    let outputs: Vec<Read> = plan
        .outputs()
        .into_iter()
        .map(|(name, ty)| read(&plan, name, ty))
        .collect();
    let mut found = vec![Vec::with_capacity(rows); outputs.len()];
    for first in (0..rows).step_by(at_once) {
        let count = at_once.min(rows - first);
        for row in 0..count {
            for (give, values) in &inputs {
                give(&mut plan, row, &values[first + row]);
            }
        }
        plan.run_rows(count)
            .map_err(|error| (first, error.to_string()))?;
        for (read, found) in outputs.iter().zip(&mut found) {
            found.extend((0..count).map(|row| read(&plan, row)));
        }
    }
    Ok(found)
}

/// The outputs of a random graph that one row decides, served: the columns of a run, or its error.
fn check(seed: u64) -> (usize, usize) {
    let mut numbers = Numbers(seed);
    let raising = numbers.below(3) == 0;
    let shape = Shape {
        expressions: 1 + numbers.below(50),
        outputs: 24,
        raising,
    };
    let graph = random_graph(&mut numbers, shape);
    let rows = 1 + numbers.below(40);
    let batches = table(rows, 1_000, &mut numbers);
    let lookups = Inputs::new().batches("places", vec![places()]);
    let text = graph.to_string();
    let flow = Flow::from_graph(graph);
    let all: Vec<String> = flow
        .outputs()
        .names()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let by_row = |name: &&String| {
        let selected = flow.select_nodes(&[name.as_str()]).unwrap();
        match selected.row_with(&lookups) {
            // Rows of windows come in an order of their own: `by_row_windows` has those.
            Ok(plan) => plan.window_keys().is_empty(),
            Err(error) => {
                let code = error.diagnostics()[0].code.as_str();
                assert_eq!(code, "E0505", "seed {seed}: {error}\n{text}");
                false
            }
        }
    };
    let served: Vec<&str> = all.iter().filter(by_row).map(String::as_str).collect();
    if served.is_empty() {
        return (0, all.len());
    }
    let plan = flow
        .select_nodes(&served)
        .unwrap()
        .row_with(&lookups)
        .unwrap();
    let prepared = flow.select_nodes(&served).unwrap().prepare().unwrap();
    let inputs = lookups.clone().batches("t", batches.clone());
    let expected = prepared.run(&inputs).and_then(|output| output.arrays());
    let at_once = *numbers.pick(&[1, 2, 7, 8, 17, 1024]);
    let served_rows = serve(&plan, &batches, at_once);
    let interpreter = flow.select_nodes(&served).unwrap();
    let interpreter = interpreter.backend(Backend::Interpreter).row_with(&lookups);
    let interpreted = serve(&interpreter.unwrap(), &batches, at_once);
    assert_eq!(served_rows, interpreted, "seed {seed}\n{text}");
    match (expected, served_rows) {
        (Ok(expected), Ok(found)) => {
            for ((name, ty), found) in plan.outputs().into_iter().zip(found) {
                assert_eq!(
                    values(&expected[name], ty.scalar),
                    found,
                    "seed {seed}: {name}, {at_once} at once\n{text}"
                );
            }
        }
        (Err(expected), Err((first, found))) => {
            // The row is counted from the first of those at once; a value of all rows has none.
            let moved = match found.rsplit_once("(row ") {
                Some((before, rest)) => {
                    let (row, after) = rest.split_once(')').unwrap();
                    let row = first + row.parse::<usize>().unwrap();
                    format!("{before}(row {row}){after}")
                }
                None => found,
            };
            assert_eq!(expected.to_string(), moved, "seed {seed}\n{text}");
        }
        (Ok(_), Err((row, error))) => panic!("seed {seed}: only row {row} raises: {error}\n{text}"),
        (Err(error), Ok(_)) => panic!("seed {seed}: only the run raises: {error}\n{text}"),
    }
    (served.len(), all.len())
}

#[test]
fn rows_give_what_a_run_gives() {
    let random = std::env::var("ICOSIAN_SEEDS")
        .ok()
        .and_then(|count| count.parse::<u64>().ok());
    let (first, count) = match random {
        Some(count) => (u64::from(std::process::id()) << 32, count),
        None => (0, 150),
    };
    let (mut served, mut all) = (0, 0);
    for seed in first..first + count {
        let (of_graph, in_graph) = check(seed);
        served += of_graph;
        all += in_graph;
    }
    assert!(
        served >= 100,
        "{served} of {all} outputs are decided by one row"
    );
}

fn refused(text: &str, output: &str) -> String {
    let flow = Flow::from_text(text).unwrap();
    let error = flow.select(&[output]).unwrap().row().unwrap_err();
    assert_eq!(error.diagnostics().len(), 1);
    let rendered = error.render(false);
    let lines = rendered.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn what_is_in_the_way_is_named_with_the_path_to_it() {
    let text = "table t { x: f64, k: str }\n top = max(t.x)\nscaled = t.x / top\nz = scaled + 1";
    assert_eq!(
        refused(text, "z"),
        "\
error[E0505]: `t.z` can't be had from one row: `top` is a max of all rows of `t`
 --> flow:2:2
  |
2 |  top = max(t.x)
  |  ^^^
  |
  = note: `t.z` needs `t.scaled` needs `top`
  = help: what is learned once is marked `fit` and given by a state"
    );
    let first_line = |text: &str, output: &str| {
        let told = refused(text, output);
        told.lines().next().unwrap().to_owned()
    };
    let table = "table t { x: f64, k: str }\n";
    let told = |rest: &str, output: &str| first_line(&format!("{table}{rest}"), output);
    assert_eq!(
        told("a = t.x.rolling(3, center=true).mean()\nb = a + 1", "b"),
        "error[E0505]: `t.b` can't be had from one row: \
         `t.a` is a window (rolling) that looks at rows that are still to come"
    );
    assert_eq!(
        told("a = t.x.shift(-1)", "a"),
        "error[E0505]: `t.a` can't be had from one row: \
         it is a window (shift) that looks at rows that are still to come"
    );
    assert_eq!(
        told("a = t.x.rank()", "a"),
        "error[E0505]: `t.a` can't be had from one row: it is a window (rank) that looks at all rows"
    );
    assert_eq!(
        told("a = t.x.expanding().median()", "a"),
        "error[E0505]: `t.a` can't be had from one row: \
         it is a window (rolling) that has to look at every row before, however many come"
    );
    assert_eq!(
        told("a = t.k.cumulative_max()", "a"),
        "error[E0505]: `t.a` can't be had from one row: it is a window (cumulative_max) that takes \
         texts, which row by row can only be shown again or counted"
    );
    assert_eq!(
        told("a = mean(t.x) over t.k", "a"),
        "error[E0505]: `t.a` can't be had from one row: it is a row of `groups of t`, made of all rows"
    );
    assert_eq!(
        told("table big = t where x > 1.0 { y = x + 1 }", "big.y"),
        "error[E0505]: `big.y` can't be had from one row: it is of the rows of `big`, made of all rows"
    );
    assert_eq!(
        told(
            "table by_k = t group by k { n = len() }\na = by_k[k=t.k].n",
            "a"
        ),
        "error[E0505]: `t.a` can't be had from one row: it is a row of `by_k`, made of all rows"
    );
    assert_eq!(
        told("extend t { a = random(1) }", "t.a"),
        "error[E0505]: `t.a` can't be had from one row: it is the number of the row among all"
    );
    assert_eq!(
        told("m = max(t.x)", "m"),
        "error[E0505]: no output is of the rows of a table"
    );
    let text = format!("{table}extern fn f(x: f64) -> f64\na = f(t.x)");
    let flow = Flow::from_text(&text).unwrap();
    let flow = flow.with_function("f", |arguments| Ok(ArrayRef::clone(&arguments[0])));
    let error = flow.select(&["a"]).unwrap().row().unwrap_err().to_string();
    assert_eq!(
        error,
        "E0505: `t.a` can't be had from one row: it is a function of the host, which takes whole columns"
    );
}

#[test]
fn errors_are_those_of_a_run() {
    let flow = Flow::from_text(
        "table t { a: i32, b: i32? }\n sum = a + b\n safe = 0 if a > 10 else sum\n back = sum // 2",
    )
    .unwrap();
    let mut row = flow.select(&["sum", "back"]).unwrap().row().unwrap();
    let (a, b) = (
        row.input::<i32>("a").unwrap(),
        row.input::<i32>("t.b").unwrap(),
    );
    let sum = row.output::<i32>("sum").unwrap();
    let unset = row.run().unwrap_err().to_string();
    assert_eq!(unset, "E0501: no data was given for column t.a of table t");
    row.set(a, i32::MAX);
    row.set(b, 1);
    let raised = row.run().unwrap_err().to_string();
    assert_eq!(
        raised,
        "E0501: t.sum: 2147483648 does not fit i32 (row 0): 2147483647 + 1 in t"
    );
    row.set_null(b);
    row.run().unwrap();
    assert_eq!(row.get(sum), None);
    row.set(b, -1);
    row.run().unwrap();
    assert_eq!(row.get(sum), Some(i32::MAX - 1));

    // A branch that is not taken raises nothing, and does not stay flagged.
    let mut safe = flow.select(&["safe"]).unwrap().row().unwrap();
    let (a, b) = (
        safe.input::<i32>("a").unwrap(),
        safe.input::<i32>("b").unwrap(),
    );
    let out = safe.output::<i32>("safe").unwrap();
    safe.set(a, i32::MAX);
    safe.set(b, 1);
    safe.run().unwrap();
    assert_eq!(safe.get(out), Some(0));

    let too_many = safe.run_rows(2).unwrap_err().to_string();
    assert_eq!(too_many, "E0501: rows at once: expected at most 1, found 2");
    let message = safe.input::<i64>("a").unwrap_err().to_string();
    assert_eq!(message, "E0602: `t.a` is i32, not i64");
    let message = safe.input::<i32>("aa").unwrap_err().to_string();
    assert_eq!(message, "E0201: there is no input `aa`");
    assert!(safe.with_rows(2_000).is_err());
}

const DECIMALS: &str = r#"
table prices { of: decimal[20, 2]?, from: decimal[9, 3]?, price: decimal[30, 4]?, label: str? }
table lines { a: decimal[20, 2]?, b: decimal[6, 4]?, n: i32?, note: str?, cheap: bool? }
param rebate: decimal[6, 4] = 0.05
extend lines {
    sum = a + b
    product = a * b
    net = a * (1 - rebate)
    whole = b // decimal("0.30", 6, 2)
    least = min(a, b)
    negative = -a
    size = abs(b)
    rounded = round(b, 1)
    times = a * n
    quotient = a / b
    chosen = a if cheap else b
    filled = a ?? rebate
    is_known = a is not null
    more = a > b
    few = a in [1, 2.5, -3.25, 99999999999.99]
    read = try_decimal(note, 9, 2)
    text = str(a) + "/" + str(b)
    float = f64(a)
    price = first prices[of=a].price
    label = last prices[of=a].label ?? "none"
    last = prices[of=a, from<=b].price
    of_rebate = prices[of=decimal(rebate, 20, 2), from<=b].label
}
"#;

/// Decimals of so many digits, `places` of them after the point: some equal, null, extreme.
fn decimals(rows: usize, digits: u8, places: i8, numbers: &mut Numbers) -> ArrayRef {
    let most = 10i128.pow(digits.into()) - 1;
    let unit = 10i128.pow(places.unsigned_abs().into());
    let value = |_| match numbers.below(8) {
        0 => None,
        1 => Some(*numbers.pick(&[most, -most, 0, 1, -1])),
        2 | 3 => Some(i128::from(numbers.bits()) % most),
        _ => Some(*numbers.pick(&[unit, 5 * unit / 2, -13 * unit / 4, 5 * unit / 100])),
    };
    let array: Decimal128Array = (0..rows).map(value).collect();
    Arc::new(array.with_precision_and_scale(digits, places).unwrap())
}

#[test]
fn decimals_are_served_as_they_are_run() {
    let mut numbers = Numbers(7);
    let flow = Flow::from_text(DECIMALS).unwrap();
    let labels: StringArray = ["a", "b", "c", "d", "e"].map(Some).into_iter().collect();
    let of: Decimal128Array = [100, 250, 100, 5, 9_999_999_999_999]
        .into_iter()
        .map(Some)
        .collect();
    let from = [None, Some(-1_000), Some(0), Some(-99_999), Some(5)];
    let from: Decimal128Array = from.into_iter().collect();
    let prices = RecordBatch::try_from_iter_with_nullable([
        (
            "of",
            Arc::new(of.with_precision_and_scale(20, 2).unwrap()) as ArrayRef,
            true,
        ),
        (
            "from",
            Arc::new(from.with_precision_and_scale(9, 3).unwrap()),
            true,
        ),
        ("price", decimals(5, 30, 4, &mut numbers), true),
        ("label", Arc::new(labels), true),
    ]);
    let lookups = Inputs::new().batches("prices", vec![prices.unwrap()]);
    let rows = 300;
    let notes = ["1.5", "-0.055", "", "1e3", "123456789", "+12"];
    let note: StringArray = (0..rows).map(|_| Some(*numbers.pick(&notes))).collect();
    let n: Int32Array = (0..rows).map(|_| Some(numbers.bits() as i32)).collect();
    let cheap: BooleanArray = (0..rows)
        .map(|_| *numbers.pick(&[None, Some(true), Some(false)]))
        .collect();
    let lines = RecordBatch::try_from_iter_with_nullable([
        ("a", decimals(rows, 20, 2, &mut numbers), true),
        ("b", decimals(rows, 6, 4, &mut numbers), true),
        ("n", Arc::new(n) as ArrayRef, true),
        ("note", Arc::new(note), true),
        ("cheap", Arc::new(cheap), true),
    ]);
    let batches = [lines.unwrap()];
    let inputs = lookups.clone().batches("lines", batches.to_vec());
    let prepared = flow.outputs().prepare().unwrap();
    let expected = prepared.run(&inputs).unwrap().arrays().unwrap();
    for (backend, at_once) in [
        (Backend::Jit, 1),
        (Backend::Jit, 9),
        (Backend::Interpreter, 8),
    ] {
        let plan = flow.outputs().backend(backend).row_with(&lookups).unwrap();
        let found = serve(&plan, &batches, at_once).unwrap();
        for ((name, ty), found) in plan.outputs().into_iter().zip(found) {
            assert!(found.iter().any(|value| *value != Constant::Null), "{name}");
            assert_eq!(values(&expected[name], ty.scalar), found, "{name}");
        }
    }
}

#[test]
fn a_decimal_without_room_is_the_error_of_a_run() {
    let flow = Flow::from_text("table t { a: decimal[38, 0] }\n more = a + a").unwrap();
    let mut row = flow.select(&["more"]).unwrap().row().unwrap();
    let a = row.input::<i128>("a").unwrap();
    let more = row.output::<i128>("more").unwrap();
    row.set(a, 5 * 10i128.pow(37));
    let raised = row.run().unwrap_err().to_string();
    let half = "5".to_owned() + &"0".repeat(37);
    let twice = "1".to_owned() + &"0".repeat(38);
    assert_eq!(
        raised,
        format!("E0501: t.more: {twice} does not fit decimal[38, 0] (row 0): {half} + {half} in t")
    );
    row.set(a, -21);
    row.run().unwrap();
    assert_eq!(row.get(more), Some(-42));
}

/// The example that learns from some customers and serves others: text, one-hot columns, shares by plan and
/// city, regular expressions.
#[test]
fn the_churn_example_is_served_as_it_is_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/churn");
    let flow = Flow::load(folder.join("churn.flow")).unwrap();
    let state = flow.fit(&Inputs::new()).unwrap();
    let selected = || flow.outputs().with_state(&state).unwrap();
    let plan = selected().row().unwrap();
    assert_eq!(plan.table(), "customers");
    let source = Source::file(folder.join("serve.csv"));
    let wanted: Vec<WantedColumn> = (plan.inputs().into_iter())
        .map(|(name, ty)| WantedColumn {
            source_name: name.rsplit_once('.').unwrap().1.to_owned(),
            name: name.to_owned(),
            ty,
        })
        .collect();
    let batches: Vec<RecordBatch> = icosian::runtime::source::read(&source, &wanted)
        .unwrap()
        .batches
        .iter()
        .map(|batch| {
            let names = wanted.iter().map(|column| column.source_name.clone());
            let columns = names.zip(batch.columns().iter().cloned());
            RecordBatch::try_from_iter_with_nullable(
                columns.map(|(name, column)| (name, column, true)),
            )
            .unwrap()
        })
        .collect();
    let run = selected().prepare().unwrap();
    let expected = run.run(&Inputs::new().source("customers", source)).unwrap();
    let expected = expected.arrays().unwrap();
    for at_once in [1, 13] {
        let found = serve(&plan, &batches, at_once).unwrap();
        assert!(found[0].len() > 100);
        for ((name, ty), found) in plan.outputs().into_iter().zip(found) {
            assert_eq!(values(&expected[name], ty.scalar), found, "{name}");
        }
    }
}
