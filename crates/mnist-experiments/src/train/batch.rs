use burn::tensor::{Int, Tensor};

/// Images and their classes, on a device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[batch, 1, height, width]`, pixels in [0, 1].
    pub images: Tensor<4>,
    /// `[batch]`, class indices.
    pub targets: Tensor<1, Int>,
}
