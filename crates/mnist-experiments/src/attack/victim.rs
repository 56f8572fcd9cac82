use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{AttackError, Objective};
use crate::head::ClassifierHead;
use crate::model::Classifier;
use crate::rows::{argmax, rows_of};

/// Through which values of a model its gradients are taken.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The head's scores, which are unbounded: nothing saturates
    #[default]
    Scores,
    /// The logarithm of the head's probabilities; where those are saturated in f32 the gradients are 0, and an attack
    /// fails that would succeed otherwise
    LogProbabilities,
    /// The head's training loss, of some images as a batch; where it is bounded, its gradients die far from all modes
    TrainingLoss,
}

impl Surface {
    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::LogProbabilities => "log-probabilities",
            Self::TrainingLoss => "training loss",
        }
    }
}

/// A trained model under attack.
#[derive(Debug, Clone)]
pub struct Victim {
    /// Its parameters are constants.
    model: Classifier,
    surface: Surface,
    /// Channels, height and width of an image.
    shape: [usize; 3],
    device: Device,
}

/// What a model makes of some images.
#[derive(Debug, Clone)]
pub struct Response {
    /// Values of the objective.
    pub values: Vec<f32>,
    /// Its gradients by the pixels, image by image.
    pub gradients: Vec<Vec<f32>>,
    /// The values that the objective was of.
    pub scores: Vec<Vec<f32>>,
}

impl Victim {
    /// A model without autodiff, on `device`.
    pub fn new(model: &Classifier, shape: [usize; 3], surface: Surface, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        Self {
            model: model.clone().no_grad(),
            surface,
            shape,
            device,
        }
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.shape.iter().product()
    }

    /// Channels, height and width of an image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The values that attacks see, of each image.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn scores(&self, images: &[&[f32]]) -> Result<Vec<Vec<f32>>, AttackError> {
        Ok(rows_of(self.values(self.tensor(images, &self.device)))?)
    }

    /// Number of classes.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn classes(&self) -> Result<usize, AttackError> {
        let black = vec![0.0; self.pixels()];
        Ok(self.scores(&[&black])?[0].len())
    }

    /// The predictions of each image, by the head's scores whatever the surface is.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn predictions(&self, images: &[&[f32]]) -> Result<Vec<usize>, AttackError> {
        let scores = rows_of(self.model.scores(self.tensor(images, &self.device)))?;
        Ok(scores.iter().map(|scores| argmax(scores)).collect())
    }

    /// Gradients of a function of each image's scores, given as its value and its derivatives by the scores.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn gradients(
        &self,
        images: &[&[f32]],
        objective: impl Fn(usize, &[f32]) -> (f32, Vec<f32>),
    ) -> Result<Response, AttackError> {
        let autodiff = self.device.clone().autodiff();
        let inputs = self.tensor(images, &autodiff).require_grad();
        let output = self.values(inputs.clone());
        let [count, classes] = output.dims();
        let scores = rows_of(output.clone().without_autodiff())?;
        let of = scores
            .iter()
            .enumerate()
            .map(|(i, scores)| objective(i, scores));
        let (values, slopes): (Vec<f32>, Vec<Vec<f32>>) = of.unzip();
        let slopes = TensorData::new(slopes.concat(), [count, classes]);
        let pulled = output * Tensor::from_data(slopes, &autodiff);
        let gradients = inputs.grad(&pulled.sum().backward());
        Ok(Response {
            values,
            gradients: self.by_image(gradients, count)?,
            scores,
        })
    }

    /// Gradients of what an attack raises: an objective of the values that it sees, or the training loss, if that is the
    /// surface; its values are those of the whole batch then.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn ascent(
        &self,
        images: &[&[f32]],
        targets: &[usize],
        objective: Objective,
    ) -> Result<Response, AttackError> {
        match self.surface {
            Surface::TrainingLoss => self.loss_gradients(images, targets),
            _ => self.gradients(images, |row, scores| {
                objective.value_and_slope(scores, targets[row], targets[row])
            }),
        }
    }

    fn loss_gradients(
        &self,
        images: &[&[f32]],
        targets: &[usize],
    ) -> Result<Response, AttackError> {
        let autodiff = self.device.clone().autodiff();
        let inputs = self.tensor(images, &autodiff).require_grad();
        let embedding = self.model.embed(inputs.clone());
        let scores = self.model.head.scores(embedding.clone().without_autodiff());
        let targets: Vec<i32> = targets.iter().map(|&target| target as i32).collect();
        let targets = TensorData::new(targets, [images.len()]);
        let loss = self
            .model
            .head
            .loss(embedding, Tensor::from_data(targets, &autodiff));
        let value = loss.clone().without_autodiff().try_into_scalar::<f32>()?;
        Ok(Response {
            values: vec![value; images.len()],
            gradients: self.by_image(inputs.grad(&loss.backward()), images.len())?,
            scores: rows_of(scores)?,
        })
    }

    /// Gradients by the pixels; 0, where there are none.
    fn by_image(
        &self,
        gradients: Option<Tensor<4>>,
        images: usize,
    ) -> Result<Vec<Vec<f32>>, AttackError> {
        let gradients = match gradients {
            Some(gradients) => gradients.try_to_vec_as::<f32>()?,
            None => vec![0.0; images * self.pixels()],
        };
        Ok(gradients
            .chunks(self.pixels())
            .map(<[f32]>::to_vec)
            .collect())
    }

    fn values(&self, images: Tensor<4>) -> Tensor<2> {
        let embedding = self.model.embed(images);
        match self.surface {
            Surface::Scores | Surface::TrainingLoss => self.model.head.scores(embedding),
            Surface::LogProbabilities => self.model.head.probabilities(embedding).log(),
        }
    }

    fn tensor(&self, images: &[&[f32]], device: &Device) -> Tensor<4> {
        let [channels, height, width] = self.shape;
        let shape = [images.len(), channels, height, width];
        Tensor::from_data(TensorData::new(images.concat(), shape), device)
    }
}
