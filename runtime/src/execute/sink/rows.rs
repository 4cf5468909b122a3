//! Rows that a pass keeps whole: the rows of a filtered table, the build side of lookups.

use std::sync::Arc;

use arrow::array::{ArrayData, ArrayRef, BooleanBufferBuilder, make_array};
use arrow::buffer::{MutableBuffer, NullBuffer};
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::RowError;
use icosian_ir::plan::BuildSide;
use icosian_ir::types::{Lane, Type};

use crate::arrow_types::arrow_type;
use crate::bytes::{bit, typed, typed_mut};
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
    /// The arrays of every column; none of those that stand in the table as they are.
    pub(crate) columns: Vec<Vec<ArrayRef>>,
    /// Errors in place of values that nothing has needed so far.
    pub(crate) errors: Vec<DeferredError>,
}

impl PassProgram {
    /// The slots of what a sink keeps, without those that it need not copy.
    pub(crate) fn copied(
        &self,
        sink: &SinkPlan,
        columns: &[(ColumnId, usize)],
    ) -> impl Iterator<Item = usize> {
        let slots = columns.iter().map(|column| column.1);
        slots.filter(|slot| !self.stands(sink, *slot))
    }

    /// Whether what a sink keeps of a slot stands in the table as it is: then it is not copied, but
    /// read there once the pass is finished.
    pub(crate) fn stands(&self, sink: &SinkPlan, slot: usize) -> bool {
        let keeps_all = match sink {
            SinkPlan::Build { .. } | SinkPlan::Window { .. } => true,
            SinkPlan::Spool { selection, .. } => selection.keeps_all(),
            SinkPlan::Output
            | SinkPlan::Reduce { .. }
            | SinkPlan::Group { .. }
            | SinkPlan::Stack { .. }
            | SinkPlan::Carry { .. } => false,
        };
        keeps_all && self.slots[slot].place == Place::Table
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
        bits: BooleanBufferBuilder,
        validity: BooleanBufferBuilder,
        nulls: bool,
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
                bits: BooleanBufferBuilder::new(0),
                validity: BooleanBufferBuilder::new(0),
                nulls: false,
                rows: 0,
            },
        }
    }

    /// Adds the rows of a block that were selected.
    pub(crate) fn push_lanes(&mut self, view: View<'_>, selected: &[u32]) {
        let ColumnBuilder::Lanes {
            lane,
            values,
            bits,
            validity,
            nulls,
            rows,
            ..
        } = self
        else {
            return;
        };
        let selection = || selected.iter().map(|row| *row as usize);
        *rows += selected.len();
        macro_rules! take {
            ($lane:ty) => {{
                let from = typed::<$lane>(view.values);
                let held = values.len();
                values.resize(held + selected.len() * size_of::<$lane>(), 0);
                let to = typed_mut::<$lane>(&mut values.as_slice_mut()[held..]);
                for (value, row) in to.iter_mut().zip(selected) {
                    *value = from[*row as usize];
                }
            }};
        }
        match lane.bits() {
            1 => selection().for_each(|row| bits.append(bit(view.values, row))),
            8 => take!(u8),
            16 => take!(u16),
            32 => take!(u32),
            128 => take!(i128),
            _ => take!(u64),
        }
        match view.validity {
            None => validity.append_n(selected.len(), true),
            Some(from) => {
                for row in selection() {
                    let valid = bit(from, row);
                    *nulls |= !valid;
                    validity.append(valid);
                }
            }
        }
    }

    /// Adds the texts of a block that were selected.
    pub(crate) fn push_text(
        &mut self,
        cells: &[Cell<'_>],
        selected: &[u32],
    ) -> Result<(), RunError> {
        if let ColumnBuilder::Text(builder) = self {
            for row in selected {
                builder.push(cells[*row as usize])?;
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
                mut bits,
                mut validity,
                nulls,
                rows,
            } => {
                let buffer = if lane == Lane::Bool {
                    bits.finish().into_inner()
                } else {
                    values.into()
                };
                let data = ArrayData::builder(arrow_type(ty.scalar))
                    .len(rows)
                    .add_buffer(buffer)
                    .nulls(nulls.then(|| NullBuffer::new(validity.finish())))
                    .build()?;
                Ok(vec![make_array(data)])
            }
        }
    }
}
