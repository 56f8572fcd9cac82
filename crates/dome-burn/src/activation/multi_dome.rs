use alloc::format;
use alloc::string::{String, ToString};

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay, Param};
use burn::tensor::{Device, Int, Tensor};

use super::calibration::{Scales, raised, robust_size};
use super::parameter::{constant, validate, validate_for};
use crate::numbers::Numbers;
use crate::op::host_values;
use crate::{InvalidConfig, ReferencePoints, ReferencePointsConfig, functional};

/// MultiDome: DOME for any number of classes, each with a mode of its own in the embedding.
///
/// For reference points `e_1 .. e_n`, unit vectors at the vertices of a regular simplex, and
/// `a_i = exp(-||x - mu e_i||^2 / sigma^2)`,
///
/// ```text
/// D_i = a_i + (1 - sum_j a_j)/n                 equation (8), in the closed form
/// P_i = (D_i - m) / sum_k (D_k - m)             equations (12) and (13), m = min(min_k D_k, 0)
/// ```
///
/// of [arXiv 2109.14798](https://arxiv.org/abs/2109.14798). The input is the embedding itself, and
/// a class's points gather around `mu e_i`. With two classes `P_1` is [`Dome`](crate::Dome).
///
/// Time and memory are linear in the number of classes: the simplex is never stored. `mu` and
/// `sigma` are learnable, one value each.
///
/// To train, use [`MultiDomeLoss`](crate::MultiDomeLoss), and [`calibrate`](Self::calibrate) on the first
/// batch: an embedding many sigmas away from all modes receives no gradient.
///
/// Should be created using [`MultiDomeConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use dome_burn::MultiDomeConfig;
///
/// let device = Device::default();
/// let multi_dome = MultiDomeConfig::new(3).init(&device);
/// // A triangle in the plane; at the third mode:
/// let mode = multi_dome.reference_points.values(&device).narrow(0, 2, 1);
/// println!("{}", multi_dome.forward(mode)); // [[0.0167, 0.0167, 0.9667]]
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct MultiDome {
    /// Distance of the modes from the origin, `[1]`.
    pub mu: Param<Tensor<1>>,
    /// Breadth of the modes, `[1]`; see [`SIGMA_FLOOR`](crate::SIGMA_FLOOR).
    pub sigma: Param<Tensor<1>>,
    /// Directions of the modes.
    pub reference_points: ReferencePoints,
}

/// Configuration to create a [`MultiDome`] layer using [`init`](MultiDomeConfig::init).
#[derive(Config, Debug, PartialEq)]
pub struct MultiDomeConfig {
    /// Number of classes, at least 2.
    pub classes: usize,
    /// Size of the embedding, at least `classes - 1` for the simplex. Default: what the reference
    /// points have.
    pub embedding_dim: Option<usize>,
    /// Directions of the modes. Default the simplex.
    #[config(default = "ReferencePointsConfig::Simplex")]
    pub reference_points: ReferencePointsConfig,
    /// Initial distance of the modes from the origin, positive. Default 1.
    #[config(default = 1.0)]
    pub mu: f64,
    /// Initial breadth of the modes, at least [`SIGMA_FLOOR`](crate::SIGMA_FLOOR). Default 1.
    #[config(default = 1.0)]
    pub sigma: f64,
    /// Whether training changes `mu`. Default true.
    #[config(default = true)]
    pub learn_mu: bool,
    /// Whether training changes `sigma`. Default true.
    #[config(default = true)]
    pub learn_sigma: bool,
}

impl MultiDomeConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If the [reference points](ReferencePointsConfig::validate) do not fit, `mu` is not positive
    /// and finite, or `sigma` below the floor.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        self.reference_points
            .validate(self.classes, self.resolved_dim())?;
        validate(1, self.mu, self.sigma)
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the values.
    ///
    /// # Errors
    ///
    /// If `mu`, `sigma`, `mu/sigma` or a coordinate are too large to compute with, `mu` or `sigma` become 0, or
    /// two points one.
    pub fn validate_for(&self, device: &Device) -> Result<(), InvalidConfig> {
        self.validate()?;
        self.reference_points
            .validate_for(self.classes, self.resolved_dim(), device)?;
        validate_for(device, self.mu, self.sigma)?;
        Numbers::of(device).check_distance("mu/sigma", self.mu / self.sigma)
    }

    /// Checks that a record of a layer of the configuration `saved` means the same in one of this.
    ///
    /// Burn's records hold parameters alone: a simplex has none, so that a record of ten classes loads into a
    /// layer of five. Save the configuration beside the record, and check it before loading.
    ///
    /// # Errors
    ///
    /// If the number of classes, the size of the embedding or the kind of reference points differ.
    pub fn check_record_of(&self, saved: &Self) -> Result<(), InvalidConfig> {
        let kind = |config: &Self| config.reference_points.kind();
        let equal = |field, ours: String, theirs: String| {
            let wanted = format!("{theirs}, that of the record");
            InvalidConfig::check(ours == theirs, field, ours, wanted)
        };
        equal(
            "classes",
            self.classes.to_string(),
            saved.classes.to_string(),
        )?;
        let [ours, theirs] = [self, saved].map(|config| config.resolved_dim().to_string());
        equal("embedding_dim", ours, theirs)?;
        equal("reference_points", kind(self).into(), kind(saved).into())
    }

    /// Initializes a new [`MultiDome`] layer.
    ///
    /// # Panics
    ///
    /// If [`validate_for`](Self::validate_for) fails.
    pub fn init(&self, device: &Device) -> MultiDome {
        self.validate_for(device)
            .unwrap_or_else(|error| panic!("MultiDomeConfig: {error}"));
        MultiDome {
            mu: constant(self.mu, 1, self.learn_mu, device),
            sigma: constant(self.sigma, 1, self.learn_sigma, device),
            reference_points: self
                .reference_points
                .init(self.classes, self.resolved_dim(), device),
        }
    }

    /// The size of the embedding, asked for or not.
    pub fn resolved_dim(&self) -> usize {
        self.embedding_dim
            .unwrap_or_else(|| self.reference_points.embedding_dim(self.classes))
    }
}

impl ModuleDisplay for MultiDome {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content
            .add("classes", &self.reference_points.classes)
            .add("embedding_dim", &self.reference_points.embedding_dim)
            .optional()
    }
}

impl MultiDome {
    /// The probabilities `P`, equations (12) and (13): in [0, 1], of sum 1.
    ///
    /// # Shapes
    ///
    /// - embedding: `[..., embedding_dim]`
    /// - output: `[..., classes]`
    ///
    /// # Panics
    ///
    /// If the last dimension is not of size `embedding_dim`.
    pub fn forward<const D: usize>(&self, embedding: Tensor<D>) -> Tensor<D> {
        functional::multi_dome(
            embedding,
            self.mu.val(),
            self.sigma.val(),
            &self.reference_points,
        )
    }

    /// `D`, equation (8): of sum 1, but a little below 0 for classes far away.
    ///
    /// # Shapes
    ///
    /// - embedding: `[..., embedding_dim]`
    /// - output: `[..., classes]`
    ///
    /// # Panics
    ///
    /// If the last dimension is not of size `embedding_dim`.
    pub fn raw<const D: usize>(&self, embedding: Tensor<D>) -> Tensor<D> {
        functional::multi_dome_raw(
            embedding,
            self.mu.val(),
            self.sigma.val(),
            &self.reference_points,
        )
    }

    /// The logarithms of the bumps, `kappa_i = -||x - mu e_i||^2 / sigma^2`: scores for rankings,
    /// out-of-distribution detection and attacks, which do not saturate. The largest is the
    /// prediction.
    ///
    /// # Shapes
    ///
    /// - embedding: `[..., embedding_dim]`
    /// - output: `[..., classes]`, at most 0
    ///
    /// # Panics
    ///
    /// If the last dimension is not of size `embedding_dim`.
    pub fn scores<const D: usize>(&self, embedding: Tensor<D>) -> Tensor<D> {
        functional::multi_dome_scores(
            embedding,
            self.mu.val(),
            self.sigma.val(),
            &self.reference_points,
        )
    }

    /// The class whose mode is nearest, which has the largest score and probability. Told from differences of
    /// the classes in f32 (f64 for an embedding in f64), so that it does not depend on what an embedding in half
    /// precision could hold of the scores, nor on how far away it is.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch]`
    ///
    /// # Panics
    ///
    /// If the last dimension is not of size `embedding_dim`.
    pub fn predict(&self, embedding: Tensor<2>) -> Tensor<1, Int> {
        functional::multi_dome_predict(
            embedding,
            self.mu.val(),
            self.sigma.val(),
            &self.reference_points,
        )
    }

    /// Brings the modes to the scale of a batch of embeddings, before the first step of a training:
    /// where their size exceeds that of the modes, `mu` and `sigma` are raised by one factor, to modes of three
    /// times the size. An embedding of the modes' size or smaller, or one with NaN in it, leaves the layer as it
    /// is.
    ///
    /// Otherwise an embedding that starts many sigmas away from all modes gets no gradient and
    /// stays there (the plateau). Three times is room for the first steps of a training, which large
    /// weights in front of this layer make large: with `mu` at the length itself these steps jumped
    /// to the plateau in one of two ten-digit trainings at 30 and at 100 times the usual weights,
    /// with three times in none; ten times cost accuracy.
    ///
    /// The size of the embedding is the length that 68 % of its vectors do not exceed, which a few outliers
    /// hardly move; that of the modes is mu times the root of the mean squared length of the reference points,
    /// 1 for the simplex. Reads the embedding once, which waits for the device.
    ///
    /// # Shapes
    ///
    /// - embedding: `[..., embedding_dim]`
    #[must_use]
    pub fn calibrate<const D: usize>(self, embedding: Tensor<D>) -> Self {
        const ROOM: f64 = 3.0;
        // An embedding on the modes may be longer by rounding.
        const TOLERANCE: f64 = 1e-3;
        let numbers = Numbers::of_type(self.mu.val().dtype());
        let scales = Scales::of(&self.mu, &self.sigma);
        let dim = embedding.dims()[D - 1];
        let values = host_values(embedding.without_autodiff());
        let lengths = values.chunks(dim.max(1));
        let lengths = lengths.map(|row| row.iter().fold(0.0, |length: f64, x| length.hypot(*x)));
        let size = robust_size(lengths.collect()) / self.reference_points.length();
        let factor = match size > (1.0 + TOLERANCE) * scales.mu(0) {
            true => scales.factor(0, ROOM * size, numbers),
            false => 1.0,
        };
        let [mu, sigma] = [self.mu, self.sigma].map(|parameter| raised(parameter, &[factor]));
        Self { mu, sigma, ..self }
    }
}
