//! Rows one at a time, or a few: what services answer with.
//!
//! Where [one row decides its outputs](Columns::row_obstacle), the one pass over their table is turned
//! into a list of steps over buffers that stay where they are: kernels with their pointers made once,
//! routines, probes of tables built once. All that is the same for every row (parameters, what was
//! learned, the tables looked up in) is computed by an ordinary run when the [`RowProgram`] is made.
//!
//! A [`RowState`] has the buffers. Running it takes no lock and asks for no memory, except that texts
//! longer than any before make a buffer grow, and that a few functions of text and states of windows want
//! room of their own. Where machine code says that a row may have raised, the interpreter decides, as in
//! a run.

mod bind;
mod buffers;
mod interpreted;
mod lookup;
mod replay;
mod run;
mod step;
mod texts;
mod windows;

use std::sync::Arc;

use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::plan::BLOCK_ROWS;
use icosian_ir::types::{Lane, Type};

use crate::bytes::{Plain, put_bit};
use crate::error::RunError;
use crate::execute::params::Params;
use buffers::{Buffers, FusedStep};
use interpreted::Interpreted;
use run::Machine;
use step::Step;
use texts::{SharedTexts, TextCell, Texts};
use windows::WindowShapes;

pub use windows::WindowState;

/// A value that stands in a lane by itself: every number.
pub trait LaneValue: Plain {
    /// The lane.
    const LANE: Lane;
}

macro_rules! lane_values {
    ($($ty:ty = $lane:ident),*) => {
        $(impl LaneValue for $ty {
            const LANE: Lane = Lane::$lane;
        })*
    };
}
lane_values!(
    i8 = I8,
    i16 = I16,
    i32 = I32,
    i64 = I64,
    i128 = I128,
    u8 = U8,
    u16 = U16,
    u32 = U32,
    u64 = U64,
    f32 = F32,
    f64 = F64
);

/// A column that is given row by row.
#[derive(Clone, Debug)]
pub struct RowInput {
    /// Its full name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    slot: usize,
}

/// An output.
#[derive(Clone, Debug)]
pub struct RowOutput {
    /// Its full name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    slot: usize,
}

/// A column of the program: how it stands, and where.
#[derive(Clone, Debug)]
struct Place {
    /// None if it is the same in every row.
    column: Option<ColumnId>,
    ty: Type,
    lane: Option<Lane>,
    /// Of text: which.
    text: usize,
    /// If it is the same in every row: what.
    constant: Option<Constant>,
}

/// A value that is the same in every row.
#[derive(Clone, Copy, Debug)]
enum Constant {
    /// Its bits; none if it is null.
    Word(Option<u64>),
    /// A decimal, in units of its last place; none if it is null.
    Units(Option<i128>),
    /// Its text.
    Text(TextCell),
}

/// What is computed of a row, ready for any number of [`RowState`]s.
#[derive(Debug)]
pub struct RowProgram {
    columns: Arc<Columns>,
    table: TableId,
    places: Vec<Place>,
    inputs: Vec<RowInput>,
    outputs: Vec<RowOutput>,
    /// What is computed, in order.
    steps: Vec<Step>,
    fused: Vec<FusedStep>,
    windows: WindowShapes,
    shared: Arc<SharedTexts>,
    params: Params,
    /// What the interpreter computes rows from, if it is to.
    interpreted: Option<Interpreted>,
    /// Some value that all rows share is an error.
    always_replay: bool,
    /// Whether some kernel may raise, so that it matters what is behind the last row.
    pads: bool,
}

/// The buffers of one user of a [`RowProgram`].
#[derive(Debug)]
pub struct RowState {
    program: Arc<RowProgram>,
    machine: Machine,
    capacity: usize,
    /// Of each input: whether it was ever given, or may be null.
    given: Vec<bool>,
    missing: usize,
}

impl RowProgram {
    /// What is given.
    pub fn inputs(&self) -> &[RowInput] {
        &self.inputs
    }

    /// What comes out.
    pub fn outputs(&self) -> &[RowOutput] {
        &self.outputs
    }

    /// The program's table.
    pub fn table(&self) -> TableId {
        self.table
    }

    /// Of each state that a run takes: the names of the keys whose rows it is for.
    pub fn window_keys(&self) -> Vec<Vec<&str>> {
        let names = self.windows.groups.iter().map(|group| &group.names);
        names
            .map(|names| names.iter().map(String::as_str).collect())
            .collect()
    }

    /// The state that [`WindowState::to_bytes`] wrote, of this program's windows.
    ///
    /// # Errors
    /// If the bytes are no such state.
    pub fn window_state(&self, bytes: &[u8]) -> Result<WindowState, RunError> {
        self.windows.read(&self.columns, bytes)
    }
}

impl RowState {
    /// The most rows that a state may have.
    pub const MOST_ROWS: usize = BLOCK_ROWS;

    /// Buffers for at most `rows` rows at a time, of which there are at least 1 and at most
    /// [`RowState::MOST_ROWS`].
    ///
    /// # Errors
    /// If the program does not hold together.
    pub fn new(program: &Arc<RowProgram>, rows: usize) -> Result<RowState, RunError> {
        let capacity = rows.clamp(1, RowState::MOST_ROWS);
        let places = &program.places;
        let mut is_given = vec![false; places.iter().filter(|of| of.lane.is_none()).count()];
        for input in &program.inputs {
            let place = &places[input.slot];
            if place.lane.is_none() {
                is_given[place.text] = true;
            }
        }
        let lanes = places.iter().map(|place| place.lane);
        let mut state = RowState {
            program: Arc::clone(program),
            machine: Machine::new(
                Buffers::new(lanes, &program.fused, capacity)?,
                Texts::new(&program.shared, &is_given, capacity),
            ),
            capacity,
            given: program
                .inputs
                .iter()
                .map(|input| input.ty.nullable)
                .collect(),
            missing: 0,
        };
        state.missing = state.given.iter().filter(|given| !**given).count();
        for input in program.inputs.iter().filter(|input| input.ty.nullable) {
            (0..capacity).for_each(|row| state.clear(input.slot, row));
        }
        state.fill_constants();
        Ok(state)
    }

    /// What it runs.
    pub fn program(&self) -> &Arc<RowProgram> {
        &self.program
    }

    /// How many rows it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn fill_constants(&mut self) {
        let program = Arc::clone(&self.program);
        for (slot, place) in program.places.iter().enumerate() {
            match &place.constant {
                None => {}
                Some(Constant::Text(cell)) => {
                    (0..self.capacity)
                        .for_each(|row| self.machine.texts.put(place.text, row, *cell));
                }
                Some(Constant::Word(word)) => {
                    for row in 0..self.capacity.next_multiple_of(8) {
                        self.machine.buffers.put_word(slot, row, *word);
                    }
                }
                Some(Constant::Units(units)) => {
                    (0..self.capacity)
                        .for_each(|row| self.machine.buffers.put_units(slot, row, *units));
                }
            }
        }
    }

    fn clear(&mut self, slot: usize, row: usize) {
        let place = &self.program.places[slot];
        match place.lane {
            Some(_) => self.machine.buffers.put_word(slot, row, None),
            None => self.machine.texts.put(place.text, row, TextCell::Null),
        }
    }

    #[inline]
    fn note_given(&mut self, input: usize) -> usize {
        if !self.given[input] {
            self.given[input] = true;
            self.missing -= 1;
        }
        self.program.inputs[input].slot
    }

    /// Gives a number for an input whose type stands in its lane.
    ///
    /// # Panics
    /// If the input is of another lane, or there is no room for such a row.
    #[inline]
    pub fn set<T: LaneValue>(&mut self, input: usize, row: usize, value: T) {
        let slot = self.note_given(input);
        assert!(
            self.program.places[slot].lane == Some(T::LANE) && row < self.capacity,
            "an input of this type and room for the row"
        );
        self.machine.buffers.put_value(slot, row, value);
    }

    /// Gives a bool.
    ///
    /// # Panics
    /// If the input is no bool, or there is no room for such a row.
    #[inline]
    pub fn set_bool(&mut self, input: usize, row: usize, value: bool) {
        let slot = self.note_given(input);
        assert!(
            self.program.places[slot].lane == Some(Lane::Bool) && row < self.capacity,
            "a bool and room for the row"
        );
        let (values, validity) = self.machine.buffers.get_mut(slot);
        put_bit(values, row, value);
        put_bit(validity, row, true);
    }

    /// Gives a text, which is copied.
    ///
    /// # Panics
    /// If the input is no text, or there is no room for such a row.
    #[inline]
    pub fn set_text(&mut self, input: usize, row: usize, value: &str) {
        let slot = self.note_given(input);
        let place = &self.program.places[slot];
        assert!(
            place.lane.is_none() && row < self.capacity,
            "a text and room for the row"
        );
        self.machine.texts.give(place.text, row, value);
    }

    /// Gives null.
    ///
    /// # Panics
    /// If the input can't be null, or there is no room for such a row.
    #[inline]
    pub fn set_null(&mut self, input: usize, row: usize) {
        let slot = self.note_given(input);
        assert!(
            self.program.places[slot].ty.nullable && row < self.capacity,
            "an input that may be null and room for the row"
        );
        self.clear(slot, row);
    }

    /// A number that the last run gave; none if it is null.
    ///
    /// # Panics
    /// If the output is of another lane, or there is no such row.
    #[inline]
    pub fn get<T: LaneValue>(&self, output: usize, row: usize) -> Option<T> {
        let slot = self.program.outputs[output].slot;
        assert!(
            self.program.places[slot].lane == Some(T::LANE) && row < self.capacity,
            "an output of this type and a row"
        );
        self.machine.buffers.value(slot, row)
    }

    /// A bool that the last run gave; none if it is null.
    ///
    /// # Panics
    /// If the output is no bool, or there is no such row.
    #[inline]
    pub fn get_bool(&self, output: usize, row: usize) -> Option<bool> {
        let slot = self.program.outputs[output].slot;
        assert!(
            self.program.places[slot].lane == Some(Lane::Bool) && row < self.capacity,
            "a bool and a row"
        );
        self.machine.buffers.word(slot, row).map(|word| word == 1)
    }

    /// A text that the last run gave; none if it is null.
    ///
    /// # Panics
    /// If the output is no text, or there is no such row.
    #[inline]
    pub fn get_text(&self, output: usize, row: usize) -> Option<&str> {
        let slot = self.program.outputs[output].slot;
        let place = &self.program.places[slot];
        assert!(
            place.lane.is_none() && row < self.capacity,
            "a text and a row"
        );
        self.machine
            .texts
            .text(self.machine.texts.cell(place.text, row))
    }
}
