#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

//! The DOME activation functions of [arXiv 2109.14798](https://arxiv.org/abs/2109.14798) for
//! [Burn](https://burn.dev): outputs of classifiers that keep each class compact in the embedding in front of them, and
//! an activation between layers.
//!
//! Where a sigmoid or a softmax pulls an embedding outwards without end, DOME has one mode a class, at a place that it
//! learns the scale of: a sample belongs where the mode is, and one of no class has room to be far from all of them.
//!
#![doc = include_str!("../docs/functions.svg")]
//!
//! # A first example
//!
//! Ten classes from 64 features: [`MultiDomeHead`] is the projection, the activation and the loss at the end of a model.
//!
//! ```
//! use burn::tensor::{Device, Int, Tensor};
//! use dome_burn::{MultiDomeConfig, MultiDomeHeadConfig};
//!
//! let device = Device::default();
//! let features = Tensor::<2>::ones([8, 64], &device); // of your encoder
//! let targets = Tensor::<1, Int>::zeros([8], &device); // class indices
//!
//! let head = MultiDomeHeadConfig::new(64, MultiDomeConfig::new(10)).init(&device);
//! let head = head.calibrate(features.clone()); // once, with the first batch
//!
//! let loss = head.loss(features.clone(), targets); // [1]: to be minimised
//! let classes = head.predict(features.clone()); // [8]
//! let p = head.probabilities(features); // [8, 10], each row of sum 1
//! # assert_eq!((loss.dims(), classes.dims(), p.dims()), ([1], [8], [8, 10]));
//! ```
//!
//! # What there is
//!
//! | for | module | loss | function |
//! |---|---|---|---|
//! | two classes, one logit | [`Dome`] | [`DomeBinaryCrossEntropyLoss`] | [`dome`](functional::dome), [`dome_log_odds`](functional::dome_log_odds) |
//! | two classes, with the projection to a logit | [`DomeHead`] | [`DomeHead::loss`] | |
//! | any number of classes | [`MultiDome`] | [`MultiDomeLoss`] | [`multi_dome`](functional::multi_dome), [`multi_dome_scores`](functional::multi_dome_scores) |
//! | the same, with a projection where one is needed | [`MultiDomeHead`] | [`MultiDomeHead::loss`] | |
//! | hidden layers | [`PDome`] | | [`pdome`](functional::pdome) |
//! | a model whose configuration chooses | [`Activation`] | | |
//!
//! Each has a configuration (`DomeConfig::new().init(&device)`), as Burn's own layers; learned parameters are `mu`, `sigma`
//! and, of PDOME, `pi`. [`ReferencePoints`] are where the classes of a `MultiDome` lie: the vertices of a regular
//! [`simplex`], which is never stored, or others.
//!
//! # When to use which
//!
//! - **Even or odd, sick or healthy**: [`DomeHead`] on your features, or [`Dome`] on a logit that you have.
//! - **More classes**: [`MultiDomeHead`]. Its Brier score (the default) trains more evenly and is bounded; the likelihood
//!   ([`MultiDomeLossKind`]) is what you know from cross-entropy. Both are linear in the number of classes.
//! - **The embedding is two-dimensional**, for a picture: [`ReferencePointsConfig::Polygon`].
//! - **Between layers**: [`PDome`] with weights of [`PDomeConfig::gain`], which carry signals through tens of layers.
//! - **Rankings, outliers, attacks**: `scores`, which are unbounded; probabilities are saturated far from the modes.
//!
//! # From `Linear` and cross-entropy
//!
//! Six lines of a model change:
//!
//! ```
//! use burn::module::Module;
//! use burn::tensor::{Device, Int, Tensor};
//! use dome_burn::{MultiDomeConfig, MultiDomeHead, MultiDomeHeadConfig};
//!
//! #[derive(Module, Debug)]
//! struct Model {
//!     // ... your encoder
//!     head: MultiDomeHead, // was: output: Linear
//! }
//!
//! impl Model {
//!     fn new(device: &Device) -> Self {
//!         let multi_dome = MultiDomeConfig::new(10);
//!         // was: LinearConfig::new(64, 10)
//!         let head = MultiDomeHeadConfig::new(64, multi_dome);
//!         Self { head: head.init(device) }
//!     }
//!
//!     fn loss(&self, features: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
//!         // was: cross_entropy.forward(output.forward(features), targets)
//!         self.head.loss(features, targets)
//!     }
//!
//!     fn predict(&self, features: Tensor<2>) -> Tensor<1, Int> {
//!         // was: output.forward(features).argmax(1)
//!         self.head.predict(features)
//!     }
//! }
//!
//! // Before the first step, with the features of its batch; see `MultiDomeHead::calibrate`.
//! # let device = Device::default();
//! # let features = Tensor::<2>::ones([2, 64], &device);
//! # let mut model = Model::new(&device);
//! model.head = model.head.calibrate(features.clone());
//! # model.loss(features.clone(), Tensor::zeros([2], &device));
//! # assert_eq!(model.predict(features).dims(), [2]);
//! ```
//!
//! Weight decay pulls `mu` and `sigma` towards 0 as it does any parameter: give them a group of their own, as the
//! [README](https://docs.rs/crate/dome-burn) shows.
//!
//! # Feature flags
//!
//! None is needed for the right result: without one, all is composed of Burn's tensor operations. A backend's feature
//! turns the backend on in Burn and brings fused operations for it, one pass forward and one backward.
//!
//! - `std` (default): support of the standard library. Without it the crate is `no_std` with `alloc`.
//! - `flex`, `ndarray`: fused operations for Burn's CPU devices, in f64 inside, on the processor's widest vectors.
//! - `wgpu` (any graphics API), `vulkan`, `metal`, `webgpu` (that one), `cuda`, `rocm`: kernels for GPUs, in f32 inside.
//!
//! # Versions
//!
//! | dome-burn | Burn | Rust |
//! |---|---|---|
//! | 0.1 | 0.22, from 0.22.1 on | 1.95 |

extern crate alloc;

pub mod activation;
mod error;
pub mod functional;
pub mod head;
pub mod loss;
mod numbers;
#[doc(hidden)]
pub mod op;
mod reference_points;

pub use activation::{
    Activation, ActivationConfig, Dome, DomeConfig, MultiDome, MultiDomeConfig, PDome, PDomeConfig,
};
pub use error::InvalidConfig;
pub use head::{DomeHead, DomeHeadConfig, MultiDomeHead, MultiDomeHeadConfig, Projection};
pub use loss::{
    DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig, MultiDomeLoss,
    MultiDomeLossConfig, MultiDomeLossKind,
};
pub use op::SIGMA_FLOOR;
pub use reference_points::{ReferencePoints, ReferencePointsConfig, simplex};

/// The code blocks of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
