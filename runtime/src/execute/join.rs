//! Joins: which rows stand beside which, once all rows of the left side are there.
//!
//! The matches are counted before any row is put down, so that a join that would not fit is refused
//! without trying.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use icosian_ir::columns::Join;
use icosian_ir::plan::BuildSide;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::candidates::Probe;
use crate::execute::keys::each_block;
use crate::execute::params::Params;
use crate::memory::MemoryBudget;

/// Rows of the left side that are matched at a time.
const CHUNK_ROWS: usize = 1 << 16;

/// A join with its columns found.
#[derive(Clone, Debug)]
pub(crate) struct JoinPlan {
    pub(crate) join: Join,
    /// The positions of the values here among the columns kept.
    pub(crate) here: Vec<usize>,
}

/// The rows of a join.
pub(crate) struct Pairs {
    /// The rows of the left side.
    pub(crate) left: Vec<u32>,
    /// The rows of the right side; null where there is none.
    pub(crate) right: ArrayRef,
}

/// What a chunk of the left side's rows matches.
#[derive(Default)]
struct Matched {
    left: Vec<u32>,
    right: Vec<u32>,
    /// Whether there is a row on the right; empty if there always is.
    present: Vec<bool>,
}

impl JoinPlan {
    /// The rows of the join, those of the left side being the rows of `kept`.
    ///
    /// # Errors
    /// If the join has more rows than can be numbered, or than the budget leaves room for.
    pub(crate) fn pairs(
        &self,
        kept: &[ChunkedColumn],
        rows: usize,
        params: &Params,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Pairs, RunError> {
        let count = |chunk: Range<usize>| {
            let mut count = 0;
            self.each_row(kept, chunk, params, |probe, _, row| {
                let matches = match self.join.pick {
                    None => probe.count(row),
                    Some(_) => usize::from(probe.matches(row).next().is_some()),
                };
                count += matches.max(usize::from(self.join.left));
            })?;
            Ok(count)
        };
        let counts: Vec<usize> = chunks(rows, count)?;
        let total: usize = counts.iter().sum();
        if total > u32::MAX as usize {
            return Err(RunError::TooManyRows {
                rows: total,
                limit: u32::MAX as usize,
            });
        }
        let _reservation = budget.try_grow(16 * total)?;
        let matched = chunks(rows, |chunk| self.matched(kept, chunk, params))?;
        let mut pairs = Matched::default();
        pairs.left.reserve(total);
        pairs.right.reserve(total);
        for chunk in matched {
            pairs.left.extend_from_slice(&chunk.left);
            pairs.right.extend_from_slice(&chunk.right);
            pairs.present.extend_from_slice(&chunk.present);
        }
        let present = self.join.left.then(|| {
            let present: BooleanBuffer = pairs.present.iter().copied().collect();
            NullBuffer::new(present)
        });
        Ok(Pairs {
            left: pairs.left,
            right: Arc::new(UInt32Array::new(pairs.right.into(), present)),
        })
    }

    fn matched(
        &self,
        kept: &[ChunkedColumn],
        chunk: Range<usize>,
        params: &Params,
    ) -> Result<Matched, RunError> {
        let mut found = Matched::default();
        let Join { left, pick, .. } = self.join;
        let take_last = pick.map(|pick| pick.takes_last(&self.join.comparisons));
        self.each_row(kept, chunk, params, |probe, from, row| {
            let before = found.right.len();
            let mut matches = probe.matches(row);
            match take_last {
                None => found.right.extend(matches),
                Some(true) => found.right.extend(matches.next_back()),
                Some(false) => found.right.extend(matches.next()),
            }
            let count = found.right.len() - before;
            if left {
                found.present.resize(found.right.len(), true);
                if count == 0 {
                    found.right.push(0);
                    found.present.push(false);
                }
            }
            found.left.resize(found.right.len(), from);
        })?;
        Ok(found)
    }

    /// Calls `take` for rows of the left side: with a probe of the block at hand, the row's number, and
    /// the row within the block.
    fn each_row(
        &self,
        kept: &[ChunkedColumn],
        rows: Range<usize>,
        params: &Params,
        mut take: impl FnMut(&Probe<'_>, u32, usize),
    ) -> Result<(), RunError> {
        let side = BuildSide::of_join(&self.join);
        let built = params.built_for(&side)?;
        let mut probe = Probe::new(built, &self.join.there, &self.join.comparisons)?;
        let here: Vec<&ChunkedColumn> = self.here.iter().map(|at| &kept[*at]).collect();
        each_block(&here, rows, |block, values| {
            probe.read(values, block.len())?;
            for (row, from) in block.enumerate() {
                let from = u32::try_from(from).map_err(|_| internal("too many rows"))?;
                take(&probe, from, row);
            }
            Ok(())
        })
    }
}

/// What a function gives for each chunk of rows, several at once where a pool runs this.
fn chunks<T: Send>(
    rows: usize,
    function: impl Fn(Range<usize>) -> Result<T, RunError> + Sync,
) -> Result<Vec<T>, RunError> {
    let chunk = |position: usize| {
        let start = position * CHUNK_ROWS;
        function(start..rows.min(start + CHUNK_ROWS))
    };
    let count = rows.div_ceil(CHUNK_ROWS);
    if rayon::current_thread_index().is_some() {
        (0..count).into_par_iter().map(chunk).collect()
    } else {
        (0..count).map(chunk).collect()
    }
}
