//! A segment's columns as Cranelift IR: one loop over groups of 8 rows.
//!
//! ```text
//! entry:  pointers from the arguments, constants and parameters while registers last
//! loop:   for each chunk of 8, 4 or 2 rows of the group: every column in schedule order, an
//!         input where it is first wanted, an output stored as soon as it is there
//! exit:   whether any stored row raised
//! ```
//!
//! No instruction emitted here calls, branches or traps. A column is at any time an
//! [`Emitted`]: lanes, a mask of valid rows, a mask of rows that raised.

mod arithmetic;
mod bits;
mod cast;
mod cast_float;
mod compare;
mod constants;
mod divide;
mod float;
mod function;
mod hash;
mod load_store;
mod logic;
mod mask_forms;
mod masks;
mod multiply;
mod raised;
mod shuffles;
mod values;

use std::collections::HashMap;

use cranelift_codegen::ir::{Block, Inst, Value};
use cranelift_frontend::FunctionBuilder;
use icosian_ir::columns::{Column, Columns};
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Execution, Op};
use icosian_ir::plan::FusedSegment;
use icosian_ir::types::Lane;
use icosian_ir::typing::{Argument, infer};
use icosian_ir::value::Value as Literal;

use crate::error::CompileError;
use crate::kernel::KernelSignature;
use constants::Hoisted;
pub(crate) use function::emit;
use load_store::{BitsOf, Pointers};
use masks::Masks;
use raised::Raised;
pub(crate) use values::Width;
use values::{Emitted, Mask, Vectors};

/// What the emitted function is.
pub(crate) struct Shape {
    /// What it must be called with.
    pub(crate) signature: KernelSignature,
    /// How many hardware divisions it holds, each with a divisor that is never zero.
    pub(crate) divisions: usize,
}

/// The state of emitting one function.
struct Emitter<'a, 'f> {
    columns: &'a Columns,
    builder: FunctionBuilder<'f>,
    /// Rows computed at a time.
    rows: usize,
    /// Which of the group's chunks is being emitted.
    chunk: usize,
    /// The group's first row, and the group's number: the offset of its byte of bits.
    row: Value,
    group: Value,
    /// The number of the kernel's first row in its table.
    first_row: Value,
    params: Value,
    inputs: Vec<Pointers>,
    outputs: Vec<Pointers>,
    input_position: HashMap<ColumnId, usize>,
    param_position: HashMap<ColumnId, usize>,
    param_nullable: Vec<bool>,
    output_nullable: Vec<bool>,
    /// The columns of the present chunk.
    values: HashMap<ColumnId, Emitted>,
    masks: Masks,
    /// Bits of the present group that were read, and those gathered to be stored.
    group_masks: HashMap<BitsOf, Mask>,
    gathered: HashMap<BitsOf, Value>,
    /// The branch at the end of the entry, before which values for all rows are made.
    entry_end: Inst,
    body: Block,
    hoisted: HashMap<Hoisted, Value>,
    here: HashMap<Hoisted, Value>,
    raised: Raised,
    divisions: usize,
}

fn lane_of(columns: &Columns, column: ColumnId) -> Result<Lane, CompileError> {
    columns
        .scalar_type(column)
        .lane()
        .ok_or(CompileError::Malformed {
            column,
            reason: "text can't be part of a fused segment",
        })
}

impl Emitter<'_, '_> {
    /// Every column over one chunk of the group.
    fn chunk(
        &mut self,
        chunk: usize,
        segment: &FusedSegment,
        order: &[ColumnId],
    ) -> Result<(), CompileError> {
        self.chunk = chunk;
        self.values.clear();
        self.here.clear();
        self.masks.begin_chunk();
        let mut stored: HashMap<ColumnId, Vec<usize>> = HashMap::new();
        for (position, output) in segment.outputs.iter().enumerate() {
            stored.entry(*output).or_default().push(position);
        }
        for id in order {
            let emitted = self.column(*id)?;
            self.values.insert(*id, emitted);
            for position in stored.remove(id).unwrap_or_default() {
                self.store_output(position, *id, emitted)?;
            }
        }
        // Outputs that are inputs, parameters or constants as they stand.
        for (position, output) in segment.outputs.iter().enumerate() {
            if stored.contains_key(output) {
                let emitted = self.operand(*output)?;
                self.store_output(position, *output, emitted)?;
            }
        }
        Ok(())
    }

    /// A column computed before, an input, a parameter or a constant.
    fn operand(&mut self, id: ColumnId) -> Result<Emitted, CompileError> {
        if let Some(emitted) = self.values.get(&id) {
            return Ok(*emitted);
        }
        let columns = self.columns;
        let emitted = if let Some(position) = self.input_position.get(&id) {
            self.load_input(*position)?
        } else if let Some(position) = self.param_position.get(&id) {
            self.load_param(*position, lane_of(self.columns, id)?)?
        } else if let Op::Literal(literal) = &columns.column(id).op {
            self.literal(id, literal)?
        } else {
            return Err(CompileError::Malformed {
                column: id,
                reason: "it is used but neither read nor computed",
            });
        };
        self.values.insert(id, emitted);
        Ok(emitted)
    }

    /// One column of the body.
    fn column(&mut self, id: ColumnId) -> Result<Emitted, CompileError> {
        let columns = self.columns;
        let column = columns.column(id);
        check(columns, id, column)?;
        let mut emitted = match &column.op {
            Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Neg(_) => self.arithmetic(id, column)?,
            Op::Div => self.float_division(column)?,
            Op::FloorDiv | Op::Rem => self.integer_division(id, column)?,
            Op::Compare(comparison) => self.compare(column, *comparison)?,
            Op::And => self.conjunction(column)?,
            Op::Or => self.disjunction(column)?,
            Op::Not => self.negation(column)?,
            Op::IsNull => self.is_null(column)?,
            Op::IfElse => self.if_else(id, column)?,
            Op::Coalesce => self.coalesce(id, column)?,
            Op::Cast(_, mode) => self.cast(id, column, *mode)?,
            Op::Math(math) => self.math(id, column, *math)?,
            Op::Hash => self.hash(id, column)?,
            Op::RowNumber(_) => self.row_number(),
            Op::Bits(function) => self.bit_function(id, column, *function)?,
            Op::Minimum | Op::Maximum => self.extremum(id, column)?,
            Op::Broadcast(_) => self.operand(column.args[0])?,
            Op::Literal(_)
            | Op::Node(_)
            | Op::Input(_)
            | Op::Param(_)
            | Op::Text(_)
            | Op::Extern(_)
            | Op::OneOf(_)
            | Op::Round(_)
            | Op::Lookup { .. }
            | Op::Find(_)
            | Op::Gather
            | Op::Take
            | Op::Stack
            | Op::Joined
            | Op::Reduce { .. }
            | Op::Key(_)
            | Op::Window(_)
            | Op::Time(_) => return Err(unsupported(id, column)),
        };
        if !column.ty.nullable {
            emitted.valid = Mask::Always;
        }
        Ok(emitted)
    }

    /// The literal that a column is, if it is one, broadcast or not.
    fn literal_of(&self, mut id: ColumnId) -> Option<&Literal> {
        loop {
            let column = self.columns.column(id);
            match &column.op {
                Op::Literal(literal) => return Some(literal),
                Op::Broadcast(_) => id = *column.args.first()?,
                _ => return None,
            }
        }
    }

    /// A vector for each vector.
    fn map(&mut self, a: Vectors, mut make: impl FnMut(&mut Self, Value) -> Value) -> Vectors {
        Vectors::from_fn(a.len(), |position| make(self, a[position]))
    }

    /// A vector for each pair of vectors.
    fn zip(
        &mut self,
        a: Vectors,
        b: Vectors,
        mut make: impl FnMut(&mut Self, Value, Value) -> Value,
    ) -> Vectors {
        Vectors::from_fn(a.len(), |position| make(self, a[position], b[position]))
    }
}

fn unsupported(id: ColumnId, column: &Column) -> CompileError {
    CompileError::Unsupported {
        column: id,
        op: column.op.name(),
    }
}

/// That a column of the body is one that can be emitted and has the type its op gives.
fn check(columns: &Columns, id: ColumnId, column: &Column) -> Result<(), CompileError> {
    if columns.execution(id) != Execution::Fused {
        return Err(unsupported(id, column));
    }
    let arguments: Vec<Argument> = (column.args.iter())
        .map(|argument| Argument {
            ty: columns.ty(*argument),
            domain: columns.column(*argument).domain,
        })
        .collect();
    match infer(&column.op, &arguments) {
        Ok((ty, _)) if ty.scalar == column.ty.scalar => Ok(()),
        Ok(_) => Err(CompileError::Malformed {
            column: id,
            reason: "its type is not what its op gives",
        }),
        Err(_) => Err(CompileError::Malformed {
            column: id,
            reason: "its op does not take its arguments",
        }),
    }
}
