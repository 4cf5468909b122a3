//! The block loops, instantiated per function, element type and CPU level.

// A function compiled for instructions that the machine may lack can only be called unsafely; the
// constructors below check the level, once.
#![allow(unsafe_code)]

use icosian_ir::meaning::math::{Binary, Math, Unary, Visitor, narrow};

use super::{BLOCK, CpuLevel};

/// A floating-point type of columns: `f64` or `f32`.
///
/// Functions are computed in f64; an f32 result is rounded once more, as the meaning says.
pub trait Element: sealed::Sealed + Copy + Default {
    /// The value as f64, exactly.
    fn widen(self) -> f64;
    /// The result of a function over f64 as this type.
    fn from_result(result: f64) -> Self;
}

mod sealed {
    /// Keeps [`super::Element`] to the two types.
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for f32 {}
}

impl Element for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }
    #[inline(always)]
    fn from_result(result: f64) -> f64 {
        result
    }
}

impl Element for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn from_result(result: f64) -> f32 {
        narrow(result)
    }
}

/// A function of one argument over a column, for one CPU level.
#[derive(Clone, Copy, Debug)]
pub struct UnaryRoutine<T> {
    /// Sound to call: the level it is compiled for was found on this machine.
    function: unsafe fn(&[T], &mut [T]),
}

impl<T: Element> UnaryRoutine<T> {
    /// The routine for `function`; none if it takes two arguments or the machine lacks `level`.
    pub fn new(level: CpuLevel, function: Math) -> Option<UnaryRoutine<T>> {
        if !level.is_available() {
            return None;
        }
        let choice = Choice {
            level,
            element: std::marker::PhantomData,
        };
        match function.visit(choice) {
            Chosen::Unary(function) => Some(UnaryRoutine { function }),
            Chosen::Binary(_) => None,
        }
    }

    /// Writes the function of every element of `input` to `output`.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[inline]
    pub fn run(self, input: &[T], output: &mut [T]) {
        assert_eq!(input.len(), output.len(), "input and output of one length");
        // SAFETY: `new` found the instructions it is compiled for on this machine; the loop
        // itself is safe code.
        unsafe { (self.function)(input, output) }
    }
}

/// A function of two arguments over two columns, for one CPU level.
#[derive(Clone, Copy, Debug)]
pub struct BinaryRoutine<T> {
    /// Sound to call: the level it is compiled for was found on this machine.
    function: unsafe fn(&[T], &[T], &mut [T]),
}

impl<T: Element> BinaryRoutine<T> {
    /// The routine for `function`; none if it takes one argument or the machine lacks `level`.
    pub fn new(level: CpuLevel, function: Math) -> Option<BinaryRoutine<T>> {
        if !level.is_available() {
            return None;
        }
        let choice = Choice {
            level,
            element: std::marker::PhantomData,
        };
        match function.visit(choice) {
            Chosen::Unary(_) => None,
            Chosen::Binary(function) => Some(BinaryRoutine { function }),
        }
    }

    /// Writes the function of every pair of elements to `output`.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[inline]
    pub fn run(self, first: &[T], second: &[T], output: &mut [T]) {
        assert_eq!(first.len(), output.len(), "inputs and output of one length");
        assert_eq!(
            second.len(),
            output.len(),
            "inputs and output of one length"
        );
        // SAFETY: `new` found the instructions it is compiled for on this machine; the loop
        // itself is safe code.
        unsafe { (self.function)(first, second, output) }
    }
}

/// Finds the instance for a function's type.
struct Choice<T> {
    level: CpuLevel,
    element: std::marker::PhantomData<T>,
}

enum Chosen<T> {
    Unary(unsafe fn(&[T], &mut [T])),
    Binary(unsafe fn(&[T], &[T], &mut [T])),
}

impl<T: Element> Visitor for Choice<T> {
    type Output = Chosen<T>;

    fn unary<F: Unary>(self) -> Chosen<T> {
        Chosen::Unary(match self.level {
            CpuLevel::Baseline => unary_blocks::<F, T>,
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 => unary_avx2::<F, T>,
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx512 => unary_avx512::<F, T>,
            #[cfg(not(target_arch = "x86_64"))]
            CpuLevel::Avx2 | CpuLevel::Avx512 => unary_blocks::<F, T>,
        })
    }

    fn binary<F: Binary>(self) -> Chosen<T> {
        Chosen::Binary(match self.level {
            CpuLevel::Baseline => binary_blocks::<F, T>,
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 => binary_avx2::<F, T>,
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx512 => binary_avx512::<F, T>,
            #[cfg(not(target_arch = "x86_64"))]
            CpuLevel::Avx2 | CpuLevel::Avx512 => binary_blocks::<F, T>,
        })
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn unary_avx2<F: Unary, T: Element>(input: &[T], output: &mut [T]) {
    unary_blocks::<F, T>(input, output);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn unary_avx512<F: Unary, T: Element>(input: &[T], output: &mut [T]) {
    unary_blocks::<F, T>(input, output);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn binary_avx2<F: Binary, T: Element>(first: &[T], second: &[T], output: &mut [T]) {
    binary_blocks::<F, T>(first, second, output);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn binary_avx512<F: Binary, T: Element>(first: &[T], second: &[T], output: &mut [T]) {
    binary_blocks::<F, T>(first, second, output);
}

// Always inlined, so that each level's instance compiles it anew with that level's instructions.
#[inline(always)]
fn unary_blocks<F: Unary, T: Element>(input: &[T], output: &mut [T]) {
    for (input, output) in input.chunks(BLOCK).zip(output.chunks_mut(BLOCK)) {
        let mut repair = false;
        for (result, x) in output.iter_mut().zip(input) {
            let x = x.widen();
            *result = T::from_result(F::fast(x));
            repair |= F::needs_repair(x);
        }
        if repair {
            for (result, x) in output.iter_mut().zip(input) {
                let x = x.widen();
                if F::needs_repair(x) {
                    *result = T::from_result(F::slow(x));
                }
            }
        }
    }
}

#[inline(always)]
fn binary_blocks<F: Binary, T: Element>(first: &[T], second: &[T], output: &mut [T]) {
    let inputs = first.chunks(BLOCK).zip(second.chunks(BLOCK));
    for ((first, second), output) in inputs.zip(output.chunks_mut(BLOCK)) {
        let mut repair = false;
        for (result, (x, y)) in output.iter_mut().zip(first.iter().zip(second)) {
            let (x, y) = (x.widen(), y.widen());
            *result = T::from_result(F::fast(x, y));
            repair |= F::needs_repair(x, y);
        }
        if repair {
            for (result, (x, y)) in output.iter_mut().zip(first.iter().zip(second)) {
                let (x, y) = (x.widen(), y.widen());
                if F::needs_repair(x, y) {
                    *result = T::from_result(F::slow(x, y));
                }
            }
        }
    }
}
