use burn::tensor::Tensor;

/// Gives a value, computed off the tape, hand-written derivatives.
///
/// Each term is `(z, dvalue/dz)`: the result is `value + sum (z - const(z)) * dvalue/dz`, which is
/// `value` in value and has exactly those derivatives on every backend. A term whose `z` does not
/// take part in differentiation costs nothing.
pub(in crate::op) fn with_derivatives<const D: usize, const N: usize>(
    value: Tensor<D>,
    terms: [(Tensor<D>, Tensor<D>); N],
) -> Tensor<D> {
    terms.into_iter().fold(value, |sum, (z, derivative)| {
        if !z.is_autodiff() {
            return sum;
        }
        let constant = z.clone().without_autodiff();
        // inf - inf is NaN: an infinite input has derivative 0 here.
        let infinite = constant.clone().is_inf();
        sum + (z - constant).mask_fill(infinite, 0.0) * derivative
    })
}
