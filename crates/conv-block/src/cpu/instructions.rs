use std::fmt;

/// Vector instructions of this processor.
///
/// Those that multiply and add in one instruction give the same bits; the baseline of x86 has none, and
/// differs from them by rounding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Instructions(Set);

/// Only what the processor has may get into [`Instructions`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    /// What every processor of the target has: SSE2 on x86-64, NEON on 64-bit ARM.
    Baseline,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Avx2,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Avx512,
}

impl Instructions {
    /// The widest ones.
    pub fn best() -> Self {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let wider = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            return Self(if wider { Set::Avx512 } else { Set::Avx2 });
        }
        Self(Set::Baseline)
    }

    /// All that there are, the widest ones last.
    pub fn available() -> Vec<Self> {
        let mut available = vec![Self(Set::Baseline)];
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        if Self::best() == Self(Set::Avx512) {
            available.push(Self(Set::Avx2));
        }
        if Self::best() != available[0] {
            available.push(Self::best());
        }
        available
    }

    /// Whether they multiply and add in one instruction.
    pub fn fuse(self) -> bool {
        self != Self(Set::Baseline) || NEON
    }

    /// Runs a computation that is compiled for them.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Set::Baseline if NEON => kernel.run::<true, 4, 4>(),
            Set::Baseline => kernel.run::<false, 4, 2>(),
            // SAFETY: the processor has them, or `best` had not given this value.
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Set::Avx2 => unsafe { avx2(kernel) },
            // SAFETY: as above.
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Set::Avx512 => unsafe { avx512(kernel) },
        }
    }
}

/// 32 registers of four lanes, in every 64-bit ARM.
const NEON: bool = cfg!(target_arch = "aarch64");

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Set::Baseline => "baseline",
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Set::Avx2 => "AVX2",
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Set::Avx512 => "AVX-512",
        })
    }
}

/// A computation that is compiled once for each set of instructions.
///
/// Everything under [`Kernel::run`] has to be `inline(always)`, or it is compiled for the baseline.
/// Loops over arrays of `W` numbers become single instructions.
pub(super) trait Kernel {
    type Output;

    /// `FMA`: whether to multiply and add in one instruction. `W`: the lanes of a register. `T`: as many
    /// channels at a time as there are registers for their sums.
    fn run<const FMA: bool, const W: usize, const T: usize>(self) -> Self::Output;
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<true, 8, 2>()
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<true, 16, 4>()
}
