//! Random programs: ops over ops, with shared values, parameters and literals.

use icosian_ir::id::ColumnId;
use icosian_ir::op::{CastMode, Comparison, Math, Op, Overflow};
use icosian_ir::types::{ScalarType, TimeUnit, Type};
use icosian_ir::typing::{Argument, infer};
use icosian_ir::value::Value;

use super::harness::Program;
use super::values::{NUMBERS, extremes, with_null};
use ScalarType::{Bool, Date, Duration, Timestamp};

/// Marsaglia's xorshift, seeded so that a failure can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) as usize) % count
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn value(&mut self, ty: Type) -> Value {
        if ty.nullable && self.below(4) == 0 {
            return Value::Null;
        }
        // Small numbers half of the time, so that not every row overflows.
        if self.below(2) == 0 {
            let small = self.below(7) as i32;
            return match ty.scalar {
                Bool => Value::Bool(small > 3),
                ScalarType::F32 => Value::F32(small as f32 * 0.75),
                ScalarType::F64 => Value::F64(f64::from(small) * 0.75),
                _ => Value::Integer(small.into()),
            };
        }
        self.one(&extremes(ty.scalar))
    }

    fn op(&mut self, scalars: &[ScalarType]) -> Op {
        let mode = self.one(&[Overflow::Raise, Overflow::Wrap, Overflow::Null]);
        let cast = self.one(&[CastMode::Raise, CastMode::Null, CastMode::Wrap]);
        let comparison = self.one(&[
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ]);
        let math = self.one(&[Math::Sqrt, Math::Floor, Math::Round, Math::Abs, Math::Sign]);
        let to = self.one(scalars);
        self.one(&[
            Op::Add(mode),
            Op::Sub(mode),
            Op::Mul(mode),
            Op::Neg(mode),
            Op::Div,
            Op::FloorDiv,
            Op::Rem,
            Op::Compare(comparison),
            Op::Compare(comparison),
            Op::And,
            Op::Or,
            Op::Not,
            Op::IsNull,
            Op::IfElse,
            Op::IfElse,
            Op::Coalesce,
            Op::Cast(to, cast),
            Op::Math(math),
            Op::Minimum,
            Op::Maximum,
        ])
    }
}

/// How many arguments an op takes here.
fn arity(op: &Op) -> usize {
    match op {
        Op::Neg(_) | Op::Not | Op::IsNull | Op::Cast(..) | Op::Math(_) => 1,
        Op::IfElse => 3,
        _ => 2,
    }
}

fn random_program(seed: u64, length: usize) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let second = TimeUnit::Second;
    let times = [Bool, Date, Timestamp(second, None), Duration(second)];
    let all: Vec<ScalarType> = NUMBERS.into_iter().chain(times).collect();
    // Few types, so that values of one type meet.
    let scalars: Vec<ScalarType> = (0..3).map(|_| random.one(&all)).chain([Bool]).collect();
    let mut program = Program::new();
    let mut inputs: Vec<Type> = Vec::new();
    let mut columns: Vec<ColumnId> = Vec::new();
    for _ in 0..4 {
        let ty = Type {
            scalar: random.one(&scalars),
            nullable: random.below(2) == 0,
        };
        inputs.push(ty);
        columns.push(program.input(ty));
    }
    for _ in 0..2 {
        let ty = random.one(&scalars).nullable();
        let value = random.value(ty);
        columns.push(program.param(ty, value));
        let value = random.one(&with_null(ty.scalar));
        columns.push(program.literal(value, ty));
    }
    let mut made = Vec::new();
    let mut attempts = 0;
    while made.len() < length && attempts < 100 * length {
        attempts += 1;
        let op = random.op(&scalars);
        let args: Vec<ColumnId> = (0..arity(&op)).map(|_| random.one(&columns)).collect();
        let known = program.builder.columns();
        let arguments: Vec<Argument> = (args.iter())
            .map(|arg| Argument {
                ty: known.ty(*arg),
                domain: known.column(*arg).domain,
            })
            .collect();
        let scalar_only = args.iter().all(|arg| known.table_of(*arg).is_none());
        let wide = matches!(op, Op::FloorDiv | Op::Rem) && arguments[0].ty.scalar.is_float();
        if scalar_only || wide || infer(&op, &arguments).is_err() {
            continue;
        }
        let column = program.op(op, &args);
        if !columns.contains(&column) {
            columns.push(column);
            made.push(column);
        }
    }
    if made.is_empty() {
        return;
    }
    let mut outputs = vec![made[made.len() - 1]];
    outputs.extend((0..3).map(|_| random.one(&made)));
    let rows: Vec<Vec<Value>> = (0..64)
        .map(|_| inputs.iter().map(|ty| random.value(*ty)).collect())
        .collect();
    program.check(&outputs, &rows);
}

#[test]
fn small_programs() {
    for seed in 1..=400 {
        random_program(seed, 6);
    }
}

#[test]
fn large_programs() {
    for seed in 2000..2004 {
        random_program(seed, 400);
    }
}

#[test]
fn programs_with_many_live_values() {
    for seed in 1000..=1040 {
        random_program(seed, 60);
    }
}
