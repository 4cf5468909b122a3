//! Ops over dictionaries: each distinct value once.
//!
//! Where a column of the table is a dictionary, an op over it and scalars is computed for the
//! dictionary's values and looked up by code in each row; so are ops over the result, and so on.
//! What was computed stays for all morsels and threads of the pass. Columns that hold more distinct
//! values than there are rows are read as plain text.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef};
use icosian_ir::columns::Columns;
use icosian_ir::op::Op;

use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::morsel::Worker;
use crate::execute::pass::PassRun;
use crate::execute::program::{Operand, PassProgram, Place, SegmentKind, SegmentPlan, SinkPlan};
use crate::execute::row_text::{Reader, RowOp, RowResult, arguments_of};
use crate::execute::sink::MOST_CODES;
use crate::memory::Reservation;
use crate::text::{Cell, TextArray};

/// The dictionaries of a column.
#[derive(Debug)]
pub(crate) struct Dictionaries {
    /// The distinct values of each, as text that is no dictionary.
    values: Vec<ArrayRef>,
    /// The number of each chunk's dictionary.
    of_chunk: Vec<usize>,
}

impl Dictionaries {
    /// The dictionaries of a column, if it has some and they hold at most `rows` values.
    fn new(column: &ChunkedColumn, rows: usize) -> Option<Dictionaries> {
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let mut found = Dictionaries {
            values: Vec::new(),
            of_chunk: Vec::new(),
        };
        let mut total = 0;
        for array in column.chunk_arrays() {
            let values = TextArray::new(array)?.dictionary()?.values();
            // Chunks share a dictionary by sharing its array.
            let address = Arc::as_ptr(values) as *const () as usize;
            let number = *numbers.entry(address).or_insert_with(|| {
                total += values.len();
                found.values.push(ArrayRef::clone(values));
                found.values.len() - 1
            });
            found.of_chunk.push(number);
        }
        (!found.values.is_empty() && total <= rows).then_some(found)
    }
}

/// Where the distinct values of an operand are.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// In the table's dictionaries.
    Table,
    /// Given by this segment.
    Segment(usize),
}

/// A segment decided by distinct value.
#[derive(Debug)]
pub(crate) struct DistinctSegment {
    /// The column of the table whose codes decide.
    source: usize,
    /// Of each operand that is a slot: where its distinct values are.
    origins: Vec<Option<Origin>>,
    /// What it gives, by dictionary.
    given: Vec<OnceLock<Distinct>>,
}

/// What a segment gives for each value of a dictionary.
#[derive(Debug)]
struct Distinct {
    values: Values,
    /// Values that are an error.
    failed: Vec<bool>,
    _reservation: Reservation,
}

#[derive(Debug)]
enum Values {
    Words(Vec<Option<u64>>),
    /// Where each text ends in `bytes`, none where null.
    Texts {
        bytes: String,
        spans: Vec<Option<(usize, usize)>>,
    },
}

impl Values {
    fn text(&self, number: usize) -> Cell<'_> {
        match self {
            Values::Texts { bytes, spans } => spans[number].map(|(start, end)| &bytes[start..end]),
            Values::Words(_) => None,
        }
    }
}

/// What is decided by distinct value in a pass.
#[derive(Debug, Default)]
pub(crate) struct DistinctPlan {
    /// Of each slot of the table.
    dictionaries: Vec<Option<Dictionaries>>,
    /// Of each segment.
    pub(crate) segments: Vec<Option<DistinctSegment>>,
    /// Of each slot: whether only such segments read it, so that its cells are never needed.
    pub(crate) unread: Vec<bool>,
    /// Of each slot: whether its codes are keys of groups.
    pub(crate) coded: Vec<bool>,
    /// Key columns of groups that are all such, sink by sink.
    pub(crate) coded_keys: Vec<Vec<usize>>,
}

impl DistinctPlan {
    /// Finds the segments that are functions of one dictionary column.
    pub(crate) fn new(
        columns: &Columns,
        program: &PassProgram,
        reads: &[Arc<ChunkedColumn>],
        rows: usize,
    ) -> DistinctPlan {
        let text = |slot: usize| program.slots[slot].lane.is_none();
        let mut plan = DistinctPlan {
            dictionaries: program.slots.iter().map(|_| None).collect(),
            segments: Vec::with_capacity(program.segments.len()),
            unread: (0..program.slots.len()).map(text).collect(),
            coded: vec![false; program.slots.len()],
            coded_keys: Vec::new(),
        };
        // The column and segment that a slot's distinct values come from.
        let mut known: Vec<Option<(usize, Origin)>> = vec![None; program.slots.len()];
        for (slot, column) in program.reads.iter().zip(reads) {
            if text(*slot)
                && let Some(dictionaries) = Dictionaries::new(column, rows)
            {
                plan.dictionaries[*slot] = Some(dictionaries);
                known[*slot] = Some((*slot, Origin::Table));
            }
        }
        for (position, segment) in program.segments.iter().enumerate() {
            let distinct = distinct_segment(columns, &plan, &known, segment);
            if let (Some(distinct), [output]) = (&distinct, &segment.outputs[..])
                && text(*output)
            {
                known[*output] = Some((distinct.source, Origin::Segment(position)));
            }
            if distinct.is_none() {
                for operand in &segment.operands {
                    if let Operand::Slot(slot) = operand {
                        plan.unread[*slot] = false;
                    }
                }
            }
            plan.segments.push(distinct);
        }
        for sink in &program.sinks {
            let coded = plan.coded_keys(sink);
            for slot in program.sink_slots(sink) {
                plan.unread[slot] &= coded.contains(&slot);
            }
            // A key may be reduced as well.
            if let SinkPlan::Group { states, .. } = sink {
                let reduced = states.iter().flat_map(|state| &state.1);
                reduced.for_each(|slot| plan.unread[*slot] = false);
            }
            if !coded.is_empty() {
                coded.iter().for_each(|slot| plan.coded[*slot] = true);
                plan.coded_keys.push(coded);
            }
        }
        for (slot, unread) in plan.unread.iter_mut().enumerate() {
            *unread &= known[slot].is_some() || program.slots[slot].place == Place::Table;
        }
        plan
    }
}

impl DistinctPlan {
    /// The keys of groups, if all are dictionaries of few values.
    fn coded_keys(&self, sink: &SinkPlan) -> Vec<usize> {
        let SinkPlan::Group { keys, .. } = sink else {
            return Vec::new();
        };
        let count = |slot: &usize| {
            let dictionaries = self.dictionaries[*slot].as_ref()?;
            dictionaries.values.iter().map(|values| values.len()).max()
        };
        let combinations = keys.iter().try_fold(1usize, |combinations, key| {
            let combinations = combinations.checked_mul(count(key)? + 1)?;
            (combinations <= MOST_CODES).then_some(combinations)
        });
        combinations.map_or_else(Vec::new, |_| keys.clone())
    }
}

impl<'r> Worker<'r> {
    /// Reads the codes of the block at hand of a key column.
    pub(crate) fn bind_codes(&mut self, slot: usize) {
        let (run, reads, rows) = (self.run, self.reads, self.rows_read());
        let store = &mut self.stores[slot];
        store.codes.clear();
        store.dictionary = None;
        let Some(dictionaries) = &run.distinct.dictionaries[slot] else {
            return;
        };
        let mut number = None;
        for (chunk, array, part) in reads.columns[slot].parts(rows) {
            let of_chunk = dictionaries.of_chunk[chunk];
            let codes = TextArray::new(array).and_then(TextArray::dictionary);
            let (Some(codes), true) = (codes, number.is_none_or(|number| number == of_chunk))
            else {
                return;
            };
            number = Some(of_chunk);
            let null = dictionaries.values[of_chunk].len() as u32;
            codes.numbers(part, null, &mut store.codes);
        }
        store.dictionary = number.map(|number| &dictionaries.values[number]);
    }

    /// Reads keys of the block at hand as text where some are of several dictionaries.
    pub(crate) fn settle_codes(&mut self) {
        let (run, reads) = (self.run, self.reads);
        for keys in &run.distinct.coded_keys {
            if keys
                .iter()
                .all(|key| self.stores[*key].dictionary.is_some())
            {
                continue;
            }
            for key in keys {
                let rows = self.rows_read();
                let store = &mut self.stores[*key];
                if run.distinct.unread[*key] {
                    reads.columns[*key].read_text(rows, &mut store.cells);
                }
                store.dictionary = None;
            }
        }
    }
}

fn distinct_segment(
    columns: &Columns,
    plan: &DistinctPlan,
    known: &[Option<(usize, Origin)>],
    segment: &SegmentPlan,
) -> Option<DistinctSegment> {
    let SegmentKind::Columnar(column) = segment.kind else {
        return None;
    };
    match columns.column(column).op {
        // Words are of 64 bits.
        _ if columns.scalar_type(column).is_decimal() => return None,
        Op::Text(_) | Op::Compare(_) | Op::OneOf(_) | Op::Cast(..) => {}
        _ => return None,
    }
    let mut source = None;
    let mut origins = Vec::with_capacity(segment.operands.len());
    for operand in &segment.operands {
        origins.push(match operand {
            Operand::Scalar(_) => None,
            Operand::Slot(slot) => {
                let (of, origin) = known[*slot]?;
                if source.is_some_and(|source| source != of) {
                    return None;
                }
                source = Some(of);
                Some(origin)
            }
        });
    }
    let source = source?;
    let dictionaries = plan.dictionaries[source].as_ref()?;
    Some(DistinctSegment {
        source,
        origins,
        given: dictionaries
            .values
            .iter()
            .map(|_| OnceLock::new())
            .collect(),
    })
}

impl PassRun<'_> {
    /// What a segment gives for the values of a dictionary.
    fn distinct_values<'s>(
        &'s self,
        position: usize,
        segment: &'s DistinctSegment,
        number: usize,
    ) -> Result<&'s Distinct, RunError> {
        let missing = || internal("distinct values that were not computed");
        let lock = segment.given.get(number).ok_or_else(missing)?;
        if let Some(given) = lock.get() {
            return Ok(given);
        }
        let row_op = self.row_ops[position].as_ref().ok_or_else(missing)?;
        let plan = &self.program.segments[position];
        let dictionaries = self.distinct.dictionaries[segment.source]
            .as_ref()
            .ok_or_else(missing)?;
        let array = &dictionaries.values[number];
        let count = array.len();
        let mut texts: Vec<Vec<Cell<'_>>> = Vec::new();
        let mut failed = vec![false; count];
        for origin in &segment.origins {
            let mut cells = Vec::with_capacity(count);
            match origin {
                None => {}
                Some(Origin::Table) => {
                    if let Some(text) = TextArray::new(array) {
                        text.read(0..count, &mut cells);
                    }
                }
                Some(Origin::Segment(before)) => {
                    // Segments run in order, so that one has run over this dictionary.
                    let before = self.distinct.segments[*before]
                        .as_ref()
                        .ok_or_else(missing)?;
                    let before = before.given[number].get().ok_or_else(missing)?;
                    cells.extend((0..count).map(|value| before.values.text(value)));
                    for (failed, before) in failed.iter_mut().zip(&before.failed) {
                        *failed |= before;
                    }
                }
            }
            texts.push(cells);
        }
        let readers: Vec<Reader<'_, '_>> = plan
            .operands
            .iter()
            .zip(&texts)
            .map(|(operand, cells)| match operand {
                Operand::Slot(_) => Reader::Cells(cells),
                Operand::Scalar(column) => Reader::of_scalar(&self.scalars[column]),
            })
            .collect();
        let is_text = self.program.slots[plan.outputs[0]].lane.is_none();
        let given = self.evaluate_distinct(row_op, &readers, failed, is_text)?;
        Ok(lock.get_or_init(|| given))
    }

    fn evaluate_distinct(
        &self,
        row_op: &RowOp,
        readers: &[Reader<'_, '_>],
        mut failed: Vec<bool>,
        is_text: bool,
    ) -> Result<Distinct, RunError> {
        let count = failed.len();
        let mut reservation = self.run.budget().try_grow(32 * count)?;
        let mut made = String::new();
        let mut words = Vec::with_capacity(if is_text { 0 } else { count });
        let mut bytes = String::new();
        let mut spans = Vec::with_capacity(if is_text { count } else { 0 });
        for (value, failed) in failed.iter_mut().enumerate() {
            let result = match arguments_of(readers, value) {
                Some(arguments) if !*failed => row_op.apply(&arguments, &mut made),
                _ => RowResult::Null,
            };
            let text = match result {
                RowResult::Text(text) => Some(text),
                RowResult::Made => Some(made.as_str()),
                RowResult::Null | RowResult::Failed | RowResult::Word(_) => None,
            };
            *failed |= matches!(result, RowResult::Failed);
            if is_text {
                spans.push(text.map(|text| {
                    bytes.push_str(text);
                    (bytes.len() - text.len(), bytes.len())
                }));
                reservation.grow_to(32 * count + bytes.capacity())?;
            } else {
                words.push(match result {
                    RowResult::Word(word) => Some(word),
                    _ => None,
                });
            }
        }
        let values = if is_text {
            Values::Texts { bytes, spans }
        } else {
            Values::Words(words)
        };
        Ok(Distinct {
            values,
            failed,
            _reservation: reservation,
        })
    }
}

impl<'r> Worker<'r> {
    /// Runs a segment over the block at hand by distinct value; true if some row may have raised.
    pub(crate) fn run_distinct(
        &mut self,
        position: usize,
        distinct: &'r DistinctSegment,
        segment: &SegmentPlan,
    ) -> Result<bool, RunError> {
        let run = self.run;
        let output = segment.outputs[0];
        let source = &*self.reads.columns[distinct.source];
        let dictionaries = run.distinct.dictionaries[distinct.source]
            .as_ref()
            .ok_or_else(|| internal("a dictionary that is none"))?;
        let is_text = run.program.slots[output].lane.is_none();
        let is_kept = !run.distinct.unread[output];
        let mut flagged = false;
        let mut codes = Vec::with_capacity(self.block.rows);
        let mut words = Vec::new();
        let mut cells = Vec::new();
        for (chunk, array, part) in source.parts(self.rows_read()) {
            let given = run.distinct_values(position, distinct, dictionaries.of_chunk[chunk])?;
            if is_text && !is_kept {
                continue;
            }
            let dictionary = TextArray::new(array).and_then(TextArray::dictionary);
            let dictionary = dictionary.ok_or_else(|| internal("a chunk without dictionary"))?;
            codes.clear();
            dictionary.codes(part, &mut codes);
            flagged |= codes.iter().flatten().any(|code| given.failed[*code]);
            match &given.values {
                Values::Words(known) => {
                    words.extend(codes.iter().map(|code| code.and_then(|code| known[code])));
                }
                texts @ Values::Texts { .. } => {
                    let text = |code: &Option<usize>| code.and_then(|code| texts.text(code));
                    cells.extend(codes.iter().map(text));
                }
            }
        }
        if !is_text {
            self.put_words(output, &words, flagged)?;
        } else if is_kept {
            self.put_cells(output, cells);
        }
        Ok(flagged)
    }
}
