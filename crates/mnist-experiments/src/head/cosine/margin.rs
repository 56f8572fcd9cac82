use burn::tensor::Tensor;

/// What the target's cosine is replaced by in the loss, to ask for more than the right side of a border.
#[derive(Debug, Clone, Copy)]
pub struct Margin {
    /// How large it is.
    pub size: f64,
    /// Its formula: from cosines of the targets, `[batch, 1]`, and the size to what replaces them.
    pub rule: fn(Tensor<2>, f64) -> Tensor<2>,
}

impl Margin {
    /// The formula for these cosines.
    pub(super) fn of(&self, cosines: Tensor<2>) -> Tensor<2> {
        (self.rule)(cosines, self.size)
    }
}
