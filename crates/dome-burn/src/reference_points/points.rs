use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::f64::consts::TAU;

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::simplex;
use crate::InvalidConfig;
use crate::numbers::Numbers;
use crate::op::{dequantized, host_values};

#[cfg(not(feature = "std"))]
#[allow(unused_imports)] // where another crate links std, its methods are there
use num_traits::Float as _;

/// Where the classes of a [`MultiDome`](crate::MultiDome) lie: its modes are these points times mu.
///
/// The paper's points are the vertices of a regular simplex, which are never stored: see
/// [`simplex`]. Other geometries are points of one's own, fixed or learned.
///
/// Should be created using [`ReferencePointsConfig`].
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct ReferencePoints {
    /// Number of points.
    pub classes: usize,
    /// Number of their coordinates.
    pub embedding_dim: usize,
    /// `[classes, embedding_dim]`; none for the simplex, which is never stored.
    points: Option<Param<Tensor<2>>>,
}

/// Configuration to create [`ReferencePoints`] using [`init`](ReferencePointsConfig::init).
#[derive(Config, Debug, PartialEq)]
#[non_exhaustive]
pub enum ReferencePointsConfig {
    /// The vertices of a regular simplex, in at least `classes - 1` dimensions.
    Simplex,
    /// The vertices of a regular polygon on the unit circle of the plane, the first at (1, 0).
    Polygon,
    /// One point a class, each with the same number of coordinates.
    Fixed(Vec<Vec<f64>>),
    /// Points to begin with, which training moves.
    Learned(Vec<Vec<f64>>),
}

impl ReferencePointsConfig {
    /// Number of coordinates where none is asked for: `classes - 1` for the simplex.
    pub fn embedding_dim(&self, classes: usize) -> usize {
        match self {
            Self::Simplex => classes.saturating_sub(1),
            Self::Polygon => 2,
            Self::Fixed(points) | Self::Learned(points) => points.first().map_or(0, Vec::len),
        }
    }

    /// Whether a record has the points.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Simplex => "Simplex",
            Self::Polygon | Self::Fixed(_) | Self::Learned(_) => "points of their own",
        }
    }

    /// Checks the points against the number of classes and the size of the embedding.
    ///
    /// # Errors
    ///
    /// If there are fewer than two classes, the simplex does not fit, the polygon is not in the
    /// plane, or own points are not one a class, of `embedding_dim` finite numbers, distinct.
    pub fn validate(&self, classes: usize, embedding_dim: usize) -> Result<(), InvalidConfig> {
        simplex::validate_classes(classes)?;
        match self {
            Self::Simplex => simplex::validate(classes, embedding_dim),
            Self::Polygon => InvalidConfig::check(
                embedding_dim == 2,
                "embedding_dim",
                embedding_dim,
                "2: a polygon lies in the plane",
            ),
            Self::Fixed(points) | Self::Learned(points) => {
                validate_points(points, classes, embedding_dim)
            }
        }
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the points.
    ///
    /// # Errors
    ///
    /// If a coordinate is too large to compute with there, or two points become one.
    pub fn validate_for(
        &self,
        classes: usize,
        embedding_dim: usize,
        device: &Device,
    ) -> Result<(), InvalidConfig> {
        self.validate(classes, embedding_dim)?;
        let (Self::Fixed(points) | Self::Learned(points)) = self else {
            return Ok(());
        };
        let numbers = Numbers::of(device);
        for (i, point) in points.iter().enumerate() {
            for &x in point {
                numbers.check_distance("a coordinate of a reference point", x)?;
            }
            let same = |other: &&Vec<f64>| {
                let pairs = point.iter().zip(*other);
                pairs
                    .into_iter()
                    .all(|(&a, &b)| numbers.rounded(a) == numbers.rounded(b))
            };
            if let Some(other) = points[..i].iter().find(same) {
                InvalidConfig::check(
                    false,
                    "a reference point",
                    format!("{point:?}, beside {other:?}"),
                    format!(
                        "another one in {}: two classes at one place cannot be told apart",
                        numbers.name()
                    ),
                )?;
            }
        }
        Ok(())
    }

    /// Initializes the points.
    ///
    /// # Panics
    ///
    /// If [`validate_for`](Self::validate_for) fails.
    pub fn init(&self, classes: usize, embedding_dim: usize, device: &Device) -> ReferencePoints {
        self.validate_for(classes, embedding_dim, device)
            .unwrap_or_else(|error| panic!("ReferencePointsConfig: {error}"));
        let parameter = |values: Vec<f64>, learned| {
            let values = TensorData::new(values, [classes, embedding_dim]);
            Param::from_tensor(Tensor::from_data(values, device)).set_require_grad(learned)
        };
        ReferencePoints {
            classes,
            embedding_dim,
            points: match self {
                Self::Simplex => None,
                Self::Polygon => {
                    let angles = (0..classes).map(|i| TAU * i as f64 / classes as f64);
                    let points = angles.flat_map(|angle| [angle.cos(), angle.sin()]);
                    Some(parameter(points.collect(), false))
                }
                Self::Fixed(points) => Some(parameter(points.concat(), false)),
                Self::Learned(points) => Some(parameter(points.concat(), true)),
            },
        }
    }
}

fn validate_points(
    points: &[Vec<f64>],
    classes: usize,
    embedding_dim: usize,
) -> Result<(), InvalidConfig> {
    InvalidConfig::check(
        points.len() == classes,
        "the number of reference points",
        points.len(),
        format!("{classes}, one for each class"),
    )?;
    for (i, point) in points.iter().enumerate() {
        InvalidConfig::check(
            point.len() == embedding_dim && point.iter().all(|x| x.is_finite()),
            "a reference point",
            format!("{point:?}"),
            format!("{embedding_dim} finite numbers, the size of the embedding"),
        )?;
        InvalidConfig::check(
            !points[..i].contains(point),
            "a reference point",
            format!("{point:?} twice"),
            "distinct: two classes at one place cannot be told apart",
        )?;
    }
    Ok(())
}

impl ReferencePoints {
    /// The points themselves, to plot them or compare them; `[classes, embedding_dim]`.
    ///
    /// For the simplex this is O(n^2) memory, which no other function needs.
    pub fn values(&self, device: &Device) -> Tensor<2> {
        match self.stored() {
            Some(points) => points,
            None => simplex::vertices(self.classes, self.embedding_dim, device)
                .expect("validated when it was created"),
        }
    }
}

impl ReferencePoints {
    /// Whether they are the vertices of the simplex, which have no parameters.
    pub fn is_simplex(&self) -> bool {
        self.points.is_none()
    }

    /// The points that are stored; none of the simplex.
    pub(crate) fn stored(&self) -> Option<Tensor<2>> {
        let points = self.points.as_ref()?.val();
        Some(dequantized(points))
    }

    /// The root of the mean of their squared lengths.
    pub(crate) fn length(&self) -> f64 {
        match self.stored() {
            None => 1.0,
            Some(points) => {
                let squares = host_values(points.without_autodiff())
                    .into_iter()
                    .map(|x| x * x);
                (squares.sum::<f64>() / self.classes as f64).sqrt()
            }
        }
    }
}

impl ModuleDisplay for ReferencePoints {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let content = content
            .add("classes", &self.classes)
            .add("embedding_dim", &self.embedding_dim);
        match &self.points {
            None => content.add("points", &"simplex".to_string()).optional(),
            Some(points) if points.is_require_grad() => {
                content.add("points", &"learned".to_string()).optional()
            }
            Some(_) => content.add("points", &"fixed".to_string()).optional(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    #[test]
    fn polygon() {
        let device = Default::default();
        let square = ReferencePointsConfig::Polygon.init(4, 2, &device);
        square.values(&device).into_data().assert_approx_eq::<f32>(
            &[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]].into(),
            Tolerance::absolute(1e-6),
        );
        assert_eq!(square.num_params(), 8);
    }

    #[test]
    fn the_simplex_has_no_parameters() {
        let points = ReferencePointsConfig::Simplex.init(10, 9, &Default::default());
        assert_eq!(points.num_params(), 0);
        assert_eq!(
            points.to_string(),
            "ReferencePoints {classes: 10, embedding_dim: 9, points: simplex}"
        );
    }

    #[test]
    fn each_bad_value_is_named() {
        let config = ReferencePointsConfig::Fixed;
        for (config, [classes, dim], message) in [
            (
                ReferencePointsConfig::Simplex,
                [10, 2],
                "embedding_dim is 2, but must be at least 9",
            ),
            (
                ReferencePointsConfig::Simplex,
                [1, 2],
                "classes is 1, but must be at least 2",
            ),
            (
                ReferencePointsConfig::Polygon,
                [0, 2],
                "classes is 0, but must be at least 2",
            ),
            (
                ReferencePointsConfig::Polygon,
                [10, 9],
                "embedding_dim is 9, but must be 2",
            ),
            (
                config(vec![vec![1.0]]),
                [2, 1],
                "points is 1, but must be 2, one for each class",
            ),
            (
                config(vec![vec![1.0], vec![]]),
                [2, 1],
                "[], but must be 1 finite",
            ),
            (
                config(vec![vec![1.0], vec![f64::NAN]]),
                [2, 1],
                "[NaN], but must be 1 finite",
            ),
            (
                config(vec![vec![1.0]; 2]),
                [2, 1],
                "[1.0] twice, but must be distinct",
            ),
        ] {
            let error = config.validate(classes, dim).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
