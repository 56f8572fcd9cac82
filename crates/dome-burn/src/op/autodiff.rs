//! Registers the hand-written backward steps with Burn's autodiff, whatever the backend inside.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::FloatTensor;
use burn::backend::{AutodiffBackend, Backend};

use super::extension::DomeOps;

/// Hands each parent that takes part in differentiation its gradient.
pub fn register<B: Backend, S, const N: usize>(
    ops: Ops<S, N>,
    grads: &mut Gradients,
    gradients: [FloatTensor<B>; N],
) {
    for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
        if let Some(node) = parent {
            grads.register::<B>(node.id, gradient);
        }
    }
}

/// Which parents take part in differentiation.
pub fn tracked<S, const N: usize>(ops: &Ops<S, N>) -> [bool; N] {
    ops.parents.each_ref().map(Option::is_some)
}

/// The inputs of an operation that are kept for its backward step.
pub fn retrieve<B: Backend, const N: usize>(
    ids: [NodeId; N],
    checkpointer: &mut Checkpointer,
) -> [FloatTensor<B>; N] {
    ids.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id))
}

/// Runs an operation, and keeps its inputs and constants for the backward step if one is tracked.
pub(super) fn record<B, C, S, K, const N: usize>(
    step: S,
    inputs: [FloatTensor<Autodiff<B, C>>; N],
    constants: K,
    forward: impl FnOnce([FloatTensor<B>; N]) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>>
where
    B: Backend,
    C: CheckpointStrategy,
    S: Backward<B, N, State = ([NodeId; N], K)>,
    K: Clone + Send + core::fmt::Debug + 'static,
{
    let forward = |inputs| (forward(inputs), constants);
    record_with::<B, C, S, K, N>(step, inputs, forward).0
}

/// The same for an operation that finds what else to keep as it runs, and returns that too.
pub fn record_with<B, C, S, K, const N: usize>(
    step: S,
    inputs: [FloatTensor<Autodiff<B, C>>; N],
    forward: impl FnOnce([FloatTensor<B>; N]) -> (FloatTensor<B>, K),
) -> (FloatTensor<Autodiff<B, C>>, K)
where
    B: Backend,
    C: CheckpointStrategy,
    S: Backward<B, N, State = ([NodeId; N], K)>,
    K: Clone + Send + core::fmt::Debug + 'static,
{
    let guards = inputs.each_ref().map(|input| input.node());
    match step.prepare::<C>(guards).compute_bound().stateful() {
        OpsKind::Tracked(mut prep) => {
            let ids = inputs.each_ref().map(|input| prep.checkpoint(input));
            let (result, kept) = forward(inputs.map(|input| input.into_primitive()));
            (prep.finish((ids, kept.clone()), result), kept)
        }
        OpsKind::UnTracked(prep) => {
            let (result, kept) = forward(inputs.map(|input| input.into_primitive()));
            (prep.finish(result), kept)
        }
    }
}

/// The gradients of an input and two parameters.
type Gradients3<B> = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

/// Gradients as constants: Burn differentiates once.
pub fn constants<A: AutodiffBackend>((x, mu, sigma): Gradients3<A::InnerBackend>) -> Gradients3<A> {
    (A::from_inner(x), A::from_inner(mu), A::from_inner(sigma))
}

#[derive(Debug)]
struct DomeBackward;

impl<B: DomeOps> Backward<B, 3> for DomeBackward {
    type State = ([NodeId; 3], ());

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let [x, mu, sigma] = retrieve::<B, _>(ops.state.0, checkpointer);
        let (x, mu, sigma) = B::dome_backward(x, mu, sigma, grad, tracked(&ops));
        register::<B, _, 3>(ops, grads, [x, mu, sigma]);
    }
}

#[derive(Debug)]
struct PDomeBackward;

impl<B: DomeOps> Backward<B, 4> for PDomeBackward {
    type State = ([NodeId; 4], ());

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let [x, mu, sigma, pi] = retrieve::<B, _>(ops.state.0, checkpointer);
        let (x, mu, sigma, pi) = B::pdome_backward(x, mu, sigma, pi, grad, tracked(&ops));
        register::<B, _, 4>(ops, grads, [x, mu, sigma, pi]);
    }
}

#[derive(Debug)]
struct DomeBinaryCrossEntropyBackward;

impl<B: DomeOps> Backward<B, 3> for DomeBinaryCrossEntropyBackward {
    /// Input and parameters, and the targets, which are constants.
    type State = ([NodeId; 3], FloatTensor<B>);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (ids, targets) = ops.state.clone();
        let [x, mu, sigma] = retrieve::<B, _>(ids, checkpointer);
        let (x, mu, sigma) =
            B::dome_binary_cross_entropy_backward(x, mu, sigma, targets, grad, tracked(&ops));
        register::<B, _, 3>(ops, grads, [x, mu, sigma]);
    }
}

/// Burn differentiates once, so the backward operations only have to be there: their results are
/// constants.
impl<B: DomeOps, C: CheckpointStrategy> DomeOps for Autodiff<B, C> {
    fn dome(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        record::<B, C, _, _, _>(DomeBackward, [x, mu, sigma], (), |[x, mu, sigma]| {
            B::dome(x, mu, sigma)
        })
    }

    fn dome_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, mu, sigma, grad] = [x, mu, sigma, grad].map(Self::inner);
        constants::<Self>(B::dome_backward(x, mu, sigma, grad, tracked))
    }

    fn pdome(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        pi: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        record::<B, C, _, _, _>(
            PDomeBackward,
            [x, mu, sigma, pi],
            (),
            |[x, mu, sigma, pi]| B::pdome(x, mu, sigma, pi),
        )
    }

    fn pdome_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        pi: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 4],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    ) {
        let [x, mu, sigma, pi, grad] = [x, mu, sigma, pi, grad].map(Self::inner);
        let (x, mu, sigma, pi) = B::pdome_backward(x, mu, sigma, pi, grad, tracked);
        (
            Self::from_inner(x),
            Self::from_inner(mu),
            Self::from_inner(sigma),
            Self::from_inner(pi),
        )
    }

    fn dome_binary_cross_entropy(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let targets = targets.into_primitive();
        let step = DomeBinaryCrossEntropyBackward;
        record::<B, C, _, _, _>(step, [x, mu, sigma], targets.clone(), |[x, mu, sigma]| {
            B::dome_binary_cross_entropy(x, mu, sigma, targets)
        })
    }

    fn dome_binary_cross_entropy_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, mu, sigma, targets, grad] = [x, mu, sigma, targets, grad].map(Self::inner);
        constants::<Self>(B::dome_binary_cross_entropy_backward(
            x, mu, sigma, targets, grad, tracked,
        ))
    }
}
