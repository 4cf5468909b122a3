//! What kernels are besides right: without spills, freed, never writable, made only of what may be.

use icosian_ir::op::{Comparison, Op, Overflow};
use icosian_ir::plan::FusedSegment;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use super::harness::Program;
use super::values::{extremes, product};
use crate::{CompileError, CompileOptions, CompiledKernel, Nulls, Slot, compile};
use ScalarType::{Bool, F64, I32, I64, Str};

const ADD: Op = Op::Add(Overflow::Raise);
const MULTIPLY: Op = Op::Mul(Overflow::Raise);

const OPTIONS: CompileOptions = CompileOptions {
    nulls: Nulls::General,
    verify: true,
    text: true,
};

fn compiled(program: &Program, segment: &FusedSegment) -> CompiledKernel {
    match compile(program.builder.columns(), segment, &OPTIONS) {
        Ok(kernel) => kernel,
        Err(error) => panic!("{error}"),
    }
}

/// `a * b + c` and whether it is above a parameter.
fn chain(scalar: ScalarType, threshold: Value) -> (Program, FusedSegment) {
    let mut program = Program::new();
    let a = program.input(scalar.required());
    let b = program.input(scalar.required());
    let c = program.input(scalar.required());
    let threshold = program.param(scalar.required(), threshold);
    let product = program.op(MULTIPLY, &[a, b]);
    let sum = program.op(ADD, &[product, c]);
    let above = program.op(Op::Compare(Comparison::Greater), &[sum, threshold]);
    let segment = program.segment(&[sum, above]);
    (program, segment)
}

fn instructions(kernel: &CompiledKernel, name: &str) -> usize {
    let assembly = &kernel.text().expect("asked for").assembly;
    (assembly.split_whitespace())
        .filter(|word| word.trim_start_matches('v') == name)
        .count()
}

#[test]
fn floats_stay_packed_and_in_registers() {
    let (program, segment) = chain(F64, Value::F64(2.0));
    let kernel = compiled(&program, &segment);
    // Eight rows are four vectors.
    assert_eq!(instructions(&kernel, "mulpd"), 4);
    assert_eq!(instructions(&kernel, "addpd"), 4);
    assert_eq!(
        instructions(&kernel, "cmppd") + instructions(&kernel, "cmpltpd"),
        4
    );
    for forbidden in ["call", "ud2", "mulsd", "addsd", "div", "idiv"] {
        assert_eq!(instructions(&kernel, forbidden), 0, "{forbidden}");
    }
    assert!(
        !spills(&kernel),
        "{}",
        kernel.text().expect("asked for").assembly
    );
}

#[test]
fn checked_words_stay_packed_and_in_registers() {
    let (program, segment) = chain(I32, Value::Integer(5));
    let kernel = compiled(&program, &segment);
    assert_eq!(instructions(&kernel, "paddd"), 2);
    for forbidden in ["call", "ud2", "imull", "idivl"] {
        assert_eq!(instructions(&kernel, forbidden), 0, "{forbidden}");
    }
    assert!(
        !spills(&kernel),
        "{}",
        kernel.text().expect("asked for").assembly
    );
}

/// Whether a vector is stored to or loaded from the stack.
fn spills(kernel: &CompiledKernel) -> bool {
    let assembly = &kernel.text().expect("asked for").assembly;
    (assembly.lines()).any(|line| line.contains("rsp") && line.contains("%xmm"))
}

#[test]
fn signatures_say_what_is_read_and_written() {
    let mut program = Program::new();
    let a = program.input(F64.nullable());
    let b = program.input(Bool.required());
    let zero = program.literal(Value::F64(0.0), F64.required());
    let filled = program.op(Op::Coalesce, &[a, zero]);
    let chosen = program.op(Op::IfElse, &[b, a, zero]);
    let segment = program.segment(&[filled, chosen]);
    let slot = |lane, nullable| Slot { lane, nullable };
    let kernel = compiled(&program, &segment);
    let inputs = [slot(Lane::F64, true), slot(Lane::Bool, false)];
    assert_eq!(kernel.signature().inputs, inputs);
    let outputs = [slot(Lane::F64, false), slot(Lane::F64, true)];
    assert_eq!(kernel.signature().outputs, outputs);
    let absent = CompileOptions {
        nulls: Nulls::Absent,
        ..OPTIONS
    };
    let kernel = compile(program.builder.columns(), &segment, &absent).expect("a kernel");
    assert!(!kernel.signature().inputs[0].nullable);
    assert!(!kernel.signature().outputs[1].nullable);
}

#[test]
fn no_rows_are_no_work() {
    let (program, segment) = chain(I32, Value::Integer(5));
    let kernel = compiled(&program, &segment);
    let (raised, values) = program.run(&kernel, &segment, &[], &[]);
    assert!(!raised && values.iter().all(Vec::is_empty));
}

#[test]
fn outputs_may_be_inputs_parameters_and_constants() {
    let mut program = Program::new();
    let a = program.input(I64.nullable());
    let p = program.param(I64.nullable(), Value::Integer(-5));
    let q = program.param(Bool.nullable(), Value::Null);
    let table = program.table;
    let constant = program.literal(Value::Null, I32.nullable());
    let outputs = [p, q, constant].map(|scalar| program.op(Op::Broadcast(table), &[scalar]));
    let outputs = [&outputs[..], &[a, a]].concat();
    program.check(&outputs, &product(&[super::values::with_null(I64)]));
}

#[test]
fn guarded_forms_raise_nothing() {
    let mut program = Program::new();
    let x = program.input(F64.required());
    let bound = program.literal(Value::F64(100.0), F64.required());
    let low = program.literal(Value::F64(-100.0), F64.required());
    let zero = program.literal(Value::Integer(0), I32.required());
    let below = program.op(Op::Compare(Comparison::Less), &[x, bound]);
    let above = program.op(Op::Compare(Comparison::Greater), &[x, low]);
    let inside = program.op(Op::And, &[below, above]);
    let cast = icosian_ir::op::CastMode::Raise;
    let whole = program.op(Op::Cast(I32, cast), &[x]);
    let guarded = program.op(Op::IfElse, &[inside, whole, zero]);
    let positive = program.op(Op::Compare(Comparison::Greater), &[whole, zero]);
    let both = program.op(Op::And, &[inside, positive]);
    let outside = program.op(Op::Not, &[inside]);
    let either = program.op(Op::Or, &[outside, positive]);
    let rows = product(&[extremes(F64)]);
    let segment = program.segment(&[guarded, both, either]);
    let kernel = compiled(&program, &segment);
    let padded: Vec<usize> = (0..rows.len() / 8 * 8).collect();
    let (raised, _) = program.run(&kernel, &segment, &rows, &padded);
    assert!(!raised);
    program.check(&[guarded, both, either], &rows);
}

#[test]
fn what_is_not_fused_is_refused() {
    let mut program = Program::new();
    let a = program.input(F64.required());
    let b = program.op(Op::Math(icosian_ir::op::Math::Exp), &[a]);
    let segment = program.segment(&[b]);
    let error = compile(program.builder.columns(), &segment, &OPTIONS).expect_err("wide");
    assert!(matches!(error, CompileError::Unsupported { op: "exp", .. }));

    let mut program = Program::new();
    let a = program.input(Str.required());
    let b = program.op(Op::IsNull, &[a]);
    let segment = program.segment(&[b]);
    assert!(compile(program.builder.columns(), &segment, &OPTIONS).is_err());

    let mut program = Program::new();
    let a = program.input(F64.required());
    let b = program.op(ADD, &[a, a]);
    let mut segment = program.segment(&[b]);
    segment.inputs.clear();
    let error = compile(program.builder.columns(), &segment, &OPTIONS).expect_err("not read");
    assert!(matches!(error, CompileError::Malformed { .. }));
}

#[test]
fn segments_have_a_limit() {
    let mut program = Program::new();
    let a = program.input(F64.required());
    let mut sum = a;
    for _ in 0..1_500 {
        sum = program.op(ADD, &[sum, a]);
    }
    let kernel = compiled(&program, &program.segment(&[sum]));
    let rows: Vec<Vec<Value>> = (0..8).map(|row| vec![Value::F64(f64::from(row))]).collect();
    let segment = program.segment(&[sum]);
    let (_, found) = program.run(&kernel, &segment, &rows, &[0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(found[0][7], Value::F64(7.0 * 1_501.0));
    for _ in 0..1_000 {
        sum = program.op(ADD, &[sum, a]);
    }
    let error = compile(
        program.builder.columns(),
        &program.segment(&[sum]),
        &OPTIONS,
    );
    assert!(matches!(
        error,
        Err(CompileError::TooLarge { columns: 2_501, .. })
    ));
}

#[test]
fn ill_typed_columns_are_refused() {
    let mut program = Program::new();
    let a = program.input(F64.required());
    let domain = program.builder.columns().column(a).domain;
    let wrong = (program.builder).add_typed(Op::Not, vec![a], Bool.required(), domain);
    let none = (program.builder).add_typed(ADD, vec![a], F64.required(), domain);
    let literal = program.literal(Value::Integer(300), ScalarType::U8.required());
    let mixed = (program.builder).add_typed(ADD, vec![a, literal], F64.required(), domain);
    for output in [wrong, none, mixed] {
        let segment = program.segment(&[output]);
        let error = compile(program.builder.columns(), &segment, &OPTIONS).expect_err("ill-typed");
        assert!(matches!(error, CompileError::Malformed { .. }), "{error}");
    }
}

#[test]
fn code_is_never_writable() {
    let (program, segment) = chain(F64, Value::F64(2.0));
    let kernel = compiled(&program, &segment);
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux's list of mappings");
    let page = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        (start..end).contains(&kernel.address()).then_some(rest)
    });
    assert!(page.is_some_and(|page| page.starts_with("r-x")), "{page:?}");
    let both = |line: &str| {
        line.split(' ')
            .nth(1)
            .is_some_and(|flags| flags.starts_with("rwx"))
    };
    assert!(!maps.lines().any(both));
}

/// Resident pages of this process.
fn resident_pages() -> usize {
    let statistics = std::fs::read_to_string("/proc/self/statm").expect("Linux's statistics");
    let resident = statistics
        .split(' ')
        .nth(1)
        .and_then(|field| field.parse().ok());
    resident.expect("a number of pages")
}

/// Tests beside this one allocate too, so it runs in a process of its own: itself, called again.
#[test]
fn dropped_kernels_leave_no_memory_behind() {
    const ALONE: &str = "ICOSIAN_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let program = std::env::current_exe().expect("this test's program");
        let name = "tests::kernels::dropped_kernels_leave_no_memory_behind";
        let alone = std::process::Command::new(program)
            .args(["--exact", name])
            .env(ALONE, "1")
            .output();
        let output = alone.expect("a process");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let (program, segment) = chain(F64, Value::F64(2.0));
    let options = CompileOptions {
        nulls: Nulls::Absent,
        verify: false,
        text: false,
    };
    let rounds = |count: usize| {
        for _ in 0..count {
            let kernel = compile(program.builder.columns(), &segment, &options);
            assert!(kernel.is_ok());
        }
    };
    rounds(1_000);
    let before = resident_pages();
    rounds(19_000);
    let after = resident_pages();
    // One page leaked per kernel would be 19,000.
    assert!(after < before + 500, "{before} pages, then {after}");
}

#[test]
fn kernels_go_between_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<CompiledKernel>();
    let (program, segment) = chain(I32, Value::Integer(5));
    let kernel = std::sync::Arc::new(compiled(&program, &segment));
    let other = kernel.clone();
    let thread = std::thread::spawn(move || other.code_bytes());
    assert_eq!(thread.join().ok(), Some(kernel.code_bytes()));
}
