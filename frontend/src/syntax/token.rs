//! Tokens: the smallest pieces of a flow's text.

use logos::Logos;

/// The kind of a token. Words are one kind: which are keywords depends on where they stand.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\x0B\x0C]+")]
pub(crate) enum TokenKind {
    /// A run of letters, digits and `_` that doesn't begin with a digit.
    #[regex(r"[\p{XID_Start}_]\p{XID_Continue}*")]
    Word,
    /// A name in backticks.
    #[token("`")]
    QuotedName,
    /// A name with loop variables in braces, such as `delay_{n}`.
    TemplateName,
    /// An integer literal.
    #[regex("[0-9]")]
    Integer,
    /// A floating-point literal.
    #[regex(r"\.[0-9]")]
    Float,
    /// An integer followed by letters, such as `3h`.
    Duration,
    /// A text literal on one line.
    #[token("\"")]
    #[token("'")]
    Text,
    /// A triple-quoted text, which may span lines.
    #[token("\"\"\"")]
    #[token("'''")]
    LongText,
    /// `(`
    #[token("(")]
    ParenOpen,
    /// `)`
    #[token(")")]
    ParenClose,
    /// `[`
    #[token("[")]
    SquareOpen,
    /// `]`
    #[token("]")]
    SquareClose,
    /// `{`
    #[token("{")]
    BraceOpen,
    /// `}`
    #[token("}")]
    BraceClose,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `;`, which no rule uses.
    #[token(";")]
    Semicolon,
    /// `@`
    #[token("@")]
    At,
    /// `?`
    #[token("?")]
    Question,
    /// `.`
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    DotDot,
    /// `..=`
    #[token("..=")]
    DotDotEqual,
    /// `->`
    #[token("->")]
    Arrow,
    /// `=`
    #[token("=")]
    Equal,
    /// `==`
    #[token("==")]
    EqualEqual,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    LessOrEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterOrEqual,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `**`
    #[token("**")]
    StarStar,
    /// `/`
    #[token("/")]
    Slash,
    /// `//`
    #[token("//")]
    SlashSlash,
    /// `%`
    #[token("%")]
    Percent,
    /// `??`
    #[token("??")]
    QuestionQuestion,
    /// `&` or `&&`, other languages' `and`.
    #[token("&")]
    #[token("&&")]
    Ampersand,
    /// `|` or `||`, other languages' `or`.
    #[token("|")]
    #[token("||")]
    Pipe,
    /// `^`, other languages' `**`.
    #[token("^")]
    Caret,
    /// `!` or `~`, other languages' `not`.
    #[token("!")]
    #[token("~")]
    Bang,
    /// `<>`, other languages' `!=`.
    #[token("<>")]
    LessGreater,
    /// A comment, to the end of its line; never in a token list.
    #[regex(r"#[^\r\n]*")]
    Comment,
    /// A line's end; never in a token list.
    #[regex(r"[\r\n]")]
    Newline,
    /// Characters that mean nothing.
    Invalid,
    /// The end of the file.
    End,
}

impl TokenKind {
    /// Whether it opens a bracket.
    pub(crate) fn opens(self) -> bool {
        matches!(
            self,
            TokenKind::ParenOpen | TokenKind::SquareOpen | TokenKind::BraceOpen
        )
    }

    /// Whether it closes a bracket.
    pub(crate) fn closes(self) -> bool {
        matches!(
            self,
            TokenKind::ParenClose | TokenKind::SquareClose | TokenKind::BraceClose
        )
    }

    /// Whether it can be a name.
    pub(crate) fn is_name(self) -> bool {
        matches!(
            self,
            TokenKind::Word | TokenKind::QuotedName | TokenKind::TemplateName
        )
    }
}

/// A token: its kind and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// The kind.
    pub(crate) kind: TokenKind,
    /// Whether it is the first on its line.
    pub(crate) starts_line: bool,
    /// Offset of its first byte.
    pub(crate) start: u32,
    /// Offset after its last byte.
    pub(crate) end: u32,
}

impl Token {
    /// Its offsets as a range, to slice the text with.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A comment and where it stands among the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Index of the token it stands before.
    pub(crate) before: u32,
    /// Whether nothing but space precedes it on its line.
    pub(crate) starts_line: bool,
    /// Offset of its `#`.
    pub(crate) start: u32,
    /// Offset after its last byte.
    pub(crate) end: u32,
}
