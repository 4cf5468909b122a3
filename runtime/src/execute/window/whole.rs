//! Windows along all rows of a table, on all threads of the pool that this is called in, if there is one.
//!
//! Rows are cut into pieces. What a piece needs to know of the rows before it, or behind it, is found first:
//! the nearest value, the extreme so far, how many values there are; windows by distance look at rows before
//! the piece's own.

use std::ops::Range;

use icosian_ir::op::{Cumulative, Frame, Window};
use icosian_ir::types::Lane;
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};

use super::fill::{Filling, fill, nearest_valid};
use super::frames::{Axis, rows_in_reach};
use super::so_far::{NO_VALUE, counts, extreme_of, extremes, has_words};
use super::{Argument, Written, run_along};
use crate::bytes::{blit_bits, count_bits};
use crate::error::RunError;
use crate::execute::view::View;
use crate::memory::Region;

/// Rows of a piece, a multiple of 64; few in tests, so that they see several.
const PIECE: usize = if cfg!(test) { 128 } else { 1 << 16 };

/// Runs a window along `length` rows, as [`run_along`] does.
///
/// # Errors
/// If the arguments are not what the window takes: our bug.
pub(crate) fn run_whole(
    window: Window,
    arguments: &[Argument<'_>],
    axis: Option<Axis<'_>>,
    length: usize,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    let in_pool = rayon::current_thread_index().is_some();
    if !in_pool || length <= PIECE {
        return run_along(window, arguments, axis, length, written);
    }
    let pieces = Pieces::new(length);
    match (window, arguments, axis) {
        (Window::Fill { backward, limit }, [argument], _) if argument.lane != Lane::Bool => {
            let filling = Filling { backward, limit };
            let mut nearest = None;
            let mut outside = vec![None; pieces.rows.len()];
            let order: Vec<usize> = if backward {
                (0..pieces.rows.len()).rev().collect()
            } else {
                (0..pieces.rows.len()).collect()
            };
            for piece in order {
                outside[piece] = nearest;
                let rows = pieces.rows[piece].clone();
                nearest = nearest_valid(argument.view.validity, rows, backward).or(nearest);
            }
            pieces.run(&outside, written, |rows, outside, written| {
                fill(*argument, rows, *outside, filling, written);
                Ok(())
            })
        }
        (Window::Cumulative(which @ (Cumulative::Min | Cumulative::Max)), [argument], _)
            if has_words(argument.lane) =>
        {
            let greatest = which == Cumulative::Max;
            let of_piece = |rows: &Range<usize>| extreme_of(*argument, rows.clone(), greatest);
            let before = pieces.before(NO_VALUE, of_piece, i64::min);
            pieces.run(&before, written, |rows, before, written| {
                extremes(*argument, rows, *before, greatest, written);
                Ok(())
            })
        }
        (Window::Cumulative(Cumulative::Count), [argument], _) => {
            let View { validity, .. } = argument.view;
            let of_piece = |rows: &Range<usize>| {
                let count = |bits| count_bits(bits, rows.start, rows.len());
                validity.map_or(rows.len(), count) as u64
            };
            let before = pieces.before(0, of_piece, |before, count| before + count);
            pieces.run(&before, written, |rows, before, written| {
                counts(argument.view, rows, *before, written);
                Ok(())
            })
        }
        (
            Window::Rolling {
                frame: Frame::Span { farthest, .. },
                ..
            },
            _,
            Some(axis),
        ) => {
            let reach = |rows: &Range<usize>| {
                let all = rows_in_reach(axis, farthest.unsigned_abs(), rows.clone(), length);
                all.start / 64 * 64..all.end
            };
            let reached: Vec<Range<usize>> = pieces.rows.iter().map(reach).collect();
            let around = reached.iter().map(Range::len).sum::<usize>() - length;
            if around > length {
                // Windows so long that every piece would look at most rows.
                return run_along(window, arguments, Some(axis), length, written);
            }
            pieces.run(&reached, written, |rows, all, written| {
                let arguments = arguments.iter().map(|argument| argument.from(all.start));
                let arguments: Vec<Argument<'_>> = arguments.collect();
                let column = axis.column.from(all.start);
                let columns = (&arguments[..], Axis { column, ..axis });
                around_piece(window, columns, rows, all.clone(), written)
            })
        }
        _ => run_along(window, arguments, axis, length, written),
    }
}

/// Runs a window along rows of which only some are written.
fn around_piece(
    window: Window,
    (arguments, axis): (&[Argument<'_>], Axis<'_>),
    rows: Range<usize>,
    all: Range<usize>,
    written: &mut Written<'_>,
) -> Result<(), RunError> {
    if all == rows {
        return run_along(window, arguments, Some(axis), rows.len(), written);
    }
    let lane = written.lane();
    let (length, before) = (all.len(), rows.start - all.start);
    let padded = length.next_multiple_of(64);
    let mut values = Region::zeroed(lane.bytes(padded));
    let mut validity = Region::zeroed(padded / 8);
    let mut around = Written {
        values: values.bytes_mut(),
        validity: written.validity.is_some().then(|| validity.bytes_mut()),
        scalar: written.scalar,
        flagged: false,
    };
    run_along(window, arguments, Some(axis), length, &mut around)?;
    written.flagged |= around.flagged;
    if lane == Lane::Bool {
        blit_bits(values.bytes(), before, rows.len(), written.values, 0);
    } else {
        let own = lane.bytes(before)..lane.bytes(before + rows.len());
        written.values[..own.len()].copy_from_slice(&values.bytes()[own]);
    }
    if let Some(to) = &mut written.validity {
        blit_bits(validity.bytes(), before, rows.len(), to, 0);
    }
    Ok(())
}

/// Rows in pieces.
struct Pieces {
    rows: Vec<Range<usize>>,
}

impl Pieces {
    fn new(length: usize) -> Pieces {
        let starts = (0..length).step_by(PIECE);
        Pieces {
            rows: starts
                .map(|start| start..length.min(start + PIECE))
                .collect(),
        }
    }

    /// Of each piece, what the ones before it make together.
    fn before<T: Copy + Send + Sync>(
        &self,
        nothing: T,
        of_piece: impl Fn(&Range<usize>) -> T + Send + Sync,
        and: impl Fn(T, T) -> T,
    ) -> Vec<T> {
        let found: Vec<T> = self.rows.par_iter().with_max_len(1).map(of_piece).collect();
        let together = found.iter().scan(nothing, |together, of_piece| {
            let before = *together;
            *together = and(before, *of_piece);
            Some(before)
        });
        together.collect()
    }

    /// Writes all pieces, given what each has to know.
    fn run<T: Sync>(
        &self,
        known: &[T],
        written: &mut Written<'_>,
        work: impl Fn(Range<usize>, &T, &mut Written<'_>) -> Result<(), RunError> + Sync,
    ) -> Result<(), RunError> {
        let (lane, scalar) = (written.lane(), written.scalar);
        let values = written.values.chunks_mut(lane.bytes(PIECE));
        let mut validity = (written.validity.as_deref_mut()).map(|bits| bits.chunks_mut(PIECE / 8));
        let parts: Vec<_> = (self.rows.iter().cloned().zip(known).zip(values))
            .map(|((rows, known), values)| {
                let validity = validity.as_mut().and_then(Iterator::next);
                (rows, known, values, validity)
            })
            .collect();
        let run =
            |(rows, known, values, validity): (Range<usize>, &T, &mut [u8], Option<&mut [u8]>)| {
                let mut written = Written {
                    values,
                    validity,
                    scalar,
                    flagged: false,
                };
                work(rows, known, &mut written)?;
                Ok::<bool, RunError>(written.flagged)
            };
        let flagged: Vec<bool> =
            (parts.into_par_iter().with_max_len(1).map(run)).collect::<Result<_, _>>()?;
        written.flagged |= flagged.contains(&true);
        Ok(())
    }
}
