//! Functions of the host, called over whole columns.

use std::sync::Arc;

use crate::host::HostSignature;
use crate::id::ColumnId;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::evaluate::{Interpreter, Raised};
use crate::types::Type;
use crate::value::Value;

impl Interpreter<'_> {
    /// The values of a function of the host. Where an argument is an error, so is the result; the
    /// function gets a value that is nothing there. Of the whole column every row needs every
    /// argument: the lowest error is the result of all. If the function fails, the run does.
    pub(super) fn host(
        &mut self,
        id: ColumnId,
        signature: &HostSignature,
    ) -> Result<ColumnValues, Raised> {
        let columns = self.columns;
        let arguments = self.arguments(&columns.column(id).args)?;
        let table_rows = arguments.iter().find_map(|values| values.rows());
        let rows = table_rows.unwrap_or(1);
        let mut errors: Vec<Option<Cell>> = vec![None; rows];
        let mut given: Vec<Vec<Value>> = Vec::with_capacity(arguments.len());
        for (values, (_, ty)) in arguments.iter().zip(&signature.parameters) {
            let mut column = Vec::with_capacity(rows);
            for (row, error) in errors.iter_mut().enumerate() {
                match values.cell(row) {
                    Cell::Value(value) => column.push(value.clone()),
                    cell @ Cell::Error(_) => {
                        error.get_or_insert_with(|| cell.clone());
                        column.push(nothing(*ty));
                    }
                }
            }
            given.push(column);
        }
        drop(arguments);
        if signature.whole_column
            && table_rows.is_some()
            && let Some(error) = errors.iter().flatten().next().cloned()
        {
            return Ok(ColumnValues::Rows(vec![error; rows]));
        }
        let function = columns.host.get(&signature.name);
        let found = match function {
            Some(function) => function.call(signature, &given, rows),
            None => Err("it is not registered".to_owned()),
        };
        let found = match found {
            Ok(found) => found,
            Err(message) => {
                let kind = RowErrorKind::Host { message };
                let error = RowError::new(columns, id, None, kind, Vec::new());
                return Err(self.raise(None, &Arc::new(error)));
            }
        };
        let cells = found.into_iter().zip(errors);
        let mut cells = cells.map(|(value, error)| error.unwrap_or(Cell::Value(value)));
        Ok(match table_rows {
            Some(_) => ColumnValues::Rows(cells.collect()),
            None => ColumnValues::Scalar(cells.next().unwrap_or(Cell::NULL)),
        })
    }
}

/// A value of a type that means nothing: null where nulls may occur.
fn nothing(ty: Type) -> Value {
    use crate::types::ScalarType;
    if ty.nullable {
        return Value::Null;
    }
    match ty.scalar {
        ScalarType::Bool => Value::Bool(false),
        ScalarType::F32 => Value::F32(0.0),
        ScalarType::F64 => Value::F64(0.0),
        ScalarType::Str => Value::Str("".into()),
        _ => Value::Integer(0),
    }
}
