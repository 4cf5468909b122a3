//! A pass over one partition: what it is given, its morsels, and what it gives.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::ArrayRef;
use icosian_codegen::Nulls;
use icosian_ir::id::{ColumnId, PassId, TableId};
use icosian_ir::interpret::Cell;
use icosian_ir::op::Op;
use icosian_ir::plan::{BuildSide, Pass};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use crate::convert::param_bits;
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::built::BuiltTable;
use crate::execute::destination::Destination;
use crate::execute::distinct::DistinctPlan;
use crate::execute::keys::{KeyTable, Spans};
use crate::execute::morsel::Scratch;
use crate::execute::one_of::member_set;
use crate::execute::params::{Carry, Params};
use crate::execute::prepared::Prepared;
use crate::execute::program::{Operand, PassProgram, Place, SegmentKind, SinkPlan};
use crate::execute::reading::{ReadRows, Reading};
use crate::execute::row_text::RowOp;
use crate::execute::run::Run;
use crate::execute::selection::SelectionPlan;
use crate::execute::state::State;
use crate::execute::wide::WideSegment;

/// Rows per morsel, at most (64 blocks), unless windows reach far.
pub const MORSEL_ROWS: usize = 64 * icosian_ir::plan::BLOCK_ROWS;

/// Rows per morsel, at least, of a partition that is more than one.
const LEAST_MORSEL_ROWS: usize = MORSEL_ROWS / 8;

/// Morsels that a partition is cut into, where they don't get too small: so many that the last ones leave
/// no thread waiting for long.
const MORSELS: usize = 64;

/// Rows that a morsel has for each row around it that its windows look at.
const ROWS_FOR_HALO: usize = 32;

/// With so many ops and more in kernels that are to be made, several threads make them: that takes about as
/// long as making the threads.
const PARALLEL_OPS: usize = 64;

/// The columns that a pass delivers for one partition.
#[derive(Clone, Debug)]
pub struct OutputPart {
    /// The table.
    pub table: TableId,
    /// The partition's rows.
    pub rows: Range<usize>,
    /// Each column with its arrays, in the order of rows.
    pub columns: Vec<(ColumnId, Vec<ArrayRef>)>,
}

/// What a pass over one partition gives.
#[derive(Clone, Debug)]
pub struct PassOutput {
    /// What it delivers; none if the pass has no output.
    pub output: Option<OutputPart>,
    /// The states of its other sinks.
    pub state: State,
}

/// A pass over one partition, ready to run its morsels, on one thread or several.
pub struct PassRun<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) run: &'a Run<'a>,
    pub(crate) pass: &'a Pass,
    pub(crate) program: &'a PassProgram,
    pub(crate) params: &'a Params,
    /// The rows of the whole table.
    pub(crate) table_rows: usize,
    /// The columns of the slots that stand in the table; without rows if `reading` has those.
    pub(crate) reads: Vec<Arc<ChunkedColumn>>,
    /// The row groups that the pass decodes itself.
    pub(crate) reading: Option<Reading>,
    /// What is decided by the distinct values of dictionaries.
    pub(crate) distinct: DistinctPlan,
    /// Of each segment: its op, where it is one over the values of text alone.
    pub(crate) row_ops: Vec<Option<Arc<RowOp>>>,
    pub(crate) scalars: HashMap<ColumnId, Value>,
    pub(crate) fused_params: Vec<Vec<[u64; 2]>>,
    /// Of each segment: its routine, where it is wide.
    pub(crate) wide: Vec<Option<WideSegment>>,
    /// Of each segment: the table it probes or gathers from.
    pub(crate) built: Vec<Option<Arc<BuiltTable>>>,
    /// Of each segment: the members that it tests for.
    pub(crate) sets: Vec<Option<KeyTable>>,
    pub(crate) carries: HashMap<ColumnId, Arc<Carry>>,
    pub(crate) destination: Destination,
    /// Of each sink: the rows of the table among which those it takes are.
    pub(crate) ranges: Vec<Range<usize>>,
    /// Of each sink: the places that the keys of its groups or rows are likely to have.
    pub(crate) places: Vec<Option<Spans>>,
    /// Some value given is an error: every morsel must ask whether it reaches a row.
    always_replay: bool,
    rows: Range<usize>,
}

impl<'a> PassRun<'a> {
    /// Binds a pass to its table, parameters and the rows `rows` of a partition.
    ///
    /// # Errors
    /// If something that the pass reads is missing, or the memory budget is used up.
    pub fn new(
        run: &'a Run<'a>,
        id: PassId,
        params: &'a Params,
        rows: Range<usize>,
    ) -> Result<PassRun<'a>, RunError> {
        let prepared = run.prepared();
        let columns = prepared.columns();
        let pass = prepared
            .plan()
            .passes
            .get(id)
            .ok_or_else(|| internal(format!("{id} is not in the plan")))?;
        let program = prepared.program(id)?;
        let table_rows = run.table_rows(pass.table, params)?;
        if rows.start > rows.end || rows.end > table_rows {
            return Err(internal(format!("{rows:?} are not rows of the table")));
        }
        let reading = Reading::new(columns, pass.table, program, run.source(pass.table))?;
        let reads = match &reading {
            Some(reading) => reading.unread_columns()?,
            None => program
                .reads
                .iter()
                .map(|slot| run.column(pass.table, program.slots[*slot].column, params))
                .collect::<Result<Vec<_>, _>>()?,
        };
        let (scalars, always_replay) = scalars(columns, program, params)?;
        let fused_params = program
            .fused
            .iter()
            .map(|segment| {
                let bits = segment.params.iter().map(|param| {
                    scalars
                        .get(param)
                        .map(param_bits)
                        .ok_or_else(|| internal(format!("{param} is not known yet")))
                });
                bits.collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(analysis) = run.analysis() {
            let unread = run.unread(pass.table);
            let read = unread.map_or_else(|| vec![rows.clone()], |of| of.others(rows.clone()));
            let arrays: Vec<ArrayRef> = (reads.iter())
                .flat_map(|column| read.iter().flat_map(|rows| column.arrays(rows.clone())))
                .collect();
            analysis.bound(id, rows.len(), arrays.iter(), unread);
        }
        let starts = morsel_starts(pass, &rows);
        let destination = Destination::new(
            program.delivered.iter().map(|delivered| {
                let slot = &program.slots[delivered.slot];
                (slot.place != Place::Table).then_some(slot.ty)
            }),
            rows.clone(),
            starts,
            run.pool(),
            run.budget(),
        )?;
        let distinct = DistinctPlan::new(columns, program, &reads, rows.len());
        let ranges = program
            .sinks
            .iter()
            .map(|sink| match sink {
                SinkPlan::Spool { selection, .. } => selection.range(columns, params, table_rows),
                SinkPlan::Output
                | SinkPlan::Reduce { .. }
                | SinkPlan::Group { .. }
                | SinkPlan::Build { .. }
                | SinkPlan::Stack { .. }
                | SinkPlan::Window { .. }
                | SinkPlan::Carry { .. } => Ok(0..table_rows),
            })
            .collect::<Result<_, _>>()?;
        let places = (program.sinks.iter())
            .map(|sink| match reading {
                Some(_) => None,
                None => likely_places(program, sink, &reads, &rows),
            })
            .collect();
        let mut bound = PassRun {
            prepared,
            run,
            pass,
            program,
            params,
            table_rows,
            reads,
            reading,
            distinct,
            row_ops: Vec::new(),
            scalars,
            fused_params,
            wide: Vec::new(),
            built: Vec::new(),
            sets: Vec::new(),
            carries: params.carries.clone(),
            destination,
            ranges,
            places,
            always_replay,
            rows,
        };
        bound.bind_segments()?;
        bound.always_replay |= bound.reads_errors();
        if let Some(reading) = &bound.reading {
            for morsel in 0..bound.morsels() {
                if !bound.is_unread(morsel) {
                    reading.expect(bound.looked_at(morsel));
                }
            }
        }
        Ok(bound)
    }

    /// Whether something that the pass reads is an error in some row.
    fn reads_errors(&self) -> bool {
        let built = self
            .built
            .iter()
            .flatten()
            .flat_map(|built| built.data.columns());
        let mut columns = self.reads.iter().chain(built.map(|(_, column)| column));
        columns.any(|column| !column.errors().is_empty())
    }

    fn bind_segments(&mut self) -> Result<(), RunError> {
        let columns = self.prepared.columns();
        for (position, segment) in self.program.segments.iter().enumerate() {
            let wide = match segment.kind {
                SegmentKind::Wide(column) => Some(WideSegment::new(columns, column)?),
                _ => None,
            };
            self.wide.push(wide);
            let row_op = match segment.kind {
                SegmentKind::Columnar(column) => self.row_op(position, column),
                _ => None,
            };
            self.row_ops.push(row_op);
            let built = match segment.kind {
                SegmentKind::Probe(column) => {
                    let side = BuildSide::of(columns, column)
                        .ok_or_else(|| internal("a probe that is no lookup"))?;
                    Some(Arc::clone(self.params.built_for(&side)?))
                }
                SegmentKind::Gather(column) => {
                    let args = &columns.column(column).args;
                    let ScalarType::Row(table) = columns.scalar_type(args[0]) else {
                        return Err(internal("a gather without a row"));
                    };
                    Some(Arc::clone(self.params.built_with(table, args[1])?))
                }
                SegmentKind::Fused(_)
                | SegmentKind::Wide(_)
                | SegmentKind::Columnar(_)
                | SegmentKind::Calendar(_)
                | SegmentKind::Extern(_)
                | SegmentKind::Window(_) => None,
            };
            self.built.push(built);
            self.sets.push(match segment.kind {
                SegmentKind::Columnar(column)
                    if matches!(columns.column(column).op, Op::OneOf(_)) =>
                {
                    member_set(columns, column)?
                }
                _ => None,
            });
        }
        Ok(())
    }

    /// The op over the values of text that a segment is, if it is one.
    fn row_op(&self, position: usize, column: ColumnId) -> Option<Arc<RowOp>> {
        let columns = self.prepared.columns();
        let definition = columns.column(column);
        let operands = &self.program.segments[position].operands;
        let from = definition.args.first().map(|arg| columns.scalar_type(*arg));
        let make = || {
            RowOp::new(&definition.op, from, |place| match operands.get(place) {
                Some(Operand::Scalar(column)) => self.scalars.get(column),
                Some(Operand::Slot(_)) | None => None,
            })
        };
        let is_constant = operands.iter().all(|operand| match operand {
            Operand::Slot(_) => true,
            Operand::Scalar(column) => matches!(columns.column(*column).op, Op::Literal(_)),
        });
        if is_constant {
            self.prepared.row_op(self.program.pass, position, make)
        } else {
            make().map(Arc::new)
        }
    }

    /// The variant of kernels that the pass is likely to need.
    fn likely_nulls(&self) -> Nulls {
        let absent = match &self.reading {
            Some(reading) => !reading.may_have_nulls(),
            None => self.reads.iter().all(|column| column.null_count() == 0),
        };
        if absent {
            Nulls::Absent
        } else {
            Nulls::General
        }
    }

    /// Whether several threads should make the kernels that the pass is likely to need.
    pub(crate) fn has_kernels_to_make(&self) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        let nulls = self.likely_nulls();
        let (kernels, ops) = self.prepared.kernels_to_make(self.program.pass, nulls);
        kernels > 1 && ops >= PARALLEL_OPS
    }

    /// Makes the kernels that the pass is likely to need, on the threads of the pool it is called in.
    pub(crate) fn compile(&self) -> Result<(), RunError> {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        let nulls = self.likely_nulls();
        let segments = 0..self.program.fused.len();
        segments.into_par_iter().try_for_each(|segment| {
            self.prepared
                .kernel(self.program.pass, segment, nulls)
                .map(drop)
        })
    }

    /// Runs every morsel on the calling thread.
    pub(crate) fn run_here(self) -> Result<PassOutput, RunError> {
        let mut state = self.state()?;
        let mut scratch = self.scratch();
        for morsel in 0..self.morsels() {
            self.run_morsel(&mut scratch, morsel, &mut state)?;
        }
        Ok(PassOutput {
            output: self.finish()?,
            state,
        })
    }

    /// How many morsels there are.
    pub fn morsels(&self) -> usize {
        self.destination.starts().len()
    }

    /// The state before any row.
    ///
    /// # Errors
    /// If the plan does not hold together.
    pub fn state(&self) -> Result<State, RunError> {
        let mut state = State::new(self.prepared, self.program.pass)?;
        state.expect(&self.places, self.run.budget());
        Ok(state)
    }

    /// What one thread keeps from morsel to morsel.
    pub(crate) fn scratch(&self) -> Scratch {
        Scratch::new(self.run.budget())
    }

    /// Runs a morsel, whose rows go into `state`. Each morsel can be run once.
    ///
    /// # Errors
    /// The error of its lowest row; that the run was cancelled; or that memory ran out.
    pub(crate) fn run_morsel(
        &self,
        scratch: &mut Scratch,
        morsel: usize,
        state: &mut State,
    ) -> Result<(), RunError> {
        if self.run.cancel().load(Ordering::Relaxed) {
            return Err(RunError::Cancelled);
        }
        if self.is_unread(morsel) {
            return Ok(());
        }
        let reads = match &self.reading {
            Some(reading) => reading.columns(self.run, self.program, self.looked_at(morsel))?,
            None => ReadRows {
                columns: Cow::Borrowed(&self.reads),
                first_row: 0,
            },
        };
        let flagged = scratch.run_morsel(self, &reads, morsel, &mut state.sinks)?;
        if flagged || self.always_replay {
            let core = self.destination.morsel(morsel);
            let deferred = crate::execute::replay::replay(self, &reads, core)?;
            state.defer(deferred);
        }
        drop(reads);
        if let Some(reading) = &self.reading {
            reading.release(self.looked_at(morsel));
        }
        state.reserve(self.run.budget())
    }

    /// Whether nothing is asked of the rows of a morsel.
    fn is_unread(&self, morsel: usize) -> bool {
        let core = self.destination.morsel(morsel);
        (self.run.unread(self.pass.table)).is_some_and(|unread| unread.holds(&core))
    }

    /// The rows that a morsel looks at.
    fn looked_at(&self, morsel: usize) -> Range<usize> {
        let (start, end) = self.extent(&self.destination.morsel(morsel));
        start..end
    }

    /// The rows of the table that a morsel of rows `core` computes: its own, and around them what
    /// its windows look at.
    pub(crate) fn extent(&self, core: &Range<usize>) -> (usize, usize) {
        let (before, after) = self.pass.halo;
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let mut start = core.start.saturating_sub(before);
        // Sums can only be taken up where an earlier pass put one down.
        let first = start;
        for window in &self.program.cumulative {
            let border = self.carries.get(window).and_then(|carry| carry.at(first));
            start = start.min(border.map_or(0, |border| border.0));
        }
        let end = core.end.saturating_add(after).min(self.table_rows);
        (start / 64 * 64, end)
    }

    /// What is delivered, once every morsel has run.
    ///
    /// # Errors
    /// If Arrow refuses the arrays.
    pub fn finish(self) -> Result<Option<OutputPart>, RunError> {
        if self.program.delivered.is_empty() {
            return Ok(None);
        }
        let arrays = self.destination.finish()?;
        let columns = self
            .program
            .delivered
            .iter()
            .zip(arrays)
            .map(|(delivered, arrays)| {
                let (slot, rows) = (delivered.slot, self.rows.clone());
                let arrays = match (arrays, &self.reading) {
                    (Some(arrays), _) => arrays,
                    (None, Some(reading)) => reading.delivered(slot, rows)?,
                    (None, None) => self.reads[slot].arrays(rows),
                };
                Ok((delivered.column, arrays))
            })
            .collect::<Result<_, RunError>>()?;
        Ok(Some(OutputPart {
            table: self.pass.table,
            rows: self.rows,
            columns,
        }))
    }
}

/// The places that the keys of a sink are likely to have, where they are columns of the table and all
/// rows are in one.
fn likely_places(
    program: &PassProgram,
    sink: &SinkPlan,
    reads: &[Arc<ChunkedColumn>],
    rows: &Range<usize>,
) -> Option<Spans> {
    let keys = keys_of(sink)?;
    let types: Vec<ScalarType> = (keys.iter())
        .map(|key| program.slots[*key].ty.scalar)
        .collect();
    let columns = keys.iter().map(|key| reads.get(*key).map(AsRef::as_ref));
    Spans::guess(&types, &columns.collect::<Option<Vec<_>>>()?, rows.clone())
}

/// The keys of groups or of distinct rows that all rows are in.
pub(crate) fn keys_of(sink: &SinkPlan) -> Option<&[usize]> {
    match sink {
        SinkPlan::Group {
            keys, filter: None, ..
        } => Some(keys),
        SinkPlan::Spool {
            selection: SelectionPlan::Distinct { slots, .. },
            ..
        } => Some(slots),
        SinkPlan::Output
        | SinkPlan::Group { .. }
        | SinkPlan::Reduce { .. }
        | SinkPlan::Build { .. }
        | SinkPlan::Spool { .. }
        | SinkPlan::Stack { .. }
        | SinkPlan::Window { .. }
        | SinkPlan::Carry { .. } => None,
    }
}

/// The first row of each morsel: the partition's first, then multiples of the morsel's length.
fn morsel_starts(pass: &Pass, rows: &Range<usize>) -> Vec<usize> {
    let halo = usize::try_from(pass.halo.0.saturating_add(pass.halo.1)).unwrap_or(usize::MAX);
    // A halo past the end makes one morsel, whatever its length.
    let halo = halo.min(rows.end);
    if rows.is_empty() {
        return Vec::new();
    }
    if rows.len() <= MORSEL_ROWS {
        return vec![rows.start];
    }
    let of_many = (rows.len() / MORSELS).next_power_of_two();
    let for_halo = halo.saturating_mul(ROWS_FOR_HALO).min(MORSEL_ROWS);
    let length = (of_many.clamp(LEAST_MORSEL_ROWS, MORSEL_ROWS))
        .max(for_halo)
        .max(halo.saturating_mul(4))
        .next_multiple_of(LEAST_MORSEL_ROWS);
    let first = (rows.start / length)
        .saturating_add(1)
        .saturating_mul(length);
    std::iter::once(rows.start)
        .chain((first..rows.end).step_by(length))
        .collect()
}

/// The scalars that segments use, and whether one of them is an error.
pub(crate) fn scalars(
    columns: &icosian_ir::columns::Columns,
    program: &PassProgram,
    params: &Params,
) -> Result<(HashMap<ColumnId, Value>, bool), RunError> {
    let mut scalars = HashMap::new();
    let mut errors = false;
    let operands = program
        .segments
        .iter()
        .flat_map(|segment| &segment.operands);
    let used = operands.filter_map(|operand| match operand {
        Operand::Scalar(column) => Some(*column),
        Operand::Slot(_) => None,
    });
    let fused = program
        .fused
        .iter()
        .flat_map(|segment| segment.params.iter().copied());
    for column in used.chain(fused) {
        let value = match params.scalar(columns, column) {
            Some(Cell::Value(value)) => value,
            Some(Cell::Error(_)) => {
                errors = true;
                Value::Null
            }
            None => {
                return Err(match columns.column(column).op {
                    Op::Param(param) => RunError::MissingParam(columns.params[param].name.clone()),
                    _ => internal(format!("{column} is not known yet")),
                });
            }
        };
        scalars.insert(column, value);
    }
    Ok((scalars, errors))
}
