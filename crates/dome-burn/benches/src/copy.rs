//! The bandwidth of the memory.

use rayon::prelude::*;

use crate::Case;

/// Numbers of a task: 1 MiB.
const CHUNK: usize = 1 << 18;

/// Copies f32 numbers into a buffer that has been written before, with all threads.
pub fn case(count: usize) -> Case {
    let from = vec![1f32; count];
    let mut to = vec![2f32; count];
    Box::new(move || {
        to.par_chunks_mut(CHUNK)
            .zip(from.par_chunks(CHUNK))
            .for_each(|(to, from)| to.copy_from_slice(from));
        std::hint::black_box(&mut to);
    })
}
