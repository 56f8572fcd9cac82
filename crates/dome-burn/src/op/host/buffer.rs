use core::mem::MaybeUninit;

use super::float::Float;

/// A vector whose elements `write` writes, every one of them.
///
/// Zeros in it first would cost as much as a quarter of the forward pass at sizes where the
/// allocator reuses memory.
pub(in crate::op) fn written<E: Float>(
    len: usize,
    write: impl FnOnce(&mut [MaybeUninit<E>]),
) -> Vec<E> {
    let mut elements = Vec::with_capacity(len);
    let results = &mut elements.spare_capacity_mut()[..len];
    advise_huge_pages(results);
    write(results);
    // SAFETY: `len` is within the capacity, and `write` has initialised that many elements: its
    // callers hand the slice to `Slot::Fresh`, all of whose blocks a kernel stores, or in parts to
    // `Simplex` and `Group`, which write every score or coordinate. Every bit pattern is a valid `Float`.
    unsafe { elements.set_len(len) };
    elements
}

/// Asks Linux to back a large buffer with huge pages.
///
/// A buffer of this size is new memory each time, and the page faults on its first use take longer
/// than the kernel that fills it; 2 MiB pages have 512 times fewer of them.
fn advise_huge_pages<E>(buffer: &mut [MaybeUninit<E>]) {
    #[cfg(target_os = "linux")]
    {
        const HUGE_PAGE: usize = 2 << 20;
        const MIN_BYTES: usize = 2 * HUGE_PAGE;
        let bytes = size_of_val(buffer);
        let start = buffer.as_mut_ptr().cast::<u8>();
        let skipped = start.align_offset(HUGE_PAGE);
        if bytes < MIN_BYTES || skipped >= bytes {
            return;
        }
        let whole = (bytes - skipped) / HUGE_PAGE * HUGE_PAGE;
        // SAFETY: the range lies within the buffer, and this advice changes no contents. It is only
        // advice, so a refusal is no error.
        unsafe { libc::madvise(start.add(skipped).cast(), whole, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = buffer;
}
