//! Flows whose time is finding keys: groups, distinct values and `over` where keys are many.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

use crate::uniform;
use crate::workloads::Workload;

/// Every workload of many keys.
pub const KEY_WORKLOADS: [Workload; 9] = [
    of("group-many", GROUP_MANY, (16, 3)),
    of("share-many", SHARE_MANY, (32, 8)),
    of("group-far", GROUP_FAR, (16, 3)),
    of("group-text", GROUP_TEXT, (16, 0)),
    of("unique-i64", UNIQUE_INTEGERS, (8, 0)),
    of("unique-f64", UNIQUE_FLOATS, (8, 0)),
    of("unique-str", UNIQUE_TEXTS, (16, 0)),
    of("unique-by", UNIQUE_BY, (16, 0)),
    of("distinct", DISTINCT, (8, 2)),
];

const fn of(name: &'static str, flow: &'static str, moved: (usize, usize)) -> Workload {
    Workload {
        name,
        flow,
        table: "keys",
        rows: 5_000_000,
        data: keys,
        moved,
    }
}

const GROUP_MANY: &str = "
table keys { near: i64, value: f64 }
table sums = keys group by near { total = sum(value) }
output totals = [sums.*]
";

const SHARE_MANY: &str = "
table keys { near: i64, value: f64 }
share = keys.value / sum(keys.value) over keys.near
output shares = [share]
";

const GROUP_FAR: &str = "
table keys { far: i64, value: f64 }
table sums = keys group by far { total = sum(value) }
output totals = [sums.*]
";

const GROUP_TEXT: &str = "
table keys { text: str, value: f64 }
table sums = keys group by text { total = sum(value) }
output totals = [sums.*]
";

const UNIQUE_INTEGERS: &str = "
table keys { far: i64 }
n = n_unique(keys.far)
output counts = [n]
";

const UNIQUE_FLOATS: &str = "
table keys { value: f64 }
n = n_unique(keys.value)
output counts = [n]
";

const UNIQUE_TEXTS: &str = "
table keys { text: str }
n = n_unique(keys.text)
output counts = [n]
";

const UNIQUE_BY: &str = "
table keys { text: str, few: i64 }
table counts = keys group by few { n = n_unique(text) }
output counted = [counts.*]
";

const DISTINCT: &str = "
table keys { near: i64 }
table once = keys distinct near
output kept = [once.*]
";

/// A million keys close together, as many far apart, a hundred thousand texts.
fn keys(rows: usize) -> RecordBatch {
    let near: Vec<i64> = (uniform(rows, 11, 0.0, 1e6).into_iter())
        .map(|key| key as i64)
        .collect();
    let far = near
        .iter()
        .map(|key| key.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64));
    let texts = near.iter().map(|key| format!("client {}", key % 100_000));
    let few = uniform(rows, 12, 0.0, 100.0)
        .into_iter()
        .map(|key| key as i64);
    let columns: [(&str, ArrayRef); 5] = [
        ("far", Arc::new(Int64Array::from_iter_values(far))),
        ("text", Arc::new(StringArray::from_iter_values(texts))),
        ("few", Arc::new(Int64Array::from_iter_values(few))),
        (
            "value",
            Arc::new(Float64Array::from(uniform(rows, 13, 0.0, 1.0))),
        ),
        ("near", Arc::new(Int64Array::from(near))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}
