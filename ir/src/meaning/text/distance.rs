//! The Levenshtein distance: by Wagner's and Fischer's table, a row at a time.

use super::{MAX_PAIRS, TextError};

/// The fewest insertions, deletions and exchanges of characters that make `b` of `a`.
pub(super) fn levenshtein(a: &str, b: &str) -> Result<i64, TextError> {
    let mut a: Vec<char> = a.chars().collect();
    let mut b: Vec<char> = b.chars().collect();
    if a.len() > b.len() {
        std::mem::swap(&mut a, &mut b);
    }
    // What both begin or end with costs nothing.
    let end = a.iter().rev().zip(b.iter().rev());
    let end = end.take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let pairs = a.len() as u64 * b.len() as u64;
    if pairs > MAX_PAIRS {
        return Err(TextError::TooManyPairs { pairs });
    }
    // costs[n]: from the characters of `b` so far to the first n of `a`.
    let mut costs: Vec<u32> = (0..=a.len() as u32).collect();
    for (row, wanted) in b.iter().enumerate() {
        let mut diagonal = costs[0];
        costs[0] = row as u32 + 1;
        for (column, found) in a.iter().enumerate() {
            let exchanged = diagonal + u32::from(found != wanted);
            diagonal = costs[column + 1];
            costs[column + 1] = exchanged.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    Ok(i64::from(costs[a.len()]))
}
