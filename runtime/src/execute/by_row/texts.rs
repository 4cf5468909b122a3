//! Text in a row program. A cell says where its text stands; texts are copied when they are given and
//! when they are made, into buffers that keep their room from run to run.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{RunError, internal};
use crate::text::Cell;

/// Room that a text given begins with, in bytes: longer ones make their buffer grow, once.
const GIVEN_BYTES: usize = 64;

/// Room that texts made in a run begin with, in bytes.
const MADE_BYTES: usize = 1024;

/// Where the text of a row stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum TextCell {
    /// Nowhere: null.
    #[default]
    Null,
    /// In what all runs share: constants and columns of tables that are looked up in.
    Shared(usize, u32),
    /// What was given for this column and row.
    Given(u32, u32),
    /// Among what this run has made.
    Made(usize, u32),
}

/// The texts of constants and of tables, one after the other.
#[derive(Debug, Default)]
pub(crate) struct SharedTexts {
    bytes: String,
}

impl SharedTexts {
    /// Keeps a text.
    pub(crate) fn keep(&mut self, text: Cell<'_>) -> Result<TextCell, RunError> {
        let Some(text) = text else {
            return Ok(TextCell::Null);
        };
        let start = self.bytes.len();
        self.bytes.push_str(text);
        Ok(TextCell::Shared(start, length(text)?))
    }
}

fn length(text: &str) -> Result<u32, RunError> {
    u32::try_from(text.len()).map_err(|_| internal("a text of more than 4 GiB"))
}

/// The texts of all columns of text.
#[derive(Debug)]
pub(crate) struct Texts {
    shared: Arc<SharedTexts>,
    /// Of each column and row.
    cells: Vec<Vec<TextCell>>,
    /// Of each column and row, for columns that are given.
    given: Vec<Vec<String>>,
    made: String,
}

impl Texts {
    /// Room for `rows` rows of columns, some of which are given.
    pub(crate) fn new(shared: &Arc<SharedTexts>, given: &[bool], rows: usize) -> Texts {
        let buffers = |is_given: &bool| {
            let rows = if *is_given { rows } else { 0 };
            (0..rows)
                .map(|_| String::with_capacity(GIVEN_BYTES))
                .collect()
        };
        Texts {
            shared: Arc::clone(shared),
            cells: vec![vec![TextCell::Null; rows]; given.len()],
            given: given.iter().map(buffers).collect(),
            made: String::with_capacity(MADE_BYTES),
        }
    }

    /// Forgets what was made in the run before.
    pub(crate) fn begin(&mut self) {
        self.made.clear();
    }

    /// Takes a text as given.
    pub(crate) fn give(&mut self, column: usize, row: usize, text: &str) {
        let given = &mut self.given[column][row];
        given.clear();
        given.push_str(text);
        self.cells[column][row] = TextCell::Given(column as u32, row as u32);
    }

    /// The cell of a row.
    pub(crate) fn cell(&self, column: usize, row: usize) -> TextCell {
        self.cells[column][row]
    }

    /// Stores a cell.
    pub(crate) fn put(&mut self, column: usize, row: usize, cell: TextCell) {
        self.cells[column][row] = cell;
    }

    /// Stores a text that was made.
    pub(crate) fn put_made(
        &mut self,
        column: usize,
        row: usize,
        text: &str,
    ) -> Result<(), RunError> {
        let start = self.made.len();
        self.made.push_str(text);
        self.cells[column][row] = TextCell::Made(start, length(text)?);
        Ok(())
    }

    /// The text of a cell.
    #[inline]
    pub(crate) fn text(&self, cell: TextCell) -> Cell<'_> {
        let part = |start: usize, length: u32| -> Range<usize> { start..start + length as usize };
        match cell {
            TextCell::Null => None,
            TextCell::Shared(start, length) => Some(&self.shared.bytes[part(start, length)]),
            TextCell::Given(column, row) => Some(&self.given[column as usize][row as usize]),
            TextCell::Made(start, length) => Some(&self.made[part(start, length)]),
        }
    }
}
