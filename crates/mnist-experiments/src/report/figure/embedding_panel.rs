use super::shading::Shading;
use crate::eval::Square;

/// One two-dimensional embedding, for [`draw_embeddings`](super::draw_embeddings).
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingPanel {
    /// Headline, such as the name of a model.
    pub title: String,
    /// Text below the title. It is wrapped, at commas if possible.
    pub subtitle: String,
    /// The embedded points. Points outside of `square` or not finite are counted in the panel.
    pub points: Vec<[f32; 2]>,
    /// For each point the index of its class.
    pub classes: Vec<u8>,
    /// The part of the plane to show.
    pub square: Square,
    /// What the classifier says about each place of `square`.
    pub shading: Option<Shading>,
    /// Places to mark with a cross.
    pub reference_points: Vec<[f64; 2]>,
}
