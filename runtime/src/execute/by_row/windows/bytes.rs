//! States as bytes, to be kept while a service is down. Whatever bytes are read: what can't be run safely
//! is refused, and the memory asked for is at most a small multiple of the bytes.

use icosian_ir::columns::Columns;
use icosian_ir::types::ScalarType;

use super::kept::Kept;
use super::scan::Scan;
use super::shape::{GroupShape, WindowShape};
use super::track::Track;
use super::{Carry, Held, WindowShapes, WindowState};
use crate::error::RunError;

/// What the bytes begin with: what they are, and the version of their layout.
const HEADER: &[u8; 8] = b"icowin\x00\x02";

/// A state of more rows is not believed: numbers of rows and counts must have room to grow.
const MOST_ROWS: u64 = 1 << 62;

/// The bytes are no state of the plan.
struct Malformed;

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn kept(&mut self, kept: &Kept) {
        match kept {
            Kept::Null => self.0.push(0),
            Kept::Word(word) => {
                self.0.push(1);
                self.word(*word);
            }
            Kept::Text(text) => {
                self.0.push(2);
                self.text(text);
            }
        }
    }

    fn all(&mut self, all: &[Kept]) {
        self.word(all.len() as u64);
        all.iter().for_each(|kept| self.kept(kept));
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn bytes(&mut self, count: usize) -> Result<&'b [u8], Malformed> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.bytes(N)?.try_into().map_err(|_| Malformed)
    }

    fn word(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// How many things follow, each of at least so many bytes.
    fn count(&mut self, each: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.word()?).map_err(|_| Malformed)?;
        let fits = count
            .checked_mul(each)
            .is_some_and(|all| all <= self.0.len());
        if fits { Ok(count) } else { Err(Malformed) }
    }

    /// A value of a type.
    fn kept(&mut self, scalar: ScalarType) -> Result<Kept, Malformed> {
        match (self.array()?, scalar.lane()) {
            ([0], _) => Ok(Kept::Null),
            ([1], Some(_)) => Ok(Kept::Word(self.word()?)),
            ([2], None) => {
                let length = self.count(1)?;
                let text = std::str::from_utf8(self.bytes(length)?);
                Ok(Kept::Text(text.map_err(|_| Malformed)?.to_owned()))
            }
            _ => Err(Malformed),
        }
    }

    /// Values of some types, or none at all.
    fn all(
        &mut self,
        scalars: impl ExactSizeIterator<Item = ScalarType>,
    ) -> Result<Vec<Kept>, Malformed> {
        match self.count(1)? {
            0 => Ok(Vec::new()),
            count if count == scalars.len() => scalars.map(|scalar| self.kept(scalar)).collect(),
            _ => Err(Malformed),
        }
    }

    /// Values of a type.
    fn column(&mut self, scalar: ScalarType) -> Result<Vec<Kept>, Malformed> {
        let count = self.count(1)?;
        (0..count).map(|_| self.kept(scalar)).collect()
    }
}

impl WindowState {
    /// The state as bytes, for [`RowProgram::window_state`](crate::execute::RowProgram::window_state).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer(HEADER.to_vec());
        let Some(carry) = self.carry.as_ref().filter(|carry| carry.rows > 0) else {
            return writer.0;
        };
        writer.0.extend(carry.fingerprint.to_le_bytes());
        writer.word(carry.rows);
        writer.all(&carry.keys);
        writer.all(&carry.last);
        for track in &carry.tracks {
            writer.all(&track.kept());
        }
        for held in &carry.windows {
            if let Held::Scan(scan) = held {
                let words = scan.to_words();
                writer.word(words.len() as u64);
                words.iter().for_each(|word| writer.word(*word));
                if let Scan::Fill(kept, _) = scan {
                    writer.kept(kept);
                }
            }
        }
        for values in carry.histories.iter().flatten() {
            let kept: Vec<Kept> = values.iter().map(Kept::of).collect();
            writer.all(&kept);
        }
        writer.0
    }
}

impl WindowShapes {
    /// The state that [`WindowState::to_bytes`] wrote.
    pub(crate) fn read(&self, columns: &Columns, bytes: &[u8]) -> Result<WindowState, RunError> {
        let found = |found: &str| RunError::Data {
            what: "window state".to_owned(),
            expected: "the bytes of one of this plan's windows".to_owned(),
            found: found.to_owned(),
        };
        let mut reader = Reader(bytes);
        match reader.array() {
            Ok(header) if header == *HEADER => {}
            _ => return Err(found("others")),
        }
        if reader.0.is_empty() {
            return Ok(WindowState::new());
        }
        let fingerprint = reader.array().map(u128::from_le_bytes);
        let Ok(fingerprint) = fingerprint else {
            return Err(found("too few"));
        };
        let mut groups = self.groups.iter();
        let Some(shape) = groups.find(|shape| shape.fingerprint == fingerprint) else {
            return Err(found("those of another's"));
        };
        let carry = shape.read(columns, &mut reader).ok();
        let carry = carry.filter(|_| reader.0.is_empty());
        match carry {
            Some(carry) => Ok(WindowState {
                carry: Some(Box::new(carry)),
            }),
            None => Err(found("damaged ones")),
        }
    }
}

impl GroupShape {
    fn read(&self, columns: &Columns, reader: &mut Reader<'_>) -> Result<Carry, Malformed> {
        let mut carry = Carry::new(self);
        carry.rows = reader.word()?;
        if !(1..=MOST_ROWS).contains(&carry.rows) {
            return Err(Malformed);
        }
        carry.keys = reader.all(self.keys.iter().map(|(_, scalar)| *scalar))?;
        let order = self.orders.iter().flat_map(|order| &order.parts);
        let order: Vec<ScalarType> = order.map(|(_, scalar, _)| *scalar).collect();
        carry.last = reader.all(order.into_iter())?;
        if !self.interpreted
            && (carry.keys.len() != self.keys.len() || carry.last.len() != self.order_values())
        {
            return Err(Malformed);
        }
        for (track, shape) in carry.tracks.iter_mut().zip(&self.tracks) {
            let scalar = columns.scalar_type(shape.column());
            for kept in reader.column(scalar)? {
                match scalar.lane() {
                    Some(_) => track.push_word(kept.word()),
                    None => track.push_text(kept.text()),
                }
            }
            // The last rows of all columns are the same.
            if !track.end_at(carry.rows) {
                return Err(Malformed);
            }
        }
        for (held, shape) in carry.windows.iter_mut().zip(&self.windows) {
            if let Held::Scan(scan) = held {
                reader.scan(scan, shape)?;
                if !scan.is_of_at_most(carry.rows) {
                    return Err(Malformed);
                }
            }
        }
        for (histories, shape) in carry.histories.iter_mut().zip(&self.windows) {
            for (history, arg) in histories.iter_mut().zip(&shape.args) {
                let scalar = columns.scalar_type(*arg);
                let kept = reader.column(scalar)?;
                if kept.len() as u64 != carry.rows {
                    return Err(Malformed);
                }
                *history = kept.iter().map(|kept| kept.value(scalar)).collect();
            }
        }
        // Distances are measured along values.
        let is_placed = |axis: usize| {
            let axis = &carry.tracks[axis];
            (axis.first()..axis.end()).all(|row| axis.is_valid(row))
        };
        let mut axes = self.windows.iter().filter_map(|window| window.axis);
        if !self.interpreted && !axes.all(|(axis, _)| is_placed(axis)) {
            return Err(Malformed);
        }
        carry.rebuild(self);
        Ok(carry)
    }
}

impl Reader<'_> {
    fn scan(&mut self, scan: &mut Scan, shape: &WindowShape) -> Result<(), Malformed> {
        let count = self.count(8)?;
        let words: Result<Vec<u64>, Malformed> = (0..count).map(|_| self.word()).collect();
        let read = scan.read_words(shape.window, &words?);
        read.map_err(|_| Malformed)?;
        if let Scan::Fill(kept, _) = scan {
            *kept = self.kept(shape.scalars[0])?;
        }
        Ok(())
    }
}

impl Track {
    /// The values, in their order.
    fn kept(&self) -> Vec<Kept> {
        let value = |row: u64| {
            let mut kept = Kept::Null;
            match self.is_text() {
                true => kept.set_text(self.text(row)),
                false => kept.set_word(self.word(row)),
            }
            kept
        };
        (self.first()..self.end()).map(value).collect()
    }
}
