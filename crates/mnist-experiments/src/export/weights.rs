use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorReadError};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError};

use crate::head::ClassifierHead;
use crate::model::Classifier;

/// The parameters of a model by their paths, as PyTorch has them: weights of linear layers are `[output, input]`, where
/// Burn's are `[input, output]`.
pub(crate) struct Weights {
    tensors: BTreeMap<String, Values>,
}

struct Values {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Values {
    fn of<const D: usize>(tensor: Tensor<D>) -> Result<Self, TensorReadError> {
        let shape = tensor.dims().to_vec();
        let values = tensor.try_to_vec_as::<f32>()?;
        let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
        Ok(Self { shape, bytes })
    }
}

impl Weights {
    /// The parameters of a model, and as `head.reference_points` where the head places its classes, if it does.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn of(model: &Classifier) -> Result<Self, TensorReadError> {
        let mut collector = Collector {
            path: Vec::new(),
            tensors: Ok(BTreeMap::new()),
        };
        model.visit(&mut collector);
        let mut tensors = collector.tensors?;
        if let Some(points) = model.head.reference_points() {
            tensors.insert("head.reference_points".into(), Values::of(points)?);
        }
        Ok(Self { tensors })
    }

    pub fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        let shape = |(name, values): (&String, &Values)| (name.clone(), values.shape.clone());
        self.tensors.iter().map(shape).collect()
    }

    /// Each with its path, its shape, and its numbers as the bytes of f32, little-endian.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[usize], &[u8])> {
        let each = self.tensors.iter();
        each.map(|(name, values)| (name.as_str(), &values.shape[..], &values.bytes[..]))
    }

    /// A file of them.
    pub fn safetensors(&self) -> Result<Vec<u8>, SafeTensorError> {
        let mut views = Vec::new();
        for (name, values) in &self.tensors {
            let view = TensorView::new(Dtype::F32, values.shape.clone(), &values.bytes)?;
            views.push((name, view));
        }
        safetensors::serialize(views, None)
    }
}

/// Reads the parameters of a module.
struct Collector {
    /// Names on the way, each with what it is a name in.
    path: Vec<(String, String)>,
    tensors: Result<BTreeMap<String, Values>, TensorReadError>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Ok(tensors) = &mut self.tensors else {
            return;
        };
        // Which of the heads it is says nothing to others.
        let names = self.path.iter().filter(|(_, of)| !of.starts_with("Enum:"));
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        let is_of_linear = self
            .path
            .last()
            .is_some_and(|(_, of)| of == "Struct:Linear");
        let value = match is_of_linear && D == 2 {
            true => parameter.val().swap_dims(0, 1),
            false => parameter.val(),
        };
        match Values::of(value) {
            Ok(values) => {
                tensors.insert(names.join("."), values);
            }
            Err(error) => self.tensors = Err(error),
        }
    }
}
