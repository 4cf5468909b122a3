//! Exponentially weighted moments of many rows: stretches side by side, on all threads.
//!
//! A row's value is defined by the one before, each operation rounded, so nothing can be reassociated. But what
//! was long ago weighs nothing: two states that take the same values come to the same bits after a while, and
//! from then on nothing tells them apart. So each stretch starts some rows ahead of its first, from a guess. At
//! its first row the guess and the state that the stretch before ended with are compared, bit for bit: if they
//! are the same, so is every value that follows. If not, both are taken along until they are, and values are
//! written anew that far: to the end, at the worst.

use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::meaning::exponential::{Exponential, ExponentialLanes};
use icosian_ir::op::{Decay, ExponentialMoment};
use icosian_ir::types::Lane;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::fill::nearest_valid;
use super::lanes::Lanes;
use super::so_far::with_ordered;
use super::{Argument, Written};
use crate::bytes::{bit_word, blit_bits, fill_bits, typed, typed_mut};
use crate::execute::wide::level;

/// Stretches side by side.
const LANES: usize = 16;

/// Rows that are read and written at a time.
const TILE: usize = 64;

/// How many times the rows in which a value loses all but 1/e of its weight a stretch starts ahead: it takes 37
/// until the difference of two states is below the last bit of one, and some more until none is left.
const AHEAD: f64 = 64.0;

/// Rows of a stretch for each row that it starts ahead, where there are enough; and at least.
const ROWS_PER_ROW_AHEAD: usize = 8;
const LEAST_PER_ROW_AHEAD: usize = 2;

/// Rows of a stretch, at least, where there are enough.
const STRETCH: usize = 1024;

/// An exponentially weighted moment of a column.
#[derive(Clone, Copy)]
pub(crate) struct Smoothing<'v> {
    pub(crate) argument: Argument<'v>,
    pub(crate) decay: Decay,
    pub(crate) moment: ExponentialMoment,
    pub(crate) min_count: u64,
}

/// Stretches of a column: `groups` times [`LANES`] of them.
struct Stretches {
    /// Rows that each starts ahead.
    ahead: usize,
    /// Rows of each.
    rows: usize,
    groups: usize,
}

impl Stretches {
    /// How rows are cut, if that is worth anything. All lengths are multiples of [`TILE`].
    fn new(rows: usize, ahead: usize) -> Option<Stretches> {
        let wanted = (ahead.saturating_mul(ROWS_PER_ROW_AHEAD)).max(STRETCH);
        let groups = (rows / LANES / wanted).max(1);
        let tiles = rows / LANES / groups / TILE;
        // Of an even number, stretches would begin at the same places of pages, and compete for caches.
        let tiles = tiles - usize::from(tiles > 1 && tiles.is_multiple_of(2));
        let rows = tiles * TILE;
        let least = ahead.saturating_mul(LEAST_PER_ROW_AHEAD).max(TILE);
        (rows >= least).then_some(Stretches {
            ahead,
            rows,
            groups,
        })
    }
}

impl Smoothing<'_> {
    /// Whether the variance is asked for.
    fn spread(&self) -> bool {
        self.moment != ExponentialMoment::Mean
    }

    /// Writes the moments of `length` rows.
    pub(crate) fn run(&self, length: usize, written: &mut Written<'_>) {
        let mut state = Exponential::new(self.decay);
        let mut row = 0;
        let ahead = (AHEAD / self.decay.alpha.value()).min(length as f64) as usize;
        let ahead = ahead.next_multiple_of(TILE);
        // Up to a row from where on values count, and stretches can start ahead.
        while row < length && (row < ahead || state.count() < self.min_count.max(2)) {
            let end = length.min(row + TILE);
            self.one_by_one(&mut state, row..end, written);
            row = end;
        }
        let has_lanes = !matches!(self.argument.lane, Lane::Bool | Lane::I128);
        let stretches = Stretches::new(length - row, ahead);
        let mut behind = state;
        if let Some(stretches) = stretches.filter(|_| has_lanes)
            && let Some(end) = self.side_by_side(&mut behind, row, &stretches, written)
        {
            (state, row) = (behind, end);
        }
        self.one_by_one(&mut state, row..length, written);
    }

    /// Writes the moments of some rows, from the state of those before.
    fn one_by_one(&self, state: &mut Exponential, rows: Range<usize>, written: &mut Written<'_>) {
        let values = Lanes::new(self.argument.lane, self.argument.view.values);
        let spread = self.spread();
        for row in rows {
            if !self.argument.view.is_valid(row) {
                state.skip();
                written.null(row);
                continue;
            }
            add(state, values.number(row).to_f64(), spread);
            let result = state.moment(self.moment);
            written.float_or_null(row, result.filter(|_| state.count() >= self.min_count));
        }
    }

    /// Writes the moments of stretches from a row on and takes the state there; gives the row behind them. None if some row has no
    /// moment though it has a value.
    fn side_by_side(
        &self,
        state: &mut Exponential,
        first: usize,
        stretches: &Stretches,
        written: &mut Written<'_>,
    ) -> Option<usize> {
        let rows = stretches.rows * LANES;
        let end = first + rows * stretches.groups;
        let results = &mut typed_mut::<f64>(written.values)[first..end];
        let run = |(group, results): (usize, &mut [f64])| {
            level().run(Group {
                smoothing: *self,
                first: first + group * rows,
                stretches,
                results,
            })
        };
        let found: Vec<Found> = if rayon::current_thread_index().is_some() {
            let groups = results.par_chunks_mut(rows).enumerate();
            groups.with_max_len(1).map(run).collect()
        } else {
            results.chunks_mut(rows).enumerate().map(run).collect()
        };
        if !found.iter().all(|found| found.certain) {
            return None;
        }
        let ends = found
            .iter()
            .flat_map(|found| found.guessed.iter().zip(&found.ended));
        let starts = (first..).step_by(stretches.rows);
        for ((results, start), ends) in results.chunks_mut(stretches.rows).zip(starts).zip(ends) {
            if !self.join(state, ends, start, results) {
                return None;
            }
        }
        if let Some(validity) = &mut written.validity {
            match self.argument.view.validity {
                Some(bits) => blit_bits(bits, first, end - first, validity, first),
                None => fill_bits(validity, first, end - first, true),
            }
        }
        Some(end)
    }

    /// Takes a state over a stretch that was computed from a guessed one and ended with another, and writes
    /// anew what is not as it would be; false if some row has no moment though it has a value.
    fn join(
        &self,
        state: &mut Exponential,
        (guessed, ended): (&Exponential, &Exponential),
        start: usize,
        results: &mut [f64],
    ) -> bool {
        let spread = self.spread();
        if guessed.agrees(state, spread) {
            *state = *ended;
            return true;
        }
        if !spread
            && state
                .moment(ExponentialMoment::Mean)
                .is_some_and(f64::is_nan)
        {
            // Whatever comes, it is no number.
            results.fill(f64::NAN);
            return true;
        }
        let values = Lanes::new(self.argument.lane, self.argument.view.values);
        let mut guessed = *guessed;
        for (row, result) in (start..).zip(results) {
            if !self.argument.view.is_valid(row) {
                state.skip();
                guessed.skip();
                continue;
            }
            let value = values.number(row).to_f64();
            add(state, value, spread);
            add(&mut guessed, value, spread);
            let Some(moment) = state.moment(self.moment) else {
                return false;
            };
            *result = moment;
            if guessed.agrees(state, spread) {
                *state = *ended;
                return true;
            }
        }
        true
    }
}

fn add(state: &mut Exponential, value: f64, spread: bool) {
    if spread {
        state.add(value);
    } else {
        state.add_to_mean(value);
    }
}

/// [`LANES`] stretches that follow each other.
struct Group<'v> {
    smoothing: Smoothing<'v>,
    first: usize,
    stretches: &'v Stretches,
    results: &'v mut [f64],
}

/// What stretches were computed from, and where they ended.
struct Found {
    guessed: [Exponential; LANES],
    ended: [Exponential; LANES],
    /// Whether every value has a moment.
    certain: bool,
}

impl Routine for Group<'_> {
    type Output = Found;

    #[inline(always)]
    fn run(self) -> Found {
        let nulls = self.smoothing.argument.view.validity.is_some();
        match (nulls, self.smoothing.moment) {
            (false, ExponentialMoment::Mean) => self.moments::<false, false>(),
            (true, ExponentialMoment::Mean) => self.moments::<true, false>(),
            (_, ExponentialMoment::Var | ExponentialMoment::Std) => self.moments::<true, true>(),
        }
    }
}

impl Group<'_> {
    #[inline(always)]
    fn moments<const NULLS: bool, const SPREAD: bool>(self) -> Found {
        let Stretches { ahead, rows, .. } = *self.stretches;
        let Smoothing {
            argument,
            decay,
            moment,
            ..
        } = self.smoothing;
        let begin: [usize; LANES] = std::array::from_fn(|lane| self.first + lane * rows - ahead);
        let mut lanes =
            ExponentialLanes::new(decay, begin.map(|row| first_value(argument, row, ahead)));
        let count = self.smoothing.min_count.max(2);
        let states =
            |lanes: &ExponentialLanes<LANES>| std::array::from_fn(|lane| lanes.state(lane, count));
        let mut guessed = states(&lanes);
        let mut certain = true;
        let mut values = [[0.0; TILE]; LANES];
        let mut moments = [[0.0; LANES]; TILE];
        let mut valid = [u64::MAX; LANES];
        for tile in (0..ahead + rows).step_by(TILE) {
            for lane in 0..LANES {
                let row = begin[lane] + tile;
                read(argument, row, &mut values[lane]);
                if let Some(bits) = argument.view.validity.filter(|_| NULLS) {
                    valid[lane] = bit_word(bits, row);
                }
            }
            if tile == ahead {
                guessed = states(&lanes);
            }
            for place in 0..TILE {
                let row = std::array::from_fn(|lane| values[lane][place]);
                let taken = std::array::from_fn(|lane| valid[lane] >> place & 1);
                lanes.step::<NULLS, SPREAD>(&row, &taken);
                moments[place] = if SPREAD {
                    let (variances, free) = lanes.variances();
                    certain &= free | (tile < ahead);
                    variances
                } else {
                    lanes.means()
                };
            }
            let Some(at) = tile.checked_sub(ahead) else {
                continue;
            };
            if moment == ExponentialMoment::Std {
                for moment in moments.as_flattened_mut() {
                    *moment = moment.sqrt();
                }
            }
            for lane in 0..LANES {
                let results = &mut self.results[lane * rows + at..][..TILE];
                for (result, moments) in results.iter_mut().zip(&moments) {
                    *result = moments[lane];
                }
            }
        }
        let ended = states(&lanes);
        Found {
            guessed,
            ended,
            certain,
        }
    }
}

/// The first value of some rows from one on, or zero.
fn first_value(argument: Argument<'_>, row: usize, rows: usize) -> f64 {
    let first = nearest_valid(argument.view.validity, row..row + rows, true);
    let values = Lanes::new(argument.lane, argument.view.values);
    first.map_or(0.0, |row| values.number(row).to_f64())
}

/// Reads a tile from a row on as f64.
#[inline(always)]
#[allow(clippy::unnecessary_cast)] // Of f64 there is nothing to cast.
fn read(argument: Argument<'_>, row: usize, values: &mut [f64; TILE]) {
    with_ordered!(argument.lane, Value => {
        let from = &typed::<Value>(argument.view.values)[row..row + TILE];
        for (value, from) in values.iter_mut().zip(from) {
            *value = *from as f64;
        }
    }, else {});
}
