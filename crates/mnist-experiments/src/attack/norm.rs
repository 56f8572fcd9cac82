use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How the size of a perturbation is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// The largest change of a pixel.
    Linf,
    /// The Euclidean length of all changes.
    L2,
}

impl Norm {
    /// The name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Linf => "L-inf",
            Self::L2 => "L2",
        }
    }

    /// The norm of a perturbation.
    pub fn of(self, perturbation: impl Iterator<Item = f32>) -> f32 {
        match self {
            Self::Linf => perturbation.fold(0.0, |largest, d| largest.max(d.abs())),
            Self::L2 => perturbation.map(|d| d * d).sum::<f32>().sqrt(),
        }
    }

    /// The distance of two images.
    pub fn distance(self, a: &[f32], b: &[f32]) -> f32 {
        self.of(a.iter().zip(b).map(|(a, b)| a - b))
    }

    /// The step of norm 1 along which a function with this gradient grows most; nowhere, if the gradient is 0.
    pub fn steepest(self, gradient: &[f32]) -> Vec<f32> {
        let length = match self {
            Self::Linf => return gradient.iter().copied().map(sign).collect(),
            Self::L2 => self.of(gradient.iter().copied()),
        };
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        gradient.iter().map(|g| g * scale).collect()
    }

    /// Moves an image to where its distance from `origin` is at most `eps` and its pixels are in [0, 1].
    pub fn project(self, image: &mut [f32], origin: &[f32], eps: f32) {
        let factor = match self {
            Self::Linf => 1.0,
            Self::L2 => (eps / self.distance(image, origin).max(f32::MIN_POSITIVE)).min(1.0),
        };
        for (pixel, &from) in image.iter_mut().zip(origin) {
            let change = match self {
                Self::Linf => (*pixel - from).clamp(-eps, eps),
                Self::L2 => (*pixel - from) * factor,
            };
            *pixel = (from + change).clamp(0.0, 1.0);
        }
    }

    /// A perturbation of norm `eps` in a random direction, as AutoAttack starts.
    pub fn on_surface(self, pixels: usize, eps: f32, generator: &mut ChaCha8Rng) -> Vec<f32> {
        let direction: Vec<f32> = match self {
            Self::Linf => (0..pixels)
                .map(|_| generator.random_range(-1.0..1.0))
                .collect(),
            Self::L2 => (0..pixels).map(|_| normal(generator)).collect(),
        };
        let scale = eps / self.of(direction.iter().copied()).max(f32::MIN_POSITIVE);
        direction.into_iter().map(|d| d * scale).collect()
    }

    /// A perturbation of norm `eps` or less, uniform in the ball.
    pub fn in_ball(self, pixels: usize, eps: f32, generator: &mut ChaCha8Rng) -> Vec<f32> {
        match self {
            Self::Linf => (0..pixels)
                .map(|_| generator.random_range(-eps..=eps))
                .collect(),
            Self::L2 => {
                let radius = eps * generator.random::<f32>().powf(1.0 / pixels as f32);
                self.on_surface(pixels, radius, generator)
            }
        }
    }
}

/// -1, 0 or 1: unlike `signum`, which has no 0.
fn sign(x: f32) -> f32 {
    f32::from(x > 0.0) - f32::from(x < 0.0)
}

/// A standard normal number, by Box and Muller's transform.
fn normal(generator: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - generator.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * generator.random::<f32>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn directions_and_lengths() {
        let gradient = [3.0, -4.0, 0.0];
        assert_eq!(Norm::Linf.steepest(&gradient), [1.0, -1.0, 0.0]);
        assert_eq!(Norm::L2.steepest(&gradient), [0.6, -0.8, 0.0]);
        assert_eq!(Norm::L2.steepest(&[0.0; 3]), [0.0; 3]);
        assert_eq!(Norm::Linf.distance(&[0.0, 1.0], &[0.25, 0.0]), 1.0);
        assert_eq!(Norm::L2.distance(&[3.0, 0.0], &[0.0, 4.0]), 5.0);
    }

    #[test]
    fn projections_stay_in_ball_and_box() {
        let origin = [0.1, 0.5, 0.9];
        let mut image = [-1.0, 0.55, 2.0];
        Norm::Linf.project(&mut image, &origin, 0.2);
        assert_eq!(image, [0.0, 0.55, 1.0]);
        let mut image = [0.1, 0.5, 0.0];
        Norm::L2.project(&mut image, &origin, 0.3);
        assert!((image[2] - 0.6).abs() < 1e-6);

        let mut generator = ChaCha8Rng::seed_from_u64(0);
        for norm in [Norm::Linf, Norm::L2] {
            let start = norm.on_surface(100, 0.3, &mut generator);
            assert!((norm.of(start.into_iter()) - 0.3).abs() < 1e-5);
            let inside = norm.in_ball(100, 0.3, &mut generator);
            assert!(norm.of(inside.into_iter()) <= 0.3 + 1e-5);
        }
    }
}
