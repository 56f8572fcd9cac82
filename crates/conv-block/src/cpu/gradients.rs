/// The gradients that [`Block::backward`](super::Block::backward) gives, laid out like the inputs.
pub struct Gradients {
    /// Of the images; empty, if they are not asked for.
    pub images: Vec<f32>,
    /// Of the weights.
    pub weight: Vec<f32>,
    /// Of the biases.
    pub bias: Vec<f32>,
}
