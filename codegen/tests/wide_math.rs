//! Wide routines give the bits of the scalar meaning, at every CPU level the machine has.

use icosian_codegen::wide::{BLOCK, BinaryRoutine, CpuLevel, UnaryRoutine};
use icosian_ir::meaning::math::{Math, apply1, apply2, narrow};

/// Pseudo-random words (SplitMix64).
struct Words(u64);

impl Iterator for Words {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(word ^ (word >> 31))
    }
}

/// Any double: every second one from all bit patterns, the others of everyday size, and
/// now and then a special value.
fn doubles(seed: u64, count: usize) -> Vec<f64> {
    const SPECIAL: [f64; 8] = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        -f64::NAN,
        1.0,
        -1.0,
    ];
    Words(seed)
        .take(count)
        .map(|word| match word % 16 {
            0..8 => f64::from_bits(word.rotate_left(17)),
            8 => SPECIAL[(word >> 8) as usize % SPECIAL.len()],
            _ => (word >> 11) as f64 / (1u64 << 47) as f64 - 32.0,
        })
        .collect()
}

/// The arguments of the reference points, as one list.
fn reference_arguments() -> Vec<f64> {
    include_str!("../../ir/tests/oracle/math_reference.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split(' ').skip(1).take(2))
        .filter(|text| *text != "-")
        .map(|text| f64::from_bits(u64::from_str_radix(text, 16).expect("bits")))
        .collect()
}

fn assert_same_bits(function: Math, level: CpuLevel, arguments: &[&[f64]], got: &[f64]) {
    for (row, got) in got.iter().enumerate() {
        let at: Vec<f64> = arguments.iter().map(|argument| argument[row]).collect();
        let expected = match at[..] {
            [x] => apply1(function, x),
            [x, y] => apply2(function, x, y),
            _ => unreachable!("one or two arguments"),
        };
        assert_eq!(
            got.to_bits(),
            expected.to_bits(),
            "{}{at:?} at {}: {got:e}, meaning {expected:e}",
            function.name(),
            level.name()
        );
    }
}

fn compare(function: Math, first: &[f64], second: &[f64]) {
    for level in CpuLevel::available() {
        let mut got = vec![0.5; first.len()];
        if let Some(routine) = UnaryRoutine::<f64>::new(level, function) {
            routine.run(first, &mut got);
            assert_same_bits(function, level, &[first], &got);
        } else {
            let routine = BinaryRoutine::<f64>::new(level, function).expect("one of the two");
            routine.run(first, second, &mut got);
            assert_same_bits(function, level, &[first, second], &got);
        }
    }
}

#[test]
fn random_bit_patterns() {
    let (first, second) = (doubles(1, 200_000), doubles(2, 200_000));
    for function in Math::ALL {
        compare(function, &first, &second);
    }
}

#[test]
fn reference_points() {
    let first = reference_arguments();
    let mut second = first.clone();
    second.rotate_left(1);
    for function in Math::ALL {
        compare(function, &first, &second);
    }
}

#[test]
fn any_length() {
    let values = doubles(3, 2 * BLOCK + 80);
    for length in (0..40).chain([BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 33]) {
        for function in [Math::Exp, Math::Sin, Math::Pow] {
            compare(function, &values[..length], &values[40..][..length]);
        }
    }
}

#[test]
fn single_precision_is_double_rounded_once() {
    let values: Vec<f32> = doubles(4, 20_000)
        .into_iter()
        .zip(Words(5))
        .map(|(x, word)| {
            if word % 2 == 0 {
                x as f32
            } else {
                f32::from_bits(word as u32)
            }
        })
        .collect();
    let mut second = values.clone();
    second.rotate_left(7);
    for function in Math::ALL {
        for level in CpuLevel::available() {
            let mut got = vec![0.5f32; values.len()];
            if let Some(routine) = UnaryRoutine::<f32>::new(level, function) {
                routine.run(&values, &mut got);
            } else {
                let routine = BinaryRoutine::<f32>::new(level, function).expect("one of the two");
                routine.run(&values, &second, &mut got);
            }
            for (row, got) in got.iter().enumerate() {
                let (x, y) = (f64::from(values[row]), f64::from(second[row]));
                let expected = if function.arity() == 1 {
                    apply1(function, x)
                } else {
                    apply2(function, x, y)
                };
                assert_eq!(
                    got.to_bits(),
                    narrow(expected).to_bits(),
                    "{} of {x:e} {y:e} at {}",
                    function.name(),
                    level.name()
                );
            }
        }
    }
}

#[test]
fn the_number_of_arguments_chooses_the_kind() {
    for function in Math::ALL {
        let unary = UnaryRoutine::<f64>::new(CpuLevel::Baseline, function).is_some();
        let binary = BinaryRoutine::<f64>::new(CpuLevel::Baseline, function).is_some();
        assert_eq!(
            (unary, binary),
            (function.arity() == 1, function.arity() == 2)
        );
    }
}
