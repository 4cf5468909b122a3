//! The order of rows by key columns, as a list of row numbers.
//!
//! Keys of fixed width become one integer per row whose order is theirs, if 128 bits hold them;
//! others (text above all) Arrow's row format, whose bytes order alike. Ties keep the order of the
//! rows, because the row's number is the last key. Large sorts use the thread pool that they are
//! called in, if there is one.

mod items;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, UInt32Array, new_empty_array};
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::row::{RowConverter, Rows, SortField};
use icosian_ir::meaning::key::{canonical_f32, canonical_f64};
use icosian_ir::meaning::order::Direction;
use icosian_ir::types::Lane;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use crate::bytes::{bit, typed};
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::state::one_array;
use crate::execute::view::with_lane;
use crate::memory::{MemoryBudget, Region};
use items::sort_items;

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
    let mut order = match packed_bits(keys) {
        Some(0) => (0..count).collect(),
        Some(1..=64) => {
            let _reservation = budget.try_grow(2 * rows * size_of::<(u64, u32)>())?;
            sort_packed::<u64>(keys, count, limit)?
        }
        Some(_) => {
            let _reservation = budget.try_grow(2 * rows * size_of::<(u128, u32)>())?;
            sort_packed::<u128>(keys, count, limit)?
        }
        None => sort_encoded(keys, count, limit, budget)?,
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

/// The bits that a key takes in one integer; none for text and decimals.
fn key_bits(key: &SortColumn<'_>) -> Option<usize> {
    // A decimal and its null take more than the widest integer.
    let lane = key.column.lane().filter(|lane| *lane != Lane::I128)?;
    Some(lane.bits() + usize::from(key.column.null_count() > 0))
}

/// The bits that all keys take in one integer; none if one is text or 128 don't hold them.
fn packed_bits(keys: &[SortColumn<'_>]) -> Option<usize> {
    let bits = keys.iter().map(key_bits).sum::<Option<usize>>()?;
    (bits <= 128).then_some(bits)
}

/// An integer that holds the keys of a row.
trait Packed: Ord + Copy + Send + Sync + Default {
    /// Moves what it holds up by so many bits and puts others below.
    fn push(self, bits: usize, value: u64) -> Self;
}

impl Packed for u64 {
    fn push(self, bits: usize, value: u64) -> u64 {
        if bits == 64 {
            value
        } else {
            self << bits | value
        }
    }
}

impl Packed for u128 {
    fn push(self, bits: usize, value: u64) -> u128 {
        self << bits | u128::from(value)
    }
}

fn sort_packed<P: Packed>(
    keys: &[SortColumn<'_>],
    rows: u32,
    limit: usize,
) -> Result<Vec<u32>, RunError> {
    let mut packed: Vec<(P, u32)> = (0..rows).map(|row| (P::default(), row)).collect();
    let part = |(number, packed): (usize, &mut [(P, u32)])| {
        keys.iter()
            .try_for_each(|key| pack(key, number * CHUNK, packed))
    };
    if is_large(packed.len()) {
        packed
            .par_chunks_mut(CHUNK)
            .enumerate()
            .try_for_each(part)?;
    } else {
        packed.chunks_mut(CHUNK).enumerate().try_for_each(part)?;
    }
    Ok(sort_items(packed, limit, |a, b| a.cmp(&b)))
}

fn is_large(rows: usize) -> bool {
    rows >= PARALLEL_ROWS && rayon::current_thread_index().is_some()
}

/// Adds a key to the integers of the rows from `first` on.
fn pack<P: Packed>(
    key: &SortColumn<'_>,
    first: usize,
    packed: &mut [(P, u32)],
) -> Result<(), RunError> {
    let column = key.column;
    let lane = column
        .lane()
        .ok_or_else(|| internal("text is no packed key"))?;
    let has_nulls = column.null_count() > 0;
    let mask = u64::MAX >> (64 - lane.bits());
    let turn = if key.direction.descending { mask } else { 0 };
    let mut values = Region::zeroed(lane.bytes(BLOCK).max(8));
    let mut validity = Region::zeroed(BLOCK / 8);
    let mut ordered = Vec::with_capacity(BLOCK);
    for (block, packed) in packed.chunks_mut(BLOCK).enumerate() {
        let first = first + block * BLOCK;
        let rows = first..first + packed.len();
        column.copy(rows, BLOCK, values.bytes_mut(), validity.bytes_mut());
        ordered.clear();
        ordered_bits(lane, values.bytes(), packed.len(), &mut ordered)?;
        for (row, ((packed, _), bits)) in packed.iter_mut().zip(&ordered).enumerate() {
            let valid = !has_nulls || bit(validity.bytes(), row);
            if has_nulls {
                *packed = packed.push(1, u64::from(valid == key.direction.nulls_first));
            }
            *packed = packed.push(lane.bits(), if valid { bits ^ turn } else { 0 });
        }
    }
    Ok(())
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

/// By Arrow's row format: by the first bytes, and by the others where those are the same.
fn sort_encoded(
    keys: &[SortColumn<'_>],
    rows: u32,
    limit: usize,
    budget: &Arc<MemoryBudget>,
) -> Result<Vec<u32>, RunError> {
    let rows = rows as usize;
    let chunk = |number: usize| encode(keys, number * CHUNK..rows.min((number + 1) * CHUNK));
    let chunks = 0..rows.div_ceil(CHUNK);
    let encoded: Vec<Rows> = if is_large(rows) {
        chunks
            .into_par_iter()
            .map(chunk)
            .collect::<Result<_, _>>()?
    } else {
        chunks.map(chunk).collect::<Result<_, _>>()?
    };
    let bytes: usize = encoded.iter().map(Rows::size).sum();
    let _reservation = budget.try_grow(bytes + 2 * rows * size_of::<(u64, u32)>())?;
    let row = |row: u32| encoded[row as usize / CHUNK].row(row as usize % CHUNK);
    let items = (0..rows as u32).map(|number| {
        let row = row(number);
        let bytes: &[u8] = row.as_ref();
        let mut first = [0; 8];
        let length = bytes.len().min(8);
        first[..length].copy_from_slice(&bytes[..length]);
        (u64::from_be_bytes(first), number)
    });
    let compare = |a: u32, b: u32| row(a).cmp(&row(b)).then(a.cmp(&b));
    Ok(sort_items(items.collect(), limit, compare))
}

/// Some rows of keys in Arrow's row format.
fn encode(keys: &[SortColumn<'_>], rows: Range<usize>) -> Result<Rows, RunError> {
    let mut fields = Vec::with_capacity(keys.len());
    let mut arrays = Vec::with_capacity(keys.len());
    for key in keys {
        let data_type = key.column.data_type().clone();
        let options = SortOptions {
            descending: key.direction.descending,
            nulls_first: key.direction.nulls_first,
        };
        fields.push(SortField::new_with_options(data_type.clone(), options));
        let array = one_array(key.column.arrays(rows.clone()))?
            .unwrap_or_else(|| new_empty_array(&data_type));
        arrays.push(one_zero_one_nan(array));
    }
    Ok(RowConverter::new(fields)?.convert_columns(&arrays)?)
}

/// Floats as keys have them.
fn one_zero_one_nan(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Float32 => Arc::new(
            array
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(canonical_f32),
        ),
        DataType::Float64 => Arc::new(
            array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(canonical_f64),
        ),
        _ => array,
    }
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
        let lists: [&[ScalarType]; 14] = [
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
        });
    }
}
