//! Why a segment could not be compiled.

use std::fmt;

use icosian_ir::id::ColumnId;

/// Why a segment could not be compiled; every case is a fault of the planner or of the host, none
/// of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// The column's op is not one that a fused segment can hold.
    Unsupported {
        /// The column.
        column: ColumnId,
        /// Its op's name.
        op: &'static str,
    },
    /// The segment does not hold together.
    Malformed {
        /// Where.
        column: ColumnId,
        /// What is wrong, in words.
        reason: &'static str,
    },
    /// The segment has more columns than one kernel may have.
    TooLarge {
        /// How many it has.
        columns: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The machine lacks what kernels need.
    Host(String),
    /// Cranelift refused the code.
    Backend(String),
    /// The emitted code holds what kernels may not.
    Forbidden(&'static str),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Unsupported { column, op } => {
                write!(f, "{column}: {op} can't be part of a fused segment")
            }
            CompileError::Malformed { column, reason } => write!(f, "{column}: {reason}"),
            CompileError::TooLarge { columns, limit } => {
                write!(f, "a segment of {columns} columns, {limit} are the most")
            }
            CompileError::Host(reason) => write!(f, "this machine can't run kernels: {reason}"),
            CompileError::Backend(reason) => write!(f, "code generation failed: {reason}"),
            CompileError::Forbidden(what) => write!(f, "the emitted code holds {what}"),
        }
    }
}

impl std::error::Error for CompileError {}
