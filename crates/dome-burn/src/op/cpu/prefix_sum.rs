use super::real::Real;

/// Sums that are worked on side by side: one alone would wait for each addition.
const CHAINS: usize = 8;

/// Writes for each number the sum of all up to it; returns the sum of all. `B` is a multiple of 8.
#[inline(always)]
pub(super) fn prefix_sum<R: Real, const B: usize>(values: &[R; B], sums: &mut [R; B]) -> R {
    let steps = B / CHAINS;
    let mut chains = [R::ZERO; CHAINS];
    for step in 0..steps {
        for (chain, sum) in chains.iter_mut().enumerate() {
            let place = chain * steps + step;
            *sum += values[place];
            sums[place] = *sum;
        }
    }
    let mut before = R::ZERO;
    for (chain, total) in chains.into_iter().enumerate() {
        for sum in &mut sums[chain * steps..][..steps] {
            *sum += before;
        }
        before += total;
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
        assert_eq!(prefix_sum(&values, &mut sums), 276.0);
        for (i, value) in sums.into_iter().enumerate() {
            assert_eq!(value, (i * (i + 1) / 2) as f64);
        }
    }
}
