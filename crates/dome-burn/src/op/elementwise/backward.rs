//! The backward step of the element-wise operations.

use burn::backend::AutodiffBackend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::FloatTensor;

use super::backend::ElementwiseOps;
use super::formula::Formula;
use crate::op::autodiff::{constants, record, register, retrieve, tracked};

#[derive(Debug)]
struct ElementwiseBackward;

impl<B: ElementwiseOps> Backward<B, 4> for ElementwiseBackward {
    type State = ([NodeId; 4], Formula);

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (ids, formula) = ops.state;
        let [x, mu, sigma, extra] = retrieve::<B, _>(ids, checkpointer);
        let (x, mu, sigma, extra) =
            B::dome_elementwise_backward(x, mu, sigma, extra, grad, formula, tracked(&ops));
        register::<B, _, 4>(ops, grads, [x, mu, sigma, extra]);
    }
}

/// Burn differentiates once, so the backward operation only has to be there: its results are
/// constants.
impl<B: ElementwiseOps, C: CheckpointStrategy> ElementwiseOps for Autodiff<B, C> {
    fn dome_elementwise(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        formula: Formula,
    ) -> FloatTensor<Self> {
        let inputs = [x, mu, sigma, extra];
        record::<B, C, _, _, _>(
            ElementwiseBackward,
            inputs,
            formula,
            |[x, mu, sigma, extra]| B::dome_elementwise(x, mu, sigma, extra, formula),
        )
    }

    fn dome_elementwise_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        formula: Formula,
        tracked: [bool; 4],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    ) {
        let [x, mu, sigma, extra, grad] = [x, mu, sigma, extra, grad].map(Self::inner);
        let (x, mu, sigma, extra) =
            B::dome_elementwise_backward(x, mu, sigma, extra, grad, formula, tracked);
        let (x, mu, sigma) = constants::<Self>((x, mu, sigma));
        (x, mu, sigma, Self::from_inner(extra))
    }
}
