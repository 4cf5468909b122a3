//! Runs a small program as machine code and in the interpreter, row by row the same.
#![allow(unsafe_code)] // Calls kernels over buffers made here.

use std::collections::HashMap;

use icosian_ir::columns::{Columns, ColumnsBuilder, Param, Rows, Shape};
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, interpret_cells};
use icosian_ir::op::Op;
use icosian_ir::plan::FusedSegment;
use icosian_ir::types::{Domain, Lane, Type};
use icosian_ir::value::Value;

use crate::abi::{Args, In, Out};
use crate::compile::compile_scheduled;
use crate::schedule::{Schedule, schedule};
use crate::{CompileOptions, CompiledKernel, Nulls};

/// A program being written, with the values of its parameters.
pub(super) struct Program {
    pub(super) builder: ColumnsBuilder,
    pub(super) table: TableId,
    inputs: Vec<ColumnId>,
    params: Vec<(ColumnId, Value)>,
}

impl Program {
    pub(super) fn new() -> Program {
        let mut builder = ColumnsBuilder::new();
        let table = builder.columns_mut().tables.push(Shape {
            name: "rows".to_owned(),
            rows: Rows::Source,
        });
        Program {
            builder,
            table,
            inputs: Vec::new(),
            params: Vec::new(),
        }
    }

    pub(super) fn input(&mut self, ty: Type) -> ColumnId {
        let name = format!("in{}", self.inputs.len());
        let input = self.builder.input(self.table, &name, ty);
        self.inputs.push(input);
        input
    }

    pub(super) fn param(&mut self, ty: Type, value: Value) -> ColumnId {
        let param = self.builder.columns_mut().params.push(Param {
            name: format!("p{}", self.params.len()),
            ty,
            default: None,
        });
        let column = (self.builder).add_typed(Op::Param(param), Vec::new(), ty, Domain::Scalar);
        self.params.push((column, value));
        column
    }

    pub(super) fn literal(&mut self, value: Value, ty: Type) -> ColumnId {
        self.builder.literal(value, ty)
    }

    pub(super) fn op(&mut self, op: Op, args: &[ColumnId]) -> ColumnId {
        let text = op.to_string();
        match self.builder.add(op, args.to_vec()) {
            Ok(column) => column,
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// As [`Program::op`], made not nullable as the graph builder does where it knows better.
    pub(super) fn op_required(&mut self, op: Op, args: &[ColumnId]) -> ColumnId {
        let column = self.op(op.clone(), args);
        let found = self.builder.columns().column(column).clone();
        let ty = found.ty.scalar.required();
        self.builder.add_typed(op, args.to_vec(), ty, found.domain)
    }

    pub(super) fn segment(&self, outputs: &[ColumnId]) -> FusedSegment {
        let columns = self.builder.columns();
        let body = (columns.columns.iter())
            .filter(|(_, column)| {
                !matches!(column.op, Op::Literal(_) | Op::Input(_) | Op::Param(_))
            })
            .map(|(id, _)| id)
            .collect();
        FusedSegment {
            inputs: self.inputs.clone(),
            params: self.params.iter().map(|(column, _)| *column).collect(),
            body,
            outputs: outputs.to_vec(),
        }
    }

    /// Compares machine code with the interpreter over rows of input values, in every variant.
    ///
    /// Rows without an error must come out the same and raise nothing, all together; each row with
    /// one must raise by itself.
    pub(super) fn check(&self, outputs: &[ColumnId], rows: &[Vec<Value>]) {
        let columns = self.builder.columns();
        let expected = self.interpret(outputs, rows);
        let raises = |row: usize| expected.iter().any(|cells| cells[row].error().is_some());
        let (mut failing, mut good): (Vec<usize>, Vec<usize>) =
            (0..rows.len()).partition(|row| raises(*row));
        // Many failing rows of one op fail for the same reason: some of them will do.
        let step = failing.len() / 24 + 1;
        failing = failing.into_iter().step_by(step).collect();
        while !good.is_empty() && good.len() % 8 != 0 {
            good.push(good[0]);
        }
        let segment = self.segment(outputs);
        let found_null = rows.iter().flatten().any(Value::is_null);
        for nulls in [Nulls::Absent, Nulls::General] {
            if found_null && nulls == Nulls::Absent {
                continue;
            }
            for at_a_time in [8, 4, 2] {
                let options = CompileOptions {
                    nulls,
                    verify: true,
                    text: true,
                };
                let order = schedule(columns, &segment).expect("a schedule").order;
                let schedule = Schedule {
                    order,
                    rows: at_a_time,
                };
                let kernel = match compile_scheduled(columns, &segment, &options, schedule) {
                    Ok(kernel) => kernel,
                    Err(error) => panic!("{error}\n{columns}"),
                };
                let context = format!("{nulls:?}, {at_a_time} rows at a time\n{columns}");
                self.check_good(&kernel, &segment, &expected, rows, &good, &context);
                for (position, row) in failing.iter().enumerate() {
                    let mut block: Vec<usize> = (0..8)
                        .map(|place| *good.get(place).unwrap_or(row))
                        .collect();
                    block[position % 8] = *row;
                    let (raised, _) = self.run(&kernel, &segment, rows, &block);
                    assert!(raised, "{:?} must raise, {context}", rows[*row]);
                }
            }
        }
    }

    fn check_good(
        &self,
        kernel: &CompiledKernel,
        segment: &FusedSegment,
        expected: &[Vec<Cell>],
        rows: &[Vec<Value>],
        good: &[usize],
        context: &str,
    ) {
        let (raised, found) = self.run(kernel, segment, rows, good);
        let clif = || {
            kernel
                .text()
                .map(|text| text.clif.clone())
                .unwrap_or_default()
        };
        if raised {
            let culprit = (good.iter())
                .find(|row| self.run(kernel, segment, rows, &[**row; 8]).0)
                .map(|row| &rows[*row]);
            panic!("{culprit:?} must not raise, {context}{}", clif());
        }
        for (cells, values) in expected.iter().zip(&found) {
            for (place, row) in good.iter().enumerate() {
                let cell = cells[*row].value().expect("a row without an error");
                assert_eq!(
                    &values[place],
                    cell,
                    "{:?}, {context}{}",
                    rows[*row],
                    clif()
                );
            }
        }
    }

    fn interpret(&self, outputs: &[ColumnId], rows: &[Vec<Value>]) -> Vec<Vec<Cell>> {
        let mut bound = HashMap::new();
        for (position, input) in self.inputs.iter().enumerate() {
            let cells = rows.iter().map(|row| Cell::Value(row[position].clone()));
            bound.insert(*input, ColumnValues::Rows(cells.collect()));
        }
        for (param, value) in &self.params {
            bound.insert(*param, ColumnValues::Scalar(Cell::Value(value.clone())));
        }
        let table_rows = HashMap::from([(self.table, rows.len())]);
        let columns = self.builder.columns();
        let values = match interpret_cells(columns, outputs, bound, &table_rows) {
            Ok(values) => values,
            Err(error) => panic!("{error}"),
        };
        outputs
            .iter()
            .map(|output| {
                (0..rows.len())
                    .map(|row| values[output].cell(row).clone())
                    .collect()
            })
            .collect()
    }

    /// Runs a kernel over chosen rows; the values of each output.
    pub(super) fn run(
        &self,
        kernel: &CompiledKernel,
        segment: &FusedSegment,
        rows: &[Vec<Value>],
        chosen: &[usize],
    ) -> (bool, Vec<Vec<Value>>) {
        assert_eq!(chosen.len() % 8, 0);
        let columns = self.builder.columns();
        let inputs: Vec<Buffer> = (segment.inputs.iter().enumerate())
            .map(|(position, input)| {
                let values: Vec<&Value> = chosen.iter().map(|row| &rows[*row][position]).collect();
                Buffer::of(lane(columns, *input), &values)
            })
            .collect();
        let mut outputs: Vec<Buffer> = (segment.outputs.iter())
            .map(|output| Buffer::filled(lane(columns, *output), chosen.len()))
            .collect();
        let params: Vec<[u64; 2]> = (self.params.iter())
            .map(|(column, value)| {
                let mut bytes = [0; 16];
                // Parameters are extended by their sign.
                write(Lane::I64, &mut bytes, 0, value, lane(columns, *column));
                let low = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes"));
                [low, u64::from(!value.is_null())]
            })
            .collect();
        let slots = kernel.signature();
        let ins: Vec<In> = (inputs.iter().zip(&slots.inputs))
            .map(|(buffer, slot)| In {
                values: buffer.values.as_ptr(),
                validity: if slot.nullable {
                    buffer.validity.as_ptr()
                } else {
                    std::ptr::null()
                },
            })
            .collect();
        let outs: Vec<Out> = (outputs.iter_mut().zip(&slots.outputs))
            .map(|(buffer, slot)| Out {
                values: buffer.values.as_mut_ptr(),
                validity: if slot.nullable {
                    buffer.validity.as_mut_ptr()
                } else {
                    std::ptr::null_mut()
                },
            })
            .collect();
        let args = Args {
            inputs: ins.as_ptr(),
            outputs: outs.as_ptr(),
            params: params.as_ptr(),
            scratch: std::ptr::null_mut(),
            rows: chosen.len() as u64,
            first_row: 0,
        };
        // SAFETY: buffers were made from the signature's slots for this many rows, a multiple of 8.
        let raised = unsafe { kernel.run(&args) };
        let values = outputs
            .iter()
            .map(|buffer| {
                assert!(buffer.untouched_behind(chosen.len()), "wrote past the end");
                (0..chosen.len()).map(|row| buffer.read(row)).collect()
            })
            .collect();
        (raised, values)
    }
}

fn lane(columns: &Columns, column: ColumnId) -> Lane {
    columns.scalar_type(column).lane().expect("a fixed width")
}

const BEHIND: usize = 16;

/// Values and validity of a column in memory, with some bytes behind them that must stay.
struct Buffer {
    lane: Lane,
    values: Vec<u8>,
    validity: Vec<u8>,
}

impl Buffer {
    /// Room for output, all of it valid and of a pattern.
    fn filled(lane: Lane, rows: usize) -> Buffer {
        Buffer {
            lane,
            values: vec![0xa5; lane.bytes(rows) + BEHIND],
            validity: vec![0xff; rows / 8 + BEHIND],
        }
    }

    /// Input, with garbage under the nulls.
    fn of(lane: Lane, values: &[&Value]) -> Buffer {
        let mut buffer = Buffer::filled(lane, values.len());
        let mut garbage = 0x9e37_79b9_7f4a_7c15u64;
        for byte in &mut buffer.values {
            garbage ^= garbage << 13;
            garbage ^= garbage >> 7;
            garbage ^= garbage << 17;
            *byte = (garbage >> 32) as u8;
        }
        for (row, value) in values.iter().enumerate() {
            if value.is_null() {
                buffer.validity[row / 8] &= !(1 << (row % 8));
            } else {
                write(lane, &mut buffer.values, row, value, lane);
            }
        }
        buffer
    }

    fn untouched_behind(&self, rows: usize) -> bool {
        let values = &self.values[self.lane.bytes(rows)..];
        let validity = &self.validity[rows / 8..];
        values.iter().all(|byte| *byte == 0xa5) && validity.iter().all(|byte| *byte == 0xff)
    }

    fn read(&self, row: usize) -> Value {
        if self.validity[row / 8] >> (row % 8) & 1 == 0 {
            return Value::Null;
        }
        let size = self.lane.bits() / 8;
        if size == 0 {
            return Value::Bool(self.values[row / 8] >> (row % 8) & 1 == 1);
        }
        let bytes = &self.values[row * size..][..size];
        let mut wide = [0; 8];
        wide[..size].copy_from_slice(bytes);
        let unsigned = u64::from_le_bytes(wide);
        let shift = 64 - self.lane.bits();
        let signed = (unsigned << shift) as i64 >> shift;
        match self.lane {
            Lane::I128 => unreachable!("kernels have no lanes of 128 bits"),
            Lane::F32 => Value::F32(f32::from_bits(unsigned as u32)),
            Lane::F64 => Value::F64(f64::from_bits(unsigned)),
            Lane::I8 | Lane::I16 | Lane::I32 | Lane::I64 => Value::Integer(signed.into()),
            Lane::Bool | Lane::U8 | Lane::U16 | Lane::U32 | Lane::U64 => {
                Value::Integer(unsigned.into())
            }
        }
    }
}

/// Writes a value of lane `kind` into a place of lane `lane`.
fn write(lane: Lane, bytes: &mut [u8], row: usize, value: &Value, kind: Lane) {
    let bits = match value {
        Value::Null | Value::Str(_) => 0xdead_beef_dead_beef,
        Value::Bool(value) => u64::from(*value),
        Value::Integer(value) => *value as u64,
        Value::F32(value) => u64::from(value.to_bits()),
        Value::F64(value) => value.to_bits(),
    };
    if kind == Lane::Bool && lane == Lane::Bool {
        let bit = 1 << (row % 8);
        bytes[row / 8] = bytes[row / 8] & !bit | if bits & 1 == 1 { bit } else { 0 };
    } else {
        let size = lane.bits() / 8;
        bytes[row * size..][..size].copy_from_slice(&bits.to_le_bytes()[..size]);
    }
}
