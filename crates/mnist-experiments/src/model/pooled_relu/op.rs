use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{AutodiffBackend, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::TensorData;
use dome_burn::op::{record, register, retrieve};

use super::POOL;
use super::kernel::Planes;

/// [`pooled_relu`](super::pooled_relu) and its gradients, where Burn's device has them.
#[backend_extension(Flex, Autodiff)]
pub(super) trait PooledReluOps: Backend {
    /// The result.
    fn pooled_relu(x: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Gradients of x and bias.
    fn pooled_relu_backward(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl PooledReluOps for Flex {
    fn pooled_relu(x: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let [x, bias] = [x, bias].map(|tensor| tensor.to_contiguous());
        let [batch, channels, height, width] = x.shape().dims();
        let result = planes(&x, &bias).forward();
        let shape = [batch, channels, height / POOL, width / POOL];
        FlexTensor::from_data(TensorData::new(result, shape))
    }

    fn pooled_relu_backward(
        x: FlexTensor,
        bias: FlexTensor,
        grad: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        let [x, bias, grad] = [x, bias, grad].map(|tensor| tensor.to_contiguous());
        let (of_x, of_bias) = planes(&x, &bias).backward(grad.storage());
        (
            FlexTensor::from_data(TensorData::new(of_x, x.shape())),
            FlexTensor::from_data(TensorData::new(of_bias, bias.shape())),
        )
    }
}

/// Of contiguous tensors.
fn planes<'a>(x: &'a FlexTensor, bias: &'a FlexTensor) -> Planes<'a> {
    let [_, _, height, width] = x.shape().dims();
    Planes {
        pixels: x.storage(),
        bias: bias.storage(),
        size: [height, width],
    }
}

#[derive(Debug)]
struct PooledReluBackward;

impl<B: PooledReluOps> Backward<B, 2> for PooledReluBackward {
    type State = ([NodeId; 2], ());

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let [x, bias] = retrieve::<B, _>(ops.state.0, checkpointer);
        let (of_x, of_bias) = B::pooled_relu_backward(x, bias, grad);
        register::<B, _, 2>(ops, grads, [of_x, of_bias]);
    }
}

impl<B: PooledReluOps, C: CheckpointStrategy> PooledReluOps for Autodiff<B, C> {
    fn pooled_relu(x: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        record::<B, C, _, _, _>(PooledReluBackward, [x, bias], (), |[x, bias]| {
            B::pooled_relu(x, bias)
        })
    }

    /// Burn differentiates once: the gradients are constants.
    fn pooled_relu_backward(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [x, bias, grad] = [x, bias, grad].map(Self::inner);
        let (x, bias) = B::pooled_relu_backward(x, bias, grad);
        (Self::from_inner(x), Self::from_inner(bias))
    }
}
