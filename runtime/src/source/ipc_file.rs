//! Arrow IPC, the file format and the stream format.
//!
//! Both are a sequence of messages: a file lists them in its footer, in a stream each tells its
//! length. The list is made and checked first, so that no length a file claims is believed; then
//! record batches are read and decoded in parallel, each with the dictionaries before it.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::{Buffer, MutableBuffer};
use arrow::datatypes::SchemaRef;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::{
    Block, Endianness, MessageHeader, MetadataVersion, RecordBatch as BatchHeader,
    Schema as SchemaHeader, root_as_footer, root_as_message,
};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::WantedColumn;
use super::batches::{assemble, fit, in_order};
use super::error::SourceError;
use super::guard::{can_allocate, guarded};

const MAGIC: &[u8] = b"ARROW1";

/// What marks the length of a message that follows.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The messages of a file.
#[derive(Debug)]
struct Layout {
    schema: SchemaRef,
    version: MetadataVersion,
    steps: Vec<Step>,
}

/// A message after the schema.
#[derive(Debug)]
struct Step {
    dictionary: bool,
    block: Block,
    /// Where its rows begin in the file; nothing for dictionaries.
    first_row: u64,
}

fn corrupt(error: impl ToString) -> SourceError {
    SourceError::corrupt(error.to_string())
}

/// An error while reading at a place that the file claimed to have.
fn failed(error: std::io::Error) -> SourceError {
    match error.kind() {
        ErrorKind::UnexpectedEof => corrupt("the file ends too early"),
        _ => SourceError::new(super::SourceErrorKind::Unreadable, error.to_string()),
    }
}

/// An open file and its length.
struct Input {
    file: File,
    length: u64,
}

impl Input {
    fn open(path: &Path) -> Result<Input, SourceError> {
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok(Input { file, length })
    }

    fn read(&mut self, offset: u64, length: u64) -> Result<Buffer, SourceError> {
        let within = offset
            .checked_add(length)
            .is_some_and(|end| end <= self.length);
        if !within {
            return Err(corrupt("the file ends too early"));
        }
        let mut buffer = MutableBuffer::from_len_zeroed(length as usize);
        self.file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        self.file
            .read_exact(buffer.as_slice_mut())
            .map_err(failed)?;
        Ok(buffer.into())
    }
}

fn schema_of(header: SchemaHeader<'_>) -> Result<SchemaRef, SourceError> {
    if header.endianness() != Endianness::Little {
        return Err(corrupt("the file is big-endian, which isn't supported"));
    }
    Ok(Arc::new(fb_to_schema(header)))
}

fn layout(path: &Path) -> Result<Layout, SourceError> {
    let mut input = Input::open(path)?;
    let magic = input.read(0, input.length.min(MAGIC.len() as u64))?;
    if magic.as_slice() == MAGIC {
        file_layout(&mut input)
    } else {
        stream_layout(&mut input)
    }
}

fn file_layout(input: &mut Input) -> Result<Layout, SourceError> {
    const TRAILER: u64 = 10;
    let trailer_start = input.length.checked_sub(TRAILER);
    let trailer_start = trailer_start.ok_or_else(|| corrupt("the file ends too early"))?;
    let trailer = input.read(trailer_start, TRAILER)?;
    let trailer = trailer.as_slice().try_into().map_err(corrupt)?;
    let footer_length = read_footer_length(trailer)
        .map_err(|_| corrupt("the file does not end as it should; it may be cut off"))?;
    let footer_start = trailer_start.checked_sub(footer_length as u64);
    let footer_start = footer_start.ok_or_else(|| corrupt("the footer claims to be too long"))?;
    let footer = input.read(footer_start, footer_length as u64)?;
    let footer = root_as_footer(&footer).map_err(corrupt)?;
    let schema = footer.schema().ok_or_else(|| corrupt("no schema"))?;
    let mut steps = Vec::new();
    for (dictionary, blocks) in [
        (true, footer.dictionaries()),
        (false, footer.recordBatches()),
    ] {
        for block in blocks.iter().flatten() {
            steps.push(Step {
                dictionary,
                block: *block,
                first_row: 0,
            });
        }
    }
    Ok(Layout {
        schema: schema_of(schema)?,
        version: footer.version(),
        steps,
    })
}

fn stream_layout(input: &mut Input) -> Result<Layout, SourceError> {
    let mut layout: Option<Layout> = None;
    let mut position = 0;
    // A stream ends with a mark or simply with the file.
    while position < input.length {
        let mut prefix = 4;
        let mut length: [u8; 4] = input
            .read(position, 4)?
            .as_slice()
            .try_into()
            .map_err(corrupt)?;
        if length == CONTINUATION {
            prefix = 8;
            length = input
                .read(position + 4, 4)?
                .as_slice()
                .try_into()
                .map_err(corrupt)?;
        }
        let length = u32::from_le_bytes(length);
        if length == 0 {
            break;
        }
        let header = input.read(position + prefix, length.into())?;
        let message = root_as_message(&header).map_err(corrupt)?;
        let block = Block::new(
            i64::try_from(position).map_err(corrupt)?,
            i32::try_from(prefix + u64::from(length)).map_err(corrupt)?,
            message.bodyLength(),
        );
        let body = u64::try_from(message.bodyLength()).map_err(corrupt)?;
        position = (position + prefix + u64::from(length)).saturating_add(body);
        let kind = message.header_type();
        match (&mut layout, kind) {
            (None, MessageHeader::Schema) => {
                let header = message.header_as_schema();
                layout = Some(Layout {
                    schema: schema_of(header.ok_or_else(|| corrupt("no schema"))?)?,
                    version: message.version(),
                    steps: Vec::new(),
                });
            }
            (Some(layout), MessageHeader::DictionaryBatch | MessageHeader::RecordBatch) => {
                layout.steps.push(Step {
                    dictionary: kind == MessageHeader::DictionaryBatch,
                    block,
                    first_row: 0,
                });
            }
            _ => return Err(corrupt("an unexpected message")),
        }
    }
    layout.ok_or_else(|| corrupt("no schema"))
}

/// The schema of the file.
pub(super) fn arrow_schema(path: &Path) -> Result<SchemaRef, SourceError> {
    guarded(|| Ok(layout(path)?.schema)).map_err(|error| error.in_file(path))
}

/// The wanted columns of the file.
pub(super) fn read(path: &Path, wanted: &[WantedColumn]) -> Result<Vec<RecordBatch>, SourceError> {
    guarded(|| decode(path, wanted)).map_err(|error| error.in_file(path))
}

fn decode(path: &Path, wanted: &[WantedColumn]) -> Result<Vec<RecordBatch>, SourceError> {
    let mut layout = layout(path)?;
    let projection = fit(layout.schema.fields(), wanted)?;
    let mut input = Input::open(path)?;
    let mut first_row = 0;
    for step in &mut layout.steps {
        step.first_row = first_row;
        first_row += checked_rows(&mut input, step)?;
    }
    let mut decoder = FileDecoder::new(Arc::clone(&layout.schema), layout.version)
        .with_projection(projection.decoded.clone());
    let mut batches = Vec::new();
    // Dictionaries of a stream may change between its batches.
    for run in layout.steps.chunk_by(|a, b| a.dictionary == b.dictionary) {
        if run[0].dictionary {
            for step in run {
                let message = message(&mut input, step)?;
                decoder
                    .read_dictionary(&step.block, &message)
                    .map_err(corrupt)?;
            }
            continue;
        }
        let parts: Vec<Result<Vec<RecordBatch>, SourceError>> = run
            .par_iter()
            .with_max_len(1)
            .map(|step| {
                guarded(|| {
                    let message = message(&mut Input::open(path)?, step)?;
                    let batch = decoder
                        .read_record_batch(&step.block, &message)
                        .map_err(corrupt)?
                        .ok_or_else(|| corrupt("an empty message"))?;
                    let rows = batch.num_rows();
                    let columns = batch.columns();
                    let batch = assemble(columns, rows, &projection, wanted, step.first_row)?;
                    Ok(vec![batch])
                })
            })
            .collect();
        batches.extend(in_order(path, parts)?);
    }
    Ok(batches)
}

/// A message, header and body.
fn message(input: &mut Input, step: &Step) -> Result<Buffer, SourceError> {
    let header = u64::try_from(step.block.metaDataLength()).map_err(corrupt)?;
    let body = u64::try_from(step.block.bodyLength()).map_err(corrupt)?;
    let offset = u64::try_from(step.block.offset()).map_err(corrupt)?;
    let length = header
        .checked_add(body)
        .ok_or_else(|| corrupt("a message claims to be too long"))?;
    input.read(offset, length)
}

/// The rows of a record batch, none for a dictionary, after checks of all it claims.
fn checked_rows(input: &mut Input, step: &Step) -> Result<u64, SourceError> {
    let offset = u64::try_from(step.block.offset()).map_err(corrupt)?;
    let header_length = u64::try_from(step.block.metaDataLength()).map_err(corrupt)?;
    let body_length = u64::try_from(step.block.bodyLength()).map_err(corrupt)?;
    let body = offset.saturating_add(header_length);
    if body.saturating_add(body_length) > input.length {
        return Err(corrupt("the file ends too early"));
    }
    let header = input.read(offset, header_length)?;
    let prefix = if header.starts_with(&CONTINUATION) {
        8
    } else {
        4
    };
    let header = header
        .get(prefix..)
        .ok_or_else(|| corrupt("a message is too short"))?;
    let message = root_as_message(header).map_err(corrupt)?;
    let batch: Option<BatchHeader<'_>> = if step.dictionary {
        message
            .header_as_dictionary_batch()
            .and_then(|dictionary| dictionary.data())
    } else {
        message.header_as_record_batch()
    };
    let batch = batch.ok_or_else(|| corrupt("a message is not what the file says it is"))?;
    let rows = u32::try_from(batch.length())
        .map_err(|_| corrupt(format!("a batch claims {} rows", batch.length())))?;
    for buffer in batch.buffers().iter().flatten() {
        let (Ok(start), Ok(length)) = (
            u64::try_from(buffer.offset()),
            u64::try_from(buffer.length()),
        ) else {
            return Err(corrupt("a buffer of negative size"));
        };
        if start
            .checked_add(length)
            .is_none_or(|end| end > body_length)
        {
            return Err(corrupt("a buffer reaches beyond its message"));
        }
        // A compressed buffer begins with the size it unpacks to, −1 if it isn't packed after all.
        if batch.compression().is_some() && length >= 8 {
            let size = input.read(body + start, 8)?;
            let size = i64::from_le_bytes(size.as_slice().try_into().map_err(corrupt)?);
            if u64::try_from(size).is_ok_and(|size| !can_allocate(size)) {
                return Err(corrupt(format!(
                    "a buffer claims to unpack to {size} bytes"
                )));
            }
        }
    }
    Ok(if step.dictionary { 0 } else { rows.into() })
}
