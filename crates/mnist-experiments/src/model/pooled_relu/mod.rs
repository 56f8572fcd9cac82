//! What follows a convolution, in one pass: bias, ReLU and max-pooling.

mod kernel;
mod op;

use burn::backend::Dispatch;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{DType, Tensor};

use crate::device::is_flex;
use op::PooledReluOps;

/// The side of the squares of which the largest pixel stays.
const POOL: usize = 2;

/// `max_pool2d(relu(x + bias))` over squares of 2 x 2 pixels.
///
/// Adding a number and ReLU keep the order of pixels, so the largest pixel may be found first; that
/// leaves a quarter of the work for them. On [`Device::flex`](burn::tensor::Device::flex), in f32, the
/// three are one operation, with a gradient of its own; Burn's own three took more than a third of
/// what a core did in a training step.
///
/// # Shapes
///
/// - x: `[batch, channels, height, width]`
/// - bias: `[channels]`
/// - output: `[batch, channels, height / 2, width / 2]`, rounded down
///
/// # Panics
///
/// If there is not one bias a channel.
pub fn pooled_relu(x: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [_, channels, ..] = x.dims();
    let [biases] = bias.dims();
    assert_eq!(
        biases, channels,
        "pooled_relu: {biases} biases for {channels} channels, but each channel needs one"
    );
    if !is_flex(&x.device()) || [x.dtype(), bias.dtype()] != [DType::F32; 2] {
        return composed(x, bias);
    }
    Tensor::from_dispatch(Dispatch::pooled_relu(
        x.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// The same from Burn's operations.
fn composed(x: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [channels] = bias.dims();
    let pooled = max_pool2d(x, MaxPoolOptions::new([POOL; 2]));
    relu(pooled + bias.reshape([1, channels, 1, 1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Distribution, TensorData};

    type Function = fn(Tensor<4>, Tensor<1>) -> Tensor<4>;

    /// The result, and the gradients of x and bias under another weight for each output.
    fn run(function: Function, x: &Tensor<4>, bias: &Tensor<1>) -> [Vec<f32>; 3] {
        let x = x.clone().detach().require_grad();
        let bias = bias.clone().detach().require_grad();
        let y = function(x.clone(), bias.clone());
        let weights = (0..y.shape().num_elements()).map(|i| (i as f32).sin());
        let weights = TensorData::new(weights.collect(), y.dims());
        let weights = Tensor::<4>::from_data(weights, &y.device());
        let gradients = (y.clone() * weights).sum().backward();
        let of_x = x.grad(&gradients).expect("a gradient of x");
        let of_bias = bias.grad(&gradients).expect("a gradient of the bias");
        [y.into_data(), of_x.into_data(), of_bias.into_data()]
            .map(|data| data.try_to_vec().unwrap())
    }

    /// The same numbers, all bits of them; NaN is NaN.
    fn assert_identical(values: &[f32], expected: &[f32]) {
        assert_eq!(values.len(), expected.len());
        for (i, (value, expected)) in values.iter().zip(expected).enumerate() {
            let same = value == expected || (value.is_nan() && expected.is_nan());
            assert!(same, "{value} is not {expected} at {i}");
        }
    }

    /// The same sums of `terms` numbers up to 1, in another order.
    fn assert_close(sums: &[f32], expected: &[f32], terms: usize) {
        assert_eq!(sums.len(), expected.len());
        let limit = terms as f32 * f32::EPSILON;
        for (sum, expected) in sums.iter().zip(expected) {
            let close = (sum - expected).abs() <= limit || (sum.is_nan() && expected.is_nan());
            assert!(close, "{sum} is not {expected} within {limit}");
        }
    }

    fn random(shape: [usize; 4], device: &Device) -> Tensor<4> {
        Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
    }

    fn assert_same(x: &Tensor<4>, bias: &Tensor<1>) {
        let [y, of_x, of_bias] = run(pooled_relu, x, bias);
        let [expected_y, expected_of_x, expected_of_bias] = run(composed, x, bias);
        assert_identical(&y, &expected_y);
        assert_identical(&of_x, &expected_of_x);
        let terms = y.len() / bias.dims()[0];
        assert_close(&of_bias, &expected_of_bias, terms);
    }

    #[test]
    fn is_what_burns_operations_give() {
        let device = Device::flex().autodiff();
        device.seed(3);
        let bias = |channels| Tensor::random([channels], Distribution::Normal(0.0, 1.0), &device);
        for shape in [
            [3, 4, 24, 24],
            [2, 5, 7, 9],
            [1, 1, 2, 2],
            [2, 3, 1, 4],
            [0, 2, 4, 4],
        ] {
            assert_same(&random(shape, &device), &bias(shape[1]));
        }
        let x = random([4, 6, 8, 10], &device);
        assert_same(&x.clone().permute([0, 1, 3, 2]), &bias(6));
        assert_same(&x.clone().permute([1, 0, 2, 3]), &bias(4));
        assert_same(&x.slice([1..3, 2..5, 1..6, 2..9]), &bias(3));
    }

    #[test]
    fn commutes_with_pooling() {
        let device = Device::flex();
        device.seed(4);
        let x = random([2, 3, 8, 8], &device);
        let bias = Tensor::<1>::from_floats([-0.5, 0.0, 0.7], &device);
        let activated = relu(x.clone() + bias.clone().reshape([1, 3, 1, 1]));
        let expected = max_pool2d(activated, MaxPoolOptions::new([2, 2]));
        pooled_relu(x, bias)
            .into_data()
            .assert_eq(&expected.into_data(), true);
    }

    /// Equal pixels, NaN and infinities, a NaN for a bias.
    #[test]
    fn ties_and_special_values() {
        let device = Device::flex().autodiff();
        let values = [0.0, 1.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let count = values.len().pow(4);
        // Every combination of four values is a square.
        let pixel = |i: usize| values[i / 4 / values.len().pow((i % 4) as u32) % values.len()];
        let squares = TensorData::new((0..4 * count).map(pixel).collect(), [count, 1, 2, 2]);
        let squares = Tensor::<4>::from_data(squares, &device);
        for bias in [0.0, 0.5, -2.0, f32::NAN, f32::NEG_INFINITY] {
            let bias = Tensor::<1>::from_floats([bias], &device);
            assert_same(&squares, &bias);
        }
    }

    #[test]
    fn a_frozen_bias_gets_no_gradient() {
        let device = Device::flex().autodiff();
        let x = random([2, 3, 4, 4], &device).require_grad();
        let bias = Tensor::<1>::zeros([3], &device);
        let gradients = pooled_relu(x.clone(), bias.clone()).sum().backward();
        assert!(x.grad(&gradients).is_some() && bias.grad(&gradients).is_none());
    }
}
