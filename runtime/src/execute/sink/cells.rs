//! States of reductions as bytes, one cell per group: little-endian words, and text by its length
//! and bytes.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeBinaryArray};
use icosian_ir::meaning::sketch::Sketch;
use icosian_ir::meaning::sums::{
    CoMoments, DecimalSum, ExactSum, IntegerMoments, IntegerProduct, IntegerSum, MalformedWords,
    Moments, PowerSums, WeightedSum,
};

use super::accumulate::Accumulators;
use crate::error::RunError;

/// What was found where a state should be.
pub(crate) fn malformed(what: &str) -> RunError {
    RunError::Data {
        what: "a state batch".to_owned(),
        expected: "version 4 of the same pass".to_owned(),
        found: what.to_owned(),
    }
}

pub(crate) fn refused(error: impl std::fmt::Display) -> RunError {
    malformed(&error.to_string())
}

/// Appends a word.
pub(crate) fn put(cell: &mut Vec<u8>, word: u64) {
    cell.extend_from_slice(&word.to_le_bytes());
}

pub(crate) fn bytes_of(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(crate) fn words_of(bytes: &[u8]) -> Result<Vec<u64>, RunError> {
    let (words, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(malformed("bytes that are no words"));
    }
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

/// Reads what was put.
pub(crate) struct CellReader<'c> {
    rest: &'c [u8],
}

impl<'c> CellReader<'c> {
    pub(crate) fn new(rest: &'c [u8]) -> CellReader<'c> {
        CellReader { rest }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn word(&mut self) -> Result<u64, RunError> {
        let (word, rest) = self
            .rest
            .split_first_chunk::<8>()
            .ok_or_else(|| malformed("a state that ends early"))?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*word))
    }

    pub(crate) fn text(&mut self) -> Result<&'c str, RunError> {
        let length = usize::try_from(self.word()?).unwrap_or(usize::MAX);
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| malformed("a text that ends early"))?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(refused)
    }

    pub(crate) fn finish(self) -> Result<(), RunError> {
        if self.is_done() {
            Ok(())
        } else {
            Err(malformed("more than a state"))
        }
    }
}

/// The states, one cell each.
pub(crate) fn states_to_array(states: &Accumulators) -> ArrayRef {
    let counted = |count: u64, words: Vec<u64>| {
        let mut all = vec![count];
        all.extend(words);
        Some(bytes_of(&all))
    };
    fn some<S>(states: &[S], cell: impl Fn(&S) -> Vec<u8>) -> Vec<Option<Vec<u8>>> {
        states.iter().map(|state| Some(cell(state))).collect()
    }
    let all = |cells: Vec<Vec<u8>>| cells.into_iter().map(Some).collect();
    let cells: Vec<Option<Vec<u8>>> = match states {
        Accumulators::Count(states) => some(states, |count| bytes_of(&[*count])),
        Accumulators::FloatSum(states) => (0..states.len())
            .map(|group| counted(states.count(group), states.sum(group).to_words()))
            .collect(),
        Accumulators::IntegerSum(states) => states
            .iter()
            .map(|(sum, count)| counted(*count, sum.to_words()))
            .collect(),
        Accumulators::DecimalSum(states) => states
            .iter()
            .map(|(sum, count)| counted(*count, sum.to_words()))
            .collect(),
        Accumulators::IntegerProduct(states) => some(states, |state| bytes_of(&state.to_words())),
        Accumulators::FloatMoments(states) => some(states, |state| bytes_of(&state.to_words())),
        Accumulators::IntegerMoments(states) => some(states, |state| bytes_of(&state.to_words())),
        Accumulators::Powers(states) => some(states, |state| bytes_of(&state.to_words())),
        Accumulators::Pairs(states) => some(states, |state| bytes_of(&state.to_words())),
        Accumulators::Weighted(states) => some(states, |state| bytes_of(&state.to_words())),
        Accumulators::FloatBest(states, _) => states
            .iter()
            .map(|state| state.map(|value| bytes_of(&[value.to_bits()])))
            .collect(),
        Accumulators::IntegerBest(states, _) => states
            .iter()
            .map(|state| state.map(|value| value.to_le_bytes().to_vec()))
            .collect(),
        Accumulators::TextBest(states, _) => states
            .iter()
            .map(|state| state.as_ref().map(|text| text.as_bytes().to_vec()))
            .collect(),
        Accumulators::Decided(states, _) => states
            .iter()
            .map(|state| state.map(|decided| vec![u8::from(decided)]))
            .collect(),
        Accumulators::Sketch(states) => some(states, Sketch::to_bytes),
        Accumulators::Tally(tally) => all(tally.to_cells()),
        Accumulators::Collected(collected) => all(collected.to_cells()),
        Accumulators::Picked(picked) => all(picked.to_cells()),
    };
    Arc::new(cells.into_iter().collect::<LargeBinaryArray>())
}

/// Reads as many states as there are.
pub(crate) fn read_states(states: &mut Accumulators, array: &ArrayRef) -> Result<(), RunError> {
    let cells = array
        .as_binary_opt::<i64>()
        .ok_or_else(|| malformed("no states"))?;
    if states.groups() != cells.len() {
        return Err(malformed("another number of states"));
    }
    for row in 0..cells.len() {
        read_state(states, row, cells.is_valid(row).then(|| cells.value(row)))?;
    }
    Ok(())
}

fn read_state(states: &mut Accumulators, row: usize, cell: Option<&[u8]>) -> Result<(), RunError> {
    let bytes = cell.unwrap_or_default();
    let word = || {
        let words = words_of(bytes)?;
        words.first().copied().ok_or_else(|| malformed("no state"))
    };
    let counted = || {
        let words = words_of(bytes)?;
        let (count, rest) = words.split_first().ok_or_else(|| malformed("no state"))?;
        Ok::<_, RunError>((*count, rest.to_vec()))
    };
    fn state<S>(
        bytes: &[u8],
        read: impl Fn(&[u64]) -> Result<S, MalformedWords>,
    ) -> Result<S, RunError> {
        read(&words_of(bytes)?).map_err(refused)
    }
    match states {
        Accumulators::Count(states) => states[row] = word()?,
        Accumulators::FloatSum(states) => {
            let (count, words) = counted()?;
            let sum = ExactSum::from_words(&words).map_err(refused)?;
            states.set(row, &sum, count);
        }
        Accumulators::IntegerSum(states) => {
            let (count, words) = counted()?;
            states[row] = (IntegerSum::from_words(&words).map_err(refused)?, count);
        }
        Accumulators::DecimalSum(states) => {
            let (count, words) = counted()?;
            states[row] = (DecimalSum::from_words(&words).map_err(refused)?, count);
        }
        Accumulators::IntegerProduct(states) => {
            states[row] = state(bytes, IntegerProduct::from_words)?;
        }
        Accumulators::FloatMoments(states) => states[row] = state(bytes, Moments::from_words)?,
        Accumulators::IntegerMoments(states) => {
            states[row] = state(bytes, IntegerMoments::from_words)?;
        }
        Accumulators::Powers(states) => states[row] = state(bytes, PowerSums::from_words)?,
        Accumulators::Pairs(states) => states[row] = state(bytes, CoMoments::from_words)?,
        Accumulators::Weighted(states) => states[row] = state(bytes, WeightedSum::from_words)?,
        Accumulators::FloatBest(states, _) => {
            states[row] = match cell {
                None => None,
                Some(_) => Some(f64::from_bits(word()?)),
            };
        }
        Accumulators::IntegerBest(states, _) => {
            let read = |bytes: &[u8]| {
                let bytes = bytes.try_into().map_err(|_| malformed("no integer"))?;
                Ok::<_, RunError>(i128::from_le_bytes(bytes))
            };
            states[row] = cell.map(read).transpose()?;
        }
        Accumulators::TextBest(states, _) => {
            let read = |bytes| std::str::from_utf8(bytes).map(Box::from).map_err(refused);
            states[row] = cell.map(read).transpose()?;
        }
        Accumulators::Decided(states, _) => states[row] = cell.map(|bytes| bytes == [1]),
        Accumulators::Sketch(states) => {
            let sketch = Sketch::from_bytes(bytes);
            states[row] = sketch.ok_or_else(|| malformed("no sketch"))?;
        }
        Accumulators::Tally(tally) => tally.read_cell(row, bytes)?,
        Accumulators::Collected(collected) => collected.read_cell(row, bytes)?,
        Accumulators::Picked(picked) => picked.read_cell(row, bytes)?,
    }
    Ok(())
}
