//! Tables in memory: Arrow arrays in chunks, in row order.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::datatypes::DataType;
use icosian_ir::id::ColumnId;
use icosian_ir::interpret::RowError;
use icosian_ir::types::{Lane, ScalarType};

use crate::arrow_types::arrow_type;
use crate::error::{RunError, internal};
use crate::source::{Scan, Unread};
use crate::text::{Cell, TextArray, is_text};

/// A column in chunks of one Arrow type.
#[derive(Clone, Debug)]
pub struct ChunkedColumn {
    data_type: DataType,
    lane: Option<Lane>,
    chunks: Vec<Chunk>,
    /// The first row of each chunk, then the number of rows.
    starts: Vec<usize>,
    /// Rows whose value is an error that nothing has needed so far, ascending.
    errors: Vec<(usize, Arc<RowError>)>,
}

/// One array, and where its values and validity lie.
#[derive(Clone, Debug)]
struct Chunk {
    array: ArrayRef,
    /// From the first row's value on (bools: from the array's buffer on).
    values: Buffer,
    /// Where the first bool lies, in bits.
    bit_offset: usize,
    /// None where the chunk has no null.
    nulls: Option<NullBuffer>,
}

impl ChunkedColumn {
    /// A column of a type from arrays in row order; arrays without rows are left out. Text whose
    /// layouts differ is brought to one.
    ///
    /// # Errors
    /// If an array is of another type.
    pub fn try_new(scalar: ScalarType, arrays: Vec<ArrayRef>) -> Result<ChunkedColumn, RunError> {
        let wanted = arrow_type(scalar);
        let arrays = if scalar == ScalarType::Str {
            one_layout(arrays)?
        } else {
            arrays
        };
        let found = arrays
            .first()
            .map_or_else(|| wanted.clone(), |array| array.data_type().clone());
        for array in &arrays {
            let fits = match scalar {
                ScalarType::Str => is_text(array.data_type()) && *array.data_type() == found,
                _ => *array.data_type() == wanted,
            };
            if !fits {
                return Err(RunError::Data {
                    what: "a column".to_owned(),
                    expected: if scalar == ScalarType::Str {
                        &found
                    } else {
                        &wanted
                    }
                    .to_string(),
                    found: array.data_type().to_string(),
                });
            }
        }
        ChunkedColumn::of_type(found, scalar.lane(), arrays)
    }

    fn of_type(
        data_type: DataType,
        lane: Option<Lane>,
        arrays: Vec<ArrayRef>,
    ) -> Result<ChunkedColumn, RunError> {
        let mut chunks = Vec::with_capacity(arrays.len());
        let mut starts = vec![0];
        let mut rows = 0;
        for array in arrays {
            if array.is_empty() {
                continue;
            }
            rows += array.len();
            starts.push(rows);
            chunks.push(Chunk::new(array, lane)?);
        }
        Ok(ChunkedColumn {
            data_type,
            lane,
            chunks,
            starts,
            errors: Vec::new(),
        })
    }

    /// What the column's rows are in one array, perhaps in another order or not all of them; without
    /// its errors.
    pub(crate) fn with_array(&self, array: ArrayRef) -> Result<ChunkedColumn, RunError> {
        ChunkedColumn::of_type(array.data_type().clone(), self.lane, vec![array])
    }

    /// As [`ChunkedColumn::with_array`], in several arrays.
    pub(crate) fn with_arrays(&self, arrays: Vec<ArrayRef>) -> Result<ChunkedColumn, RunError> {
        ChunkedColumn::of_type(self.data_type.clone(), self.lane, arrays)
    }

    /// The column with errors in place of the values of some rows, which ascend.
    #[must_use]
    pub(crate) fn with_errors(mut self, errors: Vec<(usize, Arc<RowError>)>) -> ChunkedColumn {
        self.errors = errors;
        self
    }

    /// Rows whose value is an error.
    pub(crate) fn errors(&self) -> &[(usize, Arc<RowError>)] {
        &self.errors
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// The Arrow type of every chunk.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// How values stand in memory; none for text.
    pub fn lane(&self) -> Option<Lane> {
        self.lane
    }

    /// How many nulls.
    pub fn null_count(&self) -> usize {
        let nulls = |chunk: &Chunk| chunk.nulls.as_ref().map_or(0, NullBuffer::null_count);
        self.chunks.iter().map(nulls).sum()
    }

    /// The arrays that hold `rows`, in order, none copied.
    pub fn arrays(&self, rows: Range<usize>) -> Vec<ArrayRef> {
        self.pieces(rows)
            .map(|(chunk, part)| {
                if part == (0..chunk.array.len()) {
                    Arc::clone(&chunk.array)
                } else {
                    chunk.array.slice(part.start, part.len())
                }
            })
            .collect()
    }

    /// The array of each chunk, in order.
    pub(crate) fn chunk_arrays(&self) -> impl Iterator<Item = &ArrayRef> {
        self.chunks.iter().map(|chunk| &chunk.array)
    }

    /// The chunks that hold `rows`: the number and array of each, and the rows within it.
    pub(crate) fn parts(
        &self,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (usize, &ArrayRef, Range<usize>)> {
        let first = self.locate(rows.start).map_or(0, |at| at.0);
        let pieces = self.pieces(rows).enumerate();
        pieces.map(move |(position, (chunk, part))| (first + position, &chunk.array, part))
    }

    /// The chunk of a row and the row within it.
    fn locate(&self, row: usize) -> Option<(usize, usize)> {
        if row >= self.rows() {
            return None;
        }
        let chunk = self.starts.partition_point(|start| *start <= row) - 1;
        Some((chunk, row - self.starts[chunk]))
    }

    /// The chunks that hold `rows`, each with the rows within it.
    fn pieces(&self, rows: Range<usize>) -> impl Iterator<Item = (&Chunk, Range<usize>)> {
        let first = self.locate(rows.start).map_or(self.chunks.len(), |at| at.0);
        self.chunks[first..]
            .iter()
            .zip(&self.starts[first..])
            .map_while(move |(chunk, start)| {
                let part = rows.start.saturating_sub(*start)
                    ..rows.end.saturating_sub(*start).min(chunk.array.len());
                (rows.end > *start && part.start < part.end).then_some((chunk, part))
            })
    }

    /// Where the values and validity of `rows` lie if no copy is needed for kernels to read them.
    pub(crate) fn direct(&self, rows: Range<usize>) -> Direct<'_> {
        let nothing = Direct {
            values: None,
            validity: Validity::Copied,
        };
        let Some((chunk, start)) = self.locate(rows.start) else {
            return nothing;
        };
        let chunk = &self.chunks[chunk];
        let Some(lane) = self.lane else {
            return nothing;
        };
        if start + rows.len() > chunk.array.len() || !rows.len().is_multiple_of(8) {
            return nothing;
        }
        let values = match lane {
            Lane::Bool => {
                let bit = chunk.bit_offset + start;
                bit.is_multiple_of(8)
                    .then(|| &chunk.values[bit / 8..bit / 8 + rows.len() / 8])
            }
            _ => Some(&chunk.values[lane.bytes(start)..lane.bytes(start + rows.len())]),
        };
        let validity = match &chunk.nulls {
            None => Validity::Absent,
            Some(nulls) => {
                let bit = nulls.offset() + start;
                if bit.is_multiple_of(8) {
                    Validity::Bits(&nulls.validity()[bit / 8..bit / 8 + rows.len() / 8])
                } else {
                    Validity::Copied
                }
            }
        };
        Direct { values, validity }
    }

    /// Copies the values of `rows` to the front of `values`, and their validity to the front of
    /// `validity` if there is any null; the rest up to `padded` rows becomes zero and invalid.
    /// Gives whether there is a null.
    pub(crate) fn copy(
        &self,
        rows: Range<usize>,
        padded: usize,
        values: &mut [u8],
        validity: &mut [u8],
    ) -> bool {
        let Some(lane) = self.lane else { return false };
        let count = rows.len();
        values[..lane.bytes(padded)].fill(0);
        validity[..padded.div_ceil(8)].fill(0);
        let mut done = 0;
        let mut nulls = false;
        for (chunk, part) in self.pieces(rows) {
            let length = part.len();
            if lane == Lane::Bool {
                let from = chunk.bit_offset + part.start;
                crate::bytes::blit_bits(&chunk.values, from, length, values, done);
            } else {
                values[lane.bytes(done)..lane.bytes(done + length)]
                    .copy_from_slice(&chunk.values[lane.bytes(part.start)..lane.bytes(part.end)]);
            }
            match &chunk.nulls {
                None => crate::bytes::fill_bits(validity, done, length, true),
                Some(bits) => {
                    nulls = true;
                    let from = bits.offset() + part.start;
                    crate::bytes::blit_bits(bits.validity(), from, length, validity, done);
                }
            }
            done += length;
        }
        nulls || count < padded
    }

    /// The values and bits of `rows`, chunk by chunk; not for text.
    pub(crate) fn lane_parts(&self, rows: Range<usize>) -> impl Iterator<Item = LanePart<'_>> {
        let mut next = 0;
        self.pieces(rows).map(move |(chunk, part)| {
            let start = next;
            next += part.len();
            let values = match self.lane {
                None | Some(Lane::Bool) => &[],
                Some(lane) => &chunk.values[lane.bytes(part.start)..lane.bytes(part.end)],
            };
            let nulls = chunk.nulls.as_ref();
            LanePart {
                start,
                rows: part.len(),
                values,
                bools: (&chunk.values, chunk.bit_offset + part.start),
                validity: nulls.map(|bits| (bits.validity(), bits.offset() + part.start)),
            }
        })
    }

    /// Replaces `cells` by the cells of `rows`; for text.
    pub(crate) fn read_text<'a>(&'a self, rows: Range<usize>, cells: &mut Vec<Cell<'a>>) {
        cells.clear();
        for (chunk, part) in self.pieces(rows) {
            if let Some(text) = TextArray::new(&chunk.array) {
                text.read(part, cells);
            }
        }
    }

    /// The values of a column that is one chunk: its bytes, the bit of the first bool, its nulls.
    pub(crate) fn payload(&self) -> Option<(&[u8], usize, Option<&NullBuffer>)> {
        match &self.chunks[..] {
            [chunk] => Some((&chunk.values, chunk.bit_offset, chunk.nulls.as_ref())),
            _ => None,
        }
    }

    /// The one array that holds all of `rows`, and the rows within it.
    pub(crate) fn single(&self, rows: Range<usize>) -> Option<(&ArrayRef, Range<usize>)> {
        let (chunk, start) = self.locate(rows.start)?;
        let array = &self.chunks[chunk].array;
        (start + rows.len() <= array.len()).then_some((array, start..start + rows.len()))
    }
}

/// Arrays of text in the layout they have, if it is one, else in 64-bit offsets.
fn one_layout(arrays: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, RunError> {
    let same = arrays
        .windows(2)
        .all(|pair| pair[0].data_type() == pair[1].data_type());
    if same || !arrays.iter().all(|array| is_text(array.data_type())) {
        return Ok(arrays);
    }
    let plain = arrays
        .iter()
        .map(|array| arrow::compute::cast(array, &DataType::LargeUtf8));
    Ok(plain.collect::<Result<_, _>>()?)
}

/// What can be read in place.
pub(crate) struct Direct<'a> {
    pub(crate) values: Option<&'a [u8]>,
    pub(crate) validity: Validity<'a>,
}

/// Rows of fixed width in one chunk.
pub(crate) struct LanePart<'a> {
    /// The first of them, counted from the first row asked for.
    pub(crate) start: usize,
    pub(crate) rows: usize,
    /// The values that are no bools.
    pub(crate) values: &'a [u8],
    /// Where bools are, and the first one's bit.
    pub(crate) bools: (&'a [u8], usize),
    /// Where validity is, and the first row's bit; none where there is no null.
    pub(crate) validity: Option<(&'a [u8], usize)>,
}

/// Where validity lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Validity<'a> {
    /// Every row has a value.
    Absent,
    /// In place, from a byte border on.
    Bits(&'a [u8]),
    /// It must be copied.
    Copied,
}

impl Chunk {
    fn new(array: ArrayRef, lane: Option<Lane>) -> Result<Chunk, RunError> {
        let nulls = array
            .nulls()
            .filter(|nulls| nulls.null_count() > 0)
            .cloned();
        let data = array.to_data();
        let (values, bit_offset) = match lane {
            None => (Buffer::from_vec(Vec::<u8>::new()), 0),
            Some(lane) => {
                let buffer = data
                    .buffers()
                    .first()
                    .ok_or_else(|| internal("an array without values"))?;
                if lane == Lane::Bool {
                    (buffer.clone(), data.offset())
                } else {
                    let start = lane.bytes(data.offset());
                    (buffer.slice_with_length(start, lane.bytes(array.len())), 0)
                }
            }
        };
        Ok(Chunk {
            array,
            values,
            bit_offset,
            nulls,
        })
    }
}

/// Columns of one table that a run is given, or that a pass left, in memory.
#[derive(Clone, Debug, Default)]
pub struct BoundTable {
    rows: usize,
    columns: HashMap<ColumnId, Arc<ChunkedColumn>>,
    unread: Unread,
    scan: Option<Arc<BoundScan>>,
}

/// Columns of a table that the pass which reads them decodes.
#[derive(Debug)]
pub(crate) struct BoundScan {
    pub(crate) scan: Scan,
    /// The columns of the scan, in its order.
    pub(crate) columns: Vec<Option<ColumnId>>,
}

impl BoundTable {
    /// A table of so many rows, without columns yet.
    pub fn new(rows: usize) -> BoundTable {
        BoundTable {
            rows,
            columns: HashMap::new(),
            unread: Unread::default(),
            scan: None,
        }
    }

    /// A table whose rows the one pass over it decodes as it comes to them, and then forgets: see
    /// [`Prepared::decodes`](crate::execute::Prepared::decodes). Each column of the scan is this one of
    /// the table's, or none.
    pub fn from_scan(scan: Scan, columns: Vec<Option<ColumnId>>) -> BoundTable {
        let table = BoundTable::new(scan.rows()).with_unread(scan.unread().clone());
        BoundTable {
            scan: Some(Arc::new(BoundScan { scan, columns })),
            ..table
        }
    }

    /// Its columns, if a pass decodes them.
    pub(crate) fn scan(&self) -> Option<&Arc<BoundScan>> {
        self.scan.as_ref()
    }

    /// Notes rows that no pass need look at, because nothing is asked of them.
    #[must_use]
    pub fn with_unread(mut self, unread: Unread) -> BoundTable {
        self.unread = unread;
        self
    }

    /// The rows that no pass need look at.
    pub fn unread(&self) -> &Unread {
        &self.unread
    }

    /// A table read from a source: each column in the order in which it was wanted.
    ///
    /// # Errors
    /// If the batches do not hold these columns in these types.
    pub fn from_batches(
        rows: usize,
        columns: &[(ColumnId, ScalarType)],
        batches: &[RecordBatch],
    ) -> Result<BoundTable, RunError> {
        let mut table = BoundTable::new(rows);
        for (position, (id, scalar)) in columns.iter().enumerate() {
            let arrays = batches
                .iter()
                .map(|batch| {
                    let found = batch.columns().get(position).cloned();
                    found.ok_or_else(|| internal("a batch without a column that was wanted"))
                })
                .collect::<Result<Vec<_>, _>>()?;
            table.insert(*id, ChunkedColumn::try_new(*scalar, arrays)?)?;
        }
        Ok(table)
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a column.
    ///
    /// # Errors
    /// If it has another number of rows.
    pub fn insert(&mut self, id: ColumnId, column: ChunkedColumn) -> Result<(), RunError> {
        if column.rows() != self.rows {
            return Err(RunError::Data {
                what: format!("column {id}"),
                expected: format!("{} rows", self.rows),
                found: format!("{} rows", column.rows()),
            });
        }
        self.columns.insert(id, Arc::new(column));
        Ok(())
    }

    /// A column, if it is here.
    pub fn column(&self, id: ColumnId) -> Option<&Arc<ChunkedColumn>> {
        self.columns.get(&id)
    }

    /// Every column, in no order.
    pub fn columns(&self) -> impl Iterator<Item = (ColumnId, &Arc<ChunkedColumn>)> {
        self.columns.iter().map(|(id, column)| (*id, column))
    }
}
