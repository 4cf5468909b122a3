//! Any loop compiled once per CPU level.

// A function compiled for instructions that the machine may lack can only be called unsafely; here
// the level is checked first.
#![allow(unsafe_code)]

use super::CpuLevel;

/// A loop that is worth compiling for each CPU level.
///
/// What it calls must be `#[inline(always)]`, or it stays compiled for the baseline.
pub trait Routine {
    /// What the loop gives.
    type Output;

    /// Runs the loop. Mark the implementation `#[inline(always)]`.
    fn run(self) -> Self::Output;
}

impl CpuLevel {
    /// Runs a loop as compiled for this level; for the baseline, if the machine lacks the level.
    #[inline]
    pub fn run<R: Routine>(self, routine: R) -> R::Output {
        #[cfg(target_arch = "x86_64")]
        if self.is_available() {
            match self {
                CpuLevel::Baseline => {}
                // SAFETY: the machine has the instructions that the function is compiled for.
                CpuLevel::Avx2 => return unsafe { avx2(routine) },
                // SAFETY: as above.
                CpuLevel::Avx512 => return unsafe { avx512(routine) },
            }
        }
        routine.run()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<R: Routine>(routine: R) -> R::Output {
    routine.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn avx512<R: Routine>(routine: R) -> R::Output {
    routine.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fused(f64, f64, f64);

    impl Routine for Fused {
        type Output = f64;

        #[inline(always)]
        fn run(self) -> f64 {
            self.0.mul_add(self.1, self.2)
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        for level in CpuLevel::ALL {
            let fused = level.run(Fused(1.0 + f64::EPSILON, 1.0 + f64::EPSILON, -1.0));
            assert_eq!(
                fused,
                2.0 * f64::EPSILON + f64::EPSILON * f64::EPSILON,
                "{}",
                level.name()
            );
        }
    }
}
