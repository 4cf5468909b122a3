//! What the states of groups come to, as arrays: without a look at each value where types allow it.

use arrow::array::{ArrayData, ArrayRef, make_array};
use arrow::buffer::{Buffer, NullBuffer};
use icosian_ir::op::Reduction;
use icosian_ir::plan::BLOCK_ROWS;
use icosian_ir::types::{Lane, ScalarType};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use super::accumulate::Accumulators;
use crate::arrow_types::arrow_type;
use crate::error::RunError;
use crate::memory::ahead;

/// An array of the bits of values of fixed width, zero- or sign-extended; none of bools and
/// decimals.
pub(crate) fn words_to_array(
    scalar: ScalarType,
    words: Vec<u64>,
    valid: Option<Vec<bool>>,
) -> Result<Option<ArrayRef>, RunError> {
    let length = words.len();
    let buffer = match scalar.lane() {
        None | Some(Lane::Bool | Lane::I128) => return Ok(None),
        Some(Lane::I8 | Lane::U8) => {
            Buffer::from_vec(words.iter().map(|word| *word as u8).collect::<Vec<_>>())
        }
        Some(Lane::I16 | Lane::U16) => {
            Buffer::from_vec(words.iter().map(|word| *word as u16).collect::<Vec<_>>())
        }
        Some(Lane::I32 | Lane::U32 | Lane::F32) => {
            Buffer::from_vec(words.iter().map(|word| *word as u32).collect::<Vec<_>>())
        }
        Some(Lane::I64 | Lane::U64 | Lane::F64) => Buffer::from_vec(words),
    };
    let nulls = valid.map(NullBuffer::from);
    let data = ArrayData::builder(arrow_type(scalar))
        .len(length)
        .add_buffer(buffer)
        .nulls(nulls.filter(|nulls| nulls.null_count() > 0))
        .build()?;
    Ok(Some(make_array(data)))
}

/// The words of groups in an order, on all threads; `fetch` is told which are asked for next.
fn words_of(
    order: &[u32],
    fetch: impl Fn(&[u32]) + Sync,
    word: impl Fn(usize) -> u64 + Sync,
) -> Vec<u64> {
    let mut words = ahead::list_for(order.len());
    words.resize(order.len(), 0);
    let fill = |(words, groups): (&mut [u64], &[u32])| {
        fetch(groups);
        for (to, group) in words.iter_mut().zip(groups) {
            *to = word(*group as usize);
        }
    };
    if rayon::current_thread_index().is_some() {
        let parts = words.par_chunks_mut(BLOCK_ROWS);
        parts.zip(order.par_chunks(BLOCK_ROWS)).for_each(fill);
    } else {
        let parts = words.chunks_mut(BLOCK_ROWS);
        parts.zip(order.chunks(BLOCK_ROWS)).for_each(fill);
    }
    words
}

impl Accumulators {
    /// The values of groups in an order, as one array of a type; none if some value does not fit it,
    /// or that has to be seen value by value.
    pub(crate) fn array(
        &self,
        reduction: Reduction,
        scalar: ScalarType,
        order: &[u32],
    ) -> Result<Option<ArrayRef>, RunError> {
        let groups = order.iter().map(|group| *group as usize);
        let wide = matches!(scalar.lane(), Some(Lane::I64 | Lane::U64 | Lane::F64));
        let mean = reduction == Reduction::Mean;
        let nullable = |values: Vec<Option<u64>>| {
            let valid = values.iter().map(Option::is_some).collect();
            let words = values.into_iter().map(Option::unwrap_or_default).collect();
            words_to_array(scalar, words, Some(valid))
        };
        let float = |value: Option<f64>| value.map(f64::to_bits);
        match self {
            Accumulators::Count(counts) if scalar == ScalarType::I64 => {
                let words = groups.map(|group| counts[group]).collect();
                words_to_array(scalar, words, None)
            }
            Accumulators::FloatSum(sums) if reduction == Reduction::Count => {
                let words = groups.map(|group| sums.count(group)).collect();
                words_to_array(scalar, words, None)
            }
            Accumulators::IntegerSum(sums) if reduction == Reduction::Count => {
                let words = groups.map(|group| sums[group].1).collect();
                words_to_array(scalar, words, None)
            }
            Accumulators::FloatSum(sums) if mean && scalar == ScalarType::F64 => nullable(
                groups
                    .map(|group| float(sums.sum(group).mean(sums.count(group))))
                    .collect(),
            ),
            Accumulators::FloatSum(sums) if scalar == ScalarType::F64 => {
                let words = words_of(
                    order,
                    |groups| sums.fetch(groups),
                    |group| sums.value(group).to_bits(),
                );
                words_to_array(scalar, words, None)
            }
            Accumulators::IntegerSum(sums) if mean && scalar == ScalarType::F64 => nullable(
                groups
                    .map(|group| float(sums[group].0.mean(sums[group].1)))
                    .collect(),
            ),
            Accumulators::IntegerSum(sums) if !mean && wide => {
                let Some((least, greatest)) = scalar.lane_range() else {
                    return Ok(None);
                };
                let values = groups.map(|group| sums[group].0.value());
                let fit = values.map(|value| {
                    let fits = least <= value && value <= greatest;
                    fits.then_some(value as u64)
                });
                match fit.collect() {
                    Some(words) => words_to_array(scalar, words, None),
                    None => Ok(None),
                }
            }
            Accumulators::FloatMoments(moments) if mean && scalar == ScalarType::F64 => {
                nullable(groups.map(|group| float(moments[group].mean())).collect())
            }
            Accumulators::FloatBest(best, _) if scalar == ScalarType::F64 => {
                nullable(groups.map(|group| float(best[group])).collect())
            }
            Accumulators::IntegerBest(best, _) if scalar.lane() != Some(Lane::I128) => nullable(
                groups
                    .map(|group| best[group].map(|best| best as u64))
                    .collect(),
            ),
            Accumulators::Count(_)
            | Accumulators::FloatSum(_)
            | Accumulators::FloatMoments(_)
            | Accumulators::IntegerSum(_)
            | Accumulators::DecimalSum(_)
            | Accumulators::IntegerProduct(_)
            | Accumulators::IntegerMoments(_)
            | Accumulators::Powers(_)
            | Accumulators::Pairs(_)
            | Accumulators::Weighted(_)
            | Accumulators::FloatBest(..)
            | Accumulators::IntegerBest(..)
            | Accumulators::TextBest(..)
            | Accumulators::Decided(..)
            | Accumulators::Sketch(_)
            | Accumulators::Tally(_)
            | Accumulators::Collected(_)
            | Accumulators::Picked(_) => Ok(None),
        }
    }
}
