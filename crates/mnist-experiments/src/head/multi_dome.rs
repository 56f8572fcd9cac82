use burn::tensor::{Device, Int, Tensor};
use dome_burn::{
    MultiDomeConfig, MultiDomeHead, MultiDomeHeadConfig, MultiDomeLossConfig, Projection,
    ReferencePointsConfig,
};
use serde::{Deserialize, Serialize};

use super::{ClassifierHead, Method};

/// The settings of the library's [`MultiDomeHead`] without projection: the embedding is the space of the
/// reference points. With mu = sigma = 1 to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MultiDome {
    /// Where the classes' modes are.
    pub points: Points,
    /// What is minimised.
    pub loss: Loss,
}

/// Where the classes' modes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// At the vertices of a simplex, in a dimension less than there are classes or more.
    #[default]
    Simplex,
    /// At the corners of a polygon in the plane.
    Polygon,
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The negative log-likelihood.
    Nll,
    /// The Brier score.
    #[default]
    Brier,
}

impl Loss {
    /// The library's loss.
    pub(super) fn config(self) -> MultiDomeLossConfig {
        match self {
            Self::Nll => MultiDomeLossConfig::nll(),
            Self::Brier => MultiDomeLossConfig::brier(),
        }
    }
}

impl Method for MultiDome {
    type Head = MultiDomeHead;
    const NAME: &'static str = "multi-dome";
    const ABOUT: &'static str = "one mode a class, at the points of a simplex or a polygon";
    const NAMED: &'static [(&'static str, Self)] = &[
        (
            "multi-dome-nll",
            Self {
                points: Points::Simplex,
                loss: Loss::Nll,
            },
        ),
        (
            "multi-dome-brier",
            Self {
                points: Points::Simplex,
                loss: Loss::Brier,
            },
        ),
        (
            "multi-dome-2d",
            Self {
                points: Points::Polygon,
                loss: Loss::Brier,
            },
        ),
    ];

    fn title(&self) -> String {
        let what = match (self.points, self.loss) {
            (Points::Simplex, Loss::Nll) => "likelihood",
            (Points::Simplex, Loss::Brier) => "Brier",
            (Points::Polygon, Loss::Brier) => "polygon",
            (Points::Polygon, Loss::Nll) => "polygon, likelihood",
        };
        format!("MultiDOME, {what}")
    }

    fn embedding_dim(&self) -> Option<usize> {
        (self.points == Points::Polygon).then_some(2)
    }

    fn min_embedding_dim(&self, classes: usize) -> usize {
        match self.points {
            Points::Simplex => classes - 1,
            Points::Polygon => 2,
        }
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> MultiDomeHead {
        let points = match self.points {
            Points::Simplex => ReferencePointsConfig::Simplex,
            Points::Polygon => ReferencePointsConfig::Polygon,
        };
        let multi_dome = MultiDomeConfig::new(classes)
            .with_embedding_dim(Some(embedding_dim))
            .with_reference_points(points);
        MultiDomeHeadConfig::new(embedding_dim, multi_dome)
            .with_projection(Projection::Never)
            // The labels were checked when the data were read.
            .with_loss(self.loss.config().with_check_targets(false))
            .init(device)
    }
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
