//! The mathematical functions against a high-precision reference.
//!
//! `oracle/math_reference.py` wrote `oracle/math_reference.txt`: arguments over the whole range
//! (borders, subnormals, angles next to multiples of π/2) with results computed to hundreds of
//! bits. The error of a function is measured in units of the last place of the true result.

use icosian_ir::meaning::math::{Math, apply1, apply2};

/// The largest error each function may show, in ULP.
///
/// The requirement is 1. These lie just above what searches of some 600,000 arguments per function
/// found (the arguments are among the points), so that a change that costs accuracy is seen.
fn bound(function: Math) -> f64 {
    match function {
        Math::Sqrt => 0.5,
        Math::Degrees | Math::Radians => 0.51,
        Math::LogBase | Math::Cbrt | Math::Hypot => 0.51,
        Math::Sinh | Math::Cosh => 0.53,
        Math::Acos | Math::Atan | Math::Tanh | Math::Acosh => 0.55,
        Math::Asinh | Math::Atanh => 0.60,
        Math::Asin => 0.65,
        Math::Exp2 => 0.70,
        Math::Exp | Math::Ln | Math::Log10 | Math::Log1p | Math::Atan2 => 0.70,
        Math::Expm1 | Math::Log2 | Math::Pow => 0.75,
        Math::Sin | Math::Cos => 0.80,
        Math::Tan => 0.90,
        Math::Erf => 0.95,
        Math::Gamma => 0.65,
        Math::LnGamma => 0.80,
        // Exact, so no reference is needed: see the tests beside the bodies.
        Math::Floor | Math::Ceil | Math::Round | Math::Trunc | Math::Abs | Math::Sign => 0.0,
    }
}

/// One line of the reference.
struct Point<'a> {
    function: &'a str,
    arguments: Vec<f64>,
    nearest: f64,
    /// True result less `nearest`, in ULP of `nearest`.
    below: f64,
}

fn points() -> impl Iterator<Item = Point<'static>> {
    let double = |text: &str| f64::from_bits(u64::from_str_radix(text, 16).expect("bits"));
    include_str!("oracle/math_reference.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(move |line| {
            let fields: Vec<&str> = line.split(' ').collect();
            Point {
                function: fields[0],
                arguments: fields[1..3]
                    .iter()
                    .filter(|text| **text != "-")
                    .map(|text| double(text))
                    .collect(),
                nearest: double(fields[3]),
                below: i64::from_str_radix(fields[4], 16).expect("remainder") as f64 / 65536.0,
            }
        })
}

/// The error of `got` in ULP of the reference.
fn error(got: f64, point: &Point<'_>) -> f64 {
    if got == point.nearest {
        return point.below.abs();
    }
    if !got.is_finite() || !point.nearest.is_finite() {
        return f64::INFINITY;
    }
    let size = point.nearest.abs();
    let unit = if size < 2.0 * f64::MIN_POSITIVE {
        f64::from_bits(1)
    } else {
        // Two to the exponent of the result, less 52.
        f64::from_bits(size.to_bits() & (0x7ff << 52)) * f64::EPSILON
    };
    ((got - point.nearest) / unit - point.below).abs()
}

#[test]
fn errors_stay_within_their_bounds() {
    let mut worst = vec![(0.0, Vec::new(), 0); Math::ALL.len()];
    for point in points() {
        let index = Math::ALL
            .iter()
            .position(|function| function.name() == point.function)
            .expect("a known function");
        let function = Math::ALL[index];
        let got = match point.arguments[..] {
            [x] => apply1(function, x),
            [x, y] => apply2(function, x, y),
            _ => panic!("one or two arguments"),
        };
        let error = error(got, &point);
        worst[index].2 += 1;
        if error > worst[index].0 {
            worst[index] = (error, point.arguments.clone(), worst[index].2);
        }
    }
    let mut failures = Vec::new();
    for (function, (error, arguments, count)) in Math::ALL.into_iter().zip(worst) {
        println!(
            "{:6} {count:5} points, largest error {error:.4} ULP at {arguments:?}",
            function.name()
        );
        if error > bound(function) {
            failures.push(function.name());
        }
    }
    assert!(failures.is_empty(), "beyond their bounds: {failures:?}");
}

#[test]
fn every_inexact_function_has_points() {
    for function in Math::ALL {
        let count = points()
            .filter(|point| point.function == function.name())
            .count();
        assert!(
            bound(function) == 0.0 || count >= 300,
            "{}: {count}",
            function.name()
        );
    }
}

/// Sampled runs of neighbouring doubles, all over the range: the results of these functions,
/// whose errors are smallest, come in order. (Nothing promises it, but a slip in one reduction
/// interval shows here first.)
#[test]
fn neighbours_stay_in_order() {
    for (function, low, high) in [
        (Math::Exp, -700.0, 700.0),
        (Math::Ln, 1e-300, 1e300),
        (Math::Log2, 0.9, 1.1),
        (Math::Sqrt, 0.0, 1e300),
    ] {
        for step in 0..200 {
            let mut x = low + (high - low) * f64::from(step) / 200.0;
            let mut last = apply1(function, x);
            for _ in 0..50 {
                x = x.next_up();
                let next = apply1(function, x);
                assert!(next >= last, "{} at {x}", function.name());
                last = next;
            }
        }
    }
}
