//! Text → tokens.
//!
//! `logos` finds where a token begins and, for most, where it ends. Texts, numbers and templated
//! names are followed to their end by hand, which keeps every token linear in its length.
//! Newlines are no tokens: each token knows whether it is the first of its line, and the parser
//! decides from the brackets around it whether that matters. Comments go to a list of their own,
//! for the formatter.

use logos::Logos;

use super::reports::Reports;
use super::token::{Comment, Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic, FileId, Span};

/// What the lexer made of a text.
pub(crate) struct Lexed {
    /// All tokens; the last is [`TokenKind::End`].
    pub(crate) tokens: Vec<Token>,
    /// All comments, in order.
    pub(crate) comments: Vec<Comment>,
    /// Whether a triple-quoted text is open at the end.
    pub(crate) open_text: bool,
}

/// Splits `text`, which is at most [`super::MAX_FILE_BYTES`] long, into tokens.
pub(crate) fn lex(file: FileId, text: &str, reports: &mut Reports) -> Lexed {
    let body_start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let body = &text[body_start..];
    let mut lexer = TokenKind::lexer(body);
    let mut tokens: Vec<Token> = Vec::with_capacity(body.len() / 4 + 1);
    let mut comments = Vec::new();
    let mut starts_line = true;
    let mut open_text = false;
    while let Some(found) = lexer.next() {
        let rest = lexer.remainder();
        let mut kind = found.unwrap_or(TokenKind::Invalid);
        let mut closed = true;
        match kind {
            TokenKind::Newline => {
                starts_line = true;
                continue;
            }
            TokenKind::Word | TokenKind::BraceOpen => {
                let opened = if kind == TokenKind::BraceOpen { 1 } else { 0 };
                let length = template_rest(&body[lexer.span().end - opened..]);
                if length > opened {
                    lexer.bump(length - opened);
                    kind = TokenKind::TemplateName;
                }
            }
            TokenKind::Integer | TokenKind::Float => {
                let (number, length) = number_rest(lexer.slice(), rest);
                lexer.bump(length);
                kind = number;
            }
            TokenKind::Text => {
                let length = line_text_rest(rest, lexer.slice().as_bytes()[0], true);
                closed = length.is_some();
                lexer.bump(length.unwrap_or_else(|| line_length(rest)));
            }
            TokenKind::QuotedName => {
                let length = line_text_rest(rest, b'`', false).filter(|length| *length > 1);
                closed = length.is_some();
                lexer.bump(length.unwrap_or_else(|| line_length(rest)));
            }
            TokenKind::LongText => {
                let length = long_text_rest(rest, lexer.slice());
                closed = length.is_some();
                open_text |= !closed;
                lexer.bump(length.unwrap_or(rest.len()));
            }
            _ => {}
        }
        let span = lexer.span();
        let start = (body_start + span.start) as u32;
        let end = (body_start + span.end) as u32;
        if kind == TokenKind::Comment {
            comments.push(Comment {
                before: tokens.len() as u32,
                starts_line,
                start,
                end,
            });
            continue;
        }
        if !closed && reports.is_full() {
            reports.add_unwritten();
        } else if !closed {
            reports.add(unclosed(kind, Span::new(file, start, end), lexer.slice()));
        }
        if kind == TokenKind::Invalid {
            // A run of such characters is one mistake and one token.
            if let Some(last) = tokens.last_mut()
                && last.kind == TokenKind::Invalid
                && last.end == start
            {
                last.end = end;
                continue;
            }
            if reports.is_full() {
                reports.add_unwritten();
            } else {
                reports.add(meaningless(Span::new(file, start, end), lexer.slice()));
            }
        }
        tokens.push(Token {
            kind,
            starts_line,
            start,
            end,
        });
        starts_line = false;
    }
    tokens.push(Token {
        kind: TokenKind::End,
        starts_line: true,
        start: text.len() as u32,
        end: text.len() as u32,
    });
    Lexed {
        tokens,
        comments,
        open_text,
    }
}

fn unclosed(kind: TokenKind, span: Span, text: &str) -> Diagnostic {
    if kind == TokenKind::QuotedName {
        return if text.starts_with("``") {
            Diagnostic::error(Code::UnterminatedText, "a name in backticks can't be empty").at(span)
        } else {
            Diagnostic::error(
                Code::UnterminatedText,
                "this name's closing backtick is missing",
            )
            .at(span)
        };
    }
    let report = Diagnostic::error(
        Code::UnterminatedText,
        "this text's closing quote is missing",
    )
    .at(span);
    if kind == TokenKind::LongText {
        report
    } else {
        report.help("a text ends on its line; write `\\n` for a line break in it")
    }
}

fn meaningless(span: Span, text: &str) -> Diagnostic {
    let character = text.chars().next().unwrap_or('\u{fffd}');
    let shown = if character.is_control() || character.is_whitespace() {
        character.escape_unicode().to_string()
    } else {
        character.to_string()
    };
    let report = Diagnostic::error(
        Code::UnexpectedCharacter,
        format!("unexpected character `{shown}`"),
    )
    .at(span);
    match character {
        '\\' => report.help("lines are continued inside brackets, without a backslash"),
        '“' | '”' | '„' | '‘' | '’' => {
            report.help("texts take straight quotes: \"…\" or '…'")
        }
        '$' => report.help("names stand alone, without `$`; other names go in backticks"),
        '−' | '–' => report.help("minus is `-`"),
        '×' => report.help("multiplication is `*`"),
        '≤' => report.help("write `<=`"),
        '≥' => report.help("write `>=`"),
        '≠' => report.help("write `!=`"),
        _ => report,
    }
}

fn line_length(text: &str) -> usize {
    text.bytes()
        .position(|byte| byte == b'\n' || byte == b'\r')
        .unwrap_or(text.len())
}

/// Length up to and including `quote`, if it comes before the line ends.
fn line_text_rest(text: &str, quote: u8, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut position = 0;
    loop {
        match *bytes.get(position)? {
            b'\n' | b'\r' => return None,
            byte if byte == quote => return Some(position + 1),
            b'\\' if escapes && !matches!(bytes.get(position + 1), Some(b'\n' | b'\r')) => {
                position += 2;
            }
            _ => position += 1,
        }
    }
}

/// Length up to and including the triple quotes `quotes`.
fn long_text_rest(text: &str, quotes: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut position = 0;
    loop {
        let byte = *bytes.get(position)?;
        if byte == b'\\' {
            position += 2;
        } else if bytes[position..].starts_with(quotes.as_bytes()) {
            return Some(position + quotes.len());
        } else {
            position += 1;
        }
    }
}

fn is_word_start(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

fn is_word_rest(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn word_length(text: &str) -> usize {
    match text.chars().next() {
        Some(first) if is_word_start(first) => rest_of_word_length(text),
        _ => 0,
    }
}

fn rest_of_word_length(text: &str) -> usize {
    text.find(|character| !is_word_rest(character))
        .unwrap_or(text.len())
}

/// Length of `{variable}letters`, any number of times, at the beginning of `text`.
fn template_rest(text: &str) -> usize {
    let mut length = 0;
    while text[length..].starts_with('{') {
        let variable = word_length(&text[length + 1..]);
        let close = length + 1 + variable;
        if variable == 0 || !text[close..].starts_with('}') {
            break;
        }
        length = close + 1;
        length += rest_of_word_length(&text[length..]);
    }
    length
}

/// The kind of the number that begins with `head`, and how many bytes of `rest` belong to it.
/// Letters that follow belong to it too, so that `12abc` is one mistake and not two tokens.
fn number_rest(head: &str, rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let digits_from = |mut position: usize| {
        while matches!(bytes.get(position), Some(b'0'..=b'9' | b'_')) {
            position += 1;
        }
        position
    };
    if head == "0" && matches!(bytes.first(), Some(b'x' | b'X' | b'b' | b'B' | b'o' | b'O')) {
        return (TokenKind::Integer, rest_of_word_length(rest));
    }
    let mut kind = if head.starts_with('.') {
        TokenKind::Float
    } else {
        TokenKind::Integer
    };
    let mut position = digits_from(0);
    if kind == TokenKind::Integer && bytes.get(position) == Some(&b'.') {
        let next = rest[position + 1..].chars().next();
        // `1..5` is a range and `1.abs()` a call.
        if !next.is_some_and(|next| matches!(next, '.' | '`' | '{') || is_word_start(next)) {
            kind = TokenKind::Float;
            position = digits_from(position + 1);
        }
    }
    if matches!(bytes.get(position), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(position + 1), Some(b'+' | b'-')));
        if matches!(bytes.get(position + 1 + sign), Some(b'0'..=b'9')) {
            kind = TokenKind::Float;
            position = digits_from(position + 1 + sign);
        }
    }
    let letters = rest_of_word_length(&rest[position..]);
    if letters > 0 && kind == TokenKind::Integer {
        kind = TokenKind::Duration;
    }
    (kind, position + letters)
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, lex};
    use crate::diagnostic::{Code, FileId};
    use crate::syntax::reports::Reports;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        let mut reports = Reports::new();
        let lexed = lex(FileId(0), text, &mut reports);
        assert_eq!(reports.finish().0, []);
        let mut tokens: Vec<_> = lexed
            .tokens
            .iter()
            .map(|token| (token.kind, &text[token.range()]))
            .collect();
        assert_eq!(tokens.pop(), Some((TokenKind::End, "")));
        tokens
    }

    fn codes(text: &str) -> Vec<Code> {
        let mut reports = Reports::new();
        lex(FileId(0), text, &mut reports);
        reports
            .finish()
            .0
            .iter()
            .map(|report| report.code)
            .collect()
    }

    #[test]
    fn numbers_ranges_and_durations() {
        use TokenKind::{
            Dot, DotDot, DotDotEqual, Duration, Float, Integer, ParenClose, ParenOpen, Word,
        };
        assert_eq!(
            kinds("1 1.5 1. .5 1e3 1.5e-3 0xff 1_000 3h 250ms"),
            [
                (Integer, "1"),
                (Float, "1.5"),
                (Float, "1."),
                (Float, ".5"),
                (Float, "1e3"),
                (Float, "1.5e-3"),
                (Integer, "0xff"),
                (Integer, "1_000"),
                (Duration, "3h"),
                (Duration, "250ms"),
            ]
        );
        assert_eq!(
            kinds("0..5 0..=5 1.5..2 1.abs()"),
            [
                (Integer, "0"),
                (DotDot, ".."),
                (Integer, "5"),
                (Integer, "0"),
                (DotDotEqual, "..="),
                (Integer, "5"),
                (Float, "1.5"),
                (DotDot, ".."),
                (Integer, "2"),
                (Integer, "1"),
                (Dot, "."),
                (Word, "abs"),
                (ParenOpen, "("),
                (ParenClose, ")"),
            ]
        );
    }

    #[test]
    fn templates_need_touching_braces() {
        use TokenKind::{BraceClose, BraceOpen, Colon, Integer, TemplateName, Word};
        assert_eq!(
            kinds("delay_{n} {a}_{b}x {n} x{ n } {a: 1}"),
            [
                (TemplateName, "delay_{n}"),
                (TemplateName, "{a}_{b}x"),
                (TemplateName, "{n}"),
                (Word, "x"),
                (BraceOpen, "{"),
                (Word, "n"),
                (BraceClose, "}"),
                (BraceOpen, "{"),
                (Word, "a"),
                (Colon, ":"),
                (Integer, "1"),
                (BraceClose, "}"),
            ]
        );
    }

    #[test]
    fn texts_and_quoted_names() {
        use TokenKind::{LongText, QuotedName, Text};
        assert_eq!(
            kinds(r#""a\"b" 'it' "" '' """two "quoted" lines""" `a b`"#),
            [
                (Text, r#""a\"b""#),
                (Text, "'it'"),
                (Text, r#""""#),
                (Text, "''"),
                (LongText, r#""""two "quoted" lines""""#),
                (QuotedName, "`a b`"),
            ]
        );
    }

    #[test]
    fn unclosed_texts_end_with_their_line() {
        assert_eq!(codes("a = \"x\nb = 1"), [Code::UnterminatedText]);
        assert_eq!(codes("a = `x\nb = 1"), [Code::UnterminatedText]);
        assert_eq!(codes("a = ``"), [Code::UnterminatedText]);
        assert_eq!(codes("\"\"\"x\nb = 1"), [Code::UnterminatedText]);
        assert_eq!(codes("'\\"), [Code::UnterminatedText]);
    }

    #[test]
    fn meaningless_characters_are_one_mistake_per_run() {
        assert_eq!(codes("a $$$ b \u{0} \\"), [Code::UnexpectedCharacter; 3]);
    }

    #[test]
    fn lines_and_comments() {
        let mut reports = Reports::new();
        let text = "\u{feff}a # one\r\n# two\r\n b c";
        let lexed = lex(FileId(0), text, &mut reports);
        let starts: Vec<bool> = lexed.tokens.iter().map(|token| token.starts_line).collect();
        assert_eq!(starts, [true, true, false, true]);
        let comments: Vec<_> = lexed
            .comments
            .iter()
            .map(|comment| {
                let range = comment.start as usize..comment.end as usize;
                (comment.before, comment.starts_line, &text[range])
            })
            .collect();
        assert_eq!(comments, [(1, false, "# one"), (1, true, "# two")]);
    }
}
