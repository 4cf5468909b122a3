//! The order of rows whose prefixes are the same, by what prefixes don't hold: in Arrow's row format,
//! whose bytes order as the keys do.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{SortOptions, interleave, take};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::row::{RowConverter, Rows, SortField};
use icosian_ir::meaning::key::{canonical_f32, canonical_f64};
use rayon::slice::ParallelSliceMut;

use super::is_large;
use super::items::Item;
use super::prefix::Prefixes;
use crate::error::RunError;
use crate::memory::MemoryBudget;

/// Keys that prefixes don't hold to their ends.
pub(super) struct Rest {
    fields: Vec<SortField>,
    /// The arrays of each key.
    arrays: Vec<Vec<ArrayRef>>,
}

impl Rest {
    pub(super) fn new(prefixes: &Prefixes<'_>) -> Option<Rest> {
        let first = prefixes.rest?;
        let field = |key: &super::SortColumn<'_>| {
            let options = SortOptions {
                descending: key.direction.descending,
                nulls_first: key.direction.nulls_first,
            };
            SortField::new_with_options(key.column.data_type().clone(), options)
        };
        let keys = &prefixes.keys[first..];
        Some(Rest {
            fields: keys.iter().map(field).collect(),
            arrays: (first..prefixes.keys.len())
                .map(|key| prefixes.arrays(key))
                .collect(),
        })
    }

    /// Some rows in the row format.
    fn encode(&self, rows: &[u32]) -> Result<Rows, RunError> {
        let arrays = self.arrays.iter().map(|arrays| {
            let array = match &arrays[..] {
                [array] => take(array, &UInt32Array::from(rows.to_vec()), None)?,
                arrays => {
                    let mut starts = vec![0];
                    for array in arrays {
                        starts.push(starts[starts.len() - 1] + array.len());
                    }
                    let place = |row: &u32| {
                        let row = *row as usize;
                        let array = starts.partition_point(|start| *start <= row) - 1;
                        (array, row - starts[array])
                    };
                    let places: Vec<(usize, usize)> = rows.iter().map(place).collect();
                    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
                    interleave(&arrays, &places)?
                }
            };
            Ok(one_zero_one_nan(array))
        });
        let arrays = arrays.collect::<Result<Vec<ArrayRef>, RunError>>()?;
        Ok(RowConverter::new(self.fields.clone())?.convert_columns(&arrays)?)
    }

    /// Puts those among rows in the order of their prefixes into order that tie without being equal.
    pub(super) fn settle<I: Item>(
        &self,
        items: &mut [I],
        prefixes: &Prefixes<'_>,
        budget: &Arc<MemoryBudget>,
    ) -> Result<(), RunError> {
        let tied = |run: &&mut [I]| run.len() > 1 && !prefixes.settles(run[0].prefix());
        let runs = items.chunk_by_mut(|a, b| a.prefix() == b.prefix());
        let runs: Vec<&mut [I]> = runs.filter(tied).collect();
        if runs.is_empty() {
            return Ok(());
        }
        let rows: Vec<u32> = runs
            .iter()
            .flat_map(|run| run.iter().map(|item| item.row()))
            .collect();
        let encoded = self.encode(&rows)?;
        let _reservation = budget.try_grow(encoded.size() + 4 * rows.len())?;
        let mut first = 0;
        for run in runs {
            let mut order: Vec<(I, usize)> = run.iter().copied().zip(first..).collect();
            first += run.len();
            let compare = |a: &(I, usize), b: &(I, usize)| {
                encoded.row(a.1).cmp(&encoded.row(b.1)).then(a.1.cmp(&b.1))
            };
            if is_large(order.len()) {
                order.par_sort_unstable_by(compare);
            } else {
                order.sort_unstable_by(compare);
            }
            run.iter_mut()
                .zip(order)
                .for_each(|(item, (from, _))| *item = from);
        }
        Ok(())
    }
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
