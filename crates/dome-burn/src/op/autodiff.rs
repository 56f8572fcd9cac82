//! Registers hand-written backward steps with Burn's autodiff, whatever the backend inside.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::FloatTensor;
use burn::backend::{AutodiffBackend, Backend};

/// Hands each parent that takes part in differentiation its gradient.
pub(in crate::op) fn register<B: Backend, S, const N: usize>(
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
pub(in crate::op) fn tracked<S, const N: usize>(ops: &Ops<S, N>) -> [bool; N] {
    ops.parents.each_ref().map(Option::is_some)
}

/// The inputs of an operation that are kept for its backward step.
pub(in crate::op) fn retrieve<B: Backend, const N: usize>(
    ids: [NodeId; N],
    checkpointer: &mut Checkpointer,
) -> [FloatTensor<B>; N] {
    ids.map(|id| checkpointer.retrieve_node_output::<FloatTensor<B>>(id))
}

/// Runs an operation, and keeps its inputs and constants for the backward step if one is tracked.
pub(in crate::op) fn record<B, C, S, K, const N: usize>(
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
    let guards = inputs.each_ref().map(|input| input.node());
    match step.prepare::<C>(guards).compute_bound().stateful() {
        OpsKind::Tracked(mut prep) => {
            let ids = inputs.each_ref().map(|input| prep.checkpoint(input));
            let result = forward(inputs.map(|input| input.into_primitive()));
            prep.finish((ids, constants), result)
        }
        OpsKind::UnTracked(prep) => {
            let result = forward(inputs.map(|input| input.into_primitive()));
            prep.finish(result)
        }
    }
}

/// The gradients of an input and two parameters.
type Gradients3<B> = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

/// Gradients as constants: Burn differentiates once.
pub(in crate::op) fn constants<A: AutodiffBackend>(
    (x, mu, sigma): Gradients3<A::InnerBackend>,
) -> Gradients3<A> {
    (A::from_inner(x), A::from_inner(mu), A::from_inner(sigma))
}
