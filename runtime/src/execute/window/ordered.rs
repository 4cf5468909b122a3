//! Windows by the order of values: extremes and ranks.

use std::collections::VecDeque;
use std::ops::Range;

use icosian_ir::op::RankMethod;

use super::frames::Moving;
use super::lanes::{Lanes, OrderWord};
use super::{Argument, Written};

/// The least or greatest value of a window: rows that a later, better one makes pointless are
/// dropped as they are met, so each row comes and goes once.
pub(crate) struct Extreme<'v, W> {
    argument: Argument<'v>,
    values: Lanes<'v>,
    /// Whether the greatest is wanted: then words are turned, and the least of them is.
    greatest: bool,
    rows: VecDeque<(W, usize)>,
}

impl<'v, W> Extreme<'v, W> {
    pub(crate) fn new(argument: Argument<'v>, greatest: bool) -> Extreme<'v, W> {
        Extreme {
            argument,
            values: Lanes::new(argument.lane, argument.view.values),
            greatest,
            rows: VecDeque::new(),
        }
    }
}

impl<W: OrderWord> Moving for Extreme<'_, W> {
    fn enter(&mut self, row: usize) {
        let word = W::of(self.values, row, self.greatest);
        while self.rows.back().is_some_and(|(other, _)| *other >= word) {
            self.rows.pop_back();
        }
        self.rows.push_back((word, row));
    }

    fn leave(&mut self, row: usize) {
        if self.rows.front().is_some_and(|(_, first)| *first == row) {
            self.rows.pop_front();
        }
    }

    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        match self.rows.front() {
            Some((_, from)) => written.copy(row, self.argument, *from),
            None => written.null(row),
        }
    }
}

/// The rank of each value among all.
pub(crate) fn rank<W: OrderWord>(
    argument: Argument<'_>,
    length: usize,
    (method, descending, fraction): (RankMethod, bool, bool),
    written: &mut Written<'_>,
) {
    let values = Lanes::new(argument.lane, argument.view.values);
    let mut words = Vec::with_capacity(length);
    for row in 0..length {
        if argument.view.is_valid(row) {
            words.push((W::of_key(values, row, descending), row));
        } else {
            written.null(row);
        }
    }
    words.sort_unstable();
    let tied = |a: &(W, usize), b: &(W, usize)| a.0 == b.0;
    let all = if method == RankMethod::Dense {
        words.chunk_by(tied).count()
    } else {
        words.len()
    };
    let mut first = 1;
    for (run, rows) in words.chunk_by(tied).enumerate() {
        for (position, (_, row)) in rows.iter().enumerate() {
            let place = match method {
                RankMethod::Average => first as f64 + (rows.len() - 1) as f64 / 2.0,
                RankMethod::Min => first as f64,
                RankMethod::Max => (first + rows.len() - 1) as f64,
                RankMethod::Dense => (run + 1) as f64,
                RankMethod::Ordinal => (first + position) as f64,
            };
            if fraction {
                written.float(*row, place / all as f64);
            } else if method == RankMethod::Average {
                written.float(*row, place);
            } else {
                written.integer(*row, place as i128);
            }
        }
        first += rows.len();
    }
}
