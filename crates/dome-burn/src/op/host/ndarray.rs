use burn::backend::TensorMetadata;
use burn::backend::ndarray::NdArrayTensor;
use burn::tensor::TensorData;

use super::float::Float;
use super::tensor::HostTensor;

/// The body with the storage of a float tensor.
macro_rules! with_storage {
    ($tensor:expr, $storage:ident => $body:expr) => {
        match $tensor {
            NdArrayTensor::F64($storage) => $body,
            NdArrayTensor::F32($storage) => $body,
            other => unreachable!("{:?} is no float type of NdArray", other.dtype()),
        }
    };
}

/// Dense means contiguous here: a permuted tensor is copied.
impl HostTensor for NdArrayTensor {
    fn dense(self) -> Self {
        self.contiguous()
    }

    fn contiguous(self) -> Self {
        with_storage!(self, storage => match storage.view().is_standard_layout() {
            true => storage.into(),
            false => storage.view().as_standard_layout().into_owned().into_shared().into(),
        })
    }

    fn same_order(&self, _: &Self) -> bool {
        true
    }

    fn channel_stride(&self) -> usize {
        self.shape().iter().skip(2).product()
    }

    fn elements<E: Float>(&self) -> &[E] {
        with_storage!(self, storage => {
            let elements = storage.view().to_slice().expect("a contiguous tensor");
            bytemuck::cast_slice(elements)
        })
    }

    fn unique_elements<E: Float>(&mut self) -> Option<&mut [E]> {
        with_storage!(self, storage => {
            if !storage.is_unique() {
                return None;
            }
            storage.ensure_owned().as_slice_mut().map(bytemuck::cast_slice_mut)
        })
    }

    fn with_elements<E: Float>(&self, elements: Vec<E>) -> Self {
        NdArrayTensor::from_data(TensorData::new(elements, self.shape()))
    }
}
