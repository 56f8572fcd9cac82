//! Registers the backward step of [`MultiDomeOps`] with Burn's autodiff.

use burn::backend::AutodiffBackend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::autodiff::{register, tracked};
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
        let [x, mu, sigma] = ids.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id));
        let (x, mu, sigma) = B::simplex_scores_backward(x, mu, sigma, grad, classes, tracked(&ops));
        register::<B, _, 3>(ops, grads, [x, mu, sigma]);
    }
}

#[derive(Debug)]
struct SimplexLossBackward;

impl<B: MultiDomeOps> Backward<B, 3> for SimplexLossBackward {
    type State = ([NodeId; 3], IntTensor<B>, SimplexLoss);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (ids, targets, loss) = ops.state.clone();
        let [x, mu, sigma] = ids.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id));
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
        let guards = [x.node(), mu.node(), sigma.node()];
        match SimplexScoresBackward
            .prepare::<C>(guards)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let ids = [&x, &mu, &sigma].map(|input| prep.checkpoint(input));
                let [x, mu, sigma] = [x, mu, sigma].map(|input| input.into_primitive());
                prep.finish((ids, classes), B::simplex_scores(x, mu, sigma, classes))
            }
            OpsKind::UnTracked(prep) => {
                let [x, mu, sigma] = [x, mu, sigma].map(|input| input.into_primitive());
                prep.finish(B::simplex_scores(x, mu, sigma, classes))
            }
        }
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
        let (x, mu, sigma) = B::simplex_scores_backward(x, mu, sigma, grad, classes, tracked);
        (
            Self::from_inner(x),
            Self::from_inner(mu),
            Self::from_inner(sigma),
        )
    }

    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: SimplexLoss,
    ) -> FloatTensor<Self> {
        let guards = [x.node(), mu.node(), sigma.node()];
        match SimplexLossBackward
            .prepare::<C>(guards)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let ids = [&x, &mu, &sigma].map(|input| prep.checkpoint(input));
                let [x, mu, sigma] = [x, mu, sigma].map(|input| input.into_primitive());
                let losses = B::simplex_loss(x, mu, sigma, targets.clone(), loss);
                prep.finish((ids, targets, loss), losses)
            }
            OpsKind::UnTracked(prep) => {
                let [x, mu, sigma] = [x, mu, sigma].map(|input| input.into_primitive());
                prep.finish(B::simplex_loss(x, mu, sigma, targets, loss))
            }
        }
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
        let (x, mu, sigma) = B::simplex_loss_backward(x, mu, sigma, targets, grad, loss, tracked);
        (
            Self::from_inner(x),
            Self::from_inner(mu),
            Self::from_inner(sigma),
        )
    }
}
