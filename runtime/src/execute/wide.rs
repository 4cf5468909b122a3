//! Wide segments: routines over a block of floats, compiled for this machine's CPU level.

use std::sync::OnceLock;

use icosian_codegen::wide::{BinaryRoutine, CpuLevel, UnaryRoutine};
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::meaning::arithmetic::{
    floor_divide_f32, floor_divide_f64, remainder_f32, remainder_f64,
};
use icosian_ir::op::Op;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::bytes::{Plain, typed, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::morsel::Worker;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::sink::BlockColumns;
use crate::execute::view::span;

/// A routine over blocks of one float type.
#[derive(Clone, Copy, Debug)]
enum Routine<T> {
    Unary(UnaryRoutine<T>),
    Binary(BinaryRoutine<T>),
    Scalar(fn(T, T) -> T),
}

/// The routine of a wide segment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WideSegment {
    F32(Routine32),
    F64(Routine64),
}

/// A routine over f32.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routine32(Routine<f32>);

/// A routine over f64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routine64(Routine<f64>);

pub(crate) fn level() -> CpuLevel {
    static LEVEL: OnceLock<CpuLevel> = OnceLock::new();
    *LEVEL.get_or_init(CpuLevel::detect)
}

impl<T: Float> Routine<T> {
    /// Runs over as many rows as are written; the second argument of a function of one is not read.
    fn run(self, first: &[T], second: &[T], output: &mut [T]) {
        match self {
            Routine::Unary(routine) => routine.run(first, output),
            Routine::Binary(routine) => routine.run(first, second, output),
            Routine::Scalar(function) => {
                for ((to, first), second) in output.iter_mut().zip(first).zip(second) {
                    *to = function(*first, *second);
                }
            }
        }
    }

    /// As [`Routine::run`], over the first `rows` values of bytes.
    fn run_bytes(self, first: &[u8], second: &[u8], output: &mut [u8], rows: usize) {
        let (first, second) = (&typed(first)[..rows], &typed(second)[..rows]);
        self.run(first, second, &mut typed_mut(output)[..rows]);
    }
}

impl WideSegment {
    /// Runs over the first `rows` values of columns; the second argument of a function of one is not
    /// looked at.
    pub(crate) fn run(self, first: &[u8], second: &[u8], output: &mut [u8], rows: usize) {
        match self {
            WideSegment::F32(Routine32(routine)) => routine.run_bytes(first, second, output, rows),
            WideSegment::F64(Routine64(routine)) => routine.run_bytes(first, second, output, rows),
        }
    }

    /// The routine of a column.
    pub(crate) fn new(columns: &Columns, column: ColumnId) -> Result<WideSegment, RunError> {
        let definition = columns.column(column);
        let missing = || internal(format!("no routine for {}", definition.op));
        match (definition.ty.scalar, &definition.op) {
            (ScalarType::F32, Op::FloorDiv) => Ok(f32(Routine::Scalar(floor_divide_f32))),
            (ScalarType::F64, Op::FloorDiv) => Ok(f64(Routine::Scalar(floor_divide_f64))),
            (ScalarType::F32, Op::Rem) => Ok(f32(Routine::Scalar(remainder_f32))),
            (ScalarType::F64, Op::Rem) => Ok(f64(Routine::Scalar(remainder_f64))),
            (ScalarType::F32, Op::Math(math)) => match math.arity() {
                1 => UnaryRoutine::new(level(), *math).map(|routine| f32(Routine::Unary(routine))),
                _ => {
                    BinaryRoutine::new(level(), *math).map(|routine| f32(Routine::Binary(routine)))
                }
            }
            .ok_or_else(missing),
            (ScalarType::F64, Op::Math(math)) => match math.arity() {
                1 => UnaryRoutine::new(level(), *math).map(|routine| f64(Routine::Unary(routine))),
                _ => {
                    BinaryRoutine::new(level(), *math).map(|routine| f64(Routine::Binary(routine)))
                }
            }
            .ok_or_else(missing),
            _ => Err(missing()),
        }
    }
}

fn f32(routine: Routine<f32>) -> WideSegment {
    WideSegment::F32(Routine32(routine))
}

fn f64(routine: Routine<f64>) -> WideSegment {
    WideSegment::F64(Routine64(routine))
}

/// The elements that routines work on.
trait Float: icosian_codegen::wide::Element + Plain {
    fn of(value: &Value) -> Self;
}

impl Float for f32 {
    fn of(value: &Value) -> f32 {
        match value {
            Value::F32(value) => *value,
            _ => 0.0,
        }
    }
}

impl Float for f64 {
    fn of(value: &Value) -> f64 {
        match value {
            Value::F64(value) => *value,
            _ => 0.0,
        }
    }
}

impl Worker<'_> {
    /// Runs a wide segment over the block at hand.
    pub(crate) fn run_wide(
        &mut self,
        position: usize,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        match self.run.wide[position] {
            Some(WideSegment::F32(Routine32(routine))) => self.run_routine(routine, segment),
            Some(WideSegment::F64(Routine64(routine))) => self.run_routine(routine, segment),
            None => Err(internal("a wide segment without a routine")),
        }
    }

    fn run_routine<T: Float>(
        &mut self,
        routine: Routine<T>,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let output = segment.outputs[0];
        let rows = self.block.padded;
        let start = self.start(output);
        let lane = self.lane(output)?;
        let mut store = std::mem::take(&mut self.stores[output]);
        // Filled only for what is no column.
        let mut constants: [Vec<T>; 2] = [Vec::new(), Vec::new()];
        let mut first: &[T] = &[];
        let mut second: &[T] = &[];
        let values = &mut store.values.get_mut()[span(lane, start, rows)];
        let mut validity = self.run.program.slots[output].ty.nullable.then(|| {
            let bits = &mut store.validity.get_mut()[span(Lane::Bool, start, rows)];
            bits.fill(0xff);
            bits
        });
        for (place, (operand, constant)) in segment.operands.iter().zip(&mut constants).enumerate()
        {
            let operand: &[T] = match operand {
                Operand::Slot(slot) => {
                    let view = self.view(*slot)?;
                    if let (Some(to), Some(from)) = (&mut validity, view.validity) {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to &= from);
                    }
                    &typed(view.values)[..rows]
                }
                Operand::Scalar(column) => {
                    let value = &self.run.scalars[column];
                    if let (Some(to), true) = (&mut validity, value.is_null()) {
                        to.fill(0);
                    }
                    constant.resize(rows, T::of(value));
                    constant
                }
            };
            if place == 0 {
                first = operand;
            } else {
                second = operand;
            }
        }
        routine.run(first, second, typed_mut::<T>(values));
        self.stores[output] = store;
        Ok(())
    }
}
