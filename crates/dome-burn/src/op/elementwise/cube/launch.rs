//! From tensors to kernels and back.

use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_storage_type;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, FloatDType};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

use super::channels::Order;
use super::kernel;
use crate::op::elementwise::formula::Formula;
use crate::op::gpu::fold::{FOLD, cubes, empty, fold, values};

/// Vectors that a unit of the backward pass works on at least, where there are so many.
const LEAST_PER_UNIT: usize = 16;

/// Units of the backward pass at most, about half of what an H100 holds at a time, which took 2 to 7 %
/// longer with half of them.
const MOST_UNITS: usize = 1 << 17;

/// How a contiguous tensor is read: in vectors of `vector` elements, and in which order its channels
/// lie.
struct Layout {
    order: Order,
    vector: usize,
    /// Number of vectors.
    count: usize,
    /// Channels, or where they are interleaved vectors of them.
    groups: usize,
    /// Number of vectors of a channel in a row.
    stride: usize,
}

impl Layout {
    /// `counts` are the numbers of values of the parameters, checked to be 1 or that of the
    /// channels.
    fn new(x: &CubeTensor, counts: impl IntoIterator<Item = usize>) -> Self {
        let elements = x.shape().num_elements();
        let channels = counts.into_iter().max().unwrap_or(1);
        let inner: usize = x.shape().iter().skip(2).product();
        let (order, row) = match (channels, inner) {
            (1, _) => (Order::Shared, elements),
            (_, 1) => (Order::Interleaved, channels),
            _ => (Order::Runs, inner),
        };
        let sizes = x.client.io_optimized_vector_sizes(x.dtype.size());
        let vector = sizes.filter(|size| row % size == 0).max().unwrap_or(1);
        Self {
            order,
            vector,
            count: elements / vector,
            groups: match order {
                Order::Interleaved => channels / vector,
                _ => channels,
            },
            stride: row / vector,
        }
    }

    fn channels(&self) -> usize {
        match self.order {
            Order::Interleaved => self.groups * self.vector,
            _ => self.groups,
        }
    }
}

/// A parameter as the kernels read it.
fn parameter(tensor: CubeTensor) -> CubeTensor {
    into_contiguous(cast(tensor, DType::F32))
}

fn cast(tensor: CubeTensor, dtype: DType) -> CubeTensor {
    match tensor.dtype == dtype {
        true => tensor,
        false => CubeBackend::float_cast(tensor, FloatDType::from(dtype)),
    }
}

/// `formula` of every element, in place if nobody else sees x; `parameters` are mu, sigma and pi, or any
/// parameter where the formula has none.
pub(in crate::op) fn forward(
    x: CubeTensor,
    parameters: [CubeTensor; 3],
    formula: Formula,
) -> CubeTensor {
    let x = into_contiguous(x);
    let layout = Layout::new(&x, parameters.each_ref().map(values));
    if layout.count == 0 {
        return x;
    }
    let [mu, sigma, pi] = parameters.map(parameter);
    let client = x.client.clone();
    let (count, dim) = cubes(&x, layout.count);
    let in_place = x.can_mut();
    let results = match in_place {
        true => x.clone(),
        false => empty(&x, x.shape(), x.dtype),
    };
    let view = match in_place {
        true => results.as_linear_view_alias(0),
        false => results.clone().into_linear_view(),
    };
    kernel::forward::launch(
        &client,
        count,
        dim,
        layout.vector,
        x.into_linear_view(),
        mu.into_tensor_arg(),
        sigma.into_tensor_arg(),
        pi.into_tensor_arg(),
        view,
        layout.groups as u32,
        layout.stride as u32,
        formula,
        layout.order,
        dtype_to_storage_type(results.dtype),
    );
    results
}

/// The binary cross-entropy of every element.
pub(in crate::op) fn loss(
    x: CubeTensor,
    parameters: [CubeTensor; 2],
    targets: CubeTensor,
) -> CubeTensor {
    let layout = Layout::new(&x, parameters.each_ref().map(values));
    let results = empty(&x, x.shape(), x.dtype);
    if layout.count == 0 {
        return results;
    }
    let targets = into_contiguous(cast(targets, x.dtype));
    let x = into_contiguous(x);
    let [mu, sigma] = parameters.map(parameter);
    let client = x.client.clone();
    let (count, dim) = cubes(&x, layout.count);
    kernel::loss::launch(
        &client,
        count,
        dim,
        layout.vector,
        x.into_linear_view(),
        targets.into_linear_view(),
        mu.into_tensor_arg(),
        sigma.into_tensor_arg(),
        results.clone().into_linear_view(),
        layout.groups as u32,
        layout.stride as u32,
        layout.order,
        dtype_to_storage_type(results.dtype),
    );
    results
}

/// The gradients of x, mu, sigma and pi; unwritten tensors of x unless `of_x`, of parameters unless
/// `summed`.
pub(in crate::op) fn backward(
    x: CubeTensor,
    parameters: [CubeTensor; 3],
    targets: Option<CubeTensor>,
    grad: CubeTensor,
    formula: Formula,
    of_x: bool,
    summed: bool,
) -> (CubeTensor, [CubeTensor; 3]) {
    let layout = Layout::new(&x, parameters.each_ref().map(values));
    let shapes = parameters.each_ref().map(|p| (values(p), p.dtype));
    let dx = empty(&x, x.shape(), x.dtype);
    if layout.count == 0 {
        let zeros = shapes.map(|(count, dtype)| {
            CubeBackend::float_zeros([count].into(), &x.device, FloatDType::from(dtype))
        });
        return (dx, zeros);
    }
    let grad = into_contiguous(cast(grad, x.dtype));
    let x = into_contiguous(x);
    // A formula without targets does not read them.
    let targets = targets.map_or_else(|| x.clone(), |t| into_contiguous(cast(t, x.dtype)));
    let [mu, sigma, pi] = parameters.map(parameter);

    let per_group = layout.count / layout.groups;
    let lanes = (per_group / LEAST_PER_UNIT).clamp(1, (MOST_UNITS / layout.groups).max(1));
    let sums = match summed {
        true => empty(&x, [lanes, 3, layout.channels()], DType::F32),
        // Not written.
        false => empty(&x, [1], DType::F32),
    };
    let client = x.client.clone();
    let (cube_count, cube_dim) = cubes(&x, lanes * layout.groups);
    kernel::backward::launch(
        &client,
        cube_count,
        cube_dim,
        layout.vector,
        x.into_linear_view(),
        targets.into_linear_view(),
        grad.into_linear_view(),
        mu.into_tensor_arg(),
        sigma.into_tensor_arg(),
        pi.into_tensor_arg(),
        dx.clone().into_linear_view(),
        sums.clone().into_tensor_arg(),
        layout.groups as u32,
        layout.stride as u32,
        lanes as u32,
        per_group as u32,
        formula,
        layout.order,
        of_x,
        summed,
        dtype_to_storage_type(dx.dtype),
    );
    if !summed {
        let unwritten = shapes.map(|(count, dtype)| empty(&dx, [count], dtype));
        return (dx, unwritten);
    }
    let gradients = finish(sums, lanes, layout.channels());
    let mut gradients = gradients.into_iter().zip(shapes);
    let gradients = core::array::from_fn(|_| {
        let (gradient, (count, dtype)) = gradients.next().expect("three parameters");
        let gradient = match count {
            1 => fold(gradient, layout.channels(), 1, 1),
            _ => gradient,
        };
        cast(gradient, dtype)
    });
    (dx, gradients)
}

/// The sums over the rows of `[rows, 3, channels]`, each parameter's `[channels]`.
fn finish(parts: CubeTensor, rows: usize, channels: usize) -> [CubeTensor; 3] {
    let parts = fold(parts, rows, 3 * channels, FOLD);
    let rows = values(&parts) / (3 * channels);
    let sums = [(); 3].map(|()| empty(&parts, [channels], DType::F32));
    let client = parts.client.clone();
    let (count, dim) = cubes(&parts, channels);
    let [dmu, dsigma, dpi] = sums.clone().map(CubeTensor::into_tensor_arg);
    kernel::finish::launch(
        &client,
        count,
        dim,
        parts.into_tensor_arg(),
        dmu,
        dsigma,
        dpi,
        rows as u32,
    );
    sums
}
