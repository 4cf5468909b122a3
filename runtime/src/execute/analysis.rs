//! Where the time of a run goes: by pass, within it by segment and sink.
//!
//! A run that is given an [`Analysis`] looks at the clock after each segment and sink of each block.
//! Threads keep what they see to themselves until a morsel is done, so looking costs little; a run
//! without one does not look.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef};
use icosian_ir::id::PassId;

use crate::execute::pass::OutputPart;
use crate::execute::program::PassProgram;
use crate::source::Unread;

/// What the passes of a run took.
#[derive(Debug, Default)]
pub struct Analysis {
    passes: Mutex<BTreeMap<PassId, PassTimes>>,
}

/// What one pass took.
#[derive(Clone, Debug, Default)]
pub struct PassTimes {
    /// The rows scanned.
    pub rows: usize,
    /// Bytes of the columns read.
    pub read: usize,
    /// Of a file in row groups: how many were read, and how many there are.
    pub row_groups: Option<(usize, usize)>,
    /// Bytes of the columns delivered.
    pub delivered: usize,
    /// From the first row to the last, compiling included.
    pub scan: Duration,
    /// Afterwards: finishing reductions, groups, sorts and the like.
    pub finish: Duration,
    /// All threads together: decoding row groups, where the pass does that.
    pub decode: Duration,
    /// All threads together: readying blocks of the columns read.
    pub bind: Duration,
    /// All threads together: each segment of the plan's pass.
    pub segments: Vec<Duration>,
    /// All threads together: putting values where they are delivered.
    pub deliver: Duration,
    /// All threads together: each sink of the plan's pass.
    pub sinks: Vec<Duration>,
}

impl Analysis {
    /// What is known by now, in the order of the plan's passes.
    pub fn passes(&self) -> Vec<(PassId, PassTimes)> {
        let passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        passes
            .iter()
            .map(|(id, times)| (*id, times.clone()))
            .collect()
    }

    fn with(&self, pass: PassId, add: impl FnOnce(&mut PassTimes)) {
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        add(passes.entry(pass).or_default());
    }

    /// Notes what a pass over some rows read.
    pub(crate) fn bound<'a>(
        &self,
        pass: PassId,
        rows: usize,
        arrays: impl Iterator<Item = &'a ArrayRef>,
        unread: Option<&Unread>,
    ) {
        let read = arrays.map(bytes).sum::<usize>();
        self.with(pass, |times| {
            times.rows += rows;
            times.read += read;
            times.row_groups = unread.map(|of| (of.row_groups - of.skipped, of.row_groups));
        });
    }

    /// Notes that a pass decoded a row group.
    pub(crate) fn decoded<'a>(
        &self,
        pass: PassId,
        arrays: impl Iterator<Item = &'a ArrayRef>,
        time: Duration,
    ) {
        let read = arrays.map(bytes).sum::<usize>();
        self.with(pass, |times| {
            times.read += read;
            times.decode += time;
        });
    }

    /// Notes that a pass has seen all its rows.
    pub(crate) fn scanned(&self, pass: PassId, output: Option<&OutputPart>, scan: Duration) {
        let arrays = output.iter().flat_map(|part| &part.columns);
        let delivered = arrays.flat_map(|(_, arrays)| arrays).map(bytes);
        let delivered = delivered.sum::<usize>();
        self.with(pass, |times| {
            times.delivered += delivered;
            times.scan += scan;
        });
    }

    /// Notes that what a pass found is known.
    pub(crate) fn finished(&self, pass: PassId, finish: Duration) {
        self.with(pass, |times| times.finish += finish);
    }
}

/// Bytes of the values and validity that an array shows.
fn bytes(array: &ArrayRef) -> usize {
    let data = array.to_data();
    data.get_slice_memory_size()
        .unwrap_or_else(|_| data.get_buffer_memory_size())
}

/// What the time since the last look went into.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Bind,
    Segment(usize),
    Deliver,
    Sink(usize),
}

/// A thread's look at the clock through one morsel.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    analysis: Option<&'a Analysis>,
    pass: PassId,
    last: Instant,
    times: PassTimes,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(analysis: Option<&'a Analysis>, program: &PassProgram) -> Watch<'a> {
        let mut times = PassTimes::default();
        if analysis.is_some() {
            times.segments = vec![Duration::ZERO; program.segments.len()];
            times.sinks = vec![Duration::ZERO; program.sinks.len()];
        }
        Watch {
            analysis,
            pass: program.pass,
            last: Instant::now(),
            times,
        }
    }

    /// Ends a part.
    #[inline]
    pub(crate) fn lap(&mut self, part: Part) {
        if self.analysis.is_some() {
            self.add(part);
        }
    }

    fn add(&mut self, part: Part) {
        let now = Instant::now();
        let time = match part {
            Part::Bind => &mut self.times.bind,
            Part::Segment(position) => &mut self.times.segments[position],
            Part::Deliver => &mut self.times.deliver,
            Part::Sink(position) => &mut self.times.sinks[position],
        };
        *time += now - self.last;
        self.last = now;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let Some(analysis) = self.analysis else {
            return;
        };
        let seen = std::mem::take(&mut self.times);
        analysis.with(self.pass, |times| {
            times.bind += seen.bind;
            times.deliver += seen.deliver;
            add_each(&mut times.segments, &seen.segments);
            add_each(&mut times.sinks, &seen.sinks);
        });
    }
}

fn add_each(totals: &mut Vec<Duration>, more: &[Duration]) {
    totals.resize(totals.len().max(more.len()), Duration::ZERO);
    for (total, time) in totals.iter_mut().zip(more) {
        *total += *time;
    }
}
