//! What segments and sinks see of a column: the lanes of some rows, and their validity.

use icosian_ir::types::Lane;

use crate::bytes::bit;

/// Lanes of fixed width from some row on, with validity where nulls may occur.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'v> {
    /// The first value; bools are packed bits.
    pub(crate) values: &'v [u8],
    /// Packed bits; none where every row has a value.
    pub(crate) validity: Option<&'v [u8]>,
}

impl View<'_> {
    #[inline(always)]
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.validity.is_none_or(|bits| bit(bits, row))
    }
}

/// The first row of a block and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Its first row in the table.
    pub(crate) row: usize,
    /// How many rows.
    pub(crate) rows: usize,
    /// The same, rounded up to 8.
    pub(crate) padded: usize,
    /// Its first row counted from where the morsel's scratch begins.
    pub(crate) offset: usize,
}

impl Block {
    pub(crate) fn new(row: usize, rows: usize, origin: usize) -> Block {
        Block {
            row,
            rows,
            padded: rows.next_multiple_of(8),
            offset: row - origin,
        }
    }
}

/// Bytes of `rows` lanes that begin `first` lanes in; `first` is a multiple of 8.
pub(crate) fn span(lane: Lane, first: usize, rows: usize) -> std::ops::Range<usize> {
    lane.bytes(first)..lane.bytes(first + rows)
}

/// Evaluates an expression with the bytes of a lane as a slice of its values.
macro_rules! with_lane {
    (integers $lane:expr, $bytes:expr, $values:ident => $body:expr) => {
        match $lane {
            icosian_ir::types::Lane::I8 => {
                let $values = crate::bytes::typed::<i8>($bytes);
                $body
            }
            icosian_ir::types::Lane::I16 => {
                let $values = crate::bytes::typed::<i16>($bytes);
                $body
            }
            icosian_ir::types::Lane::I32 => {
                let $values = crate::bytes::typed::<i32>($bytes);
                $body
            }
            icosian_ir::types::Lane::I64 => {
                let $values = crate::bytes::typed::<i64>($bytes);
                $body
            }
            icosian_ir::types::Lane::U8 => {
                let $values = crate::bytes::typed::<u8>($bytes);
                $body
            }
            icosian_ir::types::Lane::U16 => {
                let $values = crate::bytes::typed::<u16>($bytes);
                $body
            }
            icosian_ir::types::Lane::U32 => {
                let $values = crate::bytes::typed::<u32>($bytes);
                $body
            }
            icosian_ir::types::Lane::U64 => {
                let $values = crate::bytes::typed::<u64>($bytes);
                $body
            }
            icosian_ir::types::Lane::Bool
            | icosian_ir::types::Lane::I128
            | icosian_ir::types::Lane::F32
            | icosian_ir::types::Lane::F64 => {
                return Err(crate::error::internal(
                    "an integer lane of up to 64 bits was expected",
                ));
            }
        }
    };
}
pub(crate) use with_lane;
