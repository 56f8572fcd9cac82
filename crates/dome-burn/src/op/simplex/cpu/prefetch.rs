/// Bytes of a line of the cache.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Brings numbers into the cache that a kernel is to read or write soon.
///
/// Processors see streams by themselves, but only within a page and not where much is computed in
/// between; and while a store waits for its line, so do the loads of what was stored since.
#[inline(always)]
pub(in crate::op) fn prefetch<T>(numbers: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        let start = numbers.as_ptr().cast::<i8>();
        for offset in (0..size_of_val(numbers)).step_by(LINE) {
            // SAFETY: the address lies within the numbers, and the instruction is only a hint.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(offset)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}
