//! The name that was probably meant.

/// Names longer than this are not compared; nobody mistypes one by a letter or two.
const MAX_LENGTH: usize = 64;

/// How many candidates of a fitting length are looked at.
const MAX_CANDIDATES: usize = 10_000;

/// The candidate that differs least from `name`, if it differs little: by a third of its letters
/// at most, where swapping two neighbours counts once and case not at all.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(MAX_LENGTH + 1).collect();
    if wanted.is_empty() || wanted.len() > MAX_LENGTH {
        return None;
    }
    let limit = (wanted.len() / 3).max(1);
    // Among equally near names one with the same first letter: people rarely miss that.
    let mut best: Option<((usize, bool), &str)> = None;
    let fitting = candidates.into_iter().filter(|candidate| {
        let length = candidate.len().min(4 * MAX_LENGTH + 1);
        // Up to four bytes per letter.
        *candidate != name && length <= 4 * (wanted.len() + limit) && 4 * length >= wanted.len()
    });
    for candidate in fitting.take(MAX_CANDIDATES) {
        let letters: Vec<char> = candidate.to_lowercase().chars().collect();
        if letters.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let found = distance(&wanted, &letters);
        // A name of one or two letters is not like any other name of the same length.
        let rank = (found, letters.first() != wanted.first());
        if found <= limit && found < letters.len() && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let names = ["carrier", "origin", "distance", "air_time", "w"];
        assert_eq!(nearest("carier", names), Some("carrier"));
        assert_eq!(nearest("distnace", names), Some("distance"));
        assert_eq!(nearest("Origin", names), Some("origin"));
        assert_eq!(nearest("airtime", names), Some("air_time"));
        assert_eq!(nearest("men", ["len", "mean"]), Some("mean"));
        assert_eq!(nearest("speed", names), None);
        assert_eq!(nearest("x", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"a".repeat(1000), names), None);
    }
}
