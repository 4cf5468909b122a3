//! What must hold of a flow's values.

use crate::id::ExprId;

/// What a check that does not hold does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CheckAction {
    /// It is reported, and the run goes on.
    Warn,
    /// It is reported, and the run ends without a result.
    Fail,
}

impl CheckAction {
    /// Its word in flow text.
    pub fn name(self) -> &'static str {
        match self {
            CheckAction::Warn => "warn",
            CheckAction::Fail => "fail",
        }
    }
}

/// A condition that must hold: in every row, or of scalars. Null passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What must hold, a bool.
    pub condition: ExprId,
    /// What happens if it doesn't.
    pub action: CheckAction,
    /// Its documentation, empty if there is none.
    pub doc: String,
    /// Its place in the order of the text, as [`Node::rank`](super::Node::rank).
    pub rank: u64,
}
