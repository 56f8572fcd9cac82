use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::PixelStatistics;
use crate::data::Split;

/// `(pixel - mean) / deviation`, the encoder's first layer, so that a model's inputs are pixels in
/// [0, 1] and a perturbation of them keeps its meaning. Each channel has its own.
///
/// In JSON it is one object for grey images, a list of three for colour ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Normalization {
    /// Of images with one channel.
    Grey(PixelStatistics),
    /// Of images with red, green and blue.
    Colour([PixelStatistics; 3]),
}

impl Normalization {
    /// By mean and deviation of grey pixels.
    pub const fn grey(mean: f64, deviation: f64) -> Self {
        Self::Grey(PixelStatistics { mean, deviation })
    }

    /// By mean and deviation of the images' pixels.
    ///
    /// # Panics
    ///
    /// If the images have neither 1 nor 3 channels, as no reader gives them.
    pub fn of(split: &Split) -> Self {
        match split.channels {
            1 => Self::Grey(PixelStatistics::of(split.images.iter())),
            3 => {
                let plane = split.rows * split.columns;
                let channel = |channel: usize| {
                    let planes = split.images.chunks(plane).skip(channel).step_by(3);
                    PixelStatistics::of(planes.flatten())
                };
                Self::Colour([0, 1, 2].map(channel))
            }
            other => panic!("Normalization: {other} channels, but they are 1 or 3"),
        }
    }

    /// The statistics of each channel.
    pub fn channels(&self) -> &[PixelStatistics] {
        match self {
            Self::Grey(statistics) => std::slice::from_ref(statistics),
            Self::Colour(channels) => channels,
        }
    }

    /// # Shapes
    ///
    /// - input, output: `[batch, channels, height, width]`
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let channels = match self {
            Self::Grey(PixelStatistics { mean, deviation }) => {
                return (pixels - *mean) / *deviation;
            }
            Self::Colour(channels) => channels,
        };
        let device = pixels.device();
        let each = |value: fn(&PixelStatistics) -> f64| {
            let values: Vec<f32> = channels.iter().map(|c| value(c) as f32).collect();
            let tensor = Tensor::<4>::from_data(TensorData::new(values, [1, 3, 1, 1]), &device);
            tensor.cast(pixels.dtype())
        };
        let (mean, deviation) = (each(|c| c.mean), each(|c| c.deviation));
        (pixels - mean) / deviation
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn each_channel_has_its_own() {
        // Two images of 1 x 2 pixels: red 0 and 255, green 51 everywhere, blue 102 and 204.
        let split = Split {
            images: vec![0, 255, 51, 51, 102, 204, 255, 0, 51, 51, 204, 102],
            labels: vec![0, 1],
            rows: 1,
            columns: 2,
            channels: 3,
        };
        let normalization = Normalization::of(&split);
        let pixels: Vec<f32> = split.images.iter().map(|&p| f32::from(p) / 255.0).collect();
        let pixels = TensorData::new(pixels, [2, 3, 1, 2]);
        let normal = normalization.forward(Tensor::from_data(pixels, &Device::flex()));
        let values: Vec<f32> = normal.try_to_vec_as().unwrap();
        let expected = [
            -1.0, 1.0, 0.0, 0.0, -1.0, 1.0, 1.0, -1.0, 0.0, 0.0, 1.0, -1.0f32,
        ];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
    }

    #[test]
    fn json_is_an_object_or_a_list() {
        let grey = Normalization::grey(0.1306604762738429, 0.3081078038564627);
        let text = serde_json::to_string(&grey).unwrap();
        assert_eq!(
            text,
            r#"{"mean":0.1306604762738429,"deviation":0.3081078038564627}"#
        );
        let statistics = |mean| PixelStatistics {
            mean,
            deviation: 0.3,
        };
        let colour = Normalization::Colour([0.1, 0.2, 0.4].map(statistics));
        for normalization in [grey, colour] {
            let text = serde_json::to_string(&normalization).unwrap();
            let again: Normalization = serde_json::from_str(&text).unwrap();
            assert_eq!(again, normalization);
        }
    }
}
