//! Rows that a pass keeps whole: the rows of a filtered table, the build side of lookups.

use std::sync::Arc;

use arrow::array::{ArrayData, ArrayRef, make_array};
use arrow::buffer::MutableBuffer;
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::RowError;
use icosian_ir::plan::BuildSide;
use icosian_ir::types::{Lane, Type};

use crate::arrow_types::arrow_type;
use crate::compact::{Chosen, PackedBits, compact};
use crate::data::ChunkedColumn;
use crate::error::RunError;
use crate::execute::program::{PassProgram, Place, SinkPlan};
use crate::execute::view::View;
use crate::text::{Cell, TextBuilder};

/// An error in place of a value that was kept.
#[derive(Clone, Debug)]
pub(crate) struct DeferredError {
    /// Which of the columns kept.
    pub(crate) column: usize,
    /// Which of the rows kept of the morsel.
    pub(crate) row: usize,
    pub(crate) error: Arc<RowError>,
}

/// The rows kept of one morsel.
#[derive(Clone, Debug)]
pub(crate) struct RowsPart {
    /// The first row of the morsel, by which parts are ordered.
    pub(crate) first_row: u64,
    /// How many rows were kept.
    pub(crate) rows: usize,
    /// Which rows, where that need not be all and they are still in the table.
    pub(crate) chosen: Option<ChosenRows>,
    /// The arrays of every column; none of those that stand in the table.
    pub(crate) columns: Vec<Vec<ArrayRef>>,
    /// Errors in place of values that nothing has needed so far.
    pub(crate) errors: Vec<DeferredError>,
}

/// Rows of a morsel that are kept, as they stand in the table.
#[derive(Clone, Debug)]
pub(crate) struct ChosenRows {
    /// A bit for each row, from the morsel's first one rounded down to 64 on.
    pub(crate) words: Vec<u64>,
    /// Which row of the columns that is.
    pub(crate) first: usize,
    /// Of each column kept: what it is in the table, if it stands there.
    pub(crate) columns: Standing,
}

/// Columns that a sink keeps, those that stand in the table.
pub(crate) type Standing = Vec<Option<Arc<ChunkedColumn>>>;

impl PassProgram {
    /// Those of a sink's columns that it will take chosen rows of.
    pub(crate) fn standing(&self, sink: &SinkPlan, reads: &[Arc<ChunkedColumn>]) -> Standing {
        let SinkPlan::Spool {
            selection, columns, ..
        } = sink
        else {
            return Standing::new();
        };
        if selection.keeps_all() {
            return Standing::new();
        }
        let column = |(_, slot): &(ColumnId, usize)| {
            let stands = self.stands(sink, *slot);
            stands.then(|| Arc::clone(&reads[*slot]))
        };
        columns.iter().map(column).collect()
    }

    /// The slots of what a sink keeps, without those that it need not copy.
    pub(crate) fn copied(
        &self,
        sink: &SinkPlan,
        columns: &[(ColumnId, usize)],
    ) -> impl Iterator<Item = usize> {
        let slots = columns.iter().map(|column| column.1);
        slots.filter(|slot| !self.stands(sink, *slot))
    }

    /// Whether what a sink keeps of a slot stands in the table: then it is not copied, but read there
    /// once the pass is finished.
    pub(crate) fn stands(&self, sink: &SinkPlan, slot: usize) -> bool {
        let reads_later = match sink {
            SinkPlan::Build { .. } | SinkPlan::Window { .. } | SinkPlan::Spool { .. } => true,
            SinkPlan::Output
            | SinkPlan::Reduce { .. }
            | SinkPlan::Group { .. }
            | SinkPlan::Stack { .. }
            | SinkPlan::Carry { .. } => false,
        };
        reads_later && self.slots[slot].place == Place::Table
    }

    /// Whether what a sink keeps of a slot is a column of the table as it is.
    pub(crate) fn stands_whole(&self, sink: &SinkPlan, slot: usize) -> bool {
        let chooses = matches!(sink, SinkPlan::Spool { selection, .. } if !selection.keeps_all());
        !chooses && self.stands(sink, slot)
    }
}

/// The columns that a build keeps, ascending.
pub(crate) fn kept_by_build(side: &BuildSide, payload: &[ColumnId]) -> Vec<ColumnId> {
    let mut all: Vec<ColumnId> = side.columns().chain(payload.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The columns that windows look at and move along, ascending.
pub(crate) fn kept_by_windows(columns: &Columns, windows: &[ColumnId]) -> Vec<ColumnId> {
    let args = windows
        .iter()
        .flat_map(|window| &columns.column(*window).args);
    // A function of the host may take scalars beside columns.
    let rows = |arg: &ColumnId| columns.table_of(*arg).is_some();
    let mut all: Vec<ColumnId> = args.copied().filter(rows).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// One column of the rows being kept.
pub(crate) enum ColumnBuilder {
    Lanes {
        ty: Type,
        lane: Lane,
        values: MutableBuffer,
        bits: PackedBits,
        validity: PackedBits,
        rows: usize,
    },
    Text(TextBuilder),
}

impl ColumnBuilder {
    pub(crate) fn new(ty: Type) -> ColumnBuilder {
        match ty.scalar.lane() {
            None => ColumnBuilder::Text(TextBuilder::default()),
            Some(lane) => ColumnBuilder::Lanes {
                ty,
                lane,
                values: MutableBuffer::new(0),
                bits: PackedBits::default(),
                validity: PackedBits::default(),
                rows: 0,
            },
        }
    }

    /// Adds the `count` rows of a block's first `rows` that were chosen.
    pub(crate) fn push_lanes(
        &mut self,
        view: View<'_>,
        rows: usize,
        chosen: Chosen<'_>,
        count: usize,
    ) {
        let ColumnBuilder::Lanes {
            lane,
            values,
            bits,
            validity,
            rows: held,
            ..
        } = self
        else {
            return;
        };
        *held += count;
        match lane {
            Lane::Bool => bits.push_chosen(view.values, 0, rows, chosen),
            _ => {
                let start = values.len();
                values.resize(start + lane.bytes(count), 0);
                let from = &view.values[..lane.bytes(rows)];
                compact(*lane, from, chosen, &mut values.as_slice_mut()[start..]);
            }
        }
        match view.validity {
            None => validity.push_set(count),
            Some(from) => validity.push_chosen(from, 0, rows, chosen),
        }
    }

    /// Adds the texts of a block that were chosen.
    pub(crate) fn push_text(
        &mut self,
        cells: &[Cell<'_>],
        chosen: Chosen<'_>,
    ) -> Result<(), RunError> {
        if let ColumnBuilder::Text(builder) = self {
            for row in chosen.rows(cells.len()) {
                builder.push(cells[row])?;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Vec<ArrayRef>, RunError> {
        match self {
            ColumnBuilder::Text(builder) => builder.finish(),
            ColumnBuilder::Lanes { rows: 0, .. } => Ok(Vec::new()),
            ColumnBuilder::Lanes {
                ty,
                lane,
                values,
                bits,
                validity,
                rows,
            } => {
                let buffer = match lane {
                    Lane::Bool => bits.into_buffer(),
                    _ => values.into(),
                };
                let data = ArrayData::builder(arrow_type(ty.scalar))
                    .len(rows)
                    .add_buffer(buffer)
                    .nulls(validity.into_nulls())
                    .build()?;
                Ok(vec![make_array(data)])
            }
        }
    }
}
