use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::cosine::{CosineHead, Margin};
use super::{Method, check};

/// Large margin cosine loss: cross-entropy over `s cos theta_j`, of the target `s (cos theta_y - m)`; theta_j is the
/// angle between the embedding and the weights of class j (Wang et al., *CosFace: Large Margin Cosine Loss
/// for Deep Face Recognition*, CVPR 2018, arXiv 1801.09414; at the same time Wang, Liu, Liu, Cheng, *Additive Margin
/// Softmax for Face Verification*, 2018, arXiv 1801.05599).
///
/// Samples at the weights of their class meet the margin if the weights of all others are at least as far as
/// `cos theta = 1 - m`. C classes at equal angles reach `m = C/(C - 1)` in C - 1 dimensions; ten classes in the plane,
/// 36 degrees apart, only `m = 0.19`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CosFace {
    /// The scale s.
    pub scale: f64,
    /// The margin m.
    pub margin: f64,
}

/// Chosen on validation images (docs/study-settings.md); for thousands of faces they are 64 and 0.35.
impl Default for CosFace {
    fn default() -> Self {
        Self {
            scale: 5.0,
            margin: 0.2,
        }
    }
}

fn target(cosine: Tensor<2>, margin: f64) -> Tensor<2> {
    cosine - margin
}

impl Method for CosFace {
    type Head = CosineHead;
    const NAME: &'static str = "cosface";
    const ABOUT: &'static str = "CosFace: softmax of cosines, a margin off the target's cosine";

    fn title(&self) -> String {
        format!("CosFace, m = {}", self.margin)
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("scale", self.scale)?;
        check::within("margin", self.margin, 0.0..=2.0)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> CosineHead {
        let margin = Margin {
            size: self.margin,
            rule: target,
        };
        let scale = (self.scale, false);
        CosineHead::new([embedding_dim, classes], scale, Some(margin), device)
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, refused, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (scale, margin) in [(20.0, 0.2), (64.0, 0.35), (1.0, 0.0)] {
            let settings = CosFace { scale, margin };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let scale = point.vector("scale")[0];
                point.mean(|x, target| {
                    let cosine = |w: &Vec<f64>| scale * dot(&unit(x), &unit(w));
                    let mut logits: Vec<f64> = weights.iter().map(cosine).collect();
                    logits[target] -= scale * margin;
                    cross_entropy(&logits, target)
                })
            });
        }
        refused(
            "cosface(margin=-0.1)",
            "margin is -0.1, but must be at least 0",
        );
        refused("cosface(scale=0)", "scale is 0, but must be above 0");
    }
}
