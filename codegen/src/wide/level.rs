//! CPU levels: the sets of instructions that routines are compiled for.

/// What instructions a routine may use. Higher levels contain lower ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CpuLevel {
    /// What every CPU of the architecture has.
    Baseline,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// x86-64 with AVX-512 F, BW, CD, DQ and VL.
    Avx512,
}

impl CpuLevel {
    /// Every level, lowest first.
    pub const ALL: [CpuLevel; 3] = [CpuLevel::Baseline, CpuLevel::Avx2, CpuLevel::Avx512];

    /// The highest level of this machine.
    pub fn detect() -> CpuLevel {
        let mut highest = CpuLevel::Baseline;
        for level in Self::available() {
            highest = level;
        }
        highest
    }

    /// The levels this machine has, lowest first.
    pub fn available() -> impl Iterator<Item = CpuLevel> {
        Self::ALL.into_iter().filter(|level| level.is_available())
    }

    /// Whether this machine has the level.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        use std::arch::is_x86_feature_detected;
        let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match self {
            CpuLevel::Baseline => true,
            CpuLevel::Avx2 => avx2(),
            CpuLevel::Avx512 => {
                avx2()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512cd")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }

    /// Whether this machine has the level.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_available(self) -> bool {
        self == CpuLevel::Baseline
    }

    /// Its name, for listings.
    pub fn name(self) -> &'static str {
        match self {
            CpuLevel::Baseline => "baseline",
            CpuLevel::Avx2 => "avx2",
            CpuLevel::Avx512 => "avx512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_contain_each_other() {
        let levels: Vec<CpuLevel> = CpuLevel::available().collect();
        assert_eq!(levels, CpuLevel::ALL[..levels.len()]);
        assert_eq!(CpuLevel::detect(), levels[levels.len() - 1]);
    }
}
