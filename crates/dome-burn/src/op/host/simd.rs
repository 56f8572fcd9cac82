use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// A computation that is compiled once for each vector extension in [`run`].
///
/// Everything under [`Kernel::run`] has to be `inline(always)`, or it is compiled for the least
/// processor of the target.
pub(in crate::op) trait Kernel {
    type Output;

    /// `FMA`: whether the processor multiplies and adds in one instruction.
    fn run<const FMA: bool>(self) -> Self::Output;
}

/// Runs a kernel with the widest vectors that the processor has, found at run time. NEON is part
/// of every 64-bit ARM and needs no version of its own.
#[multiversion(targets(
    "x86_64+avx512f+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma",
    "x86+avx2+fma"
))]
pub(in crate::op) fn run<K: Kernel>(kernel: K) -> K::Output {
    if target_cfg_f!(target_feature = "fma") || cfg!(target_arch = "aarch64") {
        kernel.run::<true>()
    } else {
        kernel.run::<false>()
    }
}
