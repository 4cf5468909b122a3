//! The values of literals.
//!
//! Numbers are written as in Python: underscores between digits, `0x`, `0o`, `0b`, no leading
//! zeros. Escapes in texts are Python's, but an unknown one is a mistake.

use super::ast::{Duration, DurationUnit};

/// The value of an integer literal, or what is wrong with it.
pub(crate) fn integer(text: &str) -> Result<u128, String> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        _ => (text, 10),
    };
    // Python allows `0x_ff`.
    let digits = if radix == 10 {
        digits
    } else {
        digits.strip_prefix('_').unwrap_or(digits)
    };
    let plain = without_underscores(digits)?;
    if plain.is_empty() {
        return Err(format!("`{text}` has no digits"));
    }
    if let Some(bad) = plain.chars().find(|character| !character.is_digit(radix)) {
        return Err(format!("`{bad}` is no digit of a base-{radix} number"));
    }
    if radix == 10 && plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0')
    {
        return Err("a decimal number can't begin with 0; octal numbers are written `0o17`".into());
    }
    u128::from_str_radix(&plain, radix).map_err(|_| "this number needs more than 128 bits".into())
}

/// The value of a floating-point literal, or what is wrong with it.
pub(crate) fn float(text: &str) -> Result<f64, String> {
    let mantissa_end = text
        .find(|character: char| character.is_alphabetic() && !matches!(character, 'e' | 'E'))
        .unwrap_or(text.len());
    if mantissa_end < text.len() {
        let suffix = &text[mantissa_end..];
        return Err(if DurationUnit::from_suffix(suffix).is_some() {
            format!("a duration takes a whole number before `{suffix}`")
        } else {
            format!("letters `{suffix}` after a number")
        });
    }
    for part in text.split(['.', 'e', 'E', '+', '-']) {
        without_underscores(part)?;
    }
    let value: f64 = text
        .replace('_', "")
        .parse()
        .map_err(|_| format!("`{text}` is no number"))?;
    if value.is_infinite() {
        return Err("this number is too large for f64; infinity is written `inf`".into());
    }
    Ok(value)
}

fn without_underscores(digits: &str) -> Result<String, String> {
    if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return Err("an underscore in a number stands between two digits".into());
    }
    Ok(digits.replace('_', ""))
}

/// The value of a duration literal, or what is wrong with it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let letters = text
        .find(|character: char| !(character.is_ascii_digit() || character == '_'))
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(letters);
    let unit = DurationUnit::from_suffix(suffix)
        .ok_or_else(|| format!("`{suffix}` is no unit of time"))?;
    let count = integer(digits)?;
    let count = u64::try_from(count).map_err(|_| "this duration needs more than 64 bits")?;
    Ok(Duration { count, unit })
}

/// An escape sequence that means nothing.
pub(crate) struct BadEscape {
    /// Its place in the literal, as byte offsets.
    pub(crate) range: std::ops::Range<usize>,
    /// What is wrong with it.
    pub(crate) message: &'static str,
}

/// The value of a text literal including its quotes, and the bad escapes in it.
pub(crate) fn text(literal: &str, quote_length: usize) -> (String, Vec<BadEscape>) {
    let quotes = &literal[..quote_length];
    let body = &literal[quote_length..];
    let body = body.strip_suffix(quotes).unwrap_or(body);
    let mut value = String::with_capacity(body.len());
    let mut bad = Vec::new();
    let mut rest = body;
    while let Some(position) = rest.find('\\') {
        value.push_str(&rest[..position]);
        let escape = &rest[position..];
        match unescape(escape) {
            Ok((character, length)) => {
                value.extend(character);
                rest = &escape[length..];
            }
            Err((message, length)) => {
                let start = quote_length + body.len() - escape.len();
                bad.push(BadEscape {
                    range: start..start + length,
                    message,
                });
                rest = &escape[length..];
            }
        }
    }
    value.push_str(rest);
    // A file's line endings are no part of what a text says.
    if value.contains('\r') && quote_length == 3 && !literal.contains("\\r") {
        value = value.replace("\r\n", "\n");
    }
    (value, bad)
}

/// The character an escape at the beginning of `text` stands for (none for a line
/// continuation), and the escape's length; or what is wrong, and the length to skip.
fn unescape(text: &str) -> Result<(Option<char>, usize), (&'static str, usize)> {
    let Some(letter) = text[1..].chars().next() else {
        return Err(("nothing follows this backslash", 1));
    };
    let simple = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        '\\' | '"' | '\'' => letter,
        '\n' => return Ok((None, 2)),
        'x' => return hexadecimal(text, 2),
        'u' => return hexadecimal(text, 4),
        'U' => return hexadecimal(text, 8),
        _ => {
            return Err((
                "unknown escape; a backslash itself is written `\\\\`",
                1 + letter.len_utf8(),
            ));
        }
    };
    Ok((Some(simple), 2))
}

fn hexadecimal(text: &str, digits: usize) -> Result<(Option<char>, usize), (&'static str, usize)> {
    let code = text
        .get(2..2 + digits)
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or(("`\\x` takes 2, `\\u` 4 and `\\U` 8 hexadecimal digits", 2))?;
    u32::from_str_radix(code, 16)
        .ok()
        .and_then(char::from_u32)
        .map(|character| (Some(character), 2 + digits))
        .ok_or(("this is no character of Unicode", 2 + digits))
}

/// A documentation text without the indentation it shares and without blank lines around it.
pub(crate) fn documentation(value: &str) -> String {
    let lines: Vec<&str> = value.lines().map(str::trim_end).collect();
    let indentation = lines
        .iter()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let mut cleaned = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        cleaned.push(if number == 0 {
            line.trim_start()
        } else {
            line.get(indentation..).unwrap_or("")
        });
    }
    let first = cleaned.iter().position(|line| !line.is_empty());
    let last = cleaned.iter().rposition(|line| !line.is_empty());
    match (first, last) {
        (Some(first), Some(last)) => cleaned[first..=last].join("\n"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{documentation, duration, float, integer, text};
    use crate::syntax::ast::{Duration, DurationUnit};

    #[test]
    fn integers_as_in_python() {
        assert_eq!(integer("0"), Ok(0));
        assert_eq!(integer("00"), Ok(0));
        assert_eq!(integer("1_000"), Ok(1000));
        assert_eq!(integer("0xFF"), Ok(255));
        assert_eq!(integer("0x_ff"), Ok(255));
        assert_eq!(integer("0o17"), Ok(15));
        assert_eq!(integer("0b1_01"), Ok(5));
        assert_eq!(integer("18446744073709551616"), Ok(1 << 64));
        for bad in ["017", "1__0", "1_", "0x", "0b2", "0o8", "0xg"] {
            assert!(integer(bad).is_err(), "{bad}");
        }
        assert!(integer(&"9".repeat(40)).is_err());
    }

    #[test]
    fn floats_as_in_python() {
        assert_eq!(float("1.5"), Ok(1.5));
        assert_eq!(float("1."), Ok(1.0));
        assert_eq!(float(".5"), Ok(0.5));
        assert_eq!(float("1_0.2_5e-0_1"), Ok(1.025));
        assert_eq!(float("1e-400"), Ok(0.0));
        for bad in ["1e999", "1.5h", "1._5", "1_.5", "1.5abc"] {
            assert!(float(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations() {
        let read = |count, unit| Ok(Duration { count, unit });
        assert_eq!(duration("3h"), read(3, DurationUnit::Hour));
        assert_eq!(duration("1mo"), read(1, DurationUnit::Month));
        assert_eq!(duration("15m"), read(15, DurationUnit::Minute));
        assert_eq!(duration("1_000ns"), read(1000, DurationUnit::Nanosecond));
        assert!(duration("3hours").is_err());
        assert!(duration("99999999999999999999s").is_err());
    }

    #[test]
    fn escapes() {
        let value = |literal| {
            let (value, bad) = text(literal, 1);
            assert!(bad.is_empty());
            value
        };
        assert_eq!(value(r#""a\tb\\\"\x41\u00e9\U0001F600""#), "a\tb\\\"Aé😀");
        let ranges: Vec<_> = text(r#""\q \x4 \ud800""#, 1)
            .1
            .into_iter()
            .map(|escape| escape.range)
            .collect();
        assert_eq!(ranges, [1..3, 4..6, 8..14]);
    }

    #[test]
    fn documentation_loses_its_indentation() {
        assert_eq!(documentation("One line."), "One line.");
        assert_eq!(
            documentation("First.\n\n    Then.\n      More.\n    "),
            "First.\n\nThen.\n  More."
        );
        assert_eq!(documentation("\n   a\n   b\n"), "a\nb");
        assert_eq!(documentation(" \n "), "");
    }
}
