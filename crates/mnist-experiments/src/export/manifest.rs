use std::collections::BTreeMap;

use serde::Serialize;

use crate::eval::Detections;
use crate::model::{Normalization, PixelStatistics};
use crate::report::HeadMetrics;
use crate::run::Run;

/// `export.json`: what is what in an export.
#[derive(Debug, Serialize)]
pub(super) struct ExportManifest {
    /// Of this program and of Burn.
    versions: BTreeMap<String, String>,
    dataset: String,
    /// Names of the classes.
    classes: Vec<String>,
    /// Height and width of an image in pixels.
    image_size: [usize; 2],
    /// `(pixel / 255 - mean) / deviation` is what the first convolution sees.
    normalization: Normalization,
    /// Files that all heads share, with their shapes.
    arrays: BTreeMap<String, Vec<usize>>,
    heads: Vec<ExportedHead>,
}

/// A model, in a folder of its own.
#[derive(Debug, Serialize)]
pub(super) struct ExportedHead {
    pub folder: String,
    /// The tensors in `weights.safetensors`, with their shapes.
    pub weights: BTreeMap<String, Vec<usize>>,
    /// Files with their shapes.
    pub arrays: BTreeMap<String, Vec<usize>>,
    /// How well each detector tells each set of outliers from the test images, if they are exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detections: Option<Detections>,
    /// What the run measured.
    pub metrics: HeadMetrics,
}

/// What is what of outliers.
const OUTLIERS: &str = "
Of outliers there are `outliers/SET.npy`, their images, and for each model:

| file | type | what |
|---|---|---|
| `outliers/SET/*.npy` | f32 | what the model makes of them, as above |
| `train_*.npy` | f32 | what it makes of the training images, whose classes are in `../train_classes.npy` |
| `detectors/DETECTOR/test.npy`, `SET.npy` | f32 | values of a detector, larger for outliers |
";

impl ExportManifest {
    pub fn new(run: &Run, arrays: BTreeMap<String, Vec<usize>>, heads: Vec<ExportedHead>) -> Self {
        let of_run = run.manifest();
        Self {
            versions: of_run.versions.clone(),
            dataset: of_run.data.name.clone(),
            classes: of_run.classes.clone(),
            image_size: of_run.image_size,
            normalization: of_run.normalization,
            arrays,
            heads,
        }
    }

    /// What is what, for people.
    pub fn readme(&self) -> String {
        let folders: Vec<String> = self
            .heads
            .iter()
            .map(|head| format!("`{}/`", head.folder))
            .collect();
        let statistics = self.normalization.channels();
        let list = |value: &dyn Fn(&PixelStatistics) -> f64| {
            let values: Vec<String> = statistics.iter().map(|s| value(s).to_string()).collect();
            values.join(", ")
        };
        let (mean, deviation) = (list(&|s| s.mean), list(&|s| s.deviation));
        let [height, width] = self.image_size;
        let outliers = match self.heads.iter().any(|head| head.detections.is_some()) {
            true => OUTLIERS,
            false => "",
        };
        format!(
            "# Export of a run on {dataset}

Shapes, settings and what was measured are in `export.json`. Rows of all arrays are the test images, in their order.

| file | type | what |
|---|---|---|
| `images.npy` | u8 | the test images: channels ({channels}), {height} x {width} pixels from 0 to 255 |
| `labels.npy` | u8 | their labels |
| `classes.npy` | u8 | their classes in the task: {classes} |

and for each model, in {folders}:

| file | type | what |
|---|---|---|
| `weights.safetensors` | f32 | its parameters, in PyTorch's layout |
| `features.npy` | f32 | the hidden layer in front of the embedding, after its ReLU |
| `embeddings.npy` | f32 | the embedding, which is the head's input |
| `scores.npy` | f32 | a score a class in the log domain; the largest is the prediction |
| `probabilities.npy` | f32 | a probability a class |
| `predicted.npy` | u8 | the predicted class |
{outliers}
The network is, in PyTorch's words: `(pixels / 255 - mean) / deviation` with the statistics of each
channel, twice `MaxPool2d(2)(ReLU()(Conv2d(kernel_size=5)(x)))`
(`encoder.convolutions.0`, `.1`), `Flatten`, `ReLU()(Linear(x))` (`encoder.hidden`: the features), `Linear`
(`encoder.embedding`: the embedding), the head. In Python:

```python
import numpy, torch
from safetensors.torch import load_file
from torch.nn.functional import conv2d, linear, max_pool2d

folder = \"{first}\"
w = load_file(f\"{{folder}}/weights.safetensors\")
mean, deviation = (torch.tensor(v)[:, None, None] for v in ([{mean}], [{deviation}]))
x = (torch.from_numpy(numpy.load(\"images.npy\")) / 255 - mean) / deviation
for i in range(2):
    x = max_pool2d(conv2d(x, w[f\"encoder.convolutions.{{i}}.weight\"], w[f\"encoder.convolutions.{{i}}.bias\"]).relu(), 2)
x = linear(x.flatten(1), w[\"encoder.hidden.weight\"], w[\"encoder.hidden.bias\"]).relu()
embedding = linear(x, w[\"encoder.embedding.weight\"], w[\"encoder.embedding.bias\"])
print(abs(embedding.numpy() - numpy.load(f\"{{folder}}/embeddings.npy\")).max())
```
",
            dataset = self.dataset,
            channels = statistics.len(),
            classes = self.classes.join(", "),
            folders = folders.join(", "),
            first = self.heads.first().map_or("", |head| &head.folder),
        )
    }
}
