use burn::tensor::Tensor;

/// Smallest breadth that the DOME functions compute with: `sigma` acts as `max(|sigma|, 1e-4)`.
///
/// Equation (2) divides by sigma, sees only its square, and cross-entropy pushes it towards 0
/// (section 4 of the paper). Above the floor every result is exact. Below it the *value* is that of
/// the floor, while the *gradient* passes as if there were none, so that an optimizer can leave.
pub const SIGMA_FLOOR: f64 = 1e-4;

/// `max(|sigma|, SIGMA_FLOOR)` with gradient `sign(sigma)` everywhere, 1 at 0.
pub(in crate::op) fn floored<const D: usize>(sigma: Tensor<D>) -> Tensor<D> {
    let negative = sigma.clone().lower_elem(0.0);
    let magnitude = sigma.clone().mask_where(negative, sigma.neg());
    // Of an infinite sigma too: inf - inf would be NaN.
    let missing = magnitude.clone().without_autodiff().neg() + SIGMA_FLOOR;
    magnitude + missing.clamp_min(0.0)
}
