/// The layer in front of a model's embedding, see [`Encoder::features`](crate::model::Encoder::features), of a set of
/// images.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Size of a row.
    pub dim: usize,
    /// `[images, dim]`, one row after the other.
    pub values: Vec<f32>,
}

impl Features {
    /// The rows one by one.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks(self.dim)
    }
}
