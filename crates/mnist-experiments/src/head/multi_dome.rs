use burn::tensor::{Device, Int, Tensor};
use dome_burn::{
    MultiDomeConfig, MultiDomeHead, MultiDomeHeadConfig, MultiDomeLossConfig, Projection,
    ReferencePointsConfig,
};

use super::ClassifierHead;

/// The library's [`MultiDomeHead`] without projection: the embedding is the space of the reference
/// points. With mu = sigma = 1 to begin with.
pub(super) fn multi_dome_head(
    embedding_dim: usize,
    classes: usize,
    points: ReferencePointsConfig,
    loss: MultiDomeLossConfig,
    device: &Device,
) -> MultiDomeHead {
    let multi_dome = MultiDomeConfig::new(classes)
        .with_embedding_dim(Some(embedding_dim))
        .with_reference_points(points);
    MultiDomeHeadConfig::new(embedding_dim, multi_dome)
        .with_projection(Projection::Never)
        // The labels were checked when the data were read.
        .with_loss(loss.with_check_targets(false))
        .init(device)
}

/// The scores are kappa, which is no log-probability: the probabilities are equations (12) and (13).
impl ClassifierHead for MultiDomeHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.scores(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        self.loss(embedding, targets)
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.probabilities(embedding)
    }

    fn calibrate(self, embedding: Tensor<2>) -> Self {
        self.calibrate(embedding)
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        let mu = self.multi_dome.mu.val();
        let points = self.multi_dome.reference_points.values(&mu.device());
        Some(points * mu.unsqueeze())
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        let multi_dome = &self.multi_dome;
        vec![
            ("mu", multi_dome.mu.val()),
            ("sigma", multi_dome.sigma.val()),
        ]
    }
}
