//! Memory that training steps use again.

/// Has glibc's allocator keep freed buffers for the next training step, on threads to come too: up to 64 MiB.
///
/// A step frees buffers of megabytes. By default they go back to the system, in many processes all of
/// them, and every 4 KiB of the next ones cost a page fault: up to a third of a step. Other allocators
/// are left as they are.
///
/// It changes the whole process, so only a program calls it, first thing in its `main`, as
/// [`cli::main`](crate::cli::main) does.
pub fn keep_freed_buffers() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // The largest that glibc takes from memory that it keeps; and twice that, its own ratio.
        const LARGEST: i32 = 32 << 20;
        // SAFETY: mallopt locks the allocator, changes two of its numbers, and takes any value; one
        // that it refuses leaves the number as it was.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGEST);
        }
    }
}
