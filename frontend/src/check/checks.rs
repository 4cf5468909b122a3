//! `check` items: typed when everything is known, so that none makes a node.

use icosian_ir::graph::CheckAction;

use super::declarations::{CheckItem, Checker};
use crate::syntax::ast::{self, ItemKind};

impl Checker<'_> {
    /// Adds what must hold to the graph, in the order of the text. A check that says nothing else
    /// fails the run.
    pub(crate) fn check_all(&mut self) {
        let mut checks = std::mem::take(&mut self.checks);
        checks.sort_by_key(|check| check.rank);
        for CheckItem {
            place,
            item,
            over,
            rank,
        } in checks
        {
            let program = self.program(place);
            let item = &program.items[item];
            let ItemKind::Check { condition, action } = &item.kind else {
                continue;
            };
            let span = program.exprs[*condition].span;
            let operand = self.evaluate_in(place, over, *condition);
            let Some(value) = self.value(&operand, span) else {
                continue;
            };
            if self.condition(value, span).is_none() {
                continue;
            }
            let action = match action {
                Some(ast::CheckAction::Warn) => CheckAction::Warn,
                Some(ast::CheckAction::Fail) | None => CheckAction::Fail,
            };
            let doc = item.documentation.as_ref().map(|doc| &*doc.value);
            let built = self
                .builder
                .check(value, action, doc.unwrap_or_default(), Some(rank));
            if built.is_ok() {
                self.spans.checks.push(span);
            }
        }
    }
}
