//! `icosian fmt`: the same tokens and comments, set in one way.
//!
//! Line breaks stay where the author put them; spaces and indentation are ours. A block of items
//! is either on one line or has its braces at line ends. Comments stay on their line, blank
//! lines become one at most. The parser tells which `-` is a sign and which `{` a block.

use super::parser::{ParsedTokens, Role, parse_tokens};
use super::token::{Comment, Token, TokenKind};
use crate::diagnostic::{Diagnostic, FileId};

const INDENTATION: &str = "    ";

/// Formats a flow.
///
/// ```
/// use icosian::diagnostic::FileId;
/// use icosian::syntax::format;
///
/// let formatted = format(FileId(0), "speed=distance/( air_time *60 )   # miles");
/// assert_eq!(formatted.unwrap(), "speed = distance / (air_time * 60)  # miles\n");
/// ```
///
/// # Errors
///
/// A text with syntax errors is not formatted; the diagnostics tell them.
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse_tokens(file, text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let mut writer = Writer {
        text,
        broken: broken_blocks(&parsed),
        parsed: &parsed,
        output: String::with_capacity(text.len() + text.len() / 8),
        frames: Vec::new(),
        line_depth: 0,
        previous_end: 0,
    };
    let mut comments = parsed.comments.iter().peekable();
    for index in 0..parsed.tokens.len() {
        while let Some(comment) = comments.next_if(|comment| comment.before as usize == index) {
            writer.comment(*comment, index);
        }
        writer.token(index);
    }
    Ok(writer.output)
}

/// For each token whether it opens a block that has a line break between its items.
fn broken_blocks(parsed: &ParsedTokens) -> Vec<bool> {
    let mut broken = vec![false; parsed.tokens.len()];
    let mut open = Vec::new();
    for (index, token) in parsed.tokens.iter().enumerate() {
        if let Some(opener) = open.last().copied()
            && token.starts_line
            && parsed.roles[opener] == Role::Block
        {
            broken[opener] = true;
        }
        if token.kind.opens() {
            open.push(index);
        } else if token.kind.closes() {
            open.pop();
        }
    }
    broken
}

/// An open bracket.
struct Frame {
    /// Depth of the line it stands on.
    outer_depth: usize,
    /// Whether it is a block of items.
    block: bool,
    /// Whether it is a block with its braces at line ends.
    broken: bool,
}

struct Writer<'a> {
    text: &'a str,
    parsed: &'a ParsedTokens,
    broken: Vec<bool>,
    output: String,
    frames: Vec<Frame>,
    /// Depth of the present line.
    line_depth: usize,
    /// Where the last token or comment ends in the source.
    previous_end: u32,
}

impl Writer<'_> {
    fn token(&mut self, index: usize) {
        let token = self.parsed.tokens[index];
        if token.kind == TokenKind::End {
            if !self.output.is_empty() {
                self.output.push('\n');
            }
            return;
        }
        let after_opening = index > 0 && self.parsed.tokens[index - 1].kind.opens();
        let in_broken = self.frames.last().is_some_and(|frame| frame.broken);
        let forced = in_broken && (after_opening || token.kind.closes());
        if token.starts_line || forced {
            let depth = self.depth_of_line(index);
            let spaced = !after_opening && !token.kind.closes();
            self.new_line(depth, token.start, spaced);
        } else if index > 0 && self.spaced(index - 1, index) {
            self.output.push(' ');
        }
        self.output.push_str(&self.text[token.range()]);
        self.previous_end = token.end;
        if token.kind.opens() {
            self.frames.push(Frame {
                outer_depth: self.line_depth,
                block: self.parsed.roles[index] == Role::Block,
                broken: self.broken[index],
            });
        } else if token.kind.closes() {
            self.frames.pop();
        }
    }

    fn comment(&mut self, comment: Comment, before: usize) {
        let text = self.text[comment.start as usize..comment.end as usize].trim_end();
        if comment.starts_line {
            // Before a closing bracket a comment still belongs to what is inside.
            let depth = match self.frames.last() {
                Some(frame) if self.parsed.tokens[before].kind.closes() => frame.outer_depth + 1,
                _ => self.depth_of_line(before),
            };
            let opened_before = before > 0
                && self.parsed.tokens[before - 1].kind.opens()
                && self.previous_end == self.parsed.tokens[before - 1].end;
            self.new_line(depth, comment.start, !opened_before);
        } else if !self.output.is_empty() {
            self.output.push_str("  ");
        }
        self.output.push_str(text);
        self.previous_end = comment.end;
    }

    /// The depth of a line that begins with this token.
    fn depth_of_line(&self, index: usize) -> usize {
        let token = self.parsed.tokens[index];
        let Some(frame) = self.frames.last() else {
            return usize::from(self.continues_item(index));
        };
        if token.kind.closes() {
            frame.outer_depth
        } else if frame.block && self.continues_item(index) {
            frame.outer_depth + 2
        } else {
            frame.outer_depth + 1
        }
    }

    /// Whether a line between items that begins with this token goes on with the item above.
    fn continues_item(&self, index: usize) -> bool {
        let token = self.parsed.tokens[index];
        let closes_block = index > 0
            && self.parsed.tokens[index - 1].kind == TokenKind::BraceClose
            && self.parsed.roles[index - 1] == Role::Block;
        let is_else = &self.text[token.range()] == "else";
        token.kind != TokenKind::End
            && !self.parsed.begins_item[index]
            && !(closes_block && is_else)
    }

    /// Begins a line, after a blank one if the source had one there and it may be kept.
    fn new_line(&mut self, depth: usize, start: u32, may_space: bool) {
        self.line_depth = depth;
        if !self.output.is_empty() {
            let gap = &self.text.as_bytes()[self.previous_end as usize..start as usize];
            let feeds = gap.iter().filter(|byte| **byte == b'\n').count();
            let returns = gap.iter().filter(|byte| **byte == b'\r').count();
            if may_space && feeds.max(returns) > 1 {
                self.output.push('\n');
            }
            self.output.push('\n');
        }
        for _ in 0..depth {
            self.output.push_str(INDENTATION);
        }
    }

    /// Whether a space stands between two tokens on one line.
    fn spaced(&self, left: usize, right: usize) -> bool {
        let (left_role, right_role) = (self.parsed.roles[left], self.parsed.roles[right]);
        let (left, right) = (self.parsed.tokens[left], self.parsed.tokens[right]);
        if self.would_merge(left, right) {
            return true;
        }
        if left.kind.opens() || right.kind.closes() {
            let braces = |role| matches!(role, Role::Block | Role::Arms);
            let padded = (left.kind.opens() && braces(left_role))
                || (right.kind.closes() && braces(right_role));
            return padded && !(left.kind.opens() && right.kind.closes());
        }
        if matches!(left_role, Role::Sign | Role::Tight)
            || matches!(right_role, Role::Attached | Role::Tight)
        {
            return false;
        }
        match (left.kind, right.kind) {
            (_, TokenKind::Comma | TokenKind::Colon | TokenKind::Question | TokenKind::Dot) => {
                false
            }
            (TokenKind::Dot, _) => false,
            (_, TokenKind::DotDot | TokenKind::DotDotEqual) => right_role == Role::Sign,
            // `a..b` is set close, but not `a.. if c else d`.
            (TokenKind::DotDot | TokenKind::DotDotEqual, TokenKind::Word) => matches!(
                &self.text[right.range()],
                "if" | "else" | "and" | "or" | "is" | "in" | "not" | "over" | "order"
            ),
            (TokenKind::DotDot | TokenKind::DotDotEqual, TokenKind::BraceOpen) => true,
            (TokenKind::DotDot | TokenKind::DotDotEqual, _) => false,
            _ => true,
        }
    }

    /// Whether a dot right after a number that ends with one would be read differently.
    fn would_merge(&self, left: Token, right: Token) -> bool {
        left.kind == TokenKind::Float
            && self.text[left.range()].ends_with('.')
            && self.text[right.range()].starts_with('.')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop, proptest};

    use super::format;
    use crate::diagnostic::FileId;
    use crate::syntax::parser::parse_tokens;
    use crate::syntax::token::TokenKind;

    const EXAMPLE: &str = include_str!("testdata/language.flow");

    fn tokens(text: &str) -> (Vec<(TokenKind, &str)>, Vec<&str>) {
        let parsed = parse_tokens(FileId(0), text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        let comments = parsed.comments.iter();
        (
            parsed
                .tokens
                .iter()
                .map(|token| (token.kind, &text[token.range()]))
                .collect(),
            comments
                .map(|one| text[one.start as usize..one.end as usize].trim_end())
                .collect(),
        )
    }

    /// Formats, and checks that this changes no token or comment and is final.
    fn formatted(text: &str) -> String {
        let once = format(FileId(0), text).expect("no mistakes");
        assert_eq!(tokens(text), tokens(&once), "{text}\n{once}");
        assert_eq!(format(FileId(0), &once).as_ref(), Ok(&once));
        once
    }

    #[test]
    fn spaces() {
        for (text, expected) in [
            ("a=b+c*-d**2", "a = b + c * -d ** 2\n"),
            ("a = f( x ,y = 1 ) [ 0 ]", ""),
            ("a = f ( x ,y = 1 ) . g ( )", "a = f(x, y=1).g()\n"),
            ("a=- - b", "a = --b\n"),
            ("a=not(b)or(c)", "a = not (b) or (c)\n"),
            ("a=x  if(b)else[1 ,2]", "a = x if (b) else [1, 2]\n"),
            (
                "a=mean( x )over( k  order by t desc )",
                "a = mean(x) over (k order by t desc)\n",
            ),
            (
                "w = weather [ a = b,t <= t - 2h ] . temp",
                "w = weather[a=b, t<=t - 2h].temp\n",
            ),
            ("m={ a :1,'b':{ } }", "m = {a: 1, 'b': {}}\n"),
            (
                "m=match x{0 ..= 5:1,.. 6:2,_:3}",
                "m = match x { 0..=5: 1, ..6: 2, _: 3 }\n",
            ),
            ("r=[1 ..,2]", "r = [1.., 2]\n"),
            ("r=1.. if a else 2", "r = 1.. if a else 2\n"),
            (
                "x : timestamp [ s,\"UTC\" ] ?",
                "x: timestamp[s, \"UTC\"]?\n",
            ),
            ("x:decimal( 10 ,- 2 )", "x: decimal(10, -2)\n"),
            ("a = b??c", "a = b ?? c\n"),
            ("a = 1. .abs()", "a = 1. .abs()\n"),
            ("a = 1. .. 2", "a = 1. ..2\n"),
            ("a = 1 .`b`", "a = 1.`b`\n"),
            (
                "output o=[ a . b,c_* ,d.*,@ e ]",
                "output o = [a.b, c_*, d.*, @e]\n",
            ),
            (
                "table t from\"x\"(null=\"\"){a:f64}",
                "table t from \"x\" (null=\"\") { a: f64 }\n",
            ),
            ("for n in[1]{x_{n}=n}", "for n in [1] { x_{n} = n }\n"),
            (
                "fn f(x,y=1,z:f64=2)->f64=x",
                "fn f(x, y=1, z: f64 = 2) -> f64 = x\n",
            ),
            ("@ tag(a=1)x=1", "@tag(a=1) x = 1\n"),
            ("import\"a\"as b", "import \"a\" as b\n"),
            ("when a{}else{b=1}", "when a {} else { b = 1 }\n"),
        ] {
            if expected.is_empty() {
                assert!(format(FileId(0), text).is_err(), "{text}");
            } else {
                assert_eq!(formatted(text), expected);
            }
        }
    }

    #[test]
    fn lines() {
        let text = "\n\n\"\"\"Doc.\"\"\"\n\n\n\ntable t { a: f64, b: f64 # both\n\n\n\
                    c = f(a,\nb)\n      # about d\n   d = (\na +\nb\n)\n  # last\n\n }\n\
                    table u = t\nwhere a\n # why\ngroup by b { n = len()\nm = 1 }\n\
                    when a {x = 1\n}\nelse {\ny = 2}\nz = t.f()\n.g()\nand h\n# end\n\n\n";
        let expected = "\
\"\"\"Doc.\"\"\"

table t {
    a: f64, b: f64  # both

    c = f(a,
        b)
    # about d
    d = (
        a +
        b
    )
    # last
}
table u = t
    where a
    # why
    group by b {
        n = len()
        m = 1
    }
when a {
    x = 1
}
else {
    y = 2
}
z = t.f()
    .g()
    and h
# end
";
        assert_eq!(formatted(text), expected);
    }

    #[test]
    fn small_and_odd_texts() {
        assert_eq!(formatted(""), "");
        assert_eq!(formatted("\n \n"), "");
        assert_eq!(formatted("# only"), "# only\n");
        assert_eq!(
            formatted("\u{feff}a=1\r\n\r\n\r\n# b\r\n"),
            "a = 1\n\n# b\n"
        );
        assert_eq!(formatted("table t {\n\n\n}"), "table t {\n}\n");
        assert_eq!(formatted("table t { # c\n}"), "table t {  # c\n}\n");
        assert_eq!(
            formatted("table t {\n\n# c\n\n}"),
            "table t {\n    # c\n}\n"
        );
    }

    #[test]
    fn the_example_of_the_language_page() {
        formatted(EXAMPLE);
    }

    #[test]
    fn mistakes_are_not_formatted() {
        assert!(format(FileId(0), "a = = b").is_err());
        assert!(format(FileId(0), "a = 'b").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        /// The example with its spaces changed at random, comments and blank lines added.
        #[test]
        fn however_it_was_spaced(
            gaps in prop::collection::vec(0..6u8, 1..400),
            squeeze in any::<bool>(),
        ) {
            let parsed = parse_tokens(FileId(0), EXAMPLE);
            let mut text = String::new();
            let mut depth = 0;
            for (index, token) in parsed.tokens.iter().enumerate() {
                let inside = depth > 0;
                // The star of a pattern touches its word.
                let touches = text.ends_with("delay_");
                match (gaps[index % gaps.len()], token.starts_line) {
                    _ if touches => {}
                    (0, true) => text += "\n\n\n  # c  \n\t",
                    (1, true) => text += " # c\n",
                    (2, true) => text += "\n\n",
                    (_, true) => text += "\n ",
                    (0, false) if inside => text += "\n",
                    (1, false) if inside => text += "# c\n\n",
                    (2, false) if squeeze && token.kind.opens() => {}
                    (_, false) => text += "  ",
                }
                // In parentheses and lists newlines mean nothing.
                match token.kind {
                    TokenKind::ParenOpen | TokenKind::SquareOpen => depth += 1,
                    TokenKind::ParenClose | TokenKind::SquareClose => depth -= 1,
                    _ => {}
                }
                text += &EXAMPLE[token.range()];
            }
            formatted(&text);
        }
    }
}
