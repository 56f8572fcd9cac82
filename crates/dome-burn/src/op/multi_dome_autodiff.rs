//! Registers the backward steps of [`MultiDomeOps`] with Burn's autodiff.

use burn::backend::AutodiffBackend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::autodiff::{constants, record, register, retrieve, tracked};
use super::multi_dome_extension::{MultiDomeOps, SimplexLoss};

#[derive(Debug)]
struct SimplexScoresBackward;

impl<B: MultiDomeOps> Backward<B, 3> for SimplexScoresBackward {
    /// The inputs, and the number of classes.
    type State = ([NodeId; 3], usize);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (ids, classes) = ops.state;
        let [x, mu, sigma] = retrieve::<B, _>(ids, checkpointer);
        let (x, mu, sigma) = B::simplex_scores_backward(x, mu, sigma, grad, classes, tracked(&ops));
        register::<B, _, 3>(ops, grads, [x, mu, sigma]);
    }
}

#[derive(Debug)]
struct SimplexLossBackward;

impl<B: MultiDomeOps> Backward<B, 3> for SimplexLossBackward {
    /// The inputs, and the targets and the kind of the loss.
    type State = ([NodeId; 3], (IntTensor<B>, SimplexLoss));

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (ids, (targets, loss)) = ops.state.clone();
        let [x, mu, sigma] = retrieve::<B, _>(ids, checkpointer);
        let (x, mu, sigma) =
            B::simplex_loss_backward(x, mu, sigma, targets, grad, loss, tracked(&ops));
        register::<B, _, 3>(ops, grads, [x, mu, sigma]);
    }
}

impl<B: MultiDomeOps, C: CheckpointStrategy> MultiDomeOps for Autodiff<B, C> {
    fn simplex_scores(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        classes: usize,
    ) -> FloatTensor<Self> {
        record::<B, C, _, _, _>(
            SimplexScoresBackward,
            [x, mu, sigma],
            classes,
            |[x, mu, sigma]| B::simplex_scores(x, mu, sigma, classes),
        )
    }

    fn simplex_scores_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        classes: usize,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, mu, sigma, grad] = [x, mu, sigma, grad].map(Self::inner);
        constants::<Self>(B::simplex_scores_backward(
            x, mu, sigma, grad, classes, tracked,
        ))
    }

    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: SimplexLoss,
    ) -> FloatTensor<Self> {
        let state = (targets.clone(), loss);
        record::<B, C, _, _, _>(
            SimplexLossBackward,
            [x, mu, sigma],
            state,
            |[x, mu, sigma]| B::simplex_loss(x, mu, sigma, targets, loss),
        )
    }

    fn simplex_loss_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        grad: FloatTensor<Self>,
        loss: SimplexLoss,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, mu, sigma, grad] = [x, mu, sigma, grad].map(Self::inner);
        constants::<Self>(B::simplex_loss_backward(
            x, mu, sigma, targets, grad, loss, tracked,
        ))
    }
}
