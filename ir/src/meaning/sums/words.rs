//! States as words of 64 bits, for spills and for other processes.
//!
//! Every state starts with a word that names its kind and the version of its layout, so that a
//! reader can tell what it does not know. Reading takes any words and refuses what no state writes.

use std::fmt;

/// The words are no state of the wanted kind and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedWords;

impl fmt::Display for MalformedWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the words are no sum state of the wanted kind and version")
    }
}

impl std::error::Error for MalformedWords {}

/// Takes words one by one.
pub(super) struct WordReader<'a> {
    rest: std::slice::Iter<'a, u64>,
}

impl<'a> WordReader<'a> {
    /// Reads everything there is with `read`; words left behind are an error.
    pub(super) fn read_all<T>(
        words: &'a [u64],
        read: impl FnOnce(&mut Self) -> Result<T, MalformedWords>,
    ) -> Result<T, MalformedWords> {
        let mut reader = Self { rest: words.iter() };
        let value = read(&mut reader)?;
        if reader.rest.next().is_some() {
            Err(MalformedWords)
        } else {
            Ok(value)
        }
    }

    pub(super) fn next(&mut self) -> Result<u64, MalformedWords> {
        self.rest.next().copied().ok_or(MalformedWords)
    }

    pub(super) fn expect(&mut self, word: u64) -> Result<(), MalformedWords> {
        if self.next()? == word {
            Ok(())
        } else {
            Err(MalformedWords)
        }
    }

    pub(super) fn next_flag(&mut self) -> Result<bool, MalformedWords> {
        match self.next()? {
            0 => Ok(false),
            1 => Ok(true),
            2.. => Err(MalformedWords),
        }
    }

    /// The words of one half of a pair, which is finite in every state.
    pub(super) fn next_finite(&mut self) -> Result<f64, MalformedWords> {
        let value = f64::from_bits(self.next()?);
        if value.is_finite() {
            Ok(value)
        } else {
            Err(MalformedWords)
        }
    }

    pub(super) fn next_i128(&mut self) -> Result<i128, MalformedWords> {
        let low = self.next()?;
        Ok((u128::from(self.next()?) << 64 | u128::from(low)) as i128)
    }
}
