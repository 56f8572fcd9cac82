use super::planes::Coordinate;
use super::planes::PLANE;

/// Writes for each number the sum of those in front of it; returns the sum of all.
///
/// Each row of four is summed up on its own, and only its sum waits for the rows in front of it.
#[inline(always)]
pub(in crate::op) fn prefix_sum<R: Coordinate>(values: &[R; PLANE], sums: &mut [R; PLANE]) -> R {
    let rows = values.as_chunks::<4>().0;
    let mut before = R::ZERO;
    for (&[a, b, c, d], sums) in rows.iter().zip(sums.as_chunks_mut::<4>().0) {
        let up_to_b = a + b;
        let up_to_c = up_to_b + c;
        *sums = [before, before + a, before + up_to_b, before + up_to_c];
        before += up_to_c + d;
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_all_numbers_in_front() {
        let values: [f64; PLANE] = core::array::from_fn(|i| (i + 1) as f64);
        let mut sums = [0.0; PLANE];
        let all = prefix_sum(&values, &mut sums);
        for (i, sum) in sums.into_iter().chain([all]).enumerate() {
            assert_eq!(sum, (i * (i + 1) / 2) as f64);
        }
    }
}
