use burn::module::Module;
use burn::tensor::Tensor;

/// `Sine(x) = sin(x)`, a periodic activation; Sitzmann et al. 2020,
/// [arXiv 2006.09661](https://arxiv.org/abs/2006.09661).
///
/// The factor of 30 that they put in front of the first layer is for coordinates as inputs, not for
/// pixels; here it is 1.
#[derive(Module, Debug, Default)]
pub struct Sine;

impl Sine {
    /// Applies the activation.
    ///
    /// # Shapes
    ///
    /// - input, output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        input.sin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};

    #[test]
    fn value_and_gradient() {
        let device = Device::flex().autodiff();
        let x = Tensor::<1>::from_floats([-2.0, 0.0, 7.0], &device).require_grad();
        let y = Sine.forward(x.clone());
        let gradients = y.clone().sum().backward();
        for (actual, expected) in [
            (y.inner(), [-2.0f32, 0.0, 7.0].map(f32::sin)),
            (
                x.grad(&gradients).unwrap(),
                [-2.0f32, 0.0, 7.0].map(f32::cos),
            ),
        ] {
            let tolerance = Tolerance::absolute(1e-6);
            actual
                .into_data()
                .assert_approx_eq::<f32>(&expected.into(), tolerance);
        }
    }
}
