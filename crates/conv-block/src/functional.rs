use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor};

use crate::cpu::{KERNEL, POOL};
use crate::op::ConvBlockOps;

/// `max_pool2d(relu(conv2d(x, weight) + bias))` with kernels of 5 x 5 pixels and squares of 2 x 2.
///
/// On [`Device::flex`](burn::tensor::Device::flex), in f32, that is one operation with a gradient of its
/// own; see [the crate's page](crate). On other devices and in other types it is made of Burn's operations.
///
/// # Shapes
///
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs, 5, 5]`
/// - bias: `[outputs]`
/// - output: `[batch, outputs, (height - 4) / 2, (width - 4) / 2]`, rounded down
///
/// # Panics
///
/// If weight or bias have other shapes, or the images have less than 6 x 6 pixels.
pub fn conv_block(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [_, inputs, height, width] = x.dims();
    let [outputs] = bias.dims();
    let expected = [outputs, inputs, KERNEL, KERNEL];
    assert_eq!(
        weight.dims(),
        expected,
        "conv_block: the weight's shape does not fit to {inputs} channels of x and {outputs} biases, \
         which need the second one"
    );
    let smallest = KERNEL - 1 + POOL;
    assert!(
        height.min(width) >= smallest,
        "conv_block: images of {height} x {width} pixels are too small, it needs at least {smallest} x \
         {smallest}"
    );
    let floats = [x.dtype(), weight.dtype(), bias.dtype()] == [DType::F32; 3];
    if !is_flex(&x.device()) || !floats || inputs * outputs == 0 {
        return composed(x, weight, bias);
    }
    let [x, bias] = [x.into_dispatch(), bias.into_dispatch()];
    let (result, _) = Dispatch::conv_block(x, weight.into_dispatch(), bias);
    Tensor::from_dispatch(result)
}

/// Whether it is Burn's CPU backend, with autodiff or without.
fn is_flex(device: &Device) -> bool {
    let device = device.clone().without_autodiff();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_))
}

/// The same from Burn's operations.
///
/// Adding a number and ReLU keep the order of pixels, so the largest may be found first; that leaves a
/// quarter of the work for them.
fn composed(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [outputs] = bias.dims();
    let convolved = conv2d(x, weight, None, ConvOptions::new([1; 2], [0; 2], [1; 2], 1));
    let pooled = max_pool2d(convolved, MaxPoolOptions::new([POOL; 2]));
    relu(pooled + bias.reshape([1, outputs, 1, 1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, Shape, TensorData, Tolerance};

    type Function = fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>;

    /// Whole numbers from -3 to 3: their sums are exact in any order, and many pixels are equal.
    fn whole(shape: impl Into<Shape>) -> TensorData {
        let shape: Shape = shape.into();
        let numbers = (0..shape.num_elements()).map(|i| ((i * i + i / 7) % 7) as f32 - 3.0);
        TensorData::new(numbers.collect(), shape)
    }

    /// The inputs, with a bias for each output.
    fn inputs(x: [usize; 4], outputs: usize, device: &Device) -> (Tensor<4>, Tensor<4>, Tensor<1>) {
        let weight = [outputs, x[1], KERNEL, KERNEL];
        (
            Tensor::from_data(whole(x), device),
            Tensor::from_data(whole(weight), device),
            Tensor::from_data(whole([outputs]), device),
        )
    }

    /// The result, and the gradients of x, weight and bias under another factor for each output.
    fn run(
        function: Function,
        (x, weight, bias): &(Tensor<4>, Tensor<4>, Tensor<1>),
    ) -> [TensorData; 4] {
        let x = x.clone().detach().require_grad();
        let weight = weight.clone().detach().require_grad();
        let bias = bias.clone().detach().require_grad();
        let y = function(x.clone(), weight.clone(), bias.clone());
        let factors = Tensor::<4>::from_data(whole(y.shape()), &y.device()).cast(y.dtype());
        let gradients = (y.clone() * factors).sum().backward();
        [
            y.into_data(),
            x.grad(&gradients).expect("a gradient of x").into_data(),
            weight.grad(&gradients).expect("of the weight").into_data(),
            bias.grad(&gradients).expect("of the bias").into_data(),
        ]
    }

    fn assert_same(inputs: &(Tensor<4>, Tensor<4>, Tensor<1>)) {
        let results = run(conv_block, inputs);
        for (result, expected) in results.iter().zip(run(composed, inputs)) {
            result.assert_eq(&expected, true);
        }
    }

    /// Of groups that are full and not, odd sizes, channels that do not fill registers.
    #[test]
    fn is_what_burns_operations_give() {
        let device = Device::flex().autodiff();
        for (x, outputs) in [
            ([3, 1, 28, 28], 8),
            ([70, 2, 12, 12], 16),
            ([32, 3, 9, 14], 5),
            ([2, 5, 6, 7], 1),
            ([0, 2, 8, 8], 3),
        ] {
            assert_same(&inputs(x, outputs, &device));
        }
    }

    #[test]
    fn takes_views() {
        let device = Device::flex().autodiff();
        let (x, weight, bias) = inputs([4, 6, 10, 12], 6, &device);
        let turned = weight.clone().permute([1, 0, 3, 2]);
        assert_same(&(x.clone().permute([0, 1, 3, 2]), turned, bias.clone()));
        let part = weight.slice([0..6, 1..5]);
        assert_same(&(x.clone().slice([1..3, 2..6, 1..9, 2..11]), part, bias));
    }

    #[test]
    fn takes_nan_and_infinity() {
        let device = Device::flex().autodiff();
        let (x, weight, bias) = inputs([2, 2, 12, 12], 3, &device);
        for special in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let at = |x: Tensor<4>| x.slice_fill([0..1, 1..2, 5..6, 7..8], special);
            let special_bias = bias.clone().slice_fill(1..2, special);
            for inputs in [
                (at(x.clone()), weight.clone(), bias.clone()),
                (x.clone(), weight.clone(), special_bias),
            ] {
                let results = run(conv_block, &inputs);
                for (result, expected) in results.iter().zip(run(composed, &inputs)) {
                    // Equal with NaN for NaN.
                    result.assert_approx_eq::<f32>(&expected, Tolerance::absolute(0.0));
                }
            }
        }
    }

    /// Numbers that are not whole, against f64.
    #[test]
    fn rounds_like_f32() {
        let device = Device::flex().autodiff();
        device.seed(3);
        let uniform = Distribution::Uniform(-1.0, 1.0);
        let x = Tensor::random([40, 4, 16, 16], uniform, &device);
        let weight = Tensor::random([6, 4, KERNEL, KERNEL], uniform, &device);
        let bias = Tensor::random([6], uniform, &device);
        let results = run(conv_block, &(x.clone(), weight.clone(), bias.clone()));
        let expected = run(
            composed,
            &(
                x.cast(DType::F64),
                weight.cast(DType::F64),
                bias.cast(DType::F64),
            ),
        );
        for (result, expected) in results.iter().zip(expected) {
            let expected = expected.convert::<f32>();
            result.assert_approx_eq::<f32>(&expected, Tolerance::rel_abs(1e-4, 1e-4));
        }
    }

    #[test]
    fn only_tracked_inputs_get_gradients() {
        let device = Device::flex().autodiff();
        let (x, weight, bias) = inputs([2, 1, 8, 8], 2, &device);
        let gradients_with = |x: &Tensor<4>, weight: &Tensor<4>| {
            let y = conv_block(x.clone(), weight.clone(), bias.clone());
            let gradients = y.sum().backward();
            [x.grad(&gradients), weight.grad(&gradients)].map(|gradient| gradient.is_some())
        };
        let [of_x, of_weight] = [x.clone(), weight.clone()].map(Tensor::require_grad);
        assert_eq!(gradients_with(&of_x, &weight), [true, false]);
        assert_eq!(gradients_with(&x, &of_weight), [false, true]);
    }

    #[test]
    #[should_panic(expected = "does not fit to 2 channels of x and 3 biases")]
    fn a_kernel_of_another_size_is_an_error() {
        let device = Device::flex();
        let (x, _, bias) = inputs([1, 2, 8, 8], 3, &device);
        conv_block(x, Tensor::zeros([3, 2, 3, 3], &device), bias);
    }

    #[test]
    #[should_panic(expected = "images of 8 x 5 pixels are too small")]
    fn small_images_are_an_error() {
        let (x, weight, bias) = inputs([1, 1, 8, 5], 3, &Device::flex());
        conv_block(x, weight, bias);
    }
}
