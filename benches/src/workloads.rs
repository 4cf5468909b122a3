//! Flows whose time is kernels, routines and output buffers, each with its data.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;

use crate::{MARKETING, uniform, weekly};

/// A flow over one table, and that table.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// The flow.
    pub flow: &'static str,
    /// The table it reads.
    pub table: &'static str,
    /// The rows that its figures are told for.
    pub rows: usize,
    /// Makes so many rows of the table.
    pub data: fn(usize) -> RecordBatch,
    /// Bytes of a row that must be read, and that must be written.
    pub moved: (usize, usize),
}

/// Every workload.
pub const WORKLOADS: [Workload; 12] = [
    Workload {
        name: "black-scholes",
        flow: BLACK_SCHOLES,
        table: "options",
        rows: 10_000_000,
        data: options,
        moved: (24, 16),
    },
    Workload {
        name: "haversine",
        flow: HAVERSINE,
        table: "places",
        rows: 10_000_000,
        data: places,
        moved: (32, 8),
    },
    Workload {
        name: "thirty",
        flow: THIRTY,
        table: "sensors",
        rows: 5_000_000,
        data: sensors,
        moved: (48, 240),
    },
    Workload {
        name: "marketing",
        flow: MARKETING,
        table: "weekly",
        rows: 5_000_000,
        data: weekly,
        moved: (24, 32),
    },
    Workload {
        name: "crime-index",
        flow: CRIME_INDEX,
        table: "cities",
        rows: 10_000_000,
        data: cities,
        moved: (24, 0),
    },
    Workload {
        name: "q6",
        flow: Q6,
        table: "lineitem",
        rows: 10_000_000,
        data: lineitem,
        moved: (28, 0),
    },
    Workload {
        name: "calendar",
        flow: CALENDAR,
        table: "stamps",
        rows: 5_000_000,
        data: stamps,
        moved: (8, 16),
    },
    Workload {
        name: "q1",
        flow: Q1,
        table: "lines",
        rows: 10_000_000,
        data: lines,
        moved: (44, 0),
    },
    Workload {
        name: "few-keys",
        flow: GROUP_SUM,
        table: "keyed",
        rows: 5_000_000,
        data: keyed,
        moved: (16, 0),
    },
    Workload {
        name: "few-shares",
        flow: SHARE,
        table: "keyed",
        rows: 5_000_000,
        data: keyed,
        moved: (24, 8),
    },
    Workload {
        name: "rolling-7",
        flow: ROLLING_7,
        table: "series",
        rows: 5_000_000,
        data: series,
        moved: (8, 8),
    },
    Workload {
        name: "rolling-1000",
        flow: ROLLING_1000,
        table: "series",
        rows: 5_000_000,
        data: series,
        moved: (8, 8),
    },
];

const BLACK_SCHOLES: &str = "
param rate: f64 = 0.02
param volatility: f64 = 0.3
table options { spot: f64, strike: f64, years: f64 }
fn normal_cdf(x) = 0.5 + 0.5 * erf(x * 0.7071067811865476)
_spread = volatility * sqrt(options.years)
_d1 = (ln(options.spot / options.strike) + (rate + volatility * volatility * 0.5) * options.years) / _spread
_d2 = _d1 - _spread
_owed = options.strike * exp(-rate * options.years)
call = options.spot * normal_cdf(_d1) - _owed * normal_cdf(_d2)
put = _owed * normal_cdf(-_d2) - options.spot * normal_cdf(-_d1)
output prices = [call, put]
";

const HAVERSINE: &str = "
table places { latitude_1: f64, longitude_1: f64, latitude_2: f64, longitude_2: f64 }
extend places {
    _half_latitude = sin(radians(latitude_2 - latitude_1) * 0.5)
    _half_longitude = sin(radians(longitude_2 - longitude_1) * 0.5)
    _across = cos(radians(latitude_1)) * cos(radians(latitude_2)) * _half_longitude ** 2
    _chord = _half_latitude ** 2 + _across
    distance = 12742 * asin(sqrt(_chord))
}
output distances = [places.distance]
";

const THIRTY: &str = r#"
table sensors { a: f64?, b: f64?, c: f64?, d: f64?, e: f64?, f: f64? }
fn grown(x, y) = x * y + x
fn contrast(x, y) = (x - y) / (x + y)
extend sensors {
    for y in ["b", "c", "d", "e", "f"] { grown_a{y} = grown(a, {y})
        contrast_a{y} = contrast(a, {y}) }
    for y in ["c", "d", "e", "f"] { grown_b{y} = grown(b, {y})
        contrast_b{y} = contrast(b, {y}) }
    for y in ["d", "e", "f"] { grown_c{y} = grown(c, {y})
        contrast_c{y} = contrast(c, {y}) }
    for y in ["e", "f"] { grown_d{y} = grown(d, {y})
        contrast_d{y} = contrast(d, {y}) }
    for y in ["f"] { grown_e{y} = grown(e, {y})
        contrast_e{y} = contrast(e, {y}) }
}
output features = [grown_*, contrast_*]
"#;

const CRIME_INDEX: &str = "
table cities { population: f64, adults: f64, robberies: f64 }
table big = cities where population > 500000
_index = (big.population + 2 * big.adults - 2000 * big.robberies) / 100000
_set = 0.032 if _index > 0.02 else 0.005 if _index < 0.01 else _index
crime_index = sum(_set)
output totals = [crime_index]
";

const Q6: &str = r#"
table lineitem { shipdate: date, discount: f64, quantity: f64, price: f64 }
table cheap = lineitem
    where date("1994-01-01") <= shipdate < date("1995-01-01")
    and 0.05 <= discount <= 0.07 and quantity < 24
revenue = sum(cheap.price * cheap.discount)
output totals = [revenue]
"#;

const CALENDAR: &str = "
table stamps { at: timestamp[us] }
extend stamps { years = at.year(), months = at.month(), weekdays = at.weekday(), hours = at.hour() }
output parts = [stamps.years, stamps.months, stamps.weekdays, stamps.hours]
";

const Q1: &str = r#"
table lines {
    flag: str, status: str, shipdate: date
    quantity: f64, price: f64, discount: f64, tax: f64
    discounted = price * (1 - discount)
    charge = discounted * (1 + tax)
}
table summary = lines where shipdate <= date("1998-09-02")
    group by flag, status {
        sum_quantity = sum(quantity)
        sum_price = sum(price)
        sum_discounted = sum(discounted)
        sum_charge = sum(charge)
        mean_quantity = mean(quantity)
        mean_price = mean(price)
        mean_discount = mean(discount)
        count = len()
    }
output report = [summary.*]
"#;

const GROUP_SUM: &str = "
table keyed { key: i64, value: f64 }
table sums = keyed group by key { total = sum(value) }
output totals = [sums.*]
";

const SHARE: &str = "
table keyed { key: i64, value: f64 }
share = keyed.value / sum(keyed.value) over keyed.key
output shares = [share]
";

const ROLLING_7: &str = "
table series { x: f64 }
rolled = series.x.rolling(7).mean()
output windows = [rolled]
";

const ROLLING_1000: &str = "
table series { x: f64 }
rolled = series.x.rolling(1000).mean()
output windows = [rolled]
";

fn floats(values: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

/// Whole numbers in `low..high` as floats.
fn whole(rows: usize, seed: u64, low: f64, high: f64) -> impl Iterator<Item = f64> {
    uniform(rows, seed, low, high).into_iter().map(f64::floor)
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn options(rows: usize) -> RecordBatch {
    batch([
        ("spot", floats(uniform(rows, 1, 10.0, 50.0))),
        ("strike", floats(uniform(rows, 2, 10.0, 50.0))),
        ("years", floats(uniform(rows, 3, 1.0, 2.0))),
    ])
}

fn places(rows: usize) -> RecordBatch {
    batch([
        ("latitude_1", floats(uniform(rows, 1, -80.0, 80.0))),
        ("longitude_1", floats(uniform(rows, 2, -180.0, 180.0))),
        ("latitude_2", floats(uniform(rows, 3, -80.0, 80.0))),
        ("longitude_2", floats(uniform(rows, 4, -180.0, 180.0))),
    ])
}

/// One value in ten is null.
fn sensors(rows: usize) -> RecordBatch {
    let sensor = |seed: u64| -> ArrayRef {
        let valid: Vec<bool> = (uniform(rows, seed + 10, 0.0, 1.0).iter())
            .map(|draw| *draw >= 0.1)
            .collect();
        let values = uniform(rows, seed, 1.0, 2.0);
        Arc::new(Float64Array::new(
            values.into(),
            Some(NullBuffer::from(valid)),
        ))
    };
    batch([
        ("a", sensor(1)),
        ("b", sensor(2)),
        ("c", sensor(3)),
        ("d", sensor(4)),
        ("e", sensor(5)),
        ("f", sensor(6)),
    ])
}

fn cities(rows: usize) -> RecordBatch {
    let population = uniform(rows, 1, 0.0, 1e6);
    let adults = (population.iter())
        .zip(uniform(rows, 2, 0.5, 1.0))
        .map(|(population, part)| population * part);
    batch([
        ("adults", floats(adults.collect())),
        ("population", floats(population)),
        ("robberies", floats(uniform(rows, 3, 0.0, 1000.0))),
    ])
}

fn lineitem(rows: usize) -> RecordBatch {
    // 1992-01-02 to 1998-12-01.
    let days = whole(rows, 1, 8_036.0, 10_562.0).map(|day| day as i32);
    batch([
        ("shipdate", Arc::new(Date32Array::from_iter_values(days))),
        (
            "discount",
            floats(
                whole(rows, 2, 0.0, 11.0)
                    .map(|cents| cents / 100.0)
                    .collect(),
            ),
        ),
        ("quantity", floats(whole(rows, 3, 1.0, 51.0).collect())),
        (
            "price",
            floats(
                whole(rows, 4, 9e4, 1.05e7)
                    .map(|cents| cents / 100.0)
                    .collect(),
            ),
        ),
    ])
}

/// The flags are dictionaries.
fn lines(rows: usize) -> RecordBatch {
    let flags = |seed: u64, names: &[&str]| -> ArrayRef {
        let codes = whole(rows, seed, 0.0, names.len() as f64).map(|code| code as i32);
        let values = Arc::new(StringArray::from(names.to_vec()));
        let codes = Int32Array::from_iter_values(codes);
        Arc::new(DictionaryArray::new(codes, values))
    };
    let cents = |seed: u64, low: f64, high: f64| {
        floats(
            whole(rows, seed, low, high)
                .map(|cents| cents / 100.0)
                .collect(),
        )
    };
    let days = whole(rows, 1, 8_036.0, 10_562.0).map(|day| day as i32);
    batch([
        ("flag", flags(5, &["A", "N", "R"])),
        ("status", flags(6, &["F", "O"])),
        ("shipdate", Arc::new(Date32Array::from_iter_values(days))),
        ("quantity", floats(whole(rows, 3, 1.0, 51.0).collect())),
        ("price", cents(4, 9e4, 1.05e7)),
        ("discount", cents(2, 0.0, 11.0)),
        ("tax", cents(7, 0.0, 9.0)),
    ])
}

/// A hundred keys.
fn keyed(rows: usize) -> RecordBatch {
    let keys = whole(rows, 1, 0.0, 100.0).map(|key| key as i64);
    batch([
        ("key", Arc::new(Int64Array::from_iter_values(keys))),
        ("value", floats(uniform(rows, 2, 0.0, 1.0))),
    ])
}

/// Moments from 1970 to 2038.
fn stamps(rows: usize) -> RecordBatch {
    let at = whole(rows, 1, 0.0, 2e15).map(|micros| micros as i64);
    batch([(
        "at",
        Arc::new(TimestampMicrosecondArray::from_iter_values(at)),
    )])
}

fn series(rows: usize) -> RecordBatch {
    batch([("x", floats(uniform(rows, 1, 0.0, 1.0)))])
}
