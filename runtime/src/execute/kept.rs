//! The rows that sinks kept, once all rows of a pass were seen: each column as a whole.
//!
//! A column that stands in the table was not touched by the pass: which rows were kept is known by
//! now, so they go from the table straight to where they will stand, on all threads, each morsel's to
//! its place. What the pass computed and kept is put together likewise. Text keeps its layout, and a
//! dictionary stays one.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayData, ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, make_array,
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

/// Rows of a column that end up side by side.
struct Piece<'a> {
    rows: Range<usize>,
    /// Which of them; none: all.
    chosen: Option<Chosen<'a>>,
    /// How many that are.
    count: usize,
}

impl Run<'_> {
    /// The columns that a sink kept, their rows in the order of the pass; `stand` has those that stand
    /// in its table.
    pub(crate) fn kept_columns(
        &self,
        columns: &Columns,
        kept: &[(ColumnId, usize)],
        stand: &[Option<Arc<ChunkedColumn>>],
        mut parts: Vec<RowsPart>,
    ) -> Result<Vec<ChunkedColumn>, RunError> {
        parts.sort_by_key(|part| part.first_row);
        let mut made: Vec<Option<ChunkedColumn>> = Vec::with_capacity(kept.len());
        for (position, (column, _)) in kept.iter().enumerate() {
            made.push(match &stand[position] {
                Some(_) => None,
                None => Some(computed(
                    columns.scalar_type(*column),
                    position,
                    &mut parts,
                )?),
            });
        }
        let column = |(position, (column, _)): (usize, &(ColumnId, usize))| {
            let scalar = columns.scalar_type(*column);
            match (&stand[position], &made[position]) {
                (Some(column), _) => self.chosen_rows(scalar, column, &parts),
                (None, Some(column)) => self.one_piece(scalar, column),
                (None, None) => Err(internal("a column that was not kept")),
            }
        };
        if rayon::current_thread_index().is_some() {
            kept.par_iter().enumerate().map(column).collect()
        } else {
            kept.iter().enumerate().map(column).collect()
        }
    }

    /// The rows of a column of the table that were kept.
    fn chosen_rows(
        &self,
        scalar: ScalarType,
        column: &ChunkedColumn,
        parts: &[RowsPart],
    ) -> Result<ChunkedColumn, RunError> {
        let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(parts.len());
        let mut total = 0;
        for part in parts {
            // All rows were kept of every part, or of none.
            let Some(chosen) = &part.chosen else {
                return Ok(column.clone());
            };
            let first = part.first_row as usize / 64 * 64;
            let rows = first..column.rows().min(first + 64 * chosen.len());
            let chosen = Chosen::new(chosen, 0);
            if rows.start > rows.end || chosen.count(rows.len()) != part.rows {
                return Err(internal("rows kept that are none of the table"));
            }
            total += part.rows;
            if part.rows > 0 {
                pieces.push(Piece {
                    rows,
                    chosen: Some(chosen),
                    count: part.rows,
                });
            }
        }
        if total == column.rows() {
            return Ok(column.clone());
        }
        let found = match column.lane() {
            Some(lane) => column.with_array(self.assemble(scalar, lane, column, &pieces)?)?,
            None => column.with_arrays(self.texts(column, &pieces)?)?,
        };
        Ok(found.with_errors(errors_of(column, &pieces)))
    }

    /// A column that was kept in parts, as a whole where it is of fixed width.
    fn one_piece(
        &self,
        scalar: ScalarType,
        column: &ChunkedColumn,
    ) -> Result<ChunkedColumn, RunError> {
        let Some(lane) = column.lane() else {
            return Ok(column.clone());
        };
        let mut pieces = Vec::new();
        let mut start = 0;
        for array in column.chunk_arrays() {
            let count = array.len();
            pieces.push(Piece {
                rows: start..start + count,
                chosen: None,
                count,
            });
            start += count;
        }
        if pieces.len() < 2 {
            return Ok(column.clone());
        }
        let array = self.assemble(scalar, lane, column, &pieces)?;
        let errors = column.errors().to_vec();
        Ok(column.with_array(array)?.with_errors(errors))
    }

    /// Pieces of a column of fixed width, behind one another.
    fn assemble(
        &self,
        scalar: ScalarType,
        lane: Lane,
        column: &ChunkedColumn,
        pieces: &[Piece<'_>],
    ) -> Result<ArrayRef, RunError> {
        let total = pieces.iter().map(|piece| piece.count).sum();
        let values = match lane {
            Lane::Bool => packed(column, pieces, total, |part| Some(part.bools)).into_buffer(),
            _ => self.values(lane, column, pieces, total)?,
        };
        let nulls = (column.null_count() > 0)
            .then(|| packed(column, pieces, total, |part| part.validity))
            .and_then(PackedBits::into_nulls);
        let data = ArrayData::builder(arrow_type(scalar))
            .len(total)
            .add_buffer(values)
            .nulls(nulls);
        Ok(make_array(data.build()?))
    }

    /// The values of pieces that are no bools, each piece's written to its place.
    fn values(
        &self,
        lane: Lane,
        column: &ChunkedColumn,
        pieces: &[Piece<'_>],
        total: usize,
    ) -> Result<Buffer, RunError> {
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
            for part in column.lane_parts(piece.rows.clone()) {
                match piece.chosen {
                    None => {
                        let (to, rest) = place.split_at_mut(part.values.len());
                        to.copy_from_slice(part.values);
                        place = rest;
                    }
                    Some(chosen) => {
                        let chosen = chosen.from(part.start);
                        let bytes = lane.bytes(chosen.count(part.rows));
                        let (to, rest) = place.split_at_mut(bytes);
                        compact(lane, part.values, chosen, to);
                        place = rest;
                    }
                }
            }
        };
        if rayon::current_thread_index().is_some() {
            places.into_par_iter().for_each(write);
        } else {
            places.into_iter().for_each(write);
        }
        Ok(region.into_buffer(0, bytes))
    }

    /// The texts of pieces, each piece in arrays of its own.
    fn texts(
        &self,
        column: &ChunkedColumn,
        pieces: &[Piece<'_>],
    ) -> Result<Vec<ArrayRef>, RunError> {
        let one = |piece: &Piece<'_>| {
            let words = piece
                .chosen
                .map_or(Vec::new(), |chosen| chosen.to_words(piece.rows.len()));
            let bits = Buffer::from_vec(words);
            let mut start = 0;
            let mut found = Vec::new();
            for (_, array, rows) in column.parts(piece.rows.clone()) {
                let bits = BooleanBuffer::new(bits.clone(), start, rows.len());
                start += rows.len();
                let array = array.slice(rows.start, rows.len());
                match bits.count_set_bits() {
                    0 => {}
                    count if count == rows.len() => found.push(array),
                    _ => found.push(chosen_texts(&array, BooleanArray::new(bits, None))?),
                }
            }
            let is_dictionary =
                TextArray::new(&found[0]).is_some_and(|text| text.dictionary().is_some());
            // Dictionaries are put together by those who need one.
            if is_dictionary {
                Ok(found)
            } else {
                together(found)
            }
        };
        let found: Vec<Vec<ArrayRef>> = if rayon::current_thread_index().is_some() {
            pieces.par_iter().map(one).collect::<Result<_, _>>()?
        } else {
            pieces.iter().map(one).collect::<Result<_, _>>()?
        };
        let arrays: Vec<ArrayRef> = found.into_iter().flatten().collect();
        // What texts hold is the results' own; here it is only asked whether there is room.
        let bytes = arrays.iter().map(|array| array.get_array_memory_size());
        self.budget().try_grow(bytes.sum()).map(drop)?;
        Ok(arrays)
    }
}

/// The column that a pass computed and kept, morsel by morsel.
fn computed(
    scalar: ScalarType,
    position: usize,
    parts: &mut [RowsPart],
) -> Result<ChunkedColumn, RunError> {
    let mut arrays = Vec::new();
    let mut errors = Vec::new();
    let mut first = 0;
    for part in parts {
        arrays.append(&mut part.columns[position]);
        let own = part.errors.iter().filter(|error| error.column == position);
        errors.extend(own.map(|error| (first + error.row, Arc::clone(&error.error))));
        first += part.rows;
    }
    errors.sort_by_key(|error| error.0);
    Ok(ChunkedColumn::try_new(scalar, arrays)?.with_errors(errors))
}

/// The bits of pieces behind one another; where a part has none, all are set.
fn packed<'a>(
    column: &'a ChunkedColumn,
    pieces: &[Piece<'_>],
    total: usize,
    bits: impl Fn(&crate::data::LanePart<'a>) -> Option<(&'a [u8], usize)>,
) -> PackedBits {
    let mut packed = PackedBits::with_room(total);
    for piece in pieces {
        for part in column.lane_parts(piece.rows.clone()) {
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

/// The texts that are chosen; those of a dictionary with the same dictionary.
fn chosen_texts(array: &ArrayRef, chosen: BooleanArray) -> Result<ArrayRef, RunError> {
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
fn errors_of(column: &ChunkedColumn, pieces: &[Piece<'_>]) -> Vec<(usize, Arc<RowError>)> {
    let mut found = Vec::new();
    let mut errors = column.errors().iter().peekable();
    let mut before = 0;
    for piece in pieces {
        if errors.peek().is_none() {
            break;
        }
        while let Some((row, error)) = errors.next_if(|error| error.0 < piece.rows.end) {
            let Some(at) = row.checked_sub(piece.rows.start) else {
                continue;
            };
            let is_kept = piece.chosen.is_none_or(|chosen| chosen.has(at));
            if is_kept {
                let rank = piece.chosen.map_or(at, |chosen| chosen.count(at));
                found.push((before + rank, Arc::clone(error)));
            }
        }
        before += piece.count;
    }
    found
}
