use burn::module::Module;
use burn::tensor::Tensor;

/// `Maxout(x)_c = max(x_c, x_(c + channels))`: the larger one of two inputs; Goodfellow et al. 2013,
/// [arXiv 1302.4389](https://arxiv.org/abs/1302.4389), with two pieces.
///
/// The layer in front needs twice as many outputs as without, so twice as many weights.
#[derive(Module, Debug, Default)]
pub struct Maxout;

impl Maxout {
    /// Number of inputs that an output is the maximum of.
    pub const PIECES: usize = 2;

    /// Applies the activation.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, 2 * channels, ...]`
    /// - output: `[batch, channels, ...]`
    ///
    /// # Panics
    ///
    /// If dimension 1 of the input is missing or its size odd.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let shape = input.dims();
        assert!(
            D > 1 && shape[1].is_multiple_of(Self::PIECES),
            "Maxout takes the larger one of two channels each, so the input needs an even number \
             of channels along dimension 1, but its shape is {shape:?}. Give the layer in front \
             twice as many outputs as the layer behind has inputs"
        );
        let mut pieces = input.chunk(Self::PIECES, 1).into_iter();
        let first = pieces.next().expect("two pieces");
        pieces.fold(first, Tensor::max_pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn the_larger_one_of_two_channels_and_its_gradient() {
        let device = Device::flex().autodiff();
        let x = Tensor::<2>::from_floats([[1.0, -3.0, 0.5, 4.0]], &device).require_grad();
        let y = Maxout.forward(x.clone());
        assert_eq!(y.clone().try_to_vec_as::<f32>().unwrap(), [1.0, 4.0]);
        let weights = Tensor::<2>::from_floats([[2.0, 3.0]], &device);
        let gradients = (y * weights).sum().backward();
        let gradient = x.grad(&gradients).unwrap();
        assert_eq!(
            gradient.try_to_vec_as::<f32>().unwrap(),
            [2.0, 0.0, 0.0, 3.0]
        );
    }

    #[test]
    fn halves_the_channels() {
        let images = Tensor::<4>::zeros([2, 6, 4, 5], &Device::flex());
        assert_eq!(Maxout.forward(images).dims(), [2, 3, 4, 5]);
    }

    #[test]
    #[should_panic(
        expected = "an even number of channels along dimension 1, but its shape is [2, 5]"
    )]
    fn odd_channels() {
        Maxout.forward(Tensor::<2>::zeros([2, 5], &Device::flex()));
    }
}
