//! Registers the backward steps of [`MultiDomeOps`] with Burn's autodiff.

use burn::backend::AutodiffBackend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::backend::MultiDomeOps;
use super::class_loss::ClassLoss;
use crate::op::autodiff::{constants, record, register, retrieve, tracked};

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
    /// The gradients of each row's loss.
    type State = [FloatTensor<B>; 3];

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let tracked = tracked(&ops);
        let Ops {
            parents,
            state,
            node,
        } = ops;
        let [x, mu, sigma] = state;
        let (x, mu, sigma) = B::simplex_loss_backward(x, mu, sigma, grad, tracked);
        register::<B, _, 3>(Ops::new(parents, node, ()), grads, [x, mu, sigma]);
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
        loss: ClassLoss,
    ) -> FloatTensor<Self> {
        let inputs = [x, mu, sigma];
        let tracked = inputs.each_ref().map(|input| input.is_tracked());
        let guards = inputs.each_ref().map(|input| input.node());
        let [x, mu, sigma] = inputs.map(|input| input.into_primitive());
        match SimplexLossBackward
            .prepare::<C>(guards)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let (losses, x, mu, sigma) =
                    B::simplex_loss_with_gradients(x, mu, sigma, targets, loss, tracked);
                prep.finish([x, mu, sigma], losses)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::simplex_loss(x, mu, sigma, targets, loss)),
        }
    }

    fn simplex_loss_with_gradients(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: ClassLoss,
        tracked: [bool; 3],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    ) {
        let [x, mu, sigma] = [x, mu, sigma].map(Self::inner);
        let (losses, x, mu, sigma) =
            B::simplex_loss_with_gradients(x, mu, sigma, targets, loss, tracked);
        let (x, mu, sigma) = constants::<Self>((x, mu, sigma));
        (Self::from_inner(losses), x, mu, sigma)
    }

    fn simplex_loss_backward(
        dx: FloatTensor<Self>,
        dmu: FloatTensor<Self>,
        dsigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [dx, dmu, dsigma, grad] = [dx, dmu, dsigma, grad].map(Self::inner);
        constants::<Self>(B::simplex_loss_backward(dx, dmu, dsigma, grad, tracked))
    }
}
