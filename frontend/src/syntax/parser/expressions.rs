//! Operators: their precedence, and how operands are put together.
//!
//! A Pratt parser whose recursion is an explicit stack, [`Pending`]: an operator waits there
//! until the operand to its right is complete, which it is when an operator that binds no
//! tighter follows. So chains of any length and of any operators cost no depth, and operands
//! come out in postorder.
//!
//! | Power | Operators | Chains |
//! |---|---|---|
//! | 1 | `x if c else y` | to the right |
//! | 2 | `or` | to the left |
//! | 3 | `and` | to the left |
//! | 4 | `not` | prefix |
//! | 5 | `== != < <= > >=`, `[not] in`, `is [not] null` | comparisons chain as in Python, the others don't |
//! | 6 | `??` | to the left |
//! | 7 | `..` `..=` | |
//! | 8 | `+` `-` | to the left |
//! | 9 | `*` `/` `//` `%` | to the left |
//! | 10 | `-x` `+x` | prefix |
//! | 11 | `**` | to the right |

use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator, CompareOperator, ExprId, ExprKind, UnaryOperator};
use crate::syntax::token::TokenKind;

const COMPARISON: u8 = 5;

/// An operand with the place it takes in the text, parentheses included.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub(super) id: ExprId,
    pub(super) span: Span,
}

/// An operator that waits for its right operand.
pub(super) enum Pending {
    Prefix(UnaryOperator, Span),
    Binary(Operand, BinaryOperator),
    Compare(Vec<ExprId>, Vec<CompareOperator>, Span),
    In {
        value: Operand,
        negated: bool,
    },
    Range {
        start: Option<Operand>,
        inclusive: bool,
        span: Span,
    },
    /// `then if`, waiting for the condition.
    If(Operand),
    /// `then if condition else`, waiting for the rest.
    Else(Operand, ExprId),
}

impl Pending {
    fn power(&self) -> u8 {
        match self {
            Pending::If(_) | Pending::Else(..) => 1,
            Pending::Prefix(UnaryOperator::Not, _) => 4,
            Pending::Prefix(UnaryOperator::Negate | UnaryOperator::Plus, _) => 10,
            Pending::Compare(..) | Pending::In { .. } => COMPARISON,
            Pending::Range { .. } => 7,
            Pending::Binary(_, operator) => binary_power(*operator),
        }
    }
}

fn binary_power(operator: BinaryOperator) -> u8 {
    match operator {
        BinaryOperator::Or => 2,
        BinaryOperator::And => 3,
        BinaryOperator::Coalesce => 6,
        BinaryOperator::Add | BinaryOperator::Subtract => 8,
        BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::FloorDivide
        | BinaryOperator::Remainder => 9,
        BinaryOperator::Power => 11,
    }
}

/// An operator that follows an operand.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOperator),
    Compare(CompareOperator),
    In { negated: bool },
    IsNull { negated: bool },
    Range { inclusive: bool },
    If,
    Else,
}

impl Infix {
    fn power(self) -> u8 {
        match self {
            Infix::Binary(operator) => binary_power(operator),
            Infix::Compare(_) | Infix::In { .. } | Infix::IsNull { .. } => COMPARISON,
            Infix::Range { .. } => 7,
            Infix::If | Infix::Else => 1,
        }
    }
}

impl Parser<'_> {
    /// An expression. If there is none, reports that and gives an `Error`.
    pub(super) fn expression(&mut self) -> ExprId {
        let base = self.pending.len();
        'operand: loop {
            self.prefixes(base);
            let mut operand = self.operand();
            let mut is_test = false;
            loop {
                let Some((infix, tokens)) = self.infix(base) else {
                    return self.reduce(base, operand, 0).id;
                };
                let at = self.position;
                self.foreign_operator();
                for _ in 0..tokens {
                    self.bump();
                }
                // Operators to the left that bind at least as tightly are complete; those that
                // chain to the right wait for it.
                let power = infix.power();
                let right = matches!(infix, Infix::If | Infix::Binary(BinaryOperator::Power));
                let span = self.token_span(at);
                operand = match infix {
                    Infix::Compare(_) | Infix::In { .. } | Infix::IsNull { .. } => {
                        self.reduce(base, operand, power + 1)
                    }
                    Infix::Else => self.reduce_to_if(base, operand),
                    _ => self.reduce(base, operand, if right { power + 1 } else { power }),
                };
                match infix {
                    Infix::Binary(operator) => {
                        self.pending.push(Pending::Binary(operand, operator))
                    }
                    Infix::Compare(operator) => {
                        self.push_compare(base, operand, operator, span, is_test);
                    }
                    Infix::In { negated } => {
                        operand = self.end_comparison(base, operand, span, is_test);
                        let value = operand;
                        self.pending.push(Pending::In { value, negated });
                    }
                    Infix::IsNull { negated } => {
                        operand = self.end_comparison(base, operand, span, is_test);
                        let end = self.previous_end();
                        let span = self.span(operand.span.start, end);
                        let operand_id = operand.id;
                        let kind = ExprKind::IsNull {
                            operand: operand_id,
                            negated,
                        };
                        operand = self.built(kind, span);
                        is_test = true;
                        continue;
                    }
                    Infix::Range { inclusive } => {
                        if !self.at_operand() {
                            operand = self.open_range(Some(operand), inclusive, span);
                            continue;
                        }
                        self.pending.push(Pending::Range {
                            start: Some(operand),
                            inclusive,
                            span,
                        });
                    }
                    Infix::If => {
                        if matches!(self.top(base), Some(Pending::If(_))) {
                            self.needs_parentheses(span, "a conditional inside a condition");
                        }
                        self.pending.push(Pending::If(operand));
                    }
                    // The frame was put there by `reduce_to_if`.
                    Infix::Else => {}
                }
                continue 'operand;
            }
        }
    }

    fn top(&self, base: usize) -> Option<&Pending> {
        self.pending[base..].last()
    }

    /// Reads signs, `not` and the `..` of a range without a start.
    fn prefixes(&mut self, base: usize) {
        loop {
            if self.fresh_line() {
                return;
            }
            let at = self.position;
            let span = self.token_span(at);
            let operator = match self.kind() {
                TokenKind::Minus => UnaryOperator::Negate,
                TokenKind::Plus => UnaryOperator::Plus,
                TokenKind::Bang => {
                    let written = &self.text[self.token().range()];
                    let report = Diagnostic::error(
                        Code::ForeignOperator,
                        format!("`{written}` is no operator here"),
                    );
                    self.report(report.at(span).help("negation is written `not`"));
                    UnaryOperator::Not
                }
                TokenKind::Word if self.at_word("not") => UnaryOperator::Not,
                TokenKind::DotDot | TokenKind::DotDotEqual => {
                    let inclusive = self.at(TokenKind::DotDotEqual);
                    self.bump_as(Role::Sign);
                    self.pending.push(Pending::Range {
                        start: None,
                        inclusive,
                        span,
                    });
                    continue;
                }
                _ => return,
            };
            if operator == UnaryOperator::Not {
                if self.top(base).is_some_and(|top| top.power() > 4) {
                    self.needs_parentheses(span, "`not` after an operator that binds tighter");
                }
                self.bump();
            } else {
                self.bump_as(Role::Sign);
            }
            self.pending.push(Pending::Prefix(operator, span));
        }
    }

    /// Whether an operand could begin here.
    fn at_operand(&self) -> bool {
        if self.fresh_line() {
            return false;
        }
        match self.kind() {
            TokenKind::Word => !matches!(
                self.word(),
                "if" | "else" | "and" | "or" | "is" | "in" | "over"
            ),
            TokenKind::QuotedName
            | TokenKind::TemplateName
            | TokenKind::Integer
            | TokenKind::Float
            | TokenKind::Duration
            | TokenKind::Text
            | TokenKind::LongText
            | TokenKind::ParenOpen
            | TokenKind::SquareOpen
            | TokenKind::Plus
            | TokenKind::Minus => true,
            _ => false,
        }
    }

    /// The operator at the present token and how many tokens it takes, if there is one.
    fn infix(&self, base: usize) -> Option<(Infix, usize)> {
        let has_if = || {
            let mut frames = self.pending[base..].iter().rev();
            frames.any(|frame| matches!(frame, Pending::If(_)))
        };
        if self.at(TokenKind::Word) {
            let word = self.word();
            // At the beginning of a line only these three go on, and not as the name of an item.
            if self.fresh_line()
                && (!matches!(word, "and" | "or" | "else")
                    || matches!(self.kind_ahead(1), TokenKind::Equal | TokenKind::Colon))
            {
                return None;
            }
            return match word {
                "and" => Some((Infix::Binary(BinaryOperator::And), 1)),
                "or" => Some((Infix::Binary(BinaryOperator::Or), 1)),
                "if" => Some((Infix::If, 1)),
                "else" if has_if() => Some((Infix::Else, 1)),
                "in" => Some((Infix::In { negated: false }, 1)),
                "not" if self.word_ahead(1) == "in" => Some((Infix::In { negated: true }, 2)),
                "is" => match (self.word_ahead(1), self.word_ahead(2)) {
                    ("null" | "None" | "NULL", _) => Some((Infix::IsNull { negated: false }, 2)),
                    ("not", "null" | "None" | "NULL") => Some((Infix::IsNull { negated: true }, 3)),
                    _ => None,
                },
                _ => None,
            };
        }
        if self.fresh_line() {
            return None;
        }
        let infix = match self.kind() {
            TokenKind::Plus => Infix::Binary(BinaryOperator::Add),
            TokenKind::Minus => Infix::Binary(BinaryOperator::Subtract),
            TokenKind::Star => Infix::Binary(BinaryOperator::Multiply),
            TokenKind::Slash => Infix::Binary(BinaryOperator::Divide),
            TokenKind::SlashSlash => Infix::Binary(BinaryOperator::FloorDivide),
            TokenKind::Percent => Infix::Binary(BinaryOperator::Remainder),
            TokenKind::StarStar | TokenKind::Caret => Infix::Binary(BinaryOperator::Power),
            TokenKind::QuestionQuestion => Infix::Binary(BinaryOperator::Coalesce),
            TokenKind::Ampersand => Infix::Binary(BinaryOperator::And),
            TokenKind::Pipe => Infix::Binary(BinaryOperator::Or),
            TokenKind::EqualEqual | TokenKind::Equal => Infix::Compare(CompareOperator::Equal),
            TokenKind::NotEqual | TokenKind::LessGreater => {
                Infix::Compare(CompareOperator::NotEqual)
            }
            TokenKind::Less => Infix::Compare(CompareOperator::Less),
            TokenKind::LessOrEqual => Infix::Compare(CompareOperator::LessOrEqual),
            TokenKind::Greater => Infix::Compare(CompareOperator::Greater),
            TokenKind::GreaterOrEqual => Infix::Compare(CompareOperator::GreaterOrEqual),
            TokenKind::DotDot => Infix::Range { inclusive: false },
            TokenKind::DotDotEqual => Infix::Range { inclusive: true },
            _ => return None,
        };
        Some((infix, 1))
    }

    /// Reports an operator that other languages have for what is meant here.
    fn foreign_operator(&mut self) {
        let (code, help) = match self.kind() {
            TokenKind::Ampersand => (Code::ForeignOperator, "conditions are joined with `and`"),
            TokenKind::Pipe => (
                Code::ForeignOperator,
                "conditions are joined with `or`; several values in a pattern are a list `[a, b]`",
            ),
            TokenKind::Caret => (Code::ForeignOperator, "powers are written `**`"),
            TokenKind::LessGreater => (Code::ForeignOperator, "unequal is written `!=`"),
            TokenKind::Equal => (Code::AssignmentInExpression, "equality is written `==`"),
            TokenKind::Word if self.at_word("is") => {
                let null = if self.word_ahead(1) == "not" { 2 } else { 1 };
                self.foreign_literal(self.position + null);
                return;
            }
            _ => return,
        };
        if self.is_muted() {
            return;
        }
        let written = &self.text[self.token().range()];
        let report = Diagnostic::error(code, format!("`{written}` is no operator here"));
        self.report(report.at(self.token_span(self.position)).help(help));
    }

    fn needs_parentheses(&mut self, span: Span, what: &str) {
        if self.is_muted() {
            return;
        }
        let report = Diagnostic::error(Code::MixedComparison, format!("{what} needs parentheses"));
        self.report(report.at(span));
    }

    /// Before `in` and `is`: they don't chain with another comparison.
    fn end_comparison(
        &mut self,
        base: usize,
        operand: Operand,
        span: Span,
        is_test: bool,
    ) -> Operand {
        let chained = self.top(base).is_some_and(|top| top.power() == COMPARISON);
        if chained || is_test {
            self.needs_parentheses(span, "one comparison inside another");
        }
        self.reduce(base, operand, COMPARISON)
    }

    fn push_compare(
        &mut self,
        base: usize,
        operand: Operand,
        operator: CompareOperator,
        span: Span,
        is_test: bool,
    ) {
        if is_test || matches!(self.top(base), Some(Pending::In { .. })) {
            self.needs_parentheses(span, "one comparison inside another");
        }
        if self.pending.len() > base
            && let Some(Pending::Compare(operands, operators, _)) = self.pending.last_mut()
        {
            operands.push(operand.id);
            operators.push(operator);
            return;
        }
        let operand = self.reduce(base, operand, COMPARISON);
        let frame = Pending::Compare(vec![operand.id], vec![operator], operand.span);
        self.pending.push(frame);
    }

    fn built(&mut self, kind: ExprKind, span: Span) -> Operand {
        let id = self.push(kind, span);
        Operand { id, span }
    }

    fn open_range(&mut self, start: Option<Operand>, inclusive: bool, dots: Span) -> Operand {
        if inclusive {
            self.expected(Code::ExpectedExpression, "the last value of the range");
        }
        let span = start.map_or(dots, |start| start.span.to(dots));
        let kind = ExprKind::Range {
            start: start.map(|start| start.id),
            end: None,
            inclusive,
        };
        self.built(kind, span)
    }

    /// Gives `operand` to the waiting operators that bind with at least `power`.
    fn reduce(&mut self, base: usize, mut operand: Operand, power: u8) -> Operand {
        while self.top(base).is_some_and(|top| top.power() >= power) {
            let Some(frame) = self.pending.pop() else {
                break;
            };
            operand = self.complete(frame, operand);
        }
        operand
    }

    /// At `else`: completes the condition and lets the conditional wait for its last part.
    fn reduce_to_if(&mut self, base: usize, mut operand: Operand) -> Operand {
        while self.pending.len() > base {
            match self.pending.pop() {
                Some(Pending::If(then)) => {
                    self.pending.push(Pending::Else(then, operand.id));
                    break;
                }
                Some(frame) => operand = self.complete(frame, operand),
                None => break,
            }
        }
        operand
    }

    /// The expression of an operator whose right operand is complete.
    fn complete(&mut self, frame: Pending, operand: Operand) -> Operand {
        let id = operand.id;
        match frame {
            Pending::Prefix(operator, span) => {
                let kind = ExprKind::Unary {
                    operator,
                    operand: id,
                };
                self.built(kind, span.to(operand.span))
            }
            Pending::Binary(left, operator) => {
                let kind = ExprKind::Binary {
                    operator,
                    left: left.id,
                    right: id,
                };
                self.built(kind, left.span.to(operand.span))
            }
            Pending::Compare(mut operands, operators, span) => {
                operands.push(id);
                let kind = ExprKind::Compare {
                    operands,
                    operators,
                };
                self.built(kind, span.to(operand.span))
            }
            Pending::In { value, negated } => {
                let kind = ExprKind::In {
                    value: value.id,
                    set: id,
                    negated,
                };
                self.built(kind, value.span.to(operand.span))
            }
            Pending::Range {
                start,
                inclusive,
                span,
            } => {
                let kind = ExprKind::Range {
                    start: start.map(|start| start.id),
                    end: Some(id),
                    inclusive,
                };
                let first = start.map_or(span, |start| start.span);
                self.built(kind, first.to(operand.span))
            }
            Pending::If(then) => {
                let report = Diagnostic::error(Code::MissingElse, "this conditional has no `else`");
                self.report(
                    report
                        .at(then.span.to(operand.span))
                        .help("write `value if condition else other`; the other may be `null`"),
                );
                let end = self.span(operand.span.end, operand.span.end);
                let otherwise = self.push(ExprKind::Error, end);
                let kind = ExprKind::Conditional {
                    then: then.id,
                    condition: id,
                    otherwise,
                };
                self.built(kind, then.span.to(operand.span))
            }
            Pending::Else(then, condition) => {
                let kind = ExprKind::Conditional {
                    then: then.id,
                    condition,
                    otherwise: id,
                };
                self.built(kind, then.span.to(operand.span))
            }
        }
    }
}
