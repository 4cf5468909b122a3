//! Windows of rows that come one at a time, by a state that the caller keeps for each key.
//!
//! A [`WindowState`] has what the windows of a plan look back at: the last rows of the columns that
//! rolling windows and shifts look at (each once), and what windows along all rows before keep of them.
//! A run moves it on. What enters a sum and leaves it again leaves no trace, for sums are exact; so
//! if a run fails, its rows are taken off again, the sums are made anew from the rows before, and what
//! goes along the rows is put back from copies made before the run.
//!
//! What a run gives for a row is what a batch of the rows so far gives for its last one.

mod bytes;
mod guard;
mod history;
mod kept;
mod rolling;
mod scan;
mod shape;
mod sums;
mod track;

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::{RowError, RowErrorKind};
use icosian_ir::op::Window;
use icosian_ir::types::Lane;
use icosian_ir::value::Value;

use crate::error::{RunError, internal};
use crate::execute::by_row::run::Machine;
use crate::execute::by_row::step::Target;
use crate::execute::by_row::texts::TextCell;
use crate::execute::window::lanes::Lanes;
use kept::Kept;
use rolling::Rolling;
use scan::Scan;
use shape::{GroupShape, WindowShape};
use track::Track;

pub(crate) use history::Given;
pub(crate) use shape::WindowShapes;

/// What windows keep of the rows of one key from run to run.
///
/// A new state is of no row. It belongs to the plan it is first run with, and its clones; one plan made
/// again of the same flow is as good, also in another process.
#[derive(Clone, Debug, Default)]
pub struct WindowState {
    carry: Option<Box<Carry>>,
}

/// What is kept of at least one row.
#[derive(Clone, Debug)]
struct Carry {
    /// Of the windows that it is for.
    fingerprint: u128,
    /// How many rows were taken.
    rows: u64,
    /// The key of all of them.
    keys: Vec<Kept>,
    /// What orders them, in the last.
    last: Vec<Kept>,
    tracks: Vec<Track>,
    windows: Vec<Held>,
    /// What the interpreter keeps: of each window, of each of its arguments, all values.
    histories: Vec<Vec<Vec<Value>>>,
}

/// What one window keeps.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Rolling(Rolling),
    Scan(Scan),
}

/// What is done of the windows, at a place among the steps of a program: by group, and which of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CarryStep {
    /// The keys are compared with those of the rows before.
    Keys(usize),
    /// So are the columns of an order.
    Order(usize, usize),
    /// A column's values are put to those of the rows before.
    Track(usize, usize),
    /// A window is moved on.
    Window(usize, usize),
}

/// What a window gives in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Null,
    Float(f64),
    /// An integer that must fit; none if it fits no type.
    Integer(Option<i128>),
    /// A value of the column's lane.
    Word(u64),
    /// What stands in a row of a track.
    At(usize, u64),
}

impl From<Option<f64>> for Outcome {
    fn from(value: Option<f64>) -> Outcome {
        value.map_or(Outcome::Null, Outcome::Float)
    }
}

/// A window's value that does not fit.
#[derive(Debug)]
pub(crate) struct Fault {
    column: ColumnId,
    row: usize,
    exact: Option<i128>,
}

/// Where a row does not fit: the row, the group, and of its order which; none for its keys.
type Misfit = (usize, usize, Option<usize>);

/// What a run notes of its windows.
#[derive(Debug, Default)]
pub(crate) struct WindowWork {
    /// What goes along the rows, as it was before the run.
    saved: Vec<Scan>,
    faults: Vec<Fault>,
    /// The first row of another key, or before the last one in its order, with where that is.
    wrong: Option<(Misfit, RunError)>,
    /// The interpreter's: of each window's arguments the values of this run's rows, with its group and
    /// which of that it is.
    new: Vec<(usize, usize, Vec<Vec<Value>>)>,
}

/// A word that orders as the values of a lane do: −0 below +0, NaN one value above all.
#[inline]
pub(crate) fn order_word(lane: Lane, word: u64) -> u64 {
    const SIGN: u64 = 1 << 63;
    match lane {
        Lane::F32 => Lanes::F32(&[f32::from_bits(word as u32)]).word(0),
        Lane::F64 => Lanes::F64(&[f64::from_bits(word)]).word(0),
        Lane::U64 => word,
        _ => word ^ SIGN,
    }
}

impl WindowState {
    /// A state of no row.
    pub fn new() -> WindowState {
        WindowState::default()
    }

    /// How many rows it has taken.
    pub fn rows(&self) -> u64 {
        self.carry.as_ref().map_or(0, |carry| carry.rows)
    }

    fn carry(&mut self) -> Result<&mut Carry, RunError> {
        self.carry
            .as_deref_mut()
            .ok_or_else(|| internal("a run of windows without their state"))
    }
}

impl Carry {
    fn new(shape: &GroupShape) -> Carry {
        let mut carry = Carry {
            fingerprint: shape.fingerprint,
            rows: 0,
            keys: Vec::new(),
            last: Vec::new(),
            tracks: Vec::new(),
            windows: Vec::new(),
            histories: Vec::new(),
        };
        if shape.interpreted {
            let of_window = |window: &WindowShape| vec![Vec::new(); window.args.len()];
            carry.histories = shape.windows.iter().map(of_window).collect();
        } else {
            carry.tracks = vec![Track::default(); shape.tracks.len()];
            carry.windows = shape.windows.iter().map(GroupShape::held).collect();
        }
        carry
    }

    /// Forgets rows that no window looks back at any more.
    fn forget(&mut self, shape: &GroupShape) {
        for (at, (track, of_track)) in self.tracks.iter_mut().zip(&shape.tracks).enumerate() {
            let mut first = track.end().saturating_sub(of_track.shifts);
            for (held, window) in self.windows.iter().zip(&shape.windows) {
                let looks =
                    window.tracks.contains(&at) || window.axis.is_some_and(|(axis, _)| axis == at);
                match held {
                    Held::Rolling(rolling)
                        if looks && !matches!(window.window, Window::Shift { .. }) =>
                    {
                        first = first.min(rolling.start());
                    }
                    Held::Rolling(_) | Held::Scan(_) => {}
                }
            }
            track.forget_before(first);
            track.keep();
        }
    }

    /// Makes what rolling windows keep anew from the rows.
    fn rebuild(&mut self, shape: &GroupShape) {
        for (held, window) in self.windows.iter_mut().zip(&shape.windows) {
            if let Held::Rolling(rolling) = held {
                rolling.rebuild(window, &self.tracks);
            }
        }
    }
}

impl WindowShapes {
    /// Refuses states that are not one for each group, or of other plans; else they are ready.
    pub(crate) fn begin(
        &self,
        work: &mut WindowWork,
        states: &mut [&mut WindowState],
    ) -> Result<(), RunError> {
        if states.len() != self.groups.len() {
            return Err(self.refuse(states.len()));
        }
        work.saved.clear();
        work.faults.clear();
        work.wrong = None;
        work.new.clear();
        let bound = self.groups.iter().zip(&*states).all(|(shape, state)| {
            let carry = state.carry.as_deref();
            carry.is_none_or(|carry| carry.fingerprint == shape.fingerprint)
        });
        if !bound {
            return Err(RunError::Data {
                what: "window state".to_owned(),
                expected: "one of this plan's windows".to_owned(),
                found: "one of another's".to_owned(),
            });
        }
        for (shape, state) in self.groups.iter().zip(states) {
            let carry = state
                .carry
                .get_or_insert_with(|| Box::new(Carry::new(shape)));
            for held in &carry.windows {
                if let Held::Scan(scan) = held {
                    work.saved.push(scan.clone());
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn refuse(&self, found: usize) -> RunError {
        let keys = |group: &GroupShape| format!("({})", group.names.join(", "));
        let expected = match self.groups.len() {
            0 => "none, for there are no windows".to_owned(),
            count => {
                let of: Vec<String> = self.groups.iter().map(keys).collect();
                format!("{count}, of the keys {}", of.join(" and "))
            }
        };
        RunError::Data {
            what: "window states".to_owned(),
            expected,
            found: found.to_string(),
        }
    }

    /// Takes a run's rows.
    pub(crate) fn commit(
        &self,
        machine: &mut Machine,
        states: &mut [&mut WindowState],
        rows: usize,
    ) -> Result<(), RunError> {
        let Some(last) = rows.checked_sub(1) else {
            return Ok(());
        };
        for (at, (shape, state)) in self.groups.iter().zip(states).enumerate() {
            let carry = state.carry()?;
            carry.rows += rows as u64;
            if shape.interpreted {
                history::take(carry, &mut machine.windows.new, at);
                continue;
            }
            if carry.keys.is_empty() {
                carry.keys = shape.keys_of(machine, last);
            }
            shape.note_last(machine, last, &mut carry.last);
            carry.forget(shape);
        }
        Ok(())
    }

    /// Makes the states what they were before a run.
    #[cold]
    pub(crate) fn roll_back(&self, work: &mut WindowWork, states: &mut [&mut WindowState]) {
        let mut saved = work.saved.drain(..);
        for (shape, state) in self.groups.iter().zip(states) {
            let Some(carry) = state.carry.as_deref_mut() else {
                continue;
            };
            for held in &mut carry.windows {
                if let Held::Scan(scan) = held
                    && let Some(before) = saved.next()
                {
                    *scan = before;
                }
            }
            if carry.rows == 0 {
                state.carry = None;
                continue;
            }
            for track in &mut carry.tracks {
                track.roll_back();
            }
            carry.rebuild(shape);
        }
    }

    /// Does a step over the first `rows` rows; true if some row may have raised.
    pub(crate) fn step(
        &self,
        machine: &mut Machine,
        states: &mut [&mut WindowState],
        step: CarryStep,
        rows: usize,
        pads: bool,
    ) -> Result<bool, RunError> {
        match step {
            CarryStep::Keys(group) => {
                self.groups[group].check_keys(machine, states[group].carry()?, group, rows);
            }
            CarryStep::Order(group, order) => {
                let carry = states[group].carry()?;
                self.groups[group].check_order(machine, carry, (group, order), rows);
            }
            CarryStep::Track(group, track) => {
                let shape = &self.groups[group].tracks[track];
                let (operand, lane) = shape.part;
                let track = &mut states[group].carry()?.tracks[track];
                for row in 0..rows {
                    if let Some((_, (axis, _))) = shape.axis
                        && machine.word(axis, row).is_none()
                    {
                        continue;
                    }
                    match lane {
                        Some(_) => track.push_word(machine.word(operand, row)),
                        None => track.push_text(machine.text(operand, row)),
                    }
                }
            }
            CarryStep::Window(group, window) => {
                let shape = &self.groups[group].windows[window];
                let axis = shape
                    .axis
                    .map(|(track, _)| self.groups[group].tracks[track].part);
                let carry = states[group].carry()?;
                let mut flagged = false;
                let mut row_kept = shape
                    .tracks
                    .first()
                    .map(|track| carry.tracks[*track].before());
                for row in 0..rows {
                    let has_place = axis.is_none_or(|(axis, _)| machine.word(axis, row).is_some());
                    let kept = row_kept.unwrap_or(0);
                    let outcome = carry.windows[window].step(
                        shape,
                        &carry.tracks,
                        machine,
                        row,
                        (kept, has_place),
                    )?;
                    row_kept = row_kept.map(|kept| kept + u64::from(has_place));
                    flagged |= machine.put_outcome(shape, carry, window, row, outcome)?;
                }
                if let (true, Target::Lane(slot)) = (pads, shape.output) {
                    machine.buffers.pad(slot, rows);
                }
                return Ok(flagged);
            }
        }
        Ok(false)
    }
}

impl Held {
    /// Moves on by a row, which is at a place among those kept if it has one.
    #[inline]
    fn step(
        &mut self,
        shape: &WindowShape,
        tracks: &[Track],
        machine: &Machine,
        row: usize,
        (kept, has_place): (u64, bool),
    ) -> Result<Outcome, RunError> {
        match self {
            Held::Scan(scan) => {
                let (operand, lane) = shape.parts[0];
                Ok(match lane {
                    Some(lane) => scan.step(shape.window, lane, machine.word(operand, row)),
                    None => scan.step_text(shape.window, machine.text(operand, row)),
                })
            }
            Held::Rolling(_) if !has_place => Ok(Outcome::Null),
            Held::Rolling(rolling) => {
                if let Window::Shift { rows } = shape.window {
                    let track = shape.tracks[0];
                    let from = kept.checked_sub(rows.unsigned_abs());
                    let from = from.filter(|from| *from >= tracks[track].first());
                    return Ok(from.map_or(Outcome::Null, |from| Outcome::At(track, from)));
                }
                rolling.advance(shape, tracks, kept);
                rolling.result(shape, tracks)
            }
        }
    }
}

impl Machine {
    /// Stores what a window gives; true if it does not fit.
    #[inline]
    fn put_outcome(
        &mut self,
        shape: &WindowShape,
        carry: &Carry,
        window: usize,
        row: usize,
        outcome: Outcome,
    ) -> Result<bool, RunError> {
        let output = match shape.output {
            Target::Lane(slot) => slot,
            Target::Text(column) => {
                let text = match (&carry.windows[window], outcome) {
                    (Held::Scan(scan), _) => scan.text(shape.window),
                    (_, Outcome::At(track, at)) => carry.tracks[track].text(at),
                    _ => None,
                };
                match text {
                    Some(text) => self.texts.put_made(column, row, text)?,
                    None => self.texts.put(column, row, TextCell::Null),
                }
                return Ok(false);
            }
        };
        let word = match outcome {
            Outcome::Null => None,
            Outcome::Float(value) => Some(value.to_bits()),
            Outcome::Word(word) => Some(word),
            Outcome::At(track, at) => carry.tracks[track].word(at),
            Outcome::Integer(exact) => {
                let range = shape.scalar.lane_range();
                let fits = |value: &i128| {
                    range.is_some_and(|(least, greatest)| (least..=greatest).contains(value))
                };
                match exact.filter(fits) {
                    Some(value) => Some(value as u64),
                    None => {
                        self.windows.faults.push(Fault {
                            column: shape.column,
                            row,
                            exact,
                        });
                        self.buffers.put_word(output, row, Some(0));
                        return Ok(true);
                    }
                }
            }
        };
        self.buffers.put_word(output, row, word);
        Ok(false)
    }
}

impl WindowWork {
    /// Notes what is wrong with a run's rows besides errors in them, unless a row before is.
    fn wrong(&mut self, place: Misfit, wrong: RunError) {
        if self.wrong.as_ref().is_none_or(|(known, _)| place < *known) {
            self.wrong = Some((place, wrong));
        }
    }

    /// Whether a run's rows are of another key, or out of order.
    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    /// What is wrong with a run's rows besides errors in them.
    #[inline]
    pub(crate) fn end(&mut self) -> Result<(), RunError> {
        self.wrong.take().map_or(Ok(()), |(_, wrong)| Err(wrong))
    }

    /// The error of a window in a row.
    pub(crate) fn fault(
        &self,
        columns: &Columns,
        column: ColumnId,
        row: usize,
    ) -> Option<RowError> {
        let of_row = |fault: &&Fault| fault.column == column && fault.row == row;
        let fault = self.faults.iter().find(of_row)?;
        let kind = RowErrorKind::Overflow {
            exact: fault.exact,
            to: columns.scalar_type(column),
        };
        let row = Some(row as u64);
        Some(RowError::new(columns, column, row, kind, Vec::new()))
    }
}
