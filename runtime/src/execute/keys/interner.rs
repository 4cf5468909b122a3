//! Texts, each with a number.
//!
//! A text of up to 15 bytes is told by 16: the bytes themselves and how many they are. So most texts
//! hash and compare as two words, and what was seen lately is found without a table.

use std::hash::BuildHasher;

use foldhash::{fast, quality};
use hashbrown::HashTable;

use super::{hash, too_many_keys};
use crate::error::RunError;

/// A short text as words: its bytes, and how many they are.
pub(crate) type ShortText = [u64; 2];

/// What tells a text: all of a short one, of a longer one its first bytes and a hash.
type View = [u64; 2];

/// How many of the texts seen lately are found without the table.
const RECENT: usize = 1024;

/// The longest text that a view holds.
const SHORT: usize = 15;

/// Texts, numbered by first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Interner {
    bytes: String,
    ends: Vec<usize>,
    views: Vec<View>,
    numbers: HashTable<u32>,
    hasher: fast::RandomState,
    long: quality::RandomState,
    /// Views of short texts with their numbers, by some bits of the hash.
    recent: Vec<(View, u32)>,
}

/// Up to eight bytes as a word, the first the lowest.
#[inline(always)]
fn word_of(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let Some(all) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*all);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (length - 4));
    }
    bytes
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// All of a text of up to 15 bytes, and no other text's.
#[inline(always)]
pub(crate) fn short_text(text: &str) -> Option<ShortText> {
    let bytes = text.as_bytes();
    let rest = bytes.get(8..).unwrap_or_default();
    (bytes.len() <= SHORT).then(|| [word_of(bytes), word_of(rest) | (bytes.len() as u64) << 56])
}

/// The text that [`short_text`] took.
pub(crate) fn text_of_short(short: &ShortText) -> String {
    let length = (short[1] >> 56) as usize;
    let bytes = short.iter().flat_map(|word| word.to_le_bytes());
    let bytes: Vec<u8> = bytes.take(length.min(SHORT)).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Interner {
    /// How many texts.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// About how many bytes they take.
    pub(super) fn byte_len(&self) -> usize {
        self.bytes.len() + 32 * self.ends.len()
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u64) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    #[inline(always)]
    fn view(&self, text: &str) -> View {
        let long = || {
            let hash = self.long.hash_one(text);
            [
                word_of(text.as_bytes()),
                hash >> 8 | (SHORT as u64 + 1) << 56,
            ]
        };
        short_text(text).unwrap_or_else(long)
    }

    /// The number of a text, if it has one.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let view = self.view(text);
        self.find_view(hash(&self.hasher, &view), view, text)
    }

    #[inline(always)]
    fn find_view(&self, hash: u64, view: View, text: &str) -> Option<u32> {
        let same = |number: &u32| {
            self.views[*number as usize] == view
                && (text.len() <= SHORT || self.text(u64::from(*number)) == text)
        };
        self.numbers.find(hash, same).copied()
    }

    /// The number of a text, which it gets if it has none.
    #[inline(always)]
    pub(super) fn intern(&mut self, text: &str) -> Result<u32, RunError> {
        let view = self.view(text);
        let hash = hash(&self.hasher, &view);
        let slot = hash as usize % RECENT;
        if let Some((known, number)) = self.recent.get(slot)
            && *known == view
            && text.len() <= SHORT
        {
            return Ok(*number);
        }
        let number = match self.find_view(hash, view, text) {
            Some(number) => number,
            None => self.add(hash, view, text)?,
        };
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = (view, number);
        } else if self.recent.is_empty() && self.ends.len() > 1 {
            // No text is of so many bytes.
            self.recent = vec![([0, u64::MAX], 0); RECENT];
        }
        Ok(number)
    }

    fn add(&mut self, hash_of_text: u64, view: View, text: &str) -> Result<u32, RunError> {
        let number = u32::try_from(self.ends.len()).map_err(|_| too_many_keys())?;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        self.views.push(view);
        let Interner {
            views,
            numbers,
            hasher,
            ..
        } = self;
        numbers.insert_unique(hash_of_text, number, |number| {
            hash(hasher, &views[*number as usize])
        });
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_keep_their_numbers() {
        let mut texts = Interner::default();
        let mut all: Vec<String> = (0..40).map(|length| "é".repeat(length)).collect();
        all.extend((1..40).map(|length| "a".repeat(length)));
        all.extend((1..40).map(|length| "\0".repeat(length)));
        all.extend((0..3000).map(|number| format!("text {number}")));
        all.extend((0..3000).map(|number| format!("one that takes more room: {number}")));
        for _ in 0..2 {
            for (number, text) in all.iter().enumerate() {
                assert_eq!(texts.intern(text).expect("few texts"), number as u32);
                assert_eq!(texts.intern(text).expect("few texts"), number as u32);
                assert_eq!(texts.find(text), Some(number as u32));
                assert_eq!(texts.text(number as u64), text);
                if let Some(short) = short_text(text) {
                    assert_eq!(text_of_short(&short), *text);
                }
            }
        }
        assert_eq!(texts.find("another"), None);
        assert_eq!(texts.len(), all.len());
    }
}
