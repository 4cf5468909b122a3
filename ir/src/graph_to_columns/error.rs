//! Why a graph can't be lowered.

use std::fmt;

use crate::id::{NodeId, TableId};
use crate::value::Value;

/// Why a graph can't be lowered.
#[derive(Clone, Debug, PartialEq)]
pub enum LowerError {
    /// The value given for a node is not of its type.
    Override {
        /// The node.
        node: NodeId,
        /// The value.
        value: Value,
    },
    /// A value on the rows of a given table that is not given with them.
    NotGiven {
        /// The table.
        table: TableId,
    },
    /// Row references can't be delivered.
    RowReference {
        /// The node.
        node: NodeId,
    },
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LowerError::Override { value, .. } => write!(f, "{value} is not of the node's type"),
            LowerError::NotGiven { .. } => write!(f, "a value is not given with its table"),
            LowerError::RowReference { .. } => write!(f, "a row reference can't be delivered"),
        }
    }
}

impl std::error::Error for LowerError {}
