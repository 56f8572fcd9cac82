use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{DType, Shape, bf16, f16};

use super::float::Float;
use super::tensor::HostTensor;

/// The body for the type of a tensor's elements.
macro_rules! with_float {
    ($dtype:expr, $float:ident => $body:expr) => {
        match $dtype {
            DType::F64 => {
                type $float = f64;
                $body
            }
            DType::F32 => {
                type $float = f32;
                $body
            }
            DType::F16 => {
                type $float = f16;
                $body
            }
            DType::BF16 => {
                type $float = bf16;
                $body
            }
            other => unreachable!("{other:?} is no float type of a CPU tensor"),
        }
    };
}

pub(in crate::op) use with_float;

/// The values of a parameter.
pub(in crate::op) fn values<T: HostTensor>(parameter: &T) -> Vec<f64> {
    let parameter = parameter.clone().contiguous();
    with_float!(parameter.dtype(), E => {
        parameter.elements::<E>().iter().map(|v| v.widened()).collect()
    })
}

/// A gradient of the shape of a parameter; an empty tensor if it is not tracked, which nobody reads.
pub(in crate::op) fn parameter_gradient<B: Backend>(
    parameter: FloatTensor<B>,
    values: Vec<f64>,
    tracked: bool,
) -> FloatTensor<B>
where
    FloatTensor<B>: HostTensor,
{
    if !tracked {
        return empty::<B>(&parameter);
    }
    with_float!(parameter.dtype(), E => {
        parameter.contiguous().with_elements(values.into_iter().map(E::rounded).collect())
    })
}

pub(in crate::op) fn empty<B: Backend>(like: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_zeros(Shape::from([0]), &like.device(), like.dtype().into())
}
