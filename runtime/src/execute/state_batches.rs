//! States as record batches, so that they can travel between processes.
//!
//! One batch per sink, of rows kept one per morsel. The schema's metadata says the version, the
//! pass, the sink and its kind. A reduction's state is a binary column: little-endian words for
//! sums and counts, the bytes themselves for text. Group keys are columns of their own types.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, RecordBatch, RecordBatchOptions, UInt64Array, new_empty_array,
};
use arrow::datatypes::{Field, Schema, UInt64Type};
use icosian_ir::id::{ColumnId, PassId};
use icosian_ir::meaning::sums::{DecimalSum, ExactSum, IntegerSum};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use crate::arrow_types::arrow_type;
use crate::convert::{column_values, values_to_arrays};
use crate::data::ChunkedColumn;
use crate::error::{RunError, row_error};
use crate::execute::prepared::Prepared;
use crate::execute::program::{PassProgram, SinkPlan};
use crate::execute::sink::accumulate::Accumulators;
use crate::execute::sink::cells::{
    bytes_of, malformed, read_states, refused, states_to_array, words_of,
};
use crate::execute::sink::rows::RowsPart;
use crate::execute::sink::{CarryEntry, CarrySum, SinkState};
use crate::execute::state::{State, together};

/// The version of the layout below.
const VERSION: &str = "4";

impl State {
    /// The state as record batches.
    ///
    /// # Errors
    /// If a row kept holds an error, used later or not; or if Arrow refuses the arrays.
    pub fn to_batches(&self, prepared: &Prepared) -> Result<Vec<RecordBatch>, RunError> {
        let program = prepared.program(self.pass)?;
        let columns = prepared.columns();
        let mut batches = Vec::new();
        for (position, (plan, state)) in program.sinks.iter().zip(&self.sinks).enumerate() {
            let mut add = |kind: &str, more: &[(&str, u64)], fields: Vec<(String, ArrayRef)>| {
                let mut metadata = HashMap::from([
                    ("icosian.state".to_owned(), VERSION.to_owned()),
                    ("icosian.pass".to_owned(), self.pass.to_string()),
                    ("icosian.sink".to_owned(), position.to_string()),
                    ("icosian.kind".to_owned(), kind.to_owned()),
                ]);
                for (name, value) in more {
                    metadata.insert(format!("icosian.{name}"), value.to_string());
                }
                let rows = fields.first().map_or(0, |(_, array)| array.len());
                let (schema, arrays): (Vec<Field>, Vec<ArrayRef>) = fields
                    .into_iter()
                    .map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array))
                    .unzip();
                let schema = Arc::new(Schema::new_with_metadata(schema, metadata));
                let options = RecordBatchOptions::new().with_row_count(Some(rows));
                batches.push(RecordBatch::try_new_with_options(schema, arrays, &options)?);
                Ok::<(), RunError>(())
            };
            match state {
                SinkState::Output => {}
                SinkState::Reduce(states) => add("reduce", &[], states_to_fields(states))?,
                SinkState::Group(state) => {
                    let mut numbered;
                    let mut state = state;
                    if state.places.is_some() {
                        numbered = state.clone();
                        numbered.leave_places()?;
                        state = &numbered;
                    }
                    let mut fields: Vec<(String, ArrayRef)> = vec![(
                        "first_row".to_owned(),
                        Arc::new(UInt64Array::from(state.first_rows.clone())),
                    )];
                    let SinkPlan::Group { keys, .. } = plan else {
                        return Err(malformed("another sink"));
                    };
                    for (key, slot) in keys.iter().enumerate() {
                        let scalar = program.slots[*slot].ty.scalar;
                        let values: Vec<Value> = (0..state.keys.len())
                            .map(|group| state.keys.value(group, key))
                            .collect();
                        let array = one(scalar, values_to_arrays(scalar, &values)?)?;
                        fields.push((format!("key{key}"), array));
                    }
                    fields.extend(states_to_fields(&state.values));
                    add("group", &[], fields)?;
                }
                SinkState::Rows(parts) => {
                    for part in parts {
                        // An error is not written down; it would have to be raised here.
                        if let Some(deferred) = part.errors.first() {
                            let error = Box::new((*deferred.error).clone());
                            return Err(row_error(columns, error));
                        }
                        let kept = kept_columns(program, plan)?;
                        let mut fields: Vec<(String, ArrayRef)> = Vec::new();
                        for (position, column) in kept.iter().enumerate() {
                            let Some(column) = column else { continue };
                            let scalar = columns.scalar_type(*column);
                            if let Some(error) = part.chosen_error(position) {
                                return Err(row_error(columns, Box::new(error)));
                            }
                            let arrays = part.chosen_arrays(position)?;
                            let arrays = arrays.unwrap_or_else(|| part.columns[position].clone());
                            fields.push((column.to_string(), one(scalar, arrays)?));
                        }
                        let more = [("first_row", part.first_row), ("rows", part.rows as u64)];
                        add("rows", &more, fields)?;
                    }
                }
                SinkState::Carry(entries) => {
                    let starts: Vec<u64> = entries.iter().map(|entry| entry.start).collect();
                    let ends: Vec<u64> = entries.iter().map(|entry| entry.end).collect();
                    let mut fields: Vec<(String, ArrayRef)> = vec![
                        ("start".to_owned(), Arc::new(UInt64Array::from(starts))),
                        ("end".to_owned(), Arc::new(UInt64Array::from(ends))),
                    ];
                    let windows = entries.first().map_or(0, |entry| entry.sums.len());
                    for window in 0..windows {
                        let sums = entries.iter().map(|entry| {
                            Some(bytes_of(&match &entry.sums[window] {
                                CarrySum::Float(sum) => sum.to_words(),
                                CarrySum::Integer(sum) => sum.to_words(),
                                CarrySum::Decimal(sum) => sum.to_words(),
                            }))
                        });
                        fields.push((format!("sum{window}"), binary(sums)));
                    }
                    add("carry", &[], fields)?;
                }
            }
        }
        Ok(batches)
    }

    /// The state that [`State::to_batches`] wrote, here or in another process that prepared the
    /// same program.
    ///
    /// # Errors
    /// If the batches are no such state.
    pub fn from_batches(
        prepared: &Prepared,
        pass: PassId,
        batches: &[RecordBatch],
    ) -> Result<State, RunError> {
        let mut state = State::new(prepared, pass)?;
        let program = prepared.program(pass)?;
        for batch in batches {
            let schema = batch.schema();
            let metadata = |name: &str| {
                let value = schema.metadata().get(&format!("icosian.{name}"));
                value.ok_or_else(|| malformed(&format!("no {name}")))
            };
            if metadata("state")? != VERSION || *metadata("pass")? != pass.to_string() {
                return Err(malformed("another version or pass"));
            }
            let number = |name: &str| {
                let value = metadata(name)?.parse::<u64>();
                value.map_err(|_| malformed(&format!("a {name} that is no number")))
            };
            let position = number("sink")? as usize;
            let plan = program
                .sinks
                .get(position)
                .ok_or_else(|| malformed("another sink"))?;
            let mut columns = batch.columns().iter();
            let mut next = || columns.next().ok_or_else(|| malformed("too few columns"));
            match (plan, &mut state.sinks[position]) {
                (SinkPlan::Reduce { .. }, SinkState::Reduce(states)) => {
                    for state in states {
                        read_states(state, next()?)?;
                    }
                }
                (SinkPlan::Group { keys, .. }, SinkState::Group(state)) => {
                    state.first_rows = numbers(next()?)?;
                    // Which rows it saw besides is not written down.
                    state.end = u64::MAX;
                    let mut values = Vec::with_capacity(keys.len());
                    for slot in keys {
                        let scalar = program.slots[*slot].ty.scalar;
                        let column = ChunkedColumn::try_new(scalar, vec![Arc::clone(next()?)])?;
                        values.push(column_values(&column, scalar, 0..column.rows()));
                    }
                    for row in 0..state.first_rows.len() {
                        let key: Vec<&Value> = values.iter().map(|values| &values[row]).collect();
                        if !state.keys.insert_values(&key)? {
                            return Err(malformed("a key that stands there twice"));
                        }
                    }
                    for accumulators in &mut state.values {
                        accumulators.resize(state.first_rows.len());
                        read_states(accumulators, next()?)?;
                    }
                }
                (
                    SinkPlan::Build { .. }
                    | SinkPlan::Window { .. }
                    | SinkPlan::Spool { .. }
                    | SinkPlan::Stack { .. },
                    SinkState::Rows(parts),
                ) => {
                    let kept = kept_columns(program, plan)?;
                    let arrays = kept
                        .iter()
                        .map(|column| match column {
                            Some(_) => Ok(vec![Arc::clone(next()?)]),
                            None => Ok(Vec::new()),
                        })
                        .collect::<Result<Vec<_>, RunError>>()?;
                    parts.push(RowsPart {
                        first_row: number("first_row")?,
                        rows: number("rows")? as usize,
                        chosen: None,
                        columns: arrays,
                        errors: Vec::new(),
                    });
                }
                (SinkPlan::Carry { windows }, SinkState::Carry(entries)) => {
                    let (starts, ends) = (numbers(next()?)?, numbers(next()?)?);
                    let mut sums: Vec<Vec<CarrySum>> = starts.iter().map(|_| Vec::new()).collect();
                    for (_, slot) in windows.iter().filter(|_| !starts.is_empty()) {
                        let scalar = program.slots[*slot].ty.scalar;
                        let cells = next()?
                            .as_binary_opt::<i32>()
                            .ok_or_else(|| malformed("no sums"))?;
                        for (row, sums) in sums.iter_mut().enumerate() {
                            let words = words_of(cells.value(row))?;
                            sums.push(if scalar.is_float() {
                                CarrySum::Float(ExactSum::from_words(&words).map_err(refused)?)
                            } else if scalar.is_decimal() {
                                CarrySum::Decimal(DecimalSum::from_words(&words).map_err(refused)?)
                            } else {
                                CarrySum::Integer(IntegerSum::from_words(&words).map_err(refused)?)
                            });
                        }
                    }
                    for ((start, end), sums) in starts.into_iter().zip(ends).zip(sums) {
                        entries.push(CarryEntry { start, end, sums });
                    }
                }
                _ => return Err(malformed("another sink")),
            }
        }
        Ok(state)
    }
}

/// The columns that a sink keeps; none where one stands in the table, to which the pass belongs.
fn kept_columns(program: &PassProgram, plan: &SinkPlan) -> Result<Vec<Option<ColumnId>>, RunError> {
    match plan {
        SinkPlan::Build { columns }
        | SinkPlan::Window { columns }
        | SinkPlan::Spool { columns, .. }
        | SinkPlan::Stack { columns, .. } => {
            let copied = |(column, slot): &(ColumnId, usize)| {
                (!program.stands_whole(plan, *slot)).then_some(*column)
            };
            Ok(columns.iter().map(copied).collect())
        }
        SinkPlan::Output
        | SinkPlan::Reduce { .. }
        | SinkPlan::Group { .. }
        | SinkPlan::Carry { .. } => Err(malformed("another sink")),
    }
}

fn one(scalar: ScalarType, arrays: Vec<ArrayRef>) -> Result<ArrayRef, RunError> {
    let mut arrays = together(arrays)?;
    Ok(arrays
        .pop()
        .unwrap_or_else(|| new_empty_array(&arrow_type(scalar))))
}

fn numbers(array: &ArrayRef) -> Result<Vec<u64>, RunError> {
    let array = array.as_primitive_opt::<UInt64Type>();
    Ok(array
        .ok_or_else(|| malformed("no row numbers"))?
        .values()
        .to_vec())
}

fn binary(cells: impl Iterator<Item = Option<Vec<u8>>>) -> ArrayRef {
    Arc::new(cells.collect::<BinaryArray>())
}

fn states_to_fields(states: &[Accumulators]) -> Vec<(String, ArrayRef)> {
    let field = |(position, state): (usize, &Accumulators)| {
        (format!("state{position}"), states_to_array(state))
    };
    states.iter().enumerate().map(field).collect()
}
