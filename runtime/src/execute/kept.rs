//! The rows that sinks kept, once all rows of a pass were seen: each column as a whole.
//!
//! A column that stands in the table was not touched by the pass: which rows were kept is known by
//! now, so they go from the table straight to where they will stand, on all threads, each morsel's to
//! its place. What the pass computed and kept is put together likewise. Text keeps its layout, and a
//! dictionary stays one.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayData, ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, make_array,
};
use arrow::buffer::{BooleanBuffer, Buffer};
use arrow::compute::filter;
use arrow::datatypes::ArrowDictionaryKeyType;
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::RowError;
use icosian_ir::types::{Lane, ScalarType};
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};

use crate::arrow_types::arrow_type;
use crate::compact::{Chosen, PackedBits, compact};
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal};
use crate::execute::run::Run;
use crate::execute::sink::rows::RowsPart;
use crate::execute::state::together;
use crate::text::{Codes, TextArray, with_codes};

/// Rows of a column that end up side by side with others'.
struct Piece<'a> {
    column: &'a ChunkedColumn,
    rows: Range<usize>,
    /// Which of them; none: all.
    chosen: Option<Chosen<'a>>,
    /// How many that are.
    count: usize,
}

impl RowsPart {
    /// The rows of a column that stands in the table: all that were looked at, which of them are kept.
    fn standing(&self, position: usize) -> Option<Piece<'_>> {
        let chosen = self.chosen.as_ref()?;
        let column = chosen.columns.get(position)?.as_deref()?;
        let first = chosen.first;
        Some(Piece {
            column,
            rows: first..column.rows().min(first + 64 * chosen.words.len()),
            chosen: Some(Chosen::new(&chosen.words, 0)),
            count: self.rows,
        })
    }

    /// Copies the rows kept of columns that stand in the table, none of which is an error.
    pub(crate) fn settle(&mut self) -> Result<(), RunError> {
        for position in 0..self.columns.len() {
            if let Some(arrays) = self.chosen_arrays(position)? {
                self.columns[position] = arrays;
            }
        }
        self.chosen = None;
        Ok(())
    }

    /// The rows kept of a column that stands in the table; none if the column was copied.
    pub(crate) fn chosen_arrays(&self, position: usize) -> Result<Option<Vec<ArrayRef>>, RunError> {
        self.standing(position).as_ref().map(filtered).transpose()
    }

    /// An error among them.
    pub(crate) fn chosen_error(&self, position: usize) -> Option<RowError> {
        let errors = errors_of(&[self.standing(position)?]);
        errors.first().map(|(_, error)| RowError::clone(error))
    }
}

impl Run<'_> {
    /// The columns that a sink kept, their rows in the order of the pass; `stand` has those that are
    /// columns of its table as they are.
    pub(crate) fn kept_columns(
        &self,
        columns: &Columns,
        kept: &[(ColumnId, usize)],
        stand: &[Option<Arc<ChunkedColumn>>],
        mut parts: Vec<RowsPart>,
    ) -> Result<Vec<ChunkedColumn>, RunError> {
        parts.sort_by_key(|part| part.first_row);
        let column = |(position, (column, _)): (usize, &(ColumnId, usize))| match &stand[position] {
            Some(column) => Ok(column.as_ref().clone()),
            None => self.kept_column(columns.scalar_type(*column), position, &parts),
        };
        if rayon::current_thread_index().is_some() {
            kept.par_iter().enumerate().map(column).collect()
        } else {
            kept.iter().enumerate().map(column).collect()
        }
    }

    fn kept_column(
        &self,
        scalar: ScalarType,
        position: usize,
        parts: &[RowsPart],
    ) -> Result<ChunkedColumn, RunError> {
        let mut copied = Vec::with_capacity(parts.len());
        for part in parts {
            copied.push(match part.standing(position) {
                Some(_) => None,
                None => {
                    let own = part.errors.iter().filter(|error| error.column == position);
                    let mut errors: Vec<(usize, Arc<RowError>)> = own
                        .map(|error| (error.row, Arc::clone(&error.error)))
                        .collect();
                    errors.sort_by_key(|error| error.0);
                    let arrays = part.columns[position].clone();
                    Some(ChunkedColumn::try_new(scalar, arrays)?.with_errors(errors))
                }
            });
        }
        let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(parts.len());
        for (part, copied) in parts.iter().zip(&copied) {
            let piece = match copied {
                Some(column) => Some(Piece {
                    column,
                    rows: 0..column.rows(),
                    chosen: None,
                    count: column.rows(),
                }),
                None => part.standing(position),
            };
            let piece = piece.ok_or_else(|| internal("a column that was not kept"))?;
            if piece.rows.start > piece.rows.end || piece.count != part.rows {
                return Err(internal("rows kept that are none of the table"));
            }
            if piece.count > 0 {
                pieces.push(piece);
            }
        }
        let total: usize = pieces.iter().map(|piece| piece.count).sum();
        if let Some(first) = pieces.first()
            && first.column.rows() == total
            && pieces
                .iter()
                .all(|piece| std::ptr::eq(piece.column, first.column))
        {
            return Ok(first.column.clone());
        }
        let errors = errors_of(&pieces);
        let arrays = match scalar.lane() {
            Some(_) if total == 0 => Vec::new(),
            Some(lane) => vec![self.assemble(scalar, lane, &pieces, total)?],
            None => self.texts(&pieces)?,
        };
        Ok(ChunkedColumn::try_new(scalar, arrays)?.with_errors(errors))
    }

    /// Pieces of a column of fixed width, behind one another.
    fn assemble(
        &self,
        scalar: ScalarType,
        lane: Lane,
        pieces: &[Piece<'_>],
        total: usize,
    ) -> Result<ArrayRef, RunError> {
        let values = match lane {
            Lane::Bool => packed(pieces, total, |part| Some(part.bools)).into_buffer(),
            _ => self.values(lane, pieces, total)?,
        };
        let nullable = pieces.iter().any(|piece| piece.column.null_count() > 0);
        let nulls = nullable
            .then(|| packed(pieces, total, |part| part.validity))
            .and_then(PackedBits::into_nulls);
        let data = ArrayData::builder(arrow_type(scalar))
            .len(total)
            .add_buffer(values)
            .nulls(nulls);
        Ok(make_array(data.build()?))
    }

    /// The values of pieces that are no bools, each piece's written to its place.
    fn values(&self, lane: Lane, pieces: &[Piece<'_>], total: usize) -> Result<Buffer, RunError> {
        let bytes = lane.bytes(total);
        let mut region = self
            .pool()
            .take(bytes, Some(self.budget().try_grow(bytes)?));
        let mut places: Vec<(&Piece<'_>, &mut [u8])> = Vec::with_capacity(pieces.len());
        let mut room = &mut region.bytes_mut()[..bytes];
        for piece in pieces {
            let (place, rest) = room.split_at_mut(lane.bytes(piece.count));
            places.push((piece, place));
            room = rest;
        }
        let write = |(piece, mut place): (&Piece<'_>, &mut [u8])| {
            for part in piece.column.lane_parts(piece.rows.clone()) {
                match piece.chosen {
                    None => {
                        let (to, rest) = place.split_at_mut(part.values.len());
                        to.copy_from_slice(part.values);
                        place = rest;
                    }
                    Some(chosen) => {
                        let chosen = chosen.from(part.start);
                        let count = compact(lane, part.values, chosen, place);
                        place = &mut place[lane.bytes(count)..];
                    }
                }
            }
            assert!(place.is_empty(), "as many rows as were counted");
        };
        if rayon::current_thread_index().is_some() {
            places.into_par_iter().for_each(write);
        } else {
            places.into_iter().for_each(write);
        }
        Ok(region.into_buffer(0, bytes))
    }

    /// The texts of pieces, each piece in arrays of its own.
    fn texts(&self, pieces: &[Piece<'_>]) -> Result<Vec<ArrayRef>, RunError> {
        let found: Vec<Vec<ArrayRef>> = if rayon::current_thread_index().is_some() {
            pieces.par_iter().map(filtered).collect::<Result<_, _>>()?
        } else {
            pieces.iter().map(filtered).collect::<Result<_, _>>()?
        };
        let arrays: Vec<ArrayRef> = found.into_iter().flatten().collect();
        // What texts hold is the results' own; here it is only asked whether there is room.
        self.budget().try_grow(buffer_bytes(&arrays)).map(drop)?;
        Ok(arrays)
    }
}

/// How many bytes the buffers of arrays have, each counted once: pieces share those of the source, and
/// dictionaries.
fn buffer_bytes(arrays: &[ArrayRef]) -> usize {
    let mut known = HashSet::new();
    let mut bytes = 0;
    let mut open: Vec<ArrayData> = arrays.iter().map(|array| array.to_data()).collect();
    while let Some(data) = open.pop() {
        let nulls = data.nulls().map(|nulls| nulls.buffer());
        for buffer in data.buffers().iter().chain(nulls) {
            if known.insert(buffer.data_ptr()) {
                bytes += buffer.capacity();
            }
        }
        open.extend_from_slice(data.child_data());
    }
    bytes
}

/// The rows of a piece, in the layout they have; what is no dictionary in one array.
fn filtered(piece: &Piece<'_>) -> Result<Vec<ArrayRef>, RunError> {
    let Some(chosen) = piece.chosen else {
        return Ok(piece.column.arrays(piece.rows.clone()));
    };
    let bits = Buffer::from_vec(chosen.to_words(piece.rows.len()));
    let mut start = 0;
    let mut found = Vec::new();
    for array in piece.column.arrays(piece.rows.clone()) {
        let bits = BooleanBuffer::new(bits.clone(), start, array.len());
        start += array.len();
        match bits.count_set_bits() {
            0 => {}
            count if count == array.len() => found.push(array),
            _ => found.push(chosen_values(&array, BooleanArray::new(bits, None))?),
        }
    }
    let text = found.first().and_then(TextArray::new);
    let is_dictionary = text.is_some_and(|text| text.dictionary().is_some());
    // Dictionaries are put together by those who need one.
    if is_dictionary {
        Ok(found)
    } else {
        together(found)
    }
}

/// The bits of pieces behind one another; where a part has none, all are set.
fn packed<'a>(
    pieces: &[Piece<'a>],
    total: usize,
    bits: impl Fn(&crate::data::LanePart<'a>) -> Option<(&'a [u8], usize)>,
) -> PackedBits {
    let mut packed = PackedBits::with_room(total);
    for piece in pieces {
        for part in piece.column.lane_parts(piece.rows.clone()) {
            let chosen = piece.chosen.map(|chosen| chosen.from(part.start));
            match (bits(&part), chosen) {
                (None, None) => packed.push_set(part.rows),
                (None, Some(chosen)) => packed.push_set(chosen.count(part.rows)),
                (Some((from, start)), None) => packed.push_bits(from, start, part.rows),
                (Some((from, start)), Some(chosen)) => {
                    packed.push_chosen(from, start, part.rows, chosen);
                }
            }
        }
    }
    packed
}

/// The values that are chosen; those of a dictionary with the same dictionary.
fn chosen_values(array: &ArrayRef, chosen: BooleanArray) -> Result<ArrayRef, RunError> {
    fn codes<K: ArrowDictionaryKeyType>(
        array: &DictionaryArray<K>,
        chosen: &BooleanArray,
    ) -> Result<ArrayRef, RunError> {
        let codes = filter(array.keys(), chosen)?;
        let codes = PrimitiveArray::<K>::from(codes.to_data());
        let values = Arc::clone(array.values());
        Ok(Arc::new(DictionaryArray::try_new(codes, values)?))
    }
    match TextArray::new(array).and_then(TextArray::dictionary) {
        None => Ok(filter(array, &chosen)?),
        Some(array) => with_codes!(array, array => codes(array, &chosen)),
    }
}

/// The errors in rows of pieces, by where the rows stand behind one another.
fn errors_of(pieces: &[Piece<'_>]) -> Vec<(usize, Arc<RowError>)> {
    let mut found = Vec::new();
    let mut before = 0;
    for piece in pieces {
        for (row, error) in piece.column.errors() {
            if !piece.rows.contains(row) {
                continue;
            }
            let at = row - piece.rows.start;
            match piece.chosen {
                None => found.push((before + at, Arc::clone(error))),
                Some(chosen) if chosen.has(at) => {
                    found.push((before + chosen.count(at), Arc::clone(error)));
                }
                Some(_) => {}
            }
        }
        before += piece.count;
    }
    found
}
