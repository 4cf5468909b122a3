//! Exact sums of a few groups in several pairs each, side by side, so that rows need not wait for one
//! another.
//!
//! Which addend goes to which pair can't show in an exact sum. Where something is left over that pairs
//! don't hold, they stay as they were, and the rows are summed another way.

use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::meaning::sums::step_lanes;
use icosian_ir::plan::BLOCK_ROWS;

/// No more groups than this have strips.
pub(super) const MOST_GROUPS: usize = 1024;

/// Pairs of a strip.
const PAIRS: usize = 8;

/// Rows added at once where each may be of another group.
const AT_ONCE: usize = 4;

/// The pairs of a group.
pub(super) type Strip = [[f64; 2]; PAIRS];

/// The pairs that rows replaced.
pub(super) type Undo = Vec<[[f64; 2]; AT_ONCE]>;

/// Adds values, none of them null, each to its group; false, and nothing is added, if something is
/// left over.
pub(super) struct Scatter<'v> {
    pub(super) strips: &'v mut [Strip],
    pub(super) groups: &'v [u32],
    pub(super) values: &'v [f64],
    pub(super) undo: &'v mut Undo,
}

impl Routine for Scatter<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Scatter {
            strips,
            groups,
            values,
            undo,
        } = self;
        let (groups, last_groups) = groups.as_chunks::<AT_ONCE>();
        let (values, last_values) = values.as_chunks::<AT_ONCE>();
        undo.resize(groups.len() + 1, [[0.0; 2]; AT_ONCE]);
        let mut left = [0; AT_ONCE];
        for ((groups, values), undo) in groups.iter().zip(values).zip(undo.iter_mut()) {
            add(strips, groups, values, undo, &mut left);
        }
        // Behind the end, zeros for some group.
        let mut groups_padded = [0; AT_ONCE];
        let mut values_padded = [0.0; AT_ONCE];
        groups_padded[..last_groups.len()].copy_from_slice(last_groups);
        values_padded[..last_values.len()].copy_from_slice(last_values);
        let tail = &mut undo[groups.len()];
        add(strips, &groups_padded, &values_padded, tail, &mut left);
        if left.iter().fold(0, |all, word| all | word) << 1 == 0 {
            return true;
        }
        // The last first.
        let replaced = groups.iter().zip(&*undo).rev();
        for (groups, pairs) in [(&groups_padded, &undo[groups.len()])]
            .into_iter()
            .chain(replaced)
        {
            for lane in 0..AT_ONCE {
                strips[groups[lane] as usize][lane] = pairs[lane];
            }
        }
        false
    }
}

#[inline(always)]
fn add(
    strips: &mut [Strip],
    groups: &[u32; AT_ONCE],
    values: &[f64; AT_ONCE],
    undo: &mut [[f64; 2]; AT_ONCE],
    left: &mut [u64; AT_ONCE],
) {
    let (mut hi, mut lo) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
    for lane in 0..AT_ONCE {
        let pair = strips[groups[lane] as usize][lane];
        undo[lane] = pair;
        [hi[lane], lo[lane]] = pair;
    }
    step_lanes(&mut hi, &mut lo, values, left);
    for lane in 0..AT_ONCE {
        // Of an infinity or NaN this is NaN, of anything else a zero.
        left[lane] |= (lo[lane] * 0.0).to_bits();
    }
    for lane in 0..AT_ONCE {
        strips[groups[lane] as usize][lane] = [hi[lane], lo[lane]];
    }
}

/// Adds values, none of them null, of which `rows` has those of each group one after the other, up to
/// its end; gives the groups of which something is left over, to which nothing is added.
pub(super) struct Gather<'v> {
    pub(super) strips: &'v mut [Strip],
    pub(super) rows: &'v [u16],
    pub(super) ranges: &'v [Range<usize>],
    pub(super) values: &'v [f64; BLOCK_ROWS],
}

impl Routine for Gather<'_> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn run(self) -> Vec<usize> {
        let mut failed = Vec::new();
        for (group, range) in self.ranges.iter().enumerate() {
            let (mut hi, mut lo) = ([0.0; PAIRS], [0.0; PAIRS]);
            let strip = &mut self.strips[group];
            for lane in 0..PAIRS {
                [hi[lane], lo[lane]] = strip[lane];
            }
            let mut left = [0; PAIRS];
            let (chunks, tail) = self.rows[range.clone()].as_chunks::<PAIRS>();
            for rows in chunks {
                let mut values = [0.0; PAIRS];
                for lane in 0..PAIRS {
                    values[lane] = self.values[rows[lane] as usize % BLOCK_ROWS];
                }
                step_lanes(&mut hi, &mut lo, &values, &mut left);
            }
            let mut values = [0.0; PAIRS];
            for (value, row) in values.iter_mut().zip(tail) {
                *value = self.values[*row as usize % BLOCK_ROWS];
            }
            step_lanes(&mut hi, &mut lo, &values, &mut left);
            for lane in 0..PAIRS {
                left[lane] |= (lo[lane] * 0.0).to_bits();
            }
            if left.iter().fold(0, |all, word| all | word) << 1 == 0 {
                for lane in 0..PAIRS {
                    strip[lane] = [hi[lane], lo[lane]];
                }
            } else {
                failed.push(group);
            }
        }
        failed
    }
}
