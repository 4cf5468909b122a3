//! Title case: each word begins with a capital letter, and its other letters are small.
//!
//! A word is a run of letters, digits and marks, also across an apostrophe between two of them. The
//! standard library maps letters to capital and to small ones; where a letter at the beginning of a
//! word is written otherwise than as a capital, Unicode's rules are few enough to be stated here.

use regex::Regex;

/// Words.
pub(super) const WORDS: &str =
    r"[\p{Alphabetic}\p{M}\p{N}]+(?:['\u{2019}][\p{Alphabetic}\p{M}\p{N}]+)*";

/// Writes a text in title case. What is between words stays.
pub(super) fn write(text: &str, words: &Regex, made: &mut String) {
    let mut copied = 0;
    for word in words.find_iter(text) {
        made.push_str(&text[copied..word.start()]);
        copied = word.end();
        let Some(first) = word.as_str().chars().next() else {
            continue;
        };
        begin(first, made);
        // The whole word in small letters, as a sigma at its end has its own form; then without the
        // first.
        let small = word.as_str().to_lowercase();
        let skipped: usize = first.to_lowercase().map(char::len_utf8).sum();
        made.push_str(&small[skipped..]);
    }
    made.push_str(&text[copied..]);
}

/// Writes a letter as it stands at the beginning of a word.
fn begin(letter: char, made: &mut String) {
    match letter {
        // Digraphs whose first letter alone is a capital.
        '\u{1c4}'..='\u{1c6}' => made.push('\u{1c5}'),
        '\u{1c7}'..='\u{1c9}' => made.push('\u{1c8}'),
        '\u{1ca}'..='\u{1cc}' => made.push('\u{1cb}'),
        '\u{1f1}'..='\u{1f3}' => made.push('\u{1f2}'),
        // Georgian is written in capitals throughout or not at all.
        '\u{10d0}'..='\u{10ff}' => made.push(letter),
        // Greek with an iota that stays below the capital.
        '\u{1f80}'..='\u{1faf}' => {
            made.extend(char::from_u32(u32::from(letter) | 8));
        }
        '\u{1fb3}' | '\u{1fbc}' => made.push('\u{1fbc}'),
        '\u{1fc3}' | '\u{1fcc}' => made.push('\u{1fcc}'),
        '\u{1ff3}' | '\u{1ffc}' => made.push('\u{1ffc}'),
        '\u{1fb2}' | '\u{1fb4}' | '\u{1fb7}' | '\u{1fc2}' | '\u{1fc4}' | '\u{1fc7}'
        | '\u{1ff2}' | '\u{1ff4}' | '\u{1ff7}' => {
            let iota_below = |capital| match capital {
                '\u{399}' => '\u{345}',
                other => other,
            };
            made.extend(letter.to_uppercase().map(iota_below));
        }
        // Letters that are several capitals.
        '\u{df}' | '\u{587}' | '\u{fb00}'..='\u{fb06}' | '\u{fb13}'..='\u{fb17}' => {
            let mut capitals = letter.to_uppercase();
            made.extend(capitals.next());
            capitals.for_each(|capital| made.extend(capital.to_lowercase()));
        }
        other => made.extend(other.to_uppercase()),
    }
}
