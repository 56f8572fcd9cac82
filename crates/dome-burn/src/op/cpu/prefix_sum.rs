use super::real::Real;

/// Writes for each number the sum of all up to it; returns the sum of all. `ROW` divides `B`.
///
/// Each row is summed up on its own, and only its sum waits for the rows in front of it. Rows of 8 in f64
/// and of 4 in f32 have been fastest.
#[inline(always)]
pub(super) fn prefix_sum<R: Real, const ROW: usize, const B: usize>(
    values: &[R; B],
    sums: &mut [R; B],
) -> R {
    let rows = values.as_chunks::<ROW>().0;
    let mut before = R::ZERO;
    for (values, sums) in rows.iter().zip(sums.as_chunks_mut::<ROW>().0) {
        let mut row = *values;
        for i in 1..ROW {
            row[i] += row[i - 1];
        }
        for i in 0..ROW {
            sums[i] = row[i] + before;
        }
        before += row[ROW - 1];
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_all_numbers_up_to_each() {
        let values: [f64; 24] = core::array::from_fn(|i| i as f64);
        let mut sums = [0.0; 24];
        assert_eq!(prefix_sum::<f64, 8, 24>(&values, &mut sums), 276.0);
        for (i, value) in sums.into_iter().enumerate() {
            assert_eq!(value, (i * (i + 1) / 2) as f64);
        }
    }
}
