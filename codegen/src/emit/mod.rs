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
mod cast;
mod compare;
mod constants;
mod divide;
mod float;
mod load_store;
mod logic;
mod masks;
mod shuffles;
mod values;

use std::collections::{HashMap, HashSet};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, Value, types};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use icosian_ir::columns::{Column, Columns};
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Execution, Op};
use icosian_ir::plan::FusedSegment;
use icosian_ir::types::Lane;
use icosian_ir::value::Value as Literal;

use crate::abi;
use crate::compile::Nulls;
use crate::error::CompileError;
use crate::kernel::{KernelSignature, Slot};
use constants::Hoisted;
use load_store::{BitsOf, Pointers, memory};
use masks::Masks;
use values::{Emitted, Mask, Vectors, Width};

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
    /// Masks of errors already noted.
    noted: HashSet<Mask>,
    /// Bits of the present group, loaded or not yet stored.
    group_bits: HashMap<BitsOf, Value>,
    /// The branch at the end of the entry, before which values for all rows are made.
    entry_end: Inst,
    body: Block,
    hoisted: HashMap<Hoisted, Value>,
    here: HashMap<Hoisted, Value>,
    raised: Raised,
    divisions: usize,
}

/// Where errors gather: signs of lanes, and bits; each with whether it is used at all.
struct Raised {
    narrow: (Variable, bool),
    wide: (Variable, bool),
    bits: (Variable, bool),
}

/// Emits a segment's function.
pub(crate) fn emit(
    columns: &Columns,
    segment: &FusedSegment,
    nulls: Nulls,
    order: &[ColumnId],
    rows: usize,
    target: TargetFrontendConfig,
    function: &mut Function,
) -> Result<Shape, CompileError> {
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(function, &mut context);
    let entry = builder.create_block();
    let body = builder.create_block();
    let exit = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let arguments = builder.block_params(entry)[0];

    let field = |builder: &mut FunctionBuilder<'_>, base, offset: usize| {
        builder
            .ins()
            .load(types::I64, memory(), base, offset as i32)
    };
    let inputs_base = field(
        &mut builder,
        arguments,
        std::mem::offset_of!(abi::Args, inputs),
    );
    let outputs_base = field(
        &mut builder,
        arguments,
        std::mem::offset_of!(abi::Args, outputs),
    );
    let params = field(
        &mut builder,
        arguments,
        std::mem::offset_of!(abi::Args, params),
    );
    let end = field(
        &mut builder,
        arguments,
        std::mem::offset_of!(abi::Args, rows),
    );

    let mut inputs = Vec::with_capacity(segment.inputs.len());
    let mut input_slots = Vec::with_capacity(segment.inputs.len());
    for (position, input) in segment.inputs.iter().enumerate() {
        let lane = lane_of(columns, *input)?;
        let nullable = nulls == Nulls::General && columns.ty(*input).nullable;
        let base = position * size_of::<abi::In>();
        let values = base + std::mem::offset_of!(abi::In, values);
        let validity = base + std::mem::offset_of!(abi::In, validity);
        inputs.push(Pointers {
            lane,
            values: field(&mut builder, inputs_base, values),
            validity: nullable.then(|| field(&mut builder, inputs_base, validity)),
        });
        input_slots.push(Slot { lane, nullable });
    }
    let mut outputs = Vec::with_capacity(segment.outputs.len());
    for (position, output) in segment.outputs.iter().enumerate() {
        let base = position * size_of::<abi::Out>();
        let values = base + std::mem::offset_of!(abi::Out, values);
        let validity = base + std::mem::offset_of!(abi::Out, validity);
        outputs.push(Pointers {
            lane: lane_of(columns, *output)?,
            values: field(&mut builder, outputs_base, values),
            validity: (columns.ty(*output).nullable)
                .then(|| field(&mut builder, outputs_base, validity)),
        });
    }

    let zero = builder.ins().iconst(types::I64, 0);
    let row_variable = builder.declare_var(types::I64);
    builder.def_var(row_variable, zero);
    let raised = Raised {
        narrow: (accumulator(&mut builder, types::I32X4), false),
        wide: (accumulator(&mut builder, types::I64X2), false),
        bits: (accumulator(&mut builder, types::I32), false),
    };
    let entry_end = builder.ins().brif(end, body, &[], exit, &[]);

    builder.switch_to_block(body);
    let row = builder.use_var(row_variable);
    let three = builder.ins().iconst(types::I32, 3);
    let group = builder.ins().ushr(row, three);
    let position_of = |ids: &[ColumnId]| -> HashMap<ColumnId, usize> {
        let numbered = ids.iter().enumerate();
        numbered.map(|(position, id)| (*id, position)).collect()
    };
    let mut emitter = Emitter {
        columns,
        builder,
        rows,
        chunk: 0,
        row,
        group,
        params,
        input_position: position_of(&segment.inputs),
        param_position: position_of(&segment.params),
        param_nullable: (segment.params.iter())
            .map(|param| columns.ty(*param).nullable)
            .collect(),
        output_nullable: vec![false; outputs.len()],
        inputs,
        outputs,
        values: HashMap::new(),
        masks: Masks::default(),
        noted: HashSet::new(),
        group_bits: HashMap::new(),
        entry_end,
        body,
        hoisted: HashMap::new(),
        here: HashMap::new(),
        raised,
        divisions: 0,
    };
    for chunk in 0..8 / rows {
        emitter.chunk = chunk;
        emitter.values.clear();
        emitter.here.clear();
        emitter.chunk(segment, order)?;
    }
    let next = emitter.add_constant(row, 8);
    emitter.builder.def_var(row_variable, next);
    let more = emitter
        .builder
        .ins()
        .icmp(IntCC::UnsignedLessThan, next, end);
    emitter.builder.ins().brif(more, body, &[], exit, &[]);
    emitter.builder.seal_block(body);

    emitter.builder.switch_to_block(exit);
    emitter.builder.seal_all_blocks();
    let result = emitter.anything_raised();
    emitter.builder.ins().return_(&[result]);

    let outputs = segment.outputs.iter().zip(&emitter.output_nullable);
    let signature = KernelSignature {
        inputs: input_slots,
        outputs: outputs
            .map(|(output, nullable)| {
                Ok(Slot {
                    lane: lane_of(columns, *output)?,
                    nullable: *nullable,
                })
            })
            .collect::<Result<_, CompileError>>()?,
        params: segment.params.len(),
        scratch_bytes: 0,
    };
    let divisions = emitter.divisions;
    emitter.builder.finalize(target);
    Ok(Shape {
        signature,
        divisions,
    })
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

/// A variable that starts as zero.
fn accumulator(builder: &mut FunctionBuilder<'_>, ty: cranelift_codegen::ir::Type) -> Variable {
    let variable = builder.declare_var(ty);
    let zero = if ty.is_vector() {
        let zeros = builder.func.dfg.constants.insert(vec![0; 16].into());
        builder.ins().vconst(ty, zeros)
    } else {
        builder.ins().iconst(ty, 0)
    };
    builder.def_var(variable, zero);
    variable
}

impl Emitter<'_, '_> {
    /// Every column over the present chunk.
    fn chunk(&mut self, segment: &FusedSegment, order: &[ColumnId]) -> Result<(), CompileError> {
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
            Op::Minimum | Op::Maximum => self.extremum(id, column)?,
            Op::Broadcast(_) => self.operand(column.args[0])?,
            Op::Literal(_)
            | Op::Node(_)
            | Op::Input(_)
            | Op::Param(_)
            | Op::Lookup { .. }
            | Op::Gather
            | Op::Filter
            | Op::Reduce { .. }
            | Op::Key(_)
            | Op::Window(_) => return Err(unsupported(id, column)),
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

    /// Rows that raise count if they are stored.
    fn note_errors(&mut self, error: Mask) {
        let index = match error {
            Mask::Never => return,
            Mask::Always | Mask::Computed(_) => error,
        };
        if !self.noted.insert(index) {
            return;
        }
        if let Some(width) = self.lanes_known(error) {
            let signs = self.signs(error, width);
            let place = match width {
                Width::Narrow => &mut self.raised.narrow,
                Width::Wide => &mut self.raised.wide,
            };
            place.1 = true;
            let variable = place.0;
            // Two rows of 32 bits leave the upper half of their vector arbitrary.
            let signs = if width == Width::Narrow && self.rows == 2 {
                let mut low = [0; 16];
                low[..8].fill(0xff);
                let low = self.constant(types::I32X4, low);
                self.map(signs, |this, vector| this.builder.ins().band(vector, low))
            } else {
                signs
            };
            let mut sum = self.builder.use_var(variable);
            for vector in signs.as_slice() {
                sum = self.builder.ins().bor(sum, *vector);
            }
            self.builder.def_var(variable, sum);
        } else {
            let bits = self.bits(error);
            let wanted = (self.builder.ins()).iconst(types::I32, (1 << self.rows) - 1);
            let bits = self.builder.ins().band(bits, wanted);
            self.raised.bits.1 = true;
            let sum = self.builder.use_var(self.raised.bits.0);
            let sum = self.builder.ins().bor(sum, bits);
            self.builder.def_var(self.raised.bits.0, sum);
        }
    }

    /// 1 if some stored row raised, else 0.
    fn anything_raised(&mut self) -> Value {
        let mut bits = self.builder.ins().iconst(types::I32, 0);
        for (variable, used) in [self.raised.narrow, self.raised.wide] {
            if used {
                let signs = self.builder.use_var(variable);
                let more = self.builder.ins().vhigh_bits(types::I32, signs);
                bits = self.builder.ins().bor(bits, more);
            }
        }
        if self.raised.bits.1 {
            let more = self.builder.use_var(self.raised.bits.0);
            bits = self.builder.ins().bor(bits, more);
        }
        let zero = self.builder.ins().iconst(types::I32, 0);
        let some = self.builder.ins().icmp(IntCC::NotEqual, bits, zero);
        self.builder.ins().uextend(types::I64, some)
    }

    fn add_constant(&mut self, value: Value, constant: i64) -> Value {
        let constant = self.builder.ins().iconst(types::I64, constant);
        self.builder.ins().iadd(value, constant)
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
    let arguments: Vec<icosian_ir::typing::Argument> = (column.args.iter())
        .map(|argument| icosian_ir::typing::Argument {
            ty: columns.ty(*argument),
            domain: columns.column(*argument).domain,
        })
        .collect();
    match icosian_ir::typing::infer(&column.op, &arguments) {
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
