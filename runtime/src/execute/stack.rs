//! Tables whose rows are those of other tables, one table's after the other's.

use std::sync::Arc;

use icosian_ir::columns::Rows;
use icosian_ir::id::{ColumnId, TableId};

use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal};
use crate::execute::params::Params;
use crate::execute::run::Run;

impl Run<'_> {
    /// The rows of a table of stacked rows, with those of its columns of which every part is known.
    /// Nothing is copied: a column's chunks are those of its parts.
    pub(crate) fn stack(
        &self,
        table: TableId,
        stacked: &[ColumnId],
        params: &Params,
    ) -> Result<BoundTable, RunError> {
        let columns = self.prepared().columns();
        let Rows::Stack { parts } = &columns.tables[table].rows else {
            return Err(internal(format!("{table} is no stack of tables")));
        };
        let mut rows = 0;
        for part in parts {
            rows += self.table_rows(part.table, params)?;
        }
        let mut data = BoundTable::new(rows);
        for id in stacked {
            let args = columns.column(*id).args.iter();
            let found: Option<Vec<&Arc<ChunkedColumn>>> =
                args.map(|arg| params.parts.get(arg)).collect();
            // The pass over the last part completes the column.
            let Some(found) = found else { continue };
            let mut arrays = Vec::new();
            let mut errors = Vec::new();
            let mut first = 0;
            for part in found {
                arrays.extend(part.arrays(0..part.rows()));
                let own = part.errors().iter();
                errors.extend(own.map(|(row, error)| (first + row, Arc::clone(error))));
                first += part.rows();
            }
            let column = ChunkedColumn::try_new(columns.scalar_type(*id), arrays)?;
            data.insert(*id, column.with_errors(errors))?;
        }
        Ok(data)
    }
}
