//! Windows of rows that come one at a time: the values of a run over all rows, bit for bit, whoever keeps
//! the states, and whatever goes wrong in between.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use icosian::{Backend, Constant, Flow, Inputs, RowPlan, WindowState};
use icosian_tests::data::{Numbers, column, columns};
use icosian_tests::served::{Give, Read, columns_of, give, read, values};

/// The columns of the table besides the keys and what orders the rows.
fn value_columns() -> Vec<(&'static str, icosian::Type)> {
    let known = columns().into_iter();
    let known = known.filter(|(name, ty)| !ty.scalar.is_decimal() && *name != "k" && *name != "t");
    known.collect()
}

/// Windows over a column, by its name; those of numbers, and those of anything.
const OF_NUMBERS: [&str; 33] = [
    "X.rolling(N).sum()",
    "X.rolling(N, min=1).sum()",
    "X.rolling(N, min=1).mean()",
    "X.rolling(N).mean()",
    "X.rolling(N, min=1).min()",
    "X.rolling(7, min=2).max()",
    "X.rolling(N, min=1).std()",
    "X.rolling(N, min=1).var(ddof=0)",
    "X.rolling(N, min=0).count()",
    "X.rolling(N, min=1).median()",
    "X.rolling(N, min=1).quantile(0.3)",
    "X.rolling(N, min=1).skew()",
    "X.rolling(N, min=1).n_unique()",
    "X.rolling(N, min=1).corr(f)",
    "X.rolling(N, min=1).cov(g)",
    "X.rolling(N, min=1).weighted_mean(g)",
    "X.cumulative_min()",
    "X.cumulative_max()",
    "X.expanding().mean()",
    "X.expanding(min=3).sum()",
    "X.expanding(min=2).std()",
    "X.expanding().min()",
    "X.expanding().max()",
    "X.expanding(min=0).count()",
    "X.ewm_mean(span=5)",
    "X.ewm_std(alpha=0.3)",
    "X.ewm_var(half_life=2)",
    "X.rolling(9s).mean()",
    "X.rolling(9s, closed=\"left\", min=0).sum()",
    "X.rolling(20s, closed=\"both\").max()",
    "X.rolling(15s, closed=\"neither\").std()",
    "X.rolling(7s).median()",
    "f64(X).cumulative_sum()",
];

const OF_ANY: [&str; 8] = [
    "X.shift(1)",
    "X.shift(N)",
    "X.shift(0)",
    "X.forward_fill()",
    "X.forward_fill(limit=2)",
    "X.cumulative_count()",
    "X.rolling(N, min=1).first()",
    "X.rolling(N, min=1).last()",
];

/// What windows look at and may raise: then it is kept by none.
const RAISING: [&str; 3] = ["(j64 + i64)", "(i16 * i16)", "i8(u16)"];

/// A flow of windows over random columns, some over others.
fn flow(numbers: &mut Numbers, over: &str) -> (String, usize) {
    let mut text =
        "table t {\n    k: str\n    o: timestamp[s]\n    r: timestamp[s]\n    p: i64?\n".to_owned();
    for (name, ty) in value_columns() {
        text += &format!("    {name}: {ty}\n");
    }
    let outputs = 1 + numbers.below(8);
    let mut floats: Vec<String> = Vec::new();
    for output in 0..outputs {
        let rows = *numbers.pick(&["1", "2", "7", "1000"]);
        let known = value_columns();
        let (name, ty) = numbers.pick(&known);
        let is_number = ty.scalar.is_float() || ty.scalar.integer_range().is_some();
        let window = match is_number && numbers.below(3) != 0 {
            true => *numbers.pick(&OF_NUMBERS),
            false => *numbers.pick(&OF_ANY),
        };
        // A window over an expression over a window.
        let nested = floats.len() > 1 && numbers.below(3) == 0;
        let (of, window) = match nested {
            true => (numbers.pick(&floats).clone(), *numbers.pick(&OF_NUMBERS)),
            false if numbers.below(12) == 0 => {
                let known = [*numbers.pick(&OF_NUMBERS), *numbers.pick(&OF_ANY)];
                ((*numbers.pick(&RAISING)).to_owned(), *numbers.pick(&known))
            }
            false => ((*name).to_owned(), window),
        };
        // Spans of time are measured along what orders first.
        let is_span = window.contains("s)") || window.contains("s,");
        let window = match is_span && over.contains("by p") {
            true => "X.rolling(N).sum()",
            false => window,
        };
        let window = window.replace('X', &of).replace('N', rows);
        text += &format!("    a{output} = {window} over {over}\n");
        let gives_float = ["mean", "std", "median"]
            .iter()
            .any(|name| window.contains(name));
        if gives_float {
            text += &format!("    b{output} = a{output} * 0.5 - f\n");
            floats.push(format!("b{output}"));
        }
    }
    text += "}\n";
    (text, outputs)
}

/// Rows of several keys, in order; the first order column ascends, the second has ties.
fn batch(numbers: &mut Numbers, rows: usize) -> RecordBatch {
    let keys = ["ann", "bob", "", "dé"];
    let mut at = 0;
    let mut times = Vec::with_capacity(rows);
    for _ in 0..rows {
        at += 1 + numbers.below(6) as i64;
        times.push(at);
    }
    let key: StringArray = (0..rows).map(|_| Some(*numbers.pick(&keys))).collect();
    let places: Int64Array = times
        .iter()
        .map(|at| (*at < 200).then_some(at / 30))
        .collect();
    // The same order, backwards.
    let backwards: Vec<i64> = times.iter().map(|at| 10_000 - at).collect();
    let backwards = arrow::array::TimestampSecondArray::from(backwards);
    let seconds = arrow::array::TimestampSecondArray::from(times);
    let mut arrays: Vec<(String, ArrayRef, bool)> = vec![
        ("k".into(), Arc::new(key), false),
        ("o".into(), Arc::new(seconds), false),
        ("r".into(), Arc::new(backwards), false),
        ("p".into(), Arc::new(places), true),
    ];
    for (name, ty) in value_columns() {
        arrays.push((name.into(), column(rows, numbers, ty), ty.nullable));
    }
    RecordBatch::try_from_iter_with_nullable(arrays).unwrap()
}

/// What serves rows of a batch.
struct Service {
    plan: RowPlan,
    inputs: Vec<(Give, Vec<Constant>)>,
    outputs: Vec<Read>,
    keys: Vec<Constant>,
    by_key: bool,
    states: HashMap<String, WindowState>,
}

impl Service {
    fn new(plan: RowPlan, batch: &RecordBatch, at_once: usize) -> Service {
        let plan = plan.with_rows(at_once).unwrap();
        let arrays = columns_of(std::slice::from_ref(batch));
        let input = |(name, ty): (&str, icosian::Type)| {
            let short = name.rsplit_once('.').unwrap().1;
            (give(&plan, name, ty), values(&arrays[short], ty.scalar))
        };
        Service {
            inputs: plan.inputs().into_iter().map(input).collect(),
            outputs: (plan.outputs().into_iter())
                .map(|(name, ty)| read(&plan, name, ty))
                .collect(),
            keys: values(&arrays["k"], icosian::ScalarType::Str),
            by_key: plan.window_keys() != [Vec::<&str>::new()],
            states: HashMap::new(),
            plan,
        }
    }

    fn set(&mut self, row: usize, at: usize) {
        for (give, values) in &self.inputs {
            give(&mut self.plan, at, &values[row]);
        }
    }

    fn state(&mut self, row: usize) -> &mut WindowState {
        let key = match self.by_key {
            true => self.keys[row].to_string(),
            false => String::new(),
        };
        self.states.entry(key).or_default()
    }

    /// The outputs of some rows, or the error.
    fn serve(&mut self, rows: std::ops::Range<usize>) -> Result<Vec<Vec<Constant>>, String> {
        for (at, row) in rows.clone().enumerate() {
            self.set(row, at);
        }
        let mut state = std::mem::take(self.state(rows.start));
        let run = self.plan.run_rows_with(rows.len(), &mut [&mut state]);
        *self.state(rows.start) = state;
        run.map_err(|error| error.to_string())?;
        let read = |at: usize| {
            self.outputs
                .iter()
                .map(|read| read(&self.plan, at))
                .collect()
        };
        Ok((0..rows.len()).map(read).collect())
    }

    /// Puts the state of a row's key through bytes.
    fn restart(&mut self, row: usize) {
        let bytes = self.state(row).to_bytes();
        let plan = self.plan.clone();
        *self.state(row) = plan.window_state(&bytes).unwrap();
    }
}

fn check(seed: u64) -> bool {
    let mut numbers = Numbers(seed);
    let over = *numbers.pick(&[
        "(k order by o)",
        "(k order by o)",
        "(order by o)",
        "(k order by o, p)",
        "(k order by p, o)",
        "(k order by r desc)",
        "(k.upper(), k order by o + 1h)",
    ]);
    let (text, outputs) = flow(&mut numbers, over);
    let rows = 1 + numbers.below(90);
    let batch = batch(&mut numbers, rows);
    let flow =
        Flow::from_text(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    let names: Vec<String> = (0..outputs).map(|output| format!("t.a{output}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let selected = || flow.select(&names).unwrap();
    let plan = |backend: Backend| selected().backend(backend).row().unwrap();
    let expected = selected().prepare().unwrap();
    let expected = expected.run(&Inputs::new().batches("t", vec![batch.clone()]));
    let expected = expected.and_then(|output| output.arrays()).map(|arrays| {
        let column = |name: &&str| {
            let array = &arrays[*name];
            let ty = expected_type(&plan(Backend::Jit), name);
            values(array, ty.scalar)
        };
        names.iter().map(column).collect::<Vec<_>>()
    });
    let at_once = match over.starts_with("(k") {
        true => 1,
        false => *numbers.pick(&[1, 3, 8]),
    };
    let mut fast = Service::new(plan(Backend::Jit), &batch, at_once);
    let mut slow = Service::new(plan(Backend::Interpreter), &batch, at_once);
    let mut whole = expected.is_ok();
    for first in (0..rows).step_by(at_once) {
        let range = first..rows.min(first + at_once);
        if numbers.below(8) == 0 {
            fast.restart(first);
            slow.restart(first);
        }
        // A row out of place changes nothing.
        if first > 0 && numbers.below(4) == 0 {
            let wrong = numbers.below(first);
            let before = fast.state(first).rows();
            fast.set(wrong, 0);
            slow.set(wrong, 0);
            let mut refused = Vec::new();
            for service in [&mut fast, &mut slow] {
                let mut state = std::mem::take(service.state(first));
                let run = service.plan.run_rows_with(1, &mut [&mut state]);
                refused.push(run.map_err(|error| error.to_string()).err());
                *service.state(first) = state;
            }
            assert_eq!(refused[0], refused[1], "seed {seed} row {first}\n{text}");
            let (now, interpreted) = (fast.state(first).rows(), slow.state(first).rows());
            assert_eq!(now, interpreted, "seed {seed} row {first}");
            match &refused[0] {
                Some(_) => assert_eq!(now, before, "seed {seed} row {first}"),
                // A state of no row takes any.
                None if before == 0 => {
                    *fast.state(first) = WindowState::new();
                    *slow.state(first) = WindowState::new();
                }
                // It was the last one again, which is a tie.
                None => return expected.is_ok(),
            }
        }
        let found = fast.serve(range.clone());
        let interpreted = slow.serve(range.clone());
        assert_eq!(found, interpreted, "seed {seed} rows {range:?}\n{text}");
        match (&expected, found) {
            (Ok(expected), Ok(found)) if whole => {
                for (row, found) in range.clone().zip(found) {
                    for (column, found) in expected.iter().zip(found) {
                        assert_eq!(column[row], found, "seed {seed} row {row}\n{text}");
                    }
                }
            }
            // What a window looks at may raise at once, though no row of the batch shows it; the rows
            // after one that was refused go on without it.
            (Ok(_), Err(_)) if RAISING.iter().any(|raises| text.contains(raises)) => whole = false,
            (Ok(_), Err(error)) => panic!("seed {seed} {range:?}: {error}\n{text}"),
            (Ok(_), Ok(_)) | (Err(_), _) => {}
        }
    }
    whole
}

fn expected_type(plan: &RowPlan, name: &str) -> icosian::Type {
    let outputs = plan.outputs();
    let found = outputs.iter().find(|(known, _)| *known == name);
    found.unwrap().1
}

#[test]
fn rows_give_what_a_run_over_all_of_them_gives() {
    let random = std::env::var("ICOSIAN_SEEDS")
        .ok()
        .and_then(|count| count.parse::<u64>().ok());
    let (first, count) = match random {
        Some(count) => (u64::from(std::process::id()) << 32, count),
        None => (0, 120),
    };
    let compared = (first..first + count).filter(|seed| check(*seed)).count();
    assert!(
        compared as u64 > count / 2,
        "{compared} of {count} without errors"
    );
}
