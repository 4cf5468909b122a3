//! Items: what each begins with, and the declarations and definitions without a block of their
//! own.

use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::syntax::ast::{CheckAction, ExprId, Item, ItemId, ItemKind, Name, Tag, Text, TypeId};
use crate::syntax::literal;
use crate::syntax::token::TokenKind;

/// The words that begin an item, unless `=` or `:` follows: then they are names.
const ITEM_WORDS: [&str; 15] = [
    "import", "use", "config", "param", "table", "extend", "fit", "fn", "extern", "over", "for",
    "when", "check", "output", "test",
];

impl Parser<'_> {
    /// A whole file.
    pub(super) fn file(&mut self) {
        if self.at(TokenKind::LongText) {
            self.begins_item[self.position] = true;
            self.program.documentation = Some(self.documentation());
            if !self.token().starts_line {
                self.expected(
                    Code::ExpectedEndOfItem,
                    "a new line after the documentation",
                );
            }
        }
        loop {
            let roots = self.items(false);
            self.program.roots.extend(roots);
            if self.at(TokenKind::End) {
                return;
            }
            // Items end before a closing brace, and here none is open.
            self.fresh_start = self.position;
            self.expected(Code::ExpectedItem, "an item");
            self.bump();
        }
    }

    /// Items up to the end of the block or file.
    pub(super) fn items(&mut self, in_block: bool) -> Vec<ItemId> {
        let mut items = Vec::new();
        let outer_start = self.item_start;
        while !self.at(TokenKind::End) && !self.at(TokenKind::BraceClose) {
            self.item_start = self.position;
            let item = self.item();
            // One `Error` stands for a run of them, so that garbage makes no large tree.
            if self.is_error(item) && items.last().is_some_and(|last| self.is_error(*last)) {
                self.program.items.truncate(item.0 as usize);
            } else {
                items.push(item);
            }
            self.end_of_item(in_block);
            if self.position == self.item_start {
                self.bump();
            }
        }
        self.item_start = outer_start;
        items
    }

    fn is_error(&self, item: ItemId) -> bool {
        matches!(self.program.items[item].kind, ItemKind::Error)
    }

    /// Ends an item: at the next line, or in a block at a comma or the closing brace.
    pub(super) fn end_of_item(&mut self, in_block: bool) {
        if in_block && self.at(TokenKind::Comma) {
            self.bump();
            return;
        }
        if self.token().starts_line
            || self.at(TokenKind::End)
            || (in_block && self.at(TokenKind::BraceClose))
        {
            return;
        }
        if !self.is_muted() {
            self.report_end_of_item(in_block);
        }
        if self.eat(TokenKind::Semicolon) {
            return;
        }
        self.skip_item(in_block);
        if in_block {
            self.eat(TokenKind::Comma);
        }
    }

    fn report_end_of_item(&mut self, in_block: bool) {
        let what = if in_block {
            "a new line, `,` or `}`"
        } else {
            "a new line"
        };
        let mut report = self.expected_diagnostic(Code::ExpectedEndOfItem, what);
        if let Some(help) = self.meant_at_end() {
            report = report.help(help);
        }
        self.report(report);
    }

    /// What was probably meant by what stands behind a complete expression.
    fn meant_at_end(&self) -> Option<&'static str> {
        Some(match self.kind() {
            TokenKind::Question => "a choice is written `a if condition else b`",
            TokenKind::Colon => "casts are functions: `i64(x)`",
            TokenKind::Text => "texts are put together with `+`, others made text with `str(x)`",
            TokenKind::Word => match self.word() {
                "is" if self.word_ahead(1).eq_ignore_ascii_case("nan") => {
                    "whether a value is nan says `is_nan(x)`"
                }
                "is" => "`is` tests for null only; values are compared with `==`",
                "IS" => "operators are written small: `x is null`",
                "AND" | "OR" | "NOT" | "IN" | "IF" | "ELSE" => {
                    "operators are written small: `and`, `or`, `not`, `in`, `if`, `else`"
                }
                "OVER" | "WINDOW" => "write `mean(x) over key`, or `over (key order by time)`",
                "between" | "BETWEEN" => "write `low <= x <= high`",
                "like" | "LIKE" => "write `like(x, pattern)`",
                "when" | "WHEN" | "then" | "THEN" | "CASE" | "case" => {
                    "write `a if condition else b`, or `match x { 1: a, _: b }`"
                }
                "FROM" | "from" | "WHERE" | "GROUP" | "ORDER" | "JOIN" => {
                    "a query begins with its table: `t where condition group by key { … }`"
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Whether an item begins here, judged by its first tokens.
    pub(super) fn at_item(&self) -> bool {
        match self.kind() {
            TokenKind::At | TokenKind::LongText => true,
            kind if kind.is_name()
                && matches!(self.kind_ahead(1), TokenKind::Equal | TokenKind::Colon) =>
            {
                true
            }
            TokenKind::Word => {
                let next = self.kind_ahead(1);
                ITEM_WORDS.contains(&self.word())
                    && match self.word() {
                        "import" | "test" => matches!(next, TokenKind::Text | TokenKind::LongText),
                        "over" | "when" | "check" => next.is_name() || next == TokenKind::ParenOpen,
                        _ => next.is_name(),
                    }
            }
            _ => false,
        }
    }

    /// The documentation at the present token.
    fn documentation(&mut self) -> Text {
        let span = self.token_span(self.position);
        let value = literal::documentation(&self.take_text()).into();
        Text { value, span }
    }

    fn item(&mut self) -> ItemId {
        let documented_at = self.position;
        let mut documentation = None;
        while self.at(TokenKind::LongText) {
            self.begins_item[self.position] = true;
            if documentation.is_some() {
                let report = Diagnostic::error(
                    Code::DanglingDocumentation,
                    "a second documentation for the same item",
                );
                self.report(report.at(self.token_span(self.position)));
            }
            documentation = Some(self.documentation());
        }
        let mut tags = Vec::new();
        while self.at(TokenKind::At) {
            self.begins_item[self.position] = true;
            let tag = self.tag();
            tags.push(tag);
        }
        let start = self.start();
        self.fresh_start = self.position;
        self.begins_item[self.position] = true;
        if self.position > documented_at
            && matches!(self.kind(), TokenKind::End | TokenKind::BraceClose)
        {
            let report = Diagnostic::error(
                Code::DanglingDocumentation,
                "documentation and tags belong before an item, and none follows",
            );
            let first = self.tokens[documented_at].start;
            let span = self.span_from(first);
            self.report(report.at(span));
        }
        let kind = self.item_kind();
        let span = self.span_from(start);
        self.program.items.push(Item {
            documentation,
            tags,
            kind,
            span,
        })
    }

    fn tag(&mut self) -> Tag {
        let start = self.start();
        self.bump_as(Role::Sign);
        let name = self.name("a tag's name");
        let arguments = if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
            self.arguments(Role::Attached)
        } else {
            Vec::new()
        };
        Tag {
            name,
            arguments,
            span: self.span_from(start),
        }
    }

    fn item_kind(&mut self) -> ItemKind {
        if self.kind().is_name() {
            match self.kind_ahead(1) {
                TokenKind::Equal | TokenKind::Colon => return self.definition_or_column(false),
                TokenKind::EqualEqual => {
                    let name = self.take_name();
                    let report = Diagnostic::error(
                        Code::ExpectedToken,
                        "a definition takes `=`; `==` compares",
                    );
                    self.report(report.at(self.token_span(self.position)));
                    self.bump();
                    let value = self.value();
                    return ItemKind::Definition {
                        name,
                        fit: false,
                        ty: None,
                        value,
                    };
                }
                _ => {}
            }
        }
        match self.word() {
            "import" => self.import(),
            "use" => self.use_flow(),
            "config" => {
                let (name, ty, value) = self.setting("a config's name");
                ItemKind::Config { name, ty, value }
            }
            "param" => {
                let (name, ty, value) = self.setting("a param's name");
                ItemKind::Param { name, ty, value }
            }
            "fit" => {
                self.bump();
                self.definition_or_column(true)
            }
            "fn" => self.function(),
            "extern" => self.extern_function(),
            "table" => self.table(),
            "extend" => self.extend(),
            "over" => self.over_block(),
            "for" => self.for_block(),
            "when" => self.when_block(),
            "check" => self.check(),
            "output" => self.output(),
            "test" => self.test(),
            _ => self.no_item(),
        }
    }

    fn no_item(&mut self) -> ItemKind {
        if !self.is_muted() {
            self.report_no_item();
        }
        let in_block = self.block_depth > 0;
        let before = self.position;
        self.skip_item(in_block);
        if self.position == before && !self.kind().closes() {
            self.bump();
            self.skip_item(in_block);
        }
        ItemKind::Error
    }

    fn report_no_item(&mut self) {
        let mut report = self.expected_diagnostic(Code::ExpectedItem, "an item");
        let word = self.word();
        let next_is_name = self.kind_ahead(1).is_name() && !self.fresh_line_ahead(1);
        report = match word {
            "def" => report.help("functions are written `fn name(x) = expression`"),
            "let" | "var" | "const" => report.help("definitions are written `name = expression`"),
            "from" => report.help("files are imported with `import \"file.flow\" as name`"),
            "SELECT" | "select" => {
                report.help("queries are written `table name = source where condition`")
            }
            "given" | "expect" => report.help("this belongs into a `test \"title\" { … }`"),
            "class" | "return" | "if" | "while" | "assert" => {
                report.note(format!("the flow language has no `{word}`"))
            }
            _ if next_is_name && nearest(word, ITEM_WORDS).is_some() => {
                let near = nearest(word, ITEM_WORDS).unwrap_or_default();
                report.help(format!("did you mean `{near}`?"))
            }
            _ if matches!(self.kind(), TokenKind::Slash | TokenKind::SlashSlash) => {
                report.help("comments begin with `#`")
            }
            _ if self.kind().is_name() => report.help(
                "an item is a definition `name = …`, a column `name: type`, or begins \
                             with a word such as `table` or `param`",
            ),
            _ => report,
        };
        self.report(report);
    }

    /// `name = value`, `name: type = value`, or the column `name: type from "header"`.
    fn definition_or_column(&mut self, fit: bool) -> ItemKind {
        let name = self.name("the name to define");
        let typed = self.at(TokenKind::Colon) && !self.fresh_line();
        let ty = if typed {
            self.bump();
            self.written_type()
        } else {
            None
        };
        if self.at(TokenKind::Equal) && !self.fresh_line() {
            self.bump();
            let value = self.value();
            return ItemKind::Definition {
                name,
                fit,
                ty,
                value,
            };
        }
        if fit || !typed {
            self.expected(Code::ExpectedToken, "`=` and a value");
            return ItemKind::Error;
        }
        let header = if self.at_word("from") && !self.fresh_line() {
            self.bump();
            Some(self.text_literal("the header in the source, a text"))
        } else {
            None
        };
        match ty {
            Some(ty) => ItemKind::Column { name, ty, header },
            None => {
                if !self.fresh_line()
                    && !matches!(self.kind(), TokenKind::Comma | TokenKind::BraceClose)
                {
                    self.skip_item(self.block_depth > 0);
                }
                ItemKind::Error
            }
        }
    }

    /// `config` or `param`, then `name: type = value`, the last two optional.
    fn setting(&mut self, what: &str) -> (Name, Option<TypeId>, Option<ExprId>) {
        self.bump();
        let name = self.name(what);
        let mut ty = None;
        if self.at(TokenKind::Colon) && !self.fresh_line() {
            self.bump();
            ty = self.written_type();
        }
        let mut value = None;
        if self.at(TokenKind::Equal) && !self.fresh_line() {
            self.bump();
            value = Some(self.expression());
        }
        (name, ty, value)
    }

    fn import(&mut self) -> ItemKind {
        self.bump();
        let path = self.text_literal("the file to import, a text");
        let alias = self.alias("a name for the module");
        ItemKind::Import { path, alias }
    }

    fn alias(&mut self, what: &str) -> Option<Name> {
        if self.at_word("as") && !self.fresh_line() {
            self.bump();
            return Some(self.plain_name(what));
        }
        None
    }

    fn use_flow(&mut self) -> ItemKind {
        self.bump();
        let path = self.path("the flow to use");
        let arguments = if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
            self.arguments(Role::Attached)
        } else {
            Vec::new()
        };
        let alias = self.alias("a name for the instance");
        ItemKind::Use {
            path,
            arguments,
            alias,
        }
    }

    fn function(&mut self) -> ItemKind {
        self.bump();
        let name = self.plain_name("a function's name");
        let parameters = self.parameters();
        let returns = self.returns();
        if !self.expect(TokenKind::Equal, "`=` and the function's body") {
            return ItemKind::Error;
        }
        let body = self.expression();
        ItemKind::Function {
            name,
            parameters,
            returns,
            body,
        }
    }

    fn returns(&mut self) -> Option<TypeId> {
        if self.at(TokenKind::Arrow) && !self.fresh_line() {
            self.bump();
            return self.written_type();
        }
        None
    }

    fn extern_function(&mut self) -> ItemKind {
        self.bump();
        self.expect_word("fn");
        let name = self.plain_name("a function's name");
        let parameters = self.parameters();
        if !self.at(TokenKind::Arrow) || self.fresh_line() {
            self.expected(Code::ExpectedToken, "`->` and the type it gives");
        }
        let returns = self.returns();
        ItemKind::ExternFunction {
            name,
            parameters,
            returns,
        }
    }

    fn check(&mut self) -> ItemKind {
        self.bump();
        let condition = self.expression();
        let mut action = None;
        if self.eat_word("else") {
            action = match self.word() {
                "warn" => Some(CheckAction::Warn),
                "fail" => Some(CheckAction::Fail),
                _ => None,
            };
            if action.is_some() && !self.fresh_line() {
                self.bump();
            } else {
                self.expected(Code::ExpectedToken, "`warn` or `fail`");
            }
        }
        ItemKind::Check { condition, action }
    }

    fn output(&mut self) -> ItemKind {
        self.bump();
        let name = self.name("a name for the output");
        self.expect(TokenKind::Equal, "`=` and the selected nodes");
        let selectors = self.selector_or_list();
        ItemKind::Output { name, selectors }
    }
}
