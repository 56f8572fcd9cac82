//! The network: pixel normalisation, encoder, 2-D embedding, head.

mod classifier;
mod encoder;
mod normalization;
mod pixel_statistics;

pub use classifier::{Classifier, ClassifierConfig};
pub use encoder::{Encoder, EncoderConfig};
pub use normalization::Normalization;
pub use pixel_statistics::PixelStatistics;
