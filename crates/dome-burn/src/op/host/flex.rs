use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::Bytes;

use super::float::Float;
use super::tensor::HostTensor;

/// Whether the elements lie without gaps and overlaps, whatever the order of the dimensions.
fn is_dense(layout: &Layout) -> bool {
    let mut dims: Vec<(isize, usize)> = extents(layout).collect();
    dims.sort_unstable();
    let mut expected = 1;
    dims.into_iter().all(|(stride, size)| {
        let follows = stride == expected;
        expected *= size as isize;
        follows
    })
}

/// Stride and size of the dimensions that matter for the order in memory.
fn extents(layout: &Layout) -> impl Iterator<Item = (isize, usize)> {
    let strides = layout.strides().iter().copied();
    strides
        .zip(layout.shape().iter().copied())
        .filter(|(_, size)| *size != 1)
}

impl HostTensor for FlexTensor {
    fn dense(self) -> Self {
        match is_dense(self.layout()) {
            true => self,
            false => self.to_contiguous(),
        }
    }

    fn contiguous(self) -> Self {
        match self.is_contiguous() {
            true => self,
            false => self.to_contiguous(),
        }
    }

    fn same_order(&self, other: &Self) -> bool {
        extents(self.layout()).eq(extents(other.layout()))
    }

    fn channel_stride(&self) -> usize {
        self.layout()
            .strides()
            .get(1)
            .map_or(1, |&stride| stride as usize)
    }

    fn elements<E: Float>(&self) -> &[E] {
        let start = self.layout().start_offset();
        &self.storage()[start..start + self.layout().num_elements()]
    }

    fn unique_elements<E: Float>(&mut self) -> Option<&mut [E]> {
        let start = self.layout().start_offset();
        let end = start + self.layout().num_elements();
        self.try_storage_mut()
            .map(|storage| &mut storage[start..end])
    }

    fn with_elements<E: Float>(&self, elements: Vec<E>) -> Self {
        let (shape, strides) = (
            self.layout().shape().clone(),
            self.layout().strides().to_vec(),
        );
        FlexTensor::new(
            Bytes::from_elems(elements),
            Layout::new(shape, strides, 0),
            E::dtype(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Shape, TensorData};

    fn tensor(shape: [usize; 3]) -> FlexTensor {
        let count = shape.iter().product();
        FlexTensor::from_data(TensorData::new(vec![0f32; count], Shape::from(shape)))
    }

    #[test]
    fn permuted_tensors_are_dense_and_sliced_ones_not() {
        let x = tensor([2, 3, 4]);
        let permuted = x.permute(&[2, 0, 1]);
        assert!(is_dense(x.layout()) && is_dense(permuted.layout()));
        assert!(is_dense(x.narrow(0, 1, 1).layout()));
        assert!(!is_dense(x.narrow(2, 1, 2).layout()));
        assert_eq!(permuted.channel_stride(), 12);
        let same_shape = tensor([4, 2, 3]);
        assert!(permuted.same_order(&permuted) && !permuted.same_order(&same_shape));
    }

    #[test]
    fn repeated_elements_are_not_dense() {
        let layout = Layout::new(Shape::from([2, 3]), vec![0, 1], 0);
        assert!(!is_dense(&layout));
    }

    #[test]
    fn shared_elements_are_not_overwritten() {
        let mut x = tensor([1, 2, 3]);
        assert!(x.unique_elements::<f32>().is_some());
        let other = x.clone();
        assert!(x.unique_elements::<f32>().is_none());
        drop(other);
        assert!(x.unique_elements::<f32>().is_some());
    }
}
