use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{AutodiffBackend, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::TensorData;

use crate::cpu::{Block, Instructions, LANES};

/// [`conv_block`](crate::conv_block) and its gradients, where Burn's device has them.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvBlockOps: Backend {
    /// The result, and which pixels it is, for the gradients.
    fn conv_block(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, IntTensor<Self>);

    /// Gradients of x, weight and bias; that of x is something nobody reads, if it is not tracked.
    fn conv_block_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        winners: IntTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl ConvBlockOps for Flex {
    fn conv_block(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> (FlexTensor, FlexTensor) {
        let inputs = [x, weight, bias].map(|tensor| tensor.to_contiguous());
        let block = block(&inputs);
        let (results, winners) = block.forward(Instructions::best());
        let [batch, ..]: [usize; 4] = inputs[0].shape().dims();
        let [channels, height, width] = block.pooled_size();
        let winners_shape = [winners.len(), LANES];
        (
            FlexTensor::from_data(TensorData::new(results, [batch, channels, height, width])),
            FlexTensor::from_data(TensorData::new(winners.into_flattened(), winners_shape)),
        )
    }

    fn conv_block_backward(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        winners: FlexTensor,
        grad: FlexTensor,
        tracked: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = [x, weight, bias].map(|tensor| tensor.to_contiguous());
        let grad = grad.to_contiguous();
        let (winners, _) = winners.storage::<u8>().as_chunks();
        let gradients =
            block(&inputs).backward(Instructions::best(), winners, grad.storage(), tracked);
        let [x, weight, bias] = inputs;
        let tensor = |data, shape| FlexTensor::from_data(TensorData::new(data, shape));
        (
            match tracked {
                true => tensor(gradients.images, x.shape()),
                false => bias.clone(),
            },
            tensor(gradients.weight, weight.shape()),
            tensor(gradients.bias, bias.shape()),
        )
    }
}

/// Of contiguous tensors.
fn block([x, weight, bias]: &[FlexTensor; 3]) -> Block<'_> {
    let [_, channels, height, width] = x.shape().dims();
    Block {
        images: x.storage(),
        size: [channels, height, width],
        weight: weight.storage(),
        bias: bias.storage(),
    }
}

#[derive(Debug)]
struct ConvBlockBackward;

impl<B: ConvBlockOps> Backward<B, 3> for ConvBlockBackward {
    type State = ([NodeId; 3], IntTensor<B>);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (ids, winners) = ops.state;
        let [x, weight, bias] =
            ids.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id));
        let tracked = ops.parents[0].is_some();
        let (x, weight, bias) = B::conv_block_backward(x, weight, bias, winners, grad, tracked);
        for (parent, gradient) in ops.parents.into_iter().zip([x, weight, bias]) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: ConvBlockOps, C: CheckpointStrategy> ConvBlockOps for Autodiff<B, C> {
    fn conv_block(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, IntTensor<Self>) {
        let inputs = [x, weight, bias];
        let nodes = inputs.each_ref().map(|input| input.node());
        let forward = |inputs: [FloatTensor<Self>; 3]| {
            let [x, weight, bias] = inputs.map(|input| input.into_primitive());
            B::conv_block(x, weight, bias)
        };
        match ConvBlockBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut step) => {
                let ids = inputs.each_ref().map(|input| step.checkpoint(input));
                let (result, winners) = forward(inputs);
                (step.finish((ids, winners.clone()), result), winners)
            }
            OpsKind::UnTracked(step) => {
                let (result, winners) = forward(inputs);
                (step.finish(result), winners)
            }
        }
    }

    /// Burn differentiates once: the gradients are constants.
    fn conv_block_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        winners: IntTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, weight, bias, grad] = [x, weight, bias, grad].map(Self::inner);
        let (x, weight, bias) = B::conv_block_backward(x, weight, bias, winners, grad, tracked);
        let [x, weight, bias] = [x, weight, bias].map(Self::from_inner);
        (x, weight, bias)
    }
}
