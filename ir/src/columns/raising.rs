//! Which columns may have errors among their values.

use crate::columns::Columns;
use crate::id::Id;
use crate::interpret::{is_row_local, may_raise};
use crate::op::{Op, Reduction};
use crate::types::ScalarType;

impl Columns {
    /// For each column whether a value of it may be an error: that none is, is certain.
    pub(crate) fn raising(&self) -> Vec<bool> {
        let mut raises: Vec<bool> = Vec::with_capacity(self.columns.len());
        for (_, column) in self.columns.iter() {
            let of_arguments = column.args.iter().any(|arg| raises[arg.index()]);
            let first = column.args.first().map(|arg| self.scalar_type(*arg));
            let own = match (&column.op, first) {
                (op, Some(first)) if is_row_local(op) => may_raise(op, first),
                (Op::Reduce { reduction, .. }, first) => {
                    !first.is_some_and(ScalarType::is_float)
                        && !matches!(reduction, Reduction::Count | Reduction::Len)
                }
                (
                    Op::Literal(_)
                    | Op::Input(_)
                    | Op::Param(_)
                    | Op::Broadcast(_)
                    | Op::RowNumber(_)
                    | Op::Take,
                    _,
                ) => false,
                // What looks at other rows, or is the host's.
                _ => true,
            };
            raises.push(of_arguments || own);
        }
        raises
    }
}
