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

impl EmbeddingPanel {
    /// What contradicts itself, if there are `classes` classes.
    pub(super) fn problem(&self, classes: usize) -> Option<String> {
        let (points, labels) = (self.points.len(), self.classes.len());
        if points != labels {
            return Some(format!("{points} points but {labels} classes"));
        }
        let mut labels = self.classes.iter();
        if let Some(class) = labels.find(|&&class| usize::from(class) >= classes) {
            return Some(format!("class {class} has no name"));
        }
        let Square { center, half } = self.square;
        if !(half.is_finite() && half > 0.0 && center.iter().all(|x| x.is_finite())) {
            return Some("the square is empty or not finite".to_owned());
        }
        self.shading.as_ref()?.problem(classes)
    }
}
