//! Cutting a file into pieces of whole lines, and working on those in parallel.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::source::error::SourceError;

/// Bytes of a piece, where lines allow: enough to keep a thread busy, little enough that small
/// files are shared between threads.
const PIECE_BYTES: usize = 1 << 20;

/// The longest line; text arrays count their bytes in 32 bits.
const GREATEST_LINE: usize = 1 << 30;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a piece.
#[derive(Debug)]
pub(super) enum FaultKind {
    Io(std::io::Error),
    TooLong,
    Encoding,
    /// A line that begins with something else than an object.
    NoObject(String),
    /// Not JSON, or not one object.
    Syntax(String),
    /// A value that is none of the type.
    Cell(String),
    /// A list or an object where a value should be.
    Nested(String),
    /// A null of a type without nulls.
    Null(String),
    /// The object lacks the key of a type without nulls; these it has.
    Missing(Vec<String>),
    /// What arrays of the values refuse.
    Arrow(String),
}

/// A fault and its place in its piece.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// Lines ended before it, from the beginning of the piece.
    pub(super) line: u64,
    /// The place of its column among those wanted, if it is one cell's.
    pub(super) column: Option<usize>,
}

impl Fault {
    pub(super) fn on_line(kind: FaultKind, line: u64) -> Fault {
        Fault {
            kind,
            line,
            column: None,
        }
    }
}

/// The lines of a piece that are not blank, each with the number of lines before it.
pub(super) fn lines(piece: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (0..)
        .zip(piece.split(|byte| *byte == b'\n'))
        .map(|(number, line)| (number, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

/// A file that is read line by line.
#[derive(Debug)]
pub(super) struct LineFile<'p> {
    path: &'p Path,
    input: File,
    /// Read, but not yet given out.
    pending: Vec<u8>,
    ended: bool,
}

impl LineFile<'_> {
    pub(super) fn open(path: &Path) -> Result<LineFile<'_>, SourceError> {
        let unreadable = |error| SourceError::unreadable(path, &error);
        let mut file = LineFile {
            path,
            input: File::open(path).map_err(unreadable)?,
            pending: Vec::new(),
            ended: false,
        };
        file.fill(BYTE_ORDER_MARK.len()).map_err(unreadable)?;
        if file.pending.starts_with(BYTE_ORDER_MARK) {
            file.pending.clear();
        }
        Ok(file)
    }

    /// Reads until so many bytes are pending, or the file ends.
    fn fill(&mut self, bytes: usize) -> std::io::Result<()> {
        while !self.ended && self.pending.len() < bytes {
            let missing = (bytes - self.pending.len()) as u64;
            let read = (&mut self.input)
                .take(missing)
                .read_to_end(&mut self.pending)?;
            self.ended = read == 0;
        }
        Ok(())
    }

    /// The next lines, some [`PIECE_BYTES`] of them; none at the end of the file.
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, FaultKind> {
        let mut size = PIECE_BYTES;
        loop {
            self.fill(size).map_err(FaultKind::Io)?;
            if self.ended {
                let piece = std::mem::take(&mut self.pending);
                return Ok((!piece.is_empty()).then_some(piece));
            }
            if let Some(last) = self.pending.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.pending.split_off(last + 1);
                return Ok(Some(std::mem::replace(&mut self.pending, rest)));
            }
            size = self.pending.len() * 2;
            if size > GREATEST_LINE {
                return Err(FaultKind::TooLong);
            }
        }
    }

    /// Does `work` on every piece, in parallel, and hands what comes of it to `each`, in order.
    ///
    /// `located` words a fault of a piece that begins on a line.
    pub(super) fn scan<T: Send>(
        mut self,
        work: impl Fn(&[u8]) -> Result<T, Fault> + Sync,
        mut each: impl FnMut(T),
        located: impl Fn(Fault, u64) -> SourceError,
    ) -> Result<(), SourceError> {
        let at_once = rayon::current_num_threads() * 2;
        let mut line = 1;
        loop {
            let mut group = Vec::with_capacity(at_once);
            let mut late = None;
            while group.len() < at_once {
                match self.next_piece() {
                    Ok(Some(piece)) => group.push(piece),
                    Ok(None) => break,
                    Err(kind) => {
                        // What precedes may hold an earlier fault.
                        late = Some(kind);
                        break;
                    }
                }
            }
            let done: Vec<(Result<T, Fault>, u64)> = group
                .par_iter()
                .map(|piece| {
                    let lines = piece.iter().filter(|byte| **byte == b'\n').count();
                    (work(piece), lines as u64)
                })
                .collect();
            for (result, lines) in done {
                each(result.map_err(|fault| located(fault, line))?);
                line += lines;
            }
            match late {
                Some(FaultKind::Io(error)) => {
                    return Err(SourceError::unreadable(self.path, &error));
                }
                Some(kind) => return Err(located(Fault::on_line(kind, 0), line)),
                None if group.len() < at_once => return Ok(()),
                None => {}
            }
        }
    }
}
