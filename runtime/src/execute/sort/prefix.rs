//! The keys of a row as one integer whose order is theirs, as far as 96 bits go.
//!
//! Numbers take the bits that their range needs, a null one more; of text as many bytes as fit, and its
//! length where that tells it from every other. What does not fit is compared where prefixes tie.

use std::ops::Range;

use arrow::array::ArrayRef;
use icosian_ir::types::Lane;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::{BLOCK, CHUNK, SortColumn, is_large, ordered_bits};
use crate::bytes::{bit, typed};
use crate::error::{RunError, internal};
use crate::memory::Region;
use crate::text::Cell;

/// Bits of a prefix: with the number of the row they make 128.
const BITS: usize = 96;

/// How the rows of some keys become integers.
pub(super) struct Prefixes<'k> {
    pub(super) keys: &'k [SortColumn<'k>],
    pieces: Vec<Piece>,
    /// Bits used.
    pub(super) bits: usize,
    /// The first key that prefixes don't hold to its end.
    pub(super) rest: Option<usize>,
    /// Of a last key that is text, the bytes that prefixes hold of it.
    tail: Option<usize>,
}

/// Where a key goes.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// The bits of its values; with a null's, those of its words.
    bits: usize,
    nulls: bool,
    /// The bits that prefixes take of a word: the highest.
    taken: usize,
    /// What is taken off all values.
    least: u128,
    /// The bytes of a text, if it is one.
    text: Option<usize>,
}

impl Piece {
    fn width(self) -> usize {
        self.bits + usize::from(self.nulls)
    }
}

/// Memory for a block of rows.
pub(super) struct Scratch<'k> {
    values: Region,
    validity: Region,
    words: Vec<u64>,
    cells: Vec<Cell<'k>>,
}

impl Scratch<'_> {
    pub(super) fn new() -> Self {
        Scratch {
            values: Region::zeroed(BLOCK * 16),
            validity: Region::zeroed(BLOCK / 8),
            words: Vec::with_capacity(BLOCK),
            cells: Vec::new(),
        }
    }
}

fn mask(bits: usize) -> u128 {
    1u128
        .checked_shl(bits as u32)
        .map_or(u128::MAX, |bit| bit - 1)
}

impl<'k> Prefixes<'k> {
    pub(super) fn new(keys: &'k [SortColumn<'k>], rows: usize) -> Result<Prefixes<'k>, RunError> {
        let mut prefixes = Prefixes {
            keys,
            pieces: Vec::new(),
            bits: 0,
            rest: None,
            tail: None,
        };
        for (position, key) in keys.iter().enumerate() {
            let left = BITS - prefixes.bits;
            if left == 0 {
                prefixes.rest = Some(position);
                break;
            }
            let nulls = key.column.null_count() > 0;
            let Some(lane) = key.column.lane() else {
                prefixes.rest = Some(position);
                let bytes = left / 8;
                if bytes >= 2 {
                    let bits = 8 * bytes;
                    let text = Some(bytes - 1);
                    prefixes.pieces.push(Piece {
                        bits,
                        nulls: false,
                        taken: bits,
                        least: 0,
                        text,
                    });
                    prefixes.bits += bits;
                    prefixes.tail = text.filter(|_| position + 1 == keys.len());
                }
                break;
            };
            let (least, bits) = range(key, lane, rows)?;
            let mut piece = Piece {
                bits,
                nulls,
                taken: 0,
                least,
                text: None,
            };
            piece.taken = piece.width().min(left);
            prefixes.pieces.push(piece);
            prefixes.bits += piece.taken;
            if piece.taken < piece.width() {
                prefixes.rest = Some(position);
                break;
            }
        }
        Ok(prefixes)
    }

    /// Whether rows of this prefix are the same in every key.
    pub(super) fn settles(&self, prefix: u128) -> bool {
        let Some(key) = self.rest else { return true };
        let Some(bytes) = self.tail else { return false };
        let code = prefix as u8;
        let turned = if self.keys[key].direction.descending {
            !code
        } else {
            code
        };
        // A null's code is no text's, whichever end it is at.
        usize::from(turned) != bytes + 2
    }

    /// The prefixes of at most a block of rows from `first` on.
    pub(super) fn fill(
        &self,
        first: usize,
        prefixes: &mut [u128],
        scratch: &mut Scratch<'k>,
    ) -> Result<(), RunError> {
        prefixes.fill(0);
        for (key, piece) in self.keys.iter().zip(&self.pieces) {
            let rows = first..first + prefixes.len();
            // Of the widest decimals beside a null's bit, the last one does not fit; nor is it taken.
            let lost = piece.width().saturating_sub(128);
            let drop = piece.width() - lost - piece.taken;
            let all = mask(piece.bits);
            let turn = if key.direction.descending { all } else { 0 };
            let mut push = |at: usize, word: u128| {
                prefixes[at] = prefixes[at] << piece.taken | word >> drop;
            };
            if let Some(bytes) = piece.text {
                key.column.read_text(rows, &mut scratch.cells);
                let null = if key.direction.nulls_first { 0 } else { all };
                for (at, cell) in scratch.cells.iter().enumerate() {
                    push(at, cell.map_or(null, |text| text_word(text, bytes) ^ turn));
                }
                continue;
            }
            let lane = key
                .column
                .lane()
                .ok_or_else(|| internal("a piece of a key without a lane"))?;
            let (values, validity) = (scratch.values.bytes_mut(), scratch.validity.bytes_mut());
            key.column.copy(rows.clone(), BLOCK, values, validity);
            let null = |at: usize| piece.nulls && !bit(scratch.validity.bytes(), at);
            let top = |valid: bool| {
                let first = piece.nulls && valid == key.direction.nulls_first;
                if first { 1 << (piece.bits - lost) } else { 0 }
            };
            let mut push_value = |at: usize, word: u128| {
                let value = word.wrapping_sub(piece.least) & all ^ turn;
                let valid = !null(at);
                push(at, top(valid) | if valid { value >> lost } else { 0 });
            };
            if lane == Lane::I128 {
                let values = &typed::<i128>(scratch.values.bytes())[..rows.len()];
                for (at, value) in values.iter().enumerate() {
                    push_value(at, decimal_word(*value));
                }
            } else {
                scratch.words.clear();
                ordered_bits(lane, scratch.values.bytes(), rows.len(), &mut scratch.words)?;
                for (at, word) in scratch.words.iter().enumerate() {
                    push_value(at, u128::from(*word));
                }
            }
        }
        Ok(())
    }

    /// The arrays of a key's column.
    pub(super) fn arrays(&self, key: usize) -> Vec<ArrayRef> {
        self.keys[key].column.chunk_arrays().cloned().collect()
    }
}

fn decimal_word(value: i128) -> u128 {
    value.cast_unsigned() ^ 1 << 127
}

/// The first bytes of a text, and behind them its length and one, or two more than fit.
fn text_word(text: &str, bytes: usize) -> u128 {
    let mut first = [0; 16];
    let length = text.len().min(bytes);
    first[..length].copy_from_slice(&text.as_bytes()[..length]);
    let code = text.len().min(bytes + 1) + 1;
    u128::from_be_bytes(first) >> (128 - 8 * bytes) << 8 | code as u128
}

/// The least of a column's words and the bits that all of them differ in from it; of integers. Others
/// take what their type takes.
fn range(key: &SortColumn<'_>, lane: Lane, rows: usize) -> Result<(u128, usize), RunError> {
    if matches!(
        lane,
        Lane::F32 | Lane::F64 | Lane::Bool | Lane::I8 | Lane::U8
    ) {
        return Ok((0, lane.bits()));
    }
    let part = |rows: Range<usize>| {
        let mut scratch = Scratch::new();
        let (mut least, mut greatest) = (u128::MAX, 0);
        for first in rows.clone().step_by(BLOCK) {
            let count = (rows.end - first).min(BLOCK);
            let nulls = key.column.copy(
                first..first + count,
                count,
                scratch.values.bytes_mut(),
                scratch.validity.bytes_mut(),
            );
            let valid = |at: usize| !nulls || bit(scratch.validity.bytes(), at);
            let mut see = |at: usize, word: u128| {
                if valid(at) {
                    (least, greatest) = (least.min(word), greatest.max(word));
                }
            };
            if lane == Lane::I128 {
                let values = &typed::<i128>(scratch.values.bytes())[..count];
                (values.iter().enumerate()).for_each(|(at, value)| see(at, decimal_word(*value)));
            } else {
                scratch.words.clear();
                ordered_bits(lane, scratch.values.bytes(), count, &mut scratch.words)?;
                (scratch.words.iter().enumerate())
                    .for_each(|(at, word)| see(at, u128::from(*word)));
            }
        }
        Ok::<_, RunError>((least, greatest))
    };
    let chunk = |number: usize| part(number * CHUNK..rows.min((number + 1) * CHUNK));
    let chunks = 0..rows.div_ceil(CHUNK);
    let join = |a: (u128, u128), b: (u128, u128)| Ok((a.0.min(b.0), a.1.max(b.1)));
    let none = (u128::MAX, 0);
    let (least, greatest) = if is_large(rows) {
        chunks
            .into_par_iter()
            .map(chunk)
            .try_reduce(|| none, join)?
    } else {
        chunks
            .map(chunk)
            .try_fold(none, |all, part| join(all, part?))?
    };
    let spread = greatest.checked_sub(least);
    Ok(spread.map_or((0, 0), |spread| {
        (least, 128 - spread.leading_zeros() as usize)
    }))
}
