//! What a row program does: its steps, with their columns found.

use std::sync::Arc;

use icosian_ir::id::ColumnId;
use icosian_ir::meaning::time::instant::Datum;
use icosian_ir::meaning::time::zone::ZoneSpans;
use icosian_ir::op::{Op, TimeFunction};
use icosian_ir::types::{Lane, ScalarType, Type};

use crate::data::ChunkedColumn;
use crate::execute::built::BuiltTable;
use crate::execute::by_row::texts::TextCell;
use crate::execute::by_row::windows::CarryStep;
use crate::execute::candidates::Condition;
use crate::execute::keys::KeyTable;
use crate::execute::row_text::RowOp;
use crate::execute::wide::WideSegment;

/// What a step reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operand {
    /// A column of fixed width.
    Lane(usize),
    /// A column of text.
    Text(usize),
    /// The bits of one value for all rows; none if it is null.
    Word(Option<u64>),
    /// One decimal for all rows, in units of its last place; none if it is null.
    Units(Option<i128>),
    /// One text for all rows.
    Constant(TextCell),
}

/// A part of a key, or a value that is compared: its lane, none if it is text.
pub(crate) type Part = (Operand, Option<Lane>);

/// Where a step's text or words go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Lane(usize),
    Text(usize),
}

/// The ops over text that take one cell or another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Choice {
    IsNull,
    IfElse,
    Coalesce,
    Minimum,
    Maximum,
    Hash,
    Broadcast,
}

/// A step of a row program.
#[derive(Debug)]
pub(crate) enum Step {
    /// A kernel, by its position among those of the buffers.
    Fused(usize),
    /// A mathematical routine over columns of fixed width; the second is the first if it takes one.
    Wide {
        routine: WideSegment,
        operands: [usize; 2],
        output: usize,
        nullable: bool,
    },
    /// An op over the values of text.
    Text {
        op: Arc<RowOp>,
        operands: Vec<Operand>,
        output: Target,
    },
    /// A choice among texts, or a look at one.
    Choose {
        choice: Choice,
        operands: Vec<Operand>,
        output: Target,
    },
    /// A function of dates and timestamps.
    Time {
        function: TimeFunction,
        from: ScalarType,
        zone: Option<Arc<ZoneSpans>>,
        operands: Vec<Operand>,
        output: usize,
    },
    /// Dates and parts of moments: dates, or instants counted in units of which so many make a second.
    Calendar {
        moments: usize,
        per_second: Option<i64>,
        outputs: Vec<(Datum, usize)>,
    },
    /// An op with a decimal among its operands or as its result, of these types and to this one.
    Decimal {
        op: Op,
        operands: Vec<Operand>,
        types: Vec<Type>,
        to: Type,
        output: Target,
    },
    /// Whether a value is among many.
    OneOf {
        set: KeyTable,
        has_null: bool,
        part: Part,
        output: usize,
    },
    /// Something of the windows, by what is kept from run to run.
    Carry(CarryStep),
    /// The row of a key.
    Lookup {
        column: ColumnId,
        built: Arc<BuiltTable>,
        keys: Vec<Part>,
        null_matches: bool,
        output: usize,
    },
    /// The row that meets conditions.
    Find {
        column: ColumnId,
        built: Arc<BuiltTable>,
        keys: Vec<Part>,
        conditions: Vec<Condition>,
        compared: Vec<Part>,
        takes_last: bool,
        output: usize,
    },
    /// A value of a row over there.
    Gather {
        column: ColumnId,
        from: Arc<ChunkedColumn>,
        rows: usize,
        output: usize,
    },
    /// A text of a row over there.
    GatherText {
        column: ColumnId,
        from: Arc<ChunkedColumn>,
        cells: Vec<TextCell>,
        rows: usize,
        output: usize,
    },
}
