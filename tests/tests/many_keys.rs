//! Groups of many keys that lie close together, against plain maps: such groups are numbered by the
//! places of their keys, as long as no key comes from elsewhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use icosian::{Constant, Executor, Flow, Inputs, ParallelExecutor, SerialExecutor};
use icosian_ir::id::PassId;
use icosian_ir::meaning::sums::ExactSum;
use icosian_runtime::error::RunError;
use icosian_runtime::execute::{Params, PassOutput, Run, State};
use icosian_tests::partitions::Partitions;

const ROWS: usize = 270_000;

const FLOW: &str = "
table t { key: i64?, other: i32, value: f64?, text: str? }
table probes { k: i64? }
table sums = t group by key {
    total = sum(value), n = len(), seen = count(value), middle = mean(value), least = min(value)
    greatest = max(other), whole = sum(other), any_odd = any(other % 2 == 1)
}
table both = t group by key, other { rows = len() }
table once = t distinct key
table once_both = t distinct key, other
share = sum(t.value) over t.key
middle_here = mean(t.value) over t.key
seen_here = count(t.value) over t.key
found = sums[key=probes.k]
extend probes { total = found.total, n = found.n }
keys = n_unique(t.key)
values = n_unique(t.value)
texts = n_unique(t.text)
output all = [once.key, once_both.key, once_both.other, keys, values, texts, sums.*, both.*, share, middle_here, seen_here, probes.total, probes.n]
";

/// Each range of rows is run in two parts, whose states travel as record batches.
struct Exchanged;

impl Executor for Exchanged {
    fn pass(
        &self,
        run: &Run<'_>,
        pass: PassId,
        params: &Params,
        rows: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        let output = run.run_pass(pass, params, rows.clone())?;
        let (first, rest) = (rows.start..rows.end / 2, rows.end / 2..rows.end);
        let mut merged = State::new(run.prepared(), pass)?;
        for part in [rest, first] {
            let state = run.run_pass(pass, params, part)?.state;
            let batches = state.to_batches(run.prepared())?;
            merged.merge(State::from_batches(run.prepared(), pass, &batches)?)?;
        }
        Ok(PassOutput {
            output: output.output,
            state: merged,
        })
    }
}

/// The rows of the table.
struct Data {
    keys: Vec<Option<i64>>,
    others: Vec<i32>,
    values: Vec<Option<f64>>,
}

fn data(key: impl Fn(i64) -> Option<i64>) -> Data {
    let value = |row: i64| {
        let mixed = (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        match mixed % 5000 {
            0 => Some(f64::NAN),
            1 => Some(f64::INFINITY),
            2 => Some(-0.0),
            3..300 => None,
            300..600 => Some(1e300 * (mixed % 7) as f64 - 3e300),
            600..900 => Some(5e-324),
            _ => Some((mixed % 1_000_003) as f64 / 7.0 - 7e4),
        }
    };
    let rows = 0..ROWS as i64;
    Data {
        keys: rows.clone().map(key).collect(),
        others: rows.clone().map(|row| (row % 3) as i32 - 1).collect(),
        values: rows.map(value).collect(),
    }
}

/// A text of a key: short, or longer than two words hold.
fn text(key: i64) -> String {
    match key % 2 {
        0 => format!("client {key}"),
        _ => format!("a client who has the number {key}"),
    }
}

fn bits(value: f64) -> u64 {
    if value.is_nan() {
        u64::MAX
    } else {
        value.to_bits()
    }
}

/// The least by the order in which NaN is the greatest and −0 below +0.
fn least(one: f64, other: f64) -> f64 {
    match (one.is_nan(), other.is_nan()) {
        (true, _) => other,
        (_, true) => one,
        _ if one.total_cmp(&other).is_lt() => one,
        _ => other,
    }
}

#[derive(Default)]
struct Group {
    total: ExactSum,
    rows: i64,
    seen: u64,
    least: Option<f64>,
    greatest: i32,
    whole: i64,
    any_odd: bool,
}

fn check(data: &Data) {
    let mut position: HashMap<Option<i64>, usize> = HashMap::new();
    let mut groups: Vec<(Option<i64>, Group)> = Vec::new();
    let mut pairs: HashMap<(Option<i64>, i32), usize> = HashMap::new();
    let mut pair_order = Vec::new();
    for row in 0..ROWS {
        let (key, other) = (data.keys[row], data.others[row]);
        let place = *position.entry(key).or_insert(groups.len());
        if place == groups.len() {
            groups.push((
                key,
                Group {
                    greatest: i32::MIN,
                    ..Group::default()
                },
            ));
        }
        let group = &mut groups[place].1;
        group.rows += 1;
        group.greatest = group.greatest.max(other);
        group.whole += i64::from(other);
        group.any_odd |= other.rem_euclid(2) == 1;
        if let Some(value) = data.values[row] {
            group.total.add(value);
            group.seen += 1;
            group.least = Some(group.least.map_or(value, |known| least(known, value)));
        }
        *pairs.entry((key, other)).or_insert_with(|| {
            pair_order.push((key, other));
            0
        }) += 1;
    }
    let probes: Vec<Option<i64>> = (-25_000..60_000)
        .step_by(7)
        .map(Some)
        .chain([None, Some(i64::MAX), Some(i64::MIN)])
        .collect();
    let batch = |rows: Range<usize>| {
        let texts = data.keys[rows.clone()].iter().map(|key| key.map(text));
        let columns: [(&str, ArrayRef); 4] = [
            ("text", Arc::new(texts.collect::<StringArray>())),
            (
                "key",
                Arc::new(Int64Array::from(data.keys[rows.clone()].to_vec())),
            ),
            (
                "other",
                Arc::new(Int32Array::from(data.others[rows.clone()].to_vec())),
            ),
            (
                "value",
                Arc::new(Float64Array::from(data.values[rows].to_vec())),
            ),
        ];
        RecordBatch::try_from_iter_with_nullable(
            columns.map(|(name, array)| (name, array, name != "other")),
        )
        .expect("columns")
    };
    let keys: ArrayRef = Arc::new(Int64Array::from(probes.clone()));
    let inputs = Inputs::new()
        .batches(
            "t",
            vec![batch(0..1000), batch(1000..170_001), batch(170_001..ROWS)],
        )
        .batches(
            "probes",
            vec![RecordBatch::try_from_iter_with_nullable([("k", keys, true)]).expect("keys")],
        );
    let flow = Flow::from_text(FLOW).expect("the flow checks");
    let prepared = flow.outputs().prepare().expect("it is planned");
    let parallel = ParallelExecutor::new(3).expect("threads");
    let executors: [&dyn Fn() -> Result<icosian::RunOutput, icosian::Error>; 4] = [
        &|| prepared.run_with(&inputs, &SerialExecutor),
        &|| prepared.run_with(&inputs, &parallel),
        &|| prepared.run_with(&inputs, &Partitions),
        &|| prepared.run_with(&inputs, &Exchanged),
    ];
    for (executor, run) in executors.iter().enumerate() {
        let output = run().expect("it runs");
        let sums = output.table("sums").expect("groups");
        assert_eq!(sums.num_rows(), groups.len(), "executor {executor}");
        let column = |name: &str| sums.column_by_name(name).expect("a column").clone();
        let (key, total, n) = (column("key"), column("total"), column("n"));
        let (seen, middle, low) = (column("seen"), column("middle"), column("least"));
        let (greatest, whole, odd) = (column("greatest"), column("whole"), column("any_odd"));
        for (row, (known, group)) in groups.iter().enumerate() {
            let found = key.as_primitive::<Int64Type>();
            assert_eq!(found.is_valid(row).then(|| found.value(row)), *known);
            let float = |array: &ArrayRef| {
                let array = array.as_primitive::<Float64Type>();
                array.is_valid(row).then(|| bits(array.value(row)))
            };
            let integer = |array: &ArrayRef| array.as_primitive::<Int64Type>().value(row);
            assert_eq!(float(&total), Some(bits(group.total.value())), "{known:?}");
            assert_eq!(float(&middle), group.total.mean(group.seen).map(bits));
            assert_eq!(float(&low), group.least.map(bits));
            assert_eq!(
                (integer(&n), integer(&seen)),
                (group.rows, group.seen as i64)
            );
            assert_eq!(integer(&whole), group.whole);
            assert_eq!(
                greatest.as_primitive::<Int32Type>().value(row),
                group.greatest
            );
            assert_eq!(odd.as_boolean().value(row), group.any_odd);
        }
        let both = output.table("both").expect("pairs");
        assert_eq!(both.num_rows(), pair_order.len());
        let (first, second) = (both.column(0), both.column(1));
        let (first, second) = (
            first.as_primitive::<Int64Type>(),
            second.as_primitive::<Int32Type>(),
        );
        let counts = both.column(2).as_primitive::<Int64Type>();
        for (row, pair) in pair_order.iter().enumerate() {
            let found = (
                first.is_valid(row).then(|| first.value(row)),
                second.value(row),
            );
            assert_eq!(found, *pair);
            assert_eq!(counts.value(row) as usize, pairs[pair]);
        }
        let rows_of = |name: &str| output.table(name).expect("rows");
        let (once, pairs_once) = (rows_of("once"), rows_of("once_both"));
        assert_eq!(once.column(0).to_data(), sums.column(0).to_data());
        assert_eq!(pairs_once.columns()[..2], both.columns()[..2]);
        let keys = position.keys().flatten().count() as i64;
        let of_all = |name: &str| output.scalar(name).expect("a scalar").clone();
        assert_eq!(of_all("keys"), Constant::Integer(keys.into()));
        assert_eq!(of_all("texts"), Constant::Integer(keys.into()));
        // −0 and +0 are one value, as all NaN are.
        let values: HashSet<u64> = (data.values.iter().flatten())
            .map(|value| bits(value + 0.0))
            .collect();
        assert_eq!(of_all("values"), Constant::Integer(values.len() as i128));
        let here = output.table("t").expect("rows");
        let (share, middle) = (here.column(0).clone(), here.column(1).clone());
        let (share, middle) = (
            share.as_primitive::<Float64Type>(),
            middle.as_primitive::<Float64Type>(),
        );
        let seen = here.column(2).as_primitive::<Int64Type>();
        for row in 0..ROWS {
            let group = &groups[position[&data.keys[row]]].1;
            assert_eq!(bits(share.value(row)), bits(group.total.value()));
            let mean = middle.is_valid(row).then(|| bits(middle.value(row)));
            assert_eq!(mean, group.total.mean(group.seen).map(bits));
            assert_eq!(seen.value(row), group.seen as i64);
        }
        let found = output.table("probes").expect("probes");
        let (total, n) = (found.column(0), found.column(1));
        for (row, key) in probes.iter().enumerate() {
            // Null matches nothing.
            let place = key.and_then(|key| position.get(&Some(key)));
            let expected = place.map(|place| bits(groups[*place].1.total.value()));
            let array = total.as_primitive::<Float64Type>();
            assert_eq!(
                array.is_valid(row).then(|| bits(array.value(row))),
                expected
            );
            assert_eq!(n.is_valid(row), place.is_some());
        }
    }
}

#[test]
fn keys_close_together_and_null() {
    check(&data(|row| {
        (row % 97 != 5).then_some(row * 7919 % 40_009 - 20_000)
    }));
}

#[test]
fn keys_in_order() {
    check(&data(|row| Some(row / 6)));
}

#[test]
fn a_key_from_elsewhere_comes_late() {
    check(&data(|row| match row {
        240_001 | 240_002 => Some(i64::MAX),
        260_003 => None,
        _ => Some(row * 7919 % 40_009),
    }));
}

#[test]
fn few_keys_some_of_which_come_late() {
    check(&data(|row| (row % 7 != 0).then_some(row * 7919 % 100 - 50)));
    check(&data(|row| match row {
        200_000.. if row % 1000 == 0 => Some(row / 1000 - 220),
        230_000.. if row % 997 == 0 => Some(i64::MIN),
        _ => Some(row * 7919 % 12 + 3),
    }));
}
