use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::cosine::CosineHead;
use super::{Method, check};

/// Normalised softmax: cross-entropy over `s cos theta_j`, where theta_j is the angle between the embedding and the
/// weights of class j (Wang, Xiang, Cheng, Yuille, *NormFace: L2 Hypersphere Embedding for Face Verification*,
/// ACM Multimedia 2017, arXiv 1704.06369).
///
/// For classes in equal angles the loss ends at `ln(1 + (C - 1) exp(-s C/(C - 1)))`, above 0: a small s asks
/// for more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NormFace {
    /// The scale s.
    pub scale: f64,
    /// Whether the scale is learned, from that value on.
    pub learned: bool,
}

/// Chosen on validation images (docs/study-settings.md); for thousands of faces 30 is usual.
impl Default for NormFace {
    fn default() -> Self {
        Self {
            scale: 5.0,
            learned: false,
        }
    }
}

impl Method for NormFace {
    type Head = CosineHead;
    const NAME: &'static str = "normface";
    const ABOUT: &'static str =
        "NormFace: a cosine a class times a scale, softmax with cross-entropy";

    fn title(&self) -> String {
        "NormFace".into()
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("scale", self.scale)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> CosineHead {
        let scale = (self.scale, self.learned);
        CosineHead::new([embedding_dim, classes], scale, None, device)
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, refused, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (scale, learned) in [(20.0, false), (1.0, true), (7.0, true)] {
            let settings = NormFace { scale, learned };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let scale = point.vector("scale")[0];
                point.mean(|x, target| {
                    let cosine = |w: &Vec<f64>| scale * dot(&unit(x), &unit(w));
                    cross_entropy(&weights.iter().map(cosine).collect::<Vec<_>>(), target)
                })
            });
        }
        refused("normface(scale=0)", "scale is 0, but must be above 0");
    }
}
