//! The values of a column in the last rows of a key: what rolling windows and shifts look back at.

use std::collections::VecDeque;

/// The values of the last rows, numbered from the first row that ever came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    first: u64,
    /// The number of the row that the run at hand began with.
    before: u64,
    valid: VecDeque<bool>,
    /// Of a column of fixed width.
    words: VecDeque<u64>,
    /// Of a column of text.
    texts: VecDeque<Box<str>>,
}

impl Track {
    /// The number of the first row kept.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// One more than the number of the last row.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.valid.len() as u64
    }

    fn place(&self, row: u64) -> usize {
        (row - self.first) as usize
    }

    /// The bits of a row's value; none if it is null.
    #[inline]
    pub(crate) fn word(&self, row: u64) -> Option<u64> {
        let place = self.place(row);
        self.valid[place].then(|| self.words[place])
    }

    /// A row's text; none if it is null.
    pub(crate) fn text(&self, row: u64) -> Option<&str> {
        let place = self.place(row);
        self.valid[place].then(|| &*self.texts[place])
    }

    /// Whether it is of text.
    pub(crate) fn is_text(&self) -> bool {
        self.words.is_empty() && !self.texts.is_empty()
    }

    /// Whether a row has a value.
    #[inline]
    pub(crate) fn is_valid(&self, row: u64) -> bool {
        self.valid[self.place(row)]
    }

    pub(crate) fn push_word(&mut self, word: Option<u64>) {
        self.valid.push_back(word.is_some());
        self.words.push_back(word.unwrap_or(0));
    }

    pub(crate) fn push_text(&mut self, text: Option<&str>) {
        self.valid.push_back(text.is_some());
        self.texts.push_back(text.unwrap_or_default().into());
    }

    /// The rows of the run at hand are to stay.
    #[inline]
    pub(crate) fn keep(&mut self) {
        self.before = self.end();
    }

    /// The number of the row that the run at hand began with.
    #[inline]
    pub(crate) fn before(&self) -> u64 {
        self.before
    }

    /// Numbers rows that were read so that they end before this one; false if there are more.
    pub(crate) fn end_at(&mut self, end: u64) -> bool {
        let first = end.checked_sub(self.valid.len() as u64);
        self.first = first.unwrap_or(0);
        self.keep();
        first.is_some()
    }

    /// Forgets the rows of the run at hand, if it came so far.
    pub(crate) fn roll_back(&mut self) {
        let length = self.place(self.before.max(self.first));
        self.valid.truncate(length);
        self.words.truncate(length);
        self.texts.truncate(length);
    }

    /// Forgets the rows before this one.
    #[inline]
    pub(crate) fn forget_before(&mut self, row: u64) {
        while self.first < row && self.valid.pop_front().is_some() {
            self.words.pop_front();
            self.texts.pop_front();
            self.first += 1;
        }
    }
}
