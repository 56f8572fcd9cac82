use burn::tensor::Tensor;

/// `1 - exp(-s)` for `s >= 0`, to full relative precision: the series where `exp(-s)` is near 1.
pub(in crate::op) fn one_minus_exp_neg<const D: usize>(
    s: Tensor<D>,
    exp_neg: Tensor<D>,
) -> Tensor<D> {
    // s^16/17! < 1e-19 for s < 1/2: exact in f64.
    const TERMS: i32 = 16;
    let small = s.clone().lower_elem(0.5);
    let series = (2..=TERMS).rev().fold(Tensor::ones_like(&s), |sum, k| {
        (s.clone() * sum / -(k as f64)) + 1.0
    });
    (exp_neg.neg() + 1.0).mask_where(small, s * series)
}
