//! The sinks of a pass: what its rows end in, block by block.
//!
//! Every state merges in any order: what depends on the order of rows carries row numbers, and is
//! sorted when the pass is finished.

pub(crate) mod accumulate;
mod arrays;
pub(crate) mod cells;
mod codes;
mod collect;
mod distinct;
mod finish;
mod float_sums;
mod group;
pub(crate) mod lanes;
mod many;
mod order;
mod pick;
pub(crate) mod rows;
mod shared;
mod strips;
mod tally;
mod value_set;

use std::ops::Range;

use arrow::array::{Array, ArrayRef};
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::meaning::sums::{DecimalSum, ExactSum, IntegerSum};
use icosian_ir::op::{Op, Reduction};
use icosian_ir::plan::BLOCK_ROWS;
use icosian_ir::types::{ScalarType, Type};

use crate::compact::Chosen;
use crate::error::{RunError, internal};
use crate::execute::keys::{KeyColumn, KeyTable, Places, Spans};
use crate::execute::program::{PassProgram, SinkPlan};
use crate::execute::selection::Chooser;
use crate::execute::view::View;
use crate::text::Cell;
use accumulate::Accumulators;
pub(crate) use arrays::words_to_array;
use codes::CodeGroups;
pub(crate) use codes::{Coded, MOST_CODES};
use group::{BlockKeys, GroupScratch};
pub(crate) use group::{GroupOrder, GroupState};
use lanes::Argument;
pub(crate) use order::UnseenOrders;
use rows::{ChosenRows, ColumnBuilder, RowsPart, Standing};
pub(crate) use shared::shared_states;

/// All rows of a block go into the first state.
static FIRST_STATE: [u32; BLOCK_ROWS] = [0; BLOCK_ROWS];

/// The state of one sink.
#[derive(Clone, Debug)]
pub(crate) enum SinkState {
    /// What is delivered is no state.
    Output,
    /// The states of reductions.
    Reduce(Vec<Accumulators>),
    /// Groups.
    Group(Box<GroupState>),
    /// Rows kept, of a build, a spool, a stack or windows.
    Rows(Vec<RowsPart>),
    /// The sums of each morsel.
    Carry(Vec<CarryEntry>),
}

/// The sums of the rows `start..end`, one per window.
#[derive(Clone, Debug)]
pub(crate) struct CarryEntry {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) sums: Vec<CarrySum>,
}

/// A sum carried on.
#[derive(Clone, Debug)]
pub(crate) enum CarrySum {
    Float(ExactSum),
    Integer(IntegerSum),
    Decimal(DecimalSum),
}

impl CarrySum {
    pub(crate) fn new(argument: ScalarType) -> CarrySum {
        if argument.is_float() {
            CarrySum::Float(ExactSum::new())
        } else if argument.is_decimal() {
            CarrySum::Decimal(DecimalSum::new())
        } else {
            CarrySum::Integer(IntegerSum::new())
        }
    }

    pub(crate) fn merge(&mut self, other: &CarrySum) {
        match (self, other) {
            (CarrySum::Float(sum), CarrySum::Float(other)) => sum.merge(other),
            (CarrySum::Integer(sum), CarrySum::Integer(other)) => sum.merge(other),
            (CarrySum::Decimal(sum), CarrySum::Decimal(other)) => sum.merge(other),
            (CarrySum::Float(_) | CarrySum::Integer(_) | CarrySum::Decimal(_), _) => {}
        }
    }
}

/// The reduction of a `Reduce` column, and the types of its arguments.
pub(crate) fn reduction_of(
    columns: &Columns,
    column: ColumnId,
) -> Result<(Reduction, Vec<ScalarType>), RunError> {
    let definition = columns.column(column);
    let types = definition.args.iter().map(|arg| columns.scalar_type(*arg));
    match &definition.op {
        Op::Reduce { reduction, .. } => Ok((*reduction, types.collect())),
        other => Err(internal(format!("{other} is no reduction"))),
    }
}

/// No states yet of reductions over slots.
fn accumulators(
    program: &PassProgram,
    states: &[(Reduction, Vec<usize>)],
) -> Result<Vec<Accumulators>, RunError> {
    let slot_type = |slot: &usize| program.slots[*slot].ty.scalar;
    let states = states.iter().map(|(reduction, slots)| {
        let types: Vec<ScalarType> = slots.iter().map(slot_type).collect();
        Accumulators::new(*reduction, &types)
    });
    states.collect()
}

impl SinkState {
    /// The state before any row.
    pub(crate) fn new(program: &PassProgram, sink: &SinkPlan) -> Result<SinkState, RunError> {
        Ok(match sink {
            SinkPlan::Output => SinkState::Output,
            SinkPlan::Reduce { states, .. } => {
                let mut states = accumulators(program, states)?;
                states.iter_mut().for_each(|state| state.resize(1));
                SinkState::Reduce(states)
            }
            SinkPlan::Group {
                keys,
                states,
                ordered,
                ..
            } => {
                let types = keys
                    .iter()
                    .map(|key| program.slots[*key].ty.scalar)
                    .collect();
                SinkState::Group(Box::new(GroupState {
                    keys: KeyTable::new(types)?,
                    first_rows: Vec::new(),
                    end: 0,
                    values: accumulators(program, states)?,
                    places: None,
                    ordered: *ordered,
                    codes: CodeGroups::default(),
                }))
            }
            SinkPlan::Build { .. }
            | SinkPlan::Window { .. }
            | SinkPlan::Spool { .. }
            | SinkPlan::Stack { .. } => SinkState::Rows(Vec::new()),
            SinkPlan::Carry { .. } => SinkState::Carry(Vec::new()),
        })
    }

    /// Copies what the part kept last holds of columns that stand in the table.
    pub(crate) fn settle(&mut self) -> Result<(), RunError> {
        match self {
            SinkState::Rows(parts) => parts.last_mut().map_or(Ok(()), RowsPart::settle),
            SinkState::Output
            | SinkState::Reduce(_)
            | SinkState::Group(_)
            | SinkState::Carry(_) => Ok(()),
        }
    }

    /// Numbers groups by the places of their keys, before any row, where their states allow it.
    pub(crate) fn expect(&mut self, spans: &Spans) {
        if let SinkState::Group(state) = self {
            state.expect(spans);
        }
    }

    /// About how many bytes a place for a key takes.
    pub(crate) fn place_bytes(&self) -> usize {
        match self {
            SinkState::Group(state) => 4 + 32 * state.values.len(),
            SinkState::Output | SinkState::Reduce(_) | SinkState::Rows(_) | SinkState::Carry(_) => {
                0
            }
        }
    }

    /// Takes in another state of the same sink.
    pub(crate) fn merge(&mut self, other: SinkState) -> Result<(), RunError> {
        match (self, other) {
            (SinkState::Output, SinkState::Output) => Ok(()),
            (SinkState::Reduce(states), SinkState::Reduce(others)) => states
                .iter_mut()
                .zip(&others)
                .try_for_each(|(state, other)| state.merge(other, &FIRST_STATE[..1])),
            (SinkState::Group(state), SinkState::Group(other)) => state.merge(&other),
            (SinkState::Rows(parts), SinkState::Rows(mut others)) => {
                parts.append(&mut others);
                Ok(())
            }
            (SinkState::Carry(entries), SinkState::Carry(mut others)) => {
                entries.append(&mut others);
                Ok(())
            }
            _ => Err(internal("states of different sinks")),
        }
    }

    /// About how many bytes it holds.
    pub(crate) fn byte_len(&self) -> usize {
        match self {
            SinkState::Output => 0,
            SinkState::Reduce(states) => states.iter().map(Accumulators::byte_len).sum(),
            SinkState::Group(state) => {
                let values: usize = state.values.iter().map(Accumulators::byte_len).sum();
                let places = state.places.as_ref().map_or(0, Places::byte_len);
                state.keys.byte_len() + 8 * state.first_rows.len() + places + values
            }
            SinkState::Rows(parts) => {
                let chosen = parts.iter().flat_map(|part| &part.chosen);
                let arrays = parts.iter().flat_map(|part| part.columns.iter().flatten());
                8 * chosen.map(|chosen| chosen.words.len()).sum::<usize>()
                    + arrays.map(array_bytes).sum::<usize>()
            }
            SinkState::Carry(entries) => entries.len() * 64,
        }
    }
}

/// About how many bytes an array takes by itself: of a slice its part of what it shares.
fn array_bytes(array: &ArrayRef) -> usize {
    let of_slice = array.to_data().get_slice_memory_size();
    of_slice.unwrap_or_else(|_| array.get_array_memory_size())
}

/// What sinks ask of the block at hand.
pub(crate) trait BlockColumns<'a> {
    /// The lanes of a slot of fixed width.
    fn view(&self, slot: usize) -> Result<View<'_>, RunError>;
    /// The cells of a text slot.
    fn cells(&self, slot: usize) -> Result<&[Cell<'a>], RunError>;
    /// The type of a slot.
    fn ty(&self, slot: usize) -> Type;

    /// A key slot whose rows are all of one small dictionary.
    fn coded(&self, slot: usize) -> Option<Coded<'_>>;

    /// A slot as the argument of a reduction.
    fn argument(&self, slot: usize) -> Result<Argument<'_, 'a>, RunError> {
        match self.ty(slot).scalar.lane() {
            Some(lane) => Ok(Argument::Lanes(lane, self.view(slot)?)),
            None => Ok(Argument::Text(self.cells(slot)?)),
        }
    }

    /// Slots as the arguments of a reduction.
    fn arguments(&self, slots: &[usize]) -> Result<Vec<Argument<'_, 'a>>, RunError> {
        slots.iter().map(|slot| self.argument(*slot)).collect()
    }

    /// A slot as a key column.
    fn key(&self, slot: usize) -> Result<KeyColumn<'_, 'a>, RunError> {
        match self.ty(slot).scalar.lane() {
            Some(_) => Ok(KeyColumn::Lanes(self.view(slot)?)),
            None => Ok(KeyColumn::Text(self.cells(slot)?)),
        }
    }
}

/// A sink working on one morsel.
pub(crate) struct MorselSink {
    /// Of a build, spool or windows: the rows kept of this morsel; of columns that stand in the table
    /// as they are, nothing.
    chooser: Chooser,
    builders: Vec<Option<ColumnBuilder>>,
    kept: usize,
    /// Of a carry: the sums of this morsel.
    sums: Vec<Accumulators>,
    /// The rows kept of the block at hand, and of the morsel where that may not be all: a bit each.
    chosen: Vec<u64>,
    chosen_all: Option<Vec<u64>>,
    groups: GroupScratch,
}

impl MorselSink {
    /// Begins a morsel; of a spool, the rows it takes are in `range`, and their keys are likely to have
    /// these places.
    pub(crate) fn new(
        program: &PassProgram,
        sink: &SinkPlan,
        range: Range<usize>,
        places: Option<&Spans>,
    ) -> Result<MorselSink, RunError> {
        let slot_type = |slot: usize| program.slots[slot].ty;
        let (builders, sums) = match sink {
            SinkPlan::Build { columns }
            | SinkPlan::Window { columns }
            | SinkPlan::Spool { columns, .. }
            | SinkPlan::Stack { columns, .. } => {
                let builders = columns.iter().map(|(_, slot)| {
                    let copied = !program.stands(sink, *slot);
                    copied.then(|| ColumnBuilder::new(slot_type(*slot)))
                });
                (builders.collect(), Vec::new())
            }
            SinkPlan::Carry { windows } => {
                let sums = windows.iter().map(|(_, slot)| {
                    let mut sum = Accumulators::new(Reduction::Sum, &[slot_type(*slot).scalar])?;
                    sum.resize(1);
                    Ok(sum)
                });
                (Vec::new(), sums.collect::<Result<_, RunError>>()?)
            }
            SinkPlan::Output | SinkPlan::Reduce { .. } | SinkPlan::Group { .. } => {
                (Vec::new(), Vec::new())
            }
        };
        let chooser = match sink {
            SinkPlan::Spool { selection, .. } => selection.chooser(range, places)?,
            SinkPlan::Output
            | SinkPlan::Reduce { .. }
            | SinkPlan::Group { .. }
            | SinkPlan::Build { .. }
            | SinkPlan::Stack { .. }
            | SinkPlan::Window { .. }
            | SinkPlan::Carry { .. } => Chooser::All,
        };
        Ok(MorselSink {
            chosen_all: (!chooser.is_all()).then(Vec::new),
            chooser,
            builders,
            kept: 0,
            sums,
            chosen: Vec::new(),
            groups: GroupScratch::default(),
        })
    }

    /// Takes in nothing of a block of so many words of rows.
    pub(crate) fn skip(&mut self, words: usize) {
        if let Some(all) = &mut self.chosen_all {
            all.resize(all.len() + words, 0);
        }
    }

    /// Takes in `rows` of the block at hand, whose first row is `first_row`. Where only rows that its
    /// pass's filter lets through are at hand, brought together, `thinned` says which they are.
    pub(crate) fn update<'a>(
        &mut self,
        sink: &SinkPlan,
        state: &mut SinkState,
        block: &impl BlockColumns<'a>,
        rows: Range<usize>,
        first_row: usize,
        thinned: Option<&[u64]>,
    ) -> Result<(), RunError> {
        match (sink, state) {
            (SinkPlan::Output, _) => Ok(()),
            (SinkPlan::Reduce { states: plans, .. }, SinkState::Reduce(states)) => {
                for ((_, slots), state) in plans.iter().zip(states) {
                    let arguments = block.arguments(slots)?;
                    state.update_single(&arguments, rows.clone(), first_row, &FIRST_STATE)?;
                }
                Ok(())
            }
            (
                SinkPlan::Group {
                    keys,
                    filter,
                    states,
                    ..
                },
                SinkState::Group(state),
            ) => {
                let coded: Option<Vec<Coded<'_>>> =
                    keys.iter().map(|key| block.coded(*key)).collect();
                // Codes may be there for the sake of another sink with fewer keys.
                let keys = match coded.filter(|coded| codes::are_few(coded)) {
                    Some(coded) => BlockKeys::Coded(coded),
                    None => {
                        let columns = keys.iter().map(|key| block.key(*key));
                        BlockKeys::Columns(columns.collect::<Result<_, _>>()?)
                    }
                };
                let arguments = |position: usize| {
                    let (_, slots): &(Reduction, Vec<usize>) = &states[position];
                    block.arguments(slots)
                };
                let filter = filter.map(|filter| block.view(filter)).transpose()?;
                let scratch = &mut self.groups;
                state.update(&keys, filter, arguments, rows, first_row, scratch)
            }
            (
                SinkPlan::Build { columns }
                | SinkPlan::Window { columns }
                | SinkPlan::Spool { columns, .. }
                | SinkPlan::Stack { columns, .. },
                SinkState::Rows(_),
            ) => {
                let end = rows.end;
                let chooser = match thinned {
                    Some(_) => &mut Chooser::All,
                    None => &mut self.chooser,
                };
                chooser.choose(block, rows, first_row, &mut self.chosen)?;
                if let Some(all) = &mut self.chosen_all {
                    all.extend_from_slice(thinned.unwrap_or(&self.chosen));
                }
                self.keep(columns, block, end)
            }
            (SinkPlan::Carry { windows }, SinkState::Carry(_)) => {
                for ((_, slot), sum) in windows.iter().zip(&mut self.sums) {
                    let argument = [block.argument(*slot)?];
                    sum.update_single(&argument, rows.clone(), first_row, &FIRST_STATE)?;
                }
                Ok(())
            }
            _ => Err(internal("a sink with another sink's state")),
        }
    }

    /// Keeps what is chosen of the first `rows` rows of the block at hand.
    fn keep<'a>(
        &mut self,
        columns: &[(ColumnId, usize)],
        block: &impl BlockColumns<'a>,
        rows: usize,
    ) -> Result<(), RunError> {
        let chosen = Chosen::new(&self.chosen, 0);
        let count = chosen.count(rows);
        self.kept += count;
        if count == 0 {
            return Ok(());
        }
        for ((_, slot), builder) in columns.iter().zip(&mut self.builders) {
            match builder {
                None => {}
                Some(builder @ ColumnBuilder::Lanes { .. }) => {
                    builder.push_lanes(block.view(*slot)?, rows, chosen, count);
                }
                Some(builder @ ColumnBuilder::Text(_)) => {
                    builder.push_text(block.cells(*slot)?, chosen)?;
                }
            }
        }
        Ok(())
    }

    /// Adds what is kept of the morsel to the state.
    /// Of columns that stand in the table, `standing` has those read; the morsel begins in their row
    /// `first`, rounded down to 64.
    pub(crate) fn finish(
        self,
        state: &mut SinkState,
        rows: Range<usize>,
        standing: Standing,
        first: usize,
    ) -> Result<(), RunError> {
        match state {
            SinkState::Output | SinkState::Reduce(_) | SinkState::Group(_) => {}
            SinkState::Rows(parts) => parts.push(RowsPart {
                first_row: rows.start as u64,
                rows: self.kept,
                chosen: self.chosen_all.map(|words| ChosenRows {
                    words,
                    columns: standing,
                    first,
                }),
                columns: self
                    .builders
                    .into_iter()
                    .map(|builder| builder.map_or(Ok(Vec::new()), ColumnBuilder::finish))
                    .collect::<Result<_, _>>()?,
                errors: Vec::new(),
            }),
            SinkState::Carry(entries) => entries.push(CarryEntry {
                start: rows.start as u64,
                end: rows.end as u64,
                sums: self
                    .sums
                    .into_iter()
                    .map(|sum| match sum {
                        Accumulators::FloatSum(states) => Ok(CarrySum::Float(states.sum(0))),
                        Accumulators::IntegerSum(mut states) => {
                            Ok(CarrySum::Integer(states.swap_remove(0).0))
                        }
                        Accumulators::DecimalSum(mut states) => {
                            Ok(CarrySum::Decimal(states.swap_remove(0).0))
                        }
                        _ => Err(internal("a carry that is no sum")),
                    })
                    .collect::<Result<_, _>>()?,
            }),
        }
        Ok(())
    }
}
