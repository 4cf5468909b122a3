//! The order of rows by key columns, as a list of row numbers.
//!
//! Keys become one integer per row whose order is theirs, with the row's number below, so that ties keep
//! the order of the rows. What 128 bits don't hold (of long text, of many keys) is compared in Arrow's
//! row format where rows tie. Large sorts use the thread pool that they are called in, if there is one.

mod items;
mod prefix;
mod ties;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use icosian_ir::meaning::key::{canonical_f32, canonical_f64};
use icosian_ir::meaning::order::Direction;
use icosian_ir::types::Lane;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::bytes::{bit, typed};
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::state::one_array;
use crate::execute::view::with_lane;
use crate::memory::MemoryBudget;
use items::{Item, sort_items};
use prefix::Prefixes;

/// Fewer rows than this are sorted by one thread.
const PARALLEL_ROWS: usize = 1 << 15;

/// Rows encoded at a time.
const BLOCK: usize = 1024;

/// Rows that one thread prepares at a time; few in tests, so that they see several.
const CHUNK: usize = if cfg!(test) { 1 << 11 } else { 1 << 16 };

/// A column that rows are ordered by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SortColumn<'a> {
    pub(crate) column: &'a ChunkedColumn,
    pub(crate) direction: Direction,
}

/// The rows `0..rows` in the order of their keys, the first key the most significant; with a limit,
/// only the first of them.
///
/// # Errors
/// If there are more rows than 32 bits number, or the memory budget is used up.
pub(crate) fn sort_rows(
    keys: &[SortColumn<'_>],
    rows: usize,
    limit: Option<usize>,
    budget: &Arc<MemoryBudget>,
) -> Result<Vec<u32>, RunError> {
    let count = u32::try_from(rows)
        .map_err(|_| internal("more rows than a sort can number: 2^32 or more"))?;
    let limit = limit.unwrap_or(rows).min(rows);
    if limit < rows / 8 && rows > CHUNK {
        return first_rows(keys, rows, limit, budget);
    }
    let prefixes = Prefixes::new(keys, rows)?;
    let mut order = if prefixes.bits <= <u64 as Item>::BITS {
        let _reservation = budget.try_grow(2 * rows * size_of::<u64>())?;
        sort_items::<u64>(&prefixes, count, limit, budget)?
    } else {
        let _reservation = budget.try_grow(2 * rows * size_of::<u128>())?;
        sort_items::<u128>(&prefixes, count, limit, budget)?
    };
    order.truncate(limit);
    Ok(order)
}

/// The first rows of all are among the first of each chunk.
fn first_rows(
    keys: &[SortColumn<'_>],
    rows: usize,
    limit: usize,
    budget: &Arc<MemoryBudget>,
) -> Result<Vec<u32>, RunError> {
    let chunk = |number: usize| {
        let range = number * CHUNK..rows.min((number + 1) * CHUNK);
        let columns = parts_of(keys, range.clone())?;
        let columns = directed(&columns, keys);
        let mut first = sort_rows(&columns, range.len(), Some(limit), budget)?;
        // In row order, so that ties keep it.
        first.sort_unstable();
        let order = UInt32Array::from(first);
        let arrays = columns.iter().map(|key| {
            let array = one_array(key.column.arrays(0..range.len()))?;
            array
                .map(|array| Ok(take(&array, &order, None)?))
                .transpose()
        });
        let arrays = arrays.collect::<Result<Vec<_>, RunError>>()?;
        let rows = order.values().iter().map(|row| row + range.start as u32);
        Ok::<_, RunError>((rows.collect::<Vec<u32>>(), arrays))
    };
    let chunks = 0..rows.div_ceil(CHUNK);
    let found: Vec<(Vec<u32>, Vec<Option<ArrayRef>>)> = if is_large(rows) {
        chunks
            .into_par_iter()
            .map(chunk)
            .collect::<Result<_, _>>()?
    } else {
        chunks.map(chunk).collect::<Result<_, _>>()?
    };
    let candidates: Vec<u32> = found.iter().flat_map(|found| &found.0).copied().collect();
    let columns = keys.iter().enumerate().map(|(position, key)| {
        let arrays = found.iter().filter_map(|found| found.1[position].clone());
        key.column.with_arrays(arrays.collect())
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let keys = directed(&columns, keys);
    // As many as there are: no chunk is looked at once more.
    let mut order = sort_rows(&keys, candidates.len(), None, budget)?;
    order.truncate(limit);
    Ok(order.iter().map(|row| candidates[*row as usize]).collect())
}

/// Some rows of keys, as columns of their own.
fn parts_of(keys: &[SortColumn<'_>], rows: Range<usize>) -> Result<Vec<ChunkedColumn>, RunError> {
    let part = |key: &SortColumn<'_>| key.column.with_arrays(key.column.arrays(rows.clone()));
    keys.iter().map(part).collect()
}

/// Columns in the directions of keys.
fn directed<'c>(columns: &'c [ChunkedColumn], keys: &[SortColumn<'_>]) -> Vec<SortColumn<'c>> {
    let pairs = columns.iter().zip(keys);
    pairs
        .map(|(column, key)| SortColumn {
            column,
            direction: key.direction,
        })
        .collect()
}

fn is_large(rows: usize) -> bool {
    rows >= PARALLEL_ROWS && rayon::current_thread_index().is_some()
}

/// For each value bits that order, as an unsigned integer, as the values do.
fn ordered_bits(
    lane: Lane,
    bytes: &[u8],
    rows: usize,
    ordered: &mut Vec<u64>,
) -> Result<(), RunError> {
    match lane {
        Lane::I128 => return Err(internal("a decimal is no packed key")),
        Lane::Bool => ordered.extend((0..rows).map(|row| u64::from(bit(bytes, row)))),
        Lane::F32 => ordered.extend(typed::<f32>(bytes)[..rows].iter().map(|value| {
            let bits = canonical_f32(*value).to_bits();
            let turn = ((bits as i32 >> 31) as u32) | 1 << 31;
            u64::from(bits ^ turn)
        })),
        Lane::F64 => ordered.extend(typed::<f64>(bytes)[..rows].iter().map(|value| {
            let bits = canonical_f64(*value).to_bits();
            bits ^ (((bits as i64 >> 63) as u64) | 1 << 63)
        })),
        Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64 => {
            with_lane!(integers lane, bytes, values => ordered
                .extend(values[..rows].iter().map(|value| i128::from(*value) as u64)));
        }
        Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64 => {
            let mask = u64::MAX >> (64 - lane.bits());
            let sign = 1 << (lane.bits() - 1);
            with_lane!(integers lane, bytes, values => ordered
            .extend(values[..rows].iter().map(|value| {
                (i128::from(*value) as u64 ^ sign) & mask
            })));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use icosian_ir::types::{ScalarType, TimeUnit};
    use icosian_ir::value::Value;

    use super::*;
    use crate::convert::values_to_arrays;

    /// A number from a number, by SplitMix64.
    fn scrambled(number: u64) -> u64 {
        let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Values with ties, extremes, nulls and every kind of NaN and zero.
    fn values(scalar: ScalarType, seed: u64, rows: usize) -> Vec<Value> {
        let value = |row: usize| {
            let number = scrambled(seed << 32 | row as u64);
            let pick = number % 11;
            if pick == 0 {
                return Value::Null;
            }
            let floats = [
                f64::NAN,
                -f64::NAN,
                0.0,
                -0.0,
                f64::INFINITY,
                f64::NEG_INFINITY,
                1.5,
                -1.5,
                5e-324,
                -5e-324,
            ];
            let float = floats[(number >> 8) as usize % floats.len()];
            match scalar {
                ScalarType::Bool => Value::Bool(number & 256 != 0),
                ScalarType::F64 => Value::F64(float),
                ScalarType::F32 => Value::F32(float as f32),
                ScalarType::Str => {
                    let texts = [
                        "",
                        "a",
                        "ab",
                        "b",
                        "é",
                        "z",
                        "\u{0}",
                        "Z",
                        "abcdefghij",
                        "abcdefghijk",
                        "abcdefghijk\u{0}",
                        "abcdefghijklm",
                        "abcdefghijklmnopq",
                    ];
                    Value::Str(texts[(number >> 8) as usize % texts.len()].into())
                }
                _ => {
                    let (least, greatest) = scalar.lane_range().unwrap();
                    let choices = [least, greatest, 0, 1, least + 1, greatest - 1, 7];
                    Value::Integer(choices[(number >> 8) as usize % choices.len()])
                }
            }
        };
        (0..rows).map(value).collect()
    }

    /// The order of rows by comparing values, and that of [`sort_rows`].
    fn compare(types: &[ScalarType], rows: usize, seed: u64) {
        let budget = MemoryBudget::unlimited();
        let columns: Vec<(Vec<Value>, ChunkedColumn, Direction)> = types
            .iter()
            .zip(seed..)
            .map(|(scalar, seed)| {
                let values = values(*scalar, seed, rows);
                // Two chunks, the border at no multiple of anything.
                let border = rows / 3;
                let mut arrays = values_to_arrays(*scalar, &values[..border]).unwrap();
                arrays.extend(values_to_arrays(*scalar, &values[border..]).unwrap());
                let direction = Direction {
                    descending: scrambled(seed) & 1 != 0,
                    nulls_first: scrambled(seed) & 2 != 0,
                };
                let column = ChunkedColumn::try_new(*scalar, arrays).unwrap();
                (values, column, direction)
            })
            .collect();
        let keys: Vec<SortColumn<'_>> = columns
            .iter()
            .map(|(_, column, direction)| SortColumn {
                column,
                direction: *direction,
            })
            .collect();
        let mut expected: Vec<u32> = (0..rows as u32).collect();
        expected.sort_by(|a, b| {
            let order = |(values, _, direction): &(Vec<Value>, ChunkedColumn, Direction)| {
                direction.compare(&values[*a as usize], &values[*b as usize])
            };
            let orders = columns.iter().map(order);
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        assert_eq!(
            sort_rows(&keys, rows, None, &budget).unwrap(),
            expected,
            "{types:?}"
        );
        for limit in [0, 10, rows / 20, rows / 2, rows + 1] {
            let first = sort_rows(&keys, rows, Some(limit), &budget).unwrap();
            assert_eq!(
                first,
                expected[..limit.min(rows)],
                "{types:?}, {limit} rows"
            );
        }
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn rows_stand_as_the_comparison_of_values_says() {
        use ScalarType::{Bool, Date, F32, F64, I8, I16, I32, I64, Str, U8, U64};
        let time = ScalarType::Timestamp(TimeUnit::Nanosecond, None);
        let decimal = ScalarType::Decimal(38, 2);
        let lists: [&[ScalarType]; 19] = [
            &[F64],
            &[F32],
            &[Bool],
            &[I64],
            &[U64],
            &[I8, U8, I16],
            &[F64, I32],
            &[Date, Bool],
            &[I64, F64],
            &[I64, F64, I64],
            &[Str],
            &[Str, F64],
            &[F32, Str, time],
            &[],
            &[I64, Str],
            &[Bool, Str, Str],
            &[decimal],
            &[I16, decimal, F64],
            &[I32, F64, F64],
        ];
        for (seed, types) in lists.into_iter().enumerate() {
            for rows in [0, 1, 7, 3000] {
                compare(types, rows, seed as u64 * 100);
            }
        }
    }

    #[test]
    fn large_sorts_run_in_the_pool_at_hand() {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        pool.install(|| {
            compare(&[ScalarType::F64], PARALLEL_ROWS + 5, 1);
            compare(&[ScalarType::Str], PARALLEL_ROWS + 5, 2);
            compare(&[ScalarType::Str, ScalarType::F64], CHUNK + 200, 3);
            compare(
                &[ScalarType::I8, ScalarType::I64, ScalarType::U32],
                2 * CHUNK + 7,
                4,
            );
            compare(&[ScalarType::I8], PARALLEL_ROWS + 1, 5);
            compare(&[ScalarType::I64, ScalarType::Str], PARALLEL_ROWS + 9, 6);
        });
    }
}
