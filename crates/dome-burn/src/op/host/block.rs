/// Numbers that a kernel works on at a time: they stay in the first-level cache.
pub(in crate::op) const BLOCK: usize = 128;

pub(in crate::op) type Block = [f64; BLOCK];

/// Numbers that start with a line of the cache: vectors that lie across two lines take twice as long.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct Aligned<T>(pub T);

/// The ranges of up to [`BLOCK`] numbers of a stretch of `len`.
#[inline(always)]
pub(in crate::op) fn ranges(len: usize) -> impl Iterator<Item = core::ops::Range<usize>> {
    (0..len)
        .step_by(BLOCK)
        .map(move |start| start..len.min(start + BLOCK))
}

/// Sums in a fixed order, whatever the vector width of the processor.
#[inline(always)]
pub(in crate::op) fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (rows, rest) = values.as_chunks::<8>();
    for row in rows {
        for (lane, value) in lanes.iter_mut().zip(row) {
            *lane += value;
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += value;
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
