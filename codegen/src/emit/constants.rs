//! Values that are the same in every row: constants and parameters.
//!
//! They are made before the loop while registers last, and where they are wanted beyond that: a
//! load costs less than a spill.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use icosian_ir::id::ColumnId;
use icosian_ir::types::Lane;
use icosian_ir::value::Value as Literal;

use super::load_store::memory;
use super::values::{Data, Emitted, Mask, Vectors, Width, vector_type};
use super::{Emitter, lane_of};
use crate::error::CompileError;

/// How many vectors may be kept through the loop; what is left of 16 registers serves the rows.
const MOST_HOISTED: usize = 5;

/// A vector that is the same for all rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Hoisted {
    /// These bytes.
    Constant(Type, [u8; 16]),
    /// The parameter of this position in every lane.
    Param(usize, Type),
}

impl Emitter<'_, '_> {
    /// A vector that is the same for all rows.
    pub(crate) fn hoisted(&mut self, what: Hoisted) -> Value {
        if let Some(value) = self.hoisted.get(&what).or_else(|| self.here.get(&what)) {
            return *value;
        }
        let params = self.params;
        // A vector of zeros or ones is made by one instruction that reads nothing.
        let trivial = matches!(what, Hoisted::Constant(_, bytes)
            if bytes == [0; 16] || bytes == [0xff; 16]);
        let keep = !trivial && self.hoisted.len() < MOST_HOISTED;
        if !keep {
            self.builder.ensure_inserted_block();
        }
        let cursor = FuncCursor::new(self.builder.func);
        let mut cursor = if keep {
            cursor.at_inst(self.entry_end)
        } else {
            cursor.at_bottom(self.body)
        };
        let value = match what {
            Hoisted::Constant(ty, bytes) => {
                let constant = cursor.func.dfg.constants.insert(bytes.to_vec().into());
                cursor.ins().vconst(ty, constant)
            }
            Hoisted::Param(position, ty) => {
                let scalar = ty.lane_type();
                let offset = 16 * position as i32;
                let value = cursor.ins().load(scalar, memory(), params, offset);
                cursor.ins().splat(ty, value)
            }
        };
        if keep {
            self.hoisted.insert(what, value);
        } else {
            self.here.insert(what, value);
        }
        value
    }

    /// A constant vector.
    pub(crate) fn constant(&mut self, ty: Type, bytes: [u8; 16]) -> Value {
        self.hoisted(Hoisted::Constant(ty, bytes))
    }

    /// A vector of zeros.
    pub(crate) fn zero(&mut self, ty: Type) -> Value {
        self.constant(ty, [0; 16])
    }

    /// A whole number, its low bits, in every lane of a vector of integers.
    pub(crate) fn integer(&mut self, width: Width, value: i64) -> Value {
        let bytes = match width {
            Width::Narrow => repeat(&(value as i32).to_le_bytes()),
            Width::Wide => repeat(&value.to_le_bytes()),
        };
        self.constant(width.integers(), bytes)
    }

    /// A number in every lane of a vector of floats.
    pub(crate) fn float(&mut self, ty: Type, value: f64) -> Value {
        let bytes = if ty == types::F32X4 {
            repeat(&(value as f32).to_le_bytes())
        } else {
            repeat(&value.to_le_bytes())
        };
        self.constant(ty, bytes)
    }

    /// A constant in every row.
    pub(crate) fn literal(
        &mut self,
        id: ColumnId,
        literal: &Literal,
    ) -> Result<Emitted, CompileError> {
        let lane = lane_of(self.columns, id)?;
        let width = Width::of(lane);
        let value = match (lane, literal) {
            (Lane::Bool, Literal::Bool(value)) => {
                let mask = if *value { Mask::Always } else { Mask::Never };
                return Ok(valid_everywhere(Data::Bool(mask)));
            }
            (Lane::Bool, Literal::Null) => {
                return Ok(Emitted {
                    data: Data::Bool(Mask::Never),
                    valid: Mask::Never,
                    error: Mask::Never,
                });
            }
            (Lane::F64, Literal::F64(value)) => {
                self.constant(types::F64X2, repeat(&value.to_le_bytes()))
            }
            (Lane::F32, Literal::F32(value)) => {
                self.constant(types::F32X4, repeat(&value.to_le_bytes()))
            }
            (Lane::Bool | Lane::F32 | Lane::F64, Literal::Integer(_)) => {
                return Err(mistyped(id));
            }
            (_, Literal::Integer(value)) => {
                let range = self.columns.scalar_type(id).lane_range();
                if range.is_none_or(|(low, high)| *value < low || *value > high) {
                    return Err(mistyped(id));
                }
                self.integer(width.unwrap_or(Width::Wide), *value as i64)
            }
            (lane, Literal::Null) => self.zero(vector_type(lane).unwrap_or(types::I64X2)),
            (_, Literal::Bool(_) | Literal::F32(_) | Literal::F64(_) | Literal::Str(_)) => {
                return Err(mistyped(id));
            }
        };
        let count = width.map_or(1, |width| width.vectors(self.rows));
        let mut emitted = valid_everywhere(Data::Lanes(Vectors::all(value, count)));
        if literal.is_null() {
            emitted.valid = Mask::Never;
        }
        Ok(emitted)
    }
}

fn valid_everywhere(data: Data) -> Emitted {
    Emitted {
        data,
        valid: Mask::Always,
        error: Mask::Never,
    }
}

fn mistyped(column: ColumnId) -> CompileError {
    CompileError::Malformed {
        column,
        reason: "its constant is not of its type",
    }
}

fn repeat(lane: &[u8]) -> [u8; 16] {
    std::array::from_fn(|byte| lane[byte % lane.len()])
}
