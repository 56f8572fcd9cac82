use burn::tensor::Device;

use super::{Samples, Tally, TrainError, Trainable};

/// Images in a step.
const BATCH: usize = 500;

/// Mean loss and accuracy of a model, without autodiff, over all of `samples`.
///
/// # Errors
///
/// If the device cannot be read.
pub fn evaluate(
    model: &impl Trainable,
    samples: &Samples,
    device: &Device,
) -> Result<(f64, f64), TrainError> {
    let mut tally = Tally::new(device);
    let all: Vec<usize> = (0..samples.len()).collect();
    for indices in all.chunks(BATCH) {
        let batch = samples.batch(indices, device);
        let targets = batch.targets.clone();
        let outputs = model.outputs(batch);
        tally.merge(&Tally::of(&outputs.loss, outputs.scores, targets));
    }
    tally.means()
}
