use burn::tensor::Tensor;

/// An element-wise operation, with what it takes besides x, mu and sigma.
pub(crate) enum Operation<const D: usize> {
    Dome,
    PDome { pi: Tensor<1> },
    BinaryCrossEntropy { targets: Tensor<D> },
    LogOdds,
}
