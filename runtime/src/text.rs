//! Text in every Arrow layout, read as string slices.

use std::ops::Range;

use arrow::array::types::{
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::array::{
    Array, ArrayAccessor, ArrayRef, AsArray, DictionaryArray, LargeStringArray, StringArray,
    StringViewArray,
};
use arrow::datatypes::{ArrowDictionaryKeyType, ArrowNativeType, DataType};

/// One cell of text.
pub(crate) type Cell<'a> = Option<&'a str>;

/// A dictionary's codes, by their width.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Codes<'a> {
    I8(&'a DictionaryArray<Int8Type>),
    I16(&'a DictionaryArray<Int16Type>),
    I32(&'a DictionaryArray<Int32Type>),
    I64(&'a DictionaryArray<Int64Type>),
    U8(&'a DictionaryArray<UInt8Type>),
    U16(&'a DictionaryArray<UInt16Type>),
    U32(&'a DictionaryArray<UInt32Type>),
    U64(&'a DictionaryArray<UInt64Type>),
}

/// An Arrow array of text, its layout known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextArray<'a> {
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    Utf8View(&'a StringViewArray),
    Dictionary(Codes<'a>),
}

/// Whether a type is text that we read.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => matches!(
            **values,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        ),
        _ => false,
    }
}

impl<'a> TextArray<'a> {
    /// The array as text; none if it is something else.
    pub(crate) fn new(array: &'a ArrayRef) -> Option<TextArray<'a>> {
        if let Some(array) = array.as_string_opt::<i32>() {
            return Some(TextArray::Utf8(array));
        }
        if let Some(array) = array.as_string_opt::<i64>() {
            return Some(TextArray::LargeUtf8(array));
        }
        if let Some(array) = array.as_string_view_opt() {
            return Some(TextArray::Utf8View(array));
        }
        let DataType::Dictionary(codes, _) = array.data_type() else {
            return None;
        };
        if !is_text(array.data_type()) {
            return None;
        }
        Some(TextArray::Dictionary(match **codes {
            DataType::Int8 => Codes::I8(array.as_dictionary_opt()?),
            DataType::Int16 => Codes::I16(array.as_dictionary_opt()?),
            DataType::Int32 => Codes::I32(array.as_dictionary_opt()?),
            DataType::Int64 => Codes::I64(array.as_dictionary_opt()?),
            DataType::UInt8 => Codes::U8(array.as_dictionary_opt()?),
            DataType::UInt16 => Codes::U16(array.as_dictionary_opt()?),
            DataType::UInt32 => Codes::U32(array.as_dictionary_opt()?),
            DataType::UInt64 => Codes::U64(array.as_dictionary_opt()?),
            _ => return None,
        }))
    }

    /// Appends the cells of `rows`.
    pub(crate) fn read(self, rows: Range<usize>, cells: &mut Vec<Cell<'a>>) {
        match self {
            TextArray::Utf8(array) => read_flat(array, rows, cells),
            TextArray::LargeUtf8(array) => read_flat(array, rows, cells),
            TextArray::Utf8View(array) => read_flat(array, rows, cells),
            TextArray::Dictionary(codes) => codes.read(rows, cells),
        }
    }

    /// The cell of a row.
    pub(crate) fn cell(self, row: usize) -> Cell<'a> {
        match self {
            TextArray::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            TextArray::LargeUtf8(array) => array.is_valid(row).then(|| array.value(row)),
            TextArray::Utf8View(array) => array.is_valid(row).then(|| array.value(row)),
            TextArray::Dictionary(codes) => {
                let mut cells = Vec::with_capacity(1);
                codes.read(row..row + 1, &mut cells);
                cells.pop().flatten()
            }
        }
    }

    /// The distinct values and the codes, where this is a dictionary.
    pub(crate) fn dictionary(self) -> Option<Codes<'a>> {
        match self {
            TextArray::Dictionary(codes) => Some(codes),
            TextArray::Utf8(_) | TextArray::LargeUtf8(_) | TextArray::Utf8View(_) => None,
        }
    }
}

fn read_flat<'a, A>(array: A, rows: Range<usize>, cells: &mut Vec<Cell<'a>>)
where
    A: ArrayAccessor<Item = &'a str> + Copy,
{
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => cells.extend(rows.map(|row| Some(array.value(row)))),
        Some(nulls) => {
            cells.extend(rows.map(|row| nulls.is_valid(row).then(|| array.value(row))));
        }
    }
}

macro_rules! with_codes {
    ($codes:expr, $array:ident => $body:expr) => {
        match $codes {
            Codes::I8($array) => $body,
            Codes::I16($array) => $body,
            Codes::I32($array) => $body,
            Codes::I64($array) => $body,
            Codes::U8($array) => $body,
            Codes::U16($array) => $body,
            Codes::U32($array) => $body,
            Codes::U64($array) => $body,
        }
    };
}

pub(crate) use with_codes;

impl<'a> Codes<'a> {
    /// The distinct values, as an array of text that is no dictionary.
    pub(crate) fn values(self) -> &'a ArrayRef {
        with_codes!(self, array => array.values())
    }

    /// The codes of `rows`, none where null.
    pub(crate) fn codes(self, rows: Range<usize>, out: &mut Vec<Option<usize>>) {
        fn codes<K: ArrowDictionaryKeyType>(
            array: &DictionaryArray<K>,
            rows: Range<usize>,
            out: &mut Vec<Option<usize>>,
        ) {
            let keys = array.keys();
            out.extend(rows.map(|row| keys.is_valid(row).then(|| keys.value(row).as_usize())));
        }
        with_codes!(self, array => codes(array, rows, out));
    }

    /// Appends the codes of `rows`, `null` where null.
    pub(crate) fn numbers(self, rows: Range<usize>, null: u32, out: &mut Vec<u32>) {
        fn numbers<K: ArrowDictionaryKeyType>(
            array: &DictionaryArray<K>,
            rows: Range<usize>,
            null: u32,
            out: &mut Vec<u32>,
        ) {
            let keys = array.keys();
            let start = out.len();
            let codes = keys.values()[rows.clone()].iter();
            out.extend(codes.map(|code| code.as_usize() as u32));
            if let Some(nulls) = keys.nulls().filter(|nulls| nulls.null_count() > 0) {
                for (code, row) in out[start..].iter_mut().zip(rows) {
                    *code = if nulls.is_valid(row) { *code } else { null };
                }
            }
        }
        with_codes!(self, array => numbers(array, rows, null, out));
    }

    fn read(self, rows: Range<usize>, cells: &mut Vec<Cell<'a>>) {
        let mut codes = Vec::with_capacity(rows.len());
        self.codes(rows, &mut codes);
        let values = self.values();
        let look_up = |array: &dyn Fn(usize) -> Cell<'a>, cells: &mut Vec<Cell<'a>>| {
            cells.extend(codes.iter().map(|code| code.and_then(array)));
        };
        match TextArray::new(values) {
            Some(TextArray::Utf8(array)) => {
                look_up(
                    &|code| array.is_valid(code).then(|| array.value(code)),
                    cells,
                );
            }
            Some(TextArray::LargeUtf8(array)) => {
                look_up(
                    &|code| array.is_valid(code).then(|| array.value(code)),
                    cells,
                );
            }
            Some(TextArray::Utf8View(array)) => {
                look_up(
                    &|code| array.is_valid(code).then(|| array.value(code)),
                    cells,
                );
            }
            // A dictionary of dictionaries is not text that `is_text` admits.
            Some(TextArray::Dictionary(_)) | None => cells.extend(codes.iter().map(|_| None)),
        }
    }
}

/// Cells gathered into `Utf8` arrays; a new one begins where 32-bit offsets would run out.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    done: Vec<ArrayRef>,
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    validity: Vec<bool>,
}

impl TextBuilder {
    pub(crate) fn push(&mut self, cell: Cell<'_>) -> Result<(), crate::error::RunError> {
        let text = cell.unwrap_or("");
        if self.bytes.len() + text.len() > i32::MAX as usize {
            self.cut()?;
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(
            i32::try_from(self.bytes.len())
                .map_err(|_| crate::error::internal("a text of more than 2 GiB"))?,
        );
        self.validity.push(cell.is_some());
        Ok(())
    }

    fn cut(&mut self) -> Result<(), crate::error::RunError> {
        if self.offsets.is_empty() {
            return Ok(());
        }
        let mut offsets = Vec::with_capacity(self.offsets.len() + 1);
        offsets.push(0);
        offsets.append(&mut self.offsets);
        let nulls = arrow::buffer::NullBuffer::from(std::mem::take(&mut self.validity));
        let array = StringArray::try_new(
            arrow::buffer::OffsetBuffer::new(offsets.into()),
            std::mem::take(&mut self.bytes).into(),
            (nulls.null_count() > 0).then_some(nulls),
        )?;
        self.done.push(std::sync::Arc::new(array));
        Ok(())
    }

    /// The arrays, in order; none at all if nothing was pushed.
    pub(crate) fn finish(mut self) -> Result<Vec<ArrayRef>, crate::error::RunError> {
        self.cut()?;
        Ok(self.done)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow::array::{DictionaryArray, StringViewArray};

    #[test]
    fn every_layout_reads_the_same_cells() {
        let cells = vec![
            Some("a"),
            None,
            Some(""),
            Some("a long text of some bytes"),
            Some("a"),
        ];
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(cells.clone())),
            Arc::new(LargeStringArray::from(cells.clone())),
            Arc::new(StringViewArray::from(cells.clone())),
        ];
        let dictionary: DictionaryArray<Int8Type> = cells.iter().copied().collect();
        arrays.push(Arc::new(dictionary));
        let dictionary: DictionaryArray<UInt64Type> = cells.iter().copied().collect();
        arrays.push(Arc::new(dictionary));
        for array in arrays {
            let array = array.slice(1, 4);
            let mut found = Vec::new();
            TextArray::new(&array).unwrap().read(0..4, &mut found);
            assert_eq!(found, cells[1..], "{}", array.data_type());
        }
    }

    #[test]
    fn built_text_reads_back() {
        let mut builder = TextBuilder::default();
        for cell in [Some("x"), None, Some("yz")] {
            builder.push(cell).unwrap();
        }
        let arrays = builder.finish().unwrap();
        assert_eq!(arrays.len(), 1);
        assert_eq!(
            arrays[0].as_string::<i32>(),
            &StringArray::from(vec![Some("x"), None, Some("yz")])
        );
    }
}
