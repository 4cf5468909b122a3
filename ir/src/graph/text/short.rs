//! Single expressions as text for people, such as the condition of a check.

use super::expressions::{ExpressionText, Place};
use super::forms::parts;
use super::naming::Naming;
use crate::graph::Graph;
use crate::id::ExprId;
use crate::types::Domain;

/// An expression of more parts is not written out: what a text shares, it repeats.
const MAX_PARTS: usize = 64;

/// What stands for an expression that is not written out.
const LONG: &str = "…";

/// Writes expressions of one graph whole: nothing in them goes by another name.
pub(crate) struct ShortTexts<'g> {
    graph: &'g Graph,
    naming: Naming<'g>,
}

impl<'g> ShortTexts<'g> {
    pub(crate) fn new(graph: &'g Graph) -> ShortTexts<'g> {
        ShortTexts {
            graph,
            naming: Naming::by_fingerprint(graph),
        }
    }

    /// An expression as it would be written on its own rows.
    pub(crate) fn of(&self, id: ExprId) -> String {
        let mut count = 0;
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            count += 1;
            if count > MAX_PARTS {
                return LONG.to_owned();
            }
            stack.extend(parts(self.graph, id).into_iter().map(|(part, _)| part));
        }
        let place = match self.graph.expressions[id].domain {
            Domain::Rows(table) => Place::Rows(table),
            Domain::Scalar => Place::Top,
        };
        let expressions = ExpressionText {
            graph: self.graph,
            naming: &self.naming,
        };
        expressions.of(id, place)
    }
}
