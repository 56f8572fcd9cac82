use std::f64::consts::PI;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::cosine::{CosineHead, Margin};
use super::{Method, check};

/// Additive angular margin loss: cross-entropy over `s cos theta_j`, of the target `s cos(theta_y + m)`; theta_j is
/// the angle between the embedding and the weights of class j (Deng, Guo, Yang, Xue, Kotsia, Zafeiriou, *ArcFace:
/// Additive Angular Margin Loss for Deep Face Recognition*, CVPR 2019, arXiv 1801.07698).
///
/// Where `theta_y + m` exceeds pi, from where on the cosine would rise again, it is `s (cos theta_y - m sin m)`, as in the
/// authors' code. Ten classes in the plane are 36 degrees, 0.63, apart: a margin above that cannot be met there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArcFace {
    /// The scale s.
    pub scale: f64,
    /// The margin m, in radians.
    pub margin: f64,
}

/// Chosen on validation images (docs/study-settings.md); for thousands of faces they are 64 and 0.5.
impl Default for ArcFace {
    fn default() -> Self {
        Self {
            scale: 5.0,
            margin: 0.3,
        }
    }
}

/// In the root of `sin^2`, whose slope at 0 would be infinite.
const LEAST_SQUARE: f64 = 1e-10;

fn target(cosine: Tensor<2>, margin: f64) -> Tensor<2> {
    // Rounding may leave a cosine beyond 1.
    let square = (cosine.clone().square().neg() + 1.0).clamp_min(0.0);
    let sine = (square + LEAST_SQUARE).sqrt();
    let turned = cosine.clone() * margin.cos() - sine * margin.sin();
    let beyond = cosine.clone().lower_elem(-margin.cos());
    turned.mask_where(beyond, cosine - margin * margin.sin())
}

impl Method for ArcFace {
    type Head = CosineHead;
    const NAME: &'static str = "arcface";
    const ABOUT: &'static str = "ArcFace: softmax of cosines, a margin on the target's angle";

    fn title(&self) -> String {
        format!("ArcFace, m = {}", self.margin)
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("scale", self.scale)?;
        check::within("margin", self.margin, 0.0..=PI / 2.0)
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
        for (scale, margin) in [(20.0, 0.2), (64.0, 0.5), (1.0, 1.5), (3.0, 0.0)] {
            let settings = ArcFace { scale, margin };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let scale = point.vector("scale")[0];
                point.mean(|x, target| {
                    let cosine = |w: &Vec<f64>| dot(&unit(x), &unit(w));
                    let mut cosines: Vec<f64> = weights.iter().map(cosine).collect();
                    let angle = cosines[target].acos();
                    cosines[target] = match angle + margin > PI {
                        true => angle.cos() - margin * margin.sin(),
                        false => (angle + margin).cos(),
                    };
                    let logits: Vec<f64> = cosines.iter().map(|cosine| scale * cosine).collect();
                    cross_entropy(&logits, target)
                })
            });
        }
        refused(
            "arcface(margin=28.6)",
            "margin is 28.6, but must be at least 0 and at most 1.57",
        );
        refused("arcface(scale=-1)", "scale is -1, but must be above 0");
    }

    /// At the ends of the cosine, and beyond them by rounding, value and slope stay finite.
    #[test]
    fn the_ends() {
        let device = Device::flex().autodiff();
        let ends = [[1.0], [-1.0], [1.0 + 1e-7], [-1.0 - 1e-7]];
        let cosine = Tensor::<2>::from_floats(ends, &device).require_grad();
        let value = target(cosine.clone(), 0.5);
        let all = [
            value.clone(),
            cosine.grad(&value.sum().backward()).unwrap().autodiff(),
        ];
        for tensor in all {
            let numbers: Vec<f32> = tensor.try_to_vec_as().unwrap();
            assert!(
                numbers.iter().all(|number| number.is_finite()),
                "{numbers:?}"
            );
        }
    }
}
