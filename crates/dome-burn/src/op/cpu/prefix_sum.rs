use super::real::Real;

/// Sums that are worked on side by side: one alone would wait for each addition.
const CHAINS: usize = 8;

/// Replaces each number by the sum of all up to it; returns the sum of all. `B` is a multiple of 8.
#[inline(always)]
pub(super) fn prefix_sum<R: Real, const B: usize>(values: &mut [R; B]) -> R {
    let steps = B / CHAINS;
    let mut sums = [R::ZERO; CHAINS];
    for step in 0..steps {
        for (chain, sum) in sums.iter_mut().enumerate() {
            let value = &mut values[chain * steps + step];
            *sum += *value;
            *value = *sum;
        }
    }
    let mut before = R::ZERO;
    for (chain, sum) in sums.into_iter().enumerate() {
        for value in &mut values[chain * steps..][..steps] {
            *value += before;
        }
        before += sum;
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_all_numbers_up_to_each() {
        let mut values: [f64; 24] = core::array::from_fn(|i| i as f64);
        assert_eq!(prefix_sum(&mut values), 276.0);
        for (i, value) in values.into_iter().enumerate() {
            assert_eq!(value, (i * (i + 1) / 2) as f64);
        }
    }
}
