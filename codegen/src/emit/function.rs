//! The function around the columns: pointers, the loop over groups, the answer.

use std::collections::HashMap;
use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, Value, types};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::plan::FusedSegment;

use super::load_store::{Pointers, memory};
use super::masks::Masks;
use super::raised::Raised;
use super::{Emitter, Shape, lane_of};
use crate::abi::{Args, In, Out};
use crate::compile::Nulls;
use crate::error::CompileError;
use crate::kernel::{KernelSignature, Slot};

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
    let inputs = bind_inputs(&mut builder, columns, segment, nulls, arguments)?;
    let outputs = bind_outputs(&mut builder, columns, segment, arguments)?;
    let params = field(&mut builder, arguments, offset_of!(Args, params));
    let end = field(&mut builder, arguments, offset_of!(Args, rows));
    let first_row = field(&mut builder, arguments, offset_of!(Args, first_row));
    let first = builder.ins().iconst(types::I64, 0);
    let row_variable = builder.declare_var(types::I64);
    builder.def_var(row_variable, first);
    let raised = Raised::new(&mut builder);
    let entry_end = builder.ins().brif(end, body, &[], exit, &[]);

    builder.switch_to_block(body);
    let row = builder.use_var(row_variable);
    let three = builder.ins().iconst(types::I32, 3);
    let group = builder.ins().ushr(row, three);
    let mut emitter = Emitter {
        columns,
        builder,
        rows,
        chunk: 0,
        row,
        group,
        first_row,
        params,
        input_position: positions(&segment.inputs),
        param_position: positions(&segment.params),
        param_nullable: (segment.params.iter())
            .map(|param| columns.ty(*param).nullable)
            .collect(),
        output_nullable: vec![false; outputs.len()],
        inputs,
        outputs,
        values: HashMap::new(),
        masks: Masks::default(),
        group_masks: HashMap::new(),
        gathered: HashMap::new(),
        entry_end,
        body,
        hoisted: HashMap::new(),
        here: HashMap::new(),
        raised,
        divisions: 0,
    };
    for chunk in 0..8 / rows {
        emitter.chunk(chunk, segment, order)?;
    }
    let step = emitter.builder.ins().iconst(types::I64, 8);
    let next = emitter.builder.ins().iadd(row, step);
    emitter.builder.def_var(row_variable, next);
    let more = (emitter.builder.ins()).icmp(IntCC::UnsignedLessThan, next, end);
    emitter.builder.ins().brif(more, body, &[], exit, &[]);

    emitter.builder.switch_to_block(exit);
    emitter.builder.seal_all_blocks();
    let result = emitter.anything_raised();
    emitter.builder.ins().return_(&[result]);

    let shape = Shape {
        signature: signature(&emitter, segment),
        divisions: emitter.divisions,
    };
    emitter.builder.finalize(target);
    Ok(shape)
}

fn signature(emitter: &Emitter<'_, '_>, segment: &FusedSegment) -> KernelSignature {
    let inputs = emitter.inputs.iter().map(|pointers| Slot {
        lane: pointers.lane,
        nullable: pointers.validity.is_some(),
    });
    let outputs =
        (emitter.outputs.iter().zip(&emitter.output_nullable)).map(|(pointers, nullable)| Slot {
            lane: pointers.lane,
            nullable: *nullable,
        });
    KernelSignature {
        inputs: inputs.collect(),
        outputs: outputs.collect(),
        params: segment.params.len(),
        scratch_bytes: 0,
        may_raise: emitter.raised.is_possible(),
    }
}

fn positions(ids: &[ColumnId]) -> HashMap<ColumnId, usize> {
    let numbered = ids.iter().enumerate();
    numbered.map(|(position, id)| (*id, position)).collect()
}

/// A word of a structure.
fn field(builder: &mut FunctionBuilder<'_>, base: Value, offset: usize) -> Value {
    (builder.ins()).load(types::I64, memory(), base, offset as i32)
}

fn bind_inputs(
    builder: &mut FunctionBuilder<'_>,
    columns: &Columns,
    segment: &FusedSegment,
    nulls: Nulls,
    arguments: Value,
) -> Result<Vec<Pointers>, CompileError> {
    let array = field(builder, arguments, offset_of!(Args, inputs));
    let bind = |(position, input): (usize, &ColumnId)| {
        let base = position * size_of::<In>();
        let nullable = nulls == Nulls::General && columns.ty(*input).nullable;
        Ok(Pointers {
            lane: lane_of(columns, *input)?,
            values: field(builder, array, base + offset_of!(In, values)),
            validity: nullable.then(|| field(builder, array, base + offset_of!(In, validity))),
        })
    };
    segment.inputs.iter().enumerate().map(bind).collect()
}

fn bind_outputs(
    builder: &mut FunctionBuilder<'_>,
    columns: &Columns,
    segment: &FusedSegment,
    arguments: Value,
) -> Result<Vec<Pointers>, CompileError> {
    let array = field(builder, arguments, offset_of!(Args, outputs));
    let bind = |(position, output): (usize, &ColumnId)| {
        let base = position * size_of::<Out>();
        let nullable = columns.ty(*output).nullable;
        Ok(Pointers {
            lane: lane_of(columns, *output)?,
            values: field(builder, array, base + offset_of!(Out, values)),
            validity: nullable.then(|| field(builder, array, base + offset_of!(Out, validity))),
        })
    };
    segment.outputs.iter().enumerate().map(bind).collect()
}
